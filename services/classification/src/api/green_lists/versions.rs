//! The versions of a list.

use greenlane_api::classification::v1::{
    GreenListVersion, ListGreenListVersionsRequest, ListGreenListVersionsResponse,
};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::{PageBinding, Violations};

use super::{GreenLists, find, method};
use crate::api::pages::PageRequest;
use crate::api::{error, parse};
use crate::store::{self, ListVersion};

impl GreenLists {
    pub(super) async fn versions(
        &self,
        request: ListGreenListVersionsRequest,
    ) -> Result<ListGreenListVersionsResponse, Fault> {
        let mut v = Violations::new();
        let id = parse::green_list(&mut v, "name", &request.name);
        let binding = PageBinding::new(&method("ListGreenListVersions")).with(&request.name);
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (id, page) = v.finish_with(|| Some((id?, page?)))?;

        let catalogue = page.read(&self.catalogues, Consistency::Latest).await?;
        find(&catalogue, &id)?;
        let versions = store::list_versions(self.catalogues.store(), &id, catalogue.revision).await;
        let page = page.cut(&catalogue, versions.map_err(error::store)?.into_iter().map(version))?;
        Ok(ListGreenListVersionsResponse {
            versions: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
        })
    }
}

fn version(row: ListVersion) -> GreenListVersion {
    GreenListVersion {
        version: row.version,
        revision: row.revision,
        published_at: row.published_at.map(timestamp),
        change_set: row.change_set,
        added: row.added,
        retired: row.retired,
    }
}
