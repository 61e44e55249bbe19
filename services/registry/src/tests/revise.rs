//! New versions of a certificate.

use chrono::TimeDelta;
use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_credential::Presented;
use greenlane_jose::{Signer as _, SigningKey};
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::ends::{annulment, continuation, termination};
use super::harness::{Served, codes, content, question, serve};
use super::life::suspension;
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    an_amendment_makes_a_version_and_keeps_the_one_before,
    an_amendment_announced_for_later_counts_from_its_day,
    an_amendment_says_all_that_is_wrong_with_it,
    what_a_compromised_key_signed_is_signed_again_as_it_is,
    what_one_amendment_is_made_of_is_what_the_one_before_left,
    a_repeated_amendment_is_done_once,
    a_new_version_is_the_bodys_own_affair,
    a_check_of_an_amendment_writes_nothing,
    a_body_signs_new_versions_itself,
    a_certificate_is_found_by_what_it_says_now,
    a_renewal_extends_the_term,
    a_renewal_after_the_last_day_leaves_the_gap,
    a_reduction_ends_a_suspension,
    an_amendment_that_takes_nothing_away_ends_no_suspension,
    a_correction_touches_what_is_certified_for_a_mistake_alone,
    a_renewal_that_an_announced_step_is_before_is_told_when_that_one_comes,
);

pub(super) fn amendment(name: &str, request_id: &str, scope: &str) -> wire::AmendCertificateRequest {
    wire::AmendCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        kind: wire::AmendmentKind::Correct.into(),
        content: Some(wire::CertificateContent { scope: scope.to_owned(), ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["scope".to_owned()] }),
        reason: wire::CertificateReason::Mistake.into(),
        ..Default::default()
    }
}

/// An amendment of the products to one of each of these models.
fn products(name: &str, id: &str, kind: wire::AmendmentKind, models: &[&str]) -> wire::AmendCertificateRequest {
    let product = |model: &&str| {
        let mut product = content().products.remove(0);
        product.identification.as_mut().unwrap().model = (*model).to_owned();
        product
    };
    wire::AmendCertificateRequest {
        kind: kind.into(),
        content: Some(wire::CertificateContent {
            products: models.iter().map(product).collect(),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["products".to_owned()] }),
        reason: wire::CertificateReason::HolderRequest.into(),
        ..amendment(name, id, "")
    }
}

pub(super) fn renewal(name: &str, request_id: &str, valid_until: &str) -> wire::RenewCertificateRequest {
    wire::RenewCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        valid_until: valid_until.to_owned(),
        authorised_by: "Another head of certification".to_owned(),
        reason: wire::CertificateReason::Ordinary.into(),
        ..Default::default()
    }
}

pub(super) fn stamp(at: chrono::DateTime<chrono::Utc>) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 })
}

async fn what_a_compromised_key_signed_is_signed_again_as_it_is(db: TestDatabase) {
    let served = serve(&db).await;
    let before = issued(&served).await;
    let revoke = wire::RevokeBodyKeyRequest {
        request_id: "revoke".to_owned(),
        name: before.signing_key.clone(),
        compromised_since: stamp(served.clock.now() - TimeDelta::hours(1)),
        reason_text: "Lost.".to_owned(),
        ..Default::default()
    };
    served.bodies().revoke_body_key(revoke).await.unwrap();
    let second = wire::CreateBodyKeyRequest { request_id: "key-2".to_owned(), ..super::harness::new_key("xa-lab") };
    served.bodies().create_body_key(second).await.unwrap();
    let again = wire::AmendCertificateRequest {
        content: None,
        update_mask: None,
        reason: wire::CertificateReason::KeyCompromise.into(),
        ..amendment(&before.name, "again", "")
    };
    let mut body = served.certificates("bodies/xa-lab");
    for (wrong, reason, kind) in [
        ("w1", wire::CertificateReason::Mistake, wire::AmendmentKind::Correct),
        ("w2", wire::CertificateReason::KeyCompromise, wire::AmendmentKind::ReduceScope),
    ] {
        let request = wire::AmendCertificateRequest {
            request_id: wrong.to_owned(),
            reason: reason.into(),
            kind: kind.into(),
            ..again.clone()
        };
        let refused = body.amend_certificate(request).await.unwrap_err();
        assert_eq!(Fault::violations_of(&refused)[0].field, "update_mask", "{wrong}");
    }
    assert_eq!(served.verdict(&before.name).await.outcome(), wire::VerdictOutcome::Refused);
    let after = body.amend_certificate(again).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!((after.version, &after.content), (2, &before.content));
    assert_ne!(after.signing_key, before.signing_key);
    assert_eq!(served.verdict(&before.name).await.outcome(), wire::VerdictOutcome::Accepted);
}

pub(super) async fn issued(served: &Served) -> wire::Certificate {
    served.enrol("xa-lab").await;
    served.issue("xa-lab", "issue").await.certificate.unwrap()
}

pub(super) async fn get(served: &Served, name: &str, version: u32) -> Result<wire::Certificate, tonic::Status> {
    let request = wire::GetCertificateRequest { name: name.to_owned(), version, ..Default::default() };
    let answer = served.certificates("bodies/xa-lab").get_certificate(request).await?;
    Ok(answer.into_inner().certificate.unwrap())
}

/// The verdict's findings on whether it is in force on a day.
pub(super) async fn in_force(served: &Served, subject: wire::verify_request::Subject, day: &str) -> Vec<String> {
    let goods = greenlane_api::common::v1::GoodsDeclaration { date: day.to_owned(), ..super::harness::goods() };
    let request = wire::VerifyRequest { goods: Some(goods), ..question(subject) };
    let verdict = served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap();
    codes(verdict.in_force.as_ref()).into_iter().map(str::to_owned).collect()
}

pub(super) fn by_name(name: &str) -> wire::verify_request::Subject {
    wire::verify_request::Subject::Certificate(name.to_owned())
}

fn by_document(certificate: &wire::Certificate) -> wire::verify_request::Subject {
    wire::verify_request::Subject::Document(certificate.document.clone())
}

async fn an_amendment_makes_a_version_and_keeps_the_one_before(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let answer = body.amend_certificate(amendment(&first.name, "a", "Other words.")).await.unwrap().into_inner();
    let second = answer.certificate.unwrap();
    assert_eq!((second.version, second.state()), (2, wire::CertificateState::Active));
    assert_eq!(second.content.as_ref().unwrap().scope, "Other words.");
    let stated = Presented::read(&second.document).unwrap().into_certificate();
    assert_eq!((stated.version, stated.facts.scope.as_str()), (2, "Other words."));
    let leaf = String::from_utf8(answer.proof.unwrap().leaf.to_vec()).unwrap();
    assert!(leaf.contains(&hex::encode(&second.document_sha256)) && leaf.contains("certificate.reissue"), "{leaf}");
    assert_eq!(get(&served, &first.name, 0).await.unwrap(), second);
    let old = get(&served, &first.name, 1).await.unwrap();
    assert_eq!((old.document.as_str(), old.state()), (first.document.as_str(), wire::CertificateState::Superseded));
    assert_eq!(get(&served, &first.name, 3).await.unwrap_err().code(), Code::NotFound);
    let page = |token: String| wire::ListCertificateVersionsRequest {
        certificate: first.name.clone(),
        page_size: 1,
        page_token: token,
        ..Default::default()
    };
    let one = body.list_certificate_versions(page(String::new())).await.unwrap().into_inner();
    let two = body.list_certificate_versions(page(one.next_page_token.clone())).await.unwrap().into_inner();
    assert_eq!((one.versions, two.versions), (vec![old], vec![second.clone()]));
    assert!(two.next_page_token.is_empty());
    assert_eq!(in_force(&served, by_document(&second), "2026-06-01").await, ["active"]);
    assert!(in_force(&served, by_document(&first), "2026-06-01").await.contains(&"older_version_presented".to_owned()));
    // The older document is judged for the days before, too.
    assert_eq!(in_force(&served, by_document(&first), "2026-05-01").await, ["active"]);
}

async fn an_amendment_announced_for_later_counts_from_its_day(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let later = served.clock.now() + TimeDelta::days(10);
    let announced = wire::AmendCertificateRequest {
        effective_time: stamp(later),
        ..products(&first.name, "a", wire::AmendmentKind::ExtendScope, &["SR-400", "SR-500"])
    };
    let second = body.amend_certificate(announced).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!((second.version, second.state()), (2, wire::CertificateState::NotYetValid));
    let current = get(&served, &first.name, 0).await.unwrap();
    assert_eq!((current.version, current.state()), (1, wire::CertificateState::Active));
    assert_eq!(in_force(&served, by_document(&second), "2026-06-01").await, ["not_yet_valid", "active"]);
    // No step that is not urgent can take effect before the one that was announced.
    let now = body
        .continue_certificate(wire::ContinueCertificateRequest {
            request_id: "c".to_owned(),
            name: first.name.clone(),
            reason: wire::CertificateReason::Ordinary.into(),
            conditions: "Yearly audits.".to_owned(),
            ..wire::ContinueCertificateRequest::default()
        })
        .await
        .unwrap_err();
    assert_eq!(now.code(), Code::InvalidArgument);
    served.clock.advance(TimeDelta::days(10));
    assert_eq!(get(&served, &first.name, 0).await.unwrap().version, 2);
    assert_eq!(in_force(&served, by_document(&second), "2026-06-11").await, ["active"]);
}

async fn an_amendment_says_all_that_is_wrong_with_it(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let fields = |status: &tonic::Status| -> Vec<String> {
        Fault::violations_of(status).into_iter().map(|violation| violation.field).collect()
    };
    let bad = wire::AmendCertificateRequest {
        kind: 0,
        update_mask: Some(prost_types::FieldMask { paths: vec!["scope".into(), "number".into()] }),
        reason: wire::CertificateReason::Other.into(),
        effective_time: stamp(served.clock.now() + TimeDelta::days(4_000)),
        ..amendment(&first.name, "not an id!", "x")
    };
    let refused = body.amend_certificate(bad).await.unwrap_err();
    assert_eq!(fields(&refused), ["request_id", "reason_text", "effective_time", "kind", "update_mask"]);
    let mut unlike = products(&first.name, "a", wire::AmendmentKind::ReduceScope, &["SR-500"]);
    unlike.update_mask.as_mut().unwrap().paths.extend(["scheme".to_owned(), "valid_until".to_owned()]);
    let changed = unlike.content.as_mut().unwrap();
    changed.scheme = Some(wire::SchemeReference { scheme: "schemes/other".into(), level: String::new() });
    changed.valid_until = "2040-01-01".to_owned();
    let refused = body.amend_certificate(unlike).await.unwrap_err();
    assert_eq!(fields(&refused), ["content.scheme.scheme", "content.products", "content.valid_until"]);
    let cleared = amendment(&first.name, "a", "");
    assert_eq!(fields(&body.amend_certificate(cleared).await.unwrap_err()), ["content.scope"]);
    let same = amendment(&first.name, "a", &content().scope);
    assert_eq!(fields(&body.amend_certificate(same).await.unwrap_err()), ["update_mask"]);
    let nobody = amendment("certificates/GLXA23456789ABCD00", "a", "x");
    assert_eq!(fields(&body.amend_certificate(nobody).await.unwrap_err()), ["name"], "check characters");
    let unknown = greenlane_credential::CertificateNumber::generate(greenlane_credential::Prefix::new("XA").unwrap());
    let unknown = amendment(&format!("certificates/{unknown}"), "a", "x");
    assert_eq!(body.amend_certificate(unknown).await.unwrap_err().code(), Code::NotFound);
    let early = renewal(&first.name, "r", "2028-01-01");
    assert_eq!(fields(&body.renew_certificate(early).await.unwrap_err()), ["valid_until"]);
    assert_eq!(served.verdict(&first.name).await.revisions.unwrap().registry, 3, "nothing was written");
}

async fn what_one_amendment_is_made_of_is_what_the_one_before_left(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut calls = tokio::task::JoinSet::new();
    for (id, field) in [("a", "scope"), ("b", "remarks"), ("c", "body_reference")] {
        let mut body = served.certificates("bodies/xa-lab");
        let mut request = amendment(&first.name, id, "changed");
        request.update_mask = Some(prost_types::FieldMask { paths: vec![field.to_owned()] });
        let content = request.content.as_mut().unwrap();
        (content.remarks, content.body_reference) = ("changed".to_owned(), "changed".to_owned());
        calls.spawn(async move { body.amend_certificate(request).await.unwrap().into_inner() });
    }
    let mut versions: Vec<u32> =
        calls.join_all().await.into_iter().map(|answer| answer.certificate.unwrap().version).collect();
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4]);
    let last = get(&served, &first.name, 0).await.unwrap().content.unwrap();
    assert_eq!([last.scope, last.remarks, last.body_reference], ["changed"; 3], "none undid another");
    // Whoever sends an etag is told instead.
    let late = wire::AmendCertificateRequest { etag: first.etag.clone(), ..amendment(&first.name, "d", "late") };
    let refused = served.certificates("bodies/xa-lab").amend_certificate(late).await.unwrap_err();
    assert_eq!((refused.code(), Fault::reason_of(&refused)), (Code::Aborted, Some(ErrorReason::EtagMismatch)));
}

async fn a_repeated_amendment_is_done_once(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let request = amendment(&first.name, "a", "Other words.");
    let once = body.amend_certificate(request.clone()).await.unwrap().into_inner();
    assert_eq!(body.amend_certificate(request.clone()).await.unwrap().into_inner(), once);
    let other = amendment(&first.name, "a", "Still other words.");
    let refused = body.amend_certificate(other).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::RequestIdReused));
    body.terminate_certificate(termination(&first.name, "t")).await.unwrap();
    assert_eq!(body.amend_certificate(request).await.unwrap().into_inner(), once, "as it was answered then");
    let ended = body.amend_certificate(amendment(&first.name, "b", "Too late.")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&ended), Some(ErrorReason::StateConflict));
}

async fn a_new_version_is_the_bodys_own_affair(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    served.enrol("xb-lab").await;
    let not_yours = |status: tonic::Status| {
        assert_eq!((status.code(), Fault::reason_of(&status)), (Code::PermissionDenied, Some(ErrorReason::NotYours)));
    };
    let mut other = served.certificates("bodies/xb-lab");
    not_yours(other.amend_certificate(amendment(&first.name, "a", "x")).await.unwrap_err());
    not_yours(other.renew_certificate(renewal(&first.name, "r", "2035-01-01")).await.unwrap_err());
    not_yours(other.terminate_certificate(termination(&first.name, "t")).await.unwrap_err());
    not_yours(other.annul_certificate(annulment(&first.name, "n")).await.unwrap_err());
    not_yours(other.continue_certificate(continuation(&first.name, "c")).await.unwrap_err());
    let versions = wire::ListCertificateVersionsRequest { certificate: first.name.clone(), ..Default::default() };
    not_yours(other.list_certificate_versions(versions).await.unwrap_err());
    let mut nobody = wire::certificate_service_client::CertificateServiceClient::new(served.channel("x", None));
    not_yours(nobody.amend_certificate(amendment(&first.name, "a", "x")).await.unwrap_err());
    assert_eq!(get(&served, &first.name, 0).await.unwrap(), first);
}

async fn a_check_of_an_amendment_writes_nothing(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let check = wire::AmendCertificateRequest { validate_only: true, ..amendment(&first.name, "a", "Other words.") };
    let answer = body.amend_certificate(check).await.unwrap().into_inner();
    let checked = answer.certificate.unwrap();
    assert!(answer.proof.is_none() && checked.document.is_empty() && checked.document_sha256.is_empty());
    assert_eq!(checked.content.unwrap().scope, "Other words.");
    assert_eq!(get(&served, &first.name, 0).await.unwrap(), first);
}

async fn a_body_signs_new_versions_itself(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let signer = SigningKey::generate_es256();
    let registration = wire::CreateBodyKeyRequest {
        request_id: "own".to_owned(),
        body: "bodies/xa-lab".to_owned(),
        source: Some(wire::create_body_key_request::Source::PublicJwk(signer.to_public_jwk().to_json())),
        ..Default::default()
    };
    let key = served.bodies().create_body_key(registration).await.unwrap().into_inner().key.unwrap();
    let mut body = served.certificates("bodies/xa-lab");
    let prepare = wire::PrepareCertificateRequest {
        body: "bodies/xa-lab".to_owned(),
        content: Some(wire::CertificateContent { scope: "Other words.".to_owned(), ..content() }),
        key: key.name.clone(),
        certificate: first.name.clone(),
    };
    let prepared = body.prepare_certificate(prepare).await.unwrap().into_inner();
    assert_eq!(format!("certificates/{}", prepared.certificate_number), first.name);
    let signature = signer.sign(prepared.signing_input.as_bytes()).unwrap();
    let document = format!("{}.{}", prepared.signing_input, greenlane_jose::b64::encode(signature));
    let signed = |scope: &str, id: &str| wire::AmendCertificateRequest {
        signing: Some(wire::amend_certificate_request::Signing::SignedDocument(document.clone())),
        ..amendment(&first.name, id, scope)
    };
    let refused = body.amend_certificate(signed("What was not signed.", "a")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let second = body.amend_certificate(signed("Other words.", "b")).await.unwrap().into_inner();
    let second = second.certificate.unwrap();
    assert_eq!((second.document.as_str(), second.signing_key), (document.as_str(), key.name));
    // The document is of version 2, so it cannot become version 3.
    let refused = body.amend_certificate(signed("Third words.", "c")).await.unwrap_err();
    assert!(refused.message().contains("signed_document"), "{}", refused.message());
}

async fn a_certificate_is_found_by_what_it_says_now(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let extend = products(&first.name, "a", wire::AmendmentKind::ExtendScope, &["SR-400", "SR-500"]);
    body.amend_certificate(extend).await.unwrap();
    let reduce = wire::AmendCertificateRequest {
        effective_time: stamp(served.clock.now() + TimeDelta::days(5)),
        ..products(&first.name, "b", wire::AmendmentKind::ReduceScope, &["SR-500"])
    };
    let before = body.amend_certificate(reduce).await.unwrap().into_inner().revision - 1;
    let find = async |model: &str, at: Option<u64>| {
        use greenlane_api::common::v1 as common;
        let product = common::ProductIdentification { model: model.to_owned(), ..Default::default() };
        let filter = wire::CertificateFilter { product: Some(product), ..Default::default() };
        let consistency = at.map(|revision| common::ReadConsistency {
            requirement: Some(common::read_consistency::Requirement::ExactlyRevision(revision)),
        });
        let request = wire::ListCertificatesRequest { filter: Some(filter), consistency, ..Default::default() };
        let mut body = served.certificates("bodies/xa-lab");
        body.list_certificates(request).await.unwrap().into_inner().certificates.len()
    };
    assert_eq!((find("sr-400", None).await, find("SR-500", None).await, find("SR-600", None).await), (1, 1, 0));
    served.clock.advance(TimeDelta::days(5));
    assert_eq!((find("SR-400", None).await, find("SR-500", None).await), (0, 1));
    assert_eq!(find("SR-400", Some(before)).await, 1, "as it was known then");
}

async fn a_renewal_extends_the_term(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let answer = body.renew_certificate(renewal(&first.name, "r", "2032-01-09")).await.unwrap().into_inner();
    let second = answer.certificate.unwrap();
    let content = second.content.unwrap();
    assert_eq!((content.granted_on.as_str(), content.valid_from.as_str()), ("2026-01-10", "2026-01-10"));
    assert_eq!(content.authorised_by, "Another head of certification");
    assert_eq!(in_force(&served, by_name(&first.name), "2031-06-01").await, ["active"]);
    let request = wire::ListCertificateEventsRequest { certificate: first.name.clone(), ..Default::default() };
    let events = body.list_certificate_events(request).await.unwrap().into_inner().events;
    assert_eq!(events[1].kind(), wire::CertificateEventKind::Renew);
    assert_eq!(events[1].version, 2);
}

async fn a_renewal_after_the_last_day_leaves_the_gap(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    served.clock.advance(TimeDelta::days(3 * 365));
    assert_eq!(get(&served, &first.name, 0).await.unwrap().state(), wire::CertificateState::Expired);
    let mut body = served.certificates("bodies/xa-lab");
    let second = body.renew_certificate(renewal(&first.name, "r", "2032-01-09")).await.unwrap().into_inner();
    assert_eq!(second.certificate.unwrap().content.unwrap().valid_from, "2029-05-31");
    assert_eq!(in_force(&served, by_name(&first.name), "2029-03-01").await, ["expired"]);
    assert_eq!(in_force(&served, by_name(&first.name), "2029-05-31").await, ["active"]);
}

async fn a_reduction_ends_a_suspension(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let extend = products(&first.name, "a", wire::AmendmentKind::ExtendScope, &["SR-400", "SR-500"]);
    body.amend_certificate(extend).await.unwrap();
    body.suspend_certificate(suspension(&first.name, "s")).await.unwrap();
    let correct = body.amend_certificate(amendment(&first.name, "c", "x")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&correct), Some(ErrorReason::StateConflict));
    let reduce = products(&first.name, "b", wire::AmendmentKind::ReduceScope, &["SR-400"]);
    let reduced = body.amend_certificate(reduce).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!((reduced.version, reduced.state()), (3, wire::CertificateState::Active));
}

async fn an_amendment_that_takes_nothing_away_ends_no_suspension(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&first.name, "s")).await.unwrap();
    let mut holder = content().holder.unwrap();
    holder.name = "Another company".to_owned();
    let mut better = content().scheme.unwrap();
    better.level = "A+++".to_owned();
    for (field, blamed, stated) in [
        ("remarks", "update_mask", wire::CertificateContent { remarks: "All is well.".to_owned(), ..content() }),
        ("holder", "content.holder", wire::CertificateContent { holder: Some(holder), ..content() }),
        ("scheme", "content.scheme.level", wire::CertificateContent { scheme: Some(better), ..content() }),
    ] {
        let request = wire::AmendCertificateRequest {
            kind: wire::AmendmentKind::ReduceScope.into(),
            content: Some(stated),
            update_mask: Some(prost_types::FieldMask { paths: vec![field.to_owned()] }),
            ..amendment(&first.name, field, "")
        };
        let refused = body.amend_certificate(request).await.unwrap_err();
        assert_eq!(Fault::violations_of(&refused)[0].field, blamed);
    }
    assert_eq!(in_force(&served, by_name(&first.name), "2026-06-01").await, ["suspended"]);
}

async fn a_correction_touches_what_is_certified_for_a_mistake_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let corrected = |id: &str, reason: wire::CertificateReason| wire::AmendCertificateRequest {
        reason: reason.into(),
        ..products(&first.name, id, wire::AmendmentKind::Correct, &["SR-400", "SR-500"])
    };
    let refused = body.amend_certificate(corrected("a", wire::CertificateReason::Ordinary)).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "content.products");
    let done = body.amend_certificate(corrected("b", wire::CertificateReason::Mistake)).await.unwrap().into_inner();
    assert_eq!(done.certificate.unwrap().version, 2);
    let request = wire::ListCertificateEventsRequest { certificate: first.name.clone(), ..Default::default() };
    let events = body.list_certificate_events(request).await.unwrap().into_inner().events;
    let told = (events[1].kind(), events[1].reason());
    assert_eq!(told, (wire::CertificateEventKind::Reissue, wire::CertificateReason::Mistake), "as the log has it");
}

async fn a_renewal_that_an_announced_step_is_before_is_told_when_that_one_comes(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let first = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let mut body = served.certificates("bodies/xa-lab");
    let later = served.clock.now() + TimeDelta::days(20);
    let announced = wire::AmendCertificateRequest {
        effective_time: Some(prost_types::Timestamp { seconds: later.timestamp(), nanos: 0 }),
        ..amendment(&first.name, "a", "Other words.")
    };
    body.amend_certificate(announced).await.unwrap();
    let refused = body.renew_certificate(renewal(&first.name, "r", "2032-01-09")).await.unwrap_err();
    assert_eq!(
        (refused.code(), Fault::reason_of(&refused)),
        (Code::FailedPrecondition, Some(ErrorReason::StateConflict))
    );
    let told = Fault::metadata_of(&refused);
    assert_eq!((told["step"].as_str(), told["from"].as_str()), ("renew", "2026-06-21T12:00:00Z"));
    assert!(Fault::violations_of(&refused).is_empty(), "it has no field that says when");
    served.clock.advance(TimeDelta::days(20));
    body.renew_certificate(renewal(&first.name, "r", "2032-01-09")).await.unwrap();
}
