//! `greenlane version`: of this command, and of the services.

use clap::Args as ClapArgs;
use greenlane_platform::client::Client;
use serde_json::{Value, json};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::client::{
    Session,
    context::Servers,
    exit::Exit,
    render::{self, Output, View},
};

/// The version of this command.
pub(crate) const OWN: &str = env!("CARGO_PKG_VERSION");

/// Arguments of `greenlane version`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Of this command only; asks nobody.
    #[arg(long)]
    client: bool,
}

const VERSIONS: View = View::List {
    items: "versions",
    name: "component",
    columns: &[("COMPONENT", "component"), ("VERSION", "version"), ("ADDRESS", "address")],
};

/// Tells them; 75 when a service cannot be reached.
pub(crate) async fn run(servers: &Servers, args: Args, output: Output) -> anyhow::Result<Exit> {
    let mut versions = vec![json!({ "component": "greenlane", "version": OWN, "address": "" })];
    let mut exit = Exit::Done;
    if !args.client {
        let session = Session::open(servers, output)?;
        for (component, address, client) in session.services() {
            match ask(client?).await {
                Ok(version) => {
                    versions.push(json!({ "component": component, "version": version, "address": address }));
                }
                Err(status) => {
                    // The client's own words begin with the same.
                    let before = format!("{address} cannot be reached: ");
                    let why = status.message().strip_prefix(&before).unwrap_or(status.message());
                    render::talk(&format!("{component} at {before}{why}"));
                    exit = Exit::TryLater;
                }
            }
        }
        session.tell_versions();
    }
    render::print_value(output, &json!({ "versions": versions }), VERSIONS)?;
    Ok(exit)
}

/// The version that a service tells; null when it tells none.
async fn ask(client: Client) -> Result<Value, tonic::Status> {
    HealthClient::new(client.clone()).check(HealthCheckRequest::default()).await?;
    Ok(client.server_version().map_or(Value::Null, Value::from))
}

/// What to say of a server of another version than ours.
pub(crate) fn differs(server: &str) -> Option<String> {
    (server != OWN).then(|| {
        format!("note: the server is version {server}, this command is {OWN}: what only one of them knows is left out")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_version_is_worth_a_word() {
        assert_eq!(differs(OWN), None);
        assert!(differs("999.1.0").unwrap().contains("the server is version 999.1.0"));
    }
}
