//! A load generator that costs less than any server it drives.
//!
//! A general HTTP/2 client spends about as much on a call as the server does, and then measures itself. This one knows
//! that every request on a connection has the same headers: after the first one they are seven indexed bytes, a request
//! is a memory copy, and an answer is a walk over frame headers. It speaks cleartext HTTP/2 with prior knowledge and
//! gRPC whose caller sends all that it has to say at once, and nothing else. What it does check of each answer: a message
//! came, and `grpc-status` is zero; of every so many it hands the whole to the caller to look at.

mod connection;
mod frame;
mod histogram;
mod hpack;
mod load;

pub use histogram::Histogram;
pub use load::{Load, Outcome, Requests, Target, drive};
pub(crate) use load::{framed, messages};

#[cfg(test)]
mod tests;
