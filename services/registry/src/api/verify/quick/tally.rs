//! How many verdicts were given, by their outcome: for who watches the service. When nobody can say any more what a market
//! recognises, this is where it shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use greenlane_api::registry::v1::VerdictOutcome;
use opentelemetry::KeyValue;

/// The outcomes, and what they are called.
const OUTCOMES: [(VerdictOutcome, &str); 3] = [
    (VerdictOutcome::Accepted, "accepted"),
    (VerdictOutcome::Refused, "refused"),
    (VerdictOutcome::Undetermined, "undetermined"),
];

/// Counts without a lock: a verdict that is remembered takes a microsecond.
#[derive(Clone, Debug)]
pub(super) struct Tally(Arc<[AtomicU64; OUTCOMES.len()]>);

impl Tally {
    /// Nothing counted yet; what will be is told with the process's metrics.
    pub(super) fn new() -> Self {
        let counts = Arc::<[AtomicU64; OUTCOMES.len()]>::default();
        let told = Arc::clone(&counts);
        opentelemetry::global::meter("greenlane-registry")
            .u64_observable_counter("greenlane.registry.verdicts")
            .with_unit("{verdict}")
            .with_description("Verdicts that this process gave, by their outcome.")
            .with_callback(move |observer| {
                for ((_, outcome), count) in OUTCOMES.iter().zip(told.iter()) {
                    observer.observe(count.load(Ordering::Relaxed), &[KeyValue::new("outcome", *outcome)]);
                }
            })
            .build();
        Self(counts)
    }

    /// Counts a verdict by the contract's number of its outcome.
    pub(super) fn count(&self, outcome: i32) {
        if let Some(at) = OUTCOMES.iter().position(|(known, _)| i32::from(*known) == outcome) {
            self.0[at].fetch_add(1, Ordering::Relaxed);
        }
    }
}
