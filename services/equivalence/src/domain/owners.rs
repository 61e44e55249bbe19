//! To whom an entry belongs: on whose account it may be changed.
//!
//! An administrator changes the entries of its own economy, a designating authority its own designations. Standards
//! and equivalences, and a scheme whose owner is not known, are everybody's: four eyes watch over them.

use super::entry::Entry;

/// The economies (by code) and bodies (by resource name) that may change an entry; none for what is everybody's.
/// `find` gives the entries that it depends on.
pub fn owners(entry: &Entry, find: &dyn Fn(&str) -> Option<Entry>) -> Vec<String> {
    let of_body = |name: String| match find(&name) {
        Some(Entry::Body(body)) => vec![body.economy.as_str().to_owned(), name],
        _ => vec![name],
    };
    match entry {
        Entry::Economy(it) => vec![it.name.as_str().to_owned()],
        Entry::Body(it) => vec![it.economy.as_str().to_owned()],
        Entry::EditionTransition(it) => vec![it.market.as_str().to_owned()],
        Entry::Requirement(it) => vec![it.market.as_str().to_owned()],
        Entry::Arrangement(it) => it.parties.iter().map(|party| party.economy.as_str().to_owned()).collect(),
        Entry::Annex(it) => match find(&it.arrangement.name()) {
            Some(arrangement @ Entry::Arrangement(_)) => owners(&arrangement, find),
            _ => Vec::new(),
        },
        Entry::Designation(it) => of_body(it.authority.name()),
        Entry::Scheme(it) => it.owner.as_ref().map(|owner| of_body(owner.name())).unwrap_or_default(),
        Entry::Standard(_) | Entry::Equivalence(_) => Vec::new(),
    }
}
