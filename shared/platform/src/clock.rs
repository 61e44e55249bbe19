//! The time, as a value that can be handed in: the system's, or one that a test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// Where "now" comes from. Cheap to clone; clones of a settable clock share its time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds since the epoch of a settable clock; none is the system's clock.
    set_micros: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self { set_micros: None }
    }

    /// A clock that stands at `at` until it is set or advanced.
    pub fn settable(at: DateTime<Utc>) -> Self {
        Self { set_micros: Some(Arc::new(AtomicI64::new(at.timestamp_micros()))) }
    }

    /// Now, in UTC, cut to microseconds: no store keeps more, and a value must read back as it was written.
    #[allow(clippy::disallowed_methods)] // this is the place that everybody else is sent to
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.set_micros {
            Some(micros) => micros.load(Ordering::SeqCst),
            None => Utc::now().timestamp_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Today's date in UTC.
    pub fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }

    /// Whether this clock can be set.
    pub fn is_settable(&self) -> bool {
        self.set_micros.is_some()
    }

    /// Sets a settable clock. The system's clock is left alone.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(micros) = &self.set_micros {
            micros.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a settable clock forward (or back). The system's clock is left alone.
    pub fn advance(&self, by: TimeDelta) {
        if let Some(micros) = &self.set_micros {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests;
