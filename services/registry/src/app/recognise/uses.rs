//! Which questions are asked how often: told to equivalence now and then, so that it can say what a change would do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use greenlane_api::equivalence::v1 as eq;
use prost::Message as _;

/// Different questions between two reports; of more nothing is told.
const MOST: usize = 10_000;

/// A question, and how often it was asked since the last report.
#[derive(Debug)]
pub(crate) struct Use {
    /// Encoded: it is kept as long as its decision is, and seldom read.
    question: Box<[u8]>,
    count: AtomicU64,
}

impl Use {
    /// Of a question that was not asked yet.
    pub(crate) fn of(question: Option<&eq::RecognitionQuestion>) -> Self {
        let question = question.map(eq::RecognitionQuestion::encode_to_vec).unwrap_or_default();
        Self { question: question.into(), count: AtomicU64::new(0) }
    }
}

/// What was asked since the last report.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    asked: Mutex<Vec<Arc<Use>>>,
}

impl Uses {
    /// Counts one. Takes the lock only for the first since a report.
    pub(crate) fn note(&self, used: &Arc<Use>) {
        if used.count.fetch_add(1, Ordering::Relaxed) > 0 {
            return;
        }
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() < MOST {
            asked.push(Arc::clone(used));
        } else {
            used.count.store(0, Ordering::Relaxed);
        }
    }

    /// Takes what was asked, and begins anew.
    pub(crate) fn take(&self) -> Vec<eq::VerificationUse> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner));
        let told = asked.into_iter().map(|used| eq::VerificationUse {
            question: eq::RecognitionQuestion::decode(&*used.question).ok(),
            count: used.count.swap(0, Ordering::Relaxed),
        });
        told.filter(|told| told.count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_is_told_once_with_its_number_and_begins_anew() {
        let uses = Uses::default();
        let question = eq::RecognitionQuestion { origin: "XA".to_owned(), ..Default::default() };
        let used = Arc::new(Use::of(Some(&question)));
        for _ in 0..3 {
            uses.note(&used);
        }
        assert_eq!(uses.take(), [eq::VerificationUse { question: Some(question.clone()), count: 3 }]);
        assert_eq!(uses.take(), []);
        uses.note(&used);
        assert_eq!(uses.take(), [eq::VerificationUse { question: Some(question), count: 1 }]);
    }
}
