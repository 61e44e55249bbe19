//! Importing events: each row for itself, with a report.

use futures_util::StreamExt as _;
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::audit::{AuditRecord, Origin, Outcome};
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_store::idempotency;
use prost::Message as _;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::Traces;
use crate::api::issue::Stamp;

/// Rows in work at a time: they are written in groups.
const IN_WORK: usize = 64;

/// Progress is told after so many rows.
const EVERY: u64 = 1_000;

/// What became of a row.
struct Row {
    number: u64,
    revision: u64,
    refused: Option<Fault>,
    /// Nothing was done for a reason that is not the row's own: the rest would fare alike.
    failed: bool,
}

pub(super) fn import(
    traces: Traces,
    request: Request<Streaming<wire::ImportTraceEventsRequest>>,
) -> Result<Response<BoxStream<wire::ImportTraceEventsResponse>>, Status> {
    let caller = Caller::of(&request)?;
    let origin = Origin::of(&request);
    let rows = request
        .into_inner()
        .map(move |item| {
            let (traces, caller, origin) = (traces.clone(), caller.clone(), origin.clone());
            async move {
                let item = item?;
                let number = item.row;
                let mut event = item.event.clone().unwrap_or_default();
                event.name.clear();
                let payload = idempotency::payload_hash(&event.encode_to_vec());
                let stamp = Stamp::new(payload, origin.clone(), &caller);
                let done = traces.record(&caller, &item.request_id, stamp, item.event, item.validate_only).await;
                Ok::<Row, Status>(match done {
                    Ok(answer) => Row { number, revision: answer.revision, refused: None, failed: false },
                    Err(fault) => {
                        let refused = AuditRecord::new(traces.registry.clock.now(), &origin, Outcome::Refused);
                        let refused = refused.with_request_id(&item.request_id).with_reason(fault.reason());
                        traces.registry.audit.record(refused);
                        let failed = !is_of_the_row(&fault);
                        Row { number, revision: 0, refused: Some(fault), failed }
                    }
                })
            }
        })
        .buffered(IN_WORK);
    let state = (Box::pin(rows), wire::ImportTraceEventsResponse::default(), false);
    let answers = futures_util::stream::unfold(state, async |(mut rows, mut report, ended)| {
        if ended {
            return None;
        }
        loop {
            report.refused_row = 0;
            report.findings.clear();
            match rows.next().await {
                None => return Some((Ok(report.clone()), (rows, report, true))),
                Some(Err(status)) => return Some((Err(status), (rows, report, true))),
                Some(Ok(Row { failed: true, refused: Some(fault), .. })) => {
                    return Some((Err(fault.into()), (rows, report, true)));
                }
                Some(Ok(row)) => {
                    report.received += 1;
                    report.revision = report.revision.max(row.revision);
                    match row.refused {
                        None => report.accepted += 1,
                        Some(fault) => {
                            report.refused += 1;
                            report.refused_row = row.number;
                            report.findings = findings(&fault);
                            return Some((Ok(report.clone()), (rows, report, false)));
                        }
                    }
                    if report.received % EVERY == 0 {
                        return Some((Ok(report.clone()), (rows, report, false)));
                    }
                }
            }
        }
    });
    Ok(Response::new(Box::pin(answers)))
}

/// Whether the row itself is to blame. A full queue, an outage or a fault of ours ends the stream: the caller goes on
/// from there, and what was done is not done twice.
fn is_of_the_row(fault: &Fault) -> bool {
    use tonic::Code;
    !matches!(
        fault.code(),
        Code::Unavailable | Code::Internal | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Unknown
    )
}

fn findings(fault: &Fault) -> Vec<common::Finding> {
    let name = fault.reason().as_str_name();
    let code = name.strip_prefix("ERROR_REASON_").unwrap_or(name).to_ascii_lowercase();
    let finding = |message: String, field: Option<&str>| common::Finding {
        code: code.clone(),
        message,
        parameters: field.map(|field| ("field".to_owned(), field.to_owned())).into_iter().collect(),
    };
    if fault.violations().is_empty() {
        return vec![finding(fault.message().to_owned(), None)];
    }
    let violations = fault.violations().iter();
    violations.map(|v| finding(format!("{} {}", v.field, v.description), Some(&v.field))).collect()
}
