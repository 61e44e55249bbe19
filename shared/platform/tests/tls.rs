//! TLS and mutual TLS are configuration.

mod support;

use std::path::PathBuf;

use greenlane_platform::auth::issuer::{LocalIssuer, TokenRequest};
use greenlane_platform::auth::{AuthConfig, CertificateThumbprint, IssuerConfig, JwksSource};
use greenlane_platform::client::{Client, ClientConfig, ClientTlsConfig, connect};
use greenlane_platform::clock::Clock;
use greenlane_platform::config::Secret;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_platform::server::{ServeError, ServerConfig, TlsConfig};
use support::{ask, relay, relay_trusting};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Code;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// Starts a server; its port.
async fn serve(client_ca: Option<PathBuf>) -> u16 {
    serve_with(TlsConfig { client_ca, ..server_files() }).await
}

fn server_files() -> TlsConfig {
    TlsConfig {
        cert: file("server.pem"),
        key: file("server.key"),
        client_ca: None,
        client_crl: None,
        client_names: Vec::new(),
        client_optional: false,
    }
}

async fn serve_with(tls: TlsConfig) -> u16 {
    let server = relay(&ServerConfig { tls: Some(tls), ..ServerConfig::loopback() }, None).await.expect("it binds");
    let port = server.address().port();
    assert!(server.uri().starts_with("https://"));
    tokio::spawn(server.serve(CancellationToken::new()));
    port
}

fn client(port: u16, tls: ClientTlsConfig) -> Client {
    let uri = format!("https://localhost:{port}");
    connect(&ClientConfig { tls: Some(tls), max_retries: 0, ..ClientConfig::to(uri) }).expect("the files are there")
}

fn trusting() -> ClientTlsConfig {
    ClientTlsConfig { ca: Some(file("ca.pem")), ..ClientTlsConfig::default() }
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_answered_and_another_is_not() {
    let port = serve(None).await;
    ask(client(port, trusting())).await.unwrap();
    let strangers = ClientTlsConfig { ca: Some(file("client.pem")), ..ClientTlsConfig::default() };
    assert_eq!(ask(client(port, strangers)).await.unwrap_err().code(), Code::Unavailable);
    let wrong_name = ClientTlsConfig { domain: Some("example.org".to_owned()), ..trusting() };
    assert_eq!(ask(client(port, wrong_name)).await.unwrap_err().code(), Code::Unavailable);
    let plain = connect(&ClientConfig { max_retries: 0, ..ClientConfig::to(format!("http://localhost:{port}")) });
    assert!(ask(plain.unwrap()).await.is_err());
}

#[tokio::test]
async fn with_mutual_tls_only_a_client_with_a_certificate_is_answered() {
    let port = serve(Some(file("ca.pem"))).await;
    assert!(ask(client(port, trusting())).await.is_err());
    let known = ClientTlsConfig { cert: Some(file("client.pem")), key: Some(file("client.key")), ..trusting() };
    ask(client(port, known)).await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let tls = TlsConfig { cert: file("absent.pem"), ..server_files() };
    let error = relay(&ServerConfig { tls: Some(tls), ..ServerConfig::loopback() }, None).await.unwrap_err();
    assert!(matches!(&error, ServeError::Tls(text) if text.contains("absent.pem")), "{error}");
}

#[tokio::test]
async fn only_a_client_whose_certificate_carries_an_allowed_name_is_answered() {
    let named = |name: &str| ClientTlsConfig {
        cert: Some(file(&format!("workloads/{name}.pem"))),
        key: Some(file(&format!("workloads/{name}.key"))),
        ..trusting()
    };
    let port = serve_with(TlsConfig {
        client_ca: Some(file("workloads/ca.pem")),
        client_names: vec!["spiffe://greenlane.example/registry".to_owned(), "gateway.example.org".to_owned()],
        ..server_files()
    })
    .await;
    ask(client(port, named("registry"))).await.expect("a workload by its SPIFFE name");
    ask(client(port, named("gateway"))).await.expect("a host by its DNS name");
    assert!(ask(client(port, named("other"))).await.is_err(), "another workload of the same authority");
    let port = serve_with(TlsConfig {
        client_ca: Some(file("workloads/ca.pem")),
        client_names: vec!["spiffe://greenlane.example/registry".to_owned()],
        client_optional: true,
        ..server_files()
    })
    .await;
    ask(client(port, trusting())).await.expect("none need be shown");
    assert!(ask(client(port, named("other"))).await.is_err(), "but one that is must carry the name");
}

#[tokio::test]
async fn names_of_clients_without_their_authorities_are_refused_at_start() {
    let tls = TlsConfig { client_names: vec!["spiffe://greenlane.example/registry".to_owned()], ..server_files() };
    let error = relay(&ServerConfig { tls: Some(tls), ..ServerConfig::loopback() }, None).await.unwrap_err();
    assert!(matches!(&error, ServeError::Tls(text) if text.contains("client_names without client_ca")), "{error}");
    let tls = TlsConfig { client_optional: true, ..server_files() };
    let error = relay(&ServerConfig { tls: Some(tls), ..ServerConfig::loopback() }, None).await.unwrap_err();
    assert!(matches!(&error, ServeError::Tls(text) if text.contains("client_optional without client_ca")), "{error}");
    let tls = TlsConfig { client_crl: Some(revocation("of-nobody.crl.pem")), ..server_files() };
    let error = relay(&ServerConfig { tls: Some(tls), ..ServerConfig::loopback() }, None).await.unwrap_err();
    assert!(matches!(&error, ServeError::Tls(text) if text.contains("client_crl without client_ca")), "{error}");
}

fn revocation(name: &str) -> PathBuf {
    file(&format!("revocations/{name}"))
}

#[tokio::test]
async fn a_client_whose_certificate_its_authority_has_revoked_is_refused_once_the_list_is_there_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let (authorities, list) = (folder.path().join("callers.pem"), folder.path().join("callers.crl"));
    // One of them has no list at all.
    let both =
        [revocation("ca.pem"), file("workloads/ca.pem")].map(|path| std::fs::read_to_string(path).unwrap()).concat();
    std::fs::write(&authorities, both).unwrap();
    std::fs::copy(revocation("of-nobody.crl.pem"), &list).unwrap();
    let port = serve_with(TlsConfig {
        client_ca: Some(authorities),
        client_crl: Some(list.clone()),
        client_names: vec!["spiffe://greenlane.example/registry".to_owned()],
        ..server_files()
    })
    .await;
    let shown = |folder: &str, name: &str| {
        let part = |kind: &str| Some(file(&format!("{folder}/{name}.{kind}")));
        client(port, ClientTlsConfig { cert: part("pem"), key: part("key"), ..trusting() })
    };
    ask(shown("revocations", "stolen")).await.expect("nobody knows yet");
    let up = shown("revocations", "stolen");
    ask(up.clone()).await.unwrap();

    std::fs::copy(revocation("of-the-stolen.crl.pem"), &list).unwrap();
    let began = std::time::Instant::now();
    while ask(shown("revocations", "stolen")).await.is_ok() {
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "it is on the list");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    ask(shown("revocations", "kept")).await.expect("of the same authority and name, and not on the list");
    ask(shown("workloads", "registry")).await.expect("of an authority that has no list");
    ask(up).await.expect("a connection that is up goes on as it began");

    std::fs::write(&list, "half a file").unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert!(ask(shown("revocations", "stolen")).await.is_err(), "a list that cannot be used changes nothing");
    ask(shown("revocations", "kept")).await.expect("for nobody");
}

#[tokio::test]
async fn a_server_whose_certificate_its_authority_has_revoked_is_not_spoken_to() {
    let port =
        serve_with(TlsConfig { cert: revocation("server.pem"), key: revocation("server.key"), ..server_files() }).await;
    let told = |list: &str| ClientTlsConfig {
        ca: Some(revocation("ca.pem")),
        crl: Some(revocation(list)),
        ..ClientTlsConfig::default()
    };
    ask(client(port, told("of-the-stolen.crl.pem"))).await.expect("another certificate was revoked");
    assert_eq!(ask(client(port, told("of-the-server.crl.pem"))).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_list_of_revoked_certificates_that_would_go_unheeded_is_refused_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let together = |name: &str, parts: &[&str]| {
        let text: String = parts.iter().map(|part| std::fs::read_to_string(revocation(part)).unwrap()).collect();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let beside_authorities = together("both.pem", &["ca.pem", "of-the-stolen.crl.pem"]);
    let twice = together("twice.pem", &["of-nobody.crl.pem", "of-the-stolen.crl.pem"]);
    for (client_ca, client_crl, why) in [
        (beside_authorities, None, "holds a list of revoked certificates"),
        (revocation("ca.pem"), Some(twice), "two lists of one authority"),
        (revocation("ca.pem"), Some(revocation("ca.pem")), "holds no list of revoked certificates"),
    ] {
        let tls = TlsConfig { client_ca: Some(client_ca), client_crl, ..server_files() };
        let error = relay(&ServerConfig { tls: Some(tls), ..ServerConfig::loopback() }, None).await.unwrap_err();
        assert!(matches!(&error, ServeError::Tls(text) if text.contains(why)), "{error}");
    }
}

/// Asks until there is an answer: on a machine that does much else new files are read late.
async fn ask_until_answered(client: &Client) -> Result<(), tonic::Status> {
    let began = std::time::Instant::now();
    loop {
        let answer = ask(client.clone()).await;
        if answer.is_ok() || began.elapsed() > std::time::Duration::from_secs(30) {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let own = |name: &str| folder.path().join(name);
    let renewed = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/tls").join(name);
    let copy = |from: PathBuf, to: &str| std::fs::copy(from, own(to)).unwrap();
    copy(file("server.pem"), "tls.crt");
    copy(file("server.key"), "tls.key");
    let port = serve_with(TlsConfig { cert: own("tls.crt"), key: own("tls.key"), ..server_files() }).await;
    ask(client(port, trusting())).await.unwrap();

    // The certificate is there before its key.
    copy(renewed("server.pem"), "tls.crt");
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    ask(client(port, trusting())).await.expect("the earlier pair goes on");
    copy(renewed("server.key"), "tls.key");
    let of_the_new_authority = ClientTlsConfig { ca: Some(renewed("ca.pem")), ..ClientTlsConfig::default() };
    ask_until_answered(&client(port, of_the_new_authority)).await.expect("the new pair is in use");
    assert!(ask(client(port, trusting())).await.is_err(), "and the earlier one is not");
}

#[tokio::test]
async fn a_renewed_certificate_of_a_client_is_shown_on_new_connections_of_a_channel_that_is_up() {
    const FIRST: &str = "spiffe://greenlane.example/registry";
    const SECOND: &str = "gateway.example.org";
    let folder = tempfile::tempdir().unwrap();
    let own = |kind: &str| folder.path().join(kind);
    let renew = |name: &str, kind: &str| {
        std::fs::copy(file(&format!("workloads/{name}.{kind}")), own(kind)).unwrap();
    };
    // Held and not listened at: nobody else is given it between two of them.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.set_reuseaddr(true).unwrap();
    held.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listen = held.local_addr().unwrap();
    // A server that answers one name alone; each connection to it is new to it.
    let answering = async |name: &str| {
        let tls = TlsConfig {
            client_ca: Some(file("workloads/ca.pem")),
            client_names: vec![name.to_owned()],
            ..server_files()
        };
        let config = ServerConfig { tls: Some(tls), listen, ..ServerConfig::loopback() };
        let server = relay(&config, None).await.expect("it binds");
        let end = CancellationToken::new();
        let served = tokio::spawn(server.serve(end.clone()));
        (end, served)
    };
    let ended = async |(end, served): (CancellationToken, JoinHandle<Result<(), ServeError>>)| {
        end.cancel();
        served.await.unwrap().unwrap();
    };
    renew("registry", "pem");
    renew("registry", "key");
    let server = answering(FIRST).await;
    let tls = ClientTlsConfig { cert: Some(own("pem")), key: Some(own("key")), ..trusting() };
    let uri = format!("https://localhost:{}", listen.port());
    let channel = connect(&ClientConfig { tls: Some(tls), ..ClientConfig::to(uri) });
    let channel = channel.expect("the files are there");
    ask(channel.clone()).await.expect("by its first name");

    // The certificate is there before its key.
    renew("gateway", "pem");
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    ended(server).await;
    let server = answering(FIRST).await;
    ask(channel.clone()).await.expect("the earlier pair goes on");

    renew("gateway", "key");
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    ask(channel.clone()).await.expect("a connection that is up goes on as it began");
    ended(server).await;
    let server = answering(SECOND).await;
    ask_until_answered(&channel).await.expect("a new one shows the new pair");
    ended(server).await;
    let _server = answering(FIRST).await;
    assert!(ask(channel).await.is_err(), "and the earlier one no more");
}

#[tokio::test]
async fn a_token_bound_to_a_certificate_is_good_on_that_certificates_connections_alone() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = LocalIssuer::generate("https://id.example.org", "greenlane", Clock::system());
    let keys = folder.path().join("jwks.json");
    issuer.write_jwks(&keys).unwrap();
    let trusted = AuthConfig {
        issuers: vec![IssuerConfig::new("https://id.example.org", JwksSource::File(keys))],
        ..AuthConfig::default()
    };
    let workload = |name: &str, kind: &str| file(&format!("workloads/{name}.{kind}"));
    let serve = async |client_ca, client_optional| {
        let tls = TlsConfig { client_ca, client_optional, ..server_files() };
        let config = ServerConfig { tls: Some(tls), ..ServerConfig::loopback() };
        let server = relay_trusting(&config, trusted.clone()).await.expect("it binds");
        let port = server.address().port();
        tokio::spawn(server.serve(CancellationToken::new()));
        port
    };
    let request = TokenRequest::new("registry", ["codes.read"]);
    let of_registry = CertificateThumbprint::of_pem_file(&workload("registry", "pem")).unwrap();
    let (bound, free) = (issuer.mint(&request.clone().bound_to(of_registry)), issuer.mint(&request));
    let call = async |port: u16, name: Option<&str>, token: &str| {
        let shown = |kind| name.map(|name| workload(name, kind));
        let tls = ClientTlsConfig { cert: shown("pem"), key: shown("key"), ..trusting() };
        let config =
            ClientConfig { tls: Some(tls), max_retries: 0, ..ClientConfig::to(format!("https://localhost:{port}")) };
        ask(connect(&config.with_token(Secret::from_value(token.to_owned()))).unwrap()).await
    };

    let mutual = serve(Some(workload("ca", "pem")), false).await;
    call(mutual, Some("registry"), &bound).await.expect("its own certificate");
    let stolen = call(mutual, Some("other"), &bound).await.unwrap_err();
    assert_eq!((stolen.code(), Fault::reason_of(&stolen)), (Code::Unauthenticated, Some(ErrorReason::TokenInvalid)));
    // Remembered by now, and refused all the same.
    assert!(call(mutual, Some("other"), &bound).await.is_err());
    call(mutual, Some("registry"), &bound).await.expect("and still good where it belongs");
    call(mutual, Some("other"), &free).await.expect("a token that is bound to nobody");

    let one_sided = serve(None, false).await;
    let bare = call(one_sided, None, &bound).await.unwrap_err();
    assert_eq!(Fault::reason_of(&bare), Some(ErrorReason::TokenInvalid), "no certificate at all");
    call(one_sided, None, &free).await.expect("a token that is bound to nobody");

    let optional = serve(Some(workload("ca", "pem")), true).await;
    call(optional, Some("registry"), &bound).await.expect("who has a certificate shows it");
    call(optional, None, &free).await.expect("and who has none is let in by a token alone");
    let bare = call(optional, None, &bound).await.unwrap_err();
    assert_eq!(Fault::reason_of(&bare), Some(ErrorReason::TokenInvalid), "not by one that is bound");
}
