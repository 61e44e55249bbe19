//! Reaching a server of the same process without a socket.

use std::io;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// Bytes that the pipe holds in each direction.
const PIPE_BYTES: usize = 256 << 10;
/// Connections that may wait to be accepted.
const BACKLOG: usize = 16;

/// Connects to a server of the same process through an in-memory pipe: the same stack and the same authentication as
/// over TCP. Cheap to clone. Made by [`Server::in_process`](crate::server::Server::in_process).
#[derive(Clone, Debug)]
pub struct InProcess {
    connections: mpsc::Sender<DuplexStream>,
}

/// The server's end of [`InProcess`].
pub(super) type Incoming = mpsc::Receiver<DuplexStream>;

impl InProcess {
    pub(super) fn pair() -> (Self, Incoming) {
        let (connections, incoming) = mpsc::channel(BACKLOG);
        (Self { connections }, incoming)
    }

    /// A new connection.
    ///
    /// # Errors
    /// When the server has ended.
    pub(crate) async fn connect(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        let gone = |_| io::Error::new(io::ErrorKind::ConnectionRefused, "the server in this process has ended");
        self.connections.send(theirs).await.map_err(gone)?;
        Ok(ours)
    }
}
