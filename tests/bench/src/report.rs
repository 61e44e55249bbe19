//! The result, for eyes and for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use crate::args::Args;
use crate::cpu;
use crate::figures::Figure;
use crate::rows::Floor;
use crate::run::{Measured, Sample};

/// Above this share of its core the load generator may be what is measured.
const BUSY: f64 = 0.95;

/// The middle of some figures, and how far they spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half lie below.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Of at least one figure.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<_> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let (min, max) = (*figures.first()?, *figures.last()?);
        let middle = figures.len() / 2;
        let median =
            if figures.len() % 2 == 0 { f64::midpoint(figures[middle - 1], figures[middle]) } else { figures[middle] };
        Some(Self { median, min, max })
    }
}

/// A run's result.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The machine's processor.
    pub processor: String,
    /// How the program was built.
    pub build: &'static str,
    /// Rounds, each with one measurement a row.
    pub rounds: u32,
    /// Seconds of a measurement.
    pub seconds: f64,
    /// Connections of the load generator.
    pub connections: usize,
    /// Calls in flight on each connection.
    pub in_flight: usize,
    /// The rows.
    pub rows: Vec<Line>,
    /// Figures that are promised as they are.
    pub figures: Vec<Figure>,
}

/// A row's result.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The row's name.
    pub name: &'static str,
    /// What one call does.
    pub what: &'static str,
    /// The row that it is compared to.
    pub baseline: Option<&'static str>,
    /// Items a second over the baseline's in the same round.
    pub ratio: Option<Spread>,
    /// The baseline's CPU time for an item over this row's, in the same round: the ratio that other work on the machine
    /// disturbs least.
    pub cpu_ratio: Option<Spread>,
    /// The least median ratio that we promise.
    pub target: Option<f64>,
    /// Whether it is kept.
    pub target_met: Option<bool>,
    /// The fewest items a second that we promise of a machine of two cores.
    pub floor_per_second: Option<f64>,
    /// The longest that we promise 99 of 100 calls take there, in microseconds.
    pub ceiling_p99_us: Option<f64>,
    /// Whether both are kept.
    pub floor_met: Option<bool>,
    /// Items a second: calls, where a call asks for one.
    pub per_second: Option<Spread>,
    /// Median over the rounds of half of the calls' time, in microseconds, under full load.
    pub p50_us: Option<Spread>,
    /// The same of 99 of 100 calls.
    pub p99_us: Option<Spread>,
    /// The same of half of the calls, one at a time.
    pub alone_p50_us: Option<Spread>,
    /// CPU time of the server for each item, in microseconds.
    pub server_us: Option<Spread>,
    /// The load generator's share of its core.
    pub generator_share: Option<Spread>,
    /// Calls that were not answered OK, by gRPC status.
    pub failures: BTreeMap<u32, u64>,
}

impl Report {
    /// Sums a run up.
    #[must_use]
    pub fn new(args: &Args, measured: &[Measured], figures: Vec<Figure>) -> Self {
        let rows = measured.iter().map(|row| Line::new(row, measured)).collect();
        Self {
            processor: cpu::model(),
            build: if cfg!(debug_assertions) { "debug" } else { "optimised" },
            rounds: args.rounds,
            seconds: args.seconds,
            connections: args.connections,
            in_flight: args.in_flight,
            rows,
            figures,
        }
    }

    /// Calls that failed, over all rows.
    #[must_use]
    pub fn failed_calls(&self) -> u64 {
        self.rows.iter().flat_map(|row| row.failures.values()).sum()
    }

    /// As a table, with what must be known to read it.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN).set_header([
            "row",
            "of",
            "ratio",
            "min",
            "max",
            "by CPU",
            "promised",
            "floor",
            "items/s",
            "p50 µs",
            "p99 µs",
            "alone µs",
            "server µs",
            "load",
        ]);
        for column in 2..14 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in &self.rows {
            let median = |spread: Option<Spread>, digits: usize| cell(spread.map(|spread| spread.median), digits);
            table.add_row([
                row.name.to_owned(),
                row.baseline.unwrap_or("").to_owned(),
                median(row.ratio, 2),
                cell(row.ratio.map(|ratio| ratio.min), 2),
                cell(row.ratio.map(|ratio| ratio.max), 2),
                median(row.cpu_ratio, 2),
                row.promise(),
                row.floor(),
                median(row.per_second, 0),
                median(row.p50_us, 0),
                median(row.p99_us, 0),
                median(row.alone_p50_us, 0),
                median(row.server_us, 1),
                row.load(),
            ]);
        }
        let figures: String = self.figures.iter().map(|figure| figure.told() + "\n").collect();
        if self.rows.is_empty() { figures } else { format!("{table}\n{}{figures}", self.legend()) }
    }

    fn legend(&self) -> String {
        let mut text = format!(
            "{}, {} build; {} rounds of {} s, {} connections with {} calls in flight each; medians over the rounds.\n\
             ratio: of items a second; by CPU: of the servers' CPU time an item; floor: items a second and p99 on two cores; \
             alone: p50 with one call at a time; server: its CPU time an item; load: the generator's share of its core.\n",
            self.processor, self.build, self.rounds, self.seconds, self.connections, self.in_flight
        );
        for row in &self.rows {
            text.push_str(&format!("{}: {}\n", row.name, row.what));
        }
        for row in self.rows.iter().filter(|row| row.is_bound_by_load()) {
            text.push_str(&format!("{}: the load generator was the limit; the server can do more\n", row.name));
        }
        for row in self.rows.iter().filter(|row| !row.failures.is_empty()) {
            text.push_str(&format!("{}: FAILED CALLS by gRPC status: {:?}\n", row.name, row.failures));
        }
        text
    }
}

impl Line {
    fn new(measured: &Measured, all: &[Measured]) -> Self {
        let row = measured.row;
        let baseline = all.iter().find(|other| Some(other.row.name) == row.baseline);
        let compared = |ratio: fn(&Sample, &Sample) -> f64| {
            let pairs = measured.samples.iter().zip(&baseline?.samples);
            Spread::of(pairs.map(|(ours, bare)| ratio(ours, bare)))
        };
        let ratio = compared(|ours, bare| ours.per_second / bare.per_second);
        let of = |figure: fn(&Sample) -> f64| Spread::of(measured.samples.iter().map(figure));
        let mut failures = BTreeMap::new();
        for (status, count) in measured.samples.iter().flat_map(|sample| &sample.failures) {
            *failures.entry(*status).or_default() += count;
        }
        let per_second = of(|sample| sample.per_second);
        let p99_us = of(|sample| micros(sample.p99));
        let kept = |floor: Floor, per_second: Spread, p99: Spread| {
            per_second.median >= floor.per_second && p99.median <= micros(floor.p99)
        };
        Self {
            name: row.name,
            what: row.what,
            baseline: row.baseline,
            ratio,
            cpu_ratio: compared(|ours, bare| bare.server_time.as_secs_f64() / ours.server_time.as_secs_f64()),
            target: row.target,
            target_met: row.target.zip(ratio).map(|(target, ratio)| ratio.median >= target),
            floor_per_second: row.floor.map(|floor| floor.per_second),
            ceiling_p99_us: row.floor.map(|floor| micros(floor.p99)),
            floor_met: row.floor.zip(per_second).zip(p99_us).map(|((floor, rate), p99)| kept(floor, rate, p99)),
            per_second,
            p50_us: of(|sample| micros(sample.p50)),
            p99_us,
            alone_p50_us: of(|sample| micros(sample.alone_p50)),
            server_us: of(|sample| micros(sample.server_time)),
            generator_share: of(|sample| sample.generator_share),
            failures,
        }
    }

    fn promise(&self) -> String {
        match (self.target, self.target_met) {
            (Some(target), Some(true)) => format!("{target:.2} kept"),
            (Some(target), Some(false)) => format!("{target:.2} MISSED"),
            _ => String::new(),
        }
    }

    fn floor(&self) -> String {
        match (self.floor_per_second, self.ceiling_p99_us, self.floor_met) {
            (Some(rate), Some(p99), Some(kept)) => {
                format!("{rate:.0}, {:.0} ms {}", p99 / 1e3, if kept { "kept" } else { "MISSED" })
            }
            _ => String::new(),
        }
    }

    fn load(&self) -> String {
        self.generator_share.map_or_else(String::new, |share| format!("{:.0}%", share.median * 100.0))
    }

    fn is_bound_by_load(&self) -> bool {
        self.generator_share.is_some_and(|share| share.median > BUSY)
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn cell(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(String::new, |figure| format!("{figure:.digits$}"))
}
