//! Whether each service can be reached, is healthy, takes our token, and tells the same time as we do.

use std::time::Instant;

use chrono::DateTime;
use greenlane_api::{
    classification::v1::{ListEditionsRequest, code_system_service_client::CodeSystemServiceClient},
    equivalence::v1::{ListEconomiesRequest, catalogue_service_client::CatalogueServiceClient},
    registry::v1::{ListBodiesRequest, body_service_client::BodyServiceClient},
};
use greenlane_platform::{
    client::Client,
    clock::Clock,
    fault::{ErrorReason, Fault},
};
use tonic::{Code, Response, Status, metadata::MetadataMap};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::Finding;
use crate::client::{Session, commands::version, exit, probe};

/// Tokens are taken this much before and after their time, so clocks that differ more are trouble.
const MAX_SKEW_SECONDS: i64 = 30;

/// Asks the three services.
pub(super) async fn check(session: &Session) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, _, client) in session.services() {
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                findings.push(Finding::failed(name, format!("{error:#}"), "check its address and the TLS files"));
                continue;
            }
        };
        let began = Instant::now();
        match HealthClient::new(client.clone()).check(HealthCheckRequest::default()).await {
            Err(status) => findings.push(unreached(name, &status, probe::hint(&status).await)),
            Ok(answer) => {
                let healthy = health(name, &answer, began);
                let asked = authority(name, &ask(name, client.clone()).await);
                // How another service is that answers here is nothing of this one.
                findings.extend((asked.check != name).then_some(healthy));
                findings.extend(version(name, &client));
                findings.extend(clock(name, answer.metadata()));
                findings.push(asked);
            }
        }
    }
    findings
}

/// What to do about a refusal. What everybody else is told of a service that is not there is to ask the doctor.
fn advice(status: &Status, otherwise: &str) -> String {
    match Fault::reason_of(status) {
        // What answers and does not agree about TLS is there.
        None if status.code() == Code::Unavailable => exit::of_tls(status).unwrap_or(NOT_THERE).to_owned(),
        // That one is looked at too.
        Some(ErrorReason::DependencyUnavailable) => otherwise.to_owned(),
        _ => exit::advice(status).unwrap_or_else(|| otherwise.to_owned()),
    }
}

const NOT_THERE: &str = "start it (`greenlane up` starts all three), or name where it is: `greenlane context show` says where it \
    was looked for";

fn unreached(name: &str, status: &Status, elsewhere: Option<String>) -> Finding {
    let advice = elsewhere.unwrap_or_else(|| advice(status, NOT_THERE));
    Finding::failed(name, format!("{}: {}", code(status), status.message()), advice)
}

fn health(name: &str, answer: &Response<HealthCheckResponse>, began: Instant) -> Finding {
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    match answer.get_ref().status() {
        ServingStatus::Serving => Finding::ok(name, format!("serving, answered in {took:.1} ms")),
        other => {
            let advice = "look into its log: its database or its log may not be usable";
            Finding::failed(name, format!("answers, but says {}", other.as_str_name()), advice)
        }
    }
}

/// Worth a word only when it is not ours.
fn version(name: &str, client: &Client) -> Option<Finding> {
    let notice = version::differs(client.server_version()?)?;
    Some(Finding::warning(format!("{name}-version"), notice, "bring both to one version"))
}

/// The server's clock, by the date of its answer.
fn clock(name: &str, answer: &MetadataMap) -> Option<Finding> {
    let date = answer.get("date")?.to_str().ok()?;
    let theirs = DateTime::parse_from_rfc2822(date).ok()?.to_utc();
    let skew = (Clock::system().now() - theirs).num_seconds();
    let check = format!("{name}-clock");
    Some(if skew.abs() > MAX_SKEW_SECONDS {
        let detail = format!("{} s {} ours", skew.abs(), if skew > 0 { "behind" } else { "ahead of" });
        Finding::failed(check, detail, "let both machines keep time by NTP: tokens and checkpoints depend on it")
    } else {
        Finding::ok(check, format!("within {MAX_SKEW_SECONDS} s of ours"))
    })
}

/// A small call that needs a token.
async fn ask(name: &str, client: Client) -> Result<(), Status> {
    match name {
        "registry" => {
            let request = ListBodiesRequest { page_size: 1, ..Default::default() };
            BodyServiceClient::new(client).list_bodies(request).await.map(drop)
        }
        "equivalence" => {
            let request = ListEconomiesRequest { page_size: 1, ..Default::default() };
            CatalogueServiceClient::new(client).list_economies(request).await.map(drop)
        }
        _ => CodeSystemServiceClient::new(client).list_editions(ListEditionsRequest::default()).await.map(drop),
    }
}

fn authority(name: &str, asked: &Result<(), Status>) -> Finding {
    let check = format!("{name}-token");
    match asked {
        Ok(()) => Finding::ok(check, "accepted"),
        Err(status) => {
            let reason = Fault::reason_of(status).map_or("", |reason| reason.as_str_name());
            let detail = format!("{} {}", code(status), reason.trim_start_matches("ERROR_REASON_"));
            let otherwise = match status.code() {
                Code::Unauthenticated => "`greenlane context show` says as whom you ask: use another token",
                _ => "the service's own log says why, and so may its health",
            };
            let advice = advice(status, otherwise);
            if Fault::reason_of(status) == Some(ErrorReason::NoRule) {
                return Finding::failed(name, "another service answers at this address", advice);
            }
            // Some callers may not read everything: that is not a fault of the set-up.
            if status.code() == Code::PermissionDenied {
                let needs = Fault::metadata_of(status).get("scope").map(|it| format!(" ({it})")).unwrap_or_default();
                let may =
                    format!("believed, and not allowed to read what the doctor asks for{needs}: {}", detail.trim_end());
                Finding::warning(check, may, "nothing, if whoever holds this token needs not read that")
            } else {
                Finding::failed(check, detail.trim_end(), advice)
            }
        }
    }
}

fn code(status: &Status) -> String {
    format!("{:?}", status.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_and_does_not_agree_about_tls_is_not_to_be_started() {
        let told = |why: &str| {
            let status =
                Status::unavailable(format!("https://a.example.org cannot be reached: transport error: {why}"));
            unreached("registry", &status, None).advice
        };
        for (why, flag) in [
            ("invalid peer certificate: UnknownIssuer", "--tls-ca"),
            ("received fatal alert: CertificateRequired", "--tls-cert"),
            ("received fatal alert: UnknownCA", "--tls-cert"),
        ] {
            let told = told(why);
            assert!(told.contains(flag) && !told.contains("start it"), "{why}: {told}");
        }
        assert!(told("tcp connect error: Connection refused").starts_with("start it"));
    }
}
