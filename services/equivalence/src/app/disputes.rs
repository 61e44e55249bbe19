//! Disputes: each step one transaction.

mod opening;
mod watch;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_curation::{
    Actor as Author, ChangeError, Checked, Curated as _, Cursor, Done, Draft, Finding, Mutation, State, Workflow,
};
use greenlane_platform::auth::Caller;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_store::{Store, StoreError, Tx, revision};
use serde::{Deserialize, Serialize};
use tokio::sync::watch::Sender;
use uuid::Uuid;

use super::changes::CuratedCatalogue;
use super::recognition::Recogniser;
use crate::domain::change::Change;
use crate::domain::dispute::{self, Actor, Dispute, Evidence, Matter, Member, Statement, Subject, Vote};
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::{Detail, Question};
use crate::store::disputes::Wanted;
use crate::store::entries::Loaded;
use crate::store::{REVISION, disputes};

pub(crate) use self::watch::Followed;

type Result<T> = std::result::Result<T, StoreError<ChangeError>>;

/// What a new dispute consists of.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) subject: Subject,
    /// The question of a challenged decision.
    pub(crate) question: Option<Question>,
    pub(crate) grounds: String,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) fast_track_reason: String,
    pub(crate) interim_effect_reason: String,
}

/// A step on a dispute.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Answer { text: String, evidence: Vec<Evidence> },
    Object { text: String, evidence: Vec<Evidence> },
    Appoint { members: Vec<Member> },
    Vote { matter: Matter, uphold: bool, finding: String },
    Apply { matter: Matter, changes: Vec<Change> },
    Close { text: String },
    Withdraw { text: String },
}

/// A dispute after a step, the revision then, and the change set that the step drew up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) dispute: Dispute,
    pub(crate) revision: u64,
    pub(crate) drawn_up: DrawnUp,
}

/// The change set that a step drew up, and what was found of it; its name is empty when it drew up none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DrawnUp {
    pub(crate) change_set: String,
    pub(crate) checked: Checked,
}

/// Takes the steps.
#[derive(Clone)]
pub(crate) struct Disputes {
    pub(crate) store: Store,
    pub(crate) changes: Workflow<CuratedCatalogue>,
    pub(crate) recogniser: Recogniser,
    /// The position of the newest step that is known here.
    pub(crate) newest: Arc<Sender<u64>>,
}

impl Disputes {
    /// The time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.changes.clock().now()
    }

    /// The catalogue's revision.
    pub(crate) fn revision(&self) -> u64 {
        self.recogniser.catalogues.current().catalogue.revision()
    }

    /// Fails unless the decision comes out with its identifier when it is decided again.
    pub(crate) async fn check_decision(
        &self,
        subject: &Subject,
        question: &Question,
    ) -> std::result::Result<(), Fault> {
        let Subject::Decision { id, revision, classification_revision, .. } = subject else { return Ok(()) };
        let loaded = self.recogniser.catalogue(Consistency::Exactly(*revision)).await?;
        let again = self.recogniser.decide(&loaded, question, *classification_revision, Detail::Outcome).await;
        if again.id.to_string() == *id {
            return Ok(());
        }
        let why = format!("the question has the decision {} at that revision", again.id);
        Err(Fault::invalid("dispute.subject.decision.decision_id", why))
    }

    /// Opens a dispute.
    pub(crate) async fn open(&self, mutation: Mutation, challenge: Challenge) -> Result<Answer> {
        let (now, name) = (self.now(), format!("disputes/{}", Uuid::now_v7()));
        let this = self.clone();
        let caller = mutation.caller.clone();
        self.changes
            .mutate("open_dispute", mutation, move |tx| {
                let (this, challenge, name, caller) = (this.clone(), challenge.clone(), name.clone(), caller.clone());
                Box::pin(async move {
                    let (loaded, revision) = this.loaded(tx).await?;
                    let dispute = opening::opened(name, challenge, &caller, &loaded, now)?;
                    disputes::insert(tx, &dispute).await?;
                    let resource = dispute.name.clone();
                    Ok(Done { answer: Answer { dispute, revision, drawn_up: DrawnUp::default() }, resource })
                })
            })
            .await
    }

    /// Takes a step.
    pub(crate) async fn step(&self, mutation: Mutation, name: String, etag: String, step: Step) -> Result<Answer> {
        let now = self.now();
        let this = self.clone();
        let caller = mutation.caller.clone();
        // What an outcome changes is given, and its codes may be anything; the rest is drawn up from what is there.
        let elsewhere = match &step {
            Step::Apply { matter: Matter::Outcome, changes } => {
                self.changes.curated().validate_elsewhere(changes).await
            }
            _ => Vec::new(),
        };
        self.changes
            .mutate("step_dispute", mutation, move |tx| {
                let (this, name, etag, step) = (this.clone(), name.clone(), etag.clone(), step.clone());
                let (caller, elsewhere) = (caller.clone(), elsewhere.clone());
                Box::pin(async move {
                    let (loaded, revision) = this.loaded(tx).await?;
                    let found = disputes::get(tx, &name).await?;
                    let mut dispute = found.ok_or_else(|| ChangeError::NotFound(name.clone()))?;
                    dispute.check_etag(&etag)?;
                    let version = dispute.version;
                    let by = (&*caller, now);
                    let drawn_up = this.take(tx, step, elsewhere, &mut dispute, by, &loaded).await?;
                    disputes::update(tx, &dispute, version).await?;
                    Ok(Done { answer: Answer { dispute, revision, drawn_up }, resource: name })
                })
            })
            .await
    }

    async fn take(
        &self,
        tx: &Tx,
        step: Step,
        elsewhere: Vec<Finding>,
        dispute: &mut Dispute,
        (caller, now): (&Caller, DateTime<Utc>),
        loaded: &Loaded,
    ) -> Result<DrawnUp> {
        let catalogue = &loaded.catalogue;
        let by = actor(caller, loaded);
        let interest = || interest(dispute, loaded);
        let state =
            |text: String, evidence: Vec<Evidence>| Statement { by: by.clone(), text, evidence, at: now, late: false };
        match step {
            Step::Answer { text, evidence } => dispute.answer(state(text, evidence))?,
            Step::Object { text, evidence } => dispute.object(state(text, evidence))?,
            Step::Appoint { members } => {
                let interest = interest();
                let (economy, known) = (|body: &str| economy_of(body, loaded), |code: &str| is_economy(code, loaded));
                dispute.appoint(by, members, &interest, &economy, &known, now)?;
            }
            Step::Vote { matter, uphold, finding } => {
                let interest = interest();
                let vote = Vote { member: by.subject.clone(), matter, uphold, finding, at: now, lapsed: false };
                dispute.vote(by, vote, &interest)?;
            }
            Step::Apply { matter, changes } => {
                dispute.check_may_apply(&by, matter, now)?;
                self.check_none_pending(tx, dispute, now).await?;
                let changes = dispute::applied(dispute, matter, changes, catalogue, now.date_naive())?;
                let draft = Draft {
                    title: title(dispute, matter),
                    reason: dispute.grounds.clone(),
                    urgency_reason: match matter {
                        Matter::Interim => dispute.interim_effect_reason.clone(),
                        Matter::Outcome => dispute.fast_track_reason.clone(),
                    },
                    changes,
                };
                // What the panel orders meanwhile cannot wait for comments; what is to last is open to them as any change.
                let ordered_by = (dispute.name.clone(), matter == Matter::Interim);
                let author = Author::from(caller);
                let made = self.changes.propose_in(tx, &author, draft, ordered_by, elsewhere).await?;
                let change_set = made.change_set.name;
                dispute.apply(by, matter, change_set.clone(), now);
                return Ok(DrawnUp { change_set, checked: made.checked });
            }
            Step::Close { text } => {
                self.check_over(tx, dispute, loaded, now).await?;
                let interest = interest();
                let carried_out = self.is_carried_out(tx, dispute).await?;
                dispute.close(by, text, &interest, carried_out, now)?;
            }
            Step::Withdraw { text } => {
                self.check_over(tx, dispute, loaded, now).await?;
                dispute.withdraw(by, text, now)?;
            }
        }
        Ok(DrawnUp::default())
    }

    /// Fails while something of the dispute may yet be published, and while an interim effect is to be ended.
    async fn check_over(&self, tx: &Tx, dispute: &Dispute, loaded: &Loaded, now: DateTime<Utc>) -> Result<()> {
        self.check_none_pending(tx, dispute, now).await?;
        if !dispute::still_contested(dispute, &loaded.catalogue) {
            return Ok(());
        }
        Err(ChangeError::NotHeard {
            name: dispute.name.clone(),
            state: dispute.state(now.date_naive()).as_str(),
            step: "ended",
            why: "an interim effect stands: the panel decides the outcome, and applying it ends the effect".to_owned(),
        }
        .into())
    }

    /// Whether a change set that applies its outcome is published.
    async fn is_carried_out(&self, tx: &Tx, dispute: &Dispute) -> Result<bool> {
        for (_, name) in dispute.change_sets.iter().filter(|(matter, _)| *matter == Matter::Outcome) {
            if self.changes.state_in(tx, name).await? == State::Published {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Fails while a change set of the dispute may yet be published.
    async fn check_none_pending(&self, tx: &Tx, dispute: &Dispute, now: DateTime<Utc>) -> Result<()> {
        for (_, name) in &dispute.change_sets {
            let state = self.changes.state_in(tx, name).await?;
            if !matches!(state, State::Published | State::Rejected | State::Withdrawn) {
                return Err(ChangeError::NotHeard {
                    name: dispute.name.clone(),
                    state: dispute.state(now.date_naive()).as_str(),
                    step: "taken further",
                    why: format!("{name} is {}", state.as_str()),
                }
                .into());
            }
        }
        Ok(())
    }

    /// A dispute.
    pub(crate) async fn get(&self, name: String) -> Result<Dispute> {
        self.store
            .read("get_dispute", move |tx| {
                let name = name.clone();
                Box::pin(async move {
                    let found = disputes::get(tx, &name).await?;
                    found.ok_or_else(|| ChangeError::NotFound(name).into())
                })
            })
            .await
    }

    /// Disputes, newest first.
    pub(crate) async fn list(
        &self,
        wanted: Wanted,
        after: Option<Cursor>,
        limit: u64,
    ) -> std::result::Result<Vec<Dispute>, StoreError> {
        self.store
            .read("list_disputes", move |tx| {
                let (wanted, after) = (wanted.clone(), after.clone());
                Box::pin(async move { Ok(disputes::list(tx, &wanted, after.as_ref(), limit).await?) })
            })
            .await
    }

    async fn loaded(&self, tx: &Tx) -> Result<(Arc<Loaded>, u64)> {
        let revision = revision::current(tx, REVISION).await?;
        Ok((self.changes.curated().catalogue(tx, revision).await?, revision))
    }
}

fn title(dispute: &Dispute, matter: Matter) -> String {
    let what = match matter {
        Matter::Interim => "Interim effect",
        Matter::Outcome => "Outcome",
    };
    format!("{what} of {} on {}", dispute.name, dispute.subject.reference())
}

/// Who calls. The economy of its body is its own too.
pub(super) fn actor(caller: &Caller, loaded: &Loaded) -> Actor {
    let of_body = || economy_of(caller.body()?, loaded);
    Actor {
        subject: caller.subject().to_owned(),
        body: caller.body().map(str::to_owned),
        economy: caller.economy().map(str::to_owned).or_else(of_body),
    }
}

fn economy_of(body: &str, loaded: &Loaded) -> Option<String> {
    let found = loaded.catalogue.bodies.get(&BodyKey::parse(body).ok()?)?;
    Some(found.economy.as_str().to_owned())
}

fn is_economy(code: &str, loaded: &Loaded) -> bool {
    let key = EconomyCode::parse(code).ok();
    key.and_then(|key| loaded.catalogue.economies.get(&key)).is_some_and(|it| !it.bloc)
}

/// Whether the catalogue knows an economy or bloc, and so to what it belongs.
pub(super) fn is_known(code: &str, loaded: &Loaded) -> bool {
    EconomyCode::parse(code).is_ok_and(|key| loaded.catalogue.economies.contains_key(&key))
}

/// Everybody with a part in a dispute.
pub(super) fn interest(dispute: &Dispute, loaded: &Loaded) -> BTreeSet<String> {
    dispute.parties.with_an_interest(&dispute.challenger, &loaded.catalogue)
}
