//! Issuing: once for each request id, provably logged, by the body alone.

use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::certificate_service_client::CertificateServiceClient;
use greenlane_credential::Presented;
use greenlane_jose::{Signer as _, SigningKey};
use greenlane_log::{Checkpoint, Hash, hash_leaf, note::NoteKey, verify_inclusion};
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{content, new_key, order, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    an_answer_carries_the_document_and_its_proof,
    the_same_request_twice_is_done_once_and_answered_the_same,
    concurrent_duplicates_make_one_certificate,
    a_request_id_is_not_for_another_payload,
    what_was_answered_for_one_body_is_not_answered_again_for_another,
    a_body_cannot_act_for_another,
    a_check_writes_nothing,
    a_body_may_sign_itself,
    a_document_that_states_something_else_is_refused,
    a_document_that_states_more_than_was_prepared_is_refused,
    a_document_under_a_number_with_another_economys_letters_is_refused,
    a_body_without_a_key_is_told_so,
    a_key_whose_file_is_away_is_named_in_the_refusal,
    what_cannot_be_true_or_does_not_show_is_refused,
);

/// Verifies a proof against the log's own key.
async fn assert_proved(served: &super::harness::Served, proof: &wire::LogProof) {
    let checkpoint = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    let key: NoteKey = checkpoint.checkpoint.unwrap().verifier_key.parse().unwrap();
    let signed = Checkpoint::open(proof.checkpoint.as_bytes(), &key, &[]).unwrap().checkpoint;
    assert_eq!(signed.size, proof.tree_size);
    let hashes: Vec<Hash> = proof.hashes.iter().map(|hash| Hash::try_from(hash.as_ref()).unwrap()).collect();
    verify_inclusion(&hash_leaf(&proof.leaf), proof.index, proof.tree_size, &hashes, &signed.root).unwrap();
}

async fn an_answer_carries_the_document_and_its_proof(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let answer = served.issue("xa-lab", "one").await;
    let certificate = answer.certificate.unwrap();
    assert_eq!(answer.revision, 3, "body, key, certificate");
    assert_eq!((certificate.granted_revision, certificate.latest_revision), (3, 3));
    assert_eq!(certificate.state(), wire::CertificateState::Active);
    assert!(certificate.name.starts_with("certificates/GLXA"), "{}", certificate.name);
    let proof = answer.proof.unwrap();
    assert_proved(&served, &proof).await;
    let leaf = String::from_utf8(proof.leaf.to_vec()).unwrap();
    assert!(leaf.contains(&certificate.name) && leaf.contains(&hex::encode(&certificate.document_sha256)), "{leaf}");
    assert!(!leaf.contains("Example Solar"), "nothing commercial enters the log: {leaf}");
    let read = Presented::read(&certificate.document).unwrap();
    assert_eq!(read.certificate().facts.holder.name, "Example Solar Ltd");
    assert_eq!(certificate.content.unwrap().products[0].codes[0].code, "854143");
}

async fn the_same_request_twice_is_done_once_and_answered_the_same(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let first = served.issue("xa-lab", "one").await;
    // What happened since does not change what is answered.
    served.issue("xa-lab", "two").await;
    served.clock.advance(chrono::TimeDelta::days(2));
    let again = served.issue("xa-lab", "one").await;
    assert_eq!(first, again);
    let entries = served.log().list_entries(wire::ListEntriesRequest::default()).await.unwrap().into_inner();
    assert_eq!(entries.revision, 4, "body, key, two certificates");
}

async fn concurrent_duplicates_make_one_certificate(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut certificates = served.certificates("bodies/xa-lab");
        calls.spawn(async move { certificates.issue_certificate(order("xa-lab", "same")).await.unwrap().into_inner() });
    }
    let answers = calls.join_all().await;
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(served.issue("xa-lab", "other").await.revision, 4, "body, key, and two certificates in all");
}

async fn a_request_id_is_not_for_another_payload(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.issue("xa-lab", "one").await;
    let mut other = order("xa-lab", "one");
    other.content.as_mut().unwrap().scope = "Something else.".to_owned();
    let refused = served.certificates("bodies/xa-lab").issue_certificate(other).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::RequestIdReused));
}

async fn what_was_answered_for_one_body_is_not_answered_again_for_another(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xb-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    let suspend = super::life::suspension(&name, "s");
    let mut own = served.certificates("bodies/xa-lab");
    let first = own.suspend_certificate(suspend.clone()).await.unwrap().into_inner();
    // The same clerk, who acts for another body now, or for none.
    for body in [Some("bodies/xb-lab"), None] {
        let mut elsewhere = CertificateServiceClient::new(served.channel("clerk", body));
        let refused = elsewhere.suspend_certificate(suspend.clone()).await.unwrap_err();
        let told = Fault::reason_of(&refused);
        assert!(matches!(told, Some(ErrorReason::RequestIdReused | ErrorReason::NotYours)), "{body:?}: {refused:?}");
    }
    assert_eq!(own.suspend_certificate(suspend).await.unwrap().into_inner(), first, "its own is told as before");
}

async fn a_body_cannot_act_for_another(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xb-lab").await;
    let mine = served.issue("xa-lab", "one").await.certificate.unwrap();
    let mut other = served.certificates("bodies/xb-lab");
    let refused = other.issue_certificate(order("xa-lab", "two")).await.unwrap_err();
    assert_eq!((refused.code(), Fault::reason_of(&refused)), (Code::PermissionDenied, Some(ErrorReason::NotYours)));
    let withdrawal = wire::WithdrawCertificateRequest {
        request_id: "three".to_owned(),
        name: mine.name.clone(),
        reason: wire::CertificateReason::Fraud.into(),
        ..wire::WithdrawCertificateRequest::default()
    };
    let refused = other.withdraw_certificate(withdrawal.clone()).await.unwrap_err();
    assert_eq!((refused.code(), Fault::reason_of(&refused)), (Code::PermissionDenied, Some(ErrorReason::NotYours)));
    let mut nobody = wire::certificate_service_client::CertificateServiceClient::new(served.channel("somebody", None));
    let refused = nobody.withdraw_certificate(withdrawal).await.unwrap_err();
    assert_eq!((refused.code(), Fault::reason_of(&refused)), (Code::PermissionDenied, Some(ErrorReason::NotYours)));
    let mut keys = wire::body_service_client::BodyServiceClient::new(served.channel("clerk", Some("bodies/xb-lab")));
    let refused =
        keys.create_body_key(wire::CreateBodyKeyRequest { request_id: "k".into(), ..new_key("xa-lab") }).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(served.verdict(&mine.name).await.revisions.unwrap().registry, 5, "nothing was written");
}

async fn a_check_writes_nothing(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let check = wire::IssueCertificateRequest { validate_only: true, ..order("xa-lab", "one") };
    let answer = served.certificates("bodies/xa-lab").issue_certificate(check).await.unwrap().into_inner();
    let certificate = answer.certificate.unwrap();
    assert!(answer.proof.is_none() && certificate.name.is_empty() && certificate.document.is_empty());
    assert_eq!(answer.revision, 2);
    // The id is still free.
    assert_eq!(served.issue("xa-lab", "one").await.revision, 3);
}

/// A body that holds its own key, and what the registry prepared for it to sign.
async fn prepared(served: &super::harness::Served) -> (SigningKey, wire::BodyKey, wire::PrepareCertificateResponse) {
    served.bodies().create_body(super::harness::new_body("xa-lab")).await.unwrap();
    let signer = SigningKey::generate_es256();
    let registration = wire::CreateBodyKeyRequest {
        request_id: "key".to_owned(),
        body: "bodies/xa-lab".to_owned(),
        source: Some(wire::create_body_key_request::Source::PublicJwk(signer.to_public_jwk().to_json())),
        ..wire::CreateBodyKeyRequest::default()
    };
    let key = served.bodies().create_body_key(registration).await.unwrap().into_inner().key.unwrap();
    assert_eq!(key.custody(), wire::KeyCustody::Body);
    let prepare = wire::PrepareCertificateRequest {
        body: "bodies/xa-lab".to_owned(),
        content: Some(content()),
        key: key.name.clone(),
        ..Default::default()
    };
    let prepared = served.certificates("bodies/xa-lab").prepare_certificate(prepare).await.unwrap().into_inner();
    (signer, key, prepared)
}

/// An order with the document that these bytes become when they are signed.
fn signed(signer: &SigningKey, signing_input: &str, request_id: &str) -> (wire::IssueCertificateRequest, String) {
    let signature = signer.sign(signing_input.as_bytes()).unwrap();
    let document = format!("{signing_input}.{}", greenlane_jose::b64::encode(signature));
    let mut request = order("xa-lab", request_id);
    request.signing = Some(wire::issue_certificate_request::Signing::SignedDocument(document.clone()));
    (request, document)
}

async fn a_body_may_sign_itself(db: TestDatabase) {
    let served = serve(&db).await;
    let (signer, key, prepared) = prepared(&served).await;
    let (request, document) = signed(&signer, &prepared.signing_input, "one");
    let mut certificates = served.certificates("bodies/xa-lab");
    let issued = certificates.issue_certificate(request).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!(issued.name, format!("certificates/{}", prepared.certificate_number));
    assert_eq!((issued.document, issued.signing_key), (document, key.name));
    let verdict = served.verdict(&issued.name).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Accepted);
}

async fn a_document_that_states_more_than_was_prepared_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    let (signer, _, prepared) = prepared(&served).await;
    let (header, payload) = prepared.signing_input.split_once('.').unwrap();
    let mut payload: serde_json::Value =
        serde_json::from_slice(&greenlane_jose::b64::decode(payload).unwrap()).unwrap();
    payload["evidence"] = serde_json::json!([{ "type": "Evidence", "name": "A test that was never made" }]);
    let payload = greenlane_jose::canonical::to_vec(&payload).unwrap();
    let (request, _) = signed(&signer, &format!("{header}.{}", greenlane_jose::b64::encode(payload)), "one");
    let refused = served.certificates("bodies/xa-lab").issue_certificate(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["signed_document"]);
}

async fn a_document_under_a_number_with_another_economys_letters_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    let (signer, _, prepared) = prepared(&served).await;
    let (header, payload) = prepared.signing_input.split_once('.').unwrap();
    let payload = String::from_utf8(greenlane_jose::b64::decode(payload).unwrap()).unwrap();
    let issue = async |letters: &str, request_id: &str| {
        let prefix = greenlane_credential::Prefix::new(letters).unwrap();
        let number = greenlane_credential::CertificateNumber::generate(prefix);
        let payload = payload.replace(&prepared.certificate_number, number.as_str());
        let input = format!("{header}.{}", greenlane_jose::b64::encode(payload));
        let (request, _) = signed(&signer, &input, request_id);
        served.certificates("bodies/xa-lab").issue_certificate(request).await
    };
    let refused = issue("XB", "one").await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let told = Fault::violations_of(&refused).remove(0);
    assert!(told.field == "signed_document" && told.description.contains("GLXA"), "{told:?}");
    issue("XA", "two").await.unwrap();
}

async fn a_document_that_states_something_else_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let issued = served.issue("xa-lab", "one").await.certificate.unwrap();
    // Properly signed, but for other facts than those of the request.
    let mut request = order("xa-lab", "two");
    request.content.as_mut().unwrap().scope = "More than was certified.".to_owned();
    request.signing = Some(wire::issue_certificate_request::Signing::SignedDocument(issued.document.clone()));
    let refused = served.certificates("bodies/xa-lab").issue_certificate(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("the facts of the request"), "{}", refused.message());
    // The very document again: its number is taken.
    let mut request = order("xa-lab", "three");
    request.signing = Some(wire::issue_certificate_request::Signing::SignedDocument(issued.document));
    let refused = served.certificates("bodies/xa-lab").issue_certificate(request).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::ResourceExists));
}

async fn what_cannot_be_true_or_does_not_show_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut certificates = served.certificates("bodies/xa-lab");
    let mut request = order("xa-lab", "one");
    let stated = request.content.as_mut().unwrap();
    stated.granted_on = (served.clock.today() + chrono::Days::new(2)).to_string();
    stated.scope = "Modules\u{202e}seludom".to_owned();
    stated.products[0].codes[0].edition = "HS9999".to_owned();
    let refused = certificates.issue_certificate(request.clone()).await.unwrap_err();
    let mut fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    fields.sort();
    assert_eq!(fields, ["content.granted_on", "content.products[0].codes[0].edition", "content.scope"]);
    // Somewhere it may be tomorrow already.
    let mut ahead = order("xa-lab", "two");
    ahead.content.as_mut().unwrap().granted_on = (served.clock.today() + chrono::Days::new(1)).to_string();
    certificates.issue_certificate(ahead).await.unwrap();
}

async fn a_body_without_a_key_is_told_so(db: TestDatabase) {
    let served = serve(&db).await;
    served.bodies().create_body(super::harness::new_body("xa-lab")).await.unwrap();
    let refused = served.certificates("bodies/xa-lab").issue_certificate(order("xa-lab", "one")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NoSigningKey));
}

async fn a_key_whose_file_is_away_is_named_in_the_refusal(db: TestDatabase) {
    let served = serve(&db).await;
    served.bodies().create_body(super::harness::new_body("xa-lab")).await.unwrap();
    let key = served.bodies().create_body_key(new_key("xa-lab")).await.unwrap().into_inner().key.unwrap().name;
    let keys = served.keys.path().join("keys");
    let file = keys.join(format!("{}.jwk", key.rsplit('/').next().unwrap()));
    std::fs::rename(&file, keys.join("away")).unwrap();
    let mut certificates = served.certificates("bodies/xa-lab");
    let mut by_name = order("xa-lab", "two");
    by_name.signing = Some(wire::issue_certificate_request::Signing::SigningKey(key.clone()));
    for order in [order("xa-lab", "one"), by_name] {
        let refused = certificates.issue_certificate(order).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NoSigningKey));
        let told = Fault::metadata_of(&refused);
        assert_eq!((told.get("body").map(String::as_str), told.get("key")), (Some("bodies/xa-lab"), Some(&key)));
    }
    std::fs::rename(keys.join("away"), &file).unwrap();
    certificates.issue_certificate(order("xa-lab", "three")).await.unwrap();
}
