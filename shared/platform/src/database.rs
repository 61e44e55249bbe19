//! The certificate that PostgreSQL shows. Its driver looks at it, or takes it unseen, and hands it to nobody, so it is asked
//! for here, as anybody may who connects, to tell until when it is good.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::authorities;
use crate::expiry::{self, Validity};

/// How often it is asked for: somebody hears of its end days before.
const AGAIN: Duration = Duration::from_secs(600);

/// How long the server may take to show it.
const PATIENCE: Duration = Duration::from_secs(10);

/// PostgreSQL's `SSLRequest`: a length, and what stands in the place of a version.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// By what the driver believes a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The file of authorities that are believed beside the public ones.
    pub authorities: Option<PathBuf>,
    /// Whether its name must be the one that is asked for.
    pub by_name: bool,
}

impl Checked {
    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Believed, String> {
        let mut believed = match &self.authorities {
            Some(file) => authorities::roots(file)?.0,
            None => RootCertStore::empty(),
        };
        believed.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(believed), Arc::clone(provider)).build();
        Ok(Believed { verifier: verifier.map_err(|error| error.to_string())?, by_name: self.by_name })
    }
}

/// A certificate that is looked at again and again.
#[derive(Debug, Default)]
pub struct ShownCertificate(Mutex<Option<Validity>>);

impl ShownCertificate {
    /// Tells until when the certificate is good that PostgreSQL at `host` and `port` shows: as a metric, for as long as
    /// somebody holds this, and apart when it is not `checked` by who connects, whom its end does not keep from that. While
    /// the server is away, or shows one that is not believed for more than its dates, that of the last one is told; where
    /// it is not checked and no TLS is spoken, nothing. To be called on a Tokio runtime.
    pub fn tell(host: &str, port: u16, checked: Option<Checked>) -> Arc<Self> {
        let kind = if checked.is_some() { "database certificate" } else { "database certificate taken unseen" };
        let told = Arc::new(Self::default());
        expiry::tell(kind, Some(host), &Arc::downgrade(&told), Self::validity);
        tokio::spawn(follow(Arc::downgrade(&told), host.to_owned(), port, checked));
        told
    }

    fn validity(&self) -> Option<Validity> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, validity: Option<Validity>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = validity;
    }
}

async fn follow(told: Weak<ShownCertificate>, host: String, port: u16, checked: Option<Checked>) {
    while told.strong_count() > 0 {
        let shown = tokio::time::timeout(PATIENCE, shown(&host, port, checked.as_ref())).await;
        match (shown, told.upgrade()) {
            (Ok(Ok(validity)), Some(told)) => told.is_good(validity),
            (Ok(Err(error)), Some(_)) => tracing::debug!(%error, host, "the database's certificate was not seen"),
            (Err(_), Some(_)) => tracing::debug!(host, "the database did not show its certificate in time"),
            (_, None) => return,
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// How long what it shows now is good. None when it speaks no TLS.
async fn shown(host: &str, port: u16, checked: Option<&Checked>) -> Result<Option<Validity>, String> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match checked {
        Some(checked) => Arc::new(checked.verifier(&provider)?),
        None => Arc::new(Whoever(Arc::clone(&provider))),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("protocol versions: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let failed = |error: io::Error| error.to_string();
    let mut tcp = TcpStream::connect((host, port)).await.map_err(failed)?;
    tcp.write_all(&SSL_REQUEST).await.map_err(failed)?;
    match tcp.read_u8().await.map_err(failed)? {
        b'S' => {}
        // Who checks speaks to no such one either.
        b'N' if checked.is_none() => return Ok(None),
        other => return Err(format!("asked for TLS it says {other:#04x}")),
    }
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(failed)?;
    let validity = stream.get_ref().1.peer_certificates().and_then(expiry::of_chain);
    // With a farewell, without which PostgreSQL writes of an unexpected end into its log each time.
    stream.shutdown().await.ok();
    Ok(validity)
}

/// Believes whom the driver believes, but for the dates: also of what has expired it is to be told since when.
#[derive(Debug)]
struct Believed {
    verifier: Arc<WebPkiServerVerifier>,
    by_name: bool,
}

impl ServerCertVerifier for Believed {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<CertificateDer<'_>> = std::iter::once(certificate).chain(between).cloned().collect();
        let at = expiry::of_chain(&chain).map_or(now, |validity| while_good(validity, now));
        match self.verifier.verify_server_cert(certificate, between, name, ocsp, at) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.by_name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Now, or the last moment at which it was good.
fn while_good(validity: Validity, now: UnixTime) -> UnixTime {
    let until = Duration::from_secs(validity.until.timestamp().try_into().unwrap_or(0));
    if now.as_secs() > until.as_secs() { UnixTime::since_unix_epoch(until) } else { now }
}

/// Takes the certificate of whoever answers. Nothing is said to them, and no more is done with it than reading its dates:
/// whether the database is spoken to is for the driver to decide, which looks at it itself.
#[derive(Debug)]
struct Whoever(Arc<CryptoProvider>);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
