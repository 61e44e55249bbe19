//! Where facts come from, and texts in languages.

use serde::{Deserialize, Serialize};

/// Where a fact comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Source {
    /// Address or reference.
    pub uri: String,
    /// What it says, in our words.
    pub note: String,
    /// When it was read, `YYYY-MM-DD`.
    pub retrieved_on: String,
    /// Whether it is made up.
    pub example: bool,
}

impl Source {
    /// Whether it says where the fact comes from, or that it is made up.
    pub fn is_given(&self) -> bool {
        self.example || !self.uri.is_empty()
    }
}

/// A text in a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalizedText {
    /// BCP 47.
    pub language: String,
    /// The text.
    pub text: String,
}
