//! What panels have ordered, looked up for the changes of others: by the history of the entries that change, so that it
//! costs no more where there are more disputes.

use std::collections::{BTreeMap, BTreeSet};

use greenlane_curation::{Finding, UNDER_ORDER, ordered};
use greenlane_store::Tx;
use sea_orm::DbErr;

use crate::domain::body::Designation;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, View};
use crate::domain::dispute::{self, Applied, Dispute, Hold, Matter, Moved};
use crate::domain::entry::Entry;
use crate::domain::key::{AnnexKey, BodyKey, DesignationKey};
use crate::store::entries::{Loaded, Written};
use crate::store::{disputes, entries};

/// A change that a dispute holds.
pub(super) struct Held {
    pub(super) dispute: Dispute,
    pub(super) hold: Hold,
    pub(super) entry: String,
    index: usize,
}

impl Held {
    /// What is said of it before anybody reviews it.
    pub(super) fn finding(&self) -> Finding {
        let message = format!("{}: `{}` {}", self.dispute.name, self.entry, self.hold.as_str());
        Finding {
            code: UNDER_ORDER.into(),
            index: self.index,
            entry: self.entry.clone(),
            field: String::new(),
            message,
        }
    }
}

/// Every change that a dispute holds, whoever the entries belong to.
pub(super) async fn held(tx: &Tx, loaded: &Loaded, changes: &[Change]) -> Result<Vec<Held>, DbErr> {
    let catalogue = &loaded.catalogue;
    let beside = Beside::of(tx, catalogue, changes).await?;
    let mut names: BTreeSet<String> = changes.iter().map(Change::entry_name).collect();
    names.extend(beside.all().map(str::to_owned));
    let history = entries::history(tx, &names).await?;
    let was = retired(tx, catalogue, changes, &history).await?;
    let orders = orders(tx, &history).await?;

    // By which disputes each entry may be held.
    let mut by: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (written, dispute) in &orders {
        by.entry(&written.name).or_default().insert(dispute);
    }
    let becoming = changes.iter().filter_map(|change| match change {
        Change::Upsert(Entry::Designation(it)) => Some((it.name.name(), it)),
        Change::Upsert(_) | Change::Retire(_) => None,
    });
    let as_was = was.iter().filter_map(|(name, entry)| match entry {
        Entry::Designation(it) => Some((name.clone(), it)),
        _ => None,
    });
    let as_is = names.iter().filter_map(|name| Some((name.clone(), designation(catalogue, name)?)));
    let contested: Vec<(String, &Designation)> = becoming.chain(as_was).chain(as_is).collect();
    for (name, designation) in &contested {
        by.entry(name).or_default().extend(dispute::contested_in(designation));
    }
    let wanted: BTreeSet<String> = by.values().flatten().map(|name| (*name).to_owned()).collect();
    let mut known: BTreeMap<String, (Dispute, Vec<Applied>)> = BTreeMap::new();
    for dispute in disputes::named(tx, &wanted).await? {
        let applied = applied(tx, &dispute, &orders).await?;
        known.insert(dispute.name.clone(), (dispute, applied));
    }

    let view = View::new(catalogue, changes);
    let mut all = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let entry = change.entry_name();
        let others = beside.of_change(change);
        let related = others.iter().map(String::as_str).chain([entry.as_str()]);
        let disputes: BTreeSet<&str> = related.filter_map(|name| by.get(name)).flatten().copied().collect();
        if disputes.is_empty() {
            continue;
        }
        let is = catalogue.entry(&entry);
        let moved = Moved { is: is.as_ref(), was: was.get(&entry), becomes: change.becomes() };
        let others: Vec<&Designation> = others.iter().filter_map(|name| designation(catalogue, name)).collect();
        for (dispute, applied) in disputes.into_iter().filter_map(|name| known.get(name)) {
            if let Some(hold) = dispute::held(dispute, applied, &others, &view, (&entry, &moved)) {
                all.push(Held { dispute: dispute.clone(), hold, entry: entry.clone(), index });
            }
        }
    }
    Ok(all)
}

fn designation<'c>(catalogue: &'c Catalogue, name: &str) -> Option<&'c Designation> {
    let key = DesignationKey::parse(name).ok().filter(|_| name.starts_with("designations/"))?;
    catalogue.designations.get(&key).map(|it| &**it)
}

/// The other designations of the bodies that are designated: those under the same annexes, and all that ever were one of
/// such a body, which may be retired by now, or be of another body.
#[derive(Default)]
struct Beside {
    by: BTreeMap<(BodyKey, AnnexKey), BTreeSet<String>>,
    once: BTreeSet<String>,
}

impl Beside {
    async fn of(tx: &Tx, catalogue: &Catalogue, changes: &[Change]) -> Result<Self, DbErr> {
        let mut beside = Self::default();
        for change in changes {
            if let Change::Upsert(Entry::Designation(it)) = change {
                beside.by.entry((it.body.clone(), it.annex.clone())).or_default();
            }
        }
        if beside.by.is_empty() {
            return Ok(beside);
        }
        for it in catalogue.designations.values() {
            if let Some(names) = beside.by.get_mut(&(it.body.clone(), it.annex.clone())) {
                names.insert(it.name.name());
            }
        }
        let bodies: BTreeSet<String> = beside.by.keys().map(|(body, _)| body.name()).collect();
        beside.once = entries::designations_once_of(tx, &bodies).await?;
        Ok(beside)
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        self.by.values().flatten().chain(&self.once).map(String::as_str)
    }

    fn of_change(&self, change: &Change) -> BTreeSet<String> {
        let Change::Upsert(Entry::Designation(it)) = change else { return BTreeSet::new() };
        let there = self.by.get(&(it.body.clone(), it.annex.clone())).into_iter().flatten();
        let mut names: BTreeSet<String> = there.chain(&self.once).cloned().collect();
        names.remove(&it.name.name());
        names
    }
}

/// Designations that come and were there before, as they were last.
async fn retired(
    tx: &Tx,
    catalogue: &Catalogue,
    changes: &[Change],
    history: &[Written],
) -> Result<BTreeMap<String, Entry>, DbErr> {
    let last: BTreeMap<&str, u64> = history.iter().map(|it| (it.name.as_str(), it.revision)).collect();
    let mut was = BTreeMap::new();
    for change in changes {
        let Change::Upsert(Entry::Designation(it)) = change else { continue };
        let name = it.name.name();
        if catalogue.designations.contains_key(&it.name) {
            continue;
        }
        // The last of it is that it was retired.
        if let Some(revision) = last.get(name.as_str()) {
            let entry = entries::entry_at(tx, &name, revision.saturating_sub(1)).await?;
            was.extend(entry.map(|entry| (name, entry)));
        }
    }
    Ok(was)
}

/// What disputes' panels ordered of what was done, with the disputes' names.
async fn orders(tx: &Tx, history: &[Written]) -> Result<Vec<(Written, String)>, DbErr> {
    let change_sets = history.iter().map(|it| it.change_set.clone()).filter(|name| !name.is_empty()).collect();
    let by = ordered(tx, &change_sets).await?;
    let of = |it: &Written| Some((it.clone(), by.get(&it.change_set)?.clone()));
    Ok(history.iter().filter_map(of).collect())
}

/// What the published outcomes of a dispute in its challenger's favour did.
async fn applied(tx: &Tx, dispute: &Dispute, orders: &[(Written, String)]) -> Result<Vec<Applied>, DbErr> {
    let mut all = Vec::new();
    if dispute.outcome.as_ref().is_none_or(|ruling| !ruling.upheld) {
        return Ok(all);
    }
    let outcomes: BTreeSet<&str> = dispute
        .change_sets
        .iter()
        .filter(|(matter, _)| *matter == Matter::Outcome)
        .map(|(_, name)| name.as_str())
        .collect();
    for (written, by) in orders {
        if *by == dispute.name && outcomes.contains(written.change_set.as_str()) {
            let before = entries::entry_at(tx, &written.name, written.revision.saturating_sub(1)).await?;
            let after = entries::entry_at(tx, &written.name, written.revision).await?;
            all.push(Applied { name: written.name.clone(), before, after });
        }
    }
    Ok(all)
}
