//! What differs between two lists.

use greenlane_api::classification::v1::{CompareGreenListsRequest, CompareGreenListsResponse};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::state::{self, edition_name};
use super::{GreenLists, method};
use crate::api::pages::PageRequest;
use crate::api::render;
use crate::domain::{EditionId, Finding, difference};

impl GreenLists {
    pub(super) async fn compare(&self, request: CompareGreenListsRequest) -> Result<CompareGreenListsResponse, Fault> {
        let mut v = Violations::new();
        let first = self.state_ref(&mut v, "first", request.first.as_ref());
        let second = self.state_ref(&mut v, "second", request.second.as_ref());
        let edition = match request.edition.as_str() {
            "" => Some(None),
            raw => edition_name(&mut v, "edition", raw).map(Some),
        };
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding = PageBinding::new(&method("CompareGreenLists"))
            .with(state::binding(request.first.as_ref()))
            .with(state::binding(request.second.as_ref()))
            .with(&request.edition)
            .with([u8::from(request.include_held_back)]);
        let page = PageRequest::parse_or_all(&mut v, request.page_size, &request.page_token, binding);
        let (first, second, edition, consistency, page) =
            v.finish_with(|| Some((first?, second?, edition?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let first = self.state(&catalogue, &first).await?;
        let second = self.state(&catalogue, &second).await?;
        let edition = match edition {
            Some(edition) => edition,
            None => EditionId::parse(&second.list().fact.edition)
                .map_err(|_| Fault::invalid("edition", "is required: the entries of the second list are of several"))?,
        };
        let edition = state::edition(&catalogue, "edition", &edition)?;
        let held = request.include_held_back;
        let (found, common) = difference(&catalogue, first.on_day(), second.on_day(), edition, held);
        let (one, other) = (&first.list().fact, &second.list().fact);
        let mut partial: Vec<&str> = [one, other].iter().filter(|it| it.partial).map(|it| it.id.as_str()).collect();
        partial.dedup();
        let in_part = |list: &str| {
            let message =
                format!("This catalogue holds a part of {list} only: it may have what is said to be lacking.");
            Finding::new("list_partial", message).with("list", list)
        };
        let findings: Vec<Finding> = partial.into_iter().map(in_part).collect();
        let differences = found.iter().map(|found| render::difference(&catalogue, one, other, found));
        let page = page.cut(&catalogue, differences)?;
        Ok(CompareGreenListsResponse {
            findings: render::findings(&findings),
            differences: page.items,
            next_page_token: page.next_page_token,
            common,
            revision: catalogue.revision,
        })
    }
}
