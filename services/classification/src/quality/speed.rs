//! How long a search of all editions takes, in either language. What a call costs beside it is measured by
//! `cargo bench -p greenlane-bench -- --only search`.

use std::hint::black_box;
use std::time::Instant;

use super::data;
use crate::domain::{Catalogue, Query, search};

/// Hits that a person reads.
const HITS: usize = 10;
/// Each search is timed so often, and the least is taken: whatever else runs here is not the search's.
const TIMES: usize = 3;

/// Prints it.
pub(super) fn tell(catalogue: &Catalogue) {
    let editions: Vec<usize> = (0..catalogue.editions.len()).collect();
    let started = Instant::now();
    for edition in &editions {
        catalogue.index(*edition);
    }
    println!("indexes of all {} editions {:.2?}", editions.len(), started.elapsed());
    let column =
        |file: &str, column: &'static str| data::rows(file).into_iter().map(move |mut row| row.remove(column).unwrap());
    let sets = [
        ("A to Z terms", column("uk_search_references.csv", "term").collect::<Vec<_>>()),
        ("Chinese categories", column("zh_en_category_lexicon.csv", "zh").collect()),
        ("misspelt texts", column("eval/en_noisy_hs_text_dev.csv", "query").collect()),
        ("Chinese titles", column("eval/zh_titles_dev.csv", "query").collect()),
    ];
    // All of them in turn, each once: what one search has in the caches is not at hand for the next.
    let longest = sets.iter().map(|(_, queries)| queries.len()).max().unwrap_or_default();
    let started = Instant::now();
    let mut asked = 0u32;
    for place in 0..longest.min(3_000) {
        for (_, queries) in &sets {
            let text = queries[place % queries.len()].clone();
            let query = Query { text, editions: editions.clone(), taken: HITS, ..Query::default() };
            black_box(search(catalogue, &query).take(HITS).count());
            asked += 1;
        }
    }
    println!("search of all editions, {asked} of all sets in turn: {:.0?} each", started.elapsed() / asked);
    for (name, queries) in &sets {
        let mut each: Vec<_> = queries
            .iter()
            .map(|text| {
                let query = Query { text: text.clone(), editions: editions.clone(), ..Query::default() };
                let once = || {
                    let started = Instant::now();
                    black_box(search(catalogue, &query).take(HITS).count());
                    started.elapsed()
                };
                (0..TIMES).map(|_| once()).min().unwrap()
            })
            .collect();
        each.sort_unstable();
        let at = |share: usize| each[each.len() * share / 100];
        println!(
            "search of all editions, {name}: p50 {:.0?}, p99 {:.0?}, most {:.0?}",
            at(50),
            at(99),
            each[each.len() - 1]
        );
    }
}
