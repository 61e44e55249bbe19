//! Publishing facts as a revision.

use std::sync::Arc;

use greenlane_store::{Micros, Store, StoreError, bulk, revision};
use sea_orm::{DbErr, EntityTrait, IntoActiveModel};

use super::entities;
use super::facts::Rows;
use super::{COUNTER, corrupt};
use crate::domain::Facts;

/// What is published, by whom and why.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) facts: Arc<Facts>,
    pub(crate) published_at: Micros,
    pub(crate) publisher: String,
    pub(crate) title: String,
}

/// Publishes facts as revision 1, if nothing has been published. Whether it did. Safe to do from several replicas at
/// once: the counter's row is locked before it is looked at.
pub(crate) async fn publish_first(store: &Store, publication: Publication) -> Result<bool, StoreError> {
    let publication = Arc::new(publication);
    store
        .write("publish_first_revision", move |tx| {
            let publication = Arc::clone(&publication);
            Box::pin(async move {
                if revision::lock(tx, COUNTER).await? > 0 {
                    return Ok(false);
                }
                let number = revision::next(tx, COUNTER).await?;
                insert(tx, &publication, number).await?;
                Ok(true)
            })
        })
        .await
}

async fn insert(tx: &greenlane_store::Tx, publication: &Publication, number: u64) -> Result<(), DbErr> {
    let revision = i64::try_from(number).map_err(corrupt)?;
    let Rows { items, codes, links, entries, terms } = Rows::of(&publication.facts, revision)?;
    let count = |rows: u64| i64::try_from(rows).map_err(corrupt);
    bulk::insert(tx, items).await?;
    bulk::insert(tx, terms).await?;
    let codes_changed = count(bulk::insert(tx, codes).await?)?;
    let links_changed = count(bulk::insert(tx, links).await?)?;
    let entries_changed = count(bulk::insert(tx, entries).await?)?;
    let row = entities::revision::Model {
        revision,
        published_at: publication.published_at,
        publisher: publication.publisher.clone(),
        title: publication.title.clone(),
        change_set: String::new(),
        codes_changed,
        links_changed,
        entries_changed,
    };
    entities::revision::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}
