//! The trust bundle: the same verdicts without the registry.

use chrono::{DateTime, TimeDelta};
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::verification_service_client::VerificationServiceClient;
use greenlane_api::registry::v1::verify_request::Subject;
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{Served, codes, goods, question, serve};
use crate::Migrator;
use crate::offline::Bundle;

greenlane_store::engine_tests!(Migrator:
    a_bundle_gives_the_verdicts_of_its_revision,
    a_serial_is_compared_as_people_read_it_with_a_network_and_without,
    a_bundle_past_its_time_leaves_every_part_open,
    a_bundle_past_its_time_still_refuses_what_it_disproves,
    a_bundle_holds_what_was_asked_for_and_no_words_of_documents,
    what_a_bundle_cannot_hold_is_refused,
    a_bundle_of_some_bodies_says_nothing_of_the_others,
    a_body_is_given_the_bundle_of_its_own_certificates_alone,
    a_document_that_is_newer_than_a_bundle_is_left_open,
    what_came_after_a_bundle_is_left_open_by_number_and_by_document_alike,
    a_copy_by_a_newer_key_leaves_open_only_who_signed_it,
    what_a_bundle_disproves_is_refused_whoever_signed_it,
);

/// A bundle, until when it is good, and its revision.
async fn fetch(served: &Served, request: wire::GetTrustBundleRequest) -> (Vec<u8>, i64, u64) {
    fetch_by(served.verification(), request).await
}

async fn fetch_by(
    mut client: VerificationServiceClient<Client>,
    request: wire::GetTrustBundleRequest,
) -> (Vec<u8>, i64, u64) {
    let mut parts = client.get_trust_bundle(request).await.unwrap().into_inner();
    let first = parts.message().await.unwrap().unwrap();
    let (good_until, revisions) = (first.good_until.unwrap().seconds, first.revisions.unwrap());
    let mut bytes = first.chunk.to_vec();
    while let Some(part) = parts.message().await.unwrap() {
        bytes.extend_from_slice(&part.chunk);
    }
    (bytes, good_until, revisions.registry)
}

async fn online(served: &Served, request: &wire::VerifyRequest) -> wire::Verdict {
    served.verification().verify(request.clone()).await.unwrap().into_inner().verdict.unwrap()
}

async fn offline(served: &Served, bundle: &Bundle, request: &wire::VerifyRequest) -> wire::Verdict {
    bundle.verify(request.clone(), None, served.clock.clone()).await.unwrap().verdict.unwrap()
}

fn step(name: &str, id: &str) -> wire::SuspendCertificateRequest {
    wire::SuspendCertificateRequest {
        request_id: id.to_owned(),
        name: name.to_owned(),
        reason: wire::CertificateReason::Nonconformity.into(),
        reason_text: "The words of the body.".to_owned(),
        remedy: "A new type test.".to_owned(),
        ..wire::SuspendCertificateRequest::default()
    }
}

async fn a_bundle_gives_the_verdicts_of_its_revision(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let good = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let suspended = served.issue("xa-lab", "c2").await.certificate.unwrap();
    served.certificates("bodies/xa-lab").suspend_certificate(step(&suspended.name, "s")).await.unwrap();
    let foreign = served.issue("xa-other", "c3").await.certificate.unwrap();
    let since = served.clock.now();
    let revoke = wire::RevokeBodyKeyRequest {
        request_id: "v".to_owned(),
        name: foreign.signing_key.clone(),
        compromised_since: Some(prost_types::Timestamp { seconds: since.timestamp() - 60, nanos: 0 }),
        reason_text: "Lost.".to_owned(),
        ..wire::RevokeBodyKeyRequest::default()
    };
    served.bodies().revoke_body_key(revoke).await.unwrap();
    let (bytes, _, revision) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    let bundle = Bundle::read(&bytes, None).unwrap();

    let restated = wire::GetCertificateRequest {
        name: good.name.clone(),
        document_profile: wire::DocumentProfile::W3c.into(),
        ..Default::default()
    };
    let restated = served.certificates("bodies/xa-lab").get_certificate(restated).await.unwrap().into_inner();
    let restated = restated.certificate.unwrap().document;

    let mut outcomes = Vec::new();
    let altered = good.document.replacen("eyJ", "eyK", 1);
    for subject in [
        Subject::Certificate(good.name.clone()),
        Subject::Document(good.document.clone()),
        Subject::QrText(format!("https://registry.example.org/{}", good.name)),
        Subject::Document(altered),
        Subject::Document(restated),
        Subject::Document(format!("{}A", &good.document[..good.document.len() - 1])),
        Subject::Certificate(suspended.name.clone()),
        Subject::Certificate(foreign.name.clone()),
    ] {
        for goods in [None, Some(goods()), Some(common::GoodsDeclaration { product: None, ..goods() })] {
            let request = wire::VerifyRequest { goods, ..question(subject.clone()) };
            let (mut there, mut here) = (online(&served, &request).await, offline(&served, &bundle, &request).await);
            (there.freshness, here.freshness) = (None, None);
            assert_eq!(here, there);
            outcomes.push(here.outcome());
        }
    }
    assert!(outcomes.contains(&wire::VerdictOutcome::Accepted) && outcomes.contains(&wire::VerdictOutcome::Refused));

    // What is done later is in a later bundle.
    served.certificates("bodies/xa-lab").suspend_certificate(step(&good.name, "s2")).await.unwrap();
    let request = question(Subject::Certificate(good.name));
    assert_eq!(online(&served, &request).await.outcome(), wire::VerdictOutcome::Refused);
    let here = offline(&served, &bundle, &request).await;
    assert_eq!((here.outcome(), here.revisions.unwrap().registry), (wire::VerdictOutcome::Accepted, revision));
}

async fn a_serial_is_compared_as_people_read_it_with_a_network_and_without(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut order = super::harness::order("xa-lab", "numbered");
    order.content.as_mut().unwrap().products[0].serial_ranges =
        vec![wire::SerialRange { first: "sn-0100".to_owned(), last: "sn-0199".to_owned() }];
    let mut body = served.certificates("bodies/xa-lab");
    let issued = body.issue_certificate(order).await.unwrap().into_inner().certificate.unwrap();
    let (bytes, ..) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    let bundle = Bundle::read(&bytes, None).unwrap();
    for (serial, expected) in [
        ("sn-0150", wire::PartOutcome::Yes),
        ("SN-0150", wire::PartOutcome::Yes),
        ("ＳＮ－０１５０", wire::PartOutcome::Yes),
        ("Sn – 01 50", wire::PartOutcome::Yes),
        ("SN-0200", wire::PartOutcome::No),
    ] {
        let mut goods = goods();
        goods.product.as_mut().unwrap().serial = serial.to_owned();
        let request = wire::VerifyRequest { goods: Some(goods), ..question(Subject::Certificate(issued.name.clone())) };
        let (there, here) = (online(&served, &request).await, offline(&served, &bundle, &request).await);
        assert_eq!(there.covers_goods.as_ref().unwrap().outcome(), expected, "{serial}");
        assert_eq!(here.covers_goods, there.covers_goods, "{serial}");
    }
    // Who searches finds it likewise.
    let product = |model: &str| common::ProductIdentification { model: model.to_owned(), ..Default::default() };
    let filter = wire::CertificateFilter { product: Some(product("sr – 400")), ..Default::default() };
    let listed = wire::ListCertificatesRequest { filter: Some(filter), ..Default::default() };
    assert_eq!(body.list_certificates(listed).await.unwrap().into_inner().certificates.len(), 1);
}

async fn a_bundle_past_its_time_leaves_every_part_open(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let good = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let (bytes, good_until, _) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    assert_eq!(good_until, (served.clock.now() + TimeDelta::hours(24)).timestamp());
    let bundle = Bundle::read(&bytes, None).unwrap();
    let request = question(Subject::Certificate(good.name));
    served.clock.advance(TimeDelta::hours(24));
    assert_eq!(offline(&served, &bundle, &request).await.outcome(), wire::VerdictOutcome::Accepted);
    // Nor of a day that begins behind its end.
    let on = |days| {
        let day = DateTime::from_timestamp(good_until, 0).unwrap().date_naive() + TimeDelta::days(days);
        wire::VerifyRequest { date: day.to_string(), ..request.clone() }
    };
    assert_eq!(offline(&served, &bundle, &on(0)).await.outcome(), wire::VerdictOutcome::Accepted);
    let ahead = offline(&served, &bundle, &on(1)).await;
    assert_eq!(ahead.outcome(), wire::VerdictOutcome::Undetermined);
    assert_eq!(codes(ahead.in_force.as_ref())[0], "bundle_not_good");
    served.clock.advance(TimeDelta::seconds(1));
    let late = offline(&served, &bundle, &request).await;
    assert_eq!(late.outcome(), wire::VerdictOutcome::Undetermined);
    assert_eq!(codes(late.in_force.as_ref())[0], "bundle_not_good");
    assert_eq!(late.recognised.unwrap().outcome(), wire::PartOutcome::NotAsked);
    served.clock.advance(TimeDelta::hours(-48));
    assert_eq!(offline(&served, &bundle, &request).await.outcome(), wire::VerdictOutcome::Undetermined);
}

async fn a_bundle_past_its_time_still_refuses_what_it_disproves(db: TestDatabase) {
    use wire::VerdictOutcome::{Refused, Undetermined};
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let mut clerk = served.certificates("bodies/xa-lab");
    let mut names = Vec::new();
    for id in ["good", "withdrawn", "suspended", "announced", "tonight"] {
        names.push(served.issue("xa-lab", id).await.certificate.unwrap());
    }
    let [good, withdrawn, suspended, announced, tonight]: [wire::Certificate; 5] = names.try_into().unwrap();
    clerk.withdraw_certificate(super::life::withdrawal(&withdrawn.name, "w")).await.unwrap();
    clerk.suspend_certificate(step(&suspended.name, "s")).await.unwrap();
    for (hours, of) in [(13, &announced), (11, &tonight)] {
        let then = served.clock.now() + TimeDelta::hours(hours);
        let ahead = wire::WithdrawCertificateRequest {
            effective_time: Some(prost_types::Timestamp { seconds: then.timestamp(), nanos: 0 }),
            ..super::life::withdrawal(&of.name, &format!("in-{hours}-hours"))
        };
        clerk.withdraw_certificate(ahead).await.unwrap();
    }
    let lost = served.issue("xa-other", "lost").await.certificate.unwrap();
    let revoke = wire::RevokeBodyKeyRequest {
        request_id: "v".to_owned(),
        name: lost.signing_key.clone(),
        compromised_since: Some(prost_types::Timestamp { seconds: served.clock.now().timestamp() - 60, nanos: 0 }),
        reason_text: "Lost.".to_owned(),
        ..Default::default()
    };
    served.bodies().revoke_body_key(revoke).await.unwrap();
    let (bytes, ..) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    let bundle = Bundle::read(&bytes, None).unwrap();
    served.clock.advance(TimeDelta::hours(25));
    let (signed, last) = good.document.split_at(good.document.len() - 2);
    let forged = format!("{signed}{}", if last == "AA" { "BA" } else { "AA" });
    let day_before = (served.clock.today() - TimeDelta::days(2)).to_string();
    let by_number = |name: &str| question(Subject::Certificate(name.to_owned()));
    let by_document = |document: &str| question(Subject::Document(document.to_owned()));
    for (what, request, outcome) in [
        ("a broken signature", by_document(&forged), Refused),
        ("no document", by_document("nonsense"), Refused),
        ("what a compromised key signed", by_document(&lost.document), Refused),
        ("what was withdrawn", by_number(&withdrawn.name), Refused),
        ("its document", by_document(&withdrawn.document), Refused),
        (
            "what was not withdrawn yet",
            wire::VerifyRequest { date: day_before, ..by_number(&withdrawn.name) },
            Undetermined,
        ),
        ("a withdrawal that may have been overtaken", by_number(&announced.name), Undetermined),
        ("a withdrawal that counts from its day's beginning", by_number(&tonight.name), Refused),
        ("a suspension, which may have ended", by_number(&suspended.name), Undetermined),
        ("a number that may be another key's by now", by_number(&lost.name), Undetermined),
        ("what was good", by_document(&good.document), Undetermined),
    ] {
        let verdict = offline(&served, &bundle, &request).await;
        assert_eq!(verdict.outcome(), outcome, "{what}: {verdict:?}");
    }
    let over = offline(&served, &bundle, &by_number(&withdrawn.name)).await;
    assert_eq!(codes(over.in_force.as_ref()), ["withdrawn"]);
    assert_eq!(codes(over.authentic.as_ref())[0], "bundle_not_good", "a later version may be of another key");
}

async fn a_bundle_holds_what_was_asked_for_and_no_words_of_documents(db: TestDatabase) {
    use std::io::Read as _;
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let own = served.issue("xa-lab", "c1").await.certificate.unwrap();
    served.certificates("bodies/xa-lab").suspend_certificate(step(&own.name, "s")).await.unwrap();
    let other = served.issue("xa-other", "c2").await.certificate.unwrap();
    let request =
        wire::GetTrustBundleRequest { bodies: vec!["bodies/xa-lab".to_owned()], destinations: vec!["XB".to_owned()] };
    let (bytes, _, _) = fetch(&served, request).await;
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    for words in ["Example Solar", "Head of certification", "words of the body", "type test", "\"d\":"] {
        assert!(!text.contains(words), "{words}");
    }
    assert!(text.contains("SR-400") && !text.contains(&other.document));
    let bundle = Bundle::read(&bytes, None).unwrap();
    let unknown = offline(&served, &bundle, &question(Subject::Certificate(other.name))).await;
    assert_eq!(codes(unknown.authentic.as_ref()), ["body_not_in_bundle"]);
    let elsewhere = common::GoodsDeclaration { destination: "XC".to_owned(), ..goods() };
    let request = wire::VerifyRequest { goods: Some(elsewhere), ..question(Subject::Certificate(own.name)) };
    let verdict = offline(&served, &bundle, &request).await;
    assert_eq!(codes(verdict.recognised.as_ref()).last(), Some(&"destination_not_in_bundle"));
}

async fn a_bundle_of_some_bodies_says_nothing_of_the_others(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let own = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let other = served.issue("xa-other", "c2").await.certificate.unwrap();
    let request = wire::GetTrustBundleRequest { bodies: vec!["bodies/xa-other".to_owned()], destinations: Vec::new() };
    let (bytes, _, _) = fetch(&served, request).await;
    let bundle = Bundle::read(&bytes, None).unwrap();
    for subject in [
        Subject::Certificate(own.name.clone()),
        Subject::Document(own.document.clone()),
        Subject::Certificate("GLXA4HP9Z1PPYMB35F".to_owned()),
    ] {
        for goods in [None, Some(goods())] {
            let request = wire::VerifyRequest { goods, ..question(subject.clone()) };
            let here = offline(&served, &bundle, &request).await;
            assert_eq!(here.outcome(), wire::VerdictOutcome::Undetermined, "{subject:?}");
            for part in [here.authentic.as_ref(), here.in_force.as_ref()] {
                assert_eq!(codes(part), ["body_not_in_bundle"]);
            }
            assert_ne!(here.decision_id, online(&served, &request).await.decision_id);
        }
    }
    let known = question(Subject::Document(other.document.clone()));
    assert_eq!(offline(&served, &bundle, &known).await.outcome(), wire::VerdictOutcome::Accepted);
    // What is wrong whoever issued it stays wrong.
    let (signed, last) = other.document.split_at(other.document.len() - 1);
    let forged = Subject::Document(format!("{signed}{}", if last == "A" { "Q" } else { "A" }));
    for subject in [forged, Subject::Document("nonsense".to_owned())] {
        let here = offline(&served, &bundle, &question(subject)).await;
        assert_eq!(here.outcome(), wire::VerdictOutcome::Refused);
    }
}

async fn a_document_that_is_newer_than_a_bundle_is_left_open(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let first = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let ended = served.issue("xa-lab", "c2").await.certificate.unwrap();
    let mut body = served.certificates("bodies/xa-lab");
    let amend = |name: &str, id: &str| super::revise::amendment(name, id, "Other words.");
    let old = body.amend_certificate(amend(&ended.name, "a1")).await.unwrap().into_inner().certificate.unwrap();
    body.withdraw_certificate(super::life::withdrawal(&ended.name, "w")).await.unwrap();
    let (bytes, _, revision) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    let bundle = Bundle::read(&bytes, None).unwrap();
    let later = served.issue("xa-lab", "c3").await.certificate.unwrap();
    let second = body.amend_certificate(amend(&first.name, "a2")).await.unwrap().into_inner().certificate.unwrap();
    for document in [&later.document, &second.document] {
        for goods in [None, Some(goods())] {
            let request = wire::VerifyRequest { goods, ..question(Subject::Document(document.clone())) };
            let here = offline(&served, &bundle, &request).await;
            assert_eq!(here.outcome(), wire::VerdictOutcome::Undetermined);
            for part in [here.authentic.as_ref(), here.in_force.as_ref()] {
                assert_eq!(codes(part), ["not_in_bundle"]);
            }
            let then = wire::VerifyRequest { consistency: super::bodies::exactly(revision), ..request };
            assert_ne!(here.decision_id, online(&served, &then).await.decision_id, "a registry knows all of then");
        }
    }
    // What is there is judged as ever.
    for (document, outcome) in
        [(&first.document, wire::VerdictOutcome::Accepted), (&old.document, wire::VerdictOutcome::Refused)]
    {
        let request = question(Subject::Document(document.clone()));
        assert_eq!(offline(&served, &bundle, &request).await.outcome(), outcome);
    }
}

/// A second key of a body in place of the one that it has.
pub(super) async fn rotate(served: &Served, body: &str, old: &str) {
    let key = wire::CreateBodyKeyRequest { request_id: format!("second-{body}"), ..super::harness::new_key(body) };
    served.bodies().create_body_key(key).await.unwrap();
    let retire =
        wire::RetireBodyKeyRequest { request_id: format!("retire-{body}"), name: old.to_owned(), ..Default::default() };
    served.bodies().retire_body_key(retire).await.unwrap();
    served.clock.advance(TimeDelta::seconds(1));
}

/// The W3C profile of a certificate's document, as the registry gives it now.
pub(super) async fn copy(served: &Served, name: &str) -> String {
    let request = wire::GetCertificateRequest {
        name: name.to_owned(),
        document_profile: wire::DocumentProfile::W3c.into(),
        ..Default::default()
    };
    let answer = served.certificates("bodies/xa-lab").get_certificate(request).await.unwrap().into_inner();
    answer.certificate.unwrap().document
}

/// What the finding that leaves a part open says is lacking.
fn lacks(part: Option<&wire::VerdictPart>) -> Option<&str> {
    let finding = part?.findings.iter().find(|finding| finding.code == "not_in_bundle")?;
    finding.parameters.get("lacks").map(String::as_str)
}

async fn what_came_after_a_bundle_is_left_open_by_number_and_by_document_alike(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let first = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let (bytes, _, revision) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    let bundle = Bundle::read(&bytes, None).unwrap();
    let same_key = served.issue("xa-lab", "c2").await.certificate.unwrap();
    rotate(&served, "xa-lab", &first.signing_key).await;
    let other_key = served.issue("xa-lab", "c3").await.certificate.unwrap();
    assert_ne!(other_key.signing_key, first.signing_key);
    served.enrol("xa-new").await;
    let other_body = served.issue("xa-new", "c4").await.certificate.unwrap();
    let amended = super::revise::amendment(&first.name, "a1", "Other words.");
    let mut clerk = served.certificates("bodies/xa-lab");
    let amended = clerk.amend_certificate(amended).await.unwrap().into_inner().certificate.unwrap();
    let qr = greenlane_credential::to_offline(&other_key.document).unwrap();
    for (subject, lacking) in [
        (Subject::Certificate(same_key.name.clone()), "certificate"),
        (Subject::QrText(format!("https://registry.example.org/{}", other_key.name)), "certificate"),
        (Subject::Document(same_key.document.clone()), "certificate"),
        (Subject::Document(other_key.document.clone()), "key"),
        (Subject::QrText(qr), "key"),
        (Subject::Document(copy(&served, &other_key.name).await), "key"),
        (Subject::Document(amended.document), "key"),
        (Subject::Document(other_body.document), "body"),
    ] {
        for goods in [None, Some(goods())] {
            let request = wire::VerifyRequest { goods, ..question(subject.clone()) };
            let there = online(&served, &request).await;
            assert_eq!(there.authentic.as_ref().unwrap().outcome(), wire::PartOutcome::Yes, "{subject:?}");
            let here = offline(&served, &bundle, &request).await;
            assert_eq!(here.outcome(), wire::VerdictOutcome::Undetermined, "{subject:?}");
            for part in [here.authentic.as_ref(), here.in_force.as_ref()] {
                assert_eq!(codes(part), ["not_in_bundle"], "{subject:?}");
                assert_eq!(lacks(part), Some(lacking), "{subject:?}");
            }
            let then = wire::VerifyRequest { consistency: super::bodies::exactly(revision), ..request };
            let then = online(&served, &then).await;
            assert_eq!(then.outcome(), wire::VerdictOutcome::Refused, "a registry knows all of then: {subject:?}");
            assert_ne!(here.decision_id, then.decision_id);
        }
    }
}

async fn a_copy_by_a_newer_key_leaves_open_only_who_signed_it(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let good = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let withdrawn = served.issue("xa-lab", "c2").await.certificate.unwrap();
    let mut clerk = served.certificates("bodies/xa-lab");
    clerk.withdraw_certificate(super::life::withdrawal(&withdrawn.name, "w")).await.unwrap();
    let (bytes, ..) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    let bundle = Bundle::read(&bytes, None).unwrap();
    rotate(&served, "xa-lab", &good.signing_key).await;
    let request =
        wire::VerifyRequest { goods: Some(goods()), ..question(Subject::Document(copy(&served, &good.name).await)) };
    let (there, here) = (online(&served, &request).await, offline(&served, &bundle, &request).await);
    assert_eq!(there.authentic.as_ref().unwrap().outcome(), wire::PartOutcome::Yes);
    assert_eq!(lacks(here.authentic.as_ref()), Some("key"));
    assert_eq!(here.outcome(), wire::VerdictOutcome::Undetermined);
    assert_eq!((&here.in_force, &here.covers_goods), (&there.in_force, &there.covers_goods));
    assert_eq!((&here.certificate, here.version), (&there.certificate, there.version));
    // What is over is over, whoever signed a copy of it.
    let request = question(Subject::Document(copy(&served, &withdrawn.name).await));
    let here = offline(&served, &bundle, &request).await;
    assert_eq!((here.outcome(), lacks(here.authentic.as_ref())), (wire::VerdictOutcome::Refused, Some("key")));
}

async fn what_a_bundle_disproves_is_refused_whoever_signed_it(db: TestDatabase) {
    use greenlane_credential::{Presented, sign_document, sign_document_as};
    use greenlane_jose::SigningKey;

    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let good = served.issue("xa-lab", "c1").await.certificate.unwrap();
    let ended = served.issue("xa-lab", "c2").await.certificate.unwrap();
    let mut clerk = served.certificates("bodies/xa-lab");
    clerk.withdraw_certificate(super::life::withdrawal(&ended.name, "w")).await.unwrap();
    let retired = good.signing_key.clone();
    rotate(&served, "xa-lab", &retired).await;
    let newest = served.issue("xa-lab", "c0").await.certificate.unwrap();
    let (bytes, ..) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    let bundle = Bundle::read(&bytes, None).unwrap();
    let later = served.issue("xa-lab", "c3").await.certificate.unwrap();

    let stated = |document: &str| Presented::read(document).unwrap().into_certificate();
    let forger = SigningKey::generate_ed25519();
    let forged = |change: fn(&mut greenlane_credential::Certificate), document: &str| {
        let mut certificate = stated(document);
        change(&mut certificate);
        sign_document(&certificate, &forger).unwrap()
    };
    assert_eq!(later.signing_key, newest.signing_key, "the one that the bundle has");
    // The control: of a key that may be newer nobody can tell.
    let open = offline(&served, &bundle, &question(Subject::Document(forged(|_| {}, &later.document)))).await;
    assert_eq!(open.outcome(), wire::VerdictOutcome::Undetermined);

    let (signed, last) = later.document.split_at(later.document.len() - 2);
    let broken = format!("{signed}{}", if last == "AA" { "BA" } else { "AA" });
    let w3c = greenlane_credential::Profile::W3c;
    let copied = {
        let mut certificate = stated(&good.document);
        certificate.facts.scope.push_str(" And others.");
        sign_document_as(w3c, &certificate, &forger).unwrap()
    };
    let unnamed = sign_document(&stated(&later.document), &SigningKey::generate_ed25519().with_kid("key-1")).unwrap();
    let old = retired.rsplit('/').next().unwrap();
    let old = SigningKey::load(&served.keys.path().join(format!("keys/{old}.jwk"))).unwrap();
    let mut left_open = Vec::new();
    for (what, document) in [
        ("a signature that is not by the key that it names", broken),
        ("the document of a version that the bundle has, signed anew", forged(|_| {}, &good.document)),
        ("other words for that version", forged(|it| it.facts.scope.push('!'), &good.document)),
        ("a copy with other words", copied),
        ("a later version of what has ended", forged(|it| it.version = 2, &ended.document)),
        ("no version", forged(|it| it.version = 0, &later.document)),
        (
            "a certificate of another body",
            forged(
                |it| {
                    it.version = 2;
                    it.issuer.body = "bodies/xa-other".to_owned();
                },
                &good.document,
            ),
        ),
        (
            "another identifier of the body",
            forged(|it| it.issuer.did = "did:web:example.org".to_owned(), &later.document),
        ),
        ("another registry", forged(|it| it.registry = "https://elsewhere.example.org".to_owned(), &later.document)),
        ("a number that is none", forged(|it| it.number = "1".to_owned(), &later.document)),
        ("a key that no registry calls so", unnamed),
        ("a key that signs no more", sign_document(&stated(&later.document), &old).unwrap()),
    ] {
        let request = question(Subject::Document(document));
        let (here, there) = (offline(&served, &bundle, &request).await, online(&served, &request).await);
        assert_eq!(there.outcome(), wire::VerdictOutcome::Refused, "{what}");
        if here.outcome() != wire::VerdictOutcome::Refused || lacks(here.authentic.as_ref()).is_some() {
            left_open.push(what);
        }
    }
    assert!(left_open.is_empty(), "left open: {left_open:?}");
}

async fn a_body_is_given_the_bundle_of_its_own_certificates_alone(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let mine = served.issue("xa-lab", "c1").await.certificate.unwrap().name;
    let theirs = served.issue("xa-other", "c2").await.certificate.unwrap().name;
    let clerk = VerificationServiceClient::new(served.channel("clerk", Some("bodies/xa-lab")));
    for bodies in [Vec::new(), vec!["bodies/xa-lab".to_owned()]] {
        let request = wire::GetTrustBundleRequest { bodies, ..Default::default() };
        let (bytes, _, _) = fetch_by(clerk.clone(), request).await;
        let bundle = Bundle::read(&bytes, None).unwrap();
        let own = offline(&served, &bundle, &question(Subject::Certificate(mine.clone()))).await;
        assert_eq!(own.outcome(), wire::VerdictOutcome::Accepted);
        let foreign = offline(&served, &bundle, &question(Subject::Certificate(theirs.clone()))).await;
        assert_eq!(foreign.outcome(), wire::VerdictOutcome::Undetermined, "it is not in it");
    }
    for bodies in [vec!["bodies/xa-other"], vec!["bodies/xa-lab", "bodies/xa-other"]] {
        let bodies = bodies.into_iter().map(str::to_owned).collect();
        let request = wire::GetTrustBundleRequest { bodies, ..Default::default() };
        let refused = clerk.clone().get_trust_bundle(request).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::NotYours));
    }
}

async fn what_a_bundle_cannot_hold_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    let nobody = wire::GetTrustBundleRequest { bodies: vec!["bodies/nobody".to_owned()], ..Default::default() };
    assert_eq!(served.verification().get_trust_bundle(nobody).await.unwrap_err().code(), Code::NotFound);
    let wrong =
        wire::GetTrustBundleRequest { bodies: vec!["nobody".to_owned()], destinations: vec!["somewhere".to_owned()] };
    let refused = served.verification().get_trust_bundle(wrong).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["bodies[0]", "destinations[0]"]);
    let (bytes, _, _) = fetch(&served, wire::GetTrustBundleRequest::default()).await;
    let bundle = Bundle::read(&bytes, None).unwrap();
    let request = wire::VerifyRequest {
        include_proof: true,
        as_of: Some(prost_types::Timestamp::default()),
        ..question(Subject::Certificate("GLXA4HP9Z1PPYMB35F".to_owned()))
    };
    let refused = bundle.verify(request, None, served.clock.clone()).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["as_of", "include_proof"]);
}
