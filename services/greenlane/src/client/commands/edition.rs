//! `greenlane edition`: editions of code systems, and what was published of them.

use clap::Subcommand;
use greenlane_api::classification::v1::{
    GetEditionRequest, ListCodeSystemsRequest, ListEditionsRequest, ListRevisionsRequest,
    code_system_service_client::CodeSystemServiceClient,
};

use crate::client::{
    Session,
    complete::Named,
    exit::Exit,
    render::{View, pages::Limit},
};

/// `greenlane edition …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show an edition.
    Get {
        /// Its name or bare identifier: HS2022.
        #[arg(add = Named::Editions.completer())]
        edition: String,
    },
    /// List editions.
    List {
        /// Of this code system only, codeSystems/ID.
        #[arg(long, default_value = "", hide_default_value = true)]
        system: String,
        /// In force on this date only.
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
    },
    /// List code systems.
    Systems,
    /// List the revisions that classification has published, newest first.
    Revisions {
        #[command(flatten)]
        limit: Limit,
    },
}

const EDITION: View = View::Document { at: "edition" };
const EDITIONS: View = View::List {
    items: "editions",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("SYSTEM", "codeSystem"),
        ("SINCE", "effectiveFrom"),
        ("UNTIL", "effectiveTo"),
        ("CODES", "codeCount"),
        ("IN PART", "partial"),
        ("TITLE", "titles.0.text"),
    ],
};
const SYSTEMS: View = View::List {
    items: "codeSystems",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("PUBLISHER", "publisher"),
        ("ECONOMY", "economy"),
        ("EXTENDS", "extends"),
        ("TITLE", "titles.0.text"),
    ],
};
const REVISIONS: View = View::List {
    items: "revisions",
    name: "revision",
    columns: &[
        ("REVISION", "revision"),
        ("PUBLISHED", "publishedAt"),
        ("PUBLISHER", "publisher"),
        ("CODES", "codesChanged"),
        ("CORRELATIONS", "linksChanged"),
        ("LIST ENTRIES", "greenListEntriesChanged"),
        ("TITLE", "title"),
    ],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut systems = CodeSystemServiceClient::new(session.classification()?);
    match command {
        Command::Get { edition } => {
            let name = if edition.contains('/') { edition } else { format!("editions/{edition}") };
            let request = GetEditionRequest { name, consistency: None };
            session.print(systems.get_edition(request).await?.get_ref(), EDITION)
        }
        Command::List { system, on } => {
            let request = ListEditionsRequest { code_system: system, in_force_on: on, ..Default::default() };
            let ask = async |page_size, page_token| {
                systems.list_editions(ListEditionsRequest { page_size, page_token, ..request.clone() }).await
            };
            session.list(EDITIONS, u64::MAX, ask).await
        }
        Command::Systems => {
            let ask = async |page_size, page_token| {
                let page = ListCodeSystemsRequest { page_size, page_token, ..Default::default() };
                systems.list_code_systems(page).await
            };
            session.list(SYSTEMS, u64::MAX, ask).await
        }
        Command::Revisions { limit } => {
            let ask = async |page_size, page_token| {
                systems.list_revisions(ListRevisionsRequest { page_size, page_token }).await
            };
            session.list(REVISIONS, limit.rows(), ask).await
        }
    }
}
