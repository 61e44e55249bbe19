//! From what of a certificate a chain may start by an annex: from results that the annex covers and that the body is
//! designated for.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use super::annex;
use super::context::Context;
use super::coverage::Coverage;
use crate::domain::body::Designation;
use crate::domain::catalogue::{AnnexEntry, Held, Only, Terms};
use crate::domain::decision::Finding;
use crate::domain::time::Counts;

/// Things that were certified, each with its place in the question.
pub(super) type Starts = SmallVec<[(u32, Held); 8]>;

/// What was certified, is covered and not excluded.
pub(super) fn covered(ctx: &Context<'_, '_>, terms: &Terms) -> Starts {
    let excluded = terms.exclusions().map_or(&[][..], |not| &not.targets);
    let usable = (0_u32..).zip(&ctx.held).filter(|(_, held)| !excluded.contains(&held.node));
    let usable: Starts = usable.map(|(at, held)| (at, *held)).collect();
    let covered = terms.covered();
    if covered.is_empty() { usable } else { results(ctx, &usable, |held| covered.iter().any(|it| it.is_met_by(held))) }
}

/// What a certificate shows by results that are named by their scheme or their standard: what is named; and where that is a
/// scheme, the standards beside it, since the result is one of the scheme to these.
fn results(ctx: &Context<'_, '_>, certified: &Starts, named: impl Fn(Held) -> bool) -> Starts {
    let is_scheme = |held| ctx.catalogue.is_scheme(held);
    let of_scheme = certified.iter().any(|(_, held)| is_scheme(*held) && named(*held));
    let results = certified.iter().filter(|(_, held)| named(*held) || (of_scheme && !is_scheme(*held)));
    results.copied().collect()
}

/// The designations of a body under an annex that count, or may; in the order of names.
pub(super) struct Designations<'a> {
    certain: SmallVec<[(&'a Arc<Designation>, For); 1]>,
    possible: Vec<(Finding, For)>,
    possible_starts: Starts,
}

/// What a designation is for; none, as most have it, means whatever the annex covers.
struct For(Option<Box<Starts>>);

impl For {
    fn is_for(&self, at: usize) -> bool {
        self.0.as_ref().is_none_or(|these| these.iter().any(|(it, _)| *it as usize == at))
    }
}

impl<'a> Designations<'a> {
    /// None when there is none for anything that is covered.
    pub(super) fn of_body(ctx: &Context<'a, '_>, entry: &'a AnnexEntry, covered: &Starts) -> Option<Self> {
        let mut found = Self { certain: SmallVec::new(), possible: Vec::new(), possible_starts: Starts::new() };
        for at in entry.designations_by(ctx.body) {
            let (terms, designation) = (&entry.terms.designated[at], &entry.designations[at]);
            let counts = terms.counts(designation, ctx.date(), ctx.question.granted_on);
            if counts == Counts::No {
                continue;
            }
            let only = entry.terms.only(at);
            let named = only.filter(|only| !only.targets.is_empty());
            let these = |only: &Only| Box::new(results(ctx, covered, |held| only.targets.contains(&held.node)));
            let of = For(named.map(these));
            if of.0.as_ref().is_some_and(|these| these.is_empty()) {
                continue;
            }
            match (counts, only.map_or(Coverage::Inside, |only| ctx.coverage(&only.codes))) {
                (Counts::No, _) | (_, Coverage::Outside) => {}
                (Counts::Yes, Coverage::Inside) => {
                    let for_all = of.0.is_none();
                    found.certain.push((designation, of));
                    if for_all {
                        found.possible.clear();
                        break; // nothing is left for others
                    }
                }
                (Counts::Yes, Coverage::Unknown(finding)) => found.possible.push((finding, of)),
                // Only an arrangement's entry into force may be unknown.
                (Counts::NeedsGrantDate | Counts::NeedsEntryIntoForce, _) => {
                    found.possible.push((annex::grant_date_missing(&entry.annex), of));
                }
            }
        }
        if found.certain.is_empty() && found.possible.is_empty() {
            return None;
        }
        if !found.possible.is_empty() {
            let possible = |(at, _): &&(u32, Held)| found.possible.iter().any(|(_, it)| it.is_for(*at as usize));
            found.possible_starts = covered.iter().filter(possible).copied().collect();
        }
        Some(found)
    }

    /// What it is certain for which there is a designation.
    pub(super) fn starts<'s>(&self, covered: &'s Starts) -> Cow<'s, Starts> {
        if self.certain.iter().any(|(_, it)| it.0.is_none()) {
            return Cow::Borrowed(covered);
        }
        let certain = |(at, _): &&(u32, Held)| self.certain.iter().any(|(_, it)| it.is_for(*at as usize));
        Cow::Owned(covered.iter().filter(certain).copied().collect())
    }

    /// For what there may be one.
    pub(super) fn possible_starts(&self) -> &Starts {
        &self.possible_starts
    }

    /// The first that counts for what was certified at a place.
    pub(super) fn relied_on(&self, certified: usize) -> Option<&'a Arc<Designation>> {
        self.certain.iter().find(|(_, it)| it.is_for(certified)).map(|(designation, _)| *designation)
    }

    /// Why it cannot be said whether one counts for what was certified at a place.
    pub(super) fn doubt(&self, certified: usize) -> Option<Finding> {
        self.possible.iter().find(|(_, it)| it.is_for(certified)).map(|(finding, _)| finding.clone())
    }
}
