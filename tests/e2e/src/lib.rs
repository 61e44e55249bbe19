//! What crosses services: the story, faults, conformance. Everything here runs the real `greenlane` binary.

mod binary;
pub mod certificates;
mod installation;
mod service;
mod up;

pub use binary::{Run, greenlane, greenlane_path};
pub use installation::{Database, Installation};
pub use service::Process;
pub use up::Up;

/// Whether the environment demands what a test would otherwise skip for want of (`postgres`, `data`, …).
pub fn required(what: &str) -> bool {
    std::env::var("GREENLANE_TEST_REQUIRE").is_ok_and(|list| list.split(',').any(|item| item.trim() == what))
}
