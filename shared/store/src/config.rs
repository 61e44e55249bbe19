//! What a service says about its database.

use std::fmt;
use std::time::Duration;

use greenlane_platform::config::Secret;
use serde::{Deserialize, Serialize};

/// Where a service's database is and how hard it may be used. Every key but `url` has a working default.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:PATH` (the file and its directory are made when absent) or `postgres://USER@HOST:PORT/DATABASE`.
    /// A password belongs into `password`. With `?sslmode=verify-full&sslrootcert=FILE` PostgreSQL is only spoken to over
    /// TLS, and only if its certificate is of that host and of an authority in the file (or of a public one); the other
    /// modes are libpq's, and `prefer` is the default: TLS where the server has it, believed unseen. A client certificate
    /// is named by `sslcert` and `sslkey`.
    pub url: String,
    /// The PostgreSQL password, as a value or as `{ file = "…" }`. The file is read again: when it has changed, new
    /// connections use what it says.
    pub password: Option<Secret>,
    /// Connections for reads.
    pub readers: u32,
    /// Connections for writes on PostgreSQL. SQLite has exactly one writer, whatever this says.
    pub writers: u32,
    /// How long opening a connection may take.
    pub connect_timeout_ms: u64,
    /// How long a transaction may wait for a free connection before it is refused as unavailable.
    pub acquire_timeout_ms: u64,
    /// On PostgreSQL: how long a read's statement may run, and how long a write's may wait for a lock. A write has no
    /// other limit: one that struck at COMMIT while it waits for a standby would make the change visible and not safe.
    pub statement_timeout_ms: u64,
    /// How long a writer waits for another process's lock on the SQLite file.
    pub busy_timeout_ms: u64,
    /// Nothing is ever written: for a standby, or a file that another process writes. Set by the role of a service, not by
    /// its configuration.
    #[serde(skip)]
    pub read_only: bool,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            url: "sqlite:data/greenlane.db".to_owned(),
            password: None,
            readers: 8,
            writers: 8,
            connect_timeout_ms: 5_000,
            acquire_timeout_ms: 5_000,
            statement_timeout_ms: 30_000,
            busy_timeout_ms: 5_000,
            read_only: false,
        }
    }
}

impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreConfig")
            .field("url", &self.address())
            .field("password", &self.password)
            .field("readers", &self.readers)
            .field("writers", &self.writers)
            .finish_non_exhaustive()
    }
}

/// The URL without what stands between the user and the host, for those who put a password there after all.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            format!("{scheme}://{}:***@{host}", user.split(':').next().unwrap_or_default())
        }
        _ => url.to_owned(),
    }
}

impl StoreConfig {
    /// The defaults, with the database at `url`.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The URL as it may be shown.
    #[must_use]
    pub fn address(&self) -> String {
        without_password(&self.url)
    }

    /// The database's name: of a file without its ending.
    pub(crate) fn namespace(&self) -> &str {
        let whole = self.url.split('?').next().unwrap_or_default();
        match whole.split_once("://") {
            Some((_, server)) => server.split_once('/').map_or("", |(_, database)| database),
            None => {
                let file = whole.rsplit(['/', ':']).next().unwrap_or_default();
                file.strip_suffix(".db").unwrap_or(file)
            }
        }
    }

    /// The file of authorities by which PostgreSQL is believed, and its host.
    pub(crate) fn authorities(&self) -> Option<(&str, &str)> {
        let (server, parameters) = self.url.split_once("://")?.1.split_once('?')?;
        let mut parameters = parameters.split('&').filter_map(|parameter| parameter.split_once('='));
        let (_, file) = parameters.find(|(name, _)| matches!(*name, "sslrootcert" | "ssl-root-cert" | "ssl-ca"))?;
        let address = server.split('/').next()?.rsplit('@').next()?;
        let host = match address.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => host,
            _ => address,
        };
        Some((file, host))
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

#[cfg(test)]
mod tests;
