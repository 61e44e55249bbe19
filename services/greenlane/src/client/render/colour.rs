//! Colour for eyes: on a terminal, unless NO_COLOR says otherwise; through a pipe only when CLICOLOR_FORCE asks for it.

use std::{io::IsTerminal as _, sync::LazyLock};

use comfy_table::{Attribute, Cell, Color};

use super::visible;

/// Whether stdout is coloured (no-color.org, bixense.com/clicolors).
static WANTED: LazyLock<bool> = LazyLock::new(|| {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !refused && (forced() || (!dumb && std::io::stdout().is_terminal()))
});

/// Whether what is made for eyes is asked for through a pipe too.
pub(super) fn forced() -> bool {
    std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Words that say how something stands: those of our enums, and those of verdicts and checks.
const TONES: [(Color, &[&str]); 3] = [
    (
        Color::Green,
        &["active", "published", "approved", "accepted", "recognised", "met", "ok", "serving", "yes", "ACCEPTED"],
    ),
    (
        Color::Yellow,
        &[
            "suspended",
            "expired",
            "not-yet-valid",
            "notified",
            "proposed",
            "warning",
            "undetermined",
            "accepted-on-conditions",
            "recognised on conditions",
            "recognised in part",
            "for information only",
            "met in part",
            "?",
            "recognised-on-conditions",
            "met on conditions",
            "on conditions",
            "UNDETERMINED",
            "ACCEPTED ON CONDITIONS",
        ],
    ),
    (
        Color::Red,
        &[
            "withdrawn",
            "terminated",
            "annulled",
            "rejected",
            "refused",
            "not-recognised",
            "not met",
            "NOT MET",
            "NOT RECOGNISED",
            "no",
            "failed",
            "revoked",
            "REFUSED",
            "NO",
        ],
    ),
];

/// Whether stdout is coloured.
pub(crate) fn wanted() -> bool {
    *WANTED
}

/// The colour of a word that tells.
fn tone(word: &str) -> Option<Color> {
    TONES.iter().find(|(_, words)| words.contains(&word.trim_end())).map(|(colour, _)| *colour)
}

/// A cell, in the colour of its word if it is one that tells.
pub(crate) fn cell(text: impl Into<String>) -> Cell {
    let text = visible(&text.into()).into_owned();
    match tone(&text).filter(|_| wanted()) {
        Some(colour) => Cell::new(text).fg(colour),
        None => Cell::new(text),
    }
}

/// A word outside of a table, in its colour if it is one that tells.
pub(crate) fn word(text: &str) -> String {
    let code = match tone(text).filter(|_| wanted()) {
        Some(Color::Green) => 32,
        Some(Color::Yellow) => 33,
        Some(_) => 31,
        None => return text.to_owned(),
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// A heading outside of a table.
pub(crate) fn strong(text: &str) -> String {
    if wanted() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// The heading of a column.
pub(crate) fn heading(text: &str) -> Cell {
    if wanted() { Cell::new(text).add_attribute(Attribute::Bold) } else { Cell::new(text) }
}
