use chrono::{Days, TimeDelta};
use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::client::Client;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::TestDatabase;
use pb::alert_service_client::AlertServiceClient;
use pb::catalogue_entry::Entry;
use pb::change_service_client::ChangeServiceClient;

use super::changes::{create, draft, hear, propose, publish, review, upsert};
use super::harness::{Served, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    a_subscriber_is_told_what_was_notified_and_published_once_and_nobody_else_is,
    what_was_announced_and_does_not_come_is_told_too,
    a_new_body_is_announced_to_everybody_since_results_in_its_name_may_be_anywhere,
    a_day_is_told_once_when_it_comes_within_the_look_ahead_by_whichever_replica,
    a_subscription_is_its_owners_alone,
    a_subscription_to_what_is_not_there_is_refused_with_every_field,
    a_watch_goes_on_after_any_position_without_holes_or_repetitions,
    a_repeated_subscription_is_made_once_and_an_ended_one_is_gone,
);

fn alerts(served: &Served, subject: &str, economy: &str) -> AlertServiceClient<Client> {
    AlertServiceClient::new(served.channel(subject, economy))
}

fn subscription(codes: &[(&str, &str)], markets: &[&str], schemes: &[&str]) -> pb::AlertSubscription {
    let code =
        |(edition, code): &(&str, &str)| common::CodeReference { edition: (*edition).into(), code: (*code).into() };
    pb::AlertSubscription {
        title: "Modules".into(),
        codes: codes.iter().map(code).collect(),
        markets: markets.iter().map(|it| (*it).to_owned()).collect(),
        schemes: schemes.iter().map(|it| (*it).to_owned()).collect(),
        ..Default::default()
    }
}

async fn subscribe(client: &mut AlertServiceClient<Client>, id: &str, subscription: pb::AlertSubscription) -> String {
    let request =
        pb::CreateSubscriptionRequest { request_id: id.into(), subscription: Some(subscription), ..Default::default() };
    client.create_subscription(request).await.unwrap().into_inner().subscription.unwrap().name
}

async fn list(client: &mut AlertServiceClient<Client>, subscription: &str) -> Vec<pb::Alert> {
    let mut found = Vec::new();
    let mut request = pb::ListAlertsRequest { subscription: subscription.into(), page_size: 2, ..Default::default() };
    loop {
        let page = client.list_alerts(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.look_ahead_days, 90);
        found.extend(page.alerts);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

fn kinds(alerts: &[pb::Alert]) -> Vec<pb::AlertKind> {
    alerts.iter().map(pb::Alert::kind).collect()
}

async fn a_subscriber_is_told_what_was_notified_and_published_once_and_nobody_else_is(db: TestDatabase) {
    let served = serve(&db).await;
    let mut office = alerts(&served, "office", "XA");
    let modules =
        subscribe(&mut office, "1", subscription(&[("HS2022", "8541")], &["XB"], &["schemes/aurelian-pv-mark"])).await;
    let elsewhere = subscribe(&mut office, "2", subscription(&[("HS2022", "8541")], &["XC"], &[])).await;
    let other_goods = subscribe(&mut office, "3", subscription(&[("HS2022", "850231")], &["XB"], &[])).await;
    let mut author = served.changes("author");
    let name = draft(&mut author).await;
    let only_checked = pb::ProposeChangeSetRequest { validate_only: true, ..propose(&name) };
    author.propose_change_set(only_checked).await.unwrap();
    author.propose_change_set(propose(&name)).await.unwrap();
    assert_eq!(kinds(&list(&mut office, &modules).await), []);
    hear(&served, &name).await;
    served.changes("reviewer").review_change_set(review(&name)).await.unwrap();
    let revision = served.changes("reviewer").publish_change_set(publish(&name)).await.unwrap().into_inner().revision;

    let told = list(&mut office, &modules).await;
    assert_eq!(kinds(&told), [pb::AlertKind::Notified, pb::AlertKind::Published]);
    let (notified, published) = (&told[0], &told[1]);
    assert_eq!((notified.notification_symbol.as_str(), notified.change_set.as_str()), ("GL/N/XB/1", name.as_str()));
    assert_eq!(notified.comments_until, "2027-01-22");
    assert_eq!(published.revision, revision);
    assert!(notified.position < published.position && notified.name != published.name);
    // It tightens a requirement that began long ago: from publication on.
    assert_eq!(notified.items[0].from, "");
    let item = &published.items[0];
    assert_eq!((item.entry.as_str(), item.from.as_str()), ("requirements/xb-pv-qualification", "2027-01-23"));
    assert!(item.tightens && item.what.contains("it "), "{item:?}");
    assert!(!item.to_do.is_empty() && !item.uncertain);
    assert!(item.markets.contains(&"XB".to_owned()), "{:?}", item.markets);
    assert!(item.schemes.contains(&"schemes/aurelian-pv-mark".to_owned()), "{:?}", item.schemes);
    assert_eq!(list(&mut office, &elsewhere).await, []);
    assert_eq!(list(&mut office, &other_goods).await, []);
    // The same again: nothing is told twice.
    assert_eq!(list(&mut office, &modules).await, told);
}

async fn what_was_announced_and_does_not_come_is_told_too(db: TestDatabase) {
    let served = serve(&db).await;
    let mut office = alerts(&served, "office", "XA");
    let all = subscribe(&mut office, "1", subscription(&[], &["XB"], &[])).await;
    let mut author = served.changes("author");
    let silent = draft(&mut author).await;
    let withdraw = |name: &str, id: &str| pb::WithdrawChangeSetRequest {
        request_id: id.into(),
        name: name.into(),
        comment: "A mistake.".into(),
        ..Default::default()
    };
    // Nobody was told of a draft.
    author.withdraw_change_set(withdraw(&silent, "w1")).await.unwrap();
    let request = pb::CreateChangeSetRequest { request_id: "again".into(), ..super::changes::tighten("again") };
    let name = author.create_change_set(request).await.unwrap().into_inner().change_set.unwrap().name;
    author.propose_change_set(propose(&name)).await.unwrap();
    let notify = |id: &str, until: String| pb::NotifyChangeSetRequest {
        request_id: id.into(),
        name: name.clone(),
        comments_until: until,
        ..Default::default()
    };
    author.notify_change_set(notify("n1", String::new())).await.unwrap();
    let later = (served.clock.today() + Days::new(90)).to_string();
    author.notify_change_set(notify("n2", later.clone())).await.unwrap();
    author.withdraw_change_set(withdraw(&name, "w2")).await.unwrap();
    let told = list(&mut office, &all).await;
    assert_eq!(kinds(&told), [pb::AlertKind::Notified, pb::AlertKind::Extended, pb::AlertKind::NotAdopted]);
    assert_eq!((told[1].comments_until.as_str(), told[2].comments_until.as_str()), (later.as_str(), ""));
}

/// Publishes an equivalence that ends on a day.
async fn publish_ending(served: &Served, until: &str) {
    let ending = pb::Equivalence {
        name: "equivalences/ends".into(),
        from: Some(pb::CertifiableTarget { name: "standards/iec-61215-1-2021".into(), level: String::new() }),
        to: Some(pb::CertifiableTarget { name: "standards/iec-61730-1-2016".into(), level: String::new() }),
        degree: pb::EquivalenceDegree::Identical.into(),
        validity: Some(pb::Validity { from: "2026-01-01".into(), until: until.into() }),
        source: Some(common::Source { example: true, ..Default::default() }),
        ..Default::default()
    };
    let admin = |subject: &str| {
        let request = greenlane_platform::auth::issuer::TokenRequest::new(subject, ["admin"]);
        pb::change_service_client::ChangeServiceClient::new(served.channel_with(request))
    };
    let mut author = admin("admin-one");
    let request = create("ends", vec![upsert(Entry::Equivalence(ending))]);
    let name = author.create_change_set(request).await.unwrap().into_inner().change_set.unwrap().name;
    author.propose_change_set(propose(&name)).await.unwrap();
    let mut reviewer = admin("admin-two");
    reviewer.review_change_set(review(&name)).await.unwrap();
    reviewer.publish_change_set(publish(&name)).await.unwrap();
}

async fn a_day_is_told_once_when_it_comes_within_the_look_ahead_by_whichever_replica(db: TestDatabase) {
    let served = serve(&db).await;
    let mut office = alerts(&served, "office", "XA");
    let all = subscribe(&mut office, "1", subscription(&[], &[], &[])).await;
    let today = served.clock.today();
    publish_ending(&served, &(today + Days::new(100)).to_string()).await;
    let due = |told: Vec<pb::Alert>| -> Vec<pb::Alert> {
        let ends = |it: &pb::Alert| it.kind() == pb::AlertKind::Due && it.items[0].entry == "equivalences/ends";
        told.into_iter().filter(ends).collect()
    };
    assert_eq!(due(list(&mut office, &all).await), []);
    served.clock.advance(TimeDelta::days(10));
    let told = due(list(&mut office, &all).await);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].items[0].field.as_str(), told[0].items[0].tightens), ("validity.until", true));
    assert!(told[0].items[0].what.contains("no longer applies"), "{told:?}");
    // Another replica, and later days: it stays one.
    let other = serve(&db).await;
    other.clock.advance(TimeDelta::days(11));
    assert_eq!(due(list(&mut alerts(&other, "office", "XA"), &all).await), told);
    served.clock.advance(TimeDelta::days(200));
    assert_eq!(due(list(&mut office, &all).await), told);
}

async fn a_subscription_is_its_owners_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let mut office = alerts(&served, "office", "XA");
    let name = subscribe(&mut office, "1", subscription(&[], &["XB"], &[])).await;
    // A colleague with the same economy shares it.
    let get = pb::GetSubscriptionRequest { name: name.clone() };
    alerts(&served, "colleague", "XA").get_subscription(get.clone()).await.unwrap();
    let mut stranger = alerts(&served, "stranger", "XB");
    let refused = [
        stranger.get_subscription(get).await.err(),
        stranger.list_alerts(pb::ListAlertsRequest { subscription: name.clone(), ..Default::default() }).await.err(),
        stranger.watch_alerts(pb::WatchAlertsRequest { subscription: name.clone(), after_position: 0 }).await.err(),
        stranger
            .delete_subscription(pb::DeleteSubscriptionRequest {
                request_id: "d".into(),
                name: name.clone(),
                ..Default::default()
            })
            .await
            .err(),
    ];
    for refused in refused {
        assert_eq!(refused.as_ref().and_then(Fault::reason_of), Some(ErrorReason::NotYours));
    }
    let none = stranger.list_subscriptions(pb::ListSubscriptionsRequest::default()).await.unwrap().into_inner();
    assert_eq!(none.subscriptions, []);
    let own = office.list_subscriptions(pb::ListSubscriptionsRequest::default()).await.unwrap().into_inner();
    assert_eq!(own.subscriptions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), [name.as_str()]);
}

async fn a_subscription_to_what_is_not_there_is_refused_with_every_field(db: TestDatabase) {
    let served = serve(&db).await;
    let wrong = subscription(&[("HS2022", "85x")], &["xb", "ZZ"], &["schemes/nowhere", "standards/iec-61215-1-2021"]);
    let request =
        pb::CreateSubscriptionRequest { request_id: "1".into(), subscription: Some(wrong), ..Default::default() };
    let refused = alerts(&served, "office", "XA").create_subscription(request).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|it| it.field).collect();
    assert_eq!(
        fields,
        ["subscription.codes[0].code", "subscription.markets[0]", "subscription.markets[1]", "subscription.schemes[0]"]
    );
}

async fn a_watch_goes_on_after_any_position_without_holes_or_repetitions(db: TestDatabase) {
    let served = super::harness::serve_with(&db, |config| config.bookmark_interval_ms = 50).await;
    let mut office = alerts(&served, "office", "XA");
    let name = subscribe(&mut office, "1", subscription(&[], &["XB"], &[])).await;
    let watch = |after_position| pb::WatchAlertsRequest { subscription: name.clone(), after_position };
    let mut stream = office.watch_alerts(watch(0)).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().unwrap().bookmark);
    let mut author = served.changes("author");
    let set = draft(&mut author).await;
    author.propose_change_set(propose(&set)).await.unwrap();
    hear(&served, &set).await;
    served.changes("reviewer").review_change_set(review(&set)).await.unwrap();
    served.changes("reviewer").publish_change_set(publish(&set)).await.unwrap();
    let mut seen = Vec::new();
    while !seen.iter().any(|it: &pb::Alert| it.kind() == pb::AlertKind::Published) {
        let message = stream.message().await.unwrap().unwrap();
        assert_eq!(message.bookmark, message.alert.is_none());
        if let Some(alert) = message.alert {
            assert_eq!(alert.position, message.position);
            seen.push(alert);
        }
    }
    assert_eq!(list(&mut office, &name).await, seen);
    // From each position on, the rest and nothing else.
    for (index, alert) in seen.iter().enumerate() {
        let mut resumed = office.watch_alerts(watch(alert.position)).await.unwrap().into_inner();
        let mut rest = Vec::new();
        loop {
            let message = resumed.message().await.unwrap().unwrap();
            match message.alert {
                Some(alert) => rest.push(alert),
                None => break,
            }
        }
        assert_eq!(rest, seen[index + 1..]);
    }
    // The stream ends with its subscription.
    let end = pb::DeleteSubscriptionRequest { request_id: "end".into(), name: name.clone(), ..Default::default() };
    office.delete_subscription(end).await.unwrap();
    let ended = loop {
        match stream.message().await {
            Ok(message) => assert!(message.is_some(), "it ends with a status"),
            Err(status) => break status,
        }
    };
    assert_eq!(Fault::reason_of(&ended), Some(ErrorReason::ResourceNotFound));
}

async fn a_repeated_subscription_is_made_once_and_an_ended_one_is_gone(db: TestDatabase) {
    let served = serve(&db).await;
    let mut office = alerts(&served, "office", "XA");
    let first = subscribe(&mut office, "1", subscription(&[], &["XB"], &[])).await;
    assert_eq!(subscribe(&mut office, "1", subscription(&[], &["XB"], &[])).await, first);
    let request = pb::CreateSubscriptionRequest {
        request_id: "1".into(),
        subscription: Some(subscription(&[], &["XC"], &[])),
        ..Default::default()
    };
    let reused = office.create_subscription(request.clone()).await.unwrap_err();
    assert_eq!(Fault::reason_of(&reused), Some(ErrorReason::RequestIdReused));
    let only = pb::CreateSubscriptionRequest { request_id: "2".into(), validate_only: true, ..request };
    let checked = office.create_subscription(only).await.unwrap().into_inner().subscription.unwrap();
    assert_eq!(checked.name, "", "nothing is called so");
    let end = pb::DeleteSubscriptionRequest { request_id: "3".into(), name: first.clone(), ..Default::default() };
    office.delete_subscription(end.clone()).await.unwrap();
    office.delete_subscription(end).await.unwrap();
    let gone = office.get_subscription(pb::GetSubscriptionRequest { name: first }).await.unwrap_err();
    assert_eq!(Fault::reason_of(&gone), Some(ErrorReason::ResourceNotFound));
    let left = office.list_subscriptions(pb::ListSubscriptionsRequest::default()).await.unwrap().into_inner();
    assert_eq!(left.subscriptions, []);
}

async fn a_new_body_is_announced_to_everybody_since_results_in_its_name_may_be_anywhere(db: TestDatabase) {
    let served = serve(&db).await;
    let mut office = alerts(&served, "office", "XA");
    let narrow = subscription(&[("HS2022", "854143")], &["XB"], &["schemes/aurelian-pv-mark"]);
    let narrow = subscribe(&mut office, "1", narrow).await;
    // Of XC, where results in this name may be of a body of XA.
    let body = pb::CatalogueBody {
        name: "bodies/squatlab".into(),
        display_name: "Of another economy".into(),
        economy: "XC".into(),
        roles: vec![pb::BodyRole::CertificationBody.into()],
        source: Some(common::Source { example: true, ..Default::default() }),
    };
    let mut author = ChangeServiceClient::new(served.channel("author", "XC"));
    let set = author.create_change_set(create("1", vec![upsert(Entry::Body(body))])).await.unwrap().into_inner();
    let name = set.change_set.unwrap().name;
    let proposed = author.propose_change_set(propose(&name)).await.unwrap().into_inner();
    assert!(!proposed.notification_duty.unwrap().required, "no laboratory waits for sixty days");
    let mut other = ChangeServiceClient::new(served.channel("other", "XC"));
    other.review_change_set(review(&name)).await.unwrap();
    other.publish_change_set(publish(&name)).await.unwrap();
    let told = list(&mut office, &narrow).await;
    assert_eq!(kinds(&told), [pb::AlertKind::Published]);
    let to_do = &told[0].items[0].to_do;
    assert!(to_do.contains("Results in the name of bodies/squatlab count as those of XC"), "{to_do}");
}
