//! What a notification says of changes.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use greenlane_curation::{Description, Matters};

use super::{Change, View, applies};
use crate::domain::catalogue::Catalogue;
use crate::domain::code::CodeScope;
use crate::domain::entry::Entry;
use crate::domain::equivalence::TargetKey;
use crate::domain::owners::owners;

/// Describes changes to those concerned; `published` is the first day on which they can be.
pub fn describe(catalogue: &Catalogue, changes: &[Change], published: NaiveDate) -> Description {
    let mut described = Description::default();
    let mut products = BTreeSet::new();
    let mut references = BTreeSet::new();
    let mut economies = BTreeSet::new();
    let view = View::new(catalogue, changes);
    for change in changes {
        let name = change.entry_name();
        let before = catalogue.entry(&name);
        let (verb, entry) = match change {
            Change::Upsert(entry) if before.is_some() => ("changes", Some(entry.clone())),
            Change::Upsert(entry) => ("adds", Some(entry.clone())),
            Change::Retire(_) => ("retires", before),
        };
        let Some(entry) = entry else {
            described.content.push(format!("{verb} {name}"));
            continue;
        };
        let title = title(&entry);
        let title = if title.is_empty() { String::new() } else { format!(": {title}") };
        described.content.push(format!("{verb} {name}{title}"));
        matters(&entry, &mut described.matters);
        // Owners are economies by their codes and bodies by their names.
        economies.extend(owners(&entry, &|name| view.find(name)).into_iter().filter(|it| !it.contains('/')));
        // A designation that names no goods is for all of its annex's.
        let of_annex = match &entry {
            Entry::Designation(it) if it.codes.is_empty() => view.find(&it.annex.name()),
            _ => None,
        };
        for scope in codes(of_annex.as_ref().unwrap_or(&entry)) {
            let ex =
                if scope.ex_description.is_empty() { String::new() } else { format!(" (ex {})", scope.ex_description) };
            products.insert(format!("{}{ex}", scope.code));
        }
        references.extend(reference(&entry).filter(|text| !text.is_empty()).map(str::to_owned));
    }
    let applies = changes.iter().filter_map(|change| applies::first_day_of(catalogue, change, published)).min();
    described.applies_from = applies.filter(|day| *day > published);
    described.products = products.into_iter().collect();
    described.economies = economies.into_iter().collect();
    described.references = references.into_iter().collect();
    described
}

pub(crate) fn title(entry: &Entry) -> &str {
    match entry {
        Entry::Body(it) => &it.display_name,
        Entry::Standard(it) => &it.designation,
        Entry::Arrangement(it) => &it.title,
        Entry::Annex(it) => &it.title,
        Entry::Requirement(it) => &it.title,
        Entry::Economy(_)
        | Entry::Scheme(_)
        | Entry::EditionTransition(_)
        | Entry::Equivalence(_)
        | Entry::Designation(_) => "",
    }
}

/// What kind of measure it is: a mandatory requirement lays down characteristics (article 2) and, when it accepts
/// schemes, how conformity is assessed (article 5); what parties recognise of each other is an agreement (article 10).
fn matters(entry: &Entry, matters: &mut Matters) {
    match entry {
        Entry::Requirement(it) => {
            matters.technical_regulation |= it.mandatory;
            let assessed = it.acceptances.iter().any(|it| matches!(it.target.name, TargetKey::Scheme(_)));
            matters.conformity_assessment |= assessed || !it.mandatory;
        }
        Entry::EditionTransition(_) => matters.technical_regulation = true,
        Entry::Scheme(_) => matters.conformity_assessment = true,
        Entry::Arrangement(_) | Entry::Annex(_) | Entry::Designation(_) | Entry::Equivalence(_) => {
            matters.agreement = true;
        }
        Entry::Economy(_) | Entry::Body(_) | Entry::Standard(_) => {}
    }
}

pub(crate) fn codes(entry: &Entry) -> &[CodeScope] {
    match entry {
        Entry::Requirement(it) => &it.codes,
        Entry::Annex(it) => &it.codes,
        Entry::Designation(it) => &it.codes,
        _ => &[],
    }
}

pub(crate) fn reference(entry: &Entry) -> impl Iterator<Item = &str> {
    let texts = match entry {
        Entry::Requirement(it) => [it.legal_reference.as_str(), it.notification_reference.as_str()],
        Entry::Annex(it) => [it.legal_reference.as_str(), ""],
        Entry::Arrangement(it) => [it.legal_reference.as_str(), ""],
        Entry::Equivalence(it) => [it.legal_reference.as_str(), ""],
        _ => ["", ""],
    };
    texts.into_iter()
}
