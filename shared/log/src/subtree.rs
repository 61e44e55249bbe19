//! Proofs about subtrees (draft-ietf-plants-merkle-tree-certs, section "Subtrees"). Proofs about whole trees are the
//! case in which the subtree begins at leaf 0, so that there is one verifier for all of them.
//!
//! A subtree `[start, end)` is valid if `start` is a multiple of the smallest power of two that is not below its length.

use std::slice;

use crate::hash::{Hash, empty_root, hash_node};
use crate::range::split;
use crate::verify::ProofError;

/// Verifies that the leaf at `index` is in the subtree `[start, end)` with this root.
pub fn verify_subtree_inclusion(
    leaf: &Hash,
    index: u64,
    start: u64,
    end: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if !is_subtree(start, end) || !(start..end).contains(&index) {
        return Err(ProofError::OutOfRange);
    }
    let mut rest = proof.iter();
    let computed = climb(leaf, index - start, end - start, &mut rest)?;
    finish(rest)?;
    if computed == *root { Ok(()) } else { Err(ProofError::Mismatch) }
}

/// The root that an inclusion proof leads to.
pub(crate) fn root_of_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let mut rest = proof.iter();
    let computed = climb(leaf, index, size, &mut rest)?;
    finish(rest)?;
    Ok(computed)
}

/// Verifies that the subtree `[start, end)` with one root is a part of the tree of `size` leaves with the other.
pub fn verify_subtree_consistency(
    start: u64,
    end: u64,
    size: u64,
    proof: &[Hash],
    subtree_root: &Hash,
    root: &Hash,
) -> Result<(), ProofError> {
    if end > size || start > end {
        return Err(ProofError::OutOfRange);
    }
    if start == end {
        // Nothing is part of everything; there is nothing to prove and nothing that the proof could hold.
        finish(proof.iter())?;
        return if *subtree_root == empty_root() { Ok(()) } else { Err(ProofError::Mismatch) };
    }
    if !is_subtree(start, end) {
        return Err(ProofError::OutOfRange);
    }
    let mut rest = proof.iter();
    let (part, whole) = join(start, end, size, Some(subtree_root), &mut rest)?;
    finish(rest)?;
    if part == *subtree_root && whole == *root { Ok(()) } else { Err(ProofError::Mismatch) }
}

fn is_subtree(start: u64, end: u64) -> bool {
    match end.checked_sub(start) {
        None | Some(0) => false,
        // Lengths above 2^63 have no power of two in 64 bits above them: only a subtree at 0 can be meant.
        Some(length) => length.checked_next_power_of_two().map_or(start == 0, |unit| start.is_multiple_of(unit)),
    }
}

/// The root of a tree of `size` leaves, from a leaf and its siblings. Depth is at most 64.
fn climb(leaf: &Hash, index: u64, size: u64, rest: &mut slice::Iter<'_, Hash>) -> Result<Hash, ProofError> {
    if size == 1 {
        return Ok(*leaf);
    }
    let middle = split(size);
    if index < middle {
        let left = climb(leaf, index, middle, rest)?;
        Ok(hash_node(&left, next(rest)?))
    } else {
        let right = climb(leaf, index - middle, size - middle, rest)?;
        Ok(hash_node(next(rest)?, &right))
    }
}

/// The roots of the subtree and of the tree, from the subtree's root (while it is still whole) or the proof. Depth is at
/// most 64.
fn join(
    start: u64,
    end: u64,
    size: u64,
    known: Option<&Hash>,
    rest: &mut slice::Iter<'_, Hash>,
) -> Result<(Hash, Hash), ProofError> {
    if start == 0 && end == size {
        let root = match known {
            Some(root) => root,
            None => next(rest)?,
        };
        return Ok((*root, *root));
    }
    let middle = split(size);
    if end <= middle {
        let (part, left) = join(start, end, middle, known, rest)?;
        Ok((part, hash_node(&left, next(rest)?)))
    } else if start >= middle {
        let (part, right) = join(start - middle, end - middle, size - middle, known, rest)?;
        Ok((part, hash_node(next(rest)?, &right)))
    } else {
        // A valid subtree lies across the middle only if it begins at 0.
        let (part, right) = join(0, end - middle, size - middle, None, rest)?;
        let left = next(rest)?;
        Ok((hash_node(left, &part), hash_node(left, &right)))
    }
}

fn next<'a>(rest: &mut slice::Iter<'a, Hash>) -> Result<&'a Hash, ProofError> {
    rest.next().ok_or(ProofError::Length)
}

fn finish(mut rest: slice::Iter<'_, Hash>) -> Result<(), ProofError> {
    if rest.next().is_none() { Ok(()) } else { Err(ProofError::Length) }
}
