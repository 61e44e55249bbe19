//! `VerificationService`.

pub(crate) mod quick;
mod room;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::{Stream, StreamExt as _};
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::verification_service_server::VerificationService;
use greenlane_credential::{OFFLINE_PREFIX, from_offline};
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{EconomyCode, Violations};
use prost::Message as _;
use tokio::sync::mpsc;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use self::room::{Room, framed};
use super::{consistency, content, render, verdict};
use crate::app::bundle::{Bundler, Bundling, Order};
use crate::app::log::LogWriter;
use crate::app::read::{Freshness, Reader};
use crate::app::recall;
use crate::app::verify::{AsOf, At, Holds, Question, Subject, Verifier};
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::verdict::question::Revisions;
use crate::statement::Stated;
use crate::store::{list, log};

/// The service.
#[derive(Clone)]
pub(crate) struct Verifications {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) reader: Reader,
    pub(crate) bundler: Arc<Bundler>,
    pub(crate) log: Arc<LogWriter>,
    /// The registry's decentralised identifier; none when its address makes none.
    pub(crate) did: Option<String>,
    /// What a message that is sent may have.
    pub(crate) message_bytes: usize,
}

/// The role of a process that verifies, and signs nothing.
pub(crate) const VERIFIER: &str = "verifier";

/// Items of a batch.
const MAX_BATCH: usize = 1_000;

/// Items of a batch or stream that are in work at a time: those that ask another service overlap.
const IN_WORK: usize = 16;

/// Later events whose proofs a bundle holds at most.
const MAX_EVENTS: u64 = 1_000;

/// How long a bundle in the making says nothing.
const BEAT: Duration = Duration::from_secs(10);

/// A question with what else is wanted beside the verdict.
struct Asked {
    question: Question,
    include_proof: bool,
    include_statement: bool,
}

#[tonic::async_trait]
impl VerificationService for Verifications {
    async fn verify(&self, request: Request<wire::VerifyRequest>) -> Result<Response<wire::VerifyResponse>, Status> {
        let caller = Caller::of(&request)?;
        let Answered { response, .. } = self.one(&caller, request.into_inner()).await?;
        Ok(Response::new(response))
    }

    async fn batch_verify(
        &self,
        request: Request<wire::BatchVerifyRequest>,
    ) -> Result<Response<wire::BatchVerifyResponse>, Status> {
        let caller = &Caller::of(&request)?;
        let raw = request.into_inner();
        let asked = raw.requests.len();
        let at = self.settle_batch(asked, raw.consistency.as_ref()).await?;
        let answers = futures_util::stream::iter(raw.requests)
            .map(|request| async move { result(self.of_batch(caller, request, at).await) })
            .buffered(IN_WORK);
        let mut answers = pin!(answers);
        let (mut results, mut room) = (Vec::new(), Room::new(self.message_bytes, asked));
        while let Some(result) = answers.next().await.filter(|result| room.takes(framed(result.encoded_len()))) {
            results.push(result);
        }
        results.resize_with(asked, room::refusal);
        Ok(Response::new(wire::BatchVerifyResponse { results, revision: at.revision }))
    }

    async fn stream_verify(
        &self,
        request: Request<Streaming<wire::StreamVerifyRequest>>,
    ) -> Result<Response<BoxStream<wire::StreamVerifyResponse>>, Status> {
        let (this, caller) = (self.clone(), Caller::of(&request)?);
        // No more than this many questions are read ahead of the answers that the caller has taken.
        let answers = request
            .into_inner()
            .map(move |item| {
                let (this, caller) = (this.clone(), caller.clone());
                async move {
                    let item = item?;
                    let answered = this.of_stream(&caller, item.request, &item.tag).await;
                    Ok(wire::StreamVerifyResponse { tag: item.tag, result: Some(result(answered)) })
                }
            })
            .buffered(IN_WORK);
        Ok(Response::new(Box::pin(answers)))
    }

    async fn get_trust_bundle(
        &self,
        request: Request<wire::GetTrustBundleRequest>,
    ) -> Result<Response<BoxStream<wire::GetTrustBundleResponse>>, Status> {
        let caller = Caller::of(&request)?;
        let raw = request.into_inner();
        let mut v = Violations::new();
        let bodies =
            content::list(&mut v, "bodies", raw.bodies, 0, MAX_BATCH, |v, name| consistency::body(v, "", &name));
        let destinations = content::list(&mut v, "destinations", raw.destinations, 0, MAX_BATCH, |v, economy| {
            v.economy("", &economy).map(EconomyCode::into_string)
        });
        let order = v.finish_with(|| Some(Order { bodies: bodies?, destinations: destinations? }))?;
        let Bundling { header, parts } = self.bundler.begin(own(&caller, order)?).await?;
        let first = wire::GetTrustBundleResponse {
            chunk: Vec::new().into(),
            good_until: Some(render::timestamp(header.good_until)),
            revisions: Some(common::Revisions {
                registry: header.revision,
                equivalence: header.equivalence_revision,
                classification: header.classification_revision,
            }),
        };
        let first = futures_util::stream::once(std::future::ready(Ok(first)));
        Ok(Response::new(Box::pin(first.chain(parts_of(parts, BEAT)))))
    }
}

/// The parts of a bundle as they come. While none does, an empty one tells now and then that it is in the making: a
/// stream on which nothing moves is ended.
fn parts_of(
    parts: mpsc::Receiver<Result<Vec<u8>, Fault>>,
    beat: Duration,
) -> impl Stream<Item = Result<wire::GetTrustBundleResponse, Status>> {
    futures_util::stream::unfold(parts, move |mut parts| async move {
        let part = match tokio::time::timeout(beat, parts.recv()).await {
            Ok(part) => part?,
            Err(_) => Ok(Vec::new()),
        };
        let message = part.map_err(Status::from).map(|chunk| wire::GetTrustBundleResponse {
            chunk: chunk.into(),
            ..wire::GetTrustBundleResponse::default()
        });
        Some((message, parts))
    })
}

/// An answer, and for how long it may be given again to the same question.
struct Answered {
    response: wire::VerifyResponse,
    holds: Option<Holds>,
}

impl Verifications {
    /// The one question of a call.
    async fn one(&self, caller: &Caller, raw: wire::VerifyRequest) -> Result<Answered, Fault> {
        may_ask(caller, &raw, "Verify")?;
        let hint = self.hint(caller, &raw).await?;
        let asked = parse(raw, self.verifier.clock.now(), false, &hint)?;
        let at = self.verifier.settle(asked.question.as_of).await?;
        self.answer(caller, &asked, at).await
    }

    /// Which certificate is meant by a number that is mistyped, if there is one like it.
    async fn hint(&self, caller: &Caller, raw: &wire::VerifyRequest) -> Result<String, Fault> {
        match &raw.subject {
            Some(wire::verify_request::Subject::Certificate(text)) => {
                consistency::did_you_mean(&self.reader, caller, text).await
            }
            Some(_) | None => Ok(String::new()),
        }
    }

    /// The revision that a batch of so many questions is answered at.
    async fn settle_batch(&self, questions: usize, raw: Option<&common::ReadConsistency>) -> Result<At, Fault> {
        let mut v = Violations::new();
        v.check("requests", questions > 0, "is required");
        v.check("requests", questions <= MAX_BATCH, format!("must have at most {MAX_BATCH} items"));
        let freshness = consistency::freshness(&mut v, raw);
        let freshness = v.finish_with(|| freshness)?;
        Ok(self.verifier.settle(as_of(freshness)).await?)
    }

    /// A question of a batch.
    async fn of_batch(&self, caller: &Caller, raw: wire::VerifyRequest, at: At) -> Result<Answered, Fault> {
        may_ask(caller, &raw, "BatchVerify")?;
        let hint = self.hint(caller, &raw).await?;
        let asked = parse(raw, self.verifier.clock.now(), true, &hint)?;
        self.answer(caller, &asked, at).await
    }

    /// A question of a stream.
    async fn of_stream(&self, caller: &Caller, raw: Option<wire::VerifyRequest>, tag: &str) -> Result<Answered, Fault> {
        let mut v = Violations::new();
        v.text("tag", tag, 0..=64);
        let Some(raw) = v.required("request", raw) else { return Err(v.into_fault()) };
        may_ask(caller, &raw, "StreamVerify")?;
        let hint = self.hint(caller, &raw).await?;
        let asked = beside(v, parse(raw, self.verifier.clock.now(), false, &hint))?;
        let at = self.verifier.settle(asked.question.as_of).await?;
        self.answer(caller, &asked, at).await
    }

    async fn answer(&self, caller: &Caller, asked: &Asked, at: At) -> Result<Answered, Fault> {
        let mut answer = self.verifier.verify(&asked.question, at).await?;
        let plain = !asked.include_proof && !asked.include_statement && asked.question.as_of == AsOf::Latest;
        let holds = answer.holds.take().filter(|_| plain);
        let proof = match &answer.number {
            Some(number) if asked.include_proof => self.bundle(number.clone(), answer.version, at.revision).await?,
            Some(_) | None => None,
        };
        let proof = proof.map(|proof| readable(caller, answer.body.as_ref(), &asked.question.subject, proof));
        let verdict = verdict::verdict(answer);
        let statement = if asked.include_statement {
            self.statement(&asked.question, &verdict, at.revision).await?
        } else {
            String::new()
        };
        let response = wire::VerifyResponse { verdict: Some(verdict), revision: at.revision, proof, statement };
        Ok(Answered { response, holds })
    }

    /// The verdict, signed, with the checkpoint that holds all that it rests on.
    async fn statement(&self, asked: &Question, verdict: &wire::Verdict, revision: u64) -> Result<String, Fault> {
        let head = self.reader.published.head();
        let checkpoint = if head.size == revision {
            head.note.clone()
        } else {
            let stored = self.reader.read("read_checkpoint", move |tx| {
                Box::pin(async move {
                    let size = log::checkpoint_at(tx, revision).await?;
                    Ok(log::checkpoint(tx, size).await?)
                })
            });
            stored.await?.map(|(note, _)| note).ok_or_else(|| Fault::internal("no checkpoint of this revision"))?
        };
        let about = match &asked.subject {
            Subject::Number(number) => ("certificate", number.name()),
            Subject::Document(document) => ("documentSha256", hex::encode(document.presented_sha256())),
        };
        if !self.log.can_sign() {
            return Err(Fault::role_forbids("include_statement", VERIFIER));
        }
        let mut question = serde_json::json!({"date": verdict.date});
        question[about.0] = about.1.into();
        if let Some(goods) = &asked.goods {
            question["goods"] = serde_json::to_value(goods).map_err(Fault::internal)?;
        }
        let issuer =
            self.did.as_deref().ok_or_else(|| Fault::internal("public_url makes no decentralised identifier"))?;
        let signed_at = self.verifier.clock.now();
        let stated = Stated { issuer, signed_at, question, verdict, checkpoint: &checkpoint };
        stated.sign(self.log.signer().map_err(Fault::log_inconsistent)?).map_err(Fault::internal)
    }

    /// Documents and proofs of what the verdict rests on.
    async fn bundle(
        &self,
        number: CertificateNumber,
        version: u32,
        revision: u64,
    ) -> Result<Option<wire::ProofBundle>, Fault> {
        let bundle = self
            .reader
            .read("read_proof_bundle", move |tx| {
                let number = number.clone();
                Box::pin(async move {
                    let size = log::checkpoint_at(tx, revision).await?;
                    let versions = list::versions(tx, &number).await?;
                    let Some(judged) = versions.into_iter().find(|row| row.version == version) else {
                        return Ok(None);
                    };
                    let mut indices = vec![judged.log_index];
                    indices.extend(list::key(tx, &judged.key).await?.map(|key| key.create_index));
                    let events = list::events(tx, &number, Some(judged.log_index), Some(MAX_EVENTS)).await?;
                    let with_key = indices.len() == 2;
                    indices.extend(events.iter().map(|event| event.log_index).filter(|index| *index < revision));
                    let mut proofs = recall::proofs(tx, &indices, size).await?.into_iter();
                    let version = proofs.next();
                    let key = if with_key { proofs.next() } else { None };
                    Ok(Some((judged.document, version, key, proofs.collect::<Vec<_>>())))
                })
            })
            .await?;
        Ok(bundle.map(|(document, version, key, events)| wire::ProofBundle {
            document: document.as_ref().to_owned(),
            version_proof: version.as_ref().map(render::proof),
            event_proofs: events.iter().map(render::proof).collect(),
            key_proof: key.as_ref().map(render::proof),
        }))
    }
}

/// What is left of a certificate is for who may read the ledger. A body reads that of its own certificates there.
fn may_ask(caller: &Caller, raw: &wire::VerifyRequest, method: &str) -> Result<(), Fault> {
    if !raw.include_balance {
        return Ok(());
    }
    if !caller.has_scope("write_offs.read") {
        return Err(Fault::scope_missing(method, "write_offs.read"));
    }
    match caller.body() {
        Some(_) => Err(Fault::invalid("include_balance", "is for customs: GetBalance tells a body of its own")),
        None => Ok(()),
    }
}

/// A document is read by its body, by whoever acts for none, and by who presented it. Its place in the log is public.
fn readable(
    caller: &Caller,
    owner: Option<&BodyId>,
    asked: &Subject,
    mut proof: wire::ProofBundle,
) -> wire::ProofBundle {
    let is_readers = caller.body().is_none_or(|body| owner.is_some_and(|owner| owner.name() == body));
    let is_presented = matches!(asked, Subject::Document(document) if document.text == proof.document);
    if !is_readers && !is_presented {
        proof.document.clear();
    }
    proof
}

/// Whoever acts for a body is given that body's certificates alone, as where they are listed: a bundle tells quantities and
/// serial numbers.
fn own(caller: &Caller, order: Order) -> Result<Order, Fault> {
    let Some(body) = caller.body() else { return Ok(order) };
    order.bodies.iter().try_for_each(|asked| caller.must_be_body(&asked.name()))?;
    let bodies = vec![BodyId::from_name(body).map_err(|_| Fault::not_found(body))?];
    Ok(Order { bodies, ..order })
}

/// The question that a request asks, its proof and statement apart; what is wrong with a number is followed by a hint.
pub(crate) fn question(raw: wire::VerifyRequest, now: DateTime<Utc>, hint: &str) -> Result<Question, Fault> {
    parse(raw, now, false, hint).map(|asked| asked.question)
}

/// What was parsed, unless something was found wrong before: then that, and what is wrong with this.
fn beside<T>(mut v: Violations, parsed: Result<T, Fault>) -> Result<T, Fault> {
    match parsed {
        Ok(parsed) => v.finish().map(|()| parsed),
        Err(fault) if v.is_empty() || fault.violations().is_empty() => Err(fault),
        Err(fault) => {
            fault.violations().iter().for_each(|found| v.add(&found.field, &found.description));
            Err(v.into_fault())
        }
    }
}

fn parse(raw: wire::VerifyRequest, now: DateTime<Utc>, in_batch: bool, hint: &str) -> Result<Asked, Fault> {
    let today = now.date_naive();
    let mut v = Violations::new();
    let subject = subject(&mut v, raw.subject, hint);
    let declares_goods = raw.goods.is_some();
    let goods = content::goods(&mut v, raw.goods, today);
    let moment = v.optional_timestamp("as_of", raw.as_of.as_ref());
    if let Some(Some(moment)) = moment {
        // What will be known then is not known; `goods.date` asks about a day to come.
        v.check("as_of", moment <= now, format!("must not be later than now, {}", now.format("%Y-%m-%dT%H:%M:%SZ")));
    }
    let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
    let given = [("as_of", raw.as_of.is_some()), ("replay", raw.replay.is_some())].into_iter().filter(|(_, it)| *it);
    let is_consistent = raw.consistency.is_some();
    if in_batch {
        v.check("consistency", !is_consistent, "is the whole batch's");
        given.for_each(|(field, _)| v.add(field, "can be asked for one by one only: Verify"));
    } else if is_consistent {
        given.for_each(|(field, _)| v.add(field, "is not together with consistency"));
    }
    let as_of = match (&raw.replay, moment, freshness) {
        (Some(revisions), _, _) => replay(&mut v, revisions),
        (None, Some(Some(moment)), _) => Some(AsOf::Moment(moment)),
        (None, _, freshness) => freshness.map(as_of),
    };
    let day = day(&mut v, &raw.date, moment, today);
    v.check(
        "date",
        raw.date.is_empty() || !declares_goods,
        "is not together with goods, which have a date of their own",
    );
    let balance = raw.include_balance;
    v.check("include_balance", !balance || matches!(goods, Some(Some(_)) | None), "needs goods to tell of");
    let (include_proof, include_statement) = (raw.include_proof, raw.include_statement);
    v.finish_with(|| {
        let question = Question { subject: subject?, goods: goods?, day: day?, as_of: as_of?, balance };
        Some(Asked { question, include_proof, include_statement })
    })
}

/// The date that is judged when no goods are declared: the one that is named, or that of the moment, or today.
fn day(v: &mut Violations, raw: &str, moment: Option<Option<DateTime<Utc>>>, today: NaiveDate) -> Option<NaiveDate> {
    let (named, moment) = (v.optional_date("date", raw)?, moment?);
    Some(named.unwrap_or_else(|| moment.map_or(today, |moment| moment.date_naive())))
}

fn as_of(freshness: Freshness) -> AsOf {
    match freshness {
        Freshness::Latest => AsOf::Latest,
        Freshness::AtLeast(revision) => AsOf::AtLeast(revision),
        Freshness::Exactly(revision) => AsOf::Exactly(revision),
    }
}

fn replay(v: &mut Violations, revisions: &common::Revisions) -> Option<AsOf> {
    v.check("replay.registry", revisions.registry != 0, "is required").then_some(AsOf::Replay(Revisions {
        registry: revisions.registry,
        equivalence: revisions.equivalence,
        classification: revisions.classification,
    }))
}

fn subject(v: &mut Violations, raw: Option<wire::verify_request::Subject>, hint: &str) -> Option<Subject> {
    use wire::verify_request::Subject as Raw;
    match v.required("subject", raw)? {
        Raw::Certificate(text) => consistency::certificate_or(v, "certificate", &text, true, hint).map(Subject::Number),
        Raw::Document(text) => consistency::document(v, "document", &text).map(Subject::Document),
        Raw::QrText(text) => {
            let text = text.trim();
            if text.starts_with(OFFLINE_PREFIX) {
                let document = v.parse("qr_text", from_offline(text))?;
                return consistency::document(v, "qr_text", &document).map(Subject::Document);
            }
            // A code holds the address of a certificate, its number, or a document.
            if text.split('.').count() == 3 && text.starts_with("ey") {
                return consistency::document(v, "qr_text", text).map(Subject::Document);
            }
            let number = greenlane_credential::CertificateNumber::written_in(text);
            consistency::certificate(v, "qr_text", number, true).map(Subject::Number)
        }
    }
}

fn result(answered: Result<Answered, Fault>) -> wire::VerifyResult {
    use wire::verify_result::Result as Either;
    let result = match answered {
        Ok(answered) => Either::Response(answered.response),
        Err(fault) => Either::Error(item_error(&fault)),
    };
    wire::VerifyResult { result: Some(result) }
}

fn item_error(fault: &Fault) -> wire::ItemError {
    let name = fault.reason().as_str_name();
    let violation = |violation: &greenlane_platform::fault::FieldViolation| wire::ItemFieldViolation {
        field: violation.field.clone(),
        description: violation.description.clone(),
    };
    if let Some(text) = fault.operator_text() {
        tracing::error!(reason = name, text, "an item of a verification failed");
    }
    wire::ItemError {
        code: fault.code().into(),
        reason: name.strip_prefix("ERROR_REASON_").unwrap_or(name).to_owned(),
        message: fault.message().to_owned(),
        field_violations: fault.violations().iter().map(violation).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bundle_in_the_making_shows_now_and_then_that_it_lives() {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            sender.send(Ok(b"whole".to_vec())).await
        });
        let beat = Duration::from_millis(20);
        let parts: Vec<_> = parts_of(receiver, beat).map(|part| part.unwrap().chunk).collect().await;
        let (last, before) = parts.split_last().unwrap();
        assert!(last == "whole" && !before.is_empty() && before.iter().all(|part| part.is_empty()), "{parts:?}");
    }
}
