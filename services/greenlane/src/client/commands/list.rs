//! `greenlane list`: green lists.

use clap::Subcommand;
use greenlane_api::{
    classification::v1::{
        CheckMembershipRequest, GetGreenListRequest, ListGreenListEntriesRequest, ListGreenListsRequest,
        green_list_service_client::GreenListServiceClient,
    },
    common::v1::CodeReference,
};

use crate::client::{Session, exit::Exit, input, render::View};

/// `greenlane list …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a list.
    Get {
        /// Its name or bare identifier.
        list: String,
        /// As it is on this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
    },
    /// List the lists.
    List {
        /// As they are on this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
    },
    /// List the entries of a list.
    Entries {
        /// Its name or bare identifier.
        list: String,
        /// As it is on this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
        /// At most this many, 1 to 1000.
        #[arg(long, default_value_t = 1_000)]
        limit: i32,
    },
    /// Say which lists a code is on.
    Check {
        /// The code with its edition: HS2022:854143.
        #[arg(value_parser = input::parse_code, value_name = "EDITION:CODE")]
        code: CodeReference,
        /// On this list only. May be repeated.
        #[arg(long = "list")]
        lists: Vec<String>,
        /// On this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
    },
}

const LIST: View = View::Document { at: "greenList" };
const LISTS: View = View::List {
    items: "greenLists",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("OWNER", "owner"),
        ("EDITION", "edition"),
        ("VERSION", "version"),
        ("ENTRIES", "entryCount"),
        ("IN PART", "partial"),
        ("TITLE", "titles.0.text"),
    ],
};
const ENTRIES: View = View::List {
    items: "entries",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("CODE", "code"),
        ("PART ONLY", "ex"),
        ("SINCE", "effectiveFrom"),
        ("UNTIL", "effectiveTo"),
        ("CATEGORY", "category"),
        ("WHICH PART", "exDescriptions.0.texts.0.text"),
    ],
};
const MEMBERSHIPS: View = View::List {
    items: "memberships",
    name: "greenList",
    columns: &[("LIST", "greenList"), ("VERSION", "version"), ("STATUS", "status"), ("WHY", "findings.0.message")],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut lists = GreenListServiceClient::new(session.classification()?);
    match command {
        Command::Get { list, on } => {
            let request = GetGreenListRequest { name: name(&list), date: on, consistency: None };
            session.print(lists.get_green_list(request).await?.get_ref(), LIST)
        }
        Command::List { on } => {
            let request = ListGreenListsRequest { date: on, page_size: 1_000, ..Default::default() };
            session.print(lists.list_green_lists(request).await?.get_ref(), LISTS)
        }
        Command::Entries { list, on, limit } => {
            let request =
                ListGreenListEntriesRequest { name: name(&list), date: on, page_size: limit, ..Default::default() };
            session.print(lists.list_green_list_entries(request).await?.get_ref(), ENTRIES)
        }
        Command::Check { code, lists: only, on } => {
            let request = CheckMembershipRequest {
                code: Some(code),
                green_lists: only.iter().map(|list| name(list)).collect(),
                date: on,
                ..Default::default()
            };
            session.print(lists.check_membership(request).await?.get_ref(), MEMBERSHIPS)
        }
    }
}

/// A list's name from its name or its bare identifier.
fn name(list: &str) -> String {
    if list.contains('/') { list.to_owned() } else { format!("greenLists/{list}") }
}
