//! `greenlane serve`: one service as a process of its own.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args as ClapArgs, ValueEnum};
use greenlane_platform::{
    auth::Authenticator,
    clock::Clock,
    process,
    server::{Server, Service},
};

use greenlane_registry::Peers;

use super::config::ServeConfig;

/// A service: certificates and the log; recognition; codes and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    // Not documented one by one: the help would be twice as long.
    Registry,
    Equivalence,
    Classification,
}

impl Which {
    /// Its name, in telemetry and in the configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Equivalence => "equivalence",
            Self::Classification => "classification",
        }
    }
}

/// Arguments of `greenlane serve`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Variables override the file: GREENLANE__SERVER__LISTEN, GREENLANE__REGISTRY__STORE__URL and so on. The database must \
have this version's schema: run `greenlane migrate` first.")]
pub(crate) struct Args {
    /// The service.
    #[arg(value_enum, value_name = "SERVICE")]
    which: Which,
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = ServeConfig::load(args.config.as_deref())?;
    let which = args.which;
    Ok(process::run(which.name(), &config.process(), |_| async move {
        let clock = Clock::system();
        let authenticator = Authenticator::new(config.auth.clone(), clock.clone()).await?;
        let service = build(which, &config, clock).await?;
        Ok(vec![Server::bind(&config.server, Arc::clone(&authenticator), [service]).await?])
    }))
}

async fn build(which: Which, config: &ServeConfig, clock: Clock) -> anyhow::Result<Service> {
    Ok(match which {
        Which::Registry => greenlane_registry::service(&config.registry, clock, Peers::default()).await?,
        Which::Equivalence => greenlane_equivalence::service(&config.equivalence, clock, None).await?,
        Which::Classification => greenlane_classification::service(&config.classification, clock).await?,
    })
}
