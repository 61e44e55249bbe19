//! Each row is a change: what changes in an entry that has everything, whether that tightens and by which field, and why.

use serde_json::{Value, json};

use super::fields::ALL;
use super::*;

mod rows;

fn entry(kind: &str, content: Value) -> Entry {
    serde_json::from_value(json!({ kind: content })).unwrap()
}

/// An entry of each kind, in which every field says something.
fn whole(kind: &str) -> Value {
    let source = json!({ "uri": "https://example.org", "example": true });
    let period = json!({ "from": "2024-01-01", "until": "2030-01-01" });
    let code = |code: &str| json!({ "code": { "edition": "HS2022", "code": code } });
    let end = json!({ "on": "2029-01-01", "rule": "grandfather", "earlier_results_until": "2029-07-01" });
    let suspended = json!([{ "from": "2025-01-01", "until": "2025-03-01" }]);
    match kind {
        "economy" => json!({ "name": "XB", "bloc": true, "display_names": [{ "language": "en", "text": "B" }],
            "members": [{ "economy": "XC", "validity": period }, { "economy": "XD", "validity": period }],
            "members_incomplete": true,
            "complete_requirements": { "codes": [code("85"), code("86")] }, "source": source }),
        "body" => json!({ "name": "bodies/b", "display_name": "B", "economy": "XA",
            "roles": ["certification_body"], "source": source }),
        "scheme" => json!({ "name": "schemes/s", "kind": "energy_efficiency", "owner": "bodies/b",
            "display_names": [{ "language": "en", "text": "S" }], "levels": [{ "id": "A" }, { "id": "B" }, { "id": "C" }],
            "standards": ["standards/a-1"], "validity": period, "source": source }),
        "standard" => json!({ "name": "standards/a-1", "designation": "A 1", "publisher": "A", "title": "a",
            "published_on": "2020", "implemented_on": "2021-01-01", "withdrawn_on": "2030-01-01",
            "supersedes": ["standards/a-0"], "source": source }),
        "edition_transition" => {
            json!({ "name": "editionTransitions/t", "market": "XB", "from_standard": "standards/a-1",
            "to_standard": "standards/a-2", "either_from": "2025-01-01", "new_only_from": "2026-01-01",
            "convert_by": "2027-01-01", "consequence": "suspend", "withdraw_by": "2028-01-01", "exempt_stock": "Earlier stock.",
            "stock_exemption": { "placed_on_market_before": "2026-01-01", "manufactured_before": "2025-06-01",
                "until": "2029-01-01", "provided": "An invoice." }, "source": source })
        }
        "equivalence" => {
            json!({ "name": "equivalences/e", "from": { "name": "standards/a-1" }, "to": { "name": "standards/b-1" },
            "degree": "modified", "deviations": [{ "clause": "1", "description": "d", "bridging_test": { "id": "t", "description": "t" } }],
            "validity": period, "legal_reference": "l", "source": source })
        }
        "arrangement" => json!({ "name": "arrangements/m", "title": "m", "signed_on": "2023",
            "parties": [{ "economy": "XA", "direction": "both" }, { "economy": "XB", "direction": "accepts" }],
            "provisional_from": "2024-01-01", "in_force_from": "2025-01-01", "suspensions": suspended, "lapse": end,
            "legal_reference": "l", "source": source }),
        "annex" => json!({ "name": "annexes/a", "arrangement": "arrangements/m", "title": "a", "legal_reference": "l",
            "validity": period, "suspensions": suspended, "lapse": end, "objects": ["certificate"],
            "basis": "equivalent_rules", "effect": "partial", "reciprocal": true,
            "covered": [{ "name": "schemes/s", "level": "B" }], "codes": [code("8541")], "economies": ["XA", "XB"],
            "exclusions": { "economies": ["XC"], "bodies": ["bodies/x"], "targets": ["standards/x-1"],
                "codes": [code("854110")], "origins": ["XD"] },
            "origin_rule": "exporting_party", "designation_required": true,
            "conditions": [{ "id": "label", "kind": "label", "description": "A label.", "markets": ["XA", "XB"] }],
            "transitions": [{ "economy": "XB", "ends_on": "2026-01-01", "special_and_differential": true, "legal_reference": "l" }],
            "max_chain_links": 2, "within_party": true, "source": source }),
        "designation" => {
            json!({ "name": "designations/d", "body": "bodies/b", "authority": "bodies/a", "annex": "annexes/a",
            "targets": ["standards/a-1"], "codes": [code("8541")], "validity": period, "suspensions": suspended,
            "ending": end, "contestations": [{ "party": "XC", "raised_on": "2026-01-01",
                "interim_suspension": { "from": "2026-02-01", "until": "2026-05-01" } }], "source": source })
        }
        "requirement" => json!({ "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
            "codes": [code("8541"), code("8542")], "origins": ["XA", "XC"], "excluded_origins": ["XD"],
            "acceptances": [
                { "target": { "name": "schemes/s", "level": "B" }, "bodies": { "economies": ["XA", "XB"], "bodies": ["bodies/b"],
                    "excluded_bodies": ["bodies/x"] }, "objects": ["certificate", "test_report"], "validity": period,
                  "together_with": [{ "name": "standards/a-1" }, { "name": "schemes/s", "level": "B" }] },
                { "target": { "name": "standards/b-1" }, "bodies": { "incomplete": true } }],
            "validity": period, "legal_reference": "l", "notification_reference": "n", "regulator": "bodies/a",
            "source": source }),
        other => unreachable!("{other}"),
    }
}

/// Puts a value at a pointer.
fn put(content: &mut Value, at: &str, value: Value) {
    let (above, last) = at.rsplit_once('/').unwrap();
    match content.pointer_mut(above).unwrap() {
        Value::Array(items) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => items[index] = value,
            _ => items.push(value),
        },
        whole => whole[last] = value,
    }
}

/// By which fields going from the one to the other tightens.
fn told(before: &Entry, after: &Entry) -> Vec<String> {
    let levels = entry("scheme", whole("scheme"));
    let catalogue = Catalogue::new(1, [levels, before.clone()]);
    let told = tightening(&catalogue, &[Change::Upsert(after.clone())]);
    assert!(told.iter().all(|it| it.entry == after.name() && !it.what.is_empty()), "{told:?}");
    told.into_iter().map(|it| it.field).collect()
}

#[test]
fn each_change_tightens_or_does_not_for_its_reason() {
    let mut wrong = Vec::new();
    for rows::Row { kind, puts, fields, why } in rows::all() {
        let before = whole(kind);
        let mut after = before.clone();
        puts.into_iter().for_each(|(at, value)| put(&mut after, at, value));
        let (before, after) = (entry(kind, before), entry(kind, after));
        assert_ne!(before, after, "{kind}: {why}");
        let told = told(&before, &after);
        if told != fields {
            wrong.push(format!("{kind}: {why}: {told:?} and not {fields:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_entry_as_it_was_tightens_nothing_and_each_kind_is_in_the_table() {
    for (kind, fields) in ALL {
        let it = entry(kind, whole(kind));
        assert_eq!(told(&it, &it), Vec::<String>::new(), "{kind}");
        // A field of another name would never be found.
        let content = content(&it);
        for (field, _) in fields {
            assert!(content.get(field).is_some(), "{kind} has no {field}");
        }
        assert!(rows::all().iter().any(|row| row.kind == kind), "{kind}");
    }
}

/// Whether anybody else is a member is then certain of nobody.
#[test]
fn members_that_may_lack_some_tighten_where_all_were_listed() {
    let mut was = whole("economy");
    was["members_incomplete"] = json!(false);
    let (was, is) = (entry("economy", was), entry("economy", whole("economy")));
    assert_eq!(told(&was, &is), ["members_incomplete"]);
}

/// What is in no table may be anything, and is told as what cannot be compared.
#[test]
fn a_field_that_cannot_be_compared_tightens_and_says_so() {
    let (was, mut is) = (whole("requirement"), whole("requirement"));
    is["market"] = json!("XC");
    let catalogue = Catalogue::new(1, [entry("requirement", was)]);
    let told = tightening(&catalogue, &[Change::Upsert(entry("requirement", is))]);
    assert_eq!((told[0].entry.as_str(), told[0].field.as_str()), ("requirements/r", "market"));
    assert_eq!(told[0].what, "has its `market` changed, and what that takes away cannot be told");
}

#[test]
fn what_is_taken_away_is_named() {
    let (was, mut is) = (whole("requirement"), whole("requirement"));
    is["acceptances"] = json!([{ "target": { "name": "schemes/s", "level": "A" },
        "bodies": { "economies": ["XA"], "bodies": ["bodies/b"], "excluded_bodies": ["bodies/x"] } }]);
    is["codes"] = json!([{ "code": { "edition": "HS2022", "code": "85" } }]);
    let levels = entry("scheme", whole("scheme"));
    let catalogue = Catalogue::new(1, [levels, entry("requirement", was)]);
    let told = tightening(&catalogue, &[Change::Upsert(entry("requirement", is))]);
    let told: Vec<_> = told.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "has its `acceptances[0].bodies.economies` narrowed: without XB",
            "has its `acceptances[0].target` raised from schemes/s level B to schemes/s level A",
            "has its `acceptances` narrowed: without standards/b-1",
            "has its `codes` widened: with HS2022 85",
        ]
    );
}

#[test]
fn the_date_from_which_an_arrangement_applied_is_named_with_what_becomes_of_it() {
    let arrangement = |provisional: &str, in_force: &str| {
        let dates = json!({ "provisional_from": provisional, "in_force_from": in_force });
        let mut whole = whole("arrangement");
        whole.as_object_mut().unwrap().extend(dates.as_object().unwrap().clone());
        entry("arrangement", whole)
    };
    let told = |before: Entry, after: Entry| {
        let told = tightening(&Catalogue::new(1, [before]), &[Change::Upsert(after)]);
        told.into_iter().map(|it| it.what).collect::<Vec<_>>()
    };
    let (gone, off) = ("taken away: it would apply later", "put off: it would apply later");
    for ((provisional, in_force), (then, in_force_then), expected) in [
        (("2024-01-01", "2025-01-01"), ("", "2025-01-01"), vec![format!("has its `provisional_from` {gone}")]),
        (("2024-01-01", "2025-01-01"), ("2024-02-01", "2025-01-01"), vec![format!("has its `provisional_from` {off}")]),
        (("", "2025-01-01"), ("", "2026-01-01"), vec![format!("has its `in_force_from` {off}")]),
        (("", "2025-01-01"), ("", ""), vec![format!("has its `in_force_from` {gone}")]),
        (("2025-01-01", ""), ("", "2024-01-01"), vec![]),
    ] {
        let (before, after) = (arrangement(provisional, in_force), arrangement(then, in_force_then));
        assert_eq!(told(before, after), expected, "{provisional} {in_force}: {then} {in_force_then}");
    }
}

#[test]
fn what_is_new_tightens_when_it_is_demanded_and_what_goes_when_it_was_relied_on() {
    let new = |kind: &str, content: Value| {
        !tightening(&Catalogue::default(), &[Change::Upsert(entry(kind, content))]).is_empty()
    };
    let gone = |kind: &str, content: Value| {
        let it = entry(kind, content);
        let name = it.name();
        !tightening(&Catalogue::new(1, [it]), &[Change::Retire(name)]).is_empty()
    };
    let voluntary = |mut it: Value| {
        it["mandatory"] = json!(false);
        it
    };
    let never_passed = |mut it: Value| {
        it["degree"] = json!("not_equivalent");
        it
    };
    // Kind, whether it tightens when it comes, and when it goes.
    let rows = [
        ("economy", whole("economy"), false, true),
        ("body", whole("body"), false, true),
        ("scheme", whole("scheme"), false, false),
        ("standard", whole("standard"), false, false),
        ("edition_transition", whole("edition_transition"), true, false),
        ("equivalence", whole("equivalence"), false, true),
        ("equivalence", never_passed(whole("equivalence")), false, false),
        ("arrangement", whole("arrangement"), false, true),
        ("annex", whole("annex"), false, true),
        ("designation", whole("designation"), false, true),
        ("requirement", whole("requirement"), true, false),
        ("requirement", voluntary(whole("requirement")), false, true),
    ];
    for (kind, content, comes, goes) in rows {
        assert_eq!((new(kind, content.clone()), gone(kind, content)), (comes, goes), "{kind}");
    }
}

#[test]
fn a_voluntary_requirement_is_an_offer_and_a_mandatory_one_a_demand() {
    let with = |mandatory: bool, field: &str, value: Value| {
        let mut it = whole("requirement");
        it["mandatory"] = json!(mandatory);
        it[field] = value;
        entry("requirement", it)
    };
    let title = |mandatory| with(mandatory, "title", json!("r"));
    let fewer = json!([{ "code": { "edition": "HS2022", "code": "8541" } }]);
    let rows = [
        ("codes", fewer),
        ("origins", json!(["XA"])),
        ("excluded_origins", json!(["XD", "XE"])),
        ("validity", json!({ "from": "2025-01-01", "until": "2030-01-01" })),
    ];
    for (field, less) in rows {
        assert_eq!(told(&title(true), &with(true, field, less.clone())), [""; 0], "a lesser demand");
        assert_eq!(told(&with(true, field, less.clone()), &title(true)), [field], "a greater demand");
        assert_eq!(told(&title(false), &with(false, field, less.clone())), [field], "a lesser offer");
        assert_eq!(told(&with(false, field, less.clone()), &title(false)), [""; 0], "a greater offer");
        assert_eq!(told(&title(true), &with(false, field, less)), [""; 0], "nothing is demanded any more");
    }
    assert_eq!(told(&title(false), &title(true)), ["mandatory"]);
    let none =
        with(false, "acceptances", json!([{ "target": { "name": "standards/b-1" }, "bodies": { "any": true } }]));
    assert_eq!(told(&title(true), &none), ["acceptances"], "what was accepted is honoured no more");
}

#[test]
fn exclusions_that_come_tighten_when_they_exclude_something() {
    let with = |exclusions: Value| {
        let mut it = whole("annex");
        it["exclusions"] = exclusions;
        entry("annex", it)
    };
    let none = with(Value::Null);
    assert_eq!(told(&none, &with(json!({}))), [""; 0]);
    let goods = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "854110" } }] });
    assert_eq!(told(&none, &with(goods)), ["exclusions.codes"]);
    assert_eq!(told(&none, &with(json!({ "bodies": ["bodies/x"] }))), ["exclusions.bodies"]);
}

/// What never passed is no loss, and what passes is.
#[test]
fn a_negative_record_may_become_anything() {
    let mut record = whole("equivalence");
    record["degree"] = json!("not_equivalent");
    let mut other = record.clone();
    other["to"] = json!({ "name": "standards/c-1" });
    assert_eq!(told(&entry("equivalence", record.clone()), &entry("equivalence", other)), [""; 0]);
    assert_eq!(told(&entry("equivalence", whole("equivalence")), &entry("equivalence", record)), ["degree"]);
}

/// A bloc XB of XC, joined or left by XE, with one entry that speaks of the bloc.
fn members_told(speaks: Value, joins: bool) -> Vec<String> {
    let mut whole = whole("economy");
    whole["members"] = json!([{ "economy": "XC", "validity": { "from": "2024-01-01" } }]);
    let mut larger = whole.clone();
    let joining = json!({ "economy": "XE", "validity": { "from": "2024-01-01" } });
    larger["members"].as_array_mut().unwrap().push(joining);
    let (was, is) = if joins { (whole, larger) } else { (larger, whole) };
    let member = json!({ "name": "XE", "complete_requirements": {} });
    let entries = [serde_json::from_value(speaks).unwrap(), entry("economy", was), entry("economy", member)];
    let told = tightening(&Catalogue::new(1, entries), &[Change::Upsert(entry("economy", is))]);
    told.into_iter().map(|it| format!("{} {}", it.field, it.what)).collect()
}

#[test]
fn who_joins_a_bloc_loses_by_what_binds_it_and_who_leaves_it_by_what_favours_it() {
    let code = json!([{ "code": { "edition": "HS2022", "code": "8541" } }]);
    let requirement = |extra: Value| {
        let mut it = json!({ "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true, "codes": code,
            "acceptances": [{ "target": { "name": "standards/z-1" } }], "validity": { "from": "2020-01-01" } });
        it.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({ "requirement": it })
    };
    let arrangement = json!({ "arrangement": { "name": "arrangements/m", "title": "m",
        "parties": [{ "economy": "XA" }, { "economy": "XB" }] } });
    let (joins, leaves) = ("members comes to bind XE by ", "members no longer favours XE by ");
    let accepts_its_bodies = requirement(json!({ "market": "XD",
        "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["XB"] } }] }));
    for (speaks, on_joining, on_leaving) in [
        (requirement(json!({})), vec![format!("{joins}requirements/r")], vec![]),
        (arrangement, vec![], vec![format!("{leaves}arrangements/m")]),
        (accepts_its_bodies, vec![], vec![format!("{leaves}requirements/r")]),
        (
            requirement(json!({ "market": "XD", "excluded_origins": ["XB"] })),
            vec![],
            vec![format!("{leaves}requirements/r")],
        ),
        (requirement(json!({ "market": "XD" })), vec![], vec![]),
    ] {
        assert_eq!(members_told(speaks.clone(), true), on_joining, "{speaks}");
        assert_eq!(members_told(speaks.clone(), false), on_leaving, "{speaks}");
    }
}

/// Where the ending of something goes that let earlier results count beyond the end of its period.
#[test]
fn to_take_away_an_ending_tightens_when_it_let_earlier_results_count_longer_than_the_period() {
    let mut was = whole("annex");
    was["validity"] = json!({ "from": "2020-01-01", "until": "2029-01-01" });
    let mut is = was.clone();
    is["lapse"] = Value::Null;
    assert_eq!(told(&entry("annex", was.clone()), &entry("annex", is.clone())), ["lapse"]);
    is["validity"]["until"] = json!("2029-07-01");
    assert_eq!(told(&entry("annex", was), &entry("annex", is)), [""; 0]);
}
