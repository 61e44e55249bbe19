//! Subscriptions, and the alerts that affect them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use futures_util::{Stream, stream};
use greenlane_platform::auth::Caller;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_store::{Store, StoreError, revision};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Affecting, Alert, Alerting, Concerns, Subscription, store};
use crate::error::{ChangeError, fault};
use crate::mutation::{self, Done, Mutation};
use crate::store::Cursor;

type Result<T> = std::result::Result<T, StoreError<ChangeError>>;

/// The most subscriptions of an owner.
const MAX_SUBSCRIPTIONS: u64 = 100;
/// Alerts that are read at a time.
const BATCH: u64 = 200;
/// Alerts of a stream that are looked up at a time.
const AHEAD: usize = 50;
/// Items of an alert that are told, and of a page after which no further alert is: an answer has to be carried.
const MAX_ITEMS: usize = 500;
const MAX_ITEMS_A_PAGE: usize = 2_000;

/// Keeps alerts and tells them.
pub struct Alerts<A: Alerting> {
    store: Store,
    clock: Clock,
    about: Arc<A>,
    look_ahead_days: u32,
    newest: watch::Sender<u64>,
    /// The revision and the day for which days that come were last looked for.
    looked: Mutex<Option<(u64, NaiveDate)>>,
}

/// An alert that affects somebody: those of its items that do, and whether that is certain.
#[derive(Clone, Debug)]
pub struct Told<I> {
    /// Its place.
    pub position: u64,
    /// The alert.
    pub alert: Alert<I>,
    /// Which of its items, as many as are told.
    pub concerns: Affecting,
    /// How many more there are.
    pub omitted: usize,
}

/// A part of what affects somebody.
#[derive(Debug)]
pub struct Page<I> {
    /// The alerts.
    pub told: Vec<Told<I>>,
    /// Up to where was looked.
    pub position: u64,
    /// Whether there are alerts after it.
    pub more: bool,
}

/// One message of a stream: an alert, or none as a bookmark.
#[derive(Debug)]
pub struct Message<I> {
    /// The alert.
    pub told: Option<Told<I>>,
    /// Up to where the stream has told.
    pub position: u64,
}

/// Whose the subscriptions of a caller are: its body's, else its economy's, else its own.
pub fn owner(caller: &Caller) -> String {
    match (caller.body(), caller.economy()) {
        (Some(body), _) => body.to_owned(),
        (None, Some(economy)) => format!("economies/{economy}"),
        (None, None) => format!("subjects/{}", caller.key()),
    }
}

impl<A: Alerting> Alerts<A> {
    /// Over the alerts in `store`. Days are told `look_ahead_days` before they come.
    pub fn new(store: Store, clock: Clock, about: Arc<A>, look_ahead_days: u32) -> Self {
        Self { store, clock, about, look_ahead_days, newest: watch::Sender::default(), looked: Mutex::default() }
    }

    /// What the alerts are about.
    pub fn about(&self) -> &A {
        &self.about
    }

    /// How many days before it a day is due.
    pub fn look_ahead_days(&self) -> u32 {
        self.look_ahead_days
    }

    /// The published revision.
    pub fn revision(&self) -> u64 {
        self.about.revision()
    }

    /// Subscribes.
    ///
    /// # Errors
    /// When the owner has as many as it may, or the database fails.
    pub async fn subscribe(
        &self,
        mutation: Mutation,
        title: String,
        interest: A::Interest,
    ) -> Result<(Subscription<A::Interest>, u64)> {
        let now = self.clock.now();
        let subscription = Subscription {
            name: format!("subscriptions/{}", Uuid::now_v7()),
            owner: owner(&mutation.caller),
            title,
            interest,
            created_at: now,
        };
        mutation::run(&self.store, "create_subscription", mutation, now, move |tx| {
            let subscription = subscription.clone();
            Box::pin(async move {
                if store::count(tx, &subscription.owner).await? >= MAX_SUBSCRIPTIONS {
                    return Err(ChangeError::NotHeard {
                        why: format!("there are {MAX_SUBSCRIPTIONS} already: delete one that is not needed"),
                        name: subscription.owner,
                        state: "full",
                        step: "subscribed for",
                    }
                    .into());
                }
                store::subscribe(tx, &subscription).await?;
                let revision = revision::current(tx, A::COUNTER).await?;
                let resource = subscription.name.clone();
                Ok(Done { answer: (subscription, revision), resource })
            })
        })
        .await
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// When there is none of that name or it is another's, or the database fails.
    pub async fn unsubscribe(&self, mutation: Mutation, name: String) -> Result<(Subscription<A::Interest>, u64)> {
        let owner = owner(&mutation.caller);
        mutation::run(&self.store, "delete_subscription", mutation, self.clock.now(), move |tx| {
            let (name, owner) = (name.clone(), owner.clone());
            Box::pin(async move {
                let subscription = own(store::subscription(tx, &name).await?, &name, &owner)?;
                store::unsubscribe(tx, &name).await?;
                let revision = revision::current(tx, A::COUNTER).await?;
                Ok(Done { answer: (subscription, revision), resource: name })
            })
        })
        .await
    }

    /// A subscription of the caller's.
    ///
    /// # Errors
    /// When there is none of that name or it is another's, or the database fails.
    pub async fn get(&self, caller: &Caller, name: &str) -> std::result::Result<Subscription<A::Interest>, Fault> {
        let wanted = name.to_owned();
        let found = self.store.read("get_subscription", move |tx| {
            let name = wanted.clone();
            Box::pin(async move { Ok(store::subscription(tx, &name).await?) })
        });
        let found = found.await.map_err(|error: StoreError| Fault::from(error))?;
        own(found, name, &owner(caller)).map_err(|error| fault(error.into()))
    }

    /// The caller's subscriptions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        caller: &Caller,
        after: Option<Cursor>,
        limit: u64,
    ) -> std::result::Result<Vec<Subscription<A::Interest>>, StoreError> {
        let owner = owner(caller);
        self.store
            .read("list_subscriptions", move |tx| {
                let (owner, after) = (owner.clone(), after.clone());
                Box::pin(async move { Ok(store::subscriptions(tx, &owner, after.as_ref(), limit).await?) })
            })
            .await
    }

    /// The alerts after a position that affect somebody. A page ends early when its alerts have many items.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(
        &self,
        interest: &A::Interest,
        after: u64,
        size: usize,
    ) -> std::result::Result<Page<A::Item>, StoreError> {
        let (mut told, mut items, mut position) = (Vec::new(), 0, after);
        loop {
            let from = position;
            let found = self
                .store
                .read("list_alerts", move |tx| Box::pin(async move { Ok(store::after(tx, from, BATCH).await?) }));
            let found: Vec<(u64, Alert<A::Item>)> = found.await?;
            let last = (found.len() as u64) < BATCH;
            let all: Vec<&A::Item> = found.iter().flat_map(|(_, alert)| &alert.items).collect();
            let mut each = self.about.concerns(&all, interest).await.into_iter();
            for (at, alert) in found {
                if told.len() == size || items >= MAX_ITEMS_A_PAGE {
                    return Ok(Page { told, position, more: true });
                }
                position = at;
                let its = each.by_ref().take(alert.items.len()).enumerate();
                let mut concerns: Affecting = its.filter(|(_, it)| *it != Concerns::No).collect();
                if !concerns.is_empty() {
                    let omitted = concerns.len().saturating_sub(MAX_ITEMS);
                    concerns.truncate(MAX_ITEMS);
                    items += concerns.len();
                    told.push(Told { position, alert, concerns, omitted });
                }
            }
            if last {
                return Ok(Page { told, position, more: false });
            }
        }
    }

    /// Streams what affects a subscription, after a position.
    pub fn watch(
        self: Arc<Self>,
        caller: Arc<Caller>,
        subscription: String,
        after: u64,
        bookmark_every: Duration,
    ) -> impl Stream<Item = std::result::Result<Message<A::Item>, Fault>> + Send {
        let newest = self.newest.subscribe();
        let watching = Watching { position: after, newest, ahead: VecDeque::new(), ended: false };
        stream::unfold(watching, move |mut watching| {
            let (alerts, caller, subscription) = (self.clone(), caller.clone(), subscription.clone());
            async move {
                if watching.ended {
                    return None;
                }
                let message = watching.next(&alerts, &caller, &subscription, bookmark_every).await;
                watching.ended = message.is_err();
                Some((message, watching))
            }
        })
    }

    /// Looks for days that have come within the look-ahead, once a day and a revision, and for the newest alert.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep(&self) -> std::result::Result<(), StoreError> {
        let (revision, today) = (self.about.revision(), self.clock.today());
        let mut looked = self.looked.lock().await;
        if *looked != Some((revision, today)) {
            let known = self.store.read("read_alert_day", |tx| Box::pin(async { Ok(store::looked_on(tx).await?) }));
            let first = known.await?.map_or(today, |day: NaiveDate| day.min(today));
            let last = today.checked_add_days(Days::new(self.look_ahead_days.into())).unwrap_or(today);
            let (revision, due) = self.about.due(first, last, self.clock.now());
            let due = Arc::new(due);
            let raise = self.store.write("raise_due_alerts", move |tx| {
                let due = due.clone();
                Box::pin(async move {
                    // Another replica may have published meanwhile: then it is looked again, in what is published.
                    let current = revision::current(tx, A::COUNTER).await? == revision;
                    if current {
                        store::append(tx, &due).await?;
                        store::look_on(tx, today).await?;
                    }
                    Ok(current)
                })
            });
            if raise.await? {
                *looked = Some((revision, today));
            }
        }
        drop(looked);
        let newest = self.store.read("read_newest_alert", |tx| Box::pin(async { Ok(store::newest(tx).await?) }));
        let newest = newest.await?;
        self.newest.send_if_modified(|known| std::mem::replace(known, newest) != newest);
        Ok(())
    }

    /// Keeps up with the days and the steps until told to stop.
    pub async fn follow(&self, interval: Duration, stop: CancellationToken) {
        let mut failing = false;
        while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            match self.keep().await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("alerts are kept again");
                }
                Ok(()) => {}
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "alerts cannot be kept; it is tried again");
                }
                Err(_) => {}
            }
        }
    }
}

/// The subscription, if it is there and the owner's.
fn own<I>(
    found: Option<Subscription<I>>,
    name: &str,
    owner: &str,
) -> std::result::Result<Subscription<I>, ChangeError> {
    let subscription = found.ok_or_else(|| ChangeError::NotFound(name.to_owned()))?;
    if subscription.owner == owner { Ok(subscription) } else { Err(ChangeError::NotAuthor(subscription.name)) }
}

/// Where a stream is.
struct Watching<I> {
    position: u64,
    newest: watch::Receiver<u64>,
    ahead: VecDeque<Told<I>>,
    ended: bool,
}

impl<I: Send> Watching<I> {
    async fn next<A: Alerting<Item = I>>(
        &mut self,
        alerts: &Alerts<A>,
        caller: &Caller,
        subscription: &str,
        bookmark_every: Duration,
    ) -> std::result::Result<Message<I>, Fault> {
        let bookmark_at = tokio::time::Instant::now() + bookmark_every;
        loop {
            if let Some(told) = self.ahead.pop_front() {
                return Ok(Message { position: told.position, told: Some(told) });
            }
            // Marked as seen before it is read, so that whatever comes meanwhile wakes again.
            self.newest.borrow_and_update();
            let subscription = alerts.get(caller, subscription).await?;
            let page = alerts.page(&subscription.interest, self.position, AHEAD).await?;
            self.position = page.position;
            self.ahead = page.told.into();
            if self.ahead.is_empty() && !page.more {
                let changed = tokio::time::timeout_at(bookmark_at, self.newest.changed()).await;
                if !matches!(changed, Ok(Ok(()))) {
                    return Ok(Message { told: None, position: self.position });
                }
            }
        }
    }
}
