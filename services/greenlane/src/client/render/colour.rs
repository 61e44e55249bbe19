//! Colour for eyes: on a terminal, unless NO_COLOR says otherwise; through a pipe only when CLICOLOR_FORCE asks for it.

use std::{io::IsTerminal as _, sync::LazyLock};

use comfy_table::{Attribute, Cell, Color};

/// Whether stdout is coloured (no-color.org, bixense.com/clicolors).
static WANTED: LazyLock<bool> = LazyLock::new(|| {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !refused && (set("CLICOLOR_FORCE") || (!dumb && std::io::stdout().is_terminal()))
});

/// Words that say how something stands: those of our enums, and those of verdicts and checks.
const TONES: [(Color, &[&str]); 3] = [
    (Color::Green, &["active", "published", "approved", "accepted", "recognised", "met", "ok", "serving", "ACCEPTED"]),
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

/// A cell, in the colour of its word if it is one that tells.
pub(crate) fn cell(text: impl Into<String>) -> Cell {
    let text = text.into();
    let tone = wanted().then(|| TONES.iter().find(|(_, words)| words.contains(&text.trim_end()))).flatten();
    match tone {
        Some((colour, _)) => Cell::new(text).fg(*colour),
        None => Cell::new(text),
    }
}

/// The heading of a column.
pub(crate) fn heading(text: &str) -> Cell {
    if wanted() { Cell::new(text).add_attribute(Attribute::Bold) } else { Cell::new(text) }
}
