//! Recognition on the catalogue in memory.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::deadline;
use greenlane_platform::fault::Fault;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::catalogue::Catalogues;
use super::translations::{Known, Translations};
use crate::domain::catalogue::RequirementEntry;
use crate::domain::code::CodeReference;
use crate::domain::key::EconomyCode;
use crate::domain::recognise::fairness::{self, Unequal};
use crate::domain::recognise::{Plan, Product, plan_unless};
use crate::domain::{Decision, Detail, Question, decide};
use crate::store::entries::Loaded;

/// How many plans wait their turn before more are refused.
const MOST_WAITING: usize = 64;
/// When one that was refused may be asked for again.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Answers questions.
#[derive(Clone)]
pub(crate) struct Recogniser {
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) translations: Arc<Translations>,
    /// One permit for each plan that is made or waits.
    planned: Arc<Semaphore>,
    /// One for each that is made: they compute for as long as a thousand other answers, and leave the others room.
    planning: Arc<Semaphore>,
}

impl Recogniser {
    pub(crate) fn new(catalogues: Arc<Catalogues>, translations: Arc<Translations>) -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
        let planned = Arc::new(Semaphore::new(at_once + MOST_WAITING));
        Self { catalogues, translations, planned, planning: Arc::new(Semaphore::new(at_once)) }
    }

    /// The catalogue that questions are to be decided on.
    pub(crate) async fn catalogue(&self, consistency: Consistency) -> Result<Arc<Loaded>, Fault> {
        self.catalogues.at(consistency).await
    }

    /// Decides one question on a catalogue.
    pub(crate) async fn decide<'l>(
        &self,
        loaded: &'l Loaded,
        question: &Question,
        classification_revision: u64,
        detail: Detail,
    ) -> Decision<'l> {
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
    /// Plans access to markets on a catalogue, on a thread of its own. `finish` makes the answer there.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when too many wait already; `DEADLINE_EXCEEDED` when the caller's time ends before it is done.
    pub(crate) async fn plan<T: Send + 'static>(
        &self,
        loaded: Arc<Loaded>,
        product: Product,
        destinations: Vec<EconomyCode>,
        classification_revision: u64,
        finish: fn(Plan<'_>) -> T,
    ) -> Result<T, Fault> {
        let place = self.planned.clone().try_acquire_owned().map_err(|_| Fault::overloaded("plans", RETRY_AFTER))?;
        let turn = self.planning.clone().acquire_owned().await.map_err(Fault::internal)?;
        // Whoever asked may go before it is done: then it ends too, and only then makes room for another.
        let gone = CancellationToken::new();
        let _asked = gone.clone().drop_guard();
        let until = deadline::current();
        let task = Arc::new((loaded, product, destinations, place, turn));
        let mut known = self.translations.clone().known_apart(classification_revision);
        loop {
            let (task, gone) = (task.clone(), gone.clone());
            let made = tokio::task::spawn_blocking(move || {
                let (loaded, product, destinations, ..) = &*task;
                let late = || gone.is_cancelled() || until.is_some_and(|until| Instant::now() >= until);
                let plan = plan_unless(&loaded.catalogue, &known, product, destinations, &late);
                // What is thrown away if a translation is still to be had is small beside the plan.
                (plan.map(finish), known)
            });
            let (plan, back) = made.await.map_err(Fault::internal)?;
            known = back;
            let Some(plan) = plan else { return Err(Fault::deadline_too_short()) };
            if !known.fetch().await {
                return Ok(plan);
            }
        }
    }

    /// Audits one requirement. Whoever audits several hands the same translations over each time, so that all are of
    /// one revision.
    pub(crate) async fn audit(
        &self,
        loaded: &Loaded,
        known: &mut Known<&Translations>,
        requirement: (&EconomyCode, &RequirementEntry),
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
