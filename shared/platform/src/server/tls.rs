//! TLS from configuration: aws-lc through rustls, ALPN h2, client certificates when asked for.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig as RustlsConfig};

use super::{ServeError, TlsConfig};

/// Reads certificate, key and authorities.
pub(super) fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, ServeError> {
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
