//! `greenlane manual`: what the parser knows, as pages.

mod environment;
mod pages;
mod reference;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args as ClapArgs, Command};

use serde_json::json;

use crate::client::{
    exit::Exit,
    render::{self, Output, View, several, talk},
};

/// Arguments of `greenlane manual`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Write a manual page for every command into this folder, as man(1) reads them [default: print the reference].
    #[arg(long, value_name = "DIR")]
    man: Option<PathBuf>,
}

const PAGES: View = View::List { items: "files", name: "file", columns: &[("FILE", "file")] };

/// Does it.
pub(crate) fn run(args: &Args, command: Command, output: Output) -> anyhow::Result<Exit> {
    match &args.man {
        None => render::print_text(output, "greenlane", &reference::markdown(command))?,
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            let files =
                pages::write(command, folder).with_context(|| format!("cannot write into {}", folder.display()))?;
            match output {
                Output::Table => {
                    let pages = several(files.len() as u64, "page");
                    talk(&format!("{pages} written into {}", folder.display()));
                }
                other => {
                    let files: Vec<_> = files.iter().map(|file| json!({ "file": file })).collect();
                    render::print_value(other, &json!({ "files": files }), PAGES)?;
                }
            }
        }
    }
    Ok(Exit::Done)
}
