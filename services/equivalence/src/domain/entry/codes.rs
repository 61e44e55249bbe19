//! The codes that an entry names.

use super::Entry;
use crate::domain::code::{CodeReference, CodeScope};

impl Entry {
    /// Every code that it names, with the field that does; those that cannot be codes are left out.
    pub(crate) fn codes(&self) -> Vec<(String, CodeReference)> {
        let mut found = Vec::new();
        match self {
            Self::Economy(it) => {
                if let Some(complete) = &it.complete_requirements {
                    add("complete_requirements.codes", &complete.codes, &mut found);
                }
            }
            Self::Annex(it) => {
                add("codes", &it.codes, &mut found);
                if let Some(not) = &it.exclusions {
                    add("exclusions.codes", &not.codes, &mut found);
                }
            }
            Self::Designation(it) => add("codes", &it.codes, &mut found),
            Self::Requirement(it) => add("codes", &it.codes, &mut found),
            Self::Body(_)
            | Self::Scheme(_)
            | Self::Standard(_)
            | Self::EditionTransition(_)
            | Self::Equivalence(_)
            | Self::Arrangement(_) => {}
        }
        found.retain(|(_, code)| code.faults().is_empty());
        found
    }
}

fn add(field: &str, scopes: &[CodeScope], found: &mut Vec<(String, CodeReference)>) {
    for (i, scope) in scopes.iter().enumerate() {
        found.push((format!("{field}[{i}].code.code"), scope.code.clone()));
        for (j, except) in scope.except.iter().enumerate() {
            let code = CodeReference { edition: scope.code.edition.clone(), code: except.clone() };
            found.push((format!("{field}[{i}].except[{j}]"), code));
        }
    }
}
