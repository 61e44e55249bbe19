//! A TCP proxy that delays and breaks connections on command.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Stands between a client and a server. Dropping it breaks all connections.
pub struct ChaosProxy {
    address: SocketAddr,
    control: Arc<Control>,
    accepting: JoinHandle<()>,
}

struct Control {
    delay_micros: AtomicU64,
    /// Moves whenever all connections must break.
    generation: watch::Sender<u64>,
    refusing: watch::Sender<bool>,
    /// The text whose passing towards the server breaks its connection.
    cut_after: watch::Sender<Option<Vec<u8>>>,
    cuts: AtomicU64,
}

impl ChaosProxy {
    /// Listens on a free port of the loopback and forwards to `server`.
    pub async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let control = Arc::new(Control {
            delay_micros: AtomicU64::new(0),
            generation: watch::Sender::new(0),
            refusing: watch::Sender::new(false),
            cut_after: watch::Sender::new(None),
            cuts: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&control)));
        Ok(Self { address, control, accepting })
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Holds back every piece of data for this long, in both directions.
    pub fn set_delay(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.control.delay_micros.store(micros, Ordering::SeqCst);
    }

    /// Breaks all connections that are open now.
    pub fn break_connections(&self) {
        self.control.generation.send_modify(|generation| *generation += 1);
    }

    /// From now on breaks each new connection at once (`true`), or lets them through again (`false`).
    pub fn refuse_connections(&self, refuse: bool) {
        self.control.refusing.send_replace(refuse);
    }

    /// Breaks a connection as soon as `text` has passed through it towards the server: the server acts on it, the
    /// client never hears. Case matters; a text split over two reads is not seen.
    pub fn cut_after(&self, text: Option<&str>) {
        self.control.cut_after.send_replace(text.map(|text| text.as_bytes().to_vec()));
    }

    /// How many connections [`ChaosProxy::cut_after`] has broken.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.control.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.break_connections();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, control: Arc<Control>) {
    while let Ok((client, _)) = listener.accept().await {
        if *control.refusing.borrow() {
            continue;
        }
        tokio::spawn(forward(client, server, Arc::clone(&control)));
    }
}

async fn forward(client: TcpStream, server: SocketAddr, control: Arc<Control>) {
    let mut generation = control.generation.subscribe();
    let Ok(server) = TcpStream::connect(server).await else { return };
    // A proxy that lets small pieces wait for each other would add delays nobody asked for.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = copy(from_client, to_server, &control, true) => {}
        () = copy(from_server, to_client, &control, false) => {}
        _ = generation.changed() => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, control: &Control, towards_server: bool) {
    let mut buffer = vec![0_u8; 16 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        let delay = control.delay_micros.load(Ordering::SeqCst);
        if delay > 0 {
            tokio::time::sleep(Duration::from_micros(delay)).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
        if towards_server && control.must_cut(&buffer[..read]) {
            control.cuts.fetch_add(1, Ordering::SeqCst);
            return;
        }
    }
}

impl Control {
    fn must_cut(&self, data: &[u8]) -> bool {
        self.cut_after
            .borrow()
            .as_ref()
            .is_some_and(|text| data.windows(text.len().max(1)).any(|part| part == &text[..]))
    }
}
