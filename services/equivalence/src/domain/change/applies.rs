//! From which day a change is felt: what an entry says was, compared day by day with what it is to say.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::domain::arrangement::{Annex, Arrangement};
use crate::domain::body::Designation;
use crate::domain::catalogue::Catalogue;
use crate::domain::economy::Economy;
use crate::domain::entry::Entry;
use crate::domain::requirement::Requirement;
use crate::domain::source::Source;
use crate::domain::standard::EditionTransition;
use crate::domain::time::{Ending, Validity, parse_date};
use crate::domain::words::LapseRule;

use super::Change;

/// The first day, no earlier than `published`, on which an answer can differ by a change of an entry; none when on no
/// day one can.
pub(crate) fn first_day(before: Option<&Entry>, after: Option<&Entry>, published: NaiveDate) -> Option<NaiveDate> {
    let mut days = vec![published];
    for entry in [before, after].into_iter().flatten() {
        dates(&serde_json::to_value(entry).unwrap_or_default(), &mut days);
    }
    days.retain(|day| *day >= published);
    days.sort_unstable();
    days.dedup();
    // By being there they decide nothing, before something else names them.
    let both = before.is_some() && after.is_some();
    let decides = |it: &&Entry| both || !matches!(it, Entry::Body(_) | Entry::Scheme(_) | Entry::Standard(_));
    let said = |entry: Option<&Entry>, day| entry.filter(decides).map_or(Value::Null, |it| says(it, day));
    days.into_iter().find(|day| said(before, *day) != said(after, *day))
}

/// The first day of a change of the catalogue.
pub(crate) fn first_day_of(catalogue: &Catalogue, change: &Change, published: NaiveDate) -> Option<NaiveDate> {
    let after = match change {
        Change::Upsert(entry) => Some(entry),
        Change::Retire(_) => None,
    };
    first_day(catalogue.entry(&change.entry_name()).as_ref(), after, published)
}

/// Every day that is written somewhere, and the day after: some are first days and some are last.
fn dates(value: &Value, found: &mut Vec<NaiveDate>) {
    match value {
        Value::String(text) => {
            let Some(day) = parse_date(text) else { return };
            found.extend([Some(day), day.checked_add_days(Days::new(1))].into_iter().flatten());
        }
        Value::Array(items) => items.iter().for_each(|it| dates(it, found)),
        Value::Object(fields) => fields.values().for_each(|it| dates(it, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What of an entry decides on a day: nothing where it is not in force, and no words about it.
fn says(entry: &Entry, day: NaiveDate) -> Value {
    match entry {
        Entry::Economy(it) => economy(it, day),
        Entry::Body(it) => json!({ "economy": it.economy.as_str() }),
        Entry::Scheme(it) => json!({
            "kind": it.kind,
            "standards": it.standards,
            "levels": it.levels.iter().map(|level| &level.id).collect::<Vec<_>>(),
            "operated": it.validity.as_ref().is_none_or(|validity| validity.contains(day)),
        }),
        Entry::Standard(it) => {
            json!({ "supersedes": it.supersedes, "withdrawn": it.withdrawn_on.is_some_and(|on| on <= day) })
        }
        Entry::EditionTransition(it) => calendar(it, day),
        Entry::Equivalence(it) if it.validity.contains(day) => json!([&it.from, &it.to, it.degree, &it.deviations]),
        Entry::Equivalence(_) => Value::Null,
        Entry::Arrangement(it) => arrangement(it, day),
        Entry::Annex(it) => annex(it, day),
        Entry::Designation(it) => designation(it, day),
        Entry::Requirement(it) => requirement(it, day),
    }
}

fn economy(it: &Economy, day: NaiveDate) -> Value {
    let members =
        it.members.iter().filter(|member| member.validity.contains(day)).map(|member| member.economy.as_str());
    let members: Vec<_> = members.collect();
    if members.is_empty() && !it.members_incomplete && it.complete_requirements.is_none() {
        return Value::Null;
    }
    json!({ "members": members, "others": it.members_incomplete, "complete": it.complete_requirements })
}

/// Which of its two editions counts, and for what: nothing where both do, as without it.
fn calendar(it: &EditionTransition, day: NaiveDate) -> Value {
    let earlier = if day < it.new_only_from {
        json!("all")
    } else if it.convert_by.is_some_and(|by| day > by) {
        let exempt = it.stock_exemption.as_ref().filter(|stock| stock.until.is_none_or(|until| day < until));
        let exempt = exempt.map(|it| json!([it.placed_on_market_before, it.manufactured_before, it.provided]));
        json!({ "exempt": exempt, "granted_before": exempt.is_some().then_some(it.new_only_from),
                "withdrawn": it.withdraw_by.is_some_and(|by| day >= by), "consequence": it.consequence })
    } else {
        json!({ "granted_before": it.new_only_from })
    };
    let later = it.either_from.is_none_or(|from| day >= from);
    if later && earlier == "all" {
        return Value::Null;
    }
    json!([it.market.as_str(), it.from_standard, it.to_standard, later, earlier])
}

/// Whose results count by what may end by a rule: everybody's, those of before its end, or nobody's.
fn standing(validity: Option<&Validity>, suspended: bool, ending: Option<&Ending>, day: NaiveDate) -> Option<Value> {
    if suspended || validity.is_some_and(|it| day < it.from) {
        return None;
    }
    let ended = match validity {
        Some(validity) => validity.ended(ending, day),
        None => ending.filter(|it| it.on <= day),
    };
    match ended {
        Some(it) => {
            let over = it.rule == LapseRule::CutOff || it.earlier_results_until.is_some_and(|until| day >= until);
            (!over).then(|| json!({ "granted_before": it.on }))
        }
        None => validity.is_none_or(|it| it.contains(day)).then(|| json!("all")),
    }
}

fn arrangement(it: &Arrangement, day: NaiveDate) -> Value {
    let from = it.applies_from();
    let suspended = it.suspensions.iter().any(|period| period.contains(day));
    if from.is_some_and(|from| day < from) {
        return Value::Null;
    }
    let Some(standing) = standing(None, suspended, it.lapse.as_ref(), day) else { return Value::Null };
    json!([it.parties, from.is_some(), standing])
}

fn annex(it: &Annex, day: NaiveDate) -> Value {
    let suspended = it.suspensions.iter().any(|period| period.contains(day));
    let Some(standing) = standing(Some(&it.validity), suspended, it.lapse.as_ref(), day) else { return Value::Null };
    let waits = it.transitions.iter().filter(|period| day < period.ends_on).map(|period| period.economy.as_str());
    let waits: Vec<_> = waits.collect();
    let content = Annex {
        title: String::new(),
        legal_reference: String::new(),
        validity: Validity { from: day, until: None },
        suspensions: Vec::new(),
        lapse: None,
        transitions: Vec::new(),
        source: Source::default(),
        ..it.clone()
    };
    json!([content, waits, standing])
}

fn designation(it: &Designation, day: NaiveDate) -> Value {
    let standing = standing(Some(&it.validity), it.is_suspended(day), it.ending.as_ref(), day);
    standing.map_or(Value::Null, |standing| json!([it.body, it.authority, it.annex, it.targets, it.codes, standing]))
}

fn requirement(it: &Requirement, day: NaiveDate) -> Value {
    if !it.validity.contains(day) {
        return Value::Null;
    }
    let mut content = Requirement {
        title: String::new(),
        validity: Validity { from: day, until: None },
        legal_reference: String::new(),
        notification_reference: String::new(),
        regulator: None,
        source: Source::default(),
        ..it.clone()
    };
    content.acceptances.retain(|acceptance| acceptance.in_force(day));
    content.acceptances.iter_mut().for_each(|acceptance| acceptance.validity = None);
    json!(content)
}

#[cfg(test)]
mod tests;
