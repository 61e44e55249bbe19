//! Progress of long work: on stderr, and only where somebody sees it.

use std::{
    fmt::Write,
    fs::File,
    io::{BufRead as _, BufReader, IsTerminal as _},
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, WeakProgressBar};

/// How often a bar is drawn though nothing has come.
const TICK: Duration = Duration::from_millis(200);

/// The bar that somebody sees, while there is one.
static SHOWN: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Does what writes to the terminal with the bar taken away meanwhile: it would stay among the lines as it was.
pub(crate) fn aside<T>(say: impl FnOnce() -> T) -> T {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(WeakProgressBar::upgrade);
    match shown.filter(|bar| !bar.is_finished()) {
        Some(bar) => bar.suspend(say),
        None => say(),
    }
}

fn show(bar: &ProgressBar) {
    *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.downgrade());
}

/// A bar with number, rate and time left where the total is known, else with the time taken.
pub(crate) fn bar(total: Option<u64>, of: &str) -> ProgressBar {
    let template = match total {
        Some(total) => {
            format!("{{bar:30}} {{human_pos}}/{{human_len}} {}, {{rate}}, {{left}} {{msg}}", named(total, of))
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

/// How long it still takes; of what has not begun to come nobody knows.
fn left(eta: Duration, is_done: bool) -> String {
    if eta.is_zero() && !is_done {
        return "time left not known".to_owned();
    }
    format!("{:#} left", HumanDuration(eta))
}

/// The same of bytes.
pub(crate) fn bytes(total: u64) -> ProgressBar {
    drawn(Some(total), "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {left} {msg}")
}

fn drawn(total: Option<u64>, template: &str) -> ProgressBar {
    let seen = std::io::stderr().is_terminal();
    let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
        // Writing to a text cannot fail.
        let _ = text.write_str(&rate(state.per_sec()));
    });
    let style = style.with_key("left", |state: &ProgressState, text: &mut dyn Write| {
        let is_done = state.len().is_some_and(|total| state.pos() >= total);
        let _ = text.write_str(&left(state.eta(), is_done));
    });
    let bar = ProgressBar::with_draw_target(total, target).with_style(style);
    if seen {
        bar.enable_steady_tick(TICK);
        show(&bar);
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
    use std::{io, sync::Arc};

    use indicatif::TermLike;

    use super::*;

    /// A terminal that remembers what was done to it.
    #[derive(Clone, Debug, Default)]
    struct Terminal(Arc<Mutex<Vec<&'static str>>>);

    impl Terminal {
        fn note(&self, what: &'static str) -> io::Result<()> {
            self.0.lock().unwrap().push(what);
            Ok(())
        }
    }

    impl TermLike for Terminal {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, _: &str) -> io::Result<()> {
            self.note("drawn")
        }

        fn write_str(&self, _: &str) -> io::Result<()> {
            self.note("drawn")
        }

        fn clear_line(&self) -> io::Result<()> {
            self.note("cleared")
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_said_meanwhile_stands_where_the_bar_was_and_the_bar_below_it() {
        let terminal = Terminal::default();
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = ProgressBar::with_draw_target(Some(3), target);
        show(&bar);
        bar.tick();
        aside(|| terminal.note("said")).unwrap();
        let done = terminal.0.lock().unwrap().clone();
        let said = done.iter().position(|it| *it == "said").unwrap();
        let (before, after) = done.split_at(said);
        let last = |what: &str| before.iter().rposition(|it| *it == what).unwrap();
        assert!(last("cleared") > last("drawn"), "{done:?}");
        assert!(after.contains(&"drawn"), "{done:?}");
        bar.finish_and_clear();
        assert_eq!(aside(|| 7), 7, "also where there is none");
    }

    #[test]
    fn what_is_waited_for_is_drawn_by_its_name_with_the_time_that_it_takes() {
        let template = waited_for("publishing");
        assert_eq!(template, "{spinner} publishing, {elapsed}");
        assert!(ProgressStyle::with_template(&template).is_ok(), "it is not the default that is drawn");
    }

    #[test]
    fn before_anything_has_come_the_time_left_is_not_known() {
        assert_eq!(left(Duration::ZERO, false), "time left not known");
        assert_eq!(left(Duration::ZERO, true), "0s left");
        assert_eq!(left(Duration::from_secs(75), false), "75s left");
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
