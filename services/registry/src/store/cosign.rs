//! Cosignatures of this log, evidence against it, and what this registry has witnessed of other logs.

use greenlane_log::{Hash, TileSet, proof};
use greenlane_store::{Micros, Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DbErr, ExprTrait as _, QueryOrder, QuerySelect, Set};

use super::entity::{log_cosignature, log_evidence, witnessed};
use super::{corrupt, log, to_i64, to_u64};

/// A witness's signature on a checkpoint of this log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredCosignature {
    pub(crate) size: u64,
    /// The verifier key of the witness.
    pub(crate) key: String,
    pub(crate) witness: String,
    /// When the witness signed.
    pub(crate) signed_at: Micros,
    /// The signature line, with its newline.
    pub(crate) line: String,
}

/// What was last cosigned of another log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Witnessed {
    pub(crate) size: u64,
    pub(crate) root: Hash,
}

/// Keeps a cosignature, unless that witness has one at this size.
pub(crate) async fn add(tx: &Tx, cosignature: &StoredCosignature) -> Result<(), DbErr> {
    let row = log_cosignature::ActiveModel {
        size: Set(to_i64(cosignature.size)),
        key: Set(cosignature.key.clone()),
        witness: Set(cosignature.witness.clone()),
        signed_at: Set(cosignature.signed_at),
        line: Set(cosignature.line.clone()),
    };
    bulk::insert_absent(tx, [row]).await.map(drop)
}

/// The cosignatures at a size, by key, after the key `after`.
pub(crate) async fn list(tx: &Tx, size: u64, after: Option<&str>, limit: u64) -> Result<Vec<StoredCosignature>, DbErr> {
    let mut query = log_cosignature::Entity::find()
        .filter(log_cosignature::Column::Size.eq(to_i64(size)))
        .order_by_asc(log_cosignature::Column::Key)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(log_cosignature::Column::Key.gt(after));
    }
    Ok(query.all(tx).await?.into_iter().map(stored).collect())
}

fn stored(row: log_cosignature::Model) -> StoredCosignature {
    StoredCosignature {
        size: to_u64(row.size),
        key: row.key,
        witness: row.witness,
        signed_at: row.signed_at,
        line: row.line,
    }
}

/// The cosignatures at a size that were made with these keys.
pub(crate) async fn of_keys(tx: &Tx, size: u64, keys: &[String]) -> Result<Vec<StoredCosignature>, DbErr> {
    let rows = log_cosignature::Entity::find()
        .filter(log_cosignature::Column::Size.eq(to_i64(size)))
        .filter(log_cosignature::Column::Key.is_in(keys.iter().map(String::as_str)))
        .order_by_asc(log_cosignature::Column::Key)
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(stored).collect())
}

/// Who has cosigned with these keys what is larger than `floor`, the largest first: sizes and names of witnesses.
pub(crate) async fn above(tx: &Tx, floor: u64, keys: &[String], limit: u64) -> Result<Vec<(u64, String)>, DbErr> {
    let rows: Vec<(i64, String)> = log_cosignature::Entity::find()
        .select_only()
        .column(log_cosignature::Column::Size)
        .column(log_cosignature::Column::Witness)
        .filter(log_cosignature::Column::Size.gt(to_i64(floor)))
        .filter(log_cosignature::Column::Key.is_in(keys.iter().map(String::as_str)))
        .order_by_desc(log_cosignature::Column::Size)
        .limit(limit)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|(size, witness)| (to_u64(size), witness)).collect())
}

/// The smallest size above `floor` that so many different witnesses have cosigned with these keys.
pub(crate) async fn first_above(tx: &Tx, floor: u64, keys: &[String], witnesses: u64) -> Result<Option<u64>, DbErr> {
    let cosigned_by = Expr::col(log_cosignature::Column::Witness).count_distinct();
    let size: Option<i64> = log_cosignature::Entity::find()
        .select_only()
        .column(log_cosignature::Column::Size)
        .filter(log_cosignature::Column::Size.gt(to_i64(floor)))
        .filter(log_cosignature::Column::Key.is_in(keys.iter().map(String::as_str)))
        .group_by(log_cosignature::Column::Size)
        .having(cosigned_by.gte(to_i64(witnesses)))
        .order_by_asc(log_cosignature::Column::Size)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(size.map(to_u64))
}

/// The largest size that has a cosignature.
pub(crate) async fn newest(tx: &Tx) -> Result<Option<u64>, DbErr> {
    let row = log_cosignature::Entity::find().order_by_desc(log_cosignature::Column::Size).limit(1).one(tx).await?;
    Ok(row.map(|row| to_u64(row.size)))
}

/// Keeps a checkpoint that this log's own key has signed and that its tree contradicts.
pub(crate) async fn accuse(tx: &Tx, size: u64, note: &str, at: Micros) -> Result<(), DbErr> {
    let row = log_evidence::ActiveModel { size: Set(to_i64(size)), note: Set(note.to_owned()), found_at: Set(at) };
    bulk::insert_absent(tx, [row]).await.map(drop)
}

/// The checkpoints that there are as evidence, the largest first.
pub(crate) async fn evidence(tx: &Tx) -> Result<Vec<String>, DbErr> {
    let rows = log_evidence::Entity::find().order_by_desc(log_evidence::Column::Size).all(tx).await?;
    Ok(rows.into_iter().map(|row| row.note).collect())
}

/// The root that the tree had at a size, from what is stored.
pub(crate) async fn root_at(tx: &Tx, size: u64) -> Result<Hash, DbErr> {
    let mut set = TileSet::new();
    for (id, bytes) in log::tiles(tx, &TileSet::needed(&proof::root_nodes(size), size)).await? {
        set.insert(id, &bytes).map_err(|error| DbErr::Custom(error.to_string()))?;
    }
    proof::root(size, &set).map_err(|error| DbErr::Custom(error.to_string()))
}

/// What was last cosigned of a log, held still until this transaction ends.
pub(crate) async fn witnessed(tx: &Tx, origin: &str) -> Result<Option<Witnessed>, DbErr> {
    let row = witnessed::Entity::find_by_id(origin).lock_exclusive().one(tx).await?;
    row.map(|row| {
        let root = Hash::try_from(row.root.as_slice()).map_err(|_| corrupt("root hash"))?;
        Ok(Witnessed { size: to_u64(row.size), root })
    })
    .transpose()
}

/// Remembers what is about to be cosigned. Guarded: a log that moved meanwhile makes the transaction run again.
pub(crate) async fn witness(
    tx: &Tx,
    origin: &str,
    before: Option<&Witnessed>,
    now: &Witnessed,
    at: Micros,
) -> Result<(), DbErr> {
    let Some(before) = before else {
        let row = witnessed::ActiveModel {
            origin: Set(origin.to_owned()),
            size: Set(to_i64(now.size)),
            root: Set(now.root.to_vec()),
            cosigned_at: Set(at),
        };
        let nothing = OnConflict::column(witnessed::Column::Origin).do_nothing().to_owned();
        let inserted = witnessed::Entity::insert(row).on_conflict(nothing).exec_without_returning(tx).await?;
        return if inserted == 1 { Ok(()) } else { Err(tx.contended("another request cosigned the log first")) };
    };
    let updated = witnessed::Entity::update_many()
        .col_expr(witnessed::Column::Size, Expr::value(to_i64(now.size)))
        .col_expr(witnessed::Column::Root, Expr::value(now.root.to_vec()))
        .col_expr(witnessed::Column::CosignedAt, Expr::value(at))
        .filter(witnessed::Column::Origin.eq(origin))
        .filter(witnessed::Column::Size.eq(to_i64(before.size)))
        .exec(tx)
        .await?;
    if updated.rows_affected == 1 { Ok(()) } else { Err(tx.contended("another request cosigned the log first")) }
}
