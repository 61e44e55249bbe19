use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::TestDatabase;
use pb::catalogue_entry::Entry;
use pb::change_service_client::ChangeServiceClient;

use super::changes::{create, draft, hear, propose, publish, review, tighten, tightened, upsert};
use super::harness::{Served, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    what_tightens_access_waits_for_sixty_days_of_comments,
    the_urgent_track_shortens_the_clock_with_its_reason_for_what_tightens_nothing,
    a_notification_is_of_the_economies_whose_requirements_change_where_the_token_names_none,
    comments_are_taken_from_everybody_while_the_clock_runs_and_kept_in_order,
    a_draft_is_updated_by_its_author_field_by_field,
    a_withdrawn_change_set_goes_no_further,
    a_published_change_is_shown_entry_by_entry_and_undone_by_another,
    an_urgent_revert_has_the_urgent_track_and_it_too_shortens_nothing_that_tightens,
    a_body_that_was_added_by_mistake_is_taken_back_as_fast_as_it_came_for_sixty_days,
    what_changed_again_since_is_not_undone_over,
    what_was_written_upon_an_entry_that_has_changed_since_is_neither_approved_nor_published,
);

pub(super) fn notify(name: &str, until: &str) -> pb::NotifyChangeSetRequest {
    pb::NotifyChangeSetRequest {
        request_id: format!("notify-{until}"),
        name: name.into(),
        comments_until: until.into(),
        ..Default::default()
    }
}

fn withdraw(name: &str) -> pb::WithdrawChangeSetRequest {
    pb::WithdrawChangeSetRequest {
        request_id: "withdraw".into(),
        name: name.into(),
        comment: "A mistake.".into(),
        ..Default::default()
    }
}

/// A mapping that nobody had: it tightens nothing.
pub(super) fn mapping(deviation: &str) -> pb::Change {
    let deviation = pb::Deviation { description: deviation.into(), ..Default::default() };
    upsert(Entry::Equivalence(pb::Equivalence {
        name: "equivalences/example".into(),
        from: Some(pb::CertifiableTarget { name: "standards/iec-61215-1-2021".into(), level: String::new() }),
        to: Some(pb::CertifiableTarget { name: "standards/iec-61730-1-2016".into(), level: String::new() }),
        degree: pb::EquivalenceDegree::Modified.into(),
        deviations: vec![deviation],
        validity: Some(pb::Validity { from: "2026-01-01".into(), until: String::new() }),
        source: Some(common::Source { example: true, ..Default::default() }),
        ..Default::default()
    }))
}

async fn drafted(served: &Served, request: pb::CreateChangeSetRequest) -> String {
    served.changes("author").create_change_set(request).await.unwrap().into_inner().change_set.unwrap().name
}

pub(super) async fn proposed(served: &Served, request: pb::CreateChangeSetRequest) -> String {
    let name = drafted(served, request).await;
    served.changes("author").propose_change_set(with_id(propose(&name), &name)).await.unwrap();
    name
}

/// A request id of its own for each change set.
fn with_id(mut request: pb::ProposeChangeSetRequest, name: &str) -> pb::ProposeChangeSetRequest {
    request.request_id = name.replace('/', ".");
    request
}

pub(super) async fn published(served: &Served, name: &str) -> u64 {
    let mut reviewer = served.changes("reviewer");
    let id = name.replace('/', ".");
    reviewer.review_change_set(pb::ReviewChangeSetRequest { request_id: id.clone(), ..review(name) }).await.unwrap();
    let request = pb::PublishChangeSetRequest { request_id: id, ..publish(name) };
    reviewer.publish_change_set(request).await.unwrap().into_inner().revision
}

fn reason<T>(result: Result<T, tonic::Status>) -> Option<ErrorReason> {
    result.err().as_ref().and_then(Fault::reason_of)
}

async fn what_tightens_access_waits_for_sixty_days_of_comments(db: TestDatabase) {
    let served = serve(&db).await;
    let mut request = tighten("create");
    request.change_set.as_mut().unwrap().urgency_reason = "A shortage.".into();
    let name = proposed(&served, request).await;
    let (mut author, mut reviewer) = (served.changes("author"), served.changes("reviewer"));
    let validated = author.validate_change_set(pb::ValidateChangeSetRequest { name: name.clone() }).await.unwrap();
    let tightening = validated.into_inner().tightening;
    assert_eq!(tightening.len(), 1);
    assert_eq!(tightening[0].entry, "requirements/xb-pv-qualification");

    let unheard = reviewer.review_change_set(review(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&unheard), Some(ErrorReason::StateConflict));
    assert!(unheard.message().contains("has not been notified"), "{unheard}");
    let today = served.clock.today();
    let day = |days| (today + chrono::Days::new(days)).to_string();
    let short = author.notify_change_set(notify(&name, &day(59))).await.unwrap_err();
    assert_eq!(Fault::violations_of(&short)[0].field, "comments_until");
    assert!(short.message().contains("tightens access"), "{short}");

    let notified = author.notify_change_set(notify(&name, "")).await.unwrap().into_inner().change_set.unwrap();
    assert_eq!(notified.state(), pb::ChangeSetState::Notified);
    let notification = notified.notification.unwrap();
    assert_eq!((notification.symbol.as_str(), notification.comments_until), ("GL/N/XB/1", day(60)));
    // A mandatory requirement on a standard, urgent.
    assert_eq!(notification.articles, ["2.10"]);
    let tightens = format!("requirements/xb-pv-qualification {}", tightening[0].what);
    let parts =
        ["Products covered: HS2022 854143", "A shortage.", "changes requirements/xb-pv-qualification", &tightens];
    for part in parts {
        assert!(notification.text.contains(part), "{part} is not in:\n{}", notification.text);
    }
    served.clock.advance(chrono::TimeDelta::days(60));
    let early = reviewer.review_change_set(review(&name)).await.unwrap_err();
    assert!(early.message().contains("comments are taken until"), "{early}");
    served.clock.advance(chrono::TimeDelta::days(1));
    assert_eq!(published(&served, &name).await, 2);
    let kept = author.get_change_set(pb::GetChangeSetRequest { name }).await.unwrap().into_inner();
    let addenda = kept.change_set.unwrap().notification.unwrap().addenda;
    assert_eq!(addenda.len(), 1);
    assert_eq!(addenda[0].symbol, "GL/N/XB/1/Add.1");
}

async fn a_notification_is_of_the_economies_whose_requirements_change_where_the_token_names_none(db: TestDatabase) {
    let served = serve(&db).await;
    let token = greenlane_platform::auth::issuer::TokenRequest::new("admin", ["admin"]);
    let mut admin = ChangeServiceClient::new(served.channel_with(token));
    let mut notified = async |id: &str, changes: Vec<pb::Change>| {
        let name = admin.create_change_set(create(id, changes)).await.unwrap().into_inner().change_set.unwrap().name;
        admin.propose_change_set(with_id(propose(&name), &name)).await.unwrap();
        let request = pb::NotifyChangeSetRequest { request_id: format!("notify-{id}"), ..notify(&name, "") };
        let answer = admin.notify_change_set(request).await.unwrap().into_inner();
        let notification = answer.change_set.unwrap().notification.unwrap();
        let by = notification.text.lines().find_map(|line| line.strip_prefix("1. Notifying economy: ")).unwrap();
        (notification.symbol.clone(), by.to_owned())
    };
    let of = |market: &str| {
        let name = format!("requirements/{}-new", market.to_lowercase());
        upsert(Entry::Requirement(pb::Requirement { name, market: market.into(), ..tightened() }))
    };
    let told = |symbol: &str, by: &str| (symbol.to_owned(), by.to_owned());
    assert_eq!(notified("one", vec![of("XC"), mapping("a")]).await, told("GL/N/XC/1", "XC"));
    assert_eq!(notified("two", vec![of("XC"), of("XB")]).await, told("GL/N/1", "XB, XC"));
    assert_eq!(notified("none", vec![mapping("a")]).await, told("GL/N/2", "none named"));
}

async fn the_urgent_track_shortens_the_clock_with_its_reason_for_what_tightens_nothing(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let ten_days = (served.clock.today() + chrono::Days::new(10)).to_string();
    let ordinary = proposed(&served, create("one", vec![mapping("a")])).await;
    let refused = author.notify_change_set(notify(&ordinary, &ten_days)).await.unwrap_err();
    assert!(refused.message().contains("urgent track"), "{refused}");
    let mut request = create("two", vec![mapping("a")]);
    request.change_set.as_mut().unwrap().urgency_reason = "A shortage.".into();
    let urgent = proposed(&served, request).await;
    let notified = author.notify_change_set(notify(&urgent, &ten_days)).await.unwrap().into_inner();
    let notification = notified.change_set.unwrap().notification.unwrap();
    assert_eq!(notification.comments_until, ten_days);
    assert_eq!(notification.articles, ["10.7"]);
    // The period is extended by an addendum to the same symbol, and never shortened.
    let later = (served.clock.today() + chrono::Days::new(90)).to_string();
    let extended = author.notify_change_set(notify(&urgent, &later)).await.unwrap().into_inner();
    let extended = extended.change_set.unwrap().notification.unwrap();
    assert_eq!((extended.symbol, extended.comments_until), (notification.symbol.clone(), later));
    assert_eq!(extended.addenda[0].symbol, format!("{}/Add.1", notification.symbol));
    let shorter = (served.clock.today() + chrono::Days::new(80)).to_string();
    let shorter = author.notify_change_set(notify(&urgent, &shorter)).await.unwrap_err();
    let violation = &Fault::violations_of(&shorter)[0];
    assert_eq!(violation.field, "comments_until");
    assert!(violation.description.ends_with("the comment period cannot be shortened"), "{violation:?}");
}

async fn comments_are_taken_from_everybody_while_the_clock_runs_and_kept_in_order(db: TestDatabase) {
    let served = serve(&db).await;
    let name = proposed(&served, create("one", vec![mapping("a")])).await;
    let mut stranger = ChangeServiceClient::new(served.channel("somebody", "XC"));
    let comment = |id: &str, text: &str| pb::CommentOnChangeSetRequest {
        request_id: id.into(),
        name: name.clone(),
        text: text.into(),
        ..Default::default()
    };
    assert_eq!(reason(stranger.comment_on_change_set(comment("early", "x")).await), Some(ErrorReason::StateConflict));
    served.changes("author").notify_change_set(notify(&name, "")).await.unwrap();
    let made = stranger.comment_on_change_set(comment("1", "First.")).await.unwrap().into_inner().comment.unwrap();
    assert_eq!((made.author.as_str(), made.economy.as_str()), ("somebody", "XC"));
    let again = stranger.comment_on_change_set(comment("1", "First.")).await.unwrap().into_inner().comment.unwrap();
    assert_eq!(again, made);
    let only = pb::CommentOnChangeSetRequest { validate_only: true, ..comment("2", "Only checked.") };
    stranger.comment_on_change_set(only).await.unwrap();
    for number in 2..5 {
        served.clock.advance(chrono::TimeDelta::seconds(1));
        stranger.comment_on_change_set(comment(&number.to_string(), &format!("Number {number}."))).await.unwrap();
    }
    let empty = stranger.comment_on_change_set(comment("5", " ")).await.unwrap_err();
    assert_eq!(Fault::violations_of(&empty)[0].field, "text");

    let mut texts = Vec::new();
    let mut request = pb::ListChangeCommentsRequest { name: name.clone(), page_size: 3, ..Default::default() };
    loop {
        let page = stranger.list_change_comments(request.clone()).await.unwrap().into_inner();
        texts.extend(page.comments.into_iter().map(|comment| comment.text));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(texts, ["First.", "Number 2.", "Number 3.", "Number 4."]);
    served.clock.advance(chrono::TimeDelta::days(61));
    let late = stranger.comment_on_change_set(comment("late", "x")).await.unwrap_err();
    assert!(late.message().contains("were taken until"), "{late}");
}

async fn a_draft_is_updated_by_its_author_field_by_field(db: TestDatabase) {
    let served = serve(&db).await;
    let name = drafted(&served, create("one", vec![mapping("a")])).await;
    let mut author = served.changes("author");
    let update = |id: &str, etag: &str, paths: &[&str]| pb::UpdateChangeSetRequest {
        request_id: id.into(),
        change_set: Some(pb::ChangeSet {
            name: name.clone(),
            title: "New".into(),
            changes: vec![mapping("b")],
            etag: etag.into(),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }),
        ..Default::default()
    };
    let wrong = author.update_change_set(update("1", "", &["title", "state", "author"])).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&wrong).into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["update_mask.paths[1]", "update_mask.paths[2]"]);
    let none = author.update_change_set(update("1", "", &[])).await.unwrap_err();
    assert_eq!(Fault::violations_of(&none)[0].field, "update_mask");
    let other = served.changes("reviewer").update_change_set(update("1", "", &["title"])).await;
    assert_eq!(reason(other), Some(ErrorReason::NotYours));

    let titled = author.update_change_set(update("1", "v1", &["title"])).await.unwrap().into_inner();
    let titled = titled.change_set.unwrap();
    assert_eq!((titled.title.as_str(), titled.changes.as_slice()), ("New", &[mapping("a")][..]));
    let stale = author.update_change_set(update("2", "v1", &["changes"])).await;
    assert_eq!(reason(stale), Some(ErrorReason::EtagMismatch));
    author.update_change_set(update("2", "v2", &["changes"])).await.unwrap();
    let get = pb::GetChangeSetRequest { name: name.clone() };
    let now = author.get_change_set(get).await.unwrap().into_inner().change_set.unwrap();
    assert_eq!((now.etag.as_str(), now.changes.as_slice()), ("v3", &[mapping("b")][..]));
    author.propose_change_set(propose(&name)).await.unwrap();
    let late = author.update_change_set(update("3", "", &["title"])).await;
    assert_eq!(reason(late), Some(ErrorReason::StateConflict));
    // Nor may a draft be turned into what belongs to others.
    let foreign = drafted(&served, create("foreign", vec![mapping("a")])).await;
    let mut moved = tightened();
    moved.market = "XC".into();
    let mut request = update("4", "", &["changes"]);
    let change_set = request.change_set.as_mut().unwrap();
    (change_set.name, change_set.changes) = (foreign, vec![upsert(Entry::Requirement(moved))]);
    assert_eq!(reason(author.update_change_set(request).await), Some(ErrorReason::NotYours));
}

async fn a_withdrawn_change_set_goes_no_further(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let name = draft(&mut author).await;
    author.propose_change_set(propose(&name)).await.unwrap();
    hear(&served, &name).await;
    let other = served.changes("reviewer").withdraw_change_set(withdraw(&name)).await;
    assert_eq!(reason(other), Some(ErrorReason::NotYours));
    let withdrawn = author.withdraw_change_set(withdraw(&name)).await.unwrap().into_inner().change_set.unwrap();
    assert_eq!(withdrawn.state(), pb::ChangeSetState::Withdrawn);
    assert_eq!(withdrawn.withdrawal_reason, "A mistake.");
    assert!(withdrawn.notification.unwrap().addenda[0].text.contains("withdrawn. A mistake."));
    let after = served.changes("reviewer").review_change_set(review(&name)).await;
    assert_eq!(reason(after), Some(ErrorReason::StateConflict));
}

async fn a_published_change_is_shown_entry_by_entry_and_undone_by_another(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let retire = pb::Change { change: Some(pb::change::Change::Retire("equivalences/example".into())) };
    let first = proposed(&served, create("one", vec![mapping("a")])).await;
    let revert = |name: &str, id: &str| pb::RevertChangeSetRequest {
        request_id: id.into(),
        name: name.into(),
        reason: "It was wrong.".into(),
        ..Default::default()
    };
    assert_eq!(reason(author.revert_change_set(revert(&first, "early")).await), Some(ErrorReason::StateConflict));
    let diff = |name: &str| pb::DiffChangeSetRequest { name: name.into(), ..Default::default() };
    let before = author.diff_change_set(diff(&first)).await.unwrap().into_inner();
    assert_eq!(published(&served, &first).await, 2);
    // What a change set did stays what it did.
    let after = author.diff_change_set(diff(&first)).await.unwrap().into_inner();
    assert_eq!((before.diffs.clone(), before.revision), (after.diffs, after.revision));
    assert_eq!((before.diffs[0].entry.as_str(), before.diffs[0].before_json.as_str()), ("equivalences/example", ""));
    assert!(before.diffs[0].after_json.starts_with(r#"{"equivalence":{"degree":"#), "{:?}", before.diffs);

    let undone = author.revert_change_set(revert(&first, "undo")).await.unwrap().into_inner().change_set.unwrap();
    assert_eq!((undone.reverts.as_str(), undone.title.as_str()), (first.as_str(), "Revert: Own bodies only"));
    assert_eq!((undone.state(), undone.changes.as_slice()), (pb::ChangeSetState::Draft, &[retire][..]));
    author.propose_change_set(with_id(propose(&undone.name), &undone.name)).await.unwrap();
    // To take a route away again tightens.
    hear(&served, &undone.name).await;
    assert_eq!(published(&served, &undone.name).await, 3);
    let gone = pb::GetEquivalenceRequest { name: "equivalences/example".into(), ..Default::default() };
    let mut equivalences = pb::equivalence_service_client::EquivalenceServiceClient::new(served.channel("r", "XB"));
    assert_eq!(reason(equivalences.get_equivalence(gone).await), Some(ErrorReason::ResourceNotFound));
}

async fn an_urgent_revert_has_the_urgent_track_and_it_too_shortens_nothing_that_tightens(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let revert = |name: &str, id: &str, urgency: &str| pb::RevertChangeSetRequest {
        request_id: id.into(),
        name: name.into(),
        reason: "It was wrong.".into(),
        urgency_reason: urgency.into(),
        ..Default::default()
    };
    // To undo what tightened access gives it back, and may be quick.
    let narrowed = proposed(&served, tighten("narrow")).await;
    hear(&served, &narrowed).await;
    published(&served, &narrowed).await;
    let ten_days = |served: &Served| (served.clock.today() + chrono::Days::new(10)).to_string();
    for (id, urgency) in [("calm", ""), ("urgent", "A shortage.")] {
        let undone = author.revert_change_set(revert(&narrowed, id, urgency)).await.unwrap().into_inner();
        let undone = undone.change_set.unwrap();
        assert_eq!(undone.urgency_reason, urgency);
        author.propose_change_set(with_id(propose(&undone.name), &undone.name)).await.unwrap();
        let mut request = notify(&undone.name, &ten_days(&served));
        request.request_id = id.into();
        let notified = author.notify_change_set(request).await;
        match urgency {
            "" => assert!(notified.unwrap_err().message().contains("urgent track")),
            _ => {
                let notification = notified.unwrap().into_inner().change_set.unwrap().notification.unwrap();
                assert_eq!(notification.comments_until, ten_days(&served));
                assert!(notification.articles.contains(&"2.10".to_owned()), "{notification:?}");
            }
        }
    }
    // To undo what opened access takes it, and is as slow as ever.
    let opened = proposed(&served, create("open", vec![mapping("a")])).await;
    published(&served, &opened).await;
    let undone = author.revert_change_set(revert(&opened, "undo", "A shortage.")).await.unwrap().into_inner();
    let undone = undone.change_set.unwrap().name;
    author.propose_change_set(with_id(propose(&undone), &undone)).await.unwrap();
    let short = author.notify_change_set(notify(&undone, &ten_days(&served))).await.unwrap_err();
    assert!(short.message().contains("tightens access"), "{short}");
    let long = "x".repeat(20_001);
    let refused = author.revert_change_set(revert(&opened, "long", &long)).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "urgency_reason");
}

async fn a_body_that_was_added_by_mistake_is_taken_back_as_fast_as_it_came_for_sixty_days(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let body = |id: &str, title: &str| {
        upsert(Entry::Body(pb::CatalogueBody {
            name: format!("bodies/{id}"),
            display_name: title.into(),
            economy: "XB".into(),
            source: Some(common::Source { example: true, ..Default::default() }),
            ..Default::default()
        }))
    };
    let added = ["lab-of-xa", "kept", "late"].map(|id| body(id, "Lab")).into();
    let added = proposed(&served, create("add", added)).await;
    published(&served, &added).await;
    let changed = proposed(&served, create("change", vec![body("kept", "Laboratory")])).await;
    published(&served, &changed).await;
    let retires = async |economy: &str, id: &str, name: &str| {
        let retire = pb::Change { change: Some(pb::change::Change::Retire(name.into())) };
        let mut author = ChangeServiceClient::new(served.channel("author", economy));
        let drafted = author.create_change_set(create(id, vec![retire])).await.unwrap().into_inner();
        (!drafted.tightening.is_empty(), drafted.change_set.unwrap().name)
    };
    assert!(retires("XB", "kept", "bodies/kept").await.0, "it was changed since");
    assert!(retires("XA", "old", "bodies/meridian-cert").await.0, "the catalogue began with it");
    served.clock.advance(chrono::TimeDelta::days(60));
    let (tightens, undone) = retires("XB", "undo", "bodies/lab-of-xa").await;
    assert!(!tightens);
    author.propose_change_set(with_id(propose(&undone), &undone)).await.unwrap();
    published(&served, &undone).await;
    let again = proposed(&served, create("again", vec![body("lab-of-xa", "Lab")])).await;
    published(&served, &again).await;
    assert!(retires("XB", "undo-again", "bodies/lab-of-xa").await.0, "it was there before");
    assert!(!retires("XB", "late", "bodies/late").await.0);
    served.clock.advance(chrono::TimeDelta::days(1));
    assert!(retires("XB", "later", "bodies/late").await.0);
}

async fn what_changed_again_since_is_not_undone_over(db: TestDatabase) {
    let served = serve(&db).await;
    let first = proposed(&served, create("one", vec![mapping("a"), upsert(Entry::Standard(standard("First")))])).await;
    published(&served, &first).await;
    let second = proposed(&served, create("two", vec![upsert(Entry::Standard(standard("Second")))])).await;
    published(&served, &second).await;
    let request = pb::RevertChangeSetRequest {
        request_id: "undo".into(),
        name: first,
        reason: "It was wrong.".into(),
        ..Default::default()
    };
    let refused = served.changes("author").revert_change_set(request.clone()).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    assert!(refused.message().contains("standards/es-1-2026"), "{refused}");
    assert!(!refused.message().contains("equivalences/example"), "{refused}");
    let later = pb::RevertChangeSetRequest { name: second, ..request };
    let undone = served.changes("author").revert_change_set(later).await.unwrap().into_inner();
    assert_eq!(undone.change_set.unwrap().changes, [upsert(Entry::Standard(standard("First")))]);
}

fn standard(title: &str) -> pb::StandardEdition {
    pb::StandardEdition {
        name: "standards/es-1-2026".into(),
        designation: "ES 1:2026".into(),
        publisher: "Example".into(),
        title: title.into(),
        source: Some(common::Source { example: true, ..Default::default() }),
        ..Default::default()
    }
}

async fn what_was_written_upon_an_entry_that_has_changed_since_is_neither_approved_nor_published(db: TestDatabase) {
    let served = serve(&db).await;
    let mut reviewer = served.changes("reviewer");
    let approved = proposed(&served, create("one", vec![mapping("a")])).await;
    reviewer.review_change_set(review(&approved)).await.unwrap();
    let waiting = proposed(&served, create("two", vec![mapping("b")])).await;
    let between = proposed(&served, create("three", vec![mapping("c")])).await;
    assert_eq!(published(&served, &between).await, 2);

    let unseen = reviewer.publish_change_set(publish(&approved)).await.unwrap_err();
    let id = "later".to_owned();
    let unread = reviewer.review_change_set(pb::ReviewChangeSetRequest { request_id: id, ..review(&waiting) }).await;
    for refused in [unseen, unread.unwrap_err()] {
        let violations = Fault::violations_of(&refused);
        assert_eq!(violations[0].field, "changes[0]", "{refused}");
        assert!(violations[0].description.contains("has changed since revision 1"), "{refused}");
    }
    let mut author = served.changes("author");
    let validated = author.validate_change_set(pb::ValidateChangeSetRequest { name: waiting }).await.unwrap();
    let findings = validated.into_inner().findings;
    assert_eq!(
        findings.iter().map(|it| (it.code.as_str(), it.blocking)).collect::<Vec<_>>(),
        [("entry_changed", true)]
    );

    // A draft is written anew, and what is the same by now undoes nothing.
    let drafted = drafted(&served, create("four", vec![mapping("d")])).await;
    let same = proposed(&served, create("five", vec![mapping("e")])).await;
    let as_it_becomes = proposed(&served, create("six", vec![mapping("e")])).await;
    assert_eq!(published(&served, &same).await, 3);
    assert_eq!(published(&served, &as_it_becomes).await, 4);
    let stale = author.propose_change_set(with_id(propose(&drafted), &drafted)).await.unwrap_err();
    assert_eq!(Fault::violations_of(&stale)[0].field, "changes[0]", "{stale}");
    let anew = pb::UpdateChangeSetRequest {
        request_id: "anew".into(),
        change_set: Some(pb::ChangeSet { name: drafted.clone(), changes: vec![mapping("d")], ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["changes".into()] }),
        ..Default::default()
    };
    author.update_change_set(anew).await.unwrap();
    let again = pb::ProposeChangeSetRequest { request_id: "again".into(), ..propose(&drafted) };
    author.propose_change_set(again).await.unwrap();
    assert_eq!(published(&served, &drafted).await, 5);
}
