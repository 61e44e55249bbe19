use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::auth::issuer::TokenRequest;
use greenlane_platform::client::Client;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::TestDatabase;
use pb::change_service_client::ChangeServiceClient;
use prost::Message;

use super::harness::{Served, at_least, exactly, question, serve, serve_patiently};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    a_change_goes_from_draft_to_one_revision_and_earlier_ones_stay_as_they_were,
    nobody_reviews_or_publishes_their_own_change,
    a_change_with_faults_is_refused_with_all_of_them,
    codes_that_do_not_exist_are_named_wherever_a_change_brings_them_in,
    codes_of_which_nobody_can_tell_are_said_and_stand_in_the_way_of_nothing,
    a_repeated_request_is_done_once,
    what_was_answered_for_one_economy_is_not_answered_again_for_another,
    validation_only_writes_nothing,
    an_administrator_changes_its_own_economys_entries_only,
    an_annex_is_its_parties_own_and_a_designation_its_authoritys,
    every_entry_that_a_token_is_not_good_for_is_named_with_its_owners_and_nobody_is_sent_round_in_circles,
);

/// XB, which accepted bodies of XA and of itself, is to accept its own only.
pub(super) fn tightened() -> pb::Requirement {
    pb::Requirement {
        name: "requirements/xb-pv-qualification".into(),
        market: "XB".into(),
        title: "Design qualification of photovoltaic modules (invented)".into(),
        mandatory: true,
        codes: vec![pb::CodeScope {
            code: Some(common::CodeReference { edition: "HS2022".into(), code: "854143".into() }),
            ..Default::default()
        }],
        acceptances: vec![pb::Acceptance {
            target: Some(pb::CertifiableTarget { name: "standards/iec-61215-1-2021".into(), level: String::new() }),
            bodies: Some(pb::BodyRule { economies: vec!["XB".into()], ..Default::default() }),
            ..Default::default()
        }],
        validity: Some(pb::Validity { from: "2022-01-01".into(), until: String::new() }),
        source: Some(common::Source { example: true, ..Default::default() }),
        ..Default::default()
    }
}

pub(super) fn upsert(entry: pb::catalogue_entry::Entry) -> pb::Change {
    let entry = pb::CatalogueEntry { entry: Some(entry) };
    pb::Change { change: Some(pb::change::Change::Upsert(entry)) }
}

pub(super) fn create(request_id: &str, changes: Vec<pb::Change>) -> pb::CreateChangeSetRequest {
    pb::CreateChangeSetRequest {
        request_id: request_id.into(),
        validate_only: false,
        change_set: Some(pb::ChangeSet { title: "Own bodies only".into(), changes, ..Default::default() }),
    }
}

pub(super) fn tighten(request_id: &str) -> pb::CreateChangeSetRequest {
    create(request_id, vec![upsert(pb::catalogue_entry::Entry::Requirement(tightened()))])
}

pub(super) fn propose(name: &str) -> pb::ProposeChangeSetRequest {
    pb::ProposeChangeSetRequest { request_id: "propose".into(), name: name.into(), ..Default::default() }
}

pub(super) fn review(name: &str) -> pb::ReviewChangeSetRequest {
    pb::ReviewChangeSetRequest { request_id: "review".into(), name: name.into(), approve: true, ..Default::default() }
}

pub(super) fn publish(name: &str) -> pb::PublishChangeSetRequest {
    pb::PublishChangeSetRequest { request_id: "publish".into(), name: name.into(), ..Default::default() }
}

pub(super) async fn draft(author: &mut ChangeServiceClient<Client>) -> String {
    author.create_change_set(tighten("create")).await.unwrap().into_inner().change_set.unwrap().name
}

/// Notifies a change set and lets the time for comments pass.
pub(super) async fn hear(served: &Served, name: &str) {
    let request = pb::NotifyChangeSetRequest { request_id: "notify".into(), name: name.into(), ..Default::default() };
    served.changes("author").notify_change_set(request).await.unwrap();
    served.clock.advance(chrono::TimeDelta::days(61));
}

async fn decide(served: &Served, consistency: Option<common::ReadConsistency>) -> pb::RecognitionDecision {
    let question = pb::RecognitionQuestion { date: "2026-07-01".into(), ..question("XB") };
    let request = pb::RecogniseRequest { question: Some(question), consistency, explain: true, ..Default::default() };
    served.recognition().recognise(request).await.unwrap().into_inner().decision.unwrap()
}

async fn a_change_goes_from_draft_to_one_revision_and_earlier_ones_stay_as_they_were(db: TestDatabase) {
    let served = serve_patiently(&db).await;
    let other_replica = serve_patiently(&db).await;
    let before = decide(&served, exactly(1)).await;
    let mut author = served.changes("author");
    let name = draft(&mut author).await;
    author.propose_change_set(propose(&name)).await.unwrap();
    hear(&served, &name).await;
    served.changes("reviewer").review_change_set(review(&name)).await.unwrap();
    let published = served.changes("reviewer").publish_change_set(publish(&name)).await.unwrap().into_inner();
    assert_eq!(published.revision, 2);
    let change_set = published.change_set.unwrap();
    assert_eq!((change_set.state(), change_set.published_revision), (pb::ChangeSetState::Published, 2));
    assert_eq!(change_set.changes.len(), 1);

    for replica in [&served, &other_replica] {
        let after = decide(replica, at_least(2)).await;
        assert_eq!(after.outcome(), pb::RecognitionOutcome::NotRecognised);
        assert_eq!(after.revision, 2);
        let earlier = decide(replica, exactly(1)).await;
        assert_eq!(earlier.encode_to_vec(), before.encode_to_vec());
    }
    let request =
        pb::GetRequirementRequest { name: "requirements/xb-pv-qualification".into(), consistency: exactly(2) };
    let found = served.catalogue().get_requirement(request).await.unwrap().into_inner();
    assert_eq!(found.known_from_revision, 2);
    assert_eq!(found.requirement.unwrap(), tightened());
}

async fn nobody_reviews_or_publishes_their_own_change(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let name = draft(&mut author).await;
    let early = served.changes("reviewer").review_change_set(review(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&early), Some(ErrorReason::StateConflict));
    let stranger = served.changes("reviewer").propose_change_set(propose(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&stranger), Some(ErrorReason::NotYours));
    author.propose_change_set(propose(&name)).await.unwrap();
    let own = author.review_change_set(review(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&own), Some(ErrorReason::FourEyes));
    let unreviewed = served.changes("reviewer").publish_change_set(publish(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&unreviewed), Some(ErrorReason::StateConflict));
    hear(&served, &name).await;
    served.changes("reviewer").review_change_set(review(&name)).await.unwrap();
    let own = author.publish_change_set(publish(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&own), Some(ErrorReason::FourEyes));
    // Nor by another credential of the author: another economy, other scopes.
    let all = ["admin"];
    let mut second = ChangeServiceClient::new(served.channel_with(TokenRequest::new("author", all)));
    let own = second.publish_change_set(publish(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&own), Some(ErrorReason::FourEyes));
    let mut stale = publish(&name);
    stale.etag = "v1".into();
    let stale = served.changes("reviewer").publish_change_set(stale).await.unwrap_err();
    assert_eq!(Fault::reason_of(&stale), Some(ErrorReason::EtagMismatch));
    assert_eq!(decide(&served, None).await.revision, 1);
}

async fn a_change_with_faults_is_refused_with_all_of_them(db: TestDatabase) {
    let served = serve(&db).await;
    let mut wrong = tightened();
    wrong.title = String::new();
    wrong.acceptances[0].target.as_mut().unwrap().name = "standards/none".into();
    let retired = pb::Change { change: Some(pb::change::Change::Retire("economies/XB".into())) };
    let mut author = served.changes("author");
    let request = create("create", vec![upsert(pb::catalogue_entry::Entry::Requirement(wrong)), retired]);
    let name = author.create_change_set(request).await.unwrap().into_inner().change_set.unwrap().name;
    let validated = author.validate_change_set(pb::ValidateChangeSetRequest { name: name.clone() }).await.unwrap();
    let found = validated.into_inner().findings;
    let codes: Vec<_> = found.iter().map(|it| (it.code.as_str(), it.change_index, it.field.as_str())).collect();
    assert!(codes.contains(&("entry_invalid", 0, "title")), "{codes:?}");
    assert!(codes.contains(&("reference_dangling", 0, "acceptances[0].target.name")), "{codes:?}");
    assert!(codes.contains(&("reference_dangling", 0, "market")), "{codes:?}");
    let status = author.propose_change_set(propose(&name)).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    assert_eq!(Fault::violations_of(&status).len(), found.len());

    let mut unreadable = tightened();
    unreadable.validity = None;
    unreadable.market = "nowhere".into();
    let unreadable = vec![upsert(pb::catalogue_entry::Entry::Requirement(unreadable)), pb::Change { change: None }];
    let status = author.create_change_set(create("other", unreadable)).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&status).into_iter().map(|it| it.field).collect();
    let requirement = "change_set.changes[0].upsert.requirement";
    let all = [&format!("{requirement}.market"), &format!("{requirement}.validity"), "change_set.changes[1]"];
    assert_eq!(fields, all, "each field that cannot be read, and not only the first");
}

/// The requirement as it is to be for these goods.
pub(super) fn requires(scopes: Vec<pb::CodeScope>) -> Vec<pb::Change> {
    vec![upsert(pb::catalogue_entry::Entry::Requirement(pb::Requirement { codes: scopes, ..tightened() }))]
}

pub(super) fn scope(edition: &str, code: &str, except: &[&str]) -> pb::CodeScope {
    let code = Some(common::CodeReference { edition: edition.into(), code: code.into() });
    let except = except.iter().map(|it| (*it).to_owned()).collect();
    pb::CodeScope { code, except, ..Default::default() }
}

pub(super) fn found(findings: &[pb::ChangeFinding]) -> Vec<(&str, &str)> {
    findings.iter().map(|it| (it.code.as_str(), it.field.as_str())).collect()
}

async fn codes_that_do_not_exist_are_named_wherever_a_change_brings_them_in(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let wrong =
        vec![scope("HS2022", "854143", &[]), scope("HS2022", "999999", &[]), scope("HS2022", "8541", &["854199"])];
    let mut request = create("wrong", requires(wrong));
    request.validate_only = true;
    let dry = author.create_change_set(request.clone()).await.unwrap().into_inner().findings;
    assert_eq!(found(&dry), [("code_unknown", "codes[1].code.code")], "{dry:?}");
    request.validate_only = false;
    let drafted = author.create_change_set(request).await.unwrap().into_inner();
    assert_eq!(drafted.findings, dry, "a dry run says what the real thing says");
    let name = drafted.change_set.unwrap().name;
    let validate = pb::ValidateChangeSetRequest { name: name.clone() };
    assert_eq!(author.validate_change_set(validate).await.unwrap().into_inner().findings, dry);
    let refused = author.propose_change_set(propose(&name)).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["changes[0].codes[1].code.code"], "{refused:?}");

    let nowhere = create("nowhere", requires(vec![scope("HS2020", "854143", &[])]));
    let findings = author.create_change_set(nowhere).await.unwrap().into_inner().findings;
    assert_eq!(found(&findings), [("edition_unknown", "codes[0].code.code")], "{findings:?}");
}

async fn codes_of_which_nobody_can_tell_are_said_and_stand_in_the_way_of_nothing(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    // Of this edition classification has a part only.
    let partly = create("partly", requires(vec![scope("HS2017", "854140", &[])]));
    let drafted = author.create_change_set(partly).await.unwrap().into_inner();
    assert_eq!(found(&drafted.findings), [("code_unchecked", "codes[0].code.code")]);
    author.propose_change_set(propose(&drafted.change_set.unwrap().name)).await.unwrap();

    served.classifier.down.store(true, std::sync::atomic::Ordering::SeqCst);
    let brought = create("brought", requires(vec![scope("HS2022", "854142", &[])]));
    let findings = author.create_change_set(brought).await.unwrap().into_inner().findings;
    assert_eq!(found(&findings), [("code_unchecked", "codes[0].code.code")]);
    // What the entry has already was asked when it came.
    let findings = author.create_change_set(tighten("as-before")).await.unwrap().into_inner().findings;
    assert_eq!(found(&findings), []);
}

async fn what_was_answered_for_one_economy_is_not_answered_again_for_another(db: TestDatabase) {
    let served = serve(&db).await;
    let first = served.changes("author").create_change_set(tighten("one")).await.unwrap().into_inner();
    for economy in ["XA", "XC"] {
        let mut elsewhere = ChangeServiceClient::new(served.channel("author", economy));
        let refused = elsewhere.create_change_set(tighten("one")).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::RequestIdReused), "{economy}");
    }
    assert_eq!(served.changes("author").create_change_set(tighten("one")).await.unwrap().into_inner(), first);
}

async fn a_repeated_request_is_done_once(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let first = author.create_change_set(tighten("one")).await.unwrap().into_inner();
    let again = author.create_change_set(tighten("one")).await.unwrap().into_inner();
    assert_eq!(first, again);
    let mut other = tighten("one");
    other.change_set.as_mut().unwrap().title = "Another".into();
    let status = author.create_change_set(other).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::AlreadyExists);
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::RequestIdReused));
    author.create_change_set(tighten("two")).await.unwrap();
    let mut request = pb::ListChangeSetsRequest { page_size: 1, ..Default::default() };
    let page = author.list_change_sets(request.clone()).await.unwrap().into_inner();
    assert_eq!(page.change_sets.len(), 1);
    request.page_token = page.next_page_token;
    let last = author.list_change_sets(request).await.unwrap().into_inner();
    assert_eq!((last.change_sets.len(), last.next_page_token.as_str()), (1, ""));
    assert_ne!(last.change_sets[0].name, page.change_sets[0].name);
    assert!(last.change_sets[0].changes.is_empty());
    let get = pb::GetChangeSetRequest { name: last.change_sets[0].name.clone() };
    let whole = author.get_change_set(get).await.unwrap().into_inner().change_set.unwrap();
    assert_eq!(whole.changes, tighten("").change_set.unwrap().changes);
}

async fn validation_only_writes_nothing(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let mut request = tighten("create");
    request.validate_only = true;
    let answer = author.create_change_set(request).await.unwrap().into_inner();
    assert_eq!(answer.change_set.unwrap().state(), pb::ChangeSetState::Draft);
    let listed = author.list_change_sets(pb::ListChangeSetsRequest::default()).await.unwrap().into_inner();
    assert!(listed.change_sets.is_empty());
    // The request id is still free.
    draft(&mut author).await;
}

async fn an_administrator_changes_its_own_economys_entries_only(db: TestDatabase) {
    let served = serve(&db).await;
    let mut stranger = ChangeServiceClient::new(served.channel("author", "XC"));
    let status = stranger.create_change_set(tighten("create")).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::PermissionDenied);
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotYours));
    // Nor review or publish what another economy proposes.
    let mut author = served.changes("author");
    let name = draft(&mut author).await;
    author.propose_change_set(propose(&name)).await.unwrap();
    let mut reviewer = ChangeServiceClient::new(served.channel("reviewer", "XC"));
    let status = reviewer.review_change_set(review(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotYours));
    let status = reviewer.publish_change_set(publish(&name)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotYours));
    // Nor may it take an entry over by moving it into its own market.
    let mut moved = tightened();
    moved.market = "XC".into();
    let request = create("move", vec![upsert(pb::catalogue_entry::Entry::Requirement(moved))]);
    let status = stranger.create_change_set(request).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotYours));
}

async fn an_annex_is_its_parties_own_and_a_designation_its_authoritys(db: TestDatabase) {
    let served = serve(&db).await;
    let example = Some(common::Source { example: true, ..Default::default() });
    let validity = Some(pb::Validity { from: "2026-01-01".into(), until: String::new() });
    let annex = pb::Annex {
        name: "annexes/xa-xc-more".into(),
        arrangement: "arrangements/xa-xc-mra".into(),
        title: "More (invented)".into(),
        objects: vec![pb::RecognitionObject::Certificate.into()],
        validity: validity.clone(),
        source: example.clone(),
        ..Default::default()
    };
    let designation = pb::Designation {
        name: "designations/meridian-xa-xc-pv".into(),
        body: "bodies/meridian-cert".into(),
        authority: "bodies/aurelia-standards-authority".into(),
        annex: "annexes/xa-xc-pv".into(),
        validity,
        source: example,
        ..Default::default()
    };
    let annex = vec![upsert(pb::catalogue_entry::Entry::Annex(annex))];
    let designation = vec![upsert(pb::catalogue_entry::Entry::Designation(designation))];
    let retired = vec![pb::Change { change: Some(pb::change::Change::Retire("annexes/xa-xc-pv".into())) }];

    let refused = |economy: &'static str, changes: &Vec<pb::Change>| {
        let mut client = ChangeServiceClient::new(served.channel(economy, economy));
        let request = create("one", changes.clone());
        async move { client.create_change_set(request).await.err().and_then(|status| Fault::reason_of(&status)) }
    };
    for foreign in [&annex, &designation, &retired] {
        assert_eq!(refused("XB", foreign).await, Some(ErrorReason::NotYours));
    }
    // A party other than the one whose authority designates may not designate either.
    assert_eq!(refused("XC", &designation).await, Some(ErrorReason::NotYours));
    assert_eq!(refused("XC", &annex).await, None);
    assert_eq!(refused("XA", &designation).await, None);

    // The authority itself, whose token names it and no economy.
    let token = |body: &str| TokenRequest::new(body, ["catalogue.propose"]).for_body(body);
    let authority = token("bodies/aurelia-standards-authority");
    let mut authority = ChangeServiceClient::new(served.channel_with(authority));
    authority.create_change_set(create("two", designation.clone())).await.unwrap();
    let mut other = ChangeServiceClient::new(served.channel_with(token("bodies/meridian-cert")));
    let status = other.create_change_set(create("two", designation)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotYours));
}

async fn every_entry_that_a_token_is_not_good_for_is_named_with_its_owners_and_nobody_is_sent_round_in_circles(
    db: TestDatabase,
) {
    let served = serve(&db).await;
    let of = |market: &str| {
        let name = format!("requirements/{}-new", market.to_lowercase());
        upsert(pb::catalogue_entry::Entry::Requirement(pb::Requirement {
            name,
            market: market.into(),
            validity: Some(pb::Validity { from: "2030-01-01".into(), until: String::new() }),
            ..tightened()
        }))
    };
    let admin = |subject: &str| {
        let token = TokenRequest::new(subject, ["admin"]);
        ChangeServiceClient::new(served.channel_with(token))
    };
    let both = create("both", vec![of("XA"), of("XF"), super::workflow::mapping("a")]);
    let drafted = admin("ann").create_change_set(both).await.unwrap().into_inner();
    // It is said before anybody is asked to review it.
    assert_eq!(found(&drafted.findings), [("no_common_owner", "")]);
    let finding = &drafted.findings[0];
    assert!(!finding.blocking && finding.entry == "requirements/xf-new", "{finding:?}");
    assert!(finding.message.contains("`requirements/xa-new` belongs to XA"), "{finding:?}");
    let name = drafted.change_set.unwrap().name;
    let proposed = admin("ann").propose_change_set(propose(&name)).await.unwrap().into_inner();
    assert_eq!(proposed.findings, drafted.findings);
    let refused = async |economy: &'static str| {
        let mut reviewer = ChangeServiceClient::new(served.channel("rita", economy));
        let status = reviewer.review_change_set(review(&name)).await.unwrap_err();
        assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotYours));
        (status.message().to_owned(), Fault::metadata_of(&status)["required"].clone())
    };
    let (message, required) = refused("XB").await;
    assert!(message.contains("`requirements/xa-new` belongs to XA; `requirements/xf-new` belongs to XF:"), "{message}");
    assert_eq!(required, "XA, XF");
    let (message, required) = refused("XA").await;
    assert!(message.starts_with("`requirements/xf-new` belongs to XF:") && message.contains("`admin`"), "{message}");
    assert_eq!(required, "XF");
    let one = admin("ann").create_change_set(create("one", vec![of("XA")])).await.unwrap().into_inner();
    assert_eq!(found(&one.findings), []);

    // Of what belongs to several, any one of them will do.
    let get = pb::GetAnnexRequest { name: "annexes/xa-xd-pv".into(), ..Default::default() };
    let mut arrangements = pb::arrangement_service_client::ArrangementServiceClient::new(served.channel("rita", "NZ"));
    let annex = arrangements.get_annex(get).await.unwrap().into_inner().annex.unwrap();
    let shared = create("shared", vec![upsert(pb::catalogue_entry::Entry::Annex(annex))]);
    let mut stranger = ChangeServiceClient::new(served.channel("rita", "XB"));
    let status = stranger.create_change_set(shared.clone()).await.unwrap_err();
    assert!(status.message().contains("`annexes/xa-xd-pv` belongs to XA, XD: "), "{}", status.message());
    assert!(status.message().contains("must be one of these,"), "{}", status.message());
    assert_eq!(Fault::metadata_of(&status)["required"], "XA or XD");
    ChangeServiceClient::new(served.channel("ana", "XA")).create_change_set(shared).await.unwrap();

    // However many they are, it fits into the headers of an answer.
    let many = (0..600).map(|at| {
        let market = ["XA", "XB", "XC", "XD", "XE", "XF"][at % 6];
        let name = format!("requirements/{}-{at}", "long".repeat(10));
        upsert(pb::catalogue_entry::Entry::Requirement(pb::Requirement { name, market: market.into(), ..tightened() }))
    });
    let mut stranger = ChangeServiceClient::new(served.channel("rita", "NZ"));
    let status = stranger.create_change_set(create("many", many.collect())).await.unwrap_err();
    let message = status.message();
    assert!(message.contains("and 97 more belong to XA;") && message.contains("; and more to others:"), "{message}");
    assert!(message.ends_with("that names no economy"), "{message}");
}
