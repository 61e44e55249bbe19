//! Which parts of a tree a proof is made of, as ranges of leaves.

use std::ops::Range;

use crate::node::NodeId;

/// The largest power of two below `size`, where RFC 6962 splits a tree of more than one leaf.
pub(crate) fn split(size: u64) -> u64 {
    debug_assert!(size > 1);
    1 << (63 - (size - 1).leading_zeros())
}

/// The perfect subtrees that make up the leaves of a range which begins where RFC 6962 would split, left to right.
pub(crate) fn perfect_nodes(range: Range<u64>) -> impl Iterator<Item = NodeId> {
    let mut start = range.start;
    std::iter::from_fn(move || {
        let length = range.end - start;
        if length == 0 {
            return None;
        }
        let level = 63 - length.leading_zeros();
        let node = NodeId { level: level as u8, index: start >> level };
        start += 1 << level;
        Some(node)
    })
}

/// The one perfect subtree that makes up all of such a range, if it does.
pub(crate) fn perfect(range: &Range<u64>) -> Option<NodeId> {
    let length = range.end - range.start;
    let level = length.trailing_zeros();
    length.is_power_of_two().then_some(NodeId { level: level as u8, index: range.start >> level })
}

/// The siblings on the way from a leaf to the root, leaf first (`PATH` of RFC 6962 section 2.1.1).
pub(crate) fn inclusion(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut path = Vec::with_capacity(size.ilog2() as usize + 1);
    let mut subtree = 0..size;
    while subtree.end - subtree.start > 1 {
        let middle = subtree.start + split(subtree.end - subtree.start);
        if index < middle {
            path.push(middle..subtree.end);
            subtree.end = middle;
        } else {
            path.push(subtree.start..middle);
            subtree.start = middle;
        }
    }
    path.reverse();
    path
}

/// The subtrees of a consistency proof between two sizes, `0 < old <= new` (`PROOF` of RFC 6962 section 2.1.2).
pub(crate) fn consistency(old: u64, new: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    let mut subtree = 0..new;
    // While only left turns were taken, the old tree is the subtree itself and the verifier has its root.
    let mut root_is_known = true;
    while old < subtree.end {
        let middle = subtree.start + split(subtree.end - subtree.start);
        if old <= middle {
            path.push(middle..subtree.end);
            subtree.end = middle;
        } else {
            path.push(subtree.start..middle);
            subtree.start = middle;
            root_is_known = false;
        }
    }
    if !root_is_known {
        path.push(subtree);
    }
    path.reverse();
    path
}
