use serde_json::{Value, json};

use super::first_day;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, describe};
use crate::domain::entry::Entry;

fn entry(value: &Value) -> Entry {
    serde_json::from_value(value.clone()).unwrap()
}

/// What is told of an entry that is made of another by setting fields of it, published on 2027-01-27.
fn changed(before: &Value, pointer: &str, to: Value) -> String {
    let mut after = before.clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let kind = after.as_object().unwrap().keys().next().unwrap().clone();
    after.pointer_mut(&format!("/{kind}{parent}")).unwrap()[field] = to;
    told(Some(before), Some(&after))
}

fn told(before: Option<&Value>, after: Option<&Value>) -> String {
    let [before, after] = [before, after].map(|it| it.map(entry));
    let day = first_day(before.as_ref(), after.as_ref(), "2027-01-27".parse().unwrap());
    day.map_or_else(|| "never".to_owned(), |day| day.to_string())
}

fn annex() -> Value {
    json!({ "annex": { "name": "annexes/a", "arrangement": "arrangements/m", "validity": { "from": "2021-01-01" },
        "suspensions": [], "transitions": [{ "economy": "XC", "ends_on": "2028-03-01" }] } })
}

fn requirement() -> Value {
    json!({ "requirement": { "name": "requirements/r", "market": "XB", "mandatory": true,
        "validity": { "from": "2019-06-01" },
        "acceptances": [{ "target": { "name": "schemes/s" }, "validity": { "from": "2019-06-01" } }] } })
}

fn designation() -> Value {
    json!({ "designation": { "name": "designations/d", "body": "bodies/b", "authority": "bodies/b",
        "annex": "annexes/a", "validity": { "from": "2020-02-01" }, "contestations": [
        { "party": "XC", "raised_on": "2026-11-01" }] } })
}

fn transition() -> Value {
    json!({ "edition_transition": { "name": "editionTransitions/t", "market": "XB", "from_standard": "standards/old",
        "to_standard": "standards/new", "new_only_from": "2025-01-01", "convert_by": "2028-01-01" } })
}

#[test]
fn a_change_of_an_entry_applies_from_the_first_day_on_which_it_says_something_else() {
    let on = |on: &str| json!({ "on": on, "rule": "cut_off" });
    assert_eq!(changed(&annex(), "/lapse", on("2027-09-01")), "2027-09-01");
    let validity = json!({ "from": "2019-06-01", "until": "2028-05-01" });
    assert_eq!(changed(&requirement(), "/acceptances/0/validity", validity), "2028-05-01");
    let suspended = json!({ "from": "2027-02-10", "until": "2027-06-01" });
    assert_eq!(changed(&designation(), "/contestations/0/interim_suspension", suspended.clone()), "2027-02-10");
    assert_eq!(changed(&designation(), "/suspensions", json!([suspended.clone()])), "2027-02-10");
    let shorter = json!({ "from": "2020-02-01", "until": "2027-05-01" });
    assert_eq!(changed(&designation(), "/validity", shorter), "2027-05-01");
    assert_eq!(changed(&designation(), "/ending", on("2027-05-01")), "2027-05-01");
    assert_eq!(changed(&annex(), "/suspensions", json!([suspended])), "2027-02-10");
    assert_eq!(changed(&annex(), "/transitions/0/ends_on", json!("2027-03-01")), "2027-03-01");
    // The last day for conversion is a day on which it still counts.
    assert_eq!(changed(&transition(), "/convert_by", json!("2027-06-30")), "2027-07-01");
    // What is moved is felt from the earlier of its two days, whichever way.
    let mut lapses = annex();
    lapses["annex"]["lapse"] = on("2027-09-01");
    assert_eq!(changed(&lapses, "/lapse", on("2027-10-01")), "2027-09-01");
    assert_eq!(changed(&lapses, "/lapse", json!({ "on": "2027-09-01", "rule": "grandfather" })), "2027-09-01");
}

#[test]
fn what_is_past_when_it_is_published_applies_from_then() {
    let past = json!({ "on": "2026-12-01", "rule": "cut_off" });
    assert_eq!(changed(&annex(), "/lapse", past), "2027-01-27");
    assert_eq!(changed(&annex(), "/origin_rule", json!("exporting_party")), "2027-01-27");
    assert_eq!(told(Some(&annex()), None), "2027-01-27");
    assert_eq!(told(None, Some(&requirement())), "2027-01-27");
    let mut over = annex();
    over["annex"]["validity"]["until"] = json!("2026-01-01");
    assert_eq!(told(Some(&over), None), "never");
}

#[test]
fn words_about_an_entry_are_felt_on_no_day() {
    assert_eq!(changed(&annex(), "/title", json!("Another")), "never");
    assert_eq!(changed(&requirement(), "/legal_reference", json!("Law 2 of 2027-03-01")), "never");
    assert_eq!(told(None, Some(&json!({ "body": { "name": "bodies/b", "economy": "XA" } }))), "never");
}

#[test]
fn a_notification_tells_the_first_day_of_its_changes_and_no_day_of_those_before_it_can_be_published() {
    let catalogue = Catalogue::new(1, [annex(), designation(), requirement()].iter().map(entry));
    let described = |changes: &[Change]| {
        let day = describe(&catalogue, changes, "2027-01-27".parse().unwrap()).applies_from;
        day.map_or_else(|| "on publication".to_owned(), |day| day.to_string())
    };
    let upsert = |value: Value| Change::Upsert(entry(&value));
    let (mut lapses, mut new, mut titled) = (annex(), requirement(), designation());
    lapses["annex"]["lapse"] = json!({ "on": "2027-09-01", "rule": "cut_off" });
    new["requirement"]["name"] = json!("requirements/new");
    titled["designation"]["source"] = json!({ "note": "Another" });
    let (lapses, titled) = (upsert(lapses), upsert(titled));
    // An entry that began long ago and is only described anew brings nothing forward.
    assert_eq!(described(&[lapses.clone(), titled.clone()]), "2027-09-01");
    assert_eq!(described(&[titled]), "on publication");
    assert_eq!(described(&[lapses.clone(), Change::Retire("requirements/r".to_owned())]), "on publication");
    assert_eq!(described(&[lapses.clone(), upsert(new.clone())]), "on publication");
    new["requirement"]["validity"]["from"] = json!("2027-03-01");
    assert_eq!(described(&[lapses, upsert(new)]), "2027-03-01");
}
