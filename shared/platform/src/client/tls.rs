//! TLS below a channel: whom we trust and who we are, from files that may be renewed. A connection is made with the
//! files as they are then; one that is up goes on as it began.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig as RustlsConfig;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tonic::transport::{Channel, Endpoint};
use tower::{ServiceExt as _, service_fn};

use super::{ClientConfig, ClientTlsConfig};
use crate::authorities;
use crate::expiry;
use crate::tls::{self, Made, Renewed};

const H2: &[u8] = b"h2";

/// Makes connections to one server.
pub(crate) struct Connector {
    uri: Uri,
    /// The same without TLS.
    plain: Uri,
    tcp: HttpConnector,
    /// The name that its certificate must carry.
    name: ServerName<'static>,
    tls: Arc<Renewed<TlsConnector>>,
    /// Whether its authorities were named. Those of the system come and go without our help.
    named: bool,
}

impl Connector {
    /// Reads authorities, certificate and key.
    pub(crate) fn new(uri: &Uri, config: &ClientConfig) -> Result<Self, String> {
        let settings = config.tls.clone().unwrap_or_default();
        if settings.cert.is_some() != settings.key.is_some() {
            return Err("cert and key belong together".to_owned());
        }
        let mut plain = uri.clone().into_parts();
        plain.scheme = Some(Scheme::HTTP);
        let plain = Uri::from_parts(plain).map_err(|error| error.to_string())?;
        let name = settings.domain.clone().unwrap_or_else(|| host(uri).to_owned());
        let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
        let named = settings.ca.is_some();
        let ca = authorities::file(settings.ca.as_deref())?;
        let files = [Some(&ca), settings.crl.as_ref(), settings.cert.as_ref(), settings.key.as_ref()];
        let files = files.into_iter().flatten().cloned().collect();
        let settings = ClientTlsConfig { ca: Some(ca), ..settings };
        let tls = Arc::new(Renewed::new(files, move || connector(&settings))?);
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(Duration::from_millis(config.connect_timeout_ms)));
        Ok(Self { uri: uri.clone(), plain, tcp, name, tls, named })
    }

    /// Tells until when our certificate is good, and the authorities that were named: as metrics, for as long as somebody
    /// holds this.
    pub(crate) fn tell(&self) {
        let (towards, held) = (host(&self.uri), Arc::downgrade(&self.tls));
        expiry::tell("client certificate", Some(towards), &held, Renewed::own);
        if self.named {
            expiry::tell("trusted authority", Some(towards), &held, Renewed::authorities);
        }
    }

    /// A channel of these settings that connects by this. The library's own TLS would read our certificate once and for
    /// all. So it hears of plain connections to a server whose requests say `https`, and ours below are not plain.
    pub(crate) fn channel(self: Arc<Self>, settled: impl FnOnce(Endpoint) -> Endpoint) -> Channel {
        let plain = settled(Endpoint::from(self.plain.clone())).origin(self.uri.clone());
        plain.connect_with_connector_lazy(service_fn(move |_: Uri| {
            let connector = self.clone();
            async move { connector.connect().await.map(TokioIo::new) }
        }))
    }

    /// Connects and shakes hands.
    async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let tcp = self.tcp.clone().oneshot(self.uri.clone()).await.map_err(io::Error::other)?;
        let stream = self.tls.get().connect(self.name.clone(), TokioIo::into_inner(tcp)).await?;
        let (_, session) = stream.get_ref();
        if session.alpn_protocol() != Some(H2) {
            return Err(io::Error::other("the server does not speak HTTP/2 over TLS"));
        }
        Ok(stream)
    }
}

/// Whose address it is; of an IPv6 address without its brackets.
fn host(uri: &Uri) -> &str {
    uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Of the files as they are. A new one also forgets the sessions of the last: a session that is resumed is of whoever
/// began it.
fn connector(settings: &ClientTlsConfig) -> Result<Made<TlsConnector>, String> {
    let ca = authorities::file(settings.ca.as_deref())?;
    let (roots, authorities) = authorities::roots(&ca)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    if let Some(path) = &settings.crl {
        // While an authority gives way to another, one of them may have no list.
        verifier = verifier.with_crls(tls::revocations(path)?).allow_unknown_revocation_status();
    }
    let verifier = verifier.build().map_err(|error| format!("{}: {error}", ca.display()))?;
    let builder = RustlsConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("protocol versions: {error}"))?
        .with_webpki_verifier(verifier);
    let mut own = None;
    let mut config = match (&settings.cert, &settings.key) {
        (Some(cert), Some(key)) => {
            let chain = tls::certificates(cert)?;
            own = expiry::of_chain(&chain);
            builder
                .with_client_auth_cert(chain, tls::key(key)?)
                .map_err(|error| format!("certificate and key: {error}"))?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![H2.to_vec()];
    Ok(Made { it: TlsConnector::from(Arc::new(config)), own, authorities })
}
