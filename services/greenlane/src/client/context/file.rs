//! The contents of a context file: addresses, and the files that say who we are.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use greenlane_platform::client::ClientTlsConfig;
use serde::{Deserialize, Serialize};

use crate::client::{exit::Usage, hidden, input};

/// What a context file holds. Files that it names are relative to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContextFile {
    /// Address of the registry.
    pub(crate) registry: String,
    /// Address of the equivalence service.
    pub(crate) equivalence: String,
    /// Address of the classification service.
    pub(crate) classification: String,
    /// A file that holds the bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_file: Option<PathBuf>,
    /// The economy where we are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) economy: Option<String>,
    /// PEM file of the authorities of the services' certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// PEM file of our own certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// PEM file of its private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls_key: Option<PathBuf>,
}

impl Default for ContextFile {
    fn default() -> Self {
        Self {
            registry: "http://127.0.0.1:7401".to_owned(),
            equivalence: "http://127.0.0.1:7402".to_owned(),
            classification: "http://127.0.0.1:7403".to_owned(),
            token_file: None,
            economy: None,
            tls_ca: None,
            tls_cert: None,
            tls_key: None,
        }
    }
}

impl ContextFile {
    /// A token where something else is wanted is not said again: what is said ends in logs.
    pub(crate) fn no_token(&self) -> Result<(), Usage> {
        let addresses = [
            ("the registry's address", &self.registry),
            ("the equivalence service's address", &self.equivalence),
            ("the classification service's address", &self.classification),
        ];
        let files = [
            ("the token's file", &self.token_file),
            ("the authorities' file", &self.tls_ca),
            ("the certificate's file", &self.tls_cert),
            ("the key's file", &self.tls_key),
        ];
        let addresses = addresses.map(|(what, address)| (what, Some(address.as_str())));
        let files = files.map(|(what, file)| (what, file.as_deref().and_then(Path::to_str)));
        let economy = ("the economy", self.economy.as_deref());
        let mut fields = addresses.into_iter().chain(files).chain([economy]);
        match fields.find(|(_, text)| text.is_some_and(hidden::has_token)) {
            Some((what, _)) => Err(Usage(format!("what stands for {what} is a token itself: {INSTEAD}"))),
            None => Ok(()),
        }
    }

    /// Reads a file; what it names is then relative to where we stand.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        if path.to_str().is_some_and(hidden::has_token) {
            return Err(Usage(format!("what stands for the context is a token itself: {INSTEAD}")).into());
        }
        let cannot = || Usage(format!("cannot read the context {}", path.display()));
        let text = input::text(path, std::fs::read(path).with_context(cannot)?)?;
        let file: Self = toml::from_str(&text).map_err(|error| wrong(path, &text, &error))?;
        file.no_token()?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Ok(file.with_paths(|named| folder.join(named)))
    }

    /// The same with each path that it names replaced.
    pub(crate) fn with_paths(mut self, replace: impl Fn(PathBuf) -> PathBuf) -> Self {
        for path in [&mut self.token_file, &mut self.tls_ca, &mut self.tls_cert, &mut self.tls_key] {
            *path = path.take().map(&replace);
        }
        self
    }

    /// TLS as the client wants it.
    pub(crate) fn tls(&self) -> Option<ClientTlsConfig> {
        let any = self.tls_ca.is_some() || self.tls_cert.is_some() || self.tls_key.is_some();
        any.then(|| ClientTlsConfig {
            ca: self.tls_ca.clone(),
            cert: self.tls_cert.clone(),
            key: self.tls_key.clone(),
            ..ClientTlsConfig::default()
        })
    }
}

/// What to do with a token in place of what was done.
pub(super) const INSTEAD: &str = "write it to a file for its owner alone and name that with --token-file, hand it over on \
                                  stdin (--token-file -), or set GREENLANE_TOKEN";

/// What is wrong with a context file. Its line is not said again as the parser of TOML does: a token may stand there.
fn wrong(path: &Path, text: &str, error: &toml::de::Error) -> Usage {
    let file = path.display();
    if hidden::is_token(text) {
        return Usage(format!("{file} holds a token and is no context file: name it with --token-file"));
    }
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let place = format!("{file}:{line}:{column}");
    // A key that is a token, or a part of one, would be named.
    if error.message().split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word.starts_with(hidden::BEGIN))
    {
        return Usage(format!("{place}: a token stands here: {INSTEAD}"));
    }
    Usage(format!("{place}: this is not a context file: {}", error.message()))
}
