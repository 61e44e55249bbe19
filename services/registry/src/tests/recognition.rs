//! Verification beside an equivalence service that answers, is asked no more than needed, and dies.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

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
    a_decision_is_asked_for_once_and_outlives_the_service_within_the_bound,
    past_the_bound_nothing_is_guessed,
    a_service_that_does_not_answer_is_not_waited_for_longer_than_was_said,
    goods_of_another_age_are_another_question_and_an_exemption_is_told_with_the_route,
    a_verdict_that_is_given_again_is_the_one_that_was_judged_until_the_log_moves,
    what_the_market_only_honours_refuses_nobody,
);

/// Answers with conditions unless it is stuck, and counts how often it was asked.
#[derive(Clone, Default)]
struct Equivalence {
    asked: Arc<AtomicU64>,
    stuck: Arc<AtomicBool>,
    /// What is not met, where it is only honoured or the market demands it.
    missed: Arc<Mutex<Option<eq::Demand>>>,
}

#[tonic::async_trait]
impl eq::recognition_service_server::RecognitionService for Equivalence {
    async fn recognise(
        &self,
        request: Request<eq::RecogniseRequest>,
    ) -> Result<Response<eq::RecogniseResponse>, Status> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let question = request.into_inner().question.unwrap();
        let facts = question.certificate.unwrap();
        assert_eq!((facts.body.as_str(), facts.body_economy.as_str()), ("bodies/xa-lab", "XA"));
        assert_eq!(facts.standard_editions, ["EX 61215:2026"]);
        let exempt = !question.placed_on_market_on.is_empty();
        let route = exempt.then(|| eq::RecognitionRoute {
            requirement: "requirements/r".to_owned(),
            accepted: "standards/x-2014".to_owned(),
            exemptions: vec![eq::RouteExemption {
                edition_transition: "editionTransitions/t".to_owned(),
                standard: "standards/x-2014".to_owned(),
                reason: format!("placed on the market on {}", question.placed_on_market_on),
                ..eq::RouteExemption::default()
            }],
            ..eq::RecognitionRoute::default()
        });
        let decision = eq::RecognitionDecision {
            decision_id: format!("sha256:00{}{}", question.placed_on_market_on, question.manufactured_on),
            best_route: route,
            outcome: eq::RecognitionOutcome::RecognisedOnConditions.into(),
            conditions: vec![eq::RecognitionCondition {
                id: "salt-mist".to_owned(),
                description: "A salt mist test.".to_owned(),
                ..eq::RecognitionCondition::default()
            }],
            revision: 7,
            ..eq::RecognitionDecision::default()
        };
        let missed = *self.missed.lock().unwrap();
        let decision = match missed {
            Some(demand) => eq::RecognitionDecision {
                outcome: eq::RecognitionOutcome::NotRecognised.into(),
                demand: demand.into(),
                conditions: Vec::new(),
                best_route: None,
                ..decision
            },
            None => decision,
        };
        Ok(Response::new(eq::RecogniseResponse { decision: Some(decision), revision: 7, ..Default::default() }))
    }
}

#[tonic::async_trait]
impl eq::catalogue_service_server::CatalogueService for Equivalence {
    async fn watch_revisions(
        &self,
        _: Request<eq::WatchRevisionsRequest>,
    ) -> Result<Response<BoxStream<eq::WatchRevisionsResponse>>, Status> {
        use futures_util::StreamExt as _;
        let first = eq::WatchRevisionsResponse { revision: 7, ..eq::WatchRevisionsResponse::default() };
        let stream = futures_util::stream::iter([Ok(first)]).chain(futures_util::stream::pending());
        Ok(Response::new(Box::pin(stream)))
    }
}

const RULES: &[Rule] = &[
    Rule::public("/greenlane.equivalence.v1.RecognitionService/Recognise"),
    Rule::public("/greenlane.equivalence.v1.CatalogueService/WatchRevisions"),
];

/// A registry beside that service, which ends with the token.
async fn beside(db: &TestDatabase, bound_seconds: u64) -> (Served, Equivalence, CancellationToken) {
    // A first decision takes its time on a machine that does much else.
    beside_for(db, bound_seconds, 10_000).await
}

/// The same, which waits so long for a decision.
async fn beside_for(
    db: &TestDatabase,
    bound_seconds: u64,
    timeout_ms: u64,
) -> (Served, Equivalence, CancellationToken) {
    let equivalence = Equivalence::default();
    let service = Service::new("equivalence", RULES)
        .grpc(grpc!(eq::recognition_service_server::RecognitionServiceServer::new(equivalence.clone())))
        .grpc(grpc!(eq::catalogue_service_server::CatalogueServiceServer::new(equivalence.clone())));
    let authenticator = Authenticator::new(AuthConfig::default(), Clock::system()).await.unwrap();
    let config = ServerConfig { drain_seconds: 0, ..ServerConfig::loopback() };
    let server = Server::bind(&config, authenticator, [service]).await.unwrap();
    let unbounded = ClientConfig { timeout_ms: 30_000, ..ClientConfig::to("http://equivalence") };
    let client = connect_in_process(&unbounded, server.in_process()).unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(stop.clone()));
    let peers = Peers { equivalence: Some(client), classification: None };
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let bounds = |config: &mut crate::Config| {
        config.recognition_bound_seconds = bound_seconds;
        config.recognition_timeout_ms = timeout_ms;
    };
    let served = serve_with(db, Clock::settable(now()), keys, bounds, peers).await;
    (served, equivalence, stop)
}

async fn ask(served: &Served, name: &str) -> wire::Verdict {
    let request = wire::VerifyRequest { goods: Some(goods()), ..question(Subject::Certificate(name.to_owned())) };
    served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap()
}

/// Asks until the answer comes from memory: the follower has then heard of the revision.
async fn remembered(served: &Served, name: &str) -> wire::Verdict {
    let asked = async {
        loop {
            let verdict = ask(served, name).await;
            if verdict.freshness.as_ref().unwrap().from_snapshot {
                return verdict;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("a decision is remembered")
}

async fn a_decision_is_asked_for_once_and_outlives_the_service_within_the_bound(db: TestDatabase) {
    let (served, equivalence, stop) = beside(&db, 3_600).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    let first = ask(&served, &name).await;
    assert_eq!(first.outcome(), wire::VerdictOutcome::AcceptedOnConditions);
    assert_eq!(codes(first.recognised.as_ref()), ["recognised_on_conditions", "condition"]);
    assert_eq!(first.revisions.unwrap().equivalence, 7);
    remembered(&served, &name).await;
    let asked = equivalence.asked.load(Ordering::SeqCst);
    stop.cancel();
    let again = remembered(&served, &name).await;
    assert_eq!((again.decision_id, again.recognised), (first.decision_id, first.recognised));
    assert_eq!(equivalence.asked.load(Ordering::SeqCst), asked, "from memory");
}

async fn past_the_bound_nothing_is_guessed(db: TestDatabase) {
    let (served, _, stop) = beside(&db, 1).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    assert_eq!(ask(&served, &name).await.outcome(), wire::VerdictOutcome::AcceptedOnConditions);
    stop.cancel();
    let gone = async {
        loop {
            let verdict = ask(&served, &name).await;
            if verdict.outcome() == wire::VerdictOutcome::Undetermined {
                return verdict;
            }
            // Until then it is given from memory, never older than the bound.
            let freshness = verdict.freshness.unwrap();
            let age = Duration::try_from(freshness.equivalence_age.unwrap()).unwrap();
            assert!(age <= Duration::from_secs(1), "{age:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let verdict = tokio::time::timeout(Duration::from_secs(30), gone).await.expect("it turns undetermined");
    assert_eq!(codes(verdict.recognised.as_ref()), ["recognition_unavailable"]);
    assert_eq!(verdict.in_force.unwrap().outcome(), wire::PartOutcome::Yes, "the rest goes on");
}

async fn a_service_that_does_not_answer_is_not_waited_for_longer_than_was_said(db: TestDatabase) {
    let (served, equivalence, _stop) = beside_for(&db, 3_600, 1_000).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    equivalence.stuck.store(true, Ordering::SeqCst);
    // A call that nothing bounds is waited for thirty seconds.
    let verdict = tokio::time::timeout(Duration::from_secs(20), ask(&served, &name)).await.expect("it answers");
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Undetermined);
    assert_eq!(codes(verdict.recognised.as_ref()), ["recognition_unavailable"]);
    assert_eq!(verdict.in_force.unwrap().outcome(), wire::PartOutcome::Yes, "the rest is told");
    assert_eq!(equivalence.asked.load(Ordering::SeqCst), 1);

    equivalence.stuck.store(false, Ordering::SeqCst);
    // Within a second again, which a busy machine does not always leave.
    let again = async { while ask(&served, &name).await.outcome() != wire::VerdictOutcome::AcceptedOnConditions {} };
    tokio::time::timeout(Duration::from_secs(20), again).await.expect("nothing is left over");
}

/// Asks in a batch of two, and in a stream.
async fn ask_together(served: &Served, name: &str) -> Vec<wire::Verdict> {
    let request = || wire::VerifyRequest { goods: Some(goods()), ..question(Subject::Certificate(name.to_owned())) };
    let batch = wire::BatchVerifyRequest { requests: vec![request(), request()], consistency: None };
    let mut results = served.verification().batch_verify(batch).await.unwrap().into_inner().results;
    let items = ["a", "b"].map(|tag| wire::StreamVerifyRequest { tag: tag.to_owned(), request: Some(request()) });
    let stream = served.verification().stream_verify(futures_util::stream::iter(items)).await.unwrap().into_inner();
    let answers: Vec<wire::StreamVerifyResponse> = futures_util::TryStreamExt::try_collect(stream).await.unwrap();
    assert_eq!(answers.iter().map(|answer| answer.tag.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    results.extend(answers.into_iter().map(|answer| answer.result.unwrap()));
    results
        .into_iter()
        .map(|result| match result.result.unwrap() {
            wire::verify_result::Result::Response(response) => response.verdict.unwrap(),
            wire::verify_result::Result::Error(error) => panic!("{error:?}"),
        })
        .collect()
}

async fn a_verdict_that_is_given_again_is_the_one_that_was_judged_until_the_log_moves(db: TestDatabase) {
    let (served, _, _stop) = beside(&db, 3_600).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    let mut judged = remembered(&served, &name).await;
    let mut again = vec![ask(&served, &name).await];
    again.extend(ask_together(&served, &name).await);
    let freshness = judged.freshness.take().unwrap();
    for mut verdict in again {
        let told = verdict.freshness.take().unwrap();
        assert_eq!((told.checkpoint_time, told.from_snapshot), (freshness.checkpoint_time, true));
        assert!(told.equivalence_age.is_some());
        assert_eq!(verdict, judged);
    }

    served.issue("xa-lab", "another").await;
    let moved = ask(&served, &name).await;
    let registry = |verdict: &wire::Verdict| verdict.revisions.unwrap().registry;
    assert_eq!(registry(&moved), registry(&judged) + 1);
    assert_ne!(moved.decision_id, judged.decision_id);

    let withdraw = wire::WithdrawCertificateRequest {
        name: name.clone(),
        request_id: "withdraw".to_owned(),
        reason: wire::CertificateReason::Nonconformity.into(),
        reason_text: "Cells crack.".to_owned(),
        ..Default::default()
    };
    served.certificates("bodies/xa-lab").withdraw_certificate(withdraw).await.unwrap();
    let mut after = vec![ask(&served, &name).await];
    after.extend(ask_together(&served, &name).await);
    for verdict in after {
        assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused);
        assert_eq!(codes(verdict.in_force.as_ref()), ["withdrawn"]);
    }
}

async fn goods_of_another_age_are_another_question_and_an_exemption_is_told_with_the_route(db: TestDatabase) {
    let (served, equivalence, _stop) = beside(&db, 3_600).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    remembered(&served, &name).await;
    let of = async |placed_on: &str, manufactured_on: &str| {
        let stock = greenlane_api::common::v1::GoodsDeclaration {
            placed_on_market_on: placed_on.to_owned(),
            manufactured_on: manufactured_on.to_owned(),
            ..goods()
        };
        let request = wire::VerifyRequest { goods: Some(stock), ..question(Subject::Certificate(name.clone())) };
        served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap()
    };
    let ages = [("", ""), ("2023-05-01", ""), ("2023-05-02", ""), ("", "2023-05-01"), ("2023-05-01", "2023-05-01")];
    let asked = equivalence.asked.load(Ordering::SeqCst);
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..3 {
        for (placed_on, manufactured_on) in ages {
            let verdict = of(placed_on, manufactured_on).await;
            assert_eq!(verdict.recognition_decision_id, format!("sha256:00{placed_on}{manufactured_on}"));
            ids.insert(verdict.decision_id);
        }
    }
    assert_eq!(ids.len(), ages.len());
    assert_eq!(equivalence.asked.load(Ordering::SeqCst) - asked, 4, "each once, then from memory");
    let told = of("2023-05-01", "").await.recognised.unwrap();
    let route = told.findings.iter().find(|finding| finding.code == "route").unwrap();
    assert_eq!(route.parameters["exempt_from"], "editionTransitions/t");
    assert!(
        route.message.contains("placed on the market on 2023-05-01, so standards/x-2014 counts"),
        "{}",
        route.message
    );
}

async fn what_the_market_only_honours_refuses_nobody(db: TestDatabase) {
    let (served, equivalence, _stop) = beside(&db, 3_600).await;
    served.enrol("xa-lab").await;
    for (demand, part, outcome, code) in [
        (eq::Demand::None, wire::PartOutcome::NotApplicable, wire::VerdictOutcome::Accepted, "nothing_demanded"),
        (eq::Demand::Unknown, wire::PartOutcome::Undetermined, wire::VerdictOutcome::Undetermined, "demand_unknown"),
        (eq::Demand::Unspecified, wire::PartOutcome::No, wire::VerdictOutcome::Refused, "not_recognised"),
    ] {
        *equivalence.missed.lock().unwrap() = Some(demand);
        let name = served.issue("xa-lab", code).await.certificate.unwrap().name;
        let verdict = ask(&served, &name).await;
        let recognised = verdict.recognised.clone().unwrap();
        assert_eq!((recognised.outcome(), verdict.outcome()), (part, outcome), "{code}");
        assert_eq!(codes(Some(&recognised)), [code]);
        // From memory it is the same.
        assert_eq!(remembered(&served, &name).await.recognised, Some(recognised));
    }
}
