//! Many codes at one revision.

use greenlane_api::classification::v1::{
    BatchGetCodesRequest, BatchGetCodesResponse, BatchTranslateCodesRequest, BatchTranslateCodesResponse, CodeResult,
    TranslationResult, code_result, translation_result,
};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::Lookup;
use crate::api::{error, parse, render};
use crate::domain::{resolve, resolve_edition, translate};

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
        let result = |asked| match resolve(&catalogue, asked) {
            Ok(at) => {
                let found = translate(&catalogue, at, target, held);
                translation_result::Result::Translation(render::translation(&catalogue, at, target, &found))
            }
            Err(why) => translation_result::Result::NotFound(render::code_not_found(asked, why)),
        };
        let mut results = Vec::with_capacity(codes.len());
        for asked in &codes {
            results.push(TranslationResult { result: Some(result(asked)) });
            tokio::task::consume_budget().await;
        }
        Ok(BatchTranslateCodesResponse { results, revision: catalogue.revision })
    }
}
