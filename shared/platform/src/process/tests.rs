use std::process::ExitCode;

use super::{ProcessConfig, run};
use crate::server::{Server, ServerConfig};
use crate::telemetry::TelemetryConfig;
use crate::testing::{Echo, authenticator, public};

fn quiet() -> ProcessConfig {
    ProcessConfig { telemetry: TelemetryConfig { level: "off".to_owned(), ..TelemetryConfig::default() }, workers: 1 }
}

fn same(left: ExitCode, right: ExitCode) -> bool {
    // An exit code has no equality of its own.
    format!("{left:?}") == format!("{right:?}")
}

#[test]
fn several_servers_in_one_process_end_well_together() {
    let code = run("test", &quiet(), |shutdown| async move {
        let mut servers = Vec::new();
        for _ in 0..3 {
            let service = public(&Echo::default());
            servers.push(Server::bind(&ServerConfig::loopback(), authenticator().await, [service]).await?);
        }
        let health = servers[2].health();
        tokio::spawn(async move {
            health.serving().await;
            shutdown.cancel();
        });
        Ok(servers)
    });
    assert!(same(code, ExitCode::SUCCESS));
}

#[test]
fn a_process_that_cannot_start_says_so_with_its_exit_code() {
    let code = run("test", &quiet(), |_| async { anyhow::bail!("as told") });
    assert!(same(code, ExitCode::FAILURE));
}
