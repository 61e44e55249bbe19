//! Reading a key set from where it is: a file, or one GET.

use std::path::{Path, PathBuf};
use std::time::Duration;

use greenlane_jose::JwksLimits;
use http::StatusCode;
use tokio::io::AsyncReadExt;

use super::JwksSource;
use crate::outbound::Outbound;

/// A source that can be read again and again.
#[derive(Clone, Debug)]
pub(super) enum Fetcher {
    File(PathBuf),
    Url(Outbound),
}

impl Fetcher {
    /// Checks the source as far as that is possible without reading it.
    pub(super) fn new(source: &JwksSource, ca_file: Option<&Path>, timeout: Duration) -> Result<Self, String> {
        let url = match source {
            JwksSource::File(path) => return Ok(Self::File(path.clone())),
            JwksSource::Url(url) => url,
        };
        Outbound::new(url, ca_file, timeout, JwksLimits::default().max_bytes).map(Self::Url)
    }

    /// Whether the source is there as long as this machine is, so that its absence at start is a mistake.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::File(_))
    }

    pub(super) async fn fetch(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => read_file(path, JwksLimits::default().max_bytes).await,
            Self::Url(address) => {
                let response = address.get("application/jwk-set+json, application/json").await?;
                if response.status() != StatusCode::OK {
                    return Err(format!("{}: status {}", address.uri(), response.status()));
                }
                Ok(response.into_body().to_vec())
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

#[cfg(test)]
mod tests;
