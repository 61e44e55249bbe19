//! What the classification service may be told.

use greenlane_store::StoreConfig;
use serde::Deserialize;

/// Configuration of the classification service. Every key has a working default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Its database.
    pub store: StoreConfig,
    /// Publish the starter catalogue as revision 1 when nothing has been published yet.
    pub starter: bool,
    /// How often the database is asked whether another replica has published.
    pub poll_interval_ms: u64,
    /// How long a read waits for a revision that it needs.
    pub revision_wait_ms: u64,
    /// How many older revisions are kept in memory. One that was the current shares with the next the codes of the
    /// editions that did not change, and one with other lists or examples takes next to nothing; one that is read from
    /// the database is a whole catalogue of its own, some 300 MB with all editions and tariffs.
    pub older_revisions: usize,
    /// How long a revision stream may be silent before a bookmark is sent. At most 10,000.
    pub bookmark_interval_ms: u64,
    /// How many days before it a day of an edition, a code, a list or an entry is told to those whom it affects.
    pub alert_look_ahead_days: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreConfig::at("sqlite:data/classification.db"),
            starter: true,
            poll_interval_ms: 250,
            revision_wait_ms: 1_000,
            older_revisions: 1,
            bookmark_interval_ms: 5_000,
            alert_look_ahead_days: 90,
        }
    }
}

#[cfg(test)]
mod tests;
