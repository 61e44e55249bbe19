//! Green lists, their entries, memberships.

use chrono::NaiveDate;
use greenlane_api::classification::v1 as wire;
use greenlane_api::common::v1::CodeReference;

use super::{all_texts, date, findings, source};
use crate::domain::{EntryFact, ListData, ListFact, Membership, MembershipStatus};

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
        source: source(&list.source),
    }
}

/// How a code stands to a list.
pub(in crate::api) fn membership(list: &ListFact, found: &Membership) -> wire::GreenListMembership {
    let status = match found.status {
        MembershipStatus::Member => wire::MembershipStatus::Member,
        MembershipStatus::Partly => wire::MembershipStatus::Partly,
        MembershipStatus::NotMember => wire::MembershipStatus::NotMember,
        MembershipStatus::Undetermined => wire::MembershipStatus::Undetermined,
    };
    wire::GreenListMembership {
        green_list: name(list),
        version: list.version,
        status: status.into(),
        entries: found.entries.iter().map(|fact| entry(list, fact)).collect(),
        findings: findings(&found.findings),
    }
}
