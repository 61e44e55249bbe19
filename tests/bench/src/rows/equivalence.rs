//! The equivalence service's rows: recognise.

use anyhow::{Context as _, ensure};
use greenlane_api::equivalence::v1::{
    CertificateFacts, CertifiedScheme, RecogniseRequest, RecogniseResponse, RecognitionOutcome, RecognitionQuestion,
};
use greenlane_platform::auth::issuer::TokenRequest;
use prost::Message;

use super::{Cycle, Prepared, Setting, facts};
use crate::roles::Role;

const RECOGNISE: &str = "/greenlane.equivalence.v1.RecognitionService/Recognise";

/// One question to the starter catalogue, decided anew each time.
pub(super) async fn recognise(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    let scheme = CertifiedScheme { scheme: facts::SCHEME.into(), level: facts::LEVEL.into() };
    let certificate = CertificateFacts {
        schemes: vec![scheme],
        standard_editions: facts::STANDARDS.iter().map(|edition| (*edition).to_owned()).collect(),
        body: facts::BODY.into(),
        body_economy: facts::BODY_ECONOMY.into(),
        ..CertificateFacts::default()
    };
    let question = RecognitionQuestion {
        certificate: Some(certificate),
        code: Some(facts::code()),
        origin: facts::BODY_ECONOMY.into(),
        destination: facts::DESTINATION.into(),
        date: String::new(), // today
    };
    let request = RecogniseRequest { question: Some(question), ..RecogniseRequest::default() };
    let requests = Cycle::new(vec![request.encode_to_vec()], |_, answer| {
        let decision = RecogniseResponse::decode(answer)?.decision.context("no decision")?;
        let decided = !matches!(
            decision.outcome(),
            RecognitionOutcome::Unspecified
                | RecognitionOutcome::Undetermined
                | RecognitionOutcome::NoRequirementApplies
        );
        ensure!(decided, "recognition was not decided: {decision:?}");
        Ok(())
    });
    let token = setting.identity.mint(TokenRequest::new("trader", ["recognise"]));
    let target = setting.target(Role::Equivalence, RECOGNISE, Some(token))?;
    Ok(Prepared { target, requests: Box::new(requests) })
}
