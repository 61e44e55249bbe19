//! Errors that no handler made: what tonic answers by itself gets its reason, what the server cuts off says why.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::{Code, Status};

use super::slot::Expiry;
use crate::fault::{Fault, LIMIT};

/// The metadata key under which every error carries the trace id, for a caller to quote.
pub const TRACE_ID: HeaderName = HeaderName::from_static("greenlane-trace-id");

/// The status of a call that the server ends.
pub(super) fn expired(why: Expiry) -> Status {
    fault(why).into()
}

/// Why the server ends a call. What it does to every stream sooner or later is no news to its operator.
fn fault(why: Expiry) -> Fault {
    match why {
        Expiry::Deadline => Fault::deadline_too_short(),
        Expiry::Idle => Fault::deadline_too_short()
            .with_message("nothing moved on this call for too long: call again, and resume where it can be"),
        Expiry::Age => Fault::not_serving(Duration::ZERO, "a stream reached its greatest age")
            .with_message(
                "this stream has reached its greatest age, or its token has ended: open it again, and resume where it \
                 can be",
            )
            .expected(),
        Expiry::Drain => Fault::not_serving(Duration::from_millis(100), "a stream ended because the server drains")
            .with_message("this server is going away: open the stream again, and resume where it can be")
            .expected(),
    }
}

/// The gRPC code that a header or trailer block carries, none when it carries no status.
pub(super) fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|value| Code::from_bytes(value.as_bytes()))
}

/// The limit for which a call was refused, if that is why it ended.
pub(super) fn limit(code: Code, headers: &HeaderMap) -> Option<String> {
    if code != Code::ResourceExhausted {
        return None;
    }
    Fault::metadata_of(&Status::from_header_map(headers)?).remove(LIMIT)
}

/// Completes an error that leaves the server: the reason when tonic made it, and the trace id.
pub(super) fn decorate(headers: &mut HeaderMap, path: &str, trace_id: Option<HeaderValue>) {
    match code(headers) {
        None | Some(Code::Ok) => return,
        Some(code) if !headers.contains_key(Status::GRPC_STATUS_DETAILS) => {
            let fault = Status::from_header_map(headers).and_then(|status| of_tonic(code, status.message(), path));
            if let Some(fault) = fault {
                headers.remove(Status::GRPC_MESSAGE);
                // A status that cannot be written as headers leaves tonic's own in place.
                let _ = Status::from(fault).add_header(headers);
            }
        }
        Some(_) => {}
    }
    if let Some(trace_id) = trace_id {
        headers.insert(TRACE_ID, trace_id);
    }
}

/// How tonic's texts begin where a request's bytes are no message.
const UNREADABLE: [&str; 5] = [
    "failed to decode Protobuf message",
    "Error decompressing",
    "protocol error",
    "Unexpected EOF",
    "Missing request message",
];

/// The fault behind a status that tonic's own code answers, known by its text (tonic has no other mark).
fn of_tonic(code: Code, message: &str, path: &str) -> Option<Fault> {
    match code {
        Code::OutOfRange if message.contains("message length too large") => {
            Some(Fault::message_too_large().with_operator_text(message))
        }
        // tonic says RESOURCE_EXHAUSTED of a message that is too large only once it is unpacked; the contract has one
        // code for both.
        Code::ResourceExhausted if message.contains("exceeded while decompressing") => {
            Some(Fault::message_too_large().with_operator_text(message))
        }
        Code::Internal if UNREADABLE.iter().any(|text| message.starts_with(text)) => {
            // tonic's own words for the direction are a client's, and it adds them to some of its texts only.
            let cause = message.trim_end_matches(" while sending request").trim_end_matches(',');
            let text = format!("the message cannot be read: {cause}");
            Some(Fault::invalid("", text.clone()).with_message(text))
        }
        Code::Unimplemented if message.is_empty() || message == "Not yet implemented" => {
            Some(Fault::not_implemented(path))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_a_stream_ends_as_every_stream_does_is_no_warning() {
        for why in [Expiry::Drain, Expiry::Age] {
            let fault = fault(why);
            assert!(fault.operator_text().is_none() && fault.message().contains("open"), "{fault:?}");
        }
        assert!(Fault::not_serving(Duration::ZERO, "the database is away").operator_text().is_some());
    }
}
