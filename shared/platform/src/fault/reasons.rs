//! One constructor for each reason of the contract.

use std::fmt::Display;
use std::time::Duration;

use tonic::Code;

use super::{ErrorReason, Fault, FieldViolation};

/// The metadata that names the limit which was reached.
pub(crate) const LIMIT: &str = "limit";

/// The gRPC code that the contract fixes for a reason.
pub(super) fn code(reason: ErrorReason) -> Code {
    use ErrorReason as R;
    match reason {
        R::Unspecified => Code::Unknown,
        R::FieldViolations | R::PageTokenInvalid | R::KeyRefused => Code::InvalidArgument,
        R::TokenMissing | R::TokenInvalid | R::TokenExpired => Code::Unauthenticated,
        R::ScopeMissing | R::NotYours | R::NoRule | R::RoleForbids => Code::PermissionDenied,
        R::ResourceNotFound => Code::NotFound,
        R::ResourceExists | R::RequestIdReused => Code::AlreadyExists,
        R::StateConflict
        | R::RevisionNotReached
        | R::FourEyes
        | R::NoSigningKey
        | R::LogInconsistent
        | R::WriteOffExceeded => Code::FailedPrecondition,
        R::EtagMismatch => Code::Aborted,
        R::RevisionCompacted | R::MessageTooLarge => Code::OutOfRange,
        R::Overloaded | R::WriteQueueFull | R::ReaderTooSlow => Code::ResourceExhausted,
        R::DeadlineTooShort => Code::DeadlineExceeded,
        R::NotServing | R::DependencyUnavailable | R::NotWitnessed => Code::Unavailable,
        R::NotImplemented => Code::Unimplemented,
        R::Internal => Code::Internal,
    }
}

/// The reason's name without the enum's prefix, as it travels.
pub(super) fn name(reason: ErrorReason) -> &'static str {
    let full = reason.as_str_name();
    full.strip_prefix("ERROR_REASON_").unwrap_or(full)
}

impl Fault {
    /// One or more fields are wrong. Prefer [`crate::violations::Violations`], which collects them.
    pub fn field_violations(violations: impl IntoIterator<Item = FieldViolation>) -> Self {
        let violations: Vec<_> = violations.into_iter().collect();
        let message = match violations.as_slice() {
            [only] => format!("{}: {}", only.field, only.description),
            several => format!("{} fields are wrong; the details name each", several.len()),
        };
        let mut fault = Self::new(ErrorReason::FieldViolations, message);
        fault.0.violations = violations;
        fault
    }

    /// One field is wrong.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::field_violations([FieldViolation::new(field, description)])
    }

    /// No bearer token was sent.
    pub fn token_missing() -> Self {
        Self::new(ErrorReason::TokenMissing, "this method needs a bearer token in the authorization header")
    }

    /// The token is refused. `detail` is a short fixed phrase; nothing of the token goes into it.
    pub fn token_invalid(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(ErrorReason::TokenInvalid, format!("the token is refused: {detail}")).with_metadata("detail", detail)
    }

    /// The token is expired or not valid yet.
    pub fn token_expired(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(ErrorReason::TokenExpired, format!("the token is not valid now: {detail}"))
            .with_metadata("detail", detail)
    }

    /// The token lacks the scope that the method needs.
    pub fn scope_missing(method: impl Into<String>, scope: impl Into<String>) -> Self {
        let scope = scope.into();
        Self::new(ErrorReason::ScopeMissing, format!("this method needs the scope `{scope}`"))
            .with_metadata("method", method)
            .with_metadata("scope", scope)
    }

    /// The resource belongs to another body or economy than the caller's `claim` says.
    pub fn not_yours(claim: impl Into<String>, required: impl Into<String>) -> Self {
        let (claim, required) = (claim.into(), required.into());
        Self::new(ErrorReason::NotYours, format!("only a caller whose `{claim}` claim is `{required}` may do this"))
            .with_metadata("claim", claim)
            .with_metadata("required", required)
    }

    /// No authorization rule allows the method.
    pub fn no_rule(method: impl Into<String>) -> Self {
        Self::new(ErrorReason::NoRule, "no rule allows this method").with_metadata("method", method)
    }

    /// The named resource does not exist.
    pub fn not_found(resource: impl Into<String>) -> Self {
        let resource = resource.into();
        Self::new(ErrorReason::ResourceNotFound, format!("`{resource}` does not exist"))
            .with_metadata("resource", resource)
    }

    /// A resource of that name exists.
    pub fn already_exists(resource: impl Into<String>) -> Self {
        let resource = resource.into();
        Self::new(ErrorReason::ResourceExists, format!("`{resource}` exists already"))
            .with_metadata("resource", resource)
    }

    /// What a customs `declaration` names is written off already: the record is the resource.
    pub fn declaration_taken(resource: impl Into<String>, declaration: impl Into<String>) -> Self {
        let (resource, declaration) = (resource.into(), declaration.into());
        let message = format!("declaration `{declaration}` is written off already, by `{resource}`");
        Self::new(ErrorReason::ResourceExists, message)
            .with_metadata("resource", resource)
            .with_metadata("declaration", declaration)
    }

    /// `step` is not possible from the `state` that the resource is in.
    pub fn state_conflict(resource: impl Into<String>, state: impl Into<String>, step: impl Into<String>) -> Self {
        let (resource, state, step) = (resource.into(), state.into(), step.into());
        Self::new(ErrorReason::StateConflict, format!("`{resource}` is {state}: {step} is not possible from there"))
            .with_metadata("resource", resource)
            .with_metadata("state", state)
            .with_metadata("step", step)
    }

    /// More is to be written off against a certificate than is `left` of it.
    pub fn quantity_exceeded(resource: impl Into<String>, left: impl Into<String>, unit: impl Into<String>) -> Self {
        let (resource, left, unit) = (resource.into(), left.into(), unit.into());
        Self::new(ErrorReason::WriteOffExceeded, format!("of `{resource}` there is {left} {unit} left"))
            .with_metadata("resource", resource)
            .with_metadata("left", left)
            .with_metadata("unit", unit)
    }

    /// Serial numbers are to be written off that are written off already: those from `first` to `last`.
    pub fn serials_taken(resource: impl Into<String>, first: impl Into<String>, last: impl Into<String>) -> Self {
        let (resource, first, last) = (resource.into(), first.into(), last.into());
        let message = format!("of `{resource}` the serial numbers {first} to {last} are written off already");
        Self::new(ErrorReason::WriteOffExceeded, message)
            .with_metadata("resource", resource)
            .with_metadata("first", first)
            .with_metadata("last", last)
    }

    /// The etag sent is not the current one, which is `etag`.
    pub fn etag_mismatch(resource: impl Into<String>, etag: impl Into<String>) -> Self {
        let resource = resource.into();
        Self::new(ErrorReason::EtagMismatch, format!("`{resource}` has changed since it was read: read it again"))
            .with_metadata("resource", resource)
            .with_metadata("etag", etag)
    }

    /// The request id was used before with another payload.
    pub fn request_id_reused(request_id: impl Into<String>) -> Self {
        let request_id = request_id.into();
        Self::new(
            ErrorReason::RequestIdReused,
            format!("request id `{request_id}` was used before with another payload; nothing was done"),
        )
        .with_metadata("request_id", request_id.clone())
        .with_request_id(request_id)
    }

    /// This replica has `revision` and did not reach `required` within the wait.
    pub fn revision_not_reached(required: u64, revision: u64) -> Self {
        Self::new(
            ErrorReason::RevisionNotReached,
            format!("revision {required} has not reached this replica, which has {revision}"),
        )
        .with_metadata("required_revision", required.to_string())
        .with_metadata("revision", revision.to_string())
    }

    /// `revision` lies before `oldest`, the oldest that is kept.
    pub fn revision_compacted(revision: u64, oldest: u64) -> Self {
        Self::new(
            ErrorReason::RevisionCompacted,
            format!("revision {revision} is not kept any more; the oldest is {oldest}"),
        )
        .with_metadata("revision", revision.to_string())
        .with_metadata("oldest_revision", oldest.to_string())
    }

    /// The service is at this limit of concurrent work.
    pub fn overloaded(limit: &'static str, retry_after: Duration) -> Self {
        Self::new(ErrorReason::Overloaded, "the service is at its limit: try again later")
            .with_metadata(LIMIT, limit)
            .with_retry_after(retry_after)
    }

    /// The write queue is full; nothing was written.
    pub fn write_queue_full(retry_after: Duration) -> Self {
        Self::new(ErrorReason::WriteQueueFull, "the write queue is full; nothing was written: try again later")
            .with_metadata(LIMIT, "write_queue")
            .with_retry_after(retry_after)
    }

    /// The caller's deadline passed, or too little of it was left to begin.
    pub fn deadline_too_short() -> Self {
        Self::new(
            ErrorReason::DeadlineTooShort,
            "the deadline left too little time; if it was to change anything, that may have happened: repeat it with the \
             same request id",
        )
    }

    /// The service is starting, draining, or its database is out of reach. `operator_text` says which and why.
    pub fn not_serving(retry_after: Duration, operator_text: impl Display) -> Self {
        Self::new(ErrorReason::NotServing, "the service cannot answer now: try again later")
            .with_retry_after(retry_after)
            .with_operator_text(operator_text)
    }

    /// A service that this one depends on did not answer.
    pub fn dependency_unavailable(dependency: impl Into<String>, operator_text: impl Display) -> Self {
        let dependency = dependency.into();
        Self::new(
            ErrorReason::DependencyUnavailable,
            format!("the {dependency} service, which this answer needs, did not answer"),
        )
        .with_metadata("dependency", dependency)
        .with_operator_text(operator_text)
    }

    /// The method is part of the contract and not built yet.
    pub fn not_implemented(method: impl Into<String>) -> Self {
        Self::new(ErrorReason::NotImplemented, "this method is not built yet").with_metadata("method", method)
    }

    /// A fault of ours. The caller learns nothing but the trace id; `operator_text` is what happened.
    pub fn internal(operator_text: impl Display) -> Self {
        Self::new(ErrorReason::Internal, "a fault on our side; the operator finds it by the trace id")
            .with_operator_text(operator_text)
    }

    /// The message is larger than the service accepts.
    pub fn message_too_large() -> Self {
        Self::new(ErrorReason::MessageTooLarge, "the message is larger than this service accepts")
    }

    /// The page token was not made by this method with these parameters.
    pub fn page_token_invalid() -> Self {
        Self::new(
            ErrorReason::PageTokenInvalid,
            "the page token was not made by this method with these parameters: begin at the first page",
        )
        .with_violation("page_token", "was not made by this method with these parameters")
    }

    /// `subject`, who reviews or publishes the change, is its author.
    pub fn four_eyes(change_set: impl Into<String>, subject: impl Into<String>) -> Self {
        let change_set = change_set.into();
        Self::new(
            ErrorReason::FourEyes,
            format!("`{change_set}` must be reviewed and published by someone else than its author"),
        )
        .with_metadata("change_set", change_set)
        .with_metadata("subject", subject)
    }

    /// The key is of a kind that is refused.
    pub fn key_refused(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(ErrorReason::KeyRefused, format!("the key is refused: {detail}")).with_metadata("detail", detail)
    }

    /// The body has no key that may sign at this time.
    pub fn no_signing_key(body: impl Into<String>) -> Self {
        let body = body.into();
        Self::new(ErrorReason::NoSigningKey, format!("`{body}` has no key that may sign now"))
            .with_metadata("body", body)
    }

    /// The service itself holds no key for what it was asked to sign.
    pub fn no_key_of_service(service: impl Into<String>, signs: impl Display) -> Self {
        let service = service.into();
        Self::new(
            ErrorReason::NoSigningKey,
            format!("{service} holds no key for {signs}: its operator has not configured one"),
        )
        .with_metadata("service", service)
    }

    /// The log's stored state does not match its tree head.
    pub fn log_inconsistent(operator_text: impl Display) -> Self {
        Self::new(
            ErrorReason::LogInconsistent,
            "the log's stored state does not match its tree head: nothing is signed until an operator has looked",
        )
        .with_operator_text(operator_text)
    }

    /// A stream's reader was too slow; it may resume after `resume_revision`.
    pub fn reader_too_slow(resume_revision: u64) -> Self {
        Self::new(
            ErrorReason::ReaderTooSlow,
            format!("the reader was too slow and is cut off; resume after revision {resume_revision}"),
        )
        .with_metadata("resume_revision", resume_revision.to_string())
    }

    /// What was asked for is done and logged as entry `index`; of the `wanted` witnesses `cosigned` have cosigned it.
    pub fn not_witnessed(retry_after: Duration, index: u64, cosigned: u64, wanted: u64) -> Self {
        Self::new(
            ErrorReason::NotWitnessed,
            format!(
                "it is done and logged, as entry {index}, and {cosigned} of {wanted} witnesses have cosigned that so far: \
                 repeat it with the same request id to wait anew"
            ),
        )
        .with_metadata("index", index.to_string())
        .with_metadata("cosigned", cosigned.to_string())
        .with_metadata("wanted", wanted.to_string())
        .with_retry_after(retry_after)
    }

    /// This process runs in a role that does not serve the method.
    pub fn role_forbids(method: impl Into<String>, role: impl Into<String>) -> Self {
        let role = role.into();
        Self::new(ErrorReason::RoleForbids, format!("this process runs in the role {role}, which forbids the method"))
            .with_metadata("method", method)
            .with_metadata("role", role)
    }
}
