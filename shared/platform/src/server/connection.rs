//! One connection: handshake in time, calls, a greatest age, an end that always comes.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::ServerConfig;
use super::edge::{Client, Edge};
use super::io::{Io, Outgoing, Received};
use super::slot::CallExecutor;

/// Window of one stream: what one call may send before it is read.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
/// Window of a whole connection.
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// What is held for one reader that reads slowly.
const SEND_BUFFER_BYTES: usize = 256 << 10;

/// How connections behave.
#[derive(Clone)]
pub(super) struct Connections {
    http2: hyper::server::conn::http2::Builder<CallExecutor>,
    handshake_timeout: Duration,
    max_age: Duration,
    grace: Duration,
    /// Asks every connection to end.
    pub(super) drain: CancellationToken,
    /// Cuts every connection.
    pub(super) abort: CancellationToken,
}

impl Connections {
    pub(super) fn new(config: &ServerConfig) -> Self {
        let mut http2 = hyper::server::conn::http2::Builder::new(CallExecutor);
        http2
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            .max_concurrent_streams(config.max_streams_per_connection)
            .max_header_list_size(config.max_header_bytes);
        if config.keepalive_seconds > 0 {
            let interval = Duration::from_secs(config.keepalive_seconds);
            http2.keep_alive_interval(interval).keep_alive_timeout(interval / 3);
        }
        Self {
            http2,
            handshake_timeout: Duration::from_millis(config.handshake_timeout_ms),
            max_age: Duration::from_secs(config.connection_max_age_seconds),
            grace: Duration::from_secs(config.connection_grace_seconds),
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
        }
    }

    /// How long a new connection may take until its first HTTP/2 frames are in.
    pub(super) fn handshake_timeout(&self) -> Duration {
        self.handshake_timeout
    }

    /// Serves a connection to its end.
    pub(super) async fn serve(&self, edge: Arc<Edge>, client: Client, io: Io, received: Received) {
        let service = service_fn(move |request| edge.clone().answer(client.clone(), request));
        let outgoing = io.outgoing();
        let mut connection = pin!(self.http2.serve_connection(TokioIo::new(io), service));
        let mut ending = pin!(self.ending(&received));
        tokio::select! {
            biased;
            ended = drive(connection.as_mut(), &outgoing) => return log_end(ended),
            end = ending.as_mut() => match end {
                End::Cut(why) => {
                    tracing::debug!(why, "a connection is cut");
                    return;
                }
                End::Ask => connection.as_mut().graceful_shutdown(),
            },
        }
        // A drain has its own deadline, and cuts by `abort`; an old connection has its grace.
        tokio::select! {
            biased;
            ended = drive(connection.as_mut(), &outgoing) => log_end(ended),
            () = self.abort.cancelled() => {}
            () = self.grace() => tracing::debug!("an old connection did not end within its grace and is cut"),
        }
    }

    /// Waits for a reason to end the connection.
    async fn ending(&self, received: &Received) -> End {
        let age = async {
            tokio::time::sleep(self.handshake_timeout).await;
            if !received.handshake() {
                return End::Cut("no HTTP/2 handshake in time");
            }
            sleep_until(Instant::now() + self.jittered_age().saturating_sub(self.handshake_timeout)).await;
            End::Ask
        };
        tokio::select! {
            biased;
            () = self.abort.cancelled() => End::Cut("the server ends"),
            () = self.drain.cancelled() => if received.handshake() {
                End::Ask
            } else {
                // There is nobody to say goodbye to.
                End::Cut("the server drains, and there was no handshake")
            },
            end = age => end,
        }
    }

    async fn grace(&self) {
        if self.drain.is_cancelled() {
            std::future::pending::<()>().await;
        }
        tokio::select! {
            () = tokio::time::sleep(self.grace) => {}
            () = self.drain.cancelled() => std::future::pending().await,
        }
    }

    /// The greatest age, a tenth more or less: connections that began together must not end together.
    fn jittered_age(&self) -> Duration {
        let [byte, ..] = RandomIdGenerator::default().new_span_id().to_bytes();
        self.max_age.mul_f64(0.9 + f64::from(byte) / 255.0 * 0.2)
    }
}

/// Lets a connection do all that it can do now, and then writes what came of it.
async fn drive(
    mut connection: Pin<&mut impl Future<Output = hyper::Result<()>>>,
    outgoing: &Outgoing,
) -> hyper::Result<()> {
    poll_fn(|cx| {
        let polled = connection.as_mut().poll(cx);
        match outgoing.poll_drain(cx) {
            // Nobody reads any more.
            Poll::Ready(Err(error)) => {
                tracing::debug!(%error, "a connection cannot be written to");
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Ok(())) | Poll::Pending => polled,
        }
    })
    .await
}

enum End {
    Ask,
    Cut(&'static str),
}

fn log_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended with an error");
    }
}
