//! Recording an event of a product's life.

use chrono::{DateTime, Utc};

use super::command::{Done, Refusal};
use super::event::{Entry, TraceEntry};
use super::key::KeyStanding;
use super::trace::{TraceEvent, TraceRecord, trace_name};
use super::world::{Applied, Change, World};

/// An event to be recorded, its document signed and checked.
#[derive(Clone, Debug)]
pub(crate) struct TraceCommand {
    pub(crate) record: TraceRecord,
    pub(crate) document: String,
    pub(crate) document_sha256: [u8; 32],
    /// Identifier of the key that signed.
    pub(crate) key: String,
    /// What tells its EPCIS event from others; none when it has none.
    pub(crate) epcis: Option<String>,
}

impl TraceCommand {
    /// The events that it names.
    pub(crate) fn named(&self) -> impl Iterator<Item = u64> {
        self.record.inputs.iter().copied().chain(self.record.corrects)
    }
}

impl World {
    pub(super) fn trace(&mut self, command: &TraceCommand, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        let record = &command.record;
        if !self.bodies.contains_key(&record.reporter) {
            return Err(Refusal::UnknownBody(record.reporter.clone()));
        }
        let key = self.keys.get(&command.key).filter(|key| key.record.body == record.reporter);
        if key.is_none_or(|key| key.standing_at(now) != KeyStanding::Good) {
            return Err(Refusal::NoSigningKey(record.reporter.clone()));
        }
        if let Some(unknown) = record.inputs.iter().find(|input| !self.traces.contains_key(*input)) {
            return Err(Refusal::UnknownTrace(trace_name(*unknown)));
        }
        if let Some(corrects) = record.corrects {
            let known = self.traces.get(&corrects).ok_or_else(|| Refusal::UnknownTrace(trace_name(corrects)))?;
            if known.reporter != record.reporter {
                return Err(Refusal::NotYours(known.reporter.clone()));
            }
            if known.corrected {
                return Err(Refusal::TraceCorrected(trace_name(corrects)));
            }
        }
        // What is corrected makes room: the correction may carry the same event.
        let of = command.epcis.as_ref().map(|epcis| (record.reporter.clone(), epcis.clone()));
        let mut same = of.iter().filter_map(|of| self.epcis.get(of)).flatten();
        if let Some(standing) = same.find(|standing| Some(**standing) != record.corrects) {
            return Err(Refusal::TraceKnown(trace_name(*standing)));
        }
        if let Some(known) = record.corrects.and_then(|corrects| self.traces.get_mut(&corrects)) {
            known.corrected = true;
        }
        if let Some(corrects) = &record.corrects {
            self.epcis.values_mut().for_each(|standing| _ = standing.remove(corrects));
        }
        let event = TraceEvent { record: record.clone(), document: command.document.clone(), recorded_at: now, index };
        let entry = TraceEntry {
            name: event.name(),
            reporter: &record.reporter,
            document_sha256: &command.document_sha256,
            key: &command.key,
            corrects: record.corrects,
        };
        let leaf = Entry::Trace(entry, now).to_bytes();
        if let Some(of) = of {
            self.epcis.entry(of).or_default().insert(index);
        }
        self.traces.insert(index, KnownTrace { reporter: record.reporter.clone(), corrected: false });
        let change = Change::Traced(Box::new(event.clone()), command.epcis.clone());
        Ok(Applied { change, leaf, done: Done::Trace(Box::new(event)) })
    }
}

/// An event as the group sees it.
#[derive(Clone, Debug)]
pub(crate) struct KnownTrace {
    pub(crate) reporter: super::names::BodyId,
    /// Whether a later event says otherwise: that one is to be corrected then.
    pub(crate) corrected: bool,
}
