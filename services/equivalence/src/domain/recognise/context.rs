//! A question with what it is asked of.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use chrono::NaiveDate;

use super::Detail;
use super::chain::Net;
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::Finding;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::EconomyCode;
use crate::domain::question::Question;
use crate::domain::requirement::{BodyRule, Requirement};
use crate::domain::translate::{TranslateError, Translator};

/// An economy, and the blocs that it belongs to on the date of the question.
pub(super) struct Place<'a> {
    pub(super) economy: &'a EconomyCode,
    pub(super) blocs: Vec<&'a EconomyCode>,
}

impl<'a> Place<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, economy: &'a EconomyCode, date: NaiveDate) -> Self {
        Self { economy, blocs: catalogue.blocs_of(economy, date).collect() }
    }

    /// The economy's own code, then its blocs'.
    pub(super) fn codes(&self) -> impl Iterator<Item = &'a EconomyCode> + '_ {
        std::iter::once(self.economy).chain(self.blocs.iter().copied())
    }

    /// Whether it is this economy or bloc, or belongs to it.
    pub(super) fn is_within(&self, whole: &EconomyCode) -> bool {
        self.economy == whole || self.blocs.contains(&whole)
    }

    /// Whether it is one of these, or belongs to one.
    pub(super) fn is_within_any(&self, wholes: &[EconomyCode]) -> bool {
        wholes.iter().any(|whole| self.is_within(whole))
    }
}

type Translated = Result<Arc<[Arc<str>]>, TranslateError>;

/// Everything that a decision is made of.
pub(super) struct Context<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) question: &'a Question,
    pub(super) detail: Detail,
    /// Where the issuing body is: the catalogue's knowledge before the caller's.
    pub(super) issuer: Place<'a>,
    pub(super) origin: Place<'a>,
    pub(super) destination: Place<'a>,
    /// For audits: what would be if no transition period were special and differential treatment.
    pub(super) without_special_treatment: bool,
    translator: &'a dyn Translator,
    /// Whether what is asked for now has a part in the decision, and not only in its explanation.
    counting: Cell<bool>,
    /// What translating the code to an edition gave, and whether that had a part in the decision.
    translations: RefCell<Vec<(Arc<str>, Translated, bool)>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        catalogue: &'a Catalogue,
        translator: &'a dyn Translator,
        question: &'a Question,
        detail: Detail,
    ) -> Self {
        let issuer = catalogue.bodies.get(&question.body).map_or(&question.body_economy, |body| &body.economy);
        let place = |economy| Place::new(catalogue, economy, question.date);
        Self {
            catalogue,
            question,
            detail,
            issuer: place(issuer),
            origin: place(&question.origin),
            destination: place(&question.destination),
            without_special_treatment: false,
            translator,
            counting: Cell::new(true),
            translations: RefCell::default(),
        }
    }

    pub(super) fn date(&self) -> NaiveDate {
        self.question.date
    }

    pub(super) fn net(&self) -> Net<'a> {
        Net { catalogue: self.catalogue, date: self.question.date }
    }

    /// The revision of classification, when it had a part.
    pub(super) fn classification_revision(&self) -> u64 {
        let had_part = self.translations.borrow().iter().any(|(_, _, counts)| *counts);
        if had_part { self.translator.revision() } else { 0 }
    }

    /// Says whether what is translated from now on has a part in the decision.
    pub(super) fn count_translations(&self, counting: bool) {
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

    /// The editions that a translation was wanted to and could not be had, in order.
    pub(super) fn unavailable(&self) -> Vec<Arc<str>> {
        let translations = self.translations.borrow();
        let lacking = translations.iter().filter(|(_, it, counts)| *counts && *it == Err(TranslateError::Unavailable));
        let mut editions: Vec<_> = lacking.map(|(edition, ..)| edition.clone()).collect();
        editions.sort();
        editions
    }

    /// Whether a requirement is in force and covers goods of this origin.
    pub(super) fn in_question(&self, requirement: &Requirement) -> bool {
        requirement.validity.contains(self.date())
            && (requirement.origins.is_empty() || self.origin.is_within_any(&requirement.origins))
            && !self.origin.is_within_any(&requirement.excluded_origins)
    }

    /// Whether something held is what is wanted, at its level or a better one.
    pub(super) fn satisfies(&self, held: &Target, wanted: &Target) -> bool {
        satisfies(self.catalogue, held, wanted)
    }

    /// Whether a rule lets the issuing body in.
    pub(super) fn accepts_body(&self, rule: &BodyRule) -> bool {
        !rule.excluded_bodies.contains(&self.question.body)
            && (rule.any || rule.bodies.contains(&self.question.body) || self.issuer.is_within_any(&rule.economies))
    }

    /// What the question names and the catalogue does not know.
    pub(super) fn unknown_names(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let economies = [
            ("destination_unknown", "destination", self.destination.economy),
            ("origin_unknown", "origin", self.origin.economy),
            ("body_economy_unknown", "body_economy", self.issuer.economy),
        ];
        for (code, parameter, economy) in economies {
            if !self.catalogue.economies.contains_key(economy) {
                let message = format!("the catalogue does not know the economy {}", economy.as_str());
                findings.push(Finding::about(code, parameter, economy.as_str(), message));
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

/// Whether something held is what is wanted, at its level or a better one.
pub(super) fn satisfies(catalogue: &Catalogue, held: &Target, wanted: &Target) -> bool {
    if held.name != wanted.name {
        return false;
    }
    if wanted.level.is_empty() {
        return true;
    }
    let TargetKey::Scheme(key) = &held.name else { return false };
    let Some(scheme) = catalogue.schemes.get(key) else { return false };
    match (scheme.rank(&held.level), scheme.rank(&wanted.level)) {
        (Some(held), Some(wanted)) => held <= wanted,
        _ => false,
    }
}
