//! Taught examples. Each lies there once and for ever, with the revision from which it counts.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use greenlane_store::{Micros, Tx, bulk, revision};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entities::{example, revision as revisions};
use super::{COUNTER, corrupt};
use crate::domain::{ExampleFact, SourceFact, folded};

#[derive(Serialize, Deserialize)]
struct Body {
    description: String,
    edition: String,
    code: String,
    decided_on: NaiveDate,
    source: SourceFact,
    invented: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    withdrawn: bool,
}

/// Examples to be learned, and who teaches them.
#[derive(Clone, Debug)]
pub(crate) struct Lesson {
    pub(crate) examples: Vec<ExampleFact>,
    pub(crate) teacher: String,
    pub(crate) at: Micros,
}

/// Learns the examples that are not known yet, or that stand no more because others were taught since of the same goods
/// and day: how many they are, and the revision from which all of them count. The counter is held from the first look to
/// the end, so that no two lessons learn the same example.
pub(crate) async fn teach(tx: &Tx, lesson: &Lesson) -> Result<(u32, u64), DbErr> {
    let current = revision::lock(tx, COUNTER).await?;
    let next = i64::try_from(current + 1).map_err(corrupt)?;
    let known = known(tx, &lesson.examples).await?;
    let again = not_standing(tx, &lesson.examples, &known).await?;
    let new = lesson.examples.iter().filter_map(|fact| {
        let id = id(fact, None);
        match known.contains(&id) {
            false => Some(row(fact, id, next)),
            true => again.contains(&id).then(|| row(fact, self::id(fact, Some(next)), next)),
        }
    });
    let rows: Vec<example::ActiveModel> = new.collect::<Result<_, _>>()?;
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
    rows.into_iter().map(|row| Ok((row.revision, fact(&row)?))).collect()
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

/// Which of the examples were taught before, by their identifiers.
async fn known(tx: &Tx, examples: &[ExampleFact]) -> Result<HashSet<String>, DbErr> {
    let ids = examples.iter().map(|fact| id(fact, None));
    let rows = example::Entity::find().filter(example::Column::Id.is_in(ids)).all(tx).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Which of the known examples stand no more: of the same words and day others were taught later.
async fn not_standing(tx: &Tx, examples: &[ExampleFact], known: &HashSet<String>) -> Result<HashSet<String>, DbErr> {
    let repeated: Vec<&ExampleFact> = examples.iter().filter(|fact| known.contains(&id(fact, None))).collect();
    let days: BTreeSet<NaiveDate> = repeated.iter().map(|fact| fact.decided_on).collect();
    let mut last: HashMap<(NaiveDate, String), u64> = HashMap::new();
    let mut own: HashMap<String, u64> = HashMap::new();
    for day in days {
        // As it stands in the body.
        let on_it = example::Column::Body.contains(format!("\"decided_on\":\"{day}\""));
        for row in example::Entity::find().filter(on_it).all(tx).await? {
            let fact = fact(&row)?;
            let newest = |known: &mut u64| *known = (*known).max(fact.taught);
            newest(own.entry(id(&fact, None)).or_default());
            newest(last.entry((day, folded(&fact.description))).or_default());
        }
    }
    let overtaken = |fact: &&ExampleFact| {
        let last = last.get(&(fact.decided_on, folded(&fact.description)));
        own.get(&id(fact, None)).zip(last).is_some_and(|(own, last)| own < last)
    };
    Ok(repeated.into_iter().filter(overtaken).map(|fact| id(fact, None)).collect())
}

/// What an example lies by. `again`: the revision that teaches it once more.
fn id(fact: &ExampleFact, again: Option<i64>) -> String {
    let mut id = Sha256::new();
    let mut part = |part: &str| {
        id.update((part.len() as u64).to_be_bytes());
        id.update(part.as_bytes());
    };
    for text in [&fact.description, &fact.edition, &fact.code, &fact.decided_on.to_string()] {
        part(text);
    }
    if fact.withdrawn {
        part("withdrawn");
    }
    if let Some(revision) = again {
        part(&revision.to_string());
    }
    hex::encode(id.finalize())
}

fn row(fact: &ExampleFact, id: String, revision: i64) -> Result<example::ActiveModel, DbErr> {
    let ExampleFact { description, edition, code, decided_on, source, invented, withdrawn, taught: _ } = fact.clone();
    let body = Body { description, edition, code, decided_on, source, invented, withdrawn };
    let body = serde_json::to_string(&body).map_err(corrupt)?;
    Ok(example::Model { id, revision, body }.into_active_model())
}

fn fact(row: &example::Model) -> Result<ExampleFact, DbErr> {
    let Body { description, edition, code, decided_on, source, invented, withdrawn } =
        serde_json::from_str(&row.body).map_err(corrupt)?;
    let taught = u64::try_from(row.revision).map_err(corrupt)?;
    Ok(ExampleFact { description, edition, code, decided_on, source, invented, withdrawn, taught })
}
