//! `greenlane edition`: editions of code systems, and what was published of them.

use clap::Subcommand;
use greenlane_api::classification::v1::{
    GetEditionRequest, ListCodeSystemsRequest, ListEditionsRequest, ListRevisionsRequest,
    code_system_service_client::CodeSystemServiceClient,
};

use crate::client::{Session, exit::Exit, render::View};

/// `greenlane edition …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show an edition.
    Get {
        /// Its name or bare identifier: HS2022.
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
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: i32,
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
            let request =
                ListEditionsRequest { code_system: system, in_force_on: on, page_size: 1_000, ..Default::default() };
            session.print(systems.list_editions(request).await?.get_ref(), EDITIONS)
        }
        Command::Systems => {
            let request = ListCodeSystemsRequest { page_size: 1_000, ..Default::default() };
            session.print(systems.list_code_systems(request).await?.get_ref(), SYSTEMS)
        }
        Command::Revisions { limit } => {
            let request = ListRevisionsRequest { page_size: limit, ..Default::default() };
            session.print(systems.list_revisions(request).await?.get_ref(), REVISIONS)
        }
    }
}
