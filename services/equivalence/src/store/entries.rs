//! Entries and revisions. An entry's row says from which revision to which it is the state that is known.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use greenlane_store::{Micros, Tx, bulk, revision};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, QueryOrder, QuerySelect, Set};

use super::REVISION;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, UNDO_DAYS};
use crate::domain::entry::Entry;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_entry")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(super) name: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) revision_from: i64,
        pub(super) revision_to: Option<i64>,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod published {
    use greenlane_store::Micros;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_revision")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) revision: i64,
        pub(super) published_at: Micros,
        #[sea_orm(column_type = "Text")]
        pub(super) change_set: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The catalogue at a revision, and since which revision each entry is what it is.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) catalogue: Catalogue,
    pub(crate) since: HashMap<String, u64>,
    /// The day on which each body was added that was so lately, and never there before nor changed since.
    pub(crate) added_on: HashMap<String, NaiveDate>,
    pub(crate) published_at: Option<DateTime<Utc>>,
}

/// The newest revision.
pub(crate) async fn current_revision(tx: &Tx) -> Result<u64, DbErr> {
    revision::current(tx, REVISION).await
}

/// The catalogue as it was at a revision.
pub(crate) async fn load(tx: &Tx, at: u64) -> Result<Loaded, DbErr> {
    let at_row = to_row(at)?;
    let rows = row::Entity::find()
        .filter(row::Column::RevisionFrom.lte(at_row))
        .filter(Condition::any().add(row::Column::RevisionTo.is_null()).add(row::Column::RevisionTo.gt(at_row)))
        .order_by_asc(row::Column::Name)
        .all(tx)
        .await?;
    let mut since = HashMap::with_capacity(rows.len());
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.push(read(&row)?);
        since.insert(row.name, u64::try_from(row.revision_from).unwrap_or(0));
    }
    let published = published::Entity::find_by_id(at_row).one(tx).await?;
    let added_on = match &published {
        Some(row) => added_lately(tx, at_row, row.published_at.to_utc(), &since).await?,
        None => HashMap::new(),
    };
    Ok(Loaded {
        catalogue: Catalogue::new(at, entries),
        since,
        added_on,
        published_at: published.map(|row| row.published_at.to_utc()),
    })
}

/// Of entries with the revisions since which they are what they are, the bodies that a change set added within the days
/// before `published_at` in which that is undone at once, and that were never there before. What the catalogue began with
/// was not added.
async fn added_lately(
    tx: &Tx,
    at: i64,
    published_at: DateTime<Utc>,
    since: &HashMap<String, u64>,
) -> Result<HashMap<String, NaiveDate>, DbErr> {
    let lately = published_at - Days::new(UNDO_DAYS + 1);
    let revisions = published::Entity::find()
        .filter(published::Column::Revision.lte(at))
        .filter(published::Column::PublishedAt.gte(Micros::from(lately)))
        .filter(published::Column::ChangeSet.ne(""));
    let day = |row: published::Model| (row.revision, row.published_at.to_utc().date_naive());
    let days: HashMap<i64, NaiveDate> = revisions.all(tx).await?.into_iter().map(day).collect();
    if days.is_empty() {
        return Ok(HashMap::new());
    }
    let of = |(name, revision): (&String, &u64)| Some((name.clone(), *days.get(&i64::try_from(*revision).ok()?)?));
    let bodies = since.iter().filter(|(name, _)| name.starts_with("bodies/"));
    let mut added: HashMap<String, NaiveDate> = bodies.filter_map(of).collect();
    let names: Vec<String> = added.keys().cloned().collect();
    // Fewer than a statement may bind.
    for names in names.chunks(1_000) {
        let before = row::Entity::find()
            .filter(row::Column::Name.is_in(names.iter().map(String::as_str)))
            .filter(row::Column::RevisionTo.lte(at));
        let before: Vec<String> = before.select_only().column(row::Column::Name).into_tuple().all(tx).await?;
        for name in &before {
            added.remove(name);
        }
    }
    Ok(added)
}

/// An entry as it was at a revision; none when it was not there.
pub(crate) async fn entry_at(tx: &Tx, name: &str, at: u64) -> Result<Option<Entry>, DbErr> {
    let at = to_row(at)?;
    let row = row::Entity::find()
        .filter(row::Column::Name.eq(name))
        .filter(row::Column::RevisionFrom.lte(at))
        .filter(Condition::any().add(row::Column::RevisionTo.is_null()).add(row::Column::RevisionTo.gt(at)))
        .one(tx)
        .await?;
    row.map(|row| read(&row)).transpose()
}

/// A revision that changed an entry, and the change set that it was published by; an empty one is none.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) name: String,
    pub(crate) revision: u64,
    pub(crate) change_set: String,
}

/// Everything that was ever done to some entries, each in the order of revisions.
pub(crate) async fn history(tx: &Tx, names: &BTreeSet<String>) -> Result<Vec<Written>, DbErr> {
    let mut moved = BTreeSet::new();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Fewer than a statement may bind.
    for names in names.chunks(1_000) {
        let columns = [row::Column::Name, row::Column::RevisionFrom, row::Column::RevisionTo];
        let rows = row::Entity::find().filter(row::Column::Name.is_in(names.iter().copied()));
        let rows: Vec<(String, i64, Option<i64>)> = rows.select_only().columns(columns).into_tuple().all(tx).await?;
        for (name, from, to) in rows {
            moved.extend(to.map(|to| (name.clone(), to)));
            moved.insert((name, from));
        }
    }
    let revisions: BTreeSet<i64> = moved.iter().map(|(_, revision)| *revision).collect();
    let revisions: Vec<i64> = revisions.into_iter().collect();
    let mut change_sets = HashMap::new();
    for revisions in revisions.chunks(1_000) {
        let rows = published::Entity::find().filter(published::Column::Revision.is_in(revisions.iter().copied()));
        change_sets.extend(rows.all(tx).await?.into_iter().map(|row| (row.revision, row.change_set)));
    }
    let written = |(name, revision): (String, i64)| Written {
        name,
        revision: u64::try_from(revision).unwrap_or(0),
        change_set: change_sets.get(&revision).cloned().unwrap_or_default(),
    };
    Ok(moved.into_iter().map(written).collect())
}

/// The designations that are, or once were, of any of these bodies.
pub(crate) async fn designations_once_of(tx: &Tx, bodies: &BTreeSet<String>) -> Result<BTreeSet<String>, DbErr> {
    let mut all = BTreeSet::new();
    for body in bodies {
        // As the body is named in what is stored; what has it in another field, or a longer name, is one too many.
        let rows = row::Entity::find()
            .filter(row::Column::Name.starts_with("designations/"))
            .filter(row::Column::Content.contains(format!("\"{body}\"")));
        let names: Vec<String> = rows.select_only().column(row::Column::Name).distinct().into_tuple().all(tx).await?;
        all.extend(names);
    }
    Ok(all)
}

/// Those of some entries that have been added, replaced or retired since a revision.
pub(crate) async fn changed_since(tx: &Tx, base: u64, names: Vec<String>) -> Result<HashSet<String>, DbErr> {
    let base = to_row(base)?;
    let mut changed = HashSet::new();
    // Fewer than a statement may bind.
    for names in names.chunks(1_000) {
        let since = Condition::any().add(row::Column::RevisionFrom.gt(base)).add(row::Column::RevisionTo.gt(base));
        let rows = row::Entity::find().filter(row::Column::Name.is_in(names.iter().map(String::as_str))).filter(since);
        let rows: Vec<String> = rows.select_only().column(row::Column::Name).into_tuple().all(tx).await?;
        changed.extend(rows);
    }
    Ok(changed)
}

/// Writes changes as the revision after `current`, which the transaction holds locked. Moving the counter is left to
/// the caller.
pub(crate) async fn write(
    tx: &Tx,
    current: u64,
    changes: &[Change],
    change_set: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let next = to_row(current + 1)?;
    let mut rows = Vec::with_capacity(changes.len());
    for change in changes {
        // On an empty catalogue there is nothing to close.
        if current > 0 {
            row::Entity::update_many()
                .col_expr(row::Column::RevisionTo, Expr::value(next))
                .filter(row::Column::Name.eq(change.entry_name()))
                .filter(row::Column::RevisionTo.is_null())
                .exec(tx)
                .await?;
        }
        if let Change::Upsert(entry) = change {
            let content = serde_json::to_string(entry)
                .map_err(|error| DbErr::Type(format!("catalogue entry {}: {error}", entry.name())))?;
            rows.push(row::ActiveModel {
                name: Set(entry.name()),
                revision_from: Set(next),
                revision_to: Set(None),
                content: Set(content),
            });
        }
    }
    bulk::insert(tx, rows).await?;
    let record = published::ActiveModel {
        revision: Set(next),
        published_at: Set(Micros::from(now)),
        change_set: Set(change_set.to_owned()),
    };
    published::Entity::insert(record).exec_without_returning(tx).await.map(drop)
}

fn read(row: &row::Model) -> Result<Entry, DbErr> {
    serde_json::from_str(&row.content).map_err(|error| DbErr::Type(format!("catalogue entry {}: {error}", row.name)))
}

fn to_row(revision: u64) -> Result<i64, DbErr> {
    i64::try_from(revision).map_err(|_| DbErr::Type("a revision beyond 63 bits".to_owned()))
}
