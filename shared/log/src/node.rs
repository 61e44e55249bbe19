//! Nodes of the tree and where they come from.

use crate::hash::Hash;

/// A perfect subtree: at `level` it covers the `2^level` leaves that begin at `index * 2^level`. Level 0 is a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    /// Height above the leaves.
    pub level: u8,
    /// Position among the nodes of its level.
    pub index: u64,
}

/// Gives the hashes of perfect subtrees.
pub trait NodeSource {
    /// Why a node cannot be had.
    type Error;

    /// The hash of a perfect subtree.
    fn node(&self, id: NodeId) -> Result<Hash, Self::Error>;
}

impl<E, F: Fn(NodeId) -> Result<Hash, E>> NodeSource for F {
    type Error = E;

    fn node(&self, id: NodeId) -> Result<Hash, E> {
        self(id)
    }
}
