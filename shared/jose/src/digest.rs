//! SHA-256 by the backend that signs, whose code is quicker than plain Rust on processors without instructions for it.

use aws_lc_rs::digest::{Context, SHA256, digest};

/// The SHA-256 of these bytes.
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    digest(&SHA256, bytes.as_ref()).as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

/// The SHA-256 of these bytes, one after the other.
pub fn sha256_of<const N: usize>(parts: [&[u8]; N]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    parts.into_iter().for_each(|part| context.update(part));
    context.finish().as_ref().try_into().expect("a SHA-256 has 32 bytes")
}
