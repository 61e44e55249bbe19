//! States in the words of W3C Bitstring Status Lists (<https://www.w3.org/TR/vc-bitstring-status-list/>, 2.2).

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::contestation::{Contestation, without_effect};
use super::life::{Event, State, is_overtaken, last_effective};

/// Entries of each list. Far more than are used, so that a random index is seldom taken: of all of them, or of the part
/// that documents which are made one after the other share.
pub(crate) const ENTRIES: u32 = 1 << 20;

/// Where the bits of a document stand: at this index of a body's lists of this number, one for each purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) list: u32,
    pub(crate) index: u32,
}

/// What a bit of a status list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// For good.
    Revocation,
    /// Until it is lifted.
    Suspension,
    /// There is a newer document.
    Refresh,
}

/// How a version stands to the one that is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Announced, and not overtaken: it counts from a later day.
    ToCome,
    Current,
    /// A newer one counts, or it was overtaken before it did.
    Replaced,
}

impl Phase {
    /// Of a version of a certificate with these events.
    pub(crate) fn of(events: &[Event], version: u32, current: u32) -> Self {
        match version.cmp(&current) {
            Ordering::Greater if !is_overtaken(events, version) => Self::ToCome,
            Ordering::Equal => Self::Current,
            Ordering::Less | Ordering::Greater => Self::Replaced,
        }
    }
}

/// The purposes whose bit is set for a document: of a certificate in this state, in a version in this phase. Dates of
/// validity are no status: they are in the document. The day from which an announced version counts is not.
pub(crate) fn purposes(state: State, phase: Phase) -> &'static [Purpose] {
    match (state, phase) {
        (State::Withdrawn | State::Terminated | State::Annulled, _) => &[Purpose::Revocation],
        (State::Superseded, _) | (State::Active | State::Suspended, Phase::Replaced) => {
            &[Purpose::Revocation, Purpose::Refresh]
        }
        (State::Suspended, Phase::ToCome | Phase::Current) | (State::Active, Phase::ToCome) => &[Purpose::Suspension],
        (State::Active, Phase::Current) => &[],
    }
}

/// What lists say on a day of the document of a version, by these events of its certificate: whether it must not be
/// accepted, for good or for now, and whether it is over for good. The grant may be left out.
/// `contestations` is what was heard of disputes about it: by the order of a panel it is set aside for now.
pub(crate) fn bits(events: &[Event], contestations: &[Contestation], version: u32, day: NaiveDate) -> Bits {
    let last = last_effective(events, day);
    let state = last.map_or(State::Active, |event| event.state_after);
    let current = last.map_or(1, |event| event.version);
    let set = purposes(state, Phase::of(events, version, current));
    let revocation = set.contains(&Purpose::Revocation);
    let ordered = !without_effect(contestations, day).is_empty();
    Bits { suspension: revocation || ordered || set.contains(&Purpose::Suspension), revocation }
}

/// The bits of a document. A list of purpose `suspension` has the bit of a document that is over too: documents of UNTP
/// name one list, and whoever reads that one alone must not take them for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) suspension: bool,
    pub(crate) revocation: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspension_can_be_lifted_and_a_revocation_cannot() {
        for state in State::ALL {
            let set = purposes(state, Phase::Current);
            let is_final = !matches!(state, State::Active | State::Suspended);
            assert_eq!(set.contains(&Purpose::Revocation), is_final, "{state:?}");
            assert_eq!(set.contains(&Purpose::Suspension), state == State::Suspended, "{state:?}");
            let replaced = purposes(state, Phase::Replaced);
            assert!(replaced.contains(&Purpose::Revocation), "{state:?}: an older document does not count any more");
        }
    }

    #[test]
    fn no_document_but_that_of_the_current_version_is_without_a_bit() {
        let phases = [Phase::ToCome, Phase::Current, Phase::Replaced];
        for (state, phase) in State::ALL.into_iter().flat_map(|state| phases.map(|phase| (state, phase))) {
            let counts = (state, phase) == (State::Active, Phase::Current);
            assert_eq!(purposes(state, phase).is_empty(), counts, "{state:?} {phase:?}");
        }
        assert_eq!(purposes(State::Active, Phase::ToCome), [Purpose::Suspension], "its day comes");
    }
}
