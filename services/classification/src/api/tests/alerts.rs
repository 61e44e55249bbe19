use chrono::{Days, TimeDelta};
use greenlane_api::classification::v1 as pb;
use greenlane_api::common::v1::{LocalizedText, Source};
use greenlane_platform::client::Client;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use pb::alert_service_client::AlertServiceClient;
use pb::change::Change as Raw;
use pb::change_service_client::ChangeServiceClient;
use pb::code_system_service_client::CodeSystemServiceClient;
use sha2::{Digest as _, Sha256};

use super::running::{Running, code};
use crate::{Config, Migrator};

engine_tests!(Migrator:
    a_subscriber_is_told_of_codes_and_lists_that_change_once_and_nobody_else_is,
    an_edition_to_come_is_told_when_it_is_notified_when_it_is_published_and_when_its_day_comes,
    what_was_announced_and_does_not_come_is_told_too,
    a_subscription_is_its_owners_alone_and_names_what_is_there,
    a_watch_goes_on_after_any_position_and_ends_with_its_subscription,
);

fn alerts(running: &Running, economy: &str) -> AlertServiceClient<Client> {
    AlertServiceClient::new(running.client_in(economy, "office", &["codes.read"]))
}

fn changes(running: &Running) -> ChangeServiceClient<Client> {
    ChangeServiceClient::new(running.client(&["codes.read", "codes.write", "lists.write"]))
}

fn reviewer(running: &Running) -> ChangeServiceClient<Client> {
    let scopes = ["codes.read", "catalogue.review", "catalogue.publish"];
    ChangeServiceClient::new(running.client_of("reviewer", &scopes))
}

async fn subscribe(
    client: &mut AlertServiceClient<Client>,
    id: &str,
    codes: &[(&str, &str)],
    lists: &[&str],
) -> String {
    let subscription = pb::AlertSubscription {
        title: "Ours".to_owned(),
        codes: codes.iter().filter_map(|(edition, digits)| code(edition, digits)).collect(),
        green_lists: lists.iter().map(|list| (*list).to_owned()).collect(),
        ..Default::default()
    };
    let request = pb::CreateSubscriptionRequest {
        request_id: id.to_owned(),
        subscription: Some(subscription),
        ..Default::default()
    };
    client.create_subscription(request).await.unwrap().into_inner().subscription.unwrap().name
}

async fn list(client: &mut AlertServiceClient<Client>, subscription: &str) -> Vec<pb::Alert> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListAlertsRequest {
            subscription: subscription.to_owned(),
            page_size: 1,
            page_token: token,
            ..Default::default()
        };
        let page = client.list_alerts(request).await.unwrap().into_inner();
        found.extend(page.alerts);
        token = page.next_page_token;
        if token.is_empty() {
            return found;
        }
    }
}

fn kinds(alerts: &[pb::Alert]) -> Vec<pb::AlertKind> {
    alerts.iter().map(pb::Alert::kind).collect()
}

async fn propose(running: &Running, id: &str, made: Vec<Raw>) -> String {
    let change_set = pb::ChangeSet {
        title: format!("Change {id}"),
        changes: made.into_iter().map(|change| pb::Change { change: Some(change) }).collect(),
        ..Default::default()
    };
    let request =
        pb::CreateChangeSetRequest { request_id: id.to_owned(), change_set: Some(change_set), ..Default::default() };
    let name = changes(running).create_change_set(request).await.unwrap().into_inner().change_set.unwrap().name;
    let request =
        pb::ProposeChangeSetRequest { request_id: format!("{id}-p"), name: name.clone(), ..Default::default() };
    changes(running).propose_change_set(request).await.unwrap();
    name
}

async fn notify(running: &Running, name: &str) {
    let request = pb::NotifyChangeSetRequest {
        request_id: format!("n-{}", &name[11..]),
        name: name.to_owned(),
        ..Default::default()
    };
    changes(running).notify_change_set(request).await.unwrap();
}

/// Waits until those concerned were heard, and publishes.
async fn adopt(running: &Running, name: &str) -> u64 {
    let request_id = |step: &str| format!("{step}-{}", &name[11..]);
    let review = pb::ReviewChangeSetRequest {
        request_id: request_id("r"),
        name: name.to_owned(),
        approve: true,
        ..Default::default()
    };
    reviewer(running).review_change_set(review).await.unwrap();
    let publish =
        pb::PublishChangeSetRequest { request_id: request_id("x"), name: name.to_owned(), ..Default::default() };
    reviewer(running).publish_change_set(publish).await.unwrap().into_inner().revision
}

fn entry(digits: &str) -> Raw {
    Raw::PutEntry(pb::GreenListEntry {
        name: format!("greenLists/ours/entries/{digits}"),
        code: code("HS2022", digits),
        ..Default::default()
    })
}

fn our_list() -> Raw {
    Raw::PutGreenList(pb::GreenList {
        name: "greenLists/ours".to_owned(),
        titles: vec![LocalizedText { language: "en".to_owned(), text: "An invented list".to_owned() }],
        edition: "editions/HS2022".to_owned(),
        ..Default::default()
    })
}

/// Receives a file.
async fn import(running: &Running, request: pb::CreateImportRequest, text: &str) -> String {
    let mut systems = CodeSystemServiceClient::new(running.client(&["codes.read", "codes.write", "lists.write"]));
    let request = pb::CreateImportRequest {
        request_id: hex::encode(&Sha256::digest(text)[..8]),
        sha256: hex::encode(Sha256::digest(text)),
        source: Some(Source { uri: "https://example.org/file".to_owned(), ..Source::default() }),
        ..request
    };
    let name = systems.create_import(request).await.unwrap().into_inner().import.unwrap().name;
    let piece =
        pb::UploadImportRequest { name: name.clone(), offset: 0, data: text.as_bytes().to_vec().into(), last: true };
    let mut answers = systems.upload_import(tokio_stream::iter([piece])).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    name
}

async fn a_subscriber_is_told_of_codes_and_lists_that_change_once_and_nobody_else_is(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut office = alerts(&running, "XA");
    let modules = subscribe(&mut office, "1", &[("HS2022", "8541")], &[]).await;
    let in_another_edition = subscribe(&mut office, "2", &[("HS2017", "854140")], &[]).await;
    let turbines = subscribe(&mut office, "3", &[("HS2022", "850231")], &[]).await;
    let name = propose(&running, "list", vec![our_list(), entry("854143")]).await;
    assert_eq!(kinds(&list(&mut office, &modules).await), []);
    let revision = adopt(&running, &name).await;
    let told = list(&mut office, &modules).await;
    assert_eq!(kinds(&told), [pb::AlertKind::Published]);
    assert_eq!((told[0].revision, told[0].change_set.as_str()), (revision, name.as_str()));
    let item = &told[0].items[0];
    assert_eq!(item.entry, "greenLists/ours/entries/854143");
    assert_eq!((item.what.as_str(), item.tightens), ("puts HS2022 854143 on greenLists/ours", false));
    assert_eq!(
        (item.green_list.as_str(), item.codes.as_slice()),
        ("greenLists/ours", &[code("HS2022", "854143").unwrap()][..])
    );
    assert!(item.to_do.starts_with("See whether"), "{item:?}");
    assert_eq!(list(&mut office, &in_another_edition).await, told);
    assert_eq!(list(&mut office, &turbines).await, []);
    let ours = subscribe(&mut office, "4", &[], &["greenLists/ours"]).await;
    assert_eq!(list(&mut office, &ours).await[0].items.len(), 2);

    // Nothing is told of words by which codes are found.
    let terms = pb::CreateImportRequest {
        format: pb::ImportFormat::UkSearchReferences.into(),
        edition: Some(pb::Edition { name: "editions/HS2022".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let words = import(&running, terms, "term,commodity_code\nsun catcher,8541430010\n").await;
    let name = propose(&running, "terms", vec![Raw::PublishImport(words)]).await;
    adopt(&running, &name).await;
    assert_eq!(list(&mut office, &modules).await, told);
    running.end().await;
}

async fn an_edition_to_come_is_told_when_it_is_notified_when_it_is_published_and_when_its_day_comes(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut office = alerts(&running, "XA");
    let modules = subscribe(&mut office, "1", &[("HS2022", "854143")], &[]).await;
    let text = "code,description_en\n85,Electrical\n8541,Semiconductors\n854144,Cells in modules\n";
    let request = pb::CreateImportRequest {
        format: pb::ImportFormat::CodesCsv.into(),
        edition: Some(pb::Edition { name: "editions/HS2028".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let file = import(&running, request, text).await;
    let name = propose(&running, "edition", vec![Raw::PublishImport(file)]).await;
    notify(&running, &name).await;
    let told = list(&mut office, &modules).await;
    assert_eq!(kinds(&told), [pb::AlertKind::Notified]);
    // The edition before it ends on the day before.
    let items: Vec<_> = told[0].items.iter().map(|item| (item.entry.as_str(), item.from.as_str())).collect();
    assert_eq!(items, [("editions/HS2022", "2028-01-01"), ("editions/HS2028", "2028-01-01")]);
    assert_eq!(told[0].items[0].what, "has editions/HS2022 in force until 2027-12-31");
    let item = &told[0].items[1];
    assert!(item.what.starts_with("adds editions/HS2028"), "{item:?}");
    assert_eq!(item.code_systems, ["codeSystems/hs"]);
    assert!(told[0].comments_until.starts_with("2026-0") && item.to_do.contains(&told[0].comments_until), "{item:?}");
    running.clock.advance(TimeDelta::days(70));
    let mut office = alerts(&running, "XA");
    adopt(&running, &name).await;
    let told = list(&mut office, &modules).await;
    assert_eq!(kinds(&told), [pb::AlertKind::Notified, pb::AlertKind::Published]);
    assert_eq!(told[1].items[1].entry, "editions/HS2028");

    // What of it changes afterwards is told code by code.
    let text = "code,description_en\n85,Electrical\n8541,Semiconductors of all kinds\n854145,Cells\n";
    let request = pb::CreateImportRequest {
        format: pb::ImportFormat::CodesCsv.into(),
        edition: Some(pb::Edition { name: "editions/HS2028".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let all = subscribe(&mut office, "2", &[], &[]).await;
    let file = import(&running, request, text).await;
    let name = propose(&running, "again", vec![Raw::PublishImport(file)]).await;
    // It takes a code away, and so is open for comments first.
    notify(&running, &name).await;
    running.clock.advance(TimeDelta::days(70));
    let mut office = alerts(&running, "XA");
    adopt(&running, &name).await;
    let told = list(&mut office, &all).await;
    assert_eq!(kinds(&told)[2..], [pb::AlertKind::Notified, pb::AlertKind::Published]);
    let items: Vec<_> = told[3].items.iter().map(|item| (item.entry.as_str(), item.tightens)).collect();
    assert_eq!(
        items,
        [
            ("editions/HS2028/codes/8541", false),
            ("editions/HS2028/codes/854144", true),
            ("editions/HS2028/codes/854145", false)
        ]
    );
    let days = chrono::NaiveDate::from_ymd_opt(2028, 1, 1).unwrap() - running.clock.today();
    running.clock.advance(days - TimeDelta::days(92));
    let mut office = alerts(&running, "XA");
    assert_eq!(list(&mut office, &modules).await.iter().filter(|it| it.kind() == pb::AlertKind::Due).count(), 0);
    running.clock.advance(TimeDelta::days(2));
    let mut office = alerts(&running, "XA");
    let due = |told: Vec<pb::Alert>| -> Vec<pb::Alert> {
        told.into_iter().filter(|alert| alert.kind() == pb::AlertKind::Due).collect()
    };
    let told = due(list(&mut office, &modules).await);
    let items: Vec<_> =
        told.iter().map(|alert| (alert.items[0].entry.as_str(), alert.items[0].what.as_str())).collect();
    assert_eq!(items, [("editions/HS2022", "is no longer in force"), ("editions/HS2028", "comes into force")]);
    // Another replica, and the days after: it stays one.
    let other = Running::start(&db).await;
    other.clock.advance(running.clock.now() + TimeDelta::days(1) - other.clock.now());
    assert_eq!(due(list(&mut alerts(&other, "XA"), &modules).await), told);
    other.end().await;
    running.end().await;
}

async fn what_was_announced_and_does_not_come_is_told_too(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut office = alerts(&running, "XA");
    let all = subscribe(&mut office, "1", &[], &["greenLists/apec-54"]).await;
    let retire = || vec![Raw::RetireGreenList("greenLists/apec-54".to_owned())];
    let withdraw = |name: &str| pb::WithdrawChangeSetRequest {
        request_id: format!("w-{}", &name[11..]),
        name: name.to_owned(),
        comment: "A mistake.".to_owned(),
        ..Default::default()
    };
    // Nobody was told of what was only proposed.
    let silent = propose(&running, "silent", retire()).await;
    changes(&running).withdraw_change_set(withdraw(&silent)).await.unwrap();
    let name = propose(&running, "loud", retire()).await;
    notify(&running, &name).await;
    let longer = pb::NotifyChangeSetRequest {
        request_id: "longer".to_owned(),
        name: name.clone(),
        comments_until: (running.clock.today() + Days::new(90)).to_string(),
        ..Default::default()
    };
    changes(&running).notify_change_set(longer).await.unwrap();
    changes(&running).withdraw_change_set(withdraw(&name)).await.unwrap();
    let told = list(&mut office, &all).await;
    assert_eq!(kinds(&told), [pb::AlertKind::Notified, pb::AlertKind::Extended, pb::AlertKind::NotAdopted]);
    assert!(told[0].items[0].tightens && !told[0].items[0].codes.is_empty(), "{told:?}");
    assert_eq!(told[2].items[0].to_do, "Nothing: what was announced does not come.");
    running.end().await;
}

async fn a_subscription_is_its_owners_alone_and_names_what_is_there(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut office = alerts(&running, "XA");
    let name = subscribe(&mut office, "1", &[("HS2022", "8541.43")], &["greenLists/apec-54"]).await;
    let get = pb::GetSubscriptionRequest { name: name.clone() };
    let found = office.get_subscription(get.clone()).await.unwrap().into_inner().subscription.unwrap();
    assert_eq!(
        (found.codes, found.green_lists),
        (vec![code("HS2022", "854143").unwrap()], vec!["greenLists/apec-54".to_owned()])
    );
    let mut stranger = alerts(&running, "XB");
    let refused = [
        stranger.get_subscription(get).await.err(),
        stranger.list_alerts(pb::ListAlertsRequest { subscription: name.clone(), ..Default::default() }).await.err(),
        stranger.watch_alerts(pb::WatchAlertsRequest { subscription: name.clone(), after_position: 0 }).await.err(),
    ];
    for refused in refused {
        assert_eq!(refused.as_ref().and_then(Fault::reason_of), Some(ErrorReason::NotYours));
    }
    let subscription = pb::AlertSubscription {
        codes: [code("HS2022", "854199"), code("HS1900", "85")].into_iter().flatten().collect(),
        green_lists: vec!["greenLists/none".to_owned()],
        economies: vec!["x".to_owned()],
        ..Default::default()
    };
    let request = pb::CreateSubscriptionRequest {
        request_id: "2".to_owned(),
        subscription: Some(subscription),
        ..Default::default()
    };
    let refused = office.create_subscription(request).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|it| it.field).collect();
    let expected = ["codes[0]", "codes[1]", "green_lists[0]", "economies[0]"].map(|it| format!("subscription.{it}"));
    assert_eq!(fields, expected);
    running.end().await;
}

async fn a_watch_goes_on_after_any_position_and_ends_with_its_subscription(db: TestDatabase) {
    let config = Config {
        poll_interval_ms: 20,
        revision_wait_ms: 50,
        bookmark_interval_ms: 50,
        store: db.config(),
        ..Config::default()
    };
    let running = Running::with(config).await;
    let mut office = alerts(&running, "XA");
    let name = subscribe(&mut office, "1", &[], &[]).await;
    let watch = |after_position| pb::WatchAlertsRequest { subscription: name.clone(), after_position };
    let mut stream = office.watch_alerts(watch(0)).await.unwrap().into_inner();
    for (id, made) in [("one", vec![our_list()]), ("two", vec![entry("854143")]), ("three", vec![entry("850231")])] {
        let change_set = propose(&running, id, made).await;
        adopt(&running, &change_set).await;
    }
    let mut seen: Vec<pb::Alert> = Vec::new();
    while seen.len() < 3 {
        let message = stream.message().await.unwrap().unwrap();
        assert_eq!(message.bookmark, message.alert.is_none());
        seen.extend(message.alert);
    }
    assert_eq!(list(&mut office, &name).await, seen);
    let mut resumed = office.watch_alerts(watch(seen[1].position)).await.unwrap().into_inner();
    assert_eq!(resumed.message().await.unwrap().unwrap().alert.as_ref(), Some(&seen[2]));
    let end = pb::DeleteSubscriptionRequest { request_id: "end".to_owned(), name: name.clone(), ..Default::default() };
    office.delete_subscription(end).await.unwrap();
    let ended = loop {
        match stream.message().await {
            Ok(message) => assert!(message.is_some(), "it ends with a status"),
            Err(status) => break status,
        }
    };
    assert_eq!(Fault::reason_of(&ended), Some(ErrorReason::ResourceNotFound));
    running.end().await;
}
