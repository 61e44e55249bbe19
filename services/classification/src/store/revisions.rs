//! What has been published.

use chrono::{DateTime, Utc};
use greenlane_store::{Store, StoreError, revision};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::COUNTER;
use super::entities::revision as table;

/// One published revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RevisionRow {
    pub(crate) revision: u64,
    pub(crate) published_at: DateTime<Utc>,
    pub(crate) publisher: String,
    pub(crate) title: String,
    pub(crate) change_set: String,
    pub(crate) codes_changed: u64,
    pub(crate) links_changed: u64,
    pub(crate) entries_changed: u64,
}

impl From<table::Model> for RevisionRow {
    fn from(row: table::Model) -> Self {
        // The counts and the number were written from unsigned values.
        let unsigned = |value: i64| u64::try_from(value).unwrap_or(0);
        Self {
            revision: unsigned(row.revision),
            published_at: row.published_at.to_utc(),
            publisher: row.publisher,
            title: row.title,
            change_set: row.change_set,
            codes_changed: unsigned(row.codes_changed),
            links_changed: unsigned(row.links_changed),
            entries_changed: unsigned(row.entries_changed),
        }
    }
}

/// The revision that the database is at; 0 when nothing has been published.
pub(crate) async fn current(store: &Store) -> Result<u64, StoreError> {
    store.read("current_revision", |tx| Box::pin(async move { Ok(revision::current(tx, COUNTER).await?) })).await
}

/// Up to `limit` revisions before one, newest first.
pub(crate) async fn list(store: &Store, before: u64, limit: u64) -> Result<Vec<RevisionRow>, StoreError> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let rows: Vec<table::Model> = store
        .read("list_revisions", move |tx| {
            Box::pin(async move {
                let newest = table::Entity::find()
                    .filter(table::Column::Revision.lt(before))
                    .order_by_desc(table::Column::Revision)
                    .limit(limit);
                Ok(newest.all(tx).await?)
            })
        })
        .await?;
    Ok(rows.into_iter().map(RevisionRow::from).collect())
}
