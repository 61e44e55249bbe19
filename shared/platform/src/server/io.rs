//! The byte stream below a connection: TCP, TLS over TCP, or an in-memory pipe.
//!
//! What is written is gathered and goes out when the connection has nothing more to do for now. The HTTP/2 library writes
//! every answer of more than 256 bytes by a system call of its own, however many are ready together, and those calls cost
//! more than all the rest of a short answer.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// The client's preface and the header of the SETTINGS frame that must follow it.
const HANDSHAKE_BYTES: usize = 24 + 9;

/// What is gathered at most before it must go out.
const GATHERED_BYTES: usize = 64 << 10;

enum Kind {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Pipe(DuplexStream),
}

/// A stream, and what waits to be written to it.
struct Stream {
    kind: Kind,
    gathered: BytesMut,
}

/// A byte stream that gathers what goes out and counts what came in.
pub(super) struct Io {
    stream: Arc<Mutex<Stream>>,
    received: Arc<AtomicUsize>,
}

/// Writes what an [`Io`] has gathered.
pub(super) struct Outgoing(Arc<Mutex<Stream>>);

/// Tells whether a connection has got beyond its handshake.
#[derive(Clone)]
pub(super) struct Received(Arc<AtomicUsize>);

impl Received {
    /// Whether the client has sent what every HTTP/2 connection begins with.
    pub(super) fn handshake(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= HANDSHAKE_BYTES
    }
}

macro_rules! each {
    ($self:ident, $stream:ident => $do:expr) => {
        match &mut $self.kind {
            Kind::Tcp(stream) => {
                let $stream = Pin::new(stream);
                $do
            }
            Kind::Tls(stream) => {
                let $stream = Pin::new(&mut **stream);
                $do
            }
            Kind::Pipe(stream) => {
                let $stream = Pin::new(stream);
                $do
            }
        }
    };
}

impl Stream {
    /// Writes until nothing waits, and flushes.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.gathered.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while !self.gathered.is_empty() {
            let written = ready!(each!(self, stream => stream.poll_write(cx, &self.gathered)))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.gathered.advance(written);
        }
        each!(self, stream => stream.poll_flush(cx))
    }

    /// Makes room for at least one more byte.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.gathered.len() >= GATHERED_BYTES {
            ready!(self.poll_drain(cx))?;
        }
        Poll::Ready(Ok(GATHERED_BYTES - self.gathered.len()))
    }
}

impl Outgoing {
    /// Writes what was gathered so far; `Pending` when the other side does not read, and wakes the task when it does.
    pub(super) fn poll_drain(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).poll_drain(cx)
    }
}

/// One task alone uses a connection: nobody ever waits here.
fn lock(stream: &Mutex<Stream>) -> MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Io {
    fn new(kind: Kind) -> (Self, Received) {
        let received = Arc::new(AtomicUsize::new(0));
        let stream = Arc::new(Mutex::new(Stream { kind, gathered: BytesMut::new() }));
        (Self { stream, received: received.clone() }, Received(received))
    }

    pub(super) fn tcp(stream: TcpStream) -> (Self, Received) {
        Self::new(Kind::Tcp(stream))
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>) -> (Self, Received) {
        Self::new(Kind::Tls(Box::new(stream)))
    }

    pub(super) fn pipe(stream: DuplexStream) -> (Self, Received) {
        Self::new(Kind::Pipe(stream))
    }

    /// What writes to the same stream; whoever drives the connection must use it after each time.
    pub(super) fn outgoing(&self) -> Outgoing {
        Outgoing(Arc::clone(&self.stream))
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let mut stream = lock(&self.stream);
        let stream = &mut *stream;
        let result = each!(stream, stream => stream.poll_read(cx, buf));
        let count = buf.filled().len() - before;
        if count > 0 && self.received.load(Ordering::Relaxed) < HANDSHAKE_BYTES {
            self.received.fetch_add(count, Ordering::Relaxed);
        }
        result
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut stream = lock(&self.stream);
        let taken = ready!(stream.poll_room(cx))?.min(buf.len());
        stream.gathered.extend_from_slice(&buf[..taken]);
        Poll::Ready(Ok(taken))
    }

    /// Nothing: more may come before the connection is through, and then all of it goes out.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut stream = lock(&self.stream);
        ready!(stream.poll_drain(cx))?;
        let stream = &mut *stream;
        each!(stream, stream => stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut stream = lock(&self.stream);
        let room = ready!(stream.poll_room(cx))?;
        let mut taken = 0;
        for buf in bufs {
            let part = buf.len().min(room - taken);
            stream.gathered.extend_from_slice(&buf[..part]);
            taken += part;
        }
        Poll::Ready(Ok(taken))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
