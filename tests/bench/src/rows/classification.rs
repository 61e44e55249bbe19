//! The classification service's rows: look-up and translation.

use anyhow::{Context as _, ensure};
use greenlane_api::classification::v1::{GetCodeRequest, GetCodeResponse, TranslateCodeRequest, TranslateCodeResponse};
use greenlane_api::common::v1::CodeReference;
use greenlane_platform::auth::issuer::TokenRequest;
use prost::Message;

use super::{Cycle, Prepared, Setting};
use crate::roles::Role;

const GET: &str = "/greenlane.classification.v1.LookupService/GetCode";
const TRANSLATE: &str = "/greenlane.classification.v1.LookupService/TranslateCode";
/// Subheadings of the starter catalogue: photovoltaics, wind, batteries, vehicles, heat pumps, lamps.
const CODES: &[&str] = &["854142", "854143", "850231", "850760", "870380", "841861", "853952"];

/// One code with its descriptions.
pub(super) async fn get(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    let messages = CODES.iter().map(|code| {
        let request = GetCodeRequest { code: Some(reference(code)), ..GetCodeRequest::default() };
        request.encode_to_vec()
    });
    let requests = Cycle::new(messages.collect(), |place, answer| {
        let code = GetCodeResponse::decode(answer)?.code.context("no code")?;
        let found = code.reference.context("a code without its reference")?;
        ensure!(found == reference(CODES[place]), "{found:?} instead of {}", CODES[place]);
        Ok(())
    });
    Ok(Prepared::single(setting.target(Role::Classification, GET, Some(token(setting)))?, requests))
}

/// One code in the edition before.
pub(super) async fn translate(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    let messages = CODES.iter().map(|code| {
        let request = TranslateCodeRequest {
            code: Some(reference(code)),
            target_edition: "HS2017".into(),
            ..TranslateCodeRequest::default()
        };
        request.encode_to_vec()
    });
    let requests = Cycle::new(messages.collect(), |_, answer| {
        TranslateCodeResponse::decode(answer)?.translation.context("no translation")?;
        Ok(())
    });
    let target = setting.target(Role::Classification, TRANSLATE, Some(token(setting)))?;
    Ok(Prepared::single(target, requests))
}

fn reference(code: &str) -> CodeReference {
    CodeReference { edition: "HS2022".into(), code: code.into() }
}

fn token(setting: &Setting<'_>) -> String {
    setting.identity.mint(TokenRequest::new("trader", ["codes.read"]))
}
