//! Decisions that are kept as they went over the wire. A decision is a pure function of its question and the catalogue's
//! revision, unless classification had a part in it, or would have had one: those are not kept, nor what was not decided.

use std::sync::Arc;

use chrono::NaiveDate;
use greenlane_api::equivalence::v1 as pb;
use prost::Message as _;
use prost::bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// Memory for questions and decisions, of each kind.
const MOST_BYTES: u64 = 16 << 20;
/// Decisions that are expected in it.
const EXPECTED: usize = 16 * 1024;

/// What a decision is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) revision: u64,
    /// Today: a question need not say its date.
    pub(super) day: NaiveDate,
}

#[derive(Clone, Debug)]
struct Kept {
    at: Moment,
    decision: Bytes,
}

#[derive(Clone, Debug)]
struct BySize;

impl Weighter<Bytes, Arc<Kept>> for BySize {
    fn weight(&self, question: &Bytes, kept: &Arc<Kept>) -> u64 {
        (question.len() + kept.decision.len()) as u64
    }
}

type Memory = Cache<Bytes, Arc<Kept>, BySize>;

/// Decisions by the bytes of their questions: those that explain themselves, and the others.
pub(super) struct Decisions {
    explained: Memory,
    bare: Memory,
}

impl Default for Decisions {
    fn default() -> Self {
        let memory = || Cache::with_weighter(EXPECTED, MOST_BYTES, BySize);
        Self { explained: memory(), bare: memory() }
    }
}

impl Decisions {
    fn of(&self, explain: bool) -> &Memory {
        if explain { &self.explained } else { &self.bare }
    }

    /// The decision of a question, when it is the one that would be made.
    pub(super) fn recall(&self, question: &[u8], explain: bool, now: &Moment) -> Option<Bytes> {
        let kept = self.of(explain).get(question)?;
        (kept.at == *now).then(|| kept.decision.clone())
    }

    /// Keeps a decision that was begun on a day and is made now, if it may be given again. What midnight fell into may be of
    /// either day.
    pub(super) fn keep(
        &self,
        question: &[u8],
        explain: bool,
        begun_on: NaiveDate,
        now: &Moment,
        decision: &pb::RecognitionDecision,
    ) {
        let decided = decision.outcome() != pb::RecognitionOutcome::Undetermined && begun_on == now.day;
        if decided && decision.classification_revision == 0 && decision.revision == now.revision {
            let kept = Arc::new(Kept { at: *now, decision: decision.encode_to_vec().into() });
            // Copied: a part of a larger message would keep all of it.
            self.of(explain).insert(Bytes::copy_from_slice(question), kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_that_midnight_fell_into_is_given_on_neither_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (eve, next) = (day("2026-11-23"), day("2026-11-24"));
        let at = |day: NaiveDate| Moment { revision: 1, day };
        let decision = pb::RecognitionDecision {
            outcome: pb::RecognitionOutcome::Recognised.into(),
            revision: 1,
            date: eve.to_string(),
            ..Default::default()
        };
        let decisions = Decisions::default();
        decisions.keep(b"question", false, eve, &at(next), &decision);
        assert_eq!([eve, next].map(|day| decisions.recall(b"question", false, &at(day))), [None, None]);
        decisions.keep(b"question", false, eve, &at(eve), &decision);
        assert!(decisions.recall(b"question", false, &at(eve)).is_some());
        assert!(decisions.recall(b"question", false, &at(next)).is_none(), "today is another day");
    }
}
