//! What our errors look like to a caller: one exhaustive match each.

use greenlane_platform::fault::Fault;
use greenlane_store::StoreError;

use crate::app::{ReadError, TeachError};
use crate::domain::Unresolved;

/// A catalogue could not be had.
pub(super) fn read(error: ReadError) -> Fault {
    match error {
        ReadError::NotReached { required, revision } => Fault::revision_not_reached(required, revision),
        ReadError::Store(error) => store(error),
    }
}

/// The database failed.
pub(super) fn store(error: StoreError) -> Fault {
    error.into_fault(|never| match never {})
}

/// Nothing was taught.
pub(super) fn teach(error: StoreError<TeachError>) -> Fault {
    error.into_fault(|error| match error {
        TeachError::RequestIdReused(request_id) => Fault::request_id_reused(request_id),
        TeachError::Stored(text) => Fault::internal(text),
        TeachError::Validated(_) => Fault::internal("a validation was answered as a failure"),
    })
}

/// A code or edition is not there. `field` names the code reference, or the edition's own field.
pub(super) fn unresolved(field: &str, error: Unresolved) -> Fault {
    let message = error.to_string();
    match error {
        Unresolved::UnknownEdition { edition, known } => Fault::not_found(format!("editions/{edition}"))
            .with_message(message)
            .with_metadata("editions", known.join(",")),
        Unresolved::WrongLength { nearest, editions, .. } => Fault::invalid(format!("{field}.code"), message)
            .with_metadata("nearest", nearest.join(","))
            .with_metadata("editions", editions.join(",")),
        Unresolved::UnknownCode { edition, code, nearest, editions } => {
            let near = nearest.join(",");
            Fault::not_found(format!("editions/{edition}/codes/{code}"))
                .with_message(message)
                .with_metadata("nearest", near)
                .with_metadata("editions", editions.join(","))
        }
    }
}
