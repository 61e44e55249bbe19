//! Messages as a service sent them.
//!
//! What is on record of a catalogue is the hash of these bytes, and not of what this program makes of them: a field that
//! the service tells and this version does not know is hashed with the rest. So whichever version reads the catalogue comes
//! to the same hash, and an upgrade of one program before the other accuses nobody.

use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
use greenlane_jose::sha256;
use greenlane_platform::client::Client;
use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

/// What one answer may have: what a service sends, unless it is set up to send more.
pub(super) const ANSWER_BYTES: usize = 16 << 20;

/// The answer of any method that lists entries.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Page {
    /// What is listed, one message each.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(super) entries: Vec<Vec<u8>>,
    #[prost(string, tag = "2")]
    pub(super) next_page_token: String,
}

/// The answer of either service's `GetChangeSet`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct GetChangeSetAnswer {
    #[prost(message, optional, tag = "1")]
    pub(super) change_set: Option<ChangeSet>,
}

/// A change set of either service: its changes and nothing else.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ChangeSet {
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub(super) changes: Vec<Vec<u8>>,
}

impl ChangeSet {
    /// What this version knows of the changes.
    pub(super) fn read<M: Message + Default>(&self) -> Result<Vec<M>, Status> {
        self.changes.iter().map(|change| read(change)).collect()
    }

    /// The SHA-256 of its encoding, and of what follows it.
    pub(super) fn sha256_with(&self, after: &[u8]) -> [u8; 32] {
        let mut bytes = self.encode_to_vec();
        bytes.extend_from_slice(after);
        sha256(bytes)
    }
}

/// A change that upserts an entry, whose kind has this number in a `CatalogueEntry` of the equivalence service.
pub(super) fn upsert(kind: u8, entry: &[u8]) -> Vec<u8> {
    const UPSERT: u8 = 1;
    field(UPSERT, &field(kind, entry))
}

/// A field with a message in it. Its number is less than 16.
pub(super) fn field(number: u8, message: &[u8]) -> Vec<u8> {
    const LENGTH_DELIMITED: u8 = 2;
    let mut bytes = vec![(number << 3) | LENGTH_DELIMITED];
    prost::encode_length_delimiter(message.len(), &mut bytes).expect("a vector grows");
    bytes.extend_from_slice(message);
    bytes
}

/// What this version knows of a message.
pub(super) fn read<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    M::decode(bytes).map_err(|error| Status::internal(error.to_string()))
}

/// At a revision and no other.
pub(super) fn exactly(revision: u64) -> Option<ReadConsistency> {
    Some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(revision)) })
}

/// Calls a method whose answer is not to be read in whole.
pub(super) async fn call<Q, A>(client: &Client, method: &'static str, request: Q) -> Result<A, Status>
where
    Q: Message + 'static,
    A: Message + Default + 'static,
{
    let mut grpc = Grpc::new(client.clone()).max_decoding_message_size(ANSWER_BYTES);
    grpc.ready().await?;
    let codec = ProstCodec::<Q, A>::default();
    Ok(grpc.unary(Request::new(request), PathAndQuery::from_static(method), codec).await?.into_inner())
}

#[cfg(test)]
mod tests;
