//! Bodies, their keys, what is said of them, and the history of all three.

use std::collections::{BTreeSet, HashMap};

use greenlane_store::{Micros, Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{DbErr, QueryOrder, Set};
use serde::{Deserialize, Serialize};

use super::entity::{body, body_history, body_key, statement};
use super::namesakes::{self, name_sha256};
use super::{IN_LIST, corrupt, rows, to_i64};
use crate::domain::body::Body;
use crate::domain::body_command::BodyChange;
use crate::domain::key::Key;
use crate::domain::names::BodyId;
use crate::domain::statement::Statement;
use crate::domain::world::{Applied, Change};

/// A state that something of a body was in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BodyState {
    Body(Body),
    Key(Key),
    Statement(Statement),
}

const BODY: &str = "body";
const KEY: &str = "key";
const STATEMENT: &str = "statement";

impl BodyState {
    /// The entry that made it so.
    pub(crate) fn log_index(&self) -> u64 {
        match self {
            Self::Body(body) => body.latest_index,
            Self::Key(key) => key.latest_index,
            Self::Statement(statement) => statement.latest_index,
        }
    }

    fn read(row: &body_history::Model) -> Result<Self, DbErr> {
        Ok(match row.kind.as_str() {
            BODY => Self::Body(rows::from_json(&row.state, "body")?),
            KEY => Self::Key(rows::from_json(&row.state, "key")?),
            STATEMENT => Self::Statement(rows::from_json(&row.state, "statement")?),
            _ => return Err(corrupt("state of a body")),
        })
    }
}

/// Everything that a body, its keys and what is said of it ever were, in the order of the log.
pub(crate) async fn history(tx: &Tx, id: &BodyId) -> Result<Vec<BodyState>, DbErr> {
    let rows = body_history::Entity::find()
        .filter(body_history::Column::Body.eq(id.as_str()))
        .order_by_asc(body_history::Column::LogIndex)
        .all(tx)
        .await?;
    rows.iter().map(BodyState::read).collect()
}

/// Statements by the indices that identify them.
pub(crate) async fn statements(tx: &Tx, wanted: &BTreeSet<u64>) -> Result<HashMap<u64, Statement>, DbErr> {
    let mut found = HashMap::new();
    let wanted: Vec<i64> = wanted.iter().map(|index| to_i64(*index)).collect();
    for chunk in wanted.chunks(IN_LIST) {
        let query = statement::Entity::find().filter(statement::Column::CreateIndex.is_in(chunk.iter().copied()));
        for row in query.all(tx).await? {
            let statement: Statement = rows::from_json(&row.state, "statement")?;
            found.insert(statement.create_index, statement);
        }
    }
    Ok(found)
}

/// Writes what a group of accepted mutations changed of bodies.
pub(crate) async fn save(tx: &Tx, applied: &[Applied]) -> Result<(), DbErr> {
    let (mut bodies, mut keys, mut statements) = (Vec::new(), Vec::new(), Vec::new());
    let (mut history, mut updates) = (Vec::new(), Vec::new());
    for one in applied {
        match &one.change {
            Change::Body(body) => {
                bodies.push(rows::body_row(body));
                history.push(of_body(body));
            }
            Change::Key(key) => {
                keys.push(rows::key_row(key));
                history.push(of_key(key));
            }
            Change::OfBody(change) => {
                history.push(match change {
                    BodyChange::Updated { body, .. } => of_body(body),
                    BodyChange::KeyChanged { key, .. } => of_key(key),
                    BodyChange::Stated(statement) => {
                        statements.push(statement_row(statement));
                        of_statement(statement)
                    }
                    BodyChange::StatementChanged { statement, .. } => of_statement(statement),
                });
                updates.push(change);
            }
            Change::Granted { .. }
            | Change::Stepped { .. }
            | Change::Revised { .. }
            | Change::Erased { .. }
            | Change::Contested { .. }
            | Change::Published(_)
            | Change::Traced(..)
            | Change::WrittenOff(_) => {}
        }
    }
    let are_others_read = !bodies.is_empty()
        || updates.iter().any(|change| matches!(change, BodyChange::Updated { is_renamed: true, .. }));
    bulk::insert(tx, bodies).await?;
    bulk::insert(tx, keys).await?;
    bulk::insert(tx, statements).await?;
    bulk::insert(tx, history).await?;
    for change in updates {
        update(tx, change).await?;
    }
    if are_others_read { namesakes::index_others(tx).await } else { Ok(()) }
}

/// Guarded in its own statement: only the event that the change was decided on may be the latest.
async fn update(tx: &Tx, change: &BodyChange) -> Result<(), DbErr> {
    let updated = match change {
        BodyChange::Stated(_) => return Ok(()),
        BodyChange::Updated { body, previous_index, is_renamed: _ } => {
            use body::Column as C;
            body::Entity::update_many()
                .col_expr(C::Economy, Expr::value(body.record.economy.clone()))
                .col_expr(C::Record, Expr::value(rows::json(&body.record)))
                .col_expr(C::Roles, Expr::value(rows::roles_text(body)))
                .col_expr(C::UpdatedAt, Expr::value(Micros::from(body.updated_at)))
                .col_expr(C::LatestIndex, Expr::value(to_i64(body.latest_index)))
                .col_expr(C::NameSha256, Expr::value(name_sha256(&body.record.display_name)))
                .col_expr(C::DidSpelled, Expr::value(body.record.did_spelled()))
                .col_expr(C::NamesIndex, Expr::value(to_i64(body.latest_index)))
                .filter(C::Id.eq(body.record.id.as_str()))
                .filter(C::LatestIndex.eq(to_i64(*previous_index)))
                .exec(tx)
                .await?
        }
        BodyChange::KeyChanged { key, previous_index } => {
            use body_key::Column as C;
            body_key::Entity::update_many()
                .col_expr(C::Record, Expr::value(rows::json(&key.record)))
                .col_expr(C::CompromisedSince, Expr::value(key.compromised_since.map(Micros::from)))
                .col_expr(C::LatestIndex, Expr::value(to_i64(key.latest_index)))
                .filter(C::Id.eq(key.record.id.as_str()))
                .filter(C::LatestIndex.eq(to_i64(*previous_index)))
                .exec(tx)
                .await?
        }
        BodyChange::StatementChanged { statement, previous_index } => {
            use statement::Column as C;
            statement::Entity::update_many()
                .col_expr(C::State, Expr::value(rows::json(statement)))
                .col_expr(C::LatestIndex, Expr::value(to_i64(statement.latest_index)))
                .filter(C::CreateIndex.eq(to_i64(statement.create_index)))
                .filter(C::LatestIndex.eq(to_i64(*previous_index)))
                .exec(tx)
                .await?
        }
    };
    if updated.rows_affected == 1 { Ok(()) } else { Err(tx.contended("a body's record moved under its change")) }
}

fn statement_row(statement: &Statement) -> statement::ActiveModel {
    statement::ActiveModel {
        create_index: Set(to_i64(statement.create_index)),
        latest_index: Set(to_i64(statement.latest_index)),
        state: Set(rows::json(statement)),
    }
}

fn history_row(index: u64, body: &BodyId, kind: &str, state: String) -> body_history::ActiveModel {
    body_history::ActiveModel {
        log_index: Set(to_i64(index)),
        body: Set(body.as_str().to_owned()),
        kind: Set(kind.to_owned()),
        state: Set(state),
    }
}

fn of_body(body: &Body) -> body_history::ActiveModel {
    history_row(body.latest_index, &body.record.id, BODY, rows::json(body))
}

fn of_key(key: &Key) -> body_history::ActiveModel {
    history_row(key.latest_index, &key.record.body, KEY, rows::json(key))
}

fn of_statement(statement: &Statement) -> body_history::ActiveModel {
    history_row(statement.latest_index, &statement.record.body, STATEMENT, rows::json(statement))
}
