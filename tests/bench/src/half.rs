//! How long calls take at half of the throughput that a server has, asked for by the clock: a caller that waits for each
//! answer before it asks again would not see what waits behind a slow one.
//!
//! A machine that others share takes its cores away for milliseconds. So the longest times are told twice: of all calls, and
//! of those during which, and shortly before which, the server or nobody had its core, and the load generator its own.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

use crate::args::Args;
use crate::child::Child;
use crate::identity::Identity;
use crate::report::Spread;
use crate::rows::{Row, Setting};
use crate::run::{say, select, start};
use crate::wire::{Histogram, Outcome, drive};
use crate::{cpu, database, rows};

/// The rows when none are named: what is asked one at a time at the border.
const ASKED: [&str; 4] = ["recognise", "recognise-anew", "verify", "verify-anew"];
/// What they are compared to: a bare server asked as often, since a machine has a tail of its own.
const BARE: &str = "echo-token";
/// How long the machine is watched before.
const WATCHED: Duration = Duration::from_secs(3);
/// What 99 of 100 calls may take at most.
const LONGEST: Duration = Duration::from_millis(1);

/// What one row showed.
struct Half {
    row: &'static Row,
    /// Calls a second at full load.
    full: Vec<f64>,
    /// Calls a second that were asked for and answered.
    answered: Vec<f64>,
    ours: Times,
    /// Of the bare server, asked as often.
    bare: Times,
    failures: u64,
}

/// How long calls took, in microseconds, round by round.
#[derive(Default)]
struct Times {
    p50: Vec<f64>,
    p99: Vec<f64>,
    /// Of the calls that no pause of a core held up.
    undisturbed: Vec<f64>,
    /// Which share of all they are.
    share: Vec<f64>,
}

impl Times {
    fn add(&mut self, run: &Outcome, awake: Option<&cpu::Awake>) {
        let micros = |latencies: &Histogram, quantile| latencies.quantile(quantile).as_secs_f64() * 1e6;
        // Where nobody watches the server's core, none is left out.
        let undisturbed = awake.map_or_else(|| run.latencies.clone(), |awake| run.undisturbed(&awake.pauses()));
        self.p50.push(micros(&run.latencies, 0.50));
        self.p99.push(micros(&run.latencies, 0.99));
        self.undisturbed.push(micros(&undisturbed, 0.99));
        self.share.push(undisturbed.total() as f64 / run.latencies.total().max(1) as f64);
    }
}

impl Half {
    fn of(row: &'static Row) -> Self {
        Self { row, full: vec![], answered: vec![], ours: Times::default(), bare: Times::default(), failures: 0 }
    }
}

/// Measures, and prints a table. Ends with a failure when a call failed; whether the longest time is kept is in the table.
///
/// # Errors
/// When a server fails, a row cannot be prepared, or answers are wrong.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let only: Vec<String> = if args.only.is_empty() { ASKED.map(str::to_owned).to_vec() } else { args.only.clone() };
    // What their throughput is compared to is not measured here.
    let selected: Vec<_> = select(&only)?.into_iter().filter(|row| only.iter().any(|it| it == row.name)).collect();
    let apart = cpu::two_cores();
    if apart {
        cpu::pin(cpu::LOAD_CORE)?;
    } else {
        say("only one core: the load generator takes turns with what it measures");
    }
    let cores = if apart { [cpu::SERVER_CORE, cpu::LOAD_CORE].as_slice() } else { &[cpu::SERVER_CORE] };
    let (share, longest) = cpu::watch_all(cores, WATCHED)?;
    say(&format!(
        "while both cores are wanted, one is taken away for {:.1}% of the time, {:.1} ms at the longest: from 1% on, 99 of \
         100 calls cannot be quick here",
        100.0 * share,
        longest.as_secs_f64() * 1e3
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(async {
        let result = measure(args, &selected, apart).await;
        database::drop_postgres().await?;
        result
    })?;
    write!(std::io::stdout().lock(), "{}", table(&measured))?;
    let failures: u64 = measured.iter().map(|it| it.failures).sum();
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(args: &Args, selected: &[&'static Row], apart: bool) -> anyhow::Result<Vec<Half>> {
    let folder = database::folder()?;
    let identity = Identity::create(folder.path())?;
    let mut children = BTreeMap::new();
    for row in selected {
        start(row.role, folder.path(), apart, &mut children)?;
    }
    let bare = rows::find(BARE).with_context(|| format!("there is no row {BARE}"))?;
    start(bare.role, folder.path(), apart, &mut children)?;
    let servers = children.values().map(Child::process).collect();
    let awake = if apart { cpu::Awake::keep_or_tell(cpu::SERVER_CORE, servers) } else { None };
    let setting = Setting { identity: &identity, children: &children, folder: folder.path() };
    let bare = (bare.prepare)(&setting).await.with_context(|| format!("preparing {BARE}"))?;
    let mut measured = Vec::new();
    for row in selected {
        let ready = (row.prepare)(&setting).await.with_context(|| format!("preparing {}", row.name))?;
        let ask = |load| drive(&ready.target, load, ready.requests.as_ref());
        ask(args.full_load()).await.with_context(|| format!("trying {}", row.name))?;
        let mut half = Half::of(row);
        for round in 0..args.rounds {
            say(&format!("{}: round {} of {}", row.name, round + 1, args.rounds));
            let full = ask(args.full_load()).await?;
            let paced = ask(args.paced(full.per_second / 2.0)).await?;
            let echoed = drive(&bare.target, args.paced(full.per_second / 2.0), bare.requests.as_ref()).await?;
            half.full.push(full.per_second);
            half.answered.push(paced.per_second);
            half.ours.add(&paced, awake.as_ref());
            half.bare.add(&echoed, awake.as_ref());
            half.failures += [full, paced, echoed].iter().flat_map(|run| run.failures.values()).sum::<u64>();
        }
        measured.push(half);
    }
    Ok(measured)
}

fn table(measured: &[Half]) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "row",
        "full calls/s",
        "half calls/s",
        "p50 µs",
        "p99 µs",
        "undisturbed p99 µs",
        "of calls",
        "bare p50 µs",
        "bare p99 µs",
        "undisturbed bare p99 µs",
        "p99 below 1 ms",
        "failed",
    ]);
    for half in measured {
        let middle = |figures: &[f64]| Spread::of(figures.iter().copied()).map_or(0.0, |it| it.median);
        let (ours, bare) = (&half.ours, &half.bare);
        let kept = |p99: &[f64]| middle(p99) <= LONGEST.as_secs_f64() * 1e6;
        table.add_row([
            half.row.name.to_owned(),
            format!("{:.0}", middle(&half.full)),
            format!("{:.0}", middle(&half.answered)),
            format!("{:.0}", middle(&ours.p50)),
            format!("{:.0}", middle(&ours.p99)),
            format!("{:.0}", middle(&ours.undisturbed)),
            format!("{:.0}%", 100.0 * middle(&ours.share)),
            format!("{:.0}", middle(&bare.p50)),
            format!("{:.0}", middle(&bare.p99)),
            format!("{:.0}", middle(&bare.undisturbed)),
            match (kept(&ours.p99), kept(&ours.undisturbed)) {
                (true, _) => "yes",
                (false, true) => "undisturbed",
                (false, false) => "no",
            }
            .to_owned(),
            half.failures.to_string(),
        ]);
    }
    format!("{table}\n")
}
