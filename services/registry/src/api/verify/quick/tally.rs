//! How many verdicts were given, by their outcome: for who watches the service. When nobody can say any more what a market
//! recognises, this is where it shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use greenlane_api::registry::v1::VerdictOutcome;
use opentelemetry::KeyValue;

/// The outcomes, and what they are called.
const OUTCOMES: [(VerdictOutcome, &str); 4] = [
    (VerdictOutcome::Accepted, "accepted"),
    (VerdictOutcome::AcceptedOnConditions, "accepted_on_conditions"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_of_the_contract_is_counted() {
        let tally = Tally::new();
        let known = (0..).map_while(|number| VerdictOutcome::try_from(number).ok());
        let outcomes: Vec<VerdictOutcome> = known.filter(|it| *it != VerdictOutcome::Unspecified).collect();
        for outcome in &outcomes {
            tally.count((*outcome).into());
        }
        assert!(outcomes.len() >= 4, "{outcomes:?}");
        let counted: u64 = tally.0.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        assert_eq!(counted, outcomes.len() as u64);
        for (outcome, name) in OUTCOMES {
            assert_eq!(outcome.as_str_name(), format!("VERDICT_OUTCOME_{}", name.to_uppercase()));
        }
    }
}
