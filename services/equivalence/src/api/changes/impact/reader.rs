//! How much a preview tells its caller of what others certify and verify.

use std::sync::Arc;

use greenlane_platform::auth::Caller;

use crate::domain::question::Question;

/// Fewer certificates than this are left to the totals: with so few, a number tells of single products.
const FEWEST: u64 = 5;

/// Who previews.
pub(super) struct Reader(pub(super) Arc<Caller>);

impl Reader {
    /// Whether it may read whose certificates a question is about, and of which day.
    pub(super) fn may_name(&self, question: &Question) -> bool {
        match self.0.body() {
            Some(body) => question.body.name() == body,
            None => self.keeps_all() || self.0.economy() == Some(question.body_economy.as_str()),
        }
    }

    /// How many certificates of a question it is told of.
    pub(super) fn certificates(&self, question: &Question, number: u64) -> u64 {
        if number >= FEWEST || self.may_name(question) { number } else { 0 }
    }

    /// How many verifications of a question it is told of: what is asked at a border is its economy's.
    pub(super) fn verifications(&self, question: &Question, number: u64) -> u64 {
        let is_own = self.0.economy() == Some(question.destination.as_str());
        if self.keeps_all() || (self.0.body().is_none() && is_own) { number } else { 0 }
    }

    fn keeps_all(&self) -> bool {
        self.0.is_admin() && self.0.acts_for().is_none()
    }
}
