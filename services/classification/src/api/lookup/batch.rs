//! Many codes at one revision.

use greenlane_api::classification::v1::{
    BatchGetCodesRequest, BatchGetCodesResponse, BatchTranslateCodesRequest, BatchTranslateCodesResponse, CodeResult,
    TranslationResult, code_result, translation_result,
};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::Lookup;
use crate::api::room::{MEBIBYTES, Room};
use crate::api::{error, parse, render};
use crate::domain::{Translation, resolve, resolve_edition, translate};

/// A translation that looked at more codes than this lets others work at once.
const LONG: usize = 64;

/// The translations of an answer.
#[derive(Debug, Default)]
pub(super) struct Translations {
    room: Room,
    pub(super) results: Vec<TranslationResult>,
}

impl Translations {
    /// Adds one, and lets others work where it was long; the whole ends when nobody waits for it. `field` is what asked
    /// for it. Links that are held back lead from one code to a thousand, and a message holds the targets of few such codes.
    pub(super) async fn add(
        &mut self,
        field: &str,
        result: translation_result::Result,
        found: Option<&Translation>,
    ) -> Result<(), Fault> {
        let result = TranslationResult { result: Some(result) };
        if !self.room.take(&result) {
            let message = format!(
                "lead to more than an answer holds, which is {MEBIBYTES} MiB: the first {} fill it; ask for the codes in parts",
                self.results.len(),
            );
            return Err(Fault::invalid(field, message));
        }
        self.results.push(result);
        let looked = found.map_or(0, |found| found.targets.len() + found.held_back.len());
        if looked > LONG {
            tokio::task::yield_now().await
        } else {
            tokio::task::consume_budget().await
        }
        Ok(())
    }
}

impl Lookup {
    pub(super) async fn batch_get(&self, request: BatchGetCodesRequest) -> Result<BatchGetCodesResponse, Fault> {
        let mut v = Violations::new();
        let codes = parse::codes(&mut v, &request.codes);
        let languages = parse::languages(&mut v, &request.languages);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (codes, languages, consistency) = v.finish_with(|| Some((codes?, languages?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let result = |asked| match resolve(&catalogue, asked) {
            Ok(at) => code_result::Result::Code(render::code(&catalogue, at, &languages)),
            Err(why) => code_result::Result::NotFound(render::code_not_found(asked, why)),
        };
        let mut results = Vec::with_capacity(codes.len());
        for asked in &codes {
            results.push(CodeResult { result: Some(result(asked)) });
            // A long batch lets others work, and ends when nobody waits for it.
            tokio::task::consume_budget().await;
        }
        Ok(BatchGetCodesResponse { results, revision: catalogue.revision })
    }

    pub(super) async fn batch_translate(
        &self,
        request: BatchTranslateCodesRequest,
    ) -> Result<BatchTranslateCodesResponse, Fault> {
        let mut v = Violations::new();
        let codes = parse::codes(&mut v, &request.codes);
        let target = parse::edition(&mut v, "target_edition", &request.target_edition);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (codes, target, consistency) = v.finish_with(|| Some((codes?, target?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let target = resolve_edition(&catalogue, &target).map_err(|why| error::unresolved("target_edition", why))?;
        let held = request.include_held_back;
        let mut translations = Translations::default();
        for asked in &codes {
            let (result, found) = match resolve(&catalogue, asked) {
                Ok(at) => {
                    let found = translate(&catalogue, at, target, held);
                    let rendered = render::translation(&catalogue, at, target, &found);
                    (translation_result::Result::Translation(rendered), Some(found))
                }
                Err(why) => (translation_result::Result::NotFound(render::code_not_found(asked, why)), None),
            };
            translations.add("codes", result, found.as_ref()).await?;
        }
        Ok(BatchTranslateCodesResponse { results: translations.results, revision: catalogue.revision })
    }
}
