//! Rows of the audit trail.

use greenlane_platform::audit::{AuditRecord, Outcome};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, Set};

use crate::bulk::{self, Inserts};
use crate::tx::Tx;

mod row {
    use sea_orm::entity::prelude::*;

    use crate::time::Micros;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_record")]
    pub(super) struct Model {
        #[sea_orm(primary_key)]
        pub(super) id: i64,
        pub(super) at: Micros,
        pub(super) subject: String,
        pub(super) issuer: String,
        pub(super) body: String,
        pub(super) economy: String,
        pub(super) method: String,
        pub(super) resource: String,
        pub(super) outcome: String,
        pub(super) reason: String,
        pub(super) request_id: String,
        pub(super) trace_id: String,
        pub(super) peer: String,
        pub(super) times: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A stored record and its place in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Grows with each record; not gapless, and not in commit order.
    pub id: i64,
    /// The record.
    pub record: AuditRecord,
}

/// Appends records to the trail, in this transaction.
pub async fn insert(tx: &Tx, records: impl IntoIterator<Item = AuditRecord>) -> Result<(), DbErr> {
    bulk::insert(tx, records.into_iter().map(active)).await.map(|_| ())
}

/// Records of the trail, beside rows of other tables.
pub fn add(inserts: &mut Inserts, records: impl IntoIterator<Item = AuditRecord>) {
    inserts.add(records.into_iter().map(active));
}

/// Up to `limit` records after the one with id `after_id`, oldest first.
pub async fn page(tx: &Tx, after_id: i64, limit: u64) -> Result<Vec<Entry>, DbErr> {
    let rows = row::Entity::find()
        .filter(row::Column::Id.gt(after_id))
        .order_by_asc(row::Column::Id)
        .limit(limit)
        .all(tx)
        .await?;
    rows.into_iter().map(entry).collect()
}

/// NUL cannot be stored as text, and a record must not be lost for one that a stranger put into a request.
fn clean(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

fn active(record: AuditRecord) -> row::ActiveModel {
    row::ActiveModel {
        id: sea_orm::NotSet,
        at: Set(record.at.into()),
        subject: Set(clean(record.subject)),
        issuer: Set(clean(record.issuer)),
        body: Set(clean(record.body)),
        economy: Set(clean(record.economy)),
        method: Set(clean(record.method)),
        resource: Set(clean(record.resource)),
        outcome: Set(record.outcome.as_str().to_owned()),
        reason: Set(clean(record.reason)),
        request_id: Set(clean(record.request_id)),
        trace_id: Set(clean(record.trace_id)),
        peer: Set(clean(record.peer)),
        times: Set(i64::try_from(record.times).unwrap_or(i64::MAX)),
    }
}

fn entry(row: row::Model) -> Result<Entry, DbErr> {
    let outcome = outcome(&row.outcome)
        .ok_or_else(|| DbErr::Type(format!("audit record {} has outcome {:?}", row.id, row.outcome)))?;
    let record = AuditRecord {
        at: row.at.to_utc(),
        subject: row.subject,
        issuer: row.issuer,
        body: row.body,
        economy: row.economy,
        method: row.method,
        resource: row.resource,
        outcome,
        reason: row.reason,
        request_id: row.request_id,
        trace_id: row.trace_id,
        peer: row.peer,
        times: row.times.try_into().unwrap_or(0),
    };
    Ok(Entry { id: row.id, record })
}

fn outcome(name: &str) -> Option<Outcome> {
    [Outcome::Done, Outcome::Replayed, Outcome::Validated, Outcome::Refused, Outcome::Failed]
        .into_iter()
        .find(|outcome| outcome.as_str() == name)
}
