//! The equivalence service's rows: recognise, one at a time, in batches and in streams.

use anyhow::{Context as _, ensure};
use greenlane_api::equivalence::v1::stream_recognise_response::Answer;
use greenlane_api::equivalence::v1::{
    BatchRecogniseRequest, BatchRecogniseResponse, CertificateFacts, CertifiedScheme, RecogniseRequest,
    RecogniseResponse, RecognitionDecision, RecognitionOutcome, RecognitionQuestion, StreamRecogniseRequest,
    StreamRecogniseResponse,
};
use greenlane_platform::auth::issuer::TokenRequest;
use prost::Message;

use super::{Cycle, Prepared, Setting, facts};
use crate::roles::Role;
use crate::wire::Requests;

const RECOGNISE: &str = "/greenlane.equivalence.v1.RecognitionService/Recognise";
const BATCH: &str = "/greenlane.equivalence.v1.RecognitionService/BatchRecognise";
const STREAM: &str = "/greenlane.equivalence.v1.RecognitionService/StreamRecognise";
/// Questions in a call of many.
const QUESTIONS: usize = 200;

/// A question to the starter catalogue.
fn question() -> RecognitionQuestion {
    let scheme = CertifiedScheme { scheme: facts::SCHEME.into(), level: facts::LEVEL.into() };
    let certificate = CertificateFacts {
        schemes: vec![scheme],
        standard_editions: facts::STANDARDS.iter().map(|edition| (*edition).to_owned()).collect(),
        body: facts::BODY.into(),
        body_economy: facts::BODY_ECONOMY.into(),
        ..CertificateFacts::default()
    };
    RecognitionQuestion {
        certificate: Some(certificate),
        code: Some(facts::code()),
        origin: facts::BODY_ECONOMY.into(),
        destination: facts::DESTINATION.into(),
        date: String::new(), // today
    }
}

fn decided(decision: Option<RecognitionDecision>) -> anyhow::Result<()> {
    let decision = decision.context("no decision")?;
    let decided = !matches!(
        decision.outcome(),
        RecognitionOutcome::Unspecified | RecognitionOutcome::Undetermined | RecognitionOutcome::NoRequirementApplies
    );
    ensure!(decided, "recognition was not decided: {decision:?}");
    Ok(())
}

fn prepared(setting: &Setting<'_>, path: &str, requests: impl Requests + 'static) -> anyhow::Result<Prepared> {
    let token = setting.identity.mint(TokenRequest::new("trader", ["recognise"]));
    let target = setting.target(Role::Equivalence, path, Some(token))?;
    Ok(Prepared { target, requests: Box::new(requests) })
}

/// One question, decided anew each time.
pub(super) async fn recognise(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    let request = RecogniseRequest { question: Some(question()), ..RecogniseRequest::default() };
    let requests =
        Cycle::new(vec![request.encode_to_vec()], |_, answer| decided(RecogniseResponse::decode(answer)?.decision));
    prepared(setting, RECOGNISE, requests)
}

/// Many questions in a message.
pub(super) async fn batch(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    let request = BatchRecogniseRequest { questions: vec![question(); QUESTIONS], ..BatchRecogniseRequest::default() };
    let requests = Cycle::new(vec![request.encode_to_vec()], |_, answer| {
        let decisions = BatchRecogniseResponse::decode(answer)?.decisions;
        ensure!(decisions.len() == QUESTIONS, "{} decisions came back", decisions.len());
        decisions.into_iter().try_for_each(|decision| decided(Some(decision)))
    });
    prepared(setting, BATCH, requests.of_items(QUESTIONS))
}

/// Many questions, each in a message of its own.
pub(super) async fn stream(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    let request = StreamRecogniseRequest { question: Some(question()), ..StreamRecogniseRequest::default() };
    let requests =
        Cycle::new(vec![request.encode_to_vec()], |_, answer| match StreamRecogniseResponse::decode(answer)?.answer {
            Some(Answer::Decision(decision)) => decided(Some(decision)),
            other => anyhow::bail!("no decision: {other:?}"),
        });
    prepared(setting, STREAM, requests.in_streams(QUESTIONS))
}
