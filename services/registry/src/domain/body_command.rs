//! Mutations of bodies, their keys, and what is said of them, after they were registered.

use chrono::{DateTime, NaiveDate, Utc};

use super::body::{Body, BodyPatch, BodyRecord, Role};
use super::command::{Done, Refusal};
use super::event::{BodyEntry, Entry, KeyEvent};
use super::key::{Key, KeyStanding};
use super::names::BodyId;
use super::statement::{Kind, Period, Statement, StatementRecord, StatementStep, StepFault, statement_name};
use super::world::{Applied, Change, World};

/// One mutation.
#[derive(Clone, Debug)]
pub(crate) enum BodyCommand {
    Update {
        id: BodyId,
        patch: BodyPatch,
        /// What the caller read; empty when it does not care.
        etag: String,
    },
    RetireKey {
        body: BodyId,
        key: String,
        /// None: when it is recorded.
        until: Option<DateTime<Utc>>,
    },
    RevokeKey {
        body: BodyId,
        key: String,
        since: DateTime<Utc>,
        reason_text: String,
    },
    State(StatementRecord),
    Step(StatementCommand),
}

/// A change to where a statement stands.
#[derive(Clone, Debug)]
pub(crate) struct StatementCommand {
    pub(crate) body: BodyId,
    pub(crate) kind: Kind,
    pub(crate) index: u64,
    pub(crate) step: StatementStep,
    pub(crate) day: NaiveDate,
    pub(crate) reason_text: String,
    /// The body that the caller acts for; none for the keeper of the register.
    pub(crate) acting: Option<BodyId>,
    /// The economy whose bodies a keeper keeps; none when it keeps them all.
    pub(crate) economy: Option<String>,
}

/// What must be written. The index of the event before guards the update.
#[derive(Clone, Debug)]
pub(crate) enum BodyChange {
    Updated {
        body: Body,
        previous_index: u64,
        /// Whether others were read that it is to be told apart from.
        is_renamed: bool,
    },
    KeyChanged {
        key: Key,
        previous_index: u64,
    },
    Stated(Statement),
    StatementChanged {
        statement: Statement,
        previous_index: u64,
    },
}

impl BodyCommand {
    /// The bodies whose records the command needs.
    pub(crate) fn bodies(&self) -> Vec<&BodyId> {
        match self {
            Self::Update { id, .. } => vec![id],
            Self::RetireKey { body, .. } | Self::RevokeKey { body, .. } => vec![body],
            Self::State(record) => vec![&record.body, &record.by],
            Self::Step(step) => std::iter::once(&step.body).chain(&step.acting).collect(),
        }
    }

    /// Whether it changes what a body is called, or where; then also its new name and its new economy, where they change.
    pub(crate) fn renames(&self) -> Option<(&BodyId, Option<&str>, Option<&str>)> {
        match self {
            Self::Update { id, patch, .. } if patch.renames() => {
                Some((id, patch.display_name.as_deref(), patch.economy.as_deref()))
            }
            Self::Update { .. } | Self::RetireKey { .. } | Self::RevokeKey { .. } | Self::State(_) | Self::Step(_) => {
                None
            }
        }
    }

    /// The key that it changes.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::RetireKey { key, .. } | Self::RevokeKey { key, .. } => Some(key),
            Self::Update { .. } | Self::State(_) | Self::Step(_) => None,
        }
    }

    /// The statement that it changes.
    pub(crate) fn statement(&self) -> Option<u64> {
        match self {
            Self::Step(step) => Some(step.index),
            Self::Update { .. } | Self::RetireKey { .. } | Self::RevokeKey { .. } | Self::State(_) => None,
        }
    }

    /// What it is about, for the audit trail.
    pub(crate) fn resource(&self) -> String {
        match self {
            Self::Update { id, .. } => id.name(),
            Self::RetireKey { body, key, .. } | Self::RevokeKey { body, key, .. } => body.key_name(key),
            Self::State(record) => record.body.name(),
            Self::Step(step) => statement_name(&step.body, step.kind, step.index),
        }
    }
}

impl BodyChange {
    /// The body that it is about.
    pub(crate) fn body(&self) -> &BodyId {
        match self {
            Self::Updated { body, .. } => &body.record.id,
            Self::KeyChanged { key, .. } => &key.record.body,
            Self::Stated(statement) | Self::StatementChanged { statement, .. } => &statement.record.body,
        }
    }
}

impl World {
    pub(super) fn apply_to_body(
        &mut self,
        command: &BodyCommand,
        index: u64,
        now: DateTime<Utc>,
    ) -> Result<Applied, Refusal> {
        match command {
            BodyCommand::Update { id, patch, etag } => self.update_body(id, patch, etag, index, now),
            BodyCommand::RetireKey { body, key, until } => self.change_key(
                body,
                key,
                index,
                |key| {
                    let until = until.unwrap_or(now);
                    retire(key, until, now)?;
                    Ok(KeyEvent::Retired { until })
                },
                now,
            ),
            BodyCommand::RevokeKey { body, key, since, reason_text } => self.change_key(
                body,
                key,
                index,
                |key| {
                    revoke(key, *since, now)?;
                    Ok(KeyEvent::Revoked { since: *since, reason_text })
                },
                now,
            ),
            BodyCommand::State(record) => self.state(record, index, now),
            BodyCommand::Step(step) => self.step_statement(step, index, now),
        }
    }

    fn update_body(
        &mut self,
        id: &BodyId,
        patch: &BodyPatch,
        etag: &str,
        index: u64,
        now: DateTime<Utc>,
    ) -> Result<Applied, Refusal> {
        let body = self.bodies.get(id).ok_or_else(|| Refusal::UnknownBody(id.clone()))?;
        if !etag.is_empty() && etag != body.etag() {
            return Err(Refusal::BodyEtagMismatch { body: id.clone(), etag: body.etag() });
        }
        let mut becomes = body.record.clone();
        patch.apply(&mut becomes);
        // Two that are called alike since before this was looked at change all else.
        if !body.record.is_called_as(&becomes) {
            self.must_be_told_apart(&becomes)?;
        }
        let body = self.bodies.get_mut(id).ok_or_else(|| Refusal::UnknownBody(id.clone()))?;
        let previous_index = body.latest_index;
        body.record = becomes;
        body.latest_index = index;
        body.updated_at = now;
        let leaf = Entry::Body(BodyEntry::Updated { body: &body.record }, now).to_bytes();
        let body = body.clone();
        let change = BodyChange::Updated { body: body.clone(), previous_index, is_renamed: patch.renames() };
        Ok(Applied { change: Change::OfBody(change), leaf, done: Done::Body(body) })
    }

    /// No other body of the economy has the name, as people read it.
    pub(super) fn must_be_told_apart(&self, record: &BodyRecord) -> Result<(), Refusal> {
        let mut others = self.bodies.values().filter(|other| other.record.id != record.id);
        match others.find(|other| other.record.is_called_as(record)) {
            Some(other) => Err(Refusal::NameOfAnother(other.record.id.clone())),
            None => Ok(()),
        }
    }

    fn change_key<'e>(
        &mut self,
        body: &BodyId,
        id: &str,
        index: u64,
        change: impl FnOnce(&mut Key) -> Result<KeyEvent<'e>, Refusal>,
        now: DateTime<Utc>,
    ) -> Result<Applied, Refusal> {
        let known = self.keys.get_mut(id).filter(|key| key.record.body == *body);
        let known = known.ok_or_else(|| Refusal::UnknownKey(body.key_name(id)))?;
        let mut key = known.clone();
        let event = change(&mut key)?;
        let previous_index = std::mem::replace(&mut key.latest_index, index);
        known.clone_from(&key);
        let leaf = Entry::Body(BodyEntry::Key { key: &key, event }, now).to_bytes();
        let change = BodyChange::KeyChanged { key: key.clone(), previous_index };
        Ok(Applied { change: Change::OfBody(change), leaf, done: Done::Key(key) })
    }

    fn state(&mut self, record: &StatementRecord, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        if !self.bodies.contains_key(&record.body) {
            return Err(Refusal::UnknownBody(record.body.clone()));
        }
        if record.by == record.body {
            return Err(Refusal::OfItself(record.by.clone()));
        }
        let role = match record.what.kind() {
            Kind::Accreditation => Role::AccreditationBody,
            Kind::Designation => Role::DesignatingAuthority,
        };
        self.must_have(&record.by, role)?;
        let statement = Statement {
            record: record.clone(),
            suspensions: Vec::new(),
            contestations: Vec::new(),
            withdrawn: None,
            created_at: now,
            create_index: index,
            latest_index: index,
        };
        let leaf = Entry::Body(BodyEntry::Stated { statement: &statement }, now).to_bytes();
        self.statements.insert(index, statement.clone());
        let change = Change::OfBody(BodyChange::Stated(statement.clone()));
        Ok(Applied { change, leaf, done: Done::Statement(Box::new(statement)) })
    }

    fn must_have(&self, id: &BodyId, role: Role) -> Result<&Body, Refusal> {
        let body = self.bodies.get(id).ok_or_else(|| Refusal::UnknownBody(id.clone()))?;
        if body.record.roles.contains(&role) { Ok(body) } else { Err(Refusal::NotInRole { body: id.clone(), role }) }
    }

    fn step_statement(
        &mut self,
        command: &StatementCommand,
        index: u64,
        now: DateTime<Utc>,
    ) -> Result<Applied, Refusal> {
        let StatementCommand { body, kind, step, .. } = command;
        let known = self.statements.get(&command.index);
        let known = known.filter(|known| known.record.body == *body && known.record.what.kind() == *kind);
        let mut statement =
            known.ok_or_else(|| Refusal::UnknownStatement(statement_name(body, *kind, command.index)))?.clone();
        self.may_step(&statement, command)?;
        statement.take(*step, command.day, &command.reason_text, command.acting.as_ref()).map_err(
            |fault| match fault {
                StepFault::State(state) => Refusal::StatementState { name: statement.name(), state, step: *step },
                StepFault::Day(why) => Refusal::StatementDay(why),
            },
        )?;
        let previous_index = std::mem::replace(&mut statement.latest_index, index);
        let entry = BodyEntry::Stepped {
            statement: &statement,
            step: *step,
            day: command.day,
            reason_text: &command.reason_text,
        };
        let leaf = Entry::Body(entry, now).to_bytes();
        self.statements.insert(command.index, statement.clone());
        let change = BodyChange::StatementChanged { statement: statement.clone(), previous_index };
        Ok(Applied { change: Change::OfBody(change), leaf, done: Done::Statement(Box::new(statement)) })
    }

    /// Whose a step is. A designation is its authority's alone; it is contested by another economy's designating
    /// authority, and settled by who contested it. The keeper of the register enters accreditations, and what parties
    /// to an arrangement that have no token here have contested or settled.
    fn may_step(&self, statement: &Statement, command: &StatementCommand) -> Result<(), Refusal> {
        match &command.acting {
            Some(acting) => self.may_step_as(acting, statement, command.step),
            None => self.may_keep(statement, command),
        }
    }

    fn may_step_as(&self, acting: &BodyId, statement: &Statement, step: StatementStep) -> Result<(), Refusal> {
        let by = &statement.record.by;
        match step {
            StatementStep::Contest => {
                let own = || Err(Refusal::OwnContestation { body: acting.clone(), step });
                if acting == by || *acting == statement.record.body {
                    return own();
                }
                let economy = &self.must_have(acting, Role::DesignatingAuthority)?.record.economy;
                if self.is_of(by, economy) { own() } else { Ok(()) }
            }
            StatementStep::Settle => match statement.contestations.last() {
                Some(Period { by: Some(contester), .. }) => is_owner(contester, acting),
                Some(Period { by: None, .. }) => Err(Refusal::Keepers),
                // That there is none is told after this.
                None => Ok(()),
            },
            StatementStep::Suspend | StatementStep::Reinstate | StatementStep::Withdraw => is_owner(by, acting),
        }
    }

    /// What the keeper of the register may do, or that of an economy. It does not speak for who has a token here, nor
    /// for another economy; and the economy whose authority designates is the other side in a contestation. The economy
    /// of the body, where that is another, may contest what is said of its body, and settles nothing for it.
    fn may_keep(&self, statement: &Statement, command: &StatementCommand) -> Result<(), Refusal> {
        let StatementRecord { body, by, .. } = &statement.record;
        let step = command.step;
        match step {
            StatementStep::Contest | StatementStep::Settle => {
                let last = statement.contestations.last().filter(|_| step == StatementStep::Settle);
                if let Some(contester) = last.and_then(|period| period.by.as_ref()) {
                    return Err(Refusal::NotYours(contester.clone()));
                }
                let settles = step == StatementStep::Settle;
                let is_party = |economy: &String| self.is_of(by, economy) || (settles && self.is_of(body, economy));
                let own = command.economy.as_ref().is_some_and(is_party);
                if own { Err(Refusal::OwnContestation { body: body.clone(), step }) } else { Ok(()) }
            }
            StatementStep::Suspend | StatementStep::Reinstate | StatementStep::Withdraw => {
                if command.kind != Kind::Accreditation {
                    return Err(Refusal::NotYours(by.clone()));
                }
                let economy = &self.bodies.get(by).ok_or_else(|| Refusal::UnknownBody(by.clone()))?.record.economy;
                match &command.economy {
                    Some(own) if own != economy => Err(Refusal::OtherEconomy(economy.clone())),
                    Some(_) | None => Ok(()),
                }
            }
        }
    }

    fn is_of(&self, body: &BodyId, economy: &str) -> bool {
        self.bodies.get(body).is_some_and(|body| body.record.economy == economy)
    }
}

fn is_owner(owner: &BodyId, acting: &BodyId) -> Result<(), Refusal> {
    if owner == acting { Ok(()) } else { Err(Refusal::NotYours(owner.clone())) }
}

/// What was signed until now stays good, so the end of a key's validity does not lie in the past.
fn retire(key: &mut Key, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Refusal> {
    let standing = key.standing_at(now);
    if matches!(standing, KeyStanding::Compromised | KeyStanding::Expired) {
        return Err(Refusal::KeyState { name: key.name(), state: standing, step: "retire" });
    }
    if until < now {
        return Err(Refusal::KeyTime {
            field: "valid_until",
            why: "must not be in the past: a key is revoked from then",
        });
    }
    if key.record.valid_until.is_some_and(|before| until > before) {
        return Err(Refusal::KeyTime { field: "valid_until", why: "must not be after the validity that the key has" });
    }
    key.record.valid_until = Some(until);
    Ok(())
}

/// A compromise may turn out to be older than was thought, never younger.
fn revoke(key: &mut Key, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Refusal> {
    if since > now {
        return Err(Refusal::KeyTime { field: "compromised_since", why: "must not be in the future" });
    }
    if key.compromised_since.is_some_and(|before| since >= before) {
        return Err(Refusal::KeyState { name: key.name(), state: KeyStanding::Compromised, step: "revoke" });
    }
    key.compromised_since = Some(since);
    Ok(())
}
