use serde_json::{Value, json};

use super::*;
use crate::domain::change::tightening;
use crate::domain::code::CodeReference;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::BodyKey;
use crate::domain::recognise::{Detail, decide};
use crate::domain::standard::Stock;
use crate::domain::time::parse_date;
use crate::domain::translate::NoTranslation;
use crate::domain::words::RecognitionObject;

fn entry(value: Value) -> Entry {
    serde_json::from_value(value).unwrap()
}

fn requirement(mandatory: bool, accepts: &str) -> Entry {
    entry(json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": mandatory,
        "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }], "validity": { "from": "2020-01-01" },
        "acceptances": [{ "target": { "name": accepts }, "bodies": { "any": true } }] } }))
}

/// What becomes of a certificate to `standards/z-1` when the one requirement of XB becomes another, and whether that
/// tightens access.
fn shift(before: Option<Entry>, after: Option<Entry>) -> (Option<Shift>, bool) {
    shift_in([], before, after)
}

/// The same in a world of more.
fn shift_in<const N: usize>(more: [Entry; N], before: Option<Entry>, after: Option<Entry>) -> (Option<Shift>, bool) {
    let market = json!({ "economy": { "name": "XB", "complete_requirements": {} } });
    let world = [market, json!({ "economy": { "name": "XA" } })].map(entry);
    let catalogue = Catalogue::new(1, world.into_iter().chain(more).chain(before));
    let change = after.map_or_else(|| Change::Retire("requirements/r".to_owned()), Change::Upsert);
    let question = Question {
        certified: vec![Target { name: TargetKey::parse("standards/z-1").unwrap(), level: "".into() }],
        body: BodyKey::parse("some-body").unwrap(),
        body_economy: EconomyCode::parse("XA").unwrap(),
        object: RecognitionObject::Certificate,
        granted_on: None,
        code: CodeReference { edition: "HS2022".into(), code: "854143".into() },
        origin: EconomyCode::parse("XA").unwrap(),
        destination: EconomyCode::parse("XB").unwrap(),
        date: parse_date("2026-01-01").unwrap(),
        stock: Stock::default(),
    };
    let tightens = !tightening(&catalogue, std::slice::from_ref(&change)).is_empty();
    let changed = apply(&catalogue, &[change]);
    let [before, after] = [&catalogue, &changed].map(|side| decide(side, &NoTranslation, &question, Detail::Outcome));
    (Shift::between(Verdict::from(&before), Verdict::from(&after)), tightens)
}

#[test]
fn what_a_change_takes_away_is_what_tightens() {
    let (has, lacks) = ("standards/z-1", "standards/other-1");
    let some = |mandatory, accepts| Some(requirement(mandatory, accepts));
    let (gains, loses, otherwise) = (Some(Shift::Gains), Some(Shift::Loses), Some(Shift::Otherwise));
    for (before, after, expected, tightens) in [
        // The first voluntary requirement takes nothing from anybody, and gives to whoever meets it.
        (None, some(false, lacks), otherwise, false),
        (None, some(false, has), gains, false),
        (some(false, has), None, loses, true),
        (some(false, lacks), None, otherwise, true),
        (some(false, has), some(false, lacks), loses, true),
        (some(false, lacks), some(false, has), gains, true),
        // What is demanded may bar, and takes nothing by going.
        (None, some(true, lacks), loses, true),
        (None, some(true, has), otherwise, true),
        (some(true, lacks), None, gains, false),
        (some(true, has), None, otherwise, false),
        // Not recognised before and after: but it may not enter any more.
        (some(false, lacks), some(true, lacks), loses, true),
        (some(false, has), some(true, has), None, true),
    ] {
        let told = format!("{before:?} becomes {after:?}");
        let found = shift(before, after);
        assert_eq!(found, (expected, tightens), "{told}");
        assert!(found.1 || found.0 != Some(Shift::Loses), "it loses though nothing tightens: {told}");
    }
}

#[test]
fn who_enters_only_as_far_as_anybody_knows_has_gained_nothing() {
    let verdict = |outcome, demanded, in_doubt| Verdict { outcome, demanded, in_doubt, conditions: &[] };
    let barred = verdict(Outcome::NotRecognised, true, false);
    let free = verdict(Outcome::NotRecognised, false, false);
    let open = verdict(Outcome::NotRecognised, false, true);
    let honoured = verdict(Outcome::Recognised, false, false);
    for (before, after, expected) in [
        (barred, free, Some(Shift::Gains)),
        (barred, open, Some(Shift::Otherwise)),
        (open, honoured, Some(Shift::Gains)),
        // What may have entered may be lost.
        (open, barred, Some(Shift::Loses)),
        (honoured, open, Some(Shift::Loses)),
        (open, open, None),
    ] {
        assert_eq!(Shift::between(before, after), expected, "{before:?} becomes {after:?}");
    }
}

#[test]
fn what_is_recognised_on_other_conditions_changes_otherwise() {
    let (one, other) = (json!({ "economy": "XA" }), json!({ "economy": "XB" }));
    let arrangement = entry(json!({ "arrangement": { "name": "arrangements/m", "title": "m",
        "in_force_from": "2020-01-01", "parties": [one, other] } }));
    let requirement = entry(json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r",
        "mandatory": true, "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }],
        "acceptances": [{ "target": { "name": "standards/z-1" } }], "validity": { "from": "2020-01-01" } } }));
    let annex = |title: &str, conditions: &[(&str, &str)]| {
        let condition = |(id, told): &(&str, &str)| json!({ "id": id, "kind": "label", "description": told });
        let conditions: Vec<_> = conditions.iter().map(condition).collect();
        Some(entry(json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": title,
            "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "conditions": conditions } })))
    };
    let (plate, sample) = (("plate", "rating plate"), ("sample", "a sample"));
    for (before, after, expected) in [
        (&[plate, sample][..], &[sample, plate][..], None),
        (&[plate], &[("plate", "rating plate, also in Dorvanian")], Some(Shift::Otherwise)),
        (&[plate], &[sample], Some(Shift::Otherwise)),
        (&[plate], &[plate, sample], Some(Shift::Otherwise)),
        (&[plate], &[], Some(Shift::Otherwise)),
    ] {
        let world = [arrangement.clone(), requirement.clone()];
        let found = shift_in(world, annex("x", before), annex("named otherwise", after)).0;
        assert_eq!(found, expected, "{before:?} becomes {after:?}");
    }
}
