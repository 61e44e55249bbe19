//! What this crate's tests share: a scripted service on the contracts, and servers to run it in.

mod echo;
mod running;

pub(crate) use echo::{Echo, code, request};
pub(crate) use running::{Running, authenticator, public, start};
