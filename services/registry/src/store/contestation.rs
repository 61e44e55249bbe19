//! What was heard of disputes about certificates.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use greenlane_store::{Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::{DbErr, QueryOrder, QuerySelect, Set};

use super::entity::contestation;
use super::{corrupt, to_i64, to_u64};
use crate::domain::contestation::{self as domain, Contestation, Order, Turn};
use crate::domain::names::CertificateNumber;

/// Everything about a certificate, in the order of the log.
pub(crate) async fn of(tx: &Tx, number: &CertificateNumber) -> Result<Vec<Contestation>, DbErr> {
    let mut found = of_all(tx, &BTreeSet::from([number.as_str()])).await?;
    Ok(found.remove(number).unwrap_or_default())
}

/// Everything about these certificates, of each in the order of the log.
pub(crate) async fn of_all(
    tx: &Tx,
    numbers: &BTreeSet<&str>,
) -> Result<HashMap<CertificateNumber, Vec<Contestation>>, DbErr> {
    use contestation::Column as C;
    let mut found: HashMap<CertificateNumber, Vec<Contestation>> = HashMap::new();
    for chunk in numbers.iter().copied().collect::<Vec<_>>().chunks(super::IN_LIST) {
        let rows = contestation::Entity::find()
            .filter(bulk::is_in(tx.engine(), C::Certificate, chunk.iter().copied()))
            .order_by_asc(C::LogIndex)
            .all(tx)
            .await?;
        for row in rows {
            let number = CertificateNumber::trusted(row.certificate.clone());
            found.entry(number).or_default().push(row.try_into()?);
        }
    }
    Ok(found)
}

/// Those recorded from one index of the log on and before another, in its order, each with its certificate.
pub(crate) async fn between(
    tx: &Tx,
    from: u64,
    to: u64,
    limit: u64,
) -> Result<Vec<(CertificateNumber, Contestation)>, DbErr> {
    use contestation::Column as C;
    let query = contestation::Entity::find().filter(C::LogIndex.gte(to_i64(from))).filter(C::LogIndex.lt(to_i64(to)));
    let rows = query.order_by_asc(C::LogIndex).limit(limit).all(tx).await?;
    rows.into_iter().map(|row| Ok((CertificateNumber::trusted(row.certificate.clone()), row.try_into()?))).collect()
}

/// Of each dispute that is on record the last that was recorded, as far as a verdict tells of it, with its certificate.
pub(crate) async fn standing(tx: &Tx) -> Result<Vec<(CertificateNumber, Contestation)>, DbErr> {
    let mut all: HashMap<CertificateNumber, Vec<Contestation>> = HashMap::new();
    for (number, heard) in between(tx, 0, i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs()).await? {
        all.entry(number).or_default().push(heard);
    }
    let standing =
        all.iter().flat_map(|(number, heard)| domain::standing(heard).into_iter().map(move |it| (number, it)));
    Ok(standing.map(|(number, it)| (number.clone(), it.clone())).collect())
}

/// Writes what was heard.
pub(crate) async fn save(tx: &Tx, heard: &[(&CertificateNumber, &Contestation)]) -> Result<(), DbErr> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    let rows = heard.iter().map(|(number, it)| contestation::ActiveModel {
        log_index: Set(to_i64(it.log_index)),
        certificate: Set(number.as_str().to_owned()),
        dispute: Set(it.dispute.clone()),
        turn: Set(it.turn.as_str().to_owned()),
        since: Set(it.since.to_string()),
        effect_from: Set(day(it.order.map(|order| order.from))),
        effect_until: Set(day(it.order.and_then(|order| order.until))),
        recorded_at: Set(it.recorded_at.into()),
    });
    bulk::insert(tx, rows.collect::<Vec<_>>()).await.map(drop)
}

impl TryFrom<contestation::Model> for Contestation {
    type Error = DbErr;

    fn try_from(row: contestation::Model) -> Result<Self, DbErr> {
        let day = |text: &str| text.parse::<NaiveDate>().map_err(|_| corrupt("contestation"));
        let until = row.effect_until.as_deref().map(day).transpose()?;
        let from = row.effect_from.as_deref().map(day).transpose()?;
        Ok(Self {
            log_index: to_u64(row.log_index),
            recorded_at: row.recorded_at.into(),
            dispute: row.dispute,
            turn: Turn::from_str(&row.turn).ok_or_else(|| corrupt("contestation"))?,
            since: day(&row.since)?,
            order: from.map(|from| Order { from, until }),
        })
    }
}
