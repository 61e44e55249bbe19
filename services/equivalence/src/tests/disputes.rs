use chrono::TimeDelta;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::auth::issuer::TokenRequest;
use greenlane_platform::client::Client;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::TestDatabase;
use pb::arrangement_service_client::ArrangementServiceClient;
use pb::change_service_client::ChangeServiceClient;
use pb::dispute_service_client::DisputeServiceClient;
use pb::dispute_subject::Subject;

use super::changes::{publish, review};
use super::harness::{Served, question, serve};
use crate::Migrator;

mod designations;
mod orders;
mod subjects;
mod undone;

greenlane_store::engine_tests!(Migrator:
    a_wrong_challenge_is_refused_with_every_field,
    a_repeated_step_is_taken_once_and_a_stale_one_not_at_all,
    disputes_are_listed_by_who_has_to_answer_them,
    disputes_are_followed_from_any_position_by_who_has_to_answer_and_by_registries,
);

const SHA: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn client(served: &Served, subject: &str, economy: &str) -> DisputeServiceClient<Client> {
    DisputeServiceClient::new(served.channel(subject, economy))
}

fn evidence() -> Vec<pb::DisputeEvidence> {
    vec![pb::DisputeEvidence {
        sha256: SHA.into(),
        uri: "https://example.org/report.pdf".into(),
        text: "An invented test report.".into(),
    }]
}

fn challenge(subject: Subject) -> pb::Dispute {
    pb::Dispute {
        subject: Some(pb::DisputeSubject { subject: Some(subject) }),
        grounds: "Its results cannot be reproduced.".into(),
        evidence: evidence(),
        ..Default::default()
    }
}

fn certificate() -> Subject {
    Subject::Certificate(pb::DisputedCertificate {
        certificate: "GLXA4HP9Z1PPYMB35F".into(),
        body: "bodies/xa-lab".into(),
        body_economy: "XA".into(),
    })
}

fn open(id: &str, dispute: pb::Dispute) -> pb::OpenDisputeRequest {
    pb::OpenDisputeRequest { request_id: id.into(), dispute: Some(dispute), ..Default::default() }
}

/// An invented designation of the starter, and its authority's economy.
async fn designation(served: &Served) -> pb::Designation {
    let request = pb::ListDesignationsRequest { in_force_on: "2026-11-23".into(), ..Default::default() };
    let found = ArrangementServiceClient::new(served.channel("reader", "XB")).list_designations(request).await.unwrap();
    let found = found.into_inner().designations;
    found.into_iter().find(|it| it.source.as_ref().is_some_and(|it| it.example)).unwrap()
}

fn members(economy: &str) -> Vec<pb::DisputePanelMember> {
    ["one", "two", "three"]
        .map(|subject| pb::DisputePanelMember {
            subject: subject.into(),
            display_name: subject.into(),
            economy: economy.into(),
            body: String::new(),
            expertise: vec!["IEC 61215".into()],
        })
        .into()
}

fn appoint(name: &str, members: Vec<pb::DisputePanelMember>) -> pb::AppointDisputePanelRequest {
    pb::AppointDisputePanelRequest { request_id: "panel".into(), name: name.into(), members, ..Default::default() }
}

async fn vote(served: &Served, member: &str, name: &str, matter: pb::DisputeMatter, uphold: bool) -> pb::Dispute {
    let request = pb::DecideDisputeRequest {
        // Each dispute and matter has one of its own.
        request_id: format!("{matter:?}.{}", name.replace('/', ".")).chars().take(64).collect(),
        name: name.into(),
        matter: matter.into(),
        uphold,
        finding: "As shown.".into(),
        declares_no_interest: true,
        ..Default::default()
    };
    client(served, member, "NZ").decide_dispute(request).await.unwrap().into_inner().dispute.unwrap()
}

fn apply(name: &str, matter: pb::DisputeMatter, changes: Vec<pb::Change>) -> pb::ApplyDisputeRequest {
    pb::ApplyDisputeRequest {
        request_id: format!("apply-{matter:?}"),
        name: name.into(),
        matter: matter.into(),
        changes,
        ..Default::default()
    }
}

/// Notifies a change set, as an administrator of no economy.
async fn notify_set(served: &Served, name: &str) {
    let request =
        pb::NotifyChangeSetRequest { request_id: name.replace('/', "."), name: name.into(), ..Default::default() };
    let admin = served.channel_with(TokenRequest::new("notifier", ["admin"]));
    ChangeServiceClient::new(admin).notify_change_set(request).await.unwrap();
}

/// Reviews and publishes a change set, as administrators of no economy.
async fn publish_set(served: &Served, name: &str) -> u64 {
    let admin = |subject: &str| ChangeServiceClient::new(served.channel_with(TokenRequest::new(subject, ["admin"])));
    let id = name.replace('/', ".");
    let request = pb::ReviewChangeSetRequest { request_id: id.clone(), ..review(name) };
    admin("reviewer").review_change_set(request).await.unwrap();
    let request = pb::PublishChangeSetRequest { request_id: id, ..publish(name) };
    admin("publisher").publish_change_set(request).await.unwrap().into_inner().revision
}

fn reason<T>(result: Result<T, tonic::Status>) -> Option<ErrorReason> {
    result.err().as_ref().and_then(Fault::reason_of)
}

async fn get(served: &Served, name: &str) -> pb::Dispute {
    let request = pb::GetDisputeRequest { name: name.into() };
    client(served, "reader", "XC").get_dispute(request).await.unwrap().into_inner().dispute.unwrap()
}

async fn a_wrong_challenge_is_refused_with_every_field(db: TestDatabase) {
    let served = serve(&db).await;
    let wrong = pb::Dispute {
        evidence: vec![pb::DisputeEvidence { sha256: "x".into(), uri: "ftp://x".into(), text: String::new() }],
        grounds: String::new(),
        ..challenge(Subject::Designation("bodies/x".into()))
    };
    let refused = client(&served, "c", "XF").open_dispute(open("", wrong)).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|it| it.field).collect();
    let expected = [
        "request_id",
        "dispute.subject.designation",
        "dispute.grounds",
        "dispute.evidence[0].sha256",
        "dispute.evidence[0].uri",
        "dispute.evidence[0].text",
    ];
    assert_eq!(fields, expected);
    let unknown = open("1", challenge(Subject::Designation("designations/nowhere".into())));
    let unknown = client(&served, "c", "XF").open_dispute(unknown).await.unwrap_err();
    assert_eq!(Fault::violations_of(&unknown)[0].field, "dispute.subject");
    let nobody = DisputeServiceClient::new(served.channel_with(TokenRequest::new("admin", ["admin"])))
        .open_dispute(open("1", challenge(Subject::Designation(designation(&served).await.name))))
        .await;
    assert_eq!(reason(nobody), Some(ErrorReason::NotYours));
}

async fn a_repeated_step_is_taken_once_and_a_stale_one_not_at_all(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let mut challenger = client(&served, "challenger", "XF");
    let request = open("1", challenge(Subject::Designation(challenged.name.clone())));
    let only = pb::OpenDisputeRequest { validate_only: true, ..request.clone() };
    let checked = challenger.open_dispute(only).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!(checked.name, "", "nothing is called so");
    let first = challenger.open_dispute(request.clone()).await.unwrap().into_inner().dispute.unwrap();
    let again = challenger.open_dispute(request.clone()).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!(first, again);
    let all = challenger.list_disputes(pb::ListDisputesRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.disputes.len(), 1);
    let mut other = request;
    other.dispute.as_mut().unwrap().grounds = "Other grounds.".into();
    assert_eq!(reason(challenger.open_dispute(other).await), Some(ErrorReason::RequestIdReused));
    let withdraw = |etag: &str| pb::WithdrawDisputeRequest {
        request_id: format!("w{etag}"),
        name: first.name.clone(),
        etag: etag.into(),
        ..Default::default()
    };
    assert_eq!(reason(challenger.withdraw_dispute(withdraw("v9")).await), Some(ErrorReason::EtagMismatch));
    let ended = challenger.withdraw_dispute(withdraw(&first.etag)).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!(ended.state(), pb::DisputeState::Withdrawn);
    let after = client(&served, "chair", "NZ").appoint_dispute_panel(appoint(&first.name, members("NZ"))).await;
    assert_eq!(reason(after), Some(ErrorReason::StateConflict));
}

/// Messages of a watch up to its first bookmark: positions with the dispute's name and state.
async fn told(
    served: &Served,
    request: pb::WatchDisputesRequest,
) -> (Vec<(u64, String, pb::DisputeState)>, pb::WatchDisputesResponse) {
    let mut stream = client(served, "watcher", "XF").watch_disputes(request).await.unwrap().into_inner();
    let mut told = Vec::new();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        match &message.dispute {
            Some(dispute) => {
                assert!(!message.bookmark && dispute.events.is_empty() && dispute.evidence.is_empty());
                told.push((message.position, dispute.name.clone(), dispute.state()));
            }
            None => return (told, message),
        }
    }
}

async fn disputes_are_followed_from_any_position_by_who_has_to_answer_and_by_registries(db: TestDatabase) {
    let served = serve(&db).await;
    let mut challenger = client(&served, "challenger", "XF");
    let about = Subject::Designation(designation(&served).await.name);
    let first = challenger.open_dispute(open("1", challenge(about))).await.unwrap().into_inner().dispute.unwrap().name;
    let certificate = Subject::Certificate(pb::DisputedCertificate {
        certificate: "certificates/GLXA4HP9Z1PPYMB35F".into(),
        body: "bodies/xa-lab".into(),
        body_economy: "XA".into(),
    });
    let second =
        challenger.open_dispute(open("2", challenge(certificate))).await.unwrap().into_inner().dispute.unwrap().name;
    let (all, end) = told(&served, pb::WatchDisputesRequest::default()).await;
    let awaiting = pb::DisputeState::AwaitingAnswer;
    assert_eq!(all, [(1, first.clone(), awaiting), (2, second.clone(), awaiting)]);
    assert_eq!((end.position, end.bookmark), (2, true));
    let of = |respondent: &str, certificates_only| pb::WatchDisputesRequest {
        respondent: respondent.into(),
        certificates_only,
        ..Default::default()
    };
    assert_eq!(told(&served, of("bodies/xa-lab", false)).await.0, [(2, second.clone(), awaiting)]);
    assert_eq!(told(&served, of("", true)).await.0, [(2, second.clone(), awaiting)]);
    // What is passed over is not looked at again.
    assert_eq!(told(&served, of("bodies/nobody", false)).await, (Vec::new(), end));

    // A step moves a dispute behind the others, and a stream that is open tells of it.
    let request = pb::WatchDisputesRequest { after_position: 2, ..Default::default() };
    let mut stream = client(&served, "watcher", "XF").watch_disputes(request).await.unwrap().into_inner();
    let withdraw = pb::WithdrawDisputeRequest { request_id: "w".into(), name: first.clone(), ..Default::default() };
    challenger.withdraw_dispute(withdraw).await.unwrap();
    let moved = loop {
        let message = stream.message().await.unwrap().unwrap();
        if let Some(dispute) = &message.dispute {
            break (message.position, dispute.name.clone(), dispute.state());
        }
    };
    assert_eq!(moved, (3, first.clone(), pb::DisputeState::Withdrawn));
    let (all, _) = told(&served, pb::WatchDisputesRequest::default()).await;
    assert_eq!(all, [(2, second, awaiting), (3, first, pb::DisputeState::Withdrawn)]);
    let refused = client(&served, "w", "XF").watch_disputes(of("Bodies", false)).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "respondent");
    // Whoever has heard more than there is here is not left waiting.
    let beyond = pb::WatchDisputesRequest { after_position: 4, ..Default::default() };
    let lost = client(&served, "w", "XF").watch_disputes(beyond).await;
    assert_eq!(reason(lost.map(|_| ())), Some(ErrorReason::RevisionNotReached));
}

async fn disputes_are_listed_by_who_has_to_answer_them(db: TestDatabase) {
    let served = serve(&db).await;
    let mut challenger = client(&served, "challenger", "XF");
    let about = Subject::Designation(designation(&served).await.name);
    let first = challenger.open_dispute(open("1", challenge(about))).await.unwrap().into_inner().dispute.unwrap();
    let second =
        challenger.open_dispute(open("2", challenge(certificate()))).await.unwrap().into_inner().dispute.unwrap();
    let mut listed = async |request: pb::ListDisputesRequest| {
        let found = challenger.list_disputes(request).await.unwrap().into_inner().disputes;
        found.into_iter().map(|it| it.name).collect::<Vec<_>>()
    };
    let of = |respondent: &str| pb::ListDisputesRequest { respondent: respondent.into(), ..Default::default() };
    for respondent in &first.respondents {
        assert!(listed(of(respondent)).await.contains(&first.name), "{respondent}");
    }
    assert_eq!(listed(of("bodies/xa-lab")).await, [second.name.as_str()]);
    assert!(listed(of("bodies/nobody")).await.is_empty());
    // A certificate by its name, whichever way it was challenged.
    for subject in ["GLXA4HP9Z1PPYMB35F", "certificates/GLXA4HP9Z1PPYMB35F"] {
        let request = pb::ListDisputesRequest { subject: subject.into(), ..of("XA") };
        assert_eq!(listed(request).await, [second.name.as_str()]);
    }
    let refused = client(&served, "w", "XF").list_disputes(of("Bodies")).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "respondent");
}
