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

greenlane_store::engine_tests!(Migrator:
    a_challenge_of_a_designation_goes_from_evidence_to_a_published_revision,
    an_interim_effect_stands_until_the_challenge_is_dismissed,
    an_interim_effect_acts_until_an_outcome_that_tightens_can_be_published,
    a_party_is_not_on_the_panel_and_others_do_not_take_a_partys_steps,
    a_decision_is_challenged_by_its_identifier_and_only_by_the_right_one,
    a_wrong_challenge_is_refused_with_every_field,
    a_repeated_step_is_taken_once_and_a_stale_one_not_at_all,
    a_body_and_a_certificate_are_challenged_and_a_challenge_is_withdrawn,
    a_panels_order_acts_on_a_certificate_by_itself_until_the_dispute_ends,
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
        request_id: format!("vote-{matter:?}"),
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

async fn a_challenge_of_a_designation_goes_from_evidence_to_a_published_revision(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let mut challenger = client(&served, "challenger", "XF");
    let request = open("1", challenge(Subject::Designation(challenged.name.clone())));
    let opened = challenger.open_dispute(request).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!((opened.state(), opened.challenger.as_str()), (pb::DisputeState::AwaitingAnswer, "XF"));
    assert_eq!((opened.answer_by.as_str(), opened.object_by.as_str()), ("2026-12-23", "2027-01-22"));
    assert!(opened.respondents.contains(&challenged.authority), "{:?}", opened.respondents);
    let name = opened.name.clone();
    let economy = opened.respondents.iter().find(|it| !it.contains('/')).unwrap().clone();

    let answer = pb::AnswerDisputeRequest {
        request_id: "answer".into(),
        name: name.clone(),
        text: "They can.".into(),
        evidence: evidence(),
        ..Default::default()
    };
    let mut respondent = client(&served, "respondent", &economy);
    let answered = respondent.answer_dispute(answer).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!(answered.state(), pb::DisputeState::OpenToObjections);
    let object = pb::ObjectToDisputeRequest {
        request_id: "object".into(),
        name: name.clone(),
        text: "We saw the same.".into(),
        ..Default::default()
    };
    client(&served, "bystander", "AU").object_to_dispute(object.clone()).await.unwrap();
    let party = respondent.object_to_dispute(object.clone()).await;
    assert_eq!(reason(party), Some(ErrorReason::FourEyes));
    client(&served, "chair", "NZ").appoint_dispute_panel(appoint(&name, members("NZ"))).await.unwrap();

    served.clock.advance(TimeDelta::days(61));
    let late = client(&served, "late", "AU").object_to_dispute(object).await;
    assert_eq!(reason(late), Some(ErrorReason::StateConflict));
    assert_eq!(get(&served, &name).await.state(), pb::DisputeState::WithPanel);
    vote(&served, "one", &name, pb::DisputeMatter::Outcome, true).await;
    let decided = vote(&served, "two", &name, pb::DisputeMatter::Outcome, true).await;
    assert_eq!(decided.state(), pb::DisputeState::Decided);
    let outcome = decided.outcome.unwrap();
    assert!(outcome.upheld);
    assert_eq!((outcome.votes_for, outcome.votes_against), (2, 0));

    let ended = pb::Designation {
        ending: Some(pb::Ending { on: served.clock.today().to_string(), ..Default::default() }),
        ..challenged.clone()
    };
    let changes = vec![super::changes::upsert(pb::catalogue_entry::Entry::Designation(ended))];
    let without_vote =
        client(&served, "three", "NZ").apply_dispute(apply(&name, pb::DisputeMatter::Outcome, changes.clone())).await;
    assert_eq!(reason(without_vote), Some(ErrorReason::NotYours));
    let applied = client(&served, "two", "NZ").apply_dispute(apply(&name, pb::DisputeMatter::Outcome, changes)).await;
    let set = applied.unwrap().into_inner().change_set;
    let open_set = pb::CloseDisputeRequest {
        request_id: "early".into(),
        name: name.clone(),
        text: "Done.".into(),
        ..Default::default()
    };
    let early = client(&served, "chair", "NZ").close_dispute(open_set.clone()).await;
    assert_eq!(reason(early), Some(ErrorReason::StateConflict));
    // Four eyes: the member who drew it up does not review it.
    let own = ChangeServiceClient::new(served.channel_with(TokenRequest::new("two", ["admin"])))
        .review_change_set(review(&set))
        .await;
    assert_eq!(reason(own), Some(ErrorReason::FourEyes));
    // It tightens, and is open for comments as any change that does: for sixty days.
    let hasty = ChangeServiceClient::new(served.channel_with(TokenRequest::new("reviewer", ["admin"])))
        .review_change_set(review(&set))
        .await;
    assert_eq!(reason(hasty), Some(ErrorReason::StateConflict));
    notify_set(&served, &set).await;
    served.clock.advance(TimeDelta::days(61));
    let revision = publish_set(&served, &set).await;
    assert_eq!(revision, 2);
    let request = pb::GetDesignationRequest { name: challenged.name, ..Default::default() };
    let now = ArrangementServiceClient::new(served.channel("reader", "XB")).get_designation(request).await.unwrap();
    assert!(now.into_inner().designation.unwrap().ending.is_some());
    let closed = client(&served, "chair", "NZ").close_dispute(open_set).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!(closed.state(), pb::DisputeState::Closed);
    let steps: Vec<_> = closed.events.iter().map(|it| it.step.as_str()).collect();
    assert_eq!(
        steps,
        ["opened", "answered", "objected", "panel_appointed", "voted", "voted", "decided", "applied", "closed"]
    );
    let list = pb::ListDisputesRequest { open_only: true, ..Default::default() };
    assert_eq!(challenger.list_disputes(list.clone()).await.unwrap().into_inner().disputes, []);
    let all = pb::ListDisputesRequest { open_only: false, ..list };
    assert_eq!(challenger.list_disputes(all).await.unwrap().into_inner().disputes.len(), 1);
}

async fn designation_now(served: &Served, name: &str) -> pb::Designation {
    let request = pb::GetDesignationRequest { name: name.into(), ..Default::default() };
    let found = ArrangementServiceClient::new(served.channel("reader", "XB")).get_designation(request).await;
    found.unwrap().into_inner().designation.unwrap()
}

/// A dispute on the fast track about a designation, which is without effect meanwhile.
async fn with_interim_effect(served: &Served, challenged: &pb::Designation) -> String {
    let request = pb::Dispute {
        fast_track_reason: "Modules burn.".into(),
        interim_effect_reason: "Modules burn.".into(),
        ..challenge(Subject::Designation(challenged.name.clone()))
    };
    let opened = client(served, "challenger", "XF").open_dispute(open("1", request)).await.unwrap().into_inner();
    let name = opened.dispute.unwrap().name;
    client(served, "chair", "NZ").appoint_dispute_panel(appoint(&name, members("NZ"))).await.unwrap();
    vote(served, "one", &name, pb::DisputeMatter::InterimEffect, true).await;
    vote(served, "two", &name, pb::DisputeMatter::InterimEffect, true).await;
    let applied = client(served, "one", "NZ")
        .apply_dispute(apply(&name, pb::DisputeMatter::InterimEffect, Vec::new()))
        .await
        .unwrap()
        .into_inner();
    // It cannot wait: the proceeding in which those concerned are heard runs.
    publish_set(served, &applied.change_set).await;
    name
}

async fn an_interim_effect_acts_until_an_outcome_that_tightens_can_be_published(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let name = with_interim_effect(&served, &challenged).await;
    served.clock.advance(TimeDelta::days(21));
    vote(&served, "one", &name, pb::DisputeMatter::Outcome, true).await;
    vote(&served, "two", &name, pb::DisputeMatter::Outcome, true).await;
    let applied_on = served.clock.today();
    let ended = pb::Designation {
        ending: Some(pb::Ending { on: applied_on.to_string(), ..Default::default() }),
        ..designation_now(&served, &challenged.name).await
    };
    let changes = vec![super::changes::upsert(pb::catalogue_entry::Entry::Designation(ended))];
    let applied = client(&served, "two", "NZ").apply_dispute(apply(&name, pb::DisputeMatter::Outcome, changes)).await;
    let set = applied.unwrap().into_inner().change_set;
    notify_set(&served, &set).await;
    served.clock.advance(TimeDelta::days(60));
    let contest = designation_now(&served, &challenged.name).await.contestations.pop().unwrap();
    assert!(contest.settled_on.is_empty() && contest.interim_suspension.unwrap().until.is_empty());
    served.clock.advance(TimeDelta::days(1));
    publish_set(&served, &set).await;
    let contest = designation_now(&served, &challenged.name).await.contestations.pop().unwrap();
    assert_eq!(contest.settled_on, applied_on.to_string());
    assert_eq!(contest.interim_suspension.unwrap().until, served.clock.today().to_string());
}

async fn an_interim_effect_stands_until_the_challenge_is_dismissed(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let name = with_interim_effect(&served, &challenged).await;
    let suspended = designation_now(&served, &challenged.name).await;
    let contest = suspended.contestations.last().unwrap();
    assert_eq!((contest.party.as_str(), contest.fast_track_reason.as_str()), ("XF", "Modules burn."));
    assert_eq!(contest.interim_suspension.as_ref().unwrap().from, "2026-11-23");

    // Whoever asked for it does not leave it behind.
    let withdraw = pb::WithdrawDisputeRequest { request_id: "w".into(), name: name.clone(), ..Default::default() };
    let left = client(&served, "challenger", "XF").withdraw_dispute(withdraw).await;
    assert_eq!(reason(left), Some(ErrorReason::StateConflict));

    served.clock.advance(TimeDelta::days(21));
    vote(&served, "one", &name, pb::DisputeMatter::Outcome, false).await;
    vote(&served, "three", &name, pb::DisputeMatter::Outcome, false).await;
    let applied = client(&served, "three", "NZ")
        .apply_dispute(apply(&name, pb::DisputeMatter::Outcome, Vec::new()))
        .await
        .unwrap()
        .into_inner();
    publish_set(&served, &applied.change_set).await;
    let settled = designation_now(&served, &challenged.name).await;
    let contest = settled.contestations.last().unwrap();
    assert_eq!(contest.settled_on, "2026-12-14");
    assert_eq!(contest.interim_suspension.as_ref().unwrap().until, "2026-12-14");
}

async fn a_party_is_not_on_the_panel_and_others_do_not_take_a_partys_steps(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let request = open("1", challenge(Subject::Designation(challenged.name.clone())));
    let opened = client(&served, "challenger", "XF").open_dispute(request).await.unwrap().into_inner().dispute.unwrap();
    let name = opened.name.clone();
    let economy = opened.respondents.iter().find(|it| !it.contains('/')).unwrap().clone();
    // A respondent does not open what it would answer.
    let own = open("own", challenge(Subject::Designation(challenged.name)));
    let own = client(&served, "self", &economy).open_dispute(own).await.unwrap_err();
    assert_eq!(Fault::violations_of(&own)[0].field, "dispute.subject");
    let answer = pb::AnswerDisputeRequest {
        request_id: "answer".into(),
        name: name.clone(),
        text: "No.".into(),
        ..Default::default()
    };
    assert_eq!(reason(client(&served, "x", "NZ").answer_dispute(answer).await), Some(ErrorReason::NotYours));
    let withdraw = pb::WithdrawDisputeRequest { request_id: "w".into(), name: name.clone(), ..Default::default() };
    assert_eq!(reason(client(&served, "x", "NZ").withdraw_dispute(withdraw).await), Some(ErrorReason::NotYours));
    let parties = client(&served, "chair", "NZ").appoint_dispute_panel(appoint(&name, members(&economy))).await;
    let fields: Vec<_> = Fault::violations_of(&parties.unwrap_err()).into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["members[0].economy", "members[1].economy", "members[2].economy"]);
    let by_party = client(&served, "chair", "XF").appoint_dispute_panel(appoint(&name, members("NZ"))).await;
    assert_eq!(reason(by_party), Some(ErrorReason::FourEyes));
    client(&served, "chair", "NZ").appoint_dispute_panel(appoint(&name, members("NZ"))).await.unwrap();
    served.clock.advance(TimeDelta::days(61));
    let vote = |declares_no_interest| pb::DecideDisputeRequest {
        request_id: "vote".into(),
        name: name.clone(),
        matter: pb::DisputeMatter::Outcome.into(),
        uphold: true,
        finding: "So.".into(),
        declares_no_interest,
        ..Default::default()
    };
    // The token tells of an interest that the appointment did not.
    let interested = client(&served, "one", &economy).decide_dispute(vote(true)).await;
    assert_eq!(reason(interested), Some(ErrorReason::FourEyes));
    let undeclared = client(&served, "one", "NZ").decide_dispute(vote(false)).await.unwrap_err();
    assert_eq!(Fault::violations_of(&undeclared)[0].field, "declares_no_interest");
    assert_eq!(reason(client(&served, "nobody", "NZ").decide_dispute(vote(true)).await), Some(ErrorReason::NotYours));
}

async fn a_decision_is_challenged_by_its_identifier_and_only_by_the_right_one(db: TestDatabase) {
    let served = serve(&db).await;
    let asked = pb::RecognitionQuestion { date: "2026-07-01".into(), ..question("XB") };
    let request = pb::RecogniseRequest { question: Some(asked.clone()), ..Default::default() };
    let decided = served.recognition().recognise(request).await.unwrap().into_inner();
    let disputed = pb::DisputedDecision {
        decision_id: decided.decision.unwrap().decision_id,
        question: Some(asked),
        revision: decided.revision,
        classification_revision: decided.classification_revision,
    };
    let mut challenger = client(&served, "challenger", "XF");
    let request = open("1", challenge(Subject::Decision(disputed.clone())));
    let opened = challenger.open_dispute(request).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!((opened.respondents.as_slice(), opened.interested.len()), (&["XB".to_owned()][..], 2));
    assert_eq!(opened.subject.unwrap().subject, Some(Subject::Decision(disputed.clone())));
    let list = pb::ListDisputesRequest { subject: disputed.decision_id.clone(), ..Default::default() };
    assert_eq!(challenger.list_disputes(list).await.unwrap().into_inner().disputes.len(), 1);
    let other = pb::DisputedDecision { decision_id: format!("sha256:{SHA}"), ..disputed };
    let refused = challenger.open_dispute(open("2", challenge(Subject::Decision(other)))).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "dispute.subject.decision.decision_id");
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
    challenger.open_dispute(only).await.unwrap();
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

async fn a_body_and_a_certificate_are_challenged_and_a_challenge_is_withdrawn(db: TestDatabase) {
    let served = serve(&db).await;
    let mut challenger = client(&served, "challenger", "XF");
    let body = open("1", challenge(Subject::Body("bodies/aurora-cert".into())));
    let opened = challenger.open_dispute(body).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!(opened.respondents, ["XA", "bodies/aurora-cert"]);
    let interim = pb::Dispute {
        interim_effect_reason: "A danger.".into(),
        ..challenge(Subject::Body("bodies/aurora-cert".into()))
    };
    let refused = challenger.open_dispute(open("2", interim)).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "dispute.interim_effect_reason");
    let certificate = pb::DisputedCertificate {
        certificate: "certificates/GLXA4HP9Z1PPYMB35F".into(),
        body: "bodies/aurora-cert".into(),
        body_economy: "XA".into(),
    };
    let opened =
        challenger.open_dispute(open("3", challenge(Subject::Certificate(certificate)))).await.unwrap().into_inner();
    let name = opened.dispute.unwrap().name;
    client(&served, "chair", "NZ").appoint_dispute_panel(appoint(&name, members("NZ"))).await.unwrap();
    served.clock.advance(TimeDelta::days(61));
    vote(&served, "one", &name, pb::DisputeMatter::Outcome, true).await;
    vote(&served, "two", &name, pb::DisputeMatter::Outcome, true).await;
    // What becomes of a certificate is its body's and the registry's: it is closed with what was done.
    let nothing = client(&served, "one", "NZ")
        .apply_dispute(apply(&name, pb::DisputeMatter::Outcome, Vec::new()))
        .await
        .unwrap_err();
    assert_eq!(Fault::violations_of(&nothing)[0].field, "changes");
    let close = pb::CloseDisputeRequest {
        request_id: "close".into(),
        name,
        text: "The body withdrew it.".into(),
        ..Default::default()
    };
    let closed = client(&served, "chair", "NZ").close_dispute(close).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!((closed.state(), closed.closing_text.as_str()), (pb::DisputeState::Closed, "The body withdrew it."));
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

fn certificate() -> Subject {
    Subject::Certificate(pb::DisputedCertificate {
        certificate: "GLXA4HP9Z1PPYMB35F".into(),
        body: "bodies/xa-lab".into(),
        body_economy: "XA".into(),
    })
}

async fn a_panels_order_acts_on_a_certificate_by_itself_until_the_dispute_ends(db: TestDatabase) {
    let served = serve(&db).await;
    let mut challenger = client(&served, "challenger", "XF");
    let days = |it: &pb::Dispute| (it.interim_effect_from.clone(), it.interim_effect_until.clone());
    let asked = |reason: &str| pb::Dispute {
        fast_track_reason: reason.into(),
        interim_effect_reason: reason.into(),
        ..challenge(certificate())
    };
    let mut names = Vec::new();
    for id in ["1", "2"] {
        let opened = challenger.open_dispute(open(id, asked("It burns."))).await.unwrap().into_inner().dispute.unwrap();
        assert_eq!(days(&opened), (String::new(), String::new()));
        let panel = pb::AppointDisputePanelRequest { request_id: id.into(), ..appoint(&opened.name, members("NZ")) };
        client(&served, "chair", "NZ").appoint_dispute_panel(panel).await.unwrap();
        names.push(opened.name);
    }
    let (first, second) = (names[0].as_str(), names[1].as_str());
    let vote = async |member: &str, name: &str, matter: pb::DisputeMatter, uphold| {
        let request = pb::DecideDisputeRequest {
            request_id: format!("{matter:?}.{}", name.replace('/', ".")).chars().take(64).collect(),
            name: name.into(),
            matter: matter.into(),
            uphold,
            finding: "As shown.".into(),
            declares_no_interest: true,
            ..Default::default()
        };
        client(&served, member, "NZ").decide_dispute(request).await.unwrap().into_inner().dispute.unwrap()
    };
    let interim = pb::DisputeMatter::InterimEffect;
    for name in [first, second] {
        assert_eq!(days(&vote("one", name, interim, true).await).0, "", "one vote is no order");
        assert_eq!(days(&vote("two", name, interim, true).await), ("2026-11-23".into(), String::new()));
    }
    // A registry hears it, and there is nothing else to do.
    let (heard, _) = told(&served, pb::WatchDisputesRequest { certificates_only: true, ..Default::default() }).await;
    assert_eq!(heard.len(), 2);
    let applied = client(&served, "one", "NZ").apply_dispute(apply(first, interim, Vec::new())).await.unwrap_err();
    assert_eq!(Fault::violations_of(&applied)[0].field, "matter");

    // Dismissed, it is over; upheld, it acts on until the dispute is closed.
    served.clock.advance(TimeDelta::days(21));
    for (name, uphold, until) in [(first, false, "2026-12-14"), (second, true, "")] {
        vote("one", name, pb::DisputeMatter::Outcome, uphold).await;
        let decided = vote("two", name, pb::DisputeMatter::Outcome, uphold).await;
        assert_eq!(days(&decided), ("2026-11-23".into(), until.into()));
    }
    served.clock.advance(TimeDelta::days(1));
    for (name, until) in [(first, "2026-12-14"), (second, "2026-12-15")] {
        let close = pb::CloseDisputeRequest {
            request_id: name.replace('/', "."),
            name: name.into(),
            text: "The body withdrew it.".into(),
            ..Default::default()
        };
        client(&served, "chair", "NZ").close_dispute(close).await.unwrap();
        assert_eq!(days(&get(&served, name).await), ("2026-11-23".into(), until.into()));
    }
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
