//! What is open: an entry, or a change set with what it does, whom it concerns, what is wrong with it and what was said of
//! it.

use serde_json::Value;

use super::{AsRead, Ask};
use crate::client::{
    commands::change::{diff, totals, workflow},
    input::parse_message,
    render::{self, cell_text},
};

/// One thing, and what is known of it so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Detail {
    pub(in super::super) name: String,
    pub(in super::super) scroll: u16,
    etag: Option<String>,
    /// Whether it is known what it does.
    has_diff: bool,
    itself: String,
    on_it: String,
    does: String,
    breaks: String,
    wrong: String,
    said: String,
}

impl Detail {
    pub(super) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// The etag of a change set that has come.
    pub(super) fn etag(&self) -> Option<String> {
        self.etag.clone()
    }

    /// Whether a change set has come, and what it does.
    pub(super) fn is_read(&self) -> bool {
        self.etag.is_some() && self.has_diff
    }

    /// Takes a part that has come. One that was asked for behind another etag is of an earlier asking, and of what the change
    /// set was then: it came late.
    pub(super) fn take(&mut self, ask: &Ask, answer: &Value) {
        match ask {
            Ask::Diff(_, read) | Ask::Check(_, read) | Ask::Impact(read) if read.etag != self.etag => {}
            Ask::Entry(kind, _) => self.itself = document(answer, kind.field()),
            Ask::OnList(name) => {
                self.on_it = lines(answer, "entries", on_list);
                if has_more(answer) {
                    self.on_it.push_str(&format!("and more: see all with `greenlane list entries {name} --all`\n"));
                }
            }
            Ask::ChangeSet(..) => {
                let etag = answer.pointer("/changeSet/etag").and_then(Value::as_str);
                self.etag = etag.map(str::to_owned);
                self.itself = document(answer, "changeSet");
                // What it does is read again behind this etag.
                self.has_diff = false;
            }
            Ask::Diff(of, AsRead { name, .. }) => {
                let diffs = answer.get("diffs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                self.does = diff::text(diffs).unwrap_or_else(|error| format!("{error:#}\n"));
                if has_more(answer) {
                    self.does.push_str(&format!("and more: see all with `{} diff {name}`\n", of.commands()));
                }
                self.has_diff = true;
            }
            Ask::Check(..) => {
                let findings = lines(answer, "findings", |it| {
                    format!(
                        "{} {}: {} ({})",
                        cell_text(it, "entry"),
                        cell_text(it, "field"),
                        cell_text(it, "message"),
                        cell_text(it, "code")
                    )
                });
                let tightens = lines(answer, "tightening", |it| {
                    format!("tightens: {} {}", cell_text(it, "entry"), cell_text(it, "what"))
                });
                let duty = workflow::duty_of(answer).map(|duty| duty + "\n").unwrap_or_default();
                let findings = if findings.is_empty() { "nothing is wrong with it\n".to_owned() } else { findings };
                self.wrong = findings + &tightens + &duty;
            }
            Ask::Comments(..) => {
                self.said = lines(answer, "comments", |it| {
                    let who = [cell_text(it, "author"), cell_text(it, "economy")].join(" ");
                    format!("{} {}: {}", cell_text(it, "commentedAt"), who.trim(), cell_text(it, "text"))
                });
            }
            Ask::Impact(_) => {
                let preview = serde_json::to_string(answer).ok().and_then(|text| parse_message(&text).ok());
                self.breaks = preview.map(|it| totals(&it).join("\n") + "\n").unwrap_or_default();
            }
            Ask::List(_) | Ask::Review { .. } | Ask::Publish { .. } => {}
        }
    }

    /// The text, part by part under headings: what is decided on comes before the record.
    pub(in super::super) fn text(&self) -> String {
        let record = if self.does.is_empty() { "" } else { "THE CHANGE SET" };
        let parts = [
            ("WHAT IT DOES", &self.does),
            ("WHOM IT CONCERNS", &self.breaks),
            ("CHECK", &self.wrong),
            ("COMMENTS", &self.said),
            (record, &self.itself),
            ("ENTRIES", &self.on_it),
        ];
        let parts = parts.iter().filter(|(_, text)| !text.is_empty());
        let parts = parts
            .map(|(heading, text)| if heading.is_empty() { (*text).clone() } else { format!("{heading}\n{text}") });
        parts.collect::<Vec<_>>().join("\n")
    }
}

/// An entry of a green list in a line: its code, when it is on the list, and which part of the code.
fn on_list(entry: &Value) -> String {
    let date = |word: &str, field: &str| match cell_text(entry, field) {
        date if date.is_empty() => date,
        date => format!(" {word} {date}"),
    };
    let part = match cell_text(entry, "exDescriptions.0.texts.0.text") {
        text if !text.is_empty() => format!(": {text}"),
        _ if entry.get("ex") == Some(&Value::Bool(true)) => ": part only".to_owned(),
        _ => String::new(),
    };
    [cell_text(entry, "code"), date("since", "effectiveFrom"), date("until", "effectiveTo"), part].concat()
}

fn has_more(answer: &Value) -> bool {
    answer.get("nextPageToken").and_then(Value::as_str).is_some_and(|token| !token.is_empty())
}

fn document(answer: &Value, at: &'static str) -> String {
    render::document(answer, at).unwrap_or_else(|error| format!("{error:#}\n"))
}

fn lines(answer: &Value, items: &str, line: impl Fn(&Value) -> String) -> String {
    let items = answer.get(items).and_then(Value::as_array).into_iter().flatten();
    items.map(|item| line(item) + "\n").collect()
}
