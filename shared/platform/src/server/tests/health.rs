//! H15: health tells the truth from the first moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::server::ServerConfig;
use crate::testing::{Echo, Running, public, start};

const ECHO: &str = "greenlane.classification.v1.LookupService";

fn config() -> ServerConfig {
    let metrics_listen = Some(([127, 0, 0, 1], 0).into());
    ServerConfig { probe_interval_ms: 10, metrics_listen, ..ServerConfig::loopback() }
}

async fn status(server: &Running, service: &str) -> i32 {
    let mut client = HealthClient::new(server.channel().await);
    client.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap().into_inner().status
}

async fn get(server: &Running, path: &str) -> (String, String) {
    let mut connection = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn nothing_is_serving_until_the_probe_has_succeeded() {
    let ready = Arc::new(AtomicBool::new(false));
    let told = ready.clone();
    let service = public(&Echo::default()).probe(move || {
        let ready = told.load(Ordering::SeqCst);
        async move { if ready { Ok(()) } else { Err("the database is out of reach".to_owned()) } }
    });
    let server = start(&config(), service).await;
    for service in ["", ECHO] {
        assert_eq!(status(&server, service).await, ServingStatus::NotServing as i32, "{service:?}");
    }
    let (line, _) = get(&server, "/readyz").await;
    assert!(line.contains("503"), "{line}");
    let (line, _) = get(&server, "/healthz").await;
    assert!(line.contains("200"), "not ready is not dead: {line}");

    ready.store(true, Ordering::SeqCst);
    server.health.serving().await;
    for service in ["", ECHO] {
        assert_eq!(status(&server, service).await, ServingStatus::Serving as i32, "{service:?}");
    }
    let (line, _) = get(&server, "/readyz").await;
    assert!(line.contains("200"), "{line}");

    let mut watch = HealthClient::new(server.channel().await)
        .watch(HealthCheckRequest { service: ECHO.to_owned() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, ServingStatus::Serving as i32);
    ready.store(false, Ordering::SeqCst);
    assert_eq!(watch.message().await.unwrap().unwrap().status, ServingStatus::NotServing as i32);
    assert!(server.health.causes().iter().any(|cause| cause.contains("the database is out of reach")));
}

#[tokio::test]
async fn before_the_first_probe_has_answered_nothing_is_serving() {
    let service = public(&Echo::default()).probe(std::future::pending);
    let config = ServerConfig { probe_timeout_ms: 600_000, ..config() };
    let server = start(&config, service).await;
    for service in ["", ECHO] {
        assert_eq!(status(&server, service).await, ServingStatus::NotServing as i32, "{service:?}");
    }
}

#[tokio::test]
async fn a_probe_that_hangs_or_panics_counts_as_failed() {
    for panics in [true, false] {
        let service = public(&Echo::default()).probe(move || async move {
            assert!(!panics, "as told");
            std::future::pending().await
        });
        let config = ServerConfig { probe_timeout_ms: 10, ..config() };
        let server = start(&config, service).await;
        let expected = if panics { "panicked" } else { "took more than" };
        tokio::time::timeout(Duration::from_secs(20), async {
            while !server.health.causes().iter().any(|cause| cause.contains(expected)) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
        assert!(!server.health.is_serving());
    }
}

#[tokio::test]
async fn background_work_that_ends_before_its_time_makes_the_server_unhealthy_for_good() {
    let service = public(&Echo::default()).background("worker", |_| async { panic!("as told") });
    let server = start(&config(), service).await;
    tokio::time::timeout(Duration::from_secs(20), async {
        while !server.health.is_dead() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    let (line, body) = get(&server, "/healthz").await;
    assert!(line.contains("503") && body.contains("worker"), "{line} {body}");
    assert_eq!(status(&server, "").await, ServingStatus::NotServing as i32);
}

#[tokio::test]
async fn background_work_is_told_to_stop_after_the_drain() {
    let stopped = Arc::new(AtomicBool::new(false));
    let tell = stopped.clone();
    let service = public(&Echo::default()).background("worker", move |stop| async move {
        stop.cancelled().await;
        tell.store(true, Ordering::SeqCst);
    });
    let server = start(&config(), service).await;
    server.health.serving().await;
    assert!(server.end_within(Duration::from_secs(10)).await);
    assert!(stopped.load(Ordering::SeqCst));
}
