//! Verification with a memory before it: a question that was answered before, at revisions that have not moved, is
//! answered in bytes. Everything else is answered by [`Verifications`], and kept if it may be.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use chrono::NaiveDate;
use futures_util::future::Either;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::server::{AnswerBytes, Bytewise, decoded, fields};
use prost::Message as _;
use prost::encoding::uint64;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use self::answer::{Answer, freshness};
use self::tally::Tally;
use super::room::{self, Room};
use super::{Answered, IN_WORK, Verifications, result};
use crate::api::verdict;
use crate::app::kept::{Kept, Moment, Verdicts};
use crate::app::verify::At;

mod answer;
mod raw;
mod tally;

/// The face.
#[derive(Clone)]
pub(crate) struct QuickVerifications {
    plain: Verifications,
    verdicts: Arc<Verdicts>,
    tally: Tally,
}

/// What it answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Method {
    One,
    Batch,
    Stream,
}

impl AnswerBytes for QuickVerifications {
    type Method = Method;

    fn method(path: &str) -> Option<Bytewise<Method>> {
        match path.strip_prefix("/greenlane.registry.v1.VerificationService/")? {
            "Verify" => Some(Bytewise::Unary(Method::One)),
            "BatchVerify" => Some(Bytewise::Unary(Method::Batch)),
            "StreamVerify" => Some(Bytewise::Stream(Method::Stream)),
            _ => None,
        }
    }

    async fn unary(self, method: Method, request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
        let caller = Caller::of(&request)?;
        let question = request.into_inner();
        let answer = match method {
            Method::One | Method::Stream => self.one(&caller, question).await?,
            Method::Batch => self.batch(&caller, question).await?,
        };
        Ok(Response::new(answer))
    }

    async fn stream(self, _: Method, request: Request<Streaming<Bytes>>) -> Result<Response<BoxStream<Bytes>>, Status> {
        let caller = Caller::of(&request)?;
        // No more than this many questions are read ahead of the answers that the caller has taken.
        let answers = request.into_inner().map(move |item| {
            let item = item.and_then(decoded::<raw::Item>);
            let kept = item.as_ref().ok().and_then(|item| self.kept_item(item));
            match kept {
                Some(answer) => Either::Left(std::future::ready(Ok(answer))),
                None => Either::Right(self.clone().item(caller.clone(), item).boxed()),
            }
        });
        Ok(Response::new(Box::pin(answers.buffered(IN_WORK))))
    }
}

impl QuickVerifications {
    pub(crate) fn new(plain: Verifications) -> Self {
        let verdicts = Arc::new(Verdicts::new(Arc::clone(&plain.verifier)));
        Self { plain, verdicts, tally: Tally::new() }
    }

    async fn one(&self, caller: &Caller, question: Bytes) -> Result<Bytes, Status> {
        let now = self.verdicts.moment(self.revision());
        if let Some(kept) = self.recall(&question, &now) {
            return Ok(Fresh::at(&now).answer(&kept).alone());
        }
        let answered = self.plain.one(caller, decoded(question.clone())?).await?;
        self.keep((&question, now.day), &answered);
        Ok(answered.response.encode_to_vec().into())
    }

    async fn batch(&self, caller: &Caller, request: Bytes) -> Result<Bytes, Status> {
        let raw::Batch { requests, consistency } = decoded(request)?;
        let at = self.plain.settle_batch(requests.len(), consistency.as_ref()).await?;
        let now = self.verdicts.moment(at.revision);
        let kept: Vec<_> = requests.iter().map(|question| self.recall(question, &now)).collect();
        let asked = requests.into_iter().zip(&kept).filter_map(|(question, kept)| kept.is_none().then_some(question));
        let asked: Vec<Bytes> = asked.collect();
        let mut room = Room::new(self.plain.message_bytes, kept.len());
        let answers = futures_util::stream::iter(asked).map(|question| self.of_batch(caller, (question, now.day), at));
        let mut answers = pin!(answers.buffered(IN_WORK));
        let (mut results, mut bytes) = (Vec::new(), 0);
        // What is sure not to fit is not worked out.
        while bytes <= self.plain.message_bytes
            && let Some(result) = answers.try_next().await?
        {
            bytes += result.len();
            results.push(result);
        }
        let mut results = results.into_iter();
        let mut out = Vec::with_capacity(kept.iter().flatten().map(|kept| kept.verdict.len() + 128).sum());
        let (fresh, refusal) = (Fresh::at(&now), room::refusal().encode_to_vec());
        for kept in kept {
            let (before, result) = (out.len(), if kept.is_none() { results.next() } else { None });
            match (&kept, &result) {
                (Some(kept), _) => fresh.answer(kept).put_result(&mut out, 1),
                (None, Some(result)) => fields::put(&mut out, 1, result),
                (None, None) => {}
            }
            let is_there = kept.is_some() || result.is_some();
            if !room.takes(if is_there { out.len() - before } else { usize::MAX }) {
                out.truncate(before);
                fields::put(&mut out, 1, &refusal);
            }
        }
        uint64::encode(2, &at.revision, &mut out);
        Ok(out.into())
    }

    async fn of_batch(&self, caller: &Caller, (question, day): (Bytes, NaiveDate), at: At) -> Result<Vec<u8>, Status> {
        let answered = self.plain.of_batch(caller, decoded(question.clone())?, at).await;
        Ok(self.result((&question, day), answered))
    }

    /// The answer to an item of a stream, when it is kept.
    fn kept_item(&self, item: &raw::Item) -> Option<Bytes> {
        // Any other tag is checked as the contract says.
        let plain = item.tag.len() <= 64 && item.tag.bytes().all(|byte| byte.is_ascii_graphic());
        let question = item.request.as_ref().filter(|_| plain)?;
        let now = self.verdicts.moment(self.revision());
        let kept = self.recall(question, &now)?;
        let mut out = tagged(&item.tag, kept.verdict.len() + 128);
        Fresh::at(&now).answer(&kept).put_result(&mut out, 2);
        Some(out.into())
    }

    async fn item(self, caller: Arc<Caller>, item: Result<raw::Item, Status>) -> Result<Bytes, Status> {
        let raw::Item { tag, request } = item?;
        let day = self.verdicts.today();
        let question = request.clone().map(decoded).transpose()?;
        let answered = self.plain.of_stream(&caller, question, &tag).await;
        let result = self.result((&request.unwrap_or_default(), day), answered);
        let mut out = tagged(&tag, result.len() + 8);
        fields::put(&mut out, 2, &result);
        Ok(out.into())
    }

    fn revision(&self) -> u64 {
        self.plain.verifier.source.revision()
    }

    /// `VerifyResult`.
    fn result(&self, asked: (&[u8], NaiveDate), answered: Result<Answered, Fault>) -> Vec<u8> {
        if let Ok(answered) = &answered {
            self.keep(asked, answered);
        }
        result(answered).encode_to_vec()
    }

    /// The answer to this question, when it is kept.
    fn recall(&self, question: &[u8], now: &Moment) -> Option<Arc<Kept>> {
        let kept = self.verdicts.recall(question, now)?;
        self.tally.count(kept.outcome);
        Some(kept)
    }

    /// Keeps an answer for the next who asks, if it may be given again: to a question, and the day when it came.
    fn keep(&self, asked: (&[u8], NaiveDate), answered: &Answered) {
        let Some(verdict) = &answered.response.verdict else { return };
        self.tally.count(verdict.outcome);
        if let Some(holds) = &answered.holds {
            let bytes = wire::Verdict { freshness: None, ..verdict.clone() }.encode_to_vec().into();
            let verdict = (bytes, verdict.outcome);
            self.verdicts.keep(asked, answered.response.revision, holds.clone(), verdict);
        }
    }
}

/// How fresh the answers of a moment are, encoded: those that recognition had a part in, and the others.
struct Fresh {
    recognised: Vec<u8>,
    other: Vec<u8>,
    revision: u64,
}

impl Fresh {
    fn at(now: &Moment) -> Self {
        let age = now.catalogue.map(|(_, age)| age);
        Self {
            recognised: freshness(&verdict::freshness(now.checkpoint_time, age, true)),
            other: freshness(&verdict::freshness(now.checkpoint_time, None, false)),
            revision: now.revision,
        }
    }

    fn answer<'a>(&'a self, kept: &'a Kept) -> Answer<'a> {
        let freshness = if kept.is_recognised() { &self.recognised } else { &self.other };
        Answer { verdict: &kept.verdict, freshness, revision: self.revision }
    }
}

/// The beginning of an item of a stream.
fn tagged(tag: &str, room: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(tag.len() + 2 + room);
    if !tag.is_empty() {
        fields::put(&mut out, 1, tag.as_bytes());
    }
    out
}
