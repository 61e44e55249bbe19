//! The audit of fairness: origins in like position that one requirement treats differently, and the clause that does it.
//!
//! In like position are goods of two origins under one code, each with a result of the same kind, issued at home by the
//! body that fares best there, to what serves best: to exactly what the requirement accepts, or to something that an annex
//! of the market covers and that leads there. What differs then is treatment (TBT Agreement, articles 2.1 and 5.1.1),
//! unless a transition period granted as special and differential treatment does it (article 12).

#[cfg(test)]
mod tests;
mod treatment;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use self::treatment::{Bench, Treatment};
use super::context::Place;
use crate::domain::catalogue::{AnnexEntry, Catalogue, RequirementEntry};
use crate::domain::code::{CodeReference, CodeScope, MAX_CODE_CHARS, Within};
use crate::domain::decision::Outcome;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::Requirement;
use crate::domain::translate::Translator;
use crate::domain::words::RecognitionObject;

/// The principle that a difference touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principle {
    /// Two foreign origins are treated differently.
    MostFavouredNation = 1,
    /// Domestic and foreign goods are treated differently.
    NationalTreatment = 2,
    /// The difference is special and differential treatment.
    SpecialAndDifferential = 3,
}

impl Principle {
    /// The number in the contract.
    pub fn number(self) -> i32 {
        self as i32
    }
}

/// Two origins in like position, treated differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unequal {
    /// The principle touched.
    pub principle: Principle,
    /// What kind of result was compared.
    pub object: RecognitionObject,
    /// The origin that is treated better.
    pub favoured: EconomyCode,
    /// The origin that is treated worse.
    pub disfavoured: EconomyCode,
    /// Outcome for the favoured.
    pub favoured_outcome: Outcome,
    /// Outcome for the disfavoured.
    pub disfavoured_outcome: Outcome,
    /// The entry that makes the difference, and its clause.
    pub clause: String,
    /// Whether neither is treated better: each must fulfil what the other need not.
    pub incomparable: bool,
}

/// The requirements that an audit looks at, by market and name, each with the market that the goods go to. A member is bound
/// by what its blocs require, and asked about by its name, what they require is looked at for goods that go there. Of all
/// markets, a bloc's requirements are looked at for the bloc as a whole.
pub fn audited<'c>(
    catalogue: &'c Catalogue,
    markets: &[EconomyCode],
    date: NaiveDate,
) -> impl Iterator<Item = (EconomyCode, &'c RequirementEntry)> {
    let all: BTreeSet<EconomyCode> = if markets.is_empty() {
        catalogue.economies.keys().cloned().collect()
    } else {
        markets.iter().cloned().collect()
    };
    let by_name = !markets.is_empty();
    all.into_iter().flat_map(move |market| {
        let place = Place::new(catalogue, &market, date);
        let bound_by: BTreeSet<&EconomyCode> = place.codes().filter(|code| by_name || **code == market).collect();
        let of = bound_by.into_iter().flat_map(|code| catalogue.requirements_of(code));
        let mut of: Vec<_> = of.filter(|it| it.requirement.validity.contains(date)).collect();
        of.sort_by(|a, b| a.requirement.name.cmp(&b.requirement.name));
        let market = market.clone();
        of.into_iter().map(move |entry| (market.clone(), entry))
    })
}

/// Audits one requirement, for goods of a code or for all that it covers, that go to `destination`: its market or a member.
pub fn audit(
    catalogue: &Catalogue,
    translator: &dyn Translator,
    (destination, entry): (&EconomyCode, &RequirementEntry),
    code: Option<&CodeReference>,
    date: NaiveDate,
) -> Vec<Unequal> {
    let requirement = &entry.requirement;
    let market = Place::new(catalogue, &requirement.market, date);
    let annexes: Vec<&AnnexEntry> = market.codes().flat_map(|code| catalogue.annexes_accepted_by(code)).collect();
    let mut found = BTreeSet::new();
    let certificates = treatment::certificates(catalogue, translator, entry, &annexes, destination, date);
    for code in codes(translator, requirement, &annexes, code) {
        let covering = annexes.iter().filter(|it| touches(translator, it, &code));
        for object in objects(requirement, covering) {
            let certificates = certificates.as_slice();
            let (annexes, code) = (annexes.as_slice(), &code);
            let bench = Bench { catalogue, translator, entry, destination, annexes, certificates, code, object, date };
            compare(&bench, &mut found);
        }
    }
    found.into_iter().collect()
}

/// Foreign origins with the one of them that fares best, and with domestic goods.
fn compare(bench: &Bench<'_>, found: &mut BTreeSet<Unequal>) {
    let catalogue = bench.catalogue;
    let market = &bench.entry.requirement.market;
    let economies =
        catalogue.economies.values().filter(|it| !it.bloc || it.name == *bench.destination).map(|it| &it.name);
    // Of one that may belong to the market it is not known whether it is foreign.
    let economies = economies.filter(|it| !catalogue.may_be_within(it, market, bench.date));
    let (domestic, foreign): (Vec<_>, Vec<_>) = economies
        .filter_map(|economy| bench.treat(economy))
        .partition(|it| catalogue.is_within(it.origin, market, bench.date));
    for (principle, others) in [(Principle::MostFavouredNation, &foreign), (Principle::NationalTreatment, &domestic)] {
        // The first of equals by code.
        let Some(best) = others.iter().min_by_key(|it| it.standing()) else { continue };
        for it in &foreign {
            if it.is_no_worse_than(best) {
                continue;
            }
            if best.is_no_worse_than(it) {
                found.insert(difference(bench, principle, best, it, false));
                continue;
            }
            // Neither holds the other; another may be better.
            let is_better = |other: &&Treatment<'_>| other.is_no_worse_than(it) && !it.is_no_worse_than(other);
            let better = others.iter().filter(is_better).min_by_key(|it| it.standing());
            let (favoured, incomparable) = better.map_or((best, true), |better| (better, false));
            found.insert(difference(bench, principle, favoured, it, incomparable));
        }
    }
}

fn difference(
    bench: &Bench<'_>,
    principle: Principle,
    favoured: &Treatment<'_>,
    disfavoured: &Treatment<'_>,
    incomparable: bool,
) -> Unequal {
    let special = bench.special(disfavoured).filter(|(without, _)| without.is_no_worse_than(favoured));
    let (principle, clause) = match special {
        Some((_, clause)) => (Principle::SpecialAndDifferential, clause),
        None => (principle, bench.clause(favoured, disfavoured)),
    };
    Unequal {
        principle,
        object: bench.object,
        favoured: favoured.origin.clone(),
        disfavoured: disfavoured.origin.clone(),
        favoured_outcome: favoured.outcome,
        disfavoured_outcome: disfavoured.outcome,
        clause,
        incomparable,
    }
}

/// The codes at which treatment may differ: those that the requirement names, those within them that annexes name, those
/// that either excepts, and of what has exceptions one code beside them.
fn codes(
    translator: &dyn Translator,
    requirement: &Requirement,
    annexes: &[&AnnexEntry],
    asked: Option<&CodeReference>,
) -> Vec<CodeReference> {
    let Some(edition) = requirement.codes.first().map(|scope| scope.code.edition.clone()) else {
        return asked.map_or_else(|| codes_of_all(translator, annexes), |asked| vec![asked.clone()]);
    };
    // A code of another edition is translated as a whole.
    if let Some(asked) = asked.filter(|it| it.edition != edition) {
        return vec![asked.clone()];
    }
    let scopes = requirement.codes.iter().chain(annexes.iter().flat_map(|it| &it.annex.codes));
    let scopes = scopes.filter(|scope| scope.code.edition == edition);
    let mut named: BTreeSet<Arc<str>> =
        scopes.flat_map(|scope| std::iter::once(&scope.code.code).chain(&scope.except)).cloned().collect();
    named.extend(asked.map(|asked| asked.code.clone()));
    let within = |code: &str| CodeScope::any_contains(&requirement.codes, code);
    let parted = named.iter().filter(|code| within(code) == Within::Ambiguous || is_excepted_from(annexes, code));
    let beside: Vec<Arc<str>> = parted.filter_map(|code| beside(translator, &edition, code, &named)).collect();
    named.extend(beside);
    let touched = |code: &Arc<str>| asked.is_none_or(|asked| code.starts_with(&*asked.code));
    let codes = named.into_iter().filter(|code| touched(code) && within(code) == Within::Yes);
    let mut codes: Vec<_> = codes.map(|code| CodeReference { edition: edition.clone(), code }).collect();
    // An annex of another edition may cover a part of a code of this one only, of which nothing can be told as a whole.
    let elsewhere: BTreeSet<(Arc<str>, Arc<str>)> = annexes
        .iter()
        .flat_map(|it| &it.annex.codes)
        .filter(|scope| scope.code.edition != edition)
        .flat_map(|scope| {
            let named = std::iter::once(&scope.code.code).chain(&scope.except);
            named.map(|code| (scope.code.edition.clone(), code.clone()))
        })
        .collect();
    codes.extend(elsewhere.into_iter().map(|(edition, code)| CodeReference { edition, code }).filter(|code| {
        let translated = translator.translate(code, &edition);
        translated.is_ok_and(|all| all.iter().all(|code| touched(code) && within(code) == Within::Yes))
    }));
    codes
}

/// The edition of codes that nobody looks at.
const WHICHEVER: &str = "HS2022";

fn whichever() -> CodeReference {
    CodeReference { edition: WHICHEVER.into(), code: "01".into() }
}

/// The same of a requirement on all goods: those that annexes name or except, in each edition that they speak in, of what
/// has exceptions one code beside them, and one chapter of which none of them speaks, for all the rest.
fn codes_of_all(translator: &dyn Translator, annexes: &[&AnnexEntry]) -> Vec<CodeReference> {
    let scopes = || {
        let scopes = annexes.iter().map(|it| &it.annex);
        scopes.flat_map(|it| it.codes.iter().chain(it.exclusions.iter().flat_map(|not| &not.codes)))
    };
    let mut editions: BTreeSet<Arc<str>> = scopes().map(|scope| scope.code.edition.clone()).collect();
    if editions.is_empty() {
        editions.insert(WHICHEVER.into());
    }
    let mut all = Vec::new();
    for edition in editions {
        let of_it = scopes().filter(|scope| scope.code.edition == edition);
        let mut named: BTreeSet<Arc<str>> =
            of_it.flat_map(|scope| std::iter::once(&scope.code.code).chain(&scope.except)).cloned().collect();
        let parted = named.iter().filter(|code| is_excepted_from(annexes, code));
        let beside: Vec<Arc<str>> = parted.filter_map(|code| beside(translator, &edition, code, &named)).collect();
        let chapters = (1..98).map(|chapter| Arc::<str>::from(format!("{chapter:02}")));
        let mut others = chapters.filter(|chapter| !named.iter().any(|named| named.starts_with(&**chapter)));
        let exists = |code: &Arc<str>| {
            let code = CodeReference { edition: edition.clone(), code: code.clone() };
            translator.translate(&code, &edition).is_ok()
        };
        let rest = others.find(|code| named.is_empty() || exists(code));
        named.extend(beside.into_iter().chain(rest));
        all.extend(named.into_iter().map(|code| CodeReference { edition: edition.clone(), code }));
    }
    all
}

/// Whether an annex covers a part of the code only.
fn is_excepted_from(annexes: &[&AnnexEntry], code: &str) -> bool {
    let scopes = annexes.iter().flat_map(|it| &it.annex.codes);
    scopes.flat_map(|scope| &scope.except).any(|except| except.starts_with(code) && **except != *code)
}

/// A code of the next level below one that classification knows and that nothing names: it stands for all that lie
/// beside the exceptions.
fn beside(translator: &dyn Translator, edition: &Arc<str>, code: &str, named: &BTreeSet<Arc<str>>) -> Option<Arc<str>> {
    // Levels of the Harmonized System, and of the national ones below it, are two digits each.
    let below = (0..100).map(|digits| Arc::<str>::from(format!("{code}{digits:02}")));
    let below = below.filter(|it| !named.iter().any(|named| named.starts_with(&**it)));
    let known = |it: &Arc<str>| {
        let code = CodeReference { edition: edition.clone(), code: it.clone() };
        translator.translate(&code, edition).is_ok()
    };
    below.filter(|it| it.len() <= MAX_CODE_CHARS).find(known)
}

/// Whether an annex may cover goods of a code.
fn touches(translator: &dyn Translator, annex: &AnnexEntry, code: &CodeReference) -> bool {
    let scopes = &annex.annex.codes;
    let touched = |scope: &CodeScope| {
        if scope.code.edition == code.edition {
            return scope.contains(&code.code) != Within::No;
        }
        let translated = translator.translate(code, &scope.code.edition);
        translated.is_ok_and(|codes| codes.iter().any(|code| scope.contains(code) != Within::No))
    };
    scopes.is_empty() || scopes.iter().any(touched)
}

/// The kinds of results to compare: certificates, and what acceptances and the annexes that cover the goods name beside
/// them.
fn objects<'a, 'c: 'a>(
    requirement: &'a Requirement,
    annexes: impl Iterator<Item = &'a &'c AnnexEntry>,
) -> BTreeSet<RecognitionObject> {
    let direct = requirement.acceptances.iter().flat_map(|it| &it.objects);
    let by_annex = annexes.flat_map(|it| &it.annex.objects);
    let named = direct.chain(by_annex).copied().filter(|object| object.is_result());
    named.chain([RecognitionObject::Certificate]).collect()
}
