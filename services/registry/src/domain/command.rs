//! What callers want done, and why it is refused.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_credential::ConfidentialField;

use super::body::{Body, BodyRecord, Role};
use super::body_command::BodyCommand;
use super::certificate::{Snapshot, VersionBytes};
use super::content::Content;
use super::contestation::ContestCommand;
use super::key::{Key, KeyRecord, KeyStanding};
use super::life::{Reason, State, Step};
use super::names::{BodyId, CertificateNumber};
use super::publication::Publication;
use super::statement::{Statement, StatementState, StatementStep};
use super::status::Slot;
use super::trace::TraceEvent;
use super::trace_command::TraceCommand;
use super::write_off_command::{WriteOffCommand, WrittenOff};

/// One mutation, checked as far as can be without the database, its document built and signed.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    CreateBody(BodyRecord),
    CreateKey(KeyRecord),
    OfBody(BodyCommand),
    Trace(Box<TraceCommand>),
    WriteOff(Box<WriteOffCommand>),
    Grant(Box<Grant>),
    Step(StepCommand),
    Revise(Box<Revision>),
    Erase(EraseCommand),
    Contest(ContestCommand),
    Publish(Publication),
}

/// A certificate to be granted.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) number: CertificateNumber,
    /// Whether the number and the place in the status list were chosen here just now, and not told by the document.
    pub(crate) is_made_here: bool,
    pub(crate) body: BodyId,
    pub(crate) content: Arc<Content>,
    pub(crate) bytes: Arc<VersionBytes>,
    pub(crate) document: Arc<str>,
    pub(crate) document_sha256: [u8; 32],
    pub(crate) disclosures: Vec<String>,
    /// Where the document says that its status is published.
    pub(crate) status: Slot,
    /// Identifier of the key that signed.
    pub(crate) key: String,
    pub(crate) actor: String,
}

/// A step that makes no new version.
#[derive(Clone, Debug)]
pub(crate) struct StepCommand {
    pub(crate) number: CertificateNumber,
    /// The body that the caller acts for.
    pub(crate) body: BodyId,
    pub(crate) step: Step,
    pub(crate) reason: Reason,
    pub(crate) reason_text: String,
    pub(crate) remedy: String,
    /// None: when it is recorded.
    pub(crate) effective_at: Option<DateTime<Utc>>,
    /// What the caller read; empty when it does not care.
    pub(crate) etag: String,
    pub(crate) actor: String,
}

/// A step that makes a new version.
#[derive(Clone, Debug)]
pub(crate) struct Revision {
    pub(crate) number: CertificateNumber,
    /// The body that the caller acts for.
    pub(crate) body: BodyId,
    pub(crate) step: Step,
    /// The version that the new one was made of.
    pub(crate) base_version: u32,
    /// What that version stated then: less is left of it once fields are erased.
    pub(crate) base_content: Arc<Content>,
    /// The version that it makes: the one after the newest, whether that counts or was overtaken.
    pub(crate) version: u32,
    pub(crate) content: Arc<Content>,
    pub(crate) bytes: Arc<VersionBytes>,
    pub(crate) document: Arc<str>,
    pub(crate) document_sha256: [u8; 32],
    pub(crate) disclosures: Vec<String>,
    /// Where the document says that its status is published.
    pub(crate) status: Slot,
    /// Identifier of the key that signed.
    pub(crate) key: String,
    pub(crate) reason: Reason,
    pub(crate) reason_text: String,
    /// None: when it is recorded.
    pub(crate) effective_at: Option<DateTime<Utc>>,
    /// What the caller read; empty when it does not care.
    pub(crate) etag: String,
    pub(crate) actor: String,
}

/// Confidential fields that are to be forgotten, in every version that keeps them back.
#[derive(Clone, Debug)]
pub(crate) struct EraseCommand {
    pub(crate) number: CertificateNumber,
    /// The body that the caller acts for.
    pub(crate) body: BodyId,
    pub(crate) fields: Vec<ConfidentialField>,
}

/// What came of a mutation.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Body(Body),
    Key(Key),
    Statement(Box<Statement>),
    Trace(Box<TraceEvent>),
    WriteOff(Box<WrittenOff>),
    Certificate(Arc<Snapshot>),
    Erased,
    Contested,
    Published,
    /// What was done before, and is told of by its revision alone.
    Known,
}

/// Why a mutation is refused. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{} is registered already", .0.name())]
    BodyExists(BodyId),
    #[error("{} is not registered", .0.name())]
    UnknownBody(BodyId),
    #[error("{} is no certification body", .0.name())]
    NotACertificationBody(BodyId),
    #[error("key {0} is registered already")]
    KeyExists(String),
    #[error("key {0} is registered for another body")]
    KeyOfAnother(String),
    #[error("{0} is another body's identifier")]
    DidOfAnother(String),
    #[error("{}, of the same economy, is called so", .0.name())]
    NameOfAnother(BodyId),
    #[error("{0} does not exist")]
    UnknownKey(String),
    #[error("{name} is {}: {step} is not possible", state.as_str())]
    KeyState { name: String, state: KeyStanding, step: &'static str },
    #[error("{field} {why}")]
    KeyTime { field: &'static str, why: &'static str },
    #[error("the etag of {} is {etag}", body.name())]
    BodyEtagMismatch { body: BodyId, etag: String },
    #[error("{} is no {}", body.name(), role.words())]
    NotInRole { body: BodyId, role: Role },
    #[error("{0} does not exist")]
    UnknownStatement(String),
    #[error("{name} is {}: {} is not possible", state.as_str(), step.as_str())]
    StatementState { name: String, state: StatementState, step: StatementStep },
    #[error("the day {0}")]
    StatementDay(&'static str),
    #[error("{0} does not exist")]
    UnknownTrace(String),
    #[error("the EPCIS event is recorded already, as {0}")]
    TraceKnown(String),
    #[error("{0} was corrected already")]
    TraceCorrected(String),
    #[error("{0} does not exist")]
    UnknownWriteOff(String),
    #[error("it is of {0}")]
    OtherEconomy(String),
    #[error("{name} is {state}: it cannot be reversed")]
    NotReversible { name: String, state: &'static str },
    #[error("{} is {state}: nothing can be written off against it", number.name())]
    NotInForce { number: CertificateNumber, state: &'static str },
    #[error("{field} {why}")]
    WriteOffField { field: &'static str, why: String },
    #[error("of {} are left {left} {unit}", number.name())]
    QuantityExceeded { number: CertificateNumber, left: String, unit: String },
    #[error("{declaration} is written off already, by {name}")]
    DeclarationTaken { name: String, declaration: String },
    #[error("of {} are written off already: {first} to {last}", number.name())]
    SerialsTaken { number: CertificateNumber, first: String, last: String },
    #[error("{} does not {} a designation of its own economy", body.name(), step.as_str())]
    OwnContestation { body: BodyId, step: StatementStep },
    #[error("{} has no key that may sign now", .0.name())]
    NoSigningKey(BodyId),
    #[error("no version of the certificate keeps these fields back")]
    NotKeptBack(Vec<ConfidentialField>),
    #[error("{} does not exist", .0.name())]
    UnknownCertificate(CertificateNumber),
    #[error("{} exists already", .0.name())]
    NumberTaken(CertificateNumber),
    #[error("the index in the status list is another document's")]
    StatusIndexTaken,
    #[error("the certificate belongs to {}", .0.name())]
    NotYours(BodyId),
    #[error("{} says nothing of itself", .0.name())]
    OfItself(BodyId),
    #[error("the keeper of the register entered it")]
    Keepers,
    /// The state may be one that was `announced` for later.
    #[error("{} is {}: {} is not possible", number.name(), state.as_str(), step.as_str())]
    StateConflict { number: CertificateNumber, state: State, announced: Option<DateTime<Utc>>, step: Step },
    #[error("the certificate's etag is {etag}")]
    EtagMismatch { number: CertificateNumber, etag: String },
    #[error("that {dispute} is {turn} is recorded already")]
    ContestationKnown { dispute: String, turn: &'static str },
    #[error("{0} is recorded already")]
    PublicationKnown(String),
    #[error("{name} does not follow on revision {highest}, the last on record")]
    PublicationOrder { name: String, highest: u64 },
    #[error("the certificate has a newer version than the new one was made of")]
    VersionMoved { number: CertificateNumber, etag: String },
    #[error("the step would take effect before the last one, at {floor}")]
    EffectTooEarly { floor: DateTime<Utc> },
    #[error("{} takes effect at once, and a step of `{}` is announced for {from}", step.as_str(), number.name())]
    Awaited { number: CertificateNumber, announced: State, from: DateTime<Utc>, step: Step },
}
