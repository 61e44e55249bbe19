//! What was, compared with what is to be.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fields::{ANY_BODY, Fields, May, SOME_BODIES};
use super::goods;
use crate::domain::body::Contestation;
use crate::domain::change::View;
use crate::domain::code::CodeScope;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Deviation, Target, TargetKey};
use crate::domain::scheme::SchemeLevel;
use crate::domain::time::{Ending, Validity};
use crate::domain::words::LapseRule;

/// Something that is taken away, or may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Loss {
    /// Path of the field within the entry.
    pub(super) field: String,
    /// What, as the end of a sentence that begins with the entry.
    pub(super) what: String,
}

impl Loss {
    pub(super) fn of(field: &str, how: &str) -> Self {
        Self { field: field.to_owned(), what: format!("has its `{field}` {how}") }
    }
}

/// At most so many names in a sentence.
const NAMED: usize = 5;

pub(super) struct Compare<'a> {
    /// The catalogue as it would be.
    pub(super) view: &'a View<'a>,
}

impl Compare<'_> {
    /// What an entry's change takes away.
    pub(super) fn entry(&self, fields: Fields, before: &Value, after: &Value) -> Vec<Loss> {
        self.fields(fields, "", before, after)
    }

    fn fields(&self, fields: Fields, path: &str, before: &Value, after: &Value) -> Vec<Loss> {
        let names: BTreeSet<&String> =
            [before, after].into_iter().filter_map(Value::as_object).flat_map(|it| it.keys()).collect();
        let mut losses = Vec::new();
        for name in names {
            let (before, after) = (&before[name.as_str()], &after[name.as_str()]);
            if before == after {
                continue;
            }
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match fields.iter().find(|(field, _)| field == name) {
                Some((_, may)) => losses.extend(self.field(*may, &path, before, after)),
                None => losses.push(Loss::of(&path, "changed, and what that takes away cannot be told")),
            }
        }
        losses
    }

    pub(super) fn field(&self, may: May, path: &str, before: &Value, after: &Value) -> Vec<Loss> {
        let how = match may {
            May::Change => None,
            May::Part(fields) => return self.fields(fields, path, before, after),
            May::Grant(_) if before.is_null() => None,
            May::Grant(_) if after.is_null() => Some("taken away".to_owned()),
            May::Grant(fields) => return self.fields(fields, path, before, after),
            May::WidenBodies => {
                let any = after["any"] == Value::Bool(true);
                return self.fields(if any { ANY_BODY } else { SOME_BODIES }, path, before, after);
            }
            May::GrowEach(key, fields) => return self.grow_each((key, fields), path, items(before), items(after)),
            May::ShrinkEach(key, fields) => return self.shrink_each((key, fields), path, items(before), items(after)),
            May::Grow => without(missing(after, before)),
            May::Shrink => with(missing(before, after)),
            May::Cover => cover(items(before).is_empty(), items(after).is_empty(), || missing(after, before)),
            May::Uncover => uncover(items(before).is_empty(), items(after).is_empty(), || missing(before, after)),
            May::CoverGoods => read(before, after, |before: Vec<CodeScope>, after: Vec<CodeScope>| {
                cover(before.is_empty(), after.is_empty(), || scopes(goods::beyond(&after, &before)))
            }),
            May::UncoverGoods => read(before, after, |before: Vec<CodeScope>, after: Vec<CodeScope>| {
                uncover(before.is_empty(), after.is_empty(), || scopes(goods::beyond(&before, &after)))
            }),
            // They are in a part that may not be there.
            May::ExceptGoods => read(before, after, |before: Option<Vec<CodeScope>>, after: Option<Vec<CodeScope>>| {
                let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
                with(scopes(goods::beyond(&before, &after)))
            }),
            May::Lower => read(before, after, |before: Target, after: Target| {
                (!self.asks_no_more(&before, &after)).then(|| format!("raised from {before} to {after}"))
            }),
            May::CoverTargets => read(before, after, |before: Vec<Target>, after: Vec<Target>| {
                let gone = |it: &&Target| !after.iter().any(|after| self.asks_no_more(it, after));
                cover(before.is_empty(), after.is_empty(), || names(before.iter().filter(gone)))
            }),
            May::ShrinkTargets => read(before, after, |before: Vec<Target>, after: Vec<Target>| {
                let new = |it: &&Target| !before.iter().any(|before| self.asks_no_more(before, it));
                with(names(after.iter().filter(new)))
            }),
            May::KeepLevels => read(before, after, |before: Vec<SchemeLevel>, after: Vec<SchemeLevel>| {
                let gone = before.iter().filter(|it| !after.iter().any(|after| after.id == it.id));
                let mut left = after.iter();
                let in_order = before.iter().all(|it| left.any(|after| after.id == it.id));
                without(names(gone.map(|it| &it.id))).or_else(|| (!in_order).then(|| "put in another order".to_owned()))
            }),
            May::ShrinkTests => read(before, after, |before: Vec<Deviation>, after: Vec<Deviation>| {
                let tests = |all: Vec<Deviation>| all.into_iter().filter_map(|it| it.bridging_test);
                let before: Vec<_> = tests(before).collect();
                with(names(tests(after).filter(|it| !before.contains(it)).map(|it| it.id)))
            }),
            May::ShrinkPeriods => read(before, after, |before: Vec<Validity>, after: Vec<Validity>| {
                let new = |it: &&Validity| !before.iter().any(|before| before.holds(it));
                with(after.iter().filter(new).map(period).collect())
            }),
            May::ShrinkContests => return contests(path, before, after),
            May::Widen => read(before, after, |before: Validity, after: Validity| {
                (!after.holds(&before)).then(|| format!("shortened to {}", period(&after)))
            }),
            May::WidenOrGo => read(before, after, |before: Option<Validity>, after: Option<Validity>| {
                let after = after?;
                let kept = before.is_some_and(|before| after.holds(&before));
                (!kept).then(|| format!("shortened to {}", period(&after)))
            }),
            May::Narrow => read(before, after, |before: Validity, after: Validity| {
                (!before.holds(&after)).then(|| format!("lengthened to {}", period(&after)))
            }),
            May::EndLater => read(before, after, |before: Option<Ending>, after: Option<Ending>| {
                ends_sooner(before, after?).map(str::to_owned)
            }),
            // Days are written `YYYY-MM-DD` and compare as texts; none is empty.
            May::Later => days(before, after, |before, after| after >= before, "brought forward"),
            May::Sooner => days(before, after, |before, after| after <= before, "put off"),
            May::Go => {
                (!after.is_null() && after != "").then(|| "changed, and what it asks for cannot be told".to_owned())
            }
            // What is not said is not so.
            May::TurnOff => (after == &Value::Bool(true)).then(|| "switched on".to_owned()),
            May::TurnOn => (after != &Value::Bool(true)).then(|| "switched off".to_owned()),
            May::Rise => {
                let (before, after) = (before.as_u64().unwrap_or(1), after.as_u64().unwrap_or(1));
                (after < before).then(|| format!("lowered from {before} to {after}"))
            }
            May::Word(compare) => compare(before, after),
        };
        how.map(|how| Loss::of(path, &how)).into_iter().collect()
    }

    /// Every grant is still there, or in one that grants no less.
    fn grow_each(&self, (key, fields): (&str, Fields), path: &str, before: &[Value], after: &[Value]) -> Vec<Loss> {
        let mut losses = Vec::new();
        let mut gone = Vec::new();
        for (index, it) in before.iter().enumerate() {
            if after.iter().any(|after| it == after || self.fields(fields, "", it, after).is_empty()) {
                continue;
            }
            match after.iter().find(|after| after.pointer(key) == it.pointer(key)) {
                Some(nearest) => losses.extend(self.fields(fields, &format!("{path}[{index}]"), it, nearest)),
                None => gone.push(it.pointer(key).map(named).unwrap_or_default()),
            }
        }
        losses.extend(without(gone).map(|how| Loss::of(path, &how)));
        losses
    }

    /// Every demand was there, or in one that asked no less.
    fn shrink_each(&self, (key, fields): (&str, Fields), path: &str, before: &[Value], after: &[Value]) -> Vec<Loss> {
        let mut losses = Vec::new();
        let mut new = Vec::new();
        for (index, it) in after.iter().enumerate() {
            if before.iter().any(|before| it == before || self.fields(fields, "", before, it).is_empty()) {
                continue;
            }
            match before.iter().find(|before| before.pointer(key) == it.pointer(key)) {
                Some(nearest) => losses.extend(self.fields(fields, &format!("{path}[{index}]"), nearest, it)),
                None => new.push(it.pointer(key).map(named).unwrap_or_default()),
            }
        }
        losses.extend(with(new).map(|how| Loss::of(path, &how)));
        losses
    }

    /// Whether whatever was enough for the one is enough for the other.
    fn asks_no_more(&self, before: &Target, after: &Target) -> bool {
        if before.name != after.name {
            return false;
        }
        if after.level.is_empty() || after.level == before.level {
            return true;
        }
        let TargetKey::Scheme(key) = &after.name else { return false };
        let Some(Entry::Scheme(scheme)) = self.view.find(&key.name()) else { return false };
        // Where levels move, their scheme says so itself.
        scheme.rank(&before.level).zip(scheme.rank(&after.level)).is_some_and(|(before, after)| after >= before)
    }
}

fn contests(path: &str, before: &Value, after: &Value) -> Vec<Loss> {
    let suspends = |all: Vec<Contestation>| all.into_iter().filter_map(|contest| contest.interim_suspension);
    let new = read(before, after, |before: Vec<Contestation>, after: Vec<Contestation>| {
        let known: Vec<_> = suspends(before).collect();
        let new = suspends(after).any(|period| !known.iter().any(|it| it.holds(&period)));
        new.then(|| "is suspended while it is contested".to_owned())
    });
    new.map(|what| Loss { field: path.to_owned(), what }).into_iter().collect()
}

/// How an end comes sooner or cuts off more than before.
fn ends_sooner(before: Option<Ending>, after: Ending) -> Option<&'static str> {
    let Some(before) = before else { return Some("brought in") };
    if after.on < before.on {
        return Some("brought forward");
    }
    // What was let count beyond the end counts to the later one.
    let beyond = before.rule == LapseRule::Grandfather && before.earlier_results_until.is_none_or(|it| it > after.on);
    if !beyond {
        return None;
    }
    let counts_on = after.rule == LapseRule::Grandfather
        && after.earlier_results_until.is_none_or(|after| before.earlier_results_until.is_some_and(|it| it <= after));
    (!counts_on).then_some("changed so that earlier results count less long")
}

fn days(before: &Value, after: &Value, kept: fn(&str, &str) -> bool, how: &str) -> Option<String> {
    let (before, after) = (before.as_str().unwrap_or_default(), after.as_str().unwrap_or_default());
    let fine = after.is_empty() || (!before.is_empty() && kept(before, after));
    (!fine).then(|| if before.is_empty() { format!("set to {after}") } else { format!("{how} to {after}") })
}

/// What two values say; what cannot be read cannot be compared.
pub(super) fn read<T: DeserializeOwned>(
    before: &Value,
    after: &Value,
    compare: impl FnOnce(T, T) -> Option<String>,
) -> Option<String> {
    match (serde_json::from_value(before.clone()), serde_json::from_value(after.clone())) {
        (Ok(before), Ok(after)) => compare(before, after),
        _ => Some("changed, and what that takes away cannot be told".to_owned()),
    }
}

fn cover(of_all: bool, to_all: bool, gone: impl FnOnce() -> Vec<String>) -> Option<String> {
    match (of_all, to_all) {
        (_, true) => None,
        (true, false) => Some("narrowed: it was for all".to_owned()),
        (false, false) => without(gone()),
    }
}

fn uncover(of_all: bool, to_all: bool, new: impl FnOnce() -> Vec<String>) -> Option<String> {
    match (of_all, to_all) {
        (true, _) => None,
        (false, true) => Some("widened: it would be for all".to_owned()),
        (false, false) => with(new()),
    }
}

fn without(gone: Vec<String>) -> Option<String> {
    (!gone.is_empty()).then(|| format!("narrowed: without {}", listed(&gone)))
}

fn with(new: Vec<String>) -> Option<String> {
    (!new.is_empty()).then(|| format!("widened: with {}", listed(&new)))
}

pub(super) fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let named = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Those of `some` that are not among `all`.
fn missing(all: &Value, some: &Value) -> Vec<String> {
    items(some).iter().filter(|it| !items(all).contains(it)).map(named).collect()
}

fn names(all: impl Iterator<Item = impl ToString>) -> Vec<String> {
    all.map(|it| it.to_string()).collect()
}

fn scopes(all: Vec<&CodeScope>) -> Vec<String> {
    let but =
        |it: &CodeScope| if it.except.is_empty() { String::new() } else { format!(" but {}", it.except.join(", ")) };
    let ex = |it: &CodeScope| if it.ex_description.is_empty() { "" } else { " (a part)" };
    all.into_iter().map(|it| format!("{}{}{}", it.code, but(it), ex(it))).collect()
}

fn period(it: &Validity) -> String {
    match it.until {
        Some(until) => format!("{} to {until}", it.from),
        None => format!("{} onwards", it.from),
    }
}

/// A value in words: most are names.
fn named(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
