//! How fresh a read must be: the contract's `ReadConsistency` as a value.

use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};

use crate::violations::Violations;

/// Which revision a read asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// What this replica has.
    Latest,
    /// This one or a later one.
    AtLeast(u64),
    /// This one.
    Exactly(u64),
}

impl Consistency {
    /// Reads the field `consistency` of a request.
    pub fn parse(v: &mut Violations, raw: Option<&ReadConsistency>) -> Option<Self> {
        let mut v = v.scope("consistency");
        match raw.and_then(|raw| raw.requirement) {
            None | Some(Requirement::Latest(true)) => Some(Self::Latest),
            Some(Requirement::Latest(false)) => {
                v.add("latest", "must be true when set");
                None
            }
            Some(Requirement::AtLeastRevision(revision)) => Some(Self::AtLeast(revision)),
            Some(Requirement::ExactlyRevision(0)) => {
                v.add("exactly_revision", "must be 1 or more: revisions begin at 1");
                None
            }
            Some(Requirement::ExactlyRevision(revision)) => Some(Self::Exactly(revision)),
        }
    }
}

#[cfg(test)]
mod tests;
