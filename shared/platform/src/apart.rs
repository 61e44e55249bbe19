//! Work on a thread of its own.

use std::io;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Runs work on a thread and a runtime of its own. What it waits for reaches it when it comes, and not when the tasks
/// before it have had their turns; nor do they wait for it. Connections that it opens belong to its runtime.
///
/// Dropping the future ends the work where it next waits.
///
/// # Errors
/// When there can be no thread, or the work panics.
pub async fn apart<F>(name: &'static str, work: F) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let dropped = CancellationToken::new();
    let _ends_with_this_future = dropped.clone().drop_guard();
    let (over, told) = oneshot::channel();
    let runs = move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(dropped.run_until_cancelled(work));
        Ok(())
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Whoever waited may be gone.
        let _ = over.send(runs());
    })?;
    told.await.unwrap_or_else(|_| Err(io::Error::other(format!("{name} panicked"))))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::apart;

    #[tokio::test]
    async fn work_goes_on_while_the_tasks_here_are_busy() {
        let done = Arc::new(AtomicBool::new(false));
        let (sets, waits) = (Arc::clone(&done), async { tokio::time::sleep(Duration::from_millis(1)).await });
        let work = tokio::spawn(apart("busy", async move {
            waits.await;
            sets.store(true, Ordering::SeqCst);
        }));
        tokio::task::yield_now().await;
        // This runtime has one thread, which does nothing else for that long.
        let began = std::time::Instant::now();
        while !done.load(Ordering::SeqCst) && began.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(done.load(Ordering::SeqCst));
        work.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_told_and_a_drop_ends_the_work() {
        assert!(apart("panics", async { panic!("on purpose") }).await.is_err());
        let held = Arc::new(());
        let holds = Arc::clone(&held);
        let work = apart("dropped", async move {
            let _holds = holds;
            std::future::pending().await
        });
        assert!(tokio::time::timeout(Duration::from_millis(20), work).await.is_err());
        for _ in 0..1_000 {
            if Arc::strong_count(&held) == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the work goes on");
    }
}
