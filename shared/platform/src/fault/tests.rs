use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tracing_subscriber::fmt::MakeWriter;

use super::{ErrorReason, Fault, FieldViolation};

const SECOND: Duration = Duration::from_secs(1);

/// One fault of every reason, with the code and the metadata keys that the contract names beside it.
fn catalogue() -> Vec<(Fault, Code, &'static [&'static str])> {
    vec![
        (Fault::invalid("name", "is required"), Code::InvalidArgument, &[]),
        (Fault::token_missing(), Code::Unauthenticated, &[]),
        (Fault::token_invalid("it is malformed"), Code::Unauthenticated, &["detail"]),
        (Fault::token_expired("it is expired"), Code::Unauthenticated, &["detail"]),
        (Fault::scope_missing("/a.B/C", "verify"), Code::PermissionDenied, &["method", "scope"]),
        (Fault::not_yours("body", "bodies/x"), Code::PermissionDenied, &["claim", "required"]),
        (Fault::no_rule("/a.B/C"), Code::PermissionDenied, &["method"]),
        (Fault::not_found("bodies/x"), Code::NotFound, &["resource"]),
        (Fault::already_exists("bodies/x"), Code::AlreadyExists, &["resource"]),
        (Fault::declaration_taken("writeOffs/4", "26XB1/1"), Code::AlreadyExists, &["declaration", "resource"]),
        (
            Fault::state_conflict("certificates/x", "withdrawn", "suspend"),
            Code::FailedPrecondition,
            &["resource", "state", "step"],
        ),
        (Fault::etag_mismatch("bodies/x", "7"), Code::Aborted, &["resource", "etag"]),
        (Fault::request_id_reused("r1"), Code::AlreadyExists, &["request_id"]),
        (Fault::revision_not_reached(9, 7), Code::FailedPrecondition, &["required_revision", "revision"]),
        (Fault::revision_compacted(3, 7), Code::OutOfRange, &["revision", "oldest_revision"]),
        (Fault::overloaded("database", SECOND), Code::ResourceExhausted, &["limit"]),
        (Fault::write_queue_full(SECOND), Code::ResourceExhausted, &["limit"]),
        (Fault::deadline_too_short(), Code::DeadlineExceeded, &[]),
        (Fault::not_serving(SECOND, "draining"), Code::Unavailable, &[]),
        (Fault::dependency_unavailable("equivalence", "refused"), Code::Unavailable, &["dependency"]),
        (Fault::not_implemented("/a.B/C"), Code::Unimplemented, &["method"]),
        (Fault::internal("the disk is full"), Code::Internal, &[]),
        (Fault::message_too_large(), Code::OutOfRange, &[]),
        (Fault::page_token_invalid(), Code::InvalidArgument, &[]),
        (Fault::four_eyes("changeSets/1", "alice"), Code::FailedPrecondition, &["change_set", "subject"]),
        (Fault::key_refused("small order"), Code::InvalidArgument, &["detail"]),
        (Fault::no_signing_key("bodies/x"), Code::FailedPrecondition, &["body"]),
        (Fault::no_key_of_service("equivalence", "packs"), Code::FailedPrecondition, &["service"]),
        (Fault::log_inconsistent("root differs"), Code::FailedPrecondition, &[]),
        (Fault::reader_too_slow(41), Code::ResourceExhausted, &["resume_revision"]),
        (
            Fault::quantity_exceeded("certificates/x", "40", "C62"),
            Code::FailedPrecondition,
            &["resource", "left", "unit"],
        ),
        (Fault::serials_taken("certificates/x", "A1", "A2"), Code::FailedPrecondition, &["resource", "first", "last"]),
        (Fault::not_witnessed(SECOND, 7, 1, 2), Code::Unavailable, &["index", "cosigned", "wanted"]),
        (Fault::role_forbids("/a.B/C", "verifier"), Code::PermissionDenied, &["method", "role"]),
    ]
}

#[test]
fn every_reason_of_the_contract_has_a_constructor() {
    let made: BTreeSet<_> = catalogue().iter().map(|(fault, ..)| fault.reason() as i32).collect();
    let promised: BTreeSet<_> = (1..200).filter(|number| ErrorReason::try_from(*number).is_ok()).collect();
    assert_eq!(made, promised);
}

#[test]
fn every_reason_travels_with_its_code_and_metadata_and_is_read_back() {
    for (fault, code, keys) in catalogue() {
        let reason = fault.reason();
        let (violations, retry) = (fault.violations().to_vec(), fault.retry_after());
        let status = Status::from(fault);
        assert_eq!(status.code(), code, "{reason:?}");
        assert_eq!(Fault::reason_of(&status), Some(reason));
        let metadata = Fault::metadata_of(&status);
        let sent: BTreeSet<_> = metadata.keys().map(String::as_str).collect();
        assert_eq!(sent, keys.iter().copied().collect(), "{reason:?}");
        assert_eq!(Fault::violations_of(&status), violations);
        assert_eq!(Fault::retry_after_of(&status), retry);
        let info = status.get_details_error_info().unwrap();
        assert_eq!(info.domain, "greenlane");
        assert!(!info.reason.starts_with("ERROR_REASON"), "{}", info.reason);
    }
}

#[test]
fn what_says_try_again_says_when() {
    for (fault, code, _) in catalogue() {
        use ErrorReason as R;
        if matches!(fault.reason(), R::Overloaded | R::WriteQueueFull | R::NotServing | R::NotWitnessed) {
            assert_eq!(Fault::retry_after_of(&Status::from(fault)), Some(SECOND), "{code:?}");
        }
    }
}

#[test]
fn a_request_id_travels_as_request_info() {
    let status = Status::from(Fault::request_id_reused("r1"));
    assert_eq!(Fault::request_id_of(&status).as_deref(), Some("r1"));
    assert_eq!(Fault::request_id_of(&Status::from(Fault::token_missing())), None);
}

#[test]
fn statuses_of_others_have_no_reason() {
    assert_eq!(Fault::reason_of(&Status::internal("x")), None);
    let details =
        tonic_types::ErrorDetails::with_error_info("TOKEN_MISSING", "example.org", std::collections::HashMap::new());
    let other = Status::with_error_details(Code::Internal, "x", details);
    assert_eq!(Fault::reason_of(&other), None);
    assert!(Fault::metadata_of(&other).is_empty());
    let unknown =
        tonic_types::ErrorDetails::with_error_info("FROM_THE_FUTURE", "greenlane", std::collections::HashMap::new());
    assert_eq!(Fault::reason_of(&Status::with_error_details(Code::Internal, "x", unknown)), None);
}

fn header_bytes(status: &Status) -> usize {
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(status.details()).len()
}

#[test]
fn details_stay_below_four_kibibytes_and_say_what_was_left_out() {
    let violations =
        (0..5_000).map(|index| FieldViolation::new(format!("products[{index}].gtin"), "has a wrong check digit"));
    let status = Status::from(Fault::field_violations(violations));
    assert!(header_bytes(&status) < 4_096, "{}", header_bytes(&status));
    let named = Fault::violations_of(&status);
    assert!(named.len() > 30, "only {} named", named.len());
    let omitted: usize = Fault::metadata_of(&status)["violations_omitted"].parse().unwrap();
    assert_eq!(named.len() + omitted, 5_000);
    assert!(status.message().contains(&format!("{omitted} more")));
    assert_eq!(named[0].field, "products[0].gtin");
}

#[test]
fn nothing_that_a_caller_chose_can_make_the_details_too_large() {
    let huge = "漢".repeat(100_000);
    for fault in [
        Fault::not_found(huge.clone()),
        Fault::invalid(huge.clone(), huge.clone()),
        Fault::internal("x").with_metadata("a", huge.clone()).with_metadata("b", huge.clone()),
        (0..50).fold(Fault::token_missing(), |fault, n| fault.with_metadata(format!("key_{n}"), huge.clone())),
        Fault::request_id_reused(huge.clone()),
        Fault::field_violations((0..100).map(|_| FieldViolation::new(huge.clone(), huge.clone()))),
    ] {
        let reason = fault.reason();
        let status = Status::from(fault);
        assert!(header_bytes(&status) < 4_096, "{reason:?}: {}", header_bytes(&status));
        assert!(status.message().len() < 600);
        assert_eq!(Fault::reason_of(&status), Some(reason));
    }
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn the_operator_text_is_logged_once_and_never_sent() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt().with_writer(captured.clone()).with_ansi(false).finish();
    let status = tracing::subscriber::with_default(subscriber, || {
        Status::from(Fault::internal("constraint heads_pkey violated").with_metadata("a", "b"))
    });
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("constraint heads_pkey violated").count(), 1, "{log}");
    assert!(!status.message().contains("heads_pkey"));
    assert!(!String::from_utf8_lossy(status.details()).contains("heads_pkey"));
}

#[test]
fn an_internal_fault_carries_the_trace_id_by_which_the_operator_finds_it() {
    const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
    let mut headers = http::HeaderMap::new();
    headers.insert("traceparent", format!("00-{TRACE_ID}-b7ad6b7169203331-00").parse().unwrap());
    let (context, _) = crate::telemetry::TraceContext::of_call(&headers, &"/a.B/C".into());
    let status = context.sync_scope(|| Status::from(Fault::internal("x")));
    assert_eq!(Fault::metadata_of(&status)["trace_id"], TRACE_ID);
}
