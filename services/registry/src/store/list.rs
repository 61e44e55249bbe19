//! Reading bodies, keys, certificates and their events, and lists of them.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_store::{Micros, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{Condition, DbErr, QueryOrder, QuerySelect};

use super::entity::{body, body_key, certificate, event, term, version};
use super::rows::{folded, padded_gtin, role_text, terms};
use super::{to_i64, world};
use crate::domain::body::{Body, Role};
use crate::domain::certificate::Version;
use crate::domain::goods::{Code, ProductId};
use crate::domain::key::Key;
use crate::domain::life::Event;
use crate::domain::names::{BodyId, CertificateNumber};
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

/// A certificate with its current version and all events.
pub(crate) async fn certificate(tx: &Tx, number: &CertificateNumber) -> Result<Option<Known>, DbErr> {
    let head = certificate::Entity::find_by_id(number.as_str()).one(tx).await?;
    Ok(world::known(tx, head.into_iter().collect()).await?.pop())
}

/// All versions of a certificate, oldest first.
pub(crate) async fn versions(tx: &Tx, number: &CertificateNumber) -> Result<Vec<Version>, DbErr> {
    let rows = version::Entity::find()
        .filter(version::Column::Number.eq(number.as_str()))
        .order_by_asc(version::Column::Version)
        .all(tx)
        .await?;
    rows.into_iter().map(Version::try_from).collect()
}

/// The number that an event of the log is about.
pub(crate) async fn number_of_event(tx: &Tx, index: u64) -> Result<Option<CertificateNumber>, DbErr> {
    let row = event::Entity::find_by_id(to_i64(index)).one(tx).await?;
    Ok(row.map(|row| CertificateNumber::trusted(row.number)))
}

/// Events of a certificate in the order of the log, after the index `after`.
pub(crate) async fn events(
    tx: &Tx,
    number: &CertificateNumber,
    after: Option<u64>,
    limit: u64,
) -> Result<Vec<Event>, DbErr> {
    let mut query = event::Entity::find()
        .filter(event::Column::Number.eq(number.as_str()))
        .order_by_asc(event::Column::LogIndex)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(event::Column::LogIndex.gt(to_i64(after)));
    }
    query.all(tx).await?.into_iter().map(Event::try_from).collect()
}

/// Which certificates to list. What is set must all hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) body: Option<BodyId>,
    pub(crate) holder: Option<String>,
    pub(crate) product: ProductId,
    pub(crate) code: Option<Code>,
    pub(crate) scheme: Option<String>,
    pub(crate) standard: Option<String>,
    pub(crate) valid_on: Option<NaiveDate>,
    pub(crate) granted_from_index: Option<u64>,
    pub(crate) body_reference: Option<String>,
    /// Stored states that can show, today, as one of those asked for, and the time of now; which do show is decided on
    /// what is read.
    pub(crate) states: Option<(Vec<&'static str>, DateTime<Utc>)>,
}

/// Certificates in the order they were granted, after the index `after`.
pub(crate) async fn certificates(
    tx: &Tx,
    filter: &Filter,
    after: Option<u64>,
    limit: u64,
) -> Result<Vec<Known>, DbErr> {
    let heads = certificate::Entity::find()
        .filter(condition(filter, after))
        .order_by_asc(certificate::Column::GrantedIndex)
        .limit(limit)
        .all(tx)
        .await?;
    world::known(tx, heads).await
}

/// Certificates whose latest entry in the log is at an index or after, in the order of those entries, each with the
/// economy of its body.
pub(crate) async fn certificates_since(tx: &Tx, index: u64, limit: u64) -> Result<Vec<(Known, String)>, DbErr> {
    let heads = certificate::Entity::find()
        .filter(certificate::Column::LatestIndex.gte(to_i64(index)))
        .order_by_asc(certificate::Column::LatestIndex)
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

fn condition(filter: &Filter, after: Option<u64>) -> Condition {
    use certificate::Column as C;
    let mut all = Condition::all()
        .add_option(after.map(|index| C::GrantedIndex.gt(to_i64(index))))
        .add_option(filter.granted_from_index.map(|index| C::GrantedIndex.gte(to_i64(index))))
        .add_option(filter.body.as_ref().map(|body| C::Body.eq(body.as_str())))
        .add_option(filter.scheme.as_ref().map(|scheme| C::Scheme.eq(scheme)))
        .add_option(filter.body_reference.as_ref().map(|reference| C::BodyReference.eq(reference)))
        .add_option(filter.holder.as_ref().map(|holder| C::Holder.like(like_within(&folded(holder)))))
        .add_option(filter.valid_on.map(|day| C::ValidFrom.lte(day.to_string())))
        .add_option(filter.valid_on.map(|day| C::ValidUntil.gte(day.to_string())));
    if let Some((states, now)) = &filter.states {
        // A step that takes effect later has changed the stored state, and not yet what shows.
        let any = Condition::any().add(C::State.is_in(states.iter().copied()));
        all = all.add(any.add(C::EffectFloor.gt(Micros::from(*now))));
    }
    let product = &filter.product;
    let exact = [
        (terms::GTIN, (!product.gtin.is_empty()).then(|| padded_gtin(&product.gtin))),
        (terms::MODEL, (!product.model.is_empty()).then(|| folded(&product.model))),
        (terms::BATCH, (!product.batch.is_empty()).then(|| folded(&product.batch))),
        (terms::SERIAL, (!product.serial.is_empty()).then(|| folded(&product.serial))),
        (terms::STANDARD, filter.standard.as_deref().map(folded)),
    ];
    for (kind, value) in exact {
        if let Some(value) = value {
            all = all.add(has_term(kind.to_owned(), term::Column::Value.eq(value)));
        }
    }
    if let Some(code) = &filter.code {
        // Codes are digits and letters: there is no wildcard in them.
        let below = term::Column::Value.like(format!("{}%", code.code));
        all = all.add(has_term(format!("{}{}", terms::CODE, code.edition), below));
    }
    all
}

/// `LIKE` for a text anywhere, its wildcards taken literally.
fn like_within(text: &str) -> sea_orm::sea_query::LikeExpr {
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    sea_orm::sea_query::LikeExpr::new(format!("%{literal}%")).escape('\\')
}

fn has_term(kind: String, value: sea_orm::sea_query::SimpleExpr) -> sea_orm::sea_query::SimpleExpr {
    let numbers = Query::select()
        .column(term::Column::Number)
        .from(term::Entity)
        .and_where(term::Column::Kind.eq(kind))
        .and_where(value)
        .take();
    certificate::Column::Number.in_subquery(numbers)
}
