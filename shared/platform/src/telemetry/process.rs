//! What the process itself takes, by the semantic conventions for processes.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use opentelemetry::KeyValue;

/// Tells time of the processor and memory whenever metrics are read.
pub(super) fn tell() {
    let meter = opentelemetry::global::meter("greenlane.process");
    let _ = meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_description("Time that the process had on processors.")
        .with_callback(|told| {
            let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return };
            for (mode, time) in [("user", usage.user_time()), ("system", usage.system_time())] {
                told.observe(seconds(time.num_microseconds()), &[KeyValue::new("cpu.mode", mode)]);
            }
        })
        .build();
    let _ = meter
        .i64_observable_up_down_counter("process.memory.usage")
        .with_unit("By")
        .with_description("Memory of the process that is in use.")
        .with_callback(|told| {
            if let Some(bytes) = memory() {
                told.observe(bytes, &[]);
            }
        })
        .build();
}

#[expect(clippy::cast_precision_loss, reason = "a process of 285 years")]
fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}

/// Resident memory in bytes. Only Linux tells what it is now, and not what it was at most.
fn memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix("kB")?;
    kibibytes.trim().parse::<i64>().ok().map(|kibibytes| kibibytes * 1024)
}
