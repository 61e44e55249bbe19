//! The plain HTTP admin listener: `/metrics`, `/healthz`, `/readyz`.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::service::service_fn;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::HealthState;
use super::gate::Gate;
use super::http1::{self, Bounds};

/// Connections at a time.
const MOST: usize = 64;
const BOUNDS: Bounds =
    Bounds { read: Duration::from_secs(5), write: Duration::from_secs(10), age: Duration::from_secs(300) };

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, health: HealthState) {
    let gate = Gate::new(MOST);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the admin listener cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(pass) = gate.enter() else { continue };
        let health = health.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| std::future::ready(Ok::<_, Infallible>(answer(&health, &request))));
            http1::serve(stream, service, BOUNDS).await;
            drop(pass);
        });
    }
}

fn answer<B>(health: &HealthState, request: &Request<B>) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
        refused.headers_mut().insert(header::ALLOW, http::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/metrics" => text(StatusCode::OK, crate::telemetry::render_metrics()),
        "/healthz" if health.is_dead() => causes(health),
        "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" if health.is_serving() => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => causes(health),
        _ => text(StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n".to_owned()),
    }
}

fn causes(health: &HealthState) -> Response<Full<Bytes>> {
    text(StatusCode::SERVICE_UNAVAILABLE, health.causes().join("\n") + "\n")
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}
