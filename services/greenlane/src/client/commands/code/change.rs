//! `greenlane code change`: change sets of codes and green lists, from draft to revision.

use clap::Subcommand;

use crate::client::{
    Session,
    commands::change::{
        Create,
        workflow::{self, Of},
    },
    exit::Exit,
};

/// `greenlane code change …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft a change set from a file.
    #[command(after_help = EXAMPLE)]
    Create(Create),
    #[command(flatten)]
    Workflow(workflow::Command),
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
    }
}
