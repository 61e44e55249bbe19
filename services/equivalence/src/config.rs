//! What this service can be told. Every key has a working default.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use greenlane_platform::client::ClientConfig;
use greenlane_store::StoreConfig;
use serde::Deserialize;

/// Configuration of the equivalence service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Its database.
    pub store: StoreConfig,
    /// Whether an empty database gets the starter catalogue as its first revision.
    pub starter: bool,
    /// How often the database is asked for a new revision.
    pub poll_interval_ms: u64,
    /// How long a read at a required revision waits for it.
    pub revision_wait_ms: u64,
    /// How often a silent watch stream says that it lives.
    pub bookmark_interval_ms: u64,
    /// How many earlier revisions are kept in memory once they were asked for.
    pub kept_revisions: usize,
    /// Where classification is. Not used when a channel is handed over.
    pub classification: ClientConfig,
    /// How old the knowledge of classification's revision may be before decisions that need it are undetermined.
    pub classification_freshness_ms: u64,
    /// How many translations of codes are kept in memory.
    pub kept_translations: usize,
    /// Private key that recognition packs are signed with, a JWK that its owner alone may read. Made when it is not
    /// there. None: no packs are made.
    pub pack_key_file: Option<PathBuf>,
    /// Keys that readers are to believe packs by beside it: the one that is to sign next, told before it does, and the one
    /// that signed before, until its last pack is no longer good.
    pub other_pack_keys: Vec<OtherPackKey>,
    /// How long a recognition pack is good for, in hours, counted from when it was made.
    pub pack_good_hours: u32,
    /// How many days before it a day on which something lapses, ends or begins is told to subscribers, at most 3,650.
    pub alert_look_ahead_days: u32,
}

/// A key that packs are to be believed by although it does not sign.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherPackKey {
    /// Its public half, a JWK.
    pub file: PathBuf,
    /// Until when; none: until it is taken from the list.
    pub until: Option<DateTime<Utc>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreConfig::at("sqlite:data/equivalence.db"),
            starter: true,
            poll_interval_ms: 250,
            revision_wait_ms: 1_000,
            bookmark_interval_ms: 5_000,
            kept_revisions: 8,
            classification: ClientConfig::to("http://127.0.0.1:50053"),
            classification_freshness_ms: 60_000,
            kept_translations: 100_000,
            pack_key_file: None,
            other_pack_keys: Vec::new(),
            pack_good_hours: 24,
            alert_look_ahead_days: 90,
        }
    }
}

impl Config {
    pub(crate) fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms.max(10))
    }

    pub(crate) fn alert_look_ahead_days(&self) -> u32 {
        self.alert_look_ahead_days.min(3_650)
    }

    pub(crate) fn revision_wait(&self) -> Duration {
        Duration::from_millis(self.revision_wait_ms)
    }

    pub(crate) fn bookmark_interval(&self) -> Duration {
        Duration::from_millis(self.bookmark_interval_ms.clamp(50, 10_000))
    }
}
