//! `TaggingService`.

mod infer;
mod rows;

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::try_unfold;
use greenlane_api::classification::v1::tagging_service_server::TaggingService;
use greenlane_api::classification::v1::{
    InferEditionRequest, InferEditionResponse, TagRowsRequest, TagRowsResponse, TagSettings, tag_rows_request,
};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::named_list::ListName;
use super::{error, parse};
use crate::app::Catalogues;
use crate::domain::{Settings, Tagger, TotalKey};

/// Handlers of the tagging service.
#[derive(Clone, Debug)]
pub(crate) struct Tagging {
    catalogues: Arc<Catalogues>,
}

impl Tagging {
    pub(crate) fn new(catalogues: Arc<Catalogues>) -> Self {
        Self { catalogues }
    }

    /// A tagger with the settings of a run.
    async fn tagger(&self, raw: TagSettings) -> Result<Tagger, Fault> {
        let mut v = Violations::new();
        let mut total_by = Vec::new();
        let parsed = {
            let mut v = v.scope("settings");
            let lists = ListName::several(&mut v, &raw.green_lists);
            let edition = match raw.edition.as_str() {
                "" => Some(None),
                edition => parse::edition(&mut v, "edition", edition).map(Some),
            };
            let on = v.optional_date("membership_date", &raw.membership_date);
            for (index, key) in raw.total_by.iter().enumerate() {
                total_by.extend(rows::total_key(&mut v, &format!("total_by[{index}]"), *key));
            }
            (lists, edition, on)
        };
        let (lists, edition, on) = v.finish_with(|| Some((parsed.0?, parsed.1?, parsed.2?)))?;

        let consistency = if raw.revision == 0 { Consistency::Latest } else { Consistency::Exactly(raw.revision) };
        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let edition = match edition {
            Some(id) => {
                let found = crate::domain::resolve_edition(&catalogue, &id);
                Some(found.map_err(|why| error::unresolved("settings.edition", why))?)
            }
            None => None,
        };
        // A tag says which list, and not which version of it.
        for (at, list) in lists.iter().enumerate() {
            if lists[..at].iter().any(|other| other.id == list.id && other.version != list.version) {
                let field = format!("settings.green_lists[{at}]");
                return Err(Fault::invalid(&field, "must not be another version of a list that is named before"));
            }
        }
        let catalogue = ListName::put_back(&lists, &self.catalogues, catalogue).await?;
        let index = |name: &ListName| catalogue.lists.iter().position(|list| list.fact.id == name.id);
        let lists = match lists.as_slice() {
            [] => (0..catalogue.lists.len()).collect(),
            named => named.iter().filter_map(index).collect(),
        };
        let settings = Settings { lists, edition, held: raw.include_held_back, mend: raw.mend, on, total_by };
        Ok(Tagger::new(catalogue, settings))
    }
}

/// Where a run stands.
struct Run {
    tagging: Tagging,
    rows: Streaming<TagRowsRequest>,
    tagger: Option<Tagger>,
    /// Answers to the last message that were not taken yet.
    answers: VecDeque<TagRowsResponse>,
    ended: bool,
}

impl Run {
    /// The answer to the next message; at the end, the totals.
    async fn next(mut self) -> Result<Option<(TagRowsResponse, Self)>, Status> {
        if let Some(answer) = self.answers.pop_front() {
            return Ok(Some((answer, self)));
        }
        while !self.ended {
            let message = match self.rows.next().await {
                Some(request) => request?.message,
                None => {
                    self.ended = true;
                    let Some(tagger) = &self.tagger else {
                        return Err(Fault::invalid("message", "the first message must carry the settings").into());
                    };
                    return Ok(Some((rows::totals(tagger), self)));
                }
            };
            match (message, &mut self.tagger) {
                (Some(tag_rows_request::Message::Settings(settings)), None) => {
                    self.tagger = Some(self.tagging.tagger(settings).await?);
                }
                (Some(tag_rows_request::Message::Rows(rows)), Some(tagger)) => {
                    self.answers = rows::tag(tagger, &rows.rows).await?;
                    if let Some(answer) = self.answers.pop_front() {
                        return Ok(Some((answer, self)));
                    }
                }
                (Some(tag_rows_request::Message::Settings(_)), Some(_)) => {
                    return Err(Fault::invalid("message", "only the first message may carry the settings").into());
                }
                (Some(tag_rows_request::Message::Rows(_)), None) => {
                    return Err(Fault::invalid("message", "the first message must carry the settings").into());
                }
                (None, _) => return Err(Fault::invalid("message", "is required").into()),
            }
        }
        Ok(None)
    }
}

#[tonic::async_trait]
impl TaggingService for Tagging {
    async fn tag_rows(
        &self,
        request: Request<Streaming<TagRowsRequest>>,
    ) -> Result<Response<BoxStream<TagRowsResponse>>, Status> {
        // A message is read only when the answer to the one before has been taken: a slow reader slows its own sender
        // and nothing is kept for it.
        let rows = request.into_inner();
        let run = Run { tagging: self.clone(), rows, tagger: None, answers: VecDeque::new(), ended: false };
        Ok(Response::new(Box::pin(try_unfold(run, Run::next))))
    }

    async fn infer_edition(
        &self,
        request: Request<InferEditionRequest>,
    ) -> Result<Response<InferEditionResponse>, Status> {
        Ok(Response::new(self.infer(request.into_inner())?))
    }
}

/// What totals may be kept by.
pub(super) const TOTAL_KEYS: [TotalKey; 5] =
    [TotalKey::GreenList, TotalKey::Year, TotalKey::Reporter, TotalKey::Partner, TotalKey::Flow];
