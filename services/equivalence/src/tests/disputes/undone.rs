//! What a panel has ordered, and whoever lost would rather not have.

use pb::catalogue_entry::Entry;

use super::designations::{designation_now, with_interim_effect};
use super::orders::{changed_by_its_owners, changes, narrowed, ordered_and_notified, upheld};
use super::*;
use crate::tests::changes::{create, propose, scope, upsert};

greenlane_store::engine_tests!(Migrator:
    an_interim_effect_is_not_lifted_by_a_change_set_of_whoever_it_concerns,
    another_designation_of_a_suspended_body_is_let_through_by_others_alone,
    what_an_outcome_took_away_is_given_back_by_others_alone,
    what_an_outcome_took_from_an_entry_of_nobody_is_given_back_by_others_alone,
    another_designation_opens_nothing_that_an_outcome_closed,
    what_an_outcome_took_from_a_designation_that_the_dispute_was_not_about_is_held_too,
    what_an_outcome_took_stays_taken_where_the_designation_is_of_another_body_by_now,
    a_designation_that_was_retired_by_mistake_comes_back_with_its_record,
    a_hold_on_one_entry_leaves_the_others_of_its_change_set_to_their_owners,
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
        upsert(Entry::Designation(pb::Designation { body: "bodies/meridian-cert".into(), ..suspended.clone() })),
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

/// Drawn up by the panel, open for comments, reviewed and published by somebody without a part.
async fn carried_out(served: &Served, dispute: &str, orders: Vec<pb::Change>) -> String {
    let set = ordered_and_notified(served, dispute, orders).await;
    served.clock.advance(TimeDelta::days(61));
    let mut bystander = changes(served, "bystander", "AU");
    bystander.review_change_set(review(&set)).await.unwrap();
    bystander.publish_change_set(publish(&set)).await.unwrap();
    set
}

async fn what_an_outcome_took_from_an_entry_of_nobody_is_given_back_by_others_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let (dispute, economy) = upheld(&served, &challenged).await;
    let mut equivalences =
        pb::equivalence_service_client::EquivalenceServiceClient::new(served.channel("reader", "XB"));
    let name = "equivalences/iec-61730-to-cs-61730";
    let get = pb::GetEquivalenceRequest { name: name.into(), ..Default::default() };
    let whole = equivalences.get_equivalence(get).await.unwrap().into_inner().equivalence.unwrap();
    let until = |day: &str| {
        let mut it = whole.clone();
        it.validity.as_mut().unwrap().until = day.into();
        upsert(Entry::Equivalence(it))
    };
    let set = carried_out(&served, &dispute, vec![until("2027-06-01")]).await;
    // It is nobody's measure, and not that of the panel's economy.
    let get = pb::GetChangeSetRequest { name: set };
    let ordered = changes(&served, "reader", "AU").get_change_set(get).await.unwrap().into_inner();
    let text = ordered.change_set.unwrap().notification.unwrap().text;
    assert!(text.contains("1. Notifying economy: none named\n"), "{text}");

    let (shorter, findings) = drafted(&served, &economy, "shorter", until("2027-05-01")).await;
    assert!(!told(&findings, &dispute), "{findings:?}");
    let withdraw = pb::WithdrawChangeSetRequest { request_id: "w".into(), name: shorter, ..Default::default() };
    changes(&served, "own-author", &economy).withdraw_change_set(withdraw).await.unwrap();
    let (back, findings) = drafted(&served, &economy, "back", until("")).await;
    assert!(told(&findings, &dispute), "{findings:?}");
    let proposed = changes(&served, "own-author", &economy).propose_change_set(proposes(&back)).await.unwrap();
    assert!(told(&proposed.into_inner().findings, &dispute));
    for (subject, party) in [("own-reviewer", economy.as_str()), ("clerk", "XF")] {
        let refused = changes(&served, subject, party).review_change_set(reviews(&back)).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), FOUR_EYES, "{subject}");
    }
    changes(&served, "bystander", "AU").review_change_set(reviews(&back)).await.unwrap();
    let party = changes(&served, "own-reviewer", &economy).publish_change_set(publishes(&back)).await;
    assert_eq!(reason(party), FOUR_EYES);
    changes(&served, "bystander", "AU").publish_change_set(publishes(&back)).await.unwrap();
}

async fn another_designation_opens_nothing_that_an_outcome_closed(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let (dispute, economy) = upheld(&served, &challenged).await;
    let retire = pb::Change { change: Some(pb::change::Change::Retire(challenged.name.clone())) };
    carried_out(&served, &dispute, vec![retire]).await;
    let twin = pb::Designation {
        name: "designations/twin".into(),
        codes: vec![scope("HS2022", "854143", &[])],
        ..challenged.clone()
    };
    let other = pb::Designation { body: "bodies/meridian-cert".into(), ..twin.clone() };
    let (_, findings) = drafted(&served, &economy, "other", upsert(Entry::Designation(other))).await;
    assert!(!told(&findings, &dispute), "{findings:?}");
    // Its author may have it heard all the same.
    let (set, _) = drafted(&served, &economy, "heard", upsert(Entry::Designation(twin.clone()))).await;
    changes(&served, "own-author", &economy).propose_change_set(proposes(&set)).await.unwrap();
    let notify = pb::NotifyChangeSetRequest { request_id: "heard".into(), name: set.clone(), ..Default::default() };
    changes(&served, "own-author", &economy).notify_change_set(notify.clone()).await.unwrap();
    let extend = pb::NotifyChangeSetRequest { request_id: "extended".into(), ..notify };
    assert_eq!(reason(changes(&served, "own-reviewer", &economy).notify_change_set(extend).await), FOUR_EYES);
    for (id, again) in [("again", challenged), ("twin", twin)] {
        let (set, findings) = drafted(&served, &economy, id, upsert(Entry::Designation(again))).await;
        assert!(told(&findings, &dispute), "{id}: {findings:?}");
        changes(&served, "own-author", &economy).propose_change_set(proposes(&set)).await.unwrap();
        let refused = changes(&served, "own-reviewer", &economy).review_change_set(reviews(&set)).await;
        assert_eq!(reason(refused), FOUR_EYES, "{id}");
        changes(&served, "bystander", "AU").review_change_set(reviews(&set)).await.unwrap();
    }
}

async fn what_an_outcome_took_from_a_designation_that_the_dispute_was_not_about_is_held_too(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let of = |name: &str| pb::Designation {
        name: format!("designations/{name}"),
        codes: vec![scope("HS2022", "854143", &[])],
        ..challenged.clone()
    };
    let owner = served.catalogue();
    let get = pb::GetCatalogueBodyRequest { name: challenged.authority.clone(), ..Default::default() };
    let home = owner.clone().get_catalogue_body(get).await.unwrap().into_inner().body.unwrap().economy;
    changed_by_its_owners(&served, &home, upsert(Entry::Designation(of("beside")))).await;
    let (dispute, economy) = upheld(&served, &challenged).await;
    let retire = pb::Change { change: Some(pb::change::Change::Retire("designations/beside".into())) };
    carried_out(&served, &dispute, vec![retire]).await;
    let (_, findings) = drafted(&served, &economy, "anew", upsert(Entry::Designation(of("anew")))).await;
    assert!(told(&findings, &dispute), "{findings:?}");
}

async fn what_an_outcome_took_stays_taken_where_the_designation_is_of_another_body_by_now(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let (dispute, economy) = upheld(&served, &challenged).await;
    carried_out(&served, &dispute, vec![narrowed(&challenged)]).await;
    let left = designation_now(&served, &challenged.name).await;
    let moved = pb::Designation { body: "bodies/meridian-cert".into(), ..left };
    changed_by_its_owners(&served, &economy, upsert(Entry::Designation(moved))).await;
    let twin = pb::Designation { name: "designations/twin".into(), ..challenged };
    let (_, findings) = drafted(&served, &economy, "twin", upsert(Entry::Designation(twin))).await;
    assert!(told(&findings, &dispute), "{findings:?}");
}

async fn a_designation_that_was_retired_by_mistake_comes_back_with_its_record(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let dispute = with_interim_effect(&served, &challenged).await;
    let economy = home(&served, &dispute).await;
    served.clock.advance(TimeDelta::days(21));
    for member in ["one", "three"] {
        vote(&served, member, &dispute, pb::DisputeMatter::Outcome, false).await;
    }
    let settles = apply(&dispute, pb::DisputeMatter::Outcome, Vec::new());
    let settles = client(&served, "three", "NZ").apply_dispute(settles).await.unwrap().into_inner().change_set;
    publish_set(&served, &settles).await;
    let settled = designation_now(&served, &challenged.name).await;
    assert!(!settled.contestations[0].settled_on.is_empty());

    let retire = pb::Change { change: Some(pb::change::Change::Retire(challenged.name.clone())) };
    let retired = changed_by_its_owners(&served, &economy, retire).await;
    let revert = pb::RevertChangeSetRequest {
        request_id: "revert".into(),
        name: retired,
        reason: "A mistake.".into(),
        ..Default::default()
    };
    // With another record it does not come back, and without one it may.
    let mut forged = settled.clone();
    forged.contestations[0].settled_on = "2027-01-01".into();
    let (_, findings) = drafted(&served, &economy, "forged", upsert(Entry::Designation(forged))).await;
    assert!(told(&findings, &dispute), "{findings:?}");
    let (_, findings) = drafted(&served, &economy, "plain", upsert(Entry::Designation(challenged.clone()))).await;
    assert!(!told(&findings, &dispute), "{findings:?}");

    let mut author = changes(&served, "own-author", &economy);
    let back = author.revert_change_set(revert).await.unwrap().into_inner().change_set.unwrap().name;
    let proposed = author.propose_change_set(proposes(&back)).await.unwrap().into_inner();
    assert!(!told(&proposed.findings, &dispute), "{:?}", proposed.findings);
    let mut reviewer = changes(&served, "own-reviewer", &economy);
    reviewer.review_change_set(reviews(&back)).await.unwrap();
    reviewer.publish_change_set(publishes(&back)).await.unwrap();
    assert_eq!(designation_now(&served, &challenged.name).await, settled);
}

async fn a_hold_on_one_entry_leaves_the_others_of_its_change_set_to_their_owners(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let dispute = with_interim_effect(&served, &challenged).await;
    let economy = home(&served, &dispute).await;
    let twin = pb::Designation {
        name: "designations/twin".into(),
        codes: vec![scope("HS2022", "854143", &[])],
        contestations: Vec::new(),
        ..challenged.clone()
    };
    let get = pb::GetCatalogueBodyRequest { name: challenged.body.clone(), ..Default::default() };
    let mut body = served.catalogue().get_catalogue_body(get).await.unwrap().into_inner().body.unwrap();
    body.source.as_mut().unwrap().note = "Another note.".into();
    let both = vec![upsert(Entry::Designation(twin)), upsert(Entry::Body(body))];
    let request = create("both", both);
    let drafted = changes(&served, "own-author", &economy).create_change_set(request).await.unwrap().into_inner();
    let set = drafted.change_set.unwrap().name;
    assert!(told(&drafted.findings, &dispute), "{:?}", drafted.findings);
    changes(&served, "own-author", &economy).propose_change_set(proposes(&set)).await.unwrap();
    // A stranger has no say about the body, and its owner none about the designation.
    let refused = changes(&served, "bystander", "AU").review_change_set(reviews(&set)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours));
    assert!(refused.message().contains(&challenged.body), "{refused:?}");
    assert!(!refused.message().contains("designations/twin"), "{refused:?}");
    let owner = changes(&served, "own-reviewer", &economy).review_change_set(reviews(&set)).await;
    assert_eq!(reason(owner), FOUR_EYES);
    let admin = TokenRequest::new("operator", ["admin"]);
    ChangeServiceClient::new(served.channel_with(admin)).review_change_set(reviews(&set)).await.unwrap();
}
