//! What panels have ordered, looked up for the changes of others.

use std::collections::BTreeSet;

use greenlane_curation::{ChangeSet, Finding, Owned, State, UNDER_ORDER, stored};
use greenlane_store::Tx;
use sea_orm::DbErr;

use crate::domain::change::{Change, View};
use crate::domain::dispute::{self, Applied, Dispute, Hold, Matter};
use crate::domain::entry::Entry;
use crate::store::entries::Loaded;
use crate::store::{disputes, entries};

/// A change that a dispute holds.
pub(super) struct Held {
    pub(super) dispute: Dispute,
    pub(super) hold: Hold,
    pub(super) entry: String,
    index: usize,
}

impl Held {
    /// What is said of it before anybody reviews it.
    pub(super) fn finding(&self) -> Finding {
        let message = format!("{}: `{}` {}", self.dispute.name, self.entry, self.hold.as_str());
        Finding {
            code: UNDER_ORDER.into(),
            index: self.index,
            entry: self.entry.clone(),
            field: String::new(),
            message,
        }
    }
}

/// Every change that a dispute holds in which its owner, or the body of a designation, had to answer.
pub(super) async fn held(tx: &Tx, loaded: &Loaded, owned: &[Owned], changes: &[Change]) -> Result<Vec<Held>, DbErr> {
    let bodies = changes.iter().filter_map(|change| match change.becomes() {
        Some(Entry::Designation(it)) => Some(it.body.name()),
        _ => None,
    });
    let respondents: BTreeSet<String> = owned.iter().flat_map(|it| it.owners.clone()).chain(bodies).collect();
    let view = View::new(&loaded.catalogue, changes);
    let names: BTreeSet<String> = changes.iter().map(Change::entry_name).collect();
    let mut all = Vec::new();
    for dispute in disputes::answered_by(tx, &respondents).await? {
        let applied = applied(tx, &dispute, &names).await?;
        for (index, change) in changes.iter().enumerate() {
            if let Some(hold) = dispute::held(&dispute, &applied, &view, &loaded.catalogue, change) {
                all.push(Held { dispute: dispute.clone(), hold, entry: change.entry_name(), index });
            }
        }
    }
    Ok(all)
}

/// What the published outcomes of a dispute in its challenger's favour did to some entries, and to what was challenged.
async fn applied(tx: &Tx, dispute: &Dispute, names: &BTreeSet<String>) -> Result<Vec<Applied>, DbErr> {
    let mut all = Vec::new();
    if dispute.outcome.as_ref().is_none_or(|ruling| !ruling.upheld) {
        return Ok(all);
    }
    for (_, name) in dispute.change_sets.iter().filter(|(matter, _)| *matter == Matter::Outcome) {
        let Some(change_set) = stored::<Change>(tx, name).await? else { continue };
        let ChangeSet { state: State::Published, published_revision, changes, .. } = change_set else { continue };
        for change in changes {
            let name = change.entry_name();
            if !names.contains(&name) && dispute.designation() != Some(&name) {
                continue;
            }
            let before = entries::entry_at(tx, &name, published_revision.saturating_sub(1)).await?;
            all.push(Applied { name, before, after: change.becomes().cloned() });
        }
    }
    Ok(all)
}
