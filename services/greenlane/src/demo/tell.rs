//! How the story looks on a terminal.

use crate::client::render::{prose_table, tidy, write};

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
    let mut table = prose_table();
    if !header.is_empty() {
        table.set_header(header.iter().copied());
    }
    for row in rows {
        table.add_row(row);
    }
    let text: String = tidy(&table).lines().map(|line| format!("   {line}\n")).collect();
    write(&text)
}
