//! Which services a command talks to, and as whom.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use greenlane_platform::{client::ClientTlsConfig, config::Secret};
use serde::{Deserialize, Serialize};

/// The file that `greenlane up` writes into its data directory for the commands.
pub(crate) const CONTEXT_FILE: &str = "client.toml";

/// Flags that name the services. What is not given comes from the context file, then from the defaults of
/// `greenlane up`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Services")]
pub(crate) struct Servers {
    /// A file with addresses and token file, as `greenlane up` writes it [default: greenlane-data/client.toml].
    #[arg(long, global = true, env = "GREENLANE_CONTEXT", hide_env_values = true, value_name = "FILE")]
    context: Option<PathBuf>,
    /// Address of the registry.
    #[arg(long, global = true, env = "GREENLANE_REGISTRY", hide_env_values = true, value_name = "URI")]
    registry: Option<String>,
    /// Address of the equivalence service.
    #[arg(long, global = true, env = "GREENLANE_EQUIVALENCE", hide_env_values = true, value_name = "URI")]
    equivalence: Option<String>,
    /// Address of the classification service.
    #[arg(long, global = true, env = "GREENLANE_CLASSIFICATION", hide_env_values = true, value_name = "URI")]
    classification: Option<String>,
    /// A file that holds the bearer token.
    #[arg(long, global = true, env = "GREENLANE_TOKEN_FILE", hide_env_values = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A PEM file of the authorities of the services' certificates.
    #[arg(long, global = true, env = "GREENLANE_TLS_CA", hide_env_values = true, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
}

/// The contents of a context file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContextFile {
    /// Address of the registry.
    pub(crate) registry: String,
    /// Address of the equivalence service.
    pub(crate) equivalence: String,
    /// Address of the classification service.
    pub(crate) classification: String,
    /// A file that holds the bearer token, relative to the context file.
    pub(crate) token_file: Option<PathBuf>,
    /// A PEM file of the authorities of the services' certificates, relative to the context file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls_ca: Option<PathBuf>,
}

impl Default for ContextFile {
    fn default() -> Self {
        Self {
            registry: "http://127.0.0.1:7401".to_owned(),
            equivalence: "http://127.0.0.1:7402".to_owned(),
            classification: "http://127.0.0.1:7403".to_owned(),
            token_file: None,
            tls_ca: None,
        }
    }
}

/// Who to talk to, settled.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) registry: String,
    pub(crate) equivalence: String,
    pub(crate) classification: String,
    pub(crate) token: Option<Secret>,
    pub(crate) tls: Option<ClientTlsConfig>,
}

impl Servers {
    /// Flags and environment first, then the context file, then the defaults.
    pub(crate) fn resolve(&self) -> anyhow::Result<Context> {
        let default = crate::cli::default_data().join(CONTEXT_FILE);
        let file = match &self.context {
            Some(path) => read(path)?,
            None if default.exists() => read(&default)?,
            None => ContextFile::default(),
        };
        let token_file = self.token_file.clone().or(file.token_file);
        if let Some(path) = &token_file {
            anyhow::ensure!(path.exists(), "the token file {} does not exist", path.display());
        }
        Ok(Context {
            registry: self.registry.clone().unwrap_or(file.registry),
            equivalence: self.equivalence.clone().unwrap_or(file.equivalence),
            classification: self.classification.clone().unwrap_or(file.classification),
            token: token_file.map(Secret::from_file),
            tls: self
                .tls_ca
                .clone()
                .or(file.tls_ca)
                .map(|ca| ClientTlsConfig { ca: Some(ca), ..ClientTlsConfig::default() }),
        })
    }
}

fn read(path: &Path) -> anyhow::Result<ContextFile> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the context {}", path.display()))?;
    let mut file: ContextFile =
        toml::from_str(&text).with_context(|| format!("{} is not a context file", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    file.token_file = file.token_file.map(|token| folder.join(token));
    file.tls_ca = file.tls_ca.map(|authorities| folder.join(authorities));
    Ok(file)
}
