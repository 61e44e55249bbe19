//! The configuration file of a serving process.

use std::path::Path;

use greenlane_platform::{
    auth::AuthConfig,
    config::{Sources, load},
    process::ProcessConfig,
    server::ServerConfig,
    telemetry::TelemetryConfig,
};
use greenlane_store::StoreConfig;
use serde::Deserialize;

use super::{backup::file_of, data::DataDir, one::Which};
use crate::{cli::default_data, client::exit::Usage};

/// Everything that a serving process may be told. Every key has a working default, unknown keys are errors, and
/// variables such as `GREENLANE__SERVER__LISTEN` override the file. A process reads its own service's table only.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeConfig {
    /// Logs, traces, metrics.
    pub(crate) telemetry: TelemetryConfig,
    /// Threads that run the work. 0: one a core.
    pub(crate) workers: usize,
    /// Where and how calls are taken.
    pub(crate) server: ServerConfig,
    /// Which tokens are believed.
    pub(crate) auth: AuthConfig,
    /// The registry's own.
    pub(crate) registry: greenlane_registry::Config,
    /// The equivalence service's own.
    pub(crate) equivalence: greenlane_equivalence::Config,
    /// The classification service's own.
    pub(crate) classification: greenlane_classification::Config,
}

impl ServeConfig {
    /// Defaults, then the file, then the environment.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        load(&Sources::new().maybe_file(file).env_prefix("GREENLANE")).map_err(|error| Usage(error.to_string()).into())
    }

    /// The same. Where nothing names the service's database, there is none at its default place, and `greenlane up` keeps
    /// one in this folder, that one is meant.
    pub(crate) fn load_or_local(file: Option<&Path>, which: Which) -> anyhow::Result<Self> {
        let mut config = Self::load(file)?;
        let is_default = config.store(which).url == Self::default().store(which).url;
        let is_there = file_of(&config.store(which).url).is_none_or(|path| path.exists());
        if file.is_some() || !is_default || is_there {
            return Ok(config);
        }
        if let Ok(data) = DataDir::open(&default_data())
            && data.path(&format!("{}.db", which.name())).exists()
        {
            let store = match which {
                Which::Registry => &mut config.registry.store,
                Which::Equivalence => &mut config.equivalence.store,
                Which::Classification => &mut config.classification.store,
            };
            store.url = data.database(which.name());
            config.registry.key_directory = data.path("keys");
        }
        Ok(config)
    }

    /// A service's database.
    pub(crate) fn store(&self, which: Which) -> &StoreConfig {
        match which {
            Which::Registry => &self.registry.store,
            Which::Equivalence => &self.equivalence.store,
            Which::Classification => &self.classification.store,
        }
    }

    /// What the process as a whole needs.
    pub(crate) fn process(&self) -> ProcessConfig {
        ProcessConfig { telemetry: self.telemetry.clone(), workers: self.workers }
    }
}

#[cfg(test)]
mod tests;
