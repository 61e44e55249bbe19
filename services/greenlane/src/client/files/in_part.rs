//! Entries with which something is wrong: what else is, as far as that shows in what can be read of them. They are sent to
//! nobody, since nobody means them so.

use std::collections::BTreeSet;

use greenlane_api::equivalence::v1::CatalogueEntry;
use greenlane_equivalence::in_part;
use prost::Name as _;
use prost_reflect::DynamicMessage;
use serde_json::json;

use super::{
    Fault, Item,
    published::{self, Revisions},
};
use crate::client::{
    Session,
    commands::{catalogue::Kind, change::workflow::Of},
    render::POOL,
};

/// An entry, and its fields that are known to be wrong and have something else in their place.
#[derive(Debug)]
pub(crate) struct InPart {
    pub(crate) item: Item,
    pub(crate) wrong: Vec<String>,
}

/// What is told of one. It is read once: that takes the longer the more is wrong with it.
#[derive(Debug)]
pub(crate) struct Told {
    item: Item,
    told: in_part::InPart,
}

impl InPart {
    /// What can be told of it; nothing of what is on a green list, of which the service looks at each field by itself.
    pub(crate) fn tell(self) -> Option<Told> {
        let catalogue = POOL.get_message_by_name(&CatalogueEntry::full_name())?;
        if self.item.form.of() != Of::Catalogue {
            return None;
        }
        let entry = json!({ &self.item.form.word: &self.item.content });
        let entry: CatalogueEntry = DynamicMessage::deserialize(catalogue, entry).ok()?.transcode_to().ok()?;
        Some(Told { told: in_part::read(&entry, &self.wrong), item: self.item })
    }
}

impl Told {
    /// What else is wrong with its fields, each by itself.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let fault = self.told.faults.iter().map(|(field, why)| Fault {
            place: self.item.place(field),
            message: if field.is_empty() { why.clone() } else { format!("{field}: {why}") },
        });
        fault.collect()
    }
}

/// The references to what is neither among the entries of these names nor published.
pub(crate) async fn dangling(
    session: &Session,
    entries: &[Told],
    named: &BTreeSet<String>,
) -> anyhow::Result<Vec<Fault>> {
    let all = entries.iter().flat_map(|entry| entry.told.references.iter().map(move |it| (&entry.item, it)));
    let elsewhere: Vec<_> = all.filter(|(_, (_, name))| !named.contains(name)).collect();
    let kinds: BTreeSet<Kind> = elsewhere.iter().filter_map(|(_, (_, name))| Kind::of(name).ok()).collect();
    let (published, _) = published::fetch(session, &kinds, Some(&BTreeSet::new()), Revisions::default()).await?;
    let dangling = elsewhere.into_iter().filter(|(_, (_, name))| !published.contains_key(name));
    let fault = dangling.map(|(item, (field, name))| Fault {
        place: item.place(field),
        message: format!("{field}: `{name}` is not in the catalogue (reference_dangling)"),
    });
    Ok(fault.collect())
}
