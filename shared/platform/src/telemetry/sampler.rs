//! Which spans are kept, and under which trace: the call being served decides, not each span for itself.

use opentelemetry::trace::{Link, SpanId, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SamplingDecision, SamplingResult, ShouldSample};

use super::context;

/// Keeps a span when its parent is kept; without a parent, when the call being served is; outside any call, by ratio.
#[derive(Clone, Debug)]
pub(super) struct CallSampler;

impl ShouldSample for CallSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let parent =
            parent.filter(|parent| parent.has_active_span()).map(|parent| parent.span().span_context().clone());
        let keep = match (&parent, context::scoped()) {
            (Some(parent), _) => parent.is_sampled(),
            (None, Some(call)) => call.sampled,
            (None, None) => context::sampled_by_ratio(trace_id),
        };
        SamplingResult {
            decision: if keep { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: parent.map_or_else(TraceState::default, |parent| parent.trace_state().clone()),
        }
    }
}

/// Gives a root span the trace id that its call already has.
#[derive(Debug, Default)]
pub(super) struct CallIds(RandomIdGenerator);

impl IdGenerator for CallIds {
    fn new_trace_id(&self) -> TraceId {
        context::scoped().map_or_else(|| self.0.new_trace_id(), |call| call.trace_id)
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}
