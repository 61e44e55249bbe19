//! `ChangeService`.

mod render;

pub(super) use render::source;

use greenlane_api::classification::v1 as pb;
use greenlane_curation::{ChangeSet, Contract, EntryDiff, Workflow, change_service};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use crate::app::{CuratedCatalogue, mark_imports};
use crate::domain::change::Change;

/// The handler.
pub(crate) struct ChangesApi {
    pub(crate) changes: Workflow<CuratedCatalogue>,
}

#[tonic::async_trait]
impl Contract for ChangesApi {
    type Curated = CuratedCatalogue;
    type Change = pb::Change;
    type ChangeSet = pb::ChangeSet;
    type EntryDiff = pb::EntryDiff;

    fn workflow(&self) -> &Workflow<CuratedCatalogue> {
        &self.changes
    }

    fn revision(&self) -> u64 {
        self.changes.curated().catalogues.current().revision
    }

    fn parser() -> impl FnMut(&mut Violations, &str, &pb::Change) -> Option<Change> {
        render::change
    }

    fn render(change: &Change) -> Result<pb::Change, Fault> {
        Ok(render::to_wire(change))
    }

    fn render_diff(diff: EntryDiff) -> pb::EntryDiff {
        render::diff(diff)
    }

    fn complete(rendered: &mut pb::ChangeSet, _: &ChangeSet<Change>) {
        let notification = rendered.notification.clone().unwrap_or_default();
        rendered.comments_until = notification.comments_until;
        rendered.notification_symbol = notification.symbol;
        rendered.notification_text = notification.text;
    }

    /// Says of the imports of a change set where it stands now.
    async fn stepped(&self, change_set: &ChangeSet<Change>) {
        mark_imports(self.changes.curated().catalogues.store(), change_set).await;
    }
}

change_service!(pb, ChangesApi, {});
