//! Durations of transactions, and of what is asked of the database in them, as OpenTelemetry histograms. Where the semantic
//! conventions for database clients have a name, it is theirs.

use std::borrow::Cow;
use std::time::Duration;

use greenlane_platform::telemetry::DURATION_BOUNDARIES_SECONDS;
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use sea_orm::sqlx;

use crate::engine::Engine;

/// What is asked of the database, by the word that a statement begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation(usize);

/// The last is of whatever else there may be.
const OPERATIONS: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "COMMIT", "_OTHER"];

impl Operation {
    pub(crate) const COMMIT: Self = Self(5);

    pub(crate) fn of(sql: &str) -> Self {
        let word = sql.trim_start().split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
        let known = OPERATIONS.iter().position(|known| known.eq_ignore_ascii_case(word));
        Self(known.unwrap_or(OPERATIONS.len() - 1))
    }

    const fn name(self) -> &'static str {
        OPERATIONS[self.0]
    }
}

pub(crate) struct Meter {
    engine: KeyValue,
    /// The database's name.
    pub(crate) namespace: String,
    operations: Histogram<f64>,
    /// Of operations that succeed, in the order of [`OPERATIONS`]: there are many.
    labels: [[KeyValue; 3]; OPERATIONS.len()],
    wait: Histogram<f64>,
    attempt: Histogram<f64>,
    whole: Histogram<f64>,
    retries: Counter<u64>,
}

impl Meter {
    /// Of a database of this name.
    pub(crate) fn new(engine: Engine, namespace: &str) -> Self {
        let meter = global::meter("greenlane-store");
        let seconds = |name: &'static str, what: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(what);
            histogram.with_boundaries(DURATION_BOUNDARIES_SECONDS.to_vec()).build()
        };
        let engine = KeyValue::new("db.system.name", engine.name());
        let labels = |index| {
            let operation = KeyValue::new("db.operation.name", Operation(index).name());
            [engine.clone(), KeyValue::new("db.namespace", namespace.to_owned()), operation]
        };
        Self {
            labels: std::array::from_fn(labels),
            engine,
            namespace: namespace.to_owned(),
            operations: seconds("db.client.operation.duration", "Time of one statement, or of a COMMIT."),
            wait: seconds("db.client.connection.wait_time", "Time that an attempt waited for a connection."),
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

    /// Notes how long a statement took, and how it failed.
    pub(crate) fn operation(&self, operation: Operation, took: Duration, error: Option<&sqlx::Error>) {
        let [engine, namespace, name] = &self.labels[operation.0];
        let Some(error) = error else {
            return self.operations.record(took.as_secs_f64(), &self.labels[operation.0]);
        };
        let status = error.as_database_error().and_then(|error| error.code()).map(Cow::into_owned);
        let kind = status.clone().map_or_else(|| kind(error).into(), opentelemetry::Value::from);
        let mut labels = vec![engine.clone(), namespace.clone(), name.clone(), KeyValue::new("error.type", kind)];
        labels.extend(status.map(|status| KeyValue::new("db.response.status_code", status)));
        self.operations.record(took.as_secs_f64(), &labels);
    }

    /// Notes how long a transaction waited for a connection of a pool.
    pub(crate) fn wait(&self, name: &'static str, pool: &KeyValue, took: Duration) {
        let labels = [KeyValue::new("transaction", name), self.engine.clone(), pool.clone()];
        self.wait.record(took.as_secs_f64(), &labels);
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

/// What failed, where it was not the database that said so.
const fn kind(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Io(_) => "io",
        sqlx::Error::Tls(_) => "tls",
        sqlx::Error::Protocol(_) => "protocol",
        sqlx::Error::PoolTimedOut => "pool_timed_out",
        sqlx::Error::PoolClosed => "pool_closed",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_the_word_that_a_statement_begins_with() {
        for (sql, name) in [
            ("SELECT 1", "SELECT"),
            ("  insert into x values (1)", "INSERT"),
            ("UPDATE \"t\" SET a = 1", "UPDATE"),
            ("DELETE FROM t", "DELETE"),
            ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "WITH"),
            ("LOCK TABLE t", "_OTHER"),
            ("SELECTED", "_OTHER"),
            ("", "_OTHER"),
        ] {
            assert_eq!(Operation::of(sql).name(), name, "{sql}");
        }
        assert_eq!(Operation::COMMIT.name(), "COMMIT");
    }
}
