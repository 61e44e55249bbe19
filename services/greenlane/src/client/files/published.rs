//! What is published, kind by kind, at one revision of each service.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::form::{self, Form};
use crate::client::{
    Session,
    commands::{
        catalogue::{self, Kind},
        change::workflow::Of,
    },
};

/// A published entry.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) form: &'static Form,
    /// Its fields, in the contract's own names, those that say nothing left out.
    pub(crate) content: Value,
}

/// A revision of each service; none where none was asked for, or read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revisions {
    pub(crate) catalogue: Option<u64>,
    pub(crate) codes: Option<u64>,
}

impl Revisions {
    /// That of one service alone.
    pub(crate) fn only(of: Of, revision: u64) -> Self {
        let mut only = Self::default();
        *only.of_mut(of) = Some(revision);
        only
    }

    fn of_mut(&mut self, of: Of) -> &mut Option<u64> {
        match of {
            Of::Catalogue => &mut self.catalogue,
            Of::Codes => &mut self.codes,
        }
    }
}

/// The green lists among some names, and those that the others of them are on.
pub(crate) fn lists_of<'n>(names: impl Iterator<Item = &'n str>) -> BTreeSet<String> {
    names
        .map(|name| form::list_of(name).unwrap_or(name))
        .filter(|name| name.starts_with("greenLists/"))
        .map(str::to_owned)
        .collect()
}

/// The entries of some kinds by name, and the revisions that they were read at: those that are asked for, or the newest.
/// What is on green lists is read of `lists` only, where these are named.
pub(crate) async fn fetch(
    session: &Session,
    kinds: &BTreeSet<Kind>,
    lists: Option<&BTreeSet<String>>,
    mut at: Revisions,
) -> anyhow::Result<(BTreeMap<String, Published>, Revisions)> {
    let mut found = BTreeMap::new();
    for kind in kinds {
        let form = form::of_kind(*kind);
        let revision = at.of_mut(form.of());
        let asked = if kind.is_of_lists() { json!({ "includeNotInForce": true }) } else { json!({}) };
        for row in all(session, (&kind.list_method(), kind.items()), &asked, revision).await? {
            let (name, list) = entry(form, row)?;
            if kind.is_of_lists() && lists.is_none_or(|lists| lists.contains(&name)) {
                found.extend(on_list(session, &name, &list, revision).await?);
            }
            found.insert(name, list);
        }
    }
    Ok((found, at))
}

/// What is on a green list, or was, or is to be.
async fn on_list(
    session: &Session,
    name: &str,
    list: &Published,
    at: &mut Option<u64>,
) -> anyhow::Result<Vec<(String, Published)>> {
    let asked = json!({ "name": name, "includeNotInForce": true });
    let rows = all(session, (ENTRIES, "entries"), &asked, at).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (name, mut entry) = entry(form::of_word(form::LIST_ENTRY).context("it is a form")?, row)?;
        // Where it comes from stands with the list, if not otherwise said.
        if let Some(fields) = entry.content.as_object_mut()
            && fields.get("source") == list.content.get("source")
        {
            fields.remove("source");
        }
        found.push((name, entry));
    }
    Ok(found)
}

/// The method that lists what is on a green list.
const ENTRIES: &str = "greenlane.classification.v1.GreenListService/ListGreenListEntries";

/// Every row that a method lists, all of one revision: of the first that was read, where none is asked for.
async fn all(
    session: &Session,
    (method, items): (&str, &str),
    asked: &Value,
    at: &mut Option<u64>,
) -> anyhow::Result<Vec<Value>> {
    let (mut rows, mut token) = (Vec::new(), String::new());
    loop {
        let mut fields: Map<String, Value> = asked.as_object().cloned().unwrap_or_default();
        fields.insert("pageSize".to_owned(), json!(1_000));
        fields.insert("pageToken".to_owned(), json!(token));
        let mut page = catalogue::call(session, method, fields, *at).await?;
        *at = at.or(page["revision"].as_u64());
        rows.extend(page[items].as_array_mut().map(std::mem::take).unwrap_or_default());
        token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            return Ok(rows);
        }
    }
}

fn entry(form: &'static Form, row: Value) -> anyhow::Result<(String, Published)> {
    let content = form.of_json(row)?;
    let name = content["name"].as_str().context("an entry without a name")?.to_owned();
    Ok((name, Published { form, content }))
}
