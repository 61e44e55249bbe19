//! Tiles (C2SP tlog-tiles): the tree cut into blocks of 256 hashes, eight levels high.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use crate::hash::{Hash, hash_node};
use crate::node::{NodeId, NodeSource};

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Levels of the tree in one tile.
pub(crate) const TILE_HEIGHT: u8 = 8;

/// The highest tile level of a tree of 64-bit size.
const MAX_TILE_LEVEL: u8 = 7;

/// One tile, full or partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// Level of the tile: its hashes are nodes at eight times this level.
    pub level: u8,
    /// Position among the tiles of its level.
    pub index: u64,
    /// Hashes in it: 1 to 256.
    pub width: u16,
}

/// The text is not the path of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct NotATilePath;

impl TileId {
    /// The tile of a tree of `size` leaves at a position, as wide as it is in that tree; nothing if it is empty there.
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        if level > MAX_TILE_LEVEL {
            return None;
        }
        let hashes = size >> (level * TILE_HEIGHT);
        let start = index.checked_mul(TILE_WIDTH)?;
        let width = hashes.checked_sub(start)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { level, index, width: width as u16 })
    }

    /// The tile of a tree of `size` leaves that holds a node, or from which it is computed.
    pub fn of_node(node: NodeId, size: u64) -> Option<Self> {
        let (level, index, _, _) = locate(node);
        Self::in_tree(level, index, size)
    }

    /// Whether all 256 hashes are there, so that the tile never changes again.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// The path under the log's prefix, such as `tile/0/x001/x234/067.p/8`.
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, index_path(self.index, self.width))
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

impl FromStr for TileId {
    type Err = NotATilePath;

    fn from_str(path: &str) -> Result<Self, NotATilePath> {
        let (level, rest) = path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(NotATilePath)?;
        let level: u8 = decimal(level).and_then(|level| u8::try_from(level).ok()).ok_or(NotATilePath)?;
        if level > MAX_TILE_LEVEL {
            return Err(NotATilePath);
        }
        let (index, width) = parse_index_path(rest).ok_or(NotATilePath)?;
        Ok(Self { level, index, width })
    }
}

/// The index in groups of three digits, and the width if the tile or bundle is partial.
pub(crate) fn index_path(index: u64, width: u16) -> String {
    let digits = index.to_string();
    let padded = format!("{}{digits}", "0".repeat((3 - digits.len() % 3) % 3));
    let groups = padded.len() / 3;
    let mut path = String::with_capacity(padded.len() * 2);
    for group in 0..groups {
        if group + 1 < groups {
            path.push('x');
        }
        path.push_str(&padded[group * 3..group * 3 + 3]);
        if group + 1 < groups {
            path.push('/');
        }
    }
    if u64::from(width) < TILE_WIDTH {
        path.push_str(&format!(".p/{width}"));
    }
    path
}

/// Reads what [`index_path`] wrote, and nothing else.
pub(crate) fn parse_index_path(path: &str) -> Option<(u64, u16)> {
    let (digits, width) = match path.split_once(".p/") {
        None => (path, TILE_WIDTH as u16),
        Some((digits, width)) => (digits, u16::try_from(decimal(width)?).ok()?),
    };
    let plain: String = digits.chars().filter(char::is_ascii_digit).collect();
    let index = plain.parse().ok()?;
    // Writing it again is the strictest check: there is one path for each index and width.
    (width > 0 && index_path(index, width) == path).then_some((index, width))
}

/// A decimal number without sign or leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// Where a node lies: tile level, tile index, height within the tile, position within the tile at that height.
fn locate(node: NodeId) -> (u8, u64, u8, usize) {
    let height = node.level % TILE_HEIGHT;
    let per_tile = TILE_HEIGHT - height;
    let position = node.index & ((1 << per_tile) - 1);
    (node.level / TILE_HEIGHT, node.index >> per_tile, height, position as usize)
}

/// A tile with the nodes above its hashes, so that each is computed once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TileTree {
    /// Nodes by height above the tile's hashes; height 8 holds one node when the tile is full.
    heights: [Vec<Hash>; 9],
}

impl TileTree {
    /// Reads a tile of a known width.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.is_empty() || hashes.len() as u64 > TILE_WIDTH {
            return None;
        }
        let mut tree = Self::default();
        for hash in hashes {
            tree.push(Hash::new(*hash));
        }
        Some(tree)
    }

    /// Adds a hash; gives the root of the tile if that filled it.
    pub(crate) fn push(&mut self, hash: Hash) -> Option<Hash> {
        self.heights[0].push(hash);
        for height in 0..usize::from(TILE_HEIGHT) {
            let [.., left, right] = self.heights[height].as_slice() else { return None };
            if self.heights[height].len() % 2 == 1 {
                return None;
            }
            let parent = hash_node(left, right);
            self.heights[height + 1].push(parent);
        }
        self.heights[usize::from(TILE_HEIGHT)].first().copied()
    }

    pub(crate) fn width(&self) -> u16 {
        self.heights[0].len() as u16
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.heights[0].iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    /// A node of the tile, if the tile is wide enough to hold all of it.
    pub(crate) fn node(&self, node: NodeId) -> Option<Hash> {
        let (_, _, height, position) = locate(node);
        self.heights[usize::from(height)].get(position).copied()
    }

    /// The perfect subtrees of a partial tile, largest first.
    pub(crate) fn frontier(&self) -> impl Iterator<Item = Hash> {
        self.heights[..usize::from(TILE_HEIGHT)]
            .iter()
            .rev()
            .filter(|nodes| nodes.len() % 2 == 1)
            .filter_map(|nodes| nodes.last().copied())
    }
}

/// Tiles that a reader holds, as a source of nodes.
#[derive(Clone, Debug, Default)]
pub struct TileSet {
    tiles: HashMap<(u8, u64), TileTree>,
}

/// Why a node cannot be had from a set of tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The tile is not in the set, or not wide enough.
    #[error("level {level} tile {index} is missing or too narrow")]
    Missing {
        /// Level of the tile.
        level: u8,
        /// Index of the tile.
        index: u64,
    },
    /// The bytes of a tile are not what its width asks for.
    #[error("a tile is {width} hashes of 32 bytes, not {length} bytes")]
    Length {
        /// Hashes that there should be.
        width: u16,
        /// Bytes that there are.
        length: usize,
    },
}

impl TileSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tiles of a tree of `size` leaves that hold these nodes, each once.
    pub fn needed(nodes: &[NodeId], size: u64) -> Vec<TileId> {
        let tiles: BTreeSet<TileId> = nodes.iter().filter_map(|node| TileId::of_node(*node, size)).collect();
        tiles.into_iter().collect()
    }

    /// Adds a tile. More bytes than the width asks for are refused unless the tile may have grown since: then cut them
    /// off first; a tile only ever grows at its end.
    pub fn insert(&mut self, id: TileId, bytes: &[u8]) -> Result<(), TileError> {
        let length = TileError::Length { width: id.width, length: bytes.len() };
        if bytes.len() != usize::from(id.width) * Hash::LEN {
            return Err(length);
        }
        let tree = TileTree::from_bytes(bytes).ok_or(length)?;
        self.tiles.insert((id.level, id.index), tree);
        Ok(())
    }

    pub(crate) fn insert_tree(&mut self, level: u8, index: u64, tree: TileTree) {
        self.tiles.insert((level, index), tree);
    }
}

impl NodeSource for TileSet {
    type Error = TileError;

    fn node(&self, id: NodeId) -> Result<Hash, TileError> {
        let (level, index, _, _) = locate(id);
        let tile = self.tiles.get(&(level, index));
        tile.and_then(|tile| tile.node(id)).ok_or(TileError::Missing { level, index })
    }
}

#[cfg(test)]
mod tests;
