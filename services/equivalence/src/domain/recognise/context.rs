//! A question with what it is asked of.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::catalogue::Catalogue;
use crate::domain::decision::Finding;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::EconomyCode;
use crate::domain::question::Question;
use crate::domain::requirement::{BodyRule, Requirement};
use crate::domain::translate::Translator;

/// Everything that a decision is made of.
pub(super) struct Context<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) translator: &'a dyn Translator,
    pub(super) question: &'a Question,
    pub(super) keep_attempts: bool,
    /// Economy of the issuing body: the catalogue's knowledge before the caller's.
    pub(super) issuer: &'a EconomyCode,
    pub(super) translated: Cell<bool>,
    /// The editions that a translation was wanted to and could not be had.
    pub(super) unavailable: RefCell<BTreeSet<Arc<str>>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        catalogue: &'a Catalogue,
        translator: &'a dyn Translator,
        question: &'a Question,
        keep_attempts: bool,
    ) -> Self {
        let issuer = catalogue.bodies.get(&question.body).map_or(&question.body_economy, |body| &body.economy);
        let (translated, unavailable) = (Cell::new(false), RefCell::default());
        Self { catalogue, translator, question, keep_attempts, issuer, translated, unavailable }
    }

    pub(super) fn date(&self) -> NaiveDate {
        self.question.date
    }

    /// The revision of classification, when it had a part.
    pub(super) fn classification_revision(&self) -> u64 {
        if self.translated.get() { self.translator.revision() } else { 0 }
    }

    /// Whether a requirement is in force and covers goods of this origin.
    pub(super) fn in_question(&self, requirement: &Requirement) -> bool {
        let origin = &self.question.origin;
        requirement.validity.contains(self.date())
            && (requirement.origins.is_empty()
                || self.catalogue.is_within_any(origin, &requirement.origins, self.date()))
            && !self.catalogue.is_within_any(origin, &requirement.excluded_origins, self.date())
    }

    /// Whether something held is what is wanted, at its level or a better one.
    pub(super) fn satisfies(&self, held: &Target, wanted: &Target) -> bool {
        if held.name != wanted.name {
            return false;
        }
        if wanted.level.is_empty() {
            return true;
        }
        let TargetKey::Scheme(key) = &held.name else { return false };
        let Some(scheme) = self.catalogue.schemes.get(key) else { return false };
        match (scheme.rank(&held.level), scheme.rank(&wanted.level)) {
            (Some(held), Some(wanted)) => held <= wanted,
            _ => false,
        }
    }

    /// Whether a rule lets the issuing body in.
    pub(super) fn accepts_body(&self, rule: &BodyRule) -> bool {
        !rule.excluded_bodies.contains(&self.question.body)
            && (rule.any
                || rule.bodies.contains(&self.question.body)
                || self.catalogue.is_within_any(self.issuer, &rule.economies, self.date()))
    }

    /// What the question names and the catalogue does not know.
    pub(super) fn unknown_names(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let economies = [
            ("destination_unknown", "destination", &self.question.destination),
            ("origin_unknown", "origin", &self.question.origin),
            ("body_economy_unknown", "body_economy", self.issuer),
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
