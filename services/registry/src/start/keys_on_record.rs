//! What a database says of the private keys that its registry is to have beside it.

use chrono::{DateTime, Utc};
use greenlane_store::{Store, StoreError};

use crate::domain::key::{Custody, Key, KeyStanding};
use crate::store::{list, log};

/// What the private keys of a registry must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnRecord {
    /// How many entries the log has.
    pub entries: u64,
    /// The newest checkpoint, as the note that was signed; empty before anything was signed.
    pub checkpoint: String,
    /// The keys that the registry holds for bodies and signs with now or later: `bodies/{body}/keys/{key}`. None where
    /// the schema is not this program's.
    pub held: Vec<String>,
}

/// Reads it, of a moment.
///
/// # Errors
/// When the database cannot be read, or there is no log in it yet.
pub async fn on_record(store: &Store, moment: DateTime<Utc>) -> Result<OnRecord, StoreError> {
    let head: Result<log::TreeHead, StoreError> =
        store.read("read_head", |tx| Box::pin(async move { Ok(log::head(tx).await?) })).await;
    let head = head?;
    let keys: Result<Vec<Key>, StoreError> =
        store.read("read_keys", |tx| Box::pin(async move { Ok(list::keys(tx).await?) })).await;
    let mut keys = keys.unwrap_or_default();
    keys.retain(|key| {
        let signs = matches!(key.standing_at(moment), KeyStanding::Good | KeyStanding::NotYetValid);
        signs && key.record.custody == Custody::Registry
    });
    Ok(OnRecord { entries: head.size, checkpoint: head.note, held: keys.iter().map(Key::name).collect() })
}
