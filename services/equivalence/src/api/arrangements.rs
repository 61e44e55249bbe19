//! ArrangementService.

use std::sync::Arc;

use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::arrangement_service_server::ArrangementService;

use tonic::{Request, Response, Status};

use super::entries::{get, list};
use super::question;
use crate::app::catalogue::Catalogues;
use crate::domain::key::{AnnexKey, ArrangementKey, BodyKey, DesignationKey};
use crate::domain::time::Counts;

/// The handler.
pub(crate) struct Arrangements {
    pub(crate) catalogues: Arc<Catalogues>,
}

#[tonic::async_trait]
impl ArrangementService for Arrangements {
    async fn get_arrangement(
        &self,
        request: Request<pb::GetArrangementRequest>,
    ) -> Result<Response<pb::GetArrangementResponse>, Status> {
        get!(self, request, GetArrangementResponse { arrangement }, ArrangementKey, arrangements)
    }
    async fn list_arrangements(
        &self,
        request: Request<pb::ListArrangementsRequest>,
    ) -> Result<Response<pb::ListArrangementsResponse>, Status> {
        list!(
            self,
            request,
            "ArrangementService/ListArrangements",
            ListArrangementsResponse { arrangements },
            arrangements,
            |v, raw| {
                let party = if raw.party.is_empty() { None } else { question::economy(&mut v, "party", &raw.party) };
                (party, v.optional_date("in_force_on", &raw.in_force_on).flatten())
            },
            |page, filter, it| {
                filter.0.as_ref().is_none_or(|party| it.parties.iter().any(|it| it.economy == *party))
                    && filter.1.is_none_or(|date| matches!(it.counts(date, None), Counts::Yes | Counts::NeedsGrantDate))
            }
        )
    }

    async fn get_annex(&self, request: Request<pb::GetAnnexRequest>) -> Result<Response<pb::GetAnnexResponse>, Status> {
        get!(self, request, GetAnnexResponse { annex }, AnnexKey, annexes)
    }
    async fn list_annexes(
        &self,
        request: Request<pb::ListAnnexesRequest>,
    ) -> Result<Response<pb::ListAnnexesResponse>, Status> {
        list!(
            self,
            request,
            "ArrangementService/ListAnnexes",
            ListAnnexesResponse { annexes },
            annexes,
            |v, raw| {
                let arrangement = if raw.arrangement.is_empty() {
                    None
                } else {
                    v.parse("arrangement", ArrangementKey::parse(&raw.arrangement))
                };
                (arrangement, v.optional_date("in_force_on", &raw.in_force_on).flatten())
            },
            |page, filter, it| {
                filter.0.as_ref().is_none_or(|arrangement| it.arrangement == *arrangement)
                    && filter.1.is_none_or(|date| it.counts(date, None) != Counts::No)
            }
        )
    }

    async fn get_designation(
        &self,
        request: Request<pb::GetDesignationRequest>,
    ) -> Result<Response<pb::GetDesignationResponse>, Status> {
        get!(self, request, GetDesignationResponse { designation }, DesignationKey, designations)
    }
    async fn list_designations(
        &self,
        request: Request<pb::ListDesignationsRequest>,
    ) -> Result<Response<pb::ListDesignationsResponse>, Status> {
        list!(
            self,
            request,
            "ArrangementService/ListDesignations",
            ListDesignationsResponse { designations },
            designations,
            |v, raw| {
                let body = if raw.body.is_empty() { None } else { v.parse("body", BodyKey::parse(&raw.body)) };
                let annex = if raw.annex.is_empty() { None } else { v.parse("annex", AnnexKey::parse(&raw.annex)) };
                (body, annex, v.optional_date("in_force_on", &raw.in_force_on).flatten())
            },
            |page, filter, it| {
                filter.0.as_ref().is_none_or(|body| it.body == *body)
                    && filter.1.as_ref().is_none_or(|annex| it.annex == *annex)
                    && filter.2.is_none_or(|date| it.validity.contains(date) && !it.is_suspended(date))
            }
        )
    }
}
