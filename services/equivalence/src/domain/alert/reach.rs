//! Whom an entry concerns: which markets, goods, and holders of which schemes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::catalogue::Catalogue;
use crate::domain::code::CodeScope;
use crate::domain::entry::Entry;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::{ArrangementKey, EconomyCode};

/// Whom something concerns. None of a kind means all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Markets, with the blocs that they belong to and the members that they have.
    pub markets: Option<BTreeSet<EconomyCode>>,
    /// Goods.
    pub codes: Option<Vec<CodeScope>>,
    /// Schemes and standards that what is concerned can be reached from.
    pub targets: Option<BTreeSet<TargetKey>>,
}

impl Reach {
    /// Nobody that can be named.
    fn nobody() -> Self {
        Self { markets: Some(BTreeSet::new()), codes: Some(Vec::new()), targets: Some(BTreeSet::new()) }
    }

    /// Whom either concerns.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        fn all<C: IntoIterator<Item = T> + Extend<T>, T>(one: Option<C>, other: Option<C>) -> Option<C> {
            let (mut one, other) = (one?, other?);
            one.extend(other);
            Some(one)
        }
        let mut codes = all(self.codes, other.codes);
        if let Some(codes) = &mut codes {
            let mut seen = BTreeSet::new();
            codes.retain(|scope| seen.insert(format!("{scope:?}")));
        }
        Self { markets: all(self.markets, other.markets), codes, targets: all(self.targets, other.targets) }
    }
}

/// Finds out reaches in one catalogue.
pub struct ReachOf<'c> {
    catalogue: &'c Catalogue,
    /// What leads to a target by one equivalence, or certifies to it.
    before: BTreeMap<TargetKey, Vec<TargetKey>>,
    /// What a target leads to by one equivalence.
    after: BTreeMap<TargetKey, Vec<TargetKey>>,
}

impl<'c> ReachOf<'c> {
    /// Of a catalogue.
    pub fn new(catalogue: &'c Catalogue) -> Self {
        let mut before: BTreeMap<TargetKey, Vec<TargetKey>> = BTreeMap::new();
        let mut after: BTreeMap<TargetKey, Vec<TargetKey>> = BTreeMap::new();
        let mut link = |from: TargetKey, to: TargetKey| {
            before.entry(to.clone()).or_default().push(from.clone());
            after.entry(from).or_default().push(to);
        };
        for it in catalogue.equivalences.values().filter(|it| it.passes()) {
            link(it.from.name.clone(), it.to.name.clone());
        }
        for scheme in catalogue.schemes.values() {
            for standard in &scheme.standards {
                link(TargetKey::Scheme(scheme.name.clone()), TargetKey::Standard(standard.clone()));
            }
        }
        Self { catalogue, before, after }
    }

    /// Whom an entry concerns.
    pub fn entry(&self, entry: &Entry) -> Reach {
        match entry {
            Entry::Economy(it) => {
                let members = it.members.iter().map(|member| member.economy.clone());
                Reach { markets: Some(self.markets(members.chain([it.name.clone()]))), codes: None, targets: None }
            }
            Entry::Body(it) => Reach { markets: Some(self.markets([it.economy.clone()])), ..Reach::nobody() },
            Entry::Scheme(it) => self.through_requirements([TargetKey::Scheme(it.name.clone())]),
            Entry::Standard(it) => self.through_requirements([TargetKey::Standard(it.name.clone())]),
            Entry::EditionTransition(it) => {
                let targets = [&it.from_standard, &it.to_standard].map(|key| TargetKey::Standard(key.clone()));
                Reach { markets: Some(self.markets([it.market.clone()])), ..self.through_requirements(targets) }
            }
            Entry::Equivalence(it) => {
                let reach = self.through_requirements([it.from.name.clone()]);
                let to = self.through_requirements([it.to.name.clone()]);
                Reach { markets: to.markets, codes: to.codes, targets: reach.or(target_only(&it.to.name)).targets }
            }
            Entry::Arrangement(it) => self.arrangement(&it.name, it.parties.iter().map(|it| it.economy.clone())),
            Entry::Annex(it) => {
                let arrangement = self.catalogue.arrangements.get(&it.arrangement);
                let parties = arrangement.into_iter().flat_map(|it| it.parties.iter().map(|it| it.economy.clone()));
                let economies: Vec<_> = if it.economies.is_empty() { parties.collect() } else { it.economies.clone() };
                let covered = it.covered.iter().map(|it| it.name.clone());
                Reach {
                    markets: Some(self.markets(economies)),
                    codes: some(&it.codes),
                    targets: if it.covered.is_empty() { None } else { Some(self.holders(covered)) },
                }
            }
            Entry::Designation(it) => {
                let annex = self.catalogue.annexes.get(&it.annex);
                let of_annex = annex.map_or_else(Reach::nobody, |annex| self.entry(&Entry::Annex((**annex).clone())));
                let targets = it.targets.iter().cloned();
                Reach {
                    markets: of_annex.markets,
                    codes: if it.codes.is_empty() { of_annex.codes } else { some(&it.codes) },
                    targets: if it.targets.is_empty() { of_annex.targets } else { Some(self.holders(targets)) },
                }
            }
            Entry::Requirement(it) => {
                let accepted = it.acceptances.iter().map(|it| it.target.name.clone());
                Reach {
                    markets: Some(self.markets([it.market.clone()])),
                    codes: some(&it.codes),
                    targets: if it.acceptances.is_empty() { None } else { Some(self.holders(accepted)) },
                }
            }
        }
    }

    fn arrangement(&self, name: &ArrangementKey, parties: impl Iterator<Item = EconomyCode>) -> Reach {
        let annexes = self.catalogue.annexes.values().filter(|it| it.arrangement == *name);
        let reaches = annexes.map(|annex| self.entry(&Entry::Annex((**annex).clone())));
        let of_annexes = reaches.fold(Reach::nobody(), Reach::or);
        Reach { markets: Some(self.markets(parties)), ..of_annexes }
    }

    /// What leads to targets, and the markets and goods of the requirements that they lead to.
    fn through_requirements(&self, targets: impl IntoIterator<Item = TargetKey>) -> Reach {
        let targets: Vec<_> = targets.into_iter().collect();
        let accepted = closure(&self.after, targets.iter().cloned());
        let requirements = self.catalogue.requirements.values();
        let concerned = requirements.filter(|it| it.acceptances.iter().any(|it| accepted.contains(&it.target.name)));
        let mut found = Reach::nobody();
        for it in concerned {
            let markets = Some(self.markets([it.market.clone()]));
            found = found.or(Reach { markets, codes: some(&it.codes), targets: Some(BTreeSet::new()) });
        }
        Reach { targets: Some(self.holders(targets)), ..found }
    }

    fn holders(&self, targets: impl IntoIterator<Item = TargetKey>) -> BTreeSet<TargetKey> {
        closure(&self.before, targets)
    }

    /// Economies, with the members that they have and the blocs that they belong to, whatever the day.
    fn markets(&self, of: impl IntoIterator<Item = EconomyCode>) -> BTreeSet<EconomyCode> {
        let mut markets: BTreeSet<EconomyCode> = of.into_iter().collect();
        for bloc in self.catalogue.economies.values().filter(|it| it.bloc) {
            let members = || bloc.members.iter().map(|member| member.economy.clone());
            if markets.contains(&bloc.name) {
                markets.extend(members());
            } else if members().any(|member| markets.contains(&member)) {
                markets.insert(bloc.name.clone());
            }
        }
        markets
    }
}

fn target_only(target: &TargetKey) -> Reach {
    Reach { targets: Some([target.clone()].into()), ..Reach::nobody() }
}

/// The goods, of which none means all.
fn some(codes: &[CodeScope]) -> Option<Vec<CodeScope>> {
    if codes.is_empty() { None } else { Some(codes.to_vec()) }
}

/// Everything that links lead to. Ends on circles too: each target is followed once.
fn closure(
    links: &BTreeMap<TargetKey, Vec<TargetKey>>,
    from: impl IntoIterator<Item = TargetKey>,
) -> BTreeSet<TargetKey> {
    let mut open: Vec<TargetKey> = from.into_iter().collect();
    let mut found = BTreeSet::new();
    while let Some(target) = open.pop() {
        open.extend(links.get(&target).into_iter().flatten().filter(|next| !found.contains(*next)).cloned());
        found.insert(target);
    }
    found
}
