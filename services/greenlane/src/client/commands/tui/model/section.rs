//! What the browser lists: its sections, and the rows of each.

use clap::ValueEnum as _;
use serde_json::Value;

use crate::client::{
    commands::{catalogue::Kind, change::workflow::Of},
    render::cell_text,
};

/// What the list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Section {
    /// Change sets that are not at their end.
    Changes(Of),
    /// Entries of the catalogue.
    Entries(Kind),
}

impl Section {
    /// Every one, in order.
    pub(in super::super) fn all() -> Vec<Self> {
        let changes = [Self::Changes(Of::Catalogue), Self::Changes(Of::Codes)];
        changes.into_iter().chain(Kind::value_variants().iter().map(|kind| Self::Entries(*kind))).collect()
    }

    /// What it is called.
    pub(in super::super) fn title(self) -> String {
        match self {
            Self::Changes(Of::Catalogue) => "Pending changes".to_owned(),
            Self::Changes(Of::Codes) => "Pending code changes".to_owned(),
            Self::Entries(kind) => {
                kind.to_possible_value().map(|it| it.get_name().replace('-', " ")).unwrap_or_default()
            }
        }
    }

    /// Where its rows are in an answer.
    pub(in super::super) fn items(self) -> &'static str {
        match self {
            Self::Changes(_) => "changeSets",
            Self::Entries(kind) => kind.items(),
        }
    }

    /// Headings of its list, and where their values are.
    pub(in super::super) fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Changes(_) => {
                &[("STATE", "state"), ("TITLE", "title"), ("AUTHOR", "author"), ("CREATED", "createdAt")]
            }
            Self::Entries(kind) => kind.columns(),
        }
    }
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Row {
    pub(in super::super) name: String,
    pub(in super::super) cells: Vec<String>,
}

/// The rows of an answer; of change sets those that somebody still has to do something about.
pub(super) fn rows(section: Section, answer: &Value) -> Vec<Row> {
    let pending = |item: &&Value| {
        let state = item.get("state").and_then(Value::as_str).unwrap_or_default();
        let ended = ["PUBLISHED", "REJECTED", "WITHDRAWN"].iter().any(|end| state.ends_with(end));
        !matches!(section, Section::Changes(_)) || !ended
    };
    let found = answer.get(section.items()).and_then(Value::as_array).into_iter().flatten().filter(pending);
    found
        .map(|item| Row {
            name: item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            cells: section.columns().iter().map(|(_, path)| cell_text(item, path)).collect(),
        })
        .collect()
}
