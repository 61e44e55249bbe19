//! To whom green lists and code systems belong.

use std::collections::BTreeSet;

use greenlane_curation::alerts::owner;
use greenlane_curation::{ChangeError, Owned};
use greenlane_platform::auth::Caller;

use crate::domain::change::Change;
use crate::domain::{Announced, Catalogue, CodeSystemFact, Format, Imported, harmonized};
use crate::store::ImportRow;

/// Whether a caller may change what belongs to an economy. What belongs to none anybody may who has the scope; what
/// belongs to one its own administrators, and those of the installation: scope `admin`, without an economy.
fn may(caller: &Caller, economy: &str) -> bool {
    economy.is_empty() || caller.economy() == Some(economy) || (caller.economy().is_none() && caller.is_admin())
}

/// The first of some lists that belongs to another: its economy.
pub(super) fn another<'l>(
    caller: &Caller,
    catalogue: &Catalogue,
    mut lists: impl Iterator<Item = &'l str>,
) -> Option<String> {
    lists.find_map(|list| {
        let economy = catalogue.list(list)?.fact.economy.as_str();
        (!may(caller, economy)).then(|| economy.to_owned())
    })
}

/// To whom the lists that change belong: as they are, and as they are to be. What an import brings was settled when it was
/// received; whose the import is, is asked where it is at hand.
pub(super) fn of(catalogue: &Catalogue, changes: &[Change]) -> Vec<Owned> {
    let of = |change: &Change| {
        let (brought, list) = match change {
            Change::PublishImport(_) => (None, None),
            Change::PutList(list) => (Some(list.economy.clone()), Some(&list.id)),
            Change::RetireList(id) => (None, Some(id)),
            Change::PutEntry(entry) => (None, Some(&entry.list)),
            Change::EndEntry(end) => (None, Some(&end.list)),
        };
        // A list that the change set itself brings is looked at where it does.
        let known = list.and_then(|id| Some(catalogue.list(id)?.fact.economy.clone()));
        let mut all: Vec<String> = known.into_iter().chain(brought).filter(|economy| !economy.is_empty()).collect();
        all.dedup();
        let entry = change.entry_name();
        all.into_iter().map(move |economy| Owned { entry: entry.clone(), owners: vec![economy] })
    };
    changes.iter().flat_map(of).collect()
}

/// Whether a caller may go on with an import, give it up or propose it: whoever acts for whom it was started, and the
/// administrators of the installation.
///
/// # Errors
/// Whose it is.
pub(crate) fn check_import(caller: &Caller, import: &ImportRow) -> Result<(), ChangeError> {
    let installation = caller.economy().is_none() && caller.is_admin();
    if installation || owner(caller) == import.owner {
        return Ok(());
    }
    match import.owner.strip_prefix("economies/") {
        Some(economy) => Err(ChangeError::NotYours(economy.to_owned())),
        None => Err(ChangeError::NotAuthor(format!("imports/{}", import.id))),
    }
}

/// Whether a caller may import what a file is announced to bring: of a code system that belongs to another economy
/// nothing, and no code system for another one.
///
/// # Errors
/// The economy to which the code system belongs.
pub(crate) fn check_announced(caller: &Caller, catalogue: &Catalogue, announced: &Announced) -> Result<(), String> {
    let second = catalogue.edition(&announced.second_edition).map(|at| &catalogue.editions[at].fact);
    // A list only names the edition of its codes.
    let changed = announced.edition.iter().filter(|_| announced.format != Format::GreenListCsv);
    let editions = changed.chain(second).map(|edition| edition.system.as_str());
    let systems = editions.chain(announced.system.iter().map(|system| system.id.as_str()));
    systems_of(caller, catalogue, announced.system.as_slice(), systems)
}

/// The same of what the rows of a file turned out to be of.
pub(super) fn check_imported(caller: &Caller, catalogue: &Catalogue, imported: &Imported) -> Result<(), String> {
    let lists = imported.entries.iter().map(|entry| entry.list.as_str());
    if let Some(economy) = another(caller, catalogue, lists) {
        return Err(economy);
    }
    let mut editions: BTreeSet<&str> = imported.terms.iter().map(|term| term.edition.as_str()).collect();
    editions.extend(imported.tables.iter().flat_map(|table| [table.earlier.as_str(), table.later.as_str()]));
    let here = editions.into_iter().filter_map(|id| catalogue.edition(id)).map(|at| &catalogue.editions[at].fact);
    let systems = here.chain(&imported.editions).map(|edition| edition.system.as_str());
    systems_of(caller, catalogue, &imported.systems, systems)
}

/// Whether a caller may change code systems. One that is here belongs to whom it belongs here, whatever a file says.
fn systems_of<'s>(
    caller: &Caller,
    catalogue: &Catalogue,
    brought: &[CodeSystemFact],
    systems: impl Iterator<Item = &'s str>,
) -> Result<(), String> {
    for id in systems {
        let mut known = catalogue.systems.iter().chain(brought);
        let system = known.find(|system| system.id == id).cloned().or_else(|| harmonized::system(id));
        if let Some(system) = system.filter(|system| !may(caller, &system.economy)) {
            return Err(system.economy);
        }
    }
    Ok(())
}
