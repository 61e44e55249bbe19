//! A core that is kept from sleeping, and watched.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::{Pause, Watch, own_task, own_time, pin_task, time_of};
use crate::run::say;

/// Keeps a core from sleeping while it is held, by a thread that runs there when nobody else wants to. A sleeping core of
/// a virtual machine is woken by its host, which may take milliseconds: a call would wait for that, and not for the server.
/// What runs in another control group shares the core with that thread as an equal. It also sees when neither it nor the
/// servers that it was told of had the core.
#[derive(Debug)]
pub struct Awake {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    stop: AtomicBool,
    pauses: Mutex<Vec<Pause>>,
}

impl Awake {
    /// Begins, or tells why not.
    #[must_use]
    pub fn keep_or_tell(core: usize, servers: Vec<u32>) -> Option<Self> {
        let kept = Self::keep(core, servers);
        match &kept {
            Ok(_) => say(&format!("core {core} is kept awake")),
            Err(error) => say(&format!("core {core} is not kept awake, and calls may wait for it: {error:#}")),
        }
        kept.ok()
    }

    /// Begins. An error when there is no `taskset` or no `chrt`, or the system refuses.
    fn keep(core: usize, servers: Vec<u32>) -> anyhow::Result<Self> {
        let state = Arc::<State>::default();
        let its = Arc::clone(&state);
        let (ready, is_ready) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let had = || -> anyhow::Result<Duration> {
                servers.iter().try_fold(own_time()?, |sum, server| anyhow::Ok(sum + time_of(*server)?))
            };
            let begun = own_task()
                .and_then(|task| pin_task(&task, core).and_then(|()| yield_to_all(&task)))
                .and_then(|()| Watch::begin(had));
            let mut watch = match begun {
                Ok(watch) => {
                    let _ = ready.send(Ok(()));
                    watch
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                    return;
                }
            };
            // Without a hint to the processor that it waits: a host may take that for leave to run another.
            while !its.stop.load(Ordering::Relaxed) {
                // A server that is gone is measured no more.
                if let Ok(Some(pause)) = watch.look() {
                    its.pauses.lock().unwrap_or_else(PoisonError::into_inner).push(pause);
                }
            }
        });
        let awake = Self { state, thread: Some(thread) };
        is_ready.recv().context("keeping a core awake")??;
        Ok(awake)
    }

    /// When the core was taken away so far.
    #[must_use]
    pub fn pauses(&self) -> Vec<Pause> {
        self.state.pauses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Lets a task run only when no other wants to.
fn yield_to_all(task: &str) -> anyhow::Result<()> {
    let mut chrt = Command::new("chrt");
    chrt.args(["--idle", "--pid", "0", task]);
    let status = chrt.stdin(Stdio::null()).stdout(Stdio::null()).status().context("running chrt")?;
    ensure!(status.success(), "chrt could not put {task} behind all others");
    Ok(())
}
