//! Events of products' lives: the document that the reporter signs, and what a footprint is rolled up from.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use greenlane_jose::compact::{self, Limits, NewHeader};
use greenlane_jose::{Signer, canonical};
use greenlane_platform::fault::Fault;
use greenlane_store::Tx;
use sea_orm::DbErr;
use serde_json::{Value, json};

use super::files::{BodyFile, public_key};
use super::read::Reader;
use super::registry::Registry;
use crate::domain::epcis;
use crate::domain::event::sha256;
use crate::domain::goods::ProductId;
use crate::domain::key::{Key, KeyStanding};
use crate::domain::names::BodyId;
use crate::domain::trace::footprint::Gathered;
use crate::domain::trace::{TraceEvent, TraceRecord};
use crate::domain::trace_command::TraceCommand;
use crate::store::trace::{self, TraceFilter};

/// The media type in the header's `typ`, without `application/`.
const TYP: &str = "trace-event+jwt";

/// Events that a footprint is rolled up from at most.
pub(crate) const MAX_EVENTS: usize = 100_000;

impl Registry {
    /// The event that is to be recorded: signed by the reporter, or by the registry with a key that it holds for it.
    pub(crate) async fn prepare_trace(
        &self,
        record: TraceRecord,
        signed: Option<String>,
    ) -> Result<TraceCommand, Fault> {
        let file = self.body_file(&record.reporter).await?;
        let payload = payload(&file, &record)?;
        let (document, key) = match signed {
            Some(document) => {
                let key = self.check_signed(&file, &document, &payload)?;
                (document, key)
            }
            None => {
                let (key, signer) = self.newest_key(&file)?;
                (sign(&signer, &key.record.verification_method, &payload)?, key.record.id.clone())
            }
        };
        let document_sha256 = sha256(&document);
        let epcis = epcis::identity_of(&record.epcis_json, &record.product);
        Ok(TraceCommand { record, document, document_sha256, key, epcis })
    }

    /// A document that the reporter signed must state the very event, and be signed by a key that may sign now.
    fn check_signed(&self, file: &BodyFile, document: &str, payload: &Value) -> Result<String, Fault> {
        let refuse = |why: String| Fault::invalid("event.document", why);
        let read = compact::parse_strict(document.as_bytes(), &Limits::DOCUMENT).map_err(|e| refuse(e.to_string()))?;
        if read.header.typ.as_deref() != Some(TYP) {
            return Err(refuse(format!("its typ must be {TYP}")));
        }
        if Value::Object(read.claims.clone()) != *payload {
            return Err(refuse("its claims are not, member for member, the event of the request".to_owned()));
        }
        let key = file.keys.iter().find(|key| key.record.verification_method == read.header.kid);
        let key = key.ok_or_else(|| refuse("names a key that is not registered for the reporter".to_owned()))?;
        let public = public_key(key).ok_or_else(|| Fault::internal("a registered key cannot be read"))?;
        read.verify(&public).map_err(|_| refuse("its signature is not by the key that it names".to_owned()))?;
        if key.standing_at(self.clock.now()) != KeyStanding::Good {
            return Err(Fault::no_signing_key(file.body.record.id.name()));
        }
        Ok(key.record.id.clone())
    }
}

/// What is signed: the issuer, and the event as it is stored.
fn payload(file: &BodyFile, record: &TraceRecord) -> Result<Value, Fault> {
    let event = serde_json::to_value(record).map_err(Fault::internal)?;
    Ok(json!({"iss": file.body.record.did, "event": event}))
}

fn sign(signer: &Arc<dyn Signer>, kid: &str, payload: &Value) -> Result<String, Fault> {
    let payload = canonical::to_vec(payload).map_err(Fault::internal)?;
    let header = NewHeader { kid: Some(kid), typ: Some(TYP), cty: None };
    compact::sign(signer.as_ref(), header, &payload).map_err(Fault::internal)
}

/// Everything that the footprint of a product needs at a revision: its events, their corrections, what they used up,
/// directly or not, and what else used that up.
pub(crate) async fn gather(reader: &Reader, product: ProductId, revision: u64) -> Result<Gathered, Fault> {
    let events = reader
        .read("gather_trace_events", move |tx| {
            let filter = TraceFilter { product: product.clone(), ..TraceFilter::default() };
            Box::pin(async move { Ok(gathered(tx, &filter, revision).await?) })
        })
        .await?;
    let Some(events) = events else {
        return Err(Fault::invalid("product", format!("has more than {MAX_EVENTS} events: name a batch")));
    };
    let void = void(reader, &events, revision).await?;
    Ok(Gathered { events, void })
}

/// The events; none when there are too many.
async fn gathered(tx: &Tx, filter: &TraceFilter, revision: u64) -> Result<Option<Vec<TraceEvent>>, DbErr> {
    let mut found = trace::list(tx, filter, revision, None, MAX_EVENTS as u64 + 1).await?;
    let mut known: BTreeSet<u64> = found.iter().map(|event| event.index).collect();
    let mut open: Vec<TraceEvent> = found.clone();
    while !open.is_empty() && known.len() <= MAX_EVENTS {
        let named = |event: &TraceEvent| event.record.inputs.clone().into_iter().chain(event.record.corrects);
        let mut wanted: BTreeSet<u64> = open.iter().flat_map(named).collect();
        wanted.retain(|index| !known.contains(index));
        let mut next = trace::by_index(tx, &wanted).await?;
        let indices = open.iter().map(|event| event.index).chain(wanted).collect();
        next.extend(trace::corrections(tx, &indices).await?);
        next.retain(|event| event.index < revision && known.insert(event.index));
        found.extend(next.iter().cloned());
        open = next;
    }
    if known.len() > MAX_EVENTS {
        return Ok(None);
    }
    // Whoever else used up an input named it as it was, or as one of its corrections has it, whichever we name.
    let mut inputs: BTreeSet<u64> = found.iter().flat_map(|event| event.record.inputs.iter().copied()).collect();
    let mut corrected: Vec<(u64, u64)> =
        found.iter().filter_map(|event| Some((event.record.corrects?, event.index))).collect();
    corrected.sort_unstable();
    for (before, after) in corrected.iter().rev() {
        if inputs.contains(after) {
            inputs.insert(*before);
        }
    }
    for (before, after) in &corrected {
        if inputs.contains(before) {
            inputs.insert(*after);
        }
    }
    let users = trace::users(tx, &inputs).await?;
    let mut others = trace::by_index(tx, &users).await?;
    others.extend(trace::corrections(tx, &users).await?);
    others.retain(|event| event.index < revision && known.insert(event.index));
    found.extend(others);
    Ok(Some(found))
}

/// Which of these events are void at a revision: those that were recorded when the key that signed them was compromised.
async fn void(reader: &Reader, events: &[TraceEvent], revision: u64) -> Result<BTreeSet<u64>, Fault> {
    let mut by_reporter: HashMap<&BodyId, Vec<&TraceEvent>> = HashMap::new();
    for event in events {
        by_reporter.entry(&event.record.reporter).or_default().push(event);
    }
    let mut void = BTreeSet::new();
    for (reporter, events) in by_reporter {
        let Some(file) = reader.published.files().body(&reader.store, reporter).await? else { continue };
        let lost: Vec<&Key> = file.keys_at(revision).filter(|key| key.compromised_since.is_some()).collect();
        if lost.is_empty() {
            continue;
        }
        let is_void = |event: &&TraceEvent| {
            let signed_by = |key: &&&Key| {
                compact::parse_strict(event.document.as_bytes(), &Limits::DOCUMENT)
                    .is_ok_and(|read| read.header.kid == key.record.verification_method)
            };
            let key = lost.iter().find(signed_by);
            key.is_some_and(|key| key.standing_at(event.recorded_at) == KeyStanding::Compromised)
        };
        void.extend(events.into_iter().filter(is_void).map(|event| event.index));
    }
    Ok(void)
}
