//! To whom green lists belong.

use greenlane_platform::auth::Caller;

use crate::domain::Catalogue;
use crate::domain::change::Change;

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

/// Whether a caller may make changes of lists: as they are, and as they are to be. Of an import that was settled when it
/// was received.
///
/// # Errors
/// The economy to which a list belongs.
pub(super) fn check(caller: &Caller, catalogue: &Catalogue, changes: &[Change]) -> Result<(), String> {
    for change in changes {
        let list = match change {
            Change::PublishImport(_) => continue,
            Change::PutList(list) => {
                if !may(caller, &list.economy) {
                    return Err(list.economy.clone());
                }
                &list.id
            }
            Change::RetireList(id) => id,
            Change::PutEntry(entry) => &entry.list,
            Change::EndEntry(end) => &end.list,
        };
        // A list that the change set itself brings was looked at above.
        if let Some(economy) = another(caller, catalogue, std::iter::once(list.as_str())) {
            return Err(economy);
        }
    }
    Ok(())
}
