//! TLS and mutual TLS are configuration.

mod support;

use std::path::PathBuf;

use greenlane_platform::client::{Client, ClientConfig, ClientTlsConfig, connect};
use greenlane_platform::server::{ServeError, ServerConfig, TlsConfig};
use support::{ask, relay};
use tokio_util::sync::CancellationToken;
use tonic::Code;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// Starts a server; its port.
async fn serve(client_ca: Option<PathBuf>) -> u16 {
    let tls = TlsConfig { cert: file("server.pem"), key: file("server.key"), client_ca };
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
    let tls = TlsConfig { cert: file("absent.pem"), key: file("server.key"), client_ca: None };
    let error = relay(&ServerConfig { tls: Some(tls), ..ServerConfig::loopback() }, None).await.unwrap_err();
    assert!(matches!(&error, ServeError::Tls(text) if text.contains("absent.pem")), "{error}");
}
