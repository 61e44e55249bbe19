//! A limit shared by everything that passes it: calls, streams, connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Lets at most so many through at a time; never waits.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    inside: Arc<AtomicUsize>,
    most: usize,
}

/// A place behind the gate; given back when dropped.
#[derive(Debug)]
pub(super) struct Pass(Arc<AtomicUsize>);

impl Gate {
    /// A gate for `most` at a time.
    pub(super) fn new(most: usize) -> Self {
        Self { inside: Arc::new(AtomicUsize::new(0)), most }
    }

    /// A place, unless all are taken.
    pub(super) fn enter(&self) -> Option<Pass> {
        let before = self.inside.fetch_add(1, Ordering::AcqRel);
        let pass = Pass(self.inside.clone());
        // Dropping the pass gives back what was counted too many.
        (before < self.most).then_some(pass)
    }

    /// How many are inside.
    #[cfg(test)]
    pub(super) fn inside(&self) -> usize {
        self.inside.load(Ordering::Relaxed)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_lets_so_many_through_and_no_more_until_one_leaves() {
        let gate = Gate::new(2);
        let first = gate.enter().unwrap();
        let _second = gate.enter().unwrap();
        assert!(gate.enter().is_none());
        assert_eq!(gate.inside(), 2);
        drop(first);
        assert!(gate.enter().is_some());
    }
}
