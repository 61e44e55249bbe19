//! Refusals of calls that were let in: what a handler denies, and mutations that it does not do.

use std::sync::Arc;

use http::HeaderMap;
use tonic::{Code, Status};

use super::{AuditRecord, AuditSink, Origin, Outcome};
use crate::clock::Clock;
use crate::fault::{ErrorReason, Fault};

/// What records how a call ended, when that belongs into the audit trail. The authentication layer puts it into the
/// response's extensions; the server asks it when the status is known, which a stream's is at its end only.
#[derive(Clone)]
pub(crate) struct Watch {
    pub(crate) origin: Arc<Origin>,
    pub(crate) sink: Arc<dyn AuditSink>,
    pub(crate) clock: Clock,
}

impl Watch {
    /// Records the status in these headers or trailers, unless it is none that the trail keeps.
    pub(crate) fn ended(&self, headers: &HeaderMap, mutation: bool, trace_id: &str) {
        let Some(status) = Status::from_header_map(headers) else { return };
        let reason = Fault::reason_of(&status);
        let Some(outcome) = outcome(status.code(), reason, mutation) else { return };
        let mut record = AuditRecord::new(self.clock.now(), &self.origin, outcome)
            .with_resource(resource(&status))
            .with_request_id(self.origin.request_id());
        if let Some(reason) = reason {
            record = record.with_reason(reason);
        }
        trace_id.clone_into(&mut record.trace_id);
        self.sink.record(record);
    }
}

/// Who is denied is recorded whatever was asked for; any other failure, when it is a mutation's. Not what is to be
/// tried again (overload, an outage, a deadline): nothing was decided, and more writes are the last thing then needed.
fn outcome(code: Code, reason: Option<ErrorReason>, mutation: bool) -> Option<Outcome> {
    match code {
        Code::PermissionDenied | Code::Unauthenticated => Some(Outcome::Refused),
        Code::FailedPrecondition if reason == Some(ErrorReason::FourEyes) => Some(Outcome::Refused),
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange => mutation.then_some(Outcome::Refused),
        Code::Internal | Code::Unknown | Code::DataLoss => mutation.then_some(Outcome::Failed),
        Code::Ok
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Unavailable
        | Code::Unimplemented => None,
    }
}

/// What was acted on, by the metadata that the contract puts beside the reasons; or else the body whose it is.
fn resource(status: &Status) -> String {
    let mut metadata = Fault::metadata_of(status);
    let named = ["resource", "change_set"].iter().find_map(|key| metadata.remove(*key));
    let owner = || metadata.remove("required").filter(|required| required.starts_with("bodies/"));
    named.or_else(owner).unwrap_or_default()
}
