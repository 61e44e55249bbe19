//! Disputes about certificates, heard from an equivalence service.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenlane_api::equivalence::v1 as eq;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::{AuthConfig, Authenticator, Rule};
use greenlane_platform::client::{ClientConfig, connect_in_process};
use greenlane_platform::clock::Clock;
use greenlane_platform::grpc;
use greenlane_platform::server::{Server, ServerConfig, Service};
use greenlane_store::testing::TestDatabase;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::harness::{Served, codes, now, serve_with};
use crate::{Migrator, Peers};

greenlane_store::engine_tests!(Migrator:
    a_verdict_tells_of_a_dispute_until_it_is_closed_and_at_each_revision_what_was_known,
    a_dispute_about_no_certificate_of_this_registry_or_of_another_body_is_passed_over,
);

/// Tells the disputes that it holds, by position, as they are.
#[derive(Clone, Default)]
struct Disputes(Arc<Mutex<Vec<eq::Dispute>>>);

#[tonic::async_trait]
impl eq::dispute_service_server::DisputeService for Disputes {
    async fn watch_disputes(
        &self,
        request: Request<eq::WatchDisputesRequest>,
    ) -> Result<Response<BoxStream<eq::WatchDisputesResponse>>, Status> {
        let request = request.into_inner();
        assert!(request.certificates_only);
        let all = Arc::clone(&self.0);
        let stream = futures_util::stream::unfold(request.after_position, move |position| {
            let all = Arc::clone(&all);
            async move {
                let dispute = loop {
                    let found = all.lock().unwrap().get(position as usize).cloned();
                    match found {
                        Some(dispute) => break dispute,
                        None => tokio::time::sleep(Duration::from_millis(10)).await,
                    }
                };
                let position = position + 1;
                let message = eq::WatchDisputesResponse { dispute: Some(dispute), position, bookmark: false };
                Some((Ok(message), position))
            }
        });
        Ok(Response::new(Box::pin(stream)))
    }
}

const RULES: &[Rule] = &[Rule::public("/greenlane.equivalence.v1.DisputeService/WatchDisputes")];

async fn beside(db: &TestDatabase, disputes: &Disputes) -> Served {
    let service = Service::new("equivalence", RULES)
        .grpc(grpc!(eq::dispute_service_server::DisputeServiceServer::new(disputes.clone())));
    let authenticator = Authenticator::new(AuthConfig::default(), Clock::system()).await.unwrap();
    let config = ServerConfig { drain_seconds: 0, ..ServerConfig::loopback() };
    let server = Server::bind(&config, authenticator, [service]).await.unwrap();
    let client = connect_in_process(&ClientConfig::to("http://equivalence"), server.in_process()).unwrap();
    tokio::spawn(server.serve(CancellationToken::new()));
    let peers = Peers { equivalence: Some(client), classification: None };
    serve_with(db, Clock::settable(now()), Arc::new(tempfile::tempdir().unwrap()), |_| {}, peers).await
}

fn dispute(name: &str, certificate: &str, body: &str, state: eq::DisputeState) -> eq::Dispute {
    let certificate = eq::DisputedCertificate {
        certificate: certificate.to_owned(),
        body: body.to_owned(),
        body_economy: "XA".to_owned(),
    };
    eq::Dispute {
        name: format!("disputes/{name}"),
        subject: Some(eq::DisputeSubject { subject: Some(eq::dispute_subject::Subject::Certificate(certificate)) }),
        state: state.into(),
        opened_at: Some("2026-05-30T09:00:00Z".parse().unwrap()),
        ..eq::Dispute::default()
    }
}

/// Waits until the verdict on what is in force has these codes.
async fn until(served: &Served, certificate: &str, expected: &[&str]) -> wire::Verdict {
    let asked = async {
        loop {
            let verdict = served.verdict(certificate).await;
            if codes(verdict.in_force.as_ref()) == expected {
                return verdict;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("the dispute is heard")
}

async fn a_verdict_tells_of_a_dispute_until_it_is_closed_and_at_each_revision_what_was_known(db: TestDatabase) {
    let disputes = Disputes::default();
    let served = beside(&db, &disputes).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    let before = until(&served, &name, &["active"]).await;
    let say = |state, upheld: Option<bool>| {
        let outcome = upheld.map(|upheld| eq::DisputeRuling { upheld, ..eq::DisputeRuling::default() });
        let said = eq::Dispute { outcome, ..dispute("a", &name, "bodies/xa-lab", state) };
        disputes.0.lock().unwrap().push(said);
    };

    say(eq::DisputeState::AwaitingAnswer, None);
    let open = until(&served, &name, &["active", "contested"]).await;
    assert_eq!(open.outcome(), wire::VerdictOutcome::Accepted, "until its body says otherwise");
    let told = &open.in_force.as_ref().unwrap().findings[1].parameters;
    assert_eq!((told["dispute"].as_str(), told["since"].as_str()), ("disputes/a", "2026-05-30"));
    assert_ne!(open.decision_id, before.decision_id);

    // Steps on the way change nothing, and make no entry.
    say(eq::DisputeState::WithPanel, None);
    say(eq::DisputeState::Decided, Some(true));
    let upheld = until(&served, &name, &["active", "contestation_upheld"]).await;
    let registry = |verdict: &wire::Verdict| verdict.revisions.unwrap().registry;
    assert_eq!([registry(&open), registry(&upheld)], [registry(&before) + 1, registry(&before) + 2]);

    say(eq::DisputeState::Closed, Some(true));
    until(&served, &name, &["active"]).await;
    // Every verdict can be had again as it was.
    for verdict in [before, open, upheld] {
        let request = wire::VerifyRequest {
            replay: verdict.revisions,
            ..super::harness::question(wire::verify_request::Subject::Certificate(name.clone()))
        };
        let again = served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap();
        assert_eq!((again.in_force, again.decision_id), (verdict.in_force, verdict.decision_id));
    }
    // What is in the log is what the auditor reads.
    let entries = wire::ListEntriesRequest { page_size: 100, ..wire::ListEntriesRequest::default() };
    let entries = served.log().list_entries(entries).await.unwrap().into_inner().entries;
    let leaves: Vec<String> = entries.iter().map(|it| String::from_utf8_lossy(&it.leaf).into_owned()).collect();
    let contested: Vec<&String> = leaves.iter().filter(|leaf| leaf.contains("\"certificate.contest\"")).collect();
    assert_eq!(contested.len(), 3, "{leaves:?}");
    assert!(contested[0].contains("\"opened\"") && contested[2].contains("\"closed\""), "{contested:?}");
}

async fn a_dispute_about_no_certificate_of_this_registry_or_of_another_body_is_passed_over(db: TestDatabase) {
    let disputes = Disputes::default();
    let served = beside(&db, &disputes).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    let other = served.issue("xa-lab", "two").await.certificate.unwrap().name;
    let open = eq::DisputeState::AwaitingAnswer;
    disputes.0.lock().unwrap().extend([
        dispute("a", "certificates/GLXA4HP9Z1PPYMB35F", "bodies/xa-lab", open),
        dispute("b", "no number", "bodies/xa-lab", open),
        dispute("c", &name, "bodies/xa-other", open),
        eq::Dispute { subject: None, ..dispute("d", &name, "bodies/xa-lab", open) },
        // Over before it was heard of.
        dispute("e", &name, "bodies/xa-lab", eq::DisputeState::Withdrawn),
        dispute("f", &other, "bodies/xa-lab", open),
    ]);
    until(&served, &other, &["active", "contested"]).await;
    assert_eq!(codes(served.verdict(&name).await.in_force.as_ref()), ["active"]);
}
