//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::roles::ChildArgs;
use crate::wire::Load;

/// Calls that may wait for their answers on one connection that asks by the clock.
const MOST_OPEN: usize = 1_000;

/// Measures our services against bare servers in the same run and prints the ratios.
///
/// Each server is a process of its own on core 0; the load comes from core 1. Rounds are interleaved, so that what
/// disturbs the machine disturbs the baseline as well. Rows that need PostgreSQL run when GREENLANE_TEST_POSTGRES_URL
/// is set. SQLite files are made below GREENLANE_BENCH_DIR, or in the temporary folder.
#[derive(Debug, Clone, Parser)]
#[command(name = "greenlane-bench")]
pub struct Args {
    /// How often each row is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds that a measurement counts.
    #[arg(long, default_value_t = 1.0)]
    pub seconds: f64,
    /// Connections of the load generator.
    #[arg(long, default_value_t = 8)]
    pub connections: usize,
    /// Calls in flight on each connection.
    #[arg(long, default_value_t = 16)]
    pub in_flight: usize,
    /// Rows to measure, by name, with what they are compared to; all when left out.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Write the result as JSON to this file too.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Measure how long calls take at half of the throughput, asked for by the clock, in place of the ratios.
    #[arg(long)]
    pub half_load: bool,
    /// Print the rows and end.
    #[arg(long)]
    pub list: bool,
    /// What cargo passes.
    #[arg(long, hide = true)]
    pub bench: bool,
    /// What the parent process passes.
    #[command(flatten)]
    pub child: ChildArgs,
}

impl Args {
    /// The load under which throughput is measured.
    #[must_use]
    pub fn full_load(&self) -> Load {
        let duration = Duration::from_secs_f64(self.seconds.max(0.05));
        Load {
            connections: self.connections,
            in_flight: self.in_flight,
            warm_up: duration.mul_f64(0.3),
            duration,
            every: None,
        }
    }

    /// One call at a time.
    #[must_use]
    pub fn alone(&self) -> Load {
        let duration = Duration::from_secs_f64((self.seconds / 4.0).max(0.05));
        Load { connections: 1, in_flight: 1, warm_up: duration.mul_f64(0.2), duration, every: None }
    }

    /// So many calls a second, whatever the answers take.
    #[must_use]
    pub fn paced(&self, per_second: f64) -> Load {
        let every = Duration::from_secs_f64(self.connections as f64 / per_second.max(1.0));
        Load { in_flight: MOST_OPEN, every: Some(every), ..self.full_load() }
    }
}
