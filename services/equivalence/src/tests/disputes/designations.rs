//! A designation is challenged: from evidence to a published revision, with and without interim effect.

use super::*;
use crate::tests::changes::{scope, upsert};

greenlane_store::engine_tests!(Migrator:
    a_challenge_of_a_designation_goes_from_evidence_to_a_published_revision,
    an_interim_effect_stands_until_the_challenge_is_dismissed,
    an_interim_effect_acts_until_an_outcome_that_tightens_can_be_published,
    an_outcome_is_asked_about_the_codes_that_it_brings_in,
    a_party_is_not_on_the_panel_and_others_do_not_take_a_partys_steps,
);

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
    let changes = vec![upsert(pb::catalogue_entry::Entry::Designation(ended))];
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

pub(super) async fn designation_now(served: &Served, name: &str) -> pb::Designation {
    let request = pb::GetDesignationRequest { name: name.into(), ..Default::default() };
    let found = ArrangementServiceClient::new(served.channel("reader", "XB")).get_designation(request).await;
    found.unwrap().into_inner().designation.unwrap()
}

/// A dispute on the fast track about a designation, which is without effect meanwhile.
pub(super) async fn with_interim_effect(served: &Served, challenged: &pb::Designation) -> String {
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
    // It acts once.
    let again = apply(&name, pb::DisputeMatter::InterimEffect, Vec::new());
    let again = client(&served, "two", "NZ").apply_dispute(again).await.unwrap_err();
    assert_eq!(Fault::violations_of(&again)[0].field, "matter");
    served.clock.advance(TimeDelta::days(21));
    vote(&served, "one", &name, pb::DisputeMatter::Outcome, true).await;
    vote(&served, "two", &name, pb::DisputeMatter::Outcome, true).await;
    let applied_on = served.clock.today();
    let ended = pb::Designation {
        ending: Some(pb::Ending { on: applied_on.to_string(), ..Default::default() }),
        ..designation_now(&served, &challenged.name).await
    };
    let changes = vec![upsert(pb::catalogue_entry::Entry::Designation(ended))];
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

async fn an_outcome_is_asked_about_the_codes_that_it_brings_in(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let request = open("1", challenge(Subject::Designation(challenged.name.clone())));
    let opened = client(&served, "challenger", "XF").open_dispute(request).await.unwrap().into_inner();
    let name = opened.dispute.unwrap().name;
    client(&served, "chair", "NZ").appoint_dispute_panel(appoint(&name, members("NZ"))).await.unwrap();
    served.clock.advance(TimeDelta::days(61));
    vote(&served, "one", &name, pb::DisputeMatter::Outcome, true).await;
    vote(&served, "two", &name, pb::DisputeMatter::Outcome, true).await;
    let outcome = async |id: &str, code: &str| {
        let codes = vec![scope("HS2022", code, &[])];
        let limited = pb::Designation { codes, ..designation_now(&served, &challenged.name).await };
        let changes = vec![upsert(pb::catalogue_entry::Entry::Designation(limited))];
        let request = apply(&name, pb::DisputeMatter::Outcome, changes);
        let request = pb::ApplyDisputeRequest { request_id: id.into(), ..request };
        client(&served, "two", "NZ").apply_dispute(request).await.map(tonic::Response::into_inner)
    };
    let refused = outcome("wrong", "999999").await.unwrap_err();
    let violations = Fault::violations_of(&refused);
    let of_code: Vec<_> = violations.iter().filter(|it| it.field == "changes[0].codes[0].code.code").collect();
    assert!(of_code.len() == 1 && of_code[0].description.starts_with("code_unknown"), "{violations:?}");

    served.classifier.down.store(true, std::sync::atomic::Ordering::SeqCst);
    let applied = outcome("untold", "854143").await.unwrap();
    let found: Vec<_> = applied.findings.iter().map(|it| (it.code.as_str(), it.blocking)).collect();
    assert_eq!(found, [("code_unchecked", false)]);
    let duty = applied.notification_duty.unwrap();
    let earliest = (served.clock.today() + chrono::Days::new(61)).to_string();
    assert_eq!((duty.required, duty.earliest_publication), (true, earliest), "{}", duty.reason);
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
    for nowhere in ["EU", "ZZ", "XQ"] {
        let panel = appoint(&name, members(nowhere));
        let refused = client(&served, "chair", "NZ").appoint_dispute_panel(panel).await.unwrap_err();
        assert_eq!(Fault::violations_of(&refused)[0].field, "members[0].economy", "{nowhere}");
    }
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
