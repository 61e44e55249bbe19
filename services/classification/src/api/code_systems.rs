//! `CodeSystemService`.

mod export;
mod imports;
mod new_edition;
mod revisions;

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::classification::v1::code_system_service_server::CodeSystemService;
use greenlane_api::classification::v1::{
    AbandonImportRequest, AbandonImportResponse, CreateImportRequest, CreateImportResponse, ExportCatalogueRequest,
    ExportCatalogueResponse, GetCodeSystemRequest, GetCodeSystemResponse, GetEditionRequest, GetEditionResponse,
    GetImportRequest, GetImportResponse, ListCodeSystemsRequest, ListCodeSystemsResponse, ListEditionsRequest,
    ListEditionsResponse, ListImportFaultsRequest, ListImportFaultsResponse, ListImportsRequest, ListImportsResponse,
    ListRevisionsRequest, ListRevisionsResponse, UploadImportRequest, UploadImportResponse, WatchRevisionsRequest,
};
use greenlane_curation::Workflow;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

pub use self::imports::import_columns;
use super::pages::PageRequest;
use super::{error, render};
use crate::app::{Catalogues, CuratedCatalogue};
use crate::domain::{EditionId, resolve_edition};

/// Handlers of the code system service.
#[derive(Clone)]
pub(crate) struct CodeSystems {
    catalogues: Arc<Catalogues>,
    /// Through which imports are made, as all changes are.
    workflow: Workflow<CuratedCatalogue>,
    /// How long a revision stream may be silent.
    bookmark_every: Duration,
}

impl CodeSystems {
    pub(crate) fn new(
        catalogues: Arc<Catalogues>,
        workflow: Workflow<CuratedCatalogue>,
        bookmark_every: Duration,
    ) -> Self {
        Self { catalogues, workflow, bookmark_every }
    }

    async fn code_system(&self, request: GetCodeSystemRequest) -> Result<GetCodeSystemResponse, Fault> {
        let mut v = Violations::new();
        let name = v.resource_name::<1>("name", &request.name, "codeSystems/{code_system}");
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let ([id], consistency) = v.finish_with(|| Some((name?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let found = catalogue.systems.iter().find(|system| system.id == id);
        let found = found.ok_or_else(|| Fault::not_found(request.name))?;
        Ok(GetCodeSystemResponse { code_system: Some(render::code_system(found)), revision: catalogue.revision })
    }

    async fn code_systems(&self, request: ListCodeSystemsRequest) -> Result<ListCodeSystemsResponse, Fault> {
        let mut v = Violations::new();
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding = PageBinding::new("/greenlane.classification.v1.CodeSystemService/ListCodeSystems");
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (consistency, page) = v.finish_with(|| Some((consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let page = page.cut(&catalogue, catalogue.systems.iter().map(render::code_system))?;
        Ok(ListCodeSystemsResponse {
            code_systems: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
        })
    }

    async fn edition(&self, request: GetEditionRequest) -> Result<GetEditionResponse, Fault> {
        let mut v = Violations::new();
        let name = v.resource_name::<1>("name", &request.name, "editions/{edition}");
        let id = name.and_then(|[id]| v.parse("name", EditionId::parse(&id)));
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (id, consistency) = v.finish_with(|| Some((id?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let index = resolve_edition(&catalogue, &id).map_err(|why| error::unresolved("name", why))?;
        Ok(GetEditionResponse { edition: Some(render::edition(&catalogue, index)), revision: catalogue.revision })
    }

    async fn editions(&self, request: ListEditionsRequest) -> Result<ListEditionsResponse, Fault> {
        let mut v = Violations::new();
        let system = match request.code_system.as_str() {
            "" => Some(None),
            raw => v.resource_name::<1>("code_system", raw, "codeSystems/{code_system}").map(|[id]| Some(id)),
        };
        let on = v.optional_date("in_force_on", &request.in_force_on);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding = PageBinding::new("/greenlane.classification.v1.CodeSystemService/ListEditions")
            .with(&request.code_system)
            .with(&request.in_force_on);
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (system, on, consistency, page) = v.finish_with(|| Some((system?, on?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let wanted = (0..catalogue.editions.len()).filter(|index| {
            let edition = &catalogue.editions[*index];
            system.as_ref().is_none_or(|system| edition.fact.system == *system)
                && on.is_none_or(|on| edition.in_force(on))
        });
        let page = page.cut(&catalogue, wanted.map(|index| render::edition(&catalogue, index)))?;
        Ok(ListEditionsResponse {
            editions: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
        })
    }
}

#[tonic::async_trait]
impl CodeSystemService for CodeSystems {
    async fn get_code_system(
        &self,
        request: Request<GetCodeSystemRequest>,
    ) -> Result<Response<GetCodeSystemResponse>, Status> {
        Ok(Response::new(self.code_system(request.into_inner()).await?))
    }

    async fn list_code_systems(
        &self,
        request: Request<ListCodeSystemsRequest>,
    ) -> Result<Response<ListCodeSystemsResponse>, Status> {
        Ok(Response::new(self.code_systems(request.into_inner()).await?))
    }

    async fn get_edition(&self, request: Request<GetEditionRequest>) -> Result<Response<GetEditionResponse>, Status> {
        Ok(Response::new(self.edition(request.into_inner()).await?))
    }

    async fn list_editions(
        &self,
        request: Request<ListEditionsRequest>,
    ) -> Result<Response<ListEditionsResponse>, Status> {
        Ok(Response::new(self.editions(request.into_inner()).await?))
    }

    async fn list_revisions(
        &self,
        request: Request<ListRevisionsRequest>,
    ) -> Result<Response<ListRevisionsResponse>, Status> {
        Ok(Response::new(self.revisions(request.into_inner()).await?))
    }

    async fn export_catalogue(
        &self,
        request: Request<ExportCatalogueRequest>,
    ) -> Result<Response<BoxStream<ExportCatalogueResponse>>, Status> {
        Ok(Response::new(self.export(request.into_inner()).await?))
    }

    async fn watch_revisions(
        &self,
        request: Request<WatchRevisionsRequest>,
    ) -> Result<Response<tonic::codegen::BoxStream<greenlane_api::classification::v1::WatchRevisionsResponse>>, Status>
    {
        // The current revision is sent first in any case: what the follower has seen decides nothing.
        let WatchRevisionsRequest { after_revision: _ } = request.into_inner();
        Ok(Response::new(revisions::watch(self.catalogues.published(), self.bookmark_every)))
    }

    async fn create_import(
        &self,
        request: Request<CreateImportRequest>,
    ) -> Result<Response<CreateImportResponse>, Status> {
        Ok(Response::new(Self::create_import(self, request).await?))
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Result<Response<GetImportResponse>, Status> {
        Ok(Response::new(Self::get_import(self, request.into_inner()).await?))
    }

    async fn list_imports(
        &self,
        request: Request<ListImportsRequest>,
    ) -> Result<Response<ListImportsResponse>, Status> {
        Ok(Response::new(Self::list_imports(self, request.into_inner()).await?))
    }

    async fn list_import_faults(
        &self,
        request: Request<ListImportFaultsRequest>,
    ) -> Result<Response<ListImportFaultsResponse>, Status> {
        Ok(Response::new(Self::import_faults(self, request.into_inner()).await?))
    }

    async fn abandon_import(
        &self,
        request: Request<AbandonImportRequest>,
    ) -> Result<Response<AbandonImportResponse>, Status> {
        Ok(Response::new(Self::abandon_import(self, request).await?))
    }

    async fn upload_import(
        &self,
        request: Request<Streaming<UploadImportRequest>>,
    ) -> Result<Response<BoxStream<UploadImportResponse>>, Status> {
        Ok(Response::new(Self::upload_import(self, request).await?))
    }
}
