//! What a service says of itself.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use greenlane_platform::auth::Caller;
use greenlane_store::{StoreError, Tx};
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::change_set::{ChangeSet, EntryDiff, Finding, Tightening};
use crate::error::{ChangeError, Owned};
use crate::notice::Description;

/// Something published that changes by change sets. Every method with a `tx` runs inside a step's transaction and must
/// be safe to run twice.
#[async_trait]
pub trait Curated: Send + Sync + 'static {
    /// One change.
    type Change: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The published state at a revision.
    type Catalogue: Send + Sync + 'static;

    /// Name of the revision counter.
    const COUNTER: &'static str;

    /// The published state at a revision, from memory where it is there.
    async fn catalogue(&self, tx: &Tx, revision: u64) -> Result<Arc<Self::Catalogue>, DbErr>;

    /// Each entry that changes with its owners, as it is and as it is to be, in the order of the changes; what is
    /// everybody's is left out.
    fn owned(&self, catalogue: &Self::Catalogue, changes: &[Self::Change]) -> Vec<Owned>;

    /// The same, with what only the database tells of what the changes bring: this is what is told of those who can take a
    /// step.
    ///
    /// # Errors
    /// When the database fails.
    async fn owned_and_brought(
        &self,
        _tx: &Tx,
        catalogue: &Self::Catalogue,
        changes: &[Self::Change],
    ) -> Result<Vec<Owned>, DbErr> {
        Ok(self.owned(catalogue, changes))
    }

    /// Whether the caller may change what is changed; otherwise what of it belongs to others.
    fn check_owners(
        &self,
        caller: &Caller,
        catalogue: &Self::Catalogue,
        changes: &[Self::Change],
    ) -> Result<(), Vec<Owned>> {
        let mut others = self.owned(catalogue, changes);
        others.retain(|it| !it.is_of(caller));
        if others.is_empty() { Ok(()) } else { Err(others) }
    }

    /// Whether the caller may bring these changes in, where only the database tells: asked when they are written, and not
    /// of those who review and publish what another has brought.
    ///
    /// # Errors
    /// When what a change is about belongs to somebody else, or the database fails.
    async fn check_brought(
        &self,
        _tx: &Tx,
        _caller: &Caller,
        _changes: &[Self::Change],
    ) -> Result<(), StoreError<ChangeError>> {
        Ok(())
    }

    /// Whether the caller may take a step on a change set that another has brought, but for its author's withdrawing it; with
    /// what [`under_order`](Self::under_order) finds, which it has looked up.
    ///
    /// # Errors
    /// When it belongs to somebody else, when the caller has an interest in it, or when the database fails.
    async fn check_step(
        &self,
        _tx: &Tx,
        caller: &Caller,
        catalogue: &Self::Catalogue,
        change_set: &ChangeSet<Self::Change>,
    ) -> Result<Vec<Finding>, StoreError<ChangeError>> {
        self.check_owners(caller, catalogue, &change_set.changes).map_err(ChangeError::Foreign)?;
        Ok(Vec::new())
    }

    /// What of a change set changes what a proceeding has ordered, so that the step of whoever has a part in that is refused
    /// by [`check_step`](Self::check_step): told when it is validated and proposed,
    /// [`UNDER_ORDER`](crate::change_set::UNDER_ORDER).
    ///
    /// # Errors
    /// When the database fails.
    async fn under_order(
        &self,
        _tx: &Tx,
        _catalogue: &Self::Catalogue,
        _change_set: &ChangeSet<Self::Change>,
    ) -> Result<Vec<Finding>, DbErr> {
        Ok(Vec::new())
    }

    /// What the changes of a change set that a proceeding orders are upon the entries as they are now, where they were
    /// written upon those of an earlier revision.
    ///
    /// # Errors
    /// When the database fails.
    async fn carried_over(
        &self,
        _tx: &Tx,
        change_set: &ChangeSet<Self::Change>,
        _base: u64,
        _now: &Self::Catalogue,
    ) -> Result<Carried<Self::Change>, DbErr> {
        Ok(Ok(change_set.changes.clone()))
    }

    /// What another service finds wrong with changes. Asked outside of every transaction, when they are drafted, validated
    /// and proposed; what cannot be told is [`UNCHECKED`](crate::change_set::UNCHECKED).
    async fn validate_elsewhere(&self, _changes: &[Self::Change]) -> Vec<Finding> {
        Vec::new()
    }

    /// Everything that is wrong with changes on top of a catalogue.
    async fn validate(
        &self,
        tx: &Tx,
        catalogue: &Self::Catalogue,
        changes: &[Self::Change],
    ) -> Result<Vec<Finding>, DbErr>;

    /// Every change by which somebody could lose access that they have; when in doubt, it is one.
    fn tightens(&self, catalogue: &Self::Catalogue, changes: &[Self::Change]) -> Vec<Tightening>;

    /// The same, with what only the database tells of what the changes bring: this is what a step asks.
    async fn tightening(
        &self,
        _tx: &Tx,
        catalogue: &Self::Catalogue,
        changes: &[Self::Change],
    ) -> Result<Vec<Tightening>, DbErr> {
        Ok(self.tightens(catalogue, changes))
    }

    /// Which of the changes that tighten access do so from a day before `earliest`, the first on which they can be
    /// published: [`BEFORE_HEARD`](crate::change_set::BEFORE_HEARD).
    fn before_heard(
        &self,
        _catalogue: &Self::Catalogue,
        _changes: &[Self::Change],
        _earliest: NaiveDate,
    ) -> Vec<Finding> {
        Vec::new()
    }

    /// What a notification says of the changes; `published` is the first day on which they can be.
    fn describe(&self, catalogue: &Self::Catalogue, changes: &[Self::Change], published: NaiveDate) -> Description;

    /// The same, with what only the database tells of what the changes bring: this is what is notified.
    async fn description(
        &self,
        _tx: &Tx,
        catalogue: &Self::Catalogue,
        changes: &[Self::Change],
        published: NaiveDate,
    ) -> Result<Description, DbErr> {
        Ok(self.describe(catalogue, changes, published))
    }

    /// Writes the change set's changes as revision `current + 1`. The transaction holds the counter, which is at
    /// `current` and is moved afterwards.
    async fn publish(
        &self,
        tx: &Tx,
        current: u64,
        change_set: &ChangeSet<Self::Change>,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr>;

    /// The changes that undo published ones.
    ///
    /// # Errors
    /// [`ChangeError::ChangedSince`] when that would undo later changes too.
    async fn undo(
        &self,
        tx: &Tx,
        reverted: Reverted<'_, Self::Catalogue, Self::Change>,
    ) -> Result<Vec<Self::Change>, StoreError<ChangeError>>;

    /// What changes do to entries, one by one in their order.
    async fn diff(&self, tx: &Tx, base: &Self::Catalogue, changes: &[Self::Change]) -> Result<Vec<EntryDiff>, DbErr>;

    /// Which of the changes, by their places, are of entries that have changed since a revision, unless they are now what
    /// the change makes of them.
    async fn changed_since(
        &self,
        tx: &Tx,
        base: u64,
        now: &Self::Catalogue,
        changes: &[Self::Change],
    ) -> Result<Vec<usize>, DbErr> {
        let base = self.catalogue(tx, base).await?;
        let (was, is) = (self.diff(tx, &base, changes).await?, self.diff(tx, now, changes).await?);
        let moved = was
            .iter()
            .zip(&is)
            .enumerate()
            .filter(|(_, (was, is))| was.before_json != is.before_json && is.before_json != is.after_json);
        Ok(moved.map(|(place, _)| place).collect())
    }

    /// The resource name of the entry that a change is about.
    fn entry_name(change: &Self::Change) -> String;

    /// Called in each step's transaction after the change set was written, so that what follows from a step is written
    /// with it or not at all. `before` is what was published before the step.
    async fn stepped(
        &self,
        _tx: &Tx,
        _change_set: &ChangeSet<Self::Change>,
        _before: &Self::Catalogue,
        _now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        Ok(())
    }

    /// Called after a revision was published here, so that this replica need not wait for its next look.
    async fn published(&self);
}

/// Changes upon the entries as they are now, or the places of those that cannot be carried over to them.
pub type Carried<C> = Result<Vec<C>, Vec<usize>>;

/// A published change set, and the states around it.
#[derive(Debug)]
pub struct Reverted<'a, K, C> {
    /// The change set.
    pub change_set: &'a ChangeSet<C>,
    /// What was published before it.
    pub before: &'a K,
    /// What it published.
    pub after: &'a K,
    /// What is published now.
    pub now: &'a K,
}
