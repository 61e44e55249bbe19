//! `greenlane certificate watch`: what happens to certificates, as it happens.

use clap::Args;
use greenlane_api::{
    common::v1::{WatchStart, watch_start::Position},
    registry::v1::{
        CertificateEventKind, GetCheckpointRequest, WatchCertificatesRequest, WatchCertificatesResponse,
        certificate_service_client::CertificateServiceClient, log_service_client::LogServiceClient,
        watch_certificates_response::Change,
    },
};
use greenlane_platform::client::Client;
use serde_json::Value;
use tonic::{Response, Status, Streaming};

use super::name;
use crate::client::{
    Session,
    exit::Exit,
    follow::{Watched, follow},
    render::{self, Output, cell_text, line},
};

/// Arguments of `greenlane certificate watch`. Without a place to begin: with what happens from now on.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// Of this body only, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, default_value = "", hide_default_value = true)]
    body: String,
    /// Only this certificate. May be repeated.
    #[arg(long = "certificate", value_name = "CERTIFICATE")]
    certificates: Vec<String>,
    /// Of this scheme only, schemes/ID. May be repeated: of one of them.
    #[arg(long = "scheme", value_name = "SCHEME")]
    schemes: Vec<String>,
    /// Of bodies of this economy only. May be repeated: of one of them.
    #[arg(long = "economy", value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    economies: Vec<String>,
    /// Begin after this revision, where an earlier watch ended.
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["earliest", "snapshot"])]
    after: Option<u64>,
    /// Begin with the oldest event.
    #[arg(long, conflicts_with = "snapshot")]
    earliest: bool,
    /// Begin with the certificates as they are.
    #[arg(long)]
    snapshot: bool,
    /// End when what is known by now has been told.
    #[arg(long)]
    until_now: bool,
    /// End after so many events or certificates.
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
}

/// Where a watch is, and when it ends.
struct Progress {
    certificates: CertificateServiceClient<Client>,
    args: Watch,
    /// Resume after this; none before anything was told.
    revision: Option<u64>,
    told: u64,
    until: Option<u64>,
    output: Output,
}

/// Follows until it is over.
pub(in super::super) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let certificates = CertificateServiceClient::new(session.registry()?);
    let until = if args.until_now {
        let mut log = LogServiceClient::new(session.registry()?);
        Some(log.get_checkpoint(GetCheckpointRequest::default()).await?.get_ref().revision)
    } else {
        None
    };
    follow(Progress { certificates, args, revision: None, told: 0, until, output: session.output() }).await
}

impl Watch {
    /// The request that goes on after a revision, or begins where it was asked to.
    fn request(&self, resume: Option<u64>) -> WatchCertificatesRequest {
        let position = match resume.or(self.after) {
            Some(revision) => Some(Position::AfterRevision(revision)),
            None if self.earliest => Some(Position::Earliest(true)),
            None if self.snapshot => Some(Position::Snapshot(true)),
            None => None,
        };
        WatchCertificatesRequest {
            start: Some(WatchStart { position }),
            body: self.body.clone(),
            certificates: self.certificates.iter().map(|certificate| name(certificate)).collect(),
            schemes: self.schemes.clone(),
            economies: self.economies.clone(),
        }
    }
}

impl Watched for Progress {
    type Message = WatchCertificatesResponse;

    async fn open(&mut self) -> Result<Streaming<WatchCertificatesResponse>, Status> {
        let request = self.args.request(self.revision);
        self.certificates.watch_certificates(request).await.map(Response::into_inner)
    }

    fn position(&self) -> Option<u64> {
        self.revision
    }

    fn beginning(&self) -> String {
        match (self.args.after, self.args.earliest, self.args.snapshot) {
            (Some(revision), ..) => format!("what happens after revision {revision}"),
            (None, true, _) => "from the oldest event on".to_owned(),
            (None, false, true) => "the certificates as they are, and what happens from now on".to_owned(),
            (None, false, false) => {
                "what happens from now on; --earliest begins with the oldest event, --snapshot with the certificates as they are"
                    .to_owned()
            }
        }
    }

    fn ends_by_itself(&self) -> bool {
        self.until.is_some() || self.args.count.is_some()
    }

    fn headings(&self) -> Option<&'static str> {
        (self.output == Output::Csv).then_some("REVISION,RECORDED,EVENT,CERTIFICATE,STATE AFTER,EFFECTIVE\n")
    }

    fn take(&mut self, message: &WatchCertificatesResponse) -> anyhow::Result<bool> {
        if message.revision != 0 {
            self.revision = Some(message.revision);
        }
        let value = render::to_json(message)?;
        match (self.output, &message.change) {
            (Output::Json, _) => render::write(&format!("{value}\n"))?,
            (Output::Yaml, _) => render::write(&format!("---\n{}", render::yaml::text(&value)?))?,
            (Output::Name | Output::Table | Output::Csv, None) => {}
            (Output::Name, Some(change)) => render::write(&format!("{}\n", name_of(change)))?,
            (Output::Table, Some(change)) => {
                let [revision, time, what, certificate, state, effect] = cells(&value, change);
                let state = dated(change, state, &effect);
                let revision = format!("{revision:>9}");
                let cells = [(&*revision, 9), (&*time, 20), (&*what, 25), (&*certificate, 32), (&*state, 0)];
                render::write(&line::row(&cells))?;
            }
            (Output::Csv, Some(change)) => {
                // None of these has a comma or a quote in it.
                render::write(&format!("{}\n", cells(&value, change).join(",")))?;
            }
        }
        self.told += u64::from(message.change.is_some());
        let enough = self.args.count.is_some_and(|count| self.told >= count);
        Ok(enough || self.until.is_some_and(|until| message.revision >= until))
    }
}

fn name_of(change: &Change) -> &str {
    match change {
        Change::Event(event) => &event.name,
        Change::Certificate(certificate) => &certificate.name,
        Change::Contestation(contestation) => &contestation.dispute,
    }
}

/// The state after an event; with the time from which it counts, if that is another than when it was recorded.
fn dated(change: &Change, state: String, effect: &str) -> String {
    let Change::Event(event) = change else { return state };
    let (Some(effective), Some(recorded)) = (&event.effective_time, &event.record_time) else { return state };
    match effective.seconds - recorded.seconds {
        1.. => format!("{state} from {effect}"),
        // A certificate is granted for days that have begun.
        ..=-60 if event.kind() != CertificateEventKind::Grant => format!("{state} since {effect}"),
        _ => state,
    }
}

/// Revision, time, what happened, to which certificate, its state after it, and from when, if what happened is of a state.
fn cells(value: &Value, change: &Change) -> [String; 6] {
    let cell = |path: &str| cell_text(value, path);
    let (certificate, time, what, state) = match change {
        Change::Event(event) => {
            let certificate = event.name.split("/events/").next().unwrap_or_default();
            (certificate, "event.recordTime", cell("event.kind"), "event.stateAfter")
        }
        Change::Certificate(certificate) => {
            (certificate.name.as_str(), "certificate.updateTime", "as it is".to_owned(), "certificate.state")
        }
        Change::Contestation(told) => {
            let effect = match (told.without_effect_from.is_empty(), told.without_effect_until.is_empty()) {
                (true, _) => "",
                (false, true) => "; without effect",
                (false, false) => "; in effect again",
            };
            let what = format!("dispute {}{effect}", cell("contestation.state"));
            (told.certificate.as_str(), "contestation.recordTime", what, "")
        }
    };
    let state = if state.is_empty() { String::new() } else { cell(state) };
    let effect = if matches!(change, Change::Event(_)) { cell("event.effectiveTime") } else { String::new() };
    [cell("revision"), cell(time), what, certificate.to_owned(), state, effect]
}

#[cfg(test)]
mod tests {
    use greenlane_api::registry::v1::{CertificateEvent, CertificateState};
    use prost_types::Timestamp;

    use super::*;

    #[test]
    fn a_step_that_takes_effect_on_another_day_says_on_which() {
        let told = |kind: CertificateEventKind, effect: i64| {
            let event = CertificateEvent {
                kind: kind.into(),
                state_after: CertificateState::Suspended.into(),
                effective_time: Some(Timestamp { seconds: effect, nanos: 0 }),
                record_time: Some(Timestamp { seconds: 1_000_000, nanos: 0 }),
                ..Default::default()
            };
            let message = WatchCertificatesResponse { revision: 1, change: Some(Change::Event(event.clone())) };
            let [.., state, effect] = cells(&render::to_json(&message).unwrap(), &Change::Event(event.clone()));
            dated(&Change::Event(event), state, &effect)
        };
        assert_eq!(told(CertificateEventKind::Suspend, 2_000_000), "suspended from 1970-01-24T03:33:20Z");
        assert_eq!(told(CertificateEventKind::Suspend, 500_000), "suspended since 1970-01-06T18:53:20Z");
        assert_eq!(told(CertificateEventKind::Suspend, 1_000_000), "suspended");
        assert_eq!(told(CertificateEventKind::Grant, 500_000), "suspended", "as the contract has it");
    }
}
