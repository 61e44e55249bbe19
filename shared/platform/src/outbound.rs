//! Plain HTTP to others, one request a connection: key sets, witnesses.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, crypto};

use crate::authorities;

/// An address that can be asked, and how.
#[derive(Clone, Debug)]
pub struct Outbound {
    uri: Uri,
    tls: Option<Arc<ClientConfig>>,
    timeout: Duration,
    max_bytes: usize,
}

impl Outbound {
    /// Checks an address as far as that is possible without asking it: `https://`, or `http://` on this machine.
    ///
    /// # Errors
    /// In words, when it is none, or the certificate authorities cannot be read.
    pub fn new(url: &str, ca_file: Option<&Path>, timeout: Duration, max_bytes: usize) -> Result<Self, String> {
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
        Ok(Self { uri, tls, timeout, max_bytes })
    }

    /// The address.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// GET.
    ///
    /// # Errors
    /// In words, when there is no whole answer within the time and size.
    pub async fn get(&self, accept: &'static str) -> Result<Response<Bytes>, String> {
        self.send(Method::GET, header::ACCEPT, accept, Bytes::new()).await
    }

    /// POST.
    ///
    /// # Errors
    /// In words, when there is no whole answer within the time and size.
    pub async fn post(&self, content_type: &'static str, body: impl Into<Bytes>) -> Result<Response<Bytes>, String> {
        self.send(Method::POST, header::CONTENT_TYPE, content_type, body.into()).await
    }

    async fn send(
        &self,
        method: Method,
        name: header::HeaderName,
        value: &'static str,
        body: Bytes,
    ) -> Result<Response<Bytes>, String> {
        // No redirect is followed: what is asked for comes from where the operator said, or not at all.
        let request = Request::builder()
            .method(method)
            .uri(self.uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, self.uri.authority().map_or("", |authority| authority.as_str()))
            .header(name, value)
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let uri = &self.uri;
        match tokio::time::timeout(self.timeout, self.connect(request)).await {
            Ok(answer) => answer.map_err(|error| format!("{uri}: {error}")),
            Err(_) => Err(format!("{uri}: no answer within {} s", self.timeout.as_secs())),
        }
    }

    async fn connect(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String> {
        let host = self.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = self.uri.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let failed = |error: &dyn std::fmt::Display| error.to_string();
        let tcp = TcpStream::connect((host, port)).await.map_err(|error| failed(&error))?;
        match &self.tls {
            None => exchange(request, tcp, self.max_bytes).await,
            Some(config) => {
                let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
                let connector = TlsConnector::from(config.clone());
                let stream = connector.connect(name, tcp).await.map_err(|error| failed(&error))?;
                exchange(request, stream, self.max_bytes).await
            }
        }
    }
}

async fn exchange<S>(request: Request<Full<Bytes>>, stream: S, max_bytes: usize) -> Result<Response<Bytes>, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, max_bytes).collect().await.map_err(|error| error.to_string())?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    };
    let answer = answer.await;
    connection.abort();
    answer
}

pub(crate) fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(crate) fn tls_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let (roots, _) = authorities::roots(&authorities::file(ca_file)?)?;
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
