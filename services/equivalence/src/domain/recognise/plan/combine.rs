//! What several certificates give together.

use std::cmp::Reverse;

use super::Product;
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::{Finding, RequirementResult, Status};
use crate::domain::key::EconomyCode;
use crate::domain::recognise::context::Context;
use crate::domain::recognise::{Detail, judge, outcome};
use crate::domain::translate::Translator;

/// A market with the best result of each requirement over all certificates.
pub(super) struct Row {
    pub(super) destination: EconomyCode,
    /// Whether the catalogue knows the market.
    pub(super) known: bool,
    /// Whether the market may ask something although nothing is held that it asks.
    pub(super) in_doubt: bool,
    pub(super) results: Vec<RequirementResult>,
    /// By which certificate, for each result.
    pub(super) by: Vec<usize>,
    pub(super) findings: Vec<Finding>,
    pub(super) classification_revision: u64,
}

impl Row {
    pub(super) fn new(
        catalogue: &Catalogue,
        translator: &dyn Translator,
        product: &Product,
        destination: &EconomyCode,
    ) -> Self {
        let mut row = Self {
            destination: destination.clone(),
            known: catalogue.economies.contains_key(destination),
            in_doubt: false,
            results: Vec::new(),
            by: Vec::new(),
            findings: Vec::new(),
            classification_revision: 0,
        };
        let none = [None];
        let certificates: Vec<_> = product.certificates.iter().map(Some).collect();
        let certificates = if certificates.is_empty() { &none[..] } else { &certificates };
        for (by, certificate) in certificates.iter().enumerate() {
            let question = product.question(*certificate, destination);
            let ctx = Context::new(catalogue, translator, &question, Detail::Requirements);
            row.findings.extend(ctx.unknown_names());
            if row.known {
                row.add(by, judge(&ctx));
                if row.results.is_empty() {
                    let doubts = ctx.doubts_that_nothing_applies();
                    row.in_doubt |= !doubts.is_empty();
                    row.findings.extend(doubts);
                }
            }
            row.classification_revision = row.classification_revision.max(ctx.classification_revision());
        }
        row.findings.extend(row.results.iter().flat_map(|result| result.findings.iter().cloned()));
        row.findings.sort();
        row.findings.dedup();
        row
    }

    /// Which requirements apply is the same for every certificate.
    fn add(&mut self, by: usize, results: Vec<RequirementResult>) {
        if by == 0 {
            self.by = vec![0; results.len()];
            self.results = results;
            return;
        }
        for (at, new) in results.into_iter().enumerate() {
            let known = &mut self.results[at];
            if standing(&new) < standing(known) {
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
fn standing(result: &RequirementResult) -> ((u8, usize, usize), Reverse<u32>) {
    let near = result.nearest_miss.as_ref().map_or(0, |miss| miss.checks_passed);
    (outcome::standing(result), Reverse(near))
}
