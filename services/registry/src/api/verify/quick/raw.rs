//! Requests of the contract in which the questions stay encoded. Their tags are those of the messages named.

use bytes::Bytes;
use greenlane_api::common::v1 as common;

/// `BatchVerifyRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Batch {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) requests: Vec<Bytes>,
    #[prost(message, optional, tag = "2")]
    pub(super) consistency: Option<common::ReadConsistency>,
}

/// `StreamVerifyRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Item {
    #[prost(string, tag = "1")]
    pub(super) tag: String,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(super) request: Option<Bytes>,
}
