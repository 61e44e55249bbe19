//! How the story looks on a terminal.

use crate::client::render::{bare_table, tidy, write};

/// Columns of a page without a terminal.
const PAGE: u16 = 116;

/// Begins a chapter.
pub(super) fn chapter(number: usize, title: &str) -> anyhow::Result<()> {
    write(&format!("\n{number}. {title}\n"))
}

/// Says something.
pub(super) fn say(text: &str) -> anyhow::Result<()> {
    write(&format!("   {text}\n"))
}

/// Shows a table, indented.
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<()> {
    let mut table = bare_table();
    if !header.is_empty() {
        table.set_header(header.iter().copied());
    }
    for row in rows {
        table.add_row(row);
    }
    // Prose in columns: wrapped on a page too, where there is no terminal to fit.
    if table.width().is_none() {
        table.set_width(PAGE);
    }
    let text: String = tidy(&table).lines().map(|line| format!("   {line}\n")).collect();
    write(&text)
}
