//! States in the words of W3C Bitstring Status Lists (<https://www.w3.org/TR/vc-bitstring-status-list/>, 2.2).

use chrono::NaiveDate;

use super::contestation::{Contestation, without_effect};
use super::life::{Event, State, is_overtaken, last_effective};

/// Entries of each list. Far more than are used, so that a random index is seldom taken.
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

/// The purposes whose bit is set for a document: of a certificate in this state, in a version that a newer one has
/// `replaced` or not. Dates are no status: they are in the document.
pub(crate) fn purposes(state: State, replaced: bool) -> &'static [Purpose] {
    match state {
        State::Withdrawn | State::Terminated | State::Annulled => &[Purpose::Revocation],
        State::Superseded => &[Purpose::Revocation, Purpose::Refresh],
        State::Active | State::Suspended if replaced => &[Purpose::Revocation, Purpose::Refresh],
        State::Suspended => &[Purpose::Suspension],
        State::Active => &[],
    }
}

/// What lists say on a day of the document of a version, by these events of its certificate: whether it must not be
/// accepted, for good or for now, and whether it is over for good. The grant may be left out.
/// `contestations` is what was heard of disputes about it: by the order of a panel it is set aside for now.
pub(crate) fn bits(events: &[Event], contestations: &[Contestation], version: u32, day: NaiveDate) -> Bits {
    let last = last_effective(events, day);
    let state = last.map_or(State::Active, |event| event.state_after);
    let current = last.map_or(1, |event| event.version);
    let set = purposes(state, version < current || version > current && is_overtaken(events, version));
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
            let set = purposes(state, false);
            let is_final = !matches!(state, State::Active | State::Suspended);
            assert_eq!(set.contains(&Purpose::Revocation), is_final, "{state:?}");
            assert_eq!(set.contains(&Purpose::Suspension), state == State::Suspended, "{state:?}");
            let replaced = purposes(state, true);
            assert!(replaced.contains(&Purpose::Revocation), "{state:?}: an older document does not count any more");
        }
    }
}
