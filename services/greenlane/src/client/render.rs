//! The one renderer: every command hands over a protobuf answer and says how its table looks.

mod cell;
pub(crate) mod colour;
mod commas;
mod document;
mod fit;
pub(crate) mod line;
mod narrow;
pub(crate) mod pages;
mod said;
pub(crate) mod sums;
#[cfg(test)]
mod tests;
mod whole;
pub(crate) mod yaml;

use std::{
    io::{IsTerminal as _, Write as _},
    sync::LazyLock,
};

use anyhow::Context as _;
use clap::ValueEnum;
use comfy_table::{Cell, ContentArrangement, Table, presets};
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::{Value, json};

pub(crate) use cell::{at, field_name, label, plain, text as cell_text, visible, written};
pub(crate) use said::{hold, say, talk};

/// Columns of a terminal that does not say how many it has: one that a script has opened says 0.
const TERMINAL: u16 = 80;
const NARROWEST: u16 = 20;
/// What is longer than most names are and is none, such as a hash, is broken where the terminal is too narrow: to pieces
/// no shorter than this.
const SHORTEST_BREAK: usize = 12;
const LONGEST_NAME: usize = 40;
const LONGEST_WORD: usize = 64;
/// Columns that prose has at least, if it is not shorter: one word below the other is no reading.
const PROSE: usize = 12;

/// How an answer is printed: for people, as protobuf JSON, the same as YAML, the table as CSV, or names only, one a
/// line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    // Not documented one by one: the help of every command would be twice as long.
    #[default]
    Table,
    Json,
    Yaml,
    Csv,
    Name,
}

/// A column: its heading, and where its value is in the JSON of a row (`a.b.c`; with `?` behind it, 0 means none). One with
/// a number and `~` before that, such as `2~a.b`, gives way where the terminal is too narrow: the greatest number first.
pub(crate) type Column = (&'static str, &'static str);

/// How the table of an answer looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View {
    /// Rows under `items`, one each, called by what is at `name`.
    List { items: &'static str, name: &'static str, columns: &'static [Column] },
    /// One thing, one field a line.
    Record { at: &'static str, name: &'static str, fields: &'static [Column] },
    /// One thing with parts of its own: what it has, one field a line, and that of its parts indented.
    Document { at: &'static str },
}

/// Our contracts, by name.
pub(crate) static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(greenlane_api::DESCRIPTORS).expect("our own descriptors were compiled by us")
});

/// The protobuf JSON of an answer.
pub(crate) fn to_json<M: Message + Name>(message: &M) -> anyhow::Result<Value> {
    let descriptor =
        POOL.get_message_by_name(&M::full_name()).with_context(|| format!("no descriptor of {}", M::full_name()))?;
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic.transcode_from(message)?;
    Ok(dynamic.serialize_with_options(serde_json::value::Serializer, &json_options())?)
}

/// Protobuf JSON as we print it: 64-bit integers as numbers (ours are counts far below 2^53), empty fields shown.
pub(crate) fn json_options() -> SerializeOptions {
    SerializeOptions::new().stringify_64_bit_integers(false).skip_default_fields(false)
}

/// Prints an answer on stdout.
pub(crate) fn print<M: Message + Name>(output: Output, message: &M, view: View) -> anyhow::Result<()> {
    print_value(output, &to_json(message)?, view)
}

/// Prints the JSON of an answer on stdout; says on stderr when there is more than was asked for.
pub(crate) fn print_value(output: Output, value: &Value, view: View) -> anyhow::Result<()> {
    write(&text(output, value, view)?)?;
    let more = value.get("nextPageToken").and_then(Value::as_str).is_some_and(|token| !token.is_empty());
    if more && matches!(output, Output::Table | Output::Csv | Output::Name) {
        talk("there are more than these");
    }
    if output == Output::Table
        && let View::List { columns, .. } = view
    {
        let rows = rows(value, view);
        if rows.is_empty() {
            talk("there are none");
        }
        narrow::left_out(columns, &narrow::shown(columns, &rows)).iter().for_each(|told| talk(told));
    }
    Ok(())
}

/// The text of an answer.
pub(crate) fn text(output: Output, value: &Value, view: View) -> anyhow::Result<String> {
    Ok(match output {
        Output::Json => format!("{}\n", serde_json::to_string_pretty(value)?),
        Output::Yaml => yaml::text(value)?,
        Output::Csv => commas::text(value, view)?,
        Output::Name => names(value, view),
        Output::Table => table(value, view),
    })
}

/// Prints what is a text by itself, such as a signed document or a script: as it is, unless another form is asked for,
/// which has it beside its name.
pub(crate) fn print_text(output: Output, name: &str, text: &str) -> anyhow::Result<()> {
    const NAMED: View = View::Record { at: "", name: "name", fields: &[("Name", "name"), ("Text", "text")] };
    match output {
        Output::Table => write(text),
        other => print_value(other, &json!({ "name": name, "text": text }), NAMED),
    }
}

/// So many of something: `1 row`, `2 rows`, `2 entries`, `2 days`.
pub(crate) fn several(number: u64, one: &str) -> String {
    let stem = one.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match (number, stem) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {one}s"),
    }
}

/// Writes data to stdout; a reader that has gone away is not a failure.
pub(crate) fn write(text: &str) -> anyhow::Result<()> {
    write_bytes(text.as_bytes())
}

/// The same of what is no text.
pub(crate) fn write_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn names(value: &Value, view: View) -> String {
    let path = match view {
        View::List { name, .. } | View::Record { name, .. } => name,
        View::Document { .. } => "name",
    };
    let found = rows(value, view).into_iter().map(|row| cell_text(row, path));
    found.filter(|name| !name.is_empty()).map(|name| name + "\n").collect()
}

fn rows(value: &Value, view: View) -> Vec<&Value> {
    match view {
        View::List { items, .. } => {
            at(value, items).and_then(Value::as_array).map(|rows| rows.iter().collect()).unwrap_or_default()
        }
        View::Record { at: path, .. } | View::Document { at: path } => at(value, path).into_iter().collect(),
    }
}

/// The table of a single thing of which nothing was written: it says so in a row of its own.
pub(crate) fn trial(value: &Value, view: View) -> String {
    table_with(value, view, Some(("Outcome", "checked only: nothing was changed")))
}

fn table(value: &Value, view: View) -> String {
    table_with(value, view, None)
}

fn table_with(value: &Value, view: View, first: Option<(&str, &str)>) -> String {
    let mut table = bare_table();
    if let Some((heading, text)) = first {
        table.add_row([heading, text]);
    }
    match view {
        View::List { columns, .. } => {
            let columns = narrow::shown(columns, &rows(value, view));
            table.set_header(columns.iter().map(|(heading, _)| colour::heading(heading)));
            for row in rows(value, view) {
                table.add_row(columns.iter().map(|(_, path)| colour::cell(cell::text(row, path))));
            }
        }
        View::Record { fields, .. } => {
            for row in rows(value, view) {
                for (heading, path) in fields {
                    let text = cell::text(row, path);
                    if !text.is_empty() {
                        table.add_row([Cell::new(heading), colour::cell(text)]);
                    }
                }
            }
        }
        View::Document { .. } => {
            for (heading, text) in rows(value, view).into_iter().flat_map(whole::rows) {
                table.add_row([Cell::new(heading), colour::cell(text)]);
            }
        }
    }
    tidy(&mut table)
}

/// What is at a path of an answer, for a pane: what it has, indented.
pub(crate) fn document(value: &Value, path: &str) -> anyhow::Result<String> {
    at(value, path).map(document::text).unwrap_or_else(|| Ok(String::new()))
}

/// A table without rules, wrapped to what eyes have room for. Where none look, each row is one line, for `grep` and the
/// like.
pub(crate) fn bare_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).style_text_only();
    match *ROOM {
        Some(room) => table.set_width(room),
        None => table.force_no_tty(),
    };
    if colour::wanted() {
        table.enforce_styling();
    }
    table
}

/// How many characters fit on a line, as COLUMNS says, or the terminal; none where no eyes look.
static ROOM: LazyLock<Option<u16>> = LazyLock::new(|| {
    let terminal = Table::new().width().filter(|_| std::io::stdout().is_terminal());
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    room(terminal, columns, colour::forced())
});

/// As POSIX has it, COLUMNS is what the user wants, whatever the terminal says. Through a pipe a row is one line, however
/// long, unless somebody asks for what is made for eyes (CLICOLOR_FORCE, for a pager) and says how far they see.
fn room(terminal: Option<u16>, columns: Option<u16>, forced: bool) -> Option<u16> {
    let wanted = columns.filter(|columns| *columns > 0).map(|columns| columns.max(NARROWEST));
    match terminal {
        Some(width) => Some(wanted.unwrap_or(if width < NARROWEST { TERMINAL } else { width })),
        None => wanted.filter(|_| forced),
    }
}

/// How many characters fit on a line for eyes; any number where none look.
pub(crate) fn width() -> usize {
    ROOM.map_or(usize::MAX, usize::from)
}

/// Several texts in one cell, each on a line of its own; on one line where no eyes look, as their row is.
pub(crate) fn stacked(texts: &[String], between: &str) -> String {
    texts.join(if ROOM.is_some() { "\n" } else { between })
}

/// Sentences in one text. Some end with a point, and some do not; and some begin with a name, or go on where another ends.
pub(crate) fn sentences<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let join = |mut all: String, text: &str| {
        if all.ends_with('.') && text.starts_with(|first: char| first.is_lowercase()) {
            all.pop();
        }
        if !all.is_empty() {
            all.push_str(if all.ends_with(['.', '?', '!', '。', ':']) { " " } else { "; " });
        }
        all + text
    };
    texts.into_iter().fold(String::new(), join)
}

/// Sentences in a cell, as [`stacked`] has texts.
pub(crate) fn stacked_sentences(texts: &[String]) -> String {
    if ROOM.is_some() { texts.join("\n") } else { sentences(texts.iter().map(String::as_str)) }
}

/// A table's text without trailing blanks.
pub(crate) fn tidy(table: &mut Table) -> String {
    if fit::fits(table, true) { fit::lines(table) } else { fit::below(table) }
}
