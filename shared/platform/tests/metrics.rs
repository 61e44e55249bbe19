//! Metrics as they are read: when a token or a certificate expires, and what became of calls.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenlane_api::classification::v1 as pb;
use greenlane_platform::auth::issuer::{LocalIssuer, TokenRequest};
use greenlane_platform::auth::{AuthConfig, Authenticator, IssuerConfig, JwksSource};
use greenlane_platform::authorities::TrustedFile;
use greenlane_platform::client::{ClientConfig, ClientTlsConfig, connect};
use greenlane_platform::clock::Clock;
use greenlane_platform::config::Secret;
use greenlane_platform::database::{Checked, ShownCertificate};
use greenlane_platform::server::{ServerConfig, TlsConfig};
use greenlane_platform::telemetry::{self, TelemetryConfig};
use pb::lookup_service_client::LookupServiceClient;
use support::{ask, relay};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::{TlsAcceptor, rustls};
use tokio_util::sync::CancellationToken;
use tonic::Code;

const DAY: f64 = 86_400.0;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// The value of a gauge with these labels.
fn told(gauge: &str, labels: &[&str]) -> Option<f64> {
    let text = telemetry::render_metrics();
    let lines = text.lines().filter(|line| line.starts_with(&format!("{gauge}{{")));
    let line = lines.filter(|line| labels.iter().all(|label| line.contains(label))).collect::<Vec<_>>();
    assert!(line.len() <= 1, "{line:#?}");
    line.first().and_then(|line| line.rsplit(' ').next()?.parse().ok())
}

fn remaining(labels: &[&str]) -> Option<f64> {
    told("greenlane_credential_remaining_seconds", labels)
}

fn is_about(told: Option<f64>, expected: f64) -> bool {
    told.is_some_and(|told| (expected - 60.0..=expected).contains(&told))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_and_certificates_are_told_before_they_expire_and_when_they_are_renewed() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let own = |name: &str| folder.path().join(name);
    for name in ["server.pem", "server.key"] {
        std::fs::copy(file(name), own(name)).unwrap();
    }
    let issuer = LocalIssuer::generate("https://id.example.org", "greenlane", Clock::system());
    let mint = |days: u64| {
        let request = TokenRequest::new("registry", ["codes.read"]).valid_for(Duration::from_secs(days * 86_400));
        std::fs::write(own("token"), issuer.mint(&request)).unwrap();
    };
    mint(6);
    let tls = TlsConfig {
        cert: own("server.pem"),
        key: own("server.key"),
        client_ca: Some(file("ca.pem")),
        client_crl: None,
        client_names: Vec::new(),
        client_optional: false,
    };
    let server = relay(&ServerConfig { tls: Some(tls), ..ServerConfig::loopback() }, None).await.expect("it binds");
    let uri = format!("https://localhost:{}", server.address().port());
    tokio::spawn(server.serve(CancellationToken::new()));
    let shown = ClientTlsConfig {
        ca: Some(file("ca.pem")),
        crl: None,
        cert: Some(file("workloads/registry.pem")),
        key: Some(file("workloads/registry.key")),
        domain: None,
    };
    let config = ClientConfig { tls: Some(shown), ..ClientConfig::to(uri) };
    let _channel = connect(&config.with_token(Secret::from_file(own("token")))).unwrap();

    let token = ["kind=\"token\"", "server_address=\"localhost\""];
    assert!(is_about(remaining(&token), 6.0 * DAY), "{:?}", remaining(&token));
    assert_eq!(told("greenlane_credential_lifetime_seconds", &token), Some(6.0 * DAY));
    let shown = ["kind=\"client certificate\"", "server_address=\"localhost\""];
    assert!(remaining(&shown).is_some_and(|left| left > 30_000.0 * DAY), "a hundred years");
    let served = ["kind=\"server certificate\""];
    let before = told("greenlane_credential_remaining_seconds", &served).expect("the server's own");

    for authority in ["kind=\"trusted authority\",server_address=\"localhost\"", "kind=\"trusted client authority\""] {
        assert!(remaining(&[authority]).is_some_and(|left| left > 30_000.0 * DAY), "{authority}");
    }

    // Whoever renews a file is believed at once: nobody has called meanwhile.
    mint(30);
    assert!(is_about(remaining(&token), 30.0 * DAY), "{:?}", remaining(&token));
    let renewed = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tls").join(name);
    for name in ["server.pem", "server.key"] {
        std::fs::copy(renewed(name), own(name)).unwrap();
    }
    // The other one was made 22 minutes earlier, for as long.
    let begun = Instant::now();
    loop {
        let after = remaining(&served).expect("it is still told");
        if (before - after - 1_309.0).abs() < 60.0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{before} {after}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn until_when_the_authorities_of_a_file_that_others_read_are_good_is_told_whenever_metrics_are_read() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("ca.crt");
    let _told = TrustedFile::tell(own.clone(), "registry-rw.databases");
    let labels = ["kind=\"trusted authority\",server_address=\"registry-rw.databases\""];
    assert_eq!(remaining(&labels), None, "there is no file yet");
    std::fs::copy(file("ca.pem"), &own).unwrap();
    assert!(remaining(&labels).is_some_and(|left| left > 30_000.0 * DAY), "{:?}", remaining(&labels));
}

/// As PostgreSQL does it: who asks for TLS is told that it is spoken, and shakes hands; without a certificate, that it is
/// not. Its port, and the end of the first conversation.
async fn database(address: &str, shown: Option<&str>) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind((address, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let tls = shown.map(|name| {
        let certificate = CertificateDer::from_pem_file(file(&format!("{name}.pem"))).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(file(&format!("{name}.key"))).expect("its key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let versions = versions.expect("versions of TLS").with_no_client_auth();
        versions.with_single_cert(vec![certificate], key).expect("they belong together")
    });
    let talked = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.expect("somebody comes");
        let mut asked = [0; 8];
        tcp.read_exact(&mut asked).await.expect("a question");
        assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47]);
        if let Some(tls) = tls {
            tcp.write_all(b"S").await.expect("they listen");
            TlsAcceptor::from(Arc::new(tls)).accept(tcp).await.expect("a handshake");
        } else {
            tcp.write_all(b"N").await.expect("they listen");
            assert_eq!(tcp.read(&mut asked).await.expect("their end"), 0, "nothing more is asked");
        }
    });
    (port, talked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_when_the_certificate_is_good_that_a_database_shows_is_told_and_apart_where_nobody_checks_it() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    let believed = |by_name| Some(Checked { authorities: Some(file("ca.pem")), by_name });
    // The last is of an authority that nobody here believes, and of another name.
    for (kind, host, checked, shown) in [
        ("database certificate", "localhost", believed(true), "server"),
        ("database certificate", "127.0.0.3", believed(false), "server"),
        ("database certificate taken unseen", "127.0.0.1", None, "workloads/registry"),
    ] {
        let (port, _) = database(if host == "localhost" { "127.0.0.1" } else { host }, Some(shown)).await;
        let _told = ShownCertificate::tell(host, port, checked);
        let label = format!("kind=\"{kind}\",server_address=\"{host}\"");
        let labels = [label.as_str()];
        let begun = Instant::now();
        while remaining(&labels).is_none() && begun.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(remaining(&labels).is_some_and(|left| left > 30_000.0 * DAY), "{kind}: {:?}", remaining(&labels));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_database_that_is_checked_and_not_believed_nothing_is_told() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    for (address, by_name, shown) in [("127.0.0.4", false, "workloads/registry"), ("127.0.0.5", true, "server")] {
        let (port, talked) = database(address, Some(shown)).await;
        let believed = Checked { authorities: Some(file("ca.pem")), by_name };
        let _told = ShownCertificate::tell(address, port, Some(believed));
        let talked = tokio::time::timeout(Duration::from_secs(30), talked).await.expect("it is asked");
        assert!(talked.is_err(), "{address}: no handshake");
        // What has been seen would be told by then.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(remaining(&[&format!("server_address=\"{address}\"")]), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_database_without_tls_nothing_is_told() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    let (port, talked) = database("127.0.0.2", None).await;
    let _told = ShownCertificate::tell("127.0.0.2", port, None);
    tokio::time::timeout(Duration::from_secs(30), talked).await.expect("it is asked").unwrap();
    assert_eq!(remaining(&["server_address=\"127.0.0.2\""]), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_age_of_an_issuers_keys_is_told_and_grows_while_they_cannot_be_read() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("jwks.json");
    let name = "https://ages.example.org";
    let issuer = LocalIssuer::generate(name, "greenlane", Clock::system());
    issuer.write_jwks(&keys).unwrap();
    let trusted = IssuerConfig::new(name, JwksSource::File(keys.clone()));
    let config = AuthConfig { issuers: vec![trusted], refresh_seconds: 86_400, ..AuthConfig::default() };
    let authenticator = Authenticator::new(config, Clock::system()).await.unwrap();
    let age = || told("greenlane_identity_key_set_age_seconds", &[&format!("issuer=\"{name}\"")]).unwrap();
    let at_first = age();

    std::fs::remove_file(&keys).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    authenticator.refresh().await;
    let away = age();
    assert!(away >= at_first + 1.0, "{at_first} {away}");
    std::fs::write(&keys, "no key set").unwrap();
    authenticator.refresh().await;
    assert!(age() >= away, "what cannot be used is not read");

    // The same keys as before: that nothing has changed is news too.
    issuer.write_jwks(&keys).unwrap();
    let begun = Instant::now();
    assert!(!authenticator.refresh().await);
    assert!(age() <= begun.elapsed().as_secs_f64(), "{}", age());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_refused_because_a_limit_is_reached_is_counted_by_that_limit() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    // Held and not listened at, until the server that is given it by number does.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.set_reuseaddr(true).unwrap();
    held.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listen = held.local_addr().unwrap();
    let towards = |uri: String| connect(&ClientConfig { max_retries: 0, ..ClientConfig::to(uri) }).unwrap();
    // One call at a time, and each asks another server, which asks this one.
    let other = relay(&ServerConfig::loopback(), Some(towards(format!("http://{listen}")))).await.unwrap();
    let config = ServerConfig { listen, max_concurrent_calls: 1, ..ServerConfig::loopback() };
    let one = relay(&config, Some(towards(other.uri()))).await.unwrap();
    let caller = towards(one.uri());
    for server in [one, other] {
        tokio::spawn(server.serve(CancellationToken::new()));
    }
    assert_eq!(ask(caller).await.unwrap_err().code(), Code::ResourceExhausted);
    let refused = told("greenlane_server_overloaded_total", &["limit=\"concurrency\""]);
    assert!(refused.is_some_and(|calls| calls >= 1.0), "{refused:?}");
}

#[tokio::test]
async fn time_and_memory_that_the_process_takes_are_told() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    let cpu = |mode: &str| told("process_cpu_time_seconds_total", &[&format!("cpu_mode=\"{mode}\"")]);
    // It is told in ticks of a clock. To ask takes time too, and so the first comes.
    let begun = Instant::now();
    while cpu("user") == Some(0.0) && begun.elapsed() < Duration::from_secs(30) {}
    assert!(cpu("user").is_some_and(|seconds| seconds > 0.0) && cpu("system").is_some());
    assert!(told("process_memory_usage_bytes", &[]).is_some_and(|bytes| bytes > 1e6), "a megabyte at least");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_fails_says_so_in_the_labels_of_its_duration_and_one_that_is_refused_does_not() {
    telemetry::init("test", &TelemetryConfig::default()).unwrap();
    let nowhere = connect(&ClientConfig { max_retries: 0, ..ClientConfig::to("http://127.0.0.1:1") }).unwrap();
    let server = relay(&ServerConfig::loopback(), Some(nowhere)).await.unwrap();
    let channel = connect(&ClientConfig { max_retries: 0, ..ClientConfig::to(server.uri()) }).unwrap();
    tokio::spawn(server.serve(CancellationToken::new()));
    assert_eq!(ask(channel.clone()).await.unwrap_err().code(), Code::Unavailable);
    let refused = LookupServiceClient::new(channel).search_codes(pb::SearchCodesRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);

    let text = telemetry::render_metrics();
    let counted = |side: &str, status: &str| {
        let name = format!("rpc_{side}_call_duration_seconds_count");
        let of = |line: &&str| line.starts_with(&name) && line.contains(&format!("status_code=\"{status}\""));
        text.lines().find(of).unwrap_or_else(|| panic!("{side} {status}: {text}"))
    };
    assert!(counted("server", "UNAVAILABLE").contains("error_type=\"UNAVAILABLE\""));
    assert!(!counted("server", "PERMISSION_DENIED").contains("error_type"), "a refusal is an answer");
    let nowhere = |line: &str| line.contains("server_address=\"127.0.0.1\"") && line.contains("server_port=\"1\"");
    let failed = text.lines().find(|line| line.starts_with("rpc_client_call_duration_seconds_count") && nowhere(line));
    assert!(failed.is_some_and(|line| line.contains("error_type=\"UNAVAILABLE\"")), "{text}");
    assert!(counted("client", "PERMISSION_DENIED").contains("error_type=\"PERMISSION_DENIED\""), "a caller's failure");
}
