//! Search over all editions and both languages, at a steady rate and not in a closed loop: a query is late by what those
//! before it made it wait.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use greenlane_api::classification::v1::SearchCodesRequest;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_platform::auth::issuer::TokenRequest;

use super::{Figure, Place, Promise};
use crate::cpu;
use crate::roles::Role;
use crate::rows::authorized;
use crate::wire::Histogram;

/// Queries a second.
const RATE: u32 = 1_000;
/// How long is measured, after as long a time that is not counted.
const SECONDS: u32 = 5;
/// Hits asked for, as a person reads them.
const HITS: i32 = 10;
/// Connections.
const CONNECTIONS: usize = 8;
const EDITIONS: [&str; 9] =
    ["HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022", "US-HTS-2026", "EU-TARIC-2026"];

pub(super) async fn measure(place: &Place<'_>) -> anyhow::Result<Vec<Figure>> {
    let child = place.setting.child(Role::ClassificationWhole)?;
    let started = child.peak_memory()?;
    let queries = queries(place)?;
    let token = place.setting.identity.mint(TokenRequest::new("trader", ["codes.read"]));
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(LookupServiceClient::new(place.setting.channel(Role::ClassificationWhole).await?));
    }
    let request = |query: &str| {
        let editions = EDITIONS.map(str::to_owned).to_vec();
        let request = SearchCodesRequest { query: query.to_owned(), editions, page_size: HITS, ..Default::default() };
        authorized(request, &token)
    };
    let begun = Instant::now();
    clients[0].search_codes(request(&queries[0])?).await?;
    let first = begun.elapsed();

    let latencies = Arc::new(Mutex::new(Histogram::default()));
    let begin = Instant::now() + Duration::from_millis(50);
    let counted = begin + Duration::from_secs(u64::from(SECONDS));
    let mut before = None;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..RATE * SECONDS * 2 {
        let due = begin + Duration::from_secs(1) * number / RATE;
        tokio::time::sleep_until(due.into()).await;
        if number == RATE * SECONDS {
            before = Some((child.cpu_time()?, cpu::own_time()?));
        }
        let request = request(&queries[number as usize % queries.len()])?;
        let (mut client, latencies) = (clients[number as usize % CONNECTIONS].clone(), Arc::clone(&latencies));
        calls.spawn(async move {
            let answer = client.search_codes(request).await;
            if due >= counted
                && let Ok(mut latencies) = latencies.lock()
            {
                latencies.record(due.elapsed());
            }
            answer.map(drop)
        });
        while let Some(done) = calls.try_join_next() {
            done??;
        }
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    let (server, own) = before.context("no query was counted")?;
    let each = (child.cpu_time()? - server).as_secs_f64() / f64::from(RATE * SECONDS);
    let generator = (cpu::own_time()? - own).as_secs_f64() / f64::from(SECONDS);
    let latencies = latencies.lock().map_err(|_| anyhow::anyhow!("a call panicked"))?;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    Ok(vec![
        Figure::new("memory after the start, peak", mib(started), "MiB"),
        Figure::new("first search of all editions", ms(first), "ms"),
        Figure::new("search, CPU of the server a query", each * 1e3, "ms"),
        Figure::new("search, p50 at 1,000 queries a second", ms(latencies.quantile(0.5)), "ms"),
        Figure::new("search, p99 at 1,000 queries a second", ms(latencies.quantile(0.99)), "ms")
            .promised(Promise::AtMost(5.0)),
        Figure::new("the load generator's share of its core", 100.0 * generator, "%"),
        Figure::new("memory after the searches, peak", mib(child.peak_memory()?), "MiB")
            .promised(Promise::AtMost(600.0)),
    ])
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
