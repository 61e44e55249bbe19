//! What else is challenged: a decision, a body, a certificate.

use super::*;

greenlane_store::engine_tests!(Migrator:
    a_decision_is_challenged_by_its_identifier_and_only_by_the_right_one,
    a_body_and_a_certificate_are_challenged_and_a_challenge_is_withdrawn,
    a_panels_order_acts_on_a_certificate_by_itself_until_the_dispute_ends,
);

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
    // Whether it did is for those to say who found the challenge right.
    let early = client(&served, "passer", "NZ").close_dispute(close.clone()).await;
    assert_eq!(reason(early), Some(ErrorReason::StateConflict));
    let closed = client(&served, "one", "NZ").close_dispute(close).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!((closed.state(), closed.closing_text.as_str()), (pb::DisputeState::Closed, "The body withdrew it."));
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
    let interim = pb::DisputeMatter::InterimEffect;
    for name in [first, second] {
        assert_eq!(days(&vote(&served, "one", name, interim, true).await).0, "", "one vote is no order");
        assert_eq!(days(&vote(&served, "two", name, interim, true).await), ("2026-11-23".into(), String::new()));
    }
    // A registry hears it, and there is nothing else to do.
    let (heard, _) = told(&served, pb::WatchDisputesRequest { certificates_only: true, ..Default::default() }).await;
    assert_eq!(heard.len(), 2);
    let applied = client(&served, "one", "NZ").apply_dispute(apply(first, interim, Vec::new())).await.unwrap_err();
    assert_eq!(Fault::violations_of(&applied)[0].field, "matter");

    // Dismissed, it is over; upheld, it acts on until the dispute is closed.
    served.clock.advance(TimeDelta::days(21));
    for (name, uphold, until) in [(first, false, "2026-12-14"), (second, true, "")] {
        vote(&served, "one", name, pb::DisputeMatter::Outcome, uphold).await;
        let decided = vote(&served, "two", name, pb::DisputeMatter::Outcome, uphold).await;
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
        client(&served, "two", "NZ").close_dispute(close).await.unwrap();
        assert_eq!(days(&get(&served, name).await), ("2026-11-23".into(), until.into()));
    }
}
