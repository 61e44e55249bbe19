//! CatalogueService.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::catalogue_service_server::CatalogueService;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::{self, Published, timestamp};
use greenlane_platform::violations::Violations;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::entries::{get, list};
use super::question;
use crate::app::catalogue::Catalogues;
use crate::domain::code::{CodeScope, Within};
use crate::domain::key::{BodyKey, EconomyCode, RequirementKey, SchemeKey, StandardKey, TransitionKey};
use crate::domain::words::SchemeKind;
use crate::offline;

/// The handler.
pub(crate) struct CatalogueApi {
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) bookmark_interval: Duration,
}

#[tonic::async_trait]
impl CatalogueService for CatalogueApi {
    async fn get_economy(
        &self,
        request: Request<pb::GetEconomyRequest>,
    ) -> Result<Response<pb::GetEconomyResponse>, Status> {
        get!(self, request, GetEconomyResponse { economy }, EconomyCode, economies)
    }
    async fn list_economies(
        &self,
        request: Request<pb::ListEconomiesRequest>,
    ) -> Result<Response<pb::ListEconomiesResponse>, Status> {
        list!(
            self,
            request,
            "CatalogueService/ListEconomies",
            ListEconomiesResponse { economies },
            economies,
            |v, raw| {
                let member = if raw.member_of.is_empty() {
                    None
                } else {
                    question::economy(&mut v, "member_of", &raw.member_of)
                };
                (raw.blocs_only, member)
            },
            |page, filter, it| {
                let member = |bloc: &EconomyCode| {
                    let bloc = page.loaded.catalogue.economies.get(bloc);
                    bloc.is_some_and(|bloc| bloc.members.iter().any(|member| member.economy == it.name))
                };
                (!filter.0 || it.bloc) && filter.1.as_ref().is_none_or(member)
            }
        )
    }

    async fn get_catalogue_body(
        &self,
        request: Request<pb::GetCatalogueBodyRequest>,
    ) -> Result<Response<pb::GetCatalogueBodyResponse>, Status> {
        get!(self, request, GetCatalogueBodyResponse { body }, BodyKey, bodies)
    }
    async fn list_catalogue_bodies(
        &self,
        request: Request<pb::ListCatalogueBodiesRequest>,
    ) -> Result<Response<pb::ListCatalogueBodiesResponse>, Status> {
        list!(
            self,
            request,
            "CatalogueService/ListCatalogueBodies",
            ListCatalogueBodiesResponse { bodies },
            bodies,
            |v, raw| if raw.economy.is_empty() { None } else { question::economy(&mut v, "economy", &raw.economy) },
            |page, filter, it| filter.as_ref().is_none_or(|economy| it.economy == *economy)
        )
    }

    async fn get_scheme(
        &self,
        request: Request<pb::GetSchemeRequest>,
    ) -> Result<Response<pb::GetSchemeResponse>, Status> {
        get!(self, request, GetSchemeResponse { scheme }, SchemeKey, schemes)
    }
    async fn list_schemes(
        &self,
        request: Request<pb::ListSchemesRequest>,
    ) -> Result<Response<pb::ListSchemesResponse>, Status> {
        list!(
            self,
            request,
            "CatalogueService/ListSchemes",
            ListSchemesResponse { schemes },
            schemes,
            |v, raw| {
                let kind = SchemeKind::from_number(raw.kind);
                v.check("kind", raw.kind == 0 || kind.is_some(), "is not known");
                (kind, v.optional_date("in_force_on", &raw.in_force_on).flatten())
            },
            |page, filter, it| {
                let operated = |date| it.validity.as_ref().is_none_or(|validity| validity.contains(date));
                filter.0.is_none_or(|kind| it.kind == kind) && filter.1.is_none_or(operated)
            }
        )
    }

    async fn get_standard_edition(
        &self,
        request: Request<pb::GetStandardEditionRequest>,
    ) -> Result<Response<pb::GetStandardEditionResponse>, Status> {
        get!(self, request, GetStandardEditionResponse { standard }, StandardKey, standards)
    }
    async fn list_standard_editions(
        &self,
        request: Request<pb::ListStandardEditionsRequest>,
    ) -> Result<Response<pb::ListStandardEditionsResponse>, Status> {
        list!(
            self,
            request,
            "CatalogueService/ListStandardEditions",
            ListStandardEditionsResponse { standards },
            standards,
            |v, raw| v.text("publisher", &raw.publisher, 0..=200).unwrap_or_default(),
            |page, filter, it| filter.is_empty() || it.publisher == filter
        )
    }

    async fn get_edition_transition(
        &self,
        request: Request<pb::GetEditionTransitionRequest>,
    ) -> Result<Response<pb::GetEditionTransitionResponse>, Status> {
        get!(self, request, GetEditionTransitionResponse { edition_transition }, TransitionKey, transitions)
    }
    async fn list_edition_transitions(
        &self,
        request: Request<pb::ListEditionTransitionsRequest>,
    ) -> Result<Response<pb::ListEditionTransitionsResponse>, Status> {
        list!(
            self,
            request,
            "CatalogueService/ListEditionTransitions",
            ListEditionTransitionsResponse { edition_transitions },
            transitions,
            |v, raw| if raw.market.is_empty() { None } else { question::economy(&mut v, "market", &raw.market) },
            |page, filter, it| filter.as_ref().is_none_or(|market| it.market == *market)
        )
    }

    async fn get_requirement(
        &self,
        request: Request<pb::GetRequirementRequest>,
    ) -> Result<Response<pb::GetRequirementResponse>, Status> {
        get!(self, request, GetRequirementResponse { requirement }, RequirementKey, requirements)
    }
    async fn list_requirements(
        &self,
        request: Request<pb::ListRequirementsRequest>,
    ) -> Result<Response<pb::ListRequirementsResponse>, Status> {
        list!(
            self,
            request,
            "CatalogueService/ListRequirements",
            ListRequirementsResponse { requirements },
            requirements,
            |v, raw| {
                let market =
                    if raw.market.is_empty() { None } else { question::economy(&mut v, "market", &raw.market) };
                let code = raw.code.take().and_then(|code| question::code(&mut v, "code", Some(code)));
                (market, code, v.optional_date("in_force_on", &raw.in_force_on).flatten())
            },
            |page, filter, it| {
                let (market, code, date) = &filter;
                market.as_ref().is_none_or(|market| it.market == *market)
                    && date.is_none_or(|date| it.validity.contains(date))
                    && code.as_ref().is_none_or(|code| {
                        it.codes.iter().any(|scope| scope.code.edition == code.edition)
                            && CodeScope::any_contains(&it.codes, &code.code) != Within::No
                    })
            }
        )
    }

    async fn watch_revisions(
        &self,
        request: Request<pb::WatchRevisionsRequest>,
    ) -> Result<Response<BoxStream<pb::WatchRevisionsResponse>>, Status> {
        // The current revision is sent first in any case: what the follower has seen decides nothing.
        let pb::WatchRevisionsRequest { after_revision: _ } = request.into_inner();
        let messages = revisions::watch(self.catalogues.published(), self.bookmark_interval);
        let messages = messages.map(|(Published { revision, at }, bookmark)| {
            Ok(pb::WatchRevisionsResponse { revision, published_at: at.map(timestamp), bookmark })
        });
        Ok(Response::new(Box::pin(messages)))
    }

    async fn export_catalogue(
        &self,
        request: Request<pb::ExportCatalogueRequest>,
    ) -> Result<Response<BoxStream<pb::ExportCatalogueResponse>>, Status> {
        let mut v = Violations::new();
        let consistency = Consistency::parse(&mut v, request.into_inner().consistency.as_ref());
        let consistency = v.finish_with(|| consistency)?;
        let loaded = self.catalogues.at(consistency).await?;
        let revision = loaded.catalogue.revision();
        let bytes = offline::export(&loaded.catalogue).map_err(Fault::internal)?;
        let parts: Vec<Vec<u8>> = bytes.chunks(EXPORT_CHUNK_BYTES).map(<[u8]>::to_vec).collect();
        let messages =
            parts.into_iter().map(move |chunk| Ok(pb::ExportCatalogueResponse { revision, chunk: chunk.into() }));
        Ok(Response::new(Box::pin(futures_util::stream::iter(messages))))
    }
}

/// Bytes of one part of an export.
const EXPORT_CHUNK_BYTES: usize = 256 * 1024;
