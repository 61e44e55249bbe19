//! A fault on its way out: the status, its details within their size, and the line in the operator's log.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation as WireViolation, StatusExt};

use super::{ERROR_DOMAIN, ErrorReason, Fault, FieldViolation, Parts, reasons};

/// The most that the encoded details may take. They travel in one header as base64, which makes four bytes of three:
/// this keeps the header below 4 KiB.
const MAX_DETAILS_BYTES: usize = 3_000;
/// The most of the caller's message that is sent; the details repeat it.
const MAX_MESSAGE_BYTES: usize = 512;
/// The most of one value of metadata.
const MAX_METADATA_BYTES: usize = 512;
/// The most of a request id; a good one has 64 at most.
const MAX_REQUEST_ID_BYTES: usize = 80;
/// The most of one violation's description.
const MAX_DESCRIPTION_BYTES: usize = 200;
/// The most of one violation's field path.
const MAX_FIELD_BYTES: usize = 160;

impl From<Fault> for Status {
    fn from(mut fault: Fault) -> Self {
        if fault.reason() == ErrorReason::Internal
            && !fault.0.metadata.contains_key("trace_id")
            && let Some(trace_id) = current_trace_id()
        {
            fault = fault.with_metadata("trace_id", trace_id);
        }
        log(&fault);
        render(*fault.0)
    }
}

/// The trace id of the work at hand, if it has one.
pub(crate) fn current_trace_id() -> Option<String> {
    crate::telemetry::trace_id()
}

fn log(fault: &Fault) {
    let (code, reason) = (fault.code(), reasons::name(fault.reason()));
    // Not `message`: that is the event's own text.
    let answer = fault.message();
    match (fault.operator_text(), code) {
        (text, Code::Internal) => {
            tracing::error!(reason, operator_text = text.unwrap_or_default(), answer, "request failed");
        }
        (Some(operator_text), _) => tracing::warn!(?code, reason, operator_text, answer, "request failed"),
        (None, _) => tracing::debug!(?code, reason, answer, "request refused"),
    }
}

fn render(mut parts: Parts) -> Status {
    let code = reasons::code(parts.reason);
    cut(&mut parts.message, MAX_MESSAGE_BYTES);
    for violation in &mut parts.violations {
        cut(&mut violation.field, MAX_FIELD_BYTES);
        cut(&mut violation.description, MAX_DESCRIPTION_BYTES);
    }
    for value in parts.metadata.values_mut() {
        cut(value, MAX_METADATA_BYTES);
    }
    if let Some(request_id) = &mut parts.request_id {
        cut(request_id, MAX_REQUEST_ID_BYTES);
    }
    // Metadata is promised by the contract, so it goes last: only when it alone is too large.
    while attempt(&parts, code, 0).details().len() > MAX_DETAILS_BYTES {
        let longest = parts.metadata.iter().max_by_key(|(_, value)| value.len()).map(|(key, _)| key.clone());
        match longest {
            Some(key) => parts.metadata.remove(&key),
            None => break,
        };
    }
    let mut kept = may_fit(&parts.violations);
    loop {
        let status = attempt(&parts, code, kept);
        if kept == 0 || status.details().len() <= MAX_DETAILS_BYTES {
            return status;
        }
        kept -= 1;
    }
}

/// How many violations could fit if there were nothing else: where the exact search begins.
fn may_fit(violations: &[FieldViolation]) -> usize {
    let mut bytes = 0;
    violations
        .iter()
        .take_while(|violation| {
            bytes += violation.field.len() + violation.description.len();
            bytes <= MAX_DETAILS_BYTES
        })
        .count()
}

fn attempt(parts: &Parts, code: Code, kept: usize) -> Status {
    let mut details = ErrorDetails::new();
    let mut metadata: HashMap<String, String> = parts.metadata.clone().into_iter().collect();
    let mut message = parts.message.clone();
    let omitted = parts.violations.len() - kept;
    if omitted > 0 {
        metadata.insert("violations_omitted".into(), omitted.to_string());
        message.push_str(&format!(" ({omitted} more are not listed)"));
    }
    details.set_error_info(reasons::name(parts.reason), ERROR_DOMAIN, metadata);
    if kept > 0 {
        let violations: Vec<_> = parts.violations[..kept]
            .iter()
            .map(|violation| WireViolation::new(&violation.field, &violation.description))
            .collect();
        details.set_bad_request(violations);
    }
    if let Some(delay) = parts.retry_after {
        details.set_retry_info(Some(delay));
    }
    if let Some(request_id) = &parts.request_id {
        details.set_request_info(request_id, "");
    }
    Status::with_error_details(code, message, details)
}

/// Cuts a text at a character's boundary and marks the cut.
pub(crate) fn cut(text: &mut String, max_bytes: usize) {
    if text.len() > max_bytes {
        let mut end = max_bytes - '…'.len_utf8();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
}
