//! ChangeService.

mod impact;

use greenlane_api::equivalence::v1 as pb;
use greenlane_curation::{ChangeSet, Contract, EntryDiff, Workflow, change_service};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use crate::api::wire;
use crate::app::changes::CuratedCatalogue;
use crate::app::impact::Impacts;
use crate::domain::change::Change;

/// The handler.
pub(crate) struct ChangesApi {
    pub(crate) changes: Workflow<CuratedCatalogue>,
    pub(crate) impacts: Impacts,
}

impl Contract for ChangesApi {
    type Curated = CuratedCatalogue;
    type Change = pb::Change;
    type ChangeSet = pb::ChangeSet;
    type EntryDiff = pb::EntryDiff;

    fn workflow(&self) -> &Workflow<CuratedCatalogue> {
        &self.changes
    }

    fn revision(&self) -> u64 {
        self.changes.curated().catalogues.current().catalogue.revision()
    }

    fn parser() -> impl FnMut(&mut Violations, &str, &pb::Change) -> Option<Change> {
        let mut parser = wire::Parser::default();
        move |v: &mut Violations, field: &str, raw: &pb::Change| {
            if raw.change.is_none() {
                v.add(field, "must upsert or retire an entry");
                return None;
            }
            parser.parse(v, field, raw)
        }
    }

    fn render(change: &Change) -> Result<pb::Change, Fault> {
        wire::to_wire(change)
    }

    fn render_diff(diff: EntryDiff) -> pb::EntryDiff {
        // Its changes name all that they change.
        let EntryDiff { entry, before_json, after_json, effects: _ } = diff;
        pb::EntryDiff { entry, before_json, after_json }
    }

    fn complete(rendered: &mut pb::ChangeSet, change_set: &ChangeSet<Change>) {
        rendered.heard_in.clone_from(&change_set.heard_in);
        rendered.ordered_by.clone_from(&change_set.ordered_by);
    }
}

change_service!(pb, ChangesApi, {
    async fn preview_impact(
        &self,
        request: Request<pb::PreviewImpactRequest>,
    ) -> Result<Response<pb::PreviewImpactResponse>, Status> {
        Ok(Response::new(impact::preview(&self.impacts, request).await?))
    }

    async fn report_use(
        &self,
        request: Request<pb::ReportUseRequest>,
    ) -> Result<Response<pb::ReportUseResponse>, Status> {
        Ok(Response::new(impact::report(&self.impacts, request).await?))
    }
});
