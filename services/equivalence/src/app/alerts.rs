//! Subscriptions, and the alerts that affect them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use futures_util::{Stream, stream};
use greenlane_curation::{ChangeError, Cursor, Done, Mutation, Workflow, fault};
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_store::{Store, StoreError, revision};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::changes::CuratedCatalogue;
use super::recognition::Recogniser;
use crate::config::Config;
use crate::domain::alert::{self, Alert, Concerns, Interest, Subscription};
use crate::store::{REVISION, alerts, entries};

type Result<T> = std::result::Result<T, StoreError<ChangeError>>;

/// The most subscriptions of an owner.
const MAX_SUBSCRIPTIONS: u64 = 100;
/// Alerts that are read at a time.
const BATCH: u64 = 200;
/// Alerts of a stream that are looked up at a time.
const AHEAD: usize = 50;

/// Keeps alerts and tells them.
pub(crate) struct Alerts {
    store: Store,
    changes: Workflow<CuratedCatalogue>,
    recogniser: Recogniser,
    look_ahead_days: u32,
    newest: watch::Sender<u64>,
    /// The revision and the day for which days that come were last looked for.
    looked: Mutex<Option<(u64, NaiveDate)>>,
}

/// An alert that affects somebody: those of its items that do, and whether that is certain.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) position: u64,
    pub(crate) alert: Alert,
    pub(crate) concerns: Vec<(usize, Concerns)>,
}

/// A part of what affects somebody.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) told: Vec<Told>,
    /// Up to where was looked.
    pub(crate) position: u64,
    /// Whether there are alerts after it.
    pub(crate) more: bool,
}

/// One message of a stream: an alert, or none as a bookmark.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) told: Option<Told>,
    pub(crate) position: u64,
}

/// Whose the subscriptions of a caller are: its body's, else its economy's, else its own.
pub(crate) fn owner(caller: &Caller) -> String {
    match (caller.body(), caller.economy()) {
        (Some(body), _) => body.to_owned(),
        (None, Some(economy)) => format!("economies/{economy}"),
        (None, None) => format!("subjects/{}", caller.key()),
    }
}

impl Alerts {
    pub(crate) fn new(
        store: Store,
        changes: Workflow<CuratedCatalogue>,
        recogniser: Recogniser,
        config: &Config,
    ) -> Self {
        let look_ahead_days = config.alert_look_ahead_days();
        let newest = watch::Sender::default();
        Self { store, changes, recogniser, look_ahead_days, newest, looked: Mutex::default() }
    }

    /// How many days before it a day is due.
    pub(crate) fn look_ahead_days(&self) -> u32 {
        self.look_ahead_days
    }

    /// The catalogue's revision.
    pub(crate) fn revision(&self) -> u64 {
        self.recogniser.catalogues.current().catalogue.revision()
    }

    /// The names of markets, origins and schemes that the catalogue does not have.
    pub(crate) fn unknown(&self, interest: &Interest) -> Vec<String> {
        let loaded = self.recogniser.catalogues.current();
        let markets = interest.markets.iter().chain(&interest.origins).map(|it| it.name());
        let schemes = interest.schemes.iter().map(ToString::to_string);
        markets.chain(schemes).filter(|name| !loaded.catalogue.contains(name)).collect()
    }

    /// Subscribes.
    pub(crate) async fn subscribe(
        &self,
        mutation: Mutation,
        title: String,
        interest: Interest,
    ) -> Result<(Subscription, u64)> {
        let subscription = Subscription {
            name: format!("subscriptions/{}", Uuid::now_v7()),
            owner: owner(&mutation.caller),
            title,
            interest,
            created_at: self.changes.clock().now(),
        };
        self.changes
            .mutate("create_subscription", mutation, move |tx| {
                let subscription = subscription.clone();
                Box::pin(async move {
                    if alerts::count(tx, &subscription.owner).await? >= MAX_SUBSCRIPTIONS {
                        return Err(ChangeError::NotHeard {
                            why: format!("there are {MAX_SUBSCRIPTIONS} already: delete one that is not needed"),
                            name: subscription.owner,
                            state: "full",
                            step: "subscribed for",
                        }
                        .into());
                    }
                    alerts::subscribe(tx, &subscription).await?;
                    let revision = revision::current(tx, REVISION).await?;
                    let resource = subscription.name.clone();
                    Ok(Done { answer: (subscription, revision), resource })
                })
            })
            .await
    }

    /// Ends a subscription.
    pub(crate) async fn unsubscribe(&self, mutation: Mutation, name: String) -> Result<(Subscription, u64)> {
        let owner = owner(&mutation.caller);
        self.changes
            .mutate("delete_subscription", mutation, move |tx| {
                let (name, owner) = (name.clone(), owner.clone());
                Box::pin(async move {
                    let subscription = own(alerts::subscription(tx, &name).await?, &name, &owner)?;
                    alerts::unsubscribe(tx, &name).await?;
                    let revision = revision::current(tx, REVISION).await?;
                    Ok(Done { answer: (subscription, revision), resource: name })
                })
            })
            .await
    }

    /// A subscription of the caller's.
    pub(crate) async fn get(&self, caller: &Caller, name: &str) -> std::result::Result<Subscription, Fault> {
        let wanted = name.to_owned();
        let found = self.store.read("get_subscription", move |tx| {
            let name = wanted.clone();
            Box::pin(async move { Ok(alerts::subscription(tx, &name).await?) })
        });
        let found = found.await.map_err(|error: StoreError| Fault::from(error))?;
        own(found, name, &owner(caller)).map_err(|error| fault(error.into()))
    }

    /// The caller's subscriptions.
    pub(crate) async fn list(
        &self,
        caller: &Caller,
        after: Option<Cursor>,
        limit: u64,
    ) -> std::result::Result<Vec<Subscription>, StoreError> {
        let owner = owner(caller);
        self.store
            .read("list_subscriptions", move |tx| {
                let (owner, after) = (owner.clone(), after.clone());
                Box::pin(async move { Ok(alerts::subscriptions(tx, &owner, after.as_ref(), limit).await?) })
            })
            .await
    }

    /// The alerts after a position that affect somebody.
    pub(crate) async fn page(
        &self,
        interest: &Interest,
        after: u64,
        size: usize,
    ) -> std::result::Result<Page, StoreError> {
        let (mut told, mut position) = (Vec::new(), after);
        loop {
            let from = position;
            let found = self
                .store
                .read("list_alerts", move |tx| Box::pin(async move { Ok(alerts::after(tx, from, BATCH).await?) }));
            let found: Vec<(u64, Alert)> = found.await?;
            let last = (found.len() as u64) < BATCH;
            for (at, alert) in found {
                if told.len() == size {
                    return Ok(Page { told, position, more: true });
                }
                position = at;
                let concerns = self.concerns(&alert, interest).await;
                if !concerns.is_empty() {
                    told.push(Told { position, alert, concerns });
                }
            }
            if last {
                return Ok(Page { told, position, more: false });
            }
        }
    }

    /// Which items of an alert affect somebody.
    async fn concerns(&self, alert: &Alert, interest: &Interest) -> Vec<(usize, Concerns)> {
        let mut known = self.recogniser.translations.known(0);
        loop {
            let each = alert.items.iter().map(|item| interest.in_reach(&item.reach, &known));
            let concerns: Vec<_> = each.enumerate().filter(|(_, it)| *it != Concerns::No).collect();
            if !known.fetch().await {
                return concerns;
            }
        }
    }

    /// Streams what affects a subscription, after a position.
    pub(crate) fn watch(
        self: Arc<Self>,
        caller: Arc<Caller>,
        subscription: String,
        after: u64,
        bookmark_every: Duration,
    ) -> impl Stream<Item = std::result::Result<Message, Fault>> + Send {
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
    pub(crate) async fn keep(&self) -> std::result::Result<(), StoreError> {
        let (clock, loaded) = (self.changes.clock(), self.recogniser.catalogues.current());
        let (revision, today) = (loaded.catalogue.revision(), clock.today());
        let mut looked = self.looked.lock().await;
        if *looked != Some((revision, today)) {
            let known = self.store.read("read_alert_day", |tx| Box::pin(async { Ok(alerts::looked_on(tx).await?) }));
            let first = known.await?.map_or(today, |day: NaiveDate| day.min(today));
            let last = today.checked_add_days(Days::new(self.look_ahead_days.into())).unwrap_or(today);
            let due = Arc::new(alert::due(&loaded.catalogue, first, last, clock.now()));
            let raise = self.store.write("raise_due_alerts", move |tx| {
                let due = due.clone();
                Box::pin(async move {
                    // Another replica may have published meanwhile: then it is looked again, in what is published.
                    let current = entries::current_revision(tx).await? == revision;
                    if current {
                        alerts::append(tx, &due).await?;
                        alerts::look_on(tx, today).await?;
                    }
                    Ok(current)
                })
            });
            if raise.await? {
                *looked = Some((revision, today));
            }
        }
        drop(looked);
        let newest = self.store.read("read_newest_alert", |tx| Box::pin(async { Ok(alerts::newest(tx).await?) }));
        let newest = newest.await?;
        self.newest.send_if_modified(|known| std::mem::replace(known, newest) != newest);
        Ok(())
    }

    /// Keeps up with the days and the steps until told to stop.
    pub(crate) async fn follow(&self, interval: Duration, stop: CancellationToken) {
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
fn own(found: Option<Subscription>, name: &str, owner: &str) -> std::result::Result<Subscription, ChangeError> {
    let subscription = found.ok_or_else(|| ChangeError::NotFound(name.to_owned()))?;
    if subscription.owner == owner { Ok(subscription) } else { Err(ChangeError::NotAuthor(subscription.name)) }
}

/// Where a stream is.
struct Watching {
    position: u64,
    newest: watch::Receiver<u64>,
    ahead: VecDeque<Told>,
    ended: bool,
}

impl Watching {
    async fn next(
        &mut self,
        alerts: &Alerts,
        caller: &Caller,
        subscription: &str,
        bookmark_every: Duration,
    ) -> std::result::Result<Message, Fault> {
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
