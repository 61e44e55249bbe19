//! Keys and signatures: JWK, strict compact JWS, one verify routine for everyone.
//!
//! Certificates and log notes are all checked by [`verify`], so that no two parts of the product can disagree about a
//! signature. What it accepts is written down at [`verify`]; what may be enrolled as a key that signs certificates or
//! log heads is narrower and stands at [`enrol`]. Bearer tokens are parsed and their keys are read here too; their
//! signatures are checked by `jsonwebtoken`, on the same aws-lc.
//!
//! [`compact::parse_strict`] takes a compact JWS apart and refuses whatever is ambiguous before any key is looked up:
//! over-long input, base64url that is not canonical, duplicate JSON members, deep nesting, `crit`, `b64`, embedded keys
//! and algorithms other than the four of [`Algorithm`].

mod algorithm;
pub mod b64;
pub mod canonical;
pub mod compact;
mod digest;
pub mod enrol;
pub mod json;
pub mod jwk;
mod key;
mod signing;
mod verify;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use compact::{Compact, CompactError, Limits};
pub use digest::{sha256, sha256_of};
pub use jwk::{Jwk, Jwks, JwksLimits};
pub use key::{KeyError, KeyType, PublicKey};
pub use signing::{KeyFileError, SignError, Signer, SigningKey};
pub use verify::{BadSignature, verify};
