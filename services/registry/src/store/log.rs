//! The log's rows: head, tiles, entries, checkpoints.

use std::collections::HashMap;

use greenlane_log::{Hash, TileId, TileSet, TileUpdate, proof, tile::TileError};
use greenlane_store::bulk::{self, Inserts};
use greenlane_store::{Micros, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{Condition, DbErr, QueryOrder, QuerySelect, Set};

use super::entity::{log_checkpoint, log_entry, log_head, log_tile};
use super::{corrupt, rows, to_i64, to_u64};

/// The one row of the head.
const HEAD: i32 = 1;

/// The tree head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeHead {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// The signed checkpoint; empty before anything was ever signed.
    pub(crate) note: String,
    pub(crate) signed_at: Micros,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogEntry {
    pub(crate) index: u64,
    pub(crate) leaf: Vec<u8>,
    pub(crate) recorded_at: Micros,
}

fn head_of(row: Option<log_head::Model>) -> Result<TreeHead, DbErr> {
    let row = row.ok_or_else(|| corrupt("tree head"))?;
    let root = Hash::try_from(row.root.as_slice()).map_err(|_| corrupt("root hash"))?;
    Ok(TreeHead { size: to_u64(row.size), root, note: row.note, signed_at: row.signed_at })
}

/// The head, held still until this transaction ends.
pub(crate) async fn lock_head(tx: &Tx) -> Result<TreeHead, DbErr> {
    head_of(log_head::Entity::find_by_id(HEAD).lock_exclusive().one(tx).await?)
}

/// The head as of this transaction.
pub(crate) async fn head(tx: &Tx) -> Result<TreeHead, DbErr> {
    head_of(log_head::Entity::find_by_id(HEAD).one(tx).await?)
}

/// The size of the log as of this transaction.
pub(crate) async fn size(tx: &Tx) -> Result<u64, DbErr> {
    let size: Option<i64> =
        log_head::Entity::find_by_id(HEAD).select_only().column(log_head::Column::Size).into_tuple().one(tx).await?;
    size.map(to_u64).ok_or_else(|| corrupt("tree head"))
}

/// Swaps the head, if it is still of `old` size; otherwise the transaction runs again.
pub(crate) async fn swap_head(tx: &Tx, old: u64, new: &TreeHead) -> Result<(), DbErr> {
    let updated = log_head::Entity::update_many()
        .col_expr(log_head::Column::Size, Expr::value(to_i64(new.size)))
        .col_expr(log_head::Column::Root, Expr::value(new.root.to_vec()))
        .col_expr(log_head::Column::Note, Expr::value(new.note.clone()))
        .col_expr(log_head::Column::SignedAt, Expr::value(new.signed_at))
        .filter(log_head::Column::Id.eq(HEAD))
        .filter(log_head::Column::Size.eq(to_i64(old)))
        .exec(tx)
        .await?;
    if updated.rows_affected != 1 {
        return Err(tx.contended("the tree head moved"));
    }
    let checkpoint = log_checkpoint::ActiveModel {
        size: Set(to_i64(new.size)),
        note: Set(new.note.clone()),
        signed_at: Set(new.signed_at),
    };
    bulk::insert_absent(tx, [checkpoint]).await?;
    Ok(())
}

/// Takes the signature off the head of `size` entries: the next start signs it anew, in the name of its own log.
/// Checkpoints of smaller trees stay, as what they are: the earlier log's.
pub(crate) async fn forget_signature(tx: &Tx, size: u64) -> Result<(), DbErr> {
    log_checkpoint::Entity::delete_by_id(to_i64(size)).exec(tx).await?;
    let unsigned = log_head::Entity::update_many().col_expr(log_head::Column::Note, Expr::value(""));
    unsigned.filter(log_head::Column::Id.eq(HEAD)).exec(tx).await.map(|_| ())
}

/// The checkpoint that was signed for exactly this size, if there is one.
pub(crate) async fn checkpoint(tx: &Tx, size: u64) -> Result<Option<(String, Micros)>, DbErr> {
    let row = log_checkpoint::Entity::find_by_id(to_i64(size)).one(tx).await?;
    Ok(row.map(|row| (row.note, row.signed_at)))
}

/// The size of the first checkpoint that holds everything known at a revision: checkpoints are signed for groups, so
/// not every size has one.
pub(crate) async fn checkpoint_at(tx: &Tx, revision: u64) -> Result<u64, DbErr> {
    let size: Option<i64> = log_checkpoint::Entity::find()
        .select_only()
        .column(log_checkpoint::Column::Size)
        .filter(log_checkpoint::Column::Size.gte(to_i64(revision)))
        .order_by_asc(log_checkpoint::Column::Size)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    size.map(to_u64).ok_or_else(|| corrupt("checkpoint"))
}

/// An entry to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewEntry {
    pub(crate) index: u64,
    pub(crate) leaf: Vec<u8>,
    /// What it is about: a certificate's number or a body's identifier.
    pub(crate) subject: String,
}

/// Rows of entries.
pub(crate) fn add_entries(inserts: &mut Inserts, entries: impl IntoIterator<Item = NewEntry>, at: Micros) {
    inserts.add(entries.into_iter().map(|entry| rows::entry_row(entry.index, entry.leaf, at, entry.subject)));
}

/// Writes tiles; one that grew replaces what it was.
pub(crate) async fn write_tiles(tx: &Tx, tiles: &[TileUpdate]) -> Result<(), DbErr> {
    let rows = tiles.iter().map(|update| log_tile::ActiveModel {
        level: Set(i32::from(update.id.level)),
        tile: Set(to_i64(update.id.index)),
        hashes: Set(update.bytes.clone()),
    });
    let replace = OnConflict::columns([log_tile::Column::Level, log_tile::Column::Tile])
        .update_column(log_tile::Column::Hashes)
        .to_owned();
    log_tile::Entity::insert_many(rows).on_conflict(replace).exec_without_returning(tx).await.map(|_| ())
}

/// Stored tiles with at least the width asked for; what is wider is cut. Missing or narrow ones are left out.
pub(crate) async fn tiles(tx: &Tx, wanted: &[TileId]) -> Result<Vec<(TileId, Vec<u8>)>, DbErr> {
    let mut found = Vec::with_capacity(wanted.len());
    for chunk in wanted.chunks(100) {
        let mut any = Condition::any();
        for id in chunk {
            let this = Condition::all()
                .add(log_tile::Column::Level.eq(i32::from(id.level)))
                .add(log_tile::Column::Tile.eq(to_i64(id.index)));
            any = any.add(this);
        }
        let rows = log_tile::Entity::find().filter(any).all(tx).await?;
        for id in chunk {
            let row = rows.iter().find(|row| row.level == i32::from(id.level) && to_u64(row.tile) == id.index);
            let hashes = row.and_then(|row| row.hashes.get(..usize::from(id.width) * Hash::LEN));
            if let Some(hashes) = hashes {
                found.push((*id, hashes.to_vec()));
            }
        }
    }
    Ok(found)
}

/// The tiles that hold these nodes of the tree of `size` leaves.
async fn tile_set(tx: &Tx, nodes: &[greenlane_log::NodeId], size: u64) -> Result<TileSet, DbErr> {
    let mut set = TileSet::new();
    for (id, bytes) in tiles(tx, &TileSet::needed(nodes, size)).await? {
        set.insert(id, &bytes).map_err(|error: TileError| DbErr::Custom(error.to_string()))?;
    }
    Ok(set)
}

/// The proof that entry `index` is in the tree of `size` leaves.
pub(crate) async fn inclusion_proof(tx: &Tx, index: u64, size: u64) -> Result<Vec<Hash>, DbErr> {
    Ok(inclusion_proofs(tx, &[index], size).await?.pop().unwrap_or_default())
}

/// As [`inclusion_proof`], of many entries, in their order.
pub(crate) async fn inclusion_proofs(tx: &Tx, indices: &[u64], size: u64) -> Result<Vec<Vec<Hash>>, DbErr> {
    let nodes: Vec<_> = indices.iter().flat_map(|index| proof::inclusion_nodes(*index, size)).collect();
    let set = tile_set(tx, &nodes, size).await?;
    let prove = |index: &u64| proof::inclusion(*index, size, &set).map_err(|error| DbErr::Custom(error.to_string()));
    indices.iter().map(prove).collect()
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves.
pub(crate) async fn consistency_proof(tx: &Tx, old: u64, new: u64) -> Result<Vec<Hash>, DbErr> {
    let set = tile_set(tx, &proof::consistency_nodes(old, new), new).await?;
    proof::consistency(old, new, &set).map_err(|error| DbErr::Custom(error.to_string()))
}

/// Up to `limit` entries of the tree of `size` leaves from `start`.
pub(crate) async fn entries(tx: &Tx, start: u64, size: u64, limit: u64) -> Result<Vec<LogEntry>, DbErr> {
    let rows = log_entry::Entity::find()
        .filter(log_entry::Column::Idx.gte(to_i64(start)))
        .filter(log_entry::Column::Idx.lt(to_i64(size)))
        .order_by_asc(log_entry::Column::Idx)
        .limit(limit)
        .all(tx)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| LogEntry { index: to_u64(row.idx), leaf: row.leaf, recorded_at: row.recorded_at })
        .collect())
}

/// The leaves of these entries, by their indices.
pub(crate) async fn leaves(tx: &Tx, indices: &[u64]) -> Result<HashMap<u64, Vec<u8>>, DbErr> {
    let mut leaves = HashMap::with_capacity(indices.len());
    for chunk in indices.chunks(super::IN_LIST) {
        let wanted = log_entry::Column::Idx.is_in(chunk.iter().map(|index| to_i64(*index)));
        for row in log_entry::Entity::find().filter(wanted).all(tx).await? {
            leaves.insert(to_u64(row.idx), row.leaf);
        }
    }
    Ok(leaves)
}

/// What the entries of `from..to` are about, each once.
pub(crate) async fn subjects(tx: &Tx, from: u64, to: u64) -> Result<Vec<String>, DbErr> {
    log_entry::Entity::find()
        .select_only()
        .column(log_entry::Column::Subject)
        .distinct()
        .filter(log_entry::Column::Idx.gte(to_i64(from)))
        .filter(log_entry::Column::Idx.lt(to_i64(to)))
        .into_tuple()
        .all(tx)
        .await
}

/// The size of the log at a moment: the entries recorded until then.
pub(crate) async fn size_at(tx: &Tx, moment: Micros) -> Result<u64, DbErr> {
    let last: Option<i64> = log_entry::Entity::find()
        .select_only()
        .column(log_entry::Column::Idx)
        .filter(log_entry::Column::RecordedAt.lte(moment))
        .order_by_desc(log_entry::Column::RecordedAt)
        .order_by_desc(log_entry::Column::Idx)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(last.map_or(0, |index| to_u64(index) + 1))
}
