//! Importing a stream of rows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::BoxStream as Chunks;
use futures_util::{StreamExt as _, stream};
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::telemetry::carry;
use greenlane_platform::violations::Violations;
use tokio::time::Instant;
use tonic::codegen::BoxStream;
use tonic::{Request, Status, Streaming};

use super::super::issue::Stamp;
use super::super::{consistency, content, render};
use super::Certificates;
use crate::app::import::{Row, Trial, Way};
use crate::app::registry::Registry;
use crate::app::unknown::{Names, Unknown};
use crate::domain::verdict::Finding;

/// Rows that are looked up, signed and queued together.
const CHUNK: usize = 64;

/// Warnings that are told at most, each for all of its rows.
const WARNINGS: usize = 100;

/// Chunks in work at a time. No more rows than these are read ahead of the answers that the caller has taken.
const CHUNKS: usize = 24;

/// How often progress is told at least.
const TELL: Duration = Duration::from_millis(500);

/// Who imports, and what was read so far.
struct Import {
    registry: Arc<Registry>,
    caller: Arc<Caller>,
    stamp: Stamp,
    received: AtomicU64,
    /// Of a trial, what was found good so far.
    trial: Trial,
    /// The revision at which it began.
    began_at: u64,
    /// Whether a row was there already.
    is_repeated: AtomicBool,
    unknown: Arc<Unknown>,
}

/// What became of a chunk.
#[derive(Default)]
struct Outcome {
    accepted: u64,
    already_there: u64,
    since_it_began: u64,
    refused: Vec<wire::RefusedRow>,
    /// Rows that were taken, and what nobody knows of what they name.
    warned: Vec<(u64, Vec<Finding>)>,
    revision: u64,
    /// Why the import ends here.
    end: Option<Status>,
}

/// The answers to come.
struct Telling {
    import: Arc<Import>,
    chunks: Chunks<'static, Outcome>,
    totals: wire::ImportCertificatesResponse,
    /// What rows were warned of, each once.
    warnings: Vec<wire::ImportWarning>,
    ready: VecDeque<wire::ImportCertificatesResponse>,
    told: Instant,
    end: Option<Status>,
    over: bool,
}

impl Certificates {
    pub(super) fn import(
        &self,
        request: Request<Streaming<wire::ImportCertificatesRequest>>,
    ) -> Result<BoxStream<wire::ImportCertificatesResponse>, Fault> {
        let (caller, stamp) = Stamp::of(&request)?;
        if caller.body().is_none() {
            return Err(Fault::not_yours("body", "bodies/…, the body of the rows"));
        }
        let registry = Arc::clone(&self.registry);
        let trial = Trial::new(registry.trials.clone());
        let began_at = registry.published.revision();
        let unknown = Arc::clone(&self.unknown);
        let (received, is_repeated) = (AtomicU64::new(0), AtomicBool::new(false));
        let import = Arc::new(Import { registry, caller, stamp, received, trial, began_at, is_repeated, unknown });
        let work = Arc::clone(&import);
        let mut validate_only = None;
        let chunks = request.into_inner().ready_chunks(CHUNK).map(move |rows| {
            let import = Arc::clone(&work);
            let good = || rows.iter().filter_map(|row| row.as_ref().ok());
            import.received.fetch_add(good().count() as u64, Ordering::Relaxed);
            let validate_only =
                *validate_only.get_or_insert_with(|| good().next().is_some_and(|row| row.validate_only));
            // Signing is most of the work: chunks are signed beside one another.
            let task = tokio::spawn(carry(async move { import.take(rows, validate_only).await }));
            async move { task.await.unwrap_or_else(|error| Outcome::ended(Fault::internal(error).into())) }
        });
        let telling = Telling {
            import,
            chunks: chunks.buffered(CHUNKS).boxed(),
            totals: wire::ImportCertificatesResponse::default(),
            warnings: Vec::new(),
            ready: VecDeque::new(),
            told: Instant::now(),
            end: None,
            over: false,
        };
        Ok(Box::pin(stream::unfold(telling, |mut telling| async move {
            let answer = telling.next().await?;
            Some((answer, telling))
        })))
    }
}

impl Outcome {
    fn ended(status: Status) -> Self {
        Self { end: Some(status), ..Self::default() }
    }
}

impl Import {
    async fn take(&self, rows: Vec<Result<wire::ImportCertificatesRequest, Status>>, validate_only: bool) -> Outcome {
        let mut outcome = Outcome::default();
        // What is only checked is not written.
        let places = self.registry.queue.places(if validate_only { 0 } else { rows.len() }).await;
        let turn = self.registry.turns.next().await;
        let (mut parsed, mut marks) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            let raw = match row {
                Ok(raw) => raw,
                Err(status) => {
                    outcome.end = Some(status);
                    break;
                }
            };
            let mark = (raw.row, raw.request_id.clone());
            match self.parse(raw) {
                Ok(Ok(row)) => {
                    parsed.push(row);
                    marks.push(mark);
                }
                Ok(Err(refused)) => outcome.refused.push(self.refused(mark, &refused)),
                Err(ends) => {
                    outcome.end = Some(ends.into());
                    break;
                }
            }
        }
        drop(turn);
        let names: Vec<Names> = parsed.iter().map(|row| Names::of(&row.content)).collect();
        let way = match validate_only {
            true => Way::Try(&self.trial),
            false => Way::Write { began_at: self.began_at, is_repeated: &self.is_repeated },
        };
        // The rows before the end are written all the same: they were good.
        let (fates, unknown) =
            tokio::join!(self.registry.import(&places, parsed, way), self.unknown.findings_of_many(&names));
        match fates {
            Ok(fates) => {
                for ((mark, fate), unknown) in marks.into_iter().zip(fates).zip(unknown) {
                    match fate {
                        Ok(taken) => {
                            outcome.accepted += 1;
                            outcome.already_there += u64::from(taken.already_there);
                            outcome.since_it_began += u64::from(taken.since_it_began);
                            outcome.revision = outcome.revision.max(taken.revision);
                            if !unknown.is_empty() {
                                outcome.warned.push((mark.0, unknown));
                            }
                        }
                        Err(refused) => outcome.refused.push(self.refused(mark, &refused)),
                    }
                }
            }
            Err(fault) => outcome.end = Some(fault.into()),
        }
        outcome.refused.sort_by_key(|refused| refused.row);
        outcome
    }

    /// A row, or why it is refused, or why the import ends.
    fn parse(&self, mut raw: wire::ImportCertificatesRequest) -> Result<Result<Row, Fault>, Fault> {
        consistency::must_be(&self.caller, &raw.body)?;
        let request_id = std::mem::take(&mut raw.request_id);
        // Where a row stands in a file does not make it another one.
        (raw.row, raw.validate_only) = (0, false);
        let payload = Stamp::payload(&raw);
        let mut v = Violations::new();
        let request_id = v.request_id(&request_id);
        let body = consistency::body(&mut v, "body", &raw.body);
        let content = content::content(&mut v, raw.content, self.registry.clock.now());
        let parsed = v.finish_with(|| Some((request_id?, body?, content?)));
        Ok(parsed.map(|(request_id, body, content)| Row {
            id: self.stamp.for_row(&request_id, payload),
            body,
            content,
            actor: self.caller.subject().to_owned(),
        }))
    }

    fn refused(&self, (row, request_id): (u64, String), fault: &Fault) -> wire::RefusedRow {
        self.registry.row_refused(self.stamp.origin(), &request_id, fault);
        let code = fault.reason().as_str_name().trim_start_matches("ERROR_REASON_").to_lowercase();
        let findings = if fault.violations().is_empty() {
            let message = fault.message().to_owned();
            vec![common::Finding { code, message, parameters: fault.metadata().clone() }]
        } else {
            let finding = |violation: &greenlane_platform::fault::FieldViolation| common::Finding {
                code: code.clone(),
                message: violation.description.clone(),
                parameters: [("field".to_owned(), violation.field.clone())].into(),
            };
            fault.violations().iter().map(finding).collect()
        };
        wire::RefusedRow { row, request_id, findings }
    }
}

impl Telling {
    async fn next(&mut self) -> Option<Result<wire::ImportCertificatesResponse, Status>> {
        loop {
            if let Some(refused) = self.ready.pop_front() {
                return Some(Ok(refused));
            }
            if let Some(status) = self.end.take() {
                self.over = true;
                return Some(Err(status));
            }
            if self.over {
                return None;
            }
            let left = TELL.saturating_sub(self.told.elapsed());
            match tokio::time::timeout(left, self.chunks.next()).await {
                Ok(Some(outcome)) => self.take(outcome),
                Ok(None) => {
                    self.over = true;
                    let warnings = std::mem::take(&mut self.warnings);
                    return Some(Ok(wire::ImportCertificatesResponse { warnings, ..self.progress() }));
                }
                Err(_) => return Some(Ok(self.progress())),
            }
        }
    }

    fn take(&mut self, outcome: Outcome) {
        self.totals.accepted += outcome.accepted;
        self.totals.already_there += outcome.already_there;
        self.totals.same_as_earlier_row += outcome.since_it_began;
        for (row, findings) in outcome.warned {
            self.totals.warned += 1;
            findings.into_iter().for_each(|finding| self.warn(row, finding));
        }
        self.totals.revision = self.totals.revision.max(outcome.revision);
        for row in outcome.refused {
            self.totals.refused += 1;
            let mut told = self.progress();
            told.refused_row = Some(row);
            self.ready.push_back(told);
        }
        if let Some(status) = outcome.end {
            let told = self.progress();
            self.ready.push_back(told);
            self.end = Some(status);
        } else if self.told.elapsed() >= TELL {
            let told = self.progress();
            self.ready.push_back(told);
        }
    }

    /// Counts a row to what it was warned of.
    fn warn(&mut self, row: u64, finding: Finding) {
        let finding = render::finding(finding);
        if let Some(known) = self.warnings.iter_mut().find(|it| it.finding.as_ref() == Some(&finding)) {
            known.rows += 1;
        } else if self.warnings.len() < WARNINGS {
            self.warnings.push(wire::ImportWarning { finding: Some(finding), rows: 1, first_row: row });
        }
    }

    fn progress(&mut self) -> wire::ImportCertificatesResponse {
        self.told = Instant::now();
        self.totals.received = self.import.received.load(Ordering::Relaxed);
        self.totals.not_remembered = self.import.trial.forgotten();
        self.totals.clone()
    }
}
