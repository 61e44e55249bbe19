//! Configuration of a server: every key has a working default, unknown keys are errors.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// Configuration of one listener and what is served on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Where gRPC is served. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the plain HTTP admin listener serves `/metrics`, `/healthz` and `/readyz`. None: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// TLS. None: plain HTTP/2.
    pub tls: Option<TlsConfig>,
    /// Connections beyond this many are closed at once.
    pub max_connections: usize,
    /// Streams that one connection may have open at a time.
    pub max_streams_per_connection: u32,
    /// Unary calls in work at a time, across all connections and services; more are refused. One token may hold
    /// twice as many as are left free; those without a token hold at most a quarter, and one address of them at most
    /// half of what is left of it; the last sixteenth is for mutations.
    pub max_concurrent_calls: usize,
    /// Streaming calls open at a time, across all connections and services; more are refused. They are shared as calls
    /// are.
    pub max_concurrent_streams: usize,
    /// The largest message accepted, in bytes, after decompression.
    pub max_decode_bytes: usize,
    /// The largest message sent, in bytes.
    pub max_encode_bytes: usize,
    /// The largest header list accepted, in bytes.
    pub max_header_bytes: u32,
    /// The deadline of a unary call whose caller set none, and the longest that a caller may ask for.
    pub request_timeout_ms: u64,
    /// A unary call whose message does not come, or comes to a halt for this long, is ended.
    pub message_timeout_ms: u64,
    /// A call with less than this left is refused rather than begun.
    pub min_request_time_ms: u64,
    /// A stream on which nothing moves in either direction for this long is cut off.
    pub stream_idle_timeout_seconds: u64,
    /// A stream older than this is ended, and one whose token has ended before; its reader resumes where it was.
    pub stream_max_age_seconds: u64,
    /// A connection older than this is asked to go away (give or take a tenth).
    pub connection_max_age_seconds: u64,
    /// How long such a connection may take to finish its calls before it is cut.
    pub connection_grace_seconds: u64,
    /// How long a new connection may take for TLS and the first HTTP/2 frames.
    pub handshake_timeout_ms: u64,
    /// How often an idle connection is pinged; one that does not answer within a third of it is cut.
    pub keepalive_seconds: u64,
    /// How long a drain may take before remaining connections are cut.
    pub drain_seconds: u64,
    /// How long health answers NOT_SERVING before the listener closes, for load balancers to notice.
    pub drain_delay_ms: u64,
    /// How often the probe of each service runs.
    pub probe_interval_ms: u64,
    /// How long a probe may take before it counts as failed.
    pub probe_timeout_ms: u64,
    /// Whether server reflection (v1 and v1alpha) is offered.
    pub reflection: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            metrics_listen: None,
            tls: None,
            max_connections: 10_000,
            max_streams_per_connection: 512,
            max_concurrent_calls: 1_024,
            max_concurrent_streams: 1_024,
            max_decode_bytes: 4 << 20,
            max_encode_bytes: 16 << 20,
            max_header_bytes: 32 << 10,
            request_timeout_ms: 30_000,
            message_timeout_ms: 10_000,
            min_request_time_ms: 1,
            stream_idle_timeout_seconds: 60,
            stream_max_age_seconds: 3_600,
            connection_max_age_seconds: 1_800,
            connection_grace_seconds: 30,
            handshake_timeout_ms: 10_000,
            keepalive_seconds: 30,
            drain_seconds: 10,
            drain_delay_ms: 0,
            probe_interval_ms: 1_000,
            probe_timeout_ms: 2_000,
            reflection: true,
        }
    }
}

impl ServerConfig {
    /// A server on a free port of the loopback interface: for tests and for several services in one process.
    pub fn loopback() -> Self {
        Self::default()
    }

    /// What is wrong with it, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        let positive: [(&str, u64); 12] = [
            ("max_connections", self.max_connections as u64),
            ("max_streams_per_connection", self.max_streams_per_connection.into()),
            ("max_concurrent_calls", self.max_concurrent_calls as u64),
            ("max_concurrent_streams", self.max_concurrent_streams as u64),
            ("max_decode_bytes", self.max_decode_bytes as u64),
            ("max_encode_bytes", self.max_encode_bytes as u64),
            ("request_timeout_ms", self.request_timeout_ms),
            ("message_timeout_ms", self.message_timeout_ms),
            ("stream_idle_timeout_seconds", self.stream_idle_timeout_seconds),
            ("stream_max_age_seconds", self.stream_max_age_seconds),
            ("handshake_timeout_ms", self.handshake_timeout_ms),
            ("probe_interval_ms", self.probe_interval_ms),
        ];
        match positive.iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(format!("{key} must not be 0")),
            None if self.connection_max_age_seconds == 0 => Err("connection_max_age_seconds must not be 0".to_owned()),
            None => Ok(()),
        }
    }

    /// The message sizes.
    pub fn limits(&self) -> Limits {
        Limits { max_decode_bytes: self.max_decode_bytes, max_encode_bytes: self.max_encode_bytes }
    }

    /// How long a drain may take.
    pub fn drain_deadline(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

/// TLS, and mutual TLS when `client_ca` is set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file of the server's certificate chain, leaf first.
    pub cert: PathBuf,
    /// PEM file of the private key.
    pub key: PathBuf,
    /// PEM file of the authorities that client certificates must come from. None: no client certificate is asked for.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
    /// PEM file of those authorities' lists of revoked certificates (RFC 5280), one of each: a client whose certificate,
    /// or that of whoever signed it, is on its list is refused. An authority without a list there has revoked nothing,
    /// and a list goes on counting when the next is late. None: nobody looks at what was revoked.
    #[serde(default)]
    pub client_crl: Option<PathBuf>,
    /// Names of which a client's certificate must carry one, as a URI or a DNS name:
    /// `spiffe://greenlane.example/registry`. Empty: every certificate of those authorities will do.
    #[serde(default)]
    pub client_names: Vec<String>,
    /// A client need not show a certificate: for a service whose callers have tokens, some of them bound to a certificate
    /// (RFC 8705) and some not. One that is shown must be as said above.
    #[serde(default)]
    pub client_optional: bool,
}

/// Message sizes that every gRPC service is built with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest message accepted, in bytes, after decompression.
    pub max_decode_bytes: usize,
    /// The largest message sent, in bytes.
    pub max_encode_bytes: usize,
}
