//! Bodies that somebody may take for one another: of one economy and one name, or of one identifier.
//!
//! The domain tells them apart. Here an index finds those that it may not, so that not all bodies are read under the lock
//! of the head.

use std::collections::{BTreeMap, BTreeSet};

use greenlane_jose::sha256;
use greenlane_store::{Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{DbBackend, DbErr, QueryOrder, QuerySelect, Statement, Value};

use super::entity::body;
use super::{IN_LIST, rows};
use crate::domain::body::{Body, BodyRecord};
use crate::domain::command::Command;
use crate::domain::goods::as_read;
use crate::domain::names::BodyId;
use crate::domain::world::World;

/// The rows that a program wrote that knows nothing of the index: what the index says of them, if anything, is of another
/// state of theirs. The partial index on them has these very words.
pub(super) const NOT_INDEXED: &str = "names_index IS DISTINCT FROM latest_index";

/// A name in the index, as people read it. A hash, since it may be longer than an entry of PostgreSQL's index can be.
/// Whoever changes how names are read has a migration write all anew.
pub(super) fn name_sha256(display_name: &str) -> String {
    hex::encode(sha256(as_read(display_name).as_bytes()))
}

/// Bodies that one statement indexes, at most.
pub(super) const AT_ONCE: usize = 1_024;

/// What a body may be called in the course of a group, and where. Each by each: one command may follow the other.
#[derive(Default)]
struct Called {
    names: BTreeSet<String>,
    economies: BTreeSet<String>,
}

impl Called {
    fn add(&mut self, display_name: Option<&str>, economy: Option<&str>) {
        self.names.extend(display_name.map(name_sha256));
        self.economies.extend(economy.map(str::to_owned));
    }
}

/// Loads whom the bodies that these commands register or rename may not be told apart from. The bodies that they name are
/// in the world already.
pub(super) async fn load(tx: &Tx, world: &mut World, commands: &[&Command]) -> Result<(), DbErr> {
    let mut dids = BTreeSet::new();
    let mut called: BTreeMap<&BodyId, Called> = BTreeMap::new();
    for command in commands {
        if let Command::CreateBody(record) = command {
            dids.insert(record.did_spelled());
            called.entry(&record.id).or_default().add(Some(&record.display_name), Some(&record.economy));
        } else if let Command::OfBody(command) = command
            && let Some((body, display_name, economy)) = command.renames()
        {
            called.entry(body).or_default().add(display_name, economy);
        }
    }
    if called.is_empty() {
        return Ok(());
    }
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (body, mut called) in called {
        if let Some(known) = world.bodies.get(body) {
            called.add(Some(&known.record.display_name), Some(&known.record.economy));
        }
        for economy in called.economies {
            wanted.entry(economy).or_default().extend(called.names.iter().cloned());
        }
    }
    let mut found = body::Entity::find().filter(Expr::cust(NOT_INDEXED)).all(tx).await?;
    for (economy, names) in &wanted {
        let of_it = body::Entity::find().filter(body::Column::Economy.eq(economy.as_str()));
        for names in chunks(names) {
            let namesakes = of_it.clone().filter(bulk::is_in(tx.engine(), body::Column::NameSha256, names));
            found.extend(namesakes.all(tx).await?);
        }
    }
    for dids in chunks(&dids) {
        let same = body::Entity::find().filter(bulk::is_in(tx.engine(), body::Column::DidSpelled, dids));
        found.extend(same.all(tx).await?);
    }
    for row in found {
        let body = Body::try_from(row)?;
        world.bodies.entry(body.record.id.clone()).or_insert(body);
    }
    Ok(())
}

/// Puts rows into the index that it says nothing of, or what was before: from now on they are found by it, and are no
/// longer read with every registration. For a transaction that holds the lock of the head, as [`load`] does: so of very many
/// only some, and the rest with those that come after it. Until then [`load`] reads that.
pub(super) async fn index_others(tx: &Tx) -> Result<(), DbErr> {
    let others: Vec<(String, i64, String)> = body::Entity::find()
        .select_only()
        .columns([body::Column::Id, body::Column::LatestIndex, body::Column::Record])
        .filter(Expr::cust(NOT_INDEXED))
        .order_by_asc(body::Column::Id)
        .limit(AT_ONCE as u64)
        .into_tuple()
        .all(tx)
        .await?;
    if others.is_empty() {
        return Ok(());
    }
    let others = others.iter().map(|(id, latest_index, record)| (id.as_str(), *latest_index, record.as_str()));
    tx.execute_raw(indexing(tx.get_database_backend(), others)?).await.map(drop)
}

/// Puts bodies into the index: each by its identifier, its latest index and its record. One that was changed since it was
/// read is left as it is.
///
/// The last one stands there again until there are a power of two of them: so that few texts are prepared.
pub(super) fn indexing<'r>(
    backend: DbBackend,
    bodies: impl IntoIterator<Item = (&'r str, i64, &'r str)>,
) -> Result<Statement, DbErr> {
    let mut known: Vec<[Value; 4]> = Vec::new();
    for (id, latest_index, record) in bodies {
        let record: BodyRecord = rows::from_json(record, "body")?;
        let name = name_sha256(&record.display_name);
        known.push([id.into(), latest_index.into(), name.into(), record.did_spelled().into()]);
    }
    if let Some(last) = known.last().cloned() {
        known.resize(known.len().next_power_of_two(), last);
    }
    let place = |first: usize| format!("(${first}, ${}, ${}, ${})", first + 1, first + 2, first + 3);
    let places: Vec<String> = (0..known.len()).map(|row| place(4 * row + 1)).collect();
    let sql = format!(
        "UPDATE body SET names_index = known.column2, name_sha256 = known.column3, did_spelled = known.column4 \
         FROM (VALUES {}) AS known WHERE body.id = known.column1 AND body.latest_index = known.column2",
        places.join(", "),
    );
    Ok(Statement::from_sql_and_values(backend, sql, known.into_iter().flatten()))
}

fn chunks(values: &BTreeSet<String>) -> impl Iterator<Item = Vec<&str>> {
    let mut values = values.iter().map(String::as_str);
    std::iter::from_fn(move || {
        let chunk: Vec<&str> = values.by_ref().take(IN_LIST).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

#[cfg(test)]
mod tests;
