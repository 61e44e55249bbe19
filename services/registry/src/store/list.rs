//! Reading bodies, keys, certificates and their events, and lists of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use greenlane_store::{Micros, Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{Condition, DbErr, JoinType, QueryOrder, QuerySelect, QueryTrait};

use super::entity::{body, body_key, certificate, event, log_entry, version};
use super::filter::Filter;
use super::rows::role_text;
use super::{corrupt, to_i64, to_u64, world};
use crate::domain::body::{Body, Role};
use crate::domain::certificate::Version;
use crate::domain::key::Key;
use crate::domain::life::{Event, State};
use crate::domain::names::CertificateNumber;
use crate::domain::world::Known;

/// Bodies by name, after `after`; also those that changed at `revision` or later, whose record of then may be what is
/// asked for.
pub(crate) async fn bodies(
    tx: &Tx,
    role: Option<Role>,
    economy: Option<&str>,
    revision: u64,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Body>, DbErr> {
    let wanted = Condition::all()
        .add_option(role.map(|role| body::Column::Roles.contains(format!(" {} ", role_text(role)))))
        .add_option(economy.map(|economy| body::Column::Economy.eq(economy)));
    let changed = body::Column::LatestIndex.gte(to_i64(revision));
    let mut query = body::Entity::find()
        .filter(Condition::any().add(wanted).add(changed))
        .order_by_asc(body::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(body::Column::Id.gt(after));
    }
    query.all(tx).await?.into_iter().map(Body::try_from).collect()
}

pub(crate) async fn key(tx: &Tx, id: &str) -> Result<Option<Key>, DbErr> {
    body_key::Entity::find_by_id(id).one(tx).await?.map(Key::try_from).transpose()
}

/// Every key of every body.
pub(crate) async fn keys(tx: &Tx) -> Result<Vec<Key>, DbErr> {
    let rows = body_key::Entity::find().order_by_asc(body_key::Column::Id).all(tx).await?;
    rows.into_iter().map(Key::try_from).collect()
}

/// Certificates that have not ended, and whose current document this key signed at the moment or later. Only what the
/// log holds since then is looked through.
pub(crate) async fn signed_since(tx: &Tx, key: &str, moment: Micros) -> Result<u64, DbErr> {
    let first: Option<Option<i64>> = log_entry::Entity::find()
        .select_only()
        .column_as(log_entry::Column::Idx.min(), "first")
        .filter(log_entry::Column::RecordedAt.gte(moment))
        .into_tuple()
        .one(tx)
        .await?;
    let Some(first) = first.flatten() else { return Ok(0) };
    let current = Expr::col((version::Entity, version::Column::Version))
        .equals((certificate::Entity, certificate::Column::Version));
    let counted: Option<i64> = version::Entity::find()
        .select_only()
        .column_as(version::Column::LogIndex.count(), "counted")
        .join(
            JoinType::InnerJoin,
            version::Entity::belongs_to(certificate::Entity)
                .from(version::Column::Certificate)
                .to(certificate::Column::GrantedIndex)
                .into(),
        )
        .filter(version::Column::LogIndex.gte(first))
        .filter(version::Column::RecordedAt.gte(moment))
        .filter(version::Column::KeyId.eq(key))
        .filter(current)
        .filter(certificate::Column::State.is_in([State::Active, State::Suspended].map(State::as_str)))
        .into_tuple()
        .one(tx)
        .await?;
    Ok(counted.map_or(0, to_u64))
}

/// A certificate with all versions and events.
pub(crate) async fn certificate(tx: &Tx, number: &CertificateNumber) -> Result<Option<Known>, DbErr> {
    let head = certificate::Entity::find().filter(certificate::Column::Number.eq(number.as_str())).one(tx).await?;
    Ok(world::known(tx, head.into_iter().collect()).await?.pop())
}

/// The events of the certificate with this number.
fn of_number(number: &CertificateNumber) -> Select<event::Entity> {
    let granted = Query::select()
        .column(certificate::Column::GrantedIndex)
        .from(certificate::Entity)
        .and_where(certificate::Column::Number.eq(number.as_str()))
        .take();
    event::Entity::find().filter(event::Column::Certificate.in_subquery(granted))
}

/// The numbers of certificates by the indices of their grants.
async fn numbers_of(tx: &Tx, granted: BTreeSet<i64>) -> Result<HashMap<i64, CertificateNumber>, DbErr> {
    let rows: Vec<(i64, String)> = certificate::Entity::find()
        .select_only()
        .columns([certificate::Column::GrantedIndex, certificate::Column::Number])
        .filter(bulk::is_in(tx.engine(), certificate::Column::GrantedIndex, granted))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|(index, number)| (index, CertificateNumber::trusted(number))).collect())
}

/// All versions of a certificate, oldest first.
pub(crate) async fn versions(tx: &Tx, number: &CertificateNumber) -> Result<Vec<Version>, DbErr> {
    let events = of_number(number).select_only().column(event::Column::LogIndex).into_query();
    let rows = version::Entity::find()
        .filter(version::Column::LogIndex.in_subquery(events))
        .order_by_asc(version::Column::LogIndex)
        .all(tx)
        .await?;
    rows.into_iter().map(Version::try_from).collect()
}

/// The number that an event of the log is about.
pub(crate) async fn number_of_event(tx: &Tx, index: u64) -> Result<Option<CertificateNumber>, DbErr> {
    let Some(row) = event::Entity::find_by_id(to_i64(index)).one(tx).await? else { return Ok(None) };
    Ok(numbers_of(tx, BTreeSet::from([row.certificate])).await?.remove(&row.certificate))
}

/// Events of a certificate in the order of the log, after the index `after`; all of them when there is no limit.
pub(crate) async fn events(
    tx: &Tx,
    number: &CertificateNumber,
    after: Option<u64>,
    limit: Option<u64>,
) -> Result<Vec<Event>, DbErr> {
    let mut query = of_number(number).order_by_asc(event::Column::LogIndex).limit(limit);
    if let Some(after) = after {
        query = query.filter(event::Column::LogIndex.gt(to_i64(after)));
    }
    query.all(tx).await?.into_iter().map(Event::try_from).collect()
}

/// Certificates in the order they were granted, after the index `after`.
pub(crate) async fn certificates(
    tx: &Tx,
    filter: &Filter,
    after: Option<u64>,
    limit: u64,
) -> Result<Vec<Known>, DbErr> {
    let heads = certificate::Entity::find()
        .filter(filter.condition(tx.engine(), after))
        .order_by_asc(certificate::Column::GrantedIndex)
        .limit(limit)
        .all(tx)
        .await?;
    world::known(tx, heads).await
}

/// Certificates whose latest entry in the log is at an index or after, in the order of those entries, each with the
/// economy of its body.
pub(crate) async fn certificates_since(tx: &Tx, index: u64, limit: u64) -> Result<Vec<(Known, String)>, DbErr> {
    // An event at its certificate's latest index is that certificate's last.
    let latest = Expr::col((event::Entity, event::Column::LogIndex))
        .equals((certificate::Entity, certificate::Column::LatestIndex));
    let heads = certificate::Entity::find()
        .join(
            JoinType::InnerJoin,
            certificate::Entity::belongs_to(event::Entity)
                .from(certificate::Column::GrantedIndex)
                .to(event::Column::Certificate)
                .into(),
        )
        .filter(latest)
        .filter(event::Column::LogIndex.gte(to_i64(index)))
        .order_by_asc(event::Column::LogIndex)
        .limit(limit)
        .all(tx)
        .await?;
    let found = world::known(tx, heads).await?;
    let bodies: BTreeSet<&str> = found.iter().map(|known| known.head.body.as_str()).collect();
    let economies: HashMap<String, String> = body::Entity::find()
        .filter(body::Column::Id.is_in(bodies))
        .select_only()
        .columns([body::Column::Id, body::Column::Economy])
        .into_tuple::<(String, String)>()
        .all(tx)
        .await?
        .into_iter()
        .collect();
    let economy = |known: &Known| economies.get(known.head.body.as_str()).cloned().unwrap_or_default();
    let told: Vec<String> = found.iter().map(economy).collect();
    Ok(found.into_iter().zip(told).collect())
}

/// Up to `limit` events of all certificates in the order of the log, from the index `from` and before `to`.
pub(crate) async fn events_between(
    tx: &Tx,
    from: u64,
    to: u64,
    limit: u64,
) -> Result<Vec<(CertificateNumber, Event)>, DbErr> {
    let rows = event::Entity::find()
        .filter(event::Column::LogIndex.gte(to_i64(from)))
        .filter(event::Column::LogIndex.lt(to_i64(to)))
        .order_by_asc(event::Column::LogIndex)
        .limit(limit)
        .all(tx)
        .await?;
    let numbers = numbers_of(tx, rows.iter().map(|row| row.certificate).collect()).await?;
    rows.into_iter()
        .map(|row| {
            let number = numbers.get(&row.certificate).ok_or_else(|| corrupt("event"))?;
            Ok((number.clone(), row.try_into()?))
        })
        .collect()
}

/// Those of these certificates for which a filter holds.
pub(crate) async fn which(tx: &Tx, filter: &Filter, numbers: &HashSet<&str>) -> Result<HashSet<String>, DbErr> {
    let found: Vec<String> = certificate::Entity::find()
        .select_only()
        .column(certificate::Column::Number)
        .filter(filter.condition(tx.engine(), None))
        .filter(certificate::Column::Number.is_in(numbers.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(found.into_iter().collect())
}

/// Those of these numbers that were granted, by this body if one is named, in order.
pub(crate) async fn existing(tx: &Tx, numbers: Vec<String>, body: Option<String>) -> Result<Vec<String>, DbErr> {
    let mut query = certificate::Entity::find()
        .select_only()
        .column(certificate::Column::Number)
        .filter(certificate::Column::Number.is_in(numbers))
        .order_by_asc(certificate::Column::Number);
    if let Some(body) = body {
        query = query.filter(certificate::Column::Body.eq(body));
    }
    query.into_tuple().all(tx).await
}
