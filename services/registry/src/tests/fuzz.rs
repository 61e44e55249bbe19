//! Random bytes for what the registry itself reads from strangers.

use greenlane_api::registry::v1 as wire;
use greenlane_fuzz::{fuzz, fuzz_text};
use greenlane_jose::compact::{self, Limits, NewHeader};
use greenlane_jose::{SigningKey, b64};
use greenlane_log::note::{KeyName, NoteSigner};
use greenlane_log::{Checkpoint, empty_root, hash_leaf};

use crate::api::verify::question;
use crate::audit::Auditor;
use crate::domain::epcis::Epcis;
use crate::domain::goods::{Code, gtin};
use crate::domain::names::{BodyId, parse_key_name};
use crate::domain::trace::decimal::Decimal;
use crate::domain::trace::parse_trace_name;
use crate::domain::write_off::amount::Amount;
use crate::domain::write_off::parse_write_off_name;
use crate::offline::Bundle;
use crate::statement::{Stated, Statement};

#[test]
fn no_epcis_event_makes_its_reader_panic() {
    let seeds = [
        r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00.000+02:00","eventTimeZoneOffset":"+02:00",
            "action":"ADD","bizStep":"commissioning",
            "quantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/LOT%2F1","quantity":200,"uom":"C62"}]}"#,
        r#"{"epcisBody":{"eventList":[{"type":"TransformationEvent","eventTime":"2026-05-01T10:00:00Z",
            "bizStep":"urn:epcglobal:cbv:bizstep:shipping",
            "outputEPCList":["urn:epc:id:sgtin:9506000.013435.1","https://id.gs1.org/01/09506000134352/21/2"]}]}}"#,
    ];
    fuzz_text("epcis", seeds, |text| drop(Epcis::parse(text)));
}

#[test]
fn no_code_number_or_name_makes_its_reader_panic() {
    fuzz_text("hs_code", ["HS2022:8541.43", "HS2028:01", "CN-2026:8541 43 00 00"], |text| {
        let (edition, code) = text.split_once(':').unwrap_or((text, text));
        if let (Ok(edition), Ok(digits)) = (Code::edition(edition), Code::digits(edition, code)) {
            assert_eq!(Code::digits(&edition, &digits), Ok(digits.clone()), "what is folded stays so");
            Code { edition, code: digits }.is_of_known_edition();
        }
    });
    fuzz_text("gtin", ["09506000134352", "4012345123456", "95060004"], |text| drop(gtin(text)));
    let names = [
        "bodies/xa-lab",
        "bodies/xa-lab/keys/NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        "writeOffs/12",
        "traceEvents/7",
    ];
    fuzz_text("names", names, |text| {
        let _ = (BodyId::from_name(text), parse_key_name(text));
        let _ = (parse_trace_name(text), parse_write_off_name(text));
    });
    fuzz_text("amount", ["1200.50", "0.000000001", "999999999999999999999999"], |text| {
        let _ = (Decimal::parse(text).map(|number| number.to_string()), Amount::certified(text).to_string());
        if let Ok(amount) = Amount::parse(text) {
            assert_eq!(Amount::parse(&amount.to_string()), Ok(amount), "it reads back");
        }
    });
}

#[test]
fn no_text_of_a_qr_code_makes_the_question_panic() {
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let seeds = [
        "https://registry.example.org/certificates/GLXA3SYN1QGCHR4WSJ?x#y",
        "GLXA-3SYN-1QGC-HR4W-SJ",
        "GL1:6BFOXN*TS0BI$ZD.P9UOL97O4-2HH77HRM3DSPTRFR/9.",
        "eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.e30.AAAA",
    ];
    fuzz_text("qr_text", seeds, |text| {
        let subject = Some(wire::verify_request::Subject::QrText(text.to_owned()));
        drop(question(wire::VerifyRequest { subject, ..wire::VerifyRequest::default() }, now, ""));
    });
}

#[test]
fn no_entry_makes_the_auditor_panic_and_none_that_it_refuses_is_counted() {
    let entries = [
        r#"{"body":"bodies/xa-lab","event":"body.create","form":1,"record_sha256":"00","recorded_at":"2026-06-01T12:00:00.000000Z"}"#,
        r#"{"body":"bodies/xa-lab","certificate":"certificates/GLX","document_sha256":"ab","effective_at":"2026-06-01T12:02:00.000000Z","event":"certificate.grant","form":1,"key":"bodies/xa-lab/keys/k","reason":"ordinary","recorded_at":"2026-06-01T12:02:00.000000Z","version":1}"#,
        r#"{"economy":"XB","event":"write_off.use","form":1,"record_sha256":"00","recorded_at":"2026-06-01T12:03:00.000000Z","write_off":"writeOffs/1"}"#,
    ];
    fuzz("log_entry", entries, |bytes| {
        let mut auditor = Auditor::new();
        auditor.read(entries[0].as_bytes()).unwrap();
        let read = auditor.read(bytes);
        assert_eq!(auditor.size(), 1 + u64::from(read.is_ok()));
        let _ = hash_leaf(bytes);
    });
}

#[test]
fn no_trust_bundle_makes_its_reader_panic() {
    use std::io::Write as _;
    let lines = concat!(
        r#"{"header":{"form":1,"origin":"example.org/log","log_key":"example.org/log+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW","revision":1,"checkpoint":"x","checkpoint_at":"2026-06-01T12:00:00Z","made_at":"2026-06-01T12:00:00Z","good_until":"2026-06-02T12:00:00Z","bodies":[],"destinations":[],"equivalence_revision":0,"classification_revision":0}}"#,
        "\n",
        r#"{"equivalence":"AAAA"}"#,
        "\n",
        r#"{"signature":"greenlane trust bundle 1\n"}"#,
        "\n"
    );
    let gzip = |text: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap()
    };
    // As it comes, and past the compression.
    fuzz("bundle", [gzip(lines.as_bytes())], |bytes| assert!(Bundle::read(bytes, None).is_err()));
    fuzz("bundle_lines", [lines], |bytes| assert!(Bundle::read(&gzip(bytes), None).is_err()));
}

#[test]
fn no_signed_verdict_makes_its_reader_panic() {
    let name = KeyName::new("registry.example.org/log").unwrap();
    let signer = NoteSigner::new(name, std::sync::Arc::new(SigningKey::generate_ed25519())).unwrap();
    let checkpoint = Checkpoint::new("registry.example.org/log", 9, empty_root()).sign(&signer).unwrap().to_text();
    let verdict = wire::Verdict {
        outcome: wire::VerdictOutcome::Refused.into(),
        in_force: Some(wire::VerdictPart { outcome: wire::PartOutcome::No.into(), findings: Vec::new() }),
        certificate: "certificates/GLXA4HP9Z1PPYMB35F".to_owned(),
        revisions: Some(greenlane_api::common::v1::Revisions { registry: 7, equivalence: 3, classification: 0 }),
        freshness: Some(wire::Freshness {
            checkpoint_time: Some(prost_types::Timestamp { seconds: 1_780_000_000, nanos: 5_000 }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let stated = Stated {
        issuer: "did:web:registry.example.org",
        signed_at: "2026-06-01T12:00:00Z".parse().unwrap(),
        question: serde_json::json!({"certificate": "certificates/GLXA4HP9Z1PPYMB35F", "date": "2026-06-01"}),
        verdict: &verdict,
        checkpoint: &checkpoint,
    };
    let signed = stated.sign(signer.signer()).unwrap();
    assert!(Statement::open(&signed, signer.key()).is_ok());
    fuzz_text("statement", [&signed], |text| {
        if let Ok(read) = Statement::open(text, signer.key()) {
            assert_eq!((read.tree_size, &read.verdict), (9, &verdict), "nothing else was signed");
        }
    });
    // Past the signature: a registry may be wrong, or older or newer than its reader.
    let payload = signed.split('.').nth(1).map(|payload| b64::decode(payload).unwrap());
    let header = compact::parse_strict(signed.as_bytes(), &Limits::DOCUMENT).unwrap().header;
    let header = NewHeader { kid: Some(&header.kid), typ: header.typ.as_deref(), cty: None };
    fuzz("statement_payload", payload, |payload| {
        let text = compact::sign(signer.signer(), header, payload).unwrap();
        drop(Statement::open(&text, signer.key()));
    });
}
