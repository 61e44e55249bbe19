//! The documents against the published UNTP 0.7.0 schema.

mod validator;

use std::path::PathBuf;

use greenlane_credential::{
    Accreditation, AssessmentLevel, Certificate, CertifiedProduct, Code, ConfidentialField, Facts, Holder, Issuer,
    MIN_ENTRIES, Measurement, NormativeDocument, ProductIdentification, Quantity, Scheme, Sealed, StatusEntry,
    StatusList, StatusListCredential, StatusPurpose, payload,
};
use greenlane_jose::{SigningKey, b64};
use serde_json::{Value, json};
use validator::violations;

fn folder() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("GREENLANE_TEST_DATA") else {
        let required = std::env::var("GREENLANE_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("data"), "GREENLANE_TEST_DATA is not set");
        #[expect(clippy::print_stderr, reason = "says why a test did nothing")]
        {
            eprintln!("skipped: GREENLANE_TEST_DATA is not set");
        }
        return None;
    };
    Some(PathBuf::from(folder).join("untp"))
}

fn json_file(path: PathBuf) -> Value {
    let text = std::fs::read(path).expect("the UNTP files are in the data folder");
    serde_json::from_slice(&text).expect("they are JSON")
}

fn certificate(everything: bool) -> Certificate {
    let date = |text: &str| text.parse().expect("a date");
    let accreditation = Accreditation {
        name: "ISO/IEC 17065, PV modules".to_owned(),
        authority_id: "https://accreditation.example.org".to_owned(),
        authority_name: "Example Accreditation Body".to_owned(),
        level: AssessmentLevel::AuthorityGlobalMra,
    };
    let measurement = Measurement {
        metric: "Maximum power loss".to_owned(),
        value: Quantity { amount: "2.1".to_owned(), unit: "P1".to_owned() },
        method: String::new(),
    };
    Certificate {
        registry: "https://registry.example.org".to_owned(),
        number: "GLXA2ABCDEFGHJKM3W".to_owned(),
        version: 1,
        issuer: Issuer {
            did: "did:web:registry.example.org:bodies:cb01".to_owned(),
            name: "Example Certification Body".to_owned(),
            body: "bodies/cb01".to_owned(),
            accreditation: everything.then_some(accreditation),
        },
        status: everything.then(|| StatusEntry {
            index: 94_567,
            suspension: "https://registry.example.org/status/cb01/1/suspension".to_owned(),
            revocation: "https://registry.example.org/status/cb01/1/revocation".to_owned(),
        }),
        facts: Facts {
            holder: Holder { name: "Example Solar".to_owned(), economy: "XA".to_owned(), ..Default::default() },
            products: vec![CertifiedProduct {
                name: "EX-600 module".to_owned(),
                identification: ProductIdentification {
                    gtin: if everything { "9506000134352".to_owned() } else { String::new() },
                    model: "EX-600".to_owned(),
                    ..Default::default()
                },
                codes: vec![Code { edition: "HS2022".to_owned(), code: "854143".to_owned() }],
                ..Default::default()
            }],
            scheme: Scheme {
                scheme: "schemes/pv-type5".to_owned(),
                level: if everything { "A".to_owned() } else { String::new() },
            },
            normative_documents: vec![NormativeDocument {
                edition: "IEC 61215-1:2021".to_owned(),
                part: String::new(),
            }],
            granted_on: date("2026-11-20"),
            valid_from: date("2026-11-23"),
            valid_until: date("2031-11-22"),
            authorised_by: "Head of certification".to_owned(),
            scope: "Crystalline silicon PV modules".to_owned(),
            sites: Vec::new(),
            body_reference: String::new(),
            remarks: String::new(),
            measurements: if everything { vec![measurement] } else { Vec::new() },
        },
        sealed: Sealed::default(),
    }
}

#[test]
fn documents_validate_against_the_published_schema() {
    let Some(folder) = folder() else { return };
    let schema = json_file(folder.join("v0.7.0/schema/ConformityCredential.json"));
    for (everything, sealed) in [(false, false), (true, false), (true, true)] {
        let mut certificate = certificate(everything);
        if sealed {
            certificate.sealed = Sealed::new(&certificate.facts, ConfidentialField::ALL).0;
            assert!(!certificate.sealed.is_empty());
        }
        let payload = payload(&certificate).expect("the certificate can be written");
        let document = serde_json::from_slice(&payload).expect("it is JSON");
        assert_eq!(violations(&schema, &document), [] as [String; 0], "everything: {everything}, sealed: {sealed}");
    }
}

#[test]
fn status_lists_validate_against_the_schema_of_credentials() {
    let Some(folder) = folder() else { return };
    let schema = json_file(folder.join("w3c/verifiable-credential-schema.json"));
    let key = SigningKey::generate_ed25519();
    for purpose in StatusPurpose::ALL {
        let list = StatusListCredential {
            id: format!("https://registry.example.org/status/cb01/1/{}", purpose.as_str()),
            issuer: "did:web:registry.example.org".to_owned(),
            purpose,
            list: StatusList::new(MIN_ENTRIES).expect("the least size"),
            valid_from: "2026-11-23T00:00:00Z".parse().expect("a time"),
            valid_until: "2026-11-24T00:00:00Z".parse().expect("a time"),
            ttl_ms: 60_000,
        };
        let text = list.sign(&key, "did:web:registry.example.org#log").expect("the key signs");
        let payload = b64::decode(text.split('.').nth(1).expect("a payload")).expect("base64url");
        let document: Value = serde_json::from_slice(&payload).expect("it is JSON");
        assert_eq!(violations(&schema, &document), [] as [String; 0]);
        let mut broken = document;
        broken["validFrom"] = json!(1);
        assert!(!violations(&schema, &broken).is_empty());
    }
}

#[test]
fn the_validator_accepts_the_published_samples_and_refuses_broken_ones() {
    let Some(folder) = folder() else { return };
    let schema = json_file(folder.join("v0.7.0/schema/ConformityCredential.json"));
    for sample in ["", "_battery", "_smelter"] {
        let path = folder.join(format!("v0.7.0/samples/dcc/ConformityCredential{sample}_instance.json"));
        assert_eq!(violations(&schema, &json_file(path)), [] as [String; 0], "{sample}");
    }
    let good = json_file(folder.join("example-dcc-pv.json"));
    assert!(violations(&schema, &good).is_empty());
    for (pointer, wrong) in [
        ("/@context/0", json!("https://www.w3.org/2018/credentials/v1")),
        ("/type/0", json!("DigitalProductPassport")),
        ("/id", json!("not a uri")),
        ("/issuer", json!({"id": "did:web:a"})),
        ("/validFrom", json!("2026-11-23")),
        ("/credentialStatus/statusListIndex", json!("94567")),
        ("/credentialStatus/statusListIndex", json!(-1)),
        ("/credentialSubject/assessorLevel", json!("4thParty")),
        ("/credentialSubject/conformityAssessment/0/assessmentDate", json!("20 November")),
        ("/credentialSubject/conformityAssessment/0/conformance", json!("yes")),
        ("/credentialSubject/conformityAssessment/0/assessedPerformance/0/measure/value", json!("2.1")),
        (
            "/credentialSubject/conformityAssessment/0/assessedPerformance/0",
            json!({"measure": {"value": 1, "unit": "P1"}}),
        ),
        ("/credentialSubject/conformityAssessment/0/conformityTopic/0", json!({"id": "https://a", "x": 1})),
    ] {
        let mut broken = good.clone();
        *broken.pointer_mut(pointer).expect(pointer) = wrong;
        assert!(!violations(&schema, &broken).is_empty(), "{pointer}");
    }
}
