//! The certificate that PostgreSQL shows. Its driver looks at it, or takes it unseen, and hands it to nobody, so it is asked
//! for here, as anybody may who connects, to tell until when it is good.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::expiry::{self, Validity};

/// How often it is asked for: somebody hears of its end days before.
const AGAIN: Duration = Duration::from_secs(600);

/// How long the server may take to show it.
const PATIENCE: Duration = Duration::from_secs(10);

/// PostgreSQL's `SSLRequest`: a length, and what stands in the place of a version.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A certificate that is looked at again and again.
#[derive(Debug, Default)]
pub struct ShownCertificate(Mutex<Option<Validity>>);

impl ShownCertificate {
    /// Tells until when the certificate is good that PostgreSQL at `host` and `port` shows: as a metric, for as long as
    /// somebody holds this, and apart when it is not `checked` by who connects, whom its end does not keep from that. While
    /// the server is away, that of the last one is told; of one that speaks no TLS, nothing. To be called on a Tokio
    /// runtime.
    pub fn tell(host: &str, port: u16, checked: bool) -> Arc<Self> {
        let kind = if checked { "database certificate" } else { "database certificate taken unseen" };
        let told = Arc::new(Self::default());
        expiry::tell(kind, Some(host), &Arc::downgrade(&told), Self::validity);
        tokio::spawn(follow(Arc::downgrade(&told), host.to_owned(), port));
        told
    }

    fn validity(&self) -> Option<Validity> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, validity: Option<Validity>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = validity;
    }
}

async fn follow(told: Weak<ShownCertificate>, host: String, port: u16) {
    while told.strong_count() > 0 {
        let shown = tokio::time::timeout(PATIENCE, shown(&host, port)).await;
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
async fn shown(host: &str, port: u16) -> Result<Option<Validity>, String> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("protocol versions: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Whoever(provider)))
        .with_no_client_auth();
    let failed = |error: io::Error| error.to_string();
    let mut tcp = TcpStream::connect((host, port)).await.map_err(failed)?;
    tcp.write_all(&SSL_REQUEST).await.map_err(failed)?;
    match tcp.read_u8().await.map_err(failed)? {
        b'S' => {}
        b'N' => return Ok(None),
        other => return Err(format!("asked for TLS it says {other:#04x}")),
    }
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(failed)?;
    let validity = stream.get_ref().1.peer_certificates().and_then(expiry::of_chain);
    // With a farewell, without which PostgreSQL writes of an unexpected end into its log each time.
    stream.shutdown().await.ok();
    Ok(validity)
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
