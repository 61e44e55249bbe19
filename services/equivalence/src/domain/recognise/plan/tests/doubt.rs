use serde_json::{Value, json};

use super::designate::{designation, held, step};

const NOT_TOLD: &str = "it cannot be told whose result XB would accept, if anybody's: ";

/// A part of the heading of the goods: their code does not tell whether they lie within.
fn some() -> Value {
    json!([{ "code": { "edition": "HS2022", "code": "8541" }, "ex_description": "some" }])
}

/// What is said of XB where nobody surely could certify anything: neither who could, nor who is to be designated.
fn said(annex: Value, more: Value) -> String {
    let (text, bodies, needed) = step(Vec::new(), annex, more);
    assert_eq!((bodies.len(), needed), (0, None), "{text}");
    text
}

/// A bloc of which others may be members beside those that are listed.
fn union() -> Value {
    json!({ "economy": { "name": "UNION", "bloc": true, "members_incomplete": true } })
}

fn requirement(acceptance: Value) -> Value {
    requirement_of(json!([acceptance]))
}

fn requirement_of(acceptances: Value) -> Value {
    json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
        "validity": { "from": "2020-01-01" }, "acceptances": acceptances } })
}

/// By which `standards/z-1` counts no more for what is granted today.
fn calendar_of(market: &str) -> Value {
    json!({ "edition_transition": { "name": "editionTransitions/t", "market": market,
        "from_standard": "standards/z-1", "to_standard": "standards/z-2", "new_only_from": "2025-01-01" } })
}

/// By which `standards/q-1` is good for `standards/z-1`.
fn from_q() -> Value {
    json!({ "equivalence": { "name": "equivalences/e", "degree": "identical", "from": { "name": "standards/q-1" },
        "to": { "name": "standards/z-1" }, "validity": { "from": "2020-01-01" } } })
}

#[test]
fn what_may_count_no_longer_by_the_calendar_of_a_bloc_is_neither_planned_nor_denied() {
    let calendar = calendar_of("UNION");
    let local = json!({ "body": { "name": "bodies/local", "economy": "XB", "roles": ["certification_body"] } });
    let text = said(json!({}), json!([union(), calendar, local]));
    assert!(
        text.starts_with(&format!("certify to standards/z-1; {NOT_TOLD}whether XB belongs to UNION is not")),
        "{text}"
    );
    // Were every member listed, the body could do it.
    let listed = json!({ "economy": { "name": "UNION", "bloc": true } });
    let (text, bodies, needed) = step(Vec::new(), json!({}), json!([listed, calendar, local]));
    assert_eq!((&bodies[..], needed), (&["bodies/local".to_owned()][..], None), "{text}");
}

/// Whoever could certify it is designated already, and what that is need not be what is accepted.
#[test]
fn what_leads_to_something_that_may_count_no_longer_is_neither_planned_nor_denied() {
    let of_q = || json!({ "covered": [{ "name": "standards/q-1" }] });
    let by_a = || designation("d", "bodies/a", json!({}));
    let told = format!("certify to standards/z-1; {NOT_TOLD}whether XB belongs to UNION is not");
    let text = said(of_q(), json!([union(), calendar_of("UNION"), from_q(), by_a()]));
    assert!(text.starts_with(&told), "{text}");
    // It is held, from a body that is not designated.
    let certificates = || vec![held("standards/q-1", "bodies/own")];
    let (text, bodies, needed) = step(certificates(), of_q(), json!([union(), calendar_of("UNION"), from_q(), by_a()]));
    assert!(bodies.is_empty() && needed.is_none() && text.starts_with(&told), "{text}");
    // The body is not one of the origin.
    let of_three = json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
        "parties": [{ "economy": "XA" }, { "economy": "XB" }, { "economy": "XC" }] } });
    let c = json!({ "body": { "name": "bodies/c", "economy": "XC", "roles": ["certification_body"] } });
    let by_c = designation("d", "bodies/c", json!({}));
    let xc = json!({ "economy": { "name": "XC" } });
    let text = said(of_q(), json!([union(), calendar_of("UNION"), from_q(), of_three, xc, c, by_c]));
    assert!(text.starts_with(&told), "{text}");
    // Were every member listed, it could do it; and where nothing leads there, nobody could.
    let listed = json!({ "economy": { "name": "UNION", "bloc": true } });
    let (text, bodies, needed) = step(Vec::new(), of_q(), json!([listed, calendar_of("UNION"), from_q(), by_a()]));
    assert_eq!((&bodies[..], needed), (&["bodies/a".to_owned()][..], None), "{text}");
    let text = said(of_q(), json!([union(), calendar_of("UNION"), by_a()]));
    assert!(text.ends_with("knows no body whose result XB would accept"), "{text}");
}

#[test]
fn what_surely_counts_no_longer_is_neither_asked_for_nor_leaves_open_who_could_certify_it() {
    let calendar = calendar_of("XB");
    let unlisted = json!({ "target": { "name": "standards/z-1" }, "bodies": { "incomplete": true } });
    let other = json!({ "target": { "name": "standards/y-1" }, "bodies": { "economies": ["XB"] } });
    let text = said(json!({}), json!([calendar, requirement_of(json!([unlisted, other]))]));
    assert_eq!(text, "certify to standards/y-1; the catalogue knows no body whose result XB would accept");
    let text = said(json!({}), json!([calendar, requirement(unlisted)]));
    assert_eq!(text, "none known: XB accepts nothing for this requirement on 2026-01-01");
}

/// The other would be told first by its code, and lets results be recognised in part alone.
#[test]
fn what_is_said_to_be_missing_is_what_would_let_a_result_be_recognised_in_full() {
    let pact = json!({ "arrangement": { "name": "arrangements/n", "title": "n", "in_force_from": "2020-01-01",
        "parties": [{ "economy": "UNION" }, { "economy": "XB" }] } });
    let in_part = json!({ "annex": { "name": "annexes/y", "arrangement": "arrangements/n", "title": "y",
        "objects": ["certificate"], "effect": "partial", "validity": { "from": "2020-01-01" } } });
    let may = designation("d", "bodies/a", json!({ "codes": some() }));
    let text = said(json!({}), json!([union(), pact, in_part, may]));
    assert!(text.contains(&format!("{NOT_TOLD}only a part of HS2022 854143 is meant")), "{text}");
}

/// The first of them is designated for something that leads nowhere.
#[test]
fn of_the_bodies_of_an_economy_each_is_tried_that_is_designated_for_something_else() {
    let text = |of_c: &str| {
        let body = |name: &str| json!({ "body": { "name": name, "economy": "XA", "roles": ["certification_body"] } });
        let of = |name: &str, body: &str, target: &str| designation(name, body, json!({ "targets": [target] }));
        let more = json!([
            body("bodies/b"),
            body("bodies/c"),
            of("b", "bodies/b", "standards/q-1"),
            of("c", "bodies/c", of_c)
        ]);
        said(json!({ "codes": some() }), more)
    };
    let open = text("standards/z-1");
    assert!(open.contains(&format!("{NOT_TOLD}only a part of HS2022 854143 is meant")), "{open}");
    let none = text("standards/q-1");
    assert!(none.ends_with("knows no body whose result XB would accept"), "{none}");
}

#[test]
fn nobody_is_to_be_designated_where_a_body_may_be_accepted_directly_by_a_bloc_of_which_not_every_member_is_listed() {
    let by_union =
        || requirement(json!({ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["UNION"] } }));
    let text = said(json!({}), json!([union(), by_union()]));
    assert!(text.contains("does not say every body whose result XB accepts: ask XB"), "{text}");
    // So may one of a bloc to which that bloc belongs.
    let whole = json!({ "economy": { "name": "WHOLE", "bloc": true,
        "members": [{ "economy": "UNION", "validity": { "from": "2000-01-01" } }] } });
    let by_whole = requirement(json!({ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["WHOLE"] } }));
    let text = said(json!({}), json!([union(), whole, by_whole]));
    assert!(text.contains("does not say every body"), "{text}");
    let listed = json!({ "economy": { "name": "UNION", "bloc": true } });
    assert!(step(Vec::new(), json!({}), json!([listed, by_union()])).2.is_some());
}

#[test]
fn nobody_is_to_be_designated_where_a_designation_may_be_for_the_goods() {
    let may = json!({ "codes": some() });
    let text = said(json!({}), json!([designation("d", "bodies/a", may.clone())]));
    assert!(text.contains(&format!("{NOT_TOLD}only a part of HS2022 854143 is meant")), "{text}");
    // Whoever's it is.
    let b = json!({ "body": { "name": "bodies/b", "economy": "XA", "roles": ["certification_body"] } });
    said(json!({}), json!([b, designation("d", "bodies/b", may)]));
    // One that surely is for other goods leaves nothing open.
    let others = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "8507" } }] });
    assert!(step(Vec::new(), json!({}), json!([designation("d", "bodies/a", others)])).2.is_some());
}

#[test]
fn nobody_is_to_be_designated_where_another_annex_may_carry_what_they_certify() {
    let free = |more: Value| {
        let mut it = json!({ "name": "annexes/y", "arrangement": "arrangements/m", "title": "y",
            "objects": ["certificate"], "validity": { "from": "2020-01-01" } });
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "annex": it })
    };
    let text = said(json!({}), json!([free(json!({ "codes": some() }))]));
    assert!(text.contains(&format!("{NOT_TOLD}only a part of HS2022 854143 is meant")), "{text}");
    // By something that it covers and that what is accepted follows from.
    let of_other = free(json!({ "codes": some(), "covered": [{ "name": "standards/q-1" }], "max_chain_links": 1 }));
    let text = said(json!({}), json!([of_other, from_q()]));
    assert!(text.contains(&format!("{NOT_TOLD}only a part of")), "{text}");
    // Whoever belongs to a bloc may be one whose results are accepted.
    let pact = json!({ "arrangement": { "name": "arrangements/n", "title": "n", "in_force_from": "2020-01-01",
        "parties": [{ "economy": "UNION" }, { "economy": "XB" }] } });
    let of_pact = free(json!({ "arrangement": "arrangements/n" }));
    let text = said(json!({}), json!([union(), pact, of_pact]));
    assert!(text.contains(&format!("{NOT_TOLD}whether XA belongs to UNION is not")), "{text}");
    // What would be recognised in part alone would not do.
    let in_part = free(json!({ "codes": some(), "effect": "partial" }));
    assert!(step(Vec::new(), json!({}), json!([in_part])).2.is_some());
}
