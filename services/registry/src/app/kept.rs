//! Verdicts that are kept as they went over the wire.
//!
//! A verdict is a pure function of its question, the day and the revisions: the same question at the same revisions has
//! the same answer, and what asks for it again need not be read, nor the answer written, anew. Only how fresh it is, is
//! told each time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::NaiveDate;
use greenlane_store::Micros;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::verify::{Holds, Verifier};

/// Memory for questions and verdicts. A verdict is one to two KiB; a question holds the document when one is presented.
const MOST_BYTES: u64 = 32 << 20;
/// Verdicts that are expected in it.
const EXPECTED: usize = 16 * 1024;

/// A verdict, without its freshness.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) verdict: Bytes,
    /// The contract's number of its outcome.
    pub(crate) outcome: i32,
    revision: u64,
    day: NaiveDate,
    holds: Holds,
}

impl Kept {
    /// Whether recognition had a part in it.
    pub(crate) fn is_recognised(&self) -> bool {
        self.holds.recognised.is_some()
    }
}

/// What tells whether a verdict still is the one that would be given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) revision: u64,
    pub(crate) day: NaiveDate,
    now: Instant,
    in_doubt: bool,
    /// The latest revision of the catalogue of equivalences, and the age of that.
    pub(crate) catalogue: Option<(u64, Duration)>,
    pub(crate) checkpoint_time: Micros,
}

#[derive(Clone, Debug)]
struct BySize;

impl Weighter<Bytes, Arc<Kept>> for BySize {
    fn weight(&self, question: &Bytes, kept: &Arc<Kept>) -> u64 {
        (question.len() + kept.verdict.len()) as u64
    }
}

/// Questions, by their bytes, and what was answered.
pub(crate) struct Verdicts {
    verifier: Arc<Verifier>,
    kept: Cache<Bytes, Arc<Kept>, BySize>,
}

impl Verdicts {
    pub(crate) fn new(verifier: Arc<Verifier>) -> Self {
        Self { verifier, kept: Cache::with_weighter(EXPECTED, MOST_BYTES, BySize) }
    }

    /// Now, for answers at a revision.
    pub(crate) fn moment(&self, revision: u64) -> Moment {
        let Verifier { source, recogniser, clock } = self.verifier.as_ref();
        Moment {
            revision,
            day: clock.today(),
            now: Instant::now(),
            in_doubt: source.doubt().is_some(),
            catalogue: recogniser.latest(),
            checkpoint_time: source.checkpoint_time(),
        }
    }

    /// The verdict on this question, when it still is the one that would be given.
    pub(crate) fn recall(&self, question: &[u8], at: &Moment) -> Option<Arc<Kept>> {
        let kept = self.kept.get(question)?;
        let Kept { revision, day, holds, .. } = kept.as_ref();
        let same = *revision == at.revision && *day == at.day && !at.in_doubt;
        if !same || holds.until.is_some_and(|until| until <= at.now) {
            return None;
        }
        if let Some((catalogue, used)) = &holds.recognised {
            at.catalogue.filter(|(latest, _)| latest == catalogue)?;
            self.verifier.recogniser.note(used);
        }
        Some(kept)
    }

    /// The day of now.
    pub(crate) fn today(&self) -> NaiveDate {
        self.verifier.clock.today()
    }

    /// Keeps a verdict that was given at a revision on a question that came on this day. When the day has ended since,
    /// nobody knows which of the two was judged.
    pub(crate) fn keep(
        &self,
        (question, day): (&[u8], NaiveDate),
        revision: u64,
        holds: Holds,
        (verdict, outcome): (Bytes, i32),
    ) {
        if day != self.today() {
            return;
        }
        // Copied: a part of a larger message would keep all of it.
        self.kept.insert(Bytes::copy_from_slice(question), Arc::new(Kept { verdict, outcome, revision, day, holds }));
    }
}
