//! The client's instruments and spans, named by OpenTelemetry's semantic conventions for RPC.

use std::time::Instant;

use http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tonic::{Code, Status};
use tracing::Span;

use crate::rpc::methods;
use crate::telemetry::{DURATION_BOUNDARIES_SECONDS, code_name};

#[derive(Clone)]
pub(super) struct ClientMetrics {
    duration: Histogram<f64>,
    /// Where calls go.
    address: String,
    port: u16,
}

impl ClientMetrics {
    pub(super) fn new(address: String, port: u16) -> Self {
        let duration = opentelemetry::global::meter("greenlane.client")
            .f64_histogram("rpc.client.call.duration")
            .with_unit("s")
            .with_description("How long calls to other services took, retries included, by method and status.")
            .with_boundaries(DURATION_BOUNDARIES_SECONDS.to_vec())
            .build();
        Self { duration, address, port }
    }

    /// The span of one call.
    pub(super) fn span(&self, method: &str) -> Span {
        tracing::info_span!(
            target: "greenlane::rpc",
            "rpc.client",
            otel.name = method,
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = tracing::field::Empty,
            server.address = self.address,
            server.port = self.port,
            error.type = tracing::field::Empty,
        )
    }
}

/// What is due when a call ends. Dropped without a status, it was cancelled.
pub(super) struct Finish {
    metrics: ClientMetrics,
    pub(super) method: String,
    pub(super) span: Span,
    started: Instant,
    counted: bool,
}

impl Finish {
    pub(super) fn new(metrics: &ClientMetrics, path: &str) -> Self {
        let method = if methods::shape(path).is_some() { path.trim_start_matches('/') } else { "_OTHER" };
        Self {
            metrics: metrics.clone(),
            method: method.to_owned(),
            span: Span::none(),
            started: Instant::now(),
            counted: false,
        }
    }

    /// Ends the call with the status in these headers or trailers.
    pub(super) fn with_headers(self, headers: &mut HeaderMap) {
        let code = headers.get(Status::GRPC_STATUS).map_or(Code::Unknown, |code| Code::from_bytes(code.as_bytes()));
        self.with_code(code);
    }

    /// Ends the call.
    pub(super) fn with_code(mut self, code: Code) {
        self.count(code);
    }

    fn count(&mut self, code: Code) {
        self.counted = true;
        let seconds = self.started.elapsed().as_secs_f64();
        // The greenlane command shows these to who asks for them.
        tracing::debug!(target: "greenlane::call", method = self.method, status = code_name(code), seconds);
        // The last is of failures alone.
        let attributes = [
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", std::mem::take(&mut self.method)),
            KeyValue::new("rpc.response.status_code", code_name(code)),
            KeyValue::new("server.address", self.metrics.address.clone()),
            KeyValue::new("server.port", i64::from(self.metrics.port)),
            KeyValue::new("error.type", code_name(code)),
        ];
        let told = attributes.len() - usize::from(code == Code::Ok);
        self.metrics.duration.record(seconds, &attributes[..told]);
        if !self.span.is_none() {
            // Inside of it, since a span's end is the moment when it was left last.
            self.span.in_scope(|| {
                self.span.record("rpc.response.status_code", code_name(code));
                if code != Code::Ok {
                    self.span.record("otel.status_code", "ERROR");
                    self.span.record("error.type", code_name(code));
                }
            });
        }
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        if !self.counted {
            self.count(Code::Cancelled);
        }
    }
}
