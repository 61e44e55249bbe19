//! Checking proofs. Every verifier is strict: too few hashes, too many hashes and impossible sizes are all refused.

use crate::hash::Hash;
use crate::subtree::{root_of_inclusion, verify_subtree_consistency, verify_subtree_inclusion};

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is outside the tree, or the older tree is empty or larger than the newer one.
    #[error("the position is outside the tree")]
    OutOfRange,
    /// The proof has too few or too many hashes for these sizes.
    #[error("the proof has the wrong length")]
    Length,
    /// The proof leads to another root.
    #[error("the proof leads to another root")]
    Mismatch,
}

/// Verifies that a leaf is at `index` of the tree of `size` leaves with this root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    verify_subtree_inclusion(leaf, index, 0, size, proof, root)
}

/// The root of the tree of `size` leaves in which the leaf would be at `index`; compare it with one that is signed.
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, ProofError> {
    root_of_inclusion(leaf, index, size, proof)
}

/// Verifies that the tree of `old_size` leaves is a prefix of the tree of `new_size` leaves.
///
/// There is no proof from the empty tree (RFC 6962 section 2.1.2 asks for at least one leaf): every tree extends it, and
/// a caller that has seen nothing yet has nothing to verify. So an `old_size` of 0 is refused.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size == 0 {
        return Err(ProofError::OutOfRange);
    }
    verify_subtree_consistency(0, old_size, new_size, proof, old_root, new_root)
}
