//! `greenlane code import --columns`: what the columns of each layout hold, as the service reads them.

use clap::ValueEnum as _;
use greenlane_api::classification::v1::ImportFormat;
use greenlane_classification::import_columns;
use serde_json::{Value, json};

use super::import::Format;
use crate::client::{
    exit::{Exit, Usage},
    render::{self, Output, View},
};

const ALL: View = View::List {
    items: "columns",
    name: "column",
    columns: &[("FORMAT", "format"), ("COLUMN", "column"), ("REQUIRED", "required"), ("HOLDS", "holds")],
};

/// Lists them: of one layout, or of all that are CSV.
pub(super) fn print(output: Output, format: Option<Format>) -> anyhow::Result<Exit> {
    let columns = match format {
        Some(format) => rows(format),
        None => Format::value_variants().iter().flat_map(|format| rows(*format)).collect(),
    };
    if let Some(format) = format.filter(|_| columns.is_empty()) {
        let text = format!("{} has no columns: greenlane code import --help says what its lines are", word(format));
        return Err(Usage(text).into());
    }
    render::print_value(output, &json!({ "columns": columns }), ALL)?;
    Ok(Exit::Done)
}

fn rows(format: Format) -> Vec<Value> {
    let columns = import_columns(ImportFormat::from(format)).iter();
    let row = |column: &greenlane_classification::Column| {
        let name = column.name.replace('|', " or ");
        json!({ "format": word(format), "column": name, "required": column.needed, "holds": column.holds })
    };
    columns.map(row).collect()
}

/// As the command line calls it.
fn word(format: Format) -> String {
    format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
