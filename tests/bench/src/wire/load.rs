//! A measurement: so many connections, so many calls in flight on each, for so long.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::try_join_all;
use tokio::net::TcpStream;

use super::connection::paced::{Paced, run_all};
use super::connection::{Connection, Window};
use super::histogram::Histogram;
use super::hpack::RequestBlocks;
use crate::cpu::{self, Disturbed, Pause};

/// How long after its end a measurement may still wait for answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is sent, and what a right answer is.
pub trait Requests {
    /// Appends the next request's message to `out` and returns its number.
    fn message(&self, out: &mut Vec<u8>) -> u64;

    /// Looks at the answer to request `number`.
    ///
    /// # Errors
    /// When the answer is not what that request should get: the measurement is then worth nothing and stops.
    fn check(&self, number: u64, answer: &[u8]) -> anyhow::Result<()>;

    /// Appends a whole call's body: one message, unless the method takes a stream of them.
    ///
    /// # Errors
    /// When a message is longer than gRPC can say.
    fn body(&self, out: &mut Vec<u8>) -> anyhow::Result<u64> {
        framed(out, |out| self.message(out))
    }

    /// Looks at the whole body of the answer to call `number`.
    ///
    /// # Errors
    /// As [`Requests::check`].
    fn check_body(&self, number: u64, body: &[u8]) -> anyhow::Result<()> {
        self.check(number, body.get(PREFIX_BYTES..).context("a short message")?)
    }
}

/// What stands before a message: a byte that says that it is not compressed, and its length.
pub(crate) const PREFIX_BYTES: usize = 5;

/// Writes a message as gRPC sends it.
pub(crate) fn framed<T>(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> T) -> anyhow::Result<T> {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX_BYTES]);
    let written = write(out);
    let length = u32::try_from(out.len() - start - PREFIX_BYTES)?;
    out[start + 1..start + PREFIX_BYTES].copy_from_slice(&length.to_be_bytes());
    Ok(written)
}

/// The messages of a body.
pub(crate) fn messages(mut body: &[u8]) -> anyhow::Result<Vec<&[u8]>> {
    let mut messages = Vec::new();
    while let Some((prefix, rest)) = body.split_first_chunk::<PREFIX_BYTES>() {
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        let (message, rest) = rest.split_at_checked(length).context("a message that is cut off")?;
        messages.push(message);
        body = rest;
    }
    anyhow::ensure!(body.is_empty(), "bytes behind the last message");
    Ok(messages)
}

/// Whom to call.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where the server listens.
    pub address: SocketAddr,
    /// `/package.Service/Method`.
    pub path: String,
    /// The caller's token.
    pub token: Option<String>,
}

/// How hard and how long.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Connections, each in its own closed loop.
    pub connections: usize,
    /// Calls in flight on each of them.
    pub in_flight: usize,
    /// Time before anything is counted.
    pub warm_up: Duration,
    /// Time during which answers are counted.
    pub duration: Duration,
    /// How often each connection asks, whether or not it has been answered; as soon as it may when there is none.
    pub every: Option<Duration>,
}

/// What a measurement saw.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Answers within the time, or to what was to be asked in it by the clock, and how long each took.
    pub latencies: Histogram,
    /// When each call was to be asked and when it was answered, of those that were asked by the clock.
    pub calls: Vec<(Instant, Instant)>,
    /// When the load generator was held up, while it asked by the clock.
    pub pauses: Vec<Pause>,
    /// Of them a second.
    pub per_second: f64,
    /// Answers that were not OK, by gRPC status.
    pub failures: BTreeMap<u32, u64>,
    /// The share of one core that the load generator itself used.
    pub generator_share: f64,
}

impl Outcome {
    /// How long those calls took that were held up neither by a pause of the load generator nor by one of these, of the server.
    #[must_use]
    pub fn undisturbed(&self, of_the_server: &[Pause]) -> Histogram {
        let disturbed = Disturbed::by(self.pauses.iter().chain(of_the_server).copied());
        let mut latencies = Histogram::default();
        for (asked, answered) in self.calls.iter().filter(|(asked, answered)| !disturbed.touches(*asked, *answered)) {
            latencies.record(*answered - *asked);
        }
        latencies
    }
}

/// Drives one method of one server. By the clock it holds its thread: the server must be on another.
///
/// # Errors
/// When the server cannot be reached, breaks the protocol, or answers wrongly.
pub async fn drive(target: &Target, load: Load, requests: &dyn Requests) -> anyhow::Result<Outcome> {
    let blocks = RequestBlocks::new(&target.address.to_string(), &target.path, target.token.as_deref())
        .context("the request's headers do not fit the default header table")?;
    let sockets = try_join_all((0..load.connections).map(|_| connect(target.address))).await?;

    let begin = Instant::now() + load.warm_up;
    let window = Window { begin, end: begin + load.duration };
    let before = cpu::own_time()?;
    let connection = || Connection::new(requests, blocks.clone(), load.in_flight, window);
    let started = Instant::now();
    let patience = load.warm_up + load.duration + PATIENCE;
    let (tallies, pauses) = match load.every {
        None => {
            let asking = try_join_all(sockets.into_iter().map(|socket| connection().run(socket)));
            (tokio::time::timeout(patience, asking).await.context("the server left calls unanswered")??, Vec::new())
        }
        Some(every) => {
            let mut asking = Vec::with_capacity(sockets.len());
            for (place, socket) in sockets.into_iter().enumerate() {
                // Those that ask by the clock do so in turn, and not all at once.
                let first = started + every.mul_f64(place as f64 / load.connections as f64);
                asking.push(Paced::new(connection(), socket.into_std()?, every, first)?);
            }
            run_all(asking, started + patience)?
        }
    };
    let generator_share = (cpu::own_time()? - before).as_secs_f64() / started.elapsed().as_secs_f64();

    let (mut latencies, mut calls) = (Histogram::default(), Vec::new());
    let mut failures = BTreeMap::new();
    for tally in tallies {
        latencies.merge(&tally.latencies);
        calls.extend(tally.calls.into_iter().flatten());
        for (status, count) in tally.failures {
            *failures.entry(status).or_default() += count;
        }
    }
    let per_second = latencies.total() as f64 / load.duration.as_secs_f64();
    Ok(Outcome { latencies, calls, pauses, per_second, failures, generator_share })
}

async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let socket = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
    socket.set_nodelay(true)?;
    Ok(socket)
}
