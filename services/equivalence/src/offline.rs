//! Recognition without the service: on a catalogue that was exported, with the same rules and the same words.

use std::sync::Arc;

use greenlane_api::classification::v1::{TranslateCodeRequest, TranslateCodeResponse};
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use tonic::{Code, Status};

use crate::api::{question, render};
use crate::app::translations;
use crate::domain::code::CodeReference;
use crate::domain::entry::Entry;
use crate::domain::translate::{TranslateError, Translator};
use crate::domain::{Catalogue, recognise};

/// Answers what is asked of classification, at one revision.
pub trait Codes {
    /// A code in another edition.
    ///
    /// # Errors
    /// As the service.
    fn translate(&self, request: TranslateCodeRequest) -> Result<TranslateCodeResponse, Status>;

    /// The revision; zero when there is no catalogue of codes.
    fn revision(&self) -> u64;
}

/// A catalogue that was exported.
#[derive(Debug)]
pub struct OfflineCatalogue {
    catalogue: Catalogue,
}

/// The bytes of an export.
pub(crate) fn export(catalogue: &Catalogue) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&catalogue.entries())
}

impl OfflineCatalogue {
    /// Reads an export.
    ///
    /// # Errors
    /// When it was not made by this version of the program.
    pub fn read(revision: u64, bytes: &[u8]) -> serde_json::Result<Self> {
        let entries: Vec<Entry> = serde_json::from_slice(bytes)?;
        Ok(Self { catalogue: Catalogue::new(revision, entries) })
    }

    /// What it holds.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Decides a question, as the service would at the revision of the export.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when the question makes no sense; `FAILED_PRECONDITION` when it is of another revision.
    pub fn recognise(&self, request: pb::RecogniseRequest, codes: &dyn Codes) -> Result<pb::RecogniseResponse, Status> {
        let mut v = Violations::new();
        let question = question::question(&mut v.scope("question"), request.question, &Clock::system());
        let question = v.finish_with(|| question)?;
        let asked = request.classification_revision;
        if asked != 0 && asked != codes.revision() {
            return Err(Fault::revision_not_reached(asked, codes.revision()).into());
        }
        let decision = recognise(&self.catalogue, &Asking(codes), &question);
        Ok(pb::RecogniseResponse {
            revision: decision.revision,
            classification_revision: decision.classification_revision,
            freshness: None,
            decision: Some(render::decision(decision, request.explain)),
        })
    }
}

struct Asking<'c>(&'c dyn Codes);

impl Translator for Asking<'_> {
    fn translate(&self, code: &CodeReference, edition: &Arc<str>) -> Result<Arc<[Arc<str>]>, TranslateError> {
        let revision = self.0.revision();
        if revision == 0 {
            return Err(TranslateError::Unavailable);
        }
        match self.0.translate(translations::request(code, edition, revision)) {
            Ok(answer) => translations::read(answer).ok_or(TranslateError::Unknown),
            Err(status) if matches!(status.code(), Code::NotFound | Code::InvalidArgument) => {
                Err(TranslateError::Unknown)
            }
            Err(_) => Err(TranslateError::Unavailable),
        }
    }

    fn revision(&self) -> u64 {
        self.0.revision()
    }
}
