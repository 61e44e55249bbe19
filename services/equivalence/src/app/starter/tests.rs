use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::*;
use crate::domain::code::CodeReference;
use crate::domain::decision::{Check, Outcome};
use crate::domain::key::{BodyKey, EconomyCode, SchemeKey, StandardKey};
use crate::domain::question::{certified_scheme, certified_standard};
use crate::domain::standard::Stock;
use crate::domain::time::parse_date;
use crate::domain::translate::NoTranslation;
use crate::domain::words::RecognitionObject;
use crate::domain::{Decision, Question, recognise};

fn catalogue() -> Catalogue {
    let entries = changes().unwrap().into_iter().map(|change| match change {
        Change::Upsert(entry) => entry,
        Change::Retire(name) => panic!("{name}"),
    });
    Catalogue::new(1, entries)
}

/// The same, for as long as the tests run: decisions borrow from it.
fn kept() -> &'static Catalogue {
    static KEPT: LazyLock<Catalogue> = LazyLock::new(catalogue);
    &KEPT
}

/// The certificate of the README beside the files.
fn ask(destination: &str, date: &str) -> Decision<'static> {
    ask_with("aurelian-pv-mark", "A", destination, date)
}

fn ask_with(scheme: &str, level: &str, destination: &str, date: &str) -> Decision<'static> {
    recognise(kept(), &NoTranslation, &question(scheme, level, destination, date))
}

fn question(scheme: &str, level: &str, destination: &str, date: &str) -> Question {
    Question {
        certified: vec![
            certified_scheme(SchemeKey::parse(scheme).unwrap(), level),
            certified_standard(StandardKey::parse("IEC 61215-1:2021").unwrap()),
            certified_standard(StandardKey::parse("IEC 61730-1:2016").unwrap()),
        ],
        body: BodyKey::parse("bodies/aurora-cert").unwrap(),
        body_economy: EconomyCode::parse("XA").unwrap(),
        object: RecognitionObject::Certificate,
        granted_on: None,
        code: CodeReference::new("HS2022", "854143").unwrap(),
        origin: EconomyCode::parse("XA").unwrap(),
        destination: EconomyCode::parse(destination).unwrap(),
        date: parse_date(date).unwrap(),
        stock: Stock::default(),
    }
    .normalised()
}

#[test]
fn the_starter_catalogue_is_valid() {
    assert!(changes().unwrap().len() > 80);
}

#[test]
fn the_markets_of_the_story_come_out_as_its_readme_says_today_and_for_years() {
    for date in ["2026-11-23", "2030-06-01"] {
        let expected = BTreeMap::from([
            ("XB", Outcome::Recognised),
            ("XC", Outcome::Recognised),
            ("XD", Outcome::RecognisedOnConditions),
            ("XE", Outcome::NotRecognised),
            ("AU", Outcome::NotRecognised),
            ("XF", Outcome::NoRequirementApplies),
        ]);
        for (destination, outcome) in expected {
            assert_eq!(ask(destination, date).outcome, outcome, "{destination} on {date}");
        }
    }
}

#[test]
fn the_routes_of_the_story_are_the_ones_that_it_tells() {
    let direct = ask("XB", "2026-11-23").best_route.unwrap();
    assert!(direct.annex.is_none() && direct.links.is_empty());

    let chain = ask("XC", "2026-11-23").best_route.unwrap();
    assert_eq!(chain.annex.unwrap().name.name(), "annexes/xa-xc-pv");
    assert_eq!(chain.links[0].name.name(), "equivalences/iec-61730-to-cs-61730");
    assert_eq!(chain.designation.unwrap().name.name(), "designations/aurora-xa-xc-pv");

    let conditions: Vec<_> = ask("XD", "2026-11-23").conditions.into_iter().map(|it| it.id().to_owned()).collect();
    assert_eq!(conditions, ["ds-snow-load-5400", "ds-salt-mist-6", "xd-label-language"]);

    let miss = |destination| ask(destination, "2026-11-23").requirements.remove(0).nearest_miss.unwrap();
    let undesignated = miss("XE");
    assert_eq!(undesignated.check, Check::Designation);
    assert!(undesignated.mend.contains("bodies/meridian-cert"), "{}", undesignated.mend);
    let other_scheme = miss("AU");
    assert_eq!(other_scheme.check, Check::Scheme);
    let wanted = "schemes/iecee-cb with standards/iec-61215-1-2021";
    assert!(other_scheme.mend.contains(wanted), "{}", other_scheme.mend);
    // Whoever does so is not refused for a body that nobody could have chosen better.
    let followed = ask_with("iecee-cb", "", "AU", "2026-11-23");
    assert_eq!(followed.outcome, Outcome::Undetermined);
    assert_eq!(followed.findings[0].code, "accepted_bodies_unknown");
    // To an earlier edition it does not count, whoever issued it.
    let mut earlier = question("iecee-cb", "", "AU", "2026-11-23");
    earlier.certified.retain(|it| it.name.to_string() != "standards/iec-61215-1-2021");
    let earlier = recognise(kept(), &NoTranslation, &earlier);
    assert_eq!(earlier.outcome, Outcome::NotRecognised);
    assert!(earlier.requirements[0].nearest_miss.as_ref().unwrap().reason.contains(wanted));
}

#[test]
fn what_is_made_up_is_marked_and_nothing_else_is_without_a_source() {
    for entry in catalogue().entries() {
        let value = serde_json::to_value(&entry).unwrap();
        let fields = value.as_object().unwrap().values().next().unwrap();
        let example = fields["source"]["example"] == true;
        let text = value.to_string();
        let speaks_of_examples = text.contains("invented") || text.contains("example.org");
        let unsourced = fields["source"]["uri"].as_str().unwrap().is_empty();
        assert_eq!(unsourced, example, "{}", entry.name());
        assert!(!speaks_of_examples || example, "{}", entry.name());
    }
}

/// The facts that were gathered for the starter, where they are at hand.
fn gathered() -> Option<serde_json::Value> {
    let Some(root) = std::env::var_os("GREENLANE_TEST_DATA") else {
        let required = std::env::var("GREENLANE_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.split([',', ' ']).any(|what| what == "data"), "GREENLANE_TEST_DATA is not set");
        // The test's own output, for people.
        #[expect(clippy::print_stderr, reason = "says that the test was skipped")]
        {
            eprintln!("skipped: GREENLANE_TEST_DATA is not set");
        }
        return None;
    };
    let text = std::fs::read_to_string(std::path::Path::new(&root).join("seed-facts.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn every_verified_fact_of_labels_and_arrangements_is_held_or_named() {
    let Some(facts) = gathered() else { return };
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("starter");
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let held: String = files.collect();
    for kind in ["label_recognition", "mras"] {
        for fact in facts[kind].as_array().unwrap().iter().filter(|fact| fact["status"] == "verified") {
            let sources = fact["src"].as_array().cloned().unwrap_or_else(|| vec![fact["src"].clone()]);
            let named = sources.iter().any(|source| held.contains(source.as_str().unwrap()));
            assert!(named, "{}", fact["id"]);
        }
    }
}

#[test]
fn an_annex_whose_arrangement_may_not_be_in_force_claims_no_later_day_than_its_signature() {
    let catalogue = catalogue();
    for annex in catalogue.annexes.values() {
        let arrangement = &catalogue.arrangements[&annex.arrangement];
        if arrangement.applies_from().is_none() {
            // Signed on a day, in a month or in a year: the first day of it.
            let first = format!("{}{}", arrangement.signed_on, &"-01-01"[arrangement.signed_on.len() - 4..]);
            assert_eq!(annex.validity.from.to_string(), first, "{}", annex.name);
        }
    }
}

#[test]
fn nothing_is_shipped_whose_source_was_found_too_weak_or_was_remembered_only() {
    let Some(facts) = gathered() else { return };
    let facts = facts.as_object().unwrap().values().filter_map(serde_json::Value::as_array).flatten();
    let unfit: Vec<_> = facts.filter(|fact| !fact["status"].as_str().unwrap().starts_with("verified")).collect();
    assert!(unfit.len() > 3, "the facts that are not to be shipped are marked");
    for entry in catalogue().entries() {
        let value = serde_json::to_value(&entry).unwrap();
        let fields = value.as_object().unwrap().values().next().unwrap();
        for uri in fields["source"]["uri"].as_str().unwrap().split(" ; ").filter(|uri| !uri.is_empty()) {
            let weak = unfit.iter().find(|fact| fact["src"].to_string().contains(uri));
            assert!(weak.is_none(), "{} rests on {}", entry.name(), weak.unwrap()["id"]);
        }
    }
}
