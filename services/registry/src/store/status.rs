//! The places that documents have in the bodies' status lists.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use greenlane_store::{Engine, Micros, Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use sea_orm::{Condition, DbBackend, DbErr, JoinType, QueryOrder, QuerySelect, Set, Statement};

use super::entity::{certificate, contestation, event, status_entry};
use super::{IN_LIST, rows, to_i64};
use crate::domain::certificate::Head;
use crate::domain::contestation::Contestation;
use crate::domain::life::{Event, Step};
use crate::domain::names::BodyId;
use crate::domain::status::Slot;

/// A document with a place in a list, and the later events of its certificate.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) index: u32,
    pub(crate) version: u32,
    /// The index of the certificate's grant.
    pub(crate) certificate: i64,
}

/// What a list is computed from.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The documents of certificates that any of the rest is about.
    pub(crate) documents: Vec<Listed>,
    /// Steps by the index of the certificate's grant, in the order of the log.
    pub(crate) events: HashMap<i64, Vec<Event>>,
    /// What was heard of disputes, likewise.
    pub(crate) contestations: HashMap<i64, Vec<Contestation>>,
}

/// The list that a body's newest documents have their places in, and how many have one there; none before the first.
pub(crate) async fn newest_list(tx: &Tx, body: &BodyId) -> Result<Option<(u32, u64)>, DbErr> {
    let newest: Option<i32> = status_entry::Entity::find()
        .select_only()
        .column(status_entry::Column::List)
        .filter(status_entry::Column::Body.eq(body.as_str()))
        .order_by_desc(status_entry::Column::List)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    let Some(newest) = newest else { return Ok(None) };
    let count = of_list(body, newest).count(tx).await?;
    Ok(Some((newest.unsigned_abs(), count)))
}

/// Those of these places that documents have.
pub(crate) async fn taken(tx: &Tx, wanted: &BTreeSet<(&str, Slot)>) -> Result<HashSet<(BodyId, Slot)>, DbErr> {
    let mut lists: BTreeMap<(&str, u32), Vec<i32>> = BTreeMap::new();
    for (body, slot) in wanted {
        lists.entry((body, slot.list)).or_default().push(small(slot.index));
    }
    let mut found = HashSet::new();
    for ((body, list), indices) in lists {
        let body = BodyId::trusted(body.to_owned());
        for chunk in indices.chunks(IN_LIST) {
            let rows = match tx.engine() {
                Engine::Sqlite => taken_of_list(tx, &body, small(list), chunk).await?,
                Engine::Postgres => looked_up(tx, &body, small(list), chunk).await?,
            };
            found.extend(rows.into_iter().map(|index| (body.clone(), Slot { list, index: index.unsigned_abs() })));
        }
    }
    Ok(found)
}

/// Those of a run of places of a list that documents have.
pub(crate) async fn taken_within(tx: &Tx, body: &BodyId, list: u32, places: Range<u32>) -> Result<HashSet<u32>, DbErr> {
    let indices: Vec<i32> = of_list(body, small(list))
        .select_only()
        .column(status_entry::Column::Idx)
        .filter(status_entry::Column::Idx.gte(small(places.start)))
        .filter(status_entry::Column::Idx.lt(small(places.end)))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(indices.into_iter().map(i32::unsigned_abs).collect())
}

async fn taken_of_list(tx: &Tx, body: &BodyId, list: i32, indices: &[i32]) -> Result<Vec<i32>, DbErr> {
    of_list(body, list)
        .select_only()
        .column(status_entry::Column::Idx)
        .filter(bulk::is_in(tx.engine(), status_entry::Column::Idx, indices.iter().copied()))
        .into_tuple()
        .all(tx)
        .await
}

/// The same on PostgreSQL, one index after the other: before it has gathered statistics of the table, its planner would
/// read the whole list and hold every entry against all of them.
async fn looked_up(tx: &Tx, body: &BodyId, list: i32, indices: &[i32]) -> Result<Vec<i32>, DbErr> {
    let sql = "SELECT taken.idx FROM unnest($3::integer[]) AS wanted (idx) CROSS JOIN LATERAL \
               (SELECT idx FROM status_entry AS entry WHERE entry.body = $1 AND entry.list = $2 \
               AND entry.idx = wanted.idx LIMIT 1) AS taken";
    let values = [body.as_str().into(), list.into(), indices.to_vec().into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    rows.iter().map(|row| row.try_get("", "idx")).collect()
}

pub(crate) fn row(head: &Head, slot: Slot, version: u32) -> status_entry::ActiveModel {
    status_entry::ActiveModel {
        body: Set(head.body.as_str().to_owned()),
        list: Set(small(slot.list)),
        idx: Set(small(slot.index)),
        certificate: Set(to_i64(head.granted_index)),
        version: Set(rows::from_version(version)),
    }
}

/// Whether any document has a place in the list.
pub(crate) async fn exists(tx: &Tx, body: &BodyId, list: u32) -> Result<bool, DbErr> {
    Ok(of_list(body, small(list)).limit(1).one(tx).await?.is_some())
}

/// Whether any document that was recorded by a moment has a place in the list.
pub(crate) async fn existed(tx: &Tx, body: &BodyId, list: u32, moment: Micros) -> Result<bool, DbErr> {
    let events = status_entry::Entity::belongs_to(event::Entity)
        .from(status_entry::Column::Certificate)
        .to(event::Column::Certificate);
    let of_its_version = Expr::col((event::Entity, event::Column::Version))
        .equals((status_entry::Entity, status_entry::Column::Version));
    let recorded = of_list(body, small(list))
        .join(JoinType::InnerJoin, events.into())
        .filter(of_its_version)
        .filter(event::Column::RecordedAt.lte(moment));
    Ok(recorded.limit(1).one(tx).await?.is_some())
}

/// Whether a certificate of the body took a step in `from..to` of the log, or something was heard of a dispute about one.
pub(crate) async fn moved(tx: &Tx, body: &BodyId, from: u64, to: u64) -> Result<bool, DbErr> {
    let certificates = event::Entity::belongs_to(certificate::Entity)
        .from(event::Column::Certificate)
        .to(certificate::Column::GrantedIndex);
    let step = event::Entity::find()
        .join(JoinType::InnerJoin, certificates.into())
        .filter(certificate::Column::Body.eq(body.as_str()))
        .filter(event::Column::LogIndex.gte(to_i64(from)))
        .filter(event::Column::LogIndex.lt(to_i64(to)))
        .filter(event::Column::Step.ne(Step::Grant.as_str()));
    if step.limit(1).one(tx).await?.is_some() {
        return Ok(true);
    }
    // Few are, and each is looked up by its number.
    let heard = disputes()
        .filter(contestation::Column::LogIndex.gte(to_i64(from)))
        .filter(contestation::Column::LogIndex.lt(to_i64(to)))
        .filter(certificate::Column::Body.eq(body.as_str()));
    Ok(heard.limit(1).one(tx).await?.is_some())
}

/// What was heard of disputes, beside the certificates that they are about.
fn disputes() -> Select<contestation::Entity> {
    let certificates = contestation::Entity::belongs_to(certificate::Entity)
        .from(contestation::Column::Certificate)
        .to(certificate::Column::Number);
    contestation::Entity::find().join(JoinType::InnerJoin, certificates.into())
}

/// What was heard of the disputes about certificates of a list, by the index of the grant.
async fn contestations(
    tx: &Tx,
    body: &BodyId,
    certificates: SelectStatement,
    revision: u64,
    recorded_by: Option<Micros>,
) -> Result<HashMap<i64, Vec<Contestation>>, DbErr> {
    let recorded = recorded_by.map(|moment| contestation::Column::RecordedAt.lte(moment));
    let rows: Vec<(contestation::Model, Option<certificate::Model>)> = disputes()
        .select_also(certificate::Entity)
        .filter(certificate::Column::Body.eq(body.as_str()))
        .filter(certificate::Column::GrantedIndex.in_subquery(certificates))
        .filter(contestation::Column::LogIndex.lt(to_i64(revision)))
        .filter(Condition::all().add_option(recorded))
        .order_by_asc(contestation::Column::LogIndex)
        .all(tx)
        .await?;
    let mut found: HashMap<i64, Vec<Contestation>> = HashMap::new();
    for (heard, of) in rows {
        if let Some(of) = of {
            found.entry(of.granted_index).or_default().push(heard.try_into()?);
        }
    }
    Ok(found)
}

/// The documents of a list whose certificates took steps, or are disputed, as far as that was known at a revision, and
/// recorded by a moment if one is named, with those steps and disputes. Grants are left out: they set no bit.
pub(crate) async fn stepped(
    tx: &Tx,
    body: &BodyId,
    list: u32,
    revision: u64,
    recorded_by: Option<Micros>,
) -> Result<Listing, DbErr> {
    let certificates = Query::select()
        .column(status_entry::Column::Certificate)
        .from(status_entry::Entity)
        .and_where(status_entry::Column::Body.eq(body.as_str()))
        .and_where(status_entry::Column::List.eq(small(list)))
        .take();
    let recorded = recorded_by.map(|moment| event::Column::RecordedAt.lte(moment));
    let events = event::Entity::find()
        .filter(event::Column::Certificate.in_subquery(certificates.clone()))
        .filter(event::Column::Step.ne(Step::Grant.as_str()))
        .filter(event::Column::LogIndex.lt(to_i64(revision)))
        .filter(Condition::all().add_option(recorded))
        .order_by_asc(event::Column::LogIndex)
        .all(tx)
        .await?;
    let mut steps: HashMap<i64, Vec<Event>> = HashMap::new();
    for event in events {
        steps.entry(event.certificate).or_default().push(event.try_into()?);
    }
    let contestations = contestations(tx, body, certificates, revision, recorded_by).await?;
    let certificates: BTreeSet<i64> = steps.keys().chain(contestations.keys()).copied().collect();
    let certificates: Vec<i64> = certificates.into_iter().collect();
    let mut documents = Vec::new();
    for chunk in certificates.chunks(IN_LIST) {
        let rows = of_list(body, small(list))
            .filter(bulk::is_in(tx.engine(), status_entry::Column::Certificate, chunk.iter().copied()))
            .all(tx)
            .await?;
        documents.extend(rows.into_iter().map(|row| Listed {
            index: row.idx.unsigned_abs(),
            version: rows::to_version(row.version),
            certificate: row.certificate,
        }));
    }
    Ok(Listing { documents, events: steps, contestations })
}

fn of_list(body: &BodyId, list: i32) -> Select<status_entry::Entity> {
    let of_body = status_entry::Column::Body.eq(body.as_str());
    status_entry::Entity::find().filter(Condition::all().add(of_body).add(status_entry::Column::List.eq(list)))
}

/// Lists and indices are kept as signed 32-bit integers, which hold more than there are.
fn small(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
