//! What became of asking witnesses, as metrics: whoever is out of reach does not find a fork either.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};

/// Why a witness has not cosigned.
#[derive(Debug)]
pub(super) enum NotCosigned {
    /// It gave no answer.
    Unreachable(String),
    /// It answered, and did not cosign.
    Refused(String),
    /// We could not ask, or not take what it answered.
    Failed(String),
}

impl NotCosigned {
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Unreachable(why) | Self::Refused(why) | Self::Failed(why) => why,
        }
    }

    const fn outcome(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }
}

/// Of some witnesses, in their order.
pub(super) struct Tally {
    requests: Counter<u64>,
    witnesses: Arc<Vec<Watched>>,
}

struct Watched {
    name: KeyValue,
    /// Since when it has not cosigned what it was asked to.
    behind_since: Mutex<Option<Instant>>,
}

impl Watched {
    fn behind_since(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.behind_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let watched =
            |name: &str| Watched { name: KeyValue::new("witness", name.to_owned()), behind_since: Mutex::default() };
        let witnesses: Arc<Vec<_>> = Arc::new(names.into_iter().map(watched).collect());
        let meter = global::meter("greenlane-registry");
        let watched = Arc::downgrade(&witnesses);
        meter
            .f64_observable_gauge("greenlane.registry.witness.behind")
            .with_unit("s")
            .with_description("For how long a witness has not cosigned what it was asked to; 0 while it does.")
            .with_callback(move |observer| {
                for witness in watched.upgrade().iter().flat_map(|witnesses| witnesses.iter()) {
                    let behind = witness.behind_since().map_or(0.0, |since| since.elapsed().as_secs_f64());
                    observer.observe(behind, std::slice::from_ref(&witness.name));
                }
            })
            .build();
        let requests = meter
            .u64_counter("greenlane.registry.witness.requests")
            .with_unit("{request}")
            .with_description("Checkpoints that witnesses were asked to cosign, by what became of it.")
            .build();
        Self { requests, witnesses }
    }

    /// Notes what became of asking one of them.
    pub(super) fn asked(&self, witness: usize, answer: &Result<(), NotCosigned>) {
        let Some(watched) = self.witnesses.get(witness) else { return };
        let outcome = answer.as_ref().map_or_else(NotCosigned::outcome, |()| "cosigned");
        self.requests.add(1, &[watched.name.clone(), KeyValue::new("outcome", outcome)]);
        let mut since = watched.behind_since();
        match answer {
            Ok(()) => *since = None,
            Err(_) => *since = since.or_else(|| Some(Instant::now())),
        }
    }
}
