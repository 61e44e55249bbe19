//! What the tests of several modules do to a database.

use std::sync::Arc;

use chrono::{TimeZone, Utc};
use greenlane_store::{Micros, Store, StoreError, Tx, bulk, revision};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter};

use super::entities::{code, entry, item, revision as revisions};
use super::{COUNTER, Publication, publish_first};
use crate::starter;

/// When the tests' revisions are published.
pub(crate) fn published_at(revision: i64) -> Micros {
    Micros::from(Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap() + chrono::TimeDelta::hours(revision))
}

/// The starter catalogue as a publication.
pub(crate) fn starter() -> Publication {
    Publication {
        facts: Arc::new(starter::facts().unwrap()),
        published_at: published_at(1),
        publisher: "tester".to_owned(),
        title: "Starter".to_owned(),
    }
}

/// Publishes the starter catalogue.
pub(crate) async fn publish_starter(store: &Store) -> bool {
    publish_first(store, starter()).await.unwrap()
}

/// Publishes one more revision, in which a code of HS 2022 is described in other words. Gives its number.
pub(crate) async fn redescribe(store: &Store, digits: &'static str, words: &'static str) -> u64 {
    let published: Result<u64, StoreError> = store
        .write("redescribe", move |tx: &Tx| Box::pin(async move { Ok(redescribe_in(tx, digits, words).await?) }))
        .await;
    published.unwrap()
}

async fn redescribe_in(tx: &Tx, digits: &str, words: &str) -> Result<u64, DbErr> {
    let number = revision::next(tx, COUNTER).await?;
    let revision = i64::try_from(number).unwrap();
    let old = code::Entity::find()
        .filter(code::Column::Edition.eq("HS2022"))
        .filter(code::Column::Code.eq(digits))
        .filter(code::Column::RevisionTo.is_null())
        .one(tx)
        .await?
        .unwrap();
    code::Entity::update_many()
        .col_expr(code::Column::RevisionTo, Expr::value(revision))
        .filter(code::Column::Edition.eq("HS2022"))
        .filter(code::Column::Code.eq(digits))
        .filter(code::Column::RevisionTo.is_null())
        .exec(tx)
        .await?;
    let mut body: serde_json::Value = serde_json::from_str(&old.body).unwrap();
    body["descriptions"][0][1] = words.into();
    let new = code::Model { revision_from: revision, revision_to: None, body: body.to_string(), ..old };
    bulk::insert(tx, [new.into_active_model()]).await?;
    let row = revisions::Model {
        revision,
        published_at: published_at(revision),
        publisher: "tester".to_owned(),
        title: format!("Describe {digits} anew"),
        change_set: String::new(),
        codes_changed: 1,
        links_changed: 0,
        entries_changed: 0,
    };
    bulk::insert(tx, [row.into_active_model()]).await?;
    Ok(number)
}

/// Publishes one more revision, in which an entry of a list of the starter is retired: its next version.
pub(crate) async fn retire_entry(store: &Store, list: &'static str, id: &'static str) -> u64 {
    let published: Result<u64, StoreError> =
        store.write("retire", move |tx: &Tx| Box::pin(async move { Ok(retire_entry_in(tx, list, id).await?) })).await;
    published.unwrap()
}

async fn retire_entry_in(tx: &Tx, list: &str, id: &str) -> Result<u64, DbErr> {
    let number = revision::next(tx, COUNTER).await?;
    let revision = i64::try_from(number).unwrap();
    let known = || item::Column::Id.eq(list).and(item::Column::RevisionTo.is_null());
    let old = item::Entity::find().filter(known()).one(tx).await?.unwrap();
    item::Entity::update_many()
        .col_expr(item::Column::RevisionTo, Expr::value(revision))
        .filter(known())
        .exec(tx)
        .await?;
    let mut body: serde_json::Value = serde_json::from_str(&old.body).unwrap();
    body["version"] = (body["version"].as_u64().unwrap() + 1).into();
    let new = item::Model { revision_from: revision, body: body.to_string(), ..old };
    bulk::insert(tx, [new.into_active_model()]).await?;
    entry::Entity::update_many()
        .col_expr(entry::Column::RevisionTo, Expr::value(revision))
        .filter(entry::Column::List.eq(list))
        .filter(entry::Column::Id.eq(id))
        .exec(tx)
        .await?;
    let row = revisions::Model {
        revision,
        published_at: published_at(revision),
        publisher: "tester".to_owned(),
        title: format!("Retire {id}"),
        change_set: "changeSets/retire".to_owned(),
        codes_changed: 0,
        links_changed: 0,
        entries_changed: 1,
    };
    bulk::insert(tx, [row.into_active_model()]).await?;
    Ok(number)
}
