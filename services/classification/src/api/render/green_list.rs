//! Green lists, their entries, memberships.

use chrono::NaiveDate;
use greenlane_api::classification::v1 as wire;
use greenlane_api::common::v1::CodeReference;

use super::{all_texts, date, findings, reference, source};
use crate::domain::{
    Catalogue, Difference, DifferenceKind, EntryFact, ListData, ListFact, Membership, MembershipStatus, OnDay,
    Projected, ProjectionClass, SourceFact,
};

fn name(list: &ListFact) -> String {
    format!("greenLists/{}", list.id)
}

/// A list as it stands on a day.
pub(in crate::api) fn green_list(list: &ListData, on: NaiveDate) -> wire::GreenList {
    let fact = &list.fact;
    wire::GreenList {
        name: name(fact),
        titles: all_texts(&fact.titles),
        owner: fact.owner.clone(),
        descriptions: all_texts(&fact.descriptions),
        edition: if fact.edition.is_empty() { String::new() } else { format!("editions/{}", fact.edition) },
        version: fact.version,
        effective_from: date(fact.effective_from),
        effective_to: date(fact.effective_to),
        entry_count: u32::try_from(list.entries_on(on).count()).unwrap_or(u32::MAX),
        partial: fact.partial,
        source: source(&fact.source),
        economy: fact.economy.clone(),
        narrowed: fact.narrowed,
    }
}

/// An entry.
pub(in crate::api) fn entry(list: &ListFact, fact: &EntryFact) -> wire::GreenListEntry {
    let ex = fact.ex_descriptions.iter();
    wire::GreenListEntry {
        name: format!("{}/entries/{}", name(list), fact.id),
        code: Some(CodeReference { edition: fact.edition.clone(), code: fact.code.clone() }),
        ex: fact.ex,
        ex_descriptions: ex
            .map(|(economy, texts)| wire::ExDescription { economy: economy.clone(), texts: all_texts(texts) })
            .collect(),
        category: fact.category.clone(),
        reasons: all_texts(&fact.reasons),
        added_by: fact.added_by.clone(),
        effective_from: date(fact.effective_from),
        effective_to: date(fact.effective_to),
        source: source(if fact.source == SourceFact::default() { &list.source } else { &fact.source }),
    }
}

/// How a code stands to a list.
pub(in crate::api) fn membership(list: &ListFact, found: &Membership) -> wire::GreenListMembership {
    let first = |entry: &EntryFact| entry.effective_from.or(list.effective_from);
    // Where of one of them it is not said, the earliest is not known.
    let days: Option<Vec<NaiveDate>> = found.entries.iter().map(first).collect();
    wire::GreenListMembership {
        effective_from: date(days.unwrap_or_default().into_iter().min()),
        green_list: name(list),
        version: list.version,
        status: membership_status(found.status).into(),
        entries: found.entries.iter().map(|fact| entry(list, fact)).collect(),
        findings: findings(&found.findings),
    }
}

/// Whether a code is on a list.
pub(in crate::api) fn membership_status(status: MembershipStatus) -> wire::MembershipStatus {
    match status {
        MembershipStatus::Member => wire::MembershipStatus::Member,
        MembershipStatus::Partly => wire::MembershipStatus::Partly,
        MembershipStatus::NotMember => wire::MembershipStatus::NotMember,
        MembershipStatus::Undetermined => wire::MembershipStatus::Undetermined,
    }
}

/// A row of a projected list.
pub(in crate::api) fn projected(catalogue: &Catalogue, list: &ListFact, row: &Projected<'_>) -> wire::ProjectedEntry {
    wire::ProjectedEntry {
        entry: Some(entry(list, row.entry)),
        target: row.target.map(|at| reference(catalogue, at)),
        projection_class: class(row.class).into(),
        held_back: row.held_back,
        findings: findings(&row.findings),
    }
}

/// Entries of several lists without a code in an edition.
pub(in crate::api) fn unknown_entries(
    catalogue: &Catalogue,
    lists: &[OnDay<'_>],
    rows: &[(usize, Projected<'_>)],
) -> Vec<wire::ProjectedEntry> {
    rows.iter().map(|(list, row)| projected(catalogue, &lists[*list].0.fact, row)).collect()
}

fn class(class: ProjectionClass) -> wire::ProjectionClass {
    match class {
        ProjectionClass::Exact => wire::ProjectionClass::Exact,
        ProjectionClass::Widened => wire::ProjectionClass::Widened,
        ProjectionClass::PartOnly => wire::ProjectionClass::PartOnly,
        ProjectionClass::Unknown => wire::ProjectionClass::Unknown,
    }
}

/// The name of a class without its prefix.
pub(in crate::api) fn class_name(of: ProjectionClass) -> &'static str {
    let name = class(of).as_str_name();
    name.strip_prefix("PROJECTION_CLASS_").unwrap_or(name)
}

/// A difference between two lists.
pub(in crate::api) fn difference(
    catalogue: &Catalogue,
    first: &ListFact,
    second: &ListFact,
    found: &Difference<'_>,
) -> wire::GreenListDifference {
    let kind = match found.kind {
        DifferenceKind::Added => "added",
        DifferenceKind::Removed => "removed",
        DifferenceKind::ExChanged => "ex_changed",
        DifferenceKind::EditionOnly => "edition_only",
        DifferenceKind::Unknown => "unknown",
    };
    wire::GreenListDifference {
        code: found.code.map(|at| reference(catalogue, at)),
        kind: kind.to_owned(),
        first: found.first.map(|fact| entry(first, fact)),
        second: found.second.map(|fact| entry(second, fact)),
    }
}
