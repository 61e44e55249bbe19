//! The byte stream below a connection: TCP, TLS over TCP, or an in-memory pipe.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// The client's preface and the header of the SETTINGS frame that must follow it.
const HANDSHAKE_BYTES: usize = 24 + 9;

enum Kind {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Pipe(DuplexStream),
}

/// A byte stream that counts what came in.
pub(super) struct Io {
    kind: Kind,
    received: Arc<AtomicUsize>,
}

/// Tells whether a connection has got beyond its handshake.
#[derive(Clone)]
pub(super) struct Received(Arc<AtomicUsize>);

impl Received {
    /// Whether the client has sent what every HTTP/2 connection begins with.
    pub(super) fn handshake(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= HANDSHAKE_BYTES
    }
}

impl Io {
    fn new(kind: Kind) -> (Self, Received) {
        let received = Arc::new(AtomicUsize::new(0));
        (Self { kind, received: received.clone() }, Received(received))
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
}

macro_rules! each {
    ($self:ident, $stream:ident => $do:expr) => {
        match &mut $self.get_mut().kind {
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

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let received = self.received.clone();
        let result = each!(self, stream => stream.poll_read(cx, buf));
        let count = buf.filled().len() - before;
        if count > 0 && received.load(Ordering::Relaxed) < HANDSHAKE_BYTES {
            received.fetch_add(count, Ordering::Relaxed);
        }
        result
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.kind {
            Kind::Tcp(stream) => stream.is_write_vectored(),
            Kind::Tls(stream) => stream.is_write_vectored(),
            Kind::Pipe(stream) => stream.is_write_vectored(),
        }
    }
}
