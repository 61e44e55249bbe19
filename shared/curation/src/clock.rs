//! How long comments are taken.
//!
//! The WTO's TBT Committee recommends sixty days and encourages ninety (decisions and recommendations on articles 2.9
//! and 5.6). Articles 2.10 and 5.7 let an urgent problem shorten that, with the problem named. A change that tightens
//! access is never shortened here.

use chrono::{Days, NaiveDate};

/// The comment period, unless a longer one is asked for, or a shorter one on the urgent track.
pub const COMMENT_DAYS: u64 = 60;
/// The comment period that is encouraged.
pub const ENCOURAGED_DAYS: u64 = 90;
/// The longest comment period.
pub const MAX_DAYS: u64 = 366;

/// The last day for comments on what is notified on `notified_on`: `asked`, or sixty days.
///
/// # Errors
/// Why `asked` is too early or too late.
pub fn comments_until(
    notified_on: NaiveDate,
    asked: Option<NaiveDate>,
    urgent: bool,
    tightens: bool,
) -> Result<NaiveDate, String> {
    let ordinary = after(notified_on, COMMENT_DAYS);
    let Some(asked) = asked else { return Ok(ordinary) };
    if asked > after(notified_on, MAX_DAYS) {
        return Err(format!("must be at most {MAX_DAYS} days from now"));
    }
    if asked >= ordinary {
        return Ok(asked);
    }
    if tightens {
        return Err(format!("must be {ordinary} or later: a change that tightens access is open for 60 days"));
    }
    if !urgent {
        return Err(format!("must be {ordinary} or later: a shorter period needs the urgent track and its reason"));
    }
    if asked < notified_on {
        return Err("must not be in the past".to_owned());
    }
    Ok(asked)
}

/// The first day on which what must be notified, and is notified on `notified_on`, can be published.
pub fn earliest_publication(notified_on: NaiveDate) -> NaiveDate {
    after(notified_on, COMMENT_DAYS + 1)
}

/// Whether a period is shorter than sixty days.
pub fn is_short(notified_on: NaiveDate, comments_until: NaiveDate) -> bool {
    comments_until < after(notified_on, COMMENT_DAYS)
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}
