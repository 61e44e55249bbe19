//! `greenlane code change`: change sets of codes and green lists, from draft to revision.

use clap::Subcommand;
use serde_json::Value;

use crate::client::{
    Session,
    commands::change::{
        Create, lists,
        workflow::{self, Of},
    },
    complete::Named,
    exit::Exit,
    render::{self, Output},
};

/// `greenlane code change …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft a change set from a file.
    #[command(after_help = EXAMPLE)]
    Create(Create),
    #[command(flatten)]
    Workflow(workflow::Command),
    /// Show what it changes, list by list: entries that it adds, ends, moves to another code, or changes otherwise.
    Preview {
        /// Its name or bare identifier.
        #[arg(add = Named::ChangeSets.completer())]
        change_set: String,
    },
}

const EXAMPLE: &str = "\
Example of a file (greenlane.classification.v1.ChangeSet):
  title: Keep a list of our own
  reason: The ministry asks for one.
  changes:
    - put_green_list:
        name: greenLists/example
        titles: [{ language: en, text: An example }]
        edition: editions/HS2022
    - put_entry:
        name: greenLists/example/entries/854143
        code: { edition: HS2022, code: \"854143\" }";

/// Does it.
pub(super) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Create(args) => Of::Codes.create(session, args).await,
        Command::Workflow(command) => workflow::run(session, Of::Codes, command).await,
        Command::Preview { change_set } => {
            let answer = Of::Codes.differences(session, &change_set).await?;
            let diffs = answer["diffs"].as_array().map(Vec::as_slice).unwrap_or_default();
            let counted = lists::counted(diffs)?;
            session.print_value(&counted, lists::LISTS)?;
            let imports = |row: &Value| row["list"].as_str().is_some_and(|name| name.starts_with("imports/"));
            if session.output() == Output::Table && counted["lists"].as_array().into_iter().flatten().any(imports) {
                render::talk(
                    "of an import only the name is known here: greenlane get IMPORT says how many rows it has",
                );
            }
            Ok(Exit::Done)
        }
    }
}
