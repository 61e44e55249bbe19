//! Loading.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Where a configuration comes from besides its defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    file: Option<PathBuf>,
    env_prefix: Option<String>,
    variables: Option<Vec<(String, String)>>,
}

impl Sources {
    /// Defaults only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads this TOML file, which must exist.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Reads this TOML file if a path is given.
    #[must_use]
    pub fn maybe_file(mut self, path: Option<impl Into<PathBuf>>) -> Self {
        self.file = path.map(Into::into);
        self
    }

    /// Reads variables that begin with this prefix and two underscores: `GREENLANE_REGISTRY`.
    #[must_use]
    pub fn env_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.env_prefix = Some(prefix.into());
        self
    }

    /// Takes these variables in place of the process's environment. For tests.
    #[must_use]
    pub fn variables<K: Into<String>, V: Into<String>>(mut self, all: impl IntoIterator<Item = (K, V)>) -> Self {
        self.variables = Some(all.into_iter().map(|(key, value)| (key.into(), value.into())).collect());
        self
    }

    /// The file, if one is read.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// A configuration that cannot be used: which key, where, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Loads a configuration. `T` has `#[serde(default, deny_unknown_fields)]` on every table.
pub fn load<T: DeserializeOwned>(sources: &Sources) -> Result<T, ConfigError> {
    let mut builder = config::Config::builder();
    if let Some(path) = &sources.file {
        builder = builder.add_source(config::File::from(path.as_path()).format(config::FileFormat::Toml));
    }
    if let Some(prefix) = &sources.env_prefix {
        let mut environment = config::Environment::with_prefix(prefix).prefix_separator("__").separator("__");
        if let Some(variables) = &sources.variables {
            environment = environment.source(Some(variables.iter().cloned().collect()));
        }
        builder = builder.add_source(environment);
    }
    let loaded = builder.build().and_then(config::Config::try_deserialize);
    loaded.map_err(|error| ConfigError(error.to_string()))
}
