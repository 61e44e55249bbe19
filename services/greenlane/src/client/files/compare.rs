//! What of the files differs from what is published.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    Item, Place,
    form::{self, Form},
    published::Published,
};
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
    pub(crate) form: &'static Form,
    pub(crate) outcome: Outcome,
    pub(crate) fields: Vec<Field>,
    /// Where the entry is in the files; none when it is to be retired.
    pub(crate) place: Option<Place>,
    /// What a change set has to say of it, as JSON of the contract.
    pub(crate) change: Option<Value>,
}

/// Compares entries with what is published.
pub(crate) fn compare(items: &[Item], published: &BTreeMap<String, Published>) -> Vec<Compared> {
    items.iter().map(|item| one(item, published.get(&item.name))).collect()
}

/// Leaves out where what is on a list comes from, where the list comes from there: as the files say, or what is published.
pub(crate) fn inherit_sources(items: &mut [Item], published: &BTreeMap<String, Published>) {
    let source = |content: &Value| content.get("source").cloned();
    let own = items.iter().filter(|item| item.form.kind.is_of_lists() && !item.form.is_list_entry());
    let own: BTreeMap<String, Option<Value>> = own.map(|list| (list.name.clone(), source(&list.content))).collect();
    for item in items.iter_mut().filter(|item| item.form.is_list_entry()) {
        let Some(list) = form::list_of(&item.name) else { continue };
        let of_list = own.get(list).cloned().or_else(|| Some(source(&published.get(list)?.content)));
        if let (Some(of_list), Some(fields)) = (of_list, item.content.as_object_mut())
            && fields.get("source") == of_list.as_ref()
        {
            fields.remove("source");
        }
    }
}

/// What is published and not in the files: of the kinds that the files have entries of, and of the green lists that they
/// have themselves. What is on a list ends on a day, and needs none where it ends earlier.
pub(crate) fn gone(items: &[Item], published: &BTreeMap<String, Published>, until: &str) -> Vec<Compared> {
    let named: BTreeSet<&str> = items.iter().map(|item| item.name.as_str()).collect();
    let gone = published.iter().filter(|(name, _)| !named.contains(name.as_str()));
    let retired = gone.filter_map(|(name, it)| {
        let (change, fields) = if it.form.is_list_entry() {
            form::list_of(name).filter(|list| named.contains(list))?;
            let ends = it.content["effective_to"].as_str().unwrap_or_default();
            // Days in this form are in the order of their texts.
            if !ends.is_empty() && (ends <= until || until.is_empty()) {
                return None;
            }
            let mut after = it.content.clone();
            after["effective_to"] = json!(until);
            let change = json!({ "end_entry": { "name": name, "effective_to": until } });
            (change, between(&flatten(&it.content), &flatten(&after)))
        } else if it.form.kind.is_of_lists() {
            return None;
        } else {
            (json!({ "retire": name }), Vec::new())
        };
        Some(Compared {
            name: name.clone(),
            form: it.form,
            outcome: Outcome::Retired,
            fields,
            place: None,
            change: Some(change),
        })
    });
    retired.collect()
}

fn one(item: &Item, published: Option<&Published>) -> Compared {
    let outcome = match published {
        None => Outcome::Created,
        Some(published) if published.content == item.content => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    };
    let before = published.map(|published| flatten(&published.content)).unwrap_or_default();
    Compared {
        name: item.name.clone(),
        form: item.form,
        outcome,
        fields: between(&before, &flatten(&item.content)),
        place: Some(item.place("")),
        change: (outcome != Outcome::Unchanged).then(|| item.form.put(&item.content)),
    }
}
