//! What to do about what happens, in words.

use chrono::NaiveDate;
use greenlane_curation::alerts::AlertKind;

use crate::domain::Localized;

/// What has to be done about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ToDo {
    /// An edition comes, or is in force at another time.
    Rehearse,
    /// A code goes, or its goods do.
    FollowGoods,
    /// A code comes.
    LookUnder,
    /// A code or a list is described in other words.
    ReadAgain,
    /// Something is put on a list.
    SeeWhetherListed,
    /// Something is taken off a list.
    ClaimNoLonger,
}

impl ToDo {
    fn sentence(self) -> &'static str {
        match self {
            Self::Rehearse => {
                "rehearse what you declare and certify under, and have certificates and tables changed before that day."
            }
            Self::FollowGoods => {
                "see which code holds your goods, and declare and certify under that one from that day."
            }
            Self::LookUnder => "see whether your goods belong under it.",
            Self::ReadAgain => "see whether your goods are still what it describes.",
            Self::SeeWhetherListed => "see whether your goods are what the entry means: from that day they are listed.",
            Self::ClaimNoLonger => "claim a place on the list for these goods no longer than that.",
        }
    }

    /// What to do after a step.
    pub(super) fn after(self, kind: AlertKind, comments_until: Option<NaiveDate>) -> String {
        let sentence = self.sentence();
        match (kind, comments_until) {
            (AlertKind::NotAdopted, _) => "Nothing: what was announced does not come.".to_owned(),
            (AlertKind::Notified | AlertKind::Extended, Some(until)) => {
                format!("Comment until {until}. Once it is published, {sentence}")
            }
            _ => {
                let mut letters = sentence.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            }
        }
    }
}

/// Longest text of a description that is told.
const TOLD: usize = 160;

/// A text for people, in English if there is one, cut when it is long.
pub(super) fn text(texts: &Localized) -> String {
    let english = texts.iter().find(|(language, _)| language == "en").or(texts.first());
    let text = english.map_or("", |(_, text)| text);
    match text.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// The same in brackets behind something; nothing for nothing.
pub(super) fn bracketed(texts: &Localized) -> String {
    match text(texts) {
        text if text.is_empty() => text,
        text => format!(" ({text})"),
    }
}
