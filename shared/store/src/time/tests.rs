use chrono::{DateTime, Utc};

use super::Micros;

#[test]
fn finer_parts_are_cut_off_towards_the_past_on_both_sides_of_the_epoch() {
    let at = |seconds, nanos| Micros::from(DateTime::from_timestamp(seconds, nanos).unwrap());
    assert_eq!(at(1, 1_999), Micros(1_000_001));
    assert_eq!(at(-1, 999_999_999), Micros(-1));
    assert_eq!(at(-1, 999_998_999), Micros(-2));
}

#[test]
fn a_value_beyond_the_calendar_does_not_panic() {
    assert_eq!(Micros(i64::MAX).to_utc(), DateTime::<Utc>::MAX_UTC);
    assert_eq!(Micros(i64::MIN).to_utc(), DateTime::<Utc>::MIN_UTC);
}
