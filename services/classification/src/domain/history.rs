//! The life of a code over the editions that there are tables between.

use super::catalogue::{Catalogue, Position};
use super::translate::{Relation, translate};
use super::words::fold;

/// What happened to a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Its digits became a code.
    Created,
    /// Its digits ceased to be one.
    Deleted,
    /// It holds other goods than before.
    ScopeChanged,
    /// It holds the same goods, in other words.
    Redescribed,
}

/// One step in the life of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) event: Event,
    /// Index of the edition in which it took effect.
    pub(crate) edition: usize,
    /// The codes it came from or went to.
    pub(crate) related: Vec<Position>,
}

/// The steps in the life of a code's digits, oldest first. Where not all links of a code are known nothing is said.
pub(crate) fn history(catalogue: &Catalogue, of: Position) -> Vec<Step> {
    let digits = catalogue.code(of).fact.code.as_str();
    if !catalogue.code(of).children.is_empty() {
        return Vec::new();
    }
    let mut steps = Vec::new();
    let system = &catalogue.editions[of.edition].fact.system;
    for table in &catalogue.tables {
        if table.extension || catalogue.editions[table.later].fact.system != *system {
            continue;
        }
        let (before, after) = (catalogue.find(table.earlier, digits), catalogue.find(table.later, digits));
        let (from, to, event) = match (before, after) {
            (None, Some(after)) => (after, table.earlier, Event::Created),
            (Some(before), None) => (before, table.later, Event::Deleted),
            (Some(before), Some(_)) => (before, table.later, Event::ScopeChanged),
            (None, None) => continue,
        };
        let translation = translate(catalogue, from, to, false);
        let unchanged = event == Event::ScopeChanged
            && translation.relation == Relation::Exact
            && translation.targets.iter().all(|target| target.same_digits);
        if translation.incomplete {
            continue;
        }
        let event = match (unchanged, before, after) {
            (true, Some(before), Some(after)) if reworded(catalogue, before, after) => Event::Redescribed,
            (true, ..) => continue,
            (false, ..) => event,
        };
        let related = translation.targets.iter().map(|target| target.at).collect();
        steps.push(Step { event, edition: table.later, related });
    }
    steps
}

/// Whether two codes are described by other words in a language that both are described in.
fn reworded(catalogue: &Catalogue, before: Position, after: Position) -> bool {
    let (before, after) = (&catalogue.code(before).fact.descriptions, &catalogue.code(after).fact.descriptions);
    let pairs = before.iter().flat_map(|one| after.iter().map(move |other| (one, other)));
    let mut same_language = pairs.filter(|(one, other)| one.0 == other.0);
    same_language.any(|(one, other)| fold(&one.1) != fold(&other.1))
}
