//! Bad input over the wire: every wrong field is named, strangers and impostors are told so, and nothing of it leaves a
//! trace in the registry or takes a process down.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use bytes::Bytes;
use greenlane_api::{
    classification::v1::{GetCodeRequest, TranslateCodeRequest, lookup_service_client::LookupServiceClient},
    common::v1::{CodeReference, ErrorReason, GoodsDeclaration},
    equivalence::v1::{
        ChangeSet, CreateChangeSetRequest, GetSchemeRequest, ProposeChangeSetRequest, RecogniseRequest,
        RecognitionQuestion, catalogue_service_client::CatalogueServiceClient,
        change_service_client::ChangeServiceClient, recognition_service_client::RecognitionServiceClient,
    },
    registry::v1::{
        Body, CreateBodyRequest, GetBodyRequest, GetCertificateRequest, IssueCertificateRequest, VerifyRequest,
        WithdrawCertificateRequest, body_service_client::BodyServiceClient,
        certificate_service_client::CertificateServiceClient, verification_service_client::VerificationServiceClient,
    },
};
use greenlane_e2e::{
    Database, Installation, Process,
    certificates::{AURORA, issue, pv_module, register_body, withdrawal},
    log::{all_certificates, head},
    raw, until,
};
use greenlane_platform::{auth::issuer::TokenRequest, client::Client, fault::Fault};
use prost_reflect::DescriptorPool;
use serde_json::Value;
use tonic::{Code, Status};

/// Entries of the log.
const BODY_AND_KEY: u64 = 2;
const CERTIFICATE: u64 = 1;
const CATALOGUES: u64 = 2;

/// One method of each service that needs a scope, and more than the bare token for nothing else.
const GUARDED: [(&str, &str); 3] = [
    ("registry", "/greenlane.registry.v1.VerificationService/Verify"),
    ("equivalence", "/greenlane.equivalence.v1.RecognitionService/Recognise"),
    ("classification", "/greenlane.classification.v1.LookupService/GetCode"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_by_its_reason_and_leaves_nothing_on_sqlite() {
    bad_input(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_by_its_reason_and_leaves_nothing_on_postgresql() {
    bad_input(Database::Postgres).await.expect("the test runs");
}

async fn bad_input(database: Database) -> anyhow::Result<()> {
    let Some(mut installation) = Installation::start(database).await? else { return Ok(()) };
    let body = register_body(client(&installation, "registry", &installation.admin())?, AURORA).await?;
    let clerk = client(&installation, "registry", &installation.clerk(&body))?;
    let issued = issue(clerk.clone(), &body, "one", pv_module("EX-1")).await?;
    let name = issued.certificate.context("a certificate")?.name;
    // What both catalogues begin with comes to the log by itself.
    let told =
        async || Ok(Some(head(&clerk, 0).await?.size).filter(|size| *size == BODY_AND_KEY + CERTIFICATE + CATALOGUES));
    let before = (until("all that was done is on record", told).await?, all_certificates(&clerk).await?);

    let wrong: Vec<_> = [
        fields_of_the_registry(&installation, &body, &name).await,
        fields_of_the_catalogues(&installation).await,
        tokens(&installation).await,
        others(&installation, &body, &name).await,
        names(&installation, &body).await,
        bytes(&installation).await,
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let reused = issue(clerk.clone(), &body, "one", pv_module("EX-2")).await;
    refused(reused, Code::AlreadyExists, ErrorReason::RequestIdReused)?;

    assert_eq!((head(&clerk, 0).await?.size, all_certificates(&clerk).await?), before, "nothing was written");
    let processes = [&mut installation.registry, &mut installation.equivalence, &mut installation.classification];
    for process in processes.into_iter().flatten() {
        assert!(process.runs(), "no process is taken down");
        let panics: Vec<_> = process.log().into_iter().filter(|line| line.contains("panic")).collect();
        assert!(panics.is_empty(), "{panics:#?}");
    }
    // And it still works.
    issue(clerk, &body, "two", pv_module("EX-2")).await?;
    Ok(())
}

fn process<'i>(installation: &'i Installation, service: &str) -> anyhow::Result<&'i Process> {
    let process = match service {
        "registry" => &installation.registry,
        "equivalence" => &installation.equivalence,
        _ => &installation.classification,
    };
    process.as_ref().context("it runs")
}

fn client(installation: &Installation, service: &str, token: &str) -> anyhow::Result<Client> {
    process(installation, service)?.client(token)
}

/// The refusal, when it is of this code and reason.
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, reason: ErrorReason) -> anyhow::Result<Status> {
    let status = answer.err().context("it was not refused")?;
    let said = (status.code(), Fault::reason_of(&status));
    anyhow::ensure!(said == (code, Some(reason)), "expected {code:?} {reason:?}: {status:?}");
    Ok(status)
}

/// Holds the violated fields against those expected; the order does not count.
fn blamed<T: std::fmt::Debug>(answer: Result<T, Status>, fields: &[&str]) -> anyhow::Result<()> {
    let status = refused(answer, Code::InvalidArgument, ErrorReason::FieldViolations)?;
    let violations = Fault::violations_of(&status);
    anyhow::ensure!(violations.iter().all(|violation| !violation.description.is_empty()), "{violations:?}");
    let blamed: BTreeSet<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
    anyhow::ensure!(blamed == fields.iter().copied().collect(), "expected {fields:?}: {violations:#?}");
    Ok(())
}

fn code(edition: &str, code: &str) -> Option<CodeReference> {
    Some(CodeReference { edition: edition.to_owned(), code: code.to_owned() })
}

async fn fields_of_the_registry(installation: &Installation, body: &str, name: &str) -> anyhow::Result<()> {
    let clerk = client(installation, "registry", &installation.clerk(body))?;
    let admin = client(installation, "registry", &installation.admin())?;

    let mut content = pv_module("EX\0");
    content.granted_on = "2026-02-30".to_owned();
    content.normative_documents.clear();
    if let Some(holder) = &mut content.holder {
        (holder.name, holder.economy) = (String::new(), "nowhere".to_owned());
    }
    content.products[0].codes = code("HS2022", "85414").into_iter().collect();
    let order = IssueCertificateRequest {
        request_id: "not an id!".to_owned(),
        body: body.to_owned(),
        content: Some(content),
        ..Default::default()
    };
    let fields = [
        "request_id",
        "content.granted_on",
        "content.holder.name",
        "content.holder.economy",
        "content.normative_documents",
        "content.products[0].codes[0].code",
        "content.products[0].identification.model",
    ];
    blamed(CertificateServiceClient::new(clerk.clone()).issue_certificate(order).await, &fields)?;

    let step = WithdrawCertificateRequest { name: name.to_owned(), reason: 9_999, ..Default::default() };
    let fields = ["request_id", "reason"];
    blamed(CertificateServiceClient::new(clerk.clone()).withdraw_certificate(step).await, &fields)?;

    let register = CreateBodyRequest {
        request_id: "x".repeat(65),
        body_id: "Not An Id".to_owned(),
        body: Some(Body { economy: "xa".to_owned(), ..Body::default() }),
        ..Default::default()
    };
    let fields = ["request_id", "body_id", "body.economy", "body.display_name", "body.roles"];
    blamed(BodyServiceClient::new(admin).create_body(register).await, &fields)?;

    let question = VerifyRequest {
        goods: Some(GoodsDeclaration {
            code: code("hs", ""),
            origin: "xx".to_owned(),
            date: "yesterday".to_owned(),
            ..GoodsDeclaration::default()
        }),
        ..VerifyRequest::default()
    };
    let fields =
        ["subject", "goods.code.edition", "goods.code.code", "goods.origin", "goods.destination", "goods.date"];
    blamed(VerificationServiceClient::new(clerk).verify(question).await, &fields)
}

async fn fields_of_the_catalogues(installation: &Installation) -> anyhow::Result<()> {
    let admin = client(installation, "equivalence", &installation.admin())?;
    let question = RecognitionQuestion {
        code: code("hs", "8541.4x"),
        origin: String::new(),
        destination: "nowhere".to_owned(),
        date: "2026-02-30".to_owned(),
        ..RecognitionQuestion::default()
    };
    let ask = RecogniseRequest { question: Some(question), ..Default::default() };
    let fields = ["certificate", "code.edition", "code.code", "origin", "destination", "date"];
    let fields = fields.map(|field| format!("question.{field}"));
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    blamed(RecognitionServiceClient::new(admin.clone()).recognise(ask).await, &fields)?;

    let draft = CreateChangeSetRequest { change_set: Some(ChangeSet::default()), ..Default::default() };
    let fields = ["request_id", "change_set.title", "change_set.changes"];
    blamed(ChangeServiceClient::new(admin.clone()).create_change_set(draft).await, &fields)?;
    let propose = ProposeChangeSetRequest { name: "no name".to_owned(), ..Default::default() };
    blamed(ChangeServiceClient::new(admin).propose_change_set(propose).await, &["request_id", "name"])?;

    let admin = client(installation, "classification", &installation.admin())?;
    let mut lookup = LookupServiceClient::new(admin);
    let get =
        GetCodeRequest { code: code("hs 22", "85x"), languages: vec!["english!".to_owned()], ..Default::default() };
    blamed(lookup.get_code(get).await, &["code.edition", "code.code", "languages[0]"])?;
    let translate = TranslateCodeRequest { code: code("HS2022", "é"), ..Default::default() };
    blamed(lookup.translate_code(translate).await, &["code.code", "target_edition"])
}

/// Tokens that are no good, by what is wrong with them.
fn bad_tokens(installation: &Installation) -> BTreeMap<&'static str, (String, ErrorReason)> {
    let request = TokenRequest::new("admin", ["admin"]);
    let good = installation.mint(&request);
    let with = |change: fn(&mut Value)| installation.issuer().mint_with(&request, change);
    let shift = |claims: &mut Value, names: [&str; 3], by: i64| {
        for name in names {
            claims[name] = (claims[name].as_i64().unwrap_or_default() + by).into();
        }
    };
    let expired = installation.issuer().mint_with(&request, |it| shift(it, ["iat", "nbf", "exp"], -7_200));
    let early = installation.issuer().mint_with(&request, |it| shift(it, ["iat", "nbf", "exp"], 7_200));
    let mut parts: Vec<_> = good.split('.').map(str::to_owned).collect();
    // A clerk makes an administrator of himself, under the old signature.
    let rival = installation.mint(&TokenRequest::new("rival", ["verify"]));
    parts[1] = rival.split('.').nth(1).unwrap_or_default().to_owned();
    let tampered = parts.join(".");
    BTreeMap::from([
        ("expired", (expired, ErrorReason::TokenExpired)),
        ("not valid yet", (early, ErrorReason::TokenExpired)),
        ("for another audience", (with(|it| it["aud"] = "elsewhere".into()), ErrorReason::TokenInvalid)),
        ("from a stranger", (with(|it| it["iss"] = "https://stranger.example.org".into()), ErrorReason::TokenInvalid)),
        (
            "without an expiry",
            (with(|it| drop(it.as_object_mut().and_then(|it| it.remove("exp")))), ErrorReason::TokenInvalid),
        ),
        ("tampered with", (tampered, ErrorReason::TokenInvalid)),
        ("cut short", (good[..good.len() - 10].to_owned(), ErrorReason::TokenInvalid)),
        ("no token at all", ("nonsense".to_owned(), ErrorReason::TokenInvalid)),
    ])
}

async fn tokens(installation: &Installation) -> anyhow::Result<()> {
    let empty = raw::frame(&[]);
    for (service, path) in GUARDED {
        let stranger = process(installation, service)?.client_without_token()?;
        let status = raw::send(stranger, path, empty.clone()).await?;
        refused(Err::<(), _>(status), Code::Unauthenticated, ErrorReason::TokenMissing)?;
        for (what, (token, reason)) in bad_tokens(installation) {
            let status = raw::send(client(installation, service, &token)?, path, empty.clone()).await?;
            refused(Err::<(), _>(status), Code::Unauthenticated, reason).with_context(|| what)?;
        }
        // The control: the same message with a good token comes as far as being read.
        let status = raw::send(client(installation, service, &installation.admin())?, path, empty.clone()).await?;
        refused(Err::<(), _>(status), Code::InvalidArgument, ErrorReason::FieldViolations)?;
        let powerless = installation.mint(&TokenRequest::new("nobody", []));
        let status = raw::send(client(installation, service, &powerless)?, path, empty.clone()).await?;
        refused(Err::<(), _>(status), Code::PermissionDenied, ErrorReason::ScopeMissing)?;
    }
    Ok(())
}

/// One body in another's name, and an administrator in a body's.
async fn others(installation: &Installation, body: &str, name: &str) -> anyhow::Result<()> {
    for token in [installation.clerk("bodies/rival"), installation.admin()] {
        let impostor = client(installation, "registry", &token)?;
        let answer = issue(impostor.clone(), body, "theirs", pv_module("EX-9")).await;
        let status = refused(answer, Code::PermissionDenied, ErrorReason::NotYours)?;
        anyhow::ensure!(Fault::metadata_of(&status).get("required").map(String::as_str) == Some(body), "{status:?}");
        let step = CertificateServiceClient::new(impostor).withdraw_certificate(withdrawal(name, "theirs")).await;
        refused(step, Code::PermissionDenied, ErrorReason::NotYours)?;
    }
    Ok(())
}

async fn names(installation: &Installation, body: &str) -> anyhow::Result<()> {
    let missing = |answer: Result<(), Status>| refused(answer, Code::NotFound, ErrorReason::ResourceNotFound).map(drop);
    let clerk = client(installation, "registry", &installation.clerk(body))?;
    let mut certificates = CertificateServiceClient::new(clerk.clone());
    let number = greenlane_credential::CertificateNumber::generate(greenlane_credential::Prefix::new("XA")?);
    let name = format!("certificates/{}", number.as_str());
    let get = GetCertificateRequest { name: name.clone(), ..Default::default() };
    missing(certificates.get_certificate(get).await.map(drop))?;
    missing(certificates.withdraw_certificate(withdrawal(&name, "missing")).await.map(drop))?;
    let get = GetBodyRequest { name: "bodies/nobody".to_owned(), ..Default::default() };
    missing(BodyServiceClient::new(clerk).get_body(get).await.map(drop))?;

    let admin = client(installation, "equivalence", &installation.admin())?;
    let get = GetSchemeRequest { name: "schemes/nothing".to_owned(), ..Default::default() };
    missing(CatalogueServiceClient::new(admin.clone()).get_scheme(get).await.map(drop))?;
    let propose = ProposeChangeSetRequest {
        request_id: "missing".to_owned(),
        name: "changeSets/00000000000000000000000000000000".to_owned(),
        ..Default::default()
    };
    missing(ChangeServiceClient::new(admin).propose_change_set(propose).await.map(drop))?;

    let mut lookup = LookupServiceClient::new(client(installation, "classification", &installation.admin())?);
    for (edition, digits) in [("HS2022", "999999"), ("HS1802", "854143")] {
        let get = GetCodeRequest { code: code(edition, digits), ..Default::default() };
        missing(lookup.get_code(get).await.map(drop))?;
    }
    Ok(())
}

/// What is no message, to every method of every service.
async fn bytes(installation: &Installation) -> anyhow::Result<()> {
    // A field of the wrong type; a length that runs over the end; a varint without an end; no UTF-8.
    let garbage: [&[u8]; 4] = [&[0x08, 0xff, 0xff], &[0x0a, 0x7f, 0x01], &[0xff; 16], &[0x0a, 0x02, 0xc3, 0x28]];
    let mut bodies: Vec<Bytes> = garbage.iter().map(|message| raw::frame(message)).collect();
    let truncated = raw::frame(&[0x0a, 0x04, b'a', b'b', b'c', b'd']);
    bodies.push(truncated.slice(..truncated.len() - 2));
    bodies.push(truncated.slice(..3));
    bodies.push(Bytes::new());
    // Said to be compressed, and not; a flag that does not exist.
    bodies.push(Bytes::from_static(&[1, 0, 0, 0, 2, 8, 1]));
    bodies.push(Bytes::from_static(&[7, 0, 0, 0, 2, 8, 1]));

    let pool = DescriptorPool::decode(greenlane_api::DESCRIPTORS)?;
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let mut broken = BTreeSet::new();
    for method in methods.filter(|method| method.full_name().starts_with("greenlane.")) {
        let service = method.full_name().split('.').nth(1).unwrap_or_default();
        let admin = client(installation, service, &installation.admin())?;
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        for body in &bodies {
            // A stream of requests that ends before its first message is no fault, and a stream of answers may be open
            // for ever.
            if method.is_client_streaming() || method.is_server_streaming() {
                continue;
            }
            let status = raw::send(admin.clone(), &path, body.clone()).await?;
            // A request without fields cannot be malformed: it is refused for what the service lacks, if at all.
            let known = matches!(
                status.code(),
                Code::InvalidArgument
                    | Code::Unimplemented
                    | Code::PermissionDenied
                    | Code::NotFound
                    | Code::FailedPrecondition
                    | Code::Ok
            );
            if !known || Fault::reason_of(&status).is_none() && status.code() != Code::Ok {
                broken.insert(format!("{path} {:?} {body:?}: {}", status.code(), status.message()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");

    for (service, path) in GUARDED {
        let admin = client(installation, service, &installation.admin())?;
        // One byte over what is taken by default.
        let status = raw::send(admin.clone(), path, raw::frame(&vec![0; (4 << 20) + 1])).await?;
        anyhow::ensure!(Fault::reason_of(&status) == Some(ErrorReason::MessageTooLarge), "{status:?}");
        for body in &bodies {
            let status = raw::send(admin.clone(), path, body.clone()).await?;
            anyhow::ensure!(status.code() == Code::InvalidArgument, "{path} {body:?}: {status:?}");
        }
    }
    Ok(())
}
