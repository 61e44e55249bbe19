use std::io;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{Line, LogFormat};
use crate::telemetry::TraceContext;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// What is written while a call of a known trace is served.
fn written(format: LogFormat, log: impl FnOnce()) -> String {
    let lines = Lines::default();
    let layer = tracing_subscriber::fmt::layer().event_format(Line(format)).with_writer(lines.clone());
    let traceparent = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    let headers = HeaderMap::from_iter([(http::HeaderName::from_static("traceparent"), traceparent)]);
    let (trace, _) = TraceContext::of_call(&headers, &Arc::from("/a.B/C"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || trace.sync_scope(log));
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_json_line_holds_the_fields_with_their_types_and_the_trace() {
    let text = written(LogFormat::Json, || {
        tracing::warn!(count = 3, ratio = 0.5, good = true, elapsed_ms = 7_u128, name = "a \"b\"\n", "hello");
    });
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("{\"timestamp\":\"20"), "{text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["message"], "hello");
    assert_eq!((&line["count"], &line["ratio"], &line["good"]), (&3.into(), &0.5.into(), &true.into()));
    assert_eq!((&line["elapsed_ms"], &line["name"]), (&7.into(), &"a \"b\"\n".into()));
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line["rpc_method"], "/a.B/C");
}

#[test]
fn a_field_named_like_a_part_of_every_line_does_not_stand_twice() {
    let text = written(LogFormat::Json, || tracing::info!(level = "mine", "hello"));
    assert_eq!(text.matches("\"level\"").count(), 1, "{text}");
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["event_level"], "mine");
}

#[test]
fn a_text_line_reads_from_left_to_right() {
    let text = written(LogFormat::Text, || tracing::info!(count = 3, "hello"));
    assert!(text.contains(" INFO ") && text.contains(": hello count=3"), "{text}");
    assert!(text.contains("trace_id=0af7651916cd43dd8448eb211c80319c"), "{text}");
}

#[test]
fn nothing_that_is_logged_can_forge_a_text_line() {
    let forged = "x\n2026-01-01T00:00:00Z  INFO audit: audit outcome=done\u{1b}[2K";
    let text = written(LogFormat::Text, || tracing::info!(subject = forged, "hello {forged}"));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.trim_end().contains(char::is_control), "{text:?}");
}
