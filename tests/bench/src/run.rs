//! A run: start the servers, prepare the rows, measure in interleaved rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::args::Args;
use crate::child::Child;
use crate::identity::Identity;
use crate::roles::Role;
use crate::rows::{self, Prepared, ROWS, Row, Setting};
use crate::wire::drive;
use crate::{cpu, database};

/// What one row showed in one round.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Items answered a second under full load.
    pub per_second: f64,
    /// Half of the calls under full load took no longer.
    pub p50: Duration,
    /// 99 of 100 calls under full load took no longer.
    pub p99: Duration,
    /// Half of the calls took no longer when each waited for the one before.
    pub alone_p50: Duration,
    /// CPU time of the server for each item, under full load.
    pub server_time: Duration,
    /// The share of its core that the load generator used under full load.
    pub generator_share: f64,
    /// Answers that were not OK, by gRPC status.
    pub failures: BTreeMap<u32, u64>,
}

/// A row and what it showed, round by round.
pub struct Measured {
    /// The row.
    pub row: &'static Row,
    /// One sample a round.
    pub samples: Vec<Sample>,
}

/// Measures what the arguments ask for.
///
/// # Errors
/// When a server fails, a row cannot be prepared, or answers are wrong.
pub fn run(args: &Args) -> anyhow::Result<Vec<Measured>> {
    let selected = select(&args.only)?;
    let apart = cpu::two_cores();
    if apart {
        cpu::pin(cpu::LOAD_CORE)?;
    } else {
        say("only one core: servers and load generator share it, and the ratios say less");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let result = measure(args, &selected, apart).await;
        database::drop_postgres().await?;
        result
    })
}

/// The rows asked for, and those that they are compared to.
pub(crate) fn select(only: &[String]) -> anyhow::Result<Vec<&'static Row>> {
    let mut names = BTreeSet::new();
    let mut wanted: Vec<&str> = only.iter().map(String::as_str).collect();
    while let Some(name) = wanted.pop() {
        let row = rows::find(name).with_context(|| format!("there is no row {name:?}; see --list"))?;
        wanted.extend(row.baseline);
        names.insert(row.name);
    }
    let all = only.is_empty();
    let mut rows: Vec<_> = ROWS.iter().filter(|row| all || names.contains(row.name)).collect();
    if database::postgres().is_none() {
        rows.retain(|row| !row.role.needs_postgres());
        if rows.is_empty() {
            bail!("these rows need PostgreSQL: set {}", database::POSTGRES_URL);
        }
        say(&format!("{} is not set: rows on PostgreSQL are left out", database::POSTGRES_URL));
    }
    Ok(rows)
}

async fn measure(args: &Args, selected: &[&'static Row], apart: bool) -> anyhow::Result<Vec<Measured>> {
    let folder = database::folder()?;
    let identity = Identity::create(folder.path())?;
    let mut children = BTreeMap::new();
    for row in selected {
        start(row.role, folder.path(), apart, &mut children)?;
    }
    let mut prepared = Vec::new();
    let setting = Setting { identity: &identity, children: &children, folder: folder.path() };
    for row in selected {
        let ready = (row.prepare)(&setting).await.with_context(|| format!("preparing {}", row.name))?;
        // A round that is not counted: caches fill, files grow to their size.
        let outcome = drive(&ready.target, ready.within(args.full_load()), ready.requests.as_ref()).await;
        outcome.with_context(|| format!("trying {}", row.name))?;
        prepared.push((*row, ready));
    }
    let mut measured: Vec<_> = selected.iter().map(|row| Measured { row, samples: Vec::new() }).collect();
    for round in 0..args.rounds {
        say(&format!("round {} of {}", round + 1, args.rounds));
        // Each round begins with another row, so that no row always follows the same one.
        for turn in 0..prepared.len() {
            let place = (turn + round as usize) % prepared.len();
            let (row, ready) = &prepared[place];
            let child = children.get(&row.role).context("a server that was not started")?;
            let sample = sample(args, child, ready).await.with_context(|| format!("measuring {}", row.name))?;
            measured[place].samples.push(sample);
        }
    }
    Ok(measured)
}

pub(crate) fn start(
    role: Role,
    folder: &std::path::Path,
    apart: bool,
    children: &mut BTreeMap<Role, Child>,
) -> anyhow::Result<()> {
    if children.contains_key(&role) {
        return Ok(());
    }
    let mut peers = Vec::new();
    for peer in role.calls() {
        start(*peer, folder, apart, children)?;
        peers.extend(children.get(peer).map(|child| child.ready.address));
    }
    children.insert(role, Child::start(role, folder, &peers, apart)?);
    Ok(())
}

async fn sample(args: &Args, child: &Child, prepared: &Prepared) -> anyhow::Result<Sample> {
    let alone = drive(&prepared.target, args.alone(), prepared.requests.as_ref()).await?;
    let before = child.cpu_time()?;
    let load = prepared.within(args.full_load());
    let full = drive(&prepared.target, load, prepared.requests.as_ref()).await?;
    // The server's clock ran through the warm-up as well.
    let used = (child.cpu_time()? - before).as_secs_f64();
    let per_second = full.per_second * f64::from(prepared.items);
    let answers = per_second * (load.duration + load.warm_up).as_secs_f64();
    let mut failures = full.failures;
    for (status, count) in alone.failures {
        *failures.entry(status).or_default() += count;
    }
    Ok(Sample {
        per_second,
        p50: full.latencies.quantile(0.50),
        p99: full.latencies.quantile(0.99),
        alone_p50: alone.latencies.quantile(0.50),
        server_time: Duration::from_secs_f64(if answers > 0.0 { used / answers } else { 0.0 }),
        generator_share: full.generator_share,
        failures,
    })
}

/// Talk, which goes to standard error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
