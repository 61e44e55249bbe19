//! A question with what it is asked of.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use chrono::NaiveDate;
use smallvec::SmallVec;

use super::Detail;
use crate::domain::catalogue::{AcceptanceTerms, Catalogue, Code, EconomyEntry, Held, NONE, RequirementEntry};
use crate::domain::decision::Finding;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::EconomyCode;
use crate::domain::question::Question;
use crate::domain::translate::{TranslateError, Translator};

/// An economy, and the blocs that it belongs to on the date of the question.
#[derive(Clone)]
pub(super) struct Place<'a: 'q, 'q> {
    pub(super) economy: &'q EconomyCode,
    /// What the catalogue holds of it; none when nothing speaks of it.
    pub(super) entry: Option<&'a EconomyEntry>,
    /// Its own number, then its blocs'.
    numbers: SmallVec<[u32; 6]>,
    /// Those of the blocs that it may belong to although nothing says so: not every member of them is listed.
    possible: SmallVec<[u32; 2]>,
}

impl<'a, 'q> Place<'a, 'q> {
    pub(super) fn new(catalogue: &'a Catalogue, economy: &'q EconomyCode, date: NaiveDate) -> Self {
        Self::of(catalogue, catalogue.economy(economy), economy, date)
    }

    fn of(
        catalogue: &'a Catalogue,
        entry: Option<&'a EconomyEntry>,
        economy: &'q EconomyCode,
        date: NaiveDate,
    ) -> Self {
        let own = entry.map_or(NONE, |it| it.number);
        let blocs = entry.into_iter().flat_map(|it| it.blocs(date)).map(|it| it.number);
        let numbers = std::iter::once(own).chain(blocs).collect();
        Self { economy, entry, numbers, possible: catalogue.may_belong(entry, date) }
    }

    /// Whether the catalogue has an entry of it.
    pub(super) fn is_known(&self) -> bool {
        self.entry.is_some_and(|it| it.known)
    }

    /// The economy's own code, then its blocs'.
    pub(super) fn codes(&self) -> impl Iterator<Item = &'q EconomyCode> + '_ {
        let all = self.entry.map_or(&[][..], |it| &it.memberships);
        let blocs = all.iter().filter(|it| self.numbers[1..].contains(&it.number)).map(|it| &it.bloc);
        std::iter::once(self.economy).chain(blocs)
    }

    /// The economy's own number.
    pub(super) fn number(&self) -> u32 {
        self.numbers[0]
    }

    /// The numbers of these.
    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Whether it is this economy or bloc, or belongs to it.
    pub(super) fn is_within(&self, whole: &EconomyCode) -> bool {
        self.codes().any(|it| it == whole)
    }

    /// Whether it is one of these, or belongs to one.
    pub(super) fn is_within_any(&self, wholes: &[EconomyCode]) -> bool {
        wholes.iter().any(|whole| self.is_within(whole))
    }

    /// Whether it is the economy or bloc of this number, or belongs to it.
    pub(super) fn is_in(&self, whole: u32) -> bool {
        self.numbers.contains(&whole)
    }

    /// Whether it is one of these, or belongs to one.
    pub(super) fn is_in_any(&self, wholes: &[u32]) -> bool {
        wholes.iter().any(|whole| self.is_in(*whole))
    }

    /// Whether it may belong to the bloc of this number although nothing says so.
    pub(super) fn may_be_in(&self, whole: u32) -> bool {
        self.possible.contains(&whole)
    }

    /// The numbers of the blocs that it may belong to.
    pub(super) fn possible(&self) -> &[u32] {
        &self.possible
    }

    /// Its own number, and those of the blocs that it belongs to or may belong to.
    pub(super) fn all_numbers(&self) -> SmallVec<[u32; 8]> {
        self.numbers.iter().chain(&self.possible).copied().collect()
    }
}

type Translated = Result<Arc<[Arc<str>]>, TranslateError>;

/// Everything that a decision is made of.
pub(super) struct Context<'a: 'q, 'q> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) question: &'q Question,
    pub(super) detail: Detail,
    /// Where the issuing body is: the catalogue's knowledge before the caller's.
    pub(super) issuer: Place<'a, 'q>,
    pub(super) origin: Place<'a, 'q>,
    pub(super) destination: Place<'a, 'q>,
    /// What was certified, in numbers, in the order of the question.
    pub(super) held: SmallVec<[Held; 8]>,
    /// The issuing body's number.
    pub(super) body: u32,
    /// The code of the goods, and the number of its edition.
    pub(super) code: Code,
    pub(super) edition: u32,
    /// For audits: what would be if no transition period were special and differential treatment.
    pub(super) without_special_treatment: bool,
    /// For plans: the place of the annex under which the issuer counts as designated for all that it covers.
    pub(super) designated_under: Option<u32>,
    /// Whether it decided that nobody knows who belongs to a bloc with a calendar of editions.
    calendar_in_doubt: Cell<bool>,
    /// Whether the catalogue knows all that was certified.
    knows_certified: bool,
    translator: &'q dyn Translator,
    /// Whether what is asked for now has a part in the decision, and not only in its explanation.
    counting: Cell<bool>,
    /// What translating the code to an edition gave, and whether that had a part in the decision.
    translations: RefCell<Vec<(Arc<str>, Translated, bool)>>,
}

impl<'a, 'q> Context<'a, 'q> {
    pub(super) fn new(
        catalogue: &'a Catalogue,
        translator: &'q dyn Translator,
        question: &'q Question,
        detail: Detail,
    ) -> Self {
        let body = catalogue.body_number(&question.body);
        let place = |economy: &'q EconomyCode| Place::new(catalogue, economy, question.date);
        let issuer = match catalogue.home(body) {
            Some(home) => Place::of(catalogue, Some(home), &home.code, question.date),
            None => place(&question.body_economy),
        };
        let destination = place(&question.destination);
        let origin = if *issuer.economy == question.origin { issuer.clone() } else { place(&question.origin) };
        let mut knows_certified = true;
        let held = question.certified.iter().map(|target| {
            let (held, known) = catalogue.held(target);
            knows_certified &= known;
            held
        });
        let held: SmallVec<[Held; 8]> = held.collect();
        catalogue.read_ahead(&held, destination.number(), issuer.number());
        Self {
            catalogue,
            question,
            detail,
            issuer,
            origin,
            destination,
            held,
            body,
            code: Code::new(&question.code.code),
            edition: catalogue.edition_number(&question.code.edition),
            without_special_treatment: false,
            designated_under: None,
            calendar_in_doubt: Cell::new(false),
            knows_certified,
            translator,
            counting: Cell::new(true),
            translations: RefCell::default(),
        }
    }

    /// Asks the same about another issuer, of this number and in this economy. Whether it is elsewhere than the last.
    pub(super) fn about_issuer(&mut self, body: u32, economy: &'q EconomyCode) -> bool {
        self.body = body;
        let moves = self.issuer.economy != economy;
        if moves {
            let home = self.catalogue.home(body).or_else(|| self.catalogue.economy(economy));
            self.issuer = Place::of(self.catalogue, home, economy, self.date());
        }
        moves
    }

    /// Asks the same about a certificate of something else.
    pub(super) fn about_held(&mut self, held: &[Held]) {
        self.held.clear();
        self.held.extend_from_slice(held);
    }

    /// Asks the same of another market.
    pub(super) fn towards(&mut self, destination: &Place<'a, 'q>) {
        self.destination.clone_from(destination);
    }

    pub(super) fn date(&self) -> NaiveDate {
        self.question.date
    }

    /// The revision of classification, when it had a part.
    pub(super) fn classification_revision(&self) -> u64 {
        let had_part = self.translations.borrow().iter().any(|(_, _, counts)| *counts);
        if had_part { self.translator.revision() } else { 0 }
    }

    /// Says whether what is translated, and what is noted as in doubt, from now on has a part in the decision.
    pub(super) fn count(&self, counting: bool) {
        self.counting.set(counting);
    }

    /// Every code that the goods may have in an edition.
    pub(super) fn translate(&self, edition: &Arc<str>) -> Translated {
        let counting = self.counting.get();
        let mut translations = self.translations.borrow_mut();
        if let Some((_, known, counts)) = translations.iter_mut().find(|(known, ..)| known == edition) {
            *counts |= counting;
            return known.clone();
        }
        let translated = self.translator.translate(&self.question.code, edition);
        translations.push((edition.clone(), translated.clone(), counting));
        translated
    }

    /// Whether a translation had a part that could not be had.
    pub(super) fn lacks_translations(&self) -> bool {
        self.translations.borrow().iter().any(|(_, it, counts)| *counts && *it == Err(TranslateError::Unavailable))
    }

    /// Notes that it decides, where this has a part in the decision, that nobody knows whether the market belongs to a bloc
    /// with a calendar of editions: if that calendar were none of the market's, the decision would be another.
    pub(super) fn note_calendar_in_doubt(&self) {
        if self.counting.get() {
            self.calendar_in_doubt.set(true);
        }
    }

    /// Whether that did.
    pub(super) fn has_calendar_in_doubt(&self) -> bool {
        self.calendar_in_doubt.get()
    }

    /// The editions that a translation was wanted to and could not be had, in order.
    pub(super) fn unavailable(&self) -> Vec<Arc<str>> {
        let translations = self.translations.borrow();
        let lacking = translations.iter().filter(|(_, it, counts)| *counts && *it == Err(TranslateError::Unavailable));
        let mut editions: Vec<_> = lacking.map(|(edition, ..)| edition.clone()).collect();
        editions.sort();
        editions
    }

    /// Whether a requirement is in force and covers goods of this origin, or may.
    pub(super) fn in_question(&self, entry: &RequirementEntry) -> bool {
        entry.validity.contains(self.date())
            && entry.covers_origin(self.origin.numbers(), self.origin.possible()) != Some(false)
    }

    /// What is missing where it cannot be said whether a requirement covers goods of this origin.
    pub(super) fn origin_missing(&self, entry: &RequirementEntry) -> Option<Finding> {
        if entry.covers_origin(self.origin.numbers(), self.origin.possible()).is_some() {
            return None;
        }
        entry.origins().find_map(|whole| self.membership_missing(&self.origin, whole))
    }

    /// Whether the market accepts the body's results directly; none where that depends on what is not known of its economy.
    pub(super) fn accepts_body(&self, rule: &AcceptanceTerms) -> Option<bool> {
        if rule.excludes(self.body) {
            return Some(false);
        }
        if rule.any_body || rule.names(self.body) || rule.economies().any(|it| self.issuer.is_in(it)) {
            return Some(true);
        }
        if rule.economies().any(|it| self.issuer_may_be_in(it)) { None } else { Some(false) }
    }

    /// What is missing where that cannot be said.
    pub(super) fn body_missing(&self, rule: &AcceptanceTerms) -> Finding {
        rule.economies().find_map(|it| self.issuer_missing(it)).unwrap_or_else(|| self.issuer_unknown())
    }

    /// Whether the issuer may belong to the bloc of a number although nothing says so: to which blocs an economy belongs that
    /// the catalogue does not know, it does not know either.
    pub(super) fn issuer_may_be_in(&self, whole: u32) -> bool {
        self.issuer.may_be_in(whole) || (!self.issuer.is_known() && self.catalogue.may_be_bloc(whole))
    }

    /// What is missing where that decides.
    pub(super) fn issuer_missing(&self, whole: u32) -> Option<Finding> {
        if self.issuer.is_known() {
            return self.membership_missing(&self.issuer, whole);
        }
        self.issuer_may_be_in(whole).then(|| self.issuer_unknown())
    }

    /// What is missing where it decides whether the issuer, or one of these, belongs to an economy or bloc.
    pub(super) fn any_missing(&self, sides: &[&Place<'_, '_>], whole: u32) -> Option<Finding> {
        let of_sides = || sides.iter().find_map(|side| self.membership_missing(side, whole));
        self.issuer_missing(whole).or_else(of_sides)
    }

    /// The same of what is told by its code.
    pub(super) fn any_missing_of(&self, sides: &[&Place<'_, '_>], whole: &EconomyCode) -> Option<Finding> {
        match self.catalogue.economy(whole) {
            Some(it) => self.any_missing(sides, it.number),
            None => (!self.issuer.is_known()).then(|| self.issuer_unknown()),
        }
    }

    /// What is missing where it cannot be said whether a place belongs to a bloc.
    pub(super) fn membership_missing(&self, place: &Place<'_, '_>, whole: u32) -> Option<Finding> {
        let bloc = self.catalogue.economy_of(whole).filter(|_| place.may_be_in(whole))?.code.as_str();
        let economy = place.economy.as_str();
        let message = format!(
            "whether {economy} belongs to {bloc} is not known: the catalogue does not list every member of that bloc"
        );
        let parameters =
            [("bloc", bloc), ("economy", economy)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(Finding { code: "bloc_members_unknown", message, parameters: parameters.into() })
    }

    /// What is missing where it decides to which blocs the issuer belongs.
    pub(super) fn issuer_unknown(&self) -> Finding {
        unknown_economy("body_economy_unknown", "body_economy", self.issuer.economy)
    }

    /// Whether the catalogue knows whence the goods come and where they go: of a place that it does not know it holds neither
    /// what is asked there, nor to which blocs it belongs, and so not what is asked of goods from it. Where the issuer is has a
    /// part in single routes only: each of them says so where it decides.
    pub(super) fn knows_places(&self) -> bool {
        self.destination.is_known() && self.origin.is_known()
    }

    /// What the question names and the catalogue does not know.
    pub(super) fn unknown_names(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let places = [&self.destination, &self.origin, &self.issuer];
        if self.knows_certified && places.iter().all(|place| place.is_known()) {
            return findings;
        }
        let economies = [
            ("destination_unknown", "destination", self.destination.economy),
            ("origin_unknown", "origin", self.origin.economy),
            ("body_economy_unknown", "body_economy", self.issuer.economy),
        ];
        for (code, parameter, economy) in economies {
            if !self.catalogue.economies.contains_key(economy) {
                findings.push(unknown_economy(code, parameter, economy));
            }
        }
        for target in &self.question.certified {
            match &target.name {
                TargetKey::Standard(key) if !self.catalogue.standards.contains_key(key) => {
                    let message = format!("the catalogue does not know {key}");
                    findings.push(Finding::about("standard_unknown", "standard", key, message));
                }
                TargetKey::Standard(_) => {}
                TargetKey::Scheme(key) => match self.catalogue.schemes.get(key) {
                    None => {
                        let message = format!("the catalogue does not know {key}");
                        findings.push(Finding::about("scheme_unknown", "scheme", key, message));
                    }
                    Some(scheme) if !target.level.is_empty() && scheme.rank(&target.level).is_none() => {
                        let message = format!("{key} has no level {}", target.level);
                        findings.push(Finding::about("level_unknown", "level", &target.level, message));
                    }
                    Some(_) => {}
                },
            }
        }
        findings
    }
}

fn unknown_economy(code: &'static str, parameter: &'static str, economy: &EconomyCode) -> Finding {
    let message = format!("the catalogue does not know the economy {}", economy.as_str());
    Finding::about(code, parameter, economy.as_str(), message)
}
