//! Confidential fields: kept back by the document, disclosed to those who may see them, and forgotten.

use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::verify_request::Subject;
use greenlane_credential::{Presented, with_disclosures};
use greenlane_jose::{Signer as _, SigningKey, b64};
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{Served, codes, content, new_body, new_key, order, question, serve};
use super::revise::renewal;
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    a_document_keeps_back_what_is_confidential_and_verifies_with_and_without_it,
    a_disclosure_of_another_document_is_caught,
    a_signed_verdict_names_all_that_was_presented,
    what_is_put_behind_a_document_is_judged_alike_whatever_is_remembered,
    a_body_that_signs_itself_discloses_all_that_it_keeps_back,
    what_is_erased_is_nowhere_and_the_log_stays_whole,
    only_the_body_erases_and_only_what_can_be_confidential,
    a_new_version_keeps_back_the_same_fields,
    a_version_that_was_on_its_way_does_not_say_again_what_is_erased,
);

/// Facts with something in each field that may be confidential.
fn confidential() -> wire::CertificateContent {
    let mut stated = content();
    stated.holder.as_mut().unwrap().address = "1 Example Road".to_owned();
    stated.sites = vec![wire::ProductionSite {
        name: "Secret plant".to_owned(),
        address: "2 Example Road".to_owned(),
        economy: "XA".to_owned(),
    }];
    stated.body_reference = "TR-2026-17".to_owned();
    stated.confidential_fields = vec!["sites".to_owned(), "body_reference".to_owned(), "holder.address".to_owned()];
    stated
}

const SECRETS: [&str; 4] = ["1 Example Road", "Secret plant", "2 Example Road", "TR-2026-17"];

async fn issued(served: &Served) -> wire::Certificate {
    served.enrol("xa-lab").await;
    let order = wire::IssueCertificateRequest { content: Some(confidential()), ..order("xa-lab", "one") };
    served.certificates("bodies/xa-lab").issue_certificate(order).await.unwrap().into_inner().certificate.unwrap()
}

async fn get(served: &Served, name: &str, version: u32) -> wire::Certificate {
    let request = wire::GetCertificateRequest { name: name.to_owned(), version, ..Default::default() };
    let answer = served.certificates("bodies/xa-lab").get_certificate(request).await.unwrap();
    answer.into_inner().certificate.unwrap()
}

fn payload(document: &str) -> String {
    String::from_utf8(b64::decode(document.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn whole(certificate: &wire::Certificate) -> String {
    with_disclosures(&certificate.document, certificate.disclosures.iter().map(String::as_str))
}

async fn verdict(served: &Served, document: String) -> wire::Verdict {
    served.verification().verify(question(Subject::Document(document))).await.unwrap().into_inner().verdict.unwrap()
}

async fn a_document_keeps_back_what_is_confidential_and_verifies_with_and_without_it(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    assert_eq!(certificate.disclosures.len(), 3);
    let stated = payload(&certificate.document);
    assert!(SECRETS.iter().all(|secret| !stated.contains(secret)), "{stated}");
    let read = get(&served, &certificate.name, 0).await;
    assert_eq!(read.content, Some(wire::CertificateContent { valid_from: "2026-01-10".to_owned(), ..normal() }));
    assert_eq!(read.disclosures, certificate.disclosures);
    let text = whole(&certificate);
    let shown = Presented::read(&text).unwrap().into_certificate().facts;
    assert_eq!((shown.holder.address.as_str(), shown.sites[0].name.as_str()), ("1 Example Road", "Secret plant"));
    let some = with_disclosures(&certificate.document, [certificate.disclosures[0].as_str()]);
    for document in [certificate.document.clone(), text, some] {
        let verdict = verdict(&served, document).await;
        assert_eq!(verdict.outcome(), wire::VerdictOutcome::Accepted);
        assert_eq!(codes(verdict.authentic.as_ref()), ["signature_valid", "logged"]);
    }
    // Not found by what is kept back.
    let filter = wire::CertificateFilter { body_reference: "TR-2026-17".to_owned(), ..Default::default() };
    let request = wire::ListCertificatesRequest { filter: Some(filter), ..Default::default() };
    let found = served.certificates("bodies/xa-lab").list_certificates(request).await.unwrap().into_inner();
    assert!(found.certificates.is_empty());
    // An ordinary document is as it was.
    let plain = served.issue("xa-lab", "two").await.certificate.unwrap();
    assert!(plain.disclosures.is_empty() && !payload(&plain.document).contains("_sd"));
}

/// What was sent, as it is shown.
fn normal() -> wire::CertificateContent {
    let mut stated = confidential();
    stated.products[0].codes[0].code = "854143".to_owned();
    stated.confidential_fields = vec!["holder.address".to_owned(), "sites".to_owned(), "body_reference".to_owned()];
    stated
}

async fn a_disclosure_of_another_document_is_caught(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let order = wire::IssueCertificateRequest { content: Some(confidential()), ..order("xa-lab", "two") };
    let other = served.certificates("bodies/xa-lab").issue_certificate(order).await.unwrap().into_inner();
    let other = other.certificate.unwrap();
    let mixed = with_disclosures(&certificate.document, other.disclosures.iter().map(String::as_str));
    for document in [mixed, format!("{}~bogus~", certificate.document), format!("{}bogus", whole(&certificate))] {
        // Also when the document itself is remembered.
        verdict(&served, certificate.document.clone()).await;
        let verdict = verdict(&served, document).await;
        assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused);
        assert_eq!(codes(verdict.authentic.as_ref())[0], "document_malformed");
    }
}

async fn a_signed_verdict_names_all_that_was_presented(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let head = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    let key: greenlane_log::note::NoteKey = head.checkpoint.unwrap().verifier_key.parse().unwrap();
    // A forged disclosure brings no word against the document itself.
    let forged = format!("{}~bogus~", certificate.document);
    for presented in [certificate.document.clone(), whole(&certificate), forged] {
        let request = wire::VerifyRequest { include_statement: true, ..question(Subject::Document(presented.clone())) };
        let answer = served.verification().verify(request).await.unwrap().into_inner();
        let stated = crate::statement::Statement::open(&answer.statement, &key).unwrap();
        assert_eq!(stated.question["documentSha256"], hex::encode(greenlane_jose::sha256(&presented)));
    }
}

async fn what_is_put_behind_a_document_is_judged_alike_whatever_is_remembered(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let ask = async |document: String| {
        let request =
            wire::VerifyRequest { goods: Some(super::harness::goods()), ..question(Subject::Document(document)) };
        let verdict = served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap();
        wire::Verdict { freshness: None, ..verdict }
    };
    let spoilt = format!("{}~WyJhIiwiYiIsImMiXQ~", certificate.document);
    let cold = ask(spoilt.clone()).await;
    assert_eq!(codes(cold.in_force.as_ref()), ["number_not_read"]);
    let alone = ask(certificate.document.clone()).await;
    assert_eq!(alone.certificate, certificate.name);
    assert_eq!(ask(spoilt.clone()).await, cold);
    assert_ne!(alone.decision_id, cold.decision_id);
    // Another verdict has another identifier, whatever was asked of it.
    let (alone, spoilt) = (verdict(&served, certificate.document.clone()).await, verdict(&served, spoilt).await);
    assert_ne!((alone.outcome(), &alone.decision_id), (spoilt.outcome(), &spoilt.decision_id));
    assert_ne!(alone.decision_id, spoilt.decision_id);
}

async fn a_body_that_signs_itself_discloses_all_that_it_keeps_back(db: TestDatabase) {
    let served = serve(&db).await;
    let signer = SigningKey::generate_ed25519();
    served.bodies().create_body(new_body("xa-lab")).await.unwrap();
    let source = wire::create_body_key_request::Source::PublicJwk(signer.to_public_jwk().to_json());
    let key = wire::CreateBodyKeyRequest { source: Some(source), ..new_key("xa-lab") };
    let key = served.bodies().create_body_key(key).await.unwrap().into_inner().key.unwrap();
    let mut certificates = served.certificates("bodies/xa-lab");
    let request = wire::PrepareCertificateRequest {
        body: "bodies/xa-lab".to_owned(),
        content: Some(confidential()),
        key: key.name,
        ..Default::default()
    };
    let prepared = certificates.prepare_certificate(request).await.unwrap().into_inner();
    assert_eq!(prepared.disclosures.len(), 3);
    let signature = signer.sign(prepared.signing_input.as_bytes()).unwrap();
    let document = format!("{}.{}", prepared.signing_input, b64::encode(signature));
    let mut send = async |shown: &[String], id: &str| {
        let text = with_disclosures(&document, shown.iter().map(String::as_str));
        let mut request = wire::IssueCertificateRequest { content: Some(confidential()), ..order("xa-lab", id) };
        request.signing = Some(wire::issue_certificate_request::Signing::SignedDocument(text));
        certificates.issue_certificate(request).await
    };
    let refused = send(&prepared.disclosures[..2], "one").await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("disclosure"), "{}", refused.message());
    let certificate = send(&prepared.disclosures, "two").await.unwrap().into_inner().certificate.unwrap();
    assert_eq!((&certificate.document, certificate.disclosures.len()), (&document, 3));
    assert_eq!(verdict(&served, whole(&certificate)).await.outcome(), wire::VerdictOutcome::Accepted);
}

fn erasure(name: &str, id: &str, fields: &[&str]) -> wire::EraseConfidentialFieldsRequest {
    wire::EraseConfidentialFieldsRequest {
        request_id: id.to_owned(),
        name: name.to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        ..Default::default()
    }
}

async fn what_is_erased_is_nowhere_and_the_log_stays_whole(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let check =
        wire::EraseConfidentialFieldsRequest { validate_only: true, ..erasure(&certificate.name, "check", &["sites"]) };
    assert!(body.erase_confidential_fields(check).await.unwrap().into_inner().proof.is_none());
    assert_eq!(get(&served, &certificate.name, 0).await.disclosures.len(), 3, "a check erases nothing");
    let wanted = erasure(&certificate.name, "erase", &["sites", "holder.address"]);
    let done = body.erase_confidential_fields(wanted.clone()).await.unwrap().into_inner();
    assert_eq!(body.erase_confidential_fields(wanted).await.unwrap().into_inner(), done, "repeated, the same answer");
    let leaf = String::from_utf8(done.proof.unwrap().leaf.to_vec()).unwrap();
    assert!(leaf.contains("\"certificate.erase\"") && leaf.contains("[\"holder.address\",\"sites\"]"), "{leaf}");
    let read = get(&served, &certificate.name, 0).await;
    assert_eq!(read.disclosures.len(), 1);
    let shown = read.content.clone().unwrap();
    assert_eq!((shown.holder.unwrap().address.as_str(), shown.sites.len()), ("", 0));
    assert_eq!(shown.body_reference, "TR-2026-17", "what was not named stays");
    assert_eq!((&read.document, &read.document_sha256), (&certificate.document, &certificate.document_sha256));
    for document in [read.document.clone(), whole(&read)] {
        assert_eq!(verdict(&served, document).await.outcome(), wire::VerdictOutcome::Accepted);
    }
    // Nothing in the database says it any more.
    let rows = db
        .store()
        .read::<_, std::convert::Infallible, _>("find_words", |tx| {
            Box::pin(async move {
                use sea_orm::{ConnectionTrait as _, Statement};
                let sql = "SELECT content || disclosures AS said, document FROM certificate_version";
                let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
                let said = |row: sea_orm::QueryResult| {
                    let document = row.try_get::<Vec<u8>>("", "document")?;
                    Ok(row.try_get::<String>("", "said")? + &String::from_utf8_lossy(&document))
                };
                rows.into_iter().map(said).collect()
            })
        })
        .await
        .unwrap();
    let rows: Vec<String> = rows;
    assert!(rows.iter().all(|row| SECRETS[..3].iter().all(|secret| !row.contains(secret))), "{rows:?}");
    let gone: Vec<&String> = certificate.disclosures.iter().filter(|text| !read.disclosures.contains(text)).collect();
    assert!(rows.iter().all(|row| gone.iter().all(|text| !row.contains(text.as_str()))));
    // Nor do SQLite's files. PostgreSQL takes it out of its own when it vacuums.
    if let Some(path) = db.config().url.strip_prefix("sqlite:") {
        for file in [path.to_owned(), format!("{path}-wal")] {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let is_in = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            let found: Vec<&str> = SECRETS[..3].iter().copied().filter(|secret| is_in(secret)).collect();
            assert!(found.is_empty(), "{file}: {found:?}");
        }
    }
    // An auditor reads the entry and the tree.
    let entries = served.log().list_entries(wire::ListEntriesRequest::default()).await.unwrap().into_inner().entries;
    let mut auditor = crate::audit::Auditor::new();
    for entry in &entries {
        auditor.read(&entry.leaf).unwrap();
    }
    assert_eq!(auditor.size(), 4, "body, key, grant, erasure");
}

async fn only_the_body_erases_and_only_what_can_be_confidential(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    served.enrol("xa-other").await;
    let mut other = served.certificates("bodies/xa-other");
    let refused = other.erase_confidential_fields(erasure(&certificate.name, "x", &["sites"])).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let mut body = served.certificates("bodies/xa-lab");
    let refused = body.erase_confidential_fields(erasure(&certificate.name, "x", &["scope"])).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["fields[0]"]);
    let refused = body.erase_confidential_fields(erasure(&certificate.name, "x", &[])).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    // What a document shows in the clear stays on record.
    let mut open = confidential();
    open.confidential_fields.clear();
    let order = wire::IssueCertificateRequest { content: Some(open), ..order("xa-lab", "open") };
    let open = body.issue_certificate(order).await.unwrap().into_inner().certificate.unwrap();
    let before =
        served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner().revision;
    let nothing_there = erasure(&open.name, "y", &["sites", "remarks"]);
    let refused = body.erase_confidential_fields(nothing_there).await.unwrap_err();
    let told = Fault::violations_of(&refused).remove(0);
    assert_eq!((refused.code(), told.field.as_str()), (Code::InvalidArgument, "fields"));
    assert!(told.description.contains("sites") && told.description.contains("remarks"), "{told:?}");
    assert_eq!(get(&served, &open.name, 0).await.content.unwrap().sites.len(), 1);
    // Nor is anything erased of what is named beside it.
    let one_is_not = erasure(&certificate.name, "z", &["sites", "measurements"]);
    let refused = body.erase_confidential_fields(one_is_not).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(get(&served, &certificate.name, 0).await.disclosures.len(), 3);
    let after = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner().revision;
    assert_eq!(after, before, "what is refused is not logged");
    let mut wrong = confidential();
    wrong.confidential_fields = vec!["scope".to_owned()];
    let order = wire::IssueCertificateRequest { content: Some(wrong), ..super::harness::order("xa-lab", "wrong") };
    let refused = body.issue_certificate(order).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["content.confidential_fields[0]"]);
}

async fn a_new_version_keeps_back_the_same_fields(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let request = renewal(&certificate.name, "r", "2030-01-09");
    let renewed = body.renew_certificate(request).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!(renewed.disclosures.len(), 3);
    let stated = payload(&renewed.document);
    assert!(SECRETS.iter().all(|secret| !stated.contains(secret)), "{stated}");
    assert!(renewed.disclosures.iter().all(|text| !certificate.disclosures.contains(text)), "under other salts");
    body.erase_confidential_fields(erasure(&certificate.name, "e", &["sites"])).await.unwrap();
    for version in [1, 2] {
        assert_eq!(get(&served, &certificate.name, version).await.disclosures.len(), 2, "in every version");
    }
    // What follows was made of what is left.
    let request = renewal(&certificate.name, "r2", "2031-01-09");
    let next = body.renew_certificate(request).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!((next.disclosures.len(), next.content.unwrap().sites.len()), (2, 0));
}

async fn a_version_that_was_on_its_way_does_not_say_again_what_is_erased(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let (mut one, mut other) = (served.certificates("bodies/xa-lab"), served.certificates("bodies/xa-lab"));
    for round in 0..4 {
        let order = wire::IssueCertificateRequest {
            content: Some(confidential()),
            ..order("xa-lab", &format!("issue-{round}"))
        };
        let name = one.issue_certificate(order).await.unwrap().into_inner().certificate.unwrap().name;
        let erase = erasure(&name, &format!("erase-{round}"), &["sites"]);
        // The erasure is queued while the renewal's document is built of what it erases.
        let renew = renewal(&name, &format!("renew-{round}"), "2030-01-09");
        let (erased, renewed) = tokio::join!(one.erase_confidential_fields(erase), other.renew_certificate(renew));
        erased.unwrap();
        renewed.unwrap();
        for version in [1, 2] {
            let read = get(&served, &name, version).await;
            assert_eq!((read.content.unwrap().sites.len(), read.disclosures.len()), (0, 2), "{round}: {version}");
        }
    }
}
