//! What the equivalence service of these tests begins with: one economy.

use greenlane_api::equivalence::v1 as eq;
use prost::Message as _;
use tonic::{Request, Response, Status};

/// The entry.
pub(super) fn begun() -> eq::Economy {
    eq::Economy { name: "economies/XA".to_owned(), ..Default::default() }
}

/// The hash of the entries, by the rule of the contract.
pub(super) fn sha256() -> [u8; 32] {
    let entry = Some(eq::catalogue_entry::Entry::Economy(begun()));
    let upsert = eq::Change { change: Some(eq::change::Change::Upsert(eq::CatalogueEntry { entry })) };
    greenlane_jose::sha256(eq::ChangeSet { changes: vec![upsert], ..Default::default() }.encode_to_vec())
}

/// Services that have no entries.
pub(super) struct Nothing;

#[tonic::async_trait]
impl eq::arrangement_service_server::ArrangementService for Nothing {
    async fn list_arrangements(
        &self,
        _: Request<eq::ListArrangementsRequest>,
    ) -> Result<Response<eq::ListArrangementsResponse>, Status> {
        Ok(Response::new(eq::ListArrangementsResponse::default()))
    }

    async fn list_annexes(
        &self,
        _: Request<eq::ListAnnexesRequest>,
    ) -> Result<Response<eq::ListAnnexesResponse>, Status> {
        Ok(Response::new(eq::ListAnnexesResponse::default()))
    }

    async fn list_designations(
        &self,
        _: Request<eq::ListDesignationsRequest>,
    ) -> Result<Response<eq::ListDesignationsResponse>, Status> {
        Ok(Response::new(eq::ListDesignationsResponse::default()))
    }
}

#[tonic::async_trait]
impl eq::equivalence_service_server::EquivalenceService for Nothing {
    async fn list_equivalences(
        &self,
        _: Request<eq::ListEquivalencesRequest>,
    ) -> Result<Response<eq::ListEquivalencesResponse>, Status> {
        Ok(Response::new(eq::ListEquivalencesResponse::default()))
    }
}
