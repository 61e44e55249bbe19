//! When a core is taken away from those who want it: by other programs, the kernel, the host below.

use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::{own_task, own_time, pin_task};

/// Far above what reading the clock takes, and below what a call at the border may take.
const LEAP: Duration = Duration::from_micros(200);
/// How often it is asked what was had of a core, so that moments which others take in between do not add up to a pause.
const ASKED_EVERY: Duration = Duration::from_millis(5);

/// A time in which a core was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// When it was had last before.
    pub from: Instant,
    /// When it was had again.
    pub to: Instant,
}

impl Pause {
    fn length(&self) -> Duration {
        self.to - self.from
    }
}

/// Looks at the clock again and again: where it leaps, and those who may have the core had little of that time, it was taken
/// away. Between them they must want it all the time.
#[derive(Debug)]
pub struct Watch<F> {
    /// CPU time that they had so far.
    had_by_all: F,
    looked: Instant,
    asked: Instant,
    had: Duration,
}

impl<F: Fn() -> anyhow::Result<Duration>> Watch<F> {
    /// Begins.
    ///
    /// # Errors
    /// When it cannot be told what they had.
    pub fn begin(had_by_all: F) -> anyhow::Result<Self> {
        let now = Instant::now();
        let had = had_by_all()?;
        Ok(Self { had_by_all, looked: now, asked: now, had })
    }

    /// The pause that ended since the last look, if one did.
    ///
    /// # Errors
    /// When it cannot be told what they had.
    pub fn look(&mut self) -> anyhow::Result<Option<Pause>> {
        let pause = Pause { from: self.looked, to: Instant::now() };
        self.looked = pause.to;
        let leapt = pause.length() > LEAP;
        if !leapt && pause.to - self.asked < ASKED_EVERY {
            return Ok(None);
        }
        let had = (self.had_by_all)()?;
        let lost = (pause.to - self.asked).saturating_sub(had.saturating_sub(self.had));
        (self.asked, self.had) = (pause.to, had);
        Ok((leapt && lost > LEAP).then_some(pause))
    }
}

/// The times in which a call may have been held up by a pause: each pause, and as long again, in which at half load what waited
/// behind it is worked off.
#[derive(Debug, Default)]
pub struct Disturbed {
    /// In order, and none touches another.
    times: Vec<Pause>,
}

impl Disturbed {
    /// Of pauses of any cores, in any order.
    #[must_use]
    pub fn by(pauses: impl IntoIterator<Item = Pause>) -> Self {
        let mut all: Vec<_> =
            pauses.into_iter().map(|pause| Pause { to: pause.to + pause.length(), ..pause }).collect();
        all.sort_by_key(|time| time.from);
        let mut times: Vec<Pause> = Vec::with_capacity(all.len());
        for time in all {
            match times.last_mut().filter(|last| last.to >= time.from) {
                Some(last) => last.to = last.to.max(time.to),
                None => times.push(time),
            }
        }
        Self { times }
    }

    /// Whether what lasted from one moment to another may have been held up.
    #[must_use]
    pub fn touches(&self, from: Instant, to: Instant) -> bool {
        let begun = self.times.partition_point(|time| time.from <= to);
        self.times[..begun].last().is_some_and(|time| time.to >= from)
    }
}

/// Watches these cores at once for a while, as a measurement wants them: what else runs has then no core of its own to go to.
/// Of the worst of them, the share of the time that was taken away, and the longest pause.
///
/// # Errors
/// When a thread cannot be kept on its core.
pub fn watch_all(cores: &[usize], during: Duration) -> anyhow::Result<(f64, Duration)> {
    let watched = std::thread::scope(|scope| {
        let watches: Vec<_> = cores.iter().map(|core| scope.spawn(move || watch(*core, during))).collect();
        watches.into_iter().map(|watch| watch.join()).collect::<Vec<_>>()
    });
    let (mut share, mut longest) = (0.0_f64, Duration::ZERO);
    for pauses in watched {
        let pauses = pauses.map_err(|_| anyhow!("watching the clock failed"))??;
        let lost: Duration = pauses.iter().map(Pause::length).sum();
        share = share.max(lost.as_secs_f64() / during.as_secs_f64());
        longest = pauses.iter().map(Pause::length).fold(longest, Duration::max);
    }
    Ok((share, longest))
}

fn watch(core: usize, during: Duration) -> anyhow::Result<Vec<Pause>> {
    pin_task(&own_task()?, core)?;
    let (begun, mut watch) = (Instant::now(), Watch::begin(own_time)?);
    let mut pauses = Vec::new();
    while begun.elapsed() < during {
        pauses.extend(watch.look()?);
    }
    Ok(pauses)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::thread::sleep;

    use super::*;

    /// The pause that is seen after somebody slept while so much of the time was had.
    fn seen(had: impl FnOnce(Duration) -> Duration) -> Option<Pause> {
        let all = Cell::new(Duration::ZERO);
        let mut watch = Watch::begin(|| Ok(all.get())).unwrap();
        let begun = Instant::now();
        sleep(Duration::from_millis(3));
        all.set(had(begun.elapsed()));
        watch.look().unwrap()
    }

    #[test]
    fn a_leap_of_the_clock_is_a_pause_unless_who_may_have_the_core_had_it() {
        let pause = seen(|_| Duration::ZERO).expect("nobody had it");
        assert!(pause.length() >= Duration::from_millis(3), "{pause:?}");
        // More than what passed until the clock is looked at, however late that is.
        assert_eq!(seen(|slept| slept + Duration::from_secs(3600)), None);
    }

    #[test]
    fn a_call_is_disturbed_in_a_pause_and_for_as_long_after_it() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let pause = |from, to| Pause { from: at(from), to: at(to) };
        let disturbed = Disturbed::by([pause(30, 34), pause(10, 12), pause(13, 15)]);
        for (from, to, is_touched) in [
            (1, 9, false),
            (1, 10, true),
            (11, 11, true),
            (14, 16, true),
            (17, 18, true),
            (18, 29, false),
            (35, 36, true),
            (39, 99, false),
        ] {
            assert_eq!(disturbed.touches(at(from), at(to)), is_touched, "{from} to {to}");
        }
        assert!(!Disturbed::default().touches(at(0), at(9)));
    }
}
