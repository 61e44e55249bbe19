//! The catalogue as what changes by change sets.

mod held;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, Utc};
use greenlane_curation::alerts::{self, AlertKind};
use greenlane_curation::{
    Carried, ChangeError, ChangeSet, Curated, Description, EntryDiff, Finding, Owned, Reverted, Tightening,
};
use greenlane_platform::auth::Caller;
use greenlane_platform::clock::Clock;
use greenlane_store::{StoreError, Tx};
use sea_orm::DbErr;

use self::held::Held;
use super::catalogue::Catalogues;
use super::disputes;
use super::nomenclature::Nomenclature;
use crate::domain::alert;
use crate::domain::change::{self, Change, UNDO_DAYS, View};
use crate::domain::dispute::{self, Dispute, Hold};
use crate::domain::owners::owners;
use crate::store;
use crate::store::entries::{self, Loaded};

/// The catalogue, curated.
pub(crate) struct CuratedCatalogue {
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) nomenclature: Nomenclature,
    pub(crate) clock: Clock,
}

/// The dispute whose panel orders a change set, if one does.
async fn ordering(tx: &Tx, change_set: &ChangeSet<Change>) -> Result<Option<Dispute>, DbErr> {
    // Of an interim effect that was drawn up before this was noted, those concerned are heard there.
    let by = [&change_set.ordered_by, &change_set.heard_in].into_iter().find(|name| !name.is_empty());
    match by {
        Some(name) => store::disputes::get(tx, name).await,
        None => Ok(None),
    }
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

    fn owned(&self, loaded: &Loaded, changes: &[Change]) -> Vec<Owned> {
        let as_is = |name: &str| loaded.catalogue.entry(name);
        let view = View::new(&loaded.catalogue, changes);
        let to_be = |name: &str| view.find(name);
        let of = |change: &Change| {
            let entry = change.entry_name();
            let before = as_is(&entry).map(|entry| owners(&entry, &as_is));
            let after = match change {
                Change::Upsert(entry) => Some(owners(entry, &to_be)),
                Change::Retire(_) => None,
            };
            let mut all: Vec<_> = before.into_iter().chain(after).filter(|owners| !owners.is_empty()).collect();
            all.dedup();
            all.into_iter().map(move |owners| Owned { entry: entry.clone(), owners })
        };
        changes.iter().flat_map(of).collect()
    }

    /// What a dispute's panel orders is reviewed and published by those who have no part in the dispute, and by nobody who
    /// has one: of what belongs to who has a part, by its panel and by any economy without one; the rest by its owners. So
    /// is what gives back what a panel took away, which its author may propose; and nobody with a part in a dispute
    /// touches the record of its contestation. Told is what a dispute holds.
    async fn check_step(
        &self,
        tx: &Tx,
        caller: &Caller,
        loaded: &Loaded,
        change_set: &ChangeSet<Change>,
    ) -> Result<Vec<Finding>, StoreError<ChangeError>> {
        let mut findings = Vec::new();
        let mut others = self.owned(loaded, &change_set.changes);
        others.retain(|it| !it.is_of(caller));
        let by = disputes::actor(caller, loaded);
        let from_elsewhere = by.economy.as_ref().is_some_and(|it| disputes::is_known(it, loaded));
        // Of all entries, or of one.
        let mut leave_to_others = |dispute: &Dispute, interest: &BTreeSet<String>, entry: Option<&str>| {
            if dispute.is_of_panel(&by) || from_elsewhere {
                let is_held = |it: &Owned| entry.is_none_or(|entry| it.entry == entry);
                others.retain(|it| !(is_held(it) && it.owners.iter().any(|owner| interest.contains(owner))));
            }
        };
        if let Some(dispute) = ordering(tx, change_set).await? {
            let interest = disputes::interest(&dispute, loaded);
            dispute.check_may_carry_out(&by, &interest)?;
            leave_to_others(&dispute, &interest, None);
        } else {
            let is_author = caller.subject() == change_set.author;
            for it in held::held(tx, loaded, &change_set.changes).await? {
                findings.push(it.finding());
                let interest = disputes::interest(&it.dispute, loaded);
                match it.hold {
                    Hold::Record => {}
                    Hold::GivesBack if is_author => continue,
                    Hold::GivesBack => leave_to_others(&it.dispute, &interest, Some(&it.entry)),
                }
                it.dispute.check_may_change(&by, &interest, &it.entry, it.hold)?;
            }
        }
        if others.is_empty() { Ok(findings) } else { Err(ChangeError::Foreign(others).into()) }
    }

    async fn under_order(
        &self,
        tx: &Tx,
        loaded: &Loaded,
        change_set: &ChangeSet<Change>,
    ) -> Result<Vec<Finding>, DbErr> {
        if ordering(tx, change_set).await?.is_some() {
            return Ok(Vec::new());
        }
        Ok(held::held(tx, loaded, &change_set.changes).await?.iter().map(Held::finding).collect())
    }

    async fn carried_over(
        &self,
        tx: &Tx,
        change_set: &ChangeSet<Change>,
        base: u64,
        now: &Loaded,
    ) -> Result<Carried<Change>, DbErr> {
        let (base, now) = (self.catalogue(tx, base).await?, &now.catalogue);
        let carried = change::carry(&base.catalogue, now, &change_set.changes);
        let (Ok(changes), Some(dispute)) = (&carried, ordering(tx, change_set).await?) else { return Ok(carried) };
        let anew = dispute::applied_anew(&dispute, &change_set.name, changes, now, change_set.created_at.date_naive());
        Ok(anew.map_err(|_| (0..change_set.changes.len()).collect()))
    }

    async fn validate_elsewhere(&self, changes: &[Change]) -> Vec<Finding> {
        self.nomenclature.findings(&self.catalogues.current().catalogue, changes).await
    }

    async fn validate(&self, _: &Tx, loaded: &Loaded, changes: &[Change]) -> Result<Vec<Finding>, DbErr> {
        Ok(change::validate(&loaded.catalogue, changes))
    }

    fn tightens(&self, loaded: &Loaded, changes: &[Change]) -> Vec<Tightening> {
        // Who takes a body back that was added lately brings back what was: its coming took what it took without waiting.
        let first = self.clock.today() - Days::new(UNDO_DAYS);
        let undoes = |entry: &str| loaded.added_on.get(entry).is_some_and(|on| *on >= first);
        let undone = changes.iter().filter(|it| it.becomes().is_none()).map(Change::entry_name);
        let undone: BTreeSet<String> = undone.filter(|entry| undoes(entry)).collect();
        let mut all = change::tightening(&loaded.catalogue, changes);
        all.retain(|it| !undone.contains(&it.entry));
        all
    }

    fn before_heard(&self, loaded: &Loaded, changes: &[Change], earliest: NaiveDate) -> Vec<Finding> {
        change::before_heard(&loaded.catalogue, changes, earliest)
    }

    fn describe(&self, loaded: &Loaded, changes: &[Change], published: NaiveDate) -> Description {
        change::describe(&loaded.catalogue, changes, published)
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
