//! Verification: genuine, in force, covering the goods; and the same answer again for ever.

use std::sync::Arc;

use chrono::TimeDelta;
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::verify_request::Subject;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_platform::server::ServerConfig;
use greenlane_store::testing::TestDatabase;

use super::harness::{Served, codes, goods, now, question, serve, serve_by, serve_with};
use super::life::withdrawal;
use super::revise::amendment;
use super::rollback::sql;
use crate::{Migrator, Peers};

greenlane_store::engine_tests!(Migrator:
    a_presented_document_is_recognised_as_the_logged_one,
    a_tampered_document_is_caught,
    a_record_that_was_changed_behind_the_documents_back_is_caught,
    the_same_certificate_in_w3cs_profile_is_genuine_and_its_own_forgery_is_not,
    a_number_that_nobody_granted_is_unknown,
    a_document_under_an_impossible_number_is_unknown,
    a_genuine_signature_on_an_unlogged_document_is_told_from_a_forged_one,
    a_document_in_the_name_of_another_body_is_caught,
    goods_are_held_against_the_certificate,
    an_earlier_verdict_is_given_again_byte_for_byte,
    a_verdict_without_goods_is_given_again_on_a_later_day,
    a_verdict_can_be_asked_as_of_a_moment,
    what_will_be_known_at_a_moment_to_come_is_not_asked,
    whether_a_certificate_counts_on_a_day_is_asked_without_goods,
    a_batch_answers_every_item_at_one_revision,
    a_batch_is_answered_as_far_as_its_answer_fits_in_a_message,
    a_proof_bundle_proves_the_document,
    a_proof_shows_another_bodys_document_to_who_presents_it_alone,
    a_qr_text_leads_to_the_certificate,
    a_verdict_is_signed_for_the_file_and_opens_with_the_logs_key,
);

async fn issued(served: &Served) -> wire::Certificate {
    served.enrol("xa-lab").await;
    served.issue("xa-lab", "issue").await.certificate.unwrap()
}

async fn ask(served: &Served, request: wire::VerifyRequest) -> wire::Verdict {
    served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap()
}

async fn a_presented_document_is_recognised_as_the_logged_one(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let verdict = ask(&served, question(Subject::Document(format!("{}\n", certificate.document)))).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Accepted);
    assert_eq!(verdict.certificate, certificate.name);
    assert_eq!(codes(verdict.authentic.as_ref()), ["signature_valid", "logged"]);
    assert_eq!(verdict.covers_goods.unwrap().outcome(), wire::PartOutcome::NotAsked);
}

async fn a_record_that_was_changed_behind_the_documents_back_is_caught(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let replace = async |was: &str, is: &str| {
        sql(&db, &format!("UPDATE certificate_version SET content = replace(content, '{was}', '{is}')")).await;
    };
    for (was, is) in [("854143", "850760"), ("2029-01-09", "2099-01-09"), ("Example Solar", "Another-Holder")] {
        replace(was, is).await;
        // One that has read nothing yet.
        let other = serve_with(&db, Clock::settable(now()), Arc::clone(&served.keys), |_| {}, Peers::default()).await;
        for subject in [Subject::Certificate(certificate.name.clone()), Subject::Document(certificate.document.clone())]
        {
            let verdict = ask(&other, question(subject)).await;
            let told = codes(verdict.authentic.as_ref()).join(" ");
            assert!(told.contains("record_contradicts_document"), "{is}: {told}");
            assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused, "{is}");
        }
        // Whoever reads it is told.
        let mut clerk = other.certificates("bodies/xa-lab");
        for profile in [wire::DocumentProfile::Untp, wire::DocumentProfile::W3c] {
            let read = reading(&certificate.name, profile);
            let told = clerk.get_certificate(read).await.unwrap().into_inner().findings;
            let told: Vec<&str> = told.iter().map(|finding| finding.code.as_str()).collect();
            assert_eq!(told, ["record_contradicts_document"], "{is}: {profile:?}");
        }
        // Nor is it signed in a version to come.
        let refused = clerk.amend_certificate(amendment(&certificate.name, is, "Scope.")).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::FailedPrecondition, "{is}: {refused:?}");
        assert!(refused.message().contains("is not what its logged document states"), "{refused:?}");
        replace(is, was).await;
    }
    let read = reading(&certificate.name, wire::DocumentProfile::Untp);
    let sound = served.certificates("bodies/xa-lab").get_certificate(read).await.unwrap().into_inner();
    assert!(sound.findings.is_empty(), "{:?}", sound.findings);
    let verdict = ask(&served, question(Subject::Certificate(certificate.name))).await;
    assert_eq!(codes(verdict.authentic.as_ref()), ["signature_valid", "logged"]);
}

fn reading(name: &str, profile: wire::DocumentProfile) -> wire::GetCertificateRequest {
    wire::GetCertificateRequest { name: name.to_owned(), document_profile: profile.into(), ..Default::default() }
}

/// A document with something else in its payload, under the old signature.
fn tampered(document: &str) -> String {
    let mut parts: Vec<String> = document.split('.').map(str::to_owned).collect();
    let payload = greenlane_jose::b64::decode(&parts[1]).unwrap();
    let payload = String::from_utf8(payload).unwrap().replace("SR-400", "SR-900");
    parts[1] = greenlane_jose::b64::encode(payload);
    parts.join(".")
}

async fn the_same_certificate_in_w3cs_profile_is_genuine_and_its_own_forgery_is_not(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let get = wire::GetCertificateRequest {
        name: certificate.name.clone(),
        document_profile: wire::DocumentProfile::W3c.into(),
        ..Default::default()
    };
    let mut body = served.certificates("bodies/xa-lab");
    let restated = body.get_certificate(get.clone()).await.unwrap().into_inner().certificate.unwrap();
    assert_ne!(restated.document, certificate.document);
    let verdict = ask(&served, question(Subject::Document(restated.document.clone()))).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Accepted);
    assert_eq!(verdict.certificate, certificate.name);
    assert_eq!(codes(verdict.authentic.as_ref()), ["signature_valid", "logged"]);
    let forged = ask(&served, question(Subject::Document(tampered(&restated.document)))).await;
    assert_eq!(codes(forged.authentic.as_ref()), ["signature_invalid", "document_not_logged"]);

    body.withdraw_certificate(withdrawal(&certificate.name, "w")).await.unwrap();
    let withdrawn = ask(&served, question(Subject::Document(restated.document))).await;
    assert_eq!(withdrawn.outcome(), wire::VerdictOutcome::Refused);
    let unknown = wire::GetCertificateRequest { document_profile: 9, ..get };
    let refused = body.get_certificate(unknown).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "document_profile");
}

async fn a_tampered_document_is_caught(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let verdict = ask(&served, question(Subject::Document(tampered(&certificate.document)))).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused);
    assert_eq!(codes(verdict.authentic.as_ref()), ["signature_invalid", "document_not_logged"]);
    // Whatever is broken, it is an answer and no error.
    for broken in ["ey.ey.ey", "not a document", "a.b.c.d"] {
        let verdict = ask(&served, question(Subject::Document(broken.to_owned()))).await;
        assert_eq!(codes(verdict.authentic.as_ref()), ["document_malformed"], "{broken}");
        assert_eq!(codes(verdict.in_force.as_ref()), ["number_not_read"], "{broken}");
        assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused);
    }
}

/// The document with what it states changed, and its old signature.
fn restated(document: &str, change: impl FnOnce(&mut greenlane_credential::Certificate)) -> String {
    let mut stated = greenlane_credential::Presented::read(document).unwrap().into_certificate();
    change(&mut stated);
    let parts: Vec<&str> = document.split('.').collect();
    let payload = greenlane_jose::b64::encode(greenlane_credential::payload(&stated).unwrap());
    [parts[0], &payload, parts[2]].join(".")
}

async fn a_document_under_an_impossible_number_is_unknown(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    for number in ["GL\0", "", "GLXA", &"9".repeat(10_000)] {
        let document = restated(&certificate.document, |stated| stated.number = number.to_owned());
        let verdict = ask(&served, question(Subject::Document(document))).await;
        let codes = codes(verdict.authentic.as_ref());
        assert_eq!(codes, ["signature_invalid", "certificate_unknown", "document_not_logged"], "{number:?}");
        assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused);
    }
}

async fn a_genuine_signature_on_an_unlogged_document_is_told_from_a_forged_one(db: TestDatabase) {
    use greenlane_jose::Signer as _;
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let key = certificate.signing_key.rsplit('/').next().unwrap();
    let signer = greenlane_jose::SigningKey::load(&served.keys.path().join(format!("keys/{key}.jwk"))).unwrap();
    let fresh = greenlane_credential::CertificateNumber::generate(greenlane_credential::Prefix::new("XA").unwrap());
    let document = restated(&certificate.document, |stated| stated.number = fresh.as_str().to_owned());
    let (input, _) = document.rsplit_once('.').unwrap();
    let signature = greenlane_jose::b64::encode(signer.sign(input.as_bytes()).unwrap());
    let verdict = ask(&served, question(Subject::Document(format!("{input}.{signature}")))).await;
    assert_eq!(codes(verdict.authentic.as_ref()), ["certificate_unknown", "document_not_logged"]);
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused);
}

async fn a_document_in_the_name_of_another_body_is_caught(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let document = restated(&certificate.document, |stated| stated.issuer.body = "bodies/xb-lab".to_owned());
    let verdict = ask(&served, question(Subject::Document(document))).await;
    let codes = codes(verdict.authentic.as_ref());
    assert_eq!(codes, ["signature_invalid", "issuer_mismatch", "document_not_logged"]);
    assert_eq!(verdict.body, "bodies/xa-lab", "what is on record is told");
}

async fn a_number_that_nobody_granted_is_unknown(db: TestDatabase) {
    let served = serve(&db).await;
    let prefix = greenlane_credential::Prefix::new("XA").unwrap();
    let number = greenlane_credential::CertificateNumber::generate(prefix);
    let request =
        wire::VerifyRequest { goods: Some(goods()), ..question(Subject::Certificate(number.as_str().to_owned())) };
    let verdict = ask(&served, request).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused);
    for part in [&verdict.authentic, &verdict.in_force, &verdict.covers_goods, &verdict.recognised] {
        assert_eq!(codes(part.as_ref()), ["certificate_unknown"]);
    }
}

async fn goods_are_held_against_the_certificate(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let with = |goods: common::GoodsDeclaration| wire::VerifyRequest {
        goods: Some(goods),
        ..question(Subject::Certificate(certificate.name.clone()))
    };
    let verdict = ask(&served, with(goods())).await;
    assert_eq!(codes(verdict.covers_goods.as_ref()), ["code_covered", "product_matched"]);
    // No equivalence service: never a guess.
    assert_eq!(codes(verdict.recognised.as_ref()), ["recognition_unavailable"]);
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Undetermined);
    let mut other = goods();
    other.product.as_mut().unwrap().model = "SR-900".to_owned();
    let verdict = ask(&served, with(other)).await;
    assert_eq!(codes(verdict.covers_goods.as_ref()), ["code_covered", "product_not_matched"]);
    let expired = common::GoodsDeclaration { date: "2031-01-01".to_owned(), ..goods() };
    let verdict = ask(&served, with(expired)).await;
    assert_eq!((codes(verdict.in_force.as_ref()), verdict.state()), (vec!["expired"], wire::CertificateState::Expired));
}

async fn an_earlier_verdict_is_given_again_byte_for_byte(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let dated = common::GoodsDeclaration { date: "2026-06-01".to_owned(), ..goods() };
    let request =
        wire::VerifyRequest { goods: Some(dated), ..question(Subject::Certificate(certificate.name.clone())) };
    let mut before = ask(&served, request.clone()).await;
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&certificate.name, "w")).await.unwrap();
    let after = ask(&served, request.clone()).await;
    assert_ne!(before.decision_id, after.decision_id);
    assert_eq!(codes(after.in_force.as_ref()), ["withdrawn"]);
    let replay = wire::VerifyRequest { replay: before.revisions, ..request };
    let mut again = ask(&served, replay).await;
    // How fresh the data is belongs to the answer, not to the verdict.
    (before.freshness, again.freshness) = (None, None);
    assert_eq!(before, again);
}

async fn a_verdict_without_goods_is_given_again_on_a_later_day(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let request = question(Subject::Certificate(certificate.name.clone()));
    let asked_at = prost_types::Timestamp { seconds: served.clock.now().timestamp(), nanos: 0 };
    let before = ask(&served, request.clone()).await;
    served.clock.advance(TimeDelta::days(40_000));
    let replay = wire::VerifyRequest { replay: before.revisions, ..request };
    assert_eq!(codes(ask(&served, replay.clone()).await.in_force.as_ref()), ["expired"], "of the later day");
    let again = ask(&served, wire::VerifyRequest { as_of: Some(asked_at), ..replay.clone() }).await;
    assert_eq!((&before.decision_id, &before.date), (&again.decision_id, &again.date));

    let by_date = ask(&served, wire::VerifyRequest { date: before.date.clone(), ..replay.clone() }).await;
    assert_eq!((&before.decision_id, &before.date), (&by_date.decision_id, &by_date.date));

    let latest = common::ReadConsistency { requirement: Some(common::read_consistency::Requirement::Latest(true)) };
    let both = wire::VerifyRequest { consistency: Some(latest), ..replay.clone() };
    let refused = served.verification().verify(both).await.unwrap_err();
    assert!(refused.message().contains("replay: is not together with consistency"), "{}", refused.message());
    let batch = wire::BatchVerifyRequest { requests: vec![replay], ..Default::default() };
    let results = served.verification().batch_verify(batch).await.unwrap().into_inner().results;
    let Some(wire::verify_result::Result::Error(error)) = &results[0].result else { panic!("{results:?}") };
    assert!(format!("{error:?}").contains("can be asked for one by one only"), "{error:?}");
}

async fn a_verdict_can_be_asked_as_of_a_moment(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let moment = served.clock.now() + TimeDelta::hours(1);
    served.clock.advance(TimeDelta::days(3));
    let step = withdrawal(&certificate.name, "w");
    served.certificates("bodies/xa-lab").withdraw_certificate(step).await.unwrap();
    let at = |moment: chrono::DateTime<chrono::Utc>| wire::VerifyRequest {
        as_of: Some(prost_types::Timestamp { seconds: moment.timestamp(), nanos: 0 }),
        ..question(Subject::Certificate(certificate.name.clone()))
    };
    assert_eq!(ask(&served, at(moment)).await.outcome(), wire::VerdictOutcome::Accepted);
    assert_eq!(ask(&served, at(served.clock.now())).await.outcome(), wire::VerdictOutcome::Refused);
    let before_all = ask(&served, at(moment - TimeDelta::days(30))).await;
    assert_eq!(codes(before_all.authentic.as_ref()), ["certificate_unknown"]);
}

async fn whether_a_certificate_counts_on_a_day_is_asked_without_goods(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let on = |date: &str| wire::VerifyRequest {
        date: date.to_owned(),
        ..question(Subject::Certificate(certificate.name.clone()))
    };
    for (date, expected) in [("2026-06-01", "active"), ("2020-01-01", "not_yet_valid"), ("2031-01-01", "expired")] {
        let verdict = ask(&served, on(date)).await;
        assert_eq!((codes(verdict.in_force.as_ref()), verdict.date.as_str()), (vec![expected], date));
        assert_eq!(verdict.covers_goods.unwrap().outcome(), wire::PartOutcome::NotAsked);
    }
    // Of many too; and what is answered from memory is of the day that was asked for.
    for _ in 0..2 {
        let requests = vec![on("2031-01-01"), on("2026-06-01"), on("")];
        let batch = wire::BatchVerifyRequest { requests, ..Default::default() };
        let results = served.verification().batch_verify(batch).await.unwrap().into_inner().results;
        let codes: Vec<_> = results
            .into_iter()
            .map(|it| match it.result {
                Some(wire::verify_result::Result::Response(it)) => it.verdict.unwrap().in_force.unwrap(),
                other => panic!("{other:?}"),
            })
            .map(|part| part.findings[0].code.clone())
            .collect();
        assert_eq!(codes, ["expired", "active", "active"]);
    }
    for (request, field) in
        [(on("2026-02-30"), "date"), (wire::VerifyRequest { goods: Some(goods()), ..on("2026-06-01") }, "date")]
    {
        let refused = served.verification().verify(request).await.unwrap_err();
        let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
        assert_eq!(fields, [field]);
    }
}

async fn what_will_be_known_at_a_moment_to_come_is_not_asked(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let moment = served.clock.now() + TimeDelta::days(1);
    let request = wire::VerifyRequest {
        as_of: Some(prost_types::Timestamp { seconds: moment.timestamp(), nanos: 0 }),
        ..question(Subject::Certificate(certificate.name.clone()))
    };
    let refused = served.verification().verify(request).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["as_of"]);
}

async fn a_batch_is_answered_as_far_as_its_answer_fits_in_a_message(db: TestDatabase) {
    use prost::Message as _;
    use wire::verify_result::Result as Either;
    let listening = ServerConfig { max_encode_bytes: 20_000, ..ServerConfig::loopback() };
    let (clock, keys) = (Clock::settable(now()), Arc::new(tempfile::tempdir().unwrap()));
    let served = serve_by(&db, clock, keys, |_| {}, Peers::default(), &listening).await;
    let plain = question(Subject::Certificate(issued(&served).await.name));
    let proven = wire::VerifyRequest { include_proof: true, ..plain.clone() };
    let mut mixed = vec![plain.clone(); 5];
    mixed.extend(vec![proven.clone(); 20]);
    mixed.extend(vec![plain.clone(); 5]);
    // What is worked out, what is remembered, and both.
    for requests in [vec![proven; 20], vec![plain.clone(); 100], vec![plain; 100], mixed] {
        let asked = requests.len();
        let batch = wire::BatchVerifyRequest { requests, consistency: None };
        let answer = served.verification().batch_verify(batch).await.unwrap().into_inner();
        assert!(answer.encoded_len() <= 20_000);
        assert_eq!(answer.results.len(), asked);
        let fits = |result: &&wire::VerifyResult| matches!(result.result, Some(Either::Response(_)));
        let fitted = answer.results.iter().take_while(fits).count();
        assert!(fitted > 0 && fitted < asked, "{fitted} of {asked}");
        for refused in &answer.results[fitted..] {
            let Some(Either::Error(error)) = &refused.result else { panic!("{refused:?}") };
            assert_eq!((error.code, error.reason.as_str()), (tonic::Code::OutOfRange.into(), "MESSAGE_TOO_LARGE"));
        }
    }
}

async fn a_batch_answers_every_item_at_one_revision(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let good = question(Subject::Certificate(certificate.name.clone()));
    let bad = question(Subject::Certificate("GL-nonsense".to_owned()));
    let request = wire::BatchVerifyRequest { requests: vec![good.clone(), bad, good], consistency: None };
    let answer = served.verification().batch_verify(request).await.unwrap().into_inner();
    let outcomes: Vec<Option<wire::VerdictOutcome>> = answer
        .results
        .iter()
        .map(|result| match result.result.as_ref().unwrap() {
            wire::verify_result::Result::Response(response) => {
                assert_eq!(response.revision, answer.revision);
                Some(response.verdict.as_ref().unwrap().outcome())
            }
            wire::verify_result::Result::Error(error) => {
                assert_eq!(
                    (error.reason.as_str(), error.field_violations[0].field.as_str()),
                    ("FIELD_VIOLATIONS", "certificate")
                );
                None
            }
        })
        .collect();
    let accepted = Some(wire::VerdictOutcome::Accepted);
    assert_eq!(outcomes, [accepted, None, accepted]);
}

async fn a_proof_bundle_proves_the_document(db: TestDatabase) {
    use greenlane_log::{Checkpoint, Hash, hash_leaf, note::NoteKey, verify_inclusion};
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&certificate.name, "w")).await.unwrap();
    let request = wire::VerifyRequest { include_proof: true, ..question(Subject::Certificate(certificate.name)) };
    let bundle = served.verification().verify(request).await.unwrap().into_inner().proof.unwrap();
    assert_eq!(bundle.document, certificate.document);
    assert_eq!(bundle.event_proofs.len(), 1, "the withdrawal");
    let answer = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    let key: NoteKey = answer.checkpoint.unwrap().verifier_key.parse().unwrap();
    for proof in [bundle.version_proof, bundle.key_proof].into_iter().flatten().chain(bundle.event_proofs) {
        let signed = Checkpoint::open(proof.checkpoint.as_bytes(), &key, &[]).unwrap().checkpoint;
        let way: Vec<Hash> = proof.hashes.iter().map(|hash| Hash::try_from(hash.as_ref()).unwrap()).collect();
        verify_inclusion(&hash_leaf(&proof.leaf), proof.index, signed.size, &way, &signed.root).unwrap();
    }
}

async fn a_proof_shows_another_bodys_document_to_who_presents_it_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let shown = async |body: Option<&str>, subject: Subject| {
        let channel = served.channel("clerk", body);
        let mut client = wire::verification_service_client::VerificationServiceClient::new(channel);
        let request = wire::VerifyRequest { include_proof: true, ..question(subject) };
        let proof = client.verify(request).await.unwrap().into_inner().proof.unwrap();
        assert!(proof.version_proof.is_some() && proof.key_proof.is_some(), "the log is public");
        proof.document
    };
    let by_number = || Subject::Certificate(certificate.name.clone());
    assert_eq!(shown(Some("bodies/xb-lab"), by_number()).await, "");
    let presented = Subject::Document(certificate.document.clone());
    assert_eq!(shown(Some("bodies/xb-lab"), presented).await, certificate.document);
    for body in [Some("bodies/xa-lab"), None] {
        assert_eq!(shown(body, by_number()).await, certificate.document);
    }
}

async fn a_qr_text_leads_to_the_certificate(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    for text in [
        format!("https://registry.example.org/{}?x=1", certificate.name),
        certificate.name.clone(),
        certificate.document.clone(),
    ] {
        let verdict = ask(&served, question(Subject::QrText(text))).await;
        assert_eq!(
            (verdict.outcome(), verdict.certificate),
            (wire::VerdictOutcome::Accepted, certificate.name.clone())
        );
    }
}

async fn a_verdict_is_signed_for_the_file_and_opens_with_the_logs_key(db: TestDatabase) {
    use crate::statement::{Statement, StatementError};

    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let issued = served.issue("xa-lab", "one").await;
    let certificate = issued.certificate.unwrap();
    let head = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    let key: greenlane_log::note::NoteKey = head.checkpoint.unwrap().verifier_key.parse().unwrap();
    let ask = |subject| wire::VerifyRequest {
        goods: Some(super::harness::goods()),
        include_statement: true,
        ..question(subject)
    };
    let document = Subject::Document(certificate.document.clone());
    for subject in [Subject::Certificate(certificate.name.clone()), document] {
        let answer = served.verification().verify(ask(subject.clone())).await.unwrap().into_inner();
        let read = Statement::open(&answer.statement, &key).unwrap();
        assert_eq!(Some(&read.verdict), answer.verdict.as_ref());
        assert_eq!((read.issuer.as_str(), read.signed_at), ("did:web:registry.example.org", served.clock.now()));
        assert_eq!(read.question["goods"]["destination"], "XB");
        match subject {
            Subject::Document(_) => {
                assert_eq!(read.question["documentSha256"], hex::encode(&certificate.document_sha256));
            }
            _ => assert_eq!(read.question["certificate"], certificate.name),
        }
    }
    // Of an earlier revision too, and of each item of a batch.
    let replay = wire::VerifyRequest {
        replay: Some(common::Revisions { registry: issued.revision, ..Default::default() }),
        ..ask(Subject::Certificate(certificate.name.clone()))
    };
    served.issue("xa-lab", "two").await;
    let answer = served.verification().verify(replay).await.unwrap().into_inner();
    assert_eq!(Statement::open(&answer.statement, &key).unwrap().tree_size, issued.revision);
    let requests = vec![ask(Subject::Certificate(certificate.name.clone()))];
    let batch = wire::BatchVerifyRequest { requests, ..Default::default() };
    let results = served.verification().batch_verify(batch).await.unwrap().into_inner().results;
    let Some(wire::verify_result::Result::Response(item)) = &results[0].result else { panic!() };
    let text = &item.statement;
    Statement::open(text, &key).unwrap();

    let at = text.find('.').unwrap() + 40;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
    let refused = Statement::open(&altered, &key).unwrap_err();
    assert!(matches!(refused, StatementError::Signature(_) | StatementError::Compact(_)), "{refused}");
    // None is made unasked.
    let answer = served.verification().verify(question(Subject::Certificate(certificate.name))).await.unwrap();
    assert_eq!(answer.into_inner().statement, "");
}
