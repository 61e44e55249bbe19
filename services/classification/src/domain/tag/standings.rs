//! How codes stand to lists, each found once for all days between which nothing of a list changes.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::domain::catalogue::{Catalogue, ListData, Position};
use crate::domain::estimate::estimate;
use crate::domain::membership::{MembershipStatus, Unsaid, check_membership, unsaid_of_absent};

/// How a code stands to a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) status: MembershipStatus,
    /// Why, where it is undetermined.
    pub(super) unsaid: Option<Unsaid>,
    /// Share of its value that is on the list by published weights, where only a part is.
    pub(super) estimated: Option<f64>,
}

impl Standing {
    /// How goods of which it is not known what they are stand to a list: they may be any that are on it, if any are on that
    /// day; on any day where that is not known either. Of a list that is held in part some may be on any day.
    pub(super) fn of_the_unknown(list: &ListData, on: Option<NaiveDate>) -> Self {
        let holds_any = match on {
            Some(on) => list.entries_on(on).next().is_some(),
            None => !list.entries.is_empty(),
        };
        let may_hold_any = holds_any || unsaid_of_absent(list).is_some();
        let status = if may_hold_any { MembershipStatus::Undetermined } else { MembershipStatus::NotMember };
        Self { status, unsaid: None, estimated: None }
    }
}

/// What was found.
#[derive(Debug)]
pub(super) struct Standings {
    /// By list: the days on which something of it begins or has ended.
    changes: Vec<Vec<NaiveDate>>,
    /// Those of any list.
    all_changes: Vec<NaiveDate>,
    known: HashMap<(usize, Position, usize), Standing>,
}

impl Standings {
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let changes: Vec<_> = catalogue.lists.iter().map(changes).collect();
        let all: BTreeSet<_> = changes.iter().flatten().copied().collect();
        Self { changes, all_changes: all.into_iter().collect(), known: HashMap::new() }
    }

    /// Between which of all changes a day lies: on all days of such an epoch each list holds the same.
    pub(super) fn epoch(&self, on: NaiveDate) -> usize {
        self.all_changes.partition_point(|change| *change <= on)
    }

    /// How a code stands to a list on a day.
    pub(super) fn of_code(
        &mut self,
        catalogue: &Catalogue,
        list: usize,
        at: Position,
        on: NaiveDate,
        held: bool,
    ) -> Standing {
        let epoch = self.changes[list].partition_point(|change| *change <= on);
        *self.known.entry((list, at, epoch)).or_insert_with(|| {
            let list = &catalogue.lists[list];
            let found = check_membership(catalogue, list, at, on, held);
            let open = found.status == MembershipStatus::Partly;
            let estimated = open.then(|| estimate(catalogue, list, at, on)).flatten();
            Standing { status: found.status, unsaid: found.unsaid, estimated }
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
