use std::sync::Arc;

use greenlane_jose::SigningKey;
use greenlane_log::note::{KeyName, NoteSigner};
use greenlane_store::Micros;
use serde_json::{Value, json};

use super::super::Answered;
use super::*;
use crate::app::log::LogWriter;
use crate::domain::body::BodyRecord;
use crate::domain::content::Content;
use crate::domain::life::{Standing, State};
use crate::domain::names::CertificateNumber;
use crate::domain::verdict::question::Revisions;
use crate::domain::verdict::{Finding, Outcome, Overall, Part};

/// A certificate of which every fact is set, each to a text of its own.
fn content() -> Content {
    let product = |name: &str| {
        json!({
            "name": format!("{name} name"),
            "id": {
                "gtin": format!("{name} gtin"), "model": format!("{name} model"), "batch": format!("{name} batch"),
                "serial": format!("{name} serial"),
            },
            "codes": [{"edition": format!("{name} edition"), "code": format!("{name} code")}],
            "serial_ranges": [{"first": format!("{name} first"), "last": format!("{name} last")}],
            "quantity": {"amount": "48151623", "unit": format!("{name} unit")},
            "origin": "QX",
            "models": [format!("{name} further")],
        })
    };
    let products: Vec<Value> = (1..=PRODUCTS + 2).map(|at| product(&format!("Product {at:02}"))).collect();
    serde_json::from_value(json!({
        "holder": {"name": "Holder name", "address": "Holder address", "economy": "QH", "identifier": "Holder identifier"},
        "products": products,
        "scheme": {"scheme": "schemes/scheme-name", "level": "Scheme level"},
        "normative_documents": [{"edition": "Standard one", "part": "Part one"}, {"edition": "Standard two"}],
        "granted_on": "2026-01-11",
        "valid_from": "2026-01-12",
        "valid_until": "2029-01-13",
        "authorised_by": "Authorising person",
        "scope": "Scope in words",
        "sites": [{"name": "Site name", "address": "Site address", "economy": "QS"}],
        "body_reference": "Body reference",
        "remarks": "Remarks in words",
        "measurements": [
            {"metric": "Metric name", "value": {"amount": "31415926", "unit": "Metric unit"}, "method": "Method name"},
        ],
    }))
    .unwrap()
}

fn body() -> BodyRecord {
    serde_json::from_value(json!({
        "id": "xa-lab",
        "display_name": "Body name of today",
        "economy": "QB",
        "roles": ["certification_body"],
        "website": "https://website.example.org",
        "did": "did:web:did.example.org",
        "accreditation_number": "Accreditation number",
    }))
    .unwrap()
}

fn answered(number: &CertificateNumber) -> Answered {
    let suspended = Finding::new("suspended", "").with("since", "2026-02-14").with("reason", "nonconformity");
    let contested = Finding::new("contested", "").with("dispute", "disputes/one").with("since", "2026-02-15");
    let verdict = Verdict {
        outcome: Overall::Refused,
        authentic: Part::because(Outcome::Yes, Finding::new("logged", "")),
        in_force: Part::new(Outcome::No, vec![suspended, contested]),
        covers_goods: Part::not_asked(),
        recognised: Part::not_asked(),
        number: Some(number.clone()),
        body: None,
        standing: Some(Standing::Stored(State::Suspended)),
        version: 81,
        day: "2026-03-16".parse().unwrap(),
        revisions: Revisions::default(),
        decision_id: String::new(),
        recognition_decision_id: String::new(),
        checkpoint_time: Micros(1_773_705_720_000_000),
        equivalence_age: None,
        from_memory: false,
        holds: None,
    };
    let facts =
        Facts { issuer: "Issuer name".to_owned(), body: Some(body()), content: Arc::new(content()), is_copied: false };
    Answered { verdict, facts: Some(facts), presented: None }
}

fn page(shows: Shows, language: Language, number: &CertificateNumber) -> String {
    let signer = Arc::new(SigningKey::generate_ed25519());
    let signer = NoteSigner::new(KeyName::new("registry.example.org/log").unwrap(), signer).unwrap();
    let log = LogWriter::reading(signer.key().clone());
    let view = View { base: "", language, shows, log: &log, typed: "" };
    let page = view.answer("/verify", &answered(number));
    page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0.to_owned()
}

/// The texts of the elements with an attribute, which hold nothing but text.
fn marked<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let elements = page.split(attribute).skip(1);
    elements.map(|element| element.split_once('>').unwrap().1.split_once('<').unwrap().0).collect()
}

/// What a reader sees of a page beside those elements.
fn unmarked(page: &str) -> String {
    let mut rest = page.to_owned();
    for attribute in ["data-fact=", "data-entry=", "data-told"] {
        let mut parts = rest.split(attribute);
        let first = parts.next().unwrap_or_default().to_owned();
        // The beginning of the element is left open, and closed by what follows its end.
        rest = parts.fold(first, |rest, part| rest + part.split_once('<').unwrap().1);
    }
    rest.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ")
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.trim_start_matches("schemes/").to_owned()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn number() -> CertificateNumber {
    let number = Checked::generate(greenlane_credential::Prefix::new("XA").unwrap());
    CertificateNumber::trusted(number.as_str())
}

#[test]
fn no_fact_of_a_certificate_is_shown_unmarked() {
    let number = number();
    let grouped = Checked::parse(number.as_str()).unwrap().grouped();
    let mut facts = texts(&serde_json::to_value(content()).unwrap());
    facts.extend(texts(&serde_json::to_value(body()).unwrap()));
    let others = [
        "Issuer name",
        "2026-02-14",
        "2026-02-15",
        "81",
        number.as_str(),
        grouped.as_str(),
        "nonconformity",
        "2026-03-17",
    ];
    facts.extend(others.map(str::to_owned));
    for language in [Language::English, Language::Chinese] {
        for shows in [Shows::Validity, Shows::Directory, Shows::Documents] {
            let page = page(shows, language, &number);
            let beside = unmarked(&page);
            let loose: Vec<&String> = facts.iter().filter(|fact| beside.contains(fact.as_str())).collect();
            assert!(loose.is_empty(), "{loose:?} in {beside}");
            assert!(beside.contains(language.pick("What is certified", "认证内容")), "{beside}");
        }
    }
}

#[test]
fn the_document_is_said_to_state_what_it_states_and_nothing_else() {
    let page = page(Shows::Directory, Language::English, &number());
    for (name, expected) in [
        ("issuer", "Issuer name"),
        ("holder", "Holder name"),
        ("holder-economy", "QH"),
        ("scheme", "scheme-name"),
        ("level", "Scheme level"),
        ("standards", "Standard one, Standard two"),
        ("valid-from", "2026-01-12"),
        ("valid-until", "2029-01-13"),
        ("version", "81"),
        ("more", "2"),
    ] {
        assert_eq!(marked(&page, &format!("data-fact=\"{name}\"")), [expected], "{name}");
    }
    for name in ["product", "model", "gtin"] {
        assert_eq!(marked(&page, &format!("data-fact=\"{name}\"")).len(), PRODUCTS, "{name}");
    }
    assert_eq!(marked(&page, "data-entry=\"since\""), ["2026-02-14"]);
    assert_eq!(marked(&page, "data-entry=\"reason\""), ["nonconformity"]);
    let (above, told) = page.split_once("<section id=\"told\"").unwrap();
    assert_eq!(marked(told, "data-told"), ["QB", "Body name of today", "2026-03-17 00:02 UTC"]);
    assert_eq!(marked(above, "data-told"), ["2026-02-15"], "of a dispute");
    assert!(above.contains("the registry’s word, not proved here"), "{above}");
}
