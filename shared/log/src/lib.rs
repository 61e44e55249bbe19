//! A transparency log: RFC 6962 hashing, C2SP checkpoints, notes and tiles.
//!
//! Pure functions and values; where nodes are stored and how they are fetched is the caller's. A log that grows uses
//! [`Appender`]; a reader that holds tiles uses [`TileSet`] and [`proof`]; a client checks with [`verify_inclusion`]
//! and [`verify_consistency`], and opens checkpoints with [`Checkpoint::open`].
//!
//! Formats: tlog-tiles, tlog-checkpoint, tlog-cosignature v1, tlog-proof and signed-note of <https://c2sp.org>.

mod append;
pub mod bundle;
mod checkpoint;
mod cosignature;
mod frontier;
mod hash;
mod node;
pub mod note;
pub mod proof;
mod proof_text;
mod range;
mod subtree;
pub mod tile;
mod verify;

pub use append::{Appender, Batch, EdgeError, TileUpdate, edge_tiles};
pub use checkpoint::{Checkpoint, CheckpointError, OpenError, SignedCheckpoint};
pub use cosignature::{Cosignature, cosign};
pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, NotAHash, empty_root, hash_leaf, hash_node};
pub use node::{NodeId, NodeSource};
pub use proof_text::{ProofText, ProofTextError};
pub use subtree::{verify_subtree_consistency, verify_subtree_inclusion};
pub use tile::{TileId, TileSet};
pub use verify::{ProofError, root_from_inclusion, verify_consistency, verify_inclusion};
