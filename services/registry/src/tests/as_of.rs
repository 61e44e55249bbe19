//! Verification as of a moment, beside catalogues that go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use greenlane_api::classification::v1 as cl;
use greenlane_api::common::v1 as common;
use greenlane_api::common::v1::read_consistency::Requirement;
use greenlane_api::equivalence::v1 as eq;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::verify_request::Subject;
use greenlane_platform::auth::{AuthConfig, Authenticator, Rule};
use greenlane_platform::client::{ClientConfig, connect_in_process};
use greenlane_platform::clock::Clock;
use greenlane_platform::grpc;
use greenlane_platform::server::{Server, ServerConfig, Service};
use greenlane_store::testing::TestDatabase;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::harness::{Served, codes, goods, now, question, serve_with};
use crate::{Migrator, Peers};

greenlane_store::engine_tests!(Migrator:
    what_was_known_at_a_moment_is_told_alike_whatever_the_catalogues_became,
    by_a_catalogue_that_cannot_tell_what_it_was_nothing_is_judged,
);

/// Both catalogues, of the same revisions: one a day, the first three days before the registry's. The first was published
/// without a change set. Each judges otherwise than the one before.
#[derive(Clone)]
struct Catalogues(Arc<AtomicU64>);

impl Catalogues {
    fn newest(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn asked(&self, consistency: Option<common::ReadConsistency>) -> u64 {
        match consistency.and_then(|it| it.requirement) {
            Some(Requirement::ExactlyRevision(revision)) => revision,
            _ => self.newest(),
        }
    }
}

fn published_at(revision: u64) -> DateTime<Utc> {
    now() + TimeDelta::days(i64::try_from(revision).unwrap() - 4)
}

fn timestamp(at: DateTime<Utc>) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 })
}

#[tonic::async_trait]
impl eq::recognition_service_server::RecognitionService for Catalogues {
    async fn recognise(
        &self,
        request: Request<eq::RecogniseRequest>,
    ) -> Result<Response<eq::RecogniseResponse>, Status> {
        let request = request.into_inner();
        let (revision, codes) = (self.asked(request.consistency), request.classification_revision);
        let codes = if codes == 0 { self.newest() } else { codes };
        let outcome = if revision.is_multiple_of(2) {
            eq::RecognitionOutcome::Recognised
        } else {
            eq::RecognitionOutcome::NotRecognised
        };
        let decision = eq::RecognitionDecision {
            decision_id: format!("sha256:{revision}-{codes}"),
            outcome: outcome.into(),
            revision,
            classification_revision: codes,
            ..eq::RecognitionDecision::default()
        };
        Ok(Response::new(eq::RecogniseResponse { decision: Some(decision), revision, ..Default::default() }))
    }
}

#[tonic::async_trait]
impl eq::catalogue_service_server::CatalogueService for Catalogues {
    async fn watch_revisions(
        &self,
        _: Request<eq::WatchRevisionsRequest>,
    ) -> Result<Response<BoxStream<eq::WatchRevisionsResponse>>, Status> {
        let revision = self.newest();
        let published_at = timestamp(published_at(revision));
        // Whoever follows asks again and again, and so hears of what comes.
        let first = eq::WatchRevisionsResponse { revision, published_at, bookmark: false };
        Ok(Response::new(Box::pin(futures_util::stream::iter([Ok(first)]))))
    }
}

#[tonic::async_trait]
impl eq::change_service_server::ChangeService for Catalogues {
    async fn list_change_sets(
        &self,
        request: Request<eq::ListChangeSetsRequest>,
    ) -> Result<Response<eq::ListChangeSetsResponse>, Status> {
        // One a page, in any order.
        let listed = 2 + request.into_inner().page_token.parse::<u64>().unwrap_or_default();
        let change_sets = (listed..=self.newest()).take(1).map(|revision| eq::ChangeSet {
            published_revision: revision,
            published_at: timestamp(published_at(revision)),
            ..eq::ChangeSet::default()
        });
        let next_page_token = if listed < self.newest() { (listed - 1).to_string() } else { String::new() };
        let answer = eq::ListChangeSetsResponse { change_sets: change_sets.collect(), next_page_token, revision: 0 };
        Ok(Response::new(answer))
    }
}

#[tonic::async_trait]
impl cl::code_system_service_server::CodeSystemService for Catalogues {
    async fn watch_revisions(
        &self,
        _: Request<cl::WatchRevisionsRequest>,
    ) -> Result<Response<BoxStream<cl::WatchRevisionsResponse>>, Status> {
        let revision = self.newest();
        let published_at = timestamp(published_at(revision));
        let first = cl::WatchRevisionsResponse { revision, published_at, bookmark: false };
        Ok(Response::new(Box::pin(futures_util::stream::iter([Ok(first)]))))
    }

    async fn list_revisions(
        &self,
        _: Request<cl::ListRevisionsRequest>,
    ) -> Result<Response<cl::ListRevisionsResponse>, Status> {
        let revisions = (1..=self.newest()).rev().map(|revision| cl::RevisionSummary {
            revision,
            published_at: timestamp(published_at(revision)),
            ..cl::RevisionSummary::default()
        });
        let revisions = revisions.collect();
        Ok(Response::new(cl::ListRevisionsResponse { revisions, revision: self.newest(), ..Default::default() }))
    }

    async fn list_code_systems(
        &self,
        _: Request<cl::ListCodeSystemsRequest>,
    ) -> Result<Response<cl::ListCodeSystemsResponse>, Status> {
        Ok(Response::new(cl::ListCodeSystemsResponse::default()))
    }

    async fn list_editions(
        &self,
        _: Request<cl::ListEditionsRequest>,
    ) -> Result<Response<cl::ListEditionsResponse>, Status> {
        Ok(Response::new(cl::ListEditionsResponse::default()))
    }
}

#[tonic::async_trait]
impl cl::green_list_service_server::GreenListService for Catalogues {
    async fn list_green_lists(
        &self,
        _: Request<cl::ListGreenListsRequest>,
    ) -> Result<Response<cl::ListGreenListsResponse>, Status> {
        Ok(Response::new(cl::ListGreenListsResponse::default()))
    }
}

#[tonic::async_trait]
impl cl::lookup_service_server::LookupService for Catalogues {
    async fn compare_codes(
        &self,
        request: Request<cl::CompareCodesRequest>,
    ) -> Result<Response<cl::CompareCodesResponse>, Status> {
        let revision = self.asked(request.into_inner().consistency);
        let comparison =
            if revision.is_multiple_of(2) { cl::CodeComparison::Same } else { cl::CodeComparison::Different };
        let comparison = comparison.into();
        Ok(Response::new(cl::CompareCodesResponse { comparison, revision, ..Default::default() }))
    }
}

const RULES: &[Rule] = &[
    Rule::public("/greenlane.equivalence.v1.RecognitionService/Recognise"),
    Rule::public("/greenlane.equivalence.v1.CatalogueService/WatchRevisions"),
    Rule::public("/greenlane.equivalence.v1.ChangeService/ListChangeSets"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/WatchRevisions"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/ListRevisions"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/ListCodeSystems"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/ListEditions"),
    Rule::public("/greenlane.classification.v1.GreenListService/ListGreenLists"),
    Rule::public("/greenlane.classification.v1.LookupService/CompareCodes"),
];

/// A registry beside catalogues of four revisions, with a certificate; they end with the token.
async fn beside(db: &TestDatabase) -> (Served, String, Catalogues, CancellationToken) {
    let catalogues = Catalogues(Arc::new(AtomicU64::new(4)));
    let service = Service::new("catalogues", RULES)
        .grpc(grpc!(eq::recognition_service_server::RecognitionServiceServer::new(catalogues.clone())))
        .grpc(grpc!(eq::catalogue_service_server::CatalogueServiceServer::new(catalogues.clone())))
        .grpc(grpc!(eq::change_service_server::ChangeServiceServer::new(catalogues.clone())))
        .grpc(grpc!(cl::code_system_service_server::CodeSystemServiceServer::new(catalogues.clone())))
        .grpc(grpc!(cl::lookup_service_server::LookupServiceServer::new(catalogues.clone())))
        .grpc(grpc!(cl::green_list_service_server::GreenListServiceServer::new(catalogues.clone())));
    let authenticator = Authenticator::new(AuthConfig::default(), Clock::system()).await.unwrap();
    let config = ServerConfig { drain_seconds: 0, ..ServerConfig::loopback() };
    let server = Server::bind(&config, authenticator, [service]).await.unwrap();
    let client = connect_in_process(&ClientConfig::to("http://catalogues"), server.in_process()).unwrap();
    let peers = Peers { equivalence: Some(client.clone()), classification: Some(client) };
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(stop.clone()));
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let patient = |config: &mut crate::Config| config.recognition_timeout_ms = 10_000;
    let served = serve_with(db, Clock::settable(now()), keys, patient, peers).await;
    // One of them tells its history: that is on record before anything is asked.
    let recorded = async {
        let size =
            async || served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
        while size().await.checkpoint.unwrap().tree_size < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), recorded).await.expect("the revisions are recorded");
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    (served, name, catalogues, stop)
}

/// Of goods that are declared in an earlier edition than they were certified in.
async fn ask(served: &Served, name: &str, as_of: Option<DateTime<Utc>>) -> wire::Verdict {
    let mut goods = goods();
    goods.code = Some(common::CodeReference { edition: "HS2017".to_owned(), code: "854140".to_owned() });
    goods.date = "2026-06-02".to_owned();
    let subject = Subject::Certificate(name.to_owned());
    let request = wire::VerifyRequest { goods: Some(goods), as_of: as_of.and_then(timestamp), ..question(subject) };
    let mut verdict = served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap();
    verdict.freshness = None;
    verdict
}

async fn what_was_known_at_a_moment_is_told_alike_whatever_the_catalogues_became(db: TestDatabase) {
    let (served, name, catalogues, _stop) = beside(&db).await;
    let moment = now() + TimeDelta::hours(1);
    served.clock.set(now() + TimeDelta::hours(2));
    let told = ask(&served, &name, Some(moment)).await;
    assert_eq!(told.outcome(), wire::VerdictOutcome::Accepted, "{told:?}");
    let revisions = told.revisions.unwrap();
    assert_eq!((revisions.equivalence, revisions.classification), (4, 4));
    for newest in [5, 6, 7] {
        catalogues.0.store(newest, Ordering::SeqCst);
        served.clock.set(published_at(newest) + TimeDelta::hours(2));
        assert_eq!(ask(&served, &name, Some(moment)).await, told, "beside revision {newest}");
    }
    let moved_on = async {
        while ask(&served, &name, None).await.revisions.unwrap().equivalence != 7 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), moved_on).await.expect("it hears of the newest revision");
    assert_eq!(ask(&served, &name, None).await.outcome(), wire::VerdictOutcome::Refused);
    assert_eq!(ask(&served, &name, Some(moment)).await, told);
}

async fn by_a_catalogue_that_cannot_tell_what_it_was_nothing_is_judged(db: TestDatabase) {
    let (served, name, catalogues, stop) = beside(&db).await;
    catalogues.0.store(5, Ordering::SeqCst);
    served.clock.set(published_at(5) + TimeDelta::hours(2));
    // What the revision of then is, needs the history: those who have it do not answer any more.
    stop.cancel();
    let moment = now() + TimeDelta::hours(1);
    let unanswered = async {
        loop {
            let told = ask(&served, &name, Some(moment)).await;
            let judged = codes(told.recognised.as_ref()) != ["catalogue_not_known_then"]
                || codes(told.covers_goods.as_ref()).last() != Some(&"catalogue_not_known_then");
            if !judged {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(20), unanswered).await.expect("nobody answers");
    assert_eq!(told.outcome(), wire::VerdictOutcome::Undetermined);
    assert_eq!(told.in_force.unwrap().outcome(), wire::PartOutcome::Yes, "the registry tells what it knew");
}
