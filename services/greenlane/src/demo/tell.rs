//! How the story looks on a terminal.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::client::render::{bare_table, tidy};

/// Whether stdout is for data.
static ON_STDERR: AtomicBool = AtomicBool::new(false);

/// From now on the story is told on stderr.
pub(super) fn talk_to_stderr() {
    ON_STDERR.store(true, Ordering::Relaxed);
}

fn write(text: &str) -> anyhow::Result<()> {
    if ON_STDERR.load(Ordering::Relaxed) {
        crate::client::render::say(text);
        Ok(())
    } else {
        crate::client::render::write(text)
    }
}

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
    let text: String = tidy(&mut table).lines().map(|line| format!("   {line}\n")).collect();
    write(&text)
}
