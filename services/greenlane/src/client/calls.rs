//! The calls that a command makes, told on stderr to who asks for it.

use std::fmt::Debug;

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use super::render::talk;

/// What the platform tells of each call that has ended.
const TARGET: &str = "greenlane::call";

/// Tells each call from now on.
pub(crate) fn tell() {
    let calls = Calls.with_filter(Targets::new().with_target(TARGET, LevelFilter::DEBUG));
    // Somebody else may listen already: then they are told there.
    let _ = tracing_subscriber::registry().with(calls).try_init();
}

struct Calls;

impl<S: Subscriber> Layer<S> for Calls {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut call = Call::default();
        event.record(&mut call);
        talk(&format!("call {} {} {:.1} ms", call.method, call.status, call.seconds * 1_000.0));
    }
}

#[derive(Default)]
struct Call {
    method: String,
    status: String,
    seconds: f64,
}

impl Visit for Call {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "seconds" {
            self.seconds = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "method" => value.clone_into(&mut self.method),
            "status" => value.clone_into(&mut self.status),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
