//! The equivalence service's rows: recognise, one and many.

use anyhow::{Context as _, ensure};
use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
use greenlane_api::equivalence::v1::stream_recognise_response::Answer;
use greenlane_api::equivalence::v1::{
    BatchRecogniseRequest, BatchRecogniseResponse, CertificateFacts, CertifiedScheme, RecogniseRequest,
    RecogniseResponse, RecognitionDecision, RecognitionOutcome, RecognitionQuestion, StreamRecogniseRequest,
    StreamRecogniseResponse,
};
use greenlane_platform::auth::issuer::TokenRequest;
use prost::Message;

use super::{Cycle, Prepared, Setting, Streamed, TOGETHER, facts};
use crate::roles::Role;
use crate::wire::Target;

const RECOGNISE: &str = "/greenlane.equivalence.v1.RecognitionService/Recognise";
const BATCH: &str = "/greenlane.equivalence.v1.RecognitionService/BatchRecognise";
const STREAM: &str = "/greenlane.equivalence.v1.RecognitionService/StreamRecognise";

/// One question to the starter catalogue, again and again.
pub(super) async fn recognise(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    one(setting, None)
}

/// The same at a revision that is named: such a decision is made anew each time.
pub(super) async fn recognise_anew(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    one(setting, Some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(1)) }))
}

fn one(setting: &Setting<'_>, consistency: Option<ReadConsistency>) -> anyhow::Result<Prepared> {
    let request = RecogniseRequest { question: Some(question()), consistency, ..RecogniseRequest::default() };
    let requests = Cycle::new(vec![request.encode_to_vec()], |_, answer| {
        decided(&RecogniseResponse::decode(answer)?.decision.context("no decision")?)
    });
    Ok(Prepared::single(target(setting, RECOGNISE)?, requests))
}

/// The same question many times in one message.
pub(super) async fn recognise_batch(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    let questions = vec![question(); TOGETHER as usize];
    let request = BatchRecogniseRequest { questions, ..BatchRecogniseRequest::default() };
    let requests = Cycle::new(vec![request.encode_to_vec()], |_, answer| {
        let decisions = BatchRecogniseResponse::decode(answer)?.decisions;
        ensure!(decisions.len() == TOGETHER as usize, "{} decisions", decisions.len());
        decisions.iter().try_for_each(decided)
    });
    Ok(Prepared::many(target(setting, BATCH)?, requests, TOGETHER))
}

/// The same question many times in one stream.
pub(super) async fn recognise_stream(setting: &Setting<'_>) -> anyhow::Result<Prepared> {
    let request = StreamRecogniseRequest { question: Some(question()), ..StreamRecogniseRequest::default() };
    let requests = Streamed::new(vec![request.encode_to_vec()], TOGETHER as usize, |answers| {
        ensure!(answers.len() == TOGETHER as usize, "{} decisions", answers.len());
        for answer in answers {
            match StreamRecogniseResponse::decode(*answer)?.answer.context("no decision")? {
                Answer::Decision(decision) => decided(&decision)?,
                Answer::Refused(refused) => anyhow::bail!("refused: {refused:?}"),
            }
        }
        Ok(())
    });
    Ok(Prepared::many(target(setting, STREAM)?, requests, TOGETHER))
}

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
        ..RecognitionQuestion::default() // today
    }
}

fn decided(decision: &RecognitionDecision) -> anyhow::Result<()> {
    let decided = !matches!(
        decision.outcome(),
        RecognitionOutcome::Unspecified | RecognitionOutcome::Undetermined | RecognitionOutcome::NoRequirementApplies
    );
    ensure!(decided, "recognition was not decided: {decision:?}");
    Ok(())
}

fn target(setting: &Setting<'_>, path: &str) -> anyhow::Result<Target> {
    let token = setting.identity.mint(TokenRequest::new("trader", ["recognise"]));
    setting.target(Role::Equivalence, path, Some(token))
}
