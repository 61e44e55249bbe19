//! Imports: what was announced, the bytes that came, and what is wrong with the rows.

use chrono::{DateTime, Utc};
use greenlane_store::{Micros, Store, StoreError, Tx, bulk};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::corrupt;
use super::entities::{import, import_fault, import_piece};
use crate::domain::{Announced, RowFault};

/// Where an import stands. The names are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImportState {
    Receiving,
    Complete,
    Proposed,
    Published,
    Abandoned,
}

impl ImportState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Complete => "complete",
            Self::Proposed => "proposed",
            Self::Published => "published",
            Self::Abandoned => "abandoned",
        }
    }

    fn parse(text: &str) -> Result<Self, DbErr> {
        let all = [Self::Receiving, Self::Complete, Self::Proposed, Self::Published, Self::Abandoned];
        all.into_iter().find(|state| state.as_str() == text).ok_or_else(|| corrupt(format!("the import state {text}")))
    }
}

/// An import as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImportRow {
    pub(crate) id: String,
    pub(crate) state: ImportState,
    pub(crate) announced: Announced,
    pub(crate) sha256: String,
    pub(crate) author: String,
    /// For whom it was started, `economies/{economy}` and the like: who may go on with it.
    pub(crate) owner: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) received_bytes: u64,
    pub(crate) rows: u64,
    pub(crate) refused_rows: u64,
    /// How many faults are stored.
    pub(crate) faults: u64,
    pub(crate) change_set: String,
    pub(crate) published_revision: u64,
}

/// What a piece brought.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Where it begins: the guard against two writers.
    pub(crate) offset: u64,
    pub(crate) data: Vec<u8>,
    pub(crate) faults: Vec<RowFault>,
    pub(crate) rows: u64,
    pub(crate) refused_rows: u64,
    /// It was the last.
    pub(crate) complete: bool,
}

pub(crate) async fn insert_import(tx: &Tx, row: &ImportRow) -> Result<(), DbErr> {
    bulk::insert(tx, [model(row)?.into_active_model()]).await.map(drop)
}

pub(crate) async fn find_import(tx: &Tx, id: &str) -> Result<Option<ImportRow>, DbErr> {
    import::Entity::find_by_id(id.to_owned()).one(tx).await?.map(row).transpose()
}

/// An import by itself.
pub(crate) async fn get_import(store: &Store, id: &str) -> Result<Option<ImportRow>, StoreError> {
    let id = id.to_owned();
    store
        .read("get_import", move |tx| {
            let id = id.clone();
            Box::pin(async move { Ok(find_import(tx, &id).await?) })
        })
        .await
}

/// Up to `limit` imports after one, newest first.
pub(crate) async fn list_imports(
    store: &Store,
    state: Option<ImportState>,
    after: Option<(i64, String)>,
    limit: u64,
) -> Result<Vec<ImportRow>, StoreError> {
    store
        .read("list_imports", move |tx| {
            let after = after.clone();
            Box::pin(async move {
                let mut found = import::Entity::find();
                if let Some(state) = state {
                    found = found.filter(import::Column::State.eq(state.as_str()));
                }
                if let Some((at, id)) = after {
                    let same = import::Column::CreatedAt.eq(at);
                    let older = sea_orm::Condition::all().add(same).add(import::Column::Id.lt(id));
                    let before = import::Column::CreatedAt.lt(at);
                    found = found.filter(sea_orm::Condition::any().add(before).add(older));
                }
                let newest = found.order_by_desc(import::Column::CreatedAt).order_by_desc(import::Column::Id);
                let rows = newest.limit(limit).all(tx).await?;
                Ok(rows.into_iter().map(row).collect::<Result<Vec<_>, _>>()?)
            })
        })
        .await
}

/// Up to `limit` faults after one, in the order of their lines.
pub(crate) async fn list_faults(
    store: &Store,
    id: &str,
    after: Option<(i64, i64)>,
    limit: u64,
) -> Result<Vec<(i64, RowFault)>, StoreError> {
    let id = id.to_owned();
    store
        .read("list_import_faults", move |tx| {
            let id = id.clone();
            Box::pin(async move {
                use import_fault::Column;
                let mut found = import_fault::Entity::find().filter(Column::Import.eq(id));
                if let Some((line, at)) = after {
                    let same = sea_orm::Condition::all().add(Column::Line.eq(line)).add(Column::At.gt(at));
                    found = found.filter(sea_orm::Condition::any().add(Column::Line.gt(line)).add(same));
                }
                let rows = found.order_by_asc(Column::Line).order_by_asc(Column::At).limit(limit).all(tx).await?;
                Ok(rows.into_iter().map(|row| Ok((row.at, fault(row)?))).collect::<Result<Vec<_>, DbErr>>()?)
            })
        })
        .await
}

/// The bytes of an import in their order, `from` a place on, piece by piece.
pub(crate) async fn next_piece(tx: &Tx, id: &str, from: u64) -> Result<Option<Vec<u8>>, DbErr> {
    let from = i64::try_from(from).map_err(corrupt)?;
    let found = import_piece::Entity::find_by_id((id.to_owned(), from)).one(tx).await?;
    Ok(found.map(|piece| piece.data))
}

/// Keeps a piece and what it brought. False when the import has moved on meanwhile.
pub(crate) async fn keep_piece(tx: &Tx, id: &str, piece: &Piece, stored_faults: u64) -> Result<bool, DbErr> {
    let number = |value: u64| i64::try_from(value).map_err(corrupt);
    let end = number(piece.offset + piece.data.len() as u64)?;
    let count = stored_faults + piece.faults.len() as u64;
    let state = if piece.complete { ImportState::Complete } else { ImportState::Receiving };
    let moved = import::Entity::update_many()
        .col_expr(import::Column::ReceivedBytes, Expr::value(end))
        .col_expr(import::Column::RowsRead, Expr::value(number(piece.rows)?))
        .col_expr(import::Column::RefusedRows, Expr::value(number(piece.refused_rows)?))
        .col_expr(import::Column::Faults, Expr::value(number(count)?))
        .col_expr(import::Column::State, Expr::value(state.as_str()))
        .filter(import::Column::Id.eq(id))
        .filter(import::Column::State.eq(ImportState::Receiving.as_str()))
        .filter(import::Column::ReceivedBytes.eq(number(piece.offset)?))
        .exec(tx)
        .await?;
    if moved.rows_affected != 1 {
        return Ok(false);
    }
    if !piece.data.is_empty() {
        let row = import_piece::Model { import: id.to_owned(), at: number(piece.offset)?, data: piece.data.clone() };
        bulk::insert(tx, [row.into_active_model()]).await?;
    }
    keep_faults(tx, id, &piece.faults, stored_faults).await?;
    Ok(true)
}

/// Keeps faults behind those that are stored.
async fn keep_faults(tx: &Tx, id: &str, faults: &[RowFault], stored: u64) -> Result<(), DbErr> {
    let number = |value: u64| i64::try_from(value).map_err(corrupt);
    let faults = faults.iter().zip(stored..).map(|(fault, at)| {
        Ok(import_fault::Model {
            import: id.to_owned(),
            at: number(at)?,
            line: number(fault.line)?,
            column_name: fault.column.clone(),
            code: fault.code.clone(),
            message: fault.message.clone(),
            value: fault.value.clone(),
            mended: fault.mended,
        }
        .into_active_model())
    });
    bulk::insert(tx, faults.collect::<Result<Vec<_>, DbErr>>()?).await.map(drop)
}

/// The rows of an import as they were read.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) rows: u64,
    pub(crate) refused_rows: u64,
    pub(crate) faults: Vec<RowFault>,
}

/// Notes that an import is published, with its rows as they were read then: the catalogue has moved since it was received.
/// False when it is neither complete nor proposed.
pub(crate) async fn publish_import(
    tx: &Tx,
    id: &str,
    change_set: &str,
    revision: u64,
    read: &Read,
) -> Result<bool, DbErr> {
    let from = [ImportState::Complete, ImportState::Proposed];
    if !move_import(tx, id, &from, ImportState::Published, change_set, revision).await? {
        return Ok(false);
    }
    let number = |value: u64| i64::try_from(value).map_err(corrupt);
    import::Entity::update_many()
        .col_expr(import::Column::RowsRead, Expr::value(number(read.rows)?))
        .col_expr(import::Column::RefusedRows, Expr::value(number(read.refused_rows)?))
        .col_expr(import::Column::Faults, Expr::value(number(read.faults.len() as u64)?))
        .filter(import::Column::Id.eq(id))
        .exec(tx)
        .await?;
    import_fault::Entity::delete_many().filter(import_fault::Column::Import.eq(id)).exec(tx).await?;
    keep_faults(tx, id, &read.faults, 0).await?;
    Ok(true)
}

/// Moves an import from one of some states to another. False when it is in none of them.
pub(crate) async fn move_import(
    tx: &Tx,
    id: &str,
    from: &[ImportState],
    to: ImportState,
    change_set: &str,
    revision: u64,
) -> Result<bool, DbErr> {
    let moved = import::Entity::update_many()
        .col_expr(import::Column::State, Expr::value(to.as_str()))
        .col_expr(import::Column::ChangeSet, Expr::value(change_set))
        .col_expr(import::Column::PublishedRevision, Expr::value(i64::try_from(revision).map_err(corrupt)?))
        .filter(import::Column::Id.eq(id))
        .filter(import::Column::State.is_in(from.iter().map(|state| state.as_str())))
        .exec(tx)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// Forgets the bytes of an import that was given up.
pub(crate) async fn forget_pieces(tx: &Tx, id: &str) -> Result<(), DbErr> {
    import_piece::Entity::delete_many().filter(import_piece::Column::Import.eq(id)).exec(tx).await.map(drop)
}

fn model(row: &ImportRow) -> Result<import::Model, DbErr> {
    let number = |value: u64| i64::try_from(value).map_err(corrupt);
    Ok(import::Model {
        id: row.id.clone(),
        state: row.state.as_str().to_owned(),
        announced: serde_json::to_string(&row.announced).map_err(corrupt)?,
        sha256: row.sha256.clone(),
        author: row.author.clone(),
        owner: row.owner.clone(),
        created_at: Micros::from(row.created_at),
        received_bytes: number(row.received_bytes)?,
        rows_read: number(row.rows)?,
        refused_rows: number(row.refused_rows)?,
        faults: number(row.faults)?,
        change_set: row.change_set.clone(),
        published_revision: number(row.published_revision)?,
    })
}

fn row(model: import::Model) -> Result<ImportRow, DbErr> {
    let number = |value: i64| u64::try_from(value).map_err(corrupt);
    Ok(ImportRow {
        state: ImportState::parse(&model.state)?,
        announced: serde_json::from_str(&model.announced).map_err(corrupt)?,
        id: model.id,
        sha256: model.sha256,
        author: model.author,
        owner: model.owner,
        created_at: model.created_at.to_utc(),
        received_bytes: number(model.received_bytes)?,
        rows: number(model.rows_read)?,
        refused_rows: number(model.refused_rows)?,
        faults: number(model.faults)?,
        change_set: model.change_set,
        published_revision: number(model.published_revision)?,
    })
}

fn fault(row: import_fault::Model) -> Result<RowFault, DbErr> {
    Ok(RowFault {
        line: u64::try_from(row.line).map_err(corrupt)?,
        column: row.column_name,
        code: row.code,
        message: row.message,
        value: row.value,
        mended: row.mended,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_a_later_release_stored_is_told_as_it_is() {
        let stored = import_fault::Model {
            import: "one".to_owned(),
            at: 0,
            line: 2,
            column_name: "ex".to_owned(),
            code: "of_a_later_release".to_owned(),
            message: "It is not as it must be.".to_owned(),
            value: String::new(),
            mended: false,
        };
        assert_eq!(fault(stored).unwrap().code, "of_a_later_release");
    }
}
