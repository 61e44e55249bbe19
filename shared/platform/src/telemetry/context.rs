//! The trace that the work at hand belongs to, as a task-local.
//!
//! Every call has a trace id, sampled or not: it is in the log lines and in the errors. Spans are made for sampled
//! traces only, so that the other calls do not pay for them; the W3C context is passed on either way.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The share of new traces that are sampled, of 2^63; 0 while nothing exports spans.
static SAMPLED_OF_2_63: AtomicU64 = AtomicU64::new(0);
/// Whether spans are exported at all.
static EXPORTING: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

tokio::task_local! {
    static CONTEXT: TraceContext;
}

/// Where the work at hand stands in its trace.
#[derive(Clone, Debug)]
pub(crate) struct TraceContext {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) sampled: bool,
    state: Option<HeaderValue>,
    /// The gRPC method being served.
    pub(super) method: Option<Arc<str>>,
}

/// Turns the making of spans on, for this share of new traces.
pub(super) fn export_spans(ratio: f64) {
    let share = ratio.clamp(0.0, 1.0) * (1_u64 << 63) as f64;
    SAMPLED_OF_2_63.store(share as u64, Ordering::Relaxed);
    EXPORTING.store(true, Ordering::Relaxed);
}

/// Whether a new trace of this id is sampled: the same answer in every process that uses the same ratio.
pub(super) fn sampled_by_ratio(trace_id: TraceId) -> bool {
    let [.., a, b, c, d, e, f, g, h] = trace_id.to_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1 < SAMPLED_OF_2_63.load(Ordering::Relaxed)
}

/// The context of the work at hand, set by the server for the time of a call.
pub(super) fn scoped() -> Option<TraceContext> {
    CONTEXT.try_with(Clone::clone).ok()
}

/// Whether the call being served is recorded.
pub(super) fn is_recording() -> bool {
    CONTEXT.try_with(TraceContext::records).unwrap_or(false)
}

impl TraceContext {
    /// The context of a call just received: the caller's trace, or a new one.
    pub(crate) fn of_call(headers: &HeaderMap, method: &Arc<str>) -> (Self, bool) {
        match parse(headers) {
            Some((trace_id, span_id, sampled)) => {
                let state = headers.get(TRACESTATE).cloned();
                (Self { trace_id, span_id, sampled, state, method: Some(method.clone()) }, true)
            }
            None => (Self { method: Some(method.clone()), ..Self::begun() }, false),
        }
    }

    /// The context of a trace that begins here.
    pub(crate) fn begun() -> Self {
        let ids = RandomIdGenerator::default();
        let trace_id = ids.new_trace_id();
        let sampled = sampled_by_ratio(trace_id);
        Self { trace_id, span_id: ids.new_span_id(), sampled, state: None, method: None }
    }

    /// Where the work at hand stands: the current span when it is traced, otherwise the call being served.
    pub(crate) fn current() -> Option<Self> {
        let outer = scoped();
        let span = Span::current();
        if span.is_none() {
            return outer;
        }
        let context = span.context();
        let span = context.span();
        let inner = span.span_context();
        if !inner.is_valid() {
            return outer;
        }
        Some(Self {
            trace_id: inner.trace_id(),
            span_id: inner.span_id(),
            sampled: inner.is_sampled(),
            state: outer.as_ref().and_then(|outer| outer.state.clone()),
            method: outer.and_then(|outer| outer.method),
        })
    }

    /// Whether a span is to be made for work in this trace.
    pub(crate) fn records(&self) -> bool {
        self.sampled && EXPORTING.load(Ordering::Relaxed)
    }

    /// Makes `span` a child of this context (or, when the trace begins here, its root), and stands in it from then on.
    pub(crate) fn begin_span(&mut self, remote_parent: bool, span: impl FnOnce() -> Span) -> Span {
        if !self.records() {
            return Span::none();
        }
        CONTEXT.sync_scope(self.clone(), || {
            let span = span();
            if remote_parent {
                let parent = self.span_context();
                // Refused only when no exporter is set up, and then there is nothing to be a child of.
                let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
            }
            let context = span.context();
            let begun = context.span();
            if begun.span_context().is_valid() {
                self.span_id = begun.span_context().span_id();
                self.trace_id = begun.span_context().trace_id();
            }
            span
        })
    }

    fn span_context(&self) -> SpanContext {
        let flags = if self.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
        SpanContext::new(self.trace_id, self.span_id, flags, true, TraceState::default())
    }

    /// Runs `work` in this context.
    pub(crate) fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CONTEXT.scope(self, work)
    }

    /// Runs `work`, which does not wait, in this context.
    pub(crate) fn sync_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        CONTEXT.sync_scope(self.clone(), work)
    }

    /// Writes the context into the headers of an outgoing call.
    pub(crate) fn inject(&self, headers: &mut HeaderMap) {
        let flags = if self.sampled { "01" } else { "00" };
        let text = format!("00-{}-{}-{flags}", self.trace_id, self.span_id);
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(TRACEPARENT, value);
        }
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }

    /// The trace id as text.
    pub(crate) fn trace_id(&self) -> String {
        self.trace_id.to_string()
    }
}

/// Reads `traceparent` as W3C Trace Context prescribes; none when it is absent or malformed, as the document rules.
fn parse(headers: &HeaderMap) -> Option<(TraceId, SpanId, bool)> {
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    let lower_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let mut parts = text.split('-');
    let (version, trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let sizes = version.len() == 2 && trace_id.len() == 32 && span_id.len() == 16 && flags.len() == 2;
    let last = version != "00" || parts.next().is_none();
    if !sizes || version == "ff" || !last || ![version, trace_id, span_id, flags].into_iter().all(lower_hex) {
        return None;
    }
    let trace_id = TraceId::from_hex(trace_id).ok().filter(|id| *id != TraceId::INVALID)?;
    let span_id = SpanId::from_hex(span_id).ok().filter(|id| *id != SpanId::INVALID)?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some((trace_id, span_id, flags & 1 == 1))
}

/// Takes the current trace and span into a future that will run in a task of its own.
pub fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let context = scoped();
    let work = work.instrument(Span::current());
    async move {
        match context {
            Some(context) => context.scope(work).await,
            None => work.await,
        }
    }
}

#[cfg(test)]
mod tests;
