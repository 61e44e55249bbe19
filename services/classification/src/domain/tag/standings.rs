//! How codes stand to lists, each found once for all days between which nothing of a list changes.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::domain::catalogue::{Catalogue, ListData, Position};
use crate::domain::estimate::estimate;
use crate::domain::membership::{MembershipStatus, check_membership};

/// What was found.
#[derive(Debug)]
pub(super) struct Standings {
    /// By list: the days on which something of it begins or has ended.
    changes: Vec<Vec<NaiveDate>>,
    known: HashMap<(usize, Position, usize), (MembershipStatus, Option<f64>)>,
}

impl Standings {
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        Self { changes: catalogue.lists.iter().map(changes).collect(), known: HashMap::new() }
    }

    /// How a code stands to a list on a day, and the share of its value that is on the list by published weights, where
    /// only a part is.
    pub(super) fn of_code(
        &mut self,
        catalogue: &Catalogue,
        list: usize,
        at: Position,
        on: NaiveDate,
        held: bool,
    ) -> (MembershipStatus, Option<f64>) {
        let epoch = self.changes[list].partition_point(|change| *change <= on);
        *self.known.entry((list, at, epoch)).or_insert_with(|| {
            let list = &catalogue.lists[list];
            let status = check_membership(catalogue, list, at, on, held).status;
            let open = status == MembershipStatus::Partly;
            (status, open.then(|| estimate(catalogue, list, at, on)).flatten())
        })
    }
}

fn changes(list: &ListData) -> Vec<NaiveDate> {
    let mut days = BTreeSet::new();
    let spans = list.entries.iter().map(|entry| (entry.effective_from, entry.effective_to));
    for (from, to) in spans.chain([(list.fact.effective_from, list.fact.effective_to)]) {
        days.extend(from);
        days.extend(to.and_then(|last| last.succ_opt()));
    }
    days.into_iter().collect()
}
