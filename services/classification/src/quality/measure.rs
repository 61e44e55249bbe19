//! What is measured, and how it is printed.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of cases"
)]

use std::fmt;
use std::time::Duration;

/// One answered case.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) right: String,
    /// The edition that is asked has that code. Where it has not, no answer can be right.
    pub(super) can_be_found: bool,
    /// Best first.
    pub(super) codes: Vec<String>,
    pub(super) confidence: f64,
    pub(super) cannot_tell: bool,
}

/// The results, set by set.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    cases: usize,
    can_be_found: usize,
    hs6: [usize; 3],
    hs4: [usize; 3],
    calibration_error: f64,
    told: usize,
    told_right: usize,
    each: Option<Duration>,
}

const DEPTHS: [usize; 3] = [1, 5, 10];

/// What is wanted of a set, and what is held: the least shares in percent of HS6 codes to be found at 1, 5 and 10, of the
/// cases whose code the edition has: of 66 queries of traders 64, of 1,161 parcels 1,154. What is wanted was measured
/// so: no number of 66 is 84 percent. The shares of all cases stand in the table and beside the others.
/// Nothing is wanted where it is zero.
struct Promise {
    set: &'static str,
    wanted: [f64; 3],
    held: [f64; 3],
}

const PROMISES: &[Promise] = &[
    Promise { set: "HSCodeComp", wanted: [20.0, 42.0, 52.0], held: [26.0, 48.0, 59.0] },
    Promise { set: "UK trader", wanted: [50.0, 73.0, 84.0], held: [57.0, 75.0, 84.0] },
    Promise { set: "misspelt texts", wanted: [90.0, 99.0, 99.0], held: [90.0, 99.0, 99.0] },
    // The same where much was taught of other goods.
    Promise { set: "HSCodeComp, some, others taught", wanted: [20.0, 42.0, 52.0], held: [20.0, 42.0, 52.0] },
    Promise { set: "UK trader, some, others taught", wanted: [50.0, 73.0, 84.0], held: [57.0, 75.0, 84.0] },
    Promise { set: "misspelt texts, some, others taught", wanted: [90.0, 99.0, 99.0], held: [90.0, 99.0, 99.0] },
    Promise { set: "UK parcel, taught in 5 folds", wanted: [35.0, 0.0, 50.0], held: [35.0, 0.0, 50.0] },
    Promise { set: "Chinese titles, 500 taught", wanted: [63.0, 0.0, 0.0], held: [63.0, 0.0, 0.0] },
    Promise { set: "Chinese titles, 12000 taught", wanted: [80.0, 0.0, 0.0], held: [80.0, 0.0, 0.0] },
];

impl Table {
    pub(super) fn add(&mut self, name: &str, answers: &[Answer]) {
        self.rows.push(Row::of(name, answers));
    }

    pub(super) fn add_timed(&mut self, name: &str, answers: &[Answer], each: Duration) {
        self.rows.push(Row { each: Some(each), ..Row::of(name, answers) });
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.name.as_str())
    }

    /// Says of each number that is wanted whether it is kept, and holds the results against what was reached before.
    pub(super) fn check(&self) {
        for promise in PROMISES {
            let row = self.rows.iter().find(|row| row.name == promise.set).unwrap();
            let all = row.hs6.iter().zip(DEPTHS).zip(promise.wanted.iter().zip(&promise.held));
            for ((found, depth), (wanted, held)) in all.filter(|(_, (wanted, _))| **wanted > 0.0) {
                let share = 100.0 * ratio(*found, row.can_be_found);
                let (word, set) = (if share >= *wanted { "kept  " } else { "MISSED" }, promise.set);
                let (known, all, of_all) = (row.can_be_found, row.cases, 100.0 * ratio(*found, row.cases));
                println!(
                    "{word} {set} at {depth}: {share:.1}, wanted {wanted} ({found} of {known} whose code the edition has; \
                     {of_all:.1} of all {all})"
                );
                assert!(share >= *held, "{set} at {depth}: {share:.1} is less than {held}");
            }
        }
    }
}

impl Row {
    fn of(name: &str, answers: &[Answer]) -> Self {
        let within = |digits: usize| {
            DEPTHS.map(|depth| {
                let right = |answer: &&Answer| {
                    let right = answer.right.get(..digits);
                    answer.codes.iter().take(depth).any(|code| code.get(..digits) == right)
                };
                answers.iter().filter(right).count()
            })
        };
        let told: Vec<&Answer> = answers.iter().filter(|answer| !answer.cannot_tell).collect();
        Self {
            name: name.to_owned(),
            cases: answers.len(),
            can_be_found: answers.iter().filter(|answer| answer.can_be_found).count(),
            hs6: within(6),
            hs4: within(4),
            calibration_error: calibration_error(answers),
            told: told.len(),
            told_right: told.iter().filter(|answer| right(answer)).count(),
            each: None,
        }
    }
}

fn right(answer: &Answer) -> bool {
    answer.codes.first() == Some(&answer.right)
}

/// How far confidence is from the share that is right, over ten bins of equal width, weighed by their cases.
fn calibration_error(answers: &[Answer]) -> f64 {
    let bin = |answer: &Answer| ((answer.confidence * 10.0) as usize).min(9);
    let gap = |number: usize| {
        let inside: Vec<&Answer> = answers.iter().filter(|answer| bin(answer) == number).collect();
        let said: f64 = inside.iter().map(|answer| answer.confidence).sum();
        let held = inside.iter().filter(|answer| right(answer)).count();
        (said - held as f64).abs()
    };
    (0..10).map(gap).sum::<f64>() / answers.len() as f64
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The share in percent with Wilson's interval at 95%.
fn share(found: usize, cases: usize) -> String {
    let (n, p, z) = (cases as f64, ratio(found, cases), 1.96);
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    format!("{:5.1} [{:4.1} {:4.1}]", 100.0 * p, 100.0 * (middle - half), 100.0 * (middle + half))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:30} {:>5}  {:17} {:17} {:17} {:17} {:17} {:17} {:>5} {:>6} {:>6} {:>8}",
            "set", "cases", "HS6 at 1", "at 5", "at 10", "HS4 at 1", "at 5", "at 10", "ECE", "told%", "right%", "each"
        )?;
        for row in &self.rows {
            write!(f, "{:30} {:5}  ", row.name, row.cases)?;
            for found in row.hs6.iter().chain(&row.hs4) {
                write!(f, "{:17} ", share(*found, row.cases))?;
            }
            let each = row.each.map(|each| format!("{each:.0?}")).unwrap_or_default();
            let told = 100.0 * ratio(row.told, row.cases);
            let held = 100.0 * ratio(row.told_right, row.told);
            writeln!(f, "{:5.3} {told:6.1} {held:6.1} {each:>8}", row.calibration_error)?;
        }
        Ok(())
    }
}
