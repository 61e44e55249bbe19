//! `greenlane stats`: what a table of tagged rows says of green trade, in numbers and plots.

mod read;
mod svg;
mod terminal;

use std::path::PathBuf;

use anyhow::Context as _;
use greenlane_tally::Sum;
use serde_json::json;

use self::read::Summary;
use super::tag::table;
use crate::client::{
    Session,
    exit::Exit,
    render::{self, Output, View, sums},
};

/// Arguments of `greenlane stats`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Rows as `greenlane tag --out` writes them.
    file: PathBuf,
    /// Write the plots here, as share-by-year.svg, value-by-list.svg and top-partners.svg.
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
    /// Only this flow, as the table writes it (M, X). When not given, all that the table has are added up.
    #[arg(long, value_name = "FLOW")]
    flow: Option<String>,
    /// How many partners are shown.
    #[arg(long, default_value_t = 10)]
    top: usize,
}

const YEARS: View = View::List {
    items: "years",
    name: "greenList",
    columns: &[
        ("LIST", "greenList"),
        ("YEAR", "year"),
        ("VALUE USD", "valueUsd"),
        ("CERTAINLY", "certainValueUsd"),
        ("POSSIBLY", "possibleValueUsd"),
        ("ESTIMATED", "estimatedValueUsd"),
        ("FROM %", "certainPercent"),
        ("TO %", "possiblePercent"),
        ("ESTIMATED %", "estimatedPercent"),
        ("CANNOT BE TOLD %", "undeterminedPercent"),
        ("HELD BACK %", "heldBackPercent"),
    ],
};

/// Does it.
pub(crate) fn run(session: &Session, args: &Args) -> anyhow::Result<Exit> {
    let table = table::Table::whole(&args.file)?;
    let stamp = table.stamp;
    let summary = read::summary(table, args.flow.as_deref());
    if let Some(stamp) = stamp {
        stamp.must_be_at(&args.file)?;
    }
    let summary = summary?;
    let partners = summary.top_partners(args.top);
    let mut value = json!({
        "years": summary.years().map(|(list, year, sum)| row(list, "year", year, sum)).collect::<Vec<_>>(),
        "lists": summary.by_list().map(|(list, sum)| row(list, "list", list, sum)).collect::<Vec<_>>(),
        "partners": partners.iter().map(|(name, sum)| row("", "partner", name, *sum)).collect::<Vec<_>>(),
    });
    if session.output() == Output::Table {
        render::write(&terminal::plots(&summary, &partners))?;
        let rows = value["years"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
        sums::for_eyes(rows, &["valueUsd", "certainValueUsd", "possibleValueUsd", "estimatedValueUsd"]);
    }
    render::print_value(session.output(), &value, YEARS)?;
    if summary.by_list().any(|(_, sum)| sum.undetermined > 0.0) {
        render::talk(CANNOT_BE_TOLD);
    }
    if summary.unknown > 0 {
        render::talk(&unknown(summary.unknown));
    }
    if summary.flows.len() > 1 {
        let flows: Vec<&str> = summary.flows.iter().map(String::as_str).collect();
        let flows = flows.join(", ");
        render::talk(&format!("the flows {} are added up: --flow takes one of them", render::visible(&flows)));
    }
    if let Some(folder) = &args.svg {
        plots(&summary, &partners, folder)?;
    }
    Ok(Exit::Done)
}

/// What the bounds leave out.
const CANNOT_BE_TOLD: &str = "of some of the value it cannot be told, for want of a code that is known, of a table, or of a \
    list that is held as a whole: TO % may be so much higher";

/// What is said of rows whose codes are not known.
fn unknown(rows: u64) -> String {
    let (told, has) = (render::several(rows, "row"), if rows == 1 { "has" } else { "have" });
    format!(
        "{told} {has} a code, an edition or a period that was not understood: on which lists they are cannot be told"
    )
}

fn row(list: &str, key: &str, name: &str, sum: Sum) -> serde_json::Value {
    let percent = |part: f64| (part / sum.value.max(f64::MIN_POSITIVE) * 10_000.0).round() / 100.0;
    let mut row = json!({
        "greenList": list,
        "valueUsd": sum.value,
        "certainValueUsd": sum.certain,
        "possibleValueUsd": sum.possible,
        "certainPercent": percent(sum.certain),
        "possiblePercent": percent(sum.possible),
        "undeterminedValueUsd": sum.undetermined,
        "undeterminedPercent": percent(sum.undetermined),
        "heldBackValueUsd": sum.held_back,
        "heldBackPercent": percent(sum.held_back),
    });
    if let Some(estimated) = sum.estimated() {
        row["estimatedValueUsd"] = estimated.into();
        row["estimatedPercent"] = percent(estimated).into();
    }
    row[key] = name.into();
    row
}

fn plots(summary: &Summary, partners: &[(&str, Sum)], folder: &std::path::Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lists: Vec<(&str, Sum)> = summary.by_list().collect();
    for (name, plot) in [
        ("share-by-year.svg", svg::shares(summary)),
        ("value-by-list.svg", svg::bars("Value on each green list, US dollars", &lists)),
        ("top-partners.svg", svg::bars("Value on any green list by partner, US dollars", partners)),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, plot).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
