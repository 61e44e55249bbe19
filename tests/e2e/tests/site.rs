//! What the registry serves over plain HTTP is measured as its calls are.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use greenlane_e2e::{Database, Installation, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_to_the_site_are_counted_by_route_and_status_and_a_strangers_path_makes_no_series() {
    counted().await.expect("the test runs");
}

async fn counted() -> anyhow::Result<()> {
    let mut installation = Installation::prepare(Database::Sqlite).await?.expect("SQLite is always there");
    installation.set("registry", "http_listen = \"127.0.0.1:0\"");
    installation.start_registry()?;
    let registry = installation.registry.as_ref().expect("it was started");
    // It says so a moment after it says that it takes calls, or before.
    let site = until("it serves its site", async || Ok(registry.site())).await?;
    for path in ["/log/checkpoint", "/log/checkpoint", "/verify", "/no/such/path"] {
        let mut connection = TcpStream::connect(site)?;
        write!(connection, "GET {path} HTTP/1.1\r\nhost: registry.example.org\r\nconnection: close\r\n\r\n")?;
        connection.read_to_end(&mut Vec::new())?;
    }
    let count = |label| registry.metric("http_server_request_duration_seconds_count", label);
    assert_eq!(count("http_route=\"/{log}/checkpoint\"")?, Some(2.0));
    assert_eq!(count("http_route=\"/verify\"")?, Some(1.0));
    assert_eq!(count("http_response_status_code=\"404\"")?, Some(1.0));
    assert_eq!(count("no/such/path")?, None);
    Ok(())
}
