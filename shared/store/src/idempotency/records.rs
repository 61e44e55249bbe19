//! The table of idempotency records.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{Set, TryInsertResult};

use super::{Answered, Begun, Key, PayloadHash};
use crate::bulk::{self, Inserts};
use crate::time::Micros;
use crate::tx::Tx;

mod record {
    use sea_orm::entity::prelude::*;

    use crate::time::Micros;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_record")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) key: Vec<u8>,
        #[sea_orm(column_type = "Text")]
        pub(super) caller: String,
        #[sea_orm(column_type = "Text")]
        pub(super) method: String,
        #[sea_orm(column_type = "Text")]
        pub(super) request_id: String,
        pub(super) payload_hash: Vec<u8>,
        pub(super) response: Option<Vec<u8>>,
        pub(super) created_at: Micros,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Keys in one `IN (…)`.
const KEYS_A_QUERY: usize = 1_024;

pub(super) async fn claim(tx: &Tx, key: &Key, payload: &PayloadHash, now: Micros) -> Result<Begun, DbErr> {
    let row = active(key.clone(), payload, None, now);
    let inserted = record::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(tx).await?;
    if matches!(inserted, TryInsertResult::Inserted(1)) {
        return Ok(Begun::New);
    }
    let found = record::Entity::find_by_id(key.digest.to_vec()).one(tx).await?;
    // A snapshot older than the other's commit, or the record expired in between: another attempt sees clearly.
    let found = found.ok_or_else(|| tx.contended("the idempotency record is not visible"))?;
    judge(&found.payload_hash, found.response, payload)
}

pub(super) async fn answer(tx: &Tx, key: &Key, response: &[u8]) -> Result<(), DbErr> {
    let updated = record::Entity::update_many()
        .col_expr(record::Column::Response, Expr::value(response.to_vec()))
        .filter(record::Column::Key.eq(key.digest.to_vec()))
        .filter(record::Column::Response.is_null())
        .exec(tx)
        .await?;
    if updated.rows_affected == 1 {
        Ok(())
    } else {
        Err(DbErr::Custom(format!("request {} was not begun in this transaction", key.request_id)))
    }
}

pub(super) async fn look_up_many(tx: &Tx, requests: &[(Key, PayloadHash)]) -> Result<Vec<Begun>, DbErr> {
    let mut found = HashMap::new();
    for chunk in requests.chunks(KEYS_A_QUERY) {
        let keys = chunk.iter().map(|(key, _)| key.digest.to_vec());
        let rows = bulk::find_unique::<record::Entity, _>(tx, record::Column::Key, keys).await?;
        found.extend(rows.into_iter().map(|row| (row.key, (row.payload_hash, row.response))));
    }
    requests
        .iter()
        .map(|(key, payload)| match found.get(key.digest.as_slice()) {
            None => Ok(Begun::New),
            Some((stored, response)) => judge(stored, response.clone(), payload),
        })
        .collect()
}

pub(super) async fn record_with(tx: &Tx, inserts: Inserts, answered: Vec<Answered>, now: Micros) -> Result<(), DbErr> {
    let count = answered.len() as u64;
    let rows = answered.into_iter().map(|one| active(one.key, &one.payload, Some(one.response), now));
    if inserts.write_with_absent(tx, rows).await? == count {
        Ok(())
    } else {
        Err(tx.contended("a request id was taken by another transaction"))
    }
}

pub(super) async fn expire(tx: &Tx, before: Micros, limit: u64) -> Result<u64, DbErr> {
    let old = Query::select()
        .column(record::Column::Key)
        .from(record::Entity)
        .and_where(record::Column::CreatedAt.lt(before))
        .order_by(record::Column::CreatedAt, sea_orm::Order::Asc)
        .limit(limit)
        .take();
    let deleted = record::Entity::delete_many().filter(record::Column::Key.in_subquery(old)).exec(tx).await?;
    Ok(deleted.rows_affected)
}

fn judge(stored: &[u8], response: Option<Vec<u8>>, payload: &PayloadHash) -> Result<Begun, DbErr> {
    if stored != payload {
        return Ok(Begun::Conflict);
    }
    // A claim without its answer can only come from a mutation that committed without completing its record.
    response.map(Begun::Replay).ok_or_else(|| DbErr::Custom("an idempotency record has no answer".to_owned()))
}

fn active(key: Key, payload: &PayloadHash, response: Option<Vec<u8>>, now: Micros) -> record::ActiveModel {
    record::ActiveModel {
        key: Set(key.digest.to_vec()),
        caller: Set(String::from(&*key.caller)),
        method: Set(String::from(&*key.method)),
        request_id: Set(String::from(&*key.request_id)),
        payload_hash: Set(payload.to_vec()),
        response: Set(response),
        created_at: Set(now),
    }
}
