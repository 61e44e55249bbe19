//! What is published, kind by kind, at one revision.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use prost_reflect::DynamicMessage;
use serde_json::{Value, json};

use super::{compare, fit};
use crate::client::{
    Session,
    commands::catalogue::{self, Kind},
};

/// A published entry.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) kind: Kind,
    /// Its fields, in the contract's own names, those that say nothing left out.
    pub(crate) content: Value,
}

/// The entries of some kinds by name, and the revision.
pub(crate) async fn fetch(
    session: &Session,
    kinds: &BTreeSet<Kind>,
    revision: Option<u64>,
) -> anyhow::Result<(BTreeMap<String, Published>, u64)> {
    let mut found = BTreeMap::new();
    let mut at = revision;
    for kind in kinds {
        let mut token = String::new();
        loop {
            let request = [("pageSize".to_owned(), json!(1_000)), ("pageToken".to_owned(), json!(token))];
            let page = catalogue::call(session, &kind.list_method(), request, at).await?;
            // All that follows is read at the revision of the first page.
            at = at.or(page["revision"].as_u64());
            for row in page[kind.items()].as_array().into_iter().flatten() {
                let (name, entry) = entry(*kind, row)?;
                found.insert(name, entry);
            }
            token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
            if token.is_empty() {
                break;
            }
        }
    }
    Ok((found, at.unwrap_or(0)))
}

fn entry(kind: Kind, row: &Value) -> anyhow::Result<(String, Published)> {
    let dynamic = DynamicMessage::deserialize(fit::descriptor(), json!({ kind.field(): row }))?;
    let (_, content) = compare::content(&dynamic)?;
    let name = content["name"].as_str().context("an entry without a name")?.to_owned();
    Ok((name, Published { kind, content }))
}
