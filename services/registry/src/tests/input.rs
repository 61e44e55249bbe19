//! Bad input: every wrong field is named, and nothing is written.

use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::{Access, Rule};
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{new_body, new_key, order, question, serve};
use crate::{Migrator, RULES};

greenlane_store::engine_tests!(Migrator:
    every_wrong_field_of_an_order_is_named,
    every_wrong_field_of_a_question_is_named,
    a_time_that_is_out_of_bounds_is_named_with_what_else_is_wrong,
    a_tag_that_is_too_long_hides_no_wrong_field_of_its_question,
    a_wrong_body_id_hides_no_wrong_did,
    a_weak_key_is_refused,
    a_mistyped_number_is_not_taken_for_another,
    a_body_exists_once,
    a_body_does_not_register_itself,
    a_refused_key_leaves_no_file,
);

fn fields(status: &tonic::Status) -> Vec<String> {
    Fault::violations_of(status).into_iter().map(|violation| violation.field).collect()
}

async fn every_wrong_field_of_an_order_is_named(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut request = order("xa-lab", "not an id!");
    let content = request.content.as_mut().unwrap();
    content.holder.as_mut().unwrap().economy = "ZZ9".to_owned();
    content.products[0].codes[0].code = "85414".to_owned();
    content.products[0].identification.as_mut().unwrap().gtin = "4012345123457".to_owned();
    content.products[0].name = "NUL \0 inside".to_owned();
    content.valid_until = "2026-02-30".to_owned();
    content.authorised_by = String::new();
    content.normative_documents.clear();
    let refused = served.certificates("bodies/xa-lab").issue_certificate(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        fields(&refused),
        [
            "request_id",
            "content.holder.economy",
            "content.products[0].name",
            "content.products[0].identification.gtin",
            "content.products[0].codes[0].code",
            "content.normative_documents",
            "content.valid_until",
            "content.authorised_by",
        ]
    );
    let mut request = order("xa-lab", "one");
    let content = request.content.as_mut().unwrap();
    content.valid_from = "2020-01-01".to_owned();
    content.valid_until = "2019-01-01".to_owned();
    let refused = served.certificates("bodies/xa-lab").issue_certificate(request).await.unwrap_err();
    assert_eq!(fields(&refused), ["content.valid_from", "content.valid_until"]);
    let nobody = wire::IssueCertificateRequest { body: "xa-lab".to_owned(), ..order("xa-lab", "two") };
    let refused = served.certificates("bodies/xa-lab").issue_certificate(nobody).await.unwrap_err();
    assert_eq!(fields(&refused), ["body"]);
    let checkpoint = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    assert_eq!(checkpoint.revision, 2, "nothing was written");
}

async fn every_wrong_field_of_a_question_is_named(db: TestDatabase) {
    let served = serve(&db).await;
    let request = wire::VerifyRequest {
        subject: None,
        goods: Some(common::GoodsDeclaration { origin: "xx".to_owned(), ..common::GoodsDeclaration::default() }),
        ..wire::VerifyRequest::default()
    };
    let refused = served.verification().verify(request).await.unwrap_err();
    assert_eq!(fields(&refused), ["subject", "goods.code", "goods.origin", "goods.destination"]);
    // Goods are made, placed on the market, and then asked about.
    let about = |placed_on: &str, manufactured_on: &str| wire::VerifyRequest {
        goods: Some(common::GoodsDeclaration {
            placed_on_market_on: placed_on.to_owned(),
            manufactured_on: manufactured_on.to_owned(),
            ..super::harness::goods()
        }),
        ..super::harness::question(wire::verify_request::Subject::Certificate("GLXA4HP9Z1PPYMB35F".to_owned()))
    };
    let (placed, made) = ("goods.placed_on_market_on", "goods.manufactured_on");
    for (placed_on, manufactured_on, expected) in [
        ("2026-06-02", "2026-06-02", &[placed, made][..]),
        ("2026-05-01", "2026-05-02", &[made]),
        ("yesterday", "", &[placed]),
    ] {
        let refused = served.verification().verify(about(placed_on, manufactured_on)).await.unwrap_err();
        assert_eq!(fields(&refused), expected, "{placed_on} {manufactured_on}");
    }
}

async fn a_time_that_is_out_of_bounds_is_named_with_what_else_is_wrong(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    let in_days = |days: i64| {
        let at = served.clock.now() + chrono::TimeDelta::days(days);
        Some(prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 })
    };
    let mut body = served.certificates("bodies/xa-lab");
    for days in [-31, 400] {
        let wrong = wire::SuspendCertificateRequest {
            reason: 0,
            effective_time: in_days(days),
            remedy: String::new(),
            ..super::life::suspension(&name, "s")
        };
        let refused = body.suspend_certificate(wrong).await.unwrap_err();
        assert_eq!(fields(&refused), ["reason", "remedy", "effective_time"], "{days}");
        let alone =
            wire::SuspendCertificateRequest { effective_time: in_days(days), ..super::life::suspension(&name, "s") };
        assert_eq!(fields(&body.suspend_certificate(alone).await.unwrap_err()), ["effective_time"]);
    }
    let consignment = wire::RecordWriteOffRequest {
        request_id: "w".to_owned(),
        certificate: name,
        economy: "XB".to_owned(),
        event_time: in_days(-31),
        ..Default::default()
    };
    let mut customs = wire::write_off_service_client::WriteOffServiceClient::new(served.channel_of_economy("XB"));
    let refused = customs.record_write_off(consignment).await.unwrap_err();
    assert_eq!(fields(&refused), ["declaration_reference", "quantity", "event_time"]);
}

async fn a_tag_that_is_too_long_hides_no_wrong_field_of_its_question(db: TestDatabase) {
    let served = serve(&db).await;
    let goods = common::GoodsDeclaration { origin: "xx".to_owned(), ..super::harness::goods() };
    let request = Some(wire::VerifyRequest { goods: Some(goods), ..wire::VerifyRequest::default() });
    let item = wire::StreamVerifyRequest { tag: "t".repeat(65), request };
    let stream = futures_util::stream::iter([item]);
    let answer = served.verification().stream_verify(stream).await.unwrap().into_inner().message().await.unwrap();
    let Some(wire::verify_result::Result::Error(error)) = answer.unwrap().result.unwrap().result else {
        panic!("it is refused")
    };
    let fields: Vec<&str> = error.field_violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["tag", "subject", "goods.origin"]);
}

async fn a_wrong_body_id_hides_no_wrong_did(db: TestDatabase) {
    let served = serve(&db).await;
    let mut wrong = wire::CreateBodyRequest { body_id: "Not An Id".to_owned(), ..new_body("xa-lab") };
    wrong.body.as_mut().unwrap().did = "did:key:z6Mk".to_owned();
    assert_eq!(fields(&served.bodies().create_body(wrong).await.unwrap_err()), ["body_id", "body.did"]);
}

async fn a_weak_key_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    served.bodies().create_body(new_body("xa-lab")).await.unwrap();
    // The neutral element of the curve: a point of small order.
    let weak = format!(
        r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
        greenlane_jose::b64::encode([&[1u8][..], &[0; 31]].concat())
    );
    let request = wire::CreateBodyKeyRequest {
        source: Some(wire::create_body_key_request::Source::PublicJwk(weak)),
        ..new_key("xa-lab")
    };
    let refused = served.bodies().create_body_key(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::KeyRefused));
}

async fn a_mistyped_number_is_not_taken_for_another(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "one").await.certificate.unwrap().name;
    // As people write it.
    let number = name.strip_prefix("certificates/").unwrap();
    let spaced = format!("{} {}", &number[..9].to_lowercase(), &number[9..]);
    assert_eq!(served.verdict(&spaced).await.certificate, name);
    let mut mistyped: Vec<char> = number.chars().collect();
    mistyped[8] = if mistyped[8] == '7' { '3' } else { '7' };
    let mistyped: String = mistyped.into_iter().collect();
    let refused =
        served.verification().verify(question(wire::verify_request::Subject::Certificate(mistyped))).await.unwrap_err();
    assert_eq!(fields(&refused), ["certificate"]);
}

async fn a_body_exists_once(db: TestDatabase) {
    let served = serve(&db).await;
    served.bodies().create_body(new_body("xa-lab")).await.unwrap();
    let again = wire::CreateBodyRequest { request_id: "other".to_owned(), ..new_body("xa-lab") };
    let refused = served.bodies().create_body(again).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::ResourceExists));
    let listed = served.bodies().list_bodies(wire::ListBodiesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.bodies.len(), 1);
    let customs = wire::ListBodiesRequest { role: wire::BodyRole::CustomsAuthority.into(), ..Default::default() };
    assert!(served.bodies().list_bodies(customs).await.unwrap().into_inner().bodies.is_empty());
}

#[test]
fn every_method_of_the_contract_has_a_rule_and_no_other_has() {
    use prost::Message as _;
    let files = prost_types::FileDescriptorSet::decode(greenlane_api::DESCRIPTORS).unwrap().file;
    let registry = files.iter().filter(|file| file.package() == "greenlane.registry.v1");
    let mut methods: Vec<String> = registry
        .flat_map(|file| &file.service)
        .flat_map(|service| {
            let path = |method: &prost_types::MethodDescriptorProto| {
                format!("/greenlane.registry.v1.{}/{}", service.name(), method.name())
            };
            service.method.iter().map(path).collect::<Vec<_>>()
        })
        .collect();
    methods.sort();
    let mut ruled: Vec<&str> = RULES.iter().map(|rule| rule.method).collect();
    ruled.sort_unstable();
    assert_eq!(ruled, methods);
    let public: Vec<&Rule> = RULES.iter().filter(|rule| rule.access == Access::Public).collect();
    assert!(public.iter().all(|rule| rule.method.contains("LogService/")), "only the log is public");
}

async fn a_body_does_not_register_itself(db: TestDatabase) {
    let served = serve(&db).await;
    let clerk = served.channel("clerk", Some("bodies/xa-lab"));
    let mut bodies = wire::body_service_client::BodyServiceClient::new(clerk);
    let refused = bodies.create_body(new_body("xa-lab")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    // Once it is registered, it keeps its own keys.
    served.bodies().create_body(new_body("xa-lab")).await.unwrap();
    bodies.create_body_key(new_key("xa-lab")).await.unwrap();
}

async fn a_refused_key_leaves_no_file(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let keys = || {
        let files = std::fs::read_dir(served.keys.path().join("keys")).unwrap();
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|suffix| suffix == "jwk")).count()
    };
    assert_eq!(keys(), 2, "the log's and the body's");
    let mut reused = new_key("xa-lab");
    reused.source = Some(wire::create_body_key_request::Source::Generate(wire::KeyAlgorithm::Es256.into()));
    let refused = served.bodies().create_body_key(reused).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(keys(), 2);
    served.bodies().create_body_key(new_key("xa-lab")).await.unwrap();
    assert_eq!(keys(), 2, "the same request again makes no other key");
}
