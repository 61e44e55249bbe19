//! What a subscription is about, and whether it is concerned.

use std::collections::{BTreeSet, HashMap};

use greenlane_curation::alerts::Concerns;
use serde::{Deserialize, Serialize};

use super::{Code, Item, Reach};
use crate::domain::catalogue::Catalogue;
use crate::domain::translate::translate;

/// What somebody wants to be told of. Each list narrows; an empty one does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interest {
    /// Products.
    pub(crate) codes: Vec<Code>,
    /// Green lists, by identifier.
    pub(crate) lists: Vec<String>,
    /// Economies whose tariffs and lists count, beside those of no single one.
    pub(crate) economies: Vec<String>,
}

/// Whether each of some items concerns a subscriber.
pub(crate) fn concerns(catalogue: &Catalogue, items: &[&Item], interest: &Interest) -> Vec<Concerns> {
    let lists = interest.lists.iter().filter_map(|list| catalogue.list(list));
    let listed = lists.flat_map(|list| &list.entries).map(|entry| Code::new(&entry.edition, &entry.code));
    let mut own = Goods::of(catalogue, interest.codes.clone());
    let mut listed = Goods::of(catalogue, listed.collect());
    let mut concern = |reach: &Reach| {
        let belongs = reach.economy.is_empty() || interest.economies.contains(&reach.economy);
        if !(interest.economies.is_empty() || belongs) {
            return Concerns::No;
        }
        let by_list = match (interest.lists.is_empty(), reach.list.as_str()) {
            (true, _) => Concerns::Yes,
            (false, "") => listed.are_in(reach),
            (false, list) if interest.lists.iter().any(|it| it == list) => Concerns::Yes,
            (false, _) => Concerns::No,
        };
        let by_code = if interest.codes.is_empty() { Concerns::Yes } else { own.are_in(reach) };
        by_list.min(by_code)
    };
    items.iter().map(|item| concern(&item.reach)).collect()
}

/// Goods, by codes under which they are, and by those that hold them in other editions as these are asked for.
struct Goods<'c> {
    catalogue: &'c Catalogue,
    codes: Vec<Code>,
    systems: BTreeSet<&'c str>,
    by_edition: HashMap<String, InEdition>,
}

/// Where goods are in an edition.
#[derive(Default)]
struct InEdition {
    held: BTreeSet<String>,
    /// Where they are if links say so that are held back or not known.
    perhaps: BTreeSet<String>,
    /// Nobody knows where: there is no way to the edition.
    unknown: bool,
}

impl<'c> Goods<'c> {
    fn of(catalogue: &'c Catalogue, codes: Vec<Code>) -> Self {
        let editions: BTreeSet<usize> = codes.iter().filter_map(|code| catalogue.edition(&code.edition)).collect();
        let systems = editions.into_iter().flat_map(|edition| extended(catalogue, edition)).collect();
        Self { catalogue, codes, systems, by_edition: HashMap::new() }
    }

    fn are_in(&mut self, reach: &Reach) -> Concerns {
        if reach.systems.iter().any(|system| self.systems.contains(system.as_str())) {
            return Concerns::Yes;
        }
        let each = reach.codes.iter().map(|changed| {
            let there = self
                .by_edition
                .entry(changed.edition.clone())
                .or_insert_with(|| InEdition::of(self.catalogue, &self.codes, &changed.edition));
            match () {
                () if meets(&there.held, &changed.code) => Concerns::Yes,
                () if there.unknown || meets(&there.perhaps, &changed.code) => Concerns::Perhaps,
                () => Concerns::No,
            }
        });
        each.max().unwrap_or(Concerns::No)
    }
}

impl InEdition {
    fn of(catalogue: &Catalogue, codes: &[Code], edition: &str) -> Self {
        let mut there = Self::default();
        for code in codes {
            there.add(catalogue, code, edition);
        }
        there
    }

    fn add(&mut self, catalogue: &Catalogue, code: &Code, edition: &str) {
        if code.edition == edition {
            // Also when a later change took the code away.
            self.held.insert(code.code.clone());
            return;
        }
        // What is not known here is told by the codes of known editions that it names.
        let Some((from, to)) = catalogue.edition(&code.edition).zip(catalogue.edition(edition)) else { return };
        let extends = |later: usize, earlier: usize| {
            let above = |at: &usize| catalogue.edition(&catalogue.editions[*at].fact.extends).filter(|it| it != at);
            std::iter::successors(above(&later), above).take(catalogue.editions.len()).any(|it| it == earlier)
        };
        // A national line begins with the digits of what it extends, whether or not it is there any longer.
        if extends(from, to) || extends(to, from) {
            self.held.insert(code.code.clone());
            return;
        }
        let at = catalogue.find(from, &code.code).or_else(|| catalogue.nearest(from, &code.code).first().copied());
        let Some(at) = at else { return };
        let translation = translate(catalogue, at, to, false);
        let digits = |row: u32| catalogue.editions[to].codes[row as usize].fact.digits().to_owned();
        self.held.extend(translation.targets.iter().map(|target| digits(target.at.row)));
        self.perhaps.extend(translation.held_back.iter().map(|at| digits(at.row)));
        if translation.path.is_empty() {
            let (ours, theirs) = (extended(catalogue, from), extended(catalogue, to));
            self.unknown |= ours.last() == theirs.last();
        } else if translation.incomplete {
            // Goods rarely leave their chapter.
            self.perhaps.extend(code.code.get(..2).map(str::to_owned));
        }
    }
}

/// The code system of an edition, and those that it extends, nearest first.
fn extended(catalogue: &Catalogue, edition: usize) -> Vec<&str> {
    let system = |id: &str| catalogue.systems.iter().find(|system| system.id == id);
    let first = system(&catalogue.editions[edition].fact.system);
    let all = std::iter::successors(first, |of| system(&of.extends).filter(|it| it.id != of.id));
    all.take(catalogue.systems.len()).map(|system| system.id.as_str()).collect()
}

/// Whether a code is one of some, is under one, or has one under it.
fn meets(codes: &BTreeSet<String>, code: &str) -> bool {
    let above = || (1..=code.len()).filter_map(|end| code.get(..end)).any(|above| codes.contains(above));
    let below = || codes.range(code.to_owned()..).next().is_some_and(|first| first.starts_with(code));
    above() || below()
}
