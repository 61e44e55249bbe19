//! A list of many pages: written as its pages come, and never held as a whole.

use std::io::{ErrorKind, Write};

use clap::Args;
use serde_json::Value;

use super::{Column, Output, View, at, bare_table, cell, colour, fit, names, narrow, rows, talk};

/// The most rows that a service gives at once.
const PAGE_ROWS: u64 = 1_000;

/// How much of a list is wanted.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Limit<const DEFAULT: u64 = 50> {
    // Not clap's own default: it remembers one for all numbers that stand for `DEFAULT`.
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u64).range(1..),
        help = format!("At most this many [default: {DEFAULT}]")
    )]
    limit: Option<u64>,
    /// All of them, however many there are.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

impl<const DEFAULT: u64> Limit<DEFAULT> {
    /// How many rows are wanted.
    pub(crate) fn rows(self) -> u64 {
        if self.all { u64::MAX } else { self.limit.unwrap_or(DEFAULT) }
    }
}

/// A list while it is written.
pub(crate) struct Pages<W> {
    output: Output,
    items: &'static str,
    name: &'static str,
    columns: &'static [Column],
    out: W,
    /// Widths of the columns, from the first page that has rows.
    widths: Vec<u16>,
    /// How many things were given, and how many rows they were written in.
    given: u64,
    written: u64,
    begun: bool,
    /// The columns that a table has room for, by its first page that has rows.
    shown: Option<Vec<Column>>,
    /// Whether each row is lines of its own, as those of the first page had no room beside one another.
    below: bool,
}

impl<W: Write> Pages<W> {
    /// Nothing written yet. The view is a list.
    pub(crate) fn new(output: Output, view: View, out: W) -> anyhow::Result<Self> {
        let View::List { items, name, columns } = view else {
            anyhow::bail!("only lists come in pages");
        };
        let (widths, given, written) = (Vec::new(), 0, 0);
        Ok(Self { output, items, name, columns, out, widths, given, written, begun: false, shown: None, below: false })
    }

    /// How many things to ask for next, of as many as are `wanted`; none when there are enough.
    pub(crate) fn next(&self, wanted: u64) -> Option<i32> {
        let left = wanted.saturating_sub(self.given).min(PAGE_ROWS);
        i32::try_from(left).ok().filter(|things| *things > 0)
    }

    /// Writes a page; in a table each of its things is the rows that `show` makes of it. False when nobody reads any more.
    pub(crate) fn page_as(&mut self, answer: &mut Value, show: impl Fn(&mut Value)) -> anyhow::Result<bool> {
        self.given += rows(answer, self.view()).len() as u64;
        if matches!(self.output, Output::Table | Output::Csv) {
            show(answer);
        }
        self.rows_of(answer)
    }

    /// Writes a page as it is.
    pub(crate) fn page(&mut self, answer: &Value) -> anyhow::Result<bool> {
        self.given += rows(answer, self.view()).len() as u64;
        self.rows_of(answer)
    }

    fn rows_of(&mut self, answer: &Value) -> anyhow::Result<bool> {
        let text = self.text(answer)?;
        self.written += rows(answer, self.view()).len() as u64;
        self.begun = true;
        self.write(&text)
    }

    /// Writes what stands behind the rows, given the last page.
    pub(crate) fn end(&mut self, last: &Value) -> anyhow::Result<()> {
        let rest = last.as_object().into_iter().flatten().filter(|(member, _)| *member != self.items);
        let rest: serde_json::Map<String, Value> = rest.map(|(name, value)| (name.clone(), value.clone())).collect();
        let text = match self.output {
            Output::Json => {
                let rest = serde_json::to_string_pretty(&rest)?;
                let rest = rest.strip_prefix('{').filter(|rest| *rest != "}").unwrap_or("\n}");
                let comma = if rest == "\n}" { "" } else { "," };
                let close = if self.written == 0 { "]" } else { "\n  ]" };
                format!("{close}{comma}{rest}\n")
            }
            Output::Yaml => {
                let none = if self.written == 0 { format!("{}: []\n", self.items) } else { String::new() };
                let rest = if rest.is_empty() { String::new() } else { super::yaml::text(&rest)? };
                none + &rest
            }
            Output::Table | Output::Csv | Output::Name => String::new(),
        };
        self.write(&text)?;
        let more = last.get("nextPageToken").and_then(Value::as_str).is_some_and(|token| !token.is_empty());
        if more && matches!(self.output, Output::Table | Output::Csv | Output::Name) {
            talk("there are more than these: --all lists them all");
        }
        if self.output == Output::Table && self.written == 0 {
            talk("there are none");
        }
        let shown = self.shown.as_deref().unwrap_or(self.columns);
        narrow::left_out(self.columns, shown).iter().for_each(|told| talk(told));
        Ok(())
    }

    fn view(&self) -> View {
        View::List { items: self.items, name: self.name, columns: self.columns }
    }

    fn text(&mut self, answer: &Value) -> anyhow::Result<String> {
        let view = self.view();
        let rows = rows(answer, view);
        Ok(match self.output {
            Output::Name => names(answer, view),
            Output::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                if !self.begun {
                    writer.write_record(self.columns.iter().map(|(heading, _)| *heading))?;
                }
                for row in rows {
                    writer.write_record(self.columns.iter().map(|(_, path)| cell::text(row, path)))?;
                }
                String::from_utf8(writer.into_inner()?)?
            }
            Output::Json => {
                let mut text = if self.begun { String::new() } else { format!("{{\n  \"{}\": [", self.items) };
                let mut first = self.written == 0;
                for row in rows {
                    let row = serde_json::to_string_pretty(row)?.replace('\n', "\n    ");
                    text.push_str(&format!("{}\n    {row}", if first { "" } else { "," }));
                    first = false;
                }
                text
            }
            Output::Yaml => {
                let head =
                    if self.written == 0 && !rows.is_empty() { format!("{}:\n", self.items) } else { String::new() };
                if rows.is_empty() { head } else { head + &super::yaml::text(&rows)? }
            }
            Output::Table => {
                let whole = !self.begun && answer.get("nextPageToken").is_some_and(|token| token == "");
                self.table(&rows, whole)
            }
        })
    }

    /// The rows of a page, in columns at least as wide as those of the first.
    fn table(&mut self, rows: &[&Value], whole: bool) -> String {
        let mut table = bare_table();
        if self.shown.is_none() && !rows.is_empty() && !self.begun {
            self.shown = Some(narrow::shown(self.columns, rows));
        }
        let columns = self.shown.clone().unwrap_or_else(|| self.columns.to_vec());
        if self.below {
            if rows.is_empty() {
                return String::new();
            }
            // What was told before is parted from it as rows are.
            table.set_header(columns.iter().map(|(heading, _)| colour::heading(heading)));
            table.add_rows(rows.iter().map(|row| columns.iter().map(|(_, path)| cell::text(row, path))));
            return format!("\n{}", fit::below(&table));
        }
        if !self.begun {
            table.set_header(columns.iter().map(|(heading, _)| colour::heading(heading)));
        }
        for (index, row) in rows.iter().enumerate() {
            let texts = columns.iter().map(|(_, path)| cell::text(row, path));
            let texts: Vec<String> =
                if index == 0 && self.begun { padded(texts.collect(), &self.widths) } else { texts.collect() };
            table.add_row(texts.into_iter().map(colour::cell));
        }
        if !self.begun {
            self.widths = table.column_max_content_widths();
        }
        if fit::fits(&mut table, whole) || self.begun {
            return fit::lines(&table);
        }
        self.below = true;
        fit::below(&table)
    }

    fn write(&mut self, text: &str) -> anyhow::Result<bool> {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }
}

/// The cells of a row, each with blanks behind it up to its column's width.
fn padded(texts: Vec<String>, widths: &[u16]) -> Vec<String> {
    let mut own = bare_table();
    own.add_row(&texts);
    let own = own.column_max_content_widths();
    let texts = texts.into_iter().enumerate();
    texts
        .map(|(index, text)| {
            let missing = widths.get(index).copied().unwrap_or(0).saturating_sub(own.get(index).copied().unwrap_or(0));
            // A text that is nothing counts as one column wide.
            let missing = usize::from(missing) + usize::from(text.is_empty() && missing > 0);
            text + &" ".repeat(missing)
        })
        .collect()
}

/// The token of the page behind this one; none at the end.
pub(crate) fn next_page(answer: &Value) -> Option<String> {
    let token = at(answer, "nextPageToken").and_then(Value::as_str)?;
    (!token.is_empty()).then(|| token.to_owned())
}

#[cfg(test)]
mod tests;
