//! Whom the alerts of codes and lists affect, and which of their days come.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use greenlane_curation::alerts::{Alerting, Concerns};

use super::catalogues::Catalogues;
use crate::domain::alert::{self, Alert, Interest, Item};
use crate::store::COUNTER;

/// Codes and lists as what alerts are about.
pub(crate) struct CodeAlerts {
    pub(crate) catalogues: Arc<Catalogues>,
}

#[async_trait]
impl Alerting for CodeAlerts {
    type Item = Item;
    type Interest = Interest;

    const COUNTER: &'static str = COUNTER;

    fn revision(&self) -> u64 {
        self.catalogues.current().revision
    }

    async fn concerns(&self, items: &[&Item], interest: &Interest) -> Vec<Concerns> {
        // A long log lets others work, and ends when nobody waits for it.
        tokio::task::consume_budget().await;
        alert::concerns(&self.catalogues.current(), items, interest)
    }

    fn due(&self, first: NaiveDate, last: NaiveDate, now: DateTime<Utc>) -> (u64, Vec<Alert>) {
        let catalogue = self.catalogues.current();
        (catalogue.revision, alert::due(&catalogue, first, last, now))
    }
}
