use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::super::JwksSource;
use super::Fetcher;

const LONG: Duration = Duration::from_secs(60);

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tls").join(name)
}

/// A server for https that answers every request with `{}`.
async fn https_server() -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(testdata("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(testdata("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            // A client that does not trust the certificate breaks off here.
            let Ok(mut stream) = acceptor.accept(tcp).await else { continue };
            let mut request = vec![0; 4_096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        }
    });
    address
}

fn fetcher(url: String, ca_file: Option<&Path>, timeout: Duration) -> Fetcher {
    Fetcher::new(&JwksSource::Url(url), ca_file, timeout).unwrap()
}

#[tokio::test]
async fn over_https_the_answer_counts_when_the_authority_is_trusted() {
    let address = https_server().await;
    let ca_file = testdata("ca.pem");
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}/jwks", address.port());
        assert_eq!(fetcher(url, Some(&ca_file), LONG).fetch().await.unwrap(), b"{}");
    }
}

#[tokio::test]
async fn over_https_an_untrusted_authority_or_another_name_is_refused() {
    let address = https_server().await;
    // The server's own certificate is not an authority that signed it.
    let stranger = testdata("server.pem");
    let url = format!("https://localhost:{}/jwks", address.port());
    let error = fetcher(url.clone(), Some(&stranger), LONG).fetch().await.unwrap_err();
    assert!(error.contains("certificate"), "{error}");
    let named = crate::outbound::tls_config(Some(&testdata("ca.pem"))).unwrap();
    let tcp = tokio::net::TcpStream::connect(address).await.unwrap();
    let other = "other.example.org".try_into().unwrap();
    assert!(tokio_rustls::TlsConnector::from(named).connect(other, tcp).await.is_err());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let error = fetcher(url, None, Duration::from_millis(50)).fetch().await.unwrap_err();
    assert!(error.contains("no answer"), "{error}");
}

#[tokio::test]
async fn an_authority_file_without_certificates_is_an_error_that_names_it() {
    let key = testdata("server.key");
    let source = JwksSource::Url("https://localhost/jwks".into());
    let error = Fetcher::new(&source, Some(&key), LONG).unwrap_err();
    assert!(error.contains("server.key"), "{error}");
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for host in ["localhost", "127.0.0.1", "127.8.0.1", "[::1]"] {
        assert!(crate::outbound::is_this_machine(host), "{host}");
    }
    for host in ["localhost.example.org", "192.0.2.1", "example.org", "[2001:db8::1]", "", "0.0.0.0"] {
        assert!(!crate::outbound::is_this_machine(host), "{host}");
    }
}
