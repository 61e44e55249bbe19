//! Methods that are part of the contracts and answer `UNIMPLEMENTED` for now: the one list of them, to shrink to
//! nothing. A test calls every method of every service and holds the answers against this list.

/// Full gRPC paths, in order.
pub const PENDING: &[&str] = &[];
