//! Recognition with a memory before it: a question that was decided on this revision of the catalogue, without
//! classification and for want of nothing of it, is answered in bytes. Everything else is decided by [`RecognitionApi`].

use std::sync::Arc;

use futures_util::StreamExt as _;
use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::server::{AnswerBytes, Bytewise, decoded, fields};
use greenlane_platform::violations::Violations;
use prost::Message as _;
use prost::bytes::Bytes;
use prost::encoding::uint64;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use self::kept::{Decisions, Moment};
use super::{MAX_BATCH, RecognitionApi, answer};
use crate::api::question;

mod kept;
mod raw;

/// The face.
#[derive(Clone)]
pub(crate) struct QuickRecognition {
    plain: RecognitionApi,
    decisions: Arc<Decisions>,
}

/// What it answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Method {
    One,
    Batch,
    Stream,
}

impl AnswerBytes for QuickRecognition {
    type Method = Method;

    fn method(path: &str) -> Option<Bytewise<Method>> {
        match path.strip_prefix("/greenlane.equivalence.v1.RecognitionService/")? {
            "Recognise" => Some(Bytewise::Unary(Method::One)),
            "BatchRecognise" => Some(Bytewise::Unary(Method::Batch)),
            "StreamRecognise" => Some(Bytewise::Stream(Method::Stream)),
            _ => None,
        }
    }

    async fn unary(self, method: Method, request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
        let answer = match method {
            Method::One | Method::Stream => self.one(request).await?,
            Method::Batch => self.batch(request).await?,
        };
        Ok(Response::new(answer))
    }

    async fn stream(self, _: Method, request: Request<Streaming<Bytes>>) -> Result<Response<BoxStream<Bytes>>, Status> {
        let answers = request.into_inner().then(move |item| {
            let this = self.clone();
            async move { this.item(item?).await }
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

impl QuickRecognition {
    pub(crate) fn new(plain: RecognitionApi) -> Self {
        Self { plain, decisions: Arc::default() }
    }

    async fn one(&self, request: Request<Bytes>) -> Result<Bytes, Status> {
        let raw: raw::One = decoded(request.get_ref().clone())?;
        let question = raw.question.as_ref().filter(|_| raw.classification_revision == 0);
        if let (Some(question), Some(latest)) = (question, latest(raw.consistency.as_ref())) {
            let now = self.now(self.plain.recogniser.catalogue(latest).await?.catalogue.revision());
            if let Some(decision) = self.decisions.recall(question, raw.explain, &now) {
                let mut out = Vec::with_capacity(decision.len() + 64);
                fields::put(&mut out, 1, &decision);
                uint64::encode(2, &now.revision, &mut out);
                self.put_freshness(&mut out, 0);
                return Ok(out.into());
            }
        }
        // What is decided is what is kept: a question that is written twice counts as it was written last.
        let asked = pb::RecogniseRequest {
            question: raw.question.clone().map(decoded).transpose()?,
            consistency: raw.consistency,
            classification_revision: raw.classification_revision,
            explain: raw.explain,
        };
        let begun_on = self.plain.clock.today();
        let (answer, lasts) = self.plain.decide_one(asked).await?;
        if let (true, Some(question), Some(decision)) = (lasts, question, &answer.decision) {
            self.decisions.keep(question, raw.explain, begun_on, &self.now(answer.revision), decision);
        }
        Ok(answer.encode_to_vec().into())
    }

    async fn batch(&self, request: Request<Bytes>) -> Result<Bytes, Status> {
        use pb::recognition_service_server::RecognitionService as _;
        let raw: raw::Batch = decoded(request.get_ref().clone())?;
        let plain = (1..=MAX_BATCH).contains(&raw.questions.len()) && raw.classification_revision == 0;
        let Some(latest) = latest(raw.consistency.as_ref()).filter(|_| plain) else {
            let (metadata, extensions, bytes) = request.into_parts();
            let asked = Request::from_parts(metadata, extensions, decoded(bytes)?);
            return Ok(self.plain.batch_recognise(asked).await?.into_inner().encode_to_vec().into());
        };
        let loaded = self.plain.recogniser.catalogue(latest).await?;
        let now = self.now(loaded.catalogue.revision());
        let mut kept = Vec::with_capacity(raw.questions.len());
        let (mut v, mut asked, mut questions) = (Violations::new(), Vec::new(), Vec::new());
        for (index, bytes) in raw.questions.into_iter().enumerate() {
            let known = self.decisions.recall(&bytes, raw.explain, &now);
            if known.is_none() {
                let question = decoded(bytes.clone())?;
                let mut v = v.scope(format!("questions[{index}]"));
                questions.extend(question::question(&mut v, Some(question), &self.plain.clock));
                asked.push(bytes);
            }
            kept.push(known);
        }
        v.finish_with(|| Some(()))?;
        let (decided, had_part) = self.plain.decide_together(&loaded, &questions, 0, raw.explain).await;
        for (question, (decision, _)) in asked.iter().zip(&decided).filter(|(_, (_, lasts))| *lasts) {
            self.decisions.keep(question, raw.explain, now.day, &self.now(now.revision), decision);
        }
        let mut decided = decided.iter().map(|(decision, _)| Bytes::from(decision.encode_to_vec()));
        let mut out = Vec::with_capacity(kept.iter().flatten().map(|decision| decision.len() + 8).sum::<usize>() + 64);
        for decision in kept {
            let decision = decision.or_else(|| decided.next());
            fields::put(&mut out, 1, &decision.unwrap_or_default());
        }
        uint64::encode(2, &now.revision, &mut out);
        if had_part > 0 {
            uint64::encode(3, &had_part, &mut out);
        }
        self.put_freshness(&mut out, had_part);
        Ok(out.into())
    }

    async fn item(&self, item: Bytes) -> Result<Bytes, Status> {
        let raw: raw::Item = decoded(item)?;
        let question = raw.question.as_ref().filter(|_| raw.classification_revision == 0);
        if let (Some(question), Some(latest)) = (question, latest(raw.consistency.as_ref()))
            && let Ok(loaded) = self.plain.recogniser.catalogue(latest).await
        {
            let now = self.now(loaded.catalogue.revision());
            if let Some(decision) = self.decisions.recall(question, raw.explain, &now) {
                let mut out = Vec::with_capacity(decision.len() + 32);
                if raw.sequence > 0 {
                    uint64::encode(1, &raw.sequence, &mut out);
                }
                fields::put(&mut out, 2, &decision);
                uint64::encode(4, &now.revision, &mut out);
                return Ok(out.into());
            }
        }
        let asked = pb::StreamRecogniseRequest {
            sequence: raw.sequence,
            question: raw.question.clone().map(decoded).transpose()?,
            consistency: raw.consistency,
            classification_revision: raw.classification_revision,
            explain: raw.explain,
        };
        let begun_on = self.plain.clock.today();
        let (answer, lasts) = answer(&self.plain.recogniser, &self.plain.clock, asked).await;
        if let (true, Some(question), Some(pb::stream_recognise_response::Answer::Decision(decision))) =
            (lasts, question, &answer.answer)
        {
            self.decisions.keep(question, raw.explain, begun_on, &self.now(answer.revision), decision);
        }
        Ok(answer.encode_to_vec().into())
    }

    fn now(&self, revision: u64) -> Moment {
        Moment { revision, day: self.plain.clock.today() }
    }

    fn put_freshness(&self, out: &mut Vec<u8>, classification_revision: u64) {
        let freshness = self.plain.freshness(classification_revision);
        fields::begin(out, 4, freshness.encoded_len());
        freshness.encode_raw(out);
    }
}

/// The consistency of a request that the latest revision answers.
fn latest(raw: Option<&common::ReadConsistency>) -> Option<Consistency> {
    use common::read_consistency::Requirement;
    match raw.map(|raw| &raw.requirement) {
        Some(Some(Requirement::ExactlyRevision(_))) => None,
        _ => Consistency::parse(&mut Violations::new(), raw),
    }
}
