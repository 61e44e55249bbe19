//! Our own bearer token, read again when its file changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use http::HeaderValue;

use super::ClientError;
use crate::config::Secret;
use crate::expiry::{self, Validity};

/// How long a token that was read is used before its file is looked at again.
const FRESH: Duration = Duration::from_secs(1);

pub(super) struct Token {
    secret: Secret,
    read: ArcSwap<(HeaderValue, Instant)>,
}

impl Token {
    /// Reads the token: one that is not there is found when a service starts, not when it first calls.
    pub(super) fn new(secret: Secret) -> Result<Self, ClientError> {
        let header = reveal(&secret)?;
        Ok(Self { secret, read: ArcSwap::from_pointee((header, Instant::now())) })
    }

    /// The authorization header's value. When the file cannot be read any more, the last token that was read.
    pub(super) async fn header(&self) -> HeaderValue {
        let last = self.read.load_full();
        if self.secret.file().is_none() || last.1.elapsed() < FRESH {
            return last.0.clone();
        }
        let secret = self.secret.clone();
        let header = match tokio::task::spawn_blocking(move || reveal(&secret)).await {
            Ok(Ok(header)) => header,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the token cannot be read again");
                last.0.clone()
            }
            // The runtime is going down.
            Err(_) => last.0.clone(),
        };
        self.read.store(Arc::new((header.clone(), Instant::now())));
        header
    }

    /// Of the token that the next call would show: without calls nobody has read its file again.
    pub(super) fn validity(&self) -> Option<Validity> {
        let header = reveal(&self.secret).unwrap_or_else(|_| self.read.load().0.clone());
        expiry::of_token(header.to_str().ok()?.strip_prefix("Bearer ")?)
    }
}

/// A token as it is, of a text that may have it as an authorization header does: behind the word `Bearer`.
pub fn bare_token(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => text,
    }
}

fn reveal(secret: &Secret) -> Result<HeaderValue, ClientError> {
    let token = secret.reveal()?;
    let mut header = HeaderValue::try_from(format!("Bearer {}", bare_token(&token)))
        .map_err(|_| ClientError::Config("the token is not text that can be a header".to_owned()))?;
    header.set_sensitive(true);
    Ok(header)
}
