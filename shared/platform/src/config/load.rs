//! Loading.

use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat, Value};
use serde::de::DeserializeOwned;

use super::environment::Variables;

/// Where a configuration comes from besides its defaults.
#[derive(Clone, Default)]
pub struct Sources {
    file: Option<PathBuf>,
    env_prefix: Option<String>,
    variables: Option<Vec<(String, String)>>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Variables may hold secrets.
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("env_prefix", &self.env_prefix)
            .finish_non_exhaustive()
    }
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
    ///
    /// The rest of the name is the key's path. The value is taken as text, or as a number or truth value where the key
    /// wants one; a value that begins with `[` or `{` is a list or table, written as in TOML.
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

    fn all_variables(&self) -> Vec<(String, String)> {
        match &self.variables {
            Some(variables) => variables.clone(),
            // Names and values that are not Unicode are none of ours.
            None => std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        }
    }
}

/// A configuration that cannot be used: which key, where, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Loads a configuration. Every table of `T` has `#[serde(default, deny_unknown_fields)]`.
pub fn load<T: DeserializeOwned>(sources: &Sources) -> Result<T, ConfigError> {
    let mut builder = Config::builder();
    if let Some(path) = &sources.file {
        // Looked at here, because the crate would try other endings.
        if !path.is_file() {
            return Err(ConfigError(format!("configuration file {} is not there", path.display())));
        }
        builder = builder.add_source(File::from(path.as_path()).format(FileFormat::Toml));
    }
    if let Some(prefix) = &sources.env_prefix {
        builder = builder.add_source(Variables::pick(prefix, sources.all_variables()).map_err(ConfigError)?);
    }
    let built = builder.build().map_err(|error| ConfigError(error.to_string()))?;
    let root = built.cache.clone();
    built.try_deserialize().map_err(|error| ConfigError(explain(&error, &root)))
}

/// The crate's error, with the full key and where it stands when the error is about an unknown one.
fn explain(error: &config::ConfigError, root: &Value) -> String {
    let (message, parent) = match error {
        config::ConfigError::At { error, key, .. } => (error.to_string(), key.clone().unwrap_or_default()),
        other => (other.to_string(), String::new()),
    };
    let Some((unknown, rest)) = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) else {
        return error.to_string();
    };
    let key = if parent.is_empty() { unknown.to_owned() } else { format!("{parent}.{unknown}") };
    let place = origin(root, &key).map(|origin| format!(" in {origin}")).unwrap_or_default();
    format!("unknown key `{key}`{place}{rest}")
}

/// Where the value of a key stands. Steps are parted by dots, places in lists stand in brackets.
fn origin(root: &Value, key: &str) -> Option<String> {
    let mut value = root.clone();
    for step in key.replace('[', ".[").split('.').filter(|step| !step.is_empty()) {
        value = match step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
            Some(index) => value.into_array().ok()?.into_iter().nth(index.parse().ok()?)?,
            None => value.into_table().ok()?.remove(step)?,
        };
    }
    value.origin().map(str::to_owned)
}
