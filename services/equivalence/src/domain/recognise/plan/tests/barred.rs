use serde_json::{Value, json};

use super::designate::{designation, held, step};

const NONE: &str = "none known: nobody can certify on 2026-01-01 to what XB accepts for this requirement: ";

fn edition(name: &str, dates: Value) -> Value {
    let mut it = json!({ "name": name });
    it.as_object_mut().unwrap().extend(dates.as_object().unwrap().clone());
    json!({ "standard": it })
}

fn withdrawn(name: &str) -> Value {
    edition(name, json!({ "withdrawn_on": "2026-01-01" }))
}

fn scheme(validity: Value) -> Value {
    json!({ "scheme": { "name": "schemes/u", "kind": "environmental_label", "validity": validity } })
}

/// A body of the market itself, whose results are accepted directly.
fn local() -> Value {
    json!({ "body": { "name": "bodies/local", "economy": "XB", "roles": ["certification_body"] } })
}

fn requirement_of(acceptances: Value) -> Value {
    json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
        "validity": { "from": "2020-01-01" }, "acceptances": acceptances } })
}

/// By which `standards/q-1` is good for `standards/z-1`.
fn from_q() -> Value {
    json!({ "equivalence": { "name": "equivalences/e", "degree": "identical", "from": { "name": "standards/q-1" },
        "to": { "name": "standards/z-1" }, "validity": { "from": "2020-01-01" } } })
}

/// What is said where nobody is asked for anything.
fn said(annex: Value, more: Value) -> String {
    let (text, bodies, needed) = step(Vec::new(), annex, more);
    assert_eq!((bodies.len(), needed), (0, None), "{text}");
    text
}

#[test]
fn nobody_is_asked_to_certify_to_an_edition_that_is_withdrawn_or_not_yet_published() {
    let with = |dates: Value| json!([local(), edition("standards/z-1", dates)]);
    let text = said(json!({}), with(json!({ "withdrawn_on": "2026-01-01" })));
    assert_eq!(text, format!("{NONE}standards/z-1 is withdrawn since 2026-01-01"));
    for day in ["2026-01-02", "2026-02", "2027"] {
        let text = said(json!({}), with(json!({ "published_on": day })));
        assert_eq!(text, format!("{NONE}standards/z-1 is not published before {day}"));
    }
    // On the day before it is withdrawn, on the day on which it is published, and where it may be published.
    let some = json!({ "withdrawn_on": "2026-01-02", "published_on": "2026-01-01" });
    for dates in [some, json!({ "published_on": "2026-01" }), json!({ "published_on": "2026" })] {
        let (text, bodies, needed) = step(Vec::new(), json!({}), with(dates));
        assert_eq!((&bodies[..], needed), (&["bodies/local".to_owned()][..], None), "{text}");
    }
}

#[test]
fn nobody_is_asked_to_certify_to_a_scheme_that_is_not_operated() {
    let accepted = json!([{ "target": { "name": "schemes/u" }, "bodies": { "economies": ["XB"] } }]);
    let with = |validity: Value| json!([local(), scheme(validity), requirement_of(accepted.clone())]);
    let text = said(json!({}), with(json!({ "from": "2020-01-01", "until": "2026-01-01" })));
    assert_eq!(text, format!("{NONE}schemes/u is operated no more since 2026-01-01"));
    let text = said(json!({}), with(json!({ "from": "2026-01-02" })));
    assert_eq!(text, format!("{NONE}schemes/u is not operated before 2026-01-02"));
    let last = json!({ "from": "2026-01-01", "until": "2026-01-02" });
    let (text, bodies, _) = step(Vec::new(), json!({}), with(last));
    assert_eq!(bodies, ["bodies/local"], "{text}");
}

#[test]
fn of_what_is_accepted_only_what_can_be_certified_is_asked_for_with_everything_beside_it() {
    let by_market = |target: &str| json!({ "target": { "name": target }, "bodies": { "economies": ["XB"] } });
    let either = requirement_of(json!([by_market("standards/z-1"), by_market("standards/y-1")]));
    let (text, bodies, _) = step(Vec::new(), json!({}), json!([local(), withdrawn("standards/z-1"), either]));
    assert_eq!(text, "certify to standards/y-1 with bodies/local");
    assert_eq!(bodies, ["bodies/local"]);
    let mut both = by_market("standards/z-1");
    both["together_with"] = json!([{ "name": "schemes/u" }]);
    let over = scheme(json!({ "from": "2020-01-01", "until": "2024-01-01" }));
    let text = said(json!({}), json!([local(), over, requirement_of(json!([both]))]));
    assert_eq!(text, format!("{NONE}schemes/u is operated no more since 2024-01-01"));
    // Nor is a body asked for that the catalogue does not list.
    let unlisted = json!([{ "target": { "name": "standards/z-1" }, "bodies": { "incomplete": true } }]);
    let text = said(json!({}), json!([withdrawn("standards/z-1"), requirement_of(unlisted)]));
    assert_eq!(text, format!("{NONE}standards/z-1 is withdrawn since 2026-01-01"));
}

/// What counts by a link may be certified where that to which it leads no longer can.
#[test]
fn by_an_annex_too_nothing_is_certified_that_cannot_be() {
    let of_q = || json!({ "covered": [{ "name": "standards/q-1" }] });
    let by_a = || designation("d", "bodies/a", json!({}));
    let (text, bodies, needed) =
        step(Vec::new(), of_q(), json!([from_q(), by_a(), withdrawn("standards/z-1"), local()]));
    assert!(text.starts_with("certify to standards/q-1 with bodies/a"), "{text}");
    assert_eq!((&bodies[..], needed), (&["bodies/a".to_owned()][..], None));
    let both = || json!([from_q(), by_a(), withdrawn("standards/z-1"), withdrawn("standards/q-1"), local()]);
    let text = said(of_q(), both());
    assert_eq!(text, format!("{NONE}standards/z-1 is withdrawn since 2026-01-01"));
    let text = said(of_q(), json!([from_q(), by_a(), withdrawn("standards/q-1")]));
    assert_eq!(text, "certify to standards/z-1; the catalogue knows no body whose result XB would accept");
    // Nor is anybody to be designated for it.
    assert_eq!(
        said(json!({}), json!([withdrawn("standards/z-1")])),
        format!("{NONE}standards/z-1 is withdrawn since 2026-01-01")
    );
}

/// What an annex covers counts with either of the standards that are accepted.
#[test]
fn of_what_is_certified_with_what_an_annex_covers_that_is_asked_for_which_can_be() {
    let asked = |covered: &str, acceptances: Value, more: [Value; 2]| {
        let by_a = designation("d", "bodies/a", json!({}));
        let [one, two] = more;
        let more = json!([by_a, withdrawn("standards/z-1"), requirement_of(acceptances), one, two]);
        let (text, bodies, needed) = step(Vec::new(), json!({ "covered": [{ "name": covered }] }), more);
        assert_eq!((&bodies[..], needed), (&["bodies/a".to_owned()][..], None), "{text}");
        text
    };
    let by_market = |target: &str| json!({ "target": { "name": target }, "bodies": { "economies": ["XB"] } });
    let either = json!([by_market("standards/z-1"), by_market("standards/y-1")]);
    let text = asked("schemes/u", either, [scheme(json!({ "from": "2020-01-01" })), from_q()]);
    assert!(text.contains("schemes/u") && text.contains("standards/y-1") && !text.contains("z-1"), "{text}");
    // So where it leads on to one that is accepted only with something that cannot be, and to another.
    let mut with_z = by_market("standards/w-1");
    with_z["together_with"] = json!([{ "name": "standards/z-1" }]);
    let leads_to = |to: &str| {
        json!({ "equivalence": { "name": format!("equivalences/{to}"), "degree": "identical",
            "from": { "name": "standards/q-1" }, "to": { "name": format!("standards/{to}-1") },
            "validity": { "from": "2020-01-01" } } })
    };
    let either = json!([with_z, by_market("standards/y-1")]);
    let text = asked("standards/q-1", either, ["w", "y"].map(leads_to));
    assert!(text.starts_with("certify to standards/q-1 with bodies/a"), "{text}");
}

#[test]
fn what_is_held_and_cannot_be_certified_any_more_counts_as_before_and_is_not_certified_anew() {
    let sampled = || json!({ "conditions": [{ "id": "c", "kind": "sample", "description": "Send a sample." }] });
    let by_a = designation("d", "bodies/a", json!({}));
    let certificates = || vec![held("standards/z-1", "bodies/a")];
    let (text, ..) = step(certificates(), sampled(), json!([by_a, withdrawn("standards/z-1"), local()]));
    assert_eq!(text, "fulfil: Send a sample");
    // Without the designation it does not count, and neither the body nor another can do it again.
    let (text, bodies, needed) = step(certificates(), json!({}), json!([withdrawn("standards/z-1"), local()]));
    assert_eq!((bodies.len(), needed), (0, None), "{text}");
    assert_eq!(text, format!("{NONE}standards/z-1 is withdrawn since 2026-01-01"));
}
