//! The part of the registry that a group of mutations touches, and how each changes it.
//!
//! A group is applied one mutation after the other, so that each sees what those before it did. One that is refused
//! changes nothing.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::body::{Body, BodyRecord, Role};
use super::body_command::BodyChange;
use super::certificate::{Head, Snapshot, Version, VersionBytes, etag};
use super::contestation::{ContestCommand, Contestation, last_of};
use greenlane_credential::ConfidentialField;

use super::command::{Command, Done, EraseCommand, Grant, Refusal, StepCommand};
use super::did;
use super::event::{CertificateEntry, DocumentEntry, Entry, EraseEntry, PublicationEntry};
use super::key::{Key, KeyRecord, KeyStanding};
use super::life::{Event, Ground, Reason, Recorded as _, State, Step, Taken, after, ground};
use super::names::{BodyId, CertificateNumber};
use super::publication::{Publication, Publications, Recorded};
use super::statement::Statement;
use super::status::Slot;
use super::trace::TraceEvent;
use super::trace_command::KnownTrace;
use super::write_off_command::{Booked, Ledgers};

mod revise;

/// A certificate as the group sees it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) head: Head,
    /// All versions, oldest first. Not empty.
    pub(crate) versions: Vec<Version>,
    /// All events, in the order of the log. Not empty.
    pub(crate) events: Vec<Event>,
}

/// What the mutations of a group name, as it is in the database: absent means that it does not exist.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) bodies: HashMap<BodyId, Body>,
    pub(crate) keys: HashMap<String, Key>,
    /// By the index that identifies each.
    pub(crate) statements: HashMap<u64, Statement>,
    /// Events of products' lives, by index.
    pub(crate) traces: HashMap<u64, KnownTrace>,
    /// What stands of the EPCIS events that reporters bring, by reporter and by what tells the event from others.
    pub(crate) epcis: HashMap<(BodyId, String), BTreeSet<u64>>,
    pub(crate) certificates: HashMap<CertificateNumber, Arc<Known>>,
    /// Places in bodies' status lists that documents have.
    pub(crate) slots: HashSet<(BodyId, Slot)>,
    /// Of the certificates that something is written off against.
    pub(crate) ledgers: Ledgers,
    /// What is recorded of disputes about the certificates that more was heard of, in the order of the log.
    pub(crate) contestations: HashMap<CertificateNumber, Vec<Contestation>>,
    /// What is on record of the revisions that are published, and of their catalogues.
    pub(crate) publications: Publications,
}

/// Whether mutations were done before, and whether what was chosen here for a new certificate, its number and its place in
/// the status list, is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Novelty {
    /// They are taken for new, as nearly all are. What is not new is found as it is written: then nothing of it is.
    Assumed,
    /// It is looked up.
    LookedUp,
}

/// Bodies and keys as they are at a size of the log: only its entries change them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parties {
    pub(crate) bodies: HashMap<BodyId, Body>,
    pub(crate) keys: HashMap<String, Key>,
}

/// What must be written for an accepted mutation.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Body(Body),
    Key(Key),
    OfBody(BodyChange),
    /// An event, and what tells its EPCIS event from others.
    Traced(Box<TraceEvent>, Option<String>),
    WrittenOff(Box<Booked>),
    /// A new certificate: head, first version, grant.
    Granted {
        known: Arc<Known>,
        bytes: Arc<VersionBytes>,
        status: Slot,
    },
    /// A step: the new head, and the index of the event before, for the guard of the update.
    Stepped {
        head: Box<Head>,
        event: Event,
        previous_index: u64,
    },
    /// A step that makes a new version.
    Revised {
        head: Box<Head>,
        version: Box<Version>,
        bytes: Arc<VersionBytes>,
        status: Slot,
        event: Event,
        previous_index: u64,
    },
    /// Fields to be forgotten in all versions of a certificate that were made before this index of the log: one that was
    /// made after it in the same group states what its body says anew.
    Erased {
        number: CertificateNumber,
        fields: Vec<ConfidentialField>,
        before: u64,
    },
    /// What was heard of a dispute about a certificate.
    Contested {
        number: CertificateNumber,
        heard: Contestation,
    },
    /// A published revision of a catalogue.
    Published(Box<Recorded>),
}

/// An accepted mutation.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub(crate) change: Change,
    /// The entry of the log.
    pub(crate) leaf: Vec<u8>,
    pub(crate) done: Done,
}

impl World {
    /// Applies a command at an index of the log and a time.
    pub(crate) fn apply(&mut self, command: &Command, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        match command {
            Command::CreateBody(record) => self.create_body(record, index, now),
            Command::CreateKey(record) => self.create_key(record, index, now),
            Command::OfBody(command) => self.apply_to_body(command, index, now),
            Command::Trace(command) => self.trace(command, index, now),
            Command::WriteOff(command) => self.write_off(command, index, now),
            Command::Grant(grant) => self.grant(grant, index, now),
            Command::Step(step) => self.step(step, index, now),
            Command::Revise(revision) => self.revise(revision, index, now),
            Command::Erase(erase) => self.erase(erase, index, now),
            Command::Contest(heard) => self.contest(heard, index, now),
            Command::Publish(publication) => self.publish(publication, index, now),
        }
    }

    fn create_body(&mut self, record: &BodyRecord, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        if self.bodies.contains_key(&record.id) {
            return Err(Refusal::BodyExists(record.id.clone()));
        }
        if self.bodies.values().any(|known| did::same(&known.record.did, &record.did)) {
            return Err(Refusal::DidOfAnother(record.did.clone()));
        }
        self.must_be_told_apart(record)?;
        let body =
            Body { record: record.clone(), created_at: now, updated_at: now, create_index: index, latest_index: index };
        let leaf = Entry::BodyCreated { body: record, at: now }.to_bytes();
        self.bodies.insert(record.id.clone(), body.clone());
        Ok(Applied { change: Change::Body(body.clone()), leaf, done: Done::Body(body) })
    }

    fn create_key(&mut self, record: &KeyRecord, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        if !self.bodies.contains_key(&record.body) {
            return Err(Refusal::UnknownBody(record.body.clone()));
        }
        match self.keys.get(&record.id) {
            Some(key) if key.record.body == record.body => return Err(Refusal::KeyExists(key.name())),
            Some(_) => return Err(Refusal::KeyOfAnother(record.id.clone())),
            None => {}
        }
        let key = Key {
            record: record.clone(),
            compromised_since: None,
            created_at: now,
            create_index: index,
            latest_index: index,
        };
        let leaf = Entry::KeyCreated { key: record, at: now }.to_bytes();
        self.keys.insert(record.id.clone(), key.clone());
        Ok(Applied { change: Change::Key(key.clone()), leaf, done: Done::Key(key) })
    }

    fn grant(&mut self, grant: &Grant, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        let body = self.bodies.get(&grant.body).ok_or_else(|| Refusal::UnknownBody(grant.body.clone()))?;
        if !body.record.roles.contains(&Role::CertificationBody) {
            return Err(Refusal::NotACertificationBody(grant.body.clone()));
        }
        let key = self.keys.get(&grant.key).filter(|key| key.record.body == grant.body);
        if key.is_none_or(|key| key.standing_at(now) != KeyStanding::Good) {
            return Err(Refusal::NoSigningKey(grant.body.clone()));
        }
        if self.certificates.contains_key(&grant.number) {
            return Err(Refusal::NumberTaken(grant.number.clone()));
        }
        self.take(&grant.body, grant.status)?;
        let effective_at = grant.content.valid_from.and_time(chrono::NaiveTime::MIN).and_utc();
        let leaf = Entry::Certificate(CertificateEntry {
            step: Step::Grant,
            number: &grant.number,
            body: &grant.body,
            version: 1,
            document: Some(DocumentEntry { sha256: &grant.document_sha256, key: &grant.key }),
            reason: Some(Reason::Ordinary),
            reason_text: "",
            remedy: "",
            effective_at,
            recorded_at: now,
        })
        .to_bytes();
        let known = grant.known(index, now, effective_at);
        let known = Arc::new(known);
        let done = Done::Certificate(Arc::new(known.snapshot()));
        self.certificates.insert(grant.number.clone(), Arc::clone(&known));
        let change = Change::Granted { known, bytes: Arc::clone(&grant.bytes), status: grant.status };
        Ok(Applied { change, leaf, done })
    }

    /// No step of the certificate's life: its state, its documents and their hashes stay as they are. A version that was
    /// prepared of what is erased here is made anew, of what is left: see `revise`.
    fn erase(&mut self, command: &EraseCommand, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        let EraseCommand { number, body, fields } = command;
        let known = self.certificates.get_mut(number).ok_or_else(|| Refusal::UnknownCertificate(number.clone()))?;
        let known = Arc::make_mut(known);
        if known.head.body != *body {
            return Err(Refusal::NotYours(known.head.body.clone()));
        }
        let said = |field: &ConfidentialField| known.versions.iter().any(|version| version.keeps_back(*field));
        let missing: Vec<ConfidentialField> = fields.iter().copied().filter(|field| !said(field)).collect();
        if !missing.is_empty() {
            return Err(Refusal::NotKeptBack(missing));
        }
        for version in &mut known.versions {
            version.erase(fields);
        }
        let entry = EraseEntry { number, body, fields };
        let leaf = Entry::Erased(entry, now).to_bytes();
        let change = Change::Erased { number: number.clone(), fields: fields.clone(), before: index };
        Ok(Applied { change, leaf, done: Done::Erased })
    }

    /// No step of the certificate's life either.
    fn contest(&mut self, command: &ContestCommand, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        let ContestCommand { number, body, dispute, turn, since, order } = command;
        let known = self.certificates.get(number).ok_or_else(|| Refusal::UnknownCertificate(number.clone()))?;
        if known.head.body != *body {
            return Err(Refusal::NotYours(known.head.body.clone()));
        }
        let recorded = self.contestations.entry(number.clone()).or_default();
        if last_of(recorded, dispute).is_some_and(|last| last.says(command)) {
            return Err(Refusal::ContestationKnown { dispute: dispute.clone(), turn: turn.as_str() });
        }
        let leaf = Entry::Contested(command, now).to_bytes();
        let heard = Contestation {
            log_index: index,
            recorded_at: now,
            dispute: dispute.clone(),
            turn: *turn,
            since: *since,
            order: *order,
        };
        recorded.push(heard.clone());
        let change = Change::Contested { number: number.clone(), heard };
        Ok(Applied { change, leaf, done: Done::Contested })
    }

    /// Records follow one another as the revisions do. A revision that is on record by another change set is the other
    /// history of a catalogue that was restored from a backup: it is recorded too, as what it is.
    fn publish(&mut self, publication: &Publication, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        let Publication { catalogue, revision, .. } = publication;
        let last = self.publications.last.get(&(*catalogue, *revision));
        let highest = self.publications.highest.entry(*catalogue).or_default();
        match last {
            Some(last) if last.publication.change_set == publication.change_set => {
                return Err(Refusal::PublicationKnown(publication.name()));
            }
            None if *revision != *highest + 1 => {
                return Err(Refusal::PublicationOrder { name: publication.name(), highest: *highest });
            }
            Some(_) | None => *highest = (*highest).max(*revision),
        }
        let entry = PublicationEntry { publication, instead_of: last.map(|last| last.log_index) };
        let leaf = Entry::Published(entry, now).to_bytes();
        let recorded = Recorded { log_index: index, recorded_at: now, publication: publication.clone() };
        self.publications.last.insert((*catalogue, *revision), recorded.clone());
        Ok(Applied { change: Change::Published(Box::new(recorded)), leaf, done: Done::Published })
    }

    /// Takes a place in a body's status lists. The last check: what is refused after it would leave the place taken.
    fn take(&mut self, body: &BodyId, slot: Slot) -> Result<(), Refusal> {
        if self.slots.insert((body.clone(), slot)) { Ok(()) } else { Err(Refusal::StatusIndexTaken) }
    }

    fn step(&mut self, command: &StepCommand, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        let number = &command.number;
        let known = self.certificates.get_mut(number).ok_or_else(|| Refusal::UnknownCertificate(number.clone()))?;
        let known = Arc::make_mut(known);
        if known.head.body != command.body {
            return Err(Refusal::NotYours(known.head.body.clone()));
        }
        let current = etag(known.head.latest_index);
        if !command.etag.is_empty() && command.etag != current {
            return Err(Refusal::EtagMismatch { number: number.clone(), etag: current });
        }
        let (ground, effective_at) = known.ground(command.step, command.effective_at, now)?;
        let Some(state_after) = ground.after(command.step) else {
            return Err(conflict(number, ground.upon, command.step, now));
        };
        let leaf = Entry::Certificate(CertificateEntry {
            step: command.step,
            number,
            body: &command.body,
            version: ground.upon.version,
            document: None,
            reason: Some(command.reason),
            reason_text: &command.reason_text,
            remedy: &command.remedy,
            effective_at,
            recorded_at: now,
        })
        .to_bytes();
        let event = Event {
            log_index: index,
            step: command.step,
            reason: Some(command.reason),
            reason_text: command.reason_text.clone(),
            effective_at,
            recorded_at: now,
            actor: command.actor.clone(),
            version: ground.upon.version,
            remedy: command.remedy.clone(),
            state_after,
        };
        let previous_index = known.step(&event);
        let done = Done::Certificate(Arc::new(known.snapshot()));
        let change = Change::Stepped { head: Box::new(known.head.clone()), event, previous_index };
        Ok(Applied { change, leaf, done })
    }
}

impl Grant {
    fn known(&self, index: u64, now: DateTime<Utc>, effective_at: DateTime<Utc>) -> Known {
        Known {
            head: Head {
                number: self.number.clone(),
                body: self.body.clone(),
                state: State::Active,
                version: 1,
                granted_index: index,
                latest_index: index,
                created_at: now,
                updated_at: now,
                effect_floor: None,
                superseded_by: None,
                valid: (self.content.valid_from, self.content.valid_until),
            },
            versions: vec![Version {
                version: 1,
                log_index: index,
                recorded_at: now,
                content: self.content.clone(),
                document: Arc::clone(&self.document),
                document_sha256: self.document_sha256,
                disclosures: self.disclosures.clone(),
                key: self.key.clone(),
            }],
            events: vec![Event {
                log_index: index,
                step: Step::Grant,
                reason: Some(Reason::Ordinary),
                reason_text: String::new(),
                effective_at,
                recorded_at: now,
                actor: self.actor.clone(),
                version: 1,
                remedy: String::new(),
                state_after: State::Active,
            }],
        }
    }
}

/// A step that is not possible upon this event. What was announced is no state yet, and is told as such.
fn conflict(number: &CertificateNumber, upon: Taken, step: Step, now: DateTime<Utc>) -> Refusal {
    let announced = (upon.effective_at.date_naive() > now.date_naive()).then_some(upon.effective_at);
    Refusal::StateConflict { number: number.clone(), state: upon.state_after, announced, step }
}

impl Known {
    /// Upon what a step is taken, and when it takes effect: when it is asked to or else now, and then behind what counts
    /// today already. An annulment counts from the start.
    fn ground(
        &self,
        step: Step,
        asked: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(Ground, DateTime<Utc>), Refusal> {
        let granted = self.events.first().map_or(now, |grant| grant.effective_at);
        let mut effective_at = if step == Step::Annul { granted } else { asked.unwrap_or(now) };
        let mut found = ground(&self.events, step, effective_at, now);
        if let Err(floor) = found
            && asked.is_none()
            && floor.date_naive() == now.date_naive()
        {
            effective_at = floor;
            found = ground(&self.events, step, floor, now);
        }
        match (found, self.events.last()) {
            (Ok(ground), _) => Ok((ground, effective_at)),
            // Unless it would overtake what was announced, if only it took effect later.
            (Err(floor), Some(last))
                if after(last.state_after, step).is_none()
                    && !ground(&self.events, step, floor, now).is_ok_and(|ground| ground.after(step).is_some()) =>
            {
                Err(conflict(&self.head.number, last.taken(), step, now))
            }
            // Nobody chooses when a renewal takes effect.
            (Err(_), Some(last)) if step == Step::Renew => Err(Refusal::Awaited {
                number: self.head.number.clone(),
                announced: last.state_after,
                from: last.effective_at,
                step,
            }),
            (Err(floor), _) => Err(Refusal::EffectTooEarly { floor }),
        }
    }

    /// The version that the last event made or left: what a new one is made of.
    pub(crate) fn version(&self) -> &Version {
        let number = self.events.last().map_or(self.head.version, |event| event.version);
        let found = self.versions.iter().rfind(|version| version.version == number);
        found.unwrap_or_else(|| self.versions.last().expect("a certificate has a version"))
    }

    /// Takes an event in. Gives the index of the event before it.
    fn step(&mut self, event: &Event) -> u64 {
        let previous_index = self.head.latest_index;
        self.head.state = event.state_after;
        self.head.latest_index = event.log_index;
        self.head.updated_at = event.recorded_at;
        if event.step != Step::Annul {
            self.head.effect_floor = Some(event.effective_at);
        }
        self.events.push(event.clone());
        previous_index
    }

    /// The certificate as it is now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            number: self.head.number.clone(),
            body: self.head.body.clone(),
            granted_index: self.head.granted_index,
            version: self.version().clone(),
            events: self.events.clone(),
            created_at: self.head.created_at,
            superseded_by: self.head.superseded_by.clone(),
            contestations: Vec::new(),
        }
    }
}
