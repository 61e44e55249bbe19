//! What is wrong with an entry as it is published, since it was published before anybody asked: said of a change that leaves
//! it so, which is not held up by it. A panel's order does not wait for that, nor does whoever mends something else.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use greenlane_curation::{Finding, PUBLISHED_SO};

use super::{Change, View, consistency, contradictions};
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;
use crate::domain::key::StandardKey;
use crate::domain::standard::{EditionTransition, Stock};
use crate::domain::time::Counts;

/// A finding of something that is published so.
pub(super) fn published_so(index: usize, entry: &str, field: String, wrong: &str) -> Finding {
    let message = format!("is published so, and stays wrong until it is mended: {wrong}");
    Finding { code: PUBLISHED_SO.into(), index, entry: entry.to_owned(), field, message }
}

/// What the entries that change say against one another and against those that stay.
pub(super) fn disagreements(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let mut findings = among(catalogue, changes);
    let wrong: BTreeSet<&str> = findings.iter().map(|it| it.entry.as_str()).collect();
    let mut seen = BTreeSet::new();
    let names = changes.iter().filter(|it| it.becomes().is_some()).map(Change::entry_name);
    let names = names.filter(|name| wrong.contains(name.as_str()) && seen.insert(name.clone()));
    let as_published: Vec<Change> = names.filter_map(|name| catalogue.entry(&name)).map(Change::Upsert).collect();
    let mut known = if as_published.is_empty() { Vec::new() } else { among(catalogue, &as_published) };
    for finding in &mut findings {
        let Some(now) = changes.get(finding.index).and_then(Change::becomes) else { continue };
        let Some(before) = catalogue.entry(&finding.entry) else { continue };
        if !is_no_worse(finding, now, &before) || !differ_no_more(catalogue, changes, finding, now, &before) {
            continue;
        }
        // Each is known of one: what is wrong once more is new.
        if let Some(same) = known.iter().position(|it| is_same(it, finding)) {
            known.swap_remove(same);
            *finding = published_so(finding.index, &before.name(), finding.field.clone(), &finding.message);
        }
    }
    findings
}

/// Whether two findings say the same of one entry, wherever in its lists: what comes before it there makes it nothing else.
fn is_same(one: &Finding, other: &Finding) -> bool {
    let unplaced = |field: &str| field.chars().filter(|it| !it.is_ascii_digit()).collect::<String>();
    (&one.code, &one.entry, &one.message) == (&other.code, &other.entry, &other.message)
        && unplaced(&one.field) == unplaced(&other.field)
}

/// Whether what a finding is of says no more in the entry as it changes than in the one that is published. A message says of
/// two that disagree what the other one says.
fn is_no_worse(finding: &Finding, now: &Entry, before: &Entry) -> bool {
    let field = finding.field.as_str();
    let is_overlap = finding.code == "overlap";
    match (now, before) {
        // A level that its scheme does not have is wrong whatever else is said.
        (Entry::Equivalence(now), Entry::Equivalence(before)) => {
            field.ends_with(".level")
                || ((&now.from, &now.to, &now.degree) == (&before.from, &before.to, &before.degree)
                    && before.validity.holds(&now.validity))
        }
        // Who contests and has no part in the arrangement has none under any annex of it.
        (Entry::Designation(now), Entry::Designation(before)) => {
            let is_same = (&now.body, &now.targets, &now.codes) == (&before.body, &before.targets, &before.codes);
            field.starts_with("contestations")
                || (now.annex == before.annex && before.validity.holds(&now.validity) && (is_same || !is_overlap))
        }
        // See `differ_no_more`.
        (Entry::EditionTransition(now), Entry::EditionTransition(before)) => are_of_same_editions(now, before),
        (Entry::Economy(now), Entry::Economy(before)) if is_overlap => {
            let member = place(field).and_then(|at| now.members.get(at)).map(|it| &it.economy);
            let mut periods = now.members.iter().filter(|it| Some(&it.economy) == member);
            periods.all(|it| {
                before.members.iter().any(|was| was.economy == it.economy && was.validity.holds(&it.validity))
            })
        }
        (Entry::Arrangement(now), Entry::Arrangement(before)) => now.parties == before.parties,
        // The message says all of it.
        _ => true,
    }
}

/// Whether published transitions of the same editions in one market say after the changes nothing different of anything of
/// which they said the same: see [`is_between`]. Then whoever is to move one of two, as a panel orders, may: towards the
/// other.
fn differ_no_more(catalogue: &Catalogue, changes: &[Change], finding: &Finding, now: &Entry, before: &Entry) -> bool {
    let (Entry::EditionTransition(now), Entry::EditionTransition(before)) = (now, before) else { return true };
    if finding.code != "overlap" {
        return true;
    }
    let view = View::new(catalogue, changes);
    let mut twins = catalogue.transitions.values().filter(|it| it.name != now.name && are_of_same_editions(it, now));
    twins.all(|was| match view.find(&was.name.name()) {
        Some(Entry::EditionTransition(is)) if are_of_same_editions(&is, now) => {
            is_between(now, before, was) && is_between(&is, before, was)
        }
        _ => true,
    })
}

fn are_of_same_editions(one: &EditionTransition, other: &EditionTransition) -> bool {
    (&one.market, &one.from_standard, &one.to_standard) == (&other.market, &other.from_standard, &other.to_standard)
}

/// Whether a transition says nothing but what one of two others says: of both editions, of every result and of all goods, on
/// every day; and does what one of them does with what is not converted, by the same day. Where both do the same, it may be by
/// a day between, and without one never.
fn is_between(it: &EditionTransition, one: &EditionTransition, other: &EditionTransition) -> bool {
    let all = [it, one, other];
    let stock = |it: &EditionTransition| it.stock_exemption.clone();
    // On no other days anything begins or ends to be said.
    let dates = days(all.map(|it| {
        let over = it.convert_by.and_then(|last| last.succ_opt());
        [it.either_from, Some(it.new_only_from), over, stock(it).and_then(|it| it.until)]
    }));
    let granted = days(all.map(|it| [Some(it.new_only_from)]));
    let placed = days(all.map(|it| [stock(it).and_then(|it| it.placed_on_market_before)]));
    let made = days(all.map(|it| [stock(it).and_then(|it| it.manufactured_before)]));
    let mut goods = Vec::new();
    for day in placed {
        let of_age = |made: &NaiveDate| Stock { placed_on: Some(day), manufactured_on: Some(*made) };
        goods.extend(made.iter().map(of_age));
    }
    let is_as_either = |standard: &StandardKey, date: NaiveDate, granted_on: NaiveDate| {
        goods.iter().all(|stock| {
            let [it, one, other] = all.map(|it| says(it, standard, date, granted_on, *stock));
            (it.0 == one.0 || it.0 == other.0) && (it.1 == one.1 || it.1 == other.1)
        })
    };
    let editions = [&it.from_standard, &it.to_standard];
    let of_day = |date: NaiveDate| {
        editions.iter().all(|edition| granted.iter().all(|granted_on| is_as_either(edition, date, *granted_on)))
    };
    // What is done with it and by when belong together.
    let unconverted = |it: &EditionTransition| (it.consequence, it.withdraw_by.unwrap_or(NaiveDate::MAX));
    let (first, last) = (unconverted(one).min(unconverted(other)), unconverted(one).max(unconverted(other)));
    let is_as_one = first == unconverted(it) || last == unconverted(it);
    let lies_between = first.0 == last.0 && (first..=last).contains(&unconverted(it));
    dates.into_iter().all(of_day)
        && (is_as_one || lies_between)
        && [one, other].iter().any(|same| it.exempt_stock == same.exempt_stock)
}

/// The days that some transitions name, and one before them all.
fn days<const N: usize>(named: [[Option<NaiveDate>; N]; 3]) -> BTreeSet<NaiveDate> {
    named.into_iter().flatten().flatten().chain([NaiveDate::MIN]).collect()
}

/// Whether an edition counts by a transition, and what is to be shown where it does for exempt stock only.
fn says<'t>(
    it: &'t EditionTransition,
    standard: &StandardKey,
    date: NaiveDate,
    granted_on: NaiveDate,
    stock: Stock,
) -> (Counts, Option<&'t str>) {
    let counts = it.counts(standard, date, Some(granted_on), stock);
    let exemption = it.stock_exemption.as_ref().filter(|_| it.exempts(standard, date, stock));
    let shown = exemption.map(|it| it.provided.as_str()).filter(|it| !it.is_empty() && counts == Counts::Yes);
    (counts, shown)
}

/// The place in a list that a field begins with.
fn place(field: &str) -> Option<usize> {
    field.split_once('[')?.1.split_once(']')?.0.parse().ok()
}

fn among(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let mut findings = contradictions::contradictions(catalogue, changes);
    findings.extend(consistency::of_changed(catalogue, changes));
    findings
}

#[cfg(test)]
mod tests;
