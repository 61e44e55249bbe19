//! One trace from customs through all three services, as a collector sees it and as the logs tell it.

use anyhow::Context as _;
use greenlane_api::registry::v1::{VerifyRequest, verification_service_client::VerificationServiceClient};
use greenlane_e2e::{
    Collector, Database, Installation, Process, ReceivedSpan,
    certificates::{AURORA, goods, issue, question, recognised_module, register_body},
    greenlane_with,
};
use greenlane_platform::{auth::issuer::TokenRequest, client::Client};
use serde_json::Value;
use tonic::{Code, Request, metadata::MetadataValue};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER_SPAN: &str = "00f067aa0ba902b7";

const VERIFY: &str = "greenlane.registry.v1.VerificationService/Verify";
const STREAM_VERIFY: &str = "greenlane.registry.v1.VerificationService/StreamVerify";
const RECOGNISE: &str = "greenlane.equivalence.v1.RecognitionService/Recognise";
const TRANSLATE: &str = "greenlane.classification.v1.LookupService/TranslateCode";

/// As OpenTelemetry's protocol numbers them.
const SERVER: i32 = 2;
const CLIENT: i32 = 3;
const INTERNAL: i32 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_spans_the_three_services_and_their_logs_carry_its_id() {
    traced().await.expect("the test runs");
}

async fn traced() -> anyhow::Result<()> {
    let collector = Collector::start().await?;
    let mut installation = Installation::prepare(Database::Sqlite).await?.context("SQLite is always there")?;
    installation.set_table(&format!(
        "[telemetry]\notlp_endpoint = \"{}\"\nsampling_ratio = 1.0\nflush_timeout_ms = 20000\n\
         level = \"info,greenlane_platform=debug\"\n",
        collector.endpoint()
    ));
    installation.start_classification()?;
    installation.start_equivalence()?;
    installation.start_registry()?;
    let registry = installation.registry.as_ref().context("it runs")?;
    let body = register_body(registry.client(&installation.admin())?, AURORA).await?;
    let clerk = registry.client(&installation.clerk(&body))?;
    let issued = issue(clerk.clone(), &body, "one", recognised_module("EX-1")).await?;
    let name = issued.certificate.context("a certificate")?.name;

    // Declared in another edition than the market's requirement: equivalence has to ask classification.
    let client = registry.client(&installation.mint(&TokenRequest::new("customs", ["verify"])))?;
    let mut customs = VerificationServiceClient::new(client);
    customs.verify(of_the_trace(question(&name, Some(goods("HS2017", "854140", "XB"))))?).await?;
    // A code that nobody knows: classification refuses it, and says so in its log.
    customs.verify(of_the_trace(question(&name, Some(goods("HS2017", "999999", "XB"))))?).await?;
    // No question at all: the registry refuses it.
    let refused = customs.verify(of_the_trace(VerifyRequest::default())?).await;
    assert_eq!(refused.map_err(|status| status.code()).err(), Some(Code::InvalidArgument));

    // A command begins a trace of its own, over what nobody has asked for yet: another certificate, another edition.
    let issued = issue(clerk.clone(), &body, "two", recognised_module("EX-2")).await?;
    let other = issued.certificate.context("a certificate")?.name;
    let mut arguments = installation.client_arguments(&installation.mint(&TokenRequest::new("customs", ["verify"])))?;
    let asked =
        ["verify", &other, "--code", "HS2012:854140", "--origin", "XA", "--destination", "XB", "--model", "EX-2"];
    arguments.extend(asked.map(str::to_owned));
    let run =
        greenlane_with(installation.folder(), &arguments, [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())])?;
    assert!(run.stdout.contains("recognised"), "{run:#?}");
    manifest(&installation, clerk, &body, &collector).await?;

    let [registry, equivalence, classification] = end(&mut installation)?;
    assert!(refusals(&registry).any(|line| line["rpc_method"] == format!("/{VERIFY}")), "{registry:#?}");
    assert!(refusals(&classification).any(|line| line["rpc_method"] == format!("/{TRANSLATE}")), "{classification:#?}");
    for log in [&registry, &equivalence, &classification] {
        assert!(log.iter().all(|line| serde_json::from_str::<Value>(line).is_ok()), "every line is JSON: {log:#?}");
    }

    let spans: Vec<_> =
        collector.spans().into_iter().filter(|received| hex(&received.span.trace_id) == TRACE_ID).collect();
    let translated = one(&spans, "classification", TRANSLATE, SERVER)?;
    let asked = parent(&spans, translated)?;
    assert_is(asked, "equivalence", TRANSLATE, CLIENT);
    let recognised = ancestor(&spans, asked, SERVER)?;
    assert_is(recognised, "equivalence", RECOGNISE, SERVER);
    let asked = parent(&spans, recognised)?;
    assert_is(asked, "registry", RECOGNISE, CLIENT);
    let verified = ancestor(&spans, asked, SERVER)?;
    assert_is(verified, "registry", VERIFY, SERVER);
    assert_eq!(hex(&verified.span.parent_span_id), CALLER_SPAN, "the caller's own span is the parent");

    // A database is called by other conventions.
    let calls = spans.iter().filter(|it| [SERVER, CLIENT].contains(&it.span.kind));
    let calls = calls.filter(|it| !it.attributes().contains_key("db.system.name"));
    for call in calls {
        let attributes = call.attributes();
        assert_eq!(attributes.get("rpc.system.name"), Some(&"grpc"), "{call:#?}");
        assert_eq!(attributes.get("rpc.method"), Some(&call.span.name.as_str()), "{call:#?}");
        assert!(attributes.contains_key("rpc.response.status_code"), "{call:#?}");
        assert!(call.span.kind == SERVER || attributes.get("server.address") == Some(&"127.0.0.1"), "{call:#?}");
    }
    assert_eq!(verified.attributes().get("rpc.response.status_code"), Some(&"OK"));
    from_command_to_database(&collector.spans())?;
    one_tree_of_a_stream(&collector.spans())
}

/// A command that asks about two certificates, of which nobody has heard yet, in one stream.
async fn manifest(installation: &Installation, clerk: Client, body: &str, collector: &Collector) -> anyhow::Result<()> {
    let mut lines = "certificate,code,origin,destination,model\n".to_owned();
    for model in ["EX-3", "EX-4"] {
        let issued = issue(clerk.clone(), body, model, recognised_module(model)).await?;
        let name = issued.certificate.context("a certificate")?.name;
        lines.push_str(&format!("{name},HS2012:854140,XA,XB,{model}\n"));
    }
    std::fs::write(installation.folder().join("manifest.csv"), lines)?;
    let mut arguments = installation.client_arguments(&installation.mint(&TokenRequest::new("customs", ["verify"])))?;
    arguments.extend(["manifest", "verify", "manifest.csv"].map(str::to_owned));
    let run =
        greenlane_with(installation.folder(), &arguments, [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())])?;
    assert!(run.stdout.lines().count() > 2, "{run:#?}");
    Ok(())
}

/// The trace of that command: all that was done for the stream is below it, and the stream's spans last as long.
fn one_tree_of_a_stream(spans: &[ReceivedSpan]) -> anyhow::Result<()> {
    let command = one(spans, "greenlane", "manifest verify", INTERNAL)?;
    let trace = &command.span.trace_id;
    let ours: Vec<_> = spans.iter().filter(|received| &received.span.trace_id == trace).cloned().collect();
    let roots: Vec<_> = ours.iter().filter(|it| it.span.parent_span_id.is_empty()).collect();
    assert_eq!(roots.len(), 1, "{roots:#?}");
    let served = one(&ours, "registry", STREAM_VERIFY, SERVER)?;
    let asked = parent(&ours, served)?;
    assert_is(asked, "greenlane", STREAM_VERIFY, CLIENT);
    assert!(asked.span.end_time_unix_nano >= served.span.end_time_unix_nano, "{asked:#?} {served:#?}");

    let recognised: Vec<_> =
        ours.iter().filter(|it| (it.span.name.as_str(), it.span.kind) == (RECOGNISE, CLIENT)).collect();
    let read: Vec<_> =
        ours.iter().filter(|it| it.service == "registry" && it.attributes().contains_key("db.system.name")).collect();
    assert!(recognised.len() >= 2 && !read.is_empty(), "{ours:#?}");
    for done in recognised.iter().chain(&read) {
        assert_is(ancestor(&ours, done, SERVER)?, "registry", STREAM_VERIFY, SERVER);
        assert!(done.span.start_time_unix_nano <= served.span.end_time_unix_nano, "{done:#?} {served:#?}");
    }
    for done in recognised {
        assert!(done.span.end_time_unix_nano <= served.span.end_time_unix_nano, "{done:#?} {served:#?}");
    }
    Ok(())
}

/// The trace that the command began: through the three services, down to a database.
fn from_command_to_database(spans: &[ReceivedSpan]) -> anyhow::Result<()> {
    let command = one(spans, "greenlane", "verify", INTERNAL)?;
    assert!(command.span.parent_span_id.is_empty(), "a trace begins with it: {command:#?}");
    let trace = &command.span.trace_id;
    let ours: Vec<_> = spans.iter().filter(|received| &received.span.trace_id == trace).cloned().collect();
    for service in ["registry", "equivalence", "classification"] {
        let served = ours.iter().find(|it| it.service == service && it.span.kind == SERVER);
        let mut at = served.with_context(|| format!("{service} has no part in it: {ours:#?}"))?;
        while !at.span.parent_span_id.is_empty() {
            at = parent(&ours, at)?;
        }
        assert_is(at, "greenlane", "verify", INTERNAL);
    }
    let database = ours.iter().find(|it| it.service == "registry" && it.attributes().contains_key("db.system.name"));
    let database = database.with_context(|| format!("the registry's database has no part in it: {ours:#?}"))?;
    assert_eq!(database.attributes().get("db.system.name"), Some(&"sqlite"));
    assert_eq!(database.attributes().get("db.namespace"), Some(&"registry"));
    assert_is(ancestor(&ours, database, SERVER)?, "registry", VERIFY, SERVER);
    Ok(())
}

fn of_the_trace(message: VerifyRequest) -> anyhow::Result<Request<VerifyRequest>> {
    let mut request = Request::new(message);
    let context: MetadataValue<_> = format!("00-{TRACE_ID}-{CALLER_SPAN}-01").parse()?;
    request.metadata_mut().insert("traceparent", context);
    Ok(request)
}

/// Ends the processes, callers first, and returns their logs: what they still hold has gone to the collector.
fn end(installation: &mut Installation) -> anyhow::Result<[Vec<String>; 3]> {
    let end = |process: Option<Process>| {
        let (code, _, log) = process.context("it runs")?.terminate_with_log()?;
        anyhow::ensure!(code == 0, "it ended with {code}: {log:#?}");
        Ok(log)
    };
    let registry = end(installation.registry.take())?;
    let equivalence = end(installation.equivalence.take())?;
    Ok([registry, equivalence, end(installation.classification.take())?])
}

/// The lines about refused requests of the trace.
fn refusals(log: &[String]) -> impl Iterator<Item = Value> {
    let lines = log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == "request refused" && line["trace_id"] == TRACE_ID)
}

/// The first span of this service, method and kind.
fn one<'s>(spans: &'s [ReceivedSpan], service: &str, name: &str, kind: i32) -> anyhow::Result<&'s ReceivedSpan> {
    let found = spans.iter().find(|it| it.service == service && it.span.name == name && it.span.kind == kind);
    found.with_context(|| format!("no span of {service} is {name}: {spans:#?}"))
}

fn parent<'s>(spans: &'s [ReceivedSpan], child: &ReceivedSpan) -> anyhow::Result<&'s ReceivedSpan> {
    let found = spans.iter().find(|it| it.span.span_id == child.span.parent_span_id);
    found.with_context(|| format!("{child:#?} has no parent in {spans:#?}"))
}

/// The nearest ancestor of this kind: between a call served and a call made there may be spans of transactions.
fn ancestor<'s>(spans: &'s [ReceivedSpan], child: &ReceivedSpan, kind: i32) -> anyhow::Result<&'s ReceivedSpan> {
    let mut found = parent(spans, child)?;
    while found.span.kind != kind {
        found = parent(spans, found)?;
    }
    Ok(found)
}

#[track_caller]
fn assert_is(received: &ReceivedSpan, service: &str, name: &str, kind: i32) {
    let is = (received.service.as_str(), received.span.name.as_str(), received.span.kind);
    assert_eq!(is, (service, name, kind));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
