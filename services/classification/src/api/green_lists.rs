//! `GreenListService`.

mod combine;
mod compare;
mod lint;
mod project;
mod reference;
mod state;
mod versions;

use std::sync::Arc;

use chrono::NaiveDate;
use greenlane_api::classification::v1::green_list_service_server::GreenListService;
use greenlane_api::classification::v1::{
    BuildReferenceClassificationRequest, BuildReferenceClassificationResponse, CheckMembershipRequest,
    CheckMembershipResponse, CombineGreenListsRequest, CombineGreenListsResponse, CompareGreenListsRequest,
    CompareGreenListsResponse, GetGreenListRequest, GetGreenListResponse, LintGreenListRequest, LintGreenListResponse,
    ListGreenListEntriesRequest, ListGreenListEntriesResponse, ListGreenListVersionsRequest,
    ListGreenListVersionsResponse, ListGreenListsRequest, ListGreenListsResponse, ProjectGreenListRequest,
    ProjectGreenListResponse,
};
use greenlane_platform::clock::Clock;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use tonic::{Request, Response, Status};

use super::named_list::ListName;
use super::pages::PageRequest;
use super::{error, parse, render};
use crate::app::Catalogues;
use crate::domain::{Catalogue, ListData, MembershipStatus, check_membership, resolve};

/// Handlers of the green list service.
#[derive(Clone, Debug)]
pub(crate) struct GreenLists {
    catalogues: Arc<Catalogues>,
    clock: Clock,
}

impl GreenLists {
    pub(crate) fn new(catalogues: Arc<Catalogues>, clock: Clock) -> Self {
        Self { catalogues, clock }
    }

    /// The day that a request names, or today.
    fn day(&self, v: &mut Violations, raw: &str) -> Option<NaiveDate> {
        v.optional_date("date", raw).map(|day| day.unwrap_or_else(|| self.clock.today()))
    }

    async fn get(&self, request: GetGreenListRequest) -> Result<GetGreenListResponse, Fault> {
        let mut v = Violations::new();
        let name = ListName::parse(&mut v, "name", &request.name);
        let on = self.day(&mut v, &request.date);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (name, on, consistency) = v.finish_with(|| Some((name?, on?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let list = name.find(&self.catalogues, &catalogue).await?;
        Ok(GetGreenListResponse { green_list: Some(render::green_list(&list, on)), revision: catalogue.revision })
    }

    async fn list(&self, request: ListGreenListsRequest) -> Result<ListGreenListsResponse, Fault> {
        let mut v = Violations::new();
        let on = self.day(&mut v, &request.date);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding = PageBinding::new(&method("ListGreenLists"))
            .with(&request.date)
            .with(request.include_not_in_force.to_string());
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (on, consistency, page) = v.finish_with(|| Some((on?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let asked = catalogue.lists.iter().filter(|list| request.include_not_in_force || list.in_force(on));
        let page = page.cut(&catalogue, asked.map(|list| render::green_list(list, on)))?;
        Ok(ListGreenListsResponse {
            green_lists: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
        })
    }

    async fn entries(&self, request: ListGreenListEntriesRequest) -> Result<ListGreenListEntriesResponse, Fault> {
        let mut v = Violations::new();
        let name = ListName::parse(&mut v, "name", &request.name);
        let on = self.day(&mut v, &request.date);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding = PageBinding::new(&method("ListGreenListEntries"))
            .with(&request.name)
            .with(&request.date)
            .with(request.include_not_in_force.to_string());
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (name, on, consistency, page) = v.finish_with(|| Some((name?, on?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let list = name.find(&self.catalogues, &catalogue).await?;
        let asked = list.entries.iter().filter(|entry| request.include_not_in_force || list.holds(entry, on));
        let page = page.cut(&catalogue, asked.map(|entry| render::entry(&list.fact, entry)))?;
        Ok(ListGreenListEntriesResponse {
            entries: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
        })
    }

    async fn check(&self, request: CheckMembershipRequest) -> Result<CheckMembershipResponse, Fault> {
        let mut v = Violations::new();
        let code = parse::code(&mut v, "code", request.code.as_ref());
        let names = ListName::several(&mut v, &request.green_lists);
        let on = self.day(&mut v, &request.date);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (code, names, on, consistency) = v.finish_with(|| Some((code?, names?, on?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let at = resolve(&catalogue, &code).map_err(|why| error::unresolved("code", why))?;
        let all = names.is_empty();
        let named = ListName::find_all(&names, &self.catalogues, &catalogue).await?;
        let lists: Vec<&ListData> =
            if all { catalogue.lists.iter().collect() } else { named.iter().map(AsRef::as_ref).collect() };
        let found =
            lists.into_iter().map(|list| (list, check_membership(&catalogue, list, at, on, request.include_held_back)));
        let shown = found.filter(|(_, found)| !all || found.status != MembershipStatus::NotMember);
        Ok(CheckMembershipResponse {
            memberships: shown.map(|(list, found)| render::membership(&list.fact, &found)).collect(),
            revision: catalogue.revision,
        })
    }
}

/// Full path of a method, for page tokens.
fn method(name: &str) -> String {
    format!("/greenlane.classification.v1.GreenListService/{name}")
}

fn find<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c ListData, Fault> {
    catalogue.list(id).ok_or_else(|| Fault::not_found(format!("greenLists/{id}")))
}

#[tonic::async_trait]
impl GreenListService for GreenLists {
    async fn get_green_list(
        &self,
        request: Request<GetGreenListRequest>,
    ) -> Result<Response<GetGreenListResponse>, Status> {
        Ok(Response::new(self.get(request.into_inner()).await?))
    }

    async fn list_green_lists(
        &self,
        request: Request<ListGreenListsRequest>,
    ) -> Result<Response<ListGreenListsResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn list_green_list_entries(
        &self,
        request: Request<ListGreenListEntriesRequest>,
    ) -> Result<Response<ListGreenListEntriesResponse>, Status> {
        Ok(Response::new(self.entries(request.into_inner()).await?))
    }

    async fn check_membership(
        &self,
        request: Request<CheckMembershipRequest>,
    ) -> Result<Response<CheckMembershipResponse>, Status> {
        Ok(Response::new(self.check(request.into_inner()).await?))
    }

    async fn list_green_list_versions(
        &self,
        request: Request<ListGreenListVersionsRequest>,
    ) -> Result<Response<ListGreenListVersionsResponse>, Status> {
        Ok(Response::new(self.versions(request.into_inner()).await?))
    }

    async fn compare_green_lists(
        &self,
        request: Request<CompareGreenListsRequest>,
    ) -> Result<Response<CompareGreenListsResponse>, Status> {
        Ok(Response::new(self.compare(request.into_inner()).await?))
    }

    async fn project_green_list(
        &self,
        request: Request<ProjectGreenListRequest>,
    ) -> Result<Response<ProjectGreenListResponse>, Status> {
        Ok(Response::new(self.project(request.into_inner()).await?))
    }

    async fn combine_green_lists(
        &self,
        request: Request<CombineGreenListsRequest>,
    ) -> Result<Response<CombineGreenListsResponse>, Status> {
        Ok(Response::new(self.combine(request.into_inner()).await?))
    }

    async fn lint_green_list(
        &self,
        request: Request<LintGreenListRequest>,
    ) -> Result<Response<LintGreenListResponse>, Status> {
        Ok(Response::new(self.lint(request.into_inner()).await?))
    }

    async fn build_reference_classification(
        &self,
        request: Request<BuildReferenceClassificationRequest>,
    ) -> Result<Response<BuildReferenceClassificationResponse>, Status> {
        Ok(Response::new(self.reference(request.into_inner()).await?))
    }
}
