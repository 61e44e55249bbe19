//! What leads from a question to the entries that matter for it, so that a decision costs what it examines and not what
//! the catalogue holds. Lists are in the order of names.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::HashMap;
use smallvec::SmallVec;

use super::Catalogue;
use super::annexes::{self, AnnexEntry, PartyTerms};
use super::blocs::{Periods, memberships};
use super::net::Links;
use super::numbers::{Held, NONE, Numbers, Wanted, number};
use super::requirements::{RequirementEntry, Requirements};
use super::scopes::{Code, Glance, Scopes};
use super::table::Table;
use crate::domain::body::Body;
use crate::domain::equivalence::Target;
use crate::domain::key::{BodyKey, EconomyCode, StandardKey};
use crate::domain::requirement::Requirement;
use crate::domain::standard::EditionTransition;

/// A bloc that an economy belongs to, or belonged.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Membership {
    pub(in crate::domain) bloc: EconomyCode,
    pub(in crate::domain) number: u32,
    periods: Periods,
}

/// What the catalogue holds of an economy or bloc.
#[derive(Clone, Debug)]
pub(in crate::domain) struct EconomyEntry {
    pub(in crate::domain) code: EconomyCode,
    pub(in crate::domain) number: u32,
    /// Whether it has an entry of its own.
    pub(in crate::domain) known: bool,
    /// Whether others may belong to it: it is a bloc, or there is no entry of it that says that it is none.
    may_be_bloc: bool,
    /// For which goods every requirement of it is held; none: some may be lacking for any.
    pub(in crate::domain) complete: Option<Scopes>,
    /// The blocs that it belongs to, or belonged, in the order of their codes.
    pub(in crate::domain) memberships: Vec<Membership>,
    pub(in crate::domain) requirements: Requirements,
    /// With their numbers.
    bodies: Vec<(u32, Arc<Body>)>,
    /// The annexes of the arrangements in which a party of this very code accepts others' results.
    accepts: Vec<u32>,
}

impl EconomyEntry {
    /// The blocs that it belongs to on a day, in the order of their codes.
    pub(in crate::domain) fn blocs(&self, date: NaiveDate) -> impl Iterator<Item = &Membership> {
        self.memberships.iter().filter(move |it| it.periods.iter().any(|period| period.contains(date)))
    }
}

/// On which sides an economy is a party itself.
#[derive(Clone, Copy, Debug, Default)]
struct Trades {
    imports: bool,
    exports: bool,
}

/// An annex between two parties, with as much of it as tells that most goods are not its.
#[derive(Clone, Copy, Debug)]
struct Passage {
    annex: u32,
    codes: Glance,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    from: u32,
    until: u32,
}

/// An importer and an exporter as one key; zero only where the catalogue speaks of neither.
fn pair(importer: u32, exporter: u32) -> u64 {
    !(u64::from(importer) << 32 | u64::from(exporter))
}

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    numbers: Numbers,
    /// By number.
    economies: Vec<EconomyEntry>,
    /// The blocs of which not every member is listed.
    incomplete: Vec<u32>,
    annexes: Vec<AnnexEntry>,
    /// By importer and exporter, and of each two in the order of names.
    passages: Vec<Passage>,
    /// Where those between an importer and an exporter stand.
    between: Table<u64, Run>,
    /// Whether an economy is an importer or an exporter in these, by its number. Most blocs are neither.
    trades: Vec<Trades>,
    links: Links,
    transitions_of: HashMap<StandardKey, Vec<Arc<EditionTransition>>>,
    longest_chain: usize,
}

impl Catalogue {
    /// What is held of an economy or bloc; none when nothing speaks of it.
    pub(in crate::domain) fn economy(&self, economy: &EconomyCode) -> Option<&EconomyEntry> {
        self.index.economies.get(self.index.numbers.economy(economy) as usize)
    }

    /// The economy of the body of a number, when that has an entry.
    pub(in crate::domain) fn home(&self, body: u32) -> Option<&EconomyEntry> {
        self.index.economies.get(self.index.numbers.home(body) as usize)
    }

    /// Whether others may belong to the economy or bloc of a number, for all that is known.
    pub(in crate::domain) fn may_be_bloc(&self, number: u32) -> bool {
        self.index.economies.get(number as usize).is_none_or(|it| it.may_be_bloc)
    }

    /// The economy or bloc of a number.
    pub(in crate::domain) fn economy_of(&self, number: u32) -> Option<&EconomyEntry> {
        self.index.economies.get(number as usize)
    }

    /// The blocs that an economy may belong to on a day although nothing says so: those of which not every member is listed,
    /// and what these belong to. Nothing belongs to a part of itself.
    pub(in crate::domain) fn may_belong(&self, economy: Option<&EconomyEntry>, date: NaiveDate) -> SmallVec<[u32; 2]> {
        let mut found: SmallVec<[u32; 2]> = SmallVec::new();
        let own = economy.map_or(NONE, |it| it.number);
        let belongs = |whole: u32| economy.is_some_and(|it| it.blocs(date).any(|it| it.number == whole));
        for bloc in self.index.incomplete.iter().filter_map(|it| self.economy_of(*it)) {
            if bloc.number == own || bloc.blocs(date).any(|it| it.number == own) {
                continue;
            }
            for whole in std::iter::once(bloc.number).chain(bloc.blocs(date).map(|it| it.number)) {
                if !belongs(whole) && !found.contains(&whole) {
                    found.push(whole);
                }
            }
        }
        found
    }

    /// Whether `economy` may belong to the bloc `whole` on a day although nothing says so.
    pub(in crate::domain) fn may_be_within(&self, economy: &EconomyCode, whole: &EconomyCode, date: NaiveDate) -> bool {
        self.economy(whole).is_some_and(|it| self.may_belong(self.economy(economy), date).contains(&it.number))
    }

    /// Whether `whole` is `economy`, or a bloc that it belongs to on a day.
    pub fn is_within(&self, economy: &EconomyCode, whole: &EconomyCode, date: NaiveDate) -> bool {
        economy == whole || self.economy(economy).is_some_and(|it| it.blocs(date).any(|it| it.bloc == *whole))
    }

    /// The requirements of a market.
    pub fn requirements_of(&self, market: &EconomyCode) -> &[RequirementEntry] {
        self.economy(market).map_or(&[], |it| &it.requirements.all)
    }

    /// The annexes of the arrangements in which a party of this very code accepts others' results.
    pub fn annexes_accepted_by(&self, party: &EconomyCode) -> impl Iterator<Item = &AnnexEntry> {
        self.annexes_accepted_in(self.index.numbers.economy(party))
    }

    /// The same of a party told by its number.
    pub(in crate::domain) fn annexes_accepted_in(&self, party: u32) -> impl Iterator<Item = &AnnexEntry> {
        let places = self.economy_of(party).map_or(&[][..], |it| &it.accepts);
        places.iter().map(|at| &self.index.annexes[*at as usize])
    }

    /// The annexes by which one of some parties accepts the results of one of others, told by the numbers of their codes;
    /// in the order of names, each once. Of `goods`, a code and the number of its edition, those that plainly do not cover
    /// them are left out.
    pub(in crate::domain) fn annexes_between(
        &self,
        importers: &[u32],
        exporters: &[u32],
        goods: Option<(u32, Code)>,
    ) -> SmallVec<[&AnnexEntry; 8]> {
        let index = &self.index;
        let trades = |number: &u32| index.trades.get(*number as usize).copied().unwrap_or_default();
        let mut places: SmallVec<[u32; 8]> = SmallVec::new();
        for importer in importers.iter().filter(|it| trades(it).imports) {
            for exporter in exporters.iter().filter(|it| trades(it).exports) {
                if let Some(run) = index.between.get(pair(*importer, *exporter)) {
                    let between = &index.passages[run.from as usize..run.until as usize];
                    let may = between.iter().filter(|it| goods.is_none_or(|(at, code)| !it.codes.excludes(at, code)));
                    may.for_each(|it| places.push(it.annex));
                }
            }
        }
        if places.len() > 1 {
            places.sort_unstable();
            places.dedup();
        }
        let annexes: SmallVec<[&AnnexEntry; 8]> = places.into_iter().map(|at| &index.annexes[at as usize]).collect();
        if goods.is_some() {
            annexes.iter().for_each(|it| it.read_ahead());
        }
        annexes
    }

    /// Reads where that stands which a decision needs in most cases: the processor fetches all of it at once, and not one
    /// after the other. Of a large catalogue little is in its cache.
    pub(in crate::domain) fn read_ahead(&self, held: &[Held], importer: u32, exporter: u32) {
        held.iter().for_each(|it| self.index.links.read_ahead(it.node));
        self.index.between.read_ahead(pair(importer, exporter));
    }

    /// Reads that itself, as far as it is known now where it stands.
    pub(in crate::domain) fn read_on_ahead(&self, held: &[Held], importer: u32, exporter: u32) {
        if let Some(run) = self.index.between.get(pair(importer, exporter)) {
            black_box(self.index.passages[run.from as usize].annex);
            held.iter().for_each(|it| self.index.links.read_on_ahead(it.node));
        }
    }

    /// The equivalences along which results pass.
    pub(in crate::domain) fn links(&self) -> &Links {
        &self.index.links
    }

    /// Something held in numbers, and whether the catalogue knows it, with its level if it has one.
    pub(in crate::domain) fn held(&self, target: &Target) -> (Held, bool) {
        self.index.numbers.held(target)
    }

    /// Whether something held is a scheme of which the catalogue speaks.
    pub(in crate::domain) fn is_scheme(&self, held: Held) -> bool {
        self.index.numbers.is_scheme(held)
    }

    /// Something wanted in numbers.
    pub(in crate::domain) fn wanted(&self, target: &Target) -> Wanted {
        self.index.numbers.wanted(target)
    }

    /// The number of a body.
    pub(in crate::domain) fn body_number(&self, body: &BodyKey) -> u32 {
        self.index.numbers.body(body)
    }

    /// The number of an edition of a code system.
    pub(in crate::domain) fn edition_number(&self, edition: &str) -> u32 {
        self.index.numbers.edition_number(edition)
    }

    /// The edition of a number.
    pub(in crate::domain) fn edition_name(&self, number: u32) -> Option<&Arc<str>> {
        self.index.numbers.edition_name(number)
    }

    /// The edition transitions that a standard edition is the earlier or the later one of.
    pub fn transitions_of(&self, standard: &StandardKey) -> &[Arc<EditionTransition>] {
        self.index.transitions_of.get(standard).map_or(&[], Vec::as_slice)
    }

    /// The longest chain of equivalences that any annex allows.
    pub fn longest_chain(&self) -> usize {
        self.index.longest_chain
    }

    /// The bodies of an economy, with their numbers.
    pub(in crate::domain) fn bodies_of(&self, economy: &EconomyCode) -> &[(u32, Arc<Body>)] {
        self.economy(economy).map_or(&[], |it| &it.bodies)
    }
}

impl Index {
    /// Written into the catalogue part by part: later parts read what earlier ones wrote.
    pub(super) fn write(catalogue: &mut Catalogue) {
        let mut numbers = Numbers::new(catalogue);
        for it in catalogue.transitions.values() {
            for standard in BTreeSet::from([&it.from_standard, &it.to_standard]) {
                catalogue.index.transitions_of.entry(standard.clone()).or_default().push(it.clone());
            }
        }
        let annexes = annexes::entries(&mut numbers, catalogue);
        let economies = economies(&mut numbers, catalogue);
        let links = Links::new(&numbers, catalogue);
        let incomplete = catalogue.economies.values().filter(|it| it.members_incomplete);
        let incomplete: Vec<u32> = incomplete.map(|it| numbers.economy(&it.name)).collect();
        let index = &mut catalogue.index;
        index.incomplete = incomplete;
        index.economies = economies;
        index.links = links;
        index.trades = vec![Trades::default(); index.economies.len()];
        let mut passages: Vec<(u64, Passage)> = Vec::new();
        for entry in &annexes {
            let terms = &entry.terms;
            index.longest_chain = index.longest_chain.max(entry.annex.chain_limit());
            let parties = &entry.arrangement.parties;
            let accepting: BTreeSet<_> = parties.iter().filter(|it| it.accepts()).map(|it| &it.economy).collect();
            for economy in accepting {
                index.economies[numbers.economy(economy) as usize].accepts.push(terms.place);
            }
            let numbers_of = |which: fn(&PartyTerms) -> bool| -> BTreeSet<u32> {
                terms.parties.iter().filter(|it| which(it)).map(|it| it.economy).collect()
            };
            let (importers, exporters) = (numbers_of(|it| it.accepts), numbers_of(|it| it.is_accepted));
            importers.iter().for_each(|it| index.trades[*it as usize].imports = true);
            exporters.iter().for_each(|it| index.trades[*it as usize].exports = true);
            for importer in importers {
                for exporter in exporters.iter().filter(|it| importer != **it || terms.within_party) {
                    let passage = Passage { annex: terms.place, codes: terms.codes.at_a_glance() };
                    passages.push((pair(importer, *exporter), passage));
                }
            }
        }
        passages.sort_by_key(|(pair, _)| *pair); // stable: by name
        let mut from = 0;
        let runs = passages.chunk_by(|(one, _), (other, _)| one == other).map(|run| {
            let until = from + number(run.len());
            (run[0].0, Run { from: std::mem::replace(&mut from, until), until })
        });
        let runs: Vec<_> = runs.collect();
        index.between = Table::new(&runs);
        index.passages = passages.into_iter().map(|(_, passage)| passage).collect();
        index.annexes = annexes;
        index.numbers = numbers;
    }
}

/// In the order of their numbers.
fn economies(numbers: &mut Numbers, catalogue: &Catalogue) -> Vec<EconomyEntry> {
    let all = numbers.economies().iter().zip(0..).map(|(code, number)| EconomyEntry {
        code: code.clone(),
        number,
        known: catalogue.economies.contains_key(code),
        may_be_bloc: catalogue.economies.get(code).is_none_or(|it| it.bloc),
        complete: None,
        memberships: Vec::new(),
        requirements: Requirements::default(),
        bodies: Vec::new(),
        accepts: Vec::new(),
    });
    let mut economies: Vec<EconomyEntry> = all.collect();
    for bloc in catalogue.economies.values() {
        let number = numbers.economy(&bloc.name);
        if let Some(complete) = &bloc.complete_requirements {
            economies[number as usize].complete = Some(Scopes::new(numbers, &complete.codes));
        }
    }
    for (at, belongs) in memberships(numbers, catalogue).into_iter().enumerate() {
        let each = belongs.into_iter().map(|(number, periods)| {
            let bloc = numbers.economies()[number as usize].clone();
            Membership { bloc, number, periods }
        });
        economies[at].memberships = each.collect();
    }
    for it in catalogue.bodies.values() {
        economies[numbers.economy(&it.economy) as usize].bodies.push((numbers.body(&it.name), it.clone()));
    }
    let mut markets: BTreeMap<&EconomyCode, Vec<Arc<Requirement>>> = BTreeMap::new();
    for requirement in catalogue.requirements.values() {
        markets.entry(&requirement.market).or_default().push(requirement.clone());
    }
    for (market, all) in markets {
        economies[numbers.economy(market) as usize].requirements = Requirements::new(numbers, catalogue, &all);
    }
    economies
}
