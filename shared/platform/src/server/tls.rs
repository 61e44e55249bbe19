//! TLS from configuration: aws-lc through rustls, ALPN h2, client certificates when asked for. Renewed files are taken
//! without a restart.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore, ServerConfig as RustlsConfig};
use tokio_rustls::server::TlsStream;
use webpki::EndEntityCert;

use super::{ServeError, TlsConfig};
use crate::auth::CertificateThumbprint;
use crate::expiry;
use crate::tls::{self, Made, Renewed};

impl TlsConfig {
    /// Whether a server can take connections with it.
    ///
    /// # Errors
    /// Which file cannot be used, or which settings contradict one another.
    pub fn check(&self) -> Result<(), ServeError> {
        Tls::new(self).map(drop)
    }
}

/// Takes TLS connections.
#[derive(Debug)]
pub(super) struct Tls {
    client_names: Vec<String>,
    client_optional: bool,
    acceptor: Arc<Renewed<TlsAcceptor>>,
}

impl Tls {
    /// Reads certificate, key and authorities.
    pub(super) fn new(config: &TlsConfig) -> Result<Self, ServeError> {
        let needless = [
            ("client_names", !config.client_names.is_empty()),
            ("client_optional", config.client_optional),
            ("client_crl", config.client_crl.is_some()),
        ];
        if let Some((set, _)) = needless.into_iter().find(|(_, set)| *set && config.client_ca.is_none()) {
            return Err(ServeError::Tls(format!("{set} without client_ca: no client would show a certificate")));
        }
        let files = [Some(&config.cert), Some(&config.key), config.client_ca.as_ref(), config.client_crl.as_ref()];
        let files = files.into_iter().flatten().cloned().collect();
        let made_of = config.clone();
        let acceptor = Arc::new(Renewed::new(files, move || acceptor(&made_of)).map_err(ServeError::Tls)?);
        expiry::tell("server certificate", None, &Arc::downgrade(&acceptor), Renewed::own);
        expiry::tell("trusted client authority", None, &Arc::downgrade(&acceptor), Renewed::authorities);
        Ok(Self { client_names: config.client_names.clone(), client_optional: config.client_optional, acceptor })
    }

    /// Shakes hands, and looks at who it is.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let peer = stream.peer_addr().map(|address| address.to_string()).unwrap_or_default();
        let stream = self.acceptor.get().accept(stream).await.inspect_err(|error| {
            if is_of_revocation(error) {
                tracing::warn!(
                    %peer,
                    %error,
                    "server.tls.client_crl lets a client's certificate not in; its connection is closed"
                );
            }
        })?;
        if !self.client_names.is_empty() {
            let (_, session) = stream.get_ref();
            let leaf = session.peer_certificates().and_then(|chain| chain.first());
            if !leaf.map_or(self.client_optional, |leaf| carries(leaf, &self.client_names)) {
                tracing::warn!(
                    %peer,
                    names = ?leaf.map(names).unwrap_or_default(),
                    "a client's certificate carries none of server.tls.client_names; its connection is closed"
                );
                return Err(io::ErrorKind::PermissionDenied.into());
            }
        }
        Ok(stream)
    }
}

/// Whether a handshake failed since a certificate was revoked, or a list of revoked ones is not its authority's.
fn is_of_revocation(error: &io::Error) -> bool {
    matches!(
        error.get_ref().and_then(|error| error.downcast_ref::<Error>()),
        Some(Error::InvalidCertificate(CertificateError::Revoked) | Error::InvalidCertRevocationList(_))
    )
}

/// The certificate that the client showed, if it was asked for one.
pub(super) fn client_certificate(stream: &TlsStream<TcpStream>) -> Option<CertificateThumbprint> {
    let (_, session) = stream.get_ref();
    let leaf = session.peer_certificates()?.first()?;
    Some(CertificateThumbprint::of_der(leaf))
}

/// Whether a certificate carries one of these names.
fn carries(certificate: &CertificateDer<'_>, wanted: &[String]) -> bool {
    names(certificate).iter().any(|carried| wanted.contains(carried))
}

/// The names that a certificate carries, as URIs (SPIFFE) or DNS names.
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    certificate.valid_uri_names().chain(certificate.valid_dns_names()).map(str::to_owned).collect()
}

fn acceptor(config: &TlsConfig) -> Result<Made<TlsAcceptor>, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = RustlsConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("protocol versions: {error}"))?;
    let mut authorities = None;
    let builder = match &config.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            let believed = tls::certificates(path)?;
            authorities = expiry::of_authorities(&believed);
            for authority in believed {
                roots.add(authority).map_err(|error| format!("{}: {error}", path.display()))?;
            }
            let mut verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            if let Some(path) = &config.client_crl {
                // While an authority gives way to another, one of them may have no list.
                verifier = verifier.with_crls(tls::revocations(path)?).allow_unknown_revocation_status();
            }
            if config.client_optional {
                verifier = verifier.allow_unauthenticated();
            }
            let verifier = verifier.build().map_err(|error| format!("{}: {error}", path.display()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = tls::certificates(&config.cert)?;
    let own = expiry::of_chain(&chain);
    let mut tls = builder
        .with_single_cert(chain, tls::key(&config.key)?)
        .map_err(|error| format!("certificate and key: {error}"))?;
    tls.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Made { it: TlsAcceptor::from(Arc::new(tls)), own, authorities })
}
