//! Green lists as they were.

use chrono::{DateTime, Utc};
use greenlane_store::{Store, StoreError, Tx};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entities::{entry, item, revision as revisions, term};
use super::facts::{began_or_ended, entry_fact, known, list_fact};
use super::{LIST, corrupt, taught};
use crate::domain::{Facts, ListData};

/// One version of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListVersion {
    pub(crate) version: u32,
    /// The revision that it was published as.
    pub(crate) revision: u64,
    pub(crate) published_at: Option<DateTime<Utc>>,
    pub(crate) change_set: String,
    pub(crate) added: u32,
    pub(crate) retired: u32,
}

/// The versions of a list that were published up to a revision, newest first.
pub(crate) async fn list_versions(store: &Store, id: &str, at: u64) -> Result<Vec<ListVersion>, StoreError> {
    let id = id.to_owned();
    store
        .read("list_versions", move |tx| {
            let id = id.clone();
            Box::pin(async move { Ok(versions(tx, &id, i64::try_from(at).map_err(corrupt)?).await?) })
        })
        .await
}

/// A list as it was in one of its versions.
pub(crate) async fn list_at_version(
    store: &Store,
    id: &str,
    version: u32,
    at: u64,
) -> Result<Option<ListData>, StoreError> {
    let id = id.to_owned();
    store
        .read("list_at_version", move |tx| {
            let id = id.clone();
            Box::pin(async move { Ok(at_version(tx, &id, version, i64::try_from(at).map_err(corrupt)?).await?) })
        })
        .await
}

/// The first revision of each version, oldest first. A list's row changes with its titles too.
async fn starts(tx: &Tx, id: &str, at: i64) -> Result<Vec<(u32, i64)>, DbErr> {
    let rows = item::Entity::find()
        .filter(item::Column::Kind.eq(LIST))
        .filter(item::Column::Id.eq(id))
        .filter(item::Column::RevisionFrom.lte(at))
        .order_by_asc(item::Column::RevisionFrom)
        .all(tx)
        .await?;
    let mut starts: Vec<(u32, i64)> = Vec::new();
    for row in rows {
        let version = list_fact(&row.body)?.version;
        if starts.last().is_none_or(|(last, _)| *last != version) {
            starts.push((version, row.revision_from));
        }
    }
    Ok(starts)
}

async fn versions(tx: &Tx, id: &str, at: i64) -> Result<Vec<ListVersion>, DbErr> {
    let starts = starts(tx, id, at).await?;
    let lives: Vec<(i64, Option<i64>)> = entry::Entity::find()
        .filter(entry::Column::List.eq(id))
        .select_only()
        .columns([entry::Column::RevisionFrom, entry::Column::RevisionTo])
        .into_tuple()
        .all(tx)
        .await?;
    let published = revisions::Entity::find()
        .filter(revisions::Column::Revision.is_in(starts.iter().map(|(_, revision)| *revision)))
        .all(tx)
        .await?;
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    let version = |(version, revision): (u32, i64)| {
        let row = published.iter().find(|row| row.revision == revision);
        Ok(ListVersion {
            version,
            revision: u64::try_from(revision).map_err(corrupt)?,
            published_at: row.map(|row| row.published_at.to_utc()),
            change_set: row.map(|row| row.change_set.clone()).unwrap_or_default(),
            added: count(lives.iter().filter(|(from, _)| *from == revision).count()),
            retired: count(lives.iter().filter(|(_, to)| *to == Some(revision)).count()),
        })
    };
    starts.into_iter().rev().map(version).collect()
}

/// The green lists of revision `newest` and the examples taught since `known`, if nothing else was published in between.
pub(crate) async fn lists_only(tx: &Tx, known: u64, newest: u64) -> Result<Option<Facts>, DbErr> {
    let (after, until) = (i64::try_from(known).map_err(corrupt)?, i64::try_from(newest).map_err(corrupt)?);
    if after == 0 {
        return Ok(None);
    }
    let codes = Condition::any().add(revisions::Column::CodesChanged.gt(0)).add(revisions::Column::LinksChanged.gt(0));
    let published = revisions::Entity::find().filter(within(revisions::Column::Revision, after, until));
    let others = item::Entity::find().filter(item::Column::Kind.ne(LIST)).filter(began_or_ended(
        item::Column::RevisionFrom,
        item::Column::RevisionTo,
        after,
        until,
    ));
    let terms =
        term::Entity::find().filter(began_or_ended(term::Column::RevisionFrom, term::Column::RevisionTo, after, until));
    let more = published.filter(codes).one(tx).await?.is_some()
        || others.one(tx).await?.is_some()
        || terms.one(tx).await?.is_some();
    if more {
        return Ok(None);
    }
    let lists = item::Entity::find()
        .filter(item::Column::Kind.eq(LIST))
        .filter(self::known(item::Column::RevisionFrom, item::Column::RevisionTo, until))
        .all(tx)
        .await?;
    let entries = entry::Entity::find()
        .filter(self::known(entry::Column::RevisionFrom, entry::Column::RevisionTo, until))
        .all(tx)
        .await?;
    Ok(Some(Facts {
        lists: lists.iter().map(|list| list_fact(&list.body)).collect::<Result<_, _>>()?,
        entries: entries.into_iter().map(entry_fact).collect::<Result<_, _>>()?,
        examples: taught::examples(tx, after, until).await?.into_iter().map(|(_, example)| example).collect(),
        ..Facts::default()
    }))
}

/// Whether a revision came after one and not after another.
fn within<C: ColumnTrait>(column: C, after: i64, until: i64) -> Condition {
    Condition::all().add(column.gt(after)).add(column.lte(until))
}

async fn at_version(tx: &Tx, id: &str, version: u32, at: i64) -> Result<Option<ListData>, DbErr> {
    let starts = starts(tx, id, at).await?;
    let Some((_, revision)) = starts.into_iter().find(|(number, _)| *number == version) else { return Ok(None) };
    let list = item::Entity::find()
        .filter(item::Column::Kind.eq(LIST))
        .filter(item::Column::Id.eq(id))
        .filter(known(item::Column::RevisionFrom, item::Column::RevisionTo, revision))
        .one(tx)
        .await?;
    let Some(list) = list else { return Ok(None) };
    let entries = entry::Entity::find()
        .filter(entry::Column::List.eq(id))
        .filter(known(entry::Column::RevisionFrom, entry::Column::RevisionTo, revision))
        .all(tx)
        .await?;
    let entries = entries.into_iter().map(entry_fact).collect::<Result<_, _>>()?;
    Ok(Some(ListData::new(list_fact(&list.body)?, entries)))
}
