//! Which products of a certificate those of another version can be parts of, all at once.
//!
//! A part may be one of several products, and what one part takes of a product is gone for the others. So a place for each is
//! searched: first where it is certain, and else by trying, up to a bound.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use crate::domain::content::{Product, Quantity, SerialRange};
use crate::domain::goods::{folded, same_gtin, same_text};
use crate::domain::write_off::amount::Amount;
use crate::domain::write_off::product_key;

/// How much is compared at most: some tenths of a second. No certificate needs it whose products are told apart.
const MOST_COMPARED: u64 = 4_000_000;

/// Whether there is room for all parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Found,
    None,
    /// The search was given up.
    Unknown,
}

/// Whether every product of `parts` is one of `whole`, or a part of one; and whether the parts of one are together no more
/// than it.
pub(super) fn room(whole: &[Product], parts: &[Product]) -> Room {
    let mut budget = Budget(MOST_COMPARED);
    match search(whole, parts, &mut budget) {
        Some(true) => Room::Found,
        Some(false) => Room::None,
        None => Room::Unknown,
    }
}

/// What may still be compared.
struct Budget(u64);

impl Budget {
    /// None when there is nothing left.
    fn spend(&mut self, compared: usize) -> Option<()> {
        self.0 = self.0.checked_sub(compared as u64)?;
        Some(())
    }
}

/// Whether all parts find a place; none when the budget is spent before that is known.
fn search(whole: &[Product], parts: &[Product], budget: &mut Budget) -> Option<bool> {
    let mut rests: Vec<Rest<'_>> = whole.iter().map(Rest::of).collect();
    let mut waiting = Vec::new();
    for part in parts.iter().map(Told::of) {
        let Some(choices) = choices(&rests, &part, budget)? else { continue };
        if choices.is_empty() {
            return Some(false);
        }
        waiting.push(Part { wanted: part.amount(), runs: part.runs, key: part.key, choices });
    }
    for mut group in groups(rests.len(), waiting) {
        // Where there is least choice first, and of those the largest.
        group.sort_by_key(|part| (part.choices.len(), Reverse(part.wanted)));
        let places: BTreeSet<usize> = group.iter().flat_map(|part| part.choices.iter().copied()).collect();
        let there_is = sum(places.iter().map(|at| rests[*at].left));
        let wanted = sum(group.iter().map(|part| part.wanted));
        if there_is.zip(wanted).is_some_and(|(there_is, wanted)| wanted > there_is) {
            return Some(false);
        }
        if !place(&mut rests, &group, budget)? {
            return Some(false);
        }
    }
    Some(true)
}

/// All together; none when one of them has no end.
fn sum(mut amounts: impl Iterator<Item = Option<Amount>>) -> Option<Amount> {
    amounts.try_fold(Amount::default(), |sum, amount| Some(sum.plus(amount?)))
}

/// The products that all goods of a part are goods of; none when one of them has room without end.
fn choices(rests: &[Rest<'_>], part: &Told<'_>, budget: &mut Budget) -> Option<Option<Vec<usize>>> {
    let mut choices = Vec::new();
    for (at, rest) in rests.iter().enumerate() {
        if part.is_part_of(&rest.told, budget)? {
            if rest.is_endless() {
                return Some(None);
            }
            choices.push(at);
        }
    }
    Some(Some(choices))
}

/// Parts that have a choice in common, directly or not: what becomes of one group is nothing to the others.
fn groups(places: usize, parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut of: Vec<usize> = (0..places).collect();
    let root = |of: &[usize], mut at: usize| {
        while of[at] != at {
            at = of[at];
        }
        at
    };
    for part in &parts {
        let first = root(&of, part.choices[0]);
        for choice in &part.choices[1..] {
            let other = root(&of, *choice);
            of[other] = first;
        }
    }
    let mut groups: Vec<Vec<Part>> = (0..places).map(|_| Vec::new()).collect();
    for part in parts {
        groups[root(&of, part.choices[0])].push(part);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Finds a place for each part, in their order; what was tried in vain is taken back.
fn place(rests: &mut [Rest<'_>], parts: &[Part], budget: &mut Budget) -> Option<bool> {
    let Some((part, others)) = parts.split_first() else { return Some(true) };
    // What is identified as before is a part of what it was; else the smallest that has room.
    let mut choices = part.choices.clone();
    budget.spend(choices.len())?;
    choices.sort_by_key(|at| (rests[*at].told.key != part.key, rests[*at].left));
    for at in choices {
        budget.spend(part.runs.len() * rests[at].taken.len())?;
        if !rests[at].has_room(part) {
            continue;
        }
        let before = rests[at].take(part);
        if place(rests, others, budget)? {
            return Some(true);
        }
        rests[at].give_back(before);
    }
    Some(false)
}

/// A part that is to find a place.
struct Part {
    key: String,
    /// None when it is not limited to a quantity.
    wanted: Option<Amount>,
    runs: Vec<SerialRange>,
    /// The products that it may be a part of.
    choices: Vec<usize>,
}

/// What of a product no part has taken yet.
struct Rest<'p> {
    told: Told<'p>,
    /// None when it is not limited to a quantity.
    left: Option<Amount>,
    /// The serial numbers that are taken, when it is limited to some.
    taken: Vec<SerialRange>,
}

impl<'p> Rest<'p> {
    fn of(product: &'p Product) -> Self {
        let told = Told::of(product);
        Self { left: told.amount(), told, taken: Vec::new() }
    }

    fn is_endless(&self) -> bool {
        self.left.is_none() && self.told.runs.is_empty()
    }

    fn has_room(&self, part: &Part) -> bool {
        let is_taken = |run: &SerialRange| self.taken.iter().any(|taken| taken.common(run).is_some());
        self.left.zip(part.wanted).is_none_or(|(left, wanted)| wanted <= left) && !part.runs.iter().any(is_taken)
    }

    /// Gives what it was before.
    fn take(&mut self, part: &Part) -> (Option<Amount>, usize) {
        let before = (self.left, self.taken.len());
        if let (Some(left), Some(wanted)) = (self.left, part.wanted) {
            self.left = Some(left.minus(wanted));
        }
        if !self.told.runs.is_empty() {
            self.taken.extend(part.runs.iter().cloned());
        }
        before
    }

    fn give_back(&mut self, (left, taken): (Option<Amount>, usize)) {
        self.left = left;
        self.taken.truncate(taken);
    }
}

/// A product, and what it is compared by.
struct Told<'p> {
    product: &'p Product,
    key: String,
    /// All its models, folded.
    models: BTreeSet<String>,
    /// The serial numbers that it is limited to.
    runs: Vec<SerialRange>,
}

impl<'p> Told<'p> {
    fn of(product: &'p Product) -> Self {
        let models = product.models.iter().chain([&product.id.model]).filter(|model| !model.is_empty());
        let models = models.map(|model| folded(model)).collect();
        Self { product, key: product_key(&product.id), models, runs: product.runs() }
    }

    fn amount(&self) -> Option<Amount> {
        self.product.quantity.as_ref().map(|quantity| Amount::certified(&quantity.amount))
    }

    /// Whether all its goods are goods of the whole. What the whole does not say does not limit it. What is quickly told
    /// comes first.
    fn is_part_of(&self, whole: &Self, budget: &mut Budget) -> Option<bool> {
        budget.spend(1)?;
        let (part, whole_product) = (self.product, whole.product);
        let (p, w) = (&part.id, &whole_product.id);
        let is_alike = (w.gtin.is_empty() || !p.gtin.is_empty() && same_gtin(&w.gtin, &p.gtin))
            && (w.batch.is_empty() || same_text(&w.batch, &p.batch))
            && (whole_product.origin.is_empty() || whole_product.origin == part.origin)
            && quantity_fits(whole_product.quantity.as_ref(), part.quantity.as_ref());
        if !is_alike {
            return Some(false);
        }
        let named = self.models.iter().take_while(|model| whole.models.contains(*model)).count();
        budget.spend(named)?;
        if !whole.models.is_empty() && (self.models.is_empty() || named < self.models.len()) {
            return Some(false);
        }
        budget.spend(self.runs.len() * whole.runs.len())?;
        let within =
            |run: &SerialRange| whole.runs.iter().any(|whole| whole.contains(&run.first) && whole.contains(&run.last));
        if !whole.runs.is_empty() && (self.runs.is_empty() || !self.runs.iter().all(within)) {
            return Some(false);
        }
        budget.spend(part.codes.len() * whole_product.codes.len())?;
        Some(part.codes.iter().all(|code| whole_product.codes.iter().any(|covering| covering.covers(code))))
    }
}

fn quantity_fits(whole: Option<&Quantity>, part: Option<&Quantity>) -> bool {
    match (whole, part) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(whole), Some(part)) => whole.unit == part.unit && compare(&part.amount, &whole.amount).is_le(),
    }
}

/// Compares two decimal numbers as they are written: digits, at most one point.
fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (whole.trim_start_matches('0').to_owned(), fraction.trim_end_matches('0').to_owned())
    };
    let ((a_whole, a_fraction), (b_whole, b_fraction)) = (parts(a), parts(b));
    a_whole.len().cmp(&b_whole.len()).then(a_whole.cmp(&b_whole)).then(a_fraction.cmp(&b_fraction))
}

#[cfg(test)]
mod tests;
