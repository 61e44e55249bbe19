//! A plain HTTP/1.1 listener for what is public and not gRPC: documents, tiles.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::gate::Gate;

/// Connections at a time.
const MOST: usize = 1_024;
/// How long a request's headers may take, and its body.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers a request whose body was read. Its extensions have the peer's [`SocketAddr`](std::net::SocketAddr).
pub type Answer = Arc<dyn Fn(Request<Bytes>) -> BoxFuture<'static, Response<Full<Bytes>>> + Send + Sync>;

/// Serves until it is dropped. A body of more than `max_body_bytes` is refused.
pub async fn serve_site(listener: TcpListener, max_body_bytes: usize, answer: Answer) {
    let gate = Gate::new(MOST);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the HTTP listener cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(pass) = gate.enter() else { continue };
        let answer = Arc::clone(&answer);
        connections.spawn(async move {
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer);
                let answer = Arc::clone(&answer);
                async move { Ok::<_, Infallible>(respond(request, max_body_bytes, &answer).await) }
            });
            let ended = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(READ_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = ended {
                tracing::debug!(%error, "an HTTP connection ended with an error");
            }
            drop(pass);
        });
    }
}

async fn respond(request: Request<Incoming>, max_body_bytes: usize, answer: &Answer) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let read = Limited::new(body, max_body_bytes).collect();
    match tokio::time::timeout(READ_TIMEOUT, read).await {
        Ok(Ok(body)) => answer(Request::from_parts(parts, body.to_bytes())).await,
        Ok(Err(_)) => status(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => status(StatusCode::REQUEST_TIMEOUT),
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}
