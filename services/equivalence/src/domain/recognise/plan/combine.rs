//! What several certificates give together.

use std::cmp::Reverse;

use crate::domain::catalogue::{Catalogue, Scopes};
use crate::domain::decision::{Demand, Finding, Outcome, RequirementResult, Status};
use crate::domain::question::Question;
use crate::domain::recognise::context::{Context, Place};
use crate::domain::recognise::{Detail, Judged, judge, outcome};
use crate::domain::translate::Translator;

/// A market with the best result of each requirement over all certificates.
pub(super) struct Row<'a: 'q, 'q> {
    /// What each certificate was judged in.
    contexts: Vec<Context<'a, 'q>>,
    /// Whether the catalogue knows the market, and whence the goods come.
    pub(super) known: bool,
    /// Whether the market may demand something although nothing is held that it demands.
    in_doubt: bool,
    pub(super) results: Vec<Judged<'a>>,
    /// By which certificate, for each result.
    pub(super) by: Vec<usize>,
    pub(super) findings: Vec<Finding>,
    pub(super) classification_revision: u64,
}

impl<'a, 'q> Row<'a, 'q> {
    /// `questions` are those that the certificates ask of the market, at least one.
    pub(super) fn new(catalogue: &'a Catalogue, translator: &'q dyn Translator, questions: &'q [Question]) -> Self {
        let context = |question| Context::new(catalogue, translator, question, Detail::Requirements);
        let contexts: Vec<_> = questions.iter().map(context).collect();
        let mut row = Self {
            known: contexts.iter().all(Context::knows_places),
            contexts: Vec::new(),
            in_doubt: false,
            results: Vec::new(),
            by: Vec::new(),
            findings: Vec::new(),
            classification_revision: 0,
        };
        for (by, ctx) in contexts.iter().enumerate() {
            row.findings.extend(ctx.unknown_names());
            if row.known {
                row.add(by, judge(ctx).into_vec());
                if row.results.iter().all(|result| !result.entry.mandatory) {
                    let doubts = ctx.doubts_that_nothing_is_demanded(row.results.is_empty());
                    row.in_doubt |= !doubts.is_empty();
                    row.findings.extend(doubts);
                }
            }
            row.classification_revision = row.classification_revision.max(ctx.classification_revision());
        }
        row.findings.extend(row.results.iter().flat_map(|result| result.findings.iter().cloned()));
        row.findings.sort();
        row.findings.dedup();
        row.contexts = contexts;
        row
    }

    /// Whether something can be said of the market: the catalogue knows it, and what it asks, or that it asks nothing.
    pub(super) fn is_told(&self) -> bool {
        self.known && !(self.in_doubt && self.results.is_empty())
    }

    /// What the market demands, where it only honours something and the outcome does not say it.
    pub(super) fn demand(&self, outcome: Outcome) -> Option<Demand> {
        let honours = self.results.first().is_some_and(|result| !result.entry.mandatory);
        if honours { outcome::demand(outcome, self.in_doubt) } else { None }
    }

    /// The market.
    pub(super) fn destination(&self) -> &Place<'a, 'q> {
        &self.contexts[0].destination
    }

    /// Whether the goods plainly lie outside a part of a code system.
    pub(super) fn lies_outside(&self, scopes: &Scopes) -> bool {
        self.contexts.first().is_some_and(|ctx| ctx.lies_outside(scopes))
    }

    /// The results on their own.
    pub(super) fn requirements(&self) -> Vec<RequirementResult<'a>> {
        let each = self.results.iter().zip(&self.by);
        each.map(|(result, by)| result.clone().result(&self.contexts[*by])).collect()
    }

    /// Which requirements apply is the same for every certificate.
    fn add(&mut self, by: usize, results: Vec<Judged<'a>>) {
        if by == 0 {
            self.by = vec![0; results.len()];
            self.results = results;
            return;
        }
        for (at, new) in results.into_iter().enumerate() {
            let known = &mut self.results[at];
            let is_better = standing(&new) < standing(known);
            let (better, worse) = if is_better { (&new, &*known) } else { (&*known, &new) };
            // What could be more than is told, were it known.
            let more =
                worse.status == Status::Undetermined && !matches!(better.status, Status::Met | Status::Undetermined);
            self.findings.extend(worse.findings.iter().filter(|_| more).cloned());
            if is_better {
                *known = new;
                self.by[at] = by;
            } else if known.status == Status::Undetermined && new.status == Status::Undetermined {
                known.findings.extend(new.findings);
                known.findings.sort();
                known.findings.dedup();
            }
        }
    }
}

/// How well a requirement is met, and how nearly if it is not; smaller is better.
fn standing(result: &Judged<'_>) -> ((u8, usize, usize), Reverse<u32>) {
    let near = result.nearest.as_ref().map_or(0, |miss| miss.checks_passed());
    (outcome::standing(result), Reverse(near))
}
