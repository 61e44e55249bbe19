//! Bodies and keys after they were registered.

use chrono::TimeDelta;
use greenlane_api::common::v1 as common;
use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::body_service_client::BodyServiceClient;
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{Served, codes, new_body, new_key, order, question, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    a_body_is_changed_and_what_was_read_before_is_read_again,
    a_change_on_top_of_another_is_refused,
    a_body_changes_its_own_record_but_not_its_powers,
    an_administrator_of_an_economy_keeps_the_bodies_of_that_economy_only,
    a_key_that_is_only_checked_has_no_name_unless_it_is_given,
    no_body_is_registered_under_anothers_identifier_or_the_registrys,
    no_two_bodies_of_an_economy_are_called_alike,
    keys_overlap_and_what_a_retired_key_signed_stays_good,
    what_a_compromised_key_signed_since_then_is_void,
    a_key_is_not_retired_into_the_past_nor_revoked_into_the_future,
    every_change_of_a_body_and_its_keys_is_logged_once,
    every_wrong_field_of_a_change_is_named,
    a_wrong_mask_hides_no_wrong_field,
);

pub(super) fn exactly(revision: u64) -> Option<ReadConsistency> {
    Some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(revision)) })
}

/// The body service for a caller who acts for a body.
pub(super) fn bodies_of(served: &Served, body: &str) -> BodyServiceClient<Client> {
    BodyServiceClient::new(served.channel("clerk", Some(body)))
}

pub(super) fn rename(name: &str, request_id: &str) -> wire::UpdateBodyRequest {
    wire::UpdateBodyRequest {
        request_id: request_id.to_owned(),
        body: Some(wire::Body {
            name: "bodies/xa-lab".to_owned(),
            display_name: name.to_owned(),
            website: "https://lab.example.org".to_owned(),
            ..wire::Body::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".to_owned()] }),
        ..wire::UpdateBodyRequest::default()
    }
}

async fn no_body_is_registered_under_anothers_identifier_or_the_registrys(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let named = |id: &str, did: &str| {
        let mut request = new_body(id);
        request.body.as_mut().unwrap().did = did.to_owned();
        request
    };
    for did in [
        "did:web:registry.example.org",
        "did:web:registry.example.org:bodies:xa-lab",
        "did:web:registry.example.org:bodies:nobody",
        "did:web:Registry.example.org:bodies:xa-lab",
        "did:web:registry%2Eexample.org:bodies:xa-lab",
        "did:web:registry.example.org.:bodies:xa-lab",
        "did:web:REGISTRY.example.org%3a443:bodies:xa-lab",
        "did:web:192.0.2.1",
        "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
    ] {
        let refused = served.bodies().create_body(named("fake", did)).await.unwrap_err();
        let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["body.did"], "{did}");
    }
    served.bodies().create_body(named("own", "did:web:registry.example.org:bodies:own")).await.unwrap();
    served.bodies().create_body(named("else", "did:web:registry.example.organisation")).await.unwrap();
    served.bodies().create_body(named("first", "did:web:lab.example.org")).await.unwrap();
    for spelling in ["did:web:lab.example.org", "did:web:LAB.example.org.", "did:web:lab.example.org%3A443"] {
        let taken = served.bodies().create_body(named("second", spelling)).await.unwrap_err();
        assert_eq!(Fault::reason_of(&taken), Some(common::ErrorReason::ResourceExists), "{spelling}");
    }
    let spelled = served.bodies().create_body(named("spelled", "did:web:Third.example.org.%3a8443")).await.unwrap();
    assert_eq!(spelled.into_inner().body.unwrap().did, "did:web:third.example.org%3A8443");
    let own = served.bodies().create_body(named("mine", "did:web:Registry.example.org:bodies:mine")).await.unwrap();
    assert_eq!(own.into_inner().body.unwrap().did, "did:web:registry.example.org:bodies:mine");
    served.bodies().create_body(named("second", "did:web:lab.example.org:two")).await.unwrap();
}

async fn no_two_bodies_of_an_economy_are_called_alike(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let called = |id: &str, name: &str, economy: &str| {
        let mut request = new_body(id);
        let body = request.body.as_mut().unwrap();
        (body.display_name, body.economy) = (name.to_owned(), economy.to_owned());
        request
    };
    let is_refused = |refused: &tonic::Status| {
        assert_eq!(Fault::reason_of(refused), Some(common::ErrorReason::ResourceExists), "{refused:?}");
        let fields: Vec<String> = Fault::violations_of(refused).into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["body.display_name"]);
        assert_eq!(Fault::metadata_of(refused)["resource"], "bodies/xa-lab");
    };
    for name in ["Certification body xa-lab", "CERTIFICATION  BODY XA-LAB", "Ｃertification body xa-lab"] {
        is_refused(&served.bodies().create_body(called("xa-other", name, "XA")).await.unwrap_err());
    }
    // In another economy it is another's name, until the body moves.
    served.bodies().create_body(called("xb-lab", "Certification body xa-lab", "XB")).await.unwrap();
    let mut moved = rename("", "u1");
    let body = moved.body.as_mut().unwrap();
    (body.name, body.economy) = ("bodies/xb-lab".to_owned(), "XA".to_owned());
    moved.update_mask = Some(prost_types::FieldMask { paths: vec!["economy".to_owned()] });
    is_refused(&served.bodies().update_body(moved).await.unwrap_err());
    // No body takes another's name, and each may write its own otherwise.
    served.bodies().create_body(new_body("xa-other")).await.unwrap();
    let mut other = rename("certification body XA-LAB", "u2");
    other.body.as_mut().unwrap().name = "bodies/xa-other".to_owned();
    is_refused(&bodies_of(&served, "bodies/xa-other").update_body(other).await.unwrap_err());
    let own = rename("certification body XA-LAB", "u3");
    bodies_of(&served, "bodies/xa-lab").update_body(own).await.unwrap();
}

async fn an_administrator_of_an_economy_keeps_the_bodies_of_that_economy_only(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let (mut own, mut foreign) = (served.bodies_of_economy("XA"), served.bodies_of_economy("XB"));
    let refusals = [
        foreign.create_body(new_body("xa-late")).await.map(drop).unwrap_err(),
        foreign.create_body_key(new_key("xa-lab")).await.map(drop).unwrap_err(),
        foreign.update_body(rename("Ours now", "u1")).await.map(drop).unwrap_err(),
    ];
    for refused in refusals {
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
        assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::NotYours));
    }
    let mut moved = rename("Elsewhere", "u2");
    moved.body.as_mut().unwrap().economy = "XB".to_owned();
    moved.update_mask = Some(prost_types::FieldMask { paths: vec!["economy".to_owned()] });
    assert_eq!(own.update_body(moved).await.unwrap_err().code(), Code::PermissionDenied, "given away");
    own.update_body(rename("The laboratory", "u3")).await.unwrap();
    own.create_body(new_body("xa-late")).await.unwrap();
}

async fn get(served: &Served, revision: Option<u64>) -> wire::Body {
    let consistency = revision.and_then(exactly);
    let request = wire::GetBodyRequest { name: "bodies/xa-lab".to_owned(), consistency };
    served.bodies().get_body(request).await.unwrap().into_inner().body.unwrap()
}

async fn a_body_is_changed_and_what_was_read_before_is_read_again(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let before = get(&served, None).await;
    served.clock.advance(TimeDelta::hours(1));
    let mut request = rename("The laboratory", "u1");
    request.update_mask.as_mut().unwrap().paths.push("roles".to_owned());
    request.body.as_mut().unwrap().roles = vec![wire::BodyRole::AccreditationBody.into()];
    let checked = wire::UpdateBodyRequest { validate_only: true, ..request.clone() };
    let answer = served.bodies().update_body(checked).await.unwrap().into_inner();
    assert_eq!((answer.body.unwrap().display_name.as_str(), answer.proof), ("The laboratory", None));
    assert_eq!(get(&served, None).await, before, "a check changes nothing");

    let changed = served.bodies().update_body(request).await.unwrap().into_inner();
    let body = changed.body.unwrap();
    assert_eq!(body.display_name, "The laboratory");
    assert_eq!(body.website, "", "what the mask does not name stays");
    assert_eq!((body.create_time, &body.did), (before.create_time, &before.did));
    assert_ne!((body.update_time, &body.etag), (before.update_time, &before.etag));
    assert_eq!(get(&served, None).await, body);
    assert_eq!(get(&served, Some(changed.revision - 1)).await, before);
    // A list at the revision of before finds the body in its role of then, and not now.
    let list = async |revision| {
        let request = wire::ListBodiesRequest {
            role: wire::BodyRole::CertificationBody.into(),
            consistency: exactly(revision),
            ..wire::ListBodiesRequest::default()
        };
        let listed = served.bodies().list_bodies(request).await.unwrap().into_inner().bodies;
        listed.into_iter().map(|body| body.display_name).collect::<Vec<_>>()
    };
    assert_eq!(list(changed.revision - 1).await, ["Certification body xa-lab", "Certification body xa-other"]);
    assert_eq!(list(changed.revision).await, ["Certification body xa-other"]);
}

async fn a_change_on_top_of_another_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let etag = get(&served, None).await.etag;
    served.bodies().update_body(rename("First", "u1")).await.unwrap();
    let mut late = rename("Second", "u2");
    late.body.as_mut().unwrap().etag = etag;
    let refused = served.bodies().update_body(late).await.unwrap_err();
    assert_eq!((refused.code(), Fault::reason_of(&refused)), (Code::Aborted, Some(common::ErrorReason::EtagMismatch)));
    // The first is repeated and answered as it was; with another name it is another request.
    let again = served.bodies().update_body(rename("First", "u1")).await.unwrap().into_inner();
    assert_eq!(again.body.unwrap().display_name, "First");
    let reused = served.bodies().update_body(rename("Third", "u1")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&reused), Some(common::ErrorReason::RequestIdReused));
    assert_eq!(get(&served, None).await.display_name, "First");
}

async fn a_body_changes_its_own_record_but_not_its_powers(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    bodies_of(&served, "bodies/xa-lab").update_body(rename("Mine", "u1")).await.unwrap();
    let other = bodies_of(&served, "bodies/xa-other").update_body(rename("Yours", "u2")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&other), Some(common::ErrorReason::NotYours));
    for path in ["roles", "economy", "accreditation_number"] {
        let mut request = rename("Mine", "u3");
        request.update_mask = Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
        let body = request.body.as_mut().unwrap();
        body.economy = "XB".to_owned();
        body.accreditation_number = "0001".to_owned();
        body.roles = vec![wire::BodyRole::DesignatingAuthority.into()];
        let refused = bodies_of(&served, "bodies/xa-lab").update_body(request).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::NotYours), "{path}");
    }
    let body = get(&served, None).await;
    assert_eq!((body.display_name.as_str(), body.economy.as_str()), ("Mine", "XA"));
}

fn retire(name: &str, request_id: &str) -> wire::RetireBodyKeyRequest {
    let (request_id, name) = (request_id.to_owned(), name.to_owned());
    wire::RetireBodyKeyRequest { request_id, name, ..wire::RetireBodyKeyRequest::default() }
}

fn revoke(name: &str, since: chrono::DateTime<chrono::Utc>, request_id: &str) -> wire::RevokeBodyKeyRequest {
    wire::RevokeBodyKeyRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        compromised_since: Some(prost_types::Timestamp { seconds: since.timestamp(), nanos: 0 }),
        reason_text: "The safe was found open.".to_owned(),
        ..wire::RevokeBodyKeyRequest::default()
    }
}

async fn a_key_that_is_only_checked_has_no_name_unless_it_is_given(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let check = wire::CreateBodyKeyRequest { request_id: "k".to_owned(), validate_only: true, ..new_key("xa-lab") };
    let key = served.bodies().create_body_key(check.clone()).await.unwrap().into_inner().key.unwrap();
    assert_eq!([key.name, key.public_jwk, key.verification_method], ["", "", ""], "the one that is made is another");
    let signer = greenlane_jose::SigningKey::generate_ed25519();
    let source = wire::create_body_key_request::Source::PublicJwk(signer.to_public_jwk().to_json());
    let given = wire::CreateBodyKeyRequest { source: Some(source), ..check };
    let key = served.bodies().create_body_key(given).await.unwrap().into_inner().key.unwrap();
    assert!(key.name.starts_with("bodies/xa-lab/keys/") && !key.public_jwk.is_empty(), "{}", key.name);
}

async fn keys_overlap_and_what_a_retired_key_signed_stays_good(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let old = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let second = wire::CreateBodyKeyRequest { request_id: "key-2".to_owned(), ..new_key("xa-lab") };
    let second = served.bodies().create_body_key(second).await.unwrap().into_inner().key.unwrap().name;
    // Both may sign: the newest does, unless the other is named.
    assert_eq!(served.issue("xa-lab", "c2").await.certificate.unwrap().signing_key, second);
    let mut with_old = order("xa-lab", "c3");
    with_old.signing = Some(wire::issue_certificate_request::Signing::SigningKey(old.signing_key.clone()));
    let signed = served.certificates("bodies/xa-lab").issue_certificate(with_old.clone()).await.unwrap().into_inner();
    assert_eq!(signed.certificate.unwrap().signing_key, old.signing_key);

    served.clock.advance(TimeDelta::hours(1));
    let retired = served.bodies().retire_body_key(retire(&old.signing_key, "r1")).await.unwrap().into_inner();
    assert!(retired.key.unwrap().valid_until.is_some() && retired.proof.is_some());
    served.clock.advance(TimeDelta::hours(1));
    with_old.request_id = "c4".to_owned();
    let refused = served.certificates("bodies/xa-lab").issue_certificate(with_old).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::NoSigningKey));
    let verdict = served.verdict(&old.name).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Accepted, "what it signed stays good");
    let again = served.bodies().retire_body_key(retire(&old.signing_key, "r2")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&again), Some(common::ErrorReason::StateConflict));
}

async fn what_a_compromised_key_signed_since_then_is_void(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let before = served.issue("xa-lab", "c1").await.certificate.unwrap();
    served.clock.advance(TimeDelta::hours(2));
    let since = served.clock.now();
    served.clock.advance(TimeDelta::hours(1));
    let after = served.issue("xa-lab", "c2").await.certificate.unwrap();
    let trusted = served.verdict(&after.name).await;
    assert_eq!(trusted.outcome(), wire::VerdictOutcome::Accepted);

    let stranger = bodies_of(&served, "bodies/xa-other");
    let refused = stranger.clone().revoke_body_key(revoke(&after.signing_key, since, "v0")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::NotYours));
    let mut own = bodies_of(&served, "bodies/xa-lab");
    let mut trial = revoke(&after.signing_key, since, "trial");
    trial.validate_only = true;
    let told = own.revoke_body_key(trial).await.unwrap().into_inner();
    assert_eq!(told.void_certificates, Some(1), "the one before was signed while the key was good");
    let revoked = own.revoke_body_key(revoke(&after.signing_key, since, "v1")).await.unwrap().into_inner();
    assert_eq!(revoked.void_certificates, Some(1));
    let key = revoked.key.unwrap();
    assert_eq!(key.compromised_since.unwrap().seconds, since.timestamp());
    assert_eq!(key.latest_revision, revoked.revision);

    let void = served.verdict(&after.name).await;
    assert_eq!(void.outcome(), wire::VerdictOutcome::Refused);
    assert_eq!(codes(void.authentic.as_ref()), ["key_compromised"]);
    assert_eq!(served.verdict(&before.name).await.outcome(), wire::VerdictOutcome::Accepted);
    // The earlier verdict is given again, as what was known then.
    let replay = wire::VerifyRequest {
        replay: trusted.revisions,
        ..question(wire::verify_request::Subject::Certificate(after.name.clone()))
    };
    let replayed = served.verification().verify(replay).await.unwrap().into_inner().verdict.unwrap();
    assert_eq!((replayed.authentic, replayed.decision_id), (trusted.authentic, trusted.decision_id));
    // It signs nothing more; a later moment is no correction, an earlier one is.
    let none = served.certificates("bodies/xa-lab").issue_certificate(order("xa-lab", "c3")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&none), Some(common::ErrorReason::NoSigningKey));
    let later = revoke(&after.signing_key, since + TimeDelta::minutes(1), "v2");
    let refused = served.bodies().revoke_body_key(later).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::StateConflict));
    let earlier = revoke(&after.signing_key, since - TimeDelta::days(1), "v3");
    let revoked = served.bodies().revoke_body_key(earlier).await.unwrap().into_inner();
    assert_eq!(revoked.void_certificates, Some(2));
    assert_eq!(codes(served.verdict(&before.name).await.authentic.as_ref()), ["key_compromised"]);
}

async fn a_key_is_not_retired_into_the_past_nor_revoked_into_the_future(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "c1").await.certificate.unwrap().signing_key;
    let now = served.clock.now();
    let mut past = retire(&name, "r1");
    past.valid_until = Some(prost_types::Timestamp { seconds: now.timestamp() - 60, nanos: 0 });
    let refused = served.bodies().retire_body_key(past).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "valid_until");
    let future = revoke(&name, now + TimeDelta::hours(1), "v1");
    let refused = served.bodies().revoke_body_key(future).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "compromised_since");
    let nobody = format!("bodies/xa-lab/keys/{}", "A".repeat(43));
    let refused = served.bodies().retire_body_key(retire(&nobody, "r2")).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert_eq!(served.verdict("GLXA4HP9Z1PPYMB35F").await.revisions.unwrap().registry, 3, "nothing was written");
}

async fn every_change_of_a_body_and_its_keys_is_logged_once(db: TestDatabase) {
    let served = serve(&db).await;
    served.bodies().create_body(new_body("xa-lab")).await.unwrap();
    let key = served.bodies().create_body_key(new_key("xa-lab")).await.unwrap().into_inner().key.unwrap().name;
    for _ in 0..2 {
        served.bodies().update_body(rename("Renamed", "u1")).await.unwrap();
        served.bodies().revoke_body_key(revoke(&key, served.clock.now(), "v1")).await.unwrap();
    }
    let request = wire::ListEntriesRequest::default();
    let entries = served.log().list_entries(request).await.unwrap().into_inner().entries;
    let leaves: Vec<serde_json::Value> =
        entries.iter().map(|entry| serde_json::from_slice(&entry.leaf).unwrap()).collect();
    let events: Vec<&str> = leaves.iter().map(|leaf| leaf["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["body.create", "key.create", "body.update", "key.revoke"]);
    assert_eq!(leaves[3]["key"], key);
    assert_eq!(leaves[3]["compromised_since"], "2026-06-01T12:00:00.000000Z");
    assert!(!String::from_utf8_lossy(&entries[3].leaf).contains("safe"), "words stay out of the log");
}

async fn every_wrong_field_of_a_change_is_named(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut request = rename("", "no id!");
    request.body.as_mut().unwrap().website = "http://plain.example.org".to_owned();
    request.update_mask.as_mut().unwrap().paths.push("website".to_owned());
    let refused = served.bodies().update_body(request).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|v| v.field).collect();
    assert_eq!(fields, ["request_id", "body.display_name", "body.website"]);
    let mut request = rename("x", "u1");
    request.update_mask = Some(prost_types::FieldMask { paths: vec!["did".to_owned(), "name".to_owned()] });
    let refused = served.bodies().update_body(request).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused).len(), 2);
    let refused = served.bodies().revoke_body_key(wire::RevokeBodyKeyRequest::default()).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|v| v.field).collect();
    assert_eq!(fields, ["request_id", "name", "compromised_since", "reason_text"]);
}

async fn a_wrong_mask_hides_no_wrong_field(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mask =
        |paths: &[&str]| Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let wrong = wire::Body {
        name: "bodies/xa-lab".to_owned(),
        display_name: String::new(),
        website: "ftp://lab".to_owned(),
        etag: "e".repeat(65),
        ..wire::Body::default()
    };
    for (paths, expected) in [
        (&["nothing", "website"][..], &["update_mask", "body.etag", "body.website"][..]),
        (&[], &["update_mask", "body.etag"]),
    ] {
        let update_mask = mask(paths);
        let request = wire::UpdateBodyRequest { body: Some(wrong.clone()), update_mask, ..rename("", "u1") };
        let refused = served.bodies().update_body(request).await.unwrap_err();
        let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
        assert_eq!(fields, expected, "{paths:?}");
    }
}
