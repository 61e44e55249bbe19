//! Every method of the contracts, held against the running services.

use std::collections::BTreeSet;

use anyhow::Context as _;
use bytes::Bytes;
use greenlane_api::{common::v1::ErrorReason, pending::PENDING};
use greenlane_e2e::{Database, Installation, Process};
use greenlane_platform::{
    client::{Client, ClientConfig, connect},
    config::Secret,
    fault::Fault,
};
use http_body_util::Full;
use prost_reflect::DescriptorPool;
use tonic::{Code, Status, body::Body};
use tower::ServiceExt as _;

/// Methods that need no token: an auditor has none.
const PUBLIC: &[&str] = &[
    "/greenlane.registry.v1.LogService/GetCheckpoint",
    "/greenlane.registry.v1.LogService/GetConsistencyProof",
    "/greenlane.registry.v1.LogService/GetInclusionProof",
    "/greenlane.registry.v1.LogService/ListCosignatures",
    "/greenlane.registry.v1.LogService/ListEntries",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_is_built_or_listed_as_pending_and_none_is_open_to_strangers_but_the_log() {
    check().await.expect("the test runs");
}

async fn check() -> anyhow::Result<()> {
    let installation = Installation::start(Database::Sqlite).await?.context("SQLite is always there")?;
    let (mut unimplemented, mut open) = (BTreeSet::new(), BTreeSet::new());
    let methods = methods()?;
    assert!(methods.len() > 50, "the contracts were walked");
    for path in &methods {
        let service = service(&installation, path)?;
        let stranger = connect(&config(service))?;
        if call(stranger, path).await?.code() != Code::Unauthenticated {
            open.insert(path.as_str());
        }
        let admin = connect(&config(service).with_token(Secret::from_value(installation.admin())))?;
        let status = call(admin, path).await?;
        match status.code() {
            Code::Unimplemented => drop(unimplemented.insert(path.as_str())),
            // An administrator is no body: what belongs to one is not an administrator's.
            Code::PermissionDenied if Fault::reason_of(&status) == Some(ErrorReason::NotYours) => {}
            Code::PermissionDenied => panic!("no rule lets an administrator call {path}: {status}"),
            Code::Internal | Code::Unknown => panic!("{path} breaks on an empty request: {status}"),
            _ => {}
        }
    }
    assert_eq!(unimplemented, PENDING.iter().copied().collect(), "exactly the pending methods answer UNIMPLEMENTED");
    assert_eq!(open, PUBLIC.iter().copied().collect(), "exactly these methods need no token");
    assert!(PENDING.is_sorted(), "the list is in order");
    Ok(())
}

fn methods() -> anyhow::Result<Vec<String>> {
    let pool = DescriptorPool::decode(greenlane_api::DESCRIPTORS)?;
    let services = pool.services().filter(|service| service.package_name().starts_with("greenlane."));
    Ok(services
        .flat_map(|service| {
            let methods: Vec<_> =
                service.methods().map(|method| format!("/{}/{}", service.full_name(), method.name())).collect();
            methods
        })
        .collect())
}

fn service<'i>(installation: &'i Installation, path: &str) -> anyhow::Result<&'i Process> {
    let process = match path.split('.').nth(1) {
        Some("registry") => &installation.registry,
        Some("equivalence") => &installation.equivalence,
        Some("classification") => &installation.classification,
        _ => anyhow::bail!("{path} is of no service of ours"),
    };
    process.as_ref().context("it runs")
}

fn config(process: &Process) -> ClientConfig {
    ClientConfig { max_retries: 0, ..ClientConfig::to(process.uri()) }
}

/// Sends one empty message and reads the status, if the answer begins with one; a stream that begins well is OK.
async fn call(client: Client, path: &str) -> anyhow::Result<Status> {
    let empty_message = Bytes::from_static(&[0; 5]);
    let request = http::Request::post(format!("http://service{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::new(empty_message)))?;
    let response = match client.oneshot(request).await {
        Ok(response) => response,
        Err(status) => return Ok(status),
    };
    Ok(Status::from_header_map(response.headers()).unwrap_or_else(|| Status::new(Code::Ok, "")))
}
