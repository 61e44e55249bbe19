//! Durations of transactions as OpenTelemetry histograms.

use std::time::Duration;

use greenlane_platform::telemetry::DURATION_BOUNDARIES_SECONDS;
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};

use crate::engine::Engine;

pub(crate) struct Meter {
    engine: KeyValue,
    wait: Histogram<f64>,
    attempt: Histogram<f64>,
    whole: Histogram<f64>,
    retries: Counter<u64>,
}

impl Meter {
    pub(crate) fn new(engine: Engine) -> Self {
        let meter = global::meter("greenlane-store");
        let seconds = |name: &'static str, what: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(what);
            histogram.with_boundaries(DURATION_BOUNDARIES_SECONDS.to_vec()).build()
        };
        Self {
            engine: KeyValue::new("db.system.name", engine.name()),
            wait: seconds("greenlane.store.wait.duration", "Time that an attempt waited for a connection."),
            attempt: seconds(
                "greenlane.store.attempt.duration",
                "Time from BEGIN to the end of one attempt at a transaction.",
            ),
            whole: seconds(
                "greenlane.store.transaction.duration",
                "Time of a transaction as its caller sees it, with waits and retries.",
            ),
            retries: meter
                .u64_counter("greenlane.store.retries")
                .with_description("Attempts at a transaction after its first.")
                .build(),
        }
    }

    pub(crate) fn wait(&self, name: &'static str, took: Duration) {
        self.wait.record(took.as_secs_f64(), &self.labels(name));
    }

    pub(crate) fn attempt(&self, name: &'static str, took: Duration) {
        self.attempt.record(took.as_secs_f64(), &self.labels(name));
    }

    pub(crate) fn retry(&self, name: &'static str) {
        self.retries.add(1, &self.labels(name));
    }

    pub(crate) fn whole(&self, name: &'static str, took: Duration, outcome: &'static str) {
        let labels = [KeyValue::new("transaction", name), self.engine.clone(), KeyValue::new("outcome", outcome)];
        self.whole.record(took.as_secs_f64(), &labels);
    }

    fn labels(&self, name: &'static str) -> [KeyValue; 2] {
        [KeyValue::new("transaction", name), self.engine.clone()]
    }
}
