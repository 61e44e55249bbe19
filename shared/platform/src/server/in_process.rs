//! Reaching a server of the same process without a socket.

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// Connects to a server of the same process through an in-memory pipe: the same stack and the same authentication as
/// over TCP. Cheap to clone. Made by [`crate::server::Server::in_process`], or before the server by
/// [`InProcess::pair`].
#[derive(Clone, Debug, Default)]
pub struct InProcess {
    pub(crate) connections: Option<mpsc::Sender<DuplexStream>>,
}
