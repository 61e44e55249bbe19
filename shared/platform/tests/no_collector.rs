//! A collector that does not answer slows nothing and holds nothing.

mod support;

use std::path::PathBuf;
use std::time::Duration;

use greenlane_platform::client::{ClientConfig, connect};
use greenlane_platform::server::ServerConfig;
use greenlane_platform::telemetry::{self, TelemetryConfig};
use support::{ask, relay};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_and_the_process_ends_in_time_when_the_collector_is_silent() {
    // It accepts connections into its backlog and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = TelemetryConfig {
        otlp_endpoint: Some(format!("http://{}", silent.local_addr().unwrap())),
        sampling_ratio: 1.0,
        metrics_interval_seconds: 1,
        flush_timeout_ms: 300,
        ..TelemetryConfig::default()
    };
    let telemetry = telemetry::init("test", &config).unwrap();
    let shutdown = CancellationToken::new();
    let server = relay(&ServerConfig::loopback(), None).await.unwrap();
    let client = connect(&ClientConfig::to(server.uri())).unwrap();
    let served = tokio::spawn(server.serve(shutdown.clone()));
    for _ in 0..3_000 {
        ask(client.clone()).await.unwrap();
    }
    shutdown.cancel();
    served.await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(5), telemetry.shutdown()).await.unwrap();
}

#[test]
fn a_collector_whose_address_has_no_scheme_is_refused_with_the_two_that_there_are() {
    for endpoint in ["collector:4317", "grpc://collector:4317", ""] {
        let refused = refused(endpoint, [None, None, None]);
        assert!(refused.starts_with(&format!("telemetry.otlp_endpoint {endpoint:?} is neither http://")), "{refused}");
        assert!(refused.contains("https://HOST:PORT"), "{refused}");
    }
}

#[test]
fn files_of_a_collector_that_cannot_be_used_are_refused_by_their_setting() {
    let by_tls = |files: [Option<&str>; 3]| refused("https://collector:4317", files);
    let usable = [Some("ca.pem"), Some("client.pem"), Some("client.key")];
    for (at, setting) in ["otlp_ca", "otlp_cert", "otlp_key"].into_iter().enumerate() {
        for file in ["absent.pem", "README.md"] {
            let mut files = usable;
            files[at] = Some(file);
            let refused = by_tls(files);
            assert!(refused.starts_with(&format!("telemetry.{setting}: ")) && refused.contains(file), "{refused}");
        }
        let mut alone = [None; 3];
        alone[at] = usable[at];
        let needless = refused("http://collector:4317", alone);
        assert!(needless.starts_with(&format!("telemetry.{setting}: without TLS")), "{needless}");
    }
    let no_key = by_tls([Some("ca.pem"), Some("client.pem"), None]);
    assert_eq!(no_key, "telemetry.otlp_cert: without otlp_key");
    let no_cert = by_tls([Some("ca.pem"), None, Some("client.key")]);
    assert_eq!(no_cert, "telemetry.otlp_key: without otlp_cert");
    let of_two = by_tls([Some("ca.pem"), Some("client.pem"), Some("server.key")]);
    assert!(of_two.contains("https://collector:4317") && of_two.contains("certificate and key: "), "{of_two}");
}

/// Why a collector there is not spoken to, with these authorities, certificate and key.
fn refused(endpoint: &str, files: [Option<&str>; 3]) -> String {
    let tls = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
    let [otlp_ca, otlp_cert, otlp_key] = files.map(|file| file.map(|file| tls.join(file)));
    let otlp_endpoint = Some(endpoint.to_owned());
    let config = TelemetryConfig { otlp_endpoint, otlp_ca, otlp_cert, otlp_key, ..TelemetryConfig::default() };
    telemetry::init("test", &config).err().map(|error| error.to_string()).expect("such a collector is not spoken to")
}
