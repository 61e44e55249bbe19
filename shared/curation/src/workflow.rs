//! The use cases: each step one transaction.

use std::sync::Arc;

use chrono::NaiveDate;
use greenlane_platform::clock::Clock;
use greenlane_store::{Body, Store, StoreError, Tx, revision};
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::change_set::{
    Actor, Answer, ChangeSet, Checked, Comment, Draft, EntryDiff, Finding, NO_COMMON_OWNER, Review, State, Update,
};
use crate::curated::{Curated, Reverted};
use crate::error::{ChangeError, Owned, belongs};
use crate::mutation::{self, Done, Mutation};
use crate::notice;
use crate::store::{self, Cursor};

/// A step on an existing change set.
#[derive(Clone, Debug)]
pub enum Step {
    /// Its author proposes it.
    Propose,
    /// It is notified, or its comment period extended; none means sixty days.
    Notify {
        /// The last day for comments.
        comments_until: Option<NaiveDate>,
    },
    /// Somebody else approves or rejects it.
    Review {
        /// Approve, or reject.
        approve: bool,
        /// Why.
        comment: String,
    },
    /// Somebody else than its author publishes it.
    Publish,
    /// Its author takes it back.
    Withdraw {
        /// Why.
        comment: String,
    },
}

/// Which change sets a list is of.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// Of this author; empty means all.
    pub author: String,
}

/// The workflow over one curated catalogue.
pub struct Workflow<S> {
    store: Store,
    curated: Arc<S>,
    clock: Clock,
}

impl<S> Clone for Workflow<S> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), curated: self.curated.clone(), clock: self.clock.clone() }
    }
}

/// What another service found, and the etag of the change set that it was asked about.
#[derive(Clone, Debug, Default)]
struct Elsewhere {
    etag: String,
    findings: Vec<Finding>,
}

type Result<T> = std::result::Result<T, StoreError<ChangeError>>;

/// The longest title.
const MAX_TITLE_CHARS: usize = 300;

impl<S: Curated> Workflow<S> {
    /// Over `curated`, whose change sets are in `store`.
    pub fn new(store: Store, curated: Arc<S>, clock: Clock) -> Self {
        Self { store, curated, clock }
    }

    /// What is curated.
    pub fn curated(&self) -> &Arc<S> {
        &self.curated
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Drafts a change set.
    pub async fn create(&self, mutation: Mutation, draft: Draft<S::Change>) -> Result<Answer<S::Change>> {
        let now = self.clock.now();
        let name = new_name();
        let caller = mutation.caller.clone();
        let curated = self.curated.clone();
        self.mutate("create_change_set", mutation, move |tx| {
            let (name, draft, caller, curated) = (name.clone(), draft.clone(), caller.clone(), curated.clone());
            Box::pin(async move {
                let revision = revision::current(tx, S::COUNTER).await?;
                let catalogue = curated.catalogue(tx, revision).await?;
                curated.check_owners(&caller, &catalogue, &draft.changes).map_err(ChangeError::Foreign)?;
                curated.check_brought(tx, &caller, &draft.changes).await?;
                let mut change_set = ChangeSet::draft(name, &Actor::from(&*caller), draft, now);
                change_set.base_revision = Some(revision);
                store::insert(tx, &change_set).await?;
                Ok(done(change_set, revision, Checked::default()))
            })
        })
        .await
    }

    /// Replaces what a draft consists of.
    pub async fn update(
        &self,
        mutation: Mutation,
        name: String,
        etag: String,
        update: Update<S::Change>,
    ) -> Result<Answer<S::Change>> {
        let caller = mutation.caller.clone();
        let curated = self.curated.clone();
        self.mutate("update_change_set", mutation, move |tx| {
            let (name, etag, update) = (name.clone(), etag.clone(), update.clone());
            let (caller, curated) = (caller.clone(), curated.clone());
            Box::pin(async move {
                let revision = revision::current(tx, S::COUNTER).await?;
                let mut change_set = find(tx, &name).await?;
                change_set.check_etag(&etag)?;
                let rewritten = update.changes.is_some();
                change_set.update(&Actor::from(&*caller), update)?;
                if rewritten {
                    change_set.base_revision = Some(revision);
                }
                let catalogue = curated.catalogue(tx, revision).await?;
                curated.check_owners(&caller, &catalogue, &change_set.changes).map_err(ChangeError::Foreign)?;
                curated.check_brought(tx, &caller, &change_set.changes).await?;
                store::replace(tx, &change_set).await?;
                Ok(done(change_set, revision, Checked::default()))
            })
        })
        .await
    }

    /// Takes a step.
    pub async fn step(&self, mutation: Mutation, name: String, etag: String, step: Step) -> Result<Answer<S::Change>> {
        let publishes = matches!(step, Step::Publish) && !mutation.validate_only;
        let caller = mutation.caller.clone();
        let this = self.clone();
        let elsewhere = match step {
            Step::Propose => self.elsewhere(&name).await?,
            _ => Elsewhere::default(),
        };
        let answer = self
            .mutate("step_change_set", mutation, move |tx| {
                let (this, name, etag, step) = (this.clone(), name.clone(), etag.clone(), step.clone());
                let (caller, elsewhere) = (caller.clone(), elsewhere.clone());
                Box::pin(async move {
                    // Publishing takes the lock first, so that what it validates against stays as it is.
                    let revision = match step {
                        Step::Publish => revision::lock(tx, S::COUNTER).await?,
                        _ => revision::current(tx, S::COUNTER).await?,
                    };
                    let change_set: ChangeSet<S::Change> = find(tx, &name).await?;
                    let catalogue = this.curated.catalogue(tx, revision).await?;
                    let under_order = match step {
                        Step::Withdraw { .. } => Vec::new(),
                        _ => this.curated.check_step(tx, &caller, &catalogue, &change_set).await?,
                    };
                    change_set.check_etag(&etag)?;
                    change_set.check_etag(&elsewhere.etag)?;
                    let actor = Actor::from(&*caller);
                    let published = (&*catalogue, revision);
                    let found = (elsewhere.findings, under_order);
                    let taken = this.take(tx, step, found, change_set, &actor, published).await;
                    let Answer { change_set, revision, checked } = taken?;
                    // What is ordered may have been carried over to entries as they are now.
                    if change_set.ordered_by.is_empty() {
                        store::update(tx, &change_set).await?;
                    } else {
                        store::replace(tx, &change_set).await?;
                    }
                    this.curated.stepped(tx, &change_set, &catalogue, this.clock.now()).await?;
                    Ok(done(change_set, revision, checked))
                })
            })
            .await?;
        if publishes {
            self.curated.published().await;
        }
        Ok(answer)
    }

    async fn take(
        &self,
        tx: &Tx,
        step: Step,
        (elsewhere, under_order): (Vec<Finding>, Vec<Finding>),
        mut change_set: ChangeSet<S::Change>,
        actor: &Actor,
        (catalogue, revision): (&S::Catalogue, u64),
    ) -> Result<Answer<S::Change>> {
        let now = self.clock.now();
        let curated = &self.curated;
        let mut checked = Checked::default();
        let matters = match &step {
            Step::Propose | Step::Publish | Step::Review { approve: true, .. } => true,
            Step::Notify { .. } => !change_set.ordered_by.is_empty(),
            Step::Review { approve: false, .. } | Step::Withdraw { .. } => false,
        };
        let moved = if matters { self.lay(tx, &mut change_set, catalogue, revision).await? } else { Vec::new() };
        match step {
            Step::Propose => {
                let mut findings = curated.validate(tx, catalogue, &change_set.changes).await?;
                findings.extend(elsewhere);
                findings.extend(moved);
                change_set.propose(actor, &findings, now)?;
                findings.extend(under_order);
                checked = self.checked(tx, &change_set, catalogue, findings).await?;
            }
            Step::Notify { comments_until } => {
                let tightening = curated.tightening(tx, catalogue, &change_set.changes).await?;
                let until = change_set.comments_until(comments_until, !tightening.is_empty(), now.date_naive())?;
                if change_set.notification.is_some() {
                    change_set.extend(until, now);
                } else {
                    let published = until.succ_opt().unwrap_or(until);
                    let described = curated.description(tx, catalogue, &change_set.changes, published).await?;
                    // What a proceeding orders is a measure of the economies whose entries it changes, not of its panel; of
                    // what belongs to nobody, of none.
                    let ordered = !change_set.ordered_by.is_empty();
                    let economies = match actor.economy.as_str() {
                        _ if ordered => described.economies.clone(),
                        "" => described.economies.clone(),
                        economy => vec![economy.to_owned()],
                    };
                    // Of several economies it is the symbol of none.
                    let one = if let [one] = &economies[..] { one.as_str() } else { "" };
                    let symbol = symbol(tx, one).await?;
                    let from = (&*symbol, &economies[..]);
                    let text = notice::text(&change_set, from, actor, &described, &tightening, until);
                    let urgent = !change_set.urgency_reason.is_empty();
                    let articles = described.matters.articles(urgent).into_iter().map(str::to_owned).collect();
                    change_set.notify(symbol, articles, text, until, now);
                }
            }
            Step::Review { approve, comment } => {
                let tightening = match approve {
                    true => curated.tightening(tx, catalogue, &change_set.changes).await?,
                    false => Vec::new(),
                };
                let review = Review { reviewer: actor.subject.clone(), approved: approve, comment, at: now };
                change_set.review(actor, review, &tightening, &moved)?;
            }
            Step::Publish => {
                let mut findings = curated.validate(tx, catalogue, &change_set.changes).await?;
                findings.extend(moved);
                let tightening = curated.tightening(tx, catalogue, &change_set.changes).await?;
                change_set.publish(actor, &findings, &tightening, revision + 1, now)?;
                curated.publish(tx, revision, &change_set, now).await?;
                let revision = revision::next(tx, S::COUNTER).await?;
                return Ok(Answer { change_set, revision, checked });
            }
            Step::Withdraw { comment } => change_set.withdraw(actor, comment, now)?,
        }
        Ok(Answer { change_set, revision, checked })
    }

    /// Lays a change set upon what is published now. Of entries that have changed since it was written it would undo that,
    /// and nobody has seen it do so: these are found. What a proceeding orders nobody need write anew, or whoever lost
    /// could put it off for ever by a change of its own: it is carried over to the entries as they are, and found is only
    /// what cannot be.
    async fn lay(
        &self,
        tx: &Tx,
        change_set: &mut ChangeSet<S::Change>,
        catalogue: &S::Catalogue,
        revision: u64,
    ) -> std::result::Result<Vec<Finding>, DbErr> {
        let Some(base) = change_set.base_revision.filter(|base| *base < revision) else { return Ok(Vec::new()) };
        let moved = if change_set.ordered_by.is_empty() {
            self.curated.changed_since(tx, base, catalogue, &change_set.changes).await?
        } else if change_set.is_over() {
            Vec::new()
        } else {
            match self.curated.carried_over(tx, change_set, base, catalogue).await? {
                Ok(changes) => {
                    (change_set.changes, change_set.base_revision) = (changes, Some(revision));
                    Vec::new()
                }
                Err(places) => places,
            }
        };
        let finding = |index: usize| {
            let entry = S::entry_name(&change_set.changes[index]);
            let message = format!(
                "`{entry}` has changed since revision {base}, upon which this was written: to publish it would undo that. \
                 Write it anew upon revision {revision}"
            );
            Finding { code: "entry_changed".into(), index, entry, field: String::new(), message }
        };
        Ok(moved.into_iter().map(finding).collect())
    }

    /// Drafts and proposes a change set within a transaction of the service's own: what the proceeding `ordered_by` has
    /// decided. `heard` says that those concerned were heard there; `elsewhere` is what another service found, asked
    /// before the transaction.
    pub async fn propose_in(
        &self,
        tx: &Tx,
        actor: &Actor,
        draft: Draft<S::Change>,
        (ordered_by, heard): (String, bool),
        elsewhere: Vec<Finding>,
    ) -> Result<Answer<S::Change>> {
        let now = self.clock.now();
        let revision = revision::current(tx, S::COUNTER).await?;
        let catalogue = self.curated.catalogue(tx, revision).await?;
        let mut findings = self.curated.validate(tx, &catalogue, &draft.changes).await?;
        findings.extend(elsewhere);
        let mut change_set = ChangeSet::draft(new_name(), actor, draft, now);
        change_set.heard_in = if heard { ordered_by.clone() } else { String::new() };
        change_set.ordered_by = ordered_by;
        change_set.base_revision = Some(revision);
        change_set.propose(actor, &findings, now)?;
        store::insert(tx, &change_set).await?;
        let checked = self.checked(tx, &change_set, &catalogue, findings).await?;
        Ok(Answer { change_set, revision, checked })
    }

    async fn checked(
        &self,
        tx: &Tx,
        change_set: &ChangeSet<S::Change>,
        catalogue: &S::Catalogue,
        mut findings: Vec<Finding>,
    ) -> std::result::Result<Checked, DbErr> {
        let tightening = self.curated.tightening(tx, catalogue, &change_set.changes).await?;
        let duty = change_set.duty(&tightening, self.clock.today());
        let is_heard_here = !tightening.is_empty() && change_set.heard_in.is_empty();
        if let Some(earliest) = duty.earliest.filter(|_| is_heard_here) {
            findings.extend(self.curated.before_heard(catalogue, &change_set.changes, earliest));
        }
        if duty.earliest.is_some() && change_set.heard_in.is_empty() && change_set.ordered_by.is_empty() {
            let owned = self.curated.owned_and_brought(tx, catalogue, &change_set.changes).await?;
            findings.extend(no_common_owner::<S>(&change_set.changes, owned));
        }
        Ok(Checked { findings, tightening, duty })
    }

    /// Where a change set stands, within a transaction of the service's own.
    pub async fn state_in(&self, tx: &Tx, name: &str) -> Result<State> {
        find::<S::Change>(tx, name).await.map(|change_set| change_set.state)
    }

    /// Drafts a change set that undoes a published one, urgently where `urgency_reason` says why. To undo what opened
    /// access tightens it, and is open for comments as long as any change that does.
    pub async fn revert(
        &self,
        mutation: Mutation,
        name: String,
        reason: String,
        urgency_reason: String,
    ) -> Result<Answer<S::Change>> {
        let now = self.clock.now();
        let draft_name = new_name();
        let caller = mutation.caller.clone();
        let curated = self.curated.clone();
        self.mutate("revert_change_set", mutation, move |tx| {
            let (name, reason, draft_name) = (name.clone(), reason.clone(), draft_name.clone());
            let (caller, curated, urgency_reason) = (caller.clone(), curated.clone(), urgency_reason.clone());
            Box::pin(async move {
                let revision = revision::current(tx, S::COUNTER).await?;
                let published: ChangeSet<S::Change> = find(tx, &name).await?;
                published.check_published()?;
                let at = published.published_revision;
                let now_published = curated.catalogue(tx, revision).await?;
                let before = curated.catalogue(tx, at.saturating_sub(1)).await?;
                let after = curated.catalogue(tx, at).await?;
                let reverted =
                    Reverted { change_set: &published, before: &*before, after: &*after, now: &*now_published };
                let changes = curated.undo(tx, reverted).await?;
                curated.check_owners(&caller, &now_published, &changes).map_err(ChangeError::Foreign)?;
                let title = format!("Revert: {}", published.title).chars().take(MAX_TITLE_CHARS).collect();
                let draft = Draft { title, reason, urgency_reason, changes };
                let mut change_set = ChangeSet::draft(draft_name, &Actor::from(&*caller), draft, now);
                change_set.base_revision = Some(revision);
                change_set.reverts = published.name;
                store::insert(tx, &change_set).await?;
                Ok(done(change_set, revision, Checked::default()))
            })
        })
        .await
    }

    /// Comments on a notified change set. Gives the comment and the published revision.
    pub async fn comment(&self, mutation: Mutation, name: String, text: String) -> Result<(Comment, u64)> {
        let now = self.clock.now();
        let actor = Actor::from(&*mutation.caller);
        let id = Uuid::now_v7().to_string();
        self.mutate("comment_on_change_set", mutation, move |tx| {
            let comment = Comment {
                id: id.clone(),
                author: actor.subject.clone(),
                economy: actor.economy.clone(),
                text: text.clone(),
                at: now,
            };
            let name = name.clone();
            Box::pin(async move {
                let change_set: ChangeSet<S::Change> = find(tx, &name).await?;
                change_set.check_open(now.date_naive())?;
                store::comment(tx, &name, &comment).await?;
                let revision = revision::current(tx, S::COUNTER).await?;
                Ok(Done { answer: (comment, revision), resource: name })
            })
        })
        .await
    }

    /// Comments on a change set, oldest first.
    pub async fn comments(&self, name: String, after: Option<Cursor>, limit: u64) -> Result<Vec<Comment>> {
        self.read("list_change_comments", move |tx| {
            let (name, after) = (name.clone(), after.clone());
            Box::pin(async move {
                find::<S::Change>(tx, &name).await?;
                Ok(store::comments(tx, &name, after.as_ref(), limit).await?)
            })
        })
        .await
    }

    /// A change set.
    pub async fn get(&self, name: String) -> Result<ChangeSet<S::Change>> {
        self.read("get_change_set", move |tx| {
            let name = name.clone();
            Box::pin(async move { find(tx, &name).await })
        })
        .await
    }

    /// Change sets, newest first, without their changes.
    pub async fn list(&self, filter: Filter, after: Option<Cursor>, limit: u64) -> Result<Vec<ChangeSet<S::Change>>> {
        self.read("list_change_sets", move |tx| {
            let (filter, after) = (filter.clone(), after.clone());
            Box::pin(async move { Ok(store::list(tx, filter.state, &filter.author, after.as_ref(), limit).await?) })
        })
        .await
    }

    /// What is found of a change set on top of what is published, and the revision of that.
    pub async fn validate(&self, name: String) -> Result<(Checked, u64)> {
        let change_set = self.get(name).await?;
        self.check(change_set).await
    }

    /// The same of a change set that need not be stored.
    pub async fn check(&self, change_set: ChangeSet<S::Change>) -> Result<(Checked, u64)> {
        let elsewhere = self.curated.validate_elsewhere(&change_set.changes).await;
        let this = self.clone();
        let (mut checked, revision) = self
            .read("check_changes", move |tx| {
                let (mut change_set, this) = (change_set.clone(), this.clone());
                Box::pin(async move {
                    let revision = revision::current(tx, S::COUNTER).await?;
                    let catalogue = this.curated.catalogue(tx, revision).await?;
                    let moved = this.lay(tx, &mut change_set, &catalogue, revision).await?;
                    let mut findings = this.curated.validate(tx, &catalogue, &change_set.changes).await?;
                    findings.extend(moved);
                    findings.extend(this.curated.under_order(tx, &catalogue, &change_set).await?);
                    Ok((this.checked(tx, &change_set, &catalogue, findings).await?, revision))
                })
            })
            .await?;
        checked.findings.extend(elsewhere);
        Ok((checked, revision))
    }

    /// What another service finds wrong with a change set that is about to be proposed. One that is not there, or no draft
    /// any more, is for the step to refuse.
    async fn elsewhere(&self, name: &str) -> Result<Elsewhere> {
        match self.get(name.to_owned()).await {
            Ok(change_set) if change_set.state == State::Draft => Ok(Elsewhere {
                etag: change_set.etag(),
                findings: self.curated.validate_elsewhere(&change_set.changes).await,
            }),
            Ok(_) | Err(StoreError::Domain(_)) => Ok(Elsewhere::default()),
            Err(error) => Err(error),
        }
    }

    /// What a change set did, or would do, entry by entry, and the revision that it is compared with: the one that it
    /// was published upon, or the current one.
    pub async fn diff(&self, name: String) -> Result<(Vec<EntryDiff>, u64)> {
        let this = self.clone();
        self.read("diff_change_set", move |tx| {
            let (name, this) = (name.clone(), this.clone());
            Box::pin(async move {
                let (change_set, catalogue, base) = this.upon(tx, &name).await?;
                Ok((this.curated.diff(tx, &catalogue, &change_set.changes).await?, base))
            })
        })
        .await
    }

    /// A change set as it would be published now, or was, with what is, or was, published before it, and the revision of
    /// that.
    pub async fn upon(&self, tx: &Tx, name: &str) -> Result<(ChangeSet<S::Change>, Arc<S::Catalogue>, u64)> {
        let mut change_set: ChangeSet<S::Change> = find(tx, name).await?;
        let base = match change_set.published_revision {
            0 => revision::current(tx, S::COUNTER).await?,
            published => published - 1,
        };
        let catalogue = self.curated.catalogue(tx, base).await?;
        if !change_set.ordered_by.is_empty() {
            self.lay(tx, &mut change_set, &catalogue, base).await?;
        }
        Ok((change_set, catalogue, base))
    }

    /// Runs a mutation of the service's own the way steps are run: idempotent, audited, in one transaction.
    pub async fn mutate<T, F>(&self, name: &'static str, mutation: Mutation, body: F) -> Result<T>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, Done<T>, ChangeError> + Clone + Send + Sync + 'static,
    {
        mutation::run(&self.store, name, mutation, self.clock.now(), body).await
    }

    async fn read<T, F>(&self, name: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, ChangeError> + Send + Sync + 'static,
    {
        self.store.read(name, body).await
    }
}

fn new_name() -> String {
    format!("changeSets/{}", Uuid::now_v7())
}

/// That no token of one economy or body is good for all entries, said at the first that has no owner in common with those
/// before it.
fn no_common_owner<S: Curated>(changes: &[S::Change], owned: Vec<Owned>) -> Option<Finding> {
    let mut common = owned.first()?.owners.clone();
    let entry = owned.iter().find_map(|it| {
        common.retain(|owner| it.owners.contains(owner));
        common.is_empty().then(|| it.entry.clone())
    })?;
    let message = format!(
        "no token of one economy or body can take a step of this: {}. Propose them apart, or by tokens of scope `admin` that \
         name no economy",
        belongs(&owned)
    );
    let index = changes.iter().position(|change| S::entry_name(change) == entry).unwrap_or_default();
    Some(Finding { code: NO_COMMON_OWNER.into(), index, entry, field: String::new(), message })
}

fn done<C>(change_set: ChangeSet<C>, revision: u64, checked: Checked) -> Done<Answer<C>> {
    let resource = change_set.name.clone();
    Done { answer: Answer { change_set, revision, checked }, resource }
}

async fn find<C: DeserializeOwned>(tx: &Tx, name: &str) -> Result<ChangeSet<C>> {
    store::get(tx, name).await?.ok_or_else(|| ChangeError::NotFound(name.to_owned()).into())
}

/// The next symbol of an economy's notifications.
async fn symbol(tx: &Tx, economy: &str) -> Result<String> {
    let number = revision::next(tx, &format!("notification/{economy}")).await?;
    Ok(if economy.is_empty() { format!("GL/N/{number}") } else { format!("GL/N/{economy}/{number}") })
}
