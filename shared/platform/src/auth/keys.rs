//! The trusted issuers' keys: read, read again, and kept when reading fails.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use greenlane_jose::{Jwks, JwksLimits};
use tokio::sync::Mutex;

use super::fetch::Fetcher;
use super::token::{KeySet, TrustedKey};
use super::{AuthConfig, AuthSetupError, IssuerConfig};

/// Every issuer's keys, with a number that changes when any of them does.
#[derive(Debug)]
pub(super) struct Issuers {
    all: Vec<Issuer>,
    generation: AtomicU64,
    min_refresh: Duration,
}

#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) config: IssuerConfig,
    fetcher: Fetcher,
    loaded: ArcSwapOption<Loaded>,
    /// Changes whenever the set does.
    edition: AtomicU64,
    /// When the set was last asked for; held while it is being read, so that one reading serves all who wait.
    last_attempt: Mutex<Option<Instant>>,
    /// When the set was last read, changed or not; until it has been, when it was first asked for.
    last_read: std::sync::Mutex<Instant>,
}

#[derive(Debug)]
struct Loaded {
    text: Vec<u8>,
    keys: KeySet,
}

impl Issuers {
    /// Reads every set. One that is in a file must be there; one behind an address may come later.
    pub(super) async fn load(config: &AuthConfig) -> Result<Self, AuthSetupError> {
        let timeout = Duration::from_secs(config.fetch_timeout_seconds);
        let mut all = Vec::new();
        for issuer in &config.issuers {
            let wrong = |cause| AuthSetupError::KeySet { issuer: issuer.issuer.clone(), cause };
            let fetcher = Fetcher::new(&issuer.jwks, config.ca_file.as_deref(), timeout).map_err(wrong)?;
            all.push(Issuer {
                config: issuer.clone(),
                fetcher,
                loaded: ArcSwapOption::empty(),
                edition: AtomicU64::new(0),
                last_attempt: Mutex::new(None),
                last_read: std::sync::Mutex::new(Instant::now()),
            });
        }
        let min_refresh = Duration::from_secs(config.min_refresh_seconds);
        let issuers = Self { all, generation: AtomicU64::new(0), min_refresh };
        for issuer in &issuers.all {
            if let Err(cause) = issuers.read(issuer).await {
                if issuer.fetcher.is_local() {
                    return Err(AuthSetupError::KeySet { issuer: issuer.config.issuer.clone(), cause });
                }
                tracing::warn!(issuer = issuer.config.issuer, cause, "key set not read; its tokens are refused");
            }
        }
        Ok(issuers)
    }

    /// Changes whenever a key set does.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn find(&self, issuer: &str) -> Option<&Issuer> {
        self.all.iter().find(|known| known.config.issuer == issuer)
    }

    /// Reads every set again. What cannot be read stays as it was. True when anything changed.
    pub(super) async fn refresh_all(&self) -> bool {
        let mut changed = false;
        for issuer in &self.all {
            let mut last_attempt = issuer.last_attempt.lock().await;
            *last_attempt = Some(Instant::now());
            changed |= self.read_or_keep(issuer).await;
        }
        changed
    }

    /// Reads one set again because a token names a key that is not in it, unless that was done a moment ago.
    pub(super) async fn refresh_for_unknown_key(&self, issuer: &Issuer, edition_seen: u64) {
        let mut last_attempt = issuer.last_attempt.lock().await;
        // Somebody else may have read it while this one waited for the lock.
        let fresh = last_attempt.is_some_and(|at| at.elapsed() < self.min_refresh);
        if fresh || issuer.edition() != edition_seen {
            return;
        }
        *last_attempt = Some(Instant::now());
        self.read_or_keep(issuer).await;
    }

    async fn read_or_keep(&self, issuer: &Issuer) -> bool {
        self.read(issuer).await.unwrap_or_else(|cause| {
            tracing::warn!(issuer = issuer.config.issuer, cause, "key set not read; the last good one stays");
            false
        })
    }

    /// Each issuer, and how long ago its set was last read.
    pub(super) fn ages(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.all.iter().map(|issuer| (issuer.config.issuer.as_str(), issuer.age()))
    }

    async fn read(&self, issuer: &Issuer) -> Result<bool, String> {
        let text = issuer.fetcher.fetch().await?;
        let changed = self.take(issuer, text)?;
        *issuer.last_read.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Ok(changed)
    }

    /// Believes what was read from now on. True when it is anything new.
    fn take(&self, issuer: &Issuer, text: Vec<u8>) -> Result<bool, String> {
        if issuer.loaded.load().as_ref().is_some_and(|loaded| loaded.text == text) {
            return Ok(false);
        }
        let set = Jwks::parse(&text, &JwksLimits::default()).map_err(|error| error.to_string())?;
        for reason in set.passed_over() {
            tracing::info!(issuer = issuer.config.issuer, %reason, "a key of the set is passed over");
        }
        let mut keys = KeySet::new();
        for jwk in set.keys() {
            if let Some(kid) = &jwk.kid {
                keys.insert(kid.clone(), TrustedKey::new(jwk)?);
            }
        }
        tracing::info!(issuer = issuer.config.issuer, keys = keys.len(), "key set read");
        issuer.loaded.store(Some(Arc::new(Loaded { text, keys })));
        issuer.edition.fetch_add(1, Ordering::AcqRel);
        self.generation.fetch_add(1, Ordering::AcqRel);
        Ok(true)
    }
}

impl Issuer {
    /// Keeps the set from being read until the guard is dropped.
    #[cfg(test)]
    pub(super) async fn hold_reading(&self) -> tokio::sync::MutexGuard<'_, Option<Instant>> {
        self.last_attempt.lock().await
    }

    fn age(&self) -> Duration {
        self.last_read.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Changes whenever this set does, whatever becomes of other issuers' sets.
    pub(super) fn edition(&self) -> u64 {
        self.edition.load(Ordering::Acquire)
    }

    /// Runs `check` over the keys; none when no set was ever read.
    pub(super) fn with_keys<T>(&self, check: impl FnOnce(&KeySet) -> T) -> Option<T> {
        self.loaded.load().as_ref().map(|loaded| check(&loaded.keys))
    }
}
