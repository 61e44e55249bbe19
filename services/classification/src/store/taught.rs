//! Taught examples. Each lies there once and for ever, with the revision from which it counts.

use chrono::NaiveDate;
use greenlane_store::{Micros, Tx, bulk, revision};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entities::{example, revision as revisions};
use super::{COUNTER, corrupt};
use crate::domain::{ExampleFact, SourceFact};

#[derive(Serialize, Deserialize)]
struct Body {
    description: String,
    edition: String,
    code: String,
    decided_on: NaiveDate,
    source: SourceFact,
    invented: bool,
}

/// Examples to be learned, and who teaches them.
#[derive(Clone, Debug)]
pub(crate) struct Lesson {
    pub(crate) examples: Vec<ExampleFact>,
    pub(crate) teacher: String,
    pub(crate) at: Micros,
}

/// Learns the examples that are not known yet: how many they are, and the revision from which all of them count. The
/// counter is held from the first look to the end, so that no two lessons learn the same example.
pub(crate) async fn teach(tx: &Tx, lesson: &Lesson) -> Result<(u32, u64), DbErr> {
    let current = revision::lock(tx, COUNTER).await?;
    let next = i64::try_from(current + 1).map_err(corrupt)?;
    let rows: Vec<example::ActiveModel> =
        lesson.examples.iter().map(|fact| row(fact, next)).collect::<Result<_, _>>()?;
    let learned = bulk::insert_absent(tx, rows).await?;
    if learned == 0 {
        return Ok((0, current));
    }
    let revision = revision::next(tx, COUNTER).await?;
    let published = revisions::Model {
        revision: next,
        published_at: lesson.at,
        publisher: lesson.teacher.clone(),
        title: format!("Taught {learned} classifications"),
        change_set: String::new(),
        codes_changed: 0,
        links_changed: 0,
        entries_changed: 0,
    };
    revisions::Entity::insert(published.into_active_model()).exec_without_returning(tx).await?;
    Ok((u32::try_from(learned).map_err(corrupt)?, revision))
}

/// Examples that count from a revision after `after` and up to `until`, with that revision.
pub(crate) async fn examples(tx: &Tx, after: i64, until: i64) -> Result<Vec<(i64, ExampleFact)>, DbErr> {
    let rows = example::Entity::find()
        .filter(example::Column::Revision.gt(after))
        .filter(example::Column::Revision.lte(until))
        .order_by_asc(example::Column::Id)
        .all(tx)
        .await?;
    rows.into_iter().map(|row| Ok((row.revision, fact(&row.body)?))).collect()
}

/// The examples of the revisions after `known` and up to `newest`, if each of these did nothing but teach.
pub(crate) async fn taught_only(tx: &Tx, known: u64, newest: u64) -> Result<Option<Vec<ExampleFact>>, DbErr> {
    let after = i64::try_from(known).map_err(corrupt)?;
    let until = i64::try_from(newest).map_err(corrupt)?;
    let examples = examples(tx, after, until).await?;
    let taught: std::collections::BTreeSet<i64> = examples.iter().map(|(revision, _)| *revision).collect();
    let all = known > 0 && (after + 1..=until).all(|revision| taught.contains(&revision));
    Ok(all.then(|| examples.into_iter().map(|(_, example)| example).collect()))
}

fn row(fact: &ExampleFact, revision: i64) -> Result<example::ActiveModel, DbErr> {
    let ExampleFact { description, edition, code, decided_on, source, invented } = fact.clone();
    let mut id = Sha256::new();
    for part in [&description, &edition, &code, &decided_on.to_string()] {
        id.update((part.len() as u64).to_be_bytes());
        id.update(part.as_bytes());
    }
    let body = Body { description, edition, code, decided_on, source, invented };
    let body = serde_json::to_string(&body).map_err(corrupt)?;
    Ok(example::Model { id: hex::encode(id.finalize()), revision, body }.into_active_model())
}

fn fact(body: &str) -> Result<ExampleFact, DbErr> {
    let Body { description, edition, code, decided_on, source, invented } =
        serde_json::from_str(body).map_err(corrupt)?;
    Ok(ExampleFact { description, edition, code, decided_on, source, invented })
}
