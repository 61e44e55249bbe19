//! Whom an entry concerns: which markets, goods, origins, and holders of which schemes.

mod over;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::over::Over;
use crate::domain::arrangement::{Annex, Arrangement};
use crate::domain::catalogue::Catalogue;
use crate::domain::change::Change;
use crate::domain::code::CodeScope;
use crate::domain::economy::Economy;
use crate::domain::entry::Entry;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::Acceptance;
use crate::domain::words::OriginRule;

/// Whom something concerns. None of a kind means all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Markets, with the blocs that they belong to and the members that they have.
    pub markets: Option<BTreeSet<EconomyCode>>,
    /// Goods.
    pub codes: Option<Vec<CodeScope>>,
    /// Schemes and standards that what is concerned can be reached from.
    pub targets: Option<BTreeSet<TargetKey>>,
    /// Where goods originate, with the blocs and members of these.
    #[serde(default)]
    pub origins: Option<BTreeSet<EconomyCode>>,
}

impl Reach {
    /// Nobody that can be named.
    fn nobody() -> Self {
        Self {
            markets: Some(BTreeSet::new()),
            codes: Some(Vec::new()),
            targets: Some(BTreeSet::new()),
            origins: Some(BTreeSet::new()),
        }
    }

    /// Whom either concerns.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        [self, other].into_iter().collect()
    }
}

/// Whom any of them concerns.
impl FromIterator<Reach> for Reach {
    fn from_iter<I: IntoIterator<Item = Self>>(all: I) -> Self {
        fn add<C: IntoIterator<Item = T> + Extend<T>, T>(one: &mut Option<C>, other: Option<C>) {
            *one = one.take().zip(other).map(|(mut one, other)| {
                one.extend(other);
                one
            });
        }
        let mut any = Self::nobody();
        for it in all {
            add(&mut any.markets, it.markets);
            add(&mut any.codes, it.codes);
            add(&mut any.targets, it.targets);
            add(&mut any.origins, it.origins);
        }
        if let Some(codes) = &mut any.codes {
            let mut seen = BTreeSet::new();
            codes.retain(|scope| seen.insert(format!("{scope:?}")));
        }
        any
    }
}

/// Finds out reaches in one catalogue, or in what becomes of it by changes. What it costs follows from what is reached,
/// once the catalogue's references have been asked for.
pub struct ReachOf<'c>(Over<'c>);

impl<'c> ReachOf<'c> {
    /// Of a catalogue.
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self::over(catalogue, &[])
    }

    /// Of a catalogue after changes.
    pub fn over(catalogue: &'c Catalogue, changes: &'c [Change]) -> Self {
        Self(Over::new(catalogue, changes))
    }

    /// Whom an entry concerns.
    pub fn entry(&self, entry: &Entry) -> Reach {
        match entry {
            Entry::Economy(it) => {
                let members = it.members.iter().map(|member| member.economy.clone());
                Reach { markets: Some(self.markets(members.chain([it.name.clone()]))), ..Reach::default() }
            }
            Entry::Body(it) => {
                let markets = Some(self.markets([it.economy.clone()]));
                Reach { origins: markets.clone(), markets, ..Reach::nobody() }
            }
            Entry::Scheme(it) => self.through_requirements([TargetKey::Scheme(it.name.clone())]),
            Entry::Standard(it) => self.through_requirements([TargetKey::Standard(it.name.clone())]),
            Entry::EditionTransition(it) => {
                let targets = [&it.from_standard, &it.to_standard].map(|key| TargetKey::Standard(key.clone()));
                Reach { markets: Some(self.markets([it.market.clone()])), ..self.through_requirements(targets) }
            }
            Entry::Equivalence(it) => {
                let mut holders = self.0.leading_to([it.from.name.clone()]);
                holders.insert(it.to.name.clone());
                Reach { targets: Some(holders), ..self.through_requirements([it.to.name.clone()]) }
            }
            Entry::Arrangement(it) => {
                let reaches = self.0.annexes_of(&it.name).into_iter().map(|annex| self.annex(annex));
                let markets = self.markets(it.parties.iter().map(|it| it.economy.clone()));
                Reach { markets: Some(markets), ..reaches.collect() }
            }
            Entry::Annex(it) => self.annex(it),
            Entry::Designation(it) => {
                let of_annex = self.0.annex(&it.annex).map_or_else(Reach::nobody, |annex| self.annex(annex));
                let targets = it.targets.iter().cloned();
                Reach {
                    codes: if it.codes.is_empty() { of_annex.codes } else { some(&it.codes) },
                    targets: if it.targets.is_empty() { of_annex.targets } else { Some(self.0.leading_to(targets)) },
                    ..of_annex
                }
            }
            Entry::Requirement(it) => {
                let accepted = it.acceptances.iter().flat_map(Acceptance::names).cloned();
                Reach {
                    markets: Some(self.markets([it.market.clone()])),
                    codes: some(&it.codes),
                    targets: if it.acceptances.is_empty() { None } else { Some(self.0.leading_to(accepted)) },
                    origins: self.origins(&it.origins),
                }
            }
        }
    }

    fn annex(&self, it: &Annex) -> Reach {
        let arrangement = self.0.arrangement(&it.arrangement);
        let parties = arrangement.into_iter().flat_map(|it| it.parties.iter().map(|it| it.economy.clone()));
        let economies: Vec<_> = if it.economies.is_empty() { parties.collect() } else { it.economies.clone() };
        let covered = it.covered.iter().map(|it| it.name.clone());
        let exporters = |it: &Arrangement| -> Vec<EconomyCode> {
            it.parties.iter().filter(|it| it.is_accepted()).map(|it| it.economy.clone()).collect()
        };
        let anywhere = it.origin_rule == OriginRule::Any;
        Reach {
            markets: Some(self.markets(economies)),
            codes: some(&it.codes),
            targets: if it.covered.is_empty() { None } else { Some(self.0.leading_to(covered)) },
            origins: if anywhere { None } else { arrangement.map(|it| self.markets(exporters(it))) },
        }
    }

    /// What leads to a target, and the markets, goods and origins of the requirements that it leads to.
    fn through_requirements(&self, targets: impl IntoIterator<Item = TargetKey>) -> Reach {
        let targets: Vec<_> = targets.into_iter().collect();
        let concerned = self.0.accepting(&self.0.led_to(targets.iter().cloned()));
        let found = concerned.into_iter().map(|it| Reach {
            markets: Some(self.markets([it.market.clone()])),
            codes: some(&it.codes),
            targets: Some(BTreeSet::new()),
            origins: self.origins(&it.origins),
        });
        Reach { targets: Some(self.0.leading_to(targets)), ..found.collect() }
    }

    /// Where goods originate, of which none means anywhere.
    fn origins(&self, origins: &[EconomyCode]) -> Option<BTreeSet<EconomyCode>> {
        if origins.is_empty() { None } else { Some(self.markets(origins.iter().cloned())) }
    }

    /// Economies, with the members that they have and the blocs that they belong to, whatever the day.
    fn markets(&self, of: impl IntoIterator<Item = EconomyCode>) -> BTreeSet<EconomyCode> {
        let mut markets: BTreeSet<EconomyCode> = of.into_iter().collect();
        let members = |all: &BTreeSet<EconomyCode>| -> Vec<EconomyCode> {
            let blocs = self.0.blocs.iter().filter(|bloc| all.contains(&bloc.name));
            blocs.flat_map(|bloc| &bloc.members).map(|member| member.economy.clone()).collect()
        };
        let blocs = |all: &BTreeSet<EconomyCode>| -> Vec<EconomyCode> {
            let of_them = |bloc: &&&Economy| bloc.members.iter().any(|member| all.contains(&member.economy));
            self.0.blocs.iter().filter(of_them).map(|bloc| bloc.name.clone()).collect()
        };
        // Members that are blocs have members, and blocs belong to blocs.
        extend(&mut markets, members);
        extend(&mut markets, blocs);
        markets
    }
}

/// Adds what follows from what is there until nothing more does.
fn extend(all: &mut BTreeSet<EconomyCode>, next: impl Fn(&BTreeSet<EconomyCode>) -> Vec<EconomyCode>) {
    loop {
        let known = all.len();
        all.extend(next(all));
        if all.len() == known {
            break;
        }
    }
}

/// The goods, of which none means all.
fn some(codes: &[CodeScope]) -> Option<Vec<CodeScope>> {
    if codes.is_empty() { None } else { Some(codes.to_vec()) }
}
