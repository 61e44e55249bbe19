//! Refusals of callers that nobody vouches for, gathered: anyone can cause them, as many as the network carries, and
//! each row of its own would compete with what those who may write have to write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use greenlane_platform::audit::{AuditRecord, Outcome};

/// Kinds of refusals that are told apart at a time. What comes beyond is told by reason and host, whatever was called.
const KINDS: usize = 100;
/// Of these, kinds of one host: nobody takes the places that tell of others.
const OF_ONE: usize = 10;
/// Kinds that there are beyond those. What comes then is told by reason alone.
const HOSTS: usize = 100;

/// What is alike: the reason, the method, the caller's host.
type Kind = (String, String, String);

/// What was refused since it was last taken.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<HashMap<Kind, AuditRecord>>);

impl Strangers {
    /// Whether a record is of a stranger's refusal.
    pub(super) fn concerns(record: &AuditRecord) -> bool {
        record.outcome == Outcome::Refused && record.subject.is_empty()
    }

    /// Adds a refusal. Whether it is the first since they were last taken.
    pub(super) fn add(&self, mut record: AuditRecord) -> bool {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = gathered.is_empty();
        let mut kind = (record.reason.clone(), record.method.clone(), host(&record.peer).to_owned());
        if !gathered.contains_key(&kind) {
            let of_host = gathered.keys().filter(|known| known.2 == kind.2).count();
            if gathered.len() >= KINDS || of_host >= OF_ONE {
                (kind.1, record.method) = (String::new(), String::new());
            }
        }
        if gathered.len() >= KINDS + HOSTS && !gathered.contains_key(&kind) {
            (kind.2, record.peer) = (String::new(), String::new());
        }
        match gathered.get_mut(&kind) {
            Some(known) => known.times = known.times.saturating_add(record.times),
            None => drop(gathered.insert(kind, record)),
        }
        first
    }

    /// Takes what was gathered, the oldest first.
    pub(super) fn take(&self) -> Vec<AuditRecord> {
        let gathered = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut records: Vec<_> = gathered.into_values().collect();
        records.sort_by_key(|record| record.at);
        records
    }
}

/// An address without its port: a caller has a new one with each connection.
fn host(peer: &str) -> &str {
    peer.rsplit_once(':').map_or(peer, |(host, _)| host)
}
