//! What a domain error looks like from outside.

use greenlane_platform::fault::{Fault, FieldViolation};
use greenlane_store::StoreError;

use crate::domain::change_set::ChangeError;

/// The fault of a refused step on a change set.
pub(crate) fn change(error: StoreError<ChangeError>) -> Fault {
    error.into_fault(|error| match error {
        ChangeError::NotFound(name) => Fault::not_found(name),
        ChangeError::State { name, state, step } => Fault::state_conflict(name, state, step),
        ChangeError::Etag { name, etag } => Fault::etag_mismatch(name, etag),
        ChangeError::FourEyes { name, subject } => Fault::four_eyes(name, subject),
        ChangeError::NotAuthor(name) => Fault::not_yours("sub", format!("the author of {name}")),
        ChangeError::NotYours(owners) => Fault::not_yours("economy", owners),
        ChangeError::RequestIdReused(request_id) => Fault::request_id_reused(request_id),
        ChangeError::Invalid(findings) => Fault::field_violations(findings.into_iter().map(|finding| {
            let mut field = format!("changes[{}]", finding.index);
            if !finding.field.is_empty() {
                field = format!("{field}.{}", finding.field);
            }
            FieldViolation::new(field, format!("{}: {}", finding.code, finding.message))
        })),
        ChangeError::Stored(text) => Fault::internal(text),
        ChangeError::Validated(_) => Fault::internal("a validation was answered as a failure"),
    })
}
