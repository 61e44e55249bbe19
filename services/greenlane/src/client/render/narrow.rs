//! Columns that give way where the terminal has no room for all: what matters least is left out, and that is said. CSV has
//! them whatever the width.

use comfy_table::Table;
use serde_json::Value;

use super::{Column, ROOM, bare_table, cell, fit};

/// What has several words is to have so many columns, if it is as wide.
const LINE: usize = 24;
/// Between two columns.
const GAP: usize = 2;

/// The columns that are shown of some rows. Where not even those fit that never give way, none does: each row is then lines
/// of its own.
pub(super) fn shown(columns: &[Column], rows: &[&Value]) -> Vec<Column> {
    if ROOM.is_none() || rows.is_empty() {
        return columns.to_vec();
    }
    shown_in(columns, rows, bare_table)
}

fn shown_in(columns: &[Column], rows: &[&Value], begun: impl Fn() -> Table) -> Vec<Column> {
    let mut shown = columns.to_vec();
    let room = begun().width().map_or(usize::MAX, usize::from);
    while wanted(&shown, rows) > room {
        let gives_way = shown.iter().enumerate().filter_map(|(at, column)| Some((order(column)?, at)));
        let Some((_, at)) = gives_way.max() else { break };
        shown.remove(at);
    }
    let mut table = begun();
    table.set_header(shown.iter().map(|(heading, _)| *heading));
    table.add_rows(rows.iter().map(|row| shown.iter().map(|(_, path)| cell::text(row, path))));
    if fit::fits(&mut table, true) { shown } else { columns.to_vec() }
}

/// The width in which columns are read with ease: words and headings are whole, and what has several words has a line.
fn wanted(columns: &[Column], rows: &[&Value]) -> usize {
    // Chinese letters have two columns.
    let wide = |text: &str| text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let width = |(heading, path): &Column| {
        let cells = rows.iter().map(|row| cell::text(row, path));
        let widths = cells.map(|text| if text.contains(' ') { wide(&text).min(LINE) } else { wide(&text) });
        // A column of nothing is none.
        widths.max().filter(|widest| *widest > 0).map(|widest| widest.max(heading.len()) + GAP)
    };
    columns.iter().filter_map(width).sum::<usize>().saturating_sub(GAP)
}

/// When a column gives way; none if it never does.
fn order((_, path): &Column) -> Option<u8> {
    path.split_once('~')?.0.parse().ok()
}

/// What to say of columns that were left out.
pub(super) fn left_out(columns: &[Column], shown: &[Column]) -> Option<String> {
    let left: Vec<&str> = columns.iter().filter(|it| !shown.contains(it)).map(|(heading, _)| *heading).collect();
    (!left.is_empty()).then(|| format!("a wider terminal shows {} too, and -o csv", left.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: &[Column] = &[("INDEX", "2~index"), ("NAME", "name"), ("WHY", "1~why"), ("STATE", "state")];

    fn headings(width: u16) -> Vec<&'static str> {
        let row = json!({ "index": 7, "name": "certificates/GLXA", "why": "obligation-not-met", "state": "suspended" });
        let narrow = || {
            let mut table = bare_table();
            table.set_width(width);
            table
        };
        shown_in(COLUMNS, &[&row], narrow).iter().map(|(heading, _)| *heading).collect()
    }

    #[test]
    fn what_matters_least_gives_way_first_and_nothing_where_that_is_of_no_use() {
        assert_eq!(headings(80), ["INDEX", "NAME", "WHY", "STATE"]);
        assert_eq!(headings(52), ["NAME", "WHY", "STATE"]);
        assert_eq!(headings(30), ["NAME", "STATE"]);
        assert_eq!(headings(20), ["INDEX", "NAME", "WHY", "STATE"], "each row is lines of its own");
    }

    #[test]
    fn columns_that_were_left_out_are_told() {
        let told = left_out(COLUMNS, &COLUMNS[1..2]).unwrap();
        assert_eq!(told, "a wider terminal shows INDEX, WHY, STATE too, and -o csv");
        assert_eq!(left_out(COLUMNS, COLUMNS), None);
    }
}
