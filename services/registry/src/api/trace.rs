//! `TraceService`: in the contract, not built yet. Every method answers `UNIMPLEMENTED`.

use greenlane_api::registry::v1::trace_service_server::TraceService;

/// The service with the contract's default answers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traces;

#[tonic::async_trait]
impl TraceService for Traces {}
