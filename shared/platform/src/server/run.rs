//! Serving and draining.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::edge::Client;
use super::gate::Gate;
use super::io::Io;
use super::{Background, HealthState, ServeError, Server};
use crate::audit::Peer;

/// The pause after a failure to accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What background work may take to end once it is told to.
const BACKGROUND_GRACE: Duration = Duration::from_millis(700);

impl Server {
    /// Serves until `shutdown` is cancelled, then drains within the configured deadline: health flips first, then no
    /// connection is accepted, watches are ended, calls finish, and what is left at the deadline is cut.
    ///
    /// # Errors
    /// None at present; a listener that fails is tried again.
    pub async fn serve(mut self, shutdown: CancellationToken) -> Result<(), ServeError> {
        let stop_background = CancellationToken::new();
        let mut background = spawn_background(std::mem::take(&mut self.background), &stop_background, &self.health);
        let mut probes = self.spawn_probes();
        let admin = self.admin.take().map(|(listener, address)| {
            tracing::info!(%address, "the admin listener is up");
            tokio::spawn(super::admin::serve(listener, self.health.clone()))
        });
        tracing::info!(address = %self.address, tls = self.tls.is_some(), "listening");

        let tasks = TaskTracker::new();
        let gate = Gate::new(self.config.max_connections);
        self.accept(&shutdown, &tasks, &gate).await;

        let began = Instant::now();
        probes.shutdown().await;
        self.health.drain().await;
        self.accept_for_a_while(&tasks, &gate).await;
        self.drain(tasks).await;

        stop_background.cancel();
        let stopped = tokio::time::timeout(BACKGROUND_GRACE, async { while background.join_next().await.is_some() {} });
        if stopped.await.is_err() {
            tracing::warn!("background work did not stop in time and is cut");
            background.abort_all();
        }
        if let Some(admin) = admin {
            admin.abort();
        }
        tracing::info!(elapsed_ms = began.elapsed().as_millis(), "drained");
        Ok(())
    }

    fn spawn_probes(&mut self) -> JoinSet<()> {
        let interval = Duration::from_millis(self.config.probe_interval_ms);
        let timeout = Duration::from_millis(self.config.probe_timeout_ms);
        let mut probes = JoinSet::new();
        for (service, probe) in self.probes.drain(..) {
            probes.spawn(self.health.clone().watch(service, probe, interval, timeout));
        }
        probes
    }

    /// Keeps accepting between the flip of health and the end of the listener, so that a load balancer can notice.
    async fn accept_for_a_while(&mut self, tasks: &TaskTracker, gate: &Gate) {
        let delay = Duration::from_millis(self.config.drain_delay_ms);
        if !delay.is_zero() {
            let over = CancellationToken::new();
            let timer = over.clone();
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                timer.cancel();
            });
            self.accept(&over, tasks, gate).await;
        }
    }

    /// Ends all connections: politely, then by force.
    async fn drain(self, tasks: TaskTracker) {
        let deadline = Instant::now() + self.config.drain_deadline();
        let halfway = Instant::now() + self.config.drain_deadline() / 2;
        drop((self.listener, self.pipes));
        tasks.close();
        self.edge.drain.endless.cancel();
        self.connections.drain.cancel();
        if timeout_at(halfway, tasks.wait()).await.is_ok() {
            return;
        }
        self.edge.drain.streams.cancel();
        if timeout_at(deadline, tasks.wait()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "the drain's deadline has passed: connections are cut");
            self.connections.abort.cancel();
            tasks.wait().await;
        }
    }

    /// Accepts until `stop`.
    async fn accept(&mut self, stop: &CancellationToken, tasks: &TaskTracker, gate: &Gate) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, remote)) => self.spawn_tcp(stream, remote, tasks, gate),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(pipe) = self.pipes.recv() => {
                    let client = Client { peer: Peer(Arc::from("in-process")), address: None, certificate: None };
                    let (io, received) = Io::pipe(pipe);
                    let (connections, edge) = (self.connections.clone(), self.edge.clone());
                    tasks.spawn(async move { connections.serve(edge, client, io, received).await });
                }
            }
        }
    }

    fn spawn_tcp(&self, stream: TcpStream, remote: SocketAddr, tasks: &TaskTracker, gate: &Gate) {
        let metrics = self.edge.metrics.clone();
        let Some(pass) = gate.enter() else {
            metrics.refused.add(1, &[KeyValue::new("limit", "connections")]);
            return;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let peer = Peer(Arc::from(remote.to_string()));
        let mut client = Client { peer, address: Some(remote.ip()), certificate: None };
        let (connections, edge, tls) = (self.connections.clone(), self.edge.clone(), self.tls.clone());
        tasks.spawn(async move {
            metrics.connections.add(1, &[]);
            let established = match tls {
                None => Some(Io::tcp(stream)),
                Some(tls) => {
                    let handshake = tokio::time::timeout(connections.handshake_timeout(), tls.accept(stream));
                    tokio::select! {
                        done = handshake => done.ok().and_then(Result::ok).map(|stream| {
                            client.certificate = super::tls::client_certificate(&stream);
                            Io::tls(stream)
                        }),
                        () = connections.drain.cancelled() => None,
                    }
                }
            };
            if let Some((io, received)) = established {
                connections.serve(edge, client, io, received).await;
            }
            metrics.connections.add(-1, &[]);
            drop(pass);
        });
    }
}

/// Starts the background work; if some ends before it is told to, the server is no longer healthy.
fn spawn_background(
    work: Vec<(&'static str, Background)>,
    stop: &CancellationToken,
    health: &HealthState,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for (name, work) in work {
        let (stop, health) = (stop.clone(), health.clone());
        tasks.spawn(async move {
            let ended = AbortOnDropHandle::new(tokio::spawn(work(stop.clone()))).await;
            if !stop.is_cancelled() {
                let why = ended.err().map_or("it returned".to_owned(), |error| error.to_string());
                health.died(format!("background work {name} ended: {why}")).await;
            }
        });
    }
    tasks
}
