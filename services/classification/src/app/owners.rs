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

/// To whom the lists that change belong: as they are, and as they are to be. What an import brings, and whose it is, is
/// asked where it is at hand.
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
    let mut owners = systems.filter_map(|id| owner_of_system(catalogue, announced.system.as_slice(), id));
    owners.find(|economy| !may(caller, economy)).map_or(Ok(()), Err)
}

/// The same of what the rows of a file turned out to be of.
pub(super) fn check_imported(caller: &Caller, catalogue: &Catalogue, imported: &Imported) -> Result<(), String> {
    check_economies(caller, &of_imported(catalogue, imported))
}

/// Whether a caller may change what belongs to each of some economies.
pub(super) fn check_economies(caller: &Caller, economies: &BTreeSet<String>) -> Result<(), String> {
    economies.iter().find(|economy| !may(caller, economy)).map_or(Ok(()), |economy| Err(economy.clone()))
}

/// The economies to which the lists and code systems belong that the rows of a file turned out to be of.
pub(super) fn of_imported(catalogue: &Catalogue, imported: &Imported) -> BTreeSet<String> {
    let mut lists: Vec<&str> = imported.entries.iter().map(|entry| entry.list.as_str()).collect();
    lists.dedup();
    let lists = lists.into_iter().filter_map(|list| Some(catalogue.list(list)?.fact.economy.clone()));
    let mut editions: BTreeSet<&str> = imported.terms.iter().map(|term| term.edition.as_str()).collect();
    editions.extend(imported.tables.iter().flat_map(|table| [table.earlier.as_str(), table.later.as_str()]));
    let here = editions.into_iter().filter_map(|id| catalogue.edition(id)).map(|at| &catalogue.editions[at].fact);
    let systems: BTreeSet<&str> = here.chain(&imported.editions).map(|edition| edition.system.as_str()).collect();
    let systems = systems.into_iter().filter_map(|id| owner_of_system(catalogue, &imported.systems, id));
    lists.chain(systems).filter(|economy| !economy.is_empty()).collect()
}

/// To whom a code system belongs. One that is here belongs to whom it belongs here, whatever a file says.
fn owner_of_system(catalogue: &Catalogue, brought: &[CodeSystemFact], id: &str) -> Option<String> {
    let mut known = catalogue.systems.iter().chain(brought);
    let known = known.find(|system| system.id == id).map(|system| system.economy.clone());
    known.or_else(|| Some(harmonized::system(id)?.economy))
}
