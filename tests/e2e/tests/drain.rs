//! Each service as a process ends soon after SIGTERM, whatever its clients do.

use std::{net::TcpStream, time::Duration};

use greenlane_e2e::{Database, Installation};

/// The default drain deadline is ten seconds; a quiet process needs next to none of it, a busy one no more than that and
/// one second.
const LIMIT: Duration = Duration::from_secs(11);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_ends_with_code_0_within_its_drain_deadline_though_silent_connections_stay_open() {
    let mut installation =
        Installation::start(Database::Sqlite).await.expect("it starts").expect("SQLite is always there");
    let processes = [installation.registry.take(), installation.equivalence.take(), installation.classification.take()];
    for process in processes.into_iter().flatten() {
        let silent = TcpStream::connect(process.address()).expect("it listens");
        let (code, elapsed) = process.terminate().expect("it ends");
        assert_eq!(code, 0, "a clean end");
        assert!(elapsed < LIMIT, "it took {elapsed:?}");
        drop(silent);
    }
}
