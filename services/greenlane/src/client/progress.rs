//! Progress of long work: on stderr, and only where somebody sees it.

use std::{
    fmt::Write,
    fs::File,
    io::{BufRead as _, BufReader, IsTerminal as _},
    path::Path,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// How often a bar is drawn though nothing has come.
const TICK: Duration = Duration::from_millis(200);

/// A bar with number, rate and time left where the total is known, else with the time taken.
pub(crate) fn bar(total: Option<u64>, of: &str) -> ProgressBar {
    let template = match total {
        Some(total) => {
            format!("{{bar:30}} {{human_pos}}/{{human_len}} {}, {{rate}}, {{eta}} left {{msg}}", named(total, of))
        }
        None => format!("{{spinner}} {{human_pos}} {of}, {{rate}}, {{elapsed}} {{msg}}"),
    };
    drawn(total, &template)
}

/// What is being waited for, with the time that it has taken so far: of what takes long and tells nothing meanwhile.
pub(crate) fn waiting(what: &str) -> ProgressBar {
    drawn(None, &waited_for(what))
}

fn waited_for(what: &str) -> String {
    format!("{{spinner}} {what}, {{elapsed}}")
}

/// What there is so many of: `1 entry`, `2 entries`.
fn named(number: u64, of: &str) -> String {
    match of.strip_suffix("ies") {
        _ if number != 1 => of.to_owned(),
        Some(stem) => format!("{stem}y"),
        None => of.trim_end_matches('s').to_owned(),
    }
}

/// So many a second; with a decimal only where there are few.
fn rate(per_second: f64) -> String {
    let decimals = if per_second < 10.0 { 1 } else { 0 };
    format!("{per_second:.decimals$}/s")
}

/// The same of bytes.
pub(crate) fn bytes(total: u64) -> ProgressBar {
    drawn(Some(total), "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left {msg}")
}

fn drawn(total: Option<u64>, template: &str) -> ProgressBar {
    let seen = std::io::stderr().is_terminal();
    let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
        // Writing to a text cannot fail.
        let _ = text.write_str(&rate(state.per_sec()));
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_is_drawn_by_its_name_with_the_time_that_it_takes() {
        let template = waited_for("publishing");
        assert_eq!(template, "{spinner} publishing, {elapsed}");
        assert!(ProgressStyle::with_template(&template).is_ok(), "it is not the default that is drawn");
    }

    #[test]
    fn a_bar_counts_in_words_and_in_figures_that_people_read() {
        assert_eq!(
            (named(1, "entries"), named(2, "entries"), named(1, "rows")),
            ("entry".into(), "entries".into(), "row".into())
        );
        assert_eq!((rate(0.25), rate(1_234.567)), ("0.2/s".into(), "1235/s".into()));
    }
}
