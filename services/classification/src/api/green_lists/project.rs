//! A list in another edition.

use std::collections::BTreeMap;

use greenlane_api::classification::v1::{ProjectGreenListRequest, ProjectGreenListResponse};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::state::{self, edition_name};
use super::{GreenLists, method};
use crate::api::pages::PageRequest;
use crate::api::render;
use crate::domain::project;

impl GreenLists {
    pub(super) async fn project(&self, request: ProjectGreenListRequest) -> Result<ProjectGreenListResponse, Fault> {
        let mut v = Violations::new();
        let list = self.state_ref(&mut v, "green_list", request.green_list.as_ref());
        let edition = edition_name(&mut v, "target_edition", &request.target_edition);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding = PageBinding::new(&method("ProjectGreenList"))
            .with(state::binding(request.green_list.as_ref()))
            .with(&request.target_edition)
            .with([u8::from(request.include_held_back)]);
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (list, edition, consistency, page) = v.finish_with(|| Some((list?, edition?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let edition = state::edition(&catalogue, "target_edition", &edition)?;
        let state = self.state(&catalogue, &list).await?;
        let (list, on) = state.on_day();
        let rows = project(&catalogue, list, on, edition, request.include_held_back);
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for row in &rows {
            *counts.entry(render::class_name(row.class).to_owned()).or_default() += 1;
        }
        let page = page.cut(&catalogue, rows.iter().map(|row| render::projected(&catalogue, &list.fact, row)))?;
        Ok(ProjectGreenListResponse {
            entries: page.items,
            counts: counts.into_iter().collect(),
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
        })
    }
}
