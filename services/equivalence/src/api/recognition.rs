//! RecognitionService.

pub(crate) mod quick;

use std::sync::Arc;

use futures_util::StreamExt as _;
use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::recognition_service_server::RecognitionService;
use greenlane_platform::clock::Clock;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::Violations;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::{fairness, plan, question, render};
use crate::app::recognition::Recogniser;
use crate::domain::{Detail, Question};
use crate::store::entries::Loaded;

const MAX_BATCH: usize = 1_000;

/// The handler.
#[derive(Clone)]
pub(crate) struct RecognitionApi {
    pub(crate) recogniser: Recogniser,
    pub(crate) clock: Clock,
}

#[tonic::async_trait]
impl RecognitionService for RecognitionApi {
    async fn recognise(
        &self,
        request: Request<pb::RecogniseRequest>,
    ) -> Result<Response<pb::RecogniseResponse>, Status> {
        Ok(Response::new(self.decide_one(request.into_inner()).await?.0))
    }

    async fn batch_recognise(
        &self,
        request: Request<pb::BatchRecogniseRequest>,
    ) -> Result<Response<pb::BatchRecogniseResponse>, Status> {
        let request = request.into_inner();
        let mut v = Violations::new();
        let number = request.questions.len();
        v.check("questions", (1..=MAX_BATCH).contains(&number), format!("must be 1 to {MAX_BATCH}"));
        let mut questions = Vec::with_capacity(number.min(MAX_BATCH));
        for (index, raw) in request.questions.into_iter().take(MAX_BATCH).enumerate() {
            let mut v = v.scope(format!("questions[{index}]"));
            questions.extend(question::question(&mut v, Some(raw), &self.clock));
        }
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let consistency = v.finish_with(|| consistency)?;
        let loaded = self.recogniser.catalogue(consistency).await?;
        let (decisions, had_part) =
            self.decide_together(&loaded, &questions, request.classification_revision, request.explain).await;
        Ok(Response::new(pb::BatchRecogniseResponse {
            decisions: decisions.into_iter().map(|(decision, _)| decision).collect(),
            revision: loaded.catalogue.revision(),
            classification_revision: had_part,
            freshness: Some(self.freshness(had_part)),
        }))
    }

    async fn stream_recognise(
        &self,
        request: Request<Streaming<pb::StreamRecogniseRequest>>,
    ) -> Result<Response<BoxStream<pb::StreamRecogniseResponse>>, Status> {
        let (recogniser, clock) = (self.recogniser.clone(), self.clock.clone());
        let answers = request.into_inner().then(move |question| {
            let (recogniser, clock) = (recogniser.clone(), clock.clone());
            async move { Ok(answer(&recogniser, &clock, question?).await.0) }
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn explain(&self, request: Request<pb::ExplainRequest>) -> Result<Response<pb::ExplainResponse>, Status> {
        let request = request.into_inner();
        let mut v = Violations::new();
        let question = question::question(&mut v.scope("question"), request.question, &self.clock);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (question, consistency) = v.finish_with(|| Some((question?, consistency?)))?;
        let loaded = self.recogniser.catalogue(consistency).await?;
        let decision =
            self.recogniser.decide(&loaded, &question, request.classification_revision, Detail::Attempts).await;
        Ok(Response::new(pb::ExplainResponse {
            attempts: render::attempts(&decision),
            revision: decision.revision,
            classification_revision: decision.classification_revision,
            freshness: Some(self.freshness(decision.classification_revision)),
            decision: Some(render::decision(decision, true)),
        }))
    }

    async fn plan_market_access(
        &self,
        request: Request<pb::PlanMarketAccessRequest>,
    ) -> Result<Response<pb::PlanMarketAccessResponse>, Status> {
        Ok(Response::new(plan::plan(self, request.into_inner()).await?))
    }

    async fn audit_fairness(
        &self,
        request: Request<pb::AuditFairnessRequest>,
    ) -> Result<Response<pb::AuditFairnessResponse>, Status> {
        Ok(Response::new(fairness::audit(self, request.into_inner()).await?))
    }
}

/// Whether nothing that had a part in a decision was out of reach: what was may be there when it is asked again.
type Lasts = bool;

impl RecognitionApi {
    /// Decides one question.
    async fn decide_one(&self, request: pb::RecogniseRequest) -> Result<(pb::RecogniseResponse, Lasts), Fault> {
        let mut v = Violations::new();
        let question = question::question(&mut v.scope("question"), request.question, &self.clock);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (question, consistency) = v.finish_with(|| Some((question?, consistency?)))?;
        let loaded = self.recogniser.catalogue(consistency).await?;
        let decision =
            self.recogniser.decide(&loaded, &question, request.classification_revision, detail(request.explain)).await;
        let lasts = !decision.lacks_translations;
        let answer = pb::RecogniseResponse {
            revision: decision.revision,
            classification_revision: decision.classification_revision,
            freshness: Some(self.freshness(decision.classification_revision)),
            decision: Some(render::decision(decision, request.explain)),
        };
        Ok((answer, lasts))
    }

    /// Decides the questions of a batch, and tells which revision of classification had a part.
    async fn decide_together(
        &self,
        loaded: &Loaded,
        questions: &[Question],
        classification_revision: u64,
        explain: bool,
    ) -> (Vec<(pb::RecognitionDecision, Lasts)>, u64) {
        // Every question is decided at one revision of classification: the first that a translation was made at.
        let mut exactly = classification_revision;
        let mut had_part = 0;
        let mut decisions = Vec::with_capacity(questions.len());
        for question in questions {
            let decision = self.recogniser.decide(loaded, question, exactly, detail(explain)).await;
            if decision.classification_revision > 0 {
                had_part = decision.classification_revision;
                exactly = had_part;
            }
            let lasts = !decision.lacks_translations;
            decisions.push((render::decision(decision, explain), lasts));
            // A long batch lets others work, and ends when nobody waits for it.
            tokio::task::consume_budget().await;
        }
        (decisions, had_part)
    }

    pub(super) fn freshness(&self, classification_revision: u64) -> pb::Freshness {
        let checked_at = self.recogniser.catalogues.checked_at();
        let age = self.recogniser.translations.age().filter(|_| classification_revision > 0);
        pb::Freshness {
            catalogue_checked_at: Some(timestamp(checked_at)),
            classification_age: age.and_then(|age| prost_types::Duration::try_from(age).ok()),
        }
    }
}

async fn answer(
    recogniser: &Recogniser,
    clock: &Clock,
    request: pb::StreamRecogniseRequest,
) -> (pb::StreamRecogniseResponse, Lasts) {
    use pb::stream_recognise_response::Answer;
    let (sequence, exactly, explain) = (request.sequence, request.classification_revision, request.explain);
    let asked = async {
        let mut v = Violations::new();
        let question = question::question(&mut v.scope("question"), request.question, clock);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (question, consistency) = v.finish_with(|| Some((question?, consistency?)))?;
        Ok::<(Arc<Loaded>, _), Fault>((recogniser.catalogue(consistency).await?, question))
    };
    match asked.await {
        Ok((loaded, question)) => {
            let decision = recogniser.decide(&loaded, &question, exactly, detail(explain)).await;
            let (revision, lasts) = (decision.revision, !decision.lacks_translations);
            let answer = Some(Answer::Decision(render::decision(decision, explain)));
            (pb::StreamRecogniseResponse { sequence, revision, answer }, lasts)
        }
        Err(fault) => {
            let revision = recogniser.catalogues.current().catalogue.revision();
            let answer = Some(Answer::Refused(refused(&fault)));
            (pb::StreamRecogniseResponse { sequence, revision, answer }, false)
        }
    }
}

/// How much a decision must tell to be rendered.
fn detail(explain: bool) -> Detail {
    if explain { Detail::Requirements } else { Detail::Outcome }
}

fn refused(fault: &Fault) -> pb::QuestionRefused {
    let reason: ErrorReason = fault.reason();
    let name = reason.as_str_name();
    let fields = fault.violations().iter().map(|it| (it.field.clone(), it.description.clone()));
    pb::QuestionRefused {
        reason: name.strip_prefix("ERROR_REASON_").unwrap_or(name).to_owned(),
        message: fault.message().to_owned(),
        fields: fields.collect(),
    }
}
