use std::sync::Arc;

use http::{HeaderMap, HeaderValue};

use super::{TraceContext, parse, sampled_by_ratio};

const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn headers(traceparent: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(super::TRACEPARENT, HeaderValue::from_static(traceparent))])
}

#[test]
fn a_traceparent_is_read_as_w3c_prescribes() {
    let (trace_id, span_id, sampled) = parse(&headers(GOOD)).unwrap();
    assert_eq!(trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span_id.to_string(), "b7ad6b7169203331");
    assert!(sampled);
    let future = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-what-the-future-adds";
    assert!(parse(&headers(future)).is_some_and(|(_, _, sampled)| !sampled));
}

#[test]
fn a_malformed_traceparent_counts_as_none() {
    for text in [
        "",
        "00",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz",
    ] {
        assert!(parse(&headers(text)).is_none(), "{text}");
    }
}

#[test]
fn what_is_read_is_written_again() {
    let (context, remote) = TraceContext::of_call(&headers(GOOD), &Arc::from("/a.B/C"));
    assert!(remote);
    let mut written = HeaderMap::new();
    context.inject(&mut written);
    assert_eq!(written.get(super::TRACEPARENT).unwrap(), GOOD);
}

#[test]
fn nothing_is_sampled_while_nothing_exports() {
    let (context, remote) = TraceContext::of_call(&HeaderMap::new(), &Arc::from("/a.B/C"));
    assert!(!remote);
    assert!(!sampled_by_ratio(context.trace_id) && !context.records());
}

#[tokio::test]
async fn a_spawned_task_keeps_the_trace_when_it_is_carried_along_and_loses_it_otherwise() {
    let (context, _) = TraceContext::of_call(&headers(GOOD), &Arc::from("/a.B/C"));
    let id = || crate::telemetry::trace_id();
    context
        .scope(async {
            assert_eq!(tokio::spawn(async move { id() }).await.unwrap(), None);
            let carried = tokio::spawn(super::carry(async move { id() })).await.unwrap();
            assert_eq!(carried.unwrap(), "0af7651916cd43dd8448eb211c80319c");
        })
        .await;
}
