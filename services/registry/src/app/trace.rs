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
use crate::domain::goods::ProductId;
use crate::domain::key::{Key, KeyStanding};
use crate::domain::names::BodyId;
use crate::domain::trace::footprint::Gathered;
use crate::domain::trace::{TraceEvent, TraceRecord};
use crate::domain::trace_command::TraceCommand;
use crate::store::trace::{self, TraceFilter};
use greenlane_jose::sha256;

/// The media type in the header's `typ`, without `application/`.
const TYP: &str = "trace-event+jwt";

/// How much is read for a footprint at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Events of the product, and what they used up.
    pub(crate) events: usize,
    /// Bytes of what was recorded of all.
    pub(crate) bytes: usize,
    /// Events that used one input up: two of them tell that it is counted twice.
    pub(crate) users_of_one: u64,
    /// Events of others that used any input up.
    pub(crate) users: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { events: 100_000, bytes: 128 << 20, users_of_one: 20, users: 20_000 }
    }
}

/// Events that are read at a time.
const PAGE: usize = 200;

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
    let bounds = Bounds::default();
    let gathered = reader
        .read("gather_trace_events", move |tx| {
            let filter = TraceFilter { product: product.clone(), ..TraceFilter::default() };
            Box::pin(async move { Ok(gathered(tx, &filter, revision, bounds).await?) })
        })
        .await?;
    let Some(mut gathered) = gathered else {
        let (events, mebibytes) = (bounds.events, bounds.bytes >> 20);
        return Err(Fault::invalid(
            "product",
            format!("has more than {events} events, or more than {mebibytes} MiB of them: name a batch"),
        ));
    };
    gathered.void = void(reader, &gathered.events, revision).await?;
    Ok(gathered)
}

/// The events; none when there are too many. Which are void is not said yet.
pub(crate) async fn gathered(
    tx: &Tx,
    filter: &TraceFilter,
    revision: u64,
    bounds: Bounds,
) -> Result<Option<Gathered>, DbErr> {
    let mut read = Read { events: Vec::new(), known: BTreeSet::new(), left: bounds.bytes, revision };
    let mut after = None;
    loop {
        let page = trace::list(tx, filter, revision, after, PAGE as u64).await?;
        after = page.last().map(|event| event.index).filter(|_| page.len() == PAGE);
        if !read.take(page) || read.known.len() > bounds.events {
            return Ok(None);
        }
        if after.is_none() {
            break;
        }
    }
    let mut begun = 0;
    while begun < read.events.len() {
        // Every event that is named was recorded before.
        let (mut wanted, mut of) = (BTreeSet::new(), BTreeSet::new());
        for event in &read.events[begun..] {
            of.insert(event.index);
            let named = event.record.inputs.iter().copied().chain(event.record.corrects);
            wanted.extend(named.filter(|index| !read.known.contains(index)));
            if read.known.len() + wanted.len() > bounds.events {
                return Ok(None);
            }
        }
        begun = read.events.len();
        of.extend(&wanted);
        if !read.named(tx, &wanted).await? || !read.corrections(tx, &of).await? || read.known.len() > bounds.events {
            return Ok(None);
        }
    }
    // Whoever else used up an input named it as it was, or as one of its corrections has it, whichever we name.
    let mut inputs: BTreeSet<u64> = read.events.iter().flat_map(|event| event.record.inputs.iter().copied()).collect();
    let mut corrected: Vec<(u64, u64)> =
        read.events.iter().filter_map(|event| Some((event.record.corrects?, event.index))).collect();
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
    let users = trace::users(tx, &inputs, revision, (bounds.users_of_one, bounds.users)).await?;
    let mut more_users = users.more;
    let mut begun = read.events.len();
    let mut whole = read.named(tx, &users.events).await?;
    // One that was corrected used up what its last correction says.
    while whole && begun < read.events.len() && read.events.len() < bounds.events + bounds.users * 2 {
        let of = read.events[begun..].iter().map(|event| event.index).collect();
        begun = read.events.len();
        whole = read.corrections(tx, &of).await?;
    }
    if !whole || begun < read.events.len() {
        more_users.extend(inputs);
    }
    Ok(Some(Gathered { events: read.events, more_users, ..Gathered::default() }))
}

/// What was read of a revision.
struct Read {
    events: Vec<TraceEvent>,
    known: BTreeSet<u64>,
    /// Bytes that may still be held.
    left: usize,
    revision: u64,
}

impl Read {
    /// Takes in what is new. False when that is too much.
    fn take(&mut self, events: Vec<TraceEvent>) -> bool {
        for event in events {
            if event.index < self.revision && self.known.insert(event.index) {
                let bytes = std::mem::size_of::<TraceEvent>() + event.document.len() + event.record.epcis_json.len();
                let Some(left) = self.left.checked_sub(bytes) else { return false };
                self.left = left;
                self.events.push(event);
            }
        }
        true
    }

    /// Events by their indices.
    async fn named(&mut self, tx: &Tx, wanted: &BTreeSet<u64>) -> Result<bool, DbErr> {
        let wanted: Vec<u64> = wanted.iter().copied().filter(|index| !self.known.contains(index)).collect();
        for page in wanted.chunks(PAGE) {
            if !self.take(trace::by_index(tx, &page.iter().copied().collect()).await?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The events that correct these.
    async fn corrections(&mut self, tx: &Tx, of: &BTreeSet<u64>) -> Result<bool, DbErr> {
        let of: Vec<u64> = of.iter().copied().collect();
        for page in of.chunks(PAGE) {
            if !self.take(trace::corrections(tx, &page.iter().copied().collect()).await?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
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
