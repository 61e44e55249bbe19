//! What the classification service of these tests begins with: a code in two editions, and a long entry of a list.

use std::collections::BTreeSet;

use greenlane_api::classification::v1 as cl;
use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
use prost::Message as _;
use tonic::{Request, Response, Status};

const EDITIONS: [&str; 2] = ["HS2022", "HS2017"];

pub(super) fn system() -> cl::CodeSystem {
    cl::CodeSystem { name: "codeSystems/hs".to_owned(), ..Default::default() }
}

pub(super) fn editions() -> Vec<cl::Edition> {
    let edition = |id: &str| cl::Edition {
        name: format!("editions/{id}"),
        correlated_editions: EDITIONS.iter().filter(|it| **it != id).map(|it| format!("editions/{it}")).collect(),
        ..Default::default()
    };
    EDITIONS.map(edition).into()
}

fn code(edition: &str) -> cl::Code {
    cl::Code { name: format!("editions/{edition}/codes/854143"), ..Default::default() }
}

fn link() -> cl::CorrelationLink {
    cl::CorrelationLink { ex: true, ..Default::default() }
}

fn list() -> cl::GreenList {
    cl::GreenList { name: "greenLists/example".to_owned(), version: 1, ..Default::default() }
}

/// Longer than what a client takes of a service unless it is told to take more.
fn entry() -> cl::GreenListEntry {
    cl::GreenListEntry {
        name: "greenLists/example/entries/854143".to_owned(),
        category: "long ".repeat(1 << 20),
        ..Default::default()
    }
}

/// One thing of the catalogue.
#[derive(Clone, PartialEq, prost::Message)]
struct Thing {
    #[prost(message, optional, tag = "1")]
    system: Option<cl::CodeSystem>,
    #[prost(message, optional, tag = "2")]
    edition: Option<cl::Edition>,
    #[prost(message, optional, tag = "3")]
    code: Option<cl::Code>,
    #[prost(message, optional, tag = "4")]
    link: Option<cl::CorrelationLink>,
    #[prost(message, optional, tag = "5")]
    list: Option<cl::GreenList>,
    #[prost(message, optional, tag = "6")]
    entry: Option<cl::GreenListEntry>,
}

/// The hash of it all, by the rule of the contract.
pub(super) fn sha256() -> [u8; 32] {
    let mut things = vec![
        Thing { system: Some(system()), ..Default::default() },
        Thing { link: Some(link()), ..Default::default() },
        Thing { list: Some(list()), ..Default::default() },
        Thing { entry: Some(entry()), ..Default::default() },
    ];
    things.extend(editions().into_iter().map(|edition| Thing { edition: Some(edition), ..Default::default() }));
    things.extend(EDITIONS.map(|edition| Thing { code: Some(code(edition)), ..Default::default() }));
    let things: BTreeSet<Vec<u8>> = things.iter().map(Thing::encode_to_vec).collect();
    assert_eq!(things.len(), 8);
    greenlane_jose::sha256(things.into_iter().collect::<Vec<_>>().concat())
}

/// The services that tell of codes and of lists.
pub(super) struct Begun;

pub(super) fn is_of_the_first(consistency: Option<ReadConsistency>) {
    assert_eq!(consistency.and_then(|asked| asked.requirement), Some(Requirement::ExactlyRevision(1)));
}

#[tonic::async_trait]
impl cl::lookup_service_server::LookupService for Begun {
    async fn list_codes(
        &self,
        request: Request<cl::ListCodesRequest>,
    ) -> Result<Response<cl::ListCodesResponse>, Status> {
        let request = request.into_inner();
        is_of_the_first(request.consistency);
        Ok(Response::new(cl::ListCodesResponse { codes: vec![code(&request.edition)], ..Default::default() }))
    }

    async fn list_correlations(
        &self,
        request: Request<cl::ListCorrelationsRequest>,
    ) -> Result<Response<cl::ListCorrelationsResponse>, Status> {
        let request = request.into_inner();
        is_of_the_first(request.consistency);
        assert_eq!([request.first_edition.as_str(), request.second_edition.as_str()], ["HS2017", "HS2022"]);
        Ok(Response::new(cl::ListCorrelationsResponse { links: vec![link()], ..Default::default() }))
    }
}

#[tonic::async_trait]
impl cl::green_list_service_server::GreenListService for Begun {
    async fn list_green_lists(
        &self,
        request: Request<cl::ListGreenListsRequest>,
    ) -> Result<Response<cl::ListGreenListsResponse>, Status> {
        let request = request.into_inner();
        is_of_the_first(request.consistency);
        assert_eq!((request.date.as_str(), request.include_not_in_force), ("2000-01-01", true));
        Ok(Response::new(cl::ListGreenListsResponse { green_lists: vec![list()], ..Default::default() }))
    }

    async fn list_green_list_entries(
        &self,
        request: Request<cl::ListGreenListEntriesRequest>,
    ) -> Result<Response<cl::ListGreenListEntriesResponse>, Status> {
        let request = request.into_inner();
        is_of_the_first(request.consistency);
        assert_eq!((request.name, request.include_not_in_force), (list().name, true));
        assert!(request.page_size <= 200, "entries may be long, and an answer of many too long to be sent");
        Ok(Response::new(cl::ListGreenListEntriesResponse { entries: vec![entry()], ..Default::default() }))
    }
}
