//! Who carries out what a panel orders, and upon what.

use super::*;
use crate::tests::changes::{create, propose, scope, upsert};

greenlane_store::engine_tests!(Migrator:
    an_outcome_is_carried_out_by_those_without_a_part_and_by_no_party,
    an_outcome_is_no_way_around_the_owners_of_other_entries,
    what_became_of_an_entry_since_stays_and_what_is_ordered_of_it_is_published,
    an_order_on_what_was_retired_since_is_to_be_written_anew,
);

/// A dispute about a designation whose panel finds for the challenger, XF; with the economy of a respondent.
pub(super) async fn upheld(served: &Served, challenged: &pb::Designation) -> (String, String) {
    let request = open("1", challenge(Subject::Designation(challenged.name.clone())));
    let opened = client(served, "challenger", "XF").open_dispute(request).await.unwrap().into_inner().dispute.unwrap();
    let economy = opened.respondents.iter().find(|it| !it.contains('/')).unwrap().clone();
    let answer = pb::AnswerDisputeRequest {
        request_id: "answer".into(),
        name: opened.name.clone(),
        text: "They can.".into(),
        ..Default::default()
    };
    client(served, "respondent", &economy).answer_dispute(answer).await.unwrap();
    client(served, "chair", "NZ").appoint_dispute_panel(appoint(&opened.name, members("NZ"))).await.unwrap();
    served.clock.advance(TimeDelta::days(61));
    vote(served, "one", &opened.name, pb::DisputeMatter::Outcome, true).await;
    vote(served, "two", &opened.name, pb::DisputeMatter::Outcome, true).await;
    (opened.name, economy)
}

async fn ordered(served: &Served, name: &str, changes: Vec<pb::Change>) -> String {
    let request = apply(name, pb::DisputeMatter::Outcome, changes);
    client(served, "two", "NZ").apply_dispute(request).await.unwrap().into_inner().change_set
}

pub(super) fn narrowed(designation: &pb::Designation) -> pb::Change {
    let codes = vec![scope("HS2022", "854143", &[])];
    upsert(pb::catalogue_entry::Entry::Designation(pb::Designation { codes, ..designation.clone() }))
}

pub(super) fn changes(served: &Served, subject: &str, economy: &str) -> ChangeServiceClient<Client> {
    ChangeServiceClient::new(served.channel(subject, economy))
}

async fn an_outcome_is_carried_out_by_those_without_a_part_and_by_no_party(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let (name, economy) = upheld(&served, &challenged).await;
    let set = ordered(&served, &name, vec![narrowed(&challenged)]).await;
    let rejects = |approve| pb::ReviewChangeSetRequest { approve, comment: "No.".into(), ..review(&set) };
    let four_eyes = Some(ErrorReason::FourEyes);
    let notify =
        |id: &str| pb::NotifyChangeSetRequest { request_id: id.into(), name: set.clone(), ..Default::default() };
    // Whoever lost does not reject it, nor stretch its comment period, and whoever won does not approve it.
    for (subject, party) in [("clerk", economy.as_str()), ("clerk", "XF"), ("respondent", "AU"), ("challenger", "AU")] {
        let mut party = changes(&served, subject, party);
        assert_eq!(reason(party.notify_change_set(notify("party")).await), four_eyes, "{subject}");
        for approve in [false, true] {
            assert_eq!(reason(party.review_change_set(rejects(approve)).await), four_eyes, "{subject}");
        }
    }
    // Of whom nothing is known it is not known that he has no part either.
    let nobody = TokenRequest::new("nobody", ["catalogue.review"]);
    let nobody = ChangeServiceClient::new(served.channel_with(nobody)).review_change_set(rejects(false)).await;
    assert_eq!(reason(nobody), Some(ErrorReason::NotYours));
    // Its author notifies it and does no more. It is a measure of the respondent, not of the panel.
    let notified = changes(&served, "two", "NZ").notify_change_set(notify("author")).await.unwrap().into_inner();
    let text = notified.change_set.unwrap().notification.unwrap().text;
    assert!(text.contains(&format!("1. Notifying economy: {economy}\n")), "{text}");
    assert!(text.contains("4. Products covered: HS2022 854143"), "{text}");
    served.clock.advance(TimeDelta::days(61));
    let own = changes(&served, "two", "NZ").review_change_set(rejects(true)).await;
    assert_eq!(reason(own), four_eyes);
    changes(&served, "bystander", "AU").review_change_set(review(&set)).await.unwrap();
    assert_eq!(reason(changes(&served, "two", "NZ").publish_change_set(publish(&set)).await), four_eyes);
    assert_eq!(reason(changes(&served, "clerk", &economy).publish_change_set(publish(&set)).await), four_eyes);
    let published = changes(&served, "bystander", "AU").publish_change_set(publish(&set)).await.unwrap().into_inner();
    assert_eq!(published.change_set.unwrap().ordered_by, name);
}

async fn an_outcome_is_no_way_around_the_owners_of_other_entries(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let (name, _) = upheld(&served, &challenged).await;
    let request = pb::GetEconomyRequest { name: "economies/SG".into(), ..Default::default() };
    let mut elsewhere = served.catalogue().get_economy(request).await.unwrap().into_inner().economy.unwrap();
    elsewhere.source.as_mut().unwrap().note = "A note of others.".into();
    let set = ordered(&served, &name, vec![upsert(pb::catalogue_entry::Entry::Economy(elsewhere))]).await;
    let refused = changes(&served, "bystander", "AU").review_change_set(review(&set)).await;
    assert_eq!(reason(refused), Some(ErrorReason::NotYours));
    changes(&served, "owner", "SG").review_change_set(review(&set)).await.unwrap();
}

/// Of the respondents' own: nobody else changes a designation.
pub(super) async fn changed_by_its_owners(served: &Served, economy: &str, change: pb::Change) -> String {
    let mut author = changes(served, "own-author", economy);
    let set =
        author.create_change_set(create("own", vec![change])).await.unwrap().into_inner().change_set.unwrap().name;
    author.propose_change_set(propose(&set)).await.unwrap();
    let tightens = author
        .notify_change_set(pb::NotifyChangeSetRequest {
            request_id: "own".into(),
            name: set.clone(),
            ..Default::default()
        })
        .await;
    tightens.unwrap();
    served.clock.advance(TimeDelta::days(61));
    let mut reviewer = changes(served, "own-reviewer", economy);
    reviewer.review_change_set(review(&set)).await.unwrap();
    reviewer.publish_change_set(publish(&set)).await.unwrap();
    set
}

/// What is ordered, drawn up and told to those concerned.
pub(super) async fn ordered_and_notified(served: &Served, dispute: &str, orders: Vec<pb::Change>) -> String {
    let set = ordered(served, dispute, orders).await;
    let notify = pb::NotifyChangeSetRequest { request_id: "ordered".into(), name: set.clone(), ..Default::default() };
    changes(served, "two", "NZ").notify_change_set(notify).await.unwrap();
    set
}

async fn what_became_of_an_entry_since_stays_and_what_is_ordered_of_it_is_published(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let (name, economy) = upheld(&served, &challenged).await;
    let set = ordered_and_notified(&served, &name, vec![narrowed(&challenged)]).await;
    // Its authority suspends it for a while, and opens it to another code, which is what is ordered otherwise.
    let suspended = pb::Validity { from: "2027-01-01".into(), until: "2027-02-01".into() };
    let own = pb::Designation {
        suspensions: vec![suspended.clone()],
        codes: vec![scope("HS2022", "854142", &[])],
        ..challenged.clone()
    };
    changed_by_its_owners(&served, &economy, upsert(pb::catalogue_entry::Entry::Designation(own))).await;
    // What is shown of it before is what will be.
    let diff = pb::DiffChangeSetRequest { name: set.clone(), ..Default::default() };
    let diff = changes(&served, "reader", "AU").diff_change_set(diff).await.unwrap().into_inner().diffs;
    assert!(diff[0].after_json.contains("2027-02-01") && diff[0].after_json.contains("854143"), "{diff:?}");
    let mut bystander = changes(&served, "bystander", "AU");
    bystander.review_change_set(review(&set)).await.unwrap();
    bystander.publish_change_set(publish(&set)).await.unwrap();
    let request = pb::GetDesignationRequest { name: challenged.name, ..Default::default() };
    let now = ArrangementServiceClient::new(served.channel("reader", "XB")).get_designation(request).await.unwrap();
    let now = now.into_inner().designation.unwrap();
    assert_eq!((now.suspensions, now.codes), (vec![suspended], vec![scope("HS2022", "854143", &[])]));
}

async fn an_order_on_what_was_retired_since_is_to_be_written_anew(db: TestDatabase) {
    let served = serve(&db).await;
    let challenged = designation(&served).await;
    let (name, economy) = upheld(&served, &challenged).await;
    let set = ordered_and_notified(&served, &name, vec![narrowed(&challenged)]).await;
    let retire = pb::Change { change: Some(pb::change::Change::Retire(challenged.name.clone())) };
    changed_by_its_owners(&served, &economy, retire).await;
    let mut bystander = changes(&served, "bystander", "AU");
    let refused = bystander.review_change_set(review(&set)).await.unwrap_err();
    let violations = Fault::violations_of(&refused);
    assert_eq!(violations[0].field, "changes[0]");
    assert!(violations[0].description.starts_with("entry_changed"), "{violations:?}");
    let rejects = pb::ReviewChangeSetRequest {
        request_id: "reject".into(),
        approve: false,
        comment: "There is nothing left to narrow.".into(),
        ..review(&set)
    };
    bystander.review_change_set(rejects).await.unwrap();
    // Over: nothing keeps the dispute open.
    let close = pb::CloseDisputeRequest {
        request_id: "close".into(),
        name,
        text: "It was retired.".into(),
        ..Default::default()
    };
    let bystander = client(&served, "passer", "NZ").close_dispute(close.clone()).await;
    assert_eq!(reason(bystander), Some(ErrorReason::StateConflict));
    client(&served, "two", "NZ").close_dispute(close).await.unwrap();
}
