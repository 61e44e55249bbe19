//! What a service says about its database.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where a service's database is and how hard it may be used. Every key but `url` has a working default.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:PATH` (the file and its directory are made when absent) or `postgres://USER@HOST:PORT/DATABASE`.
    /// A password does not belong here: see `password_file`.
    pub url: String,
    /// A file whose first line is the PostgreSQL password.
    pub password_file: Option<PathBuf>,
    /// Connections for reads.
    pub readers: u32,
    /// Connections for writes on PostgreSQL. SQLite has exactly one writer, whatever this says.
    pub writers: u32,
    /// How long opening a connection may take.
    pub connect_timeout_ms: u64,
    /// How long a transaction may wait for a free connection before it is refused as unavailable.
    pub acquire_timeout_ms: u64,
    /// PostgreSQL ends a statement that runs longer. Never applied to COMMIT.
    pub statement_timeout_ms: u64,
    /// How long a writer waits for another process's lock on the SQLite file.
    pub busy_timeout_ms: u64,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            url: "sqlite:data/greenlane.db".to_owned(),
            password_file: None,
            readers: 8,
            writers: 8,
            connect_timeout_ms: 5_000,
            acquire_timeout_ms: 5_000,
            statement_timeout_ms: 30_000,
            busy_timeout_ms: 5_000,
        }
    }
}

impl StoreConfig {
    /// The defaults, with the database at `url`.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub(crate) fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms)
    }

    pub(crate) fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout_ms)
    }
}
