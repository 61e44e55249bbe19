//! The rules of classification: codes and editions, what became of a code, whether two codes can be the same goods,
//! what is on a green list, and which code some words mean.
//!
//! Everything here is pure: it knows neither gRPC nor SQL. [`Facts`] go in, a [`Catalogue`] comes out, and every
//! answer is a function of the catalogue and the question.

pub(crate) mod alert;
mod catalogue;
pub(crate) mod change;
mod code;
mod combine;
mod compare;
mod correlation;
mod delta;
mod estimate;
mod facts;
mod green_rows;
pub(crate) mod harmonized;
mod history;
mod import;
mod infer;
mod lint;
mod list_difference;
mod membership;
mod project;
mod reference;
mod rehearse;
mod resolve;
mod search;
mod suggest;
mod tag;
mod taught;
mod translate;
mod words;

pub(crate) use catalogue::{Catalogue, EditionData, ListData, Position, Scope};
pub(crate) use code::{CodeText, EditionId, display, unwrapped};
pub(crate) use combine::{Combined, ListOperation, combine};
pub(crate) use compare::{Comparison, Likeness, SameGoods, compare};
#[cfg(test)]
pub(crate) use correlation::hold_back;
pub(crate) use correlation::{Edge, Table};
pub(crate) use delta::Delta;
pub(crate) use facts::{
    CodeFact, CodeSystemFact, EditionFact, EntryFact, ExampleFact, Facts, Level, LinkFact, LinkWords, ListFact,
    Localized, NoteFact, Share, SourceFact, SynonymGroup, SynonymsFact, TermFact,
};
pub(crate) use green_rows::green_rows;
pub(crate) use history::{Event, Step, history};
pub use import::Column;
pub(crate) use import::{Announced, Format, Imported, Reader, Replaced, RowFault, apply, columns};
pub(crate) use infer::{Sample, infer, period};
pub(crate) use lint::{LintFinding, LintRow, lint};
pub(crate) use list_difference::{Difference, DifferenceKind, OnDay, difference};
pub(crate) use membership::{Membership, MembershipStatus, check_membership};
pub(crate) use project::{Projected, ProjectionClass, project};
pub(crate) use reference::{ReferenceRow, Rules, build_reference};
pub(crate) use rehearse::{VANISHED_BELOW, rehearse};
pub(crate) use resolve::{CodeRef, Unresolved, near_code, resolve, resolve_edition};
pub(crate) use search::{HitKind, Query, search};
pub(crate) use suggest::{Question, suggest};
pub(crate) use tag::{Row, Settings, Tagged, Tagger, Total, TotalKey, TradeFault};
pub(crate) use taught::{Example, folded};
pub(crate) use translate::{Method, Relation, Target, Translation, translate};
#[cfg(test)]
pub(crate) use words::words;

/// A reason for a part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Stable identifier, as the contract lists them.
    pub(crate) code: &'static str,
    /// One sentence in English.
    pub(crate) message: String,
    /// The names and values that the sentence speaks of.
    pub(crate) parameters: Vec<(&'static str, String)>,
}

impl Finding {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), parameters: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.parameters.push((name, value.to_string()));
        self
    }
}

#[cfg(test)]
mod testing;
