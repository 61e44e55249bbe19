//! What was heard of disputes about certificates.

use std::collections::{BTreeSet, HashMap};

use greenlane_store::{Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::{DbErr, QueryOrder, Set};

use super::entity::contestation;
use super::{corrupt, to_i64, to_u64};
use crate::domain::contestation::{Contestation, Turn};
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

/// Writes what was heard.
pub(crate) async fn save(tx: &Tx, heard: &[(&CertificateNumber, &Contestation)]) -> Result<(), DbErr> {
    let rows = heard.iter().map(|(number, it)| contestation::ActiveModel {
        log_index: Set(to_i64(it.log_index)),
        certificate: Set(number.as_str().to_owned()),
        dispute: Set(it.dispute.clone()),
        turn: Set(it.turn.as_str().to_owned()),
        since: Set(it.since.to_string()),
        recorded_at: Set(it.recorded_at.into()),
    });
    bulk::insert(tx, rows.collect::<Vec<_>>()).await.map(drop)
}

impl TryFrom<contestation::Model> for Contestation {
    type Error = DbErr;

    fn try_from(row: contestation::Model) -> Result<Self, DbErr> {
        Ok(Self {
            log_index: to_u64(row.log_index),
            recorded_at: row.recorded_at.into(),
            dispute: row.dispute,
            turn: Turn::from_str(&row.turn).ok_or_else(|| corrupt("contestation"))?,
            since: row.since.parse().map_err(|_| corrupt("contestation"))?,
        })
    }
}
