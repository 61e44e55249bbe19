//! What a catalogue is made of, before it is indexed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A text in several languages: language tag and text, in the order of the tags.
pub(crate) type Localized = Vec<(String, String)>;

/// Where a fact comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceFact {
    /// Address or bibliographic reference.
    pub(crate) uri: String,
    /// What was read, in our words.
    pub(crate) note: String,
    /// When.
    pub(crate) retrieved_on: Option<NaiveDate>,
}

/// Which rung of the ladder a code stands on. The numbers are stored: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    /// 2 digits.
    Chapter = 2,
    /// 4 digits.
    Heading = 3,
    /// 6 digits.
    Subheading = 4,
    /// More.
    NationalLine = 5,
}

impl Level {
    /// The rung that a code's length puts it on.
    pub(crate) fn of(code: &str) -> Self {
        match code.len() {
            0..=2 => Self::Chapter,
            3..=4 => Self::Heading,
            5..=6 => Self::Subheading,
            _ => Self::NationalLine,
        }
    }
}

/// A classification of goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CodeSystemFact {
    pub(crate) id: String,
    pub(crate) titles: Localized,
    pub(crate) publisher: String,
    pub(crate) economy: String,
    pub(crate) extends: String,
    /// Lengths of its codes, shortest first.
    pub(crate) code_lengths: Vec<u32>,
    pub(crate) has_suffix: bool,
}

/// A dated edition of a code system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EditionFact {
    pub(crate) id: String,
    pub(crate) system: String,
    pub(crate) titles: Localized,
    pub(crate) effective_from: NaiveDate,
    pub(crate) effective_to: Option<NaiveDate>,
    pub(crate) predecessor: String,
    pub(crate) extends: String,
    /// Only a part of its codes is known here.
    pub(crate) partial: bool,
    pub(crate) source: SourceFact,
}

/// A code in an edition. Its parent is the longest shorter code that it begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeFact {
    pub(crate) edition: String,
    pub(crate) code: String,
    pub(crate) descriptions: Localized,
    pub(crate) units: Vec<String>,
    pub(crate) effective_from: Option<NaiveDate>,
    pub(crate) effective_to: Option<NaiveDate>,
    /// Not all of its correlation rows are known here.
    pub(crate) links_partial: bool,
    pub(crate) source: SourceFact,
}

/// A row of a correlation table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkFact {
    pub(crate) earlier_edition: String,
    pub(crate) earlier_code: String,
    pub(crate) later_edition: String,
    pub(crate) later_code: String,
    pub(crate) ex: bool,
    pub(crate) held_back: bool,
}

/// A green list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListFact {
    pub(crate) id: String,
    pub(crate) titles: Localized,
    pub(crate) owner: String,
    pub(crate) descriptions: Localized,
    /// Edition of its entries; empty when each names its own.
    pub(crate) edition: String,
    pub(crate) version: u32,
    pub(crate) effective_from: Option<NaiveDate>,
    pub(crate) effective_to: Option<NaiveDate>,
    /// Only a part of its entries is known here.
    pub(crate) partial: bool,
    /// It narrows entries by descriptions that are not held here.
    pub(crate) narrowed: bool,
    pub(crate) source: SourceFact,
}

/// An entry of a green list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryFact {
    pub(crate) list: String,
    pub(crate) id: String,
    pub(crate) edition: String,
    pub(crate) code: String,
    /// Only a part of the code is meant.
    pub(crate) ex: bool,
    /// Which part: economy (empty for the list's own words) and words.
    pub(crate) ex_descriptions: Vec<(String, Localized)>,
    /// The group that the list puts it in.
    pub(crate) category: String,
    pub(crate) reasons: Localized,
    pub(crate) added_by: String,
    pub(crate) effective_from: Option<NaiveDate>,
    pub(crate) effective_to: Option<NaiveDate>,
}

/// A term of an A to Z index: what people call the goods of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TermFact {
    pub(crate) edition: String,
    /// The code that the term leads to.
    pub(crate) code: String,
    /// Language of the term.
    pub(crate) language: String,
    pub(crate) term: String,
}

/// A decided classification that was taught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExampleFact {
    /// The goods in words.
    pub(crate) description: String,
    pub(crate) edition: String,
    pub(crate) code: String,
    /// From when it counts.
    pub(crate) decided_on: NaiveDate,
    /// Where it was decided.
    pub(crate) source: SourceFact,
    /// The source says that it is made up.
    pub(crate) invented: bool,
}

/// Everything that a catalogue is made of, at one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) systems: Vec<CodeSystemFact>,
    pub(crate) editions: Vec<EditionFact>,
    pub(crate) codes: Vec<CodeFact>,
    pub(crate) links: Vec<LinkFact>,
    pub(crate) lists: Vec<ListFact>,
    pub(crate) entries: Vec<EntryFact>,
    pub(crate) terms: Vec<TermFact>,
    pub(crate) examples: Vec<ExampleFact>,
}
