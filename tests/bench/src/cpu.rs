//! Cores: who runs where, and who used how much. Through `taskset`, `chrt` and `/proc`, which every Linux has.

mod awake;
mod pauses;

use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, ensure};
use nix::time::ClockId;
use nix::unistd::Pid;

pub use awake::Awake;
pub use pauses::{Disturbed, Pause, Watch, watch_all};

/// The core that every server under measurement runs on.
pub const SERVER_CORE: usize = 0;
/// The core that the load generator runs on.
pub const LOAD_CORE: usize = 1;

/// Whether the machine has both cores: as it was when it was first asked, since a process that was pinned sees one.
#[must_use]
pub fn two_cores() -> bool {
    static BOTH: LazyLock<bool> =
        LazyLock::new(|| std::thread::available_parallelism().is_ok_and(|cores| cores.get() > LOAD_CORE));
    *BOTH
}

/// Keeps this process's main thread, and every thread and process that it starts from now on, on one core.
///
/// # Errors
/// When there is no `taskset`, or the system refuses.
pub fn pin(core: usize) -> anyhow::Result<()> {
    pin_task(&std::process::id().to_string(), core)
}

/// The calling thread as a task of Linux.
fn own_task() -> anyhow::Result<String> {
    let own = std::fs::read_link("/proc/thread-self").context("reading /proc/thread-self")?;
    Ok(own.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// Keeps a task of Linux, that is a thread, on one core.
fn pin_task(task: &str, core: usize) -> anyhow::Result<()> {
    let mut taskset = Command::new("taskset");
    taskset.args(["--pid", "--cpu-list", &core.to_string(), task]);
    let status = taskset.stdin(Stdio::null()).stdout(Stdio::null()).status().context("running taskset")?;
    ensure!(status.success(), "taskset could not pin {task} to core {core}");
    Ok(())
}

/// CPU time of this thread so far.
///
/// # Errors
/// When the system does not tell.
pub fn own_time() -> anyhow::Result<Duration> {
    Ok(ClockId::CLOCK_THREAD_CPUTIME_ID.now().context("the clock of this thread")?.into())
}

/// CPU time of another process so far, all threads that it has and had.
///
/// # Errors
/// When the process is gone.
pub fn time_of(process: u32) -> anyhow::Result<Duration> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(process.try_into()?));
    Ok(clock.and_then(ClockId::now).with_context(|| format!("the clock of process {process}"))?.into())
}

/// CPU time of all processes that this one started and waited for.
///
/// # Errors
/// When `/proc` does not tell.
pub fn time_of_children() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("reading /proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("an unexpected stat file")?;
    // The 16th and 17th of the file, of which the first two are before the parenthesis; in hundredths of a second on
    // every Linux.
    let ticks = |place: usize| fields.split_whitespace().nth(place - 3).and_then(|field| field.parse::<u64>().ok());
    let ticks = ticks(16).zip(ticks(17)).context("an unexpected stat file")?;
    Ok(Duration::from_millis(10 * (ticks.0 + ticks.1)))
}

/// The processor's name, for the record.
#[must_use]
pub fn model() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(':')).map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}
