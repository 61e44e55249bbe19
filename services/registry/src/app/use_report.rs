//! Telling equivalence what the certificates and verifications of this registry ask of recognition, so that it can say
//! what a change of its catalogue would do to them. Nobody waits for it, and a failure is made up for by the next report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use greenlane_api::common::v1::CodeReference;
use greenlane_api::equivalence::v1 as eq;
use greenlane_platform::client::Client;
use greenlane_platform::deadline;
use greenlane_store::{Store, StoreError};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::recognise::{Uses, facts};
use crate::domain::content::{Content, Holder};
use crate::domain::life::State;
use crate::domain::world::Known;
use crate::store::{list, log};

/// Certificates and questions in one report.
const BATCH: usize = 500;
/// However little is new, it is reported this often that nothing is: what a change would do is told with how old the reports
/// are.
const SILENT: Duration = Duration::from_secs(3_600);
/// How long one report may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Reports now and then.
pub(crate) struct UseReporter {
    pub(crate) store: Store,
    pub(crate) changes: eq::change_service_client::ChangeServiceClient<Client>,
    pub(crate) uses: Arc<Uses>,
    /// Who reports: the log's origin.
    pub(crate) reporter: String,
    pub(crate) every: Duration,
}

/// What was told.
#[derive(Debug, Default)]
struct Told {
    /// Up to where certificates were reported; none is not known yet.
    through: Option<u64>,
    /// When it was last told that there may be nothing new.
    at: Option<Instant>,
}

/// Why a report was not made.
#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("equivalence: {}", .0.message())]
    Refused(Box<tonic::Status>),
}

impl UseReporter {
    /// Reports until told to stop.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.report_forever() => {}
        }
    }

    async fn report_forever(&mut self) {
        let mut told = Told::default();
        let mut failing = false;
        loop {
            tokio::time::sleep(self.every).await;
            match deadline::within(TIMEOUT, self.report(&mut told)).await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("the use of recognition is reported again");
                }
                Ok(()) => {}
                // Said once. What was asked meanwhile is not told.
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "the use of recognition cannot be reported; trying again later");
                }
                Err(_) => {}
            }
        }
    }

    /// Reports what is new, and now and then that nothing is.
    async fn report(&mut self, told: &mut Told) -> Result<(), ReportError> {
        let mut from = match told.through {
            Some(from) => from,
            None => {
                let told = self.send(Vec::new(), 0, Vec::new()).await?;
                let size = self.log_size().await?;
                if told > size {
                    tracing::warn!(
                        told,
                        size,
                        "equivalence was told of more than this log has: all of it is reported anew"
                    );
                    0
                } else {
                    told
                }
            }
        };
        loop {
            let found = self.changed(from).await?;
            let Some((last, _)) = found.last() else { break };
            from = last.head.latest_index + 1;
            let certificates = found.iter().map(|(known, economy)| self.certificate(known, economy)).collect();
            self.send(certificates, from, Vec::new()).await?;
            told.through = Some(from);
        }
        told.through = Some(from);
        let asked = self.uses.take();
        for asked in asked.chunks(BATCH) {
            self.send(Vec::new(), from, asked.to_vec()).await?;
        }
        // Behind all that is new: it says that nothing is left to tell.
        if told.at.is_none_or(|at| at.elapsed() >= SILENT) {
            self.send(Vec::new(), from, Vec::new()).await?;
            told.at = Some(Instant::now());
        }
        Ok(())
    }

    async fn log_size(&self) -> Result<u64, StoreError> {
        self.store.read("log_size_to_report", |tx| Box::pin(async move { Ok(log::size(tx).await?) })).await
    }

    /// Certificates whose latest entry is at an index or after, with the economies of their bodies.
    async fn changed(&self, from: u64) -> Result<Vec<(Known, String)>, StoreError> {
        self.store
            .read("certificates_to_report", move |tx| {
                Box::pin(async move { Ok(list::certificates_since(tx, from, BATCH as u64).await?) })
            })
            .await
    }

    async fn send(
        &mut self,
        certificates: Vec<eq::CertificateUse>,
        through: u64,
        verifications: Vec<eq::VerificationUse>,
    ) -> Result<u64, ReportError> {
        let request = eq::ReportUseRequest {
            request_id: Uuid::now_v7().to_string(),
            validate_only: false,
            reporter: self.reporter.clone(),
            certificates,
            through,
            verifications,
        };
        let answer = self.changes.report_use(request).await;
        let answer = answer.map_err(|status| ReportError::Refused(Box::new(status)))?.into_inner();
        if answer.left_out > 0 {
            tracing::debug!(left_out = answer.left_out, "recognition cannot be asked about some certificates");
        }
        Ok(answer.through)
    }

    fn certificate(&self, known: &Known, body_economy: &str) -> eq::CertificateUse {
        let content: &Content = &known.version().content;
        let products = content.products.iter().flat_map(|product| {
            product.codes.iter().map(|code| eq::ProductUse {
                code: Some(CodeReference { edition: code.edition.clone(), code: code.code.clone() }),
                origin: product.origin.clone(),
            })
        });
        let (from, until) = in_force(known);
        eq::CertificateUse {
            certificate_key: self.opaque(&[known.head.number.as_str()]),
            holder_key: self.holder(&content.holder),
            facts: Some(facts(content, &known.head.body, body_economy)),
            products: products.take(1_000).collect(),
            in_force_from: from.to_string(),
            in_force_until: until.to_string(),
        }
    }

    fn holder(&self, holder: &Holder) -> String {
        let named = if holder.identifier.is_empty() { &holder.name } else { &holder.identifier };
        self.opaque(&[named, &holder.economy])
    }

    /// A key that tells equal from different and no more.
    fn opaque(&self, parts: &[&str]) -> String {
        let mut hash = Sha256::new();
        for part in [self.reporter.as_str()].iter().chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }
}

/// The days on which a certificate is in force, as its latest event leaves it.
fn in_force(known: &Known) -> (NaiveDate, NaiveDate) {
    let content = &known.version().content;
    let (from, until) = (content.valid_from, content.valid_until);
    let Some(latest) = known.events.last() else { return (from, until) };
    let effect = latest.effective_at.date_naive();
    if latest.state_after == State::Active {
        return (if known.events.len() > 1 { from.max(effect) } else { from }, until);
    }
    // Up to the day before the effect; what is void was never in force.
    let before = if latest.state_after == State::Annulled { from.pred_opt() } else { effect.pred_opt() };
    (from, until.min(before.unwrap_or(until)))
}
