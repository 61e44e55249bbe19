//! QR codes and mistyped numbers.

use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_credential::{from_offline, verify_document};
use greenlane_jose::Jwk;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::{Code, Status};

use super::harness::{Served, codes, question, serve};
use super::life::withdrawal;
use super::revise::amendment;
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    a_code_leads_to_the_certificate,
    an_offline_code_is_verified_with_nothing_but_the_bodys_key,
    what_is_void_has_no_offline_code,
    a_code_is_the_bodys_own,
    a_mistyped_number_is_answered_with_the_one_that_was_meant,
);

async fn code(served: &Served, name: &str, offline: bool) -> Result<wire::GetCertificateQrResponse, Status> {
    let request = wire::GetCertificateQrRequest { name: name.to_owned(), format: wire::QrFormat::Svg.into(), offline };
    Ok(served.certificates("bodies/xa-lab").get_certificate_qr(request).await?.into_inner())
}

async fn issued(served: &Served) -> wire::Certificate {
    served.enrol("xa-lab").await;
    served.issue("xa-lab", "issue").await.certificate.unwrap()
}

async fn verified(served: &Served, text: &str) -> wire::Verdict {
    let request = question(wire::verify_request::Subject::QrText(text.to_owned()));
    served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap()
}

async fn a_code_leads_to_the_certificate(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await.name;
    let answer = code(&served, &name, false).await.unwrap();
    assert_eq!(answer.text, format!("https://registry.example.org/{name}"));
    assert_eq!(answer.media_type, "image/svg+xml");
    assert!(answer.content.starts_with(b"<?xml"));
    assert_eq!(verified(&served, &answer.text).await.certificate, name);
    let nothing = wire::GetCertificateQrRequest::default();
    let refused = served.certificates("bodies/xa-lab").get_certificate_qr(nothing).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["name", "format"]);
}

async fn an_offline_code_is_verified_with_nothing_but_the_bodys_key(db: TestDatabase) {
    let served = serve(&db).await;
    let certificate = issued(&served).await;
    let text = code(&served, &certificate.name, true).await.unwrap().text;
    let key = wire::GetBodyKeyRequest { name: certificate.signing_key.clone(), ..Default::default() };
    let key = served.bodies().get_body_key(key).await.unwrap().into_inner().key.unwrap();
    let key = Jwk::parse(key.public_jwk.as_bytes()).unwrap().key;
    // From here on nobody is asked.
    let document = from_offline(&text).unwrap();
    let read = verify_document(&document, |_| Some(key)).unwrap();
    assert!(read.is_authentic());
    assert_eq!(format!("certificates/{}", read.certificate.number), certificate.name);
    assert_eq!(document, certificate.document, "it is the very document that the log names");
    // The registry takes it for that, too.
    let verdict = verified(&served, &text).await;
    assert_eq!(codes(verdict.authentic.as_ref()), ["signature_valid", "logged"]);
    let broken = question(wire::verify_request::Subject::QrText(text.replace("GL1:", "GL1:0")));
    let refused = served.verification().verify(broken).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("qr_text"), "{}", refused.message());
}

async fn what_is_void_has_no_offline_code(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await.name;
    let mut body = served.certificates("bodies/xa-lab");
    body.amend_certificate(amendment(&name, "a", "Other words.")).await.unwrap();
    let second = code(&served, &name, true).await.unwrap().text;
    assert_eq!(verified(&served, &second).await.version, 2);
    body.withdraw_certificate(withdrawal(&name, "w")).await.unwrap();
    let refused = code(&served, &name, true).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    assert!(code(&served, &name, false).await.is_ok(), "the address still leads to what became of it");
}

async fn a_code_is_the_bodys_own(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await.name;
    served.enrol("xb-lab").await;
    let request = wire::GetCertificateQrRequest { name, format: wire::QrFormat::Png.into(), offline: false };
    let refused = served.certificates("bodies/xb-lab").get_certificate_qr(request).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours));
}

async fn a_mistyped_number_is_answered_with_the_one_that_was_meant(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await.name;
    served.enrol("xb-lab").await;
    let mut mistyped = name.clone().into_bytes();
    let at = mistyped.len() - 6;
    mistyped.swap(at, at + 1);
    if mistyped == name.as_bytes() {
        mistyped[at] = if mistyped[at] == b'7' { b'3' } else { b'7' };
    }
    let mistyped = String::from_utf8(mistyped).unwrap();
    let ask = async |body: &str| {
        let request = wire::GetCertificateRequest { name: mistyped.clone(), ..Default::default() };
        let refused = served.certificates(body).get_certificate(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        Fault::violations_of(&refused).remove(0).description
    };
    let meant = format!("did you mean {}", name.trim_start_matches("certificates/"));
    assert!(ask("bodies/xa-lab").await.contains(&meant));
    assert!(!ask("bodies/xb-lab").await.contains("did you mean"), "what others have is not told");
    let request = question(wire::verify_request::Subject::Certificate(mistyped.clone()));
    let refused = served.verification().verify(request.clone()).await.unwrap_err();
    assert!(refused.message().contains(&meant), "customs is helped: {}", refused.message());
    // Among others too, and without a network.
    let wrong = |result: wire::VerifyResult| match result.result.unwrap() {
        wire::verify_result::Result::Error(error) => error.field_violations[0].description.clone(),
        wire::verify_result::Result::Response(answer) => panic!("{answer:?}"),
    };
    let batch = wire::BatchVerifyRequest { requests: vec![request.clone()], consistency: None };
    let mut answer = served.verification().batch_verify(batch).await.unwrap().into_inner();
    let said = wrong(answer.results.remove(0));
    assert!(said.contains(&meant), "{said}");
    let item = wire::StreamVerifyRequest { request: Some(request.clone()), tag: "1".to_owned() };
    let stream = futures_util::stream::iter([item]);
    let answer = served.verification().stream_verify(stream).await.unwrap().into_inner().message().await.unwrap();
    let said = wrong(answer.unwrap().result.unwrap());
    assert!(said.contains(&meant), "{said}");
    let mut parts =
        served.verification().get_trust_bundle(wire::GetTrustBundleRequest::default()).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        bytes.extend_from_slice(&part.chunk);
    }
    let bundle = crate::offline::Bundle::read(&bytes, None).unwrap();
    let refused = bundle.verify(request, None, served.clock.clone()).await.unwrap_err();
    assert!(refused.message().contains(&meant), "{}", refused.message());
}
