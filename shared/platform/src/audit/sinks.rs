//! Sinks that need no database.

use std::sync::{Arc, Mutex, PoisonError};

use super::{AuditRecord, AuditSink};

/// Writes each record to the log under the target `audit`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingSink;

impl AuditSink for TracingSink {
    fn record(&self, record: AuditRecord) {
        tracing::info!(
            target: "audit",
            at = %record.at.to_rfc3339(),
            subject = record.subject,
            issuer = record.issuer,
            body = record.body,
            economy = record.economy,
            method = record.method,
            resource = record.resource,
            outcome = record.outcome.as_str(),
            reason = record.reason,
            request_id = record.request_id,
            trace_id = record.trace_id,
            peer = record.peer,
            times = record.times,
            "audit",
        );
    }
}

/// Keeps records in memory, for tests. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(Arc<Mutex<Vec<AuditRecord>>>);

impl MemorySink {
    /// Everything recorded so far.
    pub fn records(&self) -> Vec<AuditRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl AuditSink for MemorySink {
    fn record(&self, record: AuditRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}
