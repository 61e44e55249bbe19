use chrono::{TimeDelta, TimeZone, Utc};

use super::Clock;

#[test]
fn a_settable_clock_stands_still_until_it_is_moved() {
    let start = Utc.with_ymd_and_hms(2026, 11, 23, 23, 59, 59).unwrap();
    let clock = Clock::settable(start);
    let shared = clock.clone();
    assert_eq!(clock.now(), start);
    shared.advance(TimeDelta::seconds(1));
    assert_eq!(clock.now(), start + TimeDelta::seconds(1));
    assert_eq!(clock.today().to_string(), "2026-11-24");
    clock.set(start);
    assert_eq!(shared.now(), start);
}

#[test]
fn the_system_clock_cannot_be_set_and_counts_in_microseconds() {
    let clock = Clock::system();
    clock.set(Utc.with_ymd_and_hms(2000, 1, 1, 0, 0, 0).unwrap());
    assert!(!clock.is_settable());
    assert!(clock.now() > Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).unwrap());
    assert_eq!(clock.now().timestamp_subsec_nanos() % 1_000, 0);
}
