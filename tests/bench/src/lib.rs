//! The benchmark: each figure as a ratio to a bare server's in the same run.
//!
//! ```text
//! cargo bench -p greenlane-bench                          # every row, release build
//! cargo bench --profile perf -p greenlane-bench -- --only verify --rounds 7 --json out.json
//! cargo bench -p greenlane-bench -- --half-load           # how long calls take at half of the throughput
//! ```
//!
//! The program starts itself again as each server under measurement ([`roles`]), every one on core 0, and drives them
//! in turn from core 1 with one load generator ([`wire`]) that needs less of its core than any server of its own.
//! Absolute figures depend on the machine and on what else it does; the ratio to a bare server, measured a second
//! earlier in the same round, much less. [`rows`] is the list of what is measured; [`figures`] are those that are
//! promised as they are.

pub mod args;
pub mod child;
pub mod cpu;
pub mod database;
pub mod figures;
pub mod half;
pub mod identity;
pub mod report;
pub mod roles;
pub mod rows;
pub mod run;
pub mod wire;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use args::Args;
use report::Report;
use run::say;

/// Runs the benchmark, or one of its servers.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    match act(&args) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn act(args: &Args) -> anyhow::Result<ExitCode> {
    if let Some(role) = args.child.role {
        return roles::run(role, &args.child);
    }
    if args.list {
        let mut out = std::io::stdout().lock();
        for row in rows::ROWS {
            writeln!(out, "{:<20}{}", row.name, row.what)?;
        }
        for figures in figures::FIGURES {
            writeln!(out, "{:<20}{}", figures.name, figures.what)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !args.bench {
        // `cargo test --all-targets` runs this program too, without cargo bench's flag.
        say("nothing to test here: this is measured by `cargo bench -p greenlane-bench`");
        return Ok(ExitCode::SUCCESS);
    }
    if args.half_load {
        return half::run(args);
    }
    let (figures, rows) = figures::split(&args.only);
    // Figures alone need no row, not even a baseline.
    let wanted = args.only.is_empty() || !rows.is_empty();
    let measured = if wanted { run::run(&Args { only: rows, ..args.clone() })? } else { Vec::new() };
    let figures = figures::run(&figures, cpu::two_cores())?;
    let report = Report::new(args, &measured, figures);
    write!(std::io::stdout().lock(), "{}", report.table())?;
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&report)?;
        std::fs::write(path, json).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(if report.failed_calls() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
