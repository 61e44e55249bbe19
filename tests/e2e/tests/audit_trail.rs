//! Every mutation and every refusal is in the audit trail, with who, what, when, from where, and trace id.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use greenlane_api::{
    classification::v1::{GetCodeRequest, lookup_service_client::LookupServiceClient},
    common::v1::CodeReference,
    equivalence::v1::{
        Change, ChangeSet, CreateChangeSetRequest, ReviewChangeSetRequest, change,
        change_service_client::ChangeServiceClient,
    },
    registry::v1::{
        CertificateFilter, GetCertificateRequest, IssueCertificateRequest, ListCertificatesRequest,
        PrepareCertificateRequest, certificate_service_client::CertificateServiceClient,
    },
};
use greenlane_e2e::{
    Database, Installation, Process,
    certificates::{issue, pv_module, register_body, withdrawal},
};
use greenlane_platform::{
    audit::{AuditRecord, Outcome},
    auth::issuer::TokenRequest,
    client::Client,
    clock::Clock,
};
use greenlane_store::{Store, StoreConfig, StoreError, audit};
use tonic::{Code, Request, Status};

const ISSUE: &str = "/greenlane.registry.v1.CertificateService/IssueCertificate";
const GET: &str = "/greenlane.registry.v1.CertificateService/GetCertificate";
const LIST: &str = "/greenlane.registry.v1.CertificateService/ListCertificates";
const PREPARE: &str = "/greenlane.registry.v1.CertificateService/PrepareCertificate";
const REVIEW: &str = "/greenlane.equivalence.v1.ChangeService/ReviewChangeSet";
const WITHDRAW: &str = "/greenlane.registry.v1.CertificateService/WithdrawCertificate";
const CREATE_BODY: &str = "/greenlane.registry.v1.BodyService/CreateBody";
const CREATE_CHANGE: &str = "/greenlane.equivalence.v1.ChangeService/CreateChangeSet";
const GET_CODE: &str = "/greenlane.classification.v1.LookupService/GetCode";
const ISSUER: &str = "https://issuer.example.org";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutations_and_refusals_are_in_the_audit_trail_on_sqlite() {
    trail(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutations_and_refusals_are_in_the_audit_trail_on_postgresql() {
    trail(Database::Postgres).await.expect("the test runs");
}

async fn trail(database: Database) -> anyhow::Result<()> {
    let Some(mut installation) = Installation::start(database).await? else { return Ok(()) };
    let began: DateTime<Utc> = Clock::system().now();
    let registry = installation.registry.as_ref().context("it runs")?;
    let body = register_body(registry.client(&installation.admin())?, "audited").await?;
    let clerk = registry.client(&installation.clerk(&body))?;
    let rival = registry.client(&installation.clerk("bodies/rival"))?;
    let reader = registry.client(&installation.mint(&TokenRequest::new("reader", ["certificates.read"])))?;
    let stranger = registry.client_without_token()?;

    let name = issue(clerk.clone(), &body, "one", pv_module("EX-1")).await?.certificate.context("a certificate")?.name;
    issue(clerk.clone(), &body, "one", pv_module("EX-1")).await?;
    let order = |request_id: &str, validate_only: bool| IssueCertificateRequest {
        request_id: request_id.to_owned(),
        body: body.clone(),
        content: Some(pv_module("EX-1")),
        validate_only,
        ..Default::default()
    };
    certificates(&clerk).issue_certificate(order("dry", true)).await?;
    expect(certificates(&rival).issue_certificate(traced(order("rival", false), 1)?).await, Code::PermissionDenied)?;
    expect(certificates(&reader).issue_certificate(traced(order("reader", false), 2)?).await, Code::PermissionDenied)?;
    expect(
        certificates(&stranger).issue_certificate(traced(order("stranger", false), 3)?).await,
        Code::Unauthenticated,
    )?;
    let bad = IssueCertificateRequest { content: None, ..order("bad", false) };
    expect(certificates(&clerk).issue_certificate(traced(bad, 4)?).await, Code::InvalidArgument)?;
    certificates(&clerk).withdraw_certificate(traced(withdrawal(&name, "withdraw"), 5)?).await?;
    let again = certificates(&clerk).withdraw_certificate(traced(withdrawal(&name, "again"), 6)?).await;
    expect(again, Code::FailedPrecondition)?;
    certificates(&clerk).get_certificate(GetCertificateRequest { name: name.clone(), ..Default::default() }).await?;

    let get = GetCertificateRequest { name: name.clone(), ..Default::default() };
    expect(certificates(&rival).get_certificate(traced(get, 9)?).await, Code::PermissionDenied)?;
    let filter = Some(CertificateFilter { body: body.clone(), ..Default::default() });
    let list = ListCertificatesRequest { filter, ..Default::default() };
    expect(certificates(&rival).list_certificates(traced(list, 10)?).await, Code::PermissionDenied)?;
    let prepare = PrepareCertificateRequest { body: body.clone(), ..Default::default() };
    expect(certificates(&rival).prepare_certificate(traced(prepare, 11)?).await, Code::PermissionDenied)?;
    let withdrawn = certificates(&rival).withdraw_certificate(traced(withdrawal(&name, "rivalry"), 12)?).await;
    expect(withdrawn, Code::PermissionDenied)?;

    let equivalence = installation.equivalence.as_ref().context("it runs")?;
    let author = TokenRequest::new("author", ["catalogue.propose", "catalogue.review"]).for_economy("XA");
    let mut author = ChangeServiceClient::new(equivalence.client(&installation.mint(&author))?);
    let foreign = retire("foreign", "requirements/xb-pv-qualification");
    expect(author.create_change_set(traced(foreign, 13)?).await, Code::PermissionDenied)?;
    let own = author.create_change_set(retire("own", "requirements/xa-pv-qualification")).await?.into_inner();
    let change_set = own.change_set.context("a change set")?.name;
    let review = ReviewChangeSetRequest {
        request_id: "review".to_owned(),
        name: change_set.clone(),
        approve: true,
        ..Default::default()
    };
    expect(author.review_change_set(traced(review, 14)?).await, Code::FailedPrecondition)?;
    let reader = equivalence.client(&installation.mint(&TokenRequest::new("reader", ["catalogue.read"])))?;
    let change = traced(CreateChangeSetRequest { request_id: "change".to_owned(), ..Default::default() }, 7)?;
    expect(ChangeServiceClient::new(reader).create_change_set(change).await, Code::PermissionDenied)?;
    let classification = installation.classification.as_ref().context("it runs")?;
    let code = Some(CodeReference { edition: "HS2022".to_owned(), code: "854143".to_owned() });
    let get = traced(GetCodeRequest { code, ..Default::default() }, 8)?;
    let stranger = classification.client_without_token()?;
    expect(LookupServiceClient::new(stranger).get_code(get).await, Code::Unauthenticated)?;

    // Ended in good order, each writes what still waits.
    for process in [installation.registry.take(), installation.equivalence.take(), installation.classification.take()] {
        let (code, _, log) = process.context("it runs").map(Process::terminate_with_log)??;
        assert_eq!(code, 0, "{log:#?}");
    }
    let ended: DateTime<Utc> = Clock::system().now();
    let records = records(installation.database_url("registry")?).await?;
    // What the registry hears of the catalogues no caller has asked for.
    let (heard, asked): (Vec<_>, Vec<_>) = records.iter().partition(|it| it.method.ends_with("/WatchRevisions"));
    for record in heard {
        assert_eq!(record.resource, format!("catalogues/{}/revisions/1", record.peer), "{record:#?}");
    }
    for record in asked {
        assert!((began..=ended).contains(&record.at), "when: {record:#?}");
        assert!(record.peer.contains("127.0.0.1"), "from where: {record:#?}");
        let hex = record.trace_id.len() == 32 && record.trace_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(hex, "the trace: {record:#?}");
    }
    let told: Vec<_> = records.iter().map(|it| (it.request_id.as_str(), it.method.as_str(), it.outcome)).collect();
    assert!(
        !told.iter().any(|(_, method, outcome)| method.ends_with("GetCertificate") && *outcome != Outcome::Refused),
        "reads are not mutations: {told:#?}"
    );

    let of = |request_id: &str| Told::of(&records, request_id);
    of("create-audited").is(CREATE_BODY, Outcome::Done, "admin", "").about(&body);
    of("one").is(ISSUE, Outcome::Done, "clerk", "").by_body(&body).about(&name);
    Told::last_of(&records, "one").is(ISSUE, Outcome::Replayed, "clerk", "").by_body(&body);
    of("dry").is(ISSUE, Outcome::Validated, "clerk", "").by_body(&body);
    of("rival").is(ISSUE, Outcome::Refused, "clerk", "NOT_YOURS").by_body("bodies/rival").in_trace(1).about(&body);
    for (n, method, resource) in [(9, GET, &name), (10, LIST, &body), (11, PREPARE, &body), (12, WITHDRAW, &name)] {
        let denied = Told::in_trace_of(&records, n).is(method, Outcome::Refused, "clerk", "NOT_YOURS");
        denied.by_body("bodies/rival").about(resource);
    }
    of("bad").is(ISSUE, Outcome::Refused, "clerk", "FIELD_VIOLATIONS").by_body(&body).in_trace(4);
    of("withdraw").is(WITHDRAW, Outcome::Done, "clerk", "").by_body(&body).about(&name).in_trace(5);
    of("again").is(WITHDRAW, Outcome::Refused, "clerk", "STATE_CONFLICT").by_body(&body).about(&name).in_trace(6);
    // Refused before the message is read: no request id is known.
    Told::in_trace_of(&records, 2).is(ISSUE, Outcome::Refused, "reader", "SCOPE_MISSING");
    let stranger = Told::in_trace_of(&records, 3);
    assert_eq!((stranger.0.method.as_str(), stranger.0.reason.as_str()), (ISSUE, "TOKEN_MISSING"), "{stranger:#?}");
    assert_eq!((stranger.0.subject.as_str(), stranger.0.outcome), ("", Outcome::Refused), "{stranger:#?}");
    let mut outcomes = BTreeMap::<_, usize>::new();
    for record in records.iter().filter(|record| record.method == ISSUE) {
        *outcomes.entry(record.outcome.as_str()).or_default() += 1;
    }
    assert_eq!(outcomes, BTreeMap::from([("done", 1), ("refused", 4), ("replayed", 1), ("validated", 1)]), "each once");

    let records = self::records(installation.database_url("equivalence")?).await?;
    let of = |request_id: &str| Told::of(&records, request_id);
    of("foreign").is(CREATE_CHANGE, Outcome::Refused, "author", "NOT_YOURS").in_trace(13);
    of("review").is(REVIEW, Outcome::Refused, "author", "FOUR_EYES").in_trace(14).about(&change_set);
    Told::in_trace_of(&records, 7).is(CREATE_CHANGE, Outcome::Refused, "reader", "SCOPE_MISSING");
    let records = self::records(installation.database_url("classification")?).await?;
    let stranger = Told::in_trace_of(&records, 8);
    assert_eq!((stranger.0.method.as_str(), stranger.0.reason.as_str()), (GET_CODE, "TOKEN_MISSING"), "{stranger:#?}");
    Ok(())
}

fn certificates(client: &Client) -> CertificateServiceClient<Client> {
    CertificateServiceClient::new(client.clone())
}

fn retire(request_id: &str, entry: &str) -> CreateChangeSetRequest {
    let change = Change { change: Some(change::Change::Retire(entry.to_owned())) };
    let change_set = ChangeSet {
        title: "Test".to_owned(),
        reason: "A test.".to_owned(),
        changes: vec![change],
        ..Default::default()
    };
    CreateChangeSetRequest { request_id: request_id.to_owned(), change_set: Some(change_set), ..Default::default() }
}

fn trace_id(n: u8) -> String {
    format!("{n:032x}")
}

/// A request in the `n`th trace of the test.
fn traced<R>(message: R, n: u8) -> anyhow::Result<Request<R>> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("traceparent", format!("00-{}-00f067aa0ba902b7-00", trace_id(n)).parse()?);
    Ok(request)
}

fn expect<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code) -> anyhow::Result<()> {
    let status = answer.err().context("it is refused")?;
    anyhow::ensure!(status.code() == code, "{status:?}");
    Ok(())
}

async fn records(url: &str) -> anyhow::Result<Vec<AuditRecord>> {
    let store = Store::open(&StoreConfig::at(url)).await?;
    let read: Result<Vec<audit::Entry>, StoreError> =
        store.read("read_trail", |tx| Box::pin(async move { Ok(audit::page(tx, 0, 1_000).await?) })).await;
    store.close().await;
    Ok(read?.into_iter().map(|entry| entry.record).collect())
}

/// One record, to be held against what happened.
#[derive(Clone, Copy, Debug)]
struct Told<'r>(&'r AuditRecord);

impl<'r> Told<'r> {
    #[track_caller]
    fn of(records: &'r [AuditRecord], request_id: &str) -> Self {
        let found = records.iter().find(|record| record.request_id == request_id);
        Self(found.unwrap_or_else(|| panic!("no record of {request_id}: {records:#?}")))
    }

    #[track_caller]
    fn last_of(records: &'r [AuditRecord], request_id: &str) -> Self {
        let found = records.iter().rfind(|record| record.request_id == request_id);
        Self(found.unwrap_or_else(|| panic!("no record of {request_id}: {records:#?}")))
    }

    #[track_caller]
    fn in_trace_of(records: &'r [AuditRecord], n: u8) -> Self {
        let found = records.iter().find(|record| record.trace_id == trace_id(n));
        Self(found.unwrap_or_else(|| panic!("no record of trace {n}: {records:#?}")))
    }

    #[track_caller]
    fn is(self, method: &str, outcome: Outcome, subject: &str, reason: &str) -> Self {
        let Self(it) = self;
        let said = (it.method.as_str(), it.outcome, it.subject.as_str(), it.reason.as_str(), it.issuer.as_str());
        assert_eq!(said, (method, outcome, subject, reason, ISSUER), "{it:#?}");
        self
    }

    #[track_caller]
    fn by_body(self, body: &str) -> Self {
        assert_eq!(self.0.body, body, "{self:#?}");
        self
    }

    #[track_caller]
    fn about(self, resource: &str) -> Self {
        assert_eq!(self.0.resource, resource, "{self:#?}");
        self
    }

    #[track_caller]
    fn in_trace(self, n: u8) -> Self {
        assert_eq!(self.0.trace_id, trace_id(n), "{self:#?}");
        self
    }
}
