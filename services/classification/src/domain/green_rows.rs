//! The codes of an edition that are on green lists: for filters.

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;

use super::catalogue::{Catalogue, ListData, Position};
use super::membership::{MembershipStatus, check_membership};
use super::translate::translate;

/// The rows of an edition that are on any of the lists on a day, wholly or in part. Only codes that an entry leads to
/// are asked about.
pub(crate) fn green_rows(catalogue: &Catalogue, lists: &[&ListData], edition: usize, on: NaiveDate) -> HashSet<u32> {
    let mut green = HashSet::new();
    for list in lists {
        let mut near: BTreeSet<u32> = BTreeSet::new();
        for entry in list.entries_on(on) {
            let at = catalogue.edition(&entry.edition).and_then(|edition| catalogue.find(edition, &entry.code));
            let Some(at) = at else { continue };
            for target in translate(catalogue, at, edition, false).targets {
                near.extend(catalogue.ancestors(target.at).map(|above| above.row));
                near.extend(target.at.row..catalogue.code(target.at).end);
            }
        }
        green.extend(near.into_iter().filter(|row| {
            match check_membership(catalogue, list, Position { edition, row: *row }, on, false).status {
                MembershipStatus::Member | MembershipStatus::Partly => true,
                MembershipStatus::NotMember | MembershipStatus::Undetermined => false,
            }
        }));
    }
    green
}
