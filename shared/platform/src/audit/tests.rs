use std::sync::Arc;

use chrono::DateTime;
use tonic::Request;

use super::{AuditRecord, AuditSink, MemorySink, Origin, Outcome};
use crate::auth::Caller;
use crate::fault::ErrorReason;

#[test]
fn a_record_says_who_what_when_and_from_where() {
    let mut origin = Origin::new("/a.v1.A/Do", "192.0.2.1:7");
    origin.caller = Some(Arc::new(Caller::new("alice", "https://id.example.org", []).for_body("bodies/x")));
    let mut request = Request::new(());
    request.extensions_mut().insert(Arc::new(origin));
    let record = AuditRecord::new(DateTime::UNIX_EPOCH, &Origin::of(&request), Outcome::Done)
        .with_resource("certificates/GL1")
        .with_request_id("r1")
        .with_reason(ErrorReason::StateConflict);
    let sink = MemorySink::default();
    sink.record(record);
    let text = serde_json::to_value(&sink.records()[0]).unwrap();
    let expected = serde_json::json!({
        "at": "1970-01-01T00:00:00Z", "subject": "alice", "issuer": "https://id.example.org", "body": "bodies/x",
        "economy": "", "method": "/a.v1.A/Do", "resource": "certificates/GL1", "outcome": "done",
        "reason": "STATE_CONFLICT", "request_id": "r1", "trace_id": "", "peer": "192.0.2.1:7", "times": 1,
    });
    assert_eq!(text, expected);
}

#[test]
fn outcomes_are_stored_under_the_names_that_they_serialise_to() {
    for outcome in [Outcome::Done, Outcome::Replayed, Outcome::Validated, Outcome::Refused, Outcome::Failed] {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
    }
}

#[test]
fn a_method_that_nobody_has_cannot_make_records_large() {
    let path = format!("/a.v1.A/{}", "Ж".repeat(10_000));
    let record = AuditRecord::new(DateTime::UNIX_EPOCH, &Origin::new(path.as_str(), ""), Outcome::Refused);
    assert!(record.method.len() <= 256, "{} bytes", record.method.len());
    assert!(record.method.starts_with("/a.v1.A/Ж") && record.method.ends_with('…'));
}
