//! Disputes about certificates, heard from an equivalence service.

use std::sync::atomic::{AtomicU64, Ordering};
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
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::harness::{Served, any_port, codes, now, question, serve_with};
use super::status::says;
use crate::{Config, Migrator, Peers};

greenlane_store::engine_tests!(Migrator:
    a_verdict_tells_of_a_dispute_until_it_is_closed_and_at_each_revision_what_was_known,
    a_dispute_about_no_certificate_of_this_registry_or_of_another_body_is_passed_over,
    a_certificate_does_not_count_on_the_days_that_a_panel_has_ordered_so,
    a_certificate_and_its_watch_show_its_disputes_open_and_over,
    what_a_service_lost_that_was_restored_from_an_older_backup_stays_on_record_whatever_it_tells_since,
);

/// Tells the disputes that it holds, by position, as they are. Streams end when it was restored from a backup.
#[derive(Clone, Default)]
pub(super) struct Disputes {
    all: Arc<Mutex<Vec<eq::Dispute>>>,
    restored: Arc<AtomicU64>,
}

impl Disputes {
    pub(super) fn say(&self, dispute: eq::Dispute) {
        self.all.lock().unwrap().push(dispute);
    }

    fn restore(&self, backup: Vec<eq::Dispute>) {
        *self.all.lock().unwrap() = backup;
        self.restored.fetch_add(1, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl eq::dispute_service_server::DisputeService for Disputes {
    async fn watch_disputes(
        &self,
        request: Request<eq::WatchDisputesRequest>,
    ) -> Result<Response<BoxStream<eq::WatchDisputesResponse>>, Status> {
        let request = request.into_inner();
        assert!(request.certificates_only);
        let (this, began) = (self.clone(), self.restored.load(Ordering::SeqCst));
        // Whether a bookmark is due, since everything was told.
        let stream = futures_util::stream::unfold((request.after_position, true), move |(position, due)| {
            let this = this.clone();
            async move {
                loop {
                    if this.restored.load(Ordering::SeqCst) != began {
                        return None;
                    }
                    let dispute = this.all.lock().unwrap().get(position as usize).cloned();
                    if dispute.is_some() {
                        let position = position + 1;
                        let message = eq::WatchDisputesResponse { dispute, position, bookmark: false };
                        return Some((Ok(message), (position, true)));
                    }
                    if due {
                        let message = eq::WatchDisputesResponse { dispute: None, position, bookmark: true };
                        return Some((Ok(message), (position, false)));
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        });
        Ok(Response::new(Box::pin(stream)))
    }
}

const RULES: &[Rule] = &[Rule::public("/greenlane.equivalence.v1.DisputeService/WatchDisputes")];

pub(super) async fn beside(db: &TestDatabase, disputes: &Disputes) -> Served {
    beside_with(db, disputes, Arc::new(tempfile::tempdir().unwrap()), |_| {}).await
}

async fn beside_with(
    db: &TestDatabase,
    disputes: &Disputes,
    keys: Arc<TempDir>,
    change: impl FnOnce(&mut Config),
) -> Served {
    let service = Service::new("equivalence", RULES)
        .grpc(grpc!(eq::dispute_service_server::DisputeServiceServer::new(disputes.clone())));
    let authenticator = Authenticator::new(AuthConfig::default(), Clock::system()).await.unwrap();
    let config = ServerConfig { drain_seconds: 0, ..ServerConfig::loopback() };
    let server = Server::bind(&config, authenticator, [service]).await.unwrap();
    let client = connect_in_process(&ClientConfig::to("http://equivalence"), server.in_process()).unwrap();
    tokio::spawn(server.serve(CancellationToken::new()));
    let peers = Peers { equivalence: Some(client), classification: None };
    serve_with(db, Clock::settable(now()), keys, change, peers).await
}

pub(super) fn dispute(name: &str, certificate: &str, body: &str, state: eq::DisputeState) -> eq::Dispute {
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
pub(super) async fn until(served: &Served, certificate: &str, expected: &[&str]) -> wire::Verdict {
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

/// Waits until the verdict tells of these disputes as open, in this order.
async fn until_told(served: &Served, certificate: &str, expected: &[&str]) {
    let asked = async {
        loop {
            let findings = served.verdict(certificate).await.in_force.unwrap().findings;
            let told = findings.iter().filter(|it| it.code == "contested").map(|it| it.parameters["dispute"].as_str());
            if told.eq(expected.iter().copied()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("the disputes are heard");
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
        disputes.say(said);
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
            ..question(wire::verify_request::Subject::Certificate(name.clone()))
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
    disputes.all.lock().unwrap().extend([
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

async fn a_certificate_does_not_count_on_the_days_that_a_panel_has_ordered_so(db: TestDatabase) {
    let disputes = Disputes::default();
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let served = beside_with(&db, &disputes, keys, any_port).await;
    let port = served.port();
    served.enrol("xa-lab").await;
    let certificate = served.issue("xa-lab", "one").await.certificate.unwrap();
    let name = certificate.name.clone();
    let before = until(&served, &name, &["active"]).await;
    assert_eq!(says(&served, port, &certificate.document, None).await, (false, false));
    let ordered = |state, until: &str| eq::Dispute {
        interim_effect_from: "2026-06-01".to_owned(),
        interim_effect_until: until.to_owned(),
        ..dispute("a", &name, "bodies/xa-lab", state)
    };

    disputes.say(ordered(eq::DisputeState::WithPanel, ""));
    let verdict = until(&served, &name, &["without_effect", "active", "contested"]).await;
    assert_eq!((verdict.outcome(), verdict.state()), (wire::VerdictOutcome::Refused, wire::CertificateState::Active));
    assert_eq!(verdict.in_force.as_ref().unwrap().outcome(), wire::PartOutcome::No);
    let told = &verdict.in_force.as_ref().unwrap().findings[0].parameters;
    assert_eq!((told["dispute"].as_str(), told["from"].as_str()), ("disputes/a", "2026-06-01"));
    assert_eq!(says(&served, port, &certificate.document, None).await, (true, false), "whoever reads lists alone");
    let page = super::status::get(port, &format!("/{name}"), "").await;
    assert!(page.body.contains("Without effect for now"), "{}", page.body);

    // It acts on while the body has not, and ends with the dispute; the days under it stay as they are.
    served.clock.advance(chrono::TimeDelta::days(3));
    disputes.say(eq::Dispute {
        outcome: Some(eq::DisputeRuling { upheld: true, ..Default::default() }),
        ..ordered(eq::DisputeState::Decided, "")
    });
    until(&served, &name, &["without_effect", "active", "contestation_upheld"]).await;
    disputes.say(ordered(eq::DisputeState::Closed, "2026-06-04"));
    let after = until(&served, &name, &["active"]).await;
    assert_eq!(after.outcome(), wire::VerdictOutcome::Accepted);
    assert_eq!(says(&served, port, &certificate.document, None).await, (false, false));
    let on = async |date: &str| {
        let goods = greenlane_api::common::v1::GoodsDeclaration { date: date.to_owned(), ..super::harness::goods() };
        let request = wire::VerifyRequest {
            goods: Some(goods),
            ..question(wire::verify_request::Subject::Certificate(name.clone()))
        };
        let verdict = served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap();
        codes(verdict.in_force.as_ref()).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(on("2026-06-03").await, ["without_effect", "active"]);
    assert_eq!(on("2026-06-04").await, ["active"]);
    let replayed = wire::VerifyRequest {
        replay: before.revisions,
        ..question(wire::verify_request::Subject::Certificate(name.clone()))
    };
    let again = served.verification().verify(replayed).await.unwrap().into_inner().verdict.unwrap();
    assert_eq!(again.outcome(), wire::VerdictOutcome::Accepted, "what was told before the order was known");
}

async fn a_certificate_and_its_watch_show_its_disputes_open_and_over(db: TestDatabase) {
    use wire::watch_certificates_response::Change;
    let disputes = Disputes::default();
    let served = beside(&db, &disputes).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    let other = served.issue("xa-lab", "two").await.certificate.unwrap().name;
    disputes.say(dispute("a", &name, "bodies/xa-lab", eq::DisputeState::AwaitingAnswer));
    disputes.say(dispute("b", &other, "bodies/xa-lab", eq::DisputeState::AwaitingAnswer));
    until(&served, &other, &["active", "contested"]).await;
    disputes.say(eq::Dispute {
        interim_effect_from: "2026-06-01".to_owned(),
        ..dispute("a", &name, "bodies/xa-lab", eq::DisputeState::WithPanel)
    });
    until(&served, &name, &["without_effect", "active", "contested"]).await;
    let mut customs = served.certificates("bodies/xa-lab");
    let get = wire::GetCertificateRequest { name: name.clone(), ..Default::default() };
    let shown = customs.get_certificate(get.clone()).await.unwrap().into_inner().certificate.unwrap();
    let told = &shown.contestations[..];
    assert_eq!((told.len(), told[0].dispute.as_str(), told[0].since.as_str()), (1, "disputes/a", "2026-05-30"));
    assert_eq!((told[0].state(), told[0].without_effect_from.as_str()), (wire::ContestationState::Open, "2026-06-01"));
    assert_eq!(shown.state(), wire::CertificateState::Active);
    assert_eq!(shown.status_purposes().collect::<Vec<_>>(), [wire::StatusPurpose::Suspension]);
    disputes.say(eq::Dispute {
        interim_effect_from: "2026-06-01".to_owned(),
        interim_effect_until: "2026-06-01".to_owned(),
        ..dispute("a", &name, "bodies/xa-lab", eq::DisputeState::Withdrawn)
    });
    until(&served, &name, &["active"]).await;
    let shown = customs.get_certificate(get).await.unwrap().into_inner();
    let told = &shown.certificate.as_ref().unwrap().contestations[0];
    assert_eq!((told.state(), told.without_effect_until.as_str()), (wire::ContestationState::Withdrawn, "2026-06-01"));
    let listed = customs.list_certificates(wire::ListCertificatesRequest::default()).await.unwrap().into_inner();
    let numbers: Vec<_> = listed.certificates.iter().map(|it| it.contestations.len()).collect();
    assert_eq!(numbers, [1, 1]);
    let earlier = wire::GetCertificateRequest {
        name: name.clone(),
        consistency: Some(greenlane_api::common::v1::ReadConsistency {
            requirement: Some(greenlane_api::common::v1::read_consistency::Requirement::ExactlyRevision(4)),
        }),
        ..Default::default()
    };
    let earlier = customs.get_certificate(earlier).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!(earlier.contestations, [], "at a revision what was known then");

    let all = greenlane_api::common::v1::WatchStart {
        position: Some(greenlane_api::common::v1::watch_start::Position::Earliest(true)),
    };
    let request =
        wire::WatchCertificatesRequest { start: Some(all), certificates: vec![name.clone()], ..Default::default() };
    let mut stream = customs.watch_certificates(request).await.unwrap().into_inner();
    let mut seen = Vec::new();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        match message.change {
            Some(Change::Event(event)) => seen.push((message.revision, event.kind().as_str_name().to_owned())),
            Some(Change::Contestation(news)) => {
                assert_eq!((news.revision, news.certificate.as_str()), (message.revision, name.as_str()));
                seen.push((message.revision, news.state().as_str_name().to_owned()));
            }
            Some(Change::Certificate(_)) => panic!("no snapshot was asked for"),
            None => break,
        }
    }
    let kinds: Vec<&str> = seen.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "CERTIFICATE_EVENT_KIND_GRANT",
            "CONTESTATION_STATE_OPEN",
            "CONTESTATION_STATE_OPEN",
            "CONTESTATION_STATE_WITHDRAWN",
        ]
    );
    assert!(seen.is_sorted_by_key(|(revision, _)| *revision), "{seen:?}");
}

async fn what_a_service_lost_that_was_restored_from_an_older_backup_stays_on_record_whatever_it_tells_since(
    db: TestDatabase,
) {
    let disputes = Disputes::default();
    let served = beside(&db, &disputes).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    let open = dispute("a", &name, "bodies/xa-lab", eq::DisputeState::AwaitingAnswer);
    disputes.say(open.clone());
    disputes.say(eq::Dispute { state: eq::DisputeState::Closed.into(), ..open.clone() });
    disputes.say(dispute("b", &name, "bodies/xa-lab", eq::DisputeState::AwaitingAnswer));
    until_told(&served, &name, &["disputes/b"]).await;

    // What was closed is open again there, and the other was never opened.
    disputes.restore(vec![open.clone()]);
    // What is on record is not forgotten for want of a word.
    until_told(&served, &name, &["disputes/b", "disputes/a"]).await;
    disputes.say(eq::Dispute { state: eq::DisputeState::Closed.into(), ..open });
    until_told(&served, &name, &["disputes/b"]).await;
    let keys = Arc::clone(&served.keys);
    served.end().await;

    // Restored once more while the registry was away, and gone on past where it had been.
    let other = |state: eq::DisputeState| dispute("c", &name, "bodies/xa-lab", state);
    let passed =
        [eq::DisputeState::AwaitingAnswer, eq::DisputeState::OpenToObjections, eq::DisputeState::AwaitingPanel];
    disputes.restore(passed.into_iter().chain([eq::DisputeState::WithPanel]).map(other).collect());
    let served = beside_with(&db, &disputes, keys, |_| {}).await;
    until_told(&served, &name, &["disputes/b", "disputes/c"]).await;
    drop(served);
}
