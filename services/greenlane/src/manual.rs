//! `greenlane manual`: what the parser knows, as pages.

mod environment;
mod pages;
mod reference;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args as ClapArgs, Command};

use crate::client::{exit::Exit, render};

/// Arguments of `greenlane manual`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Write a manual page for every command into this folder, as man(1) reads them [default: print the reference].
    #[arg(long, value_name = "DIR")]
    man: Option<PathBuf>,
}

/// Does it.
pub(crate) fn run(args: &Args, command: Command) -> anyhow::Result<Exit> {
    match &args.man {
        None => render::write(&reference::markdown(command))?,
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            pages::write(command, folder).with_context(|| format!("cannot write into {}", folder.display()))?;
        }
    }
    Ok(Exit::Done)
}
