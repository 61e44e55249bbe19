//! The frontier: the least that must be kept to append to a tree and know its root.

use crate::hash::{Hash, empty_root, hash_node};

/// The roots of the perfect subtrees that make up a tree, largest first: one for each bit set in its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

/// The nodes do not make up a tree of this size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frontier has one node for each bit that is set in the size of the tree")]
pub struct FrontierError;

impl Frontier {
    /// The frontier of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// A frontier from its parts.
    pub fn from_parts(size: u64, nodes: Vec<Hash>) -> Result<Self, FrontierError> {
        if size.count_ones() as usize == nodes.len() { Ok(Self { size, nodes }) } else { Err(FrontierError) }
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, largest first.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Adds a leaf by its hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.nodes.pop().expect("there is a node for each bit that is set");
            node = hash_node(&left, &node);
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        fold(&self.nodes).unwrap_or_else(empty_root)
    }

    /// The size in 8 bytes big-endian, then the nodes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        for node in &self.nodes {
            bytes.extend_from_slice(node.as_ref());
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let (size, nodes) = bytes.split_first_chunk::<8>().ok_or(FrontierError)?;
        let (nodes, rest) = nodes.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(FrontierError);
        }
        Self::from_parts(u64::from_be_bytes(*size), nodes.iter().copied().map(Hash::new).collect())
    }
}

/// The root of a tree from its perfect subtrees, largest first; nothing for no subtrees.
pub(crate) fn fold(nodes: &[Hash]) -> Option<Hash> {
    nodes.iter().copied().rev().reduce(|right, left| hash_node(&left, &right))
}
