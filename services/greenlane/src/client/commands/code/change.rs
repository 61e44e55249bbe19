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
    /// Show what it changes, list by list: entries that it adds, ends, moves to another code, or changes otherwise; and of
    /// each import how many codes, links, entries and others it adds, removes (ENDED) and changes.
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
            let of_imports = |row: &&Value| row["list"].as_str().is_some_and(|name| name.starts_with("imports/"));
            let imports: Vec<&Value> = counted["lists"].as_array().into_iter().flatten().filter(of_imports).collect();
            if session.output() == Output::Table && !imports.is_empty() {
                render::talk(&format!("the first of what an import does: greenlane code change diff {change_set}"));
                if imports.iter().any(|row| row["kind"] == "") {
                    render::talk(&format!(
                        "an import of which no kind is told changes nothing, or cannot be published: \
                         greenlane code change validate {change_set}"
                    ));
                }
            }
            Ok(Exit::Done)
        }
    }
}
