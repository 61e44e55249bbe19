use serde_json::{Value, json};

use super::*;

fn entry(value: Value) -> Entry {
    serde_json::from_value(value).unwrap()
}

#[test]
fn every_finding_comes_at_once_with_its_place() {
    let catalogue = Catalogue::new(
        1,
        [
            entry(json!({ "economy": { "name": "economies/XA" } })),
            entry(json!({ "body": { "name": "bodies/a", "display_name": "A", "economy": "XA" } })),
        ],
    );
    let changes = [
        Change::Upsert(entry(json!({ "body": { "name": "bodies/other", "display_name": "", "economy": "XB",
                                               "source": { "example": true } } }))),
        Change::Retire("economies/XA".to_owned()),
        Change::Retire("schemes/none".to_owned()),
        Change::Retire("schemes/none".to_owned()),
    ];
    let findings = validate(&catalogue, &changes);
    let found: Vec<_> = findings.iter().map(|f| (&*f.code, f.index, f.field.as_str())).collect();
    assert_eq!(
        found,
        [
            ("entry_invalid", 0, "display_name"),
            ("reference_dangling", 0, "economy"),
            ("entry_unknown", 2, ""),
            ("entry_repeated", 3, ""),
            ("entry_unknown", 3, ""),
            ("retired_in_use", 1, ""),
        ]
    );
}

#[test]
fn what_comes_in_the_same_set_is_no_dangling_reference() {
    let changes = [
        Change::Upsert(entry(json!({ "body": { "name": "bodies/some", "display_name": "A", "economy": "XA",
                                               "source": { "example": true } } }))),
        Change::Upsert(entry(json!({ "economy": { "name": "economies/XA", "source": { "example": true } } }))),
    ];
    assert_eq!(validate(&Catalogue::default(), &changes), []);
}

#[test]
fn a_body_has_a_name_that_a_registry_could_give_it() {
    let economy = || entry(json!({ "economy": { "name": "economies/XA" } }));
    let body = |name: &str| {
        let body = json!({ "name": format!("bodies/{name}"), "display_name": "A", "economy": "XA",
                           "source": { "example": true } });
        entry(json!({ "body": body }))
    };
    let catalogue = Catalogue::new(1, [economy(), body("Old.Name")]);
    let found = |name: &str| {
        let findings = validate(&catalogue, &[Change::Upsert(body(name))]).into_iter();
        findings.map(|it| (it.code.into_owned(), it.field)).collect::<Vec<_>>()
    };
    for name in ["aurora-cert", "abc", "tuv2"] {
        assert_eq!(found(name), [], "{name}");
    }
    for name in ["ab", "A-cert", "1st-cert", "a_cert", "a.cert", &"a".repeat(64)] {
        assert_eq!(found(name), [("entry_invalid".to_owned(), "name".to_owned())], "{name}");
    }
    assert_eq!(found("Old.Name"), [], "it was there before");
}

fn mapping(name: &str, degree: &str, from: &str, until: &str) -> Change {
    let deviations = if degree == "modified" { json!([{ "description": "d" }]) } else { json!([]) };
    Change::Upsert(entry(
        json!({ "equivalence": { "name": format!("equivalences/{name}"), "degree": degree, "deviations": deviations,
        "from": { "name": "standards/a-1" }, "to": { "name": "standards/b-1" },
        "validity": { "from": from, "until": until }, "source": { "example": true } } }),
    ))
}

fn standards() -> Vec<Entry> {
    ["a", "b"]
        .map(|name| {
            entry(json!({ "standard": { "name": format!("standards/{name}-1"),
                                        "designation": format!("{name} 1"), "publisher": "P" } }))
        })
        .into()
}

fn upserted(change: Change) -> Entry {
    let Change::Upsert(entry) = change else { panic!("{change:?}") };
    entry
}

#[test]
fn two_degrees_for_one_pair_at_one_time_contradict_each_other() {
    let published = upserted(mapping("old", "identical", "2020-01-01", "2024-01-01"));
    let catalogue = Catalogue::new(1, standards().into_iter().chain([published]));
    let codes = |changes: &[Change]| -> Vec<_> {
        validate(&catalogue, changes).into_iter().map(|it| (it.code.into_owned(), it.index, it.field)).collect()
    };
    let at = |code: &str, index, field: &str| (code.to_owned(), index, field.to_owned());
    assert_eq!(codes(&[mapping("new", "modified", "2023-12-31", "")]), [at("contradiction", 0, "degree")]);
    assert_eq!(codes(&[mapping("new", "identical", "2023-12-31", "")]), [at("overlap", 0, "validity")]);
    // One after the other, in place of the other, or when the other goes with the same set: no fault.
    assert_eq!(codes(&[mapping("new", "modified", "2024-01-01", "")]), []);
    assert_eq!(codes(&[mapping("old", "modified", "2020-01-01", "")]), []);
    let instead = [mapping("new", "modified", "2020-01-01", ""), Change::Retire("equivalences/old".to_owned())];
    assert_eq!(codes(&instead), []);
    // Within one set the later of the two is named.
    let both = [mapping("one", "modified", "2024-01-01", ""), mapping("two", "identical", "2025-01-01", "")];
    assert_eq!(codes(&both), [at("contradiction", 1, "degree")]);
}

#[test]
fn one_identifier_stands_for_one_test_in_all_equivalences_of_a_time() {
    let mapping = |name: &str, degree: &str, tests: &[(&str, &str)], until: &str| {
        let deviation = |(id, description): &(&str, &str)| json!({ "description": "d", "bridging_test": { "id": id, "description": description } });
        let deviations: Vec<_> = tests.iter().map(deviation).collect();
        Change::Upsert(entry(json!({ "equivalence": { "name": format!("equivalences/{name}"), "degree": degree,
            "deviations": deviations, "from": { "name": "standards/a-1" },
            "to": { "name": format!("standards/{name}-1") }, "validity": { "from": "2020-01-01", "until": until },
            "source": { "example": true } } })))
    };
    let standard = |name: &str| {
        entry(json!({ "standard": { "name": format!("standards/{name}-1"), "designation": format!("{name} 1"),
                                    "publisher": "P" } }))
    };
    let (salt, frost) = (("t1", "Salt mist."), ("t1", "Frost."));
    let published = upserted(mapping("b", "modified", &[salt], "2028-01-01"));
    let catalogue = Catalogue::new(1, ["a", "b", "c", "d"].map(standard).into_iter().chain([published]));
    let found = |changes: &[Change]| -> Vec<_> {
        validate(&catalogue, changes).into_iter().map(|it| (it.code.into_owned(), it.index, it.field)).collect()
    };
    let at =
        |index, deviation| ("contradiction".to_owned(), index, format!("deviations[{deviation}].bridging_test.id"));
    let c = |degree: &str, tests: &[(&str, &str)]| mapping("c", degree, tests, "");
    assert_eq!(found(&[c("modified", &[("t0", "Wind."), frost])]), [at(0, 1)]);
    // The same test, another one, what carries nothing, or in place of the other: no fault.
    assert_eq!(found(&[c("modified", &[salt, ("t2", "Frost.")])]), []);
    assert_eq!(found(&[c("not_equivalent", &[frost])]), []);
    assert_eq!(found(&[mapping("b", "modified", &[frost], "")]), []);
    assert_eq!(found(&[mapping("b", "modified", &[frost], ""), c("modified", &[frost])]), []);
    // Within one equivalence, and within one set, the later of the two is named.
    assert_eq!(found(&[c("modified", &[("t2", "Wind."), ("t2", "Rain.")])]), [at(0, 1)]);
    let two = [c("modified", &[("t2", "Wind.")]), mapping("d", "equivalent_legacy", &[("t2", "Rain.")], "")];
    assert_eq!(found(&two), [at(1, 0)]);
    // At no time are both in force.
    let Entry::Equivalence(mut later) = upserted(c("modified", &[frost])) else { panic!("an equivalence") };
    later.validity.from = crate::domain::time::parse_date("2028-01-01").unwrap();
    assert_eq!(found(&[Change::Upsert(Entry::Equivalence(later))]), []);
    let told = validate(&catalogue, &[c("modified", &[frost])]);
    assert_eq!(told[0].message, "`t1` is another test in `equivalences/b`: Salt mist.");
}

#[test]
fn an_authority_designates_only_where_its_economys_results_are_accepted() {
    let body = |name: &str, economy: &str| {
        entry(json!({ "body": { "name": format!("bodies/{name}"), "display_name": name, "economy": economy } }))
    };
    let catalogue = Catalogue::new(
        1,
        [
            entry(json!({ "economy": { "name": "economies/XA" } })),
            entry(json!({ "economy": { "name": "economies/XB" } })),
            entry(json!({ "economy": { "name": "economies/XC" } })),
            body("a", "XA"),
            body("c", "XC"),
            entry(json!({ "arrangement": { "name": "arrangements/m", "title": "m",
                "parties": [{ "economy": "XA" }, { "economy": "XB", "direction": "accepts" }] } })),
            entry(json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
                "objects": ["certificate"], "validity": { "from": "2020-01-01" } } })),
        ],
    );
    let designation = |authority: &str| {
        Change::Upsert(entry(json!({ "designation": { "name": "designations/d", "body": "bodies/a",
            "authority": format!("bodies/{authority}"), "annex": "annexes/x",
            "validity": { "from": "2021-01-01" }, "source": { "example": true } } })))
    };
    assert_eq!(validate(&catalogue, &[designation("a")]), []);
    let findings = validate(&catalogue, &[designation("c")]);
    let found: Vec<_> = findings.iter().map(|it| (&*it.code, it.field.as_str())).collect();
    assert_eq!(found, [("contradiction", "authority")]);
}

#[test]
fn a_modified_document_deviates_and_nothing_ends_after_it_is_over() {
    let fields = |value: Value| -> Vec<String> { entry(value).faults().into_iter().map(|fault| fault.field).collect() };
    let mapped = |degree: &str| {
        json!({ "equivalence": { "name": "equivalences/e", "degree": degree, "from": { "name": "standards/a-1" },
            "to": { "name": "standards/b-1" }, "validity": { "from": "2020-01-01" }, "source": { "example": true } } })
    };
    assert_eq!(fields(mapped("modified")), ["deviations"]);
    for degree in ["identical", "equivalent_legacy", "not_equivalent"] {
        assert_eq!(fields(mapped(degree)), [""; 0], "{degree}");
    }
    let designated = |on: &str| {
        json!({ "designation": { "name": "designations/d", "body": "bodies/a", "authority": "bodies/a",
            "annex": "annexes/x", "validity": { "from": "2020-01-01", "until": "2024-01-01" },
            "ending": { "on": on, "rule": "grandfather" }, "source": { "example": true } } })
    };
    assert_eq!(fields(designated("2024-01-01")), [""; 0]);
    assert_eq!(fields(designated("2024-01-02")), ["ending.on"]);
}

#[test]
fn nothing_is_to_be_converted_before_the_new_edition_alone_counts() {
    let fields = |convert_by: &str| -> Vec<String> {
        let it = entry(json!({ "edition_transition": { "name": "editionTransitions/t", "market": "XL",
            "from_standard": "standards/b-1", "to_standard": "standards/a-1", "new_only_from": "2027-09-01",
            "convert_by": convert_by, "consequence": "withdraw", "source": { "example": true } } }));
        it.faults().into_iter().map(|fault| fault.field).collect()
    };
    for good in ["", "2027-08-31", "2027-09-01", "2028-01-01"] {
        assert_eq!(fields(good), [""; 0], "{good}");
    }
    for wrong in ["2027-08-30", "2027-08-01", "2020-01-01"] {
        assert_eq!(fields(wrong), ["convert_by"], "{wrong}");
    }
}

#[test]
fn what_counts_for_the_designation_of_its_body_alone_requires_one() {
    let fields = |objects: &[&str], designation_required: bool| -> Vec<String> {
        let it = entry(json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
            "objects": objects, "designation_required": designation_required, "validity": { "from": "2020-01-01" },
            "source": { "example": true } } }));
        it.faults().into_iter().map(|fault| fault.field).collect()
    };
    let results = ["test_report", "inspection_report", "certificate", "mark_or_label"];
    for of_bodies in ["cab_designation", "accreditation"] {
        assert_eq!(fields(&[of_bodies], false), ["designation_required"]);
        assert_eq!(fields(&["certificate", of_bodies], false), ["designation_required"], "of a test report");
        assert_eq!(fields(&[of_bodies], true), [""; 0]);
        // What covers every result whoever issued it leaves nothing to the designation.
        assert_eq!(fields(&["technical_regulation_equivalence", of_bodies], false), [""; 0]);
        assert_eq!(fields(&[&results[..], &[of_bodies]].concat(), false), [""; 0]);
    }
    assert_eq!(fields(&["certificate"], false), [""; 0]);
}

#[test]
fn what_a_requirement_accepts_directly_are_kinds_of_results() {
    let fields = |objects: &[&str]| -> Vec<String> {
        let it = entry(json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r",
            "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }],
            "acceptances": [
                { "target": { "name": "standards/z-1" }, "bodies": { "any": true } },
                { "target": { "name": "standards/z-1" }, "bodies": { "any": true }, "objects": objects },
            ],
            "validity": { "from": "2020-01-01" }, "source": { "example": true } } }));
        it.faults().into_iter().map(|fault| fault.field).collect()
    };
    assert_eq!(fields(&["test_report", "inspection_report", "certificate", "mark_or_label"]), [""; 0]);
    for other in [
        "common_core_criteria",
        "cab_designation",
        "proxy_verification",
        "technical_regulation_equivalence",
        "accreditation",
    ] {
        assert_eq!(fields(&[other]), ["acceptances[1].objects[0]"]);
        assert_eq!(fields(&["certificate", other]), ["acceptances[1].objects[1]"]);
    }
}

#[test]
fn only_a_bloc_has_members_that_are_not_listed() {
    let fields = |bloc: bool| -> Vec<String> {
        let it = entry(json!({ "economy": { "name": "economies/XA", "bloc": bloc, "members_incomplete": true,
                                            "source": { "example": true } } }));
        it.faults().into_iter().map(|fault| fault.field).collect()
    };
    assert_eq!((fields(true), fields(false)), (Vec::new(), vec!["members_incomplete".to_owned()]));
}

#[test]
fn what_contradicts_itself_within_an_entry_is_named() {
    let fields = |kind: &str, base: &Value, extra: Value| -> Vec<String> {
        let mut it = base.clone();
        it.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        entry(json!({ kind: it })).faults().into_iter().map(|fault| fault.field).collect()
    };
    let source = json!({ "example": true });
    let arrangement = json!({ "name": "arrangements/m", "title": "m", "in_force_from": "2022-01-01", "source": source,
        "parties": [{ "economy": "XA" }, { "economy": "XB" }] });
    let annex = json!({ "name": "annexes/x", "arrangement": "arrangements/m", "title": "x", "source": source,
        "objects": ["certificate"], "validity": { "from": "2022-01-01" } });
    let requirement = json!({ "name": "requirements/r", "market": "XB", "title": "r", "source": source,
        "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }],
        "acceptances": [{ "target": { "name": "standards/a-1" } }],
        "validity": { "from": "2022-01-01", "until": "2026-01-01" } });
    let standard = json!({ "name": "standards/a-1", "designation": "A 1", "publisher": "P", "source": source,
        "published_on": "2020-05" });
    let transition = json!({ "name": "editionTransitions/t", "market": "XL", "source": source,
        "from_standard": "standards/b-1", "to_standard": "standards/a-1", "new_only_from": "2027-09-01" });
    let exempt = |field: &str, until: &str| {
        let exemption = json!({ field: "2028-06-01", "until": until });
        json!({ "convert_by": "2027-12-31", "stock_exemption": exemption })
    };
    let accepting = |extra: Value| {
        let mut accepted = json!({ "target": { "name": "standards/a-1" } });
        accepted.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({ "acceptances": [accepted] })
    };
    let ending = |on: &str, rule: &str| json!({ "on": on, "rule": rule, "earlier_results_until": "2028-01-01" });
    for (kind, base, good, wrong, field) in [
        (
            "arrangement",
            &arrangement,
            json!({ "lapse": ending("2027-01-01", "grandfather") }),
            json!({ "lapse": ending("2027-01-01", "cut_off") }),
            "lapse.earlier_results_until",
        ),
        (
            "annex",
            &annex,
            json!({ "lapse": ending("2022-01-01", "grandfather") }),
            json!({ "lapse": ending("2021-12-31", "grandfather") }),
            "lapse.on",
        ),
        (
            "arrangement",
            &arrangement,
            json!({ "parties": [{ "economy": "XA" }] }),
            json!({ "parties": [{ "economy": "XA", "direction": "accepts" },
                                { "economy": "XA", "direction": "is_accepted" }] }),
            "parties[1].economy",
        ),
        (
            "arrangement",
            &arrangement,
            json!({ "provisional_from": "2022-01-01" }),
            json!({ "provisional_from": "2022-01-02" }),
            "provisional_from",
        ),
        (
            "arrangement",
            &arrangement,
            json!({ "lapse": ending("2022-01-01", "grandfather") }),
            json!({ "lapse": ending("2021-12-31", "grandfather") }),
            "lapse.on",
        ),
        (
            "arrangement",
            &arrangement,
            json!({ "provisional_from": "2021-06-01", "lapse": ending("2021-06-01", "grandfather") }),
            json!({ "provisional_from": "2021-06-01", "lapse": ending("2021-05-31", "grandfather") }),
            "lapse.on",
        ),
        (
            "standard",
            &standard,
            json!({ "withdrawn_on": "2020-05-01" }),
            json!({ "withdrawn_on": "2020-04-30" }),
            "withdrawn_on",
        ),
        (
            "standard",
            &standard,
            json!({ "implemented_on": "2021-01-01", "withdrawn_on": "2021-01-01" }),
            json!({ "implemented_on": "2021-01-01", "withdrawn_on": "2020-12-31" }),
            "withdrawn_on",
        ),
        (
            "edition_transition",
            &transition,
            json!({ "withdraw_by": "2027-08-31" }),
            json!({ "withdraw_by": "2027-08-30" }),
            "withdraw_by",
        ),
        (
            "edition_transition",
            &transition,
            exempt("placed_on_market_before", "2028-06-01"),
            exempt("placed_on_market_before", "2028-05-31"),
            "stock_exemption.until",
        ),
        (
            "edition_transition",
            &transition,
            exempt("manufactured_before", "2028-06-01"),
            exempt("manufactured_before", "2028-05-31"),
            "stock_exemption.until",
        ),
        (
            "annex",
            &annex,
            json!({ "transitions": [{ "economy": "XA", "ends_on": "2022-01-01" }] }),
            json!({ "transitions": [{ "economy": "XA", "ends_on": "2021-12-31" }] }),
            "transitions[0].ends_on",
        ),
        (
            "annex",
            &annex,
            json!({ "transitions": [{ "economy": "XA", "ends_on": "2023-01-01" },
                                    { "economy": "XB", "ends_on": "2023-01-01" }] }),
            json!({ "transitions": [{ "economy": "XA", "ends_on": "2023-01-01" },
                                    { "economy": "XA", "ends_on": "2024-01-01" }] }),
            "transitions[1].economy",
        ),
        ("annex", &annex, json!({ "exclusions": { "origins": ["XC"] } }), json!({ "exclusions": {} }), "exclusions"),
        (
            "annex",
            &annex,
            json!({ "economies": ["UNION"], "exclusions": { "economies": ["XA"] } }),
            json!({ "economies": ["UNION", "XA"], "exclusions": { "economies": ["XA"] } }),
            "exclusions.economies[0]",
        ),
        (
            "annex",
            &annex,
            json!({ "covered": [{ "name": "schemes/s" }], "exclusions": { "targets": ["standards/a-1"] } }),
            json!({ "covered": [{ "name": "schemes/s" }], "exclusions": { "targets": ["standards/a-1", "schemes/s"] } }),
            "exclusions.targets[1]",
        ),
        (
            "requirement",
            &requirement,
            json!({ "origins": ["UNION"], "excluded_origins": ["XA"] }),
            json!({ "origins": ["XA"], "excluded_origins": ["XA"] }),
            "excluded_origins[0]",
        ),
        (
            "requirement",
            &requirement,
            accepting(json!({ "validity": { "from": "2025-12-31" } })),
            accepting(json!({ "validity": { "from": "2026-01-01" } })),
            "acceptances[0].validity",
        ),
        (
            "requirement",
            &requirement,
            accepting(json!({ "bodies": { "bodies": ["bodies/a"], "excluded_bodies": ["bodies/b"] } })),
            accepting(json!({ "bodies": { "bodies": ["bodies/a"], "excluded_bodies": ["bodies/b", "bodies/a"] } })),
            "acceptances[0].bodies.excluded_bodies[1]",
        ),
    ] {
        assert_eq!(fields(kind, base, good), [""; 0], "{field}");
        assert_eq!(fields(kind, base, wrong), [field]);
    }
}

#[test]
fn what_is_published_so_holds_up_no_change_that_leaves_it_so() {
    let source = json!({ "example": true });
    let economy = |name: &str| entry(json!({ "economy": { "name": format!("economies/{name}") } }));
    let arrangement = |title: &str, lapse: &str| {
        entry(json!({ "arrangement": { "name": "arrangements/m", "title": title, "in_force_from": "2022-01-01",
            "lapse": { "on": lapse }, "parties": [{ "economy": "XA" }, { "economy": "XB" }], "source": source } }))
    };
    let annex = |title: &str, economies: &[&str]| {
        entry(json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": title,
            "objects": ["certificate"], "validity": { "from": "2022-01-01" }, "economies": economies,
            "source": source } }))
    };
    let mappings = || [mapping("one", "modified", "2020-01-01", ""), mapping("two", "identical", "2020-01-01", "")];
    let published = ["XA", "XB", "XC", "XD"].map(economy).into_iter().chain(standards());
    let published = published.chain([arrangement("m", "2021-01-01"), annex("x", &["XA", "XC"])]);
    let catalogue = Catalogue::new(1, published.chain(mappings().map(upserted)));
    let found = |changes: &[Change]| {
        let findings = validate(&catalogue, changes).into_iter();
        findings.map(|it| (it.code.to_string(), it.field.clone(), it.is_blocking())).collect::<Vec<_>>()
    };
    let known = |field: &str| ("published_so".to_owned(), field.to_owned(), false);
    let new = |code: &str, field: &str| (code.to_owned(), field.to_owned(), true);
    let one = |entry: Entry| found(&[Change::Upsert(entry)]);
    assert_eq!(one(arrangement("M", "2021-01-01")), [known("lapse.on")]);
    assert_eq!(one(arrangement("", "2021-01-01")), [new("entry_invalid", "title"), known("lapse.on")]);
    assert_eq!(one(arrangement("m", "2023-01-01")), [], "it is mended");
    assert_eq!(one(annex("X", &["XA", "XC"])), [known("economies[1]")]);
    let more = [known("economies[1]"), new("contradiction", "economies[2]")];
    assert_eq!(one(annex("x", &["XA", "XC", "XD"])), more);
    assert_eq!(one(annex("x", &["XA"])), [], "it is mended");
    let before = [new("contradiction", "economies[0]"), known("economies[2]")];
    assert_eq!(one(annex("x", &["XD", "XA", "XC"])), before, "it stands behind another now");
    // Of two, whichever of them changes.
    let [first, second] = mappings();
    for changes in [std::slice::from_ref(&first), std::slice::from_ref(&second), &[first.clone(), second.clone()]] {
        assert_eq!(found(changes), [known("degree")], "{changes:?}");
    }
    let told = validate(&catalogue, &[Change::Upsert(annex("X", &["XA", "XC"]))]);
    let message =
        "is published so, and stays wrong until it is mended: XC is no party to `arrangements/m` and no member of one";
    assert_eq!(told[0].message, message);
}

#[test]
fn what_is_published_so_is_new_where_the_change_says_more_of_it() {
    let source = json!({ "example": true });
    let economy = |name: &str| entry(json!({ "economy": { "name": format!("economies/{name}") } }));
    let bloc = |periods: &[(&str, &str)]| {
        let members: Vec<Value> = periods
            .iter()
            .map(|(from, until)| json!({ "economy": "XA", "validity": { "from": from, "until": until } }))
            .collect();
        Change::Upsert(entry(json!({ "economy": { "name": "economies/UNION", "bloc": true, "members": members,
            "source": source } })))
    };
    let transition = |name: &str, from: &str| {
        Change::Upsert(entry(
            json!({ "edition_transition": { "name": format!("editionTransitions/{name}"), "market": "XA",
            "from_standard": "standards/a-1", "to_standard": "standards/b-1", "new_only_from": from,
            "source": source } }),
        ))
    };
    let wrong = [
        mapping("one", "modified", "2020-01-01", "2020-02-01"),
        mapping("two", "identical", "2020-01-01", ""),
        transition("one", "2026-01-01"),
        transition("two", "2027-01-01"),
        bloc(&[("2020-01-01", "2022-01-01"), ("2021-01-01", "2025-01-01")]),
    ];
    let published = ["XA", "XB"].map(economy).into_iter().chain(standards());
    let catalogue = Catalogue::new(1, published.chain(wrong.map(upserted)));
    let codes = |change: Change| -> Vec<String> {
        validate(&catalogue, &[change]).into_iter().map(|it| it.code.into_owned()).collect()
    };
    for (change, code) in [
        (mapping("one", "modified", "2020-01-01", "2020-02-01"), "published_so"),
        (mapping("one", "modified", "2020-01-01", "2020-01-20"), "published_so"),
        (mapping("one", "modified", "2020-01-01", ""), "contradiction"),
        (mapping("one", "modified", "2020-01-01", "2020-02-02"), "contradiction"),
        (mapping("one", "modified", "2019-12-31", "2020-02-01"), "contradiction"),
        (mapping("one", "not_equivalent", "2020-01-01", "2020-02-01"), "contradiction"),
        (mapping("one", "identical", "2020-01-01", "2020-02-01"), "overlap"),
        (transition("one", "2026-01-01"), "published_so"),
        (transition("one", "2026-06-01"), "published_so"),
        (transition("one", "2027-01-01"), "published_so"),
        (transition("one", "2025-12-31"), "overlap"),
        (transition("one", "2027-01-02"), "overlap"),
        (bloc(&[("2020-01-01", "2022-01-01"), ("2021-06-01", "2025-01-01")]), "published_so"),
        (bloc(&[("2020-01-01", "2024-01-01"), ("2021-01-01", "2025-01-01")]), "overlap"),
    ] {
        assert_eq!(codes(change.clone()), [code], "{change:?}");
    }
}

#[test]
fn a_date_is_one_of_the_calendar_to_the_day_or_as_exactly_as_its_source_has_it() {
    let fields = |value: Value| -> Vec<String> { entry(value).faults().into_iter().map(|fault| fault.field).collect() };
    let arrangement = |signed: &str, read: &str| {
        json!({ "arrangement": { "name": "arrangements/m", "title": "M", "parties": [{ "economy": "XA" }],
            "signed_on": signed, "source": { "example": true, "retrieved_on": read } } })
    };
    let standard = |published: &str| {
        json!({ "standard": { "name": "standards/a-1", "designation": "A 1", "publisher": "P",
            "published_on": published, "source": { "example": true } } })
    };
    for good in ["", "2024-02-29", "2006-02", "1998"] {
        assert_eq!(fields(arrangement(good, "2026-11-23")), [""; 0], "{good}");
        assert_eq!(fields(standard(good)), [""; 0], "{good}");
    }
    for wrong in
        ["never", "2026-13-45", "2025-02-29", "2006-13", "2006-2", "98", "2006-", "2006-02-", " 2006", "2006-02-01Z"]
    {
        assert_eq!(fields(arrangement(wrong, "")), ["signed_on"], "{wrong}");
        assert_eq!(fields(standard(wrong)), ["published_on"], "{wrong}");
    }
    for wrong in ["2026-02-31", "2026-02", "2026", "sometime"] {
        assert_eq!(fields(arrangement("", wrong)), ["source.retrieved_on"], "{wrong}");
    }
}

#[test]
fn a_measure_is_of_the_economies_whose_entries_change_and_of_none_where_they_are_everybodys() {
    let catalogue = Catalogue::new(
        1,
        [
            entry(json!({ "arrangement": { "name": "arrangements/m", "title": "m",
                "parties": [{ "economy": "XA" }, { "economy": "XB" }] } })),
            entry(json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
                "objects": ["certificate"], "validity": { "from": "2020-01-01" } } })),
            entry(json!({ "body": { "name": "bodies/c", "economy": "XC" } })),
            entry(json!({ "scheme": { "name": "schemes/s", "kind": "energy_efficiency", "owner": "bodies/c" } })),
            entry(json!({ "designation": { "name": "designations/d", "body": "bodies/x", "authority": "bodies/c",
                "annex": "annexes/x", "validity": { "from": "2021-01-01" } } })),
            entry(json!({ "equivalence": { "name": "equivalences/e", "degree": "identical",
                "from": { "name": "standards/a-1" }, "to": { "name": "standards/b-1" },
                "validity": { "from": "2020-01-01" } } })),
            entry(json!({ "standard": { "name": "standards/a-1", "designation": "A 1" } })),
        ],
    );
    let of = |name: &str| {
        let published = crate::domain::time::parse_date("2026-01-01").unwrap();
        describe(&catalogue, &[Change::Retire(name.to_owned())], published).economies
    };
    assert_eq!(of("arrangements/m"), ["XA", "XB"]);
    assert_eq!(of("annexes/x"), ["XA", "XB"]);
    for name in ["bodies/c", "schemes/s", "designations/d"] {
        assert_eq!(of(name), ["XC"], "{name}");
    }
    for name in ["equivalences/e", "standards/a-1"] {
        assert_eq!(of(name), [""; 0], "{name}");
    }
}
