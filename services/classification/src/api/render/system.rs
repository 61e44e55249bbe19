//! Code systems, editions, revisions.

use greenlane_api::classification::v1 as wire;
use greenlane_platform::revisions::timestamp;

use super::{all_texts, date, source};
use crate::domain::{Catalogue, CodeSystemFact};
use crate::store::RevisionRow;

/// A resource name, or nothing for nothing.
fn name(collection: &str, id: &str) -> String {
    if id.is_empty() { String::new() } else { format!("{collection}/{id}") }
}

/// A code system.
pub(in crate::api) fn code_system(fact: &CodeSystemFact) -> wire::CodeSystem {
    wire::CodeSystem {
        name: name("codeSystems", &fact.id),
        titles: all_texts(&fact.titles),
        publisher: fact.publisher.clone(),
        economy: fact.economy.clone(),
        extends: name("codeSystems", &fact.extends),
        code_lengths: fact.code_lengths.clone(),
        has_suffix: fact.has_suffix,
    }
}

/// An edition.
pub(in crate::api) fn edition(catalogue: &Catalogue, index: usize) -> wire::Edition {
    let data = &catalogue.editions[index];
    let fact = &data.fact;
    let other = |table: &crate::domain::Table| match index {
        index if index == table.earlier => Some(table.later),
        index if index == table.later => Some(table.earlier),
        _ => None,
    };
    let correlated = catalogue.tables.iter().filter(|table| !table.extension).filter_map(other);
    let mut languages: Vec<String> =
        data.codes.iter().flat_map(|code| &code.fact.descriptions).map(|(language, _)| language.clone()).collect();
    languages.sort_unstable();
    languages.dedup();
    wire::Edition {
        name: name("editions", &fact.id),
        code_system: name("codeSystems", &fact.system),
        titles: all_texts(&fact.titles),
        effective_from: fact.effective_from.to_string(),
        effective_to: date(fact.effective_to),
        predecessor: name("editions", &fact.predecessor),
        extends: name("editions", &fact.extends),
        code_count: u32::try_from(data.codes.len()).unwrap_or(u32::MAX),
        partial: fact.partial,
        languages,
        correlated_editions: correlated.map(|edition| name("editions", &catalogue.editions[edition].fact.id)).collect(),
        source: source(&fact.source),
    }
}

/// What a revision changed.
pub(in crate::api) fn revision(row: RevisionRow) -> wire::RevisionSummary {
    wire::RevisionSummary {
        revision: row.revision,
        published_at: Some(timestamp(row.published_at)),
        publisher: row.publisher,
        title: row.title,
        change_set: row.change_set,
        codes_changed: row.codes_changed,
        links_changed: row.links_changed,
        green_list_entries_changed: row.entries_changed,
    }
}
