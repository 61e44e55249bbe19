//! Which changes could take access from somebody who has it.
//!
//! Told from the entries alone, for whoever may be concerned: what was is compared with what is to be, field by field,
//! down to the parts of an acceptance. A change is taken to tighten unless [`fields`] shows that it does not, so what
//! cannot be compared tightens. What recognition does not look at (titles, sources, legal references) is free.

mod again;
mod compare;
mod fields;
pub(super) mod goods;
mod members;

use std::collections::BTreeSet;

use greenlane_curation::Tightening;
use serde_json::Value;

pub(crate) use self::again::{grants_again, opens_again};
use self::compare::{Compare, Loss};
use super::{Change, View};
use crate::domain::arrangement::Arrangement;
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;
use crate::domain::time::{Ending, Validity};
use crate::domain::words::LapseRule;

/// Every change that tightens access, with the field that does.
pub fn tightening(catalogue: &Catalogue, changes: &[Change]) -> Vec<Tightening> {
    let view = View::new(catalogue, changes);
    let of = |change: &Change| {
        let entry = change.entry_name();
        let losses = lost(&view, catalogue.entry(&entry).as_ref(), change.becomes());
        losses.into_iter().map(move |Loss { field, what }| Tightening { entry: entry.clone(), field, what })
    };
    changes.iter().flat_map(of).collect()
}

/// The fields by which an entry takes access away when one state of it becomes another, of which none is that it is not
/// there: those of the entry itself, and an empty one for all of it. The two dates of an arrangement are one: what the one
/// took away the other can give back.
fn tightened_fields(view: &View<'_>, before: Option<&Entry>, after: Option<&Entry>) -> BTreeSet<String> {
    let own = |path: String| match path.split(['.', '[']).next().unwrap_or_default() {
        "provisional_from" => "in_force_from".to_owned(),
        field => field.to_owned(),
    };
    lost(view, before, after).into_iter().map(|loss| own(loss.field)).collect()
}

fn lost(view: &View<'_>, before: Option<&Entry>, after: Option<&Entry>) -> Vec<Loss> {
    match (before, after) {
        (None, Some(after)) => added(after).into_iter().collect(),
        (Some(before), Some(after)) => changed(view, before, after),
        (Some(before), None) => retired(before).into_iter().collect(),
        (None, None) => Vec::new(),
    }
}

fn added(after: &Entry) -> Option<Loss> {
    let what = match after {
        Entry::Requirement(it) if it.mandatory => "is a new mandatory requirement",
        Entry::EditionTransition(_) => "is a new date for conversion",
        // What is voluntary, or leads to acceptance, takes nothing away by being there. Results in the name of a new body may
        // be there already, and count as those of its economy from now on: everybody is told, and no laboratory waits for it.
        Entry::Requirement(_)
        | Entry::Economy(_)
        | Entry::Body(_)
        | Entry::Scheme(_)
        | Entry::Standard(_)
        | Entry::Equivalence(_)
        | Entry::Arrangement(_)
        | Entry::Annex(_)
        | Entry::Designation(_) => return None,
    };
    Some(Loss { field: String::new(), what: what.to_owned() })
}

fn retired(before: &Entry) -> Option<Loss> {
    match before {
        // What is demanded no more, and what never passed, nobody relied on.
        Entry::Requirement(it) if it.mandatory => None,
        Entry::Equivalence(it) if !it.passes() => None,
        // Either edition counts again.
        Entry::EditionTransition(_) => None,
        // Nothing is decided by them; while something refers to them they cannot be retired.
        Entry::Standard(_) | Entry::Scheme(_) => None,
        // Results in a body's name count as those of the economy that they name, when no entry says another.
        Entry::Requirement(_)
        | Entry::Body(_)
        | Entry::Economy(_)
        | Entry::Equivalence(_)
        | Entry::Arrangement(_)
        | Entry::Annex(_)
        | Entry::Designation(_) => Some(Loss { field: String::new(), what: "is retired".to_owned() }),
    }
}

fn changed(view: &View<'_>, before: &Entry, after: &Entry) -> Vec<Loss> {
    match (before, after) {
        (Entry::Requirement(was), Entry::Requirement(is)) if is.mandatory && !was.mandatory => {
            return vec![Loss { field: "mandatory".to_owned(), what: "becomes mandatory".to_owned() }];
        }
        // Nothing passed along it.
        (Entry::Equivalence(was), Entry::Equivalence(_)) if !was.passes() => return Vec::new(),
        (Entry::Economy(was), Entry::Economy(is)) => {
            let mut losses = Compare { view }.entry(fields::ECONOMY, &content(before), &content(after));
            losses.extend(members::lost(view, was, is));
            return losses;
        }
        (Entry::Annex(was), Entry::Annex(is)) => {
            let mut losses = Compare { view }.entry(fields::ANNEX, &content(before), &content(after));
            let (was, is) = ((&was.validity, was.lapse.as_ref()), (&is.validity, is.lapse.as_ref()));
            losses.extend(grandfathering("lapse", was, is));
            return losses;
        }
        (Entry::Designation(was), Entry::Designation(is)) => {
            let mut losses = Compare { view }.entry(fields::DESIGNATION, &content(before), &content(after));
            let (was, is) = ((&was.validity, was.ending.as_ref()), (&is.validity, is.ending.as_ref()));
            losses.extend(grandfathering("ending", was, is));
            return losses;
        }
        // Moves with both dates, of which one alone may be known.
        (Entry::Arrangement(was), Entry::Arrangement(is)) => {
            let mut losses = Compare { view }.entry(fields::ARRANGEMENT, &content(before), &content(after));
            losses.extend(applies_later(was, is));
            return losses;
        }
        _ => {}
    }
    let Some(fields) = fields::of(before, after) else {
        // A name belongs to one kind, so the kinds are the same.
        return vec![Loss { field: String::new(), what: "changes its kind".to_owned() }];
    };
    Compare { view }.entry(fields, &content(before), &content(after))
}

/// The dates from which an arrangement applied, where it would apply later.
fn applies_later(was: &Arrangement, is: &Arrangement) -> Vec<Loss> {
    let Some(from) = was.applies_from().filter(|from| is.applies_from().is_none_or(|then| then > *from)) else {
        return Vec::new();
    };
    let dates = [
        ("provisional_from", was.provisional_from, is.provisional_from),
        ("in_force_from", was.in_force_from, is.in_force_from),
    ];
    let first = dates.into_iter().filter(|(_, before, _)| *before == Some(from));
    let lost = first.map(|(field, _, after)| match after {
        Some(_) => Loss::of(field, "put off: it would apply later"),
        None => Loss::of(field, "taken away: it would apply later"),
    });
    lost.collect()
}

/// An ending that goes, where by it earlier results counted beyond the end of the period.
fn grandfathering(
    field: &str,
    (period, was): (&Validity, Option<&Ending>),
    (becomes, is): (&Validity, Option<&Ending>),
) -> Option<Loss> {
    let was = was.filter(|it| it.rule == LapseRule::Grandfather && period.until.is_none_or(|until| it.on <= until))?;
    let until = becomes.until.filter(|_| is.is_none())?;
    let counted_longer = was.earlier_results_until.is_none_or(|it| it > until);
    counted_longer.then(|| Loss::of(field, "taken away: earlier results would count less long"))
}

/// The fields of an entry.
fn content(entry: &Entry) -> Value {
    match serde_json::to_value(entry) {
        Ok(Value::Object(kind)) => kind.into_iter().next().map(|(_, content)| content).unwrap_or_default(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests;
