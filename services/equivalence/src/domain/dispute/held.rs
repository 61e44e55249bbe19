//! What a panel has ordered, against the ordinary change sets of those who lost.

use std::collections::BTreeSet;

use super::apply::note;
use super::{Dispute, still_contested};
use crate::domain::body::{Contestation, Designation};
use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, View, tightened_fields};
use crate::domain::entry::Entry;

/// An entry as it was before an outcome was published, and as that made it; none is that it is not there.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Its resource name.
    pub name: String,
    /// Before.
    pub before: Option<Entry>,
    /// After.
    pub after: Option<Entry>,
}

/// Why a change is not for those with a part in a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It changes the record of the contestation, and with it the interim effect. That is the dispute's own.
    Record,
    /// It gives back what the panel took away. Who has a part may propose it, and others review and publish it.
    GivesBack,
}

impl Hold {
    /// The end of a sentence that begins with the entry.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => {
                "would have the record of its contestation changed, which the dispute alone does, or somebody without a part \
                 in it"
            }
            Self::GivesBack => {
                "would give back what the panel took away, which is reviewed and published by those without a part in the \
                 dispute"
            }
        }
    }
}

/// Whether a change is held by a dispute; `applied` is what its published outcomes did, `view` the catalogue as it would be.
pub(crate) fn held(
    dispute: &Dispute,
    applied: &[Applied],
    view: &View<'_>,
    catalogue: &Catalogue,
    change: &Change,
) -> Option<Hold> {
    let name = change.entry_name();
    let (is, becomes) = (catalogue.entry(&name), change.becomes());
    let is = is.as_ref();
    if record_changes(dispute, is, becomes) {
        return Some(Hold::Record);
    }
    // Wider than the panel left it, and than it is, where the panel narrowed it.
    let gives_back = |it: &Applied| {
        let narrowed = tightened_fields(view, it.before.as_ref(), it.after.as_ref());
        let wider = |than: Option<&Entry>| tightened_fields(view, becomes, than);
        !both(&both(&narrowed, &wider(it.after.as_ref())), &wider(is)).is_empty()
    };
    let given_back = applied.iter().filter(|it| it.name == name).any(gives_back);
    (given_back || takes_its_place(dispute, applied, view, catalogue, is, becomes)).then_some(Hold::GivesBack)
}

/// Fields that are in both, where an empty one is every field.
fn both(one: &BTreeSet<String>, other: &BTreeSet<String>) -> BTreeSet<String> {
    match (one.contains(""), other.contains("")) {
        (true, _) => other.clone(),
        (_, true) => one.clone(),
        _ => one.intersection(other).cloned().collect(),
    }
}

/// Whether the record of a dispute's contestation is not what it was. With a designation that is retired goes the record of
/// what is settled; what is open stays until the panel has decided.
fn record_changes(dispute: &Dispute, is: Option<&Entry>, becomes: Option<&Entry>) -> bool {
    let note = note(dispute);
    let of = |entry: Option<&Entry>| -> Vec<Contestation> {
        let all = designation(entry).map_or(&[][..], |it| &it.contestations);
        all.iter().filter(|it| it.note == note).cloned().collect()
    };
    match becomes {
        Some(_) => of(is) != of(becomes),
        None => of(is).iter().any(|it| it.settled_on.is_none()),
    }
}

/// Whether a designation would open to the body, under the annex, what the panel closed by another one.
fn takes_its_place(
    dispute: &Dispute,
    applied: &[Applied],
    view: &View<'_>,
    catalogue: &Catalogue,
    is: Option<&Entry>,
    becomes: Option<&Entry>,
) -> bool {
    let (Some(beside), Some(challenged)) = (designation(becomes), dispute.designation()) else { return false };
    let narrowing = applied
        .iter()
        .find(|it| it.name == challenged && !tightened_fields(view, it.before.as_ref(), it.after.as_ref()).is_empty());
    let closed = match narrowing {
        Some(it) => it.before.clone(),
        None if still_contested(dispute, catalogue) => catalogue.entry(challenged),
        None => None,
    };
    designation(closed.as_ref()).is_some_and(|it| {
        it.name != beside.name
            && it.body == beside.body
            && it.annex == beside.annex
            && !tightened_fields(view, becomes, is).is_empty()
    })
}

fn designation(entry: Option<&Entry>) -> Option<&Designation> {
    match entry {
        Some(Entry::Designation(it)) => Some(it),
        _ => None,
    }
}
