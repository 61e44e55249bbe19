//! Health that tells the truth: NOT_SERVING until a probe has succeeded, and again before a drain.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::metrics::Gauge;
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::service::{Health, Probe};

/// What is known of a server's health; shared by gRPC health, the admin listener and the drain.
#[derive(Clone, Debug)]
pub struct HealthState {
    reporter: HealthReporter,
    inner: Arc<Mutex<Inner>>,
    serving: watch::Sender<bool>,
    /// What was published last, by gRPC name. Held from looking at what is known until that is published: of two who
    /// publish at once the later one must not be overtaken by what the earlier one saw.
    published: Arc<tokio::sync::Mutex<BTreeMap<&'static str, bool>>>,
    /// 1 while every service can serve.
    gauge: Gauge<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By service: its gRPC services and its last result.
    services: BTreeMap<&'static str, (Vec<&'static str>, Health)>,
    /// Background work that ended before its time: cured by a restart only.
    dead: Option<String>,
    draining: bool,
}

impl Inner {
    /// Whether each gRPC service can serve; under the empty name, whether all can.
    fn statuses(&self) -> BTreeMap<&'static str, bool> {
        let blocked = self.draining || self.dead.is_some();
        let each = self.services.values();
        let all = !blocked && each.clone().all(|(_, health)| health.is_ok());
        each.flat_map(|(grpc, health)| grpc.iter().map(|grpc| (*grpc, !blocked && health.is_ok())))
            .chain([("", all)])
            .collect()
    }
}

impl HealthState {
    /// Health of a server with these services, all NOT_SERVING.
    pub(super) async fn new(services: impl IntoIterator<Item = (&'static str, Vec<&'static str>)>) -> Self {
        let reporter = HealthReporter::new();
        // tonic begins with SERVING for the whole server.
        reporter.set_service_status("", ServingStatus::NotServing).await;
        let mut inner = Inner::default();
        for (name, grpc) in services {
            for grpc in &grpc {
                reporter.set_service_status(grpc, ServingStatus::NotServing).await;
            }
            inner.services.insert(name, (grpc, Err("starting".to_owned())));
        }
        let inner = Arc::new(Mutex::new(inner));
        let gauge = opentelemetry::global::meter("greenlane.server")
            .u64_gauge("greenlane.server.serving")
            .with_description("1 while health says SERVING, 0 otherwise.")
            .build();
        gauge.record(0, &[]);
        Self { reporter, inner, serving: watch::Sender::new(false), published: Arc::default(), gauge }
    }

    pub(super) fn reporter(&self) -> HealthReporter {
        self.reporter.clone()
    }

    /// Whether every service can serve.
    pub fn is_serving(&self) -> bool {
        *self.serving.borrow()
    }

    /// Waits until every service can serve.
    pub async fn serving(&self) {
        // The sender lives as long as this value.
        let _ = self.serving.subscribe().wait_for(|serving| *serving).await;
    }

    /// Why the server cannot serve, one line for each cause.
    pub fn causes(&self) -> Vec<String> {
        let inner = self.lock();
        let mut causes: Vec<_> = inner
            .services
            .iter()
            .filter_map(|(name, (_, health))| health.as_ref().err().map(|cause| format!("{name}: {cause}")))
            .chain(inner.dead.clone())
            .collect();
        if inner.draining {
            causes.push("draining".to_owned());
        }
        causes
    }

    /// Whether only a restart can help: background work has ended before its time.
    pub fn is_dead(&self) -> bool {
        self.lock().dead.is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn set(&self, service: &'static str, health: Health) {
        let changed = {
            let mut inner = self.lock();
            let Some((_, last)) = inner.services.get_mut(service) else { return };
            let changed = *last != health;
            *last = health.clone();
            changed
        };
        if changed {
            match &health {
                Ok(()) => tracing::info!(service, "health: SERVING"),
                Err(cause) => tracing::warn!(service, cause, "health: NOT_SERVING"),
            }
            self.publish().await;
        }
    }

    /// Publishes what is known where it differs from what was published last.
    async fn publish(&self) {
        let mut published = self.published.lock().await;
        let now = self.lock().statuses();
        let all = now.get("").copied().unwrap_or_default();
        for (grpc, serving) in &now {
            // Everything begins as NOT_SERVING. Noted before it is done: who is cancelled in between leaves behind
            // that it may be done, and the drain then undoes it.
            if published.insert(grpc, *serving).unwrap_or_default() != *serving {
                let status = if *serving { ServingStatus::Serving } else { ServingStatus::NotServing };
                self.reporter.set_service_status(grpc, status).await;
            }
        }
        self.gauge.record(all.into(), &[]);
        self.serving.send_replace(all);
    }

    /// Flips everything to NOT_SERVING for good: the server drains.
    pub(super) async fn drain(&self) {
        self.lock().draining = true;
        tracing::info!(cause = "draining", "health: NOT_SERVING");
        self.publish().await;
    }

    /// Flips everything to NOT_SERVING for good: background work has ended before its time.
    pub(super) async fn died(&self, cause: String) {
        tracing::error!(cause, "health: NOT_SERVING until restarted");
        self.lock().dead = Some(cause);
        self.publish().await;
    }

    /// Probes a service again and again.
    pub(super) async fn watch(self, service: &'static str, probe: Probe, interval: Duration, timeout: Duration) {
        loop {
            let health = match tokio::time::timeout(timeout, tokio::spawn(probe())).await {
                Ok(Ok(health)) => health,
                Ok(Err(panic)) => Err(format!("the probe panicked: {panic}")),
                Err(_) => Err(format!("the probe took more than {} ms", timeout.as_millis())),
            };
            self.set(service, health).await;
            tokio::time::sleep(interval).await;
        }
    }
}

#[cfg(test)]
mod tests;
