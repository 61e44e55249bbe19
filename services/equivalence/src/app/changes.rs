//! The catalogue as what changes by change sets.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use greenlane_curation::alerts::{self, AlertKind};
use greenlane_curation::{ChangeError, ChangeSet, Curated, Description, EntryDiff, Finding, Reverted, Tightening};
use greenlane_platform::auth::Caller;
use greenlane_store::{StoreError, Tx};
use sea_orm::DbErr;

use super::catalogue::Catalogues;
use super::nomenclature::Nomenclature;
use crate::domain::alert;
use crate::domain::change::{self, Change, View};
use crate::domain::owners::owners;
use crate::store::entries::{self, Loaded};

/// The catalogue, curated.
pub(crate) struct CuratedCatalogue {
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) nomenclature: Nomenclature,
}

#[async_trait]
impl Curated for CuratedCatalogue {
    type Change = Change;
    type Catalogue = Loaded;

    const COUNTER: &'static str = crate::store::REVISION;

    async fn catalogue(&self, tx: &Tx, revision: u64) -> Result<Arc<Loaded>, DbErr> {
        match self.catalogues.known(revision) {
            Some(known) => Ok(known),
            None => entries::load(tx, revision).await.map(Arc::new),
        }
    }

    /// A caller changes what belongs to its economy, or to its body: as it is and as it is to be. Without an economy in
    /// its token only the scope `admin` may change what belongs to another.
    fn check_owners(&self, caller: &Caller, loaded: &Loaded, changes: &[Change]) -> Result<(), String> {
        let owned = |owners: &[String]| {
            let is = |claim: Option<&str>| claim.is_some_and(|claim| owners.iter().any(|owner| owner == claim));
            owners.is_empty()
                || is(caller.economy())
                || is(caller.body())
                || (caller.economy().is_none() && caller.is_admin())
        };
        let as_is = |name: &str| loaded.catalogue.entry(name);
        let view = View::new(&loaded.catalogue, changes);
        let to_be = |name: &str| view.find(name);
        for change in changes {
            let before = as_is(&change.entry_name()).map(|entry| owners(&entry, &as_is));
            let after = match change {
                Change::Upsert(entry) => Some(owners(entry, &to_be)),
                Change::Retire(_) => None,
            };
            for owners in before.iter().chain(&after) {
                if !owned(owners) {
                    return Err(owners.join(", "));
                }
            }
        }
        Ok(())
    }

    async fn validate_elsewhere(&self, changes: &[Change]) -> Vec<Finding> {
        self.nomenclature.findings(&self.catalogues.current().catalogue, changes).await
    }

    async fn validate(&self, _: &Tx, loaded: &Loaded, changes: &[Change]) -> Result<Vec<Finding>, DbErr> {
        Ok(change::validate(&loaded.catalogue, changes))
    }

    fn tightens(&self, loaded: &Loaded, changes: &[Change]) -> Vec<Tightening> {
        change::tightening(&loaded.catalogue, changes)
    }

    fn describe(&self, loaded: &Loaded, changes: &[Change]) -> Description {
        change::describe(&loaded.catalogue, changes)
    }

    async fn publish(
        &self,
        tx: &Tx,
        current: u64,
        change_set: &ChangeSet<Change>,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        entries::write(tx, current, &change_set.changes, &change_set.name, now).await
    }

    async fn undo(
        &self,
        _: &Tx,
        reverted: Reverted<'_, Loaded, Change>,
    ) -> Result<Vec<Change>, StoreError<ChangeError>> {
        let Reverted { change_set, before, after, now } = reverted;
        change::undo(&before.catalogue, &after.catalogue, &now.catalogue, &change_set.changes)
            .map_err(|entries| ChangeError::ChangedSince { name: change_set.name.clone(), entries }.into())
    }

    async fn diff(&self, _: &Tx, base: &Loaded, changes: &[Change]) -> Result<Vec<EntryDiff>, DbErr> {
        Ok(change::diff(&base.catalogue, changes))
    }

    async fn changed_since(&self, tx: &Tx, base: u64, now: &Loaded, changes: &[Change]) -> Result<Vec<usize>, DbErr> {
        let names = changes.iter().map(Change::entry_name).collect();
        let moved = entries::changed_since(tx, base, names).await?;
        let undoes = |change: &Change| {
            let name = change.entry_name();
            let becomes = match change {
                Change::Upsert(entry) => Some(entry),
                Change::Retire(_) => None,
            };
            moved.contains(&name) && now.catalogue.entry(&name).as_ref() != becomes
        };
        Ok(changes.iter().enumerate().filter(|(_, it)| undoes(it)).map(|(place, _)| place).collect())
    }

    fn entry_name(change: &Change) -> String {
        change.entry_name()
    }

    async fn stepped(
        &self,
        tx: &Tx,
        change_set: &ChangeSet<Change>,
        before: &Loaded,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        match AlertKind::of(change_set) {
            Some(kind) => alerts::append(tx, &[alert::of_change_set(kind, change_set, &before.catalogue, now)]).await,
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
