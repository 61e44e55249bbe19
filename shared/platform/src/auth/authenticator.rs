//! From a bearer token to a caller.

use std::sync::{Arc, Weak};
use std::time::Duration;

use aws_lc_rs::digest;
use chrono::TimeDelta;
use opentelemetry::{KeyValue, global};
use quick_cache::sync::Cache;
use tokio::task::AbortHandle;

use super::keys::Issuers;
use super::token::{self, Expected, Refusal, Verified, Window};
use super::{AuthConfig, Caller};
use crate::clock::Clock;
use crate::fault::Fault;

/// Why an authenticator cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum AuthSetupError {
    /// The configuration cannot be meant.
    #[error("authentication: {0}")]
    Config(String),
    /// A key set that must be there at start is not, or cannot be used.
    #[error("authentication: key set of issuer {issuer}: {cause}")]
    KeySet {
        /// The issuer.
        issuer: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// SHA-256 of a token: the cache holds no token.
type TokenHash = [u8; 32];

/// A token that was verified, and until when that counts.
#[derive(Clone, Debug)]
struct Remembered {
    caller: Arc<Caller>,
    window: Window,
    /// The key sets' generation that it was verified with: a key that is gone takes its tokens along.
    generation: u64,
}

/// Checks bearer tokens against the trusted issuers' keys.
#[derive(Debug)]
pub struct Authenticator {
    config: AuthConfig,
    clock: Clock,
    issuers: Issuers,
    verified: Cache<TokenHash, Remembered>,
    refresher: std::sync::OnceLock<AbortHandle>,
}

impl Authenticator {
    /// Reads the key sets and begins to refresh them in the background, for as long as the authenticator lives.
    pub async fn new(config: AuthConfig, clock: Clock) -> Result<Arc<Self>, AuthSetupError> {
        check(&config)?;
        // Named, and not left to jsonwebtoken's guess from its features: with two backends in one build it guesses
        // none and panics at the first token. An error means that one is installed already.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        if config.issuers.is_empty() {
            tracing::warn!("no issuer is trusted: every token is refused");
        }
        let issuers = Issuers::load(&config).await?;
        let verified = Cache::new(config.cache_capacity);
        let period = Duration::from_secs(config.refresh_seconds);
        let this = Arc::new(Self { config, clock, issuers, verified, refresher: std::sync::OnceLock::new() });
        let task = tokio::spawn(refresh_for_ever(Arc::downgrade(&this), period));
        this.refresher.get_or_init(|| task.abort_handle());
        tell_ages(Arc::downgrade(&this));
        Ok(this)
    }

    /// The clock by which tokens are judged.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The caller that a token speaks for, if the token was verified before and still holds. Never waits.
    pub fn remembered(&self, token: &str) -> Option<Arc<Caller>> {
        self.recall(token).map(|(caller, _)| caller)
    }

    /// The same, with when the token holds.
    pub(super) fn recall(&self, token: &str) -> Option<(Arc<Caller>, Window)> {
        let hash = hash(token);
        let found = self.verified.get(&hash)?;
        if found.generation == self.issuers.generation() && found.window.check(self.clock.now()).is_ok() {
            return Some((found.caller, found.window));
        }
        self.verified.remove(&hash);
        None
    }

    /// The caller that a token (without `Bearer `) speaks for.
    pub async fn authenticate(&self, token: &str) -> Result<Arc<Caller>, Fault> {
        self.admit(token).await.map(|(caller, _)| caller)
    }

    /// The same, with when the token holds.
    pub(super) async fn admit(&self, token: &str) -> Result<(Arc<Caller>, Window), Fault> {
        if let Some(known) = self.recall(token) {
            return Ok(known);
        }
        let claimed = token::claimed_issuer(token).map_err(fault)?;
        let issuer = self.issuers.find(&claimed).ok_or_else(|| Fault::token_invalid("its issuer is not trusted"))?;
        // Taken before the keys are, so that a set that changes meanwhile makes the entry stale and not the reverse.
        let (generation, edition) = (self.issuers.generation(), issuer.edition());
        let first = issuer.with_keys(|keys| self.verify(token, keys, issuer));
        let verdict = match first {
            Some(Err(Refusal::UnknownKey)) | None => {
                self.issuers.refresh_for_unknown_key(issuer, edition).await;
                let generation = self.issuers.generation();
                issuer.with_keys(|keys| self.verify(token, keys, issuer)).map(|verdict| (generation, verdict))
            }
            Some(verdict) => Some((generation, verdict)),
        };
        let Some((generation, verdict)) = verdict else {
            return Err(Fault::dependency_unavailable("identity", format!("no key set of {claimed} was ever read")));
        };
        let Verified { caller, window } = verdict.map_err(fault)?;
        let caller = Arc::new(caller);
        self.verified.insert(hash(token), Remembered { caller: caller.clone(), window, generation });
        Ok((caller, window))
    }

    /// Reads all key sets again now. True when any changed.
    pub async fn refresh(&self) -> bool {
        let changed = self.issuers.refresh_all().await;
        if changed {
            self.verified.clear();
        }
        changed
    }

    fn verify(&self, token: &str, keys: &token::KeySet, issuer: &super::keys::Issuer) -> Result<Verified, Refusal> {
        let leeway = i64::try_from(self.config.leeway_seconds).unwrap_or(i64::MAX);
        let expected = Expected {
            issuer: &issuer.config,
            audience: &self.config.audience,
            leeway: TimeDelta::try_seconds(leeway).unwrap_or(TimeDelta::MAX),
            now: self.clock.now(),
        };
        token::verify(token, keys, &expected)
    }
}

impl Drop for Authenticator {
    fn drop(&mut self) {
        if let Some(task) = self.refresher.get() {
            task.abort();
        }
    }
}

async fn refresh_for_ever(authenticator: Weak<Authenticator>, period: Duration) {
    loop {
        tokio::time::sleep(period).await;
        match authenticator.upgrade() {
            Some(authenticator) => authenticator.refresh().await,
            None => return,
        };
    }
}

/// Tells how old the key sets are, whenever metrics are read, for as long as the authenticator lives: a set that cannot be
/// read any more stays believed, and neither new keys nor those that were taken out of it are heard of.
fn tell_ages(authenticator: Weak<Authenticator>) {
    let meter = global::meter("greenlane.platform");
    let gauge = meter.f64_observable_gauge("greenlane.identity.key_set.age");
    let gauge = gauge.with_unit("s").with_description("Time since an issuer's key set was last read.");
    let tell = gauge.with_callback(move |observer| {
        if let Some(authenticator) = authenticator.upgrade() {
            for (issuer, age) in authenticator.issuers.ages() {
                observer.observe(age.as_secs_f64(), &[KeyValue::new("issuer", issuer.to_owned())]);
            }
        }
    });
    tell.build();
}

fn check(config: &AuthConfig) -> Result<(), AuthSetupError> {
    let wrong = |text: &str| Err(AuthSetupError::Config(text.to_owned()));
    if config.audience.is_empty() {
        return wrong("audience must not be empty");
    }
    if config.refresh_seconds == 0 || config.fetch_timeout_seconds == 0 {
        return wrong("refresh_seconds and fetch_timeout_seconds must be at least 1");
    }
    if config.leeway_seconds > 300 {
        return wrong("leeway_seconds must be at most 300");
    }
    for (index, issuer) in config.issuers.iter().enumerate() {
        if issuer.issuer.is_empty() {
            return wrong("an issuer's name must not be empty");
        }
        if config.issuers[..index].iter().any(|earlier| earlier.issuer == issuer.issuer) {
            return Err(AuthSetupError::Config(format!("issuer {} is named twice", issuer.issuer)));
        }
        if let Some(unknown) = issuer.scopes.iter().find(|scope| !super::SCOPES.contains(&scope.as_str())) {
            return Err(AuthSetupError::Config(format!("issuer {}: unknown scope {unknown}", issuer.issuer)));
        }
    }
    Ok(())
}

fn hash(token: &str) -> TokenHash {
    let mut hash = TokenHash::default();
    hash.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    hash
}

fn fault(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Invalid(detail) => Fault::token_invalid(detail),
        Refusal::Expired(detail) => Fault::token_expired(detail),
        Refusal::UnknownKey => Fault::token_invalid("its key is not one of its issuer's"),
    }
}

#[cfg(test)]
mod tests;
