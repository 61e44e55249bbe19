//! A question to recognition, normalised: two that ask the same are equal.

use std::sync::Arc;

use chrono::NaiveDate;

use super::code::CodeReference;
use super::equivalence::{Target, TargetKey};
use super::key::{BodyKey, EconomyCode};
use super::standard::Stock;
use super::words::RecognitionObject;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// What was certified: schemes with the level reached, and standard editions; sorted, without repetition.
    pub certified: Vec<Target>,
    /// Who issued the result.
    pub body: BodyKey,
    /// Its economy.
    pub body_economy: EconomyCode,
    /// What kind of result it is.
    pub object: RecognitionObject,
    /// When it was granted, if that is known.
    pub granted_on: Option<NaiveDate>,
    /// The goods' code.
    pub code: CodeReference,
    /// Where the goods originate.
    pub origin: EconomyCode,
    /// Where they are to go.
    pub destination: EconomyCode,
    /// The date that counts.
    pub date: NaiveDate,
    /// How old the goods are.
    pub stock: Stock,
}

impl Question {
    /// Sorts what was certified, so that the order in which a caller names it does not matter.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        self.certified.sort();
        self.certified.dedup();
        self
    }
}

/// A scheme that was certified to, at a level (empty for none).
pub fn certified_scheme(scheme: super::key::SchemeKey, level: &str) -> Target {
    Target { name: TargetKey::Scheme(scheme), level: Arc::from(level) }
}

/// A standard edition that was certified to.
pub fn certified_standard(standard: super::key::StandardKey) -> Target {
    Target { name: TargetKey::Standard(standard), level: Arc::from("") }
}
