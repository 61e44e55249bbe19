//! `greenlane tag`: tables of trade statistics, row by row, with the green lists that they fall under.
//!
//! The file never leaves the machine. It is read twice: once for the codes and periods that are in it, about which
//! the service is asked, each once and all at one revision; once to tag the rows with what it said; and between the
//! two once more for totals, where rows are broken down further or may repeat others (and again where such totals
//! stand far from what they hold), and for economies that report a year in another edition than others, where rows
//! contradict the edition of their year. A table that changes meanwhile is refused. Memory grows with the number of
//! codes and periods (and there of economies and flows, of partners where codes are of several lengths, and of what
//! is broken down in several ways and has no total), not with the number of rows.

pub(crate) mod amount;
mod ask;
mod csv;
mod faults;
mod files;
mod out;
mod parquet;
mod parts;
mod pass;
mod repeats;
mod reporters;
mod seen;
mod stamp;
mod survey;
pub(crate) mod table;
mod totals;

use std::path::PathBuf;

use clap::ValueEnum;
use greenlane_api::classification::v1::{
    TagTotals, code_system_service_client::CodeSystemServiceClient, tagging_service_client::TaggingServiceClient,
};

use crate::client::{
    Session,
    exit::Exit,
    progress,
    render::{self, Output, View, sums},
};

/// Arguments of `greenlane tag`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A CSV or Parquet file with the columns of UN Comtrade, old or new: period or year, reporter, partner, flow,
    /// code, value, and of codes their edition or classification. CSV may be compressed (gzip), and its columns
    /// separated by tabs or semicolons. Where a table has the columns of both, as when old and new exports are put
    /// together, each row is read by those that it fills. Values may have separators of thousands and a decimal comma;
    /// what may be either is a fault: 1,234, and 1.234 where points part the thousands of other values.
    file: PathBuf,
    /// Edition of the codes that name none themselves (HS2022:854143). When not given: what the rows say, or else what
    /// they fit, year by year; of an economy whose rows of a year speak for another edition than those of the others,
    /// that (one row alone is a fault).
    #[arg(long, default_value = "", hide_default_value = true)]
    edition: String,
    /// Only this green list, in a version if not the current one: apec-54@2. May be repeated.
    #[arg(long = "list", value_name = "LIST")]
    lists: Vec<String>,
    /// What totals are kept by.
    #[arg(long = "by", value_enum, value_delimiter = ',', default_values_t = [By::List, By::Year])]
    by: Vec<By>,
    /// Write the tagged rows here, as CSV. A file has its name when it is whole; a device or a pipe is written as they come.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write every fault here with its line (of Parquet: the number of its row) and column, as CSV.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Membership on this day instead of the last of each row's period.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    on: String,
    /// Use also the links between editions that are held back by default.
    #[arg(long)]
    include_held_back: bool,
    /// Report what is unambiguous (a leading zero that was lost, a code as a spreadsheet leaves it: 854140.0,
    /// ="854140"), and do not mend it.
    #[arg(long)]
    no_mend: bool,
    /// Go on with an output that was broken off. What was written must be what this run comes to.
    #[arg(long, requires = "out")]
    resume: bool,
}

/// What totals are kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// Green list.
    List,
    /// Year.
    Year,
    /// Reporting economy.
    Reporter,
    /// Partner economy.
    Partner,
    /// Flow.
    Flow,
}

const TOTALS: View = View::List {
    items: "totals",
    name: "greenList",
    columns: &[
        ("LIST", "greenList"),
        ("YEAR", "year"),
        ("REPORTER", "reporter"),
        ("PARTNER", "partner"),
        ("FLOW", "flow"),
        ("ROWS ON IT", "possibleRows"),
        ("ALL TRADE USD", "valueUsd"),
        ("CERTAINLY ON IT", "certainValueUsd"),
        ("POSSIBLY", "possibleValueUsd"),
        ("ESTIMATED", "estimatedValueUsd"),
        ("HELD BACK", "heldBackValueUsd"),
        ("CANNOT BE TOLD", "undeterminedValueUsd"),
    ],
};

/// Does it.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    files::must_be_good(&args)?;
    let bar = progress::bar(None, "rows read");
    let survey = survey::read(&args.file, &bar)?;
    bar.finish_and_clear();
    let mut tagging = TaggingServiceClient::new(session.classification()?);
    ask::must_exist(&mut CodeSystemServiceClient::new(session.classification()?), &args.edition).await?;
    let settings = ask::settings(&args);
    let editions = ask::editions(&mut tagging, &survey, &args.edition).await?;
    let said = ask::codes(&mut tagging, settings, &survey, &editions, &args.file).await?;
    let bar = progress::bar(Some(survey.rows), "rows");
    let done = pass::run(&args, &survey, &said, &bar)?;
    bar.finish_and_clear();
    for told in [editions.told().as_str(), said.reporters.told(), report(&done, said.revision).as_str()] {
        render::say(&render::visible(told));
    }
    if let Some(union) = survey.union() {
        let union = render::visible(&union);
        render::talk(&format!("{union} counts beside other economies: where its members are among them, twice"));
    }
    if !args.by.contains(&By::Flow)
        && let Some(flows) = survey.added_flows()
    {
        let flows = render::visible(&flows);
        render::talk(&format!("the flows {flows} are added up; --by list,year,flow keeps them apart"));
    }
    let mut value = render::to_json(&done)?;
    if session.output() == Output::Table
        && let Some(rows) = value["totals"].as_array_mut()
    {
        sums::for_eyes(rows, &AMOUNTS);
    }
    render::print_value(session.output(), &value, TOTALS)?;
    Ok(Exit::Done)
}

/// The columns of amounts.
const AMOUNTS: [&str; 6] = [
    "valueUsd",
    "certainValueUsd",
    "possibleValueUsd",
    "estimatedValueUsd",
    "heldBackValueUsd",
    "undeterminedValueUsd",
];

/// The faults, and what lies outside the bounds, in words.
fn report(totals: &TagTotals, revision: u64) -> String {
    let rows = render::several(totals.rows, "row");
    let mut text = format!("{rows} at revision {revision}, {} mended\n", totals.mended_rows);
    let version = |(list, version): (&String, &u32)| format!("{}@{version}", list.trim_start_matches("greenLists/"));
    let lists: Vec<String> = totals.list_versions.iter().map(version).collect();
    if !lists.is_empty() {
        text.push_str(&format!("lists: {}\n", lists.join(", ")));
    }
    for (fault, rows) in &totals.faults {
        let kept = match fault.as_str() {
            // Which of two rows is the right one is not for us to say.
            "duplicate" | "duplicate_classification" => ", which stay in the totals",
            "part_of_flow" => ", which count in the flow that they are a part of",
            "part_of_total" => ", which count in their totals",
            "edition_early" => ", which count by the edition that they name",
            _ => "",
        };
        text.push_str(&format!("fault {fault}: {}{kept}\n", render::several(*rows, "row")));
    }
    if totals.totals.iter().any(|total| total.held_back_value_usd > 0.0) {
        text.push_str(
            "held back: value that only links which say next to nothing lead to a list; no part of POSSIBLY, ",
        );
        text.push_str("unless --include-held-back takes them in\n");
    }
    if totals.totals.iter().any(|total| total.undetermined_rows > 0) {
        text.push_str(
            "cannot be told: value of rows whose code, edition or period was not understood, what no table leads to ",
        );
        text.push_str(
            "the edition of a list, and what is not found on a list of which only a part is held; no part of ",
        );
        text.push_str("POSSIBLY, which may be so much higher\n");
    }
    text
}
