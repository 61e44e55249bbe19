//! Publishing facts as a revision.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_curation::ChangeSet;
use greenlane_store::{Micros, Store, StoreError, Tx, bulk, revision};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter};

use super::entities;
use super::facts::Rows;
use super::{COUNTER, EDITION, LIST, SYNONYMS, SYSTEM, TABLE, VAGUE, corrupt};
use crate::domain::{Delta, Facts};

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

async fn insert(tx: &Tx, publication: &Publication, number: u64) -> Result<(), DbErr> {
    let facts = &publication.facts;
    add(tx, facts, number).await?;
    let row = entities::revision::Model {
        revision: signed(number)?,
        published_at: publication.published_at,
        publisher: publication.publisher.clone(),
        title: publication.title.clone(),
        change_set: String::new(),
        codes_changed: signed(facts.codes.len())?,
        links_changed: signed(facts.links.len())?,
        entries_changed: signed(facts.entries.len())?,
    };
    bulk::insert(tx, [row.into_active_model()]).await.map(drop)
}

/// Writes what a change set changes, as a revision.
pub(crate) async fn publish_delta<C>(
    tx: &Tx,
    number: u64,
    delta: Delta,
    change_set: &ChangeSet<C>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = entities::revision::Model {
        revision: signed(number)?,
        published_at: Micros::from(now),
        publisher: change_set.publisher.clone(),
        title: change_set.title.clone(),
        change_set: change_set.name.clone(),
        codes_changed: signed(delta.codes.count())?,
        links_changed: signed(delta.links.count())?,
        entries_changed: signed(delta.entries.count())?,
    };
    end(tx, &delta, signed(number)?).await?;
    let added = Facts {
        systems: delta.systems.added,
        editions: delta.editions.added,
        codes: delta.codes.added,
        tables: delta.tables.added,
        links: delta.links.added,
        lists: delta.lists.added,
        entries: delta.entries.added,
        terms: delta.terms.added,
        synonyms: delta.synonyms.added,
        vague: delta.vague.added,
        ..Facts::default()
    };
    add(tx, &added, number).await?;
    bulk::insert(tx, [row.into_active_model()]).await.map(drop)
}

fn signed<N: TryInto<i64>>(number: N) -> Result<i64, DbErr> {
    number.try_into().map_err(|_| corrupt("a number beyond all bounds"))
}

async fn add(tx: &Tx, facts: &Facts, number: u64) -> Result<(), DbErr> {
    let Rows { items, codes, links, entries, terms } = Rows::of(facts, signed(number)?)?;
    bulk::insert(tx, items).await?;
    bulk::insert(tx, terms).await?;
    bulk::insert(tx, codes).await?;
    bulk::insert(tx, links).await?;
    bulk::insert(tx, entries).await.map(drop)
}

/// Keys in one statement.
const KEYS: usize = 500;

/// Ends rows with a revision.
async fn end(tx: &Tx, delta: &Delta, revision: i64) -> Result<(), DbErr> {
    use entities::{code, entry, item, link, term};
    let kinds = [
        (SYSTEM, &delta.systems.ended),
        (EDITION, &delta.editions.ended),
        (TABLE, &delta.tables.ended),
        (LIST, &delta.lists.ended),
        (SYNONYMS, &delta.synonyms.ended),
        (VAGUE, &delta.vague.ended),
    ];
    for (kind, ids) in kinds {
        for ids in ids.chunks(KEYS) {
            let ended = item::Entity::update_many().col_expr(item::Column::RevisionTo, Expr::value(revision));
            let of = ended.filter(item::Column::Kind.eq(kind)).filter(item::Column::Id.is_in(ids));
            of.filter(item::Column::RevisionTo.is_null()).exec(tx).await?;
        }
    }
    for (edition, codes) in grouped(&delta.codes.ended) {
        for codes in codes.chunks(KEYS) {
            let ended = code::Entity::update_many().col_expr(code::Column::RevisionTo, Expr::value(revision));
            let of = ended.filter(code::Column::Edition.eq(edition)).filter(code::Column::Code.is_in(codes.to_vec()));
            of.filter(code::Column::RevisionTo.is_null()).exec(tx).await?;
        }
    }
    for (list, ids) in grouped(&delta.entries.ended) {
        for ids in ids.chunks(KEYS) {
            let ended = entry::Entity::update_many().col_expr(entry::Column::RevisionTo, Expr::value(revision));
            let of = ended.filter(entry::Column::List.eq(list)).filter(entry::Column::Id.is_in(ids.to_vec()));
            of.filter(entry::Column::RevisionTo.is_null()).exec(tx).await?;
        }
    }
    for keys in delta.links.ended.chunks(KEYS) {
        let any = keys.iter().fold(Condition::any(), |any, [earlier, from, later, to]| {
            let one = Condition::all()
                .add(link::Column::EarlierEdition.eq(earlier))
                .add(link::Column::EarlierCode.eq(from))
                .add(link::Column::LaterEdition.eq(later))
                .add(link::Column::LaterCode.eq(to));
            any.add(one)
        });
        let ended = link::Entity::update_many().col_expr(link::Column::RevisionTo, Expr::value(revision));
        ended.filter(any).filter(link::Column::RevisionTo.is_null()).exec(tx).await?;
    }
    for keys in delta.terms.ended.chunks(KEYS) {
        let any = keys.iter().fold(Condition::any(), |any, [edition, code, language, words]| {
            let one = Condition::all()
                .add(term::Column::Edition.eq(edition))
                .add(term::Column::Code.eq(code))
                .add(term::Column::Language.eq(language))
                .add(term::Column::Term.eq(words));
            any.add(one)
        });
        let ended = term::Entity::update_many().col_expr(term::Column::RevisionTo, Expr::value(revision));
        ended.filter(any).filter(term::Column::RevisionTo.is_null()).exec(tx).await?;
    }
    Ok(())
}

fn grouped(keys: &[(String, String)]) -> BTreeMap<&str, Vec<&str>> {
    let mut grouped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (group, key) in keys {
        grouped.entry(group).or_default().push(key);
    }
    grouped
}
