//! The certificate that PostgreSQL shows. Its driver looks at it and hands it to nobody, so it is asked for here, as anybody
//! may who connects, to tell until when it is good.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::authorities;
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
    /// Tells until when the certificate is good that PostgreSQL at `host` and `port` shows to who believes the authorities
    /// of `file`: as a metric, for as long as somebody holds this. While the server is away, or shows one that is not
    /// believed, that of the last one is told. To be called on a Tokio runtime.
    pub fn tell(file: PathBuf, host: &str, port: u16) -> Arc<Self> {
        let told = Arc::new(Self::default());
        expiry::tell("database certificate", Some(host), &Arc::downgrade(&told), Self::validity);
        tokio::spawn(follow(Arc::downgrade(&told), file, host.to_owned(), port));
        told
    }

    fn validity(&self) -> Option<Validity> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, validity: Option<Validity>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = validity;
    }
}

async fn follow(told: Weak<ShownCertificate>, file: PathBuf, host: String, port: u16) {
    while told.strong_count() > 0 {
        let shown = tokio::time::timeout(PATIENCE, shown(&file, &host, port)).await;
        match (shown, told.upgrade()) {
            (Ok(Ok(validity)), Some(told)) => told.is_good(validity),
            (Ok(Err(error)), Some(_)) => tracing::debug!(%error, host, "the database's certificate was not seen"),
            (Err(_), Some(_)) => tracing::debug!(host, "the database did not show its certificate in time"),
            (_, None) => return,
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// How long what it shows now is good.
async fn shown(file: &Path, host: &str, port: u16) -> Result<Option<Validity>, String> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let (roots, _) = authorities::roots(file)?;
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("protocol versions: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let failed = |error: io::Error| error.to_string();
    let mut tcp = TcpStream::connect((host, port)).await.map_err(failed)?;
    tcp.write_all(&SSL_REQUEST).await.map_err(failed)?;
    if tcp.read_u8().await.map_err(failed)? != b'S' {
        return Err("it does not speak TLS".to_owned());
    }
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(failed)?;
    let validity = stream.get_ref().1.peer_certificates().and_then(expiry::of_chain);
    // With a farewell, without which PostgreSQL writes of an unexpected end into its log each time.
    stream.shutdown().await.ok();
    Ok(validity)
}
