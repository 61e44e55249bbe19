//! Recognition on the catalogue in memory.

use std::sync::Arc;

use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;

use super::catalogue::Catalogues;
use super::translations::Translations;
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
