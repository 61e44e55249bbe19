//! The life of a code over the successive editions of its system.

use super::catalogue::{Catalogue, Position};
use super::translate::{Method, Relation, Translation, translate};
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
    /// The codes it came from or went to. None where no table says.
    pub(crate) related: Vec<Position>,
}

/// The steps in the life of a code's digits, oldest first.
///
/// Each edition is held against the one before it and no other: a table that leaps over editions says that something
/// changed, not when. That digits came or went is known from the nomenclatures alone, unless one of them is held in part;
/// what became of the goods is said only where all links of the code are known.
pub(crate) fn history(catalogue: &Catalogue, of: Position) -> Vec<Step> {
    let digits = catalogue.code(of).fact.code.as_str();
    if !catalogue.code(of).children.is_empty() {
        return Vec::new();
    }
    let system = &catalogue.editions[of.edition].fact.system;
    // They are kept oldest first.
    let editions: Vec<usize> =
        (0..catalogue.editions.len()).filter(|edition| catalogue.editions[*edition].fact.system == *system).collect();
    editions.windows(2).filter_map(|pair| step(catalogue, digits, pair[0], pair[1])).collect()
}

/// What happened to some digits between an edition and the next.
fn step(catalogue: &Catalogue, digits: &str, earlier: usize, later: usize) -> Option<Step> {
    let partial = |edition: usize| catalogue.editions[edition].fact.partial;
    let said = |from: Position, to: usize| {
        let translation = translate(catalogue, from, to, false);
        (translation.method == Method::Direct && !translation.incomplete).then_some(translation)
    };
    let related = |translation: &Translation| translation.targets.iter().map(|target| target.at).collect();
    let (event, related) = match (catalogue.find(earlier, digits), catalogue.find(later, digits)) {
        (None, None) => return None,
        (None, Some(after)) => {
            let from = said(after, earlier);
            if partial(earlier) && from.is_none() {
                return None;
            }
            (Event::Created, from.as_ref().map(related).unwrap_or_default())
        }
        (Some(before), None) => {
            let to = said(before, later);
            if partial(later) && to.is_none() {
                return None;
            }
            (Event::Deleted, to.as_ref().map(related).unwrap_or_default())
        }
        (Some(before), Some(after)) => {
            let to = said(before, later)?;
            let same_digits = to.targets.iter().all(|target| target.same_digits);
            match to.relation == Relation::Exact && same_digits {
                false => (Event::ScopeChanged, related(&to)),
                true if reworded(catalogue, before, after) => (Event::Redescribed, related(&to)),
                true => return None,
            }
        }
    };
    Some(Step { event, edition: later, related })
}

/// Whether two codes are described by other words in a language that both are described in.
fn reworded(catalogue: &Catalogue, before: Position, after: Position) -> bool {
    let (before, after) = (&catalogue.code(before).fact.descriptions, &catalogue.code(after).fact.descriptions);
    let pairs = before.iter().flat_map(|one| after.iter().map(move |other| (one, other)));
    let mut same_language = pairs.filter(|(one, other)| one.0 == other.0);
    same_language.any(|(one, other)| fold(&one.1) != fold(&other.1))
}
