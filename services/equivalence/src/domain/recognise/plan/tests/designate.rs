use serde_json::{Value, json};

use super::*;

/// What a step says: in words, by whom, and under which annex and by which authorities these are designated first.
pub(super) type Told = (String, Vec<String>, Option<(String, Vec<String>)>);

/// The catalogue lists no designation under the annex: there may be one.
const NEEDED: &str =
    "have bodies/a designated under annexes/x by bodies/office, if it is not designated already, then ";

/// The step by which a product of XA gets into XB, which accepts `standards/z-1` by bodies of its own, and of designated
/// bodies of XA under an annex; the catalogue holds `more` besides, and bodies/a of XA with its authority.
pub(super) fn step(certificates: Vec<Facts>, annex: Value, more: Value) -> Told {
    let mut whole = json!({ "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
        "objects": ["certificate"], "covered": [{ "name": "standards/z-1" }], "designation_required": true,
        "validity": { "from": "2020-01-01" } });
    whole.as_object_mut().unwrap().extend(annex.as_object().unwrap().clone());
    let all = json!([
        { "economy": { "name": "XA" } },
        { "economy": { "name": "XB" } },
        { "body": { "name": "bodies/a", "economy": "XA", "roles": ["certification_body"] } },
        { "body": { "name": "bodies/office", "economy": "XA", "roles": ["designating_authority"] } },
        { "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
            "validity": { "from": "2020-01-01" },
            "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["XB"] } }] } },
        { "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } },
        { "annex": whole },
    ]);
    let (all, more): (Vec<Entry>, Vec<Entry>) =
        (serde_json::from_value(all).unwrap(), serde_json::from_value(more).unwrap());
    // The later of one name is the one that counts.
    let catalogue = Catalogue::new(1, all.into_iter().chain(more));
    let product = Product { certificates, ..uncertified("XA") };
    let plan = plan(&catalogue, &Splitting, &product, &[EconomyCode::parse("XB").unwrap()]);
    let step = &plan.markets[0].steps[0];
    let names = |all: &[BodyKey]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let designation = step.designation.as_ref().map(|it| (it.under.annex.name.to_string(), names(&it.authorities)));
    (step.description.clone(), names(&step.bodies), designation)
}

pub(super) fn held(target: &str, body: &str) -> Facts {
    Facts {
        certified: vec![Target {
            name: crate::domain::equivalence::TargetKey::parse(target).unwrap(),
            level: "".into(),
        }],
        body: BodyKey::parse(body).unwrap(),
        body_economy: EconomyCode::parse("XA").unwrap(),
        object: RecognitionObject::Certificate,
        granted_on: "2025-01-01".parse().ok(),
    }
}

pub(super) fn designation(name: &str, body: &str, more: Value) -> Value {
    let mut it = json!({ "name": format!("designations/{name}"), "body": body, "authority": "bodies/council",
        "annex": "annexes/x", "validity": { "from": "2020-01-01" } });
    it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "designation": it })
}

#[test]
fn where_only_a_designation_is_missing_a_step_says_under_which_annex_and_by_whom() {
    let needed = Some(("annexes/x".to_owned(), vec!["bodies/office".to_owned()]));
    let by_a = vec!["bodies/a".to_owned()];
    let (text, bodies, designation) = step(Vec::new(), json!({}), json!([]));
    assert_eq!(text, format!("{NEEDED}certify to standards/z-1 with it"));
    assert_eq!((bodies, designation), (by_a.clone(), needed.clone()));
    // What the body has certified already it certifies anew once it is designated.
    let (text, bodies, designation) = step(vec![held("standards/z-1", "bodies/a")], json!({}), json!([]));
    assert_eq!(text, format!("{NEEDED}obtain a new result to standards/z-1 from it"));
    assert_eq!((bodies, designation), (by_a, needed));
    // A body whose certificates are held comes before others of the economy, though the catalogue has no entry of it.
    let (text, bodies, _) = step(vec![held("standards/q-1", "bodies/own")], json!({}), json!([]));
    assert_eq!(bodies, ["bodies/own"], "{text}");
}

#[test]
fn a_designation_comes_behind_everything_that_can_be_done_as_things_are() {
    let b = json!({ "body": { "name": "bodies/b", "economy": "XA", "roles": ["certification_body"] } });
    let local = json!({ "body": { "name": "bodies/local", "economy": "XB", "roles": ["certification_body"] } });
    let tested = json!({ "conditions": [{ "id": "c", "kind": "sample", "description": "Send a sample." }] });
    let certificates = || vec![held("standards/z-1", "bodies/a")];
    // By another body and on a condition, and by a body of the market.
    let (text, bodies, needed) = step(certificates(), tested, json!([b, designation("b", "bodies/b", json!({}))]));
    assert_eq!((&bodies[..], needed), (&["bodies/b".to_owned()][..], None), "{text}");
    let (text, bodies, needed) = step(certificates(), json!({}), json!([local]));
    assert_eq!((&bodies[..], needed), (&["bodies/local".to_owned()][..], None), "{text}");
    // Some body that is not listed is accepted: that is asked for.
    let incomplete = json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
        "validity": { "from": "2020-01-01" },
        "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "incomplete": true } }] } });
    let (text, bodies, needed) = step(Vec::new(), json!({}), json!([incomplete]));
    assert_eq!((bodies.len(), needed), (0, None), "{text}");
    assert!(text.contains("does not say every body"), "{text}");
}

#[test]
fn nobody_is_to_be_designated_who_lacks_more_than_that_or_whose_designation_is_waited_for() {
    let nobody = |annex: Value, more: Value| {
        let (text, bodies, needed) = step(Vec::new(), annex, more);
        assert_eq!((bodies.len(), needed), (0, None), "{text}");
    };
    nobody(json!({ "exclusions": { "bodies": ["bodies/a"] } }), json!([]));
    nobody(json!({ "effect": "partial" }), json!([]));
    nobody(json!({ "covered": [{ "name": "standards/q-1" }] }), json!([]));
    nobody(json!({ "economies": ["XB"] }), json!([]));
    nobody(json!({ "transitions": [{ "economy": "XA", "ends_on": "2030-01-01" }] }), json!([]));
    let suspended = json!({ "suspensions": [{ "from": "2025-06-01", "until": "2026-06-01" }] });
    nobody(json!({}), json!([designation("d", "bodies/a", suspended)]));
    nobody(json!({}), json!([designation("d", "bodies/a", json!({ "validity": { "from": "2026-02-01" } }))]));
    // What a panel has ended, in whichever way that is written, is not asked for again; what is over otherwise is.
    let over = [
        json!({ "ending": { "on": "2025-07-01" } }),
        json!({ "validity": { "from": "2020-01-01", "until": "2025-07-01" } }),
    ];
    for over in over {
        let mut contested = over.clone();
        contested["contestations"] = json!([{ "party": "XB", "raised_on": "2025-01-01", "settled_on": "2025-06-01" }]);
        nobody(json!({}), json!([designation("d", "bodies/a", contested)]));
        assert!(step(Vec::new(), json!({}), json!([designation("d", "bodies/a", over)])).2.is_some());
    }
}

#[test]
fn whose_designation_was_contested_and_ended_otherwise_is_to_be_designated_again() {
    let over_from = |raised_on: &str, settled_on: &str| {
        json!({ "ending": { "on": "2025-07-01" },
            "contestations": [{ "party": "XB", "raised_on": raised_on, "settled_on": settled_on }] })
    };
    let is_planned = |designations: Value| step(Vec::new(), json!({}), designations).2.is_some();
    let one = |over: Value| json!([designation("d", "bodies/a", over)]);
    // Nothing came of it for years, and it was raised when all was over.
    assert!(is_planned(one(over_from("2022-01-01", "2022-03-01"))));
    assert!(is_planned(one(over_from("2025-07-02", "2025-08-01"))));
    // While what was decided may be published, which takes a year at the most.
    assert!(!is_planned(one(over_from("2024-01-01", "2024-06-30"))));
    assert!(is_planned(one(over_from("2024-01-01", "2024-06-29"))));
    // While it is open it may have been.
    let mut open = over_from("2024-01-01", "");
    assert!(!is_planned(one(open.clone())));
    open["ending"]["on"] = json!("2023-12-31");
    assert!(is_planned(one(open)));
    // It was designated again since then.
    let again = json!({ "validity": { "from": "2025-09-01", "until": "2025-12-01" } });
    let contested = designation("d", "bodies/a", over_from("2025-01-01", "2025-06-01"));
    assert!(!is_planned(json!([contested])));
    assert!(is_planned(json!([contested, designation("e", "bodies/a", again)])));
    // It was designated besides, from before that on: until later, or no longer.
    let besides = |until: &str| {
        let validity = json!({ "validity": { "from": "2021-01-01", "until": until } });
        is_planned(json!([contested, designation("e", "bodies/a", validity)]))
    };
    assert!(besides("2025-07-02"));
    assert!(!besides("2025-07-01"));
}

#[test]
fn who_has_designated_others_of_an_economy_designates_and_where_nobody_is_known_that_is_said() {
    let b = json!({ "body": { "name": "bodies/b", "economy": "XA", "roles": ["testing_laboratory"] } });
    let over = json!({ "validity": { "from": "2020-01-01", "until": "2021-01-01" } });
    let (text, _, needed) = step(Vec::new(), json!({}), json!([b, designation("b", "bodies/b", over)]));
    assert_eq!(needed.unwrap().1, ["bodies/council"], "{text}");
    // Since others are listed, it would be.
    assert!(text.starts_with("have bodies/a designated under annexes/x by bodies/council, then certify to"), "{text}");
    // Of many a sentence names a few, and the list all.
    let of_many = (1..=4).flat_map(|at| {
        let (body, authority) = (format!("bodies/b{at}"), format!("bodies/c{at}"));
        let over = json!({ "authority": authority, "validity": { "from": "2020-01-01", "until": "2021-01-01" } });
        let entry = json!({ "body": { "name": body, "economy": "XA", "roles": ["testing_laboratory"] } });
        [entry, designation(&format!("b{at}"), &body, over)]
    });
    let (text, _, needed) = step(Vec::new(), json!({}), of_many.collect());
    assert!(text.contains(" by one of: bodies/c1, bodies/c2, bodies/c3, 1 more, then"), "{text}");
    assert_eq!(needed.unwrap().1, ["bodies/c1", "bodies/c2", "bodies/c3", "bodies/c4"]);
    // The office is none by its roles, and none of a bloc that is a party.
    let office =
        |economy: &str, role: &str| json!({ "body": { "name": "bodies/office", "economy": economy, "roles": [role] } });
    let (text, _, needed) = step(Vec::new(), json!({}), json!([office("XA", "regulator")]));
    assert_eq!(needed.unwrap().1, Vec::<String>::new());
    let none = "(the catalogue names no designating authority of XA), if it is not designated already, then certify to";
    assert!(text.contains(none), "{text}");
    let bloc = json!({ "economy": { "name": "UNION", "bloc": true,
        "members": [{ "economy": "XA", "validity": { "from": "2000-01-01" } }] } });
    let of_bloc = json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
        "parties": [{ "economy": "UNION" }, { "economy": "XB" }] } });
    let (text, _, needed) =
        step(Vec::new(), json!({}), json!([bloc, of_bloc, office("UNION", "designating_authority")]));
    assert_eq!(needed.unwrap().1, ["bodies/office"], "{text}");
}

/// Another market to which the same annex leads is open by the same designation.
#[test]
fn a_step_also_opens_what_is_open_once_its_body_is_designated() {
    let entries = json!([
        { "economy": { "name": "XA" } },
        { "economy": { "name": "XB" } },
        { "economy": { "name": "XC" } },
        { "economy": { "name": "XD" } },
        { "body": { "name": "bodies/a", "economy": "XA" } },
        { "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }, { "economy": "XC" }] } },
        { "arrangement": { "name": "arrangements/n", "title": "n", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XD" }] } },
        { "annex": { "name": "annexes/m", "arrangement": "arrangements/m", "title": "m", "objects": ["certificate"],
            "designation_required": true, "validity": { "from": "2020-01-01" } } },
        { "annex": { "name": "annexes/n", "arrangement": "arrangements/n", "title": "n", "objects": ["certificate"],
            "designation_required": true, "validity": { "from": "2020-01-01" } } },
    ]);
    let mut entries: Vec<Entry> = serde_json::from_value(entries).unwrap();
    for market in ["XB", "XC", "XD"] {
        let name = format!("requirements/{}", market.to_lowercase());
        let requirement = json!({ "requirement": { "name": name, "market": market, "title": "r", "mandatory": true,
            "validity": { "from": "2020-01-01" },
            "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": [market] } }] } });
        entries.push(serde_json::from_value(requirement).unwrap());
    }
    let catalogue = Catalogue::new(1, entries);
    let markets = ["XB", "XC", "XD"].map(|it| EconomyCode::parse(it).unwrap());
    let plan = plan(&catalogue, &Splitting, &uncertified("XA"), &markets);
    let also: Vec<Vec<&str>> =
        plan.markets.iter().map(|it| it.steps[0].also_opens.iter().map(EconomyCode::as_str).collect()).collect();
    assert_eq!(also, [vec!["XC"], vec!["XB"], Vec::new()]);
}

/// What the body has certified already counts in another market, too, once it is designated.
#[test]
fn a_step_also_opens_what_is_open_to_what_is_held_once_its_body_is_designated() {
    let entries = json!([
        { "economy": { "name": "XA" } },
        { "economy": { "name": "XB" } },
        { "economy": { "name": "XC" } },
        { "body": { "name": "bodies/a", "economy": "XA" } },
        { "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }, { "economy": "XC" }] } },
        { "annex": { "name": "annexes/m", "arrangement": "arrangements/m", "title": "m", "objects": ["certificate"],
            "designation_required": true, "validity": { "from": "2020-01-01" } } },
    ]);
    let mut entries: Vec<Entry> = serde_json::from_value(entries).unwrap();
    for (market, target) in [("XB", "standards/q-1"), ("XC", "standards/z-1")] {
        let name = format!("requirements/{}", market.to_lowercase());
        let requirement = json!({ "requirement": { "name": name, "market": market, "title": "r", "mandatory": true,
            "validity": { "from": "2020-01-01" },
            "acceptances": [{ "target": { "name": target }, "bodies": { "economies": [market] } }] } });
        entries.push(serde_json::from_value(requirement).unwrap());
    }
    let catalogue = Catalogue::new(1, entries);
    let markets = ["XB", "XC"].map(|it| EconomyCode::parse(it).unwrap());
    // By whom, in each market, and what else that opens.
    let told = |certificates: Vec<Facts>| -> Vec<String> {
        let product = Product { certificates, ..uncertified("XA") };
        let plan = plan(&catalogue, &Splitting, &product, &markets);
        let also = |step: &Step<'_>| step.also_opens.iter().map(EconomyCode::as_str).collect::<Vec<_>>().join(" ");
        plan.markets.iter().map(|it| format!("{} {}", it.steps[0].bodies[0], also(&it.steps[0]))).collect()
    };
    assert_eq!(told(vec![held("standards/z-1", "bodies/a")]), ["bodies/a XC", "bodies/a "]);
    // Of another body, which is not designated by that, what is held counts as before.
    let others = vec![held("standards/x-1", "bodies/a"), held("standards/z-1", "bodies/b")];
    assert_eq!(told(others)[0], "bodies/a ");
}
