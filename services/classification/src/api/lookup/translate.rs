//! A code in another edition; two codes compared.

use greenlane_api::classification::v1::{
    CompareCodesRequest, CompareCodesResponse, TranslateCodeRequest, TranslateCodeResponse,
};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::Lookup;
use crate::api::{error, parse, render};
use crate::domain::{
    Catalogue, CodeRef, Comparison, EditionId, Unresolved, compare, resolve, resolve_edition, translate,
};

impl Lookup {
    pub(super) async fn translate(&self, request: TranslateCodeRequest) -> Result<TranslateCodeResponse, Fault> {
        let mut v = Violations::new();
        let code = parse::code(&mut v, "code", request.code.as_ref());
        let target = parse::edition(&mut v, "target_edition", &request.target_edition);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (code, target, consistency) = v.finish_with(|| Some((code?, target?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        translated(&catalogue, &code, &target, request.include_held_back)
    }

    pub(super) async fn compare(&self, request: CompareCodesRequest) -> Result<CompareCodesResponse, Fault> {
        let mut v = Violations::new();
        let first = parse::code(&mut v, "first", request.first.as_ref());
        let second = parse::code(&mut v, "second", request.second.as_ref());
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (first, second, consistency) = v.finish_with(|| Some((first?, second?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        compared(&catalogue, &first, &second)
    }
}

/// A code of a catalogue in another edition.
pub(crate) fn translated(
    catalogue: &Catalogue,
    code: &CodeRef,
    target: &EditionId,
    include_held_back: bool,
) -> Result<TranslateCodeResponse, Fault> {
    let target = resolve_edition(catalogue, target).map_err(|why| error::unresolved("target_edition", why))?;
    let at = resolve(catalogue, code).map_err(|why| error::unresolved("code", why))?;
    let found = translate(catalogue, at, target, include_held_back);
    Ok(TranslateCodeResponse {
        translation: Some(render::translation(catalogue, at, target, &found)),
        revision: catalogue.revision,
    })
}

/// Two codes of a catalogue, held against one another.
pub(crate) fn compared(
    catalogue: &Catalogue,
    first: &CodeRef,
    second: &CodeRef,
) -> Result<CompareCodesResponse, Fault> {
    let found = |field: &str, asked: &CodeRef| match resolve(catalogue, asked) {
        Ok(at) => Ok(Ok(at)),
        Err(why @ Unresolved::WrongLength { .. }) => Err(error::unresolved(field, why)),
        Err(why) => Ok(Err(why)),
    };
    let answer = match (found("first", first)?, found("second", second)?) {
        (Ok(first), Ok(second)) => compare(catalogue, first, second),
        (Err(why), _) | (_, Err(why)) => Comparison::unknown(&why),
    };
    Ok(render::comparison(&answer, catalogue.revision))
}
