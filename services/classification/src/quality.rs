//! How well words find codes: a benchmark over the reference data, beside plain BM25 in the same run.
//!
//! `cargo test --profile perf -p greenlane-classification quality -- --nocapture` prints the table. The files lie where
//! `GREENLANE_TEST_DATA` says. Nothing is taught that is asked: what is taught comes from train parts, and for the
//! parcels from the four fifths that are not asked. The constants of the search were chosen with these sets in sight,
//! so that only sets held out elsewhere tell how it does on what it has not seen.

#![expect(clippy::print_stdout, reason = "the table is what it is run for")]

mod data;
mod measure;
mod plain;
mod speed;

use std::collections::HashSet;
use std::time::Instant;

use self::data::{Case, NOMENCLATURE_DAY, Texts, folds};
use self::measure::{Answer, Table};
use crate::domain::{Catalogue, ExampleFact, Question, suggest};

/// How many cases of a set are asked again after other goods were taught, at most.
const AFTER_OTHERS: usize = 200;

/// Asks a catalogue about cases.
fn ask(catalogue: &Catalogue, edition: &str, cases: &[&Case]) -> Vec<Answer> {
    let edition = catalogue.edition(edition).unwrap();
    let one = |case: &&Case| {
        let question =
            Question { description: &case.query, edition, on: NOMENCLATURE_DAY.unwrap(), among: None, limit: 10 };
        let answer = suggest(catalogue, &question);
        Answer {
            right: case.hs6.clone(),
            can_be_found: catalogue.find(edition, &case.hs6).is_some(),
            confidence: answer.candidates.first().map_or(0.0, |best| best.confidence),
            cannot_tell: answer.cannot_tell,
            codes: answer.candidates.iter().map(|c| catalogue.code(c.at).fact.code.clone()).collect(),
        }
    };
    cases.iter().map(one).collect()
}

fn examples(cases: &[&Case], edition: &str) -> Vec<ExampleFact> {
    let example = |case: &&Case| ExampleFact {
        description: case.query.clone(),
        edition: edition.to_owned(),
        code: case.hs6.clone(),
        decided_on: NOMENCLATURE_DAY.unwrap(),
        source: crate::domain::SourceFact::default(),
        invented: false,
        withdrawn: false,
        taught: 2,
    };
    cases.iter().map(example).collect()
}

#[test]
fn words_find_codes_as_well_as_was_promised() {
    let Some(texts) = Texts::load() else { return };
    let started = Instant::now();
    let catalogue = Catalogue::build(1, texts.facts()).unwrap();
    let built = started.elapsed();
    let started = Instant::now();
    catalogue.index(catalogue.edition("HS2022").unwrap());
    println!("catalogue {built:.2?}, index of HS2022 {:.2?}", started.elapsed());
    let plain = plain::Plain::of(&catalogue, "HS2022");
    let mut table = Table::default();

    let product = |name: &str, column: &[&str]| data::cases(name, column);
    for (name, file, columns) in [
        ("HSCodeComp", "en_hscodecomp_dev", &["query", "attributes", "category_en"][..]),
        ("UK trader", "en_uk_trader_dev", &["query"]),
        ("UK parcel", "en_uk_parcel_dev", &["query"]),
        ("misspelt texts", "en_noisy_hs_text_dev", &["query"]),
        ("multilingual", "multi_micro_dev", &["query"]),
        ("Spanish invoices", "es_invoices_dev", &["query"]),
    ] {
        let cases = product(file, columns);
        let cases: Vec<&Case> = cases.iter().collect();
        table.add(&format!("{name}, plain BM25"), &plain.ask(&cases));
        let started = Instant::now();
        let answers = ask(&catalogue, "HS2022", &cases);
        let each = started.elapsed() / u32::try_from(cases.len()).unwrap();
        table.add_timed(name, &answers, each);
    }

    let parcels = product("en_uk_parcel_dev", &["query"]);
    let mut answers = Vec::new();
    for (train, test) in folds(&parcels, 5) {
        answers.extend(ask(&catalogue.with_taught(2, examples(&train, "HS2022")), "HS2022", &test));
    }
    table.add("UK parcel, taught in 5 folds", &answers);

    let titles = product("zh_titles_dev", &["query"]);
    let titles: Vec<&Case> = titles.iter().collect();
    let train = product("zh_titles_train", &["query"]);
    for count in [500, 12_000] {
        let every = train.len() / count;
        let train: Vec<&Case> = train.iter().step_by(every).take(count).collect();
        let started = Instant::now();
        let taught = catalogue.with_taught(2, examples(&train, "HS2012"));
        println!("taught {} titles in {:.2?}", train.len(), started.elapsed());
        // No edition is described in Chinese here: what was taught is all the words that there are.
        table.add(&format!("Chinese titles, {count}, plain BM25"), &plain::Plain::taught(&train).ask(&titles));
        table.add(&format!("Chinese titles, {count} taught"), &ask(&taught, "HS2012", &titles));
    }

    // What was taught of other goods, and in another language, leaves these as they were.
    let mut others: Vec<ExampleFact> = examples(&parcels.iter().collect::<Vec<_>>(), "HS2022");
    others.extend(examples(&train.iter().step_by(train.len() / 12_000).take(12_000).collect::<Vec<_>>(), "HS2012"));
    let taught = catalogue.with_taught(2, others);
    for (name, file, columns) in [
        ("HSCodeComp", "en_hscodecomp_dev", &["query", "attributes", "category_en"][..]),
        ("UK trader", "en_uk_trader_dev", &["query"]),
        ("misspelt texts", "en_noisy_hs_text_dev", &["query"]),
    ] {
        let cases = product(file, columns);
        let cases: Vec<&Case> = cases.iter().step_by(cases.len().div_ceil(AFTER_OTHERS)).collect();
        table.add(&format!("{name}, some"), &ask(&catalogue, "HS2022", &cases));
        table.add(&format!("{name}, some, others taught"), &ask(&taught, "HS2022", &cases));
    }

    for (name, terms) in [("vague terms", data::vague_terms()), ("ambiguous terms", data::ambiguous_terms())] {
        let terms: Vec<&Case> = terms.iter().collect();
        let answers = ask(&catalogue, "HS2022", &terms);
        let told = answers.iter().filter(|answer| answer.cannot_tell).count();
        println!("{name}: {told} of {} cannot be told", answers.len());
    }
    println!("{table}");
    speed::tell(&catalogue);
    table.check();
    let distinct: HashSet<&str> = table.names().collect();
    assert_eq!(distinct.len(), table.names().count());
}
