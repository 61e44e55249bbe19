//! Hearing of disputes about this registry's certificates: they are the equivalence service's, and what comes of them is
//! recorded here in the log, so that every verdict from then on tells it.
//!
//! Nobody waits for it. What was not heard for a while is heard later: every stream begins with every dispute there is,
//! and what is recorded already is not recorded again. That costs little, since few certificates are disputed, and asks
//! nothing of the service's positions: one that was restored from an older backup, and may have gone on from there, has
//! lost what is on record here. When all that it has was told, what it did not tell of is named, loudly.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use greenlane_api::equivalence::v1 as eq;
use greenlane_api::equivalence::v1::dispute_service_client::DisputeServiceClient;
use greenlane_platform::audit::Origin;
use greenlane_platform::client::Client;
use greenlane_store::idempotency::{Key, payload_hash};
use greenlane_store::{Store, StoreError};
use tokio::time::error::Elapsed;

use super::mutation::{Mutation, WriteError};
use super::published::Published;
use super::sequencer::WriteQueue;
use crate::domain::command::Command;
use crate::domain::contestation::{ContestCommand, Contestation, Order, Turn, last_of};
use crate::domain::names::{BodyId, CertificateNumber};
use crate::store::contestation;

/// A stream on which nothing came for this long, not even a bookmark, is opened anew.
const SILENCE: Duration = Duration::from_secs(30);
/// The first pause after a failure, which doubles, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));
/// Where disputes are heard, for the audit trail.
const METHOD: &str = "/greenlane.equivalence.v1.DisputeService/WatchDisputes";

/// Follows the disputes.
pub(crate) struct Contestations {
    pub(crate) store: Store,
    pub(crate) published: Arc<Published>,
    pub(crate) queue: WriteQueue,
    pub(crate) disputes: DisputeServiceClient<Client>,
}

/// Why the stream is opened anew.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error("equivalence: {}", .0.message())]
    Stream(Box<tonic::Status>),
    #[error(transparent)]
    Read(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<tonic::Status> for FollowError {
    fn from(status: tonic::Status) -> Self {
        Self::Stream(Box::new(status))
    }
}

impl Contestations {
    /// Follows until told to stop.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.follow_forever() => {}
        }
    }

    async fn follow_forever(&mut self) {
        let (mut failures, mut named) = (0_u32, BTreeSet::new());
        loop {
            let mut heard_all = false;
            let Err(error) = self.follow(&mut heard_all, &mut named).await;
            // A stream on which all was heard may end: it has its time. What fails again and again is said once.
            failures = if heard_all { 0 } else { failures.saturating_add(1) };
            if failures == 1 {
                tracing::warn!(%error, "disputes about certificates are not heard; trying on");
            } else {
                tracing::debug!(%error, failures, "the stream of disputes is opened again");
            }
            tokio::time::sleep(PAUSES.0.saturating_mul(1 << failures.min(16)).min(PAUSES.1)).await;
        }
    }

    /// Follows one stream to its end.
    async fn follow(&mut self, heard_all: &mut bool, named: &mut BTreeSet<String>) -> Result<Infallible, FollowError> {
        let request = eq::WatchDisputesRequest { certificates_only: true, ..Default::default() };
        let opened = tokio::time::timeout(SILENCE, self.disputes.watch_disputes(request)).await;
        let mut stream = opened.map_err(silent)??.into_inner();
        // The disputes that were told, until all were.
        let mut told = Some(BTreeSet::new());
        loop {
            let heard = tokio::time::timeout(SILENCE, stream.message()).await.map_err(silent)??;
            let heard = heard.ok_or_else(|| tonic::Status::unavailable("the stream ended"))?;
            if let (Some(told), Some(dispute)) = (&mut told, &heard.dispute) {
                told.insert(dispute.name.clone());
            }
            if let Some(news) = heard.dispute.as_ref().and_then(read) {
                self.record(news).await?;
            }
            if heard.bookmark
                && let Some(told) = told.take()
            {
                self.name_lost(&told, named).await?;
                *heard_all = true;
            }
        }
    }

    /// Names the disputes that stand on record here and that the service did not tell of. They stay as they are: that
    /// nobody knows of them there is no word that they are over. Each is `named` once by a process.
    async fn name_lost(&self, told: &BTreeSet<String>, named: &mut BTreeSet<String>) -> Result<(), StoreError> {
        let read =
            self.store.read("contestations_standing", |tx| Box::pin(async { Ok(contestation::standing(tx).await?) }));
        for (number, lost) in to_name(read.await?, told, named) {
            tracing::error!(
                certificate = number.as_str(),
                dispute = lost.dispute,
                turn = lost.turn.as_str(),
                "a dispute that is on record here is lost at the equivalence service; verdicts go on telling of it"
            );
        }
        Ok(())
    }

    /// Records what was heard, if it is of a certificate of this registry and is not recorded yet.
    async fn record(&self, heard: ContestCommand) -> Result<(), FollowError> {
        let file = self.published.files().certificate(&self.store, &heard.number).await?;
        let Some(file) = file.filter(|file| file.body == heard.body) else {
            tracing::debug!(dispute = heard.dispute, "a dispute is of no certificate of this registry");
            return Ok(());
        };
        let last = last_of(&file.contestations, &heard.dispute);
        let is_news = match last {
            Some(last) => !last.says(&heard),
            // What ended before it was heard of says nothing any more, unless there are days without effect.
            None => heard.turn.stands() || heard.order.is_some(),
        };
        if !is_news {
            return Ok(());
        }
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let (from, until) = (day(heard.order.map(|order| order.from)), day(heard.order.and_then(|order| order.until)));
        let turn = heard.turn.as_str();
        let said = format!("{} {} {turn} {} {from} {until}", heard.number, heard.dispute, heard.since);
        // The same news may come twice, as when a dispute is back where it was before a backup was restored: it is new
        // upon what was recorded last, and every replica that has read that calls it the same.
        let upon = last.map_or(0, |last| last.log_index);
        let request_id = format!("{}:{turn}:{from}:{until}:{upon}", heard.dispute.replace('/', "-"));
        let mutation = Mutation {
            key: Key::new("equivalence", METHOD, request_id),
            payload: payload_hash(said.as_bytes()),
            origin: Origin::new(METHOD, "equivalence"),
            command: Command::Contest(heard),
            is_proved: false,
        };
        match self.queue.submit(Arc::new(mutation)).await {
            Ok(_) => Ok(()),
            // Another replica was faster, or it will never be possible.
            Err(WriteError::Refused(refusal)) => {
                tracing::debug!(%refusal, "what was heard of a dispute is not recorded");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Those on record that were not told of, and that were not named before; they are from now on.
fn to_name(
    standing: Vec<(CertificateNumber, Contestation)>,
    told: &BTreeSet<String>,
    named: &mut BTreeSet<String>,
) -> Vec<(CertificateNumber, Contestation)> {
    let lost = standing.into_iter().filter(|(_, it)| !told.contains(&it.dispute));
    lost.filter(|(_, it)| named.insert(it.dispute.clone())).collect()
}

fn silent(_: Elapsed) -> tonic::Status {
    tonic::Status::deadline_exceeded("nothing was heard for too long")
}

/// What a dispute says of a certificate; none when it is about something else or names none that can be.
fn read(dispute: &eq::Dispute) -> Option<ContestCommand> {
    use eq::dispute_subject::Subject;
    let Some(Subject::Certificate(named)) = dispute.subject.as_ref()?.subject.as_ref() else { return None };
    let number = named.certificate.strip_prefix("certificates/").unwrap_or(&named.certificate);
    let number = greenlane_credential::CertificateNumber::parse(number).ok()?;
    let turn = match dispute.state() {
        eq::DisputeState::AwaitingAnswer
        | eq::DisputeState::OpenToObjections
        | eq::DisputeState::AwaitingPanel
        | eq::DisputeState::WithPanel => Turn::Opened,
        eq::DisputeState::Decided if dispute.outcome.as_ref().is_some_and(|outcome| outcome.upheld) => Turn::Upheld,
        eq::DisputeState::Decided => Turn::Dismissed,
        eq::DisputeState::Closed => Turn::Closed,
        eq::DisputeState::Withdrawn => Turn::Withdrawn,
        eq::DisputeState::Unspecified => return None,
    };
    Some(ContestCommand {
        number: CertificateNumber::trusted(number.as_str()),
        body: BodyId::from_name(&named.body).ok()?,
        dispute: dispute.name.clone(),
        turn,
        since: day(dispute)?,
        order: order(dispute),
    })
}

/// The days on which the certificate is without effect by the panel's order.
fn order(dispute: &eq::Dispute) -> Option<Order> {
    let from = dispute.interim_effect_from.parse().ok()?;
    Some(Order { from, until: dispute.interim_effect_until.parse().ok() })
}

fn day(dispute: &eq::Dispute) -> Option<NaiveDate> {
    DateTime::from_timestamp(dispute.opened_at.as_ref()?.seconds, 0).map(|at| at.date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_that_was_lost_is_named_once_whichever_stream_does_not_tell_of_it() {
        let on_record = |dispute: &str| {
            let heard = Contestation {
                log_index: 1,
                recorded_at: DateTime::UNIX_EPOCH,
                dispute: dispute.to_owned(),
                turn: Turn::Opened,
                since: DateTime::UNIX_EPOCH.date_naive(),
                order: None,
            };
            (CertificateNumber::trusted("GLXA4HP9Z1PPYMB35F"), heard)
        };
        let mut named = BTreeSet::new();
        let mut lost = |told: &[&str]| -> Vec<String> {
            let told = told.iter().map(|it| (*it).to_owned()).collect();
            let standing = vec![on_record("disputes/a"), on_record("disputes/b")];
            to_name(standing, &told, &mut named).into_iter().map(|(_, it)| it.dispute).collect()
        };
        assert_eq!(lost(&["disputes/a", "disputes/b"]), [""; 0]);
        assert_eq!(lost(&["disputes/b", "disputes/c"]), ["disputes/a"]);
        assert_eq!(lost(&["disputes/b"]), [""; 0], "it was named");
        assert_eq!(lost(&[]), ["disputes/b"]);
        assert_eq!(lost(&["disputes/a", "disputes/b"]), [""; 0]);
        assert_eq!(lost(&[]), [""; 0], "it is back, and lost again: it was named");
    }
}
