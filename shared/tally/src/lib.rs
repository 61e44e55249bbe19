//! Values of trade that are partly on green lists, added up: bounds, what lies outside them, and an estimate.
//!
//! One arithmetic for the service, which tags rows that are sent to it, and for the command, which tags those of a file
//! that never leaves its machine: of the same rows their totals are the same, but for headings, months and classifications
//! beside what they repeat, of which only the command can tell, that has the whole table.

mod repeats;

pub use repeats::{Flows, flow_code, flow_text, flow_within, is_economy, is_world};

/// The most that a row may be worth, US dollars: far more than the trade of the world, and so little that the values of
/// all rows can be added up.
pub const MOST_USD: f64 = 1e18;

/// Whether a number is a value of trade in US dollars: not negative, and no more than [`MOST_USD`].
#[must_use]
pub fn is_amount(value: f64) -> bool {
    (0.0..=MOST_USD).contains(&value)
}

/// Which shares of a row's value are on a list, each 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Certainly on it.
    pub certain: f64,
    /// Possibly, the certain included.
    pub possible: f64,
    /// Only links which are held back by default lead to it; no part of the possible.
    pub held_back: f64,
    /// It cannot be told: no table leads to the list, only a part of the list is held, or it is not known what the goods
    /// are. No part of the possible.
    pub undetermined: f64,
    /// By published weights. None without them, and where the bounds leave nothing open.
    pub estimated: Option<f64>,
}

impl Share {
    /// What of a row is on any of several lists, and of the rest what is held back or cannot be told of any. By weights
    /// only where one list decides: those of several may be of the same goods or of others.
    pub fn of_any(shares: impl IntoIterator<Item = Self>) -> Self {
        let mut shares = shares.into_iter();
        let Some(first) = shares.next() else { return Self::default() };
        let Some(second) = shares.next() else { return first };
        let mut any = Self::default();
        let (mut not_held, mut open, mut deciding) = (0.0f64, 0.0f64, 0);
        for share in [first, second].into_iter().chain(shares) {
            any.certain = any.certain.max(share.certain);
            any.possible = any.possible.max(share.possible);
            not_held = not_held.max(share.possible + share.held_back);
            open = open.max(share.possible + share.held_back + share.undetermined);
            if share.possible > 0.0 {
                deciding += 1;
                any.estimated = share.estimated.filter(|_| deciding == 1);
            }
        }
        any.held_back = (not_held - any.possible).max(0.0);
        any.undetermined = (open - any.possible - any.held_back).max(0.0);
        any
    }

    /// Whether weights would say more than the bounds do.
    fn is_open(&self) -> bool {
        self.certain < self.possible
    }
}

/// Rows added up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// How many they are.
    pub rows: u64,
    /// How many have possible value.
    pub possible_rows: u64,
    /// Their whole value.
    pub value: f64,
    /// Value that is certainly on the list.
    pub certain: f64,
    /// Value that possibly is, the certain included.
    pub possible: f64,
    /// Value that only links which are held back lead to it.
    pub held_back: f64,
    /// Value of which it cannot be told, and how many rows have any.
    pub undetermined: f64,
    /// Rows with such value.
    pub undetermined_rows: u64,
    estimated: f64,
    /// Weights said something.
    weighed: bool,
    /// Somewhere they would have, and there were none: the sum cannot be estimated.
    unweighed: bool,
}

impl Sum {
    /// Counts a row.
    pub fn count(&mut self, value: f64) {
        self.rows += 1;
        self.value += value;
    }

    /// Adds what of a row's value is on the list.
    pub fn add(&mut self, value: f64, share: Share) {
        self.certain += value * share.certain;
        self.possible_rows += u64::from(share.possible > 0.0);
        self.possible += value * share.possible;
        self.held_back += value * share.held_back;
        self.undetermined += value * share.undetermined;
        self.undetermined_rows += u64::from(share.undetermined > 0.0);
        self.estimated += value * share.estimated.unwrap_or(share.certain);
        self.weighed |= share.estimated.is_some();
        self.unweighed |= share.estimated.is_none() && share.is_open();
    }

    /// Adds rows that were added up elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.possible_rows += other.possible_rows;
        self.value += other.value;
        self.certain += other.certain;
        self.possible += other.possible;
        self.held_back += other.held_back;
        self.undetermined += other.undetermined;
        self.undetermined_rows += other.undetermined_rows;
        self.estimated += other.estimated;
        self.weighed |= other.weighed;
        self.unweighed |= other.unweighed;
    }

    /// Value by published weights. None without them, or where some were missing.
    #[must_use]
    pub fn estimated(&self) -> Option<f64> {
        (self.weighed && !self.unweighed).then_some(self.estimated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Share = Share { certain: 1.0, possible: 1.0, held_back: 0.0, undetermined: 0.0, estimated: None };
    const PARTLY: Share = Share { certain: 0.0, estimated: Some(0.25), ..ON };
    const OPEN: Share = Share { estimated: None, ..PARTLY };
    const HELD: Share = Share { possible: 0.0, held_back: 1.0, ..OPEN };
    const UNTOLD: Share = Share { held_back: 0.0, undetermined: 1.0, ..HELD };

    #[test]
    fn a_value_of_trade_is_so_little_that_no_sum_of_such_is_infinite() {
        assert!(is_amount(0.0) && is_amount(1.5) && is_amount(MOST_USD));
        for value in [-1.0, f64::NAN, f64::INFINITY, 1e19, 1e308] {
            assert!(!is_amount(value), "{value}");
        }
    }

    #[test]
    fn what_is_on_any_list_counts_once_and_what_is_open_only_where_no_list_says_more() {
        assert_eq!(Share::of_any([]), Share::default());
        assert_eq!(Share::of_any([PARTLY]), PARTLY);
        assert_eq!(Share::of_any([PARTLY, HELD]), PARTLY, "one list alone decides");
        assert_eq!(Share::of_any([PARTLY, OPEN]), OPEN, "they may be of the same goods or of others");
        assert_eq!(Share::of_any([UNTOLD, ON, HELD]), ON);
        assert_eq!(Share::of_any([UNTOLD, HELD]), HELD);
    }

    #[test]
    fn a_sum_is_estimated_where_weights_are_there_for_all_that_is_open() {
        let of = |shares: &[Share]| {
            let mut sum = Sum::default();
            for share in shares {
                sum.count(100.0);
                sum.add(100.0, *share);
            }
            sum
        };
        let told = of(&[ON, PARTLY, HELD, UNTOLD]);
        assert_eq!((told.rows, told.value, told.certain, told.possible), (4, 400.0, 100.0, 200.0));
        assert_eq!((told.held_back, told.undetermined, told.undetermined_rows), (100.0, 100.0, 1));
        assert_eq!(told.possible_rows, 2, "and two of them are on it, certainly or possibly");
        assert_eq!(told.estimated(), Some(125.0));
        assert_eq!(of(&[PARTLY, OPEN]).estimated(), None);
        assert_eq!(of(&[ON]).estimated(), None, "nothing is open");
        let all = [ON, PARTLY, HELD, UNTOLD, OPEN];
        for at in 0..=all.len() {
            let (one, other) = all.split_at(at);
            let mut merged = of(one);
            merged.merge(&of(other));
            assert_eq!(merged, of(&all), "as if they had been added up together");
        }
    }
}
