//! Loading what a group of mutations touches, and writing what came of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use greenlane_credential::ConfidentialField;
use greenlane_store::bulk::{self, Inserts};
use greenlane_store::{Micros, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{DbErr, QueryOrder};

use super::entity::{body, body_key, certificate, event, version};
use super::{IN_LIST, bodies, contestation, list, namesakes, publication, rows, status, to_i64, trace, write_off};
use crate::domain::certificate::{Head, Version};
use crate::domain::command::Command;
use crate::domain::life::Event;
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::status::Slot;
use crate::domain::world::{Applied, Change, Known, Novelty, Parties, World};
use crate::domain::write_off_command::WriteOffCommand;

/// Everything that these commands name; of bodies and keys, what is not held already; of what was chosen here, what is to be
/// looked up.
pub(crate) async fn load<'c>(
    tx: &Tx,
    commands: impl Iterator<Item = &'c Command>,
    held: &Parties,
    novelty: Novelty,
) -> Result<World, DbErr> {
    let commands: Vec<&Command> = commands.collect();
    let write_offs: Vec<&WriteOffCommand> = commands
        .iter()
        .copied()
        .filter_map(|command| if let Command::WriteOff(command) = command { Some(command.as_ref()) } else { None })
        .collect();
    let reversed = write_off::named(tx, &write_offs).await?;
    let mut ledgers: BTreeSet<&str> = reversed.values().map(|(known, _)| known.record.certificate.as_str()).collect();
    let (mut body_ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let (mut numbers, mut stepped) = (BTreeSet::new(), BTreeSet::new());
    let (mut statements, mut traces, mut epcis) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut contested = BTreeSet::new();
    let mut published = Vec::new();
    let mut slots: BTreeSet<(&str, Slot)> = BTreeSet::new();
    for &command in &commands {
        match command {
            Command::CreateBody(record) => {
                body_ids.insert(record.id.as_str());
            }
            Command::CreateKey(record) => {
                body_ids.insert(record.body.as_str());
                keys.insert(record.id.as_str());
            }
            Command::OfBody(command) => {
                body_ids.extend(command.bodies().into_iter().map(BodyId::as_str));
                keys.extend(command.key());
                statements.extend(command.statement());
            }
            Command::Trace(command) => {
                body_ids.insert(command.record.reporter.as_str());
                keys.insert(command.key.as_str());
                traces.extend(command.named());
                epcis.extend(command.epcis.as_deref());
            }
            Command::WriteOff(command) => {
                ledgers.insert(command.record.certificate.as_str());
                contested.insert(command.record.certificate.as_str());
            }
            Command::Grant(grant) => {
                body_ids.insert(grant.body.as_str());
                keys.insert(grant.key.as_str());
                if novelty == Novelty::LookedUp || !grant.is_made_here {
                    numbers.insert(grant.number.as_str());
                    slots.insert((grant.body.as_str(), grant.status));
                }
            }
            Command::Step(step) => {
                stepped.insert(step.number.as_str());
            }
            Command::Erase(erase) => {
                stepped.insert(erase.number.as_str());
            }
            Command::Contest(heard) => {
                stepped.insert(heard.number.as_str());
                contested.insert(heard.number.as_str());
            }
            Command::Publish(publication) => published.push(publication),
            Command::Revise(revision) => {
                keys.insert(revision.key.as_str());
                stepped.insert(revision.number.as_str());
                slots.insert((revision.body.as_str(), revision.status));
            }
        }
    }
    // Most grants bring a number that was just made: whether it is taken is all that is asked.
    let mut world = World::default();
    body_ids.retain(|id| match held.bodies.get_key_value(&BodyId::trusted((*id).to_owned())) {
        Some((id, body)) => world.bodies.insert(id.clone(), body.clone()).is_some(),
        None => true,
    });
    take_held(&mut world, &mut keys, held);
    load_bodies(tx, &mut world, &body_ids).await?;
    namesakes::load(tx, &mut world, &commands).await?;
    load_keys(tx, &mut world, &keys).await?;
    world.statements = bodies::statements(tx, &statements).await?;
    load_makers(tx, &mut world, held).await?;
    world.traces = trace::known(tx, &traces).await?;
    world.epcis = trace::standing(tx, &epcis).await?;
    world.contestations = contestation::of_all(tx, &contested).await?;
    world.publications = publication::followed_by(tx, &published).await?;
    world.slots = status::taken(tx, &slots).await?;
    stepped.extend(&ledgers);
    world.ledgers = write_off::ledgers(tx, &ledgers, &write_offs, reversed.clone()).await?;
    let taken: BTreeSet<&str> = numbers.union(&stepped).copied().collect();
    for known in certificates(tx, &taken).await? {
        world.certificates.insert(known.head.number.clone(), Arc::new(known));
    }
    // What is written off is written off against what a key is good for.
    let drawn_on: Vec<Arc<Known>> = world
        .certificates
        .iter()
        .filter(|(number, _)| ledgers.contains(number.as_str()))
        .map(|(_, it)| it.clone())
        .collect();
    let mut signed: BTreeSet<&str> = drawn_on.iter().flat_map(|it| &it.versions).map(|it| it.key.as_str()).collect();
    signed.retain(|key| !world.keys.contains_key(*key));
    take_held(&mut world, &mut signed, held);
    load_keys(tx, &mut world, &signed).await?;
    Ok(world)
}

/// Takes keys that are held already, and leaves those that are not.
fn take_held(world: &mut World, keys: &mut BTreeSet<&str>, held: &Parties) {
    keys.retain(|id| match held.keys.get_key_value(*id) {
        Some((id, key)) => world.keys.insert(id.clone(), key.clone()).is_some(),
        None => true,
    });
}

async fn load_bodies(tx: &Tx, world: &mut World, bodies: &BTreeSet<&str>) -> Result<(), DbErr> {
    for id in chunks(bodies) {
        for row in body::Entity::find().filter(bulk::is_in(tx.engine(), body::Column::Id, id)).all(tx).await? {
            world.bodies.insert(BodyId::trusted(row.id.clone()), row.try_into()?);
        }
    }
    Ok(())
}

/// The bodies that made the statements: whose they are tells who may change them.
async fn load_makers(tx: &Tx, world: &mut World, held: &Parties) -> Result<(), DbErr> {
    let makers: Vec<BodyId> = world.statements.values().map(|statement| statement.record.by.clone()).collect();
    let mut unknown = BTreeSet::new();
    for maker in &makers {
        if let Some(body) = held.bodies.get(maker) {
            world.bodies.insert(maker.clone(), body.clone());
        } else if !world.bodies.contains_key(maker) {
            unknown.insert(maker.as_str());
        }
    }
    load_bodies(tx, world, &unknown).await
}

async fn load_keys(tx: &Tx, world: &mut World, keys: &BTreeSet<&str>) -> Result<(), DbErr> {
    for id in chunks(keys) {
        let wanted = bulk::is_in(tx.engine(), body_key::Column::Id, id);
        for row in body_key::Entity::find().filter(wanted).all(tx).await? {
            world.keys.insert(row.id.clone(), row.try_into()?);
        }
    }
    Ok(())
}

/// Certificates with all versions and events.
pub(crate) async fn certificates(tx: &Tx, numbers: &BTreeSet<&str>) -> Result<Vec<Known>, DbErr> {
    let mut found = Vec::new();
    for chunk in chunks(numbers) {
        let heads = bulk::find_unique::<certificate::Entity, _>(tx, certificate::Column::Number, chunk).await?;
        found.extend(known(tx, heads).await?);
    }
    Ok(found)
}

/// Heads with all versions and events, in the order of the heads.
pub(crate) async fn known(tx: &Tx, heads: Vec<certificate::Model>) -> Result<Vec<Known>, DbErr> {
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let mut events = events_of(tx, heads.iter().map(|head| head.granted_index)).await?;
    let mut versions = versions_of(tx, &events).await?;
    heads
        .into_iter()
        .map(|row| {
            let versions = versions.remove(&row.granted_index).ok_or_else(|| super::corrupt("version"))?;
            let events = events.remove(&row.granted_index).ok_or_else(|| super::corrupt("event"))?;
            Ok(Known { head: Head::try_from(row)?, versions, events })
        })
        .collect()
}

/// All events of these certificates, each named by the index of its grant, in the order of the log.
async fn events_of(tx: &Tx, granted: impl Iterator<Item = i64>) -> Result<HashMap<i64, Vec<Event>>, DbErr> {
    let rows = event::Entity::find()
        .filter(bulk::is_in(tx.engine(), event::Column::Certificate, granted))
        .order_by_asc(event::Column::LogIndex)
        .all(tx)
        .await?;
    let mut events: HashMap<i64, Vec<Event>> = HashMap::new();
    for row in rows {
        events.entry(row.certificate).or_default().push(row.try_into()?);
    }
    Ok(events)
}

/// The versions that these events made, by certificate, oldest first.
async fn versions_of(tx: &Tx, events: &HashMap<i64, Vec<Event>>) -> Result<HashMap<i64, Vec<Version>>, DbErr> {
    let made: Vec<i64> = events.values().flat_map(|events| made_versions(events)).map(to_i64).collect();
    let mut versions: HashMap<i64, Vec<Version>> = HashMap::new();
    for chunk in made.chunks(IN_LIST) {
        let rows = version::Entity::find()
            .filter(bulk::is_in(tx.engine(), version::Column::LogIndex, chunk.iter().copied()))
            .order_by_asc(version::Column::LogIndex)
            .all(tx)
            .await?;
        for row in rows {
            versions.entry(row.certificate).or_default().push(row.try_into()?);
        }
    }
    Ok(versions)
}

/// Those of a certificate's events, in the order of the log, that may have made a version: no earlier one names it.
fn made_versions(events: &[Event]) -> impl Iterator<Item = u64> {
    events.chunk_by(|before, after| before.version == after.version).map(|same| same[0].log_index)
}

fn chunks<'v>(values: &'v BTreeSet<&str>) -> impl Iterator<Item = Vec<&'v str>> {
    let mut values = values.iter().copied();
    std::iter::from_fn(move || {
        let chunk: Vec<&str> = values.by_ref().take(IN_LIST).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The rows that a group of accepted mutations adds to the history of certificates.
pub(crate) fn add_rows(inserts: &mut Inserts, applied: &[Applied]) {
    let (mut certificates, mut versions, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let mut terms: BTreeMap<rows::Term, Vec<i64>> = BTreeMap::new();
    let mut listed = Vec::new();
    for one in applied {
        match &one.change {
            Change::Granted { known, bytes, status } => {
                let Known { head, events: grant, .. } = known.as_ref();
                let first = known.version();
                certificates.push(rows::certificate_row(head));
                versions.push(rows::version_row(head, first, bytes));
                events.extend(grant.iter().map(|event| rows::event_row(head, event)));
                for term in rows::terms_of(&first.content) {
                    let granted = terms.entry(term).or_default();
                    if granted.last() != Some(&to_i64(head.granted_index)) {
                        granted.push(to_i64(head.granted_index));
                    }
                }
                listed.push(status::row(head, *status, first.version));
            }
            Change::Stepped { head, event, .. } => events.push(rows::event_row(head, event)),
            Change::Revised { head, version, bytes, status, event, .. } => {
                versions.push(rows::version_row(head, version, bytes));
                events.push(rows::event_row(head, event));
                listed.push(status::row(head, *status, version.version));
            }
            Change::Body(_)
            | Change::Key(_)
            | Change::OfBody(_)
            | Change::Traced(..)
            | Change::WrittenOff(_)
            | Change::Erased { .. }
            | Change::Contested { .. }
            | Change::Published(_) => {}
        }
    }
    inserts.add(certificates);
    inserts.add(versions);
    inserts.add(terms.iter().flat_map(|(term, granted)| rows::term_rows(term, granted)));
    inserts.add(events);
    inserts.add(listed);
}

/// Writes what else the group changed, once [its rows](add_rows) are there.
pub(crate) async fn save(tx: &Tx, applied: &[Applied]) -> Result<(), DbErr> {
    bodies::save(tx, applied).await?;
    let (mut traced, mut written_off, mut erased) = (Vec::new(), Vec::new(), Vec::new());
    let (mut contested, mut steps, mut new_terms) = (Vec::new(), Vec::new(), Vec::new());
    let mut published = Vec::new();
    for one in applied {
        match &one.change {
            Change::Body(_) | Change::Key(_) | Change::OfBody(_) | Change::Granted { .. } => {}
            Change::Traced(event, epcis) => traced.push((event.as_ref(), epcis.as_deref())),
            Change::WrittenOff(booked) => written_off.push(booked.as_ref()),
            Change::Stepped { head, previous_index, .. } => steps.push((head, *previous_index)),
            Change::Revised { head, version, previous_index, .. } => {
                let found: BTreeSet<rows::Term> = rows::terms_of(&version.content).into_iter().collect();
                new_terms.extend(found.iter().flat_map(|term| rows::term_rows(term, &[to_i64(head.granted_index)])));
                steps.push((head, *previous_index));
            }
            Change::Erased { number, fields, before } => erased.push((number, fields.as_slice(), *before)),
            Change::Contested { number, heard } => contested.push((number, heard)),
            Change::Published(recorded) => published.push(recorded.as_ref()),
        }
    }
    // What older versions can be found by stays: they count for the days before.
    bulk::insert_absent(tx, new_terms).await?;
    trace::save(tx, &traced).await?;
    write_off::save(tx, &written_off).await?;
    contestation::save(tx, &contested).await?;
    publication::save(tx, &published).await?;
    for (head, previous_index) in steps {
        step(tx, head, previous_index).await?;
    }
    for (number, fields, before) in erased {
        erase(tx, number, fields, before).await?;
    }
    Ok(())
}

/// Forgets what these fields said and their salts, in every version of before an index of the log.
async fn erase(tx: &Tx, number: &CertificateNumber, fields: &[ConfidentialField], before: u64) -> Result<(), DbErr> {
    for mut version in list::versions(tx, number).await?.into_iter().filter(|version| version.log_index < before) {
        version.erase(fields);
        version::Entity::update_many()
            .col_expr(version::Column::Content, Expr::value(rows::json(&version.content)))
            .col_expr(version::Column::Disclosures, Expr::value(rows::disclosures_text(&version.disclosures)))
            .filter(version::Column::LogIndex.eq(to_i64(version.log_index)))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Guarded in its own statement: only the event that the step was decided on may be the latest.
async fn step(tx: &Tx, head: &Head, previous_index: u64) -> Result<(), DbErr> {
    let updated = certificate::Entity::update_many()
        .col_expr(certificate::Column::State, Expr::value(head.state.as_str()))
        .col_expr(certificate::Column::Version, Expr::value(rows::from_version(head.version)))
        .col_expr(certificate::Column::ValidFrom, Expr::value(head.valid.0.to_string()))
        .col_expr(certificate::Column::ValidUntil, Expr::value(head.valid.1.to_string()))
        .col_expr(certificate::Column::LatestIndex, Expr::value(to_i64(head.latest_index)))
        .col_expr(certificate::Column::UpdatedAt, Expr::value(Micros::from(head.updated_at)))
        .col_expr(certificate::Column::EffectFloor, Expr::value(head.effect_floor.map(Micros::from)))
        .filter(certificate::Column::GrantedIndex.eq(to_i64(head.granted_index)))
        .filter(certificate::Column::LatestIndex.eq(to_i64(previous_index)))
        .exec(tx)
        .await?;
    if updated.rows_affected == 1 { Ok(()) } else { Err(tx.contended("a certificate moved under its step")) }
}

/// The number that a change is about, or the body: what other replicas' caches forget.
pub(crate) fn subject(change: &Change) -> &str {
    match change {
        Change::Body(body) => body.record.id.as_str(),
        Change::Key(key) => key.record.body.as_str(),
        Change::OfBody(change) => change.body().as_str(),
        // Nothing that is cached depends on it.
        Change::Traced(..) => "trace",
        Change::WrittenOff(_) => "write_off",
        Change::Published(recorded) => recorded.publication.catalogue.as_str(),
        Change::Erased { number, .. } | Change::Contested { number, .. } => number.as_str(),
        Change::Granted { known, .. } => known.head.number.as_str(),
        Change::Stepped { head, .. } | Change::Revised { head, .. } => head.number.as_str(),
    }
}
