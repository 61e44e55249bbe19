//! The catalogue that an empty database begins with.

use anyhow::Context as _;
use greenlane_platform::clock::Clock;
use greenlane_store::{Store, StoreError, revision};

use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, validate};
use crate::domain::entry::Entry;
use crate::store::{REVISION, entries};

/// The files, in the order in which references point.
const FILES: &[(&str, &str)] = &[
    ("economies.yaml", include_str!("../../starter/economies.yaml")),
    ("bodies.yaml", include_str!("../../starter/bodies.yaml")),
    ("schemes.yaml", include_str!("../../starter/schemes.yaml")),
    ("standards.yaml", include_str!("../../starter/standards.yaml")),
    ("equivalences.yaml", include_str!("../../starter/equivalences.yaml")),
    ("arrangements.yaml", include_str!("../../starter/arrangements.yaml")),
    ("requirements.yaml", include_str!("../../starter/requirements.yaml")),
];

/// The starter catalogue's entries, checked.
pub(crate) fn changes() -> anyhow::Result<Vec<Change>> {
    let mut changes = Vec::new();
    for (file, text) in FILES {
        // By way of a generic value: YAML would write an enumeration of entries with tags.
        let values: Vec<serde_json::Value> =
            serde_yaml_ng::from_str(text).with_context(|| format!("starter/{file}"))?;
        for (index, value) in values.into_iter().enumerate() {
            let entry: Entry =
                serde_json::from_value(value).with_context(|| format!("starter/{file}, entry {}", index + 1))?;
            changes.push(Change::Upsert(entry));
        }
    }
    let findings = validate(&Catalogue::default(), &changes);
    anyhow::ensure!(findings.is_empty(), "the starter catalogue is wrong: {findings:#?}");
    Ok(changes)
}

/// Publishes the starter catalogue as revision 1 of an empty database. Several replicas may do so at once: the first
/// one does, under the lock of the revision.
pub(crate) async fn publish(store: &Store, clock: &Clock) -> anyhow::Result<()> {
    let changes = std::sync::Arc::new(changes()?);
    let now = clock.now();
    let published = store
        .write("publish_starter", move |tx| {
            let changes = changes.clone();
            Box::pin(async move {
                if entries::current_revision(tx).await? > 0 || revision::lock(tx, REVISION).await? > 0 {
                    return Ok(None);
                }
                entries::write(tx, 0, &changes, "", now).await?;
                Ok(Some(revision::next(tx, REVISION).await?))
            })
        })
        .await
        .map_err(|error: StoreError| anyhow::anyhow!("cannot publish the starter catalogue: {error}"))?;
    if let Some(revision) = published {
        tracing::info!(revision, "published the starter catalogue");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
