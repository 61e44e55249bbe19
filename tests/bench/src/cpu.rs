//! Cores: who runs where, and who used how much. Through `taskset`, `chrt` and `/proc`, which every Linux has.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};

use crate::run::say;

/// The core that every server under measurement runs on.
pub const SERVER_CORE: usize = 0;
/// The core that the load generator runs on.
pub const LOAD_CORE: usize = 1;

/// Whether the machine has both cores.
#[must_use]
pub fn two_cores() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() > LOAD_CORE)
}

/// Keeps this process's main thread, and every thread and process that it starts from now on, on one core.
///
/// # Errors
/// When there is no `taskset`, or the system refuses.
pub fn pin(core: usize) -> anyhow::Result<()> {
    pin_task(&std::process::id().to_string(), core)
}

/// Keeps a core from sleeping while it is held, by a thread that runs there when nobody else wants to. A sleeping core of
/// a virtual machine is woken by its host, which may take milliseconds: a call would wait for that, and not for the server.
/// What runs in another control group shares the core with that thread as an equal.
#[derive(Debug)]
pub struct Awake {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Awake {
    /// Begins, or tells why not.
    #[must_use]
    pub fn keep_or_tell(core: usize) -> Option<Self> {
        let kept = Self::keep(core);
        match &kept {
            Ok(_) => say(&format!("core {core} is kept awake")),
            Err(error) => say(&format!("core {core} is not kept awake, and calls may wait for it: {error:#}")),
        }
        kept.ok()
    }

    /// Begins. An error when there is no `taskset` or no `chrt`, or the system refuses.
    fn keep(core: usize) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (ready, is_ready) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let _ = ready.send(own_task().and_then(|task| pin_task(&task, core).and_then(|()| yield_to_all(&task))));
            // Without a hint to the processor that it waits: a host may take that for leave to run another.
            while !stopped.load(Ordering::Relaxed) {}
        });
        let awake = Self { stop, thread: Some(thread) };
        is_ready.recv().context("keeping a core awake")??;
        Ok(awake)
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The calling thread as a task of Linux.
fn own_task() -> anyhow::Result<String> {
    let own = std::fs::read_link("/proc/thread-self").context("reading /proc/thread-self")?;
    Ok(own.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// Lets a task run only when no other wants to.
fn yield_to_all(task: &str) -> anyhow::Result<()> {
    let mut chrt = Command::new("chrt");
    chrt.args(["--idle", "--pid", "0", task]);
    let status = chrt.stdin(Stdio::null()).stdout(Stdio::null()).status().context("running chrt")?;
    ensure!(status.success(), "chrt could not put {task} behind all others");
    Ok(())
}

/// Keeps a task of Linux, that is a thread, on one core.
fn pin_task(task: &str, core: usize) -> anyhow::Result<()> {
    let mut taskset = Command::new("taskset");
    taskset.args(["--pid", "--cpu-list", &core.to_string(), task]);
    let status = taskset.stdin(Stdio::null()).stdout(Stdio::null()).status().context("running taskset")?;
    ensure!(status.success(), "taskset could not pin {task} to core {core}");
    Ok(())
}

/// How long a core is taken away from a thread that wants it all the time: by other programs, the kernel, the host below.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pauses {
    /// All pauses together, as a share of the time.
    pub share: f64,
    /// The longest.
    pub longest: Duration,
}

/// Watches the clock for a while on all of these cores at once, as a measurement wants them: what else runs has then no core
/// of its own to go to. Gives the worst of them.
///
/// # Errors
/// When a thread cannot be kept on its core.
pub fn pauses(cores: &[usize], during: Duration) -> anyhow::Result<Pauses> {
    let watched = std::thread::scope(|scope| {
        let watches: Vec<_> = cores.iter().map(|core| scope.spawn(move || pauses_of(*core, during))).collect();
        watches.into_iter().map(|watch| watch.join()).collect::<Vec<_>>()
    });
    let mut worst = Pauses::default();
    for pauses in watched {
        let pauses = pauses.map_err(|_| anyhow!("watching the clock failed"))??;
        worst.share = worst.share.max(pauses.share);
        worst.longest = worst.longest.max(pauses.longest);
    }
    Ok(worst)
}

/// Where the clock leaps, this thread did not run.
fn pauses_of(core: usize, during: Duration) -> anyhow::Result<Pauses> {
    // Far above what reading the clock takes, and below what a call at the border may take.
    const LEAP: Duration = Duration::from_micros(200);
    pin_task(&own_task()?, core)?;
    let begun = Instant::now();
    let (mut last, mut lost, mut longest) = (begun, Duration::ZERO, Duration::ZERO);
    while last - begun < during {
        let now = Instant::now();
        let since = now - last;
        if since > LEAP {
            lost += since;
            longest = longest.max(since);
        }
        last = now;
    }
    Ok(Pauses { share: lost.as_secs_f64() / (last - begun).as_secs_f64(), longest })
}

/// CPU time of this thread so far.
///
/// # Errors
/// When `/proc` does not tell.
pub fn own_time() -> anyhow::Result<Duration> {
    time_on_core(Path::new("/proc/thread-self/schedstat"))
}

/// CPU time of another process so far, all threads that it has.
///
/// # Errors
/// When the process is gone.
pub fn time_of(process: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{process}/task");
    let mut total = Duration::ZERO;
    for task in std::fs::read_dir(&path).with_context(|| format!("reading {path}"))? {
        // A thread may end between the listing and the reading.
        total += time_on_core(&task?.path().join("schedstat")).unwrap_or_default();
    }
    Ok(total)
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

/// The first figure of a schedstat file: nanoseconds spent on a core.
fn time_on_core(path: &Path) -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let nanoseconds = text.split_whitespace().next().context("an empty schedstat file")?;
    Ok(Duration::from_nanos(nanoseconds.parse().context("an unexpected schedstat file")?))
}

/// The processor's name, for the record.
#[must_use]
pub fn model() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(':')).map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}
