//! One connection: in a closed loop each answer makes room for the next request, or it asks by the clock.

pub(super) mod paced;

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::frame::{self, Head};
use super::histogram::Histogram;
use super::hpack::{self, RequestBlocks};
use super::load::Requests;

/// One answer in so many is read by the row's own check.
const SAMPLE_EVERY: u64 = 256;
/// The largest stream number there is.
const LAST_STREAM: u32 = (1 << 31) - 1;

/// When to begin counting and when to stop asking.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) begin: Instant,
    pub(super) end: Instant,
}

/// What one connection saw inside the window.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) latencies: Histogram,
    /// When each call was to be asked and when it was answered, where that is noted.
    pub(super) calls: Option<Vec<(Instant, Instant)>>,
    /// Answers that were not OK, by gRPC status.
    pub(super) failures: BTreeMap<u32, u64>,
}

struct Pending {
    stream: u32,
    sent: Instant,
    number: u64,
    answered: bool,
    sample: Option<Vec<u8>>,
}

pub(super) struct Connection<'a> {
    requests: &'a dyn Requests,
    blocks: RequestBlocks,
    in_flight: usize,
    window: Window,
    out: Vec<u8>,
    /// The next request's body, and its number when it waits to be sent.
    body: Vec<u8>,
    written: Option<u64>,
    pending: Vec<Pending>,
    next_stream: u32,
    send_window: i64,
    received: u32,
    ready: bool,
    tally: Tally,
}

impl<'a> Connection<'a> {
    pub(super) fn new(requests: &'a dyn Requests, blocks: RequestBlocks, in_flight: usize, window: Window) -> Self {
        Self {
            requests,
            blocks,
            in_flight,
            window,
            out: Vec::with_capacity(1 << 16),
            body: Vec::new(),
            written: None,
            pending: Vec::with_capacity(in_flight),
            next_stream: 1,
            send_window: 65_535,
            received: 0,
            ready: false,
            tally: Tally::default(),
        }
    }

    /// Asks until the window ends, then waits for the answers still out.
    pub(super) async fn run(mut self, mut socket: TcpStream) -> anyhow::Result<Tally> {
        let mut input = BytesMut::with_capacity(1 << 16);
        let mut now = Instant::now();
        frame::greeting(&mut self.out);
        loop {
            while self.ready && now < self.window.end && self.pending.len() < self.in_flight {
                if !self.request(now)? {
                    break;
                }
            }
            if !self.out.is_empty() {
                socket.write_all(&self.out).await.context("writing to the server")?;
                self.out.clear();
            }
            if self.pending.is_empty() && now >= self.window.end {
                return Ok(self.tally);
            }
            input.reserve(1 << 14);
            let read = socket.read_buf(&mut input).await.context("reading from the server")?;
            ensure!(read > 0, "the server closed the connection while it was measured");
            now = Instant::now();
            self.frames(&mut input, now)?;
        }
    }

    /// Takes what has come whole.
    fn frames(&mut self, input: &mut BytesMut, now: Instant) -> anyhow::Result<()> {
        while let Some(head) = Head::parse(input) {
            let whole = frame::HEADER_BYTES + head.length;
            if input.len() < whole {
                break;
            }
            self.frame(head, &input[frame::HEADER_BYTES..whole], now)?;
            input.advance(whole);
        }
        Ok(())
    }

    /// Sends the next request; not while the server's window for the connection is too small for it.
    fn request(&mut self, now: Instant) -> anyhow::Result<bool> {
        let number = match self.written {
            Some(number) => number,
            None => self.write()?,
        };
        if self.send_window < i64::try_from(self.body.len())? {
            return Ok(false);
        }
        self.written = None;
        let stream = self.next_stream;
        ensure!(stream < LAST_STREAM, "a connection ran out of stream numbers: measure for less long");
        let block = if stream == 1 { &self.blocks.first } else { &self.blocks.again };
        frame::head(&mut self.out, block.len(), frame::HEADERS, frame::END_HEADERS, stream);
        self.out.extend_from_slice(block);
        let last = self.body.len().div_ceil(frame::MAX_PAYLOAD_BYTES) - 1;
        for (part, bytes) in self.body.chunks(frame::MAX_PAYLOAD_BYTES).enumerate() {
            let flags = if part == last { frame::END_STREAM } else { 0 };
            frame::head(&mut self.out, bytes.len(), frame::DATA, flags, stream);
            self.out.extend_from_slice(bytes);
        }
        self.send_window -= i64::try_from(self.body.len())?;
        self.next_stream += 2;
        let sample = number.is_multiple_of(SAMPLE_EVERY).then(Vec::new);
        self.pending.push(Pending { stream, sent: now, number, answered: false, sample });
        Ok(true)
    }

    fn write(&mut self) -> anyhow::Result<u64> {
        self.body.clear();
        let number = self.requests.body(&mut self.body)?;
        ensure!(self.body.len() < 65_535, "a request is larger than a stream's first window");
        self.written = Some(number);
        Ok(number)
    }

    fn frame(&mut self, head: Head, payload: &[u8], now: Instant) -> anyhow::Result<()> {
        match head.kind {
            frame::DATA => self.data(head, payload)?,
            frame::HEADERS => {
                ensure!(head.has(frame::END_HEADERS), "the server's headers need more than one frame");
                if head.has(frame::END_STREAM) {
                    let status = hpack::grpc_status(payload).context("trailers without a grpc-status")?;
                    self.finish(head.stream, status, now)?;
                }
            }
            frame::SETTINGS if !head.has(frame::ACK) => {
                self.settings(payload)?;
                frame::head(&mut self.out, 0, frame::SETTINGS, frame::ACK, 0);
                self.ready = true;
            }
            frame::PING if !head.has(frame::ACK) => {
                frame::head(&mut self.out, payload.len(), frame::PING, frame::ACK, 0);
                self.out.extend_from_slice(payload);
            }
            frame::WINDOW_UPDATE if head.stream == 0 => {
                self.send_window += i64::from(frame::number(payload).context("a short window update")?);
            }
            // A server that answered without reading the request to its end says so (RFC 9113, section 8.1).
            frame::RST_STREAM => {
                let open = self.pending.iter().any(|pending| pending.stream == head.stream);
                ensure!(!open, "the server reset a stream with code {:?}", frame::number(payload));
            }
            frame::GOAWAY => {
                bail!("the server said goodbye while it was measured: {:?}", payload.escape_ascii().to_string())
            }
            frame::CONTINUATION => bail!("the server's headers need more than one frame"),
            _ => {}
        }
        Ok(())
    }

    fn data(&mut self, head: Head, payload: &[u8]) -> anyhow::Result<()> {
        self.received += u32::try_from(head.length)?;
        if self.received > frame::CONNECTION_WINDOW_BYTES / 2 {
            frame::window_update(&mut self.out, self.received);
            self.received = 0;
        }
        ensure!(!head.has(frame::END_STREAM), "an answer without trailers");
        let pending = self.pending.iter_mut().find(|pending| pending.stream == head.stream);
        let pending = pending.context("a message on a stream that is not open")?;
        pending.answered = true;
        if let Some(sample) = &mut pending.sample {
            sample.extend_from_slice(payload);
        }
        Ok(())
    }

    fn finish(&mut self, stream: u32, status: u32, now: Instant) -> anyhow::Result<()> {
        let place = self.pending.iter().position(|pending| pending.stream == stream);
        let done = self.pending.swap_remove(place.context("an answer on a stream that is not open")?);
        // What was asked by the clock counts by when it was to be asked, however late its answer is.
        let at = if self.tally.calls.is_some() { done.sent } else { now };
        let counts = at >= self.window.begin && at < self.window.end;
        if status != 0 {
            *self.tally.failures.entry(status).or_default() += 1;
            return Ok(());
        }
        ensure!(done.answered, "an answer without a message");
        if let Some(sample) = done.sample {
            self.requests.check_body(done.number, &sample).context("an answer is not what it should be")?;
        }
        if counts {
            self.tally.latencies.record(now - done.sent);
            if let Some(calls) = &mut self.tally.calls {
                calls.push((done.sent, now));
            }
        }
        Ok(())
    }

    fn settings(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        const MAX_CONCURRENT_STREAMS: u16 = 3;
        const INITIAL_WINDOW_SIZE: u16 = 4;
        for setting in payload.chunks_exact(6) {
            let key = u16::from_be_bytes([setting[0], setting[1]]);
            let value = u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
            match key {
                MAX_CONCURRENT_STREAMS => self.in_flight = self.in_flight.min(value as usize),
                INITIAL_WINDOW_SIZE => ensure!(value >= 65_535, "the server's stream window is below the default"),
                _ => {}
            }
        }
        Ok(())
    }
}
