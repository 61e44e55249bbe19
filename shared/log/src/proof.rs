//! Making proofs from stored nodes.
//!
//! A caller that fetches asynchronously asks first which nodes are needed ([`inclusion_nodes`], [`consistency_nodes`]),
//! fetches them or the tiles that hold them ([`crate::TileSet::needed`]), and then makes the proof.

use std::ops::Range;

use crate::frontier::fold;
use crate::hash::{Hash, empty_root};
use crate::node::{NodeId, NodeSource};
use crate::range;

/// There is no such proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MakeError<E> {
    /// The leaf is not in the tree, or the old tree is larger than the new one.
    #[error("there is no such proof: the position is outside the tree")]
    OutOfRange,
    /// A node cannot be had.
    #[error("a node cannot be had: {0}")]
    Source(E),
}

/// The proof that the leaf at `index` is in the tree of `size` leaves, its sibling first (RFC 6962 section 2.1.1).
pub fn inclusion<S: NodeSource>(index: u64, size: u64, source: &S) -> Result<Vec<Hash>, MakeError<S::Error>> {
    if index >= size {
        return Err(MakeError::OutOfRange);
    }
    resolve(range::inclusion(index, size), source)
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves (RFC 6962 section 2.1.2). Empty when
/// both are the same, and when the old tree is empty: then there is nothing to verify.
pub fn consistency<S: NodeSource>(old: u64, new: u64, source: &S) -> Result<Vec<Hash>, MakeError<S::Error>> {
    match old {
        _ if old > new => Err(MakeError::OutOfRange),
        0 => Ok(Vec::new()),
        _ => resolve(range::consistency(old, new), source),
    }
}

/// The root of the tree of `size` leaves.
pub fn root<S: NodeSource>(size: u64, source: &S) -> Result<Hash, S::Error> {
    let nodes = range::perfect_nodes(0..size).map(|id| source.node(id)).collect::<Result<Vec<_>, _>>()?;
    Ok(fold(&nodes).unwrap_or_else(empty_root))
}

/// The nodes from which [`inclusion`] is computed.
pub fn inclusion_nodes(index: u64, size: u64) -> Vec<NodeId> {
    if index >= size {
        return Vec::new();
    }
    range::inclusion(index, size).into_iter().flat_map(range::perfect_nodes).collect()
}

/// The nodes from which [`consistency`] is computed.
pub fn consistency_nodes(old: u64, new: u64) -> Vec<NodeId> {
    if old == 0 || old > new {
        return Vec::new();
    }
    range::consistency(old, new).into_iter().flat_map(range::perfect_nodes).collect()
}

/// The nodes from which [`root`] is computed: the frontier.
pub fn root_nodes(size: u64) -> Vec<NodeId> {
    range::perfect_nodes(0..size).collect()
}

fn resolve<S: NodeSource>(ranges: Vec<Range<u64>>, source: &S) -> Result<Vec<Hash>, MakeError<S::Error>> {
    let hash = |range: Range<u64>| {
        // Most of a proof's subtrees are perfect: one node each.
        if let Some(node) = range::perfect(&range) {
            return source.node(node);
        }
        let nodes = range::perfect_nodes(range).map(|id| source.node(id)).collect::<Result<Vec<_>, _>>()?;
        Ok(fold(&nodes).expect("no range of a proof is empty"))
    };
    ranges.into_iter().map(|range| hash(range).map_err(MakeError::Source)).collect()
}
