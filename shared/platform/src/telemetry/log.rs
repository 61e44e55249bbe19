//! One log line an event: JSON for machines, or text for people; both with the trace it belongs to.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::LogFormat;
use super::context::TraceContext;
use crate::clock::Clock;

/// Formats events.
pub(super) struct Line(pub(super) LogFormat);

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        let Fields(mut fields) = fields;
        // An event's own field of a name that every line has gives way, so that no member stands twice.
        for (reserved, renamed) in
            [("timestamp", "event_timestamp"), ("level", "event_level"), ("target", "event_target")]
        {
            if let Some(value) = fields.remove(reserved) {
                fields.insert(renamed.to_owned(), value);
            }
        }
        let at = Clock::system().now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let metadata = event.metadata();
        if let Some(trace) = TraceContext::current() {
            fields.insert("trace_id".to_owned(), trace.trace_id().into());
            fields.insert("span_id".to_owned(), trace.span_id.to_string().into());
            if let Some(method) = trace.method {
                fields.entry("rpc_method").or_insert_with(|| method.as_ref().into());
            }
        }
        match self.0 {
            LogFormat::Json => {
                // When, how bad and where come first, for those who read it raw.
                let target = Value::from(metadata.target());
                write!(writer, "{{\"timestamp\":\"{at}\",\"level\":\"{}\",\"target\":{target}", metadata.level())?;
                for (key, value) in fields {
                    write!(writer, ",{}:{value}", Value::from(key))?;
                }
                writeln!(writer, "}}")
            }
            LogFormat::Text => {
                let message = fields.remove("message");
                let message = message.as_ref().and_then(Value::as_str).unwrap_or_default();
                write!(writer, "{at} {:5} {}: ", metadata.level(), metadata.target())?;
                plain(&mut writer, message)?;
                for (key, value) in &fields {
                    match value {
                        Value::String(text) => {
                            write!(writer, " {key}=")?;
                            plain(&mut writer, text)?;
                        }
                        other => write!(writer, " {key}={other}")?,
                    }
                }
                writeln!(writer)
            }
        }
    }
}

/// Writes a text on one line: what a caller sent must not look like a line of ours, nor steer a terminal.
fn plain(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    text.chars()
        .try_for_each(|c| if c.is_control() { write!(writer, "{}", c.escape_default()) } else { writer.write_char(c) })
}

struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        match i64::try_from(value) {
            Ok(value) => self.put(field, value.into()),
            Err(_) => self.put(field, value.to_string().into()),
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.put(field, value.into()),
            Err(_) => self.put(field, value.to_string().into()),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, value.to_string().into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests;
