//! The codes that a filter by green lists admits.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;
use greenlane_platform::fault::Fault;
use quick_cache::sync::Cache;
use tokio::task::JoinError;

use crate::domain::{Catalogue, ListData, green_rows};

/// Of how many lists, each in an edition, the codes are kept: a search of all editions by twenty lists asks for some three
/// hundred.
const KEPT: usize = 1_024;

/// The revision that last changed codes or lists, a list in a version, an edition and a day.
type Key = (u64, String, u32, usize, NaiveDate);

/// What lists were filtered by: to find the codes of one asks much more than to search among them.
#[derive(Debug)]
pub(super) struct Green(Arc<Cache<Key, Arc<HashSet<u32>>>>);

impl Default for Green {
    fn default() -> Self {
        Self(Arc::new(Cache::new(KEPT)))
    }
}

impl Green {
    /// The rows of an edition that are on any of the lists on a day, wholly or in part. Who asks for something else
    /// does not wait while they are found.
    pub(super) async fn rows(
        &self,
        catalogue: &Arc<Catalogue>,
        lists: &[&ListData],
        edition: usize,
        on: NaiveDate,
    ) -> Result<Arc<HashSet<u32>>, Fault> {
        let mut all: Option<Arc<HashSet<u32>>> = None;
        for list in lists {
            let rows = self.of_list(catalogue, list, edition, on).await?;
            all = Some(match all {
                None => rows,
                Some(others) => Arc::new(others.union(&rows).copied().collect()),
            });
        }
        Ok(all.unwrap_or_default())
    }

    async fn of_list(
        &self,
        catalogue: &Arc<Catalogue>,
        list: &ListData,
        edition: usize,
        on: NaiveDate,
    ) -> Result<Arc<HashSet<u32>>, Fault> {
        let key: Key = (catalogue.changed_at, list.fact.id.clone(), list.fact.version, edition, on);
        if let Some(rows) = self.0.get(&key) {
            return Ok(rows);
        }
        let (kept, catalogue, list) = (Arc::clone(&self.0), Arc::clone(catalogue), list.clone());
        // Where whoever asks gives up, the next who asks for the same waits for what was begun and begins nothing.
        let finding = tokio::spawn(async move {
            let find = async {
                let found = tokio::task::spawn_blocking(move || green_rows(&catalogue, &[&list], edition, on)).await;
                found.map(Arc::new).map_err(failed)
            };
            kept.get_or_insert_async(&key, find).await
        });
        finding.await.map_err(failed)?
    }
}

fn failed(error: JoinError) -> Fault {
    Fault::internal(format!("finding the codes of a list: {error}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_codes_of_lists_are_found_once_until_a_revision_changes_codes_or_lists() {
        let catalogue = Catalogue::build(1, crate::starter::facts().unwrap()).unwrap();
        let taught = Arc::new(catalogue.with_taught(2, Vec::new()));
        let mut facts = catalogue.list_facts();
        facts.entries.retain(|entry| entry.list != facts.lists[0].id);
        let emptied = Arc::new(catalogue.with_lists(2, facts).unwrap());
        let (catalogue, green) = (Arc::new(catalogue), Green::default());
        let lists: Vec<&ListData> = catalogue.lists.iter().collect();
        let (edition, on) = (catalogue.edition("HS2022").unwrap(), "2026-01-01".parse().unwrap());
        let both = green.rows(&catalogue, &lists, edition, on).await.unwrap();
        assert!(lists.len() > 1 && !both.is_empty());
        assert_eq!(*both, green_rows(&catalogue, &lists, edition, on));
        let first = green.rows(&catalogue, &lists[..1], edition, on).await.unwrap();
        assert_eq!(*first, green_rows(&catalogue, &lists[..1], edition, on));
        assert!(!first.is_empty());
        for catalogue in [&catalogue, &taught] {
            assert!(Arc::ptr_eq(&first, &green.rows(catalogue, &lists[..1], edition, on).await.unwrap()));
        }
        assert!(green.rows(&emptied, &[&emptied.lists[0]], edition, on).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_codes_of_some_hundred_lists_and_editions_are_kept_and_found_though_who_asks_gives_up() {
        let catalogue = Catalogue::build(1, crate::starter::facts().unwrap()).unwrap();
        let mut facts = catalogue.list_facts();
        facts.entries.clear();
        let (catalogue, green) = (Arc::new(catalogue.with_lists(2, facts).unwrap()), Green::default());
        let (edition, list) = (catalogue.edition("HS2022").unwrap(), &catalogue.lists[0]);
        let days: Vec<NaiveDate> = "2026-01-01".parse::<NaiveDate>().unwrap().iter_days().take(300).collect();
        let mut first = Vec::new();
        for day in &days {
            first.push(green.rows(&catalogue, &[list], edition, *day).await.unwrap());
        }
        for (day, rows) in days.iter().zip(&first) {
            assert!(Arc::ptr_eq(rows, &green.rows(&catalogue, &[list], edition, *day).await.unwrap()), "{day}");
        }

        let (lists, later) = ([list], "2028-01-01".parse().unwrap());
        tokio::select! {
            biased;
            _ = green.rows(&catalogue, &lists, edition, later) => panic!("it is not found at once"),
            () = std::future::ready(()) => {}
        }
        let key: Key = (catalogue.changed_at, list.fact.id.clone(), list.fact.version, edition, later);
        let found = async {
            while green.0.get(&key).is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), found).await.expect("it is found all the same");
    }
}
