//! What a panel has ordered, and whoever lost would rather not have.

use pb::catalogue_entry::Entry;

use super::designations::{designation_now, with_interim_effect};
use super::orders::{changes, narrowed, ordered_and_notified, upheld};
use super::*;
use crate::tests::changes::{create, propose, scope, upsert};

greenlane_store::engine_tests!(Migrator:
    an_interim_effect_is_not_lifted_by_a_change_set_of_whoever_it_concerns,
    another_designation_of_a_suspended_body_is_let_through_by_others_alone,
    what_an_outcome_took_away_is_given_back_by_others_alone,
);

const FOUR_EYES: Option<ErrorReason> = Some(ErrorReason::FourEyes);

/// A draft of an economy, and the codes of what is found in it that blocks nothing.
async fn drafted(served: &Served, economy: &str, id: &str, change: pb::Change) -> (String, Vec<pb::ChangeFinding>) {
    let drafted = changes(served, "own-author", economy).create_change_set(create(id, vec![change])).await.unwrap();
    let drafted = drafted.into_inner();
    (drafted.change_set.unwrap().name, drafted.findings)
}

fn proposes(set: &str) -> pb::ProposeChangeSetRequest {
    pb::ProposeChangeSetRequest { request_id: set.replace('/', "."), ..propose(set) }
}

fn reviews(set: &str) -> pb::ReviewChangeSetRequest {
    pb::ReviewChangeSetRequest { request_id: set.replace('/', "."), ..review(set) }
}

fn publishes(set: &str) -> pb::PublishChangeSetRequest {
    pb::PublishChangeSetRequest { request_id: set.replace('/', "."), ..publish(set) }
}

fn told(findings: &[pb::ChangeFinding], dispute: &str) -> bool {
    let mut told = findings.iter().filter(|it| it.code == "under_order");
    told.any(|it| !it.blocking && it.message.contains(dispute))
}

/// The economy of the authority of a designation.
async fn home(served: &Served, dispute: &str) -> String {
    get(served, dispute).await.respondents.into_iter().find(|it| !it.contains('/')).unwrap()
}

async fn an_interim_effect_is_not_lifted_by_a_change_set_of_whoever_it_concerns(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let dispute = with_interim_effect(&served, &challenged).await;
    let economy = home(&served, &dispute).await;
    let suspended = designation_now(&served, &challenged.name).await;
    let mut shortened = suspended.clone();
    let period = shortened.contestations.last_mut().unwrap().interim_suspension.as_mut().unwrap();
    period.until = "2026-11-24".into();
    let ways = [
        upsert(Entry::Designation(challenged.clone())),
        upsert(Entry::Designation(shortened)),
        pb::Change { change: Some(pb::change::Change::Retire(challenged.name.clone())) },
    ];
    for (index, way) in ways.into_iter().enumerate() {
        let (set, findings) = drafted(&served, &economy, &format!("lift-{index}"), way).await;
        assert!(told(&findings, &dispute), "{index}: {findings:?}");
        let refused = changes(&served, "own-author", &economy).propose_change_set(proposes(&set)).await.unwrap_err();
        assert!(refused.message().contains(&dispute), "{refused:?}");
        assert_eq!(Fault::reason_of(&refused), FOUR_EYES, "{index}");
    }
    assert_eq!(designation_now(&served, &challenged.name).await, suspended);
    // What leaves the record as it is is the economy's own, as ever.
    let mut other = suspended.clone();
    other.source.as_mut().unwrap().note = "Another note.".into();
    let (set, findings) = drafted(&served, &economy, "note", upsert(Entry::Designation(other))).await;
    assert!(!told(&findings, &dispute), "{findings:?}");
    changes(&served, "own-author", &economy).propose_change_set(proposes(&set)).await.unwrap();
    changes(&served, "own-reviewer", &economy).review_change_set(reviews(&set)).await.unwrap();
    changes(&served, "own-reviewer", &economy).publish_change_set(publishes(&set)).await.unwrap();
    // Somebody without a part, of no economy, may.
    let admin = |subject: &str| ChangeServiceClient::new(served.channel_with(TokenRequest::new(subject, ["admin"])));
    let lifted = create("admin", vec![upsert(Entry::Designation(challenged))]);
    let set = admin("operator").create_change_set(lifted).await.unwrap().into_inner().change_set.unwrap().name;
    admin("operator").propose_change_set(proposes(&set)).await.unwrap();
    let party = changes(&served, "own-reviewer", &economy).review_change_set(reviews(&set)).await;
    assert_eq!(reason(party), FOUR_EYES);
    admin("reviewer").review_change_set(reviews(&set)).await.unwrap();
}

async fn another_designation_of_a_suspended_body_is_let_through_by_others_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let dispute = with_interim_effect(&served, &challenged).await;
    let economy = home(&served, &dispute).await;
    let twin = pb::Designation {
        name: "designations/twin".into(),
        codes: vec![scope("HS2022", "854143", &[])],
        contestations: Vec::new(),
        ..challenged
    };
    let (set, findings) = drafted(&served, &economy, "twin", upsert(Entry::Designation(twin))).await;
    assert!(told(&findings, &dispute), "{findings:?}");
    let proposed = changes(&served, "own-author", &economy).propose_change_set(proposes(&set)).await.unwrap();
    assert!(told(&proposed.into_inner().findings, &dispute));
    for (subject, party) in [("own-reviewer", economy.as_str()), ("clerk", "XF"), ("challenger", "AU")] {
        let refused = changes(&served, subject, party).review_change_set(reviews(&set)).await.unwrap_err();
        assert!(refused.message().contains(&dispute), "{refused:?}");
        assert_eq!(Fault::reason_of(&refused), FOUR_EYES, "{subject}");
    }
    changes(&served, "bystander", "AU").review_change_set(reviews(&set)).await.unwrap();
    let party = changes(&served, "own-reviewer", &economy).publish_change_set(publishes(&set)).await;
    assert_eq!(reason(party), FOUR_EYES);
    changes(&served, "bystander", "AU").publish_change_set(publishes(&set)).await.unwrap();
}

async fn what_an_outcome_took_away_is_given_back_by_others_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let (dispute, economy) = upheld(&served, &challenged).await;
    let set = ordered_and_notified(&served, &dispute, vec![narrowed(&challenged)]).await;
    served.clock.advance(TimeDelta::days(61));
    let mut bystander = changes(&served, "bystander", "AU");
    bystander.review_change_set(review(&set)).await.unwrap();
    bystander.publish_change_set(publish(&set)).await.unwrap();
    let close = pb::CloseDisputeRequest {
        request_id: "close".into(),
        name: dispute.clone(),
        text: "Published.".into(),
        ..Default::default()
    };
    client(&served, "chair", "NZ").close_dispute(close).await.unwrap();
    let left = designation_now(&served, &challenged.name).await;

    // What the panel did not touch stays its economy's own.
    let mut other = left.clone();
    other.source.as_mut().unwrap().note = "Another note.".into();
    let (own, findings) = drafted(&served, &economy, "note", upsert(Entry::Designation(other))).await;
    assert!(!told(&findings, &dispute), "{findings:?}");
    changes(&served, "own-author", &economy).propose_change_set(proposes(&own)).await.unwrap();
    changes(&served, "own-reviewer", &economy).review_change_set(reviews(&own)).await.unwrap();
    changes(&served, "own-reviewer", &economy).publish_change_set(publishes(&own)).await.unwrap();

    let back = pb::Designation { codes: challenged.codes.clone(), ..left.clone() };
    let (back, findings) = drafted(&served, &economy, "back", upsert(Entry::Designation(back))).await;
    assert!(told(&findings, &dispute), "{findings:?}");
    changes(&served, "own-author", &economy).propose_change_set(proposes(&back)).await.unwrap();
    let refused = changes(&served, "own-reviewer", &economy).review_change_set(reviews(&back)).await.unwrap_err();
    assert!(refused.message().contains(&dispute), "{refused:?}");
    assert_eq!(Fault::reason_of(&refused), FOUR_EYES);
    bystander.review_change_set(reviews(&back)).await.unwrap();
    let party = changes(&served, "own-reviewer", &economy).publish_change_set(publishes(&back)).await;
    assert_eq!(reason(party), FOUR_EYES);
    bystander.publish_change_set(publishes(&back)).await.unwrap();
}
