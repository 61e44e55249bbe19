//! `greenlane list`: green lists.

mod living;
mod rows;

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use greenlane_api::{
    classification::v1::{
        CheckMembershipRequest, GetGreenListRequest, ListGreenListEntriesRequest, ListGreenListsRequest,
        green_list_service_client::GreenListServiceClient,
    },
    common::v1::CodeReference,
};

use super::catalogue::GREEN_LISTS;
use crate::client::{
    Session,
    complete::Named,
    exit::{Exit, Usage},
    input,
    render::{View, pages::Limit},
};

/// `greenlane list …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a list.
    Get {
        /// Its name or bare identifier, with a version if not the current one: apec-54@2.
        #[arg(add = Named::GreenLists.completer())]
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
        /// Also those that are not in force then: ended, or still to come.
        #[arg(long)]
        all_dates: bool,
    },
    /// List the entries of a list.
    Entries {
        /// Its name or bare identifier, with a version if not the current one: apec-54@2.
        #[arg(add = Named::GreenLists.completer())]
        list: String,
        /// As it is on this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
        /// Also those that are not in force then: ended, or still to come.
        #[arg(long)]
        all_dates: bool,
        #[command(flatten)]
        limit: Limit<1_000>,
    },
    /// Say which lists a code is on.
    Check {
        /// The code with its edition: HS2022:854143.
        #[arg(value_parser = input::parse_code, value_name = "EDITION:CODE")]
        code: CodeReference,
        /// On this list only, in a version if not the current one: apec-54@2. May be repeated.
        #[arg(long = "list")]
        lists: Vec<String>,
        /// On this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
        /// Use also the links that are held back.
        #[arg(long)]
        held_back: bool,
    },
    /// List the versions of a list, newest first.
    Versions {
        /// Its name or bare identifier.
        #[arg(add = Named::GreenLists.completer())]
        list: String,
    },
    /// Show a list in another edition, with what became of each entry.
    #[command(after_help = living::CLASSES)]
    Project {
        /// Its name or bare identifier, with a version if not the current one: apec-54@2.
        #[arg(add = Named::GreenLists.completer())]
        list: String,
        /// The edition.
        #[arg(long, value_name = "EDITION")]
        to: String,
        /// As it is on this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
        /// Use also the links that are held back.
        #[arg(long)]
        held_back: bool,
        #[command(flatten)]
        limit: Limit<1_000>,
    },
    /// Show what differs between two lists, or two versions or days of one.
    Compare {
        /// One list, with a version if not the current one: apec-54@2.
        #[arg(add = Named::GreenLists.completer())]
        first: String,
        /// The other.
        #[arg(add = Named::GreenLists.completer())]
        second: String,
        /// In this edition [default: the other's].
        #[arg(long = "in", value_name = "EDITION")]
        edition: Option<String>,
        /// As they are on this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
        /// The other as it is on this date [default: that of --on].
        #[arg(long, value_name = "YYYY-MM-DD")]
        other_on: Option<String>,
        /// Use also the links that are held back.
        #[arg(long)]
        held_back: bool,
    },
    /// Put lists together.
    Combine {
        /// How.
        operation: Operation,
        /// The lists, each with a version if not the current one.
        #[arg(required = true, num_args = 2..)]
        lists: Vec<String>,
        /// In this edition.
        #[arg(long = "in", value_name = "EDITION")]
        edition: String,
        /// As they are on this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
        #[command(flatten)]
        limit: Limit<1_000>,
    },
    /// Look a list, or a CSV file of codes, over for faults. Ends with 10 when it has any but overlaps.
    #[command(after_help = living::LINTED)]
    Lint {
        /// A list's name or bare identifier, with a version if not the current one; or a CSV file, as --file takes it.
        #[arg(required_unless_present = "file", conflicts_with = "file", value_name = "LIST|FILE",
            add = Named::GreenLists.completer())]
        list: Option<String>,
        /// A CSV file with a line of column names, its columns parted by commas, semicolons or tabs; `-` is stdin. Codes may
        /// name their editions, before them (HS2022:854143) or in a column that is called edition.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// The file's column of codes [default: the one that is called code, hs_code, commodity_code or the like, or else the
        /// first].
        #[arg(long)]
        column: Option<String>,
        /// The edition that the codes claim to be of.
        #[arg(long, value_name = "EDITION")]
        edition: Option<String>,
    },
    /// Draft a reference classification out of several lists.
    Reference {
        /// The lists, each with its weight if not 1: oecd-cleg=2.
        #[arg(required = true)]
        lists: Vec<String>,
        /// In this edition.
        #[arg(long = "in", value_name = "EDITION")]
        edition: String,
        /// As they are on this date [default: today in UTC].
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
        on: String,
        /// Take a code when the lists that hold it weigh this much together.
        #[arg(long, default_value_t = 1.0)]
        threshold: f64,
        /// Take also codes of which lists hold only a part, marked as such.
        #[arg(long)]
        parts: bool,
        /// Take this code in any case: 854143, or HS2022:854143. May be repeated.
        #[arg(long, value_name = "CODE")]
        always: Vec<String>,
        /// Leave this code out in any case, named in the same way. May be repeated.
        #[arg(long, value_name = "CODE")]
        never: Vec<String>,
        #[command(flatten)]
        limit: Limit<1_000>,
    },
}

/// How lists are put together.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Operation {
    /// On any of them.
    Union,
    /// On all of them.
    Intersection,
    /// On the first and on none of the others.
    Difference,
}

const LIST: View = View::Document { at: "greenList" };
const LISTS: View = View::List { items: "greenLists", name: "name", columns: GREEN_LISTS };
const LISTS_OF_ALL_DATES: View = View::List {
    items: "greenLists",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("EDITION", "edition"),
        ("SINCE", "effectiveFrom"),
        ("UNTIL", "effectiveTo"),
        ("ENTRIES", "entryCount"),
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
    columns: &[
        ("LIST", "greenList"),
        ("VERSION", "version"),
        ("STATUS", "status"),
        ("SINCE", "effectiveFrom"),
        ("WHY", "findings.0.message"),
    ],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut lists = GreenListServiceClient::new(session.classification()?);
    match command {
        Command::Get { list, on } => {
            let request = GetGreenListRequest { name: name(&list), date: on, consistency: None };
            session.print(lists.get_green_list(request).await?.get_ref(), LIST)
        }
        Command::List { on, all_dates } => {
            let request = ListGreenListsRequest { date: on, include_not_in_force: all_dates, ..Default::default() };
            let ask = async |page_size, page_token| {
                lists.list_green_lists(ListGreenListsRequest { page_size, page_token, ..request.clone() }).await
            };
            session.list(if all_dates { LISTS_OF_ALL_DATES } else { LISTS }, u64::MAX, ask).await
        }
        Command::Entries { list, on, all_dates, limit } => {
            let request = ListGreenListEntriesRequest {
                name: name(&list),
                date: on,
                include_not_in_force: all_dates,
                ..Default::default()
            };
            let ask = async |page_size, page_token| {
                let page = ListGreenListEntriesRequest { page_size, page_token, ..request.clone() };
                lists.list_green_list_entries(page).await
            };
            session.list(ENTRIES, limit.rows(), ask).await
        }
        Command::Check { code, lists: only, on, held_back } => {
            let request = CheckMembershipRequest {
                code: Some(code),
                green_lists: only.iter().map(|list| name(list)).collect(),
                date: on,
                include_held_back: held_back,
                ..Default::default()
            };
            session.print(lists.check_membership(request).await?.get_ref(), MEMBERSHIPS)
        }
        Command::Versions { list } => living::versions(session, &list).await,
        Command::Project { list, to, on, held_back, limit } => {
            living::project(session, living::state(&list, &on)?, &to, held_back, limit.rows()).await
        }
        Command::Compare { first, second, edition, on, other_on, held_back } => {
            let first = living::state(&first, &on)?;
            let second = living::state(&second, other_on.as_deref().unwrap_or(&on))?;
            living::compare(session, first, second, edition.as_deref(), held_back).await
        }
        Command::Combine { operation, lists, edition, on, limit } => {
            let lists = lists.iter().map(|list| living::state(list, &on)).collect::<Result<_, _>>()?;
            living::combine(session, operation, lists, &edition, limit.rows()).await
        }
        Command::Lint { list, file, column, edition } => {
            let (list, file) = listed_or_filed(list, file)?;
            if list.is_some() && column.is_some() {
                return Err(Usage("--column is of a file, and none is named".to_owned()).into());
            }
            living::lint(session, list.as_deref(), file.as_deref(), column.as_deref(), edition.as_deref()).await
        }
        Command::Reference { lists, edition, on, threshold, parts, always, never, limit } => {
            let rows = limit.rows();
            let reference = living::Reference { lists, edition, on, threshold, parts, always, never, rows };
            living::reference(session, reference).await
        }
    }
}

/// What is meant by a name that may be a list's or a file's.
fn listed_or_filed(list: Option<String>, file: Option<PathBuf>) -> anyhow::Result<(Option<String>, Option<PathBuf>)> {
    let Some(named) = list else { return Ok((None, file)) };
    let path = Path::new(&named);
    if named == "-" || path.is_file() {
        return Ok((None, Some(path.to_owned())));
    }
    // No list is called so.
    let ends_as_a_file = ["csv", "tsv", "txt"].iter().any(|end| path.extension().is_some_and(|own| own == *end));
    anyhow::ensure!(!ends_as_a_file, Usage(format!("there is no file {named}, and no list is called so")));
    Ok((Some(named), None))
}

/// A list's name from its name or its bare identifier, either with `@` and a version behind it or without.
pub(super) fn name(list: &str) -> String {
    if list.contains('/') { list.to_owned() } else { format!("greenLists/{list}") }
}
