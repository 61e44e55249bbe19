//! Progress of long work: on stderr, and only where somebody sees it.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, IsTerminal as _},
    path::Path,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar is drawn though nothing has come.
const TICK: Duration = Duration::from_millis(200);

/// A bar with number, rate and time left where the total is known, else with the time taken.
pub(crate) fn bar(total: Option<u64>, of: &str) -> ProgressBar {
    let template = match total {
        Some(_) => format!("{{bar:30}} {{human_pos}}/{{human_len}} {of}, {{per_sec}}, {{eta}} left {{msg}}"),
        None => format!("{{spinner}} {{human_pos}} {of}, {{per_sec}}, {{elapsed}} {{msg}}"),
    };
    drawn(total, &template)
}

/// The same of bytes.
pub(crate) fn bytes(total: u64) -> ProgressBar {
    drawn(Some(total), "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left {msg}")
}

fn drawn(total: Option<u64>, template: &str) -> ProgressBar {
    let seen = std::io::stderr().is_terminal();
    let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(total, target).with_style(style);
    if seen {
        bar.enable_steady_tick(TICK);
    }
    bar
}

/// How many lines a file has; none for what is no file, or is not to be read twice.
pub(crate) fn lines(path: &Path) -> Option<u64> {
    if !std::io::stderr().is_terminal() || !path.is_file() {
        return None;
    }
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).ok()?);
    let mut lines = 0;
    loop {
        let read = file.fill_buf().ok()?;
        if read.is_empty() {
            return Some(lines);
        }
        lines += read.iter().filter(|byte| **byte == b'\n').count() as u64;
        let length = read.len();
        file.consume(length);
    }
}
