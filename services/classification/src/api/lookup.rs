//! `LookupService`.

mod batch;
mod get;
mod green;
mod list;
mod rehearse;
mod search;
mod suggest;
pub(crate) mod translate;

use std::sync::Arc;

use greenlane_api::classification::v1::lookup_service_server::LookupService;
use greenlane_api::classification::v1::{
    BatchGetCodesRequest, BatchGetCodesResponse, BatchTranslateCodesRequest, BatchTranslateCodesResponse,
    CompareCodesRequest, CompareCodesResponse, GetCodeRequest, GetCodeResponse, ListCodesRequest, ListCodesResponse,
    ListCorrelationsRequest, ListCorrelationsResponse, RehearseEditionRequest, RehearseEditionResponse,
    SearchCodesRequest, SearchCodesResponse, SuggestCodesRequest, SuggestCodesResponse, TeachClassificationsRequest,
    TeachClassificationsResponse, TranslateCodeRequest, TranslateCodeResponse,
};
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use tonic::{Request, Response, Status};

use super::error;
use crate::app::Catalogues;
use crate::domain::{Catalogue, EditionId};

/// Handlers of the look-up service.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(super) catalogues: Arc<Catalogues>,
    pub(super) clock: Clock,
    green: Arc<green::Green>,
}

impl Lookup {
    pub(crate) fn new(catalogues: Arc<Catalogues>, clock: Clock) -> Self {
        Self { catalogues, clock, green: Arc::default() }
    }
}

/// Full path of a method, for page tokens.
fn method(name: &str) -> String {
    format!("/greenlane.classification.v1.LookupService/{name}")
}

/// Index of an edition that a request names in a field.
fn resolve_edition(catalogue: &Catalogue, field: &str, id: &EditionId) -> Result<usize, Fault> {
    crate::domain::resolve_edition(catalogue, id).map_err(|why| error::unresolved(field, why))
}

#[tonic::async_trait]
impl LookupService for Lookup {
    async fn get_code(&self, request: Request<GetCodeRequest>) -> Result<Response<GetCodeResponse>, Status> {
        Ok(Response::new(self.get(request.into_inner()).await?))
    }

    async fn batch_get_codes(
        &self,
        request: Request<BatchGetCodesRequest>,
    ) -> Result<Response<BatchGetCodesResponse>, Status> {
        Ok(Response::new(self.batch_get(request.into_inner()).await?))
    }

    async fn list_codes(&self, request: Request<ListCodesRequest>) -> Result<Response<ListCodesResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn search_codes(
        &self,
        request: Request<SearchCodesRequest>,
    ) -> Result<Response<SearchCodesResponse>, Status> {
        Ok(Response::new(self.search(request.into_inner()).await?))
    }

    async fn translate_code(
        &self,
        request: Request<TranslateCodeRequest>,
    ) -> Result<Response<TranslateCodeResponse>, Status> {
        Ok(Response::new(self.translate(request.into_inner()).await?))
    }

    async fn batch_translate_codes(
        &self,
        request: Request<BatchTranslateCodesRequest>,
    ) -> Result<Response<BatchTranslateCodesResponse>, Status> {
        Ok(Response::new(self.batch_translate(request.into_inner()).await?))
    }

    async fn list_correlations(
        &self,
        request: Request<ListCorrelationsRequest>,
    ) -> Result<Response<ListCorrelationsResponse>, Status> {
        Ok(Response::new(self.correlations(request.into_inner()).await?))
    }

    async fn compare_codes(
        &self,
        request: Request<CompareCodesRequest>,
    ) -> Result<Response<CompareCodesResponse>, Status> {
        Ok(Response::new(self.compare(request.into_inner()).await?))
    }

    async fn rehearse_edition(
        &self,
        request: Request<RehearseEditionRequest>,
    ) -> Result<Response<RehearseEditionResponse>, Status> {
        Ok(Response::new(self.rehearse(request.into_inner()).await?))
    }

    async fn suggest_codes(
        &self,
        request: Request<SuggestCodesRequest>,
    ) -> Result<Response<SuggestCodesResponse>, Status> {
        Ok(Response::new(self.suggest(request.into_inner()).await?))
    }

    async fn teach_classifications(
        &self,
        request: Request<TeachClassificationsRequest>,
    ) -> Result<Response<TeachClassificationsResponse>, Status> {
        Ok(Response::new(self.teach(request).await?))
    }
}
