//! Which changes could take access from somebody who has it.
//!
//! Told from the entries alone, for whoever may be concerned: a change is taken to tighten unless the table below
//! shows that it does not. What recognition does not look at (titles, sources, legal references) is free.

use greenlane_curation::Tightening;
use serde_json::Value;

use super::Change;
use crate::domain::body::Designation;
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;
use crate::domain::time::Validity;
use crate::domain::words::EquivalenceDegree;

/// How a field may change without tightening.
#[derive(Clone, Copy)]
enum May {
    /// In any way.
    Change,
    /// A list that loses nothing.
    Grow,
    /// A list that gains nothing.
    Shrink,
    /// A list of what is covered, of which none means all.
    Cover,
    /// A period that begins no later and ends no earlier.
    Widen,
    /// A period that begins no earlier and ends no later.
    Narrow,
    /// A day that comes no later.
    Advance,
    /// A restriction that goes.
    Go,
    /// A statement that is added.
    Come,
    /// True to false.
    TurnOff,
    /// False to true.
    TurnOn,
    /// A number that becomes no smaller; none means one.
    Rise,
}

type Fields = &'static [(&'static str, May)];

const ECONOMY: Fields =
    &[("display_names", May::Change), ("complete_requirements", May::Come), ("source", May::Change)];
const BODY: Fields = &[("display_name", May::Change), ("roles", May::Change), ("source", May::Change)];
const SCHEME: Fields = &[
    ("display_names", May::Change),
    ("kind", May::Change),
    ("owner", May::Change),
    ("standards", May::Change),
    ("validity", May::Change),
    ("source", May::Change),
];
const TRANSITION: Fields = &[("exempt_stock", May::Change), ("stock_exemption", May::Come), ("source", May::Change)];
const EQUIVALENCE: Fields =
    &[("deviations", May::Shrink), ("validity", May::Widen), ("legal_reference", May::Change), ("source", May::Change)];
const ARRANGEMENT: Fields = &[
    ("title", May::Change),
    ("parties", May::Grow),
    ("signed_on", May::Change),
    ("provisional_from", May::Advance),
    ("in_force_from", May::Advance),
    ("suspensions", May::Shrink),
    ("lapse", May::Go),
    ("legal_reference", May::Change),
    ("source", May::Change),
];
const ANNEX: Fields = &[
    ("title", May::Change),
    ("legal_reference", May::Change),
    ("validity", May::Widen),
    ("suspensions", May::Shrink),
    ("lapse", May::Go),
    ("objects", May::Grow),
    ("basis", May::Change),
    ("reciprocal", May::TurnOff),
    ("covered", May::Cover),
    ("codes", May::Cover),
    ("economies", May::Cover),
    ("exclusions", May::Go),
    ("designation_required", May::TurnOff),
    ("conditions", May::Shrink),
    ("transitions", May::Shrink),
    ("max_chain_links", May::Rise),
    ("within_party", May::TurnOn),
    ("source", May::Change),
];
const DESIGNATION: Fields = &[
    ("authority", May::Change),
    ("targets", May::Cover),
    ("codes", May::Cover),
    ("validity", May::Widen),
    ("suspensions", May::Shrink),
    ("ending", May::Go),
    ("contestations", May::Change),
    ("source", May::Change),
];
const DEMANDED: Fields = &[
    ("title", May::Change),
    ("mandatory", May::TurnOff),
    ("codes", May::Shrink),
    ("excluded_origins", May::Grow),
    ("acceptances", May::Grow),
    ("validity", May::Narrow),
    ("legal_reference", May::Change),
    ("notification_reference", May::Change),
    ("regulator", May::Change),
    ("source", May::Change),
];
const HONOURED: Fields = &[
    ("title", May::Change),
    ("codes", May::Grow),
    ("origins", May::Cover),
    ("excluded_origins", May::Shrink),
    ("acceptances", May::Grow),
    ("validity", May::Widen),
    ("legal_reference", May::Change),
    ("notification_reference", May::Change),
    ("regulator", May::Change),
    ("source", May::Change),
];

/// Every change that tightens access.
pub fn tightening(catalogue: &Catalogue, changes: &[Change]) -> Vec<Tightening> {
    changes
        .iter()
        .filter_map(|change| {
            let entry = change.entry_name();
            let before = catalogue.entry(&entry);
            let what = match (change, before) {
                (Change::Upsert(after), None) => added(after),
                (Change::Upsert(after), Some(before)) => changed(&before, after),
                (Change::Retire(_), Some(before)) => retired(&before),
                (Change::Retire(_), None) => None,
            }?;
            Some(Tightening { entry, what })
        })
        .collect()
}

fn added(after: &Entry) -> Option<String> {
    match after {
        Entry::Requirement(it) if it.mandatory => Some("is a new mandatory requirement".to_owned()),
        Entry::EditionTransition(_) => Some("is a new date for conversion".to_owned()),
        // What is voluntary, or leads to acceptance, takes nothing away by being there.
        Entry::Requirement(_)
        | Entry::Economy(_)
        | Entry::Body(_)
        | Entry::Scheme(_)
        | Entry::Standard(_)
        | Entry::Equivalence(_)
        | Entry::Arrangement(_)
        | Entry::Annex(_)
        | Entry::Designation(_) => None,
    }
}

fn retired(before: &Entry) -> Option<String> {
    match before {
        Entry::Requirement(it) if it.mandatory => None,
        Entry::Equivalence(it) if !it.passes() => None,
        // Nothing is decided by them; while something refers to them they cannot be retired.
        Entry::Standard(_) | Entry::Body(_) | Entry::Scheme(_) | Entry::EditionTransition(_) => None,
        Entry::Requirement(_)
        | Entry::Economy(_)
        | Entry::Equivalence(_)
        | Entry::Arrangement(_)
        | Entry::Annex(_)
        | Entry::Designation(_) => Some("is retired".to_owned()),
    }
}

fn changed(before: &Entry, after: &Entry) -> Option<String> {
    let fields = match (before, after) {
        (Entry::Requirement(before), Entry::Requirement(after)) => match (before.mandatory, after.mandatory) {
            (false, true) => return Some("becomes mandatory".to_owned()),
            (true, _) => DEMANDED,
            (false, false) => HONOURED,
        },
        (Entry::Equivalence(before), Entry::Equivalence(after)) => {
            if !before.passes() {
                return None;
            }
            if rank(after.degree) > rank(before.degree) {
                return Some(format!("becomes {}", after.degree.words()));
            }
            EQUIVALENCE
        }
        (Entry::Annex(before), Entry::Annex(after)) if after.effect > before.effect => {
            return Some(format!("has its effect weakened to {}", after.effect.words()));
        }
        (_, Entry::Annex(_)) => ANNEX,
        (Entry::Designation(before), Entry::Designation(after)) => {
            let suspends = |it: &Designation| -> Vec<_> {
                it.contestations.iter().filter_map(|contest| contest.interim_suspension.clone()).collect()
            };
            let before = suspends(before);
            let known = |period: &Validity| before.iter().any(|it| it.holds(period));
            if suspends(after).iter().any(|period| !known(period)) {
                return Some("is suspended while it is contested".to_owned());
            }
            DESIGNATION
        }
        (_, Entry::Economy(_)) => ECONOMY,
        (_, Entry::Body(_)) => BODY,
        (_, Entry::Scheme(_)) => SCHEME,
        (_, Entry::Standard(_)) => return None,
        (_, Entry::EditionTransition(_)) => TRANSITION,
        (_, Entry::Arrangement(_)) => ARRANGEMENT,
        // A name belongs to one kind, so the kinds are the same.
        (_, Entry::Requirement(_) | Entry::Equivalence(_) | Entry::Designation(_)) => {
            return Some("changes its kind".to_owned());
        }
    };
    let (before, after) = (content(before), content(after));
    let mut names: Vec<&String> = before.as_object()?.keys().collect();
    names.extend(after.as_object()?.keys());
    names.sort();
    names.dedup();
    let narrowed = names.into_iter().find(|name| {
        // The degree and the effect were compared above, in their own order.
        if matches!(name.as_str(), "degree" | "effect") {
            return false;
        }
        let (before, after) = (&before[name.as_str()], &after[name.as_str()]);
        let may = fields.iter().find(|(field, _)| field == name).map(|(_, may)| *may);
        before != after && !may.is_some_and(|may| allowed(may, before, after))
    })?;
    Some(format!("has its `{narrowed}` changed"))
}

fn allowed(may: May, before: &Value, after: &Value) -> bool {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let holds = |all: &Value, some: &Value| {
        let all = items(all);
        items(some).iter().all(|item| all.contains(item))
    };
    // Days are written `YYYY-MM-DD` and compare as texts.
    let day = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let ends = |value: &Value| Some(day(value, "until")).filter(|day| !day.is_empty());
    let within = |outer: &Value, inner: &Value| {
        day(outer, "from") <= day(inner, "from")
            && ends(outer).is_none_or(|outer| ends(inner).is_some_and(|inner| inner <= outer))
    };
    match may {
        May::Change => true,
        May::Grow => holds(after, before),
        May::Shrink => holds(before, after),
        May::Cover => items(after).is_empty() || (!items(before).is_empty() && holds(after, before)),
        May::Widen => !before.is_null() && within(after, before),
        May::Narrow => within(before, after),
        May::Advance => match (before.as_str().unwrap_or_default(), after.as_str().unwrap_or_default()) {
            ("", _) => true,
            (_, "") => false,
            (before, after) => after <= before,
        },
        May::Go => after.is_null(),
        May::Come => before.is_null(),
        May::TurnOff => after == &Value::Bool(false),
        May::TurnOn => after == &Value::Bool(true),
        May::Rise => after.as_u64().unwrap_or(1) >= before.as_u64().unwrap_or(1),
    }
}

/// The fields of an entry.
fn content(entry: &Entry) -> Value {
    match serde_json::to_value(entry) {
        Ok(Value::Object(kind)) => kind.into_iter().next().map(|(_, content)| content).unwrap_or_default(),
        _ => Value::Null,
    }
}

fn rank(degree: EquivalenceDegree) -> u8 {
    match degree {
        EquivalenceDegree::Identical => 0,
        EquivalenceDegree::Modified | EquivalenceDegree::EquivalentLegacy => 1,
        EquivalenceDegree::NotEquivalent => 2,
    }
}

#[cfg(test)]
mod tests;
