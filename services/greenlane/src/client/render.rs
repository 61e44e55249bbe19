//! The one renderer: every command hands over a protobuf answer and says how its table looks.

use std::{io::Write as _, sync::LazyLock};

use anyhow::Context as _;
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, SerializeOptions};
use serde_json::Value;

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Table,
    /// The answer as protobuf JSON.
    Json,
    /// The same as YAML.
    Yaml,
    /// Resource names only, one a line.
    Name,
}

/// A column: its heading, and where its value is in the JSON of a row (`a.b.c`).
pub(crate) type Column = (&'static str, &'static str);

/// How the table of an answer looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View {
    /// Rows under `items`, one each.
    List { items: &'static str, columns: &'static [Column] },
    /// One thing, one field a line.
    Record { at: &'static str, fields: &'static [Column] },
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
    debug_assert_eq!(dynamic.descriptor().full_name(), M::full_name());
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

/// Prints the JSON of an answer on stdout.
pub(crate) fn print_value(output: Output, value: &Value, view: View) -> anyhow::Result<()> {
    let text = match output {
        Output::Json => format!("{}\n", serde_json::to_string_pretty(value)?),
        Output::Yaml => serde_yaml_ng::to_string(value)?,
        Output::Name => names(value, view),
        Output::Table => table(value, view),
    };
    write(&text)
}

/// Writes data to stdout; a reader that has gone away is not a failure.
pub(crate) fn write(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn names(value: &Value, view: View) -> String {
    let mut text = String::new();
    for row in rows(value, view) {
        if let Some(name) = row.get("name").and_then(Value::as_str) {
            text.push_str(name);
            text.push('\n');
        }
    }
    text
}

fn rows(value: &Value, view: View) -> Vec<&Value> {
    match view {
        View::List { items, .. } => {
            at(value, items).and_then(Value::as_array).map(|rows| rows.iter().collect()).unwrap_or_default()
        }
        View::Record { at: path, .. } => at(value, path).into_iter().collect(),
    }
}

fn table(value: &Value, view: View) -> String {
    let mut table = bare_table();
    match view {
        View::List { columns, .. } => {
            table.set_header(columns.iter().map(|(heading, _)| *heading));
            for row in rows(value, view) {
                table.add_row(columns.iter().map(|(_, path)| at(row, path).map(plain).unwrap_or_default()));
            }
        }
        View::Record { fields, .. } => {
            for row in rows(value, view) {
                for (heading, path) in fields {
                    let text = at(row, path).map(plain).unwrap_or_default();
                    if !text.is_empty() {
                        table.add_row([(*heading).to_owned(), text]);
                    }
                }
            }
        }
    }
    tidy(&table)
}

/// A table without rules, wrapped to the terminal.
pub(crate) fn bare_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// A table's text without trailing blanks.
pub(crate) fn tidy(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end().strip_prefix(' ').unwrap_or(line.trim_end()));
        text.push('\n');
    }
    text
}

/// The value at a dotted path; an empty path is the value itself.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    path.split('.').try_fold(value, |value, key| match value {
        Value::Array(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
        other => other.get(key),
    })
}

/// A value as one cell of text.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !plain(value).is_empty())
            .map(|(key, value)| format!("{key} {}", plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}
