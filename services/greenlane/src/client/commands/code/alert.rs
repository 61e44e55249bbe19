//! `greenlane code alert`: who is told of what happens to codes and green lists, and what they are told.

use clap::{Args, Subcommand};
use greenlane_api::common::v1::CodeReference;
use serde_json::json;

use crate::client::{
    Mutation, Session,
    commands::{
        alert::{Of, common, references},
        list,
    },
    exit::Exit,
    input,
};

/// `greenlane code alert …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Subscribe to what happens to codes and green lists.
    Subscribe(Subscribe),
    #[command(flatten)]
    Common(common::Command),
}

/// Arguments of `greenlane code alert subscribe`. What is given narrows; what is not does not.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  greenlane code alert subscribe --title Modules --code HS2022:8541 --list apec-54")]
pub(crate) struct Subscribe {
    /// A title for people.
    #[arg(long, default_value = "", hide_default_value = true)]
    title: String,
    /// A product: commodity code or heading with its edition. May be repeated.
    #[arg(long = "code", value_parser = input::parse_code, value_name = "EDITION:CODE")]
    codes: Vec<CodeReference>,
    /// A green list, and the codes on it. May be repeated.
    #[arg(long = "list", value_name = "LIST")]
    lists: Vec<String>,
    /// An economy whose tariffs and lists count, beside those of no single one. May be repeated.
    #[arg(long = "economy", value_name = "ECONOMY", value_parser = input::parse_economy)]
    economies: Vec<String>,
    #[command(flatten)]
    mutation: Mutation,
}

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Subscribe(args) => {
            let subscription = json!({
                "title": args.title,
                "codes": references(&args.codes),
                "greenLists": args.lists.iter().map(|id| list::name(id)).collect::<Vec<_>>(),
                "economies": args.economies,
            });
            Of::Codes.subscribe(session, &args.mutation, subscription).await
        }
        Command::Common(command) => Of::Codes.run(session, command).await,
    }
}
