//! `greenlane migrate`: a service's database to this version's schema.

use std::{path::PathBuf, process::ExitCode};

use clap::Args as ClapArgs;

use super::{config::ServeConfig, one::Which};
use crate::client::{exit::Exit, render::talk};

/// Arguments of `greenlane migrate`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// The service whose database it is.
    #[arg(value_enum, value_name = "SERVICE")]
    which: Which,
    /// The configuration file (TOML) that the service is served with.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Change nothing; fail unless the database has this version's schema.
    #[arg(long)]
    check: bool,
}

/// Applies what is missing, under a lock; several at once are safe. Or only looks.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = ServeConfig::load(args.config.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match args.which {
            Which::Registry if args.check => greenlane_registry::check(&config.registry).await?,
            Which::Equivalence if args.check => greenlane_equivalence::check(&config.equivalence).await?,
            Which::Classification if args.check => greenlane_classification::check(&config.classification).await?,
            Which::Registry => greenlane_registry::migrate(&config.registry).await?,
            Which::Equivalence => greenlane_equivalence::migrate(&config.equivalence).await?,
            Which::Classification => greenlane_classification::migrate(&config.classification).await?,
        }
        anyhow::Ok(())
    })?;
    if args.config.is_none() {
        talk("no --config was given: defaults and the environment count");
    }
    let (service, database) = (args.which.name(), config.store(args.which).address());
    talk(&format!("{service}: {database} has this version's schema"));
    Ok(Exit::Done.into())
}
