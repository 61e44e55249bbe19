//! What a service says of itself so that its `ChangeService` can be written for it.

use async_trait::async_trait;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use crate::change_set::{ChangeSet, EntryDiff};
use crate::curated::Curated;
use crate::workflow::Workflow;

/// What a service adds to the workflow to serve it.
#[async_trait]
pub trait Contract: Send + Sync + 'static {
    /// What is curated.
    type Curated: Curated;
    /// One change, in the contract.
    type Change;
    /// A change set, in the contract.
    type ChangeSet;
    /// An entry before and after, in the contract.
    type EntryDiff;

    /// The workflow.
    fn workflow(&self) -> &Workflow<Self::Curated>;

    /// The published revision, from memory.
    fn revision(&self) -> u64;

    /// What parses the changes of one request, each by itself, and notes what is wrong with it.
    fn parser() -> impl FnMut(&mut Violations, &str, &Self::Change) -> Option<<Self::Curated as Curated>::Change>;

    /// Renders one change.
    ///
    /// # Errors
    /// When it cannot be said in the contract.
    fn render(change: &<Self::Curated as Curated>::Change) -> Result<Self::Change, Fault>;

    /// Renders an entry before and after.
    fn render_diff(diff: EntryDiff) -> Self::EntryDiff;

    /// Fills in what a change set has in this contract alone.
    fn complete(_rendered: &mut Self::ChangeSet, _change_set: &ChangeSet<<Self::Curated as Curated>::Change>) {}

    /// Called after a step that was written.
    async fn stepped(&self, _change_set: &ChangeSet<<Self::Curated as Curated>::Change>) {}
}

/// One row more than a page has, to see whether there is another page.
pub fn one_more(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1)
}
