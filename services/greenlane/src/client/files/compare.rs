//! What of the files differs from what is published.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use greenlane_api::equivalence::v1::{CatalogueEntry, Change, change};
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::Value;

use super::{Item, Place, fit, published::Published};
use crate::client::commands::change::diff::{Field, between, flatten};

/// How an entry of the files stands to what is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Created,
    Updated,
    Unchanged,
    Retired,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Retired => "retired",
        }
    }
}

/// An entry, compared.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) fields: Vec<Field>,
    /// Where the entry is in the files; none when it is to be retired.
    pub(crate) place: Option<Place>,
    pub(crate) change: Option<Change>,
}

/// The kind's word and the fields of an entry, in the contract's own names, those that say nothing left out.
pub(super) fn content(entry: &DynamicMessage) -> anyhow::Result<(String, Value)> {
    let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    let value = entry.serialize_with_options(serde_json::value::Serializer, &options)?;
    let Value::Object(kinds) = value else { anyhow::bail!("an entry is an object") };
    kinds.into_iter().next().context("an entry has a kind")
}

/// The same of an entry as it travels.
pub(crate) fn content_of(entry: &CatalogueEntry) -> anyhow::Result<Value> {
    let mut dynamic = DynamicMessage::new(fit::descriptor());
    dynamic.transcode_from(entry)?;
    Ok(content(&dynamic)?.1)
}

/// Compares entries with what is published. With `prune`, what the files do not have of their kinds is to be retired.
pub(crate) fn compare(items: &[Item], published: &BTreeMap<String, Published>, prune: bool) -> Vec<Compared> {
    let mut compared: Vec<Compared> = items.iter().map(|item| one(item, published.get(&item.name))).collect();
    if prune {
        let named: BTreeSet<&str> = items.iter().map(|item| item.name.as_str()).collect();
        let gone = published.keys().filter(|name| !named.contains(name.as_str()));
        compared.extend(gone.map(|name| Compared {
            name: name.clone(),
            outcome: Outcome::Retired,
            fields: Vec::new(),
            place: None,
            change: Some(Change { change: Some(change::Change::Retire(name.clone())) }),
        }));
    }
    compared
}

fn one(item: &Item, published: Option<&Published>) -> Compared {
    let outcome = match published {
        None => Outcome::Created,
        Some(published) if published.content == item.content => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    };
    let before = published.map(|published| flatten(&published.content)).unwrap_or_default();
    let upsert = Change { change: Some(change::Change::Upsert(item.entry.clone())) };
    Compared {
        name: item.name.clone(),
        outcome,
        fields: between(&before, &flatten(&item.content)),
        place: Some(item.place("")),
        change: (outcome != Outcome::Unchanged).then_some(upsert),
    }
}
