//! Asking by the clock: all connections in turn, by one thread that never sleeps.
//!
//! A timer is a thousand times coarser than what is measured, and a runtime that is told when there is something to read
//! costs a multiple of just looking. A generator that takes longer over a call than the calls are apart would measure how
//! often it comes round.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::BytesMut;

use super::{Connection, Tally};
use crate::cpu::{Pause, Watch, own_time};
use crate::wire::frame;

/// Most that is read at once.
const READ: usize = 1 << 14;

/// A connection that asks by the clock.
pub(in crate::wire) struct Paced<'a> {
    connection: Connection<'a>,
    socket: TcpStream,
    /// From one request to the next, and when the next is due.
    every: Duration,
    next: Instant,
    /// How much of what is to be sent was sent.
    sent: usize,
    input: BytesMut,
}

impl<'a> Paced<'a> {
    /// Asks so often, first at a moment.
    ///
    /// # Errors
    /// When the system refuses a socket that does not wait.
    pub(in crate::wire) fn new(
        mut connection: Connection<'a>,
        socket: TcpStream,
        every: Duration,
        first: Instant,
    ) -> anyhow::Result<Self> {
        socket.set_nonblocking(true).context("a socket that does not wait")?;
        frame::greeting(&mut connection.out);
        connection.tally.calls = Some(Vec::new());
        Ok(Self { connection, socket, every, next: first, sent: 0, input: BytesMut::with_capacity(READ) })
    }

    /// Sends what is due and takes what has come. Whether there was anything to do. What an answer took counts from when it
    /// was to be asked for: a server that falls behind is not spared what waits for it.
    fn turn(&mut self, scratch: &mut [u8]) -> anyhow::Result<bool> {
        let it = &mut self.connection;
        let now = Instant::now();
        while it.ready && self.next <= now && self.next < it.window.end && it.pending.len() < it.in_flight {
            if !it.request(self.next)? {
                break;
            }
            self.next += self.every;
        }
        let mut wrote = false;
        if !it.out.is_empty() {
            match self.socket.write(&it.out[self.sent..]) {
                Ok(sent) => {
                    self.sent += sent;
                    wrote = sent > 0;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("writing to the server"),
            }
            if self.sent == it.out.len() {
                it.out.clear();
                self.sent = 0;
            }
        }
        match self.socket.read(scratch) {
            Ok(read) => {
                ensure!(read > 0, "the server closed the connection while it was measured");
                self.input.extend_from_slice(&scratch[..read]);
                it.frames(&mut self.input, Instant::now())?;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(wrote),
            Err(error) => Err(error).context("reading from the server"),
        }
    }

    /// Whether all is asked and answered, or the server has not even greeted in the time.
    fn is_done(&self) -> bool {
        let Connection { ready, pending, window, .. } = &self.connection;
        if *ready { pending.is_empty() && self.next >= window.end } else { Instant::now() >= window.end }
    }
}

/// Asks until the windows end, then waits for the answers still out, but no longer than until a moment. Tells also when this
/// thread's core was taken away.
///
/// # Errors
/// When a server breaks the protocol, answers wrongly or not at all.
pub(in crate::wire) fn run_all(mut all: Vec<Paced<'_>>, until: Instant) -> anyhow::Result<(Vec<Tally>, Vec<Pause>)> {
    let mut scratch = vec![0; READ];
    let (mut watch, mut pauses) = (Watch::begin(own_time)?, Vec::new());
    loop {
        pauses.extend(watch.look()?);
        let (mut idle, mut done) = (true, true);
        for paced in &mut all {
            idle &= !paced.turn(&mut scratch)?;
            done &= paced.is_done();
        }
        if done {
            let strange = all.iter().any(|paced| !paced.connection.ready);
            ensure!(!strange, "the server has not said how it speaks: does it run on the thread that asks?");
            return Ok((all.into_iter().map(|paced| paced.connection.tally).collect(), pauses));
        }
        ensure!(Instant::now() < until, "the server left calls unanswered");
        if idle {
            // Where there is one core only, it is the server's turn.
            std::thread::yield_now();
        }
    }
}
