//! The catalogue as what changes by change sets.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use greenlane_curation::alerts::{self, AlertKind};
use greenlane_curation::{
    ChangeError, ChangeSet, Curated, Description, EntryDiff, Finding, Owned, Reverted, State, Tightening,
};
use greenlane_platform::auth::Caller;
use greenlane_platform::clock::Clock;
use greenlane_store::{StoreError, Tx};
use sea_orm::DbErr;

use super::catalogues::Catalogues;
use super::outcome::{Brought, Outcome, Outcomes};
use super::owners;
use crate::domain::alert::{self, Alert};
use crate::domain::change::{self, Change};
use crate::domain::{Catalogue, Delta, EditionFact};
use crate::store::{self, COUNTER, ImportState};

/// The catalogue, curated.
pub(crate) struct CuratedCatalogue {
    pub(crate) catalogues: Arc<Catalogues>,
    clock: Clock,
    outcomes: Outcomes,
}

impl CuratedCatalogue {
    pub(crate) fn new(catalogues: Arc<Catalogues>, clock: Clock) -> Self {
        Self { catalogues, clock, outcomes: Outcomes::default() }
    }

    async fn outcome(&self, tx: &Tx, catalogue: &Catalogue, changes: &[Change]) -> Result<Arc<Outcome>, DbErr> {
        self.outcomes.of(tx, catalogue, changes, self.clock.today()).await
    }

    /// What the imports among some changes come to with all of these; none where there is no import.
    async fn imported(
        &self,
        tx: &Tx,
        catalogue: &Catalogue,
        changes: &[Change],
    ) -> Result<Option<Arc<Outcome>>, DbErr> {
        match changes.iter().any(|change| change.import().is_some()) {
            true => self.outcome(tx, catalogue, changes).await.map(Some),
            false => Ok(None),
        }
    }
}

/// Writes the alert of a step, if it tells of any code or list: words by which codes are found are none.
async fn tell(
    tx: &Tx,
    kind: AlertKind,
    change_set: &ChangeSet<Change>,
    (before, delta): (&Catalogue, &Delta),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let items = alert::of_delta(before, delta, kind, alerts::comments_until(kind, change_set));
    if items.is_empty() {
        return Ok(());
    }
    let alert: Alert = Alert::of_step(kind, change_set, before.revision, now, items);
    alerts::append(tx, &[alert]).await
}

#[async_trait]
impl Curated for CuratedCatalogue {
    type Change = Change;
    type Catalogue = Catalogue;

    const COUNTER: &'static str = COUNTER;

    async fn catalogue(&self, tx: &Tx, revision: u64) -> Result<Arc<Catalogue>, DbErr> {
        match self.catalogues.known(revision) {
            Some(known) => Ok(known),
            None => {
                let built = Catalogue::build(revision, store::load(tx, revision).await?);
                built.map(Arc::new).map_err(|why| DbErr::Type(why.to_string()))
            }
        }
    }

    fn owned(&self, catalogue: &Catalogue, changes: &[Change]) -> Vec<Owned> {
        owners::of(catalogue, changes)
    }

    async fn owned_and_brought(&self, tx: &Tx, catalogue: &Catalogue, changes: &[Change]) -> Result<Vec<Owned>, DbErr> {
        let mut all = self.owned(catalogue, changes);
        if let Some(outcome) = self.imported(tx, catalogue, changes).await? {
            all.extend(outcome.brought.iter().flat_map(Brought::owned));
        }
        Ok(all)
    }

    async fn check_brought(&self, tx: &Tx, caller: &Caller, changes: &[Change]) -> Result<(), StoreError<ChangeError>> {
        for change in changes {
            let Change::PublishImport(id) = change else { continue };
            // One that is not there is a finding.
            if let Some(row) = store::find_import(tx, id).await? {
                owners::check_import(caller, &row)?;
            }
        }
        Ok(())
    }

    /// The lists and code systems of the rows of an import belong to whom they belong now, whoever brought it and when.
    async fn check_step(
        &self,
        tx: &Tx,
        caller: &Caller,
        catalogue: &Catalogue,
        change_set: &ChangeSet<Change>,
    ) -> Result<Vec<Finding>, StoreError<ChangeError>> {
        self.check_owners(caller, catalogue, &change_set.changes).map_err(ChangeError::Foreign)?;
        if let Some(outcome) = self.imported(tx, catalogue, &change_set.changes).await? {
            for brought in &outcome.brought {
                owners::check_economies(caller, &brought.owners).map_err(ChangeError::NotYours)?;
            }
        }
        Ok(Vec::new())
    }

    async fn validate(&self, tx: &Tx, catalogue: &Catalogue, changes: &[Change]) -> Result<Vec<Finding>, DbErr> {
        Ok(self.outcome(tx, catalogue, changes).await?.findings.clone())
    }

    fn tightens(&self, catalogue: &Catalogue, changes: &[Change]) -> Vec<Tightening> {
        change::tightening(catalogue, changes)
    }

    async fn tightening(&self, tx: &Tx, catalogue: &Catalogue, changes: &[Change]) -> Result<Vec<Tightening>, DbErr> {
        let mut all = self.tightens(catalogue, changes);
        if let Some(outcome) = self.imported(tx, catalogue, changes).await? {
            all.extend(change::taken(catalogue, &outcome.delta, changes));
        }
        Ok(all)
    }

    fn describe(&self, catalogue: &Catalogue, changes: &[Change], published: NaiveDate) -> Description {
        let products = changes.iter().filter_map(|change| match change {
            Change::PutEntry(entry) => Some(format!("{} {}", entry.edition, entry.code)),
            _ => None,
        });
        let content = changes.iter().map(|change| {
            let what = match change {
                Change::PublishImport(_) => "is published",
                Change::PutList(_) => "is described",
                Change::PutEntry(_) => "is put on the list",
                Change::RetireList(_) | Change::EndEntry(_) => "ends",
            };
            format!("{} {what}.", change.entry_name())
        });
        let lists = changes.iter().filter_map(|change| match change {
            Change::PublishImport(_) => None,
            Change::PutList(list) => Some(list.economy.clone()),
            Change::RetireList(id) => Some(catalogue.list(id)?.fact.economy.clone()),
            Change::PutEntry(entry) => Some(catalogue.list(&entry.list)?.fact.economy.clone()),
            Change::EndEntry(end) => Some(catalogue.list(&end.list)?.fact.economy.clone()),
        });
        let economies: BTreeSet<String> = lists.filter(|economy| !economy.is_empty()).collect();
        Description {
            economies: economies.into_iter().collect(),
            products: products.collect(),
            content: content.collect(),
            applies_from: change::applies_from(catalogue, changes, published),
            ..Description::default()
        }
    }

    async fn description(
        &self,
        tx: &Tx,
        catalogue: &Catalogue,
        changes: &[Change],
        published: NaiveDate,
    ) -> Result<Description, DbErr> {
        let mut described = self.describe(catalogue, changes, published);
        if let Some(outcome) = self.imported(tx, catalogue, changes).await? {
            described.economies.extend(outcome.brought.iter().flat_map(|brought| brought.owners.iter().cloned()));
            described.economies.sort();
            described.economies.dedup();
        }
        Ok(described)
    }

    async fn publish(
        &self,
        tx: &Tx,
        current: u64,
        change_set: &ChangeSet<Change>,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let catalogue = self.catalogue(tx, current).await?;
        let outcome = self.outcome(tx, &catalogue, &change_set.changes).await?;
        self.outcomes.forget();
        let Outcome { delta, brought, .. } = Arc::unwrap_or_clone(outcome);
        // Told here and not with the other steps: an import that is published is no longer one to publish.
        tell(tx, AlertKind::Published, change_set, (&catalogue, &delta), now).await?;
        store::publish_delta(tx, current + 1, delta, change_set, now).await?;
        for Brought { import, rows, refused, faults, .. } in brought {
            let read = store::Read { rows, refused_rows: refused, faults };
            if !store::publish_import(tx, &import, &change_set.name, current + 1, &read).await? {
                return Err(tx.contended("the import was given up meanwhile"));
            }
        }
        Ok(())
    }

    async fn undo(
        &self,
        _: &Tx,
        reverted: Reverted<'_, Catalogue, Change>,
    ) -> Result<Vec<Change>, StoreError<ChangeError>> {
        let Reverted { change_set, before, after, now } = reverted;
        if let Some(import) = change_set.changes.iter().find(|it| matches!(it, Change::PublishImport(_))) {
            let name = import.entry_name();
            let why = "what an import replaced comes back by importing it again".to_owned();
            return Err(ChangeError::NotHeard { name, state: "published", step: "reverted", why }.into());
        }
        change::undo(before, after, now, &change_set.changes)
            .map_err(|entries| ChangeError::ChangedSince { name: change_set.name.clone(), entries }.into())
    }

    async fn diff(&self, tx: &Tx, base: &Catalogue, changes: &[Change]) -> Result<Vec<EntryDiff>, DbErr> {
        let mut diffs = change::diff(base, changes);
        if let Some(outcome) = self.imported(tx, base, changes).await? {
            for brought in &outcome.brought {
                if let Some(diff) = diffs.get_mut(brought.place) {
                    diff.effects.clone_from(&brought.effects);
                }
            }
        }
        Ok(diffs)
    }

    async fn changed_since(
        &self,
        tx: &Tx,
        base: u64,
        now: &Catalogue,
        changes: &[Change],
    ) -> Result<Vec<usize>, DbErr> {
        let was = self.catalogue(tx, base).await?;
        let mut moved = change::moved(&was, now, changes);
        if let Some(outcome) = self.imported(tx, now, changes).await? {
            for brought in &outcome.brought {
                let retold = |edition: &EditionFact| change::is_retold(&was, now, edition);
                let replaced = &brought.replaced;
                if replaced.editions.iter().any(retold) || store::changed_since(tx, base, replaced).await? {
                    moved.push(brought.place);
                }
            }
            moved.sort_unstable();
        }
        Ok(moved)
    }

    fn entry_name(change: &Change) -> String {
        change.entry_name()
    }

    async fn stepped(
        &self,
        tx: &Tx,
        change_set: &ChangeSet<Change>,
        before: &Catalogue,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        if let Some(kind) = AlertKind::of(change_set).filter(|kind| *kind != AlertKind::Published) {
            let outcome = self.outcome(tx, before, &change_set.changes).await?;
            tell(tx, kind, change_set, (before, &outcome.delta), now).await?;
        }
        self.outcomes.forget();
        Ok(())
    }

    async fn published(&self) {
        if let Err(error) = self.catalogues.refresh().await {
            // It is published; this replica learns of it at its next look.
            tracing::warn!(%error, "the new revision could not be loaded at once");
        }
    }
}

/// Says of the imports of a change set that they are part of it, or no longer. What is published said so itself.
pub(crate) async fn mark_imports(store: &greenlane_store::Store, change_set: &ChangeSet<Change>) {
    let (from, to, name) = match change_set.state {
        State::Proposed | State::Notified | State::Approved => {
            (ImportState::Complete, ImportState::Proposed, change_set.name.clone())
        }
        State::Rejected | State::Withdrawn => (ImportState::Proposed, ImportState::Complete, String::new()),
        State::Draft | State::Published => return,
    };
    let ids: Vec<String> = change_set.changes.iter().filter_map(|change| change.import().map(str::to_owned)).collect();
    if ids.is_empty() {
        return;
    }
    let marked: Result<(), StoreError> = store
        .write("mark_imports", move |tx| {
            let (ids, name) = (ids.clone(), name.clone());
            Box::pin(async move {
                for id in ids {
                    store::move_import(tx, &id, &[from], to, &name, 0).await?;
                }
                Ok(())
            })
        })
        .await;
    if let Err(error) = marked {
        // The step itself is done; publishing looks at the import anew.
        tracing::warn!(%error, "an import could not be marked with its change set");
    }
}
