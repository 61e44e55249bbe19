//! TLS from configuration: aws-lc through rustls, ALPN h2, client certificates when asked for. Renewed files are taken
//! without a restart.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig as RustlsConfig};
use tokio_rustls::server::TlsStream;
use webpki::EndEntityCert;

use super::{ServeError, TlsConfig};
use crate::auth::CertificateThumbprint;

/// How often the files are looked at, when connections come.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Takes TLS connections.
#[derive(Debug)]
pub(super) struct Tls {
    config: TlsConfig,
    current: Mutex<Current>,
}

struct Current {
    acceptor: TlsAcceptor,
    /// When the files that it was made of were written.
    written: Vec<Option<SystemTime>>,
    looked: Instant,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("written", &self.written).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads certificate, key and authorities.
    pub(super) fn new(config: &TlsConfig) -> Result<Self, ServeError> {
        if config.client_ca.is_none() && !config.client_names.is_empty() {
            return Err(ServeError::Tls(
                "client_names without client_ca: no client would show a certificate".to_owned(),
            ));
        }
        let written = written(config);
        let current = Current { acceptor: acceptor(config)?, written, looked: Instant::now() };
        Ok(Self { config: config.clone(), current: Mutex::new(current) })
    }

    /// Shakes hands, and looks at who it is.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let stream = self.acceptor().accept(stream).await?;
        if !self.config.client_names.is_empty() {
            let (_, session) = stream.get_ref();
            let leaf = session.peer_certificates().and_then(|chain| chain.first());
            if !leaf.is_some_and(|leaf| carries(leaf, &self.config.client_names)) {
                tracing::warn!(
                    "a client's certificate carries none of server.tls.client_names; its connection is closed"
                );
                return Err(io::ErrorKind::PermissionDenied.into());
            }
        }
        Ok(stream)
    }

    /// Made of the files as they are now; when those cannot be used, of what they were.
    fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() >= LOOK_AGAIN {
            current.looked = Instant::now();
            let written = written(&self.config);
            if written != current.written {
                match acceptor(&self.config) {
                    Ok(acceptor) => {
                        tracing::info!(cert = %self.config.cert.display(), "TLS: renewed files are in use");
                        (current.acceptor, current.written) = (acceptor, written);
                    }
                    // A certificate may be there before its key is. They are looked at again.
                    Err(error) => tracing::warn!(%error, "TLS: changed files cannot be used; the earlier ones go on"),
                }
            }
        }
        current.acceptor.clone()
    }
}

/// The certificate that the client showed, if it was asked for one.
pub(super) fn client_certificate(stream: &TlsStream<TcpStream>) -> Option<CertificateThumbprint> {
    let (_, session) = stream.get_ref();
    let leaf = session.peer_certificates()?.first()?;
    Some(CertificateThumbprint::of_der(leaf))
}

/// When each file was written. Links are followed: orchestrators renew by turning one.
fn written(config: &TlsConfig) -> Vec<Option<SystemTime>> {
    let files = [Some(&config.cert), Some(&config.key), config.client_ca.as_ref()];
    let written = |path: &PathBuf| std::fs::metadata(path).and_then(|facts| facts.modified()).ok();
    files.into_iter().flatten().map(written).collect()
}

/// Whether a certificate carries one of these names, as a URI (SPIFFE) or a DNS name.
fn carries(certificate: &CertificateDer<'_>, names: &[String]) -> bool {
    EndEntityCert::try_from(certificate).is_ok_and(|certificate| {
        let mut carried = certificate.valid_uri_names().chain(certificate.valid_dns_names());
        carried.any(|carried| names.iter().any(|name| name == carried))
    })
}

fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, ServeError> {
    let fail = |what: &str, error: &dyn std::fmt::Display| ServeError::Tls(format!("{what}: {error}"));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = RustlsConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| fail("protocol versions", &error))?;
    let builder = match &config.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(path)? {
                roots.add(authority).map_err(|error| fail(&path.display().to_string(), &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| fail(&path.display().to_string(), &error))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key =
        PrivateKeyDer::from_pem_file(&config.key).map_err(|error| fail(&config.key.display().to_string(), &error))?;
    let mut tls = builder
        .with_single_cert(certificates(&config.cert)?, key)
        .map_err(|error| fail("certificate and key", &error))?;
    tls.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(tls)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let read = |error| ServeError::Tls(format!("{}: {error}", path.display()));
    let found: Vec<_> = CertificateDer::pem_file_iter(path).map_err(read)?.collect::<Result<_, _>>().map_err(read)?;
    if found.is_empty() {
        return Err(ServeError::Tls(format!("{} holds no certificate", path.display())));
    }
    Ok(found)
}
