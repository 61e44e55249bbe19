//! The catalogue of all editions, out of the real files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::{EntryFact, ListFact, day, edition, entry, list, system};
use crate::domain::{Catalogue, CodeFact, Facts, LinkFact, SourceFact, hold_back};

/// The folder of the real files. Without it a test says that it is skipped.
pub(crate) fn folder() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("GREENLANE_TEST_DATA") else {
        let required = std::env::var("GREENLANE_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("data"), "GREENLANE_TEST_DATA is not set");
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: GREENLANE_TEST_DATA is not set");
        }
        return None;
    };
    Some(PathBuf::from(folder).join("data"))
}

/// The rows of a file, each by column.
pub(crate) fn rows(file: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let mut reader = csv::Reader::from_path(folder()?.join(file)).unwrap();
    Some(reader.deserialize().map(Result::unwrap).collect())
}

/// All editions with their correlation tables, and the OECD, APEC, PEGS and Friends lists in HS 2007.
pub(crate) fn real() -> Option<&'static Catalogue> {
    static REAL: OnceLock<Option<Catalogue>> = OnceLock::new();
    REAL.get_or_init(|| Some(Catalogue::build(1, facts()?).unwrap())).as_ref()
}

/// What it is made of.
pub(crate) fn facts() -> Option<Facts> {
    let mut facts = Facts { systems: vec![system()], ..Facts::default() };
    let years = [1992, 1996, 2002, 2007, 2012, 2017, 2022];
    for (index, year) in years.iter().enumerate() {
        let mut edition = edition(&format!("HS{year}"), 0);
        edition.effective_from = day(&format!("{year}-01-01"));
        edition.effective_to = years.get(index + 1).map(|next| day(&format!("{}-12-31", next - 1)));
        facts.editions.push(edition);
    }
    for row in rows("hs_nomenclature_all_editions.csv")? {
        facts.codes.push(CodeFact {
            source: SourceFact::default(),
            ..super::code(&row["edition"], &row["code"], &row["description_en"])
        });
    }
    for row in rows("hs_correlation_unsd.csv")? {
        facts.links.push(LinkFact {
            earlier_edition: row["to_edition"].clone(),
            earlier_code: row["to_code"].clone(),
            later_edition: row["from_edition"].clone(),
            later_code: row["from_code"].clone(),
            ex: row["ex"] == "1",
            held_back: false,
            words: None,
        });
    }
    hold_back(&mut facts.links);
    let cleg = rows("green_cleg_hs2007.csv")?;
    for (id, flag) in [("oecd-cleg", ""), ("apec-54", "apec"), ("pegs-165", "pegs"), ("friends-154", "friends_wto")] {
        let on_it = |row: &&BTreeMap<String, String>| flag.is_empty() || row[flag] == "1";
        let entry = |row: &BTreeMap<String, String>| EntryFact { ..entry(id, "HS2007", &row["hs2007"]) };
        facts.entries.extend(cleg.iter().filter(on_it).map(entry));
        // Economies narrow the entries of APEC's list by descriptions that the file does not hold.
        facts.lists.push(ListFact { narrowed: id == "apec-54", ..list(id, "HS2007") });
    }
    Some(facts)
}
