//! The end of a call: counted once, with its duration and status; what it held is given back.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, HeaderValue};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, UpDownCounter};
use tonic::Code;
use tracing::Span;

use super::errors;
use super::routes::Method;
use super::share::Place;
use crate::audit::Watch;
use crate::telemetry::{DURATION_BOUNDARIES_SECONDS, TraceContext, code_name};

/// The server's instruments, named by OpenTelemetry's semantic conventions for RPC.
#[derive(Debug)]
pub(super) struct ServerMetrics {
    duration: Histogram<f64>,
    /// Calls and connections refused because a limit was reached.
    pub(super) refused: opentelemetry::metrics::Counter<u64>,
    /// Connections open.
    pub(super) connections: UpDownCounter<i64>,
}

impl ServerMetrics {
    /// Instruments of the process's meter.
    pub(super) fn new() -> Self {
        let meter = opentelemetry::global::meter("greenlane.server");
        Self {
            duration: meter
                .f64_histogram("rpc.server.call.duration")
                .with_unit("s")
                .with_description("How long calls took, by method and status.")
                .with_boundaries(DURATION_BOUNDARIES_SECONDS.to_vec())
                .build(),
            refused: meter
                .u64_counter("greenlane.server.overloaded")
                .with_description("Calls and connections refused because a limit was reached.")
                .build(),
            connections: meter
                .i64_up_down_counter("greenlane.server.connections")
                .with_description("Connections open.")
                .build(),
        }
    }
}

/// What is due when a call ends. Dropped without a status, it was cancelled.
pub(super) struct Finish {
    pub(super) metrics: Arc<ServerMetrics>,
    pub(super) method: Arc<Method>,
    pub(super) started: Instant,
    pub(super) trace: TraceContext,
    pub(super) span: Span,
    pub(super) place: Option<Place>,
    /// Present when the call was let in.
    pub(super) audit: Option<Watch>,
    pub(super) counted: bool,
}

impl Finish {
    /// Ends the call with the status in these headers or trailers, and completes an error there.
    pub(super) fn with_status(mut self, headers: &mut HeaderMap) {
        let code = errors::code(headers).unwrap_or(Code::Unknown);
        if code != Code::Ok {
            let trace_id = HeaderValue::try_from(self.trace.trace_id()).ok();
            errors::decorate(headers, &self.method.path, trace_id);
            if let Some(audit) = &self.audit {
                audit.ended(headers, self.method.mutation, &self.trace.trace_id());
            }
        }
        // What tonic says of a message it cannot read is corrected above.
        let code = if code == Code::Ok { code } else { errors::code(headers).unwrap_or(code) };
        if let Some(limit) = errors::limit(code, headers) {
            self.metrics.refused.add(1, &[KeyValue::new("limit", limit)]);
        }
        self.count(code);
    }

    fn count(&mut self, code: Code) {
        self.counted = true;
        self.place = None;
        let seconds = self.started.elapsed().as_secs_f64();
        if code == Code::Ok {
            self.metrics.duration.record(seconds, &self.method.ok_attributes);
        } else {
            let [system, method, _] = &self.method.ok_attributes;
            let status = KeyValue::new("rpc.response.status_code", code_name(code));
            // The last is of failures alone: what the rules refuse is an answer.
            let error = KeyValue::new("error.type", code_name(code));
            let attributes = [system.clone(), method.clone(), status, error];
            let told = attributes.len() - usize::from(!is_failure(code));
            self.metrics.duration.record(seconds, &attributes[..told]);
        }
        if !self.span.is_none() {
            // Inside of it, since a span's end is the moment when it was left last.
            self.span.in_scope(|| {
                self.span.record("rpc.response.status_code", code_name(code));
                if is_failure(code) {
                    self.span.record("otel.status_code", "ERROR");
                    self.span.record("error.type", code_name(code));
                }
            });
        }
    }
}

/// Whether a status is the server's fault, by the semantic conventions for gRPC.
fn is_failure(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

impl Drop for Finish {
    fn drop(&mut self) {
        if !self.counted {
            self.count(Code::Cancelled);
        }
    }
}
