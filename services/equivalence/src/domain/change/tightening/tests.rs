use serde_json::{Value, json};

use super::*;

fn entry(value: Value) -> Entry {
    serde_json::from_value(value).unwrap()
}

fn requirement(mandatory: bool, change: &[(&str, Value)]) -> Value {
    let mut it = json!({ "name": "requirements/r", "market": "XB", "title": "r", "mandatory": mandatory,
        "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }, { "code": { "edition": "HS2022", "code": "8542" } }],
        "acceptances": [{ "target": { "name": "standards/a-1" } }, { "target": { "name": "standards/b-1" } }],
        "validity": { "from": "2024-01-01", "until": "2030-01-01" }, "source": { "example": true } });
    change.iter().for_each(|(field, value)| it[field] = value.clone());
    json!({ "requirement": it })
}

fn annex(change: &[(&str, Value)]) -> Value {
    let mut it = json!({ "name": "annexes/a", "arrangement": "arrangements/m", "title": "a", "objects": ["certificate"],
        "validity": { "from": "2024-01-01" }, "covered": [{ "name": "schemes/s" }], "source": { "example": true } });
    change.iter().for_each(|(field, value)| it[field] = value.clone());
    json!({ "annex": it })
}

/// Whether going from the one to the other tightens, and back.
fn both_ways(one: Value, other: Value) -> (bool, bool) {
    let (one, other) = (entry(one), entry(other));
    let tightens = |before: &Entry, after: &Entry| {
        !tightening(&Catalogue::new(1, [before.clone()]), &[Change::Upsert(after.clone())]).is_empty()
    };
    (tightens(&one, &other), tightens(&other, &one))
}

#[test]
fn what_is_taken_away_tightens_and_what_is_given_does_not() {
    let (one, none) = (json!([{ "target": { "name": "standards/a-1" } }]), json!([]));
    let shorter = json!({ "from": "2025-01-01", "until": "2030-01-01" });
    let one_code = json!([{ "code": { "edition": "HS2022", "code": "8541" } }]);
    for mandatory in [true, false] {
        let whole = || requirement(mandatory, &[]);
        assert_eq!(both_ways(whole(), requirement(mandatory, &[("title", json!("t"))])), (false, false));
        assert_eq!(both_ways(whole(), requirement(mandatory, &[("acceptances", one.clone())])), (true, false));
        // A demand on fewer goods or for a shorter time frees; an offer does the contrary.
        let fewer = (!mandatory, mandatory);
        assert_eq!(both_ways(whole(), requirement(mandatory, &[("codes", one_code.clone())])), fewer);
        assert_eq!(both_ways(whole(), requirement(mandatory, &[("validity", shorter.clone())])), fewer);
        assert_eq!(both_ways(whole(), requirement(mandatory, &[("market", json!("XC"))])), (true, true));
    }
    assert_eq!(both_ways(requirement(false, &[]), requirement(true, &[])), (true, false));

    let more = json!([{ "name": "schemes/s" }, { "name": "schemes/t" }]);
    assert_eq!(both_ways(annex(&[]), annex(&[("covered", more)])), (false, true));
    assert_eq!(both_ways(annex(&[]), annex(&[("covered", none)])), (false, true));
    assert_eq!(both_ways(annex(&[]), annex(&[("designation_required", json!(true))])), (true, false));
    assert_eq!(both_ways(annex(&[]), annex(&[("lapse", json!({ "on": "2027-01-01" }))])), (true, false));
    assert_eq!(both_ways(annex(&[]), annex(&[("max_chain_links", json!(2))])), (false, true));
    assert_eq!(both_ways(annex(&[]), annex(&[("effect", json!("partial"))])), (true, false));
    let not = json!({ "economies": ["XC"] });
    assert_eq!(both_ways(annex(&[]), annex(&[("exclusions", not)])), (true, false));
}

#[test]
fn a_suspension_while_contested_tightens_and_its_end_does_not() {
    let designation = |period: Value| {
        let contest = json!({ "party": "XC", "raised_on": "2026-01-01", "interim_suspension": period });
        json!({ "designation": { "name": "designations/d", "body": "bodies/b", "authority": "bodies/a",
            "annex": "annexes/a", "validity": { "from": "2024-01-01" }, "contestations": [contest],
            "source": { "example": true } } })
    };
    let (open, ended) = (json!({ "from": "2026-02-01" }), json!({ "from": "2026-02-01", "until": "2026-05-01" }));
    assert_eq!(both_ways(designation(Value::Null), designation(open.clone())), (true, false));
    assert_eq!(both_ways(designation(open), designation(ended.clone())), (false, true));
    let longer = json!({ "from": "2026-01-15", "until": "2026-05-01" });
    assert_eq!(both_ways(designation(ended), designation(longer)), (true, false));
}

#[test]
fn a_degree_tightens_downwards_and_a_negative_record_never() {
    let mapping = |degree: &str| {
        json!({ "equivalence": { "name": "equivalences/e", "degree": degree, "from": { "name": "standards/a-1" },
            "to": { "name": "standards/b-1" }, "validity": { "from": "2024-01-01" }, "source": { "example": true } } })
    };
    assert_eq!(both_ways(mapping("identical"), mapping("modified")), (true, false));
    assert_eq!(both_ways(mapping("modified"), mapping("not_equivalent")), (true, false));
    let record = Catalogue::new(1, [entry(mapping("not_equivalent"))]);
    assert_eq!(tightening(&record, &[Change::Retire("equivalences/e".to_owned())]), []);
}

#[test]
fn what_is_new_tightens_when_it_is_demanded_and_what_goes_when_it_was_relied_on() {
    let new = |value: Value| tightening(&Catalogue::default(), &[Change::Upsert(entry(value))]).len();
    assert_eq!(new(requirement(true, &[])), 1);
    assert_eq!(new(requirement(false, &[])), 0);
    assert_eq!(new(annex(&[])), 0);
    let gone = |value: Value, name: &str| {
        tightening(&Catalogue::new(1, [entry(value)]), &[Change::Retire(name.to_owned())]).len()
    };
    assert_eq!(gone(requirement(true, &[]), "requirements/r"), 0);
    assert_eq!(gone(requirement(false, &[]), "requirements/r"), 1);
    assert_eq!(gone(annex(&[]), "annexes/a"), 1);
}
