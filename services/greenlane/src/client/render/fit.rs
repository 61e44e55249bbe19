//! Tables that fit the terminal. Names, numbers and moments stay whole: where they have no room beside one another, each row
//! becomes lines of its own, a heading and a value each, as `psql` has it.

use comfy_table::{Cell, ColumnConstraint, Row, Table, Width};

use super::{LONGEST_NAME, LONGEST_WORD, PROSE, SHORTEST_BREAK, colour, line};
use crate::client::exit::lists_all;

/// Settles how wide each column is at least. False when the terminal has no room for them. In a table that is `whole`, a
/// column of nothing is left out.
pub(super) fn fits(table: &mut Table, whole: bool) -> bool {
    let Some(terminal) = table.width() else { return true };
    // The blanks before the first column and behind the last are taken off.
    let room = terminal.saturating_add(2);
    table.set_width(room);
    let needs: Vec<Option<Need>> = (0..table.column_count()).map(|at| Need::of(table, at, whole)).collect();
    let padding: usize = table.column_iter().map(|column| usize::from(column.padding_width())).sum();
    let width = |most: usize| needs.iter().flatten().map(|need| need.width(most)).sum::<usize>() + padding;
    let most = (LONGEST_NAME..=LONGEST_WORD).rev().find(|most| width(*most) <= usize::from(room));
    let most_or_least = most.unwrap_or(LONGEST_NAME);
    for (column, need) in table.column_iter_mut().zip(&needs) {
        let least = need.as_ref().and_then(|need| u16::try_from(need.width(most_or_least)).ok());
        column.set_constraint(match least {
            Some(least) => ColumnConstraint::LowerBoundary(Width::Fixed(least + column.padding_width())),
            None => ColumnConstraint::Hidden,
        });
    }
    if most.is_none() {
        table.set_width(terminal);
    }
    most.is_some()
}

/// What a column needs.
struct Need {
    /// The longest word.
    longest: usize,
    /// The longest word that stays whole: a resource name, or what is no longer than most of these.
    name: usize,
    /// How wide a cell of several words is at least.
    prose: usize,
}

impl Need {
    /// That of a column; none for one of nothing, in a table that is `whole`.
    fn of(table: &Table, at: usize, whole: bool) -> Option<Self> {
        let cells: Vec<String> = table.row_iter().map(|row| content(row, at)).collect();
        if whole && !cells.is_empty() && cells.iter().all(|cell| cell.trim().is_empty()) {
            return None;
        }
        let heading = table.header().map(|row| content(row, at));
        let words = cells.iter().chain(&heading).flat_map(|text| text.split_whitespace());
        // Chinese has no blanks, and may be broken anywhere.
        let lengths: Vec<(usize, bool)> =
            words.map(|word| if word.is_ascii() { (word.len(), is_name(word)) } else { (1, false) }).collect();
        let kept = lengths.iter().filter(|(length, is_name)| *is_name || *length <= LONGEST_NAME);
        let prose = cells.iter().filter(|cell| cell.trim().contains(' ')).map(|cell| cell.chars().count().min(PROSE));
        Some(Self {
            longest: lengths.iter().map(|(length, _)| *length).max().unwrap_or_default().min(LONGEST_WORD),
            name: kept.map(|(length, _)| *length).max().unwrap_or_default(),
            prose: prose.max().unwrap_or_default(),
        })
    }

    /// How wide it is where no more than so much of a word must stay together.
    fn width(&self, most: usize) -> usize {
        let word = if self.longest > most { SHORTEST_BREAK } else { self.longest };
        word.max(self.name).max(self.prose)
    }
}

/// Whether a word is a resource name, which is there to be copied.
fn is_name(word: &str) -> bool {
    word.split_once('/').is_some_and(|(collection, _)| lists_all(collection).is_some())
}

fn content(row: &Row, at: usize) -> String {
    row.cell_iter().nth(at).map(Cell::content).unwrap_or_default()
}

/// The rows beside their headings, as they fit.
pub(super) fn lines(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end().strip_prefix(' ').unwrap_or(line.trim_end()));
        text.push('\n');
    }
    text
}

/// Each row as lines of its own: `heading: value`, what is empty left out; where there are no headings, what stands first
/// in a row is the heading of the rest. Rows with headings have an empty line between them; of no row there are the headings.
pub(super) fn below(table: &Table) -> String {
    let room = table.width().map_or(usize::MAX, usize::from);
    let headings: Option<Vec<String>> = table.header().map(|row| row.cell_iter().map(Cell::content).collect());
    if table.row_iter().next().is_none() {
        let headings = headings.unwrap_or_default().join(", ");
        return line::wrapped(&headings, room).into_iter().map(|line| line + "\n").collect();
    }
    let mut text = String::new();
    for (number, row) in table.row_iter().enumerate() {
        let cells: Vec<String> = row.cell_iter().map(|cell| cell.content().trim().to_owned()).collect();
        match &headings {
            Some(headings) => {
                if number > 0 {
                    text.push('\n');
                }
                for (heading, cell) in headings.iter().zip(&cells).filter(|(_, cell)| !cell.is_empty()) {
                    text.push_str(&pair(heading, cell, room));
                }
            }
            None => {
                let (heading, rest) = cells.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
                let rest: Vec<&str> = rest.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
                text.push_str(&pair(heading, &rest.join("  "), room));
            }
        }
    }
    text
}

/// `heading: value`; what does not fit goes on below it, indented.
fn pair(heading: &str, value: &str, room: usize) -> String {
    let mut parts = value.lines();
    let first = parts.next().unwrap_or_default();
    let begin = match (heading.is_empty(), first.is_empty()) {
        (true, _) => format!("  {first}"),
        (false, true) => heading.to_owned(),
        (false, false) => format!("{heading}: {first}"),
    };
    let mut text = String::new();
    for (index, part) in std::iter::once(begin.as_str()).chain(parts).enumerate() {
        let indent = if index == 0 { 0 } else { 2 };
        for (further, piece) in line::wrapped(part, room.saturating_sub(2)).iter().enumerate() {
            let indent = if further == 0 { indent } else { 2 };
            text.push_str(&format!("{:indent$}{piece}\n", ""));
        }
    }
    match text.strip_prefix(heading) {
        Some(rest) if !heading.is_empty() => format!("{}{}", colour::strong(heading), coloured(rest, first)),
        _ => text,
    }
}

/// The rest of a line, its value in the colour of its word if it is one that tells.
fn coloured(rest: &str, value: &str) -> String {
    match rest.strip_prefix(": ").and_then(|it| it.strip_prefix(value)) {
        Some(end) => format!(": {}{end}", colour::word(value)),
        None => rest.to_owned(),
    }
}
