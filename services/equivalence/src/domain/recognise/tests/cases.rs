use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::catalogue::Catalogue;
use crate::domain::code::CodeReference;
use crate::domain::decision::{Attempt, Check, Demand, Outcome};
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::question::Question;
use crate::domain::standard::Stock;
use crate::domain::time::parse_date;
use crate::domain::translate::{NoTranslation, TranslateError, Translator};
use crate::domain::words::RecognitionObject;
use crate::domain::{explain, recognise};

/// A catalogue for as long as the tests run: decisions borrow from theirs.
pub(super) fn kept(entries: Vec<Value>) -> &'static Catalogue {
    Box::leak(Box::new(catalogue(entries)))
}

pub(super) fn catalogue(entries: Vec<Value>) -> Catalogue {
    Catalogue::new(1, entries.into_iter().map(|value| serde_json::from_value::<Entry>(value).unwrap()))
}

pub(super) fn question(certified: &str) -> Question {
    Question {
        certified: vec![Target { name: TargetKey::parse(certified).unwrap(), level: "".into() }],
        body: BodyKey::parse("bodies/a").unwrap(),
        body_economy: EconomyCode::parse("XA").unwrap(),
        object: RecognitionObject::Certificate,
        granted_on: None,
        code: CodeReference::new("HS2022", "854143").unwrap(),
        origin: EconomyCode::parse("XA").unwrap(),
        destination: EconomyCode::parse("XB").unwrap(),
        date: parse_date("2026-11-23").unwrap(),
        stock: Stock::default(),
    }
}

pub(super) fn world() -> Vec<Value> {
    vec![
        json!({ "economy": { "name": "economies/XA" } }),
        json!({ "economy": { "name": "economies/XB" } }),
        json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
            "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }],
            "acceptances": [{ "target": { "name": "standards/z-1" } }], "validity": { "from": "2020-01-01" } } }),
        json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } }),
    ]
}

pub(super) fn link(name: &str, from: &str, to: &str, degree: &str) -> Value {
    let deviations = if degree == "identical" {
        json!([])
    } else {
        json!([{ "description": "d", "bridging_test": { "id": format!("test-{name}"), "description": "t" } }])
    };
    json!({ "equivalence": { "name": format!("equivalences/{name}"), "from": { "name": from }, "to": { "name": to },
        "degree": degree, "deviations": deviations, "validity": { "from": "2020-01-01" } } })
}

pub(super) fn annex(extra: Value) -> Value {
    let mut annex = json!({ "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
        "objects": ["certificate"], "validity": { "from": "2020-01-01" } });
    annex.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({ "annex": annex })
}

#[test]
fn a_chain_is_one_link_long_unless_the_annex_says_more() {
    let mut entries = world();
    entries.push(link("a", "standards/a-1", "standards/b-1", "identical"));
    entries.push(link("b", "standards/b-1", "standards/z-1", "identical"));
    let with = |links: Value| {
        let mut entries = entries.clone();
        entries.push(annex(json!({ "max_chain_links": links })));
        recognise(kept(entries), &NoTranslation, &question("standards/a-1"))
    };
    let one = with(Value::Null);
    assert_eq!(one.outcome, Outcome::NotRecognised);
    assert_eq!(one.requirements[0].nearest_miss.as_ref().unwrap().check, Check::Chain);
    let two = with(json!(2));
    assert_eq!(two.outcome, Outcome::Recognised);
    assert_eq!(two.best_route.unwrap().links.len(), 2);
}

#[test]
fn not_equivalent_never_passes_and_modified_adds_its_tests() {
    for (degree, outcome) in [
        ("identical", Outcome::Recognised),
        ("modified", Outcome::RecognisedOnConditions),
        ("equivalent_legacy", Outcome::RecognisedOnConditions),
        ("not_equivalent", Outcome::NotRecognised),
    ] {
        let mut entries = world();
        entries.push(annex(json!({})));
        entries.push(link("a", "standards/a-1", "standards/z-1", degree));
        let decision = recognise(kept(entries), &NoTranslation, &question("standards/a-1"));
        assert_eq!(decision.outcome, outcome, "{degree}");
        let conditions: Vec<_> = decision.conditions.iter().map(|condition| condition.id()).collect();
        let expected = if outcome == Outcome::RecognisedOnConditions { vec!["test-a"] } else { vec![] };
        assert_eq!(conditions, expected, "{degree}");
    }
}

#[test]
fn a_dense_circular_net_of_equivalences_is_searched_within_bounds() {
    // 60 standards, each mapped to every other: 3,540 links and astronomically many chains of eight.
    let mut entries = world();
    entries.push(annex(json!({ "max_chain_links": 8 })));
    for from in 0..60 {
        for to in (0..60).filter(|to| *to != from) {
            let (a, b) = (format!("standards/n-{from}"), format!("standards/n-{to}"));
            entries.push(link(&format!("l{from}-{to}"), &a, &b, "modified"));
        }
    }
    let catalogue = catalogue(entries);
    let decision = recognise(&catalogue, &NoTranslation, &question("standards/n-0"));
    assert_eq!(decision.outcome, Outcome::NotRecognised);
    assert_eq!(decision.requirements[0].nearest_miss.as_ref().unwrap().check, Check::Chain);
}

#[test]
fn an_entry_into_force_that_is_not_known_leaves_the_answer_undetermined() {
    let arrangement = |extra: Value| {
        let mut arrangement = json!({ "name": "arrangements/m", "title": "m",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] });
        arrangement.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({ "arrangement": arrangement })
    };
    for (extra, outcome) in [
        (json!({}), Outcome::Undetermined),
        (json!({ "suspensions": [{ "from": "2026-01-01" }] }), Outcome::NotRecognised),
        (json!({ "lapse": { "on": "2024-01-01" } }), Outcome::NotRecognised),
        (json!({ "provisional_from": "2020-01-01" }), Outcome::Recognised),
    ] {
        let mut entries = world();
        entries.retain(|entry| entry.get("arrangement").is_none());
        entries.extend([arrangement(extra.clone()), annex(json!({}))]);
        let mut question = question("standards/z-1");
        question.body_economy = EconomyCode::parse("XA").unwrap();
        let decision = recognise(kept(entries), &NoTranslation, &question);
        assert_eq!(decision.outcome, outcome, "{extra}");
        if outcome == Outcome::Undetermined {
            let told = decision.findings.iter().find(|finding| finding.code == "entry_into_force_missing").unwrap();
            assert!(told.message.contains("arrangements/m"), "{}", told.message);
        }
    }
}

#[test]
fn what_the_parties_grant_each_other_is_granted_to_and_by_nobody_who_goes_one_way() {
    for (reciprocal, direction, outcome) in [
        (true, "both", Outcome::Recognised),
        (true, "accepts", Outcome::NotRecognised),
        (false, "accepts", Outcome::Recognised),
    ] {
        let mut entries = world();
        entries.retain(|entry| entry.get("arrangement").is_none());
        entries.push(json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB", "direction": direction }] } }));
        entries.push(annex(json!({ "reciprocal": reciprocal })));
        let decision = explain(kept(entries), &NoTranslation, &question("standards/z-1"));
        assert_eq!(decision.outcome, outcome, "{reciprocal} {direction}");
        if outcome == Outcome::NotRecognised {
            let Attempt::Miss(miss) = &decision.requirements[0].attempts[1] else { panic!("{decision:?}") };
            assert_eq!(miss.check, Check::Parties);
            assert!(miss.reason.contains("grant each other"), "{}", miss.reason);
        }
    }
}

#[test]
fn nothing_applies_only_where_everything_is_held_and_of_goods_that_there_are() {
    /// Knows the code 854143 of its edition and no other.
    struct Only;
    impl Translator for Only {
        fn translate(&self, code: &CodeReference, _: &Arc<str>) -> Result<Arc<[Arc<str>]>, TranslateError> {
            if &*code.code == "854143" { Ok([code.code.clone()].into()) } else { Err(TranslateError::Unknown) }
        }

        fn revision(&self) -> u64 {
            1
        }
    }
    let pv = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }] });
    for (complete, code, outcome, finding) in [
        (Value::Null, "854143", Outcome::Undetermined, Some("market_not_covered")),
        (json!({}), "854143", Outcome::NoRequirementApplies, None),
        (json!({}), "999999", Outcome::Undetermined, Some("code_unknown")),
        (pv.clone(), "854143", Outcome::NoRequirementApplies, None),
        (pv, "850720", Outcome::Undetermined, Some("market_not_covered")),
    ] {
        let entries = vec![
            json!({ "economy": { "name": "economies/XA" } }),
            json!({ "economy": { "name": "economies/XB", "complete_requirements": complete } }),
            json!({ "requirement": { "name": "requirements/other", "market": "XB", "title": "r", "mandatory": true,
                "codes": [{ "code": { "edition": "HS2022", "code": "01" } }],
                "acceptances": [{ "target": { "name": "standards/z-1" } }], "validity": { "from": "2020-01-01" } } }),
        ];
        let mut question = question("standards/z-1");
        question.code = CodeReference::new("HS2022", code).unwrap();
        let decision = recognise(kept(entries), &Only, &question);
        assert_eq!(decision.outcome, outcome, "{complete} {code}");
        let found = decision.findings.iter().find(|it| Some(it.code) == finding);
        assert_eq!(found.is_some(), finding.is_some(), "{:?}", decision.findings);
    }
}

#[test]
fn what_is_only_honoured_has_no_say_in_whether_goods_may_enter() {
    let pv = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }] });
    let decided = |mandatory: bool, complete: &Value, certified: &str| {
        let entries = vec![
            json!({ "economy": { "name": "economies/XA" } }),
            json!({ "economy": { "name": "economies/XB", "complete_requirements": complete } }),
            json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": mandatory,
                "codes": pv["codes"], "validity": { "from": "2020-01-01" },
                "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "any": true } }] } }),
        ];
        let decision = recognise(kept(entries), &NoTranslation, &question(certified));
        let lacks = decision.findings.iter().any(|it| it.code == "market_not_covered");
        (decision.outcome, decision.demand, lacks, decision.classification_revision)
    };
    let (met, unmet) = ("standards/z-1", "standards/o-1");
    let other = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "01" } }] });
    for (complete, demand) in [
        (json!({}), Demand::Nothing),
        (pv.clone(), Demand::Nothing),
        (Value::Null, Demand::Unknown),
        (other, Demand::Unknown),
    ] {
        let lacks = demand == Demand::Unknown;
        assert_eq!(decided(false, &complete, unmet), (Outcome::NotRecognised, Some(demand), lacks, 0), "{complete}");
        // What is honoured and met is recognised, whatever else the catalogue may lack: it says so beside it.
        assert_eq!(decided(false, &complete, met), (Outcome::Recognised, None, lacks, 0), "{complete}");
        for (certified, outcome) in [(met, Outcome::Recognised), (unmet, Outcome::NotRecognised)] {
            assert_eq!(decided(true, &complete, certified), (outcome, None, false, 0), "{complete}");
        }
    }
}

#[test]
fn nothing_applies_to_a_member_only_where_its_bloc_is_complete_too() {
    let bloc = |complete: Value| {
        json!({ "economy": { "name": "economies/XBLOC", "bloc": true, "complete_requirements": complete,
            "members": [{ "economy": "XB", "validity": { "from": "2020-01-01" } }] } })
    };
    for (complete, outcome) in [(Value::Null, Outcome::Undetermined), (json!({}), Outcome::NoRequirementApplies)] {
        let entries = vec![
            json!({ "economy": { "name": "economies/XA" } }),
            json!({ "economy": { "name": "economies/XB", "complete_requirements": {} } }),
            bloc(complete),
        ];
        let decision = recognise(kept(entries), &NoTranslation, &question("standards/z-1"));
        assert_eq!(decision.outcome, outcome);
    }
}

#[test]
fn a_lapsed_arrangement_counts_for_earlier_results_only_where_they_are_grandfathered() {
    for (rule, granted_on, outcome) in [
        ("cut_off", Some("2021-01-01"), Outcome::NotRecognised),
        ("grandfather", Some("2021-01-01"), Outcome::Recognised),
        ("grandfather", Some("2025-01-01"), Outcome::NotRecognised),
        ("grandfather", None, Outcome::Undetermined),
    ] {
        let mut entries = world();
        entries.push(annex(json!({ "lapse": { "on": "2024-01-01", "rule": rule } })));
        let mut question = question("standards/z-1");
        question.granted_on = granted_on.and_then(parse_date);
        let decision = recognise(kept(entries), &NoTranslation, &question);
        assert_eq!(decision.outcome, outcome, "{rule} {granted_on:?}");
        if outcome == Outcome::Undetermined {
            assert!(decision.findings.iter().any(|finding| finding.code == "granted_on_missing"));
        }
    }
}

#[test]
fn a_dependency_out_of_reach_gives_undetermined_and_never_a_guess() {
    let mut question = question("standards/z-1");
    question.code = CodeReference::new("HS2017", "854140").unwrap();
    let decision = recognise(kept(world()), &NoTranslation, &question);
    assert_eq!(decision.outcome, Outcome::Undetermined);
    assert!(decision.findings.iter().any(|finding| finding.code == "classification_unavailable"));
}

#[test]
fn an_unknown_destination_is_named_and_undetermined() {
    let mut question = question("standards/z-1");
    question.destination = EconomyCode::parse("QQ").unwrap();
    let decision = recognise(kept(world()), &NoTranslation, &question);
    assert_eq!(decision.outcome, Outcome::Undetermined);
    assert_eq!(decision.findings[0].code, "destination_unknown");
    assert_eq!(decision.findings[0].parameters["destination"], "QQ");
}

#[test]
fn an_unknown_origin_is_named_and_undetermined_however_good_the_certificate() {
    let mut question = question("standards/z-1");
    question.body_economy = EconomyCode::parse("XB").unwrap();
    let entries = || {
        let mut entries = world();
        entries[2]["requirement"]["acceptances"][0]["bodies"] = json!({ "any": true });
        entries
    };
    assert_eq!(recognise(kept(entries()), &NoTranslation, &question).outcome, Outcome::Recognised);
    question.origin = EconomyCode::parse("QQ").unwrap();
    let decision = recognise(kept(entries()), &NoTranslation, &question);
    assert_eq!(decision.outcome, Outcome::Undetermined);
    assert_eq!(decision.findings[0].code, "origin_unknown");
    assert_eq!(decision.findings[0].parameters["origin"], "QQ");
    // Nor does it matter for which market it is asked: what binds goods from a bloc cannot be told either.
    assert!(decision.conditions.is_empty() && decision.best_route.is_none());
}

/// What becomes of a certificate of a body in an economy. QQ is one that the catalogue does not know, and XB of no bloc.
fn by_body_of(economy: &str, entries: &[Value]) -> Outcome {
    let members = json!([{ "economy": "XA", "validity": { "from": "2000-01-01" } }]);
    let mut entries = entries.to_vec();
    entries.push(json!({ "economy": { "name": "UNION", "bloc": true, "members": members } }));
    let mut question = question("standards/z-1");
    question.body_economy = EconomyCode::parse(economy).unwrap();
    let decision = recognise(kept(entries), &NoTranslation, &question);
    let unknown = decision.findings.iter().filter(|it| it.code == "body_economy_unknown");
    let named: Vec<&str> = unknown.map(|it| &*it.parameters["body_economy"]).collect();
    let expected = if economy == "QQ" { vec!["QQ"] } else { Vec::new() };
    assert_eq!(named, expected, "{:?}", decision.findings);
    decision.outcome
}

#[test]
fn a_body_of_an_unknown_economy_may_be_of_a_bloc_that_a_rule_names_and_of_no_economy_that_it_names() {
    let with = |rule: Value, economy: &str| {
        let mut entries = world();
        entries[2]["requirement"]["acceptances"][0]["bodies"] = rule;
        by_body_of(economy, &entries)
    };
    let of_union = || json!({ "economies": ["UNION"] });
    for (economy, outcome) in [
        ("UNION", Outcome::Recognised),
        ("XA", Outcome::Recognised),
        ("XB", Outcome::NotRecognised),
        ("QQ", Outcome::Undetermined),
    ] {
        assert_eq!(with(of_union(), economy), outcome, "{economy}");
    }
    for (rule, outcome) in [
        (json!({ "economies": ["XB"] }), Outcome::NotRecognised),
        (json!({ "economies": ["QQ"] }), Outcome::Recognised),
        // Of what nobody has written down nobody knows that it is no bloc.
        (json!({ "economies": ["ZZ"] }), Outcome::Undetermined),
        (json!({ "economies": ["XB", "UNION"] }), Outcome::Undetermined),
        (json!({ "economies": ["UNION"], "bodies": ["bodies/a"] }), Outcome::Recognised),
        (json!({ "economies": ["UNION"], "excluded_bodies": ["bodies/a"] }), Outcome::NotRecognised),
        (json!({ "any": true }), Outcome::Recognised),
    ] {
        assert_eq!(with(rule.clone(), "QQ"), outcome, "{rule}");
    }
}

#[test]
fn an_annex_leaves_undetermined_whether_it_carries_results_from_an_unknown_economy_only_where_its_blocs_decide() {
    let with = |party: &str, extra: Value, economy: &str| {
        let mut entries = world();
        entries[3]["arrangement"]["parties"][0]["economy"] = json!(party);
        entries.push(annex(extra));
        by_body_of(economy, &entries)
    };
    assert_eq!(with("UNION", json!({}), "XA"), Outcome::Recognised);
    assert_eq!(with("UNION", json!({}), "XB"), Outcome::NotRecognised);
    for (party, extra, outcome) in [
        ("UNION", json!({}), Outcome::Undetermined),
        ("XA", json!({}), Outcome::NotRecognised),
        ("QQ", json!({}), Outcome::Recognised),
        // What fails whatever its blocs are.
        ("UNION", json!({ "covered": [{ "name": "standards/y-1" }] }), Outcome::NotRecognised),
        ("UNION", json!({ "designation_required": true }), Outcome::NotRecognised),
        ("UNION", json!({ "lapse": { "on": "2026-01-01", "rule": "cut_off" } }), Outcome::NotRecognised),
        // Whether it takes part, is left out, must wait, and whether the goods are of its party.
        ("QQ", json!({ "economies": ["UNION", "XB"] }), Outcome::Undetermined),
        ("QQ", json!({ "economies": ["XA", "XB"] }), Outcome::NotRecognised),
        ("QQ", json!({ "exclusions": { "economies": ["UNION"] } }), Outcome::Undetermined),
        ("QQ", json!({ "exclusions": { "economies": ["ZZ", "XA"] } }), Outcome::Undetermined),
        ("QQ", json!({ "transitions": [{ "economy": "UNION", "ends_on": "2030-01-01" }] }), Outcome::Undetermined),
        ("QQ", json!({ "transitions": [{ "economy": "UNION", "ends_on": "2026-11-23" }] }), Outcome::Recognised),
        ("QQ", json!({ "transitions": [{ "economy": "XA", "ends_on": "2030-01-01" }] }), Outcome::Recognised),
        ("UNION", json!({ "origin_rule": "exporting_party" }), Outcome::Undetermined),
        ("QQ", json!({ "origin_rule": "exporting_party" }), Outcome::NotRecognised),
    ] {
        assert_eq!(with(party, extra.clone(), "QQ"), outcome, "{party}: {extra}");
    }
}

#[test]
fn where_not_every_member_of_a_bloc_is_listed_nothing_is_certain_that_depends_on_who_belongs_to_it() {
    let by_annex = |extra: Value| {
        let mut entries = world();
        entries.push(annex(extra));
        entries
    };
    let party = |at: usize| {
        let mut entries = by_annex(json!({}));
        entries[3]["arrangement"]["parties"][at]["economy"] = json!("UNION");
        entries
    };
    let requirement = |field: &str, value: Value| {
        let mut entries = by_annex(json!({}));
        entries[1]["economy"]["complete_requirements"] = json!({});
        entries[2]["requirement"][field] = value;
        entries
    };
    let accepted = || {
        let mut entries = world();
        entries[2]["requirement"]["acceptances"][0]["bodies"] = json!({ "economies": ["UNION"] });
        entries
    };
    let calendar = |mut entries: Vec<Value>| {
        entries.push(json!({ "edition_transition": { "name": "editionTransitions/u", "market": "UNION",
            "from_standard": "standards/z-1", "to_standard": "standards/z-2", "new_only_from": "2022-01-01",
            "convert_by": "2023-01-01" } }));
        entries
    };
    let direct = || {
        let mut entries = world();
        entries[2]["requirement"]["acceptances"][0]["bodies"] = json!({ "any": true });
        entries
    };
    let with = |mut entries: Vec<Value>, blocs: &[Value]| {
        entries.extend(blocs.iter().map(|it| json!({ "economy": it })));
        recognise(kept(entries), &NoTranslation, &question("standards/z-1"))
    };
    let condition = json!({ "id": "c", "kind": "label", "description": "c", "markets": ["UNION"] });
    for (what, entries, listed) in [
        ("body", accepted(), Outcome::NotRecognised),
        ("exporter", party(0), Outcome::NotRecognised),
        ("importer", party(1), Outcome::NotRecognised),
        ("part", by_annex(json!({ "economies": ["XA", "UNION"] })), Outcome::NotRecognised),
        ("exclusion", by_annex(json!({ "exclusions": { "economies": ["UNION"] } })), Outcome::Recognised),
        ("excluded origin", by_annex(json!({ "exclusions": { "origins": ["UNION"] } })), Outcome::Recognised),
        (
            "transition",
            by_annex(json!({ "transitions": [{ "economy": "UNION", "ends_on": "2030-01-01" }] })),
            Outcome::Recognised,
        ),
        ("condition", by_annex(json!({ "conditions": [condition] })), Outcome::Recognised),
        ("origin", requirement("origins", json!(["UNION"])), Outcome::NoRequirementApplies),
        ("other origin", requirement("excluded_origins", json!(["UNION"])), Outcome::Recognised),
        ("market", requirement("market", json!("UNION")), Outcome::NoRequirementApplies),
        ("calendar", calendar(direct()), Outcome::Recognised),
        ("calendar by an annex", calendar(by_annex(json!({}))), Outcome::Recognised),
    ] {
        for (incomplete, outcome) in [(false, listed), (true, Outcome::Undetermined)] {
            let union = json!({ "name": "UNION", "bloc": true, "members_incomplete": incomplete });
            let decision = with(entries.clone(), &[union]);
            assert_eq!(decision.outcome, outcome, "{what}");
            let told = decision.findings.iter().find(|it| it.code == "bloc_members_unknown");
            assert_eq!(told.map(|it| &*it.parameters["bloc"]), incomplete.then_some("UNION"), "{what}");
        }
    }
    let union = |members: &[&str], incomplete: bool| {
        let members: Vec<_> =
            members.iter().map(|it| json!({ "economy": it, "validity": { "from": "2020-01-01" } })).collect();
        json!({ "name": "UNION", "bloc": true, "members": members, "members_incomplete": incomplete })
    };
    // Who is listed is one of them, whoever else may be; and who may belong to a member may belong to the whole.
    assert_eq!(with(accepted(), &[union(&["XA"], true)]).outcome, Outcome::Recognised);
    let pact = |incomplete: bool| json!({ "name": "PACT", "bloc": true, "members_incomplete": incomplete });
    assert_eq!(with(accepted(), &[union(&["PACT"], false), pact(true)]).outcome, Outcome::Undetermined);
    assert_eq!(with(accepted(), &[union(&["PACT"], false), pact(false)]).outcome, Outcome::NotRecognised);
}

#[test]
fn identifiers_of_different_questions_and_revisions_differ() {
    let entries = || world().into_iter().map(|value| serde_json::from_value::<Entry>(value).unwrap());
    let (one, two) = (Catalogue::new(1, entries()), Catalogue::new(2, entries()));
    let first = question("standards/z-1");
    let mut ids = BTreeSet::new();
    ids.insert(recognise(&one, &NoTranslation, &first).id);
    ids.insert(recognise(&two, &NoTranslation, &first).id);
    let mut other = first.clone();
    other.origin = EconomyCode::parse("XB").unwrap();
    ids.insert(recognise(&one, &NoTranslation, &other).id);
    other.granted_on = parse_date("2026-01-01");
    ids.insert(recognise(&one, &NoTranslation, &other).id);
    // How old the goods are, each day for itself.
    let day = parse_date("2026-01-01");
    for stock in [(day, None), (None, day), (day, day)] {
        other.stock = Stock { placed_on: stock.0, manufactured_on: stock.1 };
        ids.insert(recognise(&one, &NoTranslation, &other).id);
    }
    assert_eq!(ids.len(), 7);
    assert!(ids.iter().map(ToString::to_string).all(|id| id.starts_with("sha256:") && id.len() == 71));
}

#[test]
fn an_identifier_is_the_hash_of_question_and_revisions_in_the_bytes_that_it_has_always_had() {
    // Computed by another program, from the definition in `identity`.
    let decision = recognise(kept(world()), &NoTranslation, &question("standards/z-1"));
    assert_eq!(decision.id.to_string(), "sha256:5275223e132b121989fb063d7f84bc4852639484523325eeb5956f99c633503c");
}

#[test]
fn a_decision_in_which_the_calendar_of_a_bloc_is_in_doubt_has_an_identifier_of_its_own_and_no_other_has() {
    // Both computed by another program.
    let plain = "sha256:5275223e132b121989fb063d7f84bc4852639484523325eeb5956f99c633503c";
    let in_doubt = "sha256:1025de89252abd30bcb8bc286621da15b9814f12cd15c7e28e2ae85b8f0af724";
    let calendar = |market: &str, from: &str| {
        json!({ "edition_transition": { "name": "editionTransitions/u", "market": market,
            "from_standard": "standards/z-1", "to_standard": "standards/z-2", "new_only_from": from,
            "convert_by": from } })
    };
    for (what, incomplete, calendar, id) in [
        ("no calendar", true, None, plain),
        ("another's", true, Some(calendar("XA", "2022-01-01")), plain),
        ("not yet", true, Some(calendar("UNION", "2030-01-01")), plain),
        ("of a bloc that is complete", false, Some(calendar("UNION", "2022-01-01")), plain),
        ("in doubt", true, Some(calendar("UNION", "2022-01-01")), in_doubt),
    ] {
        let mut entries = world();
        entries[2]["requirement"]["acceptances"][0]["bodies"] = json!({ "any": true });
        entries.push(json!({ "economy": { "name": "UNION", "bloc": true, "members_incomplete": incomplete } }));
        entries.extend(calendar);
        let catalogue = kept(entries);
        let question = question("standards/z-1");
        let decision = recognise(catalogue, &NoTranslation, &question);
        let outcome = if id == plain { Outcome::Recognised } else { Outcome::Undetermined };
        assert_eq!((decision.outcome, decision.id.to_string().as_str()), (outcome, id), "{what}");
        assert_eq!(explain(catalogue, &NoTranslation, &question).id, decision.id, "{what}");
    }
}

/// Classification of which one edition is out of reach.
struct Without(&'static str);

impl Translator for Without {
    fn translate(&self, code: &CodeReference, edition: &Arc<str>) -> Result<Arc<[Arc<str>]>, TranslateError> {
        if **edition == *self.0 { Err(TranslateError::Unavailable) } else { Ok([code.code.clone()].into()) }
    }

    fn revision(&self) -> u64 {
        1
    }
}

#[test]
fn two_decisions_that_lack_different_translations_have_different_identifiers() {
    let mut entries = world();
    let scope = |edition: &str| json!([{ "code": { "edition": edition, "code": "8541" } }]);
    entries.push(annex(json!({ "codes": scope("HS2017") })));
    let catalogue = catalogue(entries);
    let mut question = question("standards/z-1");
    question.code = CodeReference::new("HS2012", "854140").unwrap();
    let one = recognise(&catalogue, &Without("HS2022"), &question);
    let other = recognise(&catalogue, &Without("HS2017"), &question);
    assert_eq!(one.classification_revision, other.classification_revision);
    assert_ne!(one.requirements, other.requirements);
    assert_ne!(one.id, other.id);
}

#[test]
fn a_reason_stays_short_however_much_was_certified() {
    let mut entries = world();
    entries.push(annex(json!({ "covered": [{ "name": "schemes/s" }] })));
    let mut question = question("standards/a-1");
    let standard = |number: u32| Target {
        name: TargetKey::parse(&format!("standards/{number}-{}", "x".repeat(80))).unwrap(),
        level: "".into(),
    };
    question.certified = (0..64).map(standard).collect();
    let decision = explain(kept(entries), &NoTranslation, &question);
    for attempt in &decision.requirements[0].attempts {
        let Attempt::Miss(miss) = attempt else { panic!("{attempt:?}") };
        assert!(miss.reason.len() < 1_000, "{} bytes", miss.reason.len());
        assert!(miss.reason.contains("59 more"), "{}", miss.reason);
    }
    assert_eq!(decision.requirements[0].attempts.len(), 2);
}
