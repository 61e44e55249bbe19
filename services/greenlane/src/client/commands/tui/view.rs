//! How the browser looks.

use std::borrow::Cow;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Span, Text},
    widgets::{Block, Borders, Clear, List, ListState, Paragraph, Row as Cells, Table, TableState, Wrap},
};

use super::model::{Detail, Mode, Model, Row, Section, Step};
use crate::client::render::{colour, line::folded_in};

/// Columns from which list and detail stand side by side.
const WIDE: u16 = 110;
/// Columns from which the sections stand beside the list; where there are fewer the one that is shown stands above it.
const ROOMY: u16 = 80;
/// Lines of a list above what is open at least.
const LISTED: u16 = 4;

const HELP: &str = "\
tab, left, right   another section
up, down, j, k     another row
enter              open it: what it does, whom it concerns, what is wrong; comments
page up, page down scroll what is open
/                  show only rows that have a text; esc shows all
a, r               approve or reject the open change set
p                  publish the open change set
R                  ask again
esc                close what is open
q                  leave";

/// Lines at the bottom at most.
const MOST_TOLD: u16 = 4;

/// Draws it.
pub(super) fn draw(frame: &mut Frame<'_>, model: &mut Model) {
    let told = folded_in(&status(model), usize::from(frame.area().width));
    let foot = u16::try_from(told.lines().count()).unwrap_or(1).clamp(1, MOST_TOLD);
    let [middle, bottom] = Layout::vertical([Constraint::Min(3), Constraint::Length(foot)]).areas(frame.area());
    let right = if middle.width < ROOMY {
        let [top, below] = Layout::vertical([Constraint::Length(1), Constraint::Min(2)]).areas(middle);
        section(frame, model, top);
        below
    } else {
        let titles = model.sections.iter().map(|section| section.title().chars().count()).max().unwrap_or(0);
        let titles = u16::try_from(titles + 1).unwrap_or(u16::MAX);
        let [left, right] = Layout::horizontal([Constraint::Length(titles), Constraint::Min(20)]).areas(middle);
        sections(frame, model, left);
        right
    };
    match model.detail.clone() {
        None => rows(frame, model, right),
        Some(mut detail) => {
            let halves = [Constraint::Percentage(45), Constraint::Percentage(55)];
            // What is open has the room that the list does not need.
            let rows_and_head = u16::try_from(model.visible().len() + 2).unwrap_or(u16::MAX);
            let listed = rows_and_head.clamp(LISTED, LISTED.max(right.height / 3));
            let split = if right.width >= WIDE {
                Layout::horizontal(halves)
            } else {
                Layout::vertical([Constraint::Length(listed), Constraint::Min(3)])
            };
            let [list, open] = split.areas(right);
            rows(frame, model, list);
            opened(frame, &mut detail, open);
            // No further than its end.
            model.detail = Some(detail);
        }
    }
    frame.render_widget(Paragraph::new(told).style(dim()), bottom);
    popup(frame, model);
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn chosen() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

fn sections(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let titles = model.sections.iter().map(|section| section.title());
    let list = List::new(titles).block(Block::new().borders(Borders::RIGHT)).highlight_style(chosen());
    frame.render_stateful_widget(list, area, &mut ListState::default().with_selected(Some(model.section)));
}

/// The section that is shown, in a line.
fn section(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let (number, all) = (model.section + 1, model.sections.len());
    let text = format!("‹ {} › {number} of {all}", model.shown().title());
    frame.render_widget(Paragraph::new(text).style(chosen()), area);
}

fn rows(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let visible = model.visible();
    let columns = model.shown().columns();
    let widths = widths(model.shown(), &visible, area.width);
    let columns = &columns[..widths.len()];
    let places = Layout::horizontal(&widths).spacing(SPACING).split(area);
    let lines = visible.iter().map(|row| {
        let tone = row.cells.first().and_then(|cell| tone(cell)).unwrap_or_default();
        Cells::new(row.cells.iter().zip(places.iter()).map(|(cell, place)| cut(cell, place.width))).style(tone)
    });
    let title = match (model.filter.as_str(), visible.len(), &model.unknown) {
        // What could not be read is not none.
        (_, 0, Some(why)) => format!(" not known: {} ", why.lines().next().unwrap_or_default()),
        (_, number, Some(_)) => format!(" {number}, as they were "),
        ("", number, None) => format!(" {number} "),
        (filter, number, None) => format!(" {number} with `{filter}` "),
    };
    // Whole, however narrow its column is.
    let title = match visible.get(model.selected) {
        Some(row) => format!("{title}· {} ", row.name),
        None => title,
    };
    let table = Table::new(lines, widths)
        .column_spacing(SPACING)
        .header(Cells::new(columns.iter().map(|(heading, _)| *heading)).style(dim()))
        .block(Block::new().title(title))
        .row_highlight_style(chosen());
    let selected = (!visible.is_empty()).then_some(model.selected);
    frame.render_stateful_widget(table, area, &mut TableState::default().with_selected(selected));
}

/// Between two columns.
const SPACING: u16 = 1;

/// What of a text has room, with a mark where that is not all.
fn cut(text: &str, room: u16) -> Cow<'_, str> {
    let fits = |text: &str, room: u16| Span::raw(text).width() <= usize::from(room);
    if fits(text, room) {
        return text.into();
    }
    // No character takes less than nothing: behind so many none has room.
    let head: String = text.chars().take(usize::from(room)).collect();
    let mut ends = head.char_indices().rev().map(|(end, _)| &head[..end]);
    let kept = ends.find(|kept| fits(kept, room.saturating_sub(1))).unwrap_or_default();
    format!("{}…", kept.trim_end()).into()
}

/// Columns of a table that is to be read.
const READABLE: u16 = 10;

/// How wide each column is; those that do not fit are left out, from the last. Names of entries stay whole.
fn widths(section: Section, rows: &[&Row], room: u16) -> Vec<Constraint> {
    let columns = section.columns();
    if let Section::Changes(_) = section {
        let day_only = room < 80;
        return columns
            .iter()
            .map(|(heading, _)| match *heading {
                "STATE" => Constraint::Length(10),
                "TITLE" => Constraint::Fill(2),
                "CREATED" => Constraint::Length(if day_only { 10 } else { 20 }),
                _ => Constraint::Fill(1),
            })
            .collect();
    }
    let longest = rows.iter().filter_map(|row| row.cells.first()).map(|name| name.chars().count()).max().unwrap_or(0);
    let name = u16::try_from(longest.max(4)).unwrap_or(u16::MAX).min(room);
    let others = usize::from((room - name) / (READABLE + 1)).min(columns.len() - 1);
    std::iter::once(Constraint::Length(name)).chain(std::iter::repeat_n(Constraint::Fill(1), others)).collect()
}

fn tone(state: &str) -> Option<Style> {
    let tone = match state {
        "approved" => Color::Green,
        "proposed" | "notified" => Color::Yellow,
        _ => return None,
    };
    colour::wanted().then(|| Style::new().fg(tone))
}

fn opened(frame: &mut Frame<'_>, detail: &mut Detail, area: Rect) {
    let text = folded_in(&detail.text(), usize::from(area.width));
    let text = if text.is_empty() { Text::from("…") } else { Text::from(text) };
    let room = area.height.saturating_sub(1);
    let lines = u16::try_from(text.lines.len()).unwrap_or(u16::MAX);
    detail.scroll = detail.scroll.min(lines.saturating_sub(room));
    let more = match lines.saturating_sub(room).saturating_sub(detail.scroll) {
        0 => String::new(),
        more => format!("· {more} more below, page down "),
    };
    let block = Block::new().borders(Borders::TOP).title(format!(" {} {more}", detail.name));
    let paragraph = Paragraph::new(text).block(block).wrap(Wrap { trim: false }).scroll((detail.scroll, 0));
    frame.render_widget(paragraph, area);
}

fn status(model: &Model) -> String {
    match &model.mode {
        Mode::Filter => format!("show only: {}_", model.filter),
        _ if !model.note.is_empty() => model.note.clone(),
        _ if model.waiting > 0 => "asking …".to_owned(),
        _ => "enter open · tab section · / search · a, r, p decide · ? help · q leave".to_owned(),
    }
}

/// What is asked of the user.
fn popup(frame: &mut Frame<'_>, model: &Model) {
    let name = model.detail.as_ref().map(|detail| detail.name.as_str()).unwrap_or_default();
    let verb = |step: &Step| match step {
        Step::Approve => "Approve",
        Step::Reject => "Reject",
        Step::Publish => "Publish",
    };
    let (title, text) = match &model.mode {
        Mode::Browse | Mode::Filter => return,
        Mode::Help => (" Keys ".to_owned(), HELP.to_owned()),
        Mode::Comment(step, text) => {
            (format!(" {} {name} ", verb(step)), format!("Comment: {text}_\n\nenter goes on · esc leaves it"))
        }
        Mode::Confirm(step, comment) => {
            let said = if comment.is_empty() { String::new() } else { format!("\n“{comment}”\n") };
            (
                format!(" {} ", verb(step)),
                format!("{} {name}?\n{said}\ny does it · any other key leaves it", verb(step)),
            )
        }
    };
    let area = frame.area();
    let width = area.width.min(76);
    // Within the border.
    let text = folded_in(&text, usize::from(width.saturating_sub(2)));
    let lines = u16::try_from(text.lines().count()).unwrap_or(u16::MAX);
    let height = area.height.min(lines.saturating_add(2));
    // What is asked stands at the end.
    let above = lines.saturating_sub(height.saturating_sub(2));
    let at = Rect::new((area.width - width) / 2, (area.height - height) / 2, width, height);
    frame.render_widget(Clear, at);
    let paragraph = Paragraph::new(text).wrap(Wrap { trim: false }).block(Block::bordered().title(title));
    frame.render_widget(paragraph.scroll((above, 0)), at);
}
