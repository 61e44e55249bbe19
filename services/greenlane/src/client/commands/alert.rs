//! `greenlane alert`: who is told of what changes, and what they are told.

mod affected;
pub(super) mod common;
mod watch;

use clap::{Args, Subcommand};
use greenlane_api::common::v1::CodeReference;
use serde_json::json;

pub(super) use self::{
    common::Of,
    watch::{Watch, run as watch},
};
use crate::client::{Mutation, Session, exit::Exit, input};

/// `greenlane alert …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Subscribe to what affects products, markets and schemes.
    Subscribe(Subscribe),
    #[command(flatten)]
    Common(common::Command),
}

/// Arguments of `greenlane alert subscribe`. What is given narrows; what is not does not.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  greenlane alert subscribe --title Modules --code HS2022:8541 --market EU")]
pub(crate) struct Subscribe {
    /// A title for people.
    #[arg(long, default_value = "", hide_default_value = true)]
    title: String,
    /// A product: commodity code or heading with its edition. May be repeated.
    #[arg(long = "code", value_parser = input::parse_code, value_name = "EDITION:CODE")]
    codes: Vec<CodeReference>,
    /// A market: economy or bloc. May be repeated.
    #[arg(long = "market", value_name = "ECONOMY", value_parser = input::parse_economy)]
    markets: Vec<String>,
    /// A scheme or standard edition that is held. May be repeated.
    #[arg(long = "scheme", value_name = "SCHEME")]
    schemes: Vec<String>,
    /// Where the products originate: economy or bloc. May be repeated.
    #[arg(long = "origin", value_name = "ECONOMY", value_parser = input::parse_economy)]
    origins: Vec<String>,
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
                "markets": args.markets,
                "schemes": args.schemes,
                "origins": args.origins,
            });
            Of::Catalogue.subscribe(session, &args.mutation, subscription).await
        }
        Command::Common(command) => Of::Catalogue.run(session, command).await,
    }
}

/// Codes as protobuf JSON.
pub(super) fn references(codes: &[CodeReference]) -> Vec<serde_json::Value> {
    codes.iter().map(|code| json!({ "edition": code.edition, "code": code.code })).collect()
}
