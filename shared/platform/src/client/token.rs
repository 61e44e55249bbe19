//! Our own bearer token, read again when its file changes.

use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use http::HeaderValue;
use tonic::Status;

use crate::config::Secret;
use crate::fault::Fault;

/// How long a token that was read is used before its file is looked at again.
const FRESH: Duration = Duration::from_secs(1);

pub(super) struct Token {
    secret: Secret,
    read: ArcSwapOption<(HeaderValue, Instant)>,
}

impl Token {
    pub(super) fn new(secret: Secret) -> Self {
        Self { secret, read: ArcSwapOption::empty() }
    }

    /// The authorization header's value. When the file cannot be read any more, the last token that was read.
    pub(super) async fn header(&self) -> Result<HeaderValue, Status> {
        let last = self.read.load_full();
        if let Some(last) = &last
            && (self.secret.file().is_none() || last.1.elapsed() < FRESH)
        {
            return Ok(last.0.clone());
        }
        match self.reveal().await {
            Ok(header) => {
                self.read.store(Some(std::sync::Arc::new((header.clone(), Instant::now()))));
                Ok(header)
            }
            Err(fault) => match last {
                Some(last) => {
                    tracing::warn!(error = %fault.operator_text().unwrap_or_default(), "the token cannot be read again");
                    self.read.store(Some(std::sync::Arc::new((last.0.clone(), Instant::now()))));
                    Ok(last.0.clone())
                }
                None => Err(fault.into()),
            },
        }
    }

    async fn reveal(&self) -> Result<HeaderValue, Fault> {
        let secret = self.secret.clone();
        let revealed = tokio::task::spawn_blocking(move || secret.reveal()).await.map_err(Fault::internal)?;
        let token = revealed.map_err(Fault::internal)?;
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.trim()))
            .map_err(|_| Fault::internal("our own token is not text that can be a header"))?;
        header.set_sensitive(true);
        Ok(header)
    }
}
