use serde_json::{Value, json};

use super::*;
use crate::domain::change::validate;

fn entry(value: Value) -> Entry {
    serde_json::from_value(value).unwrap()
}

fn found(catalogue: &Catalogue, changes: &[Value]) -> Vec<(String, usize, String)> {
    let changes: Vec<Change> = changes.iter().map(|value| Change::Upsert(entry(value.clone()))).collect();
    validate(catalogue, &changes).into_iter().map(|it| (it.code.into_owned(), it.index, it.field)).collect()
}

fn at(code: &str, index: usize, field: &str) -> (String, usize, String) {
    (code.to_owned(), index, field.to_owned())
}

fn edition(name: &str, supersedes: &[&str]) -> Value {
    json!({ "standard": { "name": format!("standards/{name}-1"), "designation": format!("{name} 1"), "publisher": "P",
        "supersedes": supersedes.iter().map(|it| format!("standards/{it}-1")).collect::<Vec<_>>(),
        "source": { "example": true } } })
}

#[test]
fn circles_are_found_through_what_is_published_and_what_is_new() {
    let catalogue = Catalogue::new(1, [entry(edition("a", &["b"])), entry(edition("c", &[]))]);
    // b is published as the predecessor of a only: it comes with the set.
    assert_eq!(found(&catalogue, &[edition("b", &["c"])]), []);
    assert_eq!(found(&catalogue, &[edition("b", &["c", "a"])]), [at("cycle", 0, "supersedes[1]")]);

    let bloc = |name: &str, members: &[&str]| {
        let members: Vec<_> =
            members.iter().map(|it| json!({ "economy": it, "validity": { "from": "2020-01-01" } })).collect();
        json!({ "economy": { "name": format!("economies/{name}"), "bloc": true, "members": members,
            "source": { "example": true } } })
    };
    let blocs = Catalogue::new(
        1,
        [entry(bloc("EAST", &["XA", "WEST"])), entry(json!({ "economy": { "name": "economies/XA" } }))],
    );
    assert_eq!(found(&blocs, &[bloc("WEST", &["XA", "EAST"])]), [at("cycle", 0, "members[1].economy")]);
    assert_eq!(found(&blocs, &[bloc("WEST", &["XA", "XA"])]), [at("overlap", 0, "members[1].validity")]);

    let transition = |name: &str, from: &str, to: &str| {
        json!({ "edition_transition": { "name": format!("editionTransitions/{name}"), "market": "XA",
            "from_standard": format!("standards/{from}-1"), "to_standard": format!("standards/{to}-1"),
            "new_only_from": "2026-01-01", "source": { "example": true } } })
    };
    let editions = ["a", "b", "c"].map(|it| entry(edition(it, &[])));
    let xa = [entry(json!({ "economy": { "name": "economies/XA" } })), entry(transition("one", "a", "b"))];
    let catalogue = Catalogue::new(1, editions.into_iter().chain(xa));
    assert_eq!(found(&catalogue, &[transition("two", "b", "c")]), []);
    let round = [transition("two", "b", "c"), transition("three", "c", "a")];
    assert_eq!(found(&catalogue, &round), [at("cycle", 1, "to_standard")]);
    assert_eq!(found(&catalogue, &[transition("same", "a", "b")]), [at("overlap", 0, "to_standard")]);
}

#[test]
fn parts_fit_what_they_belong_to() {
    let economy = |name: &str| entry(json!({ "economy": { "name": format!("economies/{name}") } }));
    let catalogue = Catalogue::new(
        1,
        [
            economy("XA"),
            economy("XB"),
            economy("XC"),
            entry(json!({ "body": { "name": "bodies/a", "display_name": "a", "economy": "XA" } })),
            entry(json!({ "scheme": { "name": "schemes/s", "kind": "safety_and_performance",
                "levels": [{ "id": "A" }, { "id": "B" }] } })),
            entry(json!({ "arrangement": { "name": "arrangements/m", "title": "m",
                "parties": [{ "economy": "XA" }, { "economy": "XB" }] } })),
            entry(json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
                "objects": ["certificate"], "validity": { "from": "2020-01-01", "until": "2025-01-01" } } })),
            entry(json!({ "designation": { "name": "designations/d", "body": "bodies/a", "authority": "bodies/a",
                "annex": "annexes/x", "validity": { "from": "2021-01-01" } } })),
        ],
    );
    let annex = json!({ "annex": { "name": "annexes/y", "arrangement": "arrangements/m", "title": "y",
        "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "economies": ["XA", "XC"],
        "covered": [{ "name": "schemes/s", "level": "A" }, { "name": "schemes/s", "level": "C" }],
        "transitions": [{ "economy": "XC", "ends_on": "2027-01-01" }],
        "conditions": [{ "id": "c", "kind": "label", "description": "A label.", "markets": ["XB", "XC"] }],
        "source": { "example": true } } });
    let faults = [
        at("contradiction", 0, "covered[1].level"),
        at("contradiction", 0, "economies[1]"),
        at("contradiction", 0, "transitions[0].economy"),
        at("contradiction", 0, "conditions[0].markets[1]"),
    ];
    assert_eq!(found(&catalogue, &[annex]), faults);
    let one_way = json!({ "arrangement": { "name": "arrangements/m", "title": "m", "source": { "example": true },
        "parties": [{ "economy": "XA", "direction": "accepts" }, { "economy": "XB" }] } });
    let mutual = json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
        "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "reciprocal": true,
        "source": { "example": true } } });
    assert_eq!(found(&catalogue, std::slice::from_ref(&mutual)), []);
    // And the authority is then of a party whose results nobody accepts.
    let faults = [at("contradiction", 1, "reciprocal"), at("contradiction", 0, "")];
    assert_eq!(found(&catalogue, &[one_way, mutual]), faults);
    let designation = |name: &str, from: &str| {
        json!({ "designation": { "name": format!("designations/{name}"), "body": "bodies/a", "authority": "bodies/a",
            "annex": "annexes/x", "validity": { "from": from }, "source": { "example": true } } })
    };
    assert_eq!(found(&catalogue, &[designation("e", "2024-01-01")]), [at("overlap", 0, "validity")]);
    assert_eq!(found(&catalogue, &[designation("d", "2024-01-01")]), []);
    let late = [designation("d", "2025-01-01")];
    assert_eq!(found(&catalogue, &late), [at("contradiction", 0, "validity")]);
}

#[test]
fn a_designation_is_for_goods_of_its_annex_as_far_as_codes_of_one_edition_tell() {
    let source = json!({ "example": true });
    let code = |edition: &str, code: &str| json!({ "code": { "edition": edition, "code": code } });
    let hs = |it: &str| code("HS2022", it);
    let annex = |codes: &[&str]| {
        let codes: Vec<_> = codes.iter().map(|it| hs(it)).collect();
        json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x", "source": source,
            "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "codes": codes,
            "exclusions": { "codes": [hs("854110")] } } })
    };
    let designation = |codes: &[Value]| {
        json!({ "designation": { "name": "designations/d", "body": "bodies/a", "authority": "bodies/a",
            "annex": "annexes/x", "codes": codes, "validity": { "from": "2021-01-01" }, "source": source } })
    };
    let catalogue = |annex: Value, more: Vec<Value>| {
        let mut all = ["XA", "XB"].map(|it| json!({ "economy": { "name": format!("economies/{it}") } })).to_vec();
        all.push(json!({ "body": { "name": "bodies/a", "display_name": "a", "economy": "XA" } }));
        all.push(json!({ "arrangement": { "name": "arrangements/m", "title": "m",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } }));
        all.push(annex);
        all.extend(more);
        Catalogue::new(1, all.into_iter().map(entry))
    };
    let sectoral = catalogue(annex(&["8541", "8504"]), Vec::new());
    for good in [hs("8541"), hs("854143"), hs("85"), code("HS2017", "9405")] {
        assert_eq!(found(&sectoral, &[designation(std::slice::from_ref(&good))]), [], "{good}");
    }
    let wrong = designation(&[hs("8541"), hs("9405"), hs("854110")]);
    let faults = [at("contradiction", 0, "codes[1]"), at("contradiction", 0, "codes[2]")];
    assert_eq!(found(&sectoral, &[wrong]), faults);
    let of_all = catalogue(annex(&[]), vec![designation(&[hs("9405")])]);
    assert_eq!(found(&of_all, &[designation(&[hs("9405")])]), []);
    // An annex that becomes narrower is told where it does.
    let findings = validate(&of_all, &[Change::Upsert(entry(annex(&["8541"])))]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let begin = "then `codes[0]` of `designations/d` is wrong: `annexes/x` does not cover HS2022 9405";
    assert_eq!(findings[0].message, begin);
}

#[test]
fn a_designated_body_is_of_the_party_of_its_authority() {
    let source = json!({ "example": true });
    let economy = |name: &str, incomplete: bool, members: &[&str]| {
        let members: Vec<_> =
            members.iter().map(|it| json!({ "economy": it, "validity": { "from": "2020-01-01" } })).collect();
        json!({ "economy": { "name": format!("economies/{name}"), "bloc": name == "UNION", "members": members,
            "members_incomplete": incomplete, "source": source } })
    };
    let body = |name: &str, economy: &str| {
        json!({ "body": { "name": format!("bodies/{name}"), "display_name": "b", "economy": economy,
            "source": source } })
    };
    let catalogue = |object: &str| {
        let mut all = ["XA", "XB", "XC"].map(|it| economy(it, false, &[])).to_vec();
        all.push(economy("UNION", false, &["XB"]));
        all.extend([body("a", "XA"), body("a-office", "XA"), body("b", "XB"), body("c", "XC"), body("union", "UNION")]);
        all.push(json!({ "arrangement": { "name": "arrangements/m", "title": "m",
            "parties": [{ "economy": "XA" }, { "economy": "UNION" }] } }));
        all.push(json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
            "objects": [object], "validity": { "from": "2020-01-01" } } }));
        Catalogue::new(1, all.into_iter().map(entry))
    };
    let designation = |authority: &str, of: &str| {
        json!({ "designation": { "name": "designations/d", "body": format!("bodies/{of}"),
            "authority": format!("bodies/{authority}"), "annex": "annexes/x", "validity": { "from": "2021-01-01" },
            "source": source } })
    };
    let known = catalogue("certificate");
    // An authority of a bloc designates bodies of its members.
    for (authority, of) in [("a-office", "a"), ("union", "b"), ("b", "union")] {
        assert_eq!(found(&known, &[designation(authority, of)]), [], "{authority} {of}");
    }
    let at_field = |field: &str| at("contradiction", 0, field);
    assert_eq!(found(&known, &[designation("a-office", "c")]), [at_field("body")]);
    assert_eq!(found(&known, &[designation("union", "a")]), [at_field("authority")]);
    assert_eq!(found(&known, &[designation("c", "a")]), [at_field("authority")]);
    // Who has another verify on its behalf says itself who that is.
    assert_eq!(found(&catalogue("proxy_verification"), &[designation("union", "a")]), []);
    // Also where it only accepts, and as the owner of the scheme.
    let accepts = json!({ "arrangement": { "name": "arrangements/m", "title": "m", "source": source,
        "parties": [{ "economy": "XA", "direction": "is_accepted" }, { "economy": "UNION", "direction": "accepts" }] } });
    let mut owner = body("union", "UNION");
    owner["body"]["roles"] = json!(["scheme_owner"]);
    let agent = [accepts, owner, designation("union", "a")];
    assert_eq!(found(&catalogue("proxy_verification"), &agent), []);
    assert_eq!(found(&known, &agent), [at("contradiction", 2, "authority")]);
    assert_eq!(found(&catalogue("proxy_verification"), &[designation("c", "a")]), [at_field("authority")]);
    // It may be of a member that is not listed.
    let may_be = economy("UNION", true, &["XB"]);
    assert_eq!(found(&known, &[may_be, designation("union", "c")]), []);
    // A body that moves away is told at the body.
    let designated = known.entries().into_iter().chain([entry(designation("a-office", "a"))]);
    let findings = validate(&Catalogue::new(1, designated), &[Change::Upsert(entry(body("a", "XC")))]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.starts_with("then `body` of `designations/d` is wrong"), "{findings:?}");
}

#[test]
fn parties_are_one_that_accepts_and_another_that_is_accepted_or_a_bloc() {
    let economy = |name: &str, bloc: bool| {
        let name = format!("economies/{name}");
        json!({ "economy": { "name": name, "bloc": bloc, "source": { "example": true } } })
    };
    let catalogue = Catalogue::new(1, [economy("XA", false), economy("XB", false), economy("UNION", true)].map(entry));
    let arrangement = |parties: &[(&str, &str)]| {
        let parties: Vec<_> =
            parties.iter().map(|(economy, direction)| json!({ "economy": economy, "direction": direction })).collect();
        json!({ "arrangement": { "name": "arrangements/m", "title": "m", "parties": parties,
            "source": { "example": true } } })
    };
    // Unilateral acceptance goes one way; what the members of a bloc agree on has one party.
    for good in
        [&[("XA", "both"), ("XB", "both")][..], &[("XA", "accepts"), ("XB", "is_accepted")], &[("UNION", "both")]]
    {
        assert_eq!(found(&catalogue, &[arrangement(good)]), [], "{good:?}");
    }
    for wrong in [
        &[("XA", "both")][..],
        &[("XA", "accepts")],
        &[("UNION", "is_accepted")],
        &[("XA", "accepts"), ("XB", "accepts")],
        &[("XA", "is_accepted"), ("XB", "is_accepted")],
    ] {
        assert_eq!(found(&catalogue, &[arrangement(wrong)]), [at("contradiction", 0, "parties")], "{wrong:?}");
    }
    // Of one that stays it is told at what makes it so.
    let all = [economy("UNION", true), arrangement(&[("UNION", "both")])];
    let findings = validate(&Catalogue::new(1, all.map(entry)), &[Change::Upsert(entry(economy("UNION", false)))]);
    let told: Vec<_> = findings.iter().map(|it| (it.entry.as_str(), it.message.as_str())).collect();
    let [("economies/UNION", message)] = told[..] else { panic!("{told:?}") };
    assert!(message.starts_with("then `parties` of `arrangements/m` is wrong: UNION is the only one"), "{message}");
}

#[test]
fn who_is_left_out_or_contests_has_a_part_in_the_arrangement() {
    let source = json!({ "example": true });
    let bloc = |incomplete: bool| {
        json!({ "economy": { "name": "economies/UNION", "bloc": true, "members_incomplete": incomplete,
            "members": [{ "economy": "XB", "validity": { "from": "2020-01-01" } }] } })
    };
    let body = |economy: &str| {
        json!({ "body": { "name": format!("bodies/{}", economy.to_lowercase()), "display_name": "b",
            "economy": economy, "source": source } })
    };
    let others = |incomplete: bool| {
        json!({ "economy": { "name": "economies/OTHERS", "bloc": true, "members_incomplete": incomplete,
            "source": source } })
    };
    let catalogue = |incomplete: bool| {
        let mut all = ["XA", "XB", "XC"].map(|it| json!({ "economy": { "name": format!("economies/{it}") } })).to_vec();
        all.push(others(false));
        all.extend(["XA", "XB", "XC"].map(body));
        all.push(bloc(incomplete));
        all.push(json!({ "arrangement": { "name": "arrangements/m", "title": "m",
            "parties": [{ "economy": "XA" }, { "economy": "UNION" }] } }));
        all.push(json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
            "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "exclusions": { "bodies": ["bodies/xa"] } } }));
        Catalogue::new(1, all.into_iter().map(entry))
    };
    let excluding = |exclusions: Value| {
        json!({ "annex": { "name": "annexes/y", "arrangement": "arrangements/m", "title": "y", "source": source,
            "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "exclusions": exclusions } })
    };
    let contested = |party: &str, note: &str| {
        json!({ "designation": { "name": "designations/d", "body": "bodies/xa", "authority": "bodies/xa",
            "annex": "annexes/x", "validity": { "from": "2021-01-01" }, "source": source,
            "contestations": [{ "party": party, "raised_on": "2026-01-01", "note": note }] } })
    };
    let known = catalogue(false);
    for good in [
        excluding(json!({ "economies": ["XA", "XB", "UNION"], "bodies": ["bodies/xa", "bodies/xb"] })),
        // Goods come from anywhere.
        excluding(json!({ "origins": ["XC"] })),
        contested("XB", ""),
        // Whoever opens a dispute contests.
        contested("XC", "disputes/1: Wrong."),
    ] {
        assert_eq!(found(&known, std::slice::from_ref(&good)), [], "{good}");
    }
    let not = excluding(json!({ "economies": ["XA", "XC"], "bodies": ["bodies/xb", "bodies/xc"] }));
    let faults = [at("contradiction", 0, "exclusions.economies[1]"), at("contradiction", 0, "exclusions.bodies[1]")];
    assert_eq!(found(&known, std::slice::from_ref(&not)), faults);
    let party = [at("contradiction", 0, "contestations[0].party")];
    assert_eq!(found(&known, &[contested("XC", "Wrong.")]), party);
    // Who may be a member that is not listed may have a part in it.
    let may_be = catalogue(true);
    assert_eq!(found(&may_be, &[not, contested("XC", "Wrong.")]), []);
    // Of a bloc that may have members that are not listed, a party may be one.
    let whole = [excluding(json!({ "economies": ["OTHERS"] })), contested("OTHERS", "Wrong.")];
    let faults = [at("contradiction", 0, "exclusions.economies[0]"), at("contradiction", 1, "contestations[0].party")];
    assert_eq!(found(&known, &whole), faults);
    let [excluding_others, contested_by_others] = whole;
    assert_eq!(found(&known, &[excluding_others, contested_by_others, others(true)]), []);
    // A body that moves away is told at the body.
    let mut moved = body("XA");
    moved["body"]["economy"] = json!("XC");
    let findings = validate(&known, &[Change::Upsert(entry(moved))]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let message = "then `exclusions.bodies[0]` of `annexes/x` is wrong: bodies/xa is of XC, which is no party to \
        `arrangements/m` and no member of one";
    assert_eq!(findings[0].message, message);
}

#[test]
fn a_transition_leads_to_no_edition_that_the_other_supersedes() {
    let editions = [edition("c", &["b"]), edition("b", &["a"]), edition("a", &[])].map(entry);
    let xa = entry(json!({ "economy": { "name": "economies/XA" } }));
    let catalogue = Catalogue::new(1, editions.into_iter().chain([xa]));
    let transition = |from: &str, to: &str| {
        json!({ "edition_transition": { "name": "editionTransitions/t", "market": "XA",
            "from_standard": format!("standards/{from}-1"), "to_standard": format!("standards/{to}-1"),
            "new_only_from": "2026-01-01", "source": { "example": true } } })
    };
    assert_eq!(found(&catalogue, &[transition("a", "c")]), []);
    assert_eq!(found(&catalogue, &[transition("c", "a")]), [at("contradiction", 0, "to_standard")]);
}

/// Told at what changes, since that is what is to be mended.
#[test]
fn what_a_change_makes_wrong_of_entries_that_stay_is_told_at_the_change() {
    let source = json!({ "example": true });
    let economy = |name: &str, members: &[&str]| {
        let members: Vec<_> =
            members.iter().map(|it| json!({ "economy": it, "validity": { "from": "2020-01-01" } })).collect();
        json!({ "economy": { "name": format!("economies/{name}"), "bloc": !members.is_empty(), "members": members,
            "source": source } })
    };
    let body = |economy: &str, role: &str| {
        json!({ "body": { "name": "bodies/office", "display_name": "o", "economy": economy, "roles": [role],
            "source": source } })
    };
    let scheme = |levels: &[&str]| {
        let levels: Vec<_> = levels.iter().map(|it| json!({ "id": it })).collect();
        json!({ "scheme": { "name": "schemes/s", "kind": "safety_and_performance", "levels": levels, "source": source } })
    };
    let arrangement = |parties: &[(&str, &str)]| {
        let parties: Vec<_> =
            parties.iter().map(|(economy, direction)| json!({ "economy": economy, "direction": direction })).collect();
        json!({ "arrangement": { "name": "arrangements/m", "title": "m", "parties": parties, "source": source } })
    };
    let annex = |from: &str, covered: &str| {
        json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x", "reciprocal": true,
            "objects": ["certificate"], "validity": { "from": from }, "economies": ["XA", "XB"],
            "covered": [{ "name": covered }], "source": source } })
    };
    let both = [("BIG", "both"), ("XB", "both")];
    let published = [
        economy("XA", &[]),
        economy("XB", &[]),
        economy("XC", &[]),
        economy("BOREAL", &["XA"]),
        economy("BIG", &["BOREAL"]),
        body("XA", "designating_authority"),
        scheme(&["gold", "silver"]),
        json!({ "standard": { "name": "standards/a-1", "designation": "a 1", "publisher": "P", "source": source } }),
        arrangement(&both),
        annex("2020-01-01", "schemes/s"),
        json!({ "designation": { "name": "designations/d", "body": "bodies/office", "authority": "bodies/office",
            "annex": "annexes/x", "targets": ["schemes/s"], "validity": { "from": "2020-01-01", "until": "2030-01-01" },
            "source": source } }),
        json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r",
            "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }], "validity": { "from": "2020-01-01" },
            "acceptances": [{ "target": { "name": "schemes/s", "level": "silver" } }], "source": source } }),
    ];
    let catalogue = Catalogue::new(1, published.iter().map(|it| entry(it.clone())));
    let told = |change: Value| -> Vec<String> {
        let findings = validate(&catalogue, &[Change::Upsert(entry(change))]);
        findings.into_iter().map(|it| format!("{} {}", it.entry, it.message)).collect()
    };
    for it in &published {
        assert_eq!(told(it.clone()), [""; 0], "as it is: {it}");
    }
    for (change, wrong) in [
        (scheme(&["gold"]), vec!["schemes/s then `acceptances[0].target.level` of `requirements/r` is wrong"]),
        (
            arrangement(&[("BOREAL", "both"), ("XC", "both")]),
            vec!["arrangements/m then `economies[1]` of `annexes/x` is wrong"],
        ),
        (
            arrangement(&[("BIG", "both"), ("XB", "accepts")]),
            vec!["arrangements/m then `reciprocal` of `annexes/x` is wrong"],
        ),
        (body("XC", "designating_authority"), vec!["bodies/office then `authority` of `designations/d` is wrong"]),
        (body("XA", "certification_body"), vec!["bodies/office then `authority` of `designations/d` is wrong"]),
        (annex("2030-01-01", "schemes/s"), vec!["annexes/x then `validity` of `designations/d` is wrong"]),
        (annex("2020-01-01", "standards/a-1"), vec!["annexes/x then `targets[0]` of `designations/d` is wrong"]),
        (
            economy("BOREAL", &["XC"]),
            vec![
                "economies/BOREAL then `economies[0]` of `annexes/x` is wrong",
                "economies/BOREAL then `authority` of `designations/d` is wrong",
            ],
        ),
    ] {
        let found = told(change.clone());
        assert!(
            found.len() == wrong.len() && found.iter().zip(&wrong).all(|(it, begin)| it.starts_with(begin)),
            "{change}: {found:?}"
        );
    }
}

#[test]
fn a_bloc_that_an_entry_names_is_one_that_it_depends_on() {
    let source = json!({ "example": true });
    let economy = |name: &str, members: &[&str]| {
        let members: Vec<_> =
            members.iter().map(|it| json!({ "economy": it, "validity": { "from": "2020-01-01" } })).collect();
        json!({ "economy": { "name": format!("economies/{name}"), "bloc": name.len() > 2, "members": members,
            "source": source } })
    };
    let annex = |more: Value| {
        let mut annex = json!({ "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
            "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "source": source });
        annex.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "annex": annex })
    };
    let designation = |contestations: Value| {
        json!({ "designation": { "name": "designations/d", "body": "bodies/a", "authority": "bodies/a",
            "annex": "annexes/x", "validity": { "from": "2020-01-01" }, "contestations": contestations,
            "source": source } })
    };
    let contested = json!([{ "party": "EAST", "raised_on": "2026-01-01", "note": "Wrong." }]);
    let condition = json!([{ "id": "c", "kind": "label", "description": "A label.", "markets": ["EAST"] }]);
    for (annex, designation, field) in [
        (annex(json!({ "exclusions": { "economies": ["EAST"] } })), designation(json!([])), "exclusions.economies[0]"),
        (annex(json!({ "exclusions": { "bodies": ["bodies/east"] } })), designation(json!([])), "exclusions.bodies[0]"),
        (annex(json!({ "conditions": condition })), designation(json!([])), "conditions[0].markets[0]"),
        (annex(json!({})), designation(contested), "contestations[0].party"),
    ] {
        let body = |name: &str, economy: &str| {
            json!({ "body": { "name": format!("bodies/{name}"), "display_name": "b", "economy": economy,
                "roles": ["designating_authority"], "source": source } })
        };
        let arrangement = json!({ "arrangement": { "name": "arrangements/m", "title": "m",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }], "source": source } });
        let published = [
            economy("XA", &[]),
            economy("XB", &[]),
            economy("XC", &[]),
            economy("NEAR", &["XB"]),
            economy("EAST", &["NEAR", "XC"]),
            body("a", "XA"),
            body("east", "EAST"),
            arrangement,
            annex,
            designation,
        ];
        let catalogue = Catalogue::new(1, published.map(entry));
        for (change, name) in [(economy("EAST", &["XC"]), "EAST"), (economy("NEAR", &["XC"]), "NEAR")] {
            let findings = validate(&catalogue, &[Change::Upsert(entry(change))]);
            let told: Vec<_> = findings.iter().map(|it| (it.entry.clone(), it.message.as_str())).collect();
            let [(at, message)] = &told[..] else { panic!("{field}: {told:?}") };
            assert_eq!(*at, format!("economies/{name}"));
            assert!(message.starts_with(&format!("then `{field}` of ")), "{message}");
        }
    }
}
