use std::sync::Arc;

use tokio::sync::Barrier;

use super::HealthState;

const SERVICES: [&str; 3] = ["a", "b", "c"];
const ROUNDS: usize = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn services_that_become_ready_at_once_leave_the_server_serving() {
    for round in 0..ROUNDS {
        let health = HealthState::new(SERVICES.map(|name| (name, vec![name]))).await;
        let together = Arc::new(Barrier::new(SERVICES.len()));
        let ready = SERVICES.map(|name| {
            let (health, together) = (health.clone(), together.clone());
            tokio::spawn(async move {
                together.wait().await;
                health.set(name, Ok(())).await;
            })
        });
        for ready in ready {
            ready.await.unwrap();
        }
        assert!(health.is_serving(), "round {round}");
    }
}
