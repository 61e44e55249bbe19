//! The reference data as facts and as cases.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use chrono::NaiveDate;

use crate::domain::{
    Announced, Catalogue, CodeFact, CodeSystemFact, EditionFact, Facts, Format, Imported, Reader, SourceFact, TermFact,
};

/// A day on which all of it is known.
pub(super) const NOMENCLATURE_DAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 6, 1);

/// A description and the code that is right for it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) query: String,
    pub(super) hs6: String,
}

/// Where the files lie. None when nobody says, which is an error where they are required.
pub(crate) fn directory() -> Option<PathBuf> {
    let said = std::env::var("GREENLANE_TEST_DATA").ok().map(|root| PathBuf::from(root).join("data"));
    if said.is_none() {
        let required = std::env::var("GREENLANE_TEST_REQUIRE").is_ok_and(|all| all.split(',').any(|one| one == "data"));
        assert!(!required, "GREENLANE_TEST_DATA does not say where the reference data lies");
        println!("skipped: GREENLANE_TEST_DATA does not say where the reference data lies");
    }
    said
}

type Row = BTreeMap<String, String>;

pub(crate) fn rows(file: &str) -> Vec<Row> {
    let path = directory().unwrap().join(file);
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The cases of a set, its columns joined.
pub(super) fn cases(name: &str, columns: &[&str]) -> Vec<Case> {
    let case = |row: Row| Case {
        query: columns.iter().map(|column| row[*column].as_str()).collect::<Vec<_>>().join("; "),
        hs6: row["hs6"].clone(),
    };
    rows(&format!("eval/{name}.csv")).into_iter().map(case).collect()
}

pub(super) fn vague_terms() -> Vec<Case> {
    let text = std::fs::read_to_string(directory().unwrap().join("uk_vague_terms.csv")).unwrap();
    let term = |line: &str| Case { query: line.trim_matches('"').to_owned(), hs6: String::new() };
    text.lines().filter(|line| !line.is_empty()).map(term).collect()
}

pub(super) fn ambiguous_terms() -> Vec<Case> {
    rows("uk_intercept_terms_ambiguous.csv")
        .into_iter()
        .map(|row| Case { query: row["term"].clone(), hs6: String::new() })
        .collect()
}

/// Parts of the cases: each is asked once, with all others taught. Which case is in which part is by its own hash-like
/// stride, the same in every run.
pub(super) fn folds(cases: &[Case], parts: usize) -> Vec<(Vec<&Case>, Vec<&Case>)> {
    (0..parts)
        .map(|part| {
            let (test, train): (Vec<_>, Vec<_>) =
                cases.iter().enumerate().partition(|(index, _)| index * 7919 % 104_729 % parts == part);
            (train.into_iter().map(|(_, case)| case).collect(), test.into_iter().map(|(_, case)| case).collect())
        })
        .collect()
}

/// The imported texts.
pub(crate) struct Texts {
    facts: Facts,
}

impl Texts {
    pub(crate) fn load() -> Option<Self> {
        directory()?;
        let mut facts = Facts::default();
        facts.systems.extend([
            system("hs", "", &[2, 4, 6]),
            system("us-hts", "hs", &[4, 6, 8, 10]),
            system("eu-taric", "hs", &[2, 4, 6, 8, 10]),
        ]);
        for (edition, from) in
            [("HS1992", 1992), ("HS1996", 1996), ("HS2002", 2002), ("HS2007", 2007), ("HS2012", 2012), ("HS2017", 2017)]
        {
            facts.editions.push(self::edition(edition, "hs", "", from));
        }
        facts.editions.push(self::edition("HS2022", "hs", "", 2022));
        facts.editions.push(self::edition("US-HTS-2026", "us-hts", "HS2022", 2026));
        facts.editions.push(self::edition("EU-TARIC-2026", "eu-taric", "HS2022", 2026));
        for row in rows("hs_nomenclature_all_editions.csv") {
            facts.codes.push(code(&row["edition"], &row["code"], &row["description_en"]));
        }
        let hs2022: HashSet<String> =
            facts.codes.iter().filter(|code| code.edition == "HS2022").map(|code| code.code.clone()).collect();
        let mut known = HashSet::new();
        for row in rows("us_hts_2026_rev4.csv") {
            let digits = &row["hts_code"];
            if digits.len() > 4 && known.insert(("us", digits.clone())) {
                // Headings without a code are read together with the lines under them: all but the coded one on top.
                let mut line = code("US-HTS-2026", digits, &row["description"]);
                let between = row["path"].split(" > ").skip(1).map(|text| ("en".to_owned(), text.to_owned()));
                line.descriptions.extend(between);
                facts.codes.push(line);
            }
        }
        for row in rows("eu_taric_nomenclature_en_fr_de.csv") {
            let digits = row["code"].trim_end_matches('0');
            let digits = &row["code"][..digits.len().next_multiple_of(2).max(2)];
            let ended = !row["end_date"].is_empty() && row["end_date"].as_str() < "2026";
            if row["suffix"] == "80" && !ended && digits.len() > 4 && known.insert(("eu", digits.to_owned())) {
                facts.codes.push(code("EU-TARIC-2026", digits, &row["desc_en"]));
            }
        }
        let lines: HashMap<String, usize> = facts
            .codes
            .iter()
            .enumerate()
            .filter(|(_, code)| code.edition == "EU-TARIC-2026")
            .map(|(at, code)| (code.code.clone(), at))
            .collect();
        for row in rows("eu_taric_nomenclature_en_fr_de.csv") {
            // A heading between has the code of the first line under it and a suffix of its own.
            let at = (2..=row["code"].len()).rev().find_map(|end| lines.get(&row["code"][..end]));
            if let Some(at) = at.filter(|_| row["suffix"] != "80") {
                facts.codes[*at].descriptions.push(("en".to_owned(), row["desc_en"].clone()));
            }
        }
        for row in rows("uk_search_references.csv") {
            let digits = row["commodity_code"].trim();
            let above = [6, 4, 2].map(|length| &digits[..length]).into_iter().find(|digits| hs2022.contains(*digits));
            facts.terms.extend(above.map(|digits| TermFact {
                edition: "HS2022".to_owned(),
                code: digits.to_owned(),
                language: "en".to_owned(),
                term: row["term"].clone(),
            }));
        }
        facts.synonyms.extend(synonyms().synonyms);
        Some(Self { facts })
    }

    pub(crate) fn facts(&self) -> Facts {
        self.facts.clone()
    }
}

/// The synonyms, as they are imported.
fn synonyms() -> Imported {
    let announced = Announced {
        format: Format::UkSearchSynonyms,
        edition: None,
        system: None,
        second_edition: String::new(),
        unchanged_left_out: false,
        whole: false,
        in_part: false,
        source: SourceFact::default(),
    };
    let mut reader = Reader::new(announced.format);
    reader.push(&std::fs::read(directory().unwrap().join("uk_search_synonyms_all.txt")).unwrap());
    reader.finish(&Catalogue::empty(), &announced)
}

fn system(id: &str, extends: &str, lengths: &[u32]) -> CodeSystemFact {
    CodeSystemFact {
        id: id.to_owned(),
        titles: Vec::new(),
        publisher: String::new(),
        economy: String::new(),
        extends: extends.to_owned(),
        code_lengths: lengths.to_vec(),
        has_suffix: false,
    }
}

fn edition(id: &str, system: &str, extends: &str, from: i32) -> EditionFact {
    EditionFact {
        id: id.to_owned(),
        system: system.to_owned(),
        titles: Vec::new(),
        effective_from: NaiveDate::from_ymd_opt(from, 1, 1).unwrap(),
        effective_to: None,
        predecessor: String::new(),
        extends: extends.to_owned(),
        partial: false,
        source: SourceFact::default(),
    }
}

fn code(edition: &str, digits: &str, words: &str) -> CodeFact {
    CodeFact {
        edition: edition.to_owned(),
        code: digits.to_owned(),
        descriptions: vec![("en".to_owned(), words.to_owned())],
        ..CodeFact::default()
    }
}
