//! Request ids, payload hashes and outcomes: what all mutations share.

use std::sync::Arc;

use greenlane_api::registry::v1 as wire;
use greenlane_platform::audit::Origin;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::RequestId;
use greenlane_store::idempotency;
use prost::Message;
use tonic::Request;

use super::render;
use crate::app::mutation::{LogReceipt, Receipt};
use crate::app::registry::{MutationId, Outcome};
use crate::domain::command::Done;
use crate::domain::statement::Statement;
use crate::domain::trace::TraceEvent;
use crate::domain::write_off_command::WrittenOff;

/// A mutating request: what it says, who sends it, and what tells it from others.
pub(crate) struct Incoming<R> {
    pub(crate) message: R,
    pub(crate) caller: Arc<Caller>,
    /// As it came, not checked yet.
    pub(crate) request_id: String,
    pub(crate) stamp: Stamp,
}

/// Origin and hash of a request.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    payload: idempotency::PayloadHash,
    origin: Origin,
    /// Who asks, as idempotency records have it, and for whom.
    caller: Arc<str>,
    acts_for: Option<Arc<str>>,
}

impl<R: Message> Incoming<R> {
    /// `take_id` takes the request id out of the message, which is hashed without it.
    pub(crate) fn new(request: Request<R>, take_id: impl FnOnce(&mut R) -> &mut String) -> Result<Self, Fault> {
        let caller = Caller::of(&request)?;
        let origin = Origin::of(&request);
        let mut message = request.into_inner();
        let request_id = std::mem::take(take_id(&mut message));
        origin.note_request_id(&request_id);
        let payload = Stamp::payload(&message);
        let stamp = Stamp::new(payload, origin, &caller);
        Ok(Self { message, caller, request_id, stamp })
    }
}

impl Stamp {
    /// Of one request, or one row of a stream.
    pub(crate) fn new(payload: idempotency::PayloadHash, origin: Origin, caller: &Caller) -> Self {
        Self { payload, origin, caller: caller.key().into(), acts_for: caller.acts_for().map(Into::into) }
    }

    /// Of a stream of requests, each of which is a mutation of its own.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<(Arc<Caller>, Self), Fault> {
        let caller = Caller::of(request)?;
        let stamp = Self::new(Default::default(), Origin::of(request), &caller);
        Ok((caller, stamp))
    }

    /// Hash of a message whose request id was taken out.
    pub(crate) fn payload(message: &impl Message) -> idempotency::PayloadHash {
        idempotency::payload_hash(&message.encode_to_vec())
    }

    /// What tells one request of a stream from others.
    pub(crate) fn for_row(&self, id: &RequestId, payload: idempotency::PayloadHash) -> MutationId {
        Self { payload, ..self.clone() }.with(id)
    }

    /// Who asks, and from where.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What tells this request from others, once its id is found good.
    pub(crate) fn with(self, id: &RequestId) -> MutationId {
        let key = idempotency::Key::new(self.caller, Arc::clone(&self.origin.method), id.as_str());
        let payload = idempotency::asked_for(self.payload, self.acts_for.as_deref());
        MutationId { key, payload, origin: self.origin }
    }
}

/// An outcome taken apart for an answer: what was done, the revision, the proof. No proof when it was only checked.
pub(crate) struct Answer {
    pub(crate) done: Done,
    pub(crate) revision: u64,
    pub(crate) proof: Option<wire::LogProof>,
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Logged(receipt) => {
                let Receipt { done, log, .. } = *receipt;
                Self { done, revision: log.size, proof: Some(render::proof(&log)) }
            }
            Outcome::Checked(done, revision) => Self { done: *done, revision, proof: None },
        }
    }
}

impl Answer {
    /// The same, proved in another tree: a later one that holds the entry too.
    pub(crate) fn proved_by(self, proof: &LogReceipt) -> Self {
        Self { proof: Some(render::proof(proof)), ..self }
    }

    /// The certificate, as it stood when this was recorded.
    pub(crate) fn certificate(&self) -> Result<wire::Certificate, Fault> {
        let Done::Certificate(snapshot) = &self.done else { return Err(mismatch()) };
        let day = snapshot.latest().recorded_at.date_naive();
        let mut certificate = render::certificate(snapshot, day, true);
        if self.proof.is_none() {
            // What is only checked has no place in the log yet.
            certificate.latest_revision = 0;
            certificate.update_time = None;
            certificate.etag = String::new();
        }
        Ok(certificate)
    }

    /// The names of the events that this one has overtaken.
    pub(crate) fn overtaken(&self) -> Result<Vec<String>, Fault> {
        let Done::Certificate(snapshot) = &self.done else { return Err(mismatch()) };
        Ok(snapshot.overtaken().map(|event| render::event_name(&snapshot.number, event)).collect())
    }

    pub(crate) fn body(&self) -> Result<wire::Body, Fault> {
        let Done::Body(body) = &self.done else { return Err(mismatch()) };
        Ok(render::body(body, self.proof.is_some()))
    }

    pub(crate) fn key(&self) -> Result<wire::BodyKey, Fault> {
        let Done::Key(key) = &self.done else { return Err(mismatch()) };
        Ok(render::key(key, self.proof.is_some()))
    }

    pub(crate) fn trace(&self) -> Result<&TraceEvent, Fault> {
        let Done::Trace(event) = &self.done else { return Err(mismatch()) };
        Ok(event)
    }

    pub(crate) fn written_off(&self) -> Result<&WrittenOff, Fault> {
        let Done::WriteOff(done) = &self.done else { return Err(mismatch()) };
        Ok(done)
    }

    pub(crate) fn statement(&self) -> Result<&Statement, Fault> {
        let Done::Statement(statement) = &self.done else { return Err(mismatch()) };
        Ok(statement)
    }
}

/// A request id belongs to one method, so the answer recalled for it is of that method's kind.
fn mismatch() -> Fault {
    Fault::internal("an answer of another kind was recalled")
}
