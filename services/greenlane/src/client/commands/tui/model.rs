//! The browser as a state machine: keys and answers in, questions out.

mod detail;
mod section;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::Value;

use self::section::rows;
pub(super) use self::{
    detail::Detail,
    section::{Row, Section},
};
use crate::client::commands::{catalogue::Kind, change::workflow::Of};

/// A question to the services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    List(Section),
    Entry(Kind, String),
    /// What is on a green list.
    OnList(String),
    ChangeSet(Of, String),
    Diff(Of, AsRead),
    Check(Of, AsRead),
    Comments(Of, String),
    /// Which verdicts it would change; of the catalogue's change sets only.
    Impact(AsRead),
    Review {
        of: Of,
        name: String,
        etag: String,
        approve: bool,
        comment: String,
        request_id: String,
    },
    Publish {
        of: Of,
        name: String,
        etag: String,
        request_id: String,
    },
}

/// A change set as it was when it was read. What is told of it later is of this state or of one after it, on which the
/// services let nobody decide who has read this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AsRead {
    pub(super) name: String,
    pub(super) etag: Option<String>,
}

/// What comes in.
#[derive(Debug)]
pub(super) enum Input {
    Key(KeyEvent),
    /// A text at once, which is no keys.
    Paste(String),
    Answer(Ask, Result<Value, String>),
    Redraw,
}

/// What a step on a change set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Approve,
    Reject,
    Publish,
}

/// What keys mean now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Browse,
    /// A text is typed that rows must have.
    Filter,
    /// The comment of a review is typed.
    Comment(Step, String),
    /// A step waits for a yes.
    Confirm(Step, String),
    Help,
}

/// The browser.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) sections: Vec<Section>,
    pub(super) section: usize,
    rows: Vec<Row>,
    /// Why it is not known what the section has now.
    pub(super) unknown: Option<String>,
    pub(super) selected: usize,
    pub(super) filter: String,
    pub(super) mode: Mode,
    pub(super) detail: Option<Detail>,
    /// Said at the bottom: what was done, or why not.
    pub(super) note: String,
    /// Questions that are not answered yet.
    pub(super) waiting: usize,
    /// Whether a step is on its way: there is no second one before it is known what became of it.
    deciding: bool,
    over: bool,
}

impl Model {
    /// As it begins, and what it asks first.
    pub(super) fn new() -> (Self, Vec<Ask>) {
        let mut model = Self {
            sections: Section::all(),
            section: 0,
            rows: Vec::new(),
            unknown: None,
            selected: 0,
            filter: String::new(),
            mode: Mode::Browse,
            detail: None,
            note: String::new(),
            waiting: 0,
            deciding: false,
            over: false,
        };
        let asks = model.list();
        model.waiting = asks.len();
        (model, asks)
    }

    /// Whether the user has left.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The section that is shown.
    pub(super) fn shown(&self) -> Section {
        self.sections[self.section]
    }

    /// The rows that have what is searched for.
    pub(super) fn visible(&self) -> Vec<&Row> {
        let wanted = self.filter.to_lowercase();
        let has = |text: &String| text.to_lowercase().contains(&wanted);
        self.rows.iter().filter(|row| has(&row.name) || row.cells.iter().any(has)).collect()
    }

    /// Takes what comes in, and gives what is to be asked.
    pub(super) fn take(&mut self, input: Input) -> Vec<Ask> {
        let asks = match input {
            Input::Redraw => Vec::new(),
            Input::Key(key) => self.key(key),
            Input::Paste(text) => {
                self.paste(&text);
                Vec::new()
            }
            Input::Answer(ask, answer) => {
                self.waiting = self.waiting.saturating_sub(1);
                self.answer(ask, answer)
            }
        };
        self.waiting += asks.len();
        asks
    }

    fn key(&mut self, key: KeyEvent) -> Vec<Ask> {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            self.over = true;
            return Vec::new();
        }
        // With another key it is another one, which means nothing here.
        let with_another = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        if with_another && matches!(key.code, KeyCode::Char(_)) {
            return Vec::new();
        }
        match std::mem::take(&mut self.mode) {
            Mode::Browse => self.browse(key.code),
            Mode::Help => Vec::new(),
            Mode::Filter => {
                match key.code {
                    KeyCode::Enter => return Vec::new(),
                    KeyCode::Esc => {
                        self.filter.clear();
                        self.selected = 0;
                        return Vec::new();
                    }
                    code => typed(&mut self.filter, code),
                }
                self.selected = 0;
                self.mode = Mode::Filter;
                Vec::new()
            }
            Mode::Comment(step, mut text) => {
                match key.code {
                    KeyCode::Esc => return Vec::new(),
                    KeyCode::Enter if step == Step::Reject && text.trim().is_empty() => {
                        self.note = "a rejection says why".to_owned();
                        self.mode = Mode::Comment(step, text);
                    }
                    KeyCode::Enter => self.mode = Mode::Confirm(step, text),
                    code => {
                        typed(&mut text, code);
                        self.mode = Mode::Comment(step, text);
                    }
                }
                Vec::new()
            }
            Mode::Confirm(step, comment) => match key.code {
                KeyCode::Char('y') => self.step(&step, comment),
                _ => {
                    self.note = "nothing was done".to_owned();
                    Vec::new()
                }
            },
        }
    }

    /// Takes a text where one is typed. Elsewhere it is nothing: no letter of it decides.
    fn paste(&mut self, text: &str) {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match &mut self.mode {
            Mode::Filter => {
                self.filter.push_str(&line);
                self.selected = 0;
            }
            Mode::Comment(_, comment) => comment.push_str(&line),
            Mode::Browse | Mode::Confirm(..) | Mode::Help => {}
        }
    }

    fn browse(&mut self, code: KeyCode) -> Vec<Ask> {
        self.note.clear();
        match code {
            KeyCode::Char('q') => self.over = true,
            KeyCode::Esc if self.detail.is_some() => self.detail = None,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Char('?') => self.mode = Mode::Help,
            KeyCode::Char('/') => self.mode = Mode::Filter,
            KeyCode::Tab | KeyCode::Right => return self.go(1),
            KeyCode::BackTab | KeyCode::Left => return self.go(self.sections.len() - 1),
            KeyCode::Char('R') => return self.list(),
            KeyCode::Down | KeyCode::Char('j') => self.move_by(1),
            KeyCode::Up | KeyCode::Char('k') => self.move_by(-1),
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = self.visible().len().saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll(10),
            KeyCode::PageUp => self.scroll(-10),
            KeyCode::Enter => return self.open(),
            KeyCode::Char('a') => self.begin(Mode::Comment(Step::Approve, String::new())),
            KeyCode::Char('r') => self.begin(Mode::Comment(Step::Reject, String::new())),
            KeyCode::Char('p') => self.begin(Mode::Confirm(Step::Publish, String::new())),
            _ => {}
        }
        Vec::new()
    }

    fn go(&mut self, by: usize) -> Vec<Ask> {
        self.section = (self.section + by) % self.sections.len();
        self.rows.clear();
        self.unknown = None;
        self.filter.clear();
        self.selected = 0;
        self.detail = None;
        self.list()
    }

    fn list(&self) -> Vec<Ask> {
        vec![Ask::List(self.shown())]
    }

    fn move_by(&mut self, by: isize) {
        let last = self.visible().len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// Scrolls what is open; where nothing is, the list.
    fn scroll(&mut self, by: i16) {
        match &mut self.detail {
            Some(detail) => detail.scroll = detail.scroll.saturating_add_signed(by),
            None => self.move_by(isize::from(by)),
        }
    }

    fn selected_name(&self) -> Option<String> {
        self.visible().get(self.selected).map(|row| row.name.clone())
    }

    /// Opens what is selected.
    fn open(&mut self) -> Vec<Ask> {
        let Some(name) = self.selected_name() else { return Vec::new() };
        self.look_at(name)
    }

    /// Opens what has this name.
    fn look_at(&mut self, name: String) -> Vec<Ask> {
        self.detail = Some(Detail::new(name.clone()));
        match self.shown() {
            Section::Entries(kind) if kind.is_of_lists() => vec![Ask::Entry(kind, name.clone()), Ask::OnList(name)],
            Section::Entries(kind) => vec![Ask::Entry(kind, name)],
            Section::Changes(of) => vec![Ask::ChangeSet(of, name)],
        }
    }

    /// Begins a step on the change set that is open: what was not read is not decided on.
    fn begin(&mut self, mode: Mode) {
        let note = match (self.shown(), &self.detail) {
            (Section::Entries(_), _) => "only change sets are decided on",
            (Section::Changes(_), _) if self.deciding => "a step is on its way: wait what becomes of it",
            (Section::Changes(_), None) => "open it first, with enter",
            (Section::Changes(_), Some(detail)) if detail.is_read() => {
                self.mode = mode;
                return;
            }
            (Section::Changes(_), Some(_)) => "what it does has not come yet: enter asks again",
        };
        self.note = note.to_owned();
    }

    /// Takes the step, on the change set as it was read.
    fn step(&mut self, step: &Step, comment: String) -> Vec<Ask> {
        let (Section::Changes(of), Some(detail)) = (self.shown(), &self.detail) else { return Vec::new() };
        let Some(etag) = detail.etag() else { return Vec::new() };
        let (name, request_id) = (detail.name.clone(), uuid::Uuid::now_v7().to_string());
        self.deciding = true;
        vec![match step {
            Step::Publish => Ask::Publish { of, name, etag, request_id },
            Step::Approve | Step::Reject => {
                Ask::Review { of, name, etag, approve: *step == Step::Approve, comment, request_id }
            }
        }]
    }

    fn answer(&mut self, ask: Ask, answer: Result<Value, String>) -> Vec<Ask> {
        if matches!(ask, Ask::Review { .. } | Ask::Publish { .. }) {
            self.deciding = false;
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) => {
                self.refused(&ask, why);
                return Vec::new();
            }
        };
        match ask {
            Ask::List(section) if section == self.shown() => {
                self.rows = rows(section, &answer);
                self.unknown = None;
            }
            // The user has gone on since.
            Ask::List(_) => {}
            Ask::Review { of, approve, name, .. } => {
                self.note = format!("{name} is {}", if approve { "approved" } else { "rejected" });
                // What is approved waits to be published.
                return self.after_step(of, name, approve);
            }
            Ask::Publish { of, name, .. } => {
                let revision = answer.get("revision").and_then(Value::as_u64).unwrap_or_default();
                self.note = format!("{name} is published as revision {revision}");
                return self.after_step(of, name, false);
            }
            Ask::Entry(_, ref name)
            | Ask::OnList(ref name)
            | Ask::ChangeSet(_, ref name)
            | Ask::Diff(_, AsRead { ref name, .. })
            | Ask::Check(_, AsRead { ref name, .. })
            | Ask::Comments(_, ref name)
            | Ask::Impact(AsRead { ref name, .. }) => {
                let Some(detail) = self.detail.as_mut().filter(|detail| detail.name == *name) else {
                    return Vec::new();
                };
                detail.take(&ask, &answer);
                // Read behind the etag: whatever it is changed to after that is not decided on unseen.
                if let Ask::ChangeSet(of, name) = ask {
                    return parts(of, AsRead { name, etag: detail.etag() });
                }
            }
        }
        self.move_by(0);
        Vec::new()
    }

    /// Tells why something is not known, where it is still of what is shown.
    fn refused(&mut self, ask: &Ask, why: String) {
        let concerns = match ask {
            Ask::List(section) => *section == self.shown(),
            Ask::Review { .. } | Ask::Publish { .. } => true,
            Ask::Entry(_, name)
            | Ask::OnList(name)
            | Ask::ChangeSet(_, name)
            | Ask::Diff(_, AsRead { name, .. })
            | Ask::Check(_, AsRead { name, .. })
            | Ask::Comments(_, name)
            | Ask::Impact(AsRead { name, .. }) => self.detail.as_ref().is_some_and(|detail| detail.name == *name),
        };
        if !concerns {
            return;
        }
        if matches!(ask, Ask::List(_)) {
            self.unknown = Some(why.clone());
        }
        self.note = why;
    }

    /// Asks anew what there is, and opens again what was decided on where there is more to do. Whoever has gone on since
    /// stays where they are.
    fn after_step(&mut self, of: Of, name: String, has_more: bool) -> Vec<Ask> {
        if self.shown() != Section::Changes(of) {
            return Vec::new();
        }
        let mut asks = self.list();
        if self.detail.as_ref().is_some_and(|detail| detail.name == name) {
            self.detail = None;
            if has_more {
                asks.extend(self.look_at(name));
            }
        }
        asks
    }
}

/// What is asked of a change set that has come.
fn parts(of: Of, read: AsRead) -> Vec<Ask> {
    let comments = Ask::Comments(of, read.name.clone());
    let mut asks = vec![Ask::Diff(of, read.clone()), Ask::Check(of, read.clone()), comments];
    if of == Of::Catalogue {
        asks.push(Ask::Impact(read));
    }
    asks
}

fn typed(text: &mut String, code: KeyCode) {
    match code {
        KeyCode::Backspace => drop(text.pop()),
        KeyCode::Char(letter) => text.push(letter),
        _ => {}
    }
}
