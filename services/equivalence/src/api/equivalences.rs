//! EquivalenceService.

use std::sync::Arc;

use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::equivalence_service_server::EquivalenceService;

use tonic::{Request, Response, Status};

use super::entries::{get, list};
use crate::app::catalogue::Catalogues;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::EquivalenceKey;
use crate::domain::words::EquivalenceDegree;

/// The handler.
pub(crate) struct Equivalences {
    pub(crate) catalogues: Arc<Catalogues>,
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
}
