//! Whom the alerts of the catalogue affect, and which of its days come.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use greenlane_curation::alerts::{Alerting, Concerns};

use super::recognition::Recogniser;
use crate::domain::alert::{self, Alert, Interest, Item};
use crate::store::REVISION;

/// The catalogue as what alerts are about.
pub(crate) struct CatalogueAlerts {
    pub(crate) recogniser: Recogniser,
}

impl CatalogueAlerts {
    /// The names of markets, origins and schemes that the catalogue does not have.
    pub(crate) fn unknown(&self, interest: &Interest) -> Vec<String> {
        let loaded = self.recogniser.catalogues.current();
        let markets = interest.markets.iter().chain(&interest.origins).map(|it| it.name());
        let schemes = interest.schemes.iter().map(ToString::to_string);
        markets.chain(schemes).filter(|name| !loaded.catalogue.contains(name)).collect()
    }
}

#[async_trait]
impl Alerting for CatalogueAlerts {
    type Item = Item;
    type Interest = Interest;

    const COUNTER: &'static str = REVISION;

    fn revision(&self) -> u64 {
        self.recogniser.catalogues.current().catalogue.revision()
    }

    async fn concerns(&self, items: &[&Item], interest: &Interest) -> Vec<Concerns> {
        let mut known = self.recogniser.translations.known(0);
        loop {
            let concerns = items.iter().map(|item| interest.in_reach(&item.reach, &known)).collect();
            if !known.fetch().await {
                return concerns;
            }
        }
    }

    fn due(&self, first: NaiveDate, last: NaiveDate, now: DateTime<Utc>) -> (u64, Vec<Alert>) {
        let loaded = self.recogniser.catalogues.current();
        (loaded.catalogue.revision(), alert::due(&loaded.catalogue, first, last, now))
    }
}
