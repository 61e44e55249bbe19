//! Reading a fault back from a status: the caller's side.

use std::collections::BTreeMap;
use std::time::Duration;

use tonic::Status;
use tonic_types::StatusExt;

use super::{ERROR_DOMAIN, ErrorReason, Fault, FieldViolation};

impl Fault {
    /// The reason in a status that a Greenlane service sent; none for statuses of others, and for reasons that this
    /// program does not know.
    pub fn reason_of(status: &Status) -> Option<ErrorReason> {
        let info = status.get_details_error_info().filter(|info| info.domain == ERROR_DOMAIN)?;
        ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason))
    }

    /// The metadata beside the reason; empty when there is none.
    pub fn metadata_of(status: &Status) -> BTreeMap<String, String> {
        let info = status.get_details_error_info().filter(|info| info.domain == ERROR_DOMAIN);
        info.map(|info| info.metadata.into_iter().collect()).unwrap_or_default()
    }

    /// The violated fields that the status names.
    pub fn violations_of(status: &Status) -> Vec<FieldViolation> {
        let request = status.get_details_bad_request();
        let violations = request.map(|request| request.field_violations).unwrap_or_default();
        violations.into_iter().map(|v| FieldViolation::new(v.field, v.description)).collect()
    }

    /// When the status says that the caller may try again.
    pub fn retry_after_of(status: &Status) -> Option<Duration> {
        status.get_details_retry_info().and_then(|info| info.retry_delay)
    }

    /// The request id that the status names.
    pub fn request_id_of(status: &Status) -> Option<String> {
        status.get_details_request_info().map(|info| info.request_id)
    }
}
