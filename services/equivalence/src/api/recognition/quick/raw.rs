//! Requests of the contract in which the questions stay encoded. Their tags are those of the messages named.

use greenlane_api::common::v1 as common;
use prost::bytes::Bytes;

/// `RecogniseRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct One {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub(super) question: Option<Bytes>,
    #[prost(message, optional, tag = "2")]
    pub(super) consistency: Option<common::ReadConsistency>,
    #[prost(uint64, tag = "3")]
    pub(super) classification_revision: u64,
    #[prost(bool, tag = "4")]
    pub(super) explain: bool,
}

/// `BatchRecogniseRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Batch {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) questions: Vec<Bytes>,
    #[prost(message, optional, tag = "2")]
    pub(super) consistency: Option<common::ReadConsistency>,
    #[prost(uint64, tag = "3")]
    pub(super) classification_revision: u64,
    #[prost(bool, tag = "4")]
    pub(super) explain: bool,
}

/// `StreamRecogniseRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Item {
    #[prost(uint64, tag = "1")]
    pub(super) sequence: u64,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(super) question: Option<Bytes>,
    #[prost(message, optional, tag = "3")]
    pub(super) consistency: Option<common::ReadConsistency>,
    #[prost(uint64, tag = "4")]
    pub(super) classification_revision: u64,
    #[prost(bool, tag = "5")]
    pub(super) explain: bool,
}
