//! Configuration of a channel to another service.

use std::path::PathBuf;

use serde::Deserialize;

use crate::config::Secret;

/// Configuration of a channel to another service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientConfig {
    /// Where the service is: `http://host:port` or `https://host:port`.
    pub uri: String,
    /// The bearer token, as a value or a file; a file is read again when it changes. None: no token is sent.
    pub token: Option<Secret>,
    /// The longest that any one call may take, retries included.
    pub timeout_ms: u64,
    /// The deadline of calls made outside a request and without a `grpc-timeout` of their own. None: such calls are
    /// refused.
    pub background_timeout_ms: Option<u64>,
    /// The longest that a stream may stay open, unless its request says otherwise.
    pub stream_timeout_seconds: u64,
    /// What is kept of a caller's deadline for our own answer.
    pub reserve_ms: u64,
    /// How long connecting may take.
    pub connect_timeout_ms: u64,
    /// How often a unary call that answered UNAVAILABLE is tried again.
    pub max_retries: u32,
    /// TLS, for `https` URIs.
    pub tls: Option<ClientTlsConfig>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            uri: "http://127.0.0.1:1".to_owned(),
            token: None,
            timeout_ms: 5_000,
            background_timeout_ms: Some(10_000),
            stream_timeout_seconds: 3_600,
            reserve_ms: 5,
            connect_timeout_ms: 2_000,
            max_retries: 2,
            tls: None,
        }
    }
}

impl ClientConfig {
    /// The defaults, to this URI.
    pub fn to(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), ..Self::default() }
    }

    /// The same with this token.
    #[must_use]
    pub fn with_token(mut self, token: Secret) -> Self {
        self.token = Some(token);
        self
    }
}

/// TLS of a channel. Its files are read again when they were renewed, for connections that are made from then on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientTlsConfig {
    /// PEM file of the authorities that the server's certificate must come from [default: what `SSL_CERT_FILE` names,
    /// or the system's own].
    pub ca: Option<PathBuf>,
    /// PEM file of those authorities' lists of revoked certificates (RFC 5280), one of each: a server whose certificate,
    /// or that of whoever signed it, is on its list is not spoken to. None: nobody looks at what was revoked.
    pub crl: Option<PathBuf>,
    /// PEM file of our own certificate chain, for mutual TLS.
    pub cert: Option<PathBuf>,
    /// PEM file of our own private key, for mutual TLS.
    pub key: Option<PathBuf>,
    /// The name that the server's certificate must carry, when it is not the URI's host.
    pub domain: Option<String>,
}
