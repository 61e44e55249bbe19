//! Recognition on the catalogue in memory.

use std::sync::Arc;

use chrono::NaiveDate;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;

use super::catalogue::Catalogues;
use super::translations::{Known, Translations};
use crate::domain::code::CodeReference;
use crate::domain::key::EconomyCode;
use crate::domain::recognise::fairness::{self, Unequal};
use crate::domain::recognise::{Plan, Product, plan};
use crate::domain::requirement::Requirement;
use crate::domain::{Decision, Detail, Question, decide};
use crate::store::entries::Loaded;

/// Answers questions.
#[derive(Clone)]
pub(crate) struct Recogniser {
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) translations: Arc<Translations>,
}

impl Recogniser {
    /// The catalogue that questions are to be decided on.
    pub(crate) async fn catalogue(&self, consistency: Consistency) -> Result<Arc<Loaded>, Fault> {
        self.catalogues.at(consistency).await
    }

    /// Decides one question on a catalogue.
    pub(crate) async fn decide(
        &self,
        loaded: &Loaded,
        question: &Question,
        classification_revision: u64,
        detail: Detail,
    ) -> Decision {
        let catalogue = &loaded.catalogue;
        let mut known = self.translations.known(classification_revision);
        loop {
            let decision = decide(catalogue, &known, question, detail);
            // Most questions want no translation, or none that is not known.
            if !known.fetch().await {
                return decision;
            }
        }
    }
}

impl Recogniser {
    /// Plans access to markets on a catalogue.
    pub(crate) async fn plan(
        &self,
        loaded: &Loaded,
        product: &Product,
        destinations: &[EconomyCode],
        classification_revision: u64,
    ) -> Plan {
        let mut known = self.translations.known(classification_revision);
        loop {
            let plan = plan(&loaded.catalogue, &known, product, destinations);
            if !known.fetch().await {
                return plan;
            }
        }
    }

    /// Audits one requirement. Whoever audits several hands the same translations over each time, so that all are of
    /// one revision.
    pub(crate) async fn audit(
        &self,
        loaded: &Loaded,
        known: &mut Known<'_>,
        requirement: &Arc<Requirement>,
        code: Option<&CodeReference>,
        date: NaiveDate,
    ) -> Vec<Unequal> {
        loop {
            let found = fairness::audit(&loaded.catalogue, known, requirement, code, date);
            if !known.fetch().await {
                return found;
            }
        }
    }
}
