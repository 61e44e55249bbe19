//! The exported documents against the published UNTP 0.7.0 schemas.

#[path = "../../../shared/credential/tests/validator/mod.rs"]
mod validator;

use std::path::PathBuf;

use greenlane_equivalence::domain::Catalogue;
use greenlane_equivalence::domain::entry::Entry;
use greenlane_equivalence::domain::key::{DesignationKey, SchemeKey};
use greenlane_equivalence::domain::untp::Exporter;
use serde_json::{Value, json};
use validator::violations;

fn schema(name: &str) -> Option<Value> {
    let Some(folder) = std::env::var_os("GREENLANE_TEST_DATA") else {
        let required = std::env::var("GREENLANE_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("data"), "GREENLANE_TEST_DATA is not set");
        #[expect(clippy::print_stderr, reason = "says why a test did nothing")]
        {
            eprintln!("skipped: GREENLANE_TEST_DATA is not set");
        }
        return None;
    };
    let path = PathBuf::from(folder).join("untp/v0.7.0/schema").join(name);
    let text = std::fs::read(path).expect("the UNTP files are in the data folder");
    Some(serde_json::from_slice(&text).expect("they are JSON"))
}

fn catalogue() -> Catalogue {
    let entries = json!([
        { "economy": { "name": "XA" } },
        { "economy": { "name": "XB" } },
        { "body": { "name": "bodies/owner", "display_name": "An owner", "economy": "XA" } },
        { "scheme": { "name": "schemes/one", "display_names": [{ "language": "en", "text": "One" }], "owner": "bodies/owner",
            "kind": "ENVIRONMENTAL_LABEL", "standards": ["standards/a"], "source": { "uri": "https://example.org/one" } } },
        { "standard": { "name": "standards/a", "designation": "A:2020" } },
        { "requirement": { "name": "requirements/law", "market": "XB", "mandatory": true,
            "acceptances": [{ "target": { "name": "schemes/one" } }], "validity": { "from": "2020-01-01" } } },
        { "arrangement": { "name": "arrangements/m", "in_force_from": "2018-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } },
        { "annex": { "name": "annexes/a", "arrangement": "arrangements/m", "validity": { "from": "2020-01-01" } } },
        { "designation": { "name": "designations/d", "body": "bodies/owner", "authority": "bodies/owner",
            "annex": "annexes/a", "validity": { "from": "2020-01-01", "until": "2027-01-01" } } },
    ]);
    let entries: Vec<Entry> = serde_json::from_value(entries).expect("entries");
    Catalogue::new(7, entries)
}

#[test]
fn what_is_exported_is_what_the_schemas_want() {
    let catalogue = catalogue();
    let date = "2026-01-01".parse().expect("a date");
    let exporter = Exporter { catalogue: &catalogue, base: "https://equivalence.example.org", date };
    if let Some(schema) = schema("ConformityScheme.json") {
        let key = SchemeKey::parse("one").expect("a key");
        let mut document = exporter.conformity_scheme(&key).expect("it is known");
        assert_eq!(document["endorsementLevel"], "endorsed_mandate");
        assert_eq!(violations(&schema, &document), [""; 0]);
        // The validator does find what is wrong.
        document.as_object_mut().expect("an object").remove("owner");
        assert_eq!(violations(&schema, &document).len(), 1);
    }
    if let Some(schema) = schema("DigitalIdentityAnchor.json") {
        let key = DesignationKey::parse("d").expect("a key");
        let document = exporter.identity_anchor(&key, "did:web:authority.example.org", "did:web:cab.example.org");
        let mut document = document.expect("it is in force");
        assert_eq!(violations(&schema, &document), [""; 0]);
        document["credentialSubject"]["registerType"] = "club".into();
        assert_eq!(violations(&schema, &document).len(), 1);
    }
}
