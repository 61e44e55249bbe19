//! Reading a key set from where it is: a file, or one GET.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use greenlane_jose::JwksLimits;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::JwksSource;

/// Where distributions keep the certificates of the authorities they trust.
const SYSTEM_CA_FILES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// A source that can be read again and again.
#[derive(Clone, Debug)]
pub(super) enum Fetcher {
    File(PathBuf),
    Url { uri: Uri, tls: Option<Arc<ClientConfig>>, timeout: Duration },
}

impl Fetcher {
    /// Checks the source as far as that is possible without reading it.
    pub(super) fn new(source: &JwksSource, ca_file: Option<&Path>, timeout: Duration) -> Result<Self, String> {
        let url = match source {
            JwksSource::File(path) => return Ok(Self::File(path.clone())),
            JwksSource::Url(url) => url,
        };
        let uri: Uri = url.parse().map_err(|error| format!("{url} is not an address: {error}"))?;
        let authority = uri.authority().ok_or_else(|| format!("{url} names no host"))?;
        if authority.as_str().contains('@') {
            return Err("an address with a user name in it is refused".into());
        }
        let tls = match uri.scheme_str() {
            Some("https") => Some(tls_config(ca_file)?),
            Some("http") if is_this_machine(authority.host()) => None,
            _ => return Err(format!("{url} must begin with https:// (http:// is for this machine only)")),
        };
        Ok(Self::Url { uri, tls, timeout })
    }

    /// Whether the source is there as long as this machine is, so that its absence at start is a mistake.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::File(_))
    }

    pub(super) async fn fetch(&self) -> Result<Vec<u8>, String> {
        let max_bytes = JwksLimits::default().max_bytes;
        match self {
            Self::File(path) => read_file(path, max_bytes).await,
            Self::Url { uri, tls, timeout } => {
                let get = get(uri, tls.as_ref(), max_bytes);
                tokio::time::timeout(*timeout, get)
                    .await
                    .unwrap_or_else(|_| Err(format!("{uri}: no answer within {} s", timeout.as_secs())))
            }
        }
    }
}

async fn read_file(path: &Path, max_bytes: usize) -> Result<Vec<u8>, String> {
    let read = async {
        let mut bytes = Vec::new();
        let file = tokio::fs::File::open(path).await?;
        file.take(max_bytes as u64 + 1).read_to_end(&mut bytes).await?;
        Ok::<_, std::io::Error>(bytes)
    };
    read.await.map_err(|error| format!("{}: {error}", path.display()))
}

async fn get(uri: &Uri, tls: Option<&Arc<ClientConfig>>, max_bytes: usize) -> Result<Vec<u8>, String> {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
    let failed = |error: &dyn std::fmt::Display| format!("{uri}: {error}");
    let tcp = TcpStream::connect((host, port)).await.map_err(|error| failed(&error))?;
    match tls {
        None => exchange(uri, tcp, max_bytes).await,
        Some(config) => {
            let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
            let connector = TlsConnector::from(config.clone());
            let stream = connector.connect(name, tcp).await.map_err(|error| failed(&error))?;
            exchange(uri, stream, max_bytes).await
        }
    }
    .map_err(|error| failed(&error))
}

async fn exchange<S>(uri: &Uri, stream: S, max_bytes: usize) -> Result<Vec<u8>, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(header::HOST, uri.authority().map_or("", |authority| authority.as_str()))
        .header(header::ACCEPT, "application/jwk-set+json, application/json")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        // No redirect is followed: the keys come from where the operator said, or not at all.
        if response.status() != StatusCode::OK {
            return Err(format!("status {}", response.status()));
        }
        let body = Limited::new(response.into_body(), max_bytes).collect().await.map_err(|error| error.to_string())?;
        Ok(body.to_bytes().to_vec())
    };
    let answer = answer.await;
    connection.abort();
    answer
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn tls_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let system = || SYSTEM_CA_FILES.iter().map(Path::new).find(|path| path.is_file());
    let path = ca_file.or_else(system).ok_or("no file with the system's certificate authorities; set auth.ca_file")?;
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))? {
        let certificate = certificate.map_err(|error| failed(&error))?;
        // A system's bundle may hold a certificate that rustls does not understand; the others count all the same.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        return Err(failed(&"no usable certificate"));
    }
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests;
