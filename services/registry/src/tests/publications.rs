//! Published revisions of the catalogues, heard from an equivalence and a classification service.

mod codes;
mod entries;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenlane_api::classification::v1 as cl;
use greenlane_api::common::v1::read_consistency::Requirement;
use greenlane_api::equivalence::v1 as eq;
use greenlane_api::registry::v1 as wire;
use greenlane_jose::sha256;
use greenlane_platform::auth::{AuthConfig, Authenticator, Rule};
use greenlane_platform::client::{Client, ClientConfig, connect_in_process};
use greenlane_platform::clock::Clock;
use greenlane_platform::grpc;
use greenlane_platform::server::{Server, ServerConfig, Service};
use greenlane_store::testing::TestDatabase;
use prost::Message as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::harness::{Served, now, serve_with};
use crate::audit::Auditor;
use crate::{Migrator, Peers};

greenlane_store::engine_tests!(Migrator:
    each_published_revision_of_both_catalogues_is_an_entry_with_the_hash_of_what_it_changes,
    a_lesson_is_recorded_without_a_hash_and_nothing_is_listed_at_it,
    what_was_published_while_no_registry_ran_is_recorded_and_nothing_is_recorded_twice,
    what_a_catalogue_published_after_it_was_restored_stands_beside_what_it_had_published,
);

/// A service of either kind that has published these: the first, and then one for each change set of this name. Without a
/// name it was taught something.
#[derive(Clone)]
struct Catalogue {
    sets: Arc<Mutex<Vec<String>>>,
    revision: watch::Sender<u64>,
    /// Where it stood when its change sets were last listed.
    listed: watch::Sender<u64>,
}

impl Catalogue {
    fn with(sets: &[&str]) -> Self {
        let sets: Vec<String> = sets.iter().map(|name| (*name).to_owned()).collect();
        let revision = watch::Sender::new(1 + sets.len() as u64);
        Self { sets: Arc::new(Mutex::new(sets)), revision, listed: watch::Sender::new(0) }
    }

    fn publish(&self, name: &str) {
        self.sets.lock().unwrap().push(name.to_owned());
        self.tell();
    }

    /// Goes back to what it was after this many change sets.
    fn restore(&self, sets: usize) {
        self.sets.lock().unwrap().truncate(sets);
        self.tell();
    }

    fn tell(&self) {
        self.revision.send_replace(1 + self.sets.lock().unwrap().len() as u64);
    }

    /// The revisions, as they come.
    fn revisions(&self) -> impl futures_util::Stream<Item = u64> + Send + use<> {
        futures_util::stream::unfold((self.revision.subscribe(), true), |(mut revision, first)| async move {
            if !first {
                revision.changed().await.ok()?;
            }
            let now = *revision.borrow_and_update();
            Some((now, (revision, false)))
        })
    }

    /// Each change set with its revision, the newest first.
    fn published(&self) -> Vec<(u64, String)> {
        let sets = self.sets.lock().unwrap();
        sets.iter().enumerate().map(|(at, name)| (at as u64 + 2, name.clone())).rev().collect()
    }
}

fn changes_of(name: &str) -> Vec<eq::Change> {
    vec![eq::Change { change: Some(eq::change::Change::Retire(format!("requirements/{name}"))) }]
}

fn code_changes_of(name: &str) -> Vec<cl::Change> {
    let import = cl::Change { change: Some(cl::change::Change::PublishImport(format!("imports/{name}"))) };
    vec![import, cl::Change { change: Some(cl::change::Change::RetireGreenList(format!("greenLists/{name}"))) }]
}

#[tonic::async_trait]
impl eq::catalogue_service_server::CatalogueService for Catalogue {
    async fn watch_revisions(
        &self,
        _: Request<eq::WatchRevisionsRequest>,
    ) -> Result<Response<BoxStream<eq::WatchRevisionsResponse>>, Status> {
        use futures_util::StreamExt as _;
        let told = |revision| Ok(eq::WatchRevisionsResponse { revision, ..Default::default() });
        Ok(Response::new(Box::pin(self.revisions().map(told))))
    }

    async fn list_economies(
        &self,
        request: Request<eq::ListEconomiesRequest>,
    ) -> Result<Response<eq::ListEconomiesResponse>, Status> {
        let consistency = request.into_inner().consistency.and_then(|asked| asked.requirement);
        assert_eq!(consistency, Some(Requirement::ExactlyRevision(1)));
        Ok(Response::new(eq::ListEconomiesResponse { economies: vec![entries::begun()], ..Default::default() }))
    }

    async fn list_catalogue_bodies(
        &self,
        _: Request<eq::ListCatalogueBodiesRequest>,
    ) -> Result<Response<eq::ListCatalogueBodiesResponse>, Status> {
        Ok(Response::new(eq::ListCatalogueBodiesResponse::default()))
    }

    async fn list_schemes(
        &self,
        _: Request<eq::ListSchemesRequest>,
    ) -> Result<Response<eq::ListSchemesResponse>, Status> {
        Ok(Response::new(eq::ListSchemesResponse::default()))
    }

    async fn list_standard_editions(
        &self,
        _: Request<eq::ListStandardEditionsRequest>,
    ) -> Result<Response<eq::ListStandardEditionsResponse>, Status> {
        Ok(Response::new(eq::ListStandardEditionsResponse::default()))
    }

    async fn list_edition_transitions(
        &self,
        _: Request<eq::ListEditionTransitionsRequest>,
    ) -> Result<Response<eq::ListEditionTransitionsResponse>, Status> {
        Ok(Response::new(eq::ListEditionTransitionsResponse::default()))
    }

    async fn list_requirements(
        &self,
        _: Request<eq::ListRequirementsRequest>,
    ) -> Result<Response<eq::ListRequirementsResponse>, Status> {
        Ok(Response::new(eq::ListRequirementsResponse::default()))
    }
}

#[tonic::async_trait]
impl eq::change_service_server::ChangeService for Catalogue {
    async fn list_change_sets(
        &self,
        request: Request<eq::ListChangeSetsRequest>,
    ) -> Result<Response<eq::ListChangeSetsResponse>, Status> {
        assert_eq!(request.into_inner().state(), eq::ChangeSetState::Published);
        let told = |(published_revision, name)| eq::ChangeSet {
            name: format!("changeSets/{name}"),
            published_revision,
            published_at: Some("2026-05-30T09:00:00Z".parse().unwrap()),
            ..Default::default()
        };
        let change_sets = self.published().into_iter().map(told).collect();
        let revision = *self.revision.borrow();
        self.listed.send_replace(revision);
        Ok(Response::new(eq::ListChangeSetsResponse { change_sets, revision, ..Default::default() }))
    }

    async fn get_change_set(
        &self,
        request: Request<eq::GetChangeSetRequest>,
    ) -> Result<Response<eq::GetChangeSetResponse>, Status> {
        let name = request.into_inner().name;
        let changes = changes_of(name.strip_prefix("changeSets/").unwrap());
        let change_set = Some(eq::ChangeSet { name, title: "t".to_owned(), changes, ..Default::default() });
        Ok(Response::new(eq::GetChangeSetResponse { change_set, ..Default::default() }))
    }
}

#[tonic::async_trait]
impl cl::code_system_service_server::CodeSystemService for Catalogue {
    async fn watch_revisions(
        &self,
        _: Request<cl::WatchRevisionsRequest>,
    ) -> Result<Response<BoxStream<cl::WatchRevisionsResponse>>, Status> {
        use futures_util::StreamExt as _;
        let told = |revision| Ok(cl::WatchRevisionsResponse { revision, ..Default::default() });
        Ok(Response::new(Box::pin(self.revisions().map(told))))
    }

    async fn list_revisions(
        &self,
        _: Request<cl::ListRevisionsRequest>,
    ) -> Result<Response<cl::ListRevisionsResponse>, Status> {
        let told = |(revision, name): (u64, String)| cl::RevisionSummary {
            revision,
            change_set: if name.is_empty() { name } else { format!("changeSets/{name}") },
            ..Default::default()
        };
        let revisions = self.published().into_iter().chain([(1, String::new())]).map(told).collect();
        let revision = *self.revision.borrow();
        Ok(Response::new(cl::ListRevisionsResponse { revisions, revision, ..Default::default() }))
    }

    async fn get_import(
        &self,
        request: Request<cl::GetImportRequest>,
    ) -> Result<Response<cl::GetImportResponse>, Status> {
        let name = request.into_inner().name;
        let import = Some(cl::Import { sha256: hex::encode(sha256(&name)), name, ..Default::default() });
        Ok(Response::new(cl::GetImportResponse { import, ..Default::default() }))
    }
    async fn list_code_systems(
        &self,
        request: Request<cl::ListCodeSystemsRequest>,
    ) -> Result<Response<cl::ListCodeSystemsResponse>, Status> {
        codes::is_of_the_first(request.into_inner().consistency);
        Ok(Response::new(cl::ListCodeSystemsResponse { code_systems: vec![codes::system()], ..Default::default() }))
    }

    async fn list_editions(
        &self,
        request: Request<cl::ListEditionsRequest>,
    ) -> Result<Response<cl::ListEditionsResponse>, Status> {
        codes::is_of_the_first(request.into_inner().consistency);
        Ok(Response::new(cl::ListEditionsResponse { editions: codes::editions(), ..Default::default() }))
    }
}

#[tonic::async_trait]
impl cl::change_service_server::ChangeService for Catalogue {
    async fn get_change_set(
        &self,
        request: Request<cl::GetChangeSetRequest>,
    ) -> Result<Response<cl::GetChangeSetResponse>, Status> {
        let name = request.into_inner().name;
        let changes = code_changes_of(name.strip_prefix("changeSets/").unwrap());
        let change_set = Some(cl::ChangeSet { name, title: "t".to_owned(), changes, ..Default::default() });
        Ok(Response::new(cl::GetChangeSetResponse { change_set, ..Default::default() }))
    }
}

const EQUIVALENCE: &[Rule] = &[
    Rule::public("/greenlane.equivalence.v1.CatalogueService/WatchRevisions"),
    Rule::public("/greenlane.equivalence.v1.CatalogueService/ListEconomies"),
    Rule::public("/greenlane.equivalence.v1.CatalogueService/ListCatalogueBodies"),
    Rule::public("/greenlane.equivalence.v1.CatalogueService/ListSchemes"),
    Rule::public("/greenlane.equivalence.v1.CatalogueService/ListStandardEditions"),
    Rule::public("/greenlane.equivalence.v1.CatalogueService/ListEditionTransitions"),
    Rule::public("/greenlane.equivalence.v1.CatalogueService/ListRequirements"),
    Rule::public("/greenlane.equivalence.v1.ArrangementService/ListArrangements"),
    Rule::public("/greenlane.equivalence.v1.ArrangementService/ListAnnexes"),
    Rule::public("/greenlane.equivalence.v1.ArrangementService/ListDesignations"),
    Rule::public("/greenlane.equivalence.v1.EquivalenceService/ListEquivalences"),
    Rule::public("/greenlane.equivalence.v1.ChangeService/ListChangeSets"),
    Rule::public("/greenlane.equivalence.v1.ChangeService/GetChangeSet"),
];

const CLASSIFICATION: &[Rule] = &[
    Rule::public("/greenlane.classification.v1.CodeSystemService/WatchRevisions"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/ListRevisions"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/GetImport"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/ListCodeSystems"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/ListEditions"),
    Rule::public("/greenlane.classification.v1.LookupService/ListCodes"),
    Rule::public("/greenlane.classification.v1.LookupService/ListCorrelations"),
    Rule::public("/greenlane.classification.v1.GreenListService/ListGreenLists"),
    Rule::public("/greenlane.classification.v1.GreenListService/ListGreenListEntries"),
    Rule::public("/greenlane.classification.v1.ChangeService/GetChangeSet"),
];

async fn client(service: Service) -> Client {
    let authenticator = Authenticator::new(AuthConfig::default(), Clock::system()).await.unwrap();
    let config = ServerConfig { drain_seconds: 0, ..ServerConfig::loopback() };
    let server = Server::bind(&config, authenticator, [service]).await.unwrap();
    let client = connect_in_process(&ClientConfig::to("http://catalogue"), server.in_process()).unwrap();
    tokio::spawn(server.serve(CancellationToken::new()));
    client
}

async fn beside(db: &TestDatabase, keys: &Arc<TempDir>, equivalence: &Catalogue, codes: Option<&Catalogue>) -> Served {
    let service = Service::new("equivalence", EQUIVALENCE)
        .grpc(grpc!(eq::catalogue_service_server::CatalogueServiceServer::new(equivalence.clone())))
        .grpc(grpc!(eq::arrangement_service_server::ArrangementServiceServer::new(entries::Nothing)))
        .grpc(grpc!(eq::equivalence_service_server::EquivalenceServiceServer::new(entries::Nothing)))
        .grpc(grpc!(eq::change_service_server::ChangeServiceServer::new(equivalence.clone())));
    let mut peers = Peers { equivalence: Some(client(service).await), classification: None };
    if let Some(codes) = codes {
        let service = Service::new("classification", CLASSIFICATION)
            .grpc(grpc!(cl::code_system_service_server::CodeSystemServiceServer::new(codes.clone())))
            .grpc(grpc!(cl::lookup_service_server::LookupServiceServer::new(codes::Begun)))
            .grpc(grpc!(cl::green_list_service_server::GreenListServiceServer::new(codes::Begun)))
            .grpc(grpc!(cl::change_service_server::ChangeServiceServer::new(codes.clone())));
        peers.classification = Some(client(service).await);
    }
    serve_with(db, Clock::settable(now()), Arc::clone(keys), |_| {}, peers).await
}

fn keys() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

/// The entries about publications, once there are as many.
async fn recorded(served: &Served, number: usize) -> Vec<Value> {
    let asked = async {
        loop {
            let request = wire::ListEntriesRequest { page_size: 1_000, ..Default::default() };
            let entries = served.log().list_entries(request).await.unwrap().into_inner().entries;
            let leaves = entries.iter().map(|entry| serde_json::from_slice::<Value>(&entry.leaf).unwrap());
            let told: Vec<Value> = leaves.filter(|leaf| leaf["event"] == "catalogue.publish").collect();
            if told.len() >= number {
                let mut auditor = Auditor::new();
                entries.iter().for_each(|entry| auditor.read(&entry.leaf).unwrap());
                assert_eq!(told.len(), number, "{told:#?}");
                return told;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("what was published is recorded")
}

fn of<'e>(entries: &'e [Value], catalogue: &str) -> Vec<(&'e Value, &'e Value)> {
    let those = entries.iter().filter(|entry| entry["catalogue"] == catalogue);
    those.map(|entry| (&entry["revision"], &entry["change_set"])).collect()
}

async fn each_published_revision_of_both_catalogues_is_an_entry_with_the_hash_of_what_it_changes(db: TestDatabase) {
    let (equivalence, codes) = (Catalogue::with(&["a"]), Catalogue::with(&["x"]));
    let served = beside(&db, &keys(), &equivalence, Some(&codes)).await;
    recorded(&served, 4).await;
    equivalence.publish("b");
    let entries = recorded(&served, 5).await;

    let [first, second, third] = of(&entries, "equivalence")[..] else { panic!("{entries:#?}") };
    assert_eq!((first, second.0, third.0), ((&1.into(), &Value::Null), &2.into(), &3.into()));
    assert_eq!((second.1, third.1), (&"changeSets/a".into(), &"changeSets/b".into()));
    let [first, second] = of(&entries, "classification")[..] else { panic!("{entries:#?}") };
    assert_eq!((first, second), ((&1.into(), &Value::Null), (&2.into(), &"changeSets/x".into())));

    let hash = |change_set: &str| {
        let entry = entries.iter().find(|entry| entry["change_set"] == change_set).unwrap();
        entry["changes_sha256"].as_str().unwrap().to_owned()
    };
    let changes = eq::ChangeSet { changes: changes_of("b"), ..Default::default() };
    assert_eq!(hash("changeSets/b"), hex::encode(sha256(changes.encode_to_vec())));
    let mut changes = cl::ChangeSet { changes: code_changes_of("x"), ..Default::default() }.encode_to_vec();
    changes.extend(hex::encode(sha256("imports/x")).bytes());
    assert_eq!(hash("changeSets/x"), hex::encode(sha256(changes)));
    let a = entries.iter().find(|entry| entry["change_set"] == "changeSets/a").unwrap();
    for (catalogue, hash) in [("equivalence", entries::sha256()), ("classification", codes::sha256())] {
        let begun = entries.iter().find(|entry| entry["catalogue"] == catalogue && entry["revision"] == 1).unwrap();
        assert_eq!(begun["entries_sha256"], hex::encode(hash), "{catalogue}");
    }
    let told = entries.iter().filter(|entry| entry.get("entries_sha256").is_some());
    assert_eq!(told.count(), 2, "of what was published by a change set its changes are told");
    assert_eq!(a["published_at"], "2026-05-30T09:00:00.000000Z");
}

async fn a_lesson_is_recorded_without_a_hash_and_nothing_is_listed_at_it(db: TestDatabase) {
    let (equivalence, codes, keys) = (Catalogue::with(&[]), Catalogue::with(&["x", ""]), keys());
    let served = beside(&db, &keys, &equivalence, Some(&codes)).await;
    recorded(&served, 4).await;
    codes.publish("");
    codes.publish("y");
    recorded(&served, 6).await;
    served.end().await;
    // It is known again.
    let served = beside(&db, &keys, &equivalence, Some(&codes)).await;
    codes.publish("");
    let entries = recorded(&served, 7).await;
    let taught = |entry: &&Value| entry["catalogue"] == "classification" && entry.get("change_set").is_none();
    let hashed = |entry: &Value| (entry["revision"].as_u64(), entry.get("entries_sha256").is_some());
    let told: Vec<_> = entries.iter().filter(taught).map(hashed).collect();
    // At another revision than the first the service of this test answers no question for what is listed.
    assert_eq!(told, [(Some(1), true), (Some(3), false), (Some(4), false), (Some(6), false)]);
    assert!(entries.iter().all(|entry| entry.get("instead_of").is_none()), "{entries:#?}");
}

async fn what_was_published_while_no_registry_ran_is_recorded_and_nothing_is_recorded_twice(db: TestDatabase) {
    let (equivalence, keys) = (Catalogue::with(&["a"]), keys());
    let served = beside(&db, &keys, &equivalence, None).await;
    recorded(&served, 2).await;
    served.end().await;
    equivalence.publish("b");
    equivalence.publish("c");
    // Two replicas over one database, which both hear of it.
    let one = beside(&db, &keys, &equivalence, None).await;
    let other = beside(&db, &keys, &equivalence, None).await;
    recorded(&one, 4).await;
    equivalence.publish("d");
    let entries = recorded(&other, 5).await;
    let revisions: Vec<&Value> = of(&entries, "equivalence").into_iter().map(|(revision, _)| revision).collect();
    assert_eq!(revisions, [1, 2, 3, 4, 5]);
    // Whoever was slower has tried by now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    recorded(&one, 5).await;
}

async fn what_a_catalogue_published_after_it_was_restored_stands_beside_what_it_had_published(db: TestDatabase) {
    let equivalence = Catalogue::with(&["a", "b"]);
    let served = beside(&db, &keys(), &equivalence, None).await;
    recorded(&served, 3).await;
    equivalence.restore(1);
    // Heard of before it goes on: its history is held against what is on record.
    let mut listed = equivalence.listed.subscribe();
    let heard = tokio::time::timeout(Duration::from_secs(20), listed.wait_for(|revision| *revision == 2));
    assert!(heard.await.is_ok_and(|heard| heard.is_ok()), "it is heard that the catalogue went back");
    equivalence.publish("c");
    let entries = recorded(&served, 4).await;
    assert_eq!(
        of(&entries, "equivalence")[2..],
        [(&3.into(), &"changeSets/b".into()), (&3.into(), &"changeSets/c".into())]
    );
    assert_eq!((&entries[2]["instead_of"], &entries[3]["instead_of"]), (&Value::Null, &2.into()));
    equivalence.publish("d");
    assert_eq!(of(&recorded(&served, 5).await, "equivalence")[4], (&4.into(), &"changeSets/d".into()));
}
