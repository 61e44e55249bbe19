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
use super::imports::read_import;
use super::owners;
use crate::domain::alert::{self, Alert};
use crate::domain::change::{self, Change};
use crate::domain::{Catalogue, Delta, EntryFact, Facts, Format, Imported, Scope, SourceFact, apply};
use crate::store::{self, COUNTER, ImportState};

/// The catalogue, curated.
pub(crate) struct CuratedCatalogue {
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) clock: Clock,
}

/// What changes come to.
struct Outcome {
    delta: Delta,
    findings: Vec<Finding>,
}

impl CuratedCatalogue {
    /// Makes the changes one after the other on top of a catalogue.
    async fn outcome(&self, tx: &Tx, catalogue: &Catalogue, changes: &[Change]) -> Result<Outcome, DbErr> {
        let today = self.clock.today();
        let mut findings = change::repeated(changes);
        let imports = changes.iter().any(|change| matches!(change, Change::PublishImport(_)));
        // Lists alone need nothing else, and an import no codes and links but those that it brings.
        let mut scope = Scope::default();
        let mut before = if imports { catalogue.facts_within(&scope) } else { catalogue.list_facts() };
        let mut after = before.clone();
        let mut rebuilt: Option<Catalogue> = None;
        for (index, change) in changes.iter().enumerate() {
            let current = rebuilt.as_ref().unwrap_or(catalogue);
            let Change::PublishImport(id) = change else {
                change::make(current, &mut after, change, index, today, &mut findings);
                continue;
            };
            let (imported, source) = match import(tx, current, &after, id).await? {
                Ok(imported) => imported,
                Err((code, why)) => {
                    findings.push(change.finding(index, code, "publish_import", why));
                    continue;
                }
            };
            let more = imported.scope().without(&scope);
            let (codes, links) = catalogue.codes_and_links(&more);
            for facts in [&mut before, &mut after] {
                facts.codes.extend_from_slice(&codes);
                facts.links.extend_from_slice(&links);
            }
            scope.extend(more);
            let mut next = after.clone();
            apply(&mut next, imported, &source);
            match current.rebuilt(catalogue.revision, next.clone(), &scope) {
                Ok(built) => (after, rebuilt) = (next, Some(built)),
                Err(why) => findings.push(change.finding(index, "code_unknown", "publish_import", why.to_string())),
            }
        }
        change::inherit_sources(&mut after, changes);
        findings.extend(change::together(&after, changes));
        findings.sort_by_key(|finding| finding.index);
        change::number_versions(&before, &mut after);
        Ok(Outcome { delta: Delta::between(&before, &after), findings })
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

/// What an import brings, or why it cannot be published.
async fn import(
    tx: &Tx,
    catalogue: &Catalogue,
    facts: &Facts,
    id: &str,
) -> Result<Result<(Imported, SourceFact), (&'static str, String)>, DbErr> {
    let Some(row) = store::find_import(tx, id).await? else {
        return Ok(Err(("import_unknown", "there is no such import".to_owned())));
    };
    if !matches!(row.state, ImportState::Complete | ImportState::Proposed) {
        return Ok(Err(("import_incomplete", format!("the import is {}", row.state.as_str()))));
    }
    let reader = read_import(tx, &row).await?;
    let imported = reader.finish(catalogue, &row.announced);
    if imported.rows == imported.refused {
        return Ok(Err(("import_incomplete", "no row of the file could be taken".to_owned())));
    }
    if row.announced.format == Format::GreenListCsv
        && let Some(lost) = lost(facts, &imported.entries)
    {
        let message = format!("the entry {} of {} is not in the file: end it by a change", lost.id, lost.list);
        return Ok(Err(("import_removes_entries", message)));
    }
    Ok(Ok((imported, row.announced.source)))
}

/// An entry of the lists of a file that the file does not have.
fn lost<'f>(facts: &'f Facts, imported: &[EntryFact]) -> Option<&'f EntryFact> {
    let of_list = |known: &&EntryFact| imported.iter().any(|entry| entry.list == known.list);
    let kept = |known: &EntryFact| imported.iter().any(|entry| (&entry.list, &entry.id) == (&known.list, &known.id));
    facts.entries.iter().filter(of_list).find(|known| !kept(known))
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

    async fn validate(&self, tx: &Tx, catalogue: &Catalogue, changes: &[Change]) -> Result<Vec<Finding>, DbErr> {
        Ok(self.outcome(tx, catalogue, changes).await?.findings)
    }

    fn tightens(&self, catalogue: &Catalogue, changes: &[Change]) -> Vec<Tightening> {
        change::tightening(catalogue, changes)
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
        let applies_from = changes.iter().filter_map(|change| match change {
            Change::PutEntry(entry) => entry.effective_from,
            Change::PutList(list) => list.effective_from,
            _ => None,
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
            applies_from: applies_from.min().filter(|day| *day > published),
            ..Description::default()
        }
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
        // Told here and not with the other steps: an import that is published is no longer one to publish.
        tell(tx, AlertKind::Published, change_set, (&catalogue, &outcome.delta), now).await?;
        store::publish_delta(tx, current + 1, outcome.delta, change_set, now).await?;
        for change in &change_set.changes {
            if let Change::PublishImport(id) = change {
                let from = [ImportState::Complete, ImportState::Proposed];
                let name = change_set.name.as_str();
                if !store::move_import(tx, id, &from, ImportState::Published, name, current + 1).await? {
                    return Err(tx.contended("the import was given up meanwhile"));
                }
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

    async fn diff(&self, _: &Tx, base: &Catalogue, changes: &[Change]) -> Result<Vec<EntryDiff>, DbErr> {
        Ok(change::diff(base, changes))
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
        match AlertKind::of(change_set).filter(|kind| *kind != AlertKind::Published) {
            Some(kind) => {
                let outcome = self.outcome(tx, before, &change_set.changes).await?;
                tell(tx, kind, change_set, (before, &outcome.delta), now).await
            }
            None => Ok(()),
        }
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
    let ids: Vec<String> = change_set
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::PublishImport(id) => Some(id.clone()),
            _ => None,
        })
        .collect();
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
