use serde_json::{Value, json};

use super::*;
use crate::domain::change::validate;

fn transition(name: &str, days: Value) -> Entry {
    let mut it = json!({ "name": format!("editionTransitions/{name}"), "market": "XA",
        "from_standard": "standards/a-1", "to_standard": "standards/b-1", "new_only_from": "2026-01-01",
        "source": { "example": true } });
    it.as_object_mut().unwrap().extend(days.as_object().unwrap().clone());
    serde_json::from_value(json!({ "edition_transition": it })).unwrap()
}

/// What is found of a change of two transitions of the same editions, or of one of them.
fn found(published: [Value; 2], changed: [Option<Value>; 2]) -> Vec<String> {
    let names = ["one", "two"];
    let standards = ["a", "b"].map(|it| {
        json!({ "standard": { "name": format!("standards/{it}-1"), "designation": format!("{it} 1"), "publisher": "P" } })
    });
    let others = standards.into_iter().chain([json!({ "economy": { "name": "economies/XA" } })]);
    let others = others.map(|it| serde_json::from_value::<Entry>(it).unwrap());
    let published = names.into_iter().zip(published).map(|(name, days)| transition(name, days));
    let catalogue = Catalogue::new(1, others.chain(published));
    let changed = names.into_iter().zip(changed);
    let changes: Vec<Change> =
        changed.filter_map(|(name, days)| Some(Change::Upsert(transition(name, days?)))).collect();
    validate(&catalogue, &changes).into_iter().map(|it| it.code.into_owned()).collect()
}

/// A panel that has one of two moved may have it moved towards the other, and not to where they differ on more days.
#[test]
fn one_of_two_transitions_of_the_same_editions_moves_towards_the_other_and_no_farther() {
    let from = |day: &str| json!({ "new_only_from": day });
    let published = || [from("2026-01-01"), from("2027-01-01")];
    for (one, code) in [
        ("2026-01-01", "published_so"),
        ("2026-07-01", "published_so"),
        ("2027-01-01", "published_so"),
        ("2025-12-31", "overlap"),
        ("2027-01-02", "overlap"),
    ] {
        assert_eq!(found(published(), [Some(from(one)), None]), [code], "{one}");
    }
    // Both at once.
    let both = |one: &str, two: &str| found(published(), [Some(from(one)), Some(from(two))]);
    assert_eq!(both("2026-07-01", "2026-07-01"), ["published_so"]);
    assert_eq!(both("2027-01-01", "2026-01-01"), ["published_so"]);
    assert_eq!(both("2026-07-01", "2027-07-01"), ["overlap"]);
    assert_eq!(both("2025-07-01", "2026-07-01"), ["overlap"]);
}

#[test]
fn two_transitions_of_the_same_editions_come_no_farther_apart_in_anything_that_they_say() {
    let early = || json!({ "convert_by": "2026-06-01", "consequence": "suspend", "withdraw_by": "2026-09-01" });
    let published = || [early(), json!({})];
    let one = |days: Value| found(published(), [Some(days), None]);
    let with = |more: Value| {
        let mut days = early();
        days.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        days
    };
    // The other one never has anything converted.
    assert_eq!(one(with(json!({ "convert_by": "2026-08-01" }))), ["published_so"]);
    assert_eq!(one(json!({})), ["published_so"]);
    assert_eq!(one(with(json!({ "convert_by": "2026-05-01" }))), ["overlap"]);
    // It does nothing else with what is not converted, and so not by another day.
    assert_eq!(one(with(json!({ "withdraw_by": "2026-10-01" }))), ["overlap"]);
    assert_eq!(one(with(json!({ "withdraw_by": "2026-08-01" }))), ["overlap"]);
    assert_eq!(one(with(json!({ "either_from": "2025-01-01" }))), ["overlap"]);
    assert_eq!(one(with(json!({ "consequence": "withdraw", "withdraw_by": "" }))), ["overlap"]);
    assert_eq!(one(with(json!({ "exempt_stock": "Goods in store." }))), ["overlap"]);
}

#[test]
fn what_becomes_of_what_is_not_converted_and_by_when_is_as_one_of_the_two_says_it() {
    let then = |consequence: &str, withdraw_by: &str| json!({ "convert_by": "2026-06-01", "consequence": consequence, "withdraw_by": withdraw_by });
    let one = |published: [Value; 2], days: Value| found(published, [Some(days), None]);
    let differ = || [then("withdraw", ""), then("suspend", "2027-01-01")];
    assert_eq!(one(differ(), then("suspend", "2027-01-01")), ["published_so"]);
    assert_eq!(one(differ(), then("withdraw", "")), ["published_so"]);
    // Neither of them said so.
    assert_eq!(one(differ(), then("suspend", "")), ["overlap"]);
    assert_eq!(one(differ(), then("suspend", "2028-01-01")), ["overlap"]);
    // Where both suspend, a day between is nearer to the other's.
    let alike = || [then("suspend", "2026-09-01"), then("suspend", "2027-01-01")];
    assert_eq!(one(alike(), then("suspend", "2026-11-01")), ["published_so"]);
    assert_eq!(one(alike(), then("suspend", "2027-02-01")), ["overlap"]);
    assert_eq!(one(alike(), then("withdraw", "2026-11-01")), ["overlap"]);
}

/// Days that are each between two published ones may say together what neither of these transitions says.
#[test]
fn one_of_two_transitions_of_the_same_editions_says_of_no_goods_or_results_what_neither_of_them_said() {
    let one = |published: [Value; 2], days: Value| found(published, [Some(days), None]);
    let converted = |exemption: Value| {
        let mut days = json!({ "new_only_from": "2026-01-01", "convert_by": "2026-06-01" });
        days["stock_exemption"] = exemption;
        days
    };
    // Of exempt stock both said on the day after that for conversion that it counts.
    let exempt = || converted(json!({ "placed_on_market_before": "2025-01-01" }));
    let published = || [exempt(), json!({ "new_only_from": "2026-01-01" })];
    let lost = json!({ "new_only_from": "2026-01-01", "convert_by": "2026-06-01" });
    assert_eq!(one(published(), lost), ["overlap"]);
    assert_eq!(one(published(), converted(json!({ "placed_on_market_before": "2024-12-31" }))), ["overlap"]);
    assert_eq!(one(published(), converted(json!({ "placed_on_market_before": "2025-06-01" }))), ["published_so"]);
    let shown = json!({ "placed_on_market_before": "2025-01-01", "provided": "An invoice." });
    assert_eq!(one(published(), converted(shown)), ["overlap"]);
    let until = json!({ "placed_on_market_before": "2025-01-01", "until": "2027-01-01" });
    assert_eq!(one(published(), converted(until)), ["overlap"]);
    // Of results granted in between the one said that they never counted, and the other that they no longer do.
    let days =
        |new_only_from: &str, convert_by: &str| json!({ "new_only_from": new_only_from, "convert_by": convert_by });
    let published = || [days("2026-01-01", "2028-01-01"), days("2027-01-01", "2027-06-01")];
    assert_eq!(one(published(), days("2027-01-01", "2028-01-01")), ["overlap"]);
    assert_eq!(one(published(), days("2027-01-01", "2027-06-01")), ["published_so"]);
    assert_eq!(one(published(), days("2026-01-01", "2027-06-01")), ["published_so"]);
}
