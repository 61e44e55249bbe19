//! EquivalenceService.

use std::sync::Arc;

use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::equivalence_service_server::EquivalenceService;
use greenlane_platform::clock::Clock;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use tonic::{Request, Response, Status};

use super::entries::{get, list};
use super::render;
use crate::app::catalogue::Catalogues;
use crate::domain::arrangement::MAX_CHAIN_LINKS;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::EquivalenceKey;
use crate::domain::recognise::trace;
use crate::domain::words::EquivalenceDegree;

/// How long chains are unless the request says it.
const DEFAULT_LINKS: usize = 2;
/// How many chains one answer lists.
const MOST_CHAINS: usize = 1_000;

/// The handler.
pub(crate) struct Equivalences {
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) clock: Clock,
}

#[tonic::async_trait]
impl EquivalenceService for Equivalences {
    async fn get_equivalence(
        &self,
        request: Request<pb::GetEquivalenceRequest>,
    ) -> Result<Response<pb::GetEquivalenceResponse>, Status> {
        get!(self, request, GetEquivalenceResponse { equivalence }, EquivalenceKey, equivalences)
    }
    async fn list_equivalences(
        &self,
        request: Request<pb::ListEquivalencesRequest>,
    ) -> Result<Response<pb::ListEquivalencesResponse>, Status> {
        list!(
            self,
            request,
            "EquivalenceService/ListEquivalences",
            ListEquivalencesResponse { equivalences },
            equivalences,
            |v, raw| {
                let from = if raw.from.is_empty() { None } else { v.parse("from", TargetKey::parse(&raw.from)) };
                let to = if raw.to.is_empty() { None } else { v.parse("to", TargetKey::parse(&raw.to)) };
                let degree = EquivalenceDegree::from_number(raw.degree);
                v.check("degree", raw.degree == 0 || degree.is_some(), "is not known");
                (from, to, degree, v.optional_date("in_force_on", &raw.in_force_on).flatten())
            },
            |page, filter, it| {
                filter.0.as_ref().is_none_or(|from| it.from.name == *from)
                    && filter.1.as_ref().is_none_or(|to| it.to.name == *to)
                    && filter.2.is_none_or(|degree| it.degree == degree)
                    && filter.3.is_none_or(|date| it.validity.contains(date))
            }
        )
    }
    async fn trace_equivalences(
        &self,
        request: Request<pb::TraceEquivalencesRequest>,
    ) -> Result<Response<pb::TraceEquivalencesResponse>, Status> {
        let request = request.into_inner();
        let mut v = Violations::new();
        let from = v.required("from", request.from).and_then(|from| target(&mut v.scope("from"), &from));
        let date = v.optional_date("date", &request.date);
        let fits = request.max_links <= MAX_CHAIN_LINKS;
        v.check("max_links", fits, format!("must be at most {MAX_CHAIN_LINKS}"));
        let max_links = if request.max_links == 0 { DEFAULT_LINKS } else { request.max_links as usize };
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (from, date, consistency) = v.finish_with(|| Some((from?, date?, consistency?)))?;
        let loaded = self.catalogues.at(consistency).await?;
        let catalogue = &loaded.catalogue;
        if !catalogue.contains(&from.name.to_string()) {
            return Err(Fault::not_found(from.name.to_string()).into());
        }
        let mut chains = trace(catalogue, &from, date.unwrap_or_else(|| self.clock.today()), max_links);
        let truncated = chains.len() > MOST_CHAINS;
        chains.truncate(MOST_CHAINS);
        let chains = chains.into_iter().map(|chain| pb::EquivalenceChain {
            to: Some(render::target(&chain.to)),
            links: chain.links.iter().map(|link| render::link(link)).collect(),
            conditions: chain.conditions.into_iter().map(render::condition).collect(),
        });
        let (chains, revision) = (chains.collect(), catalogue.revision());
        Ok(Response::new(pb::TraceEquivalencesResponse { chains, revision, truncated }))
    }
}

/// A scheme, a level of one, or a standard edition.
fn target(v: &mut Violations, raw: &pb::CertifiableTarget) -> Option<Target> {
    let name = v.parse("name", TargetKey::parse_given(&raw.name));
    let fits = raw.level.chars().count() <= 100 && !raw.level.contains(char::is_control);
    v.check("level", fits, "must be at most 100 characters without control characters");
    let has_levels = raw.level.is_empty() || matches!(name, None | Some(TargetKey::Scheme(_)));
    v.check("level", has_levels, "only schemes have levels");
    Some(Target { name: name?, level: raw.level.as_str().into() })
}
