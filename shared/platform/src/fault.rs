//! The one error type at a service's edge.
//!
//! A [`Fault`] has two audiences and so two texts: the caller's message, which goes out, and the operator's, which
//! goes to the log and nowhere else. Its [`ErrorReason`] is part of the contract: there is one constructor for each,
//! and it knows the gRPC code and the metadata that the contract promises.

mod client;
mod reasons;
mod render;

pub(crate) use reasons::LIMIT;
pub(crate) use render::{current_trace_id, cut};

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use greenlane_api::common::v1::ErrorReason;
use tonic::Code;

/// The domain of every `google.rpc.ErrorInfo` that Greenlane sends.
pub const ERROR_DOMAIN: &str = "greenlane";

/// One field of a request that is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// Path of the field in the request message: `certificate.products[3].gtin`.
    pub field: String,
    /// What is wrong, for the caller to read.
    pub description: String,
}

impl FieldViolation {
    /// A violation of `field`.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

/// Why a call fails. Becomes a [`tonic::Status`] with `google.rpc` details.
#[derive(Clone)]
pub struct Fault(Box<Parts>);

#[derive(Clone)]
struct Parts {
    reason: ErrorReason,
    message: String,
    metadata: BTreeMap<String, String>,
    violations: Vec<FieldViolation>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    operator_text: Option<String>,
}

impl Fault {
    fn new(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            reason,
            message: message.into(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            retry_after: None,
            request_id: None,
            operator_text: None,
        }))
    }

    /// The gRPC code, fixed by the reason.
    pub fn code(&self) -> Code {
        reasons::code(self.0.reason)
    }

    /// The stable reason.
    pub fn reason(&self) -> ErrorReason {
        self.0.reason
    }

    /// What the caller reads.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The metadata beside the reason.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }

    /// The violated fields.
    pub fn violations(&self) -> &[FieldViolation] {
        &self.0.violations
    }

    /// When the caller may try again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What the operator reads; never sent.
    pub fn operator_text(&self) -> Option<&str> {
        self.0.operator_text.as_deref()
    }

    /// Replaces the caller's message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Adds an entry of metadata. Keys are `lower_snake_case`.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.into(), value.into());
        self
    }

    /// Names what was acted on, unless the reason's own metadata does: the audit trail records it.
    #[must_use]
    pub fn about(mut self, resource: impl Into<String>) -> Self {
        self.0.metadata.entry("resource".to_owned()).or_insert_with(|| resource.into());
        self
    }

    /// Adds a field violation (for reasons that blame a field and are not `FIELD_VIOLATIONS`, too).
    #[must_use]
    pub fn with_violation(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.violations.push(FieldViolation::new(field, description));
        self
    }

    /// Adds text for the operator: logged once, when the fault becomes a status; never sent.
    #[must_use]
    pub fn with_operator_text(mut self, text: impl fmt::Display) -> Self {
        self.0.operator_text = Some(text.to_string());
        self
    }

    /// Leaves out the text for the operator: what was to be expected is no warning, and is logged for who debugs alone.
    #[must_use]
    pub(crate) fn expected(mut self) -> Self {
        self.0.operator_text = None;
        self
    }

    /// Sets when the caller may try again.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Names the request id of the mutation that failed (`google.rpc.RequestInfo`).
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.0.request_id = Some(request_id.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", reasons::name(self.0.reason), self.0.message)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code())
            .field("reason", &reasons::name(self.0.reason))
            .field("message", &self.0.message)
            .field("metadata", &self.0.metadata)
            .field("violations", &self.0.violations)
            .field("retry_after", &self.0.retry_after)
            .field("operator_text", &self.0.operator_text)
            .finish()
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests;
