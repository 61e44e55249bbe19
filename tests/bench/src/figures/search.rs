//! Search over all editions and both languages, at a steady rate and not in a closed loop: a query is late by what those
//! before it made it wait. A bare server is asked as often in turn with it: what the machine itself holds up is seen there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use greenlane_api::classification::v1::{SearchCodesRequest, SearchCodesResponse};
use greenlane_platform::auth::issuer::TokenRequest;
use prost::Message as _;

use super::{Figure, Place, Promise};
use crate::child::Child;
use crate::roles::Role;
use crate::wire::{Histogram, Load, Outcome, Requests, drive};
use crate::{cpu, rows};

const SEARCH: &str = "/greenlane.classification.v1.LookupService/SearchCodes";
/// Queries a second.
const RATE: u32 = 1_000;
/// How often and how long is measured, each after a time that is not counted.
const WINDOWS: usize = 5;
const DURATION: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(500);
/// The bare server.
const BARE: &str = "echo-token";
/// Hits asked for, as a person reads them.
const HITS: i32 = 10;
/// Connections, and calls on each that may wait for their answers.
const CONNECTIONS: u32 = 8;
const MOST_OPEN: usize = 1_000;
const EDITIONS: [&str; 9] =
    ["HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022", "US-HTS-2026", "EU-TARIC-2026"];

pub(super) async fn measure(place: &Place<'_>) -> anyhow::Result<Vec<Figure>> {
    let child = place.setting.child(Role::ClassificationWhole)?;
    let started = child.peak_memory()?;
    let searches = Searches { queries: queries(place)?, next: AtomicU64::new(0) };
    let token = place.setting.identity.mint(TokenRequest::new("trader", ["codes.read"]));
    let target = place.setting.target(Role::ClassificationWhole, SEARCH, Some(token))?;
    let once =
        Load { connections: 1, in_flight: 1, warm_up: Duration::ZERO, duration: Duration::from_millis(1), every: None };
    // On a busy machine its time is over before it has asked.
    let mut first = Duration::ZERO;
    while searches.next.load(Ordering::Relaxed) == 0 {
        let begun = Instant::now();
        drive(&target, once, &searches).await?;
        first = begun.elapsed();
    }

    let bare = rows::find(BARE).with_context(|| format!("there is no row {BARE}"))?;
    let echo = (bare.prepare)(&place.setting).await?;

    let every = Duration::from_secs(1) * CONNECTIONS / RATE;
    let steady = Load {
        connections: CONNECTIONS as usize,
        in_flight: MOST_OPEN,
        warm_up: WARM_UP,
        duration: DURATION,
        every: Some(every),
    };
    let servers = [Role::ClassificationWhole, bare.role].map(|role| place.setting.child(role).map(Child::process));
    let servers = servers.into_iter().collect::<anyhow::Result<_>>()?;
    let awake = if cpu::two_cores() { cpu::Awake::keep_or_tell(cpu::SERVER_CORE, servers) } else { None };
    let (before, asked) = (child.cpu_time()?, searches.next.load(Ordering::Relaxed));
    let (mut outcomes, mut echoed) = (Vec::new(), Vec::new());
    for _ in 0..WINDOWS {
        outcomes.push(drive(&target, steady, &searches).await?);
        echoed.push(drive(&echo.target, steady, echo.requests.as_ref()).await?);
    }
    for outcome in outcomes.iter().chain(&echoed) {
        ensure!(outcome.failures.is_empty(), "calls failed: {:?}", outcome.failures);
        let least = 0.99 * f64::from(RATE);
        ensure!(outcome.per_second >= least, "only {:.0} of {RATE} a second were answered", outcome.per_second);
    }
    let asked = searches.next.load(Ordering::Relaxed) - asked;
    let each = (child.cpu_time()? - before).as_secs_f64() / asked as f64;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let all = |outcomes: &[Outcome]| {
        let mut latencies = Histogram::default();
        outcomes.iter().for_each(|outcome| latencies.merge(&outcome.latencies));
        latencies
    };
    // Where nobody watches the server's core, none is left out.
    let undisturbed = |outcomes: &[Outcome]| {
        let Some(awake) = &awake else { return all(outcomes) };
        let mut latencies = Histogram::default();
        outcomes.iter().for_each(|outcome| latencies.merge(&outcome.undisturbed(&awake.pauses())));
        latencies
    };
    let quiet = undisturbed(&outcomes);
    let worst = outcomes.iter().map(|outcome| outcome.latencies.quantile(0.99)).max().unwrap_or_default();
    let echoed_quietly = undisturbed(&echoed).quantile(0.99);
    let (searched, echoed) = (all(&outcomes), all(&echoed));
    let share = quiet.total() as f64 / searched.total().max(1) as f64;
    let answered: f64 = outcomes.iter().map(|outcome| outcome.per_second).sum();
    Ok(vec![
        Figure::new("memory after the start, peak", mib(started), "MiB"),
        Figure::new("first search of all editions", ms(first), "ms"),
        Figure::new("search, CPU of the server a query", each * 1e3, "ms"),
        Figure::new("search, answered a second of 1,000 asked", answered / WINDOWS as f64, "queries"),
        Figure::new("search, p50 at 1,000 queries a second", ms(searched.quantile(0.5)), "ms"),
        Figure::new("search, p99 at 1,000 queries a second", ms(searched.quantile(0.99)), "ms")
            .promised(Promise::AtMost(5.0)),
        Figure::new("search, p99 in the worst of five parts of the time", ms(worst), "ms"),
        Figure::new("search, p99 while no core was taken away", ms(quiet.quantile(0.99)), "ms")
            .promised(Promise::AtMost(5.0)),
        Figure::new("search, answered while no core was taken away", 100.0 * share, "%"),
        Figure::new("a bare server, p99 at 1,000 calls a second", ms(echoed.quantile(0.99)), "ms"),
        Figure::new("a bare server, p99 while no core was taken away", ms(echoed_quietly), "ms"),
        Figure::new("memory after the searches, peak", mib(child.peak_memory()?), "MiB")
            .promised(Promise::AtMost(600.0)),
    ])
}

/// Queries in turn.
struct Searches {
    queries: Vec<String>,
    next: AtomicU64,
}

impl Requests for Searches {
    fn message(&self, out: &mut Vec<u8>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let query = self.queries[usize::try_from(number).unwrap_or_default() % self.queries.len()].clone();
        let editions = EDITIONS.map(str::to_owned).to_vec();
        // A vector takes as much as it is given.
        let _ = SearchCodesRequest { query, editions, page_size: HITS, ..Default::default() }.encode(out);
        number
    }

    fn check(&self, _: u64, answer: &[u8]) -> anyhow::Result<()> {
        let answer = SearchCodesResponse::decode(answer)?;
        ensure!(answer.revision > 0 && answer.hits.len() <= HITS as usize, "no answer to a search: {answer:?}");
        Ok(())
    }
}

/// What people call goods: A to Z terms, and category names in English and Chinese; misspelt texts.
fn queries(place: &Place<'_>) -> anyhow::Result<Vec<String>> {
    let column = |file: &str, column: &str| -> anyhow::Result<Vec<String>> {
        let mut reader = csv::Reader::from_path(place.data.join(file)).with_context(|| format!("reading {file}"))?;
        let at = reader.headers()?.iter().position(|name| name == column);
        let at = at.with_context(|| format!("{file} has no column {column}"))?;
        let texts =
            reader.records().map(|row| Ok(row?.get(at).unwrap_or_default().chars().take(200).collect::<String>()));
        texts.collect()
    };
    let sets = [
        column("uk_search_references.csv", "term")?,
        column("zh_en_category_lexicon.csv", "zh")?,
        column("zh_en_category_lexicon.csv", "en")?,
        column("eval/en_uk_trader_dev.csv", "query")?,
        column("eval/en_noisy_hs_text_dev.csv", "query")?,
        column("eval/zh_titles_dev.csv", "query")?,
    ];
    // In turn, so that every second has all of them.
    let longest = sets.iter().map(Vec::len).max().unwrap_or_default();
    let all = (0..longest).flat_map(|place| sets.iter().map(move |set| set[place % set.len()].clone()));
    Ok(all.filter(|query| !query.trim().is_empty()).collect())
}
