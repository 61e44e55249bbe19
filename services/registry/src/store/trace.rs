//! Events of products' lives.

use std::collections::{BTreeSet, HashMap};

use greenlane_store::{Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Order, Query, SelectStatement, UnionType};
use sea_orm::{Condition, DbErr, QueryOrder, QuerySelect, Set};

use super::entity::{trace_epcis, trace_event, trace_input};
use super::rows::padded_gtin;
use super::{IN_LIST, rows, to_i64, to_u64};
use crate::domain::goods::{ProductId, folded};
use crate::domain::names::BodyId;
use crate::domain::trace::{Stage, TraceEvent};
use crate::domain::trace_command::KnownTrace;

/// Which events to list. What is set must all hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct TraceFilter {
    pub(crate) product: ProductId,
    pub(crate) stage: Option<Stage>,
    pub(crate) reporter: Option<BodyId>,
}

/// Events in the order of the log, of those known at a revision, after the index `after`.
pub(crate) async fn list(
    tx: &Tx,
    filter: &TraceFilter,
    revision: u64,
    after: Option<u64>,
    limit: u64,
) -> Result<Vec<TraceEvent>, DbErr> {
    use trace_event::Column as C;
    let product = &filter.product;
    let exact = |column: C, text: &str, stored: String| (!text.is_empty()).then(|| column.eq(stored));
    let all = Condition::all()
        .add(C::LogIndex.lt(to_i64(revision)))
        .add_option(after.map(|index| C::LogIndex.gt(to_i64(index))))
        .add_option(filter.stage.map(|stage| C::Stage.eq(stage.as_str())))
        .add_option(filter.reporter.as_ref().map(|reporter| C::Reporter.eq(reporter.as_str())))
        .add_option(exact(C::Gtin, &product.gtin, padded_gtin(&product.gtin)))
        .add_option(exact(C::Model, &product.model, folded(&product.model)))
        .add_option(exact(C::Batch, &product.batch, folded(&product.batch)))
        .add_option(exact(C::Serial, &product.serial, folded(&product.serial)));
    let rows = trace_event::Entity::find().filter(all).order_by_asc(C::LogIndex).limit(limit).all(tx).await?;
    rows.iter().map(|row| rows::from_json(&row.event, "trace event")).collect()
}

/// Events by their indices; those that do not exist are left out.
pub(crate) async fn by_index(tx: &Tx, wanted: &BTreeSet<u64>) -> Result<Vec<TraceEvent>, DbErr> {
    let wanted: Vec<i64> = wanted.iter().map(|index| to_i64(*index)).collect();
    let mut found = Vec::new();
    for chunk in wanted.chunks(IN_LIST) {
        let query = trace_event::Entity::find().filter(trace_event::Column::LogIndex.is_in(chunk.iter().copied()));
        for row in query.all(tx).await? {
            found.push(rows::from_json(&row.event, "trace event")?);
        }
    }
    Ok(found)
}

/// The events that correct these.
pub(crate) async fn corrections(tx: &Tx, of: &BTreeSet<u64>) -> Result<Vec<TraceEvent>, DbErr> {
    let of: Vec<i64> = of.iter().map(|index| to_i64(*index)).collect();
    let mut found = Vec::new();
    for chunk in of.chunks(IN_LIST) {
        let query = trace_event::Entity::find().filter(trace_event::Column::Corrects.is_in(chunk.iter().copied()));
        for row in query.all(tx).await? {
            found.push(rows::from_json(&row.event, "trace event")?);
        }
    }
    Ok(found)
}

/// What a group of mutations needs to know of events that it names.
pub(crate) async fn known(tx: &Tx, wanted: &BTreeSet<u64>) -> Result<HashMap<u64, KnownTrace>, DbErr> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let corrected: BTreeSet<u64> =
        corrections(tx, wanted).await?.into_iter().filter_map(|event| event.record.corrects).collect();
    let events = by_index(tx, wanted).await?.into_iter();
    let known = |event: TraceEvent| {
        let corrected = corrected.contains(&event.index);
        (event.index, KnownTrace { reporter: event.record.reporter, corrected })
    };
    Ok(events.map(known).collect())
}

/// Who used up some inputs, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Users {
    pub(crate) events: BTreeSet<u64>,
    /// Inputs that more events used up than were read.
    pub(crate) more: BTreeSet<u64>,
}

/// The events that used these up, of those known at a revision: of each input the first `most_of_one`, and no more inputs
/// once `most` were found.
pub(crate) async fn users(
    tx: &Tx,
    of: &BTreeSet<u64>,
    revision: u64,
    (most_of_one, most): (u64, usize),
) -> Result<Users, DbErr> {
    let mut found = Users::default();
    let of: Vec<i64> = of.iter().map(|index| to_i64(*index)).collect();
    for chunk in of.chunks(AT_ONCE) {
        if found.events.len() >= most {
            found.more.extend(chunk.iter().map(|input| to_u64(*input)));
            continue;
        }
        let mut parts = chunk.iter().map(|input| first_users(*input, revision, most_of_one + 1));
        let Some(mut query) = parts.next() else { continue };
        for part in parts {
            query.union(UnionType::All, part);
        }
        let mut by_input: HashMap<u64, Vec<u64>> = HashMap::new();
        for row in tx.query_all(&query).await? {
            let (input, user): (i64, i64) = (row.try_get("", "input")?, row.try_get("", "log_index")?);
            by_input.entry(to_u64(input)).or_default().push(to_u64(user));
        }
        for (input, mut users) in by_input {
            users.sort_unstable();
            if users.len() as u64 > most_of_one {
                users.pop();
                found.more.insert(input);
            }
            found.events.extend(users);
        }
    }
    Ok(found)
}

/// Inputs whose users are read together.
const AT_ONCE: usize = 100;

/// The first events that used an input up. As a table of its own: a part of a union has no end but so.
fn first_users(input: i64, revision: u64, limit: u64) -> SelectStatement {
    let columns = [trace_input::Column::Input, trace_input::Column::LogIndex];
    let first = Query::select()
        .columns(columns)
        .from(trace_input::Entity)
        .and_where(trace_input::Column::Input.eq(input))
        .and_where(trace_input::Column::LogIndex.lt(to_i64(revision)))
        .order_by(trace_input::Column::LogIndex, Order::Asc)
        .limit(limit)
        .take();
    Query::select().columns(columns).from_subquery(first, "first_users").take()
}

/// The events that stand among those that carry one of these EPCIS events.
pub(crate) async fn standing(
    tx: &Tx,
    epcis: &BTreeSet<&str>,
) -> Result<HashMap<(BodyId, String), BTreeSet<u64>>, DbErr> {
    let mut found: HashMap<(BodyId, String), BTreeSet<u64>> = HashMap::new();
    let epcis: Vec<&str> = epcis.iter().copied().collect();
    for chunk in epcis.chunks(IN_LIST) {
        let query = trace_epcis::Entity::find().filter(trace_epcis::Column::Epcis.is_in(chunk.iter().copied()));
        for row in query.all(tx).await? {
            found.entry((BodyId::trusted(row.reporter), row.epcis)).or_default().insert(to_u64(row.log_index));
        }
    }
    let all: BTreeSet<u64> = found.values().flatten().copied().collect();
    for corrected in corrections(tx, &all).await?.into_iter().filter_map(|event| event.record.corrects) {
        found.values_mut().for_each(|standing| _ = standing.remove(&corrected));
    }
    Ok(found)
}

/// Writes events, each with what tells its EPCIS event from others.
pub(crate) async fn save(tx: &Tx, events: &[(&TraceEvent, Option<&str>)]) -> Result<(), DbErr> {
    let inputs = events.iter().flat_map(|(event, _)| {
        event
            .record
            .inputs
            .iter()
            .map(|input| trace_input::ActiveModel { input: Set(to_i64(*input)), log_index: Set(to_i64(event.index)) })
    });
    let epcis = events.iter().filter_map(|(event, epcis)| {
        Some(trace_epcis::ActiveModel {
            log_index: Set(to_i64(event.index)),
            reporter: Set(event.record.reporter.as_str().to_owned()),
            epcis: Set((*epcis)?.to_owned()),
        })
    });
    bulk::insert(tx, inputs.collect::<Vec<_>>()).await?;
    bulk::insert(tx, epcis.collect::<Vec<_>>()).await?;
    let row = |(event, _): &(&TraceEvent, Option<&str>)| {
        let record = &event.record;
        trace_event::ActiveModel {
            log_index: Set(to_i64(event.index)),
            reporter: Set(record.reporter.as_str().to_owned()),
            stage: Set(record.stage.as_str().to_owned()),
            gtin: Set(if record.product.gtin.is_empty() { String::new() } else { padded_gtin(&record.product.gtin) }),
            model: Set(folded(&record.product.model)),
            batch: Set(folded(&record.product.batch)),
            serial: Set(folded(&record.product.serial)),
            corrects: Set(record.corrects.map(to_i64)),
            event: Set(rows::json(event)),
        }
    };
    bulk::insert(tx, events.iter().map(row).collect::<Vec<_>>()).await.map(drop)
}
