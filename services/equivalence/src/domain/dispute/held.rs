//! What a panel has ordered, against the ordinary change sets of those who lost.

use super::Dispute;
use super::apply::note;
use crate::domain::body::{Contestation, Designation};
use crate::domain::change::{View, grants_again, opens_again};
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

/// A change: the entry as it is, as it was last where it is not there, and as it becomes.
pub(crate) struct Moved<'m> {
    pub(crate) is: Option<&'m Entry>,
    pub(crate) was: Option<&'m Entry>,
    pub(crate) becomes: Option<&'m Entry>,
}

/// Whether a change of the entry `name` is held by a dispute: `applied` is what its published outcomes did to that entry, and
/// to other designations of the body under the annex; `beside` are such others as they are.
pub(crate) fn held(
    dispute: &Dispute,
    applied: &[Applied],
    beside: &[&Designation],
    view: &View<'_>,
    (name, moved): (&str, &Moved<'_>),
) -> Option<Hold> {
    if record_changes(dispute, moved) {
        return Some(Hold::Record);
    }
    let &Moved { is, becomes, .. } = moved;
    let gives_back = |it: &Applied| match (designation(it.before.as_ref()), designation(becomes)) {
        (Some(before), Some(becomes)) => {
            // An interim effect was never meant to last.
            let before = uncontested(before, dispute);
            let states = (&before, designation(it.after.as_ref()));
            opens_again(view, states, (designation(is), becomes))
        }
        _ => it.name == name && grants_again(view, (it.before.as_ref(), it.after.as_ref()), (is, becomes)),
    };
    let opens_beside = |contested: &&Designation| {
        let without = uncontested(contested, dispute);
        let becomes = designation(becomes).filter(|_| is_contested(contested, dispute));
        becomes.is_some_and(|becomes| opens_again(view, (&without, Some(contested)), (designation(is), becomes)))
    };
    (applied.iter().any(gives_back) || beside.iter().any(opens_beside)).then_some(Hold::GivesBack)
}

/// Whether the record of a dispute's contestation is not what it was. With a designation that is retired goes the record of
/// what is settled, and with what is brought back it comes; what is open stays until the panel has decided.
fn record_changes(dispute: &Dispute, moved: &Moved<'_>) -> bool {
    let note = note(dispute);
    let of = |entry: Option<&Entry>| -> Vec<Contestation> {
        let all = designation(entry).map_or(&[][..], |it| &it.contestations);
        all.iter().filter(|it| it.note == note).cloned().collect()
    };
    let is_open = |all: &[Contestation]| all.iter().any(|it| it.settled_on.is_none());
    match (moved.is, moved.becomes) {
        (_, None) => is_open(&of(moved.is)),
        (Some(is), Some(becomes)) => {
            // An interim effect of the body, under the annex, would be of another.
            let moves = match (designation(Some(is)), designation(Some(becomes))) {
                (Some(is), Some(becomes)) => is.body != becomes.body || is.annex != becomes.annex,
                _ => false,
            };
            of(moved.is) != of(moved.becomes) || (moves && is_open(&of(moved.is)))
        }
        (None, Some(_)) => {
            let (was, comes) = (of(moved.was), of(moved.becomes));
            comes != was && (!comes.is_empty() || is_open(&was))
        }
    }
}

/// A designation as it would be without the record of a dispute.
fn uncontested(designation: &Designation, dispute: &Dispute) -> Designation {
    let note = note(dispute);
    let mut without = designation.clone();
    without.contestations.retain(|it| it.note != note);
    without
}

/// Whether it is contested in a dispute that has not been settled.
fn is_contested(designation: &Designation, dispute: &Dispute) -> bool {
    let note = note(dispute);
    designation.contestations.iter().any(|it| it.note == note && it.settled_on.is_none())
}

/// The disputes that a designation's contestations are of, by name.
pub(crate) fn contested_in(designation: &Designation) -> impl Iterator<Item = &str> {
    designation.contestations.iter().filter_map(dispute_of)
}

/// The dispute that a contestation is the record of, by name; none where it was raised without one.
pub(crate) fn dispute_of(contest: &Contestation) -> Option<&str> {
    contest.note.split(": ").next().filter(|it| it.starts_with("disputes/"))
}

fn designation(entry: Option<&Entry>) -> Option<&Designation> {
    match entry {
        Some(Entry::Designation(it)) => Some(it),
        _ => None,
    }
}
