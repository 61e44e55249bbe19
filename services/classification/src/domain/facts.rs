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
    /// It is made up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) example: bool,
}

/// Which rung of the ladder a code stands on. The names are stored: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// A group of chapters.
    Section,
    /// 2 digits.
    Chapter,
    /// 4 digits.
    Heading,
    /// 6 digits.
    Subheading,
    /// More.
    NationalLine,
    /// A line that carries words and no code of its own.
    Uncoded,
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

/// A note of a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NoteFact {
    /// As printed. Empty when it has none.
    pub(crate) number: String,
    pub(crate) texts: Localized,
}

/// A code in an edition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeFact {
    pub(crate) edition: String,
    /// What it is asked for by. With the suffix behind it when that is not the one of lines that can be declared.
    pub(crate) code: String,
    /// Product-line suffix, in systems that have one, or what tells an uncoded line from the code that follows it.
    pub(crate) suffix: String,
    /// The code above it. Empty: the longest shorter code that it begins with.
    pub(crate) parent: String,
    /// None: that of its length.
    pub(crate) level: Option<Level>,
    /// Its place in the classification, where that is not the order of the digits.
    pub(crate) order: u32,
    pub(crate) notes: Vec<NoteFact>,
    pub(crate) descriptions: Localized,
    pub(crate) units: Vec<String>,
    pub(crate) effective_from: Option<NaiveDate>,
    pub(crate) effective_to: Option<NaiveDate>,
    /// Not all of its correlation rows are known here.
    pub(crate) links_partial: bool,
    /// Empty when it is that of its edition.
    pub(crate) source: SourceFact,
}

impl CodeFact {
    /// The code without what stands behind it in its key.
    pub(crate) fn digits(&self) -> &str {
        // A line that goods can be declared under is asked for without its suffix.
        let suffix = if self.suffix == "80" { "" } else { self.suffix.as_str() };
        self.code.strip_suffix(suffix).filter(|digits| !digits.is_empty()).unwrap_or(&self.code)
    }

    /// Its key as people can tell it apart and type it: what stands behind the code is behind a blank.
    pub(crate) fn written(&self) -> String {
        let digits = self.digits();
        if digits == self.code { self.code.clone() } else { format!("{digits} {}", self.suffix) }
    }
}

/// A share of trade value, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Share(u32);

impl Share {
    /// A share from 0 to 1.
    pub(crate) fn new(share: f64) -> Option<Self> {
        // In range, so that no bit is lost that counts.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to a million")]
        (0.0..=1.0).contains(&share).then(|| Self((share * 1e6).round() as u32))
    }

    pub(crate) fn get(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

/// A correlation table as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableFact {
    pub(crate) earlier: String,
    pub(crate) later: String,
    /// It names one target for each code only, and keeps silent about the others.
    pub(crate) conversion: bool,
    /// Codes, each with its edition, of which rows were refused.
    pub(crate) unsure: Vec<(String, String)>,
    pub(crate) source: SourceFact,
}

impl TableFact {
    /// What tells it from others.
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", self.earlier, self.later)
    }
}

/// What a table may say of a link beside that it is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkWords {
    /// Which part of the earlier code it is.
    pub(crate) part: Localized,
    /// Share of the earlier code's trade that is in the later one.
    pub(crate) share_of_earlier: Option<Share>,
    /// Share of the later code's trade that was in the earlier one.
    pub(crate) share_of_later: Option<Share>,
}

/// A row of a correlation table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkFact {
    pub(crate) earlier_edition: String,
    pub(crate) earlier_code: String,
    pub(crate) later_edition: String,
    pub(crate) later_code: String,
    /// Only a part of the earlier code is in the later one.
    pub(crate) ex: bool,
    pub(crate) held_back: bool,
    pub(crate) words: Option<Box<LinkWords>>,
}

/// A green list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListFact {
    pub(crate) id: String,
    pub(crate) titles: Localized,
    pub(crate) owner: String,
    /// Whose administrators alone may change it. Empty: it belongs to no single economy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) economy: String,
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Empty when it is that of its list.
    pub(crate) source: SourceFact,
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

/// Words of a language that mean the same to those who look for goods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SynonymsFact {
    /// Of the words.
    pub(crate) language: String,
    pub(crate) groups: Vec<SynonymGroup>,
    pub(crate) source: SourceFact,
}

/// Words that mean the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SynonymGroup {
    /// Words that may be asked for.
    pub(crate) asked: Vec<String>,
    /// What each of them means. Empty: each means all the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) meant: Vec<String>,
}

/// How terms fall short of naming goods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shortfall {
    /// They name none.
    #[default]
    Vague,
    /// They name many.
    Ambiguous,
}

/// Terms of a language of which a description may not consist alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VagueFact {
    pub(crate) shortfall: Shortfall,
    /// Of the terms.
    pub(crate) language: String,
    pub(crate) terms: Vec<VagueTerm>,
    pub(crate) source: SourceFact,
}

impl VagueFact {
    /// What it lies by: the whole of its kind in its language.
    pub(crate) fn id(&self) -> String {
        let shortfall = match self.shortfall {
            Shortfall::Vague => "vague",
            Shortfall::Ambiguous => "ambiguous",
        };
        format!("{shortfall}-{}", self.language)
    }
}

/// A term that says too little.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VagueTerm {
    pub(crate) term: String,
    /// Others that are the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) related: Vec<String>,
    /// What to ask of who says no more. Empty: nothing that is not asked of all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) question: String,
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
    /// That this was decided is taken back: from the day on it says nothing.
    pub(crate) withdrawn: bool,
    /// The revision that taught it: of what was decided of the same goods on one day, the last taught stands.
    pub(crate) taught: u64,
}

/// Everything that a catalogue is made of, at one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) systems: Vec<CodeSystemFact>,
    pub(crate) editions: Vec<EditionFact>,
    pub(crate) codes: Vec<CodeFact>,
    pub(crate) tables: Vec<TableFact>,
    pub(crate) links: Vec<LinkFact>,
    pub(crate) lists: Vec<ListFact>,
    pub(crate) entries: Vec<EntryFact>,
    pub(crate) terms: Vec<TermFact>,
    /// By language.
    pub(crate) synonyms: Vec<SynonymsFact>,
    /// By shortfall and language.
    pub(crate) vague: Vec<VagueFact>,
    pub(crate) examples: Vec<ExampleFact>,
}
