//! What would take access from somebody from a day before those who have it have been heard.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use greenlane_curation::{BEFORE_HEARD, Finding};

use super::{Change, tightening};
use crate::domain::alert::closing;
use crate::domain::catalogue::Catalogue;

/// Of each entry by which the changes tighten access, the first new day on which something closes, if that comes before
/// `earliest`, the first day on which they can be published.
pub fn before_heard(catalogue: &Catalogue, changes: &[Change], earliest: NaiveDate) -> Vec<Finding> {
    let tightened: BTreeSet<String> = tightening(catalogue, changes).into_iter().map(|it| it.entry).collect();
    let of = |(index, change): (usize, &Change)| {
        let Change::Upsert(after) = change else { return None };
        let entry = after.name();
        let known: Vec<_> = catalogue.entry(&entry).iter().flat_map(closing).map(|(_, on, what)| (on, what)).collect();
        let new = closing(after).filter(|(_, on, what)| !known.iter().any(|it| (&it.0, &it.1) == (on, what)));
        let (field, on, what) = new.filter(|(_, on, _)| *on < earliest).min_by_key(|(_, on, _)| *on)?;
        let message = format!(
            "on {on} `{entry}` {what}, before those concerned can have been heard: the first possible day is {earliest}"
        );
        tightened.contains(&entry).then(|| Finding { code: BEFORE_HEARD.into(), index, entry, field, message })
    };
    changes.iter().enumerate().filter_map(of).collect()
}
