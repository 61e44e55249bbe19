//! The audit trail: every refusal and every mutation, with who, what, when, from where and trace id.
//!
//! A mutation's record is written inside its own transaction by the store; everything else goes through an
//! [`AuditSink`], which must never make a caller wait. Refusals are recorded in one place for all services: by the
//! authentication layer when it does not let a call in, by the server as the call ends otherwise.

mod origin;
mod refusal;
mod sinks;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use origin::{Origin, Peer};
pub(crate) use refusal::Watch;
pub use sinks::{MemorySink, TracingSink};

/// How the audited call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done, and is durable.
    Done,
    /// It was asked for again with the same request id, and the first answer was given again.
    Replayed,
    /// It was checked and would have been done, had it not asked for validation only.
    Validated,
    /// The caller was not allowed to, or not known.
    Refused,
    /// The caller was allowed to, and it failed.
    Failed,
}

impl Outcome {
    /// Stable name, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Replayed => "replayed",
            Self::Validated => "validated",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// The most of a method that is recorded: a caller without a token chooses it, and may call what nobody has.
const MAX_METHOD_BYTES: usize = 256;

/// One line of the audit trail. Texts are empty where nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The caller's `sub` claim.
    pub subject: String,
    /// The caller's `iss` claim.
    pub issuer: String,
    /// The caller's `body` claim, a resource name.
    pub body: String,
    /// The caller's `economy` claim.
    pub economy: String,
    /// Full gRPC path of the method, cut where no method's is that long.
    pub method: String,
    /// Resource name of what was acted on.
    pub resource: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, for a refusal or failure: an `ErrorReason` without its prefix.
    pub reason: String,
    /// The mutation's request id.
    pub request_id: String,
    /// W3C trace id in hex.
    pub trace_id: String,
    /// The caller's network address.
    pub peer: String,
    /// How often it happened: refusals of callers without a good token may be gathered, and the rest tells of the first.
    pub times: u64,
}

impl AuditRecord {
    /// A record of a call by `origin`, with nothing said yet of resource and reason.
    pub fn new(at: DateTime<Utc>, origin: &Origin, outcome: Outcome) -> Self {
        let caller = origin.caller.as_deref();
        let claim = |claim: Option<&str>| claim.unwrap_or_default().to_owned();
        let mut method = origin.method.to_string();
        crate::fault::cut(&mut method, MAX_METHOD_BYTES);
        Self {
            at,
            subject: claim(caller.map(|caller| caller.subject())),
            issuer: claim(caller.map(|caller| caller.issuer())),
            body: claim(caller.and_then(|caller| caller.body())),
            economy: claim(caller.and_then(|caller| caller.economy())),
            method,
            resource: String::new(),
            outcome,
            reason: String::new(),
            request_id: String::new(),
            trace_id: origin.trace_id.clone(),
            peer: origin.peer.to_string(),
            times: 1,
        }
    }

    /// Names what was acted on.
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Names the mutation's request id.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// Says why, by the reason of the fault that the caller got.
    #[must_use]
    pub fn with_reason(mut self, reason: crate::fault::ErrorReason) -> Self {
        let name = reason.as_str_name();
        self.reason = name.strip_prefix("ERROR_REASON_").unwrap_or(name).to_owned();
        self
    }
}

/// Where audit records go.
pub trait AuditSink: Send + Sync + 'static {
    /// Takes a record. Must return at once: it is called on the path of a request.
    fn record(&self, record: AuditRecord);
}

#[cfg(test)]
mod tests;
