//! Lists put together.

use greenlane_api::classification::v1 as wire;
use greenlane_api::classification::v1::{CombineGreenListsRequest, CombineGreenListsResponse};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::state::{self, edition_name};
use super::{GreenLists, method};
use crate::api::pages::PageRequest;
use crate::api::render;
use crate::domain::{ListOperation, OnDay, combine};

/// Most lists in a request.
pub(super) const MAX_LISTS: usize = 32;

impl GreenLists {
    pub(super) async fn combine(&self, request: CombineGreenListsRequest) -> Result<CombineGreenListsResponse, Fault> {
        let mut v = Violations::new();
        let operation = match request.operation() {
            wire::ListOperation::Union => Some(ListOperation::Union),
            wire::ListOperation::Intersection => Some(ListOperation::Intersection),
            wire::ListOperation::Difference => Some(ListOperation::Difference),
            wire::ListOperation::Unspecified => {
                v.add("operation", "must be union, intersection or difference");
                None
            }
        };
        let good = (2..=MAX_LISTS).contains(&request.green_lists.len());
        v.check("green_lists", good, format!("must be 2 to {MAX_LISTS} lists"));
        let mut lists = Vec::new();
        for (index, raw) in request.green_lists.iter().take(MAX_LISTS).enumerate() {
            lists.push(self.state_ref(&mut v, &format!("green_lists[{index}]"), Some(raw)));
        }
        let edition = edition_name(&mut v, "edition", &request.edition);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let bound: Vec<String> = request.green_lists.iter().map(|raw| state::binding(Some(raw))).collect();
        let binding = PageBinding::new(&method("CombineGreenLists"))
            .with(request.operation.to_be_bytes())
            .with(bound.join("\n\n"))
            .with(&request.edition);
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let lists: Option<Vec<_>> = lists.into_iter().collect();
        let (operation, lists, edition, consistency, page) =
            v.finish_with(|| Some((operation?, lists?, edition?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let edition = state::edition(&catalogue, "edition", &edition)?;
        let mut states = Vec::with_capacity(lists.len());
        for (at, list) in lists.iter().enumerate() {
            // What is on a list is not more so for being asked for twice; without itself it is empty.
            if operation == ListOperation::Difference || !lists[..at].contains(list) {
                states.push(self.state(&catalogue, list).await?);
            }
        }
        let days: Vec<OnDay<'_>> = states.iter().map(state::State::on_day).collect();
        let combination = combine(&catalogue, operation, &days, edition);
        let unknown_entries = match page.is_first() {
            true => render::unknown_entries(&catalogue, &days, &combination.unknown),
            false => Vec::new(),
        };
        let row = |row: &crate::domain::Combined| wire::CombinedEntry {
            code: Some(render::reference(&catalogue, row.code)),
            ex: row.ex,
            green_lists: names(row.lists.iter().map(|list| states[*list].name())),
            findings: render::findings(&row.findings),
        };
        let page = page.cut(&catalogue, combination.rows.iter().map(row))?;
        Ok(CombineGreenListsResponse {
            entries: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
            unknown_entries,
        })
    }
}

/// Each name once: several states of a list have one.
fn names(of_lists: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in of_lists {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
