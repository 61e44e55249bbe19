//! What the registry may be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use greenlane_platform::client::ClientConfig;
use greenlane_store::StoreConfig;
use serde::Deserialize;

/// Configuration of the registry. Every key has a working default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What this process does.
    pub role: Role,
    /// In the role of a verifier, which has no key of its own: the log's verifier key (`name+hash+key`), as the registry
    /// tells it with its checkpoint.
    pub log_verifier_key: String,
    /// Its database.
    pub store: StoreConfig,
    /// Address under which the registry is known to the world, without a trailing slash. Identifiers in documents are
    /// built on it, so it must not change once certificates were issued.
    pub public_url: String,
    /// Identity of the log: the first line of its checkpoints. By custom the address without its scheme. Must not
    /// change once anything was signed.
    pub log_origin: String,
    /// Directory of private keys: `log.jwk`, and one file for each key that is held for a body. Made, and the log's key
    /// with it, when it is not there. Replicas of one registry share it.
    pub key_directory: PathBuf,
    /// Mutations that may wait. More are refused with a retry delay.
    pub write_queue: usize,
    /// Mutations in one transaction.
    pub group_limit: usize,
    /// How often the database is asked whether another replica has written.
    pub poll_interval_ms: u64,
    /// For how long the log's head may not have been read before what seems to be in force is *undetermined*: the database
    /// cannot be read, or shows an earlier state than it did. Never less than four polls.
    pub head_bound_seconds: u64,
    /// How long a read waits for a revision that it needs.
    pub revision_wait_ms: u64,
    /// Certificates whose histories are kept in memory for verification. A large one counts for several.
    pub cached_certificates: usize,
    /// Bodies whose records and keys are kept in memory.
    pub cached_bodies: usize,
    /// Recognition decisions and code comparisons that are kept in memory.
    pub cached_decisions: usize,
    /// How long ago the equivalence service may have been heard of for its decisions to be given from memory.
    pub recognition_bound_seconds: u64,
    /// How long a question to another service may take.
    pub recognition_timeout_ms: u64,
    /// How often equivalence is told what the certificates and verifications here ask of recognition, so that it can
    /// preview what a change of its catalogue does to them. 0: never.
    pub use_report_interval_seconds: u64,
    /// How far in the past a step may take effect, or a consignment that is written off have been released, in days.
    pub effect_past_days: u32,
    /// How far in the future a step may take effect, in days.
    pub effect_future_days: u32,
    /// How long a trust bundle is good for, in hours, counted from when it was made.
    pub bundle_good_hours: u32,
    /// Documents in a status list of a body after which a new one is begun; at most 524,288.
    pub status_list_fill: u32,
    /// Address of the plain HTTP listener: the log as tiles, `did:web` documents, status lists, witnessing, the
    /// verification page. None: there is none.
    pub http_listen: Option<SocketAddr>,
    /// The page for everybody on the HTTP listener.
    pub page: PageConfig,
    /// Whom to tell of a fault of this installation.
    pub security: SecurityConfig,
    /// Witnesses whose cosignatures of this log's checkpoints count.
    pub witnesses: Vec<WitnessConfig>,
    /// Logs of others that this registry witnesses: their verifier keys (`name+hash+key`). It does so over HTTP.
    pub witnessed_logs: Vec<String>,
    /// Name of this registry as a witness: by custom an address without its scheme. Its key is made when it is first
    /// needed.
    pub witness_name: String,
    /// How often the witnesses are asked to cosign the newest checkpoint.
    pub witness_interval_ms: u64,
    /// How long a witness may take.
    pub witness_timeout_ms: u64,
    /// How long a mutation that asks for WITNESSED waits for cosignatures, at most; or four fifths of what is left of its
    /// caller's time, when that is less.
    pub witness_wait_ms: u64,
    /// A PEM file of the authorities that vouch for witnesses' addresses. None: those of the system.
    pub witness_ca_file: Option<PathBuf>,
    /// Where equivalence is. None: recognition is *undetermined*. Not used when a channel is handed over.
    pub equivalence: Option<ClientConfig>,
    /// Where classification is: for goods that are declared in another edition than they were certified in. Not used
    /// when a channel is handed over.
    pub classification: Option<ClientConfig>,
}

impl Config {
    /// How often the head is read.
    pub(crate) fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms.max(1))
    }

    /// How long ago it may have been read.
    pub(crate) fn head_bound(&self) -> Duration {
        Duration::from_secs(self.head_bound_seconds).max(self.poll_interval().saturating_mul(POLLS_BEFORE_DOUBT))
    }
}

/// A database that is slow once, or twice, is not one that cannot be read.
const POLLS_BEFORE_DOUBT: u32 = 4;

/// What a process of the registry does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    #[default]
    Registry,
    /// Verifies, and reads the log to whoever asks, from a database that it never writes: a standby, or a file that another
    /// process writes. It holds no key and signs nothing.
    Verifier,
}

/// The verification page, for everybody.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PageConfig {
    /// What strangers are shown of a certificate.
    pub shows: Shows,
    /// Questions that one client may ask in a minute; a visit takes two. A client is an IPv4 address or an IPv6 /64.
    pub requests_per_minute: u32,
    /// Addresses and networks (`10.0.0.0/8`) of our own proxies, whose `x-forwarded-for` names the client, and which may have
    /// more connections to the HTTP listener than one client.
    pub trusted_proxies: Vec<String>,
}

/// What strangers are shown. Each shows what those before it do. Confidential fields, quantities, serials, sites,
/// measurements and remarks are in none but the last, where the document shows what its body did not keep back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// There is no page.
    Nothing,
    /// Whether the certificate counts, of which body it is, and until when.
    Validity,
    /// Also holder, products with model and GTIN, scheme and standards: what a directory of certified products names
    /// (ISO/IEC 17065:2012, 7.8).
    #[default]
    Directory,
    /// Also the signed document, for whoever has the number, and any number is in the public log. A browser then checks
    /// its signature without having been given it.
    Documents,
}

impl Default for PageConfig {
    fn default() -> Self {
        Self { shows: Shows::default(), requests_per_minute: 60, trusted_proxies: Vec::new() }
    }
}

/// What is served at `/.well-known/security.txt` (RFC 9116) on the HTTP listener.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityConfig {
    /// Where to write, the preferred one first: `mailto:`, `https://` or `tel:`. None: nothing is served.
    pub contacts: Vec<String>,
    /// The languages in which that may be, as language tags (RFC 5646). None: none is told.
    pub languages: Vec<String>,
}

/// A witness.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Its verifier key (`name+hash+key`, of type cosignature/v1).
    pub key: String,
    /// Where it is asked to cosign: the prefix of `add-checkpoint`. None: it sends its cosignatures itself.
    pub url: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            role: Role::default(),
            log_verifier_key: String::new(),
            store: StoreConfig::at("sqlite:data/registry.db"),
            public_url: "https://registry.example.org".to_owned(),
            log_origin: "registry.example.org/log".to_owned(),
            key_directory: PathBuf::from("data/registry-keys"),
            write_queue: 4_096,
            group_limit: 1_024,
            poll_interval_ms: 250,
            head_bound_seconds: 30,
            revision_wait_ms: 1_000,
            cached_certificates: 100_000,
            cached_bodies: 10_000,
            cached_decisions: 100_000,
            recognition_bound_seconds: 60,
            recognition_timeout_ms: 1_000,
            use_report_interval_seconds: 60,
            effect_past_days: 30,
            effect_future_days: 366,
            bundle_good_hours: 24,
            status_list_fill: 32_768,
            http_listen: None,
            page: PageConfig::default(),
            security: SecurityConfig::default(),
            witnesses: Vec::new(),
            witnessed_logs: Vec::new(),
            witness_name: "registry.example.org/witness".to_owned(),
            witness_interval_ms: 1_000,
            witness_timeout_ms: 5_000,
            witness_wait_ms: 10_000,
            witness_ca_file: None,
            equivalence: None,
            classification: None,
        }
    }
}
