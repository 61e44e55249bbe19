//! States in the words of W3C Bitstring Status Lists (<https://www.w3.org/TR/vc-bitstring-status-list/>, 2.2).

use super::life::State;

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
