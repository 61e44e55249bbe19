//! What crosses services: the story, faults, conformance. Everything here runs the real `greenlane` binary.

mod binary;
pub mod certificates;
mod collector;
mod installation;
pub mod ledger;
pub mod log;
pub mod raw;
mod service;
mod up;

pub use binary::{Run, greenlane, greenlane_path, greenlane_with};
pub use collector::{Collector, ReceivedSpan};
pub use installation::{Database, Installation};
pub use service::Process;
pub use up::{HeldPorts, Up};

use std::time::Duration;

/// How long a test waits for what must come, on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until `answer` gives something.
///
/// # Errors
/// When it fails, or gives nothing for [`PATIENCE`].
pub async fn until<T>(what: &str, mut answer: impl AsyncFnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let asked = async {
        loop {
            if let Some(found) = answer().await? {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(anyhow::anyhow!("waited in vain: {what}")))
}

/// Whether the environment demands what a test would otherwise skip for want of (`postgres`, `data`, …).
pub fn required(what: &str) -> bool {
    std::env::var("GREENLANE_TEST_REQUIRE").is_ok_and(|list| list.split(',').any(|item| item.trim() == what))
}
