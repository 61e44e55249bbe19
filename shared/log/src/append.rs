//! Appending many leaves at once, and what must be written for it.

use crate::frontier::Frontier;
use crate::hash::Hash;
use crate::node::{NodeId, NodeSource};
use crate::proof::{self, MakeError};
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TileError, TileId, TileSet, TileTree};

/// The right edge of a tree: its partial tiles. Enough to append, to know the root, and to prove what is appended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appender {
    size: u64,
    /// The partial tile of each level, maybe empty; the last is not.
    edge: Vec<TileTree>,
}

/// The tiles do not make up the right edge of a tree of this size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{tile} of the right edge is missing or has the wrong length")]
pub struct EdgeError {
    /// The tile in question.
    pub tile: TileId,
}

/// The partial tiles of a tree of `size` leaves: what [`Appender::from_tiles`] asks for, lowest level first.
pub fn edge_tiles(size: u64) -> Vec<TileId> {
    (0..=7u8)
        .filter_map(|level| {
            let hashes = size >> (level * TILE_HEIGHT);
            let width = (hashes % TILE_WIDTH) as u16;
            (width > 0).then_some(TileId { level, index: hashes / TILE_WIDTH, width })
        })
        .collect()
}

impl Appender {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The right edge from stored tiles. A stored tile that is wider than asked for is cut: tiles grow at their end.
    ///
    /// Whether the tiles are the right ones, only the root tells: compare [`root`](Self::root) with the signed one.
    pub fn from_tiles<B: AsRef<[u8]>>(size: u64, mut tile: impl FnMut(TileId) -> Option<B>) -> Result<Self, EdgeError> {
        let mut edge = Vec::new();
        for id in edge_tiles(size) {
            let bytes = tile(id).ok_or(EdgeError { tile: id })?;
            let wanted = bytes.as_ref().get(..usize::from(id.width) * Hash::LEN).ok_or(EdgeError { tile: id })?;
            edge.resize_with(usize::from(id.level), TileTree::default);
            edge.push(TileTree::from_bytes(wanted).ok_or(EdgeError { tile: id })?);
        }
        Ok(Self { size, edge })
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        self.frontier().root()
    }

    /// The frontier of the tree.
    pub fn frontier(&self) -> Frontier {
        let nodes = self.edge.iter().rev().flat_map(TileTree::frontier).collect();
        Frontier::from_parts(self.size, nodes).expect("partial tiles hold one node for each bit of the size")
    }

    /// Appends leaves by their hashes. The edge itself stays as it is, so that a transaction that fails loses nothing;
    /// once it has committed, go on with [`Batch::into_appender`].
    pub fn append(&self, leaves: &[Hash]) -> Batch {
        let mut next = self.clone();
        let mut full = TileSet::new();
        let mut updates = Vec::new();
        for leaf in leaves {
            next.push(*leaf, &mut full, &mut updates);
        }
        for (level, tree) in next.edge.iter().enumerate() {
            let level = level as u8;
            let grown = next.size >> (level * TILE_HEIGHT) > self.size >> (level * TILE_HEIGHT);
            if grown && tree.width() > 0 {
                let index = next.tile_index(level);
                updates.push(TileUpdate { id: TileId { level, index, width: tree.width() }, bytes: tree.bytes() });
            }
        }
        updates.sort_by_key(|update| (update.id.level, update.id.index));
        Batch { old_size: self.size, root: next.root(), next, full, updates }
    }

    fn push(&mut self, leaf: Hash, full: &mut TileSet, updates: &mut Vec<TileUpdate>) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0.. {
            if self.edge.len() == level {
                self.edge.push(TileTree::default());
            }
            let Some(root) = self.edge[level].push(hash) else { return };
            let tree = std::mem::take(&mut self.edge[level]);
            // The leaf that filled the tile is the last one, so the tile before the next position is the full one.
            let level = level as u8;
            let index = self.tile_index(level) - 1;
            let id = TileId { level, index, width: TILE_WIDTH as u16 };
            updates.push(TileUpdate { id, bytes: tree.bytes() });
            full.insert_tree(level, index, tree);
            hash = root;
        }
    }

    /// The index of the partial tile of a level.
    fn tile_index(&self, level: u8) -> u64 {
        (self.size >> (level * TILE_HEIGHT)) / TILE_WIDTH
    }

    fn edge_node(&self, id: NodeId) -> Option<Hash> {
        let level = id.level / TILE_HEIGHT;
        let tile = TileId::of_node(id, self.size)?;
        if tile.index == self.tile_index(level) { self.edge.get(usize::from(level))?.node(id) } else { None }
    }
}

/// A tile as it must be stored after an append. It replaces a narrower tile at the same level and index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileUpdate {
    /// Which tile, and how wide it is now.
    pub id: TileId,
    /// Its hashes.
    pub bytes: Vec<u8>,
}

/// What appending some leaves leads to. Nothing of it is in force before the caller has stored it.
#[derive(Clone, Debug)]
pub struct Batch {
    old_size: u64,
    root: Hash,
    next: Appender,
    full: TileSet,
    updates: Vec<TileUpdate>,
}

impl Batch {
    /// The size before.
    pub fn old_size(&self) -> u64 {
        self.old_size
    }

    /// The size after.
    pub fn size(&self) -> u64 {
        self.next.size
    }

    /// The root after.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The frontier after.
    pub fn frontier(&self) -> Frontier {
        self.next.frontier()
    }

    /// The tiles that changed, by level and index.
    pub fn tiles(&self) -> &[TileUpdate] {
        &self.updates
    }

    /// The inclusion proof of a leaf of this batch in the tree after it.
    pub fn inclusion_proof(&self, index: u64) -> Result<Vec<Hash>, MakeError<TileError>> {
        if index < self.old_size {
            return Err(MakeError::OutOfRange);
        }
        proof::inclusion(index, self.size(), self)
    }

    /// The proof that the tree before is a prefix of the tree after.
    pub fn consistency_proof(&self) -> Result<Vec<Hash>, MakeError<TileError>> {
        proof::consistency(self.old_size, self.size(), self)
    }

    /// The right edge after, to append the next batch to.
    pub fn into_appender(self) -> Appender {
        self.next
    }
}

/// The nodes of the tiles that this batch filled and of the right edge.
impl NodeSource for Batch {
    type Error = TileError;

    fn node(&self, id: NodeId) -> Result<Hash, TileError> {
        match self.next.edge_node(id) {
            Some(hash) => Ok(hash),
            None => self.full.node(id),
        }
    }
}

#[cfg(test)]
mod tests;
