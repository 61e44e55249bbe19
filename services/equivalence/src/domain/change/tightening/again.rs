//! Whether a change gives back what another took away: not whether it grants more, but whether it grants that again.
//!
//! Four states of an entry: `before` and `after` what took something away, and as it `is` and `becomes`. Where a field
//! says which goods, which time, or which of a list, what was taken away is compared with what comes; of any other field
//! it is enough that it was narrowed and is widened.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::{Compare, items};
use super::fields::{self, Fields, May, SOME_BODIES};
use super::{content, goods, tightened_fields};
use crate::domain::body::Designation;
use crate::domain::change::View;
use crate::domain::code::CodeScope;
use crate::domain::entry::Entry;
use crate::domain::key::EconomyCode;
use crate::domain::time::Validity;

/// Some of a whole, or everything.
enum Part<T> {
    Everything,
    Only(Vec<T>),
}

/// What can be taken from one another.
trait Piece: Clone {
    /// What of it is not in `whole`.
    fn without(&self, whole: &Self) -> Vec<Self>;
    /// Whether something may be in both.
    fn overlaps(&self, other: &Self) -> bool;
}

impl Piece for CodeScope {
    fn without(&self, whole: &Self) -> Vec<Self> {
        goods::without(self, whole)
    }

    fn overlaps(&self, other: &Self) -> bool {
        goods::overlap(self, other)
    }
}

impl Piece for Validity {
    fn without(&self, whole: &Self) -> Vec<Self> {
        if !self.overlaps(whole) {
            return vec![self.clone()];
        }
        let head = Self { from: self.from, until: Some(whole.from) };
        let tail = whole.until.map(|from| Self { from, until: self.until });
        std::iter::once(head).chain(tail).filter(|it| !it.is_empty()).collect()
    }

    fn overlaps(&self, other: &Self) -> bool {
        Self::overlaps(self, other)
    }
}

/// One of a list, such as an economy or a body.
#[derive(Clone)]
struct Item<'v> {
    value: &'v Value,
    /// Of an economy: the others of the lists that it belongs to, or that belong to it.
    related: BTreeSet<&'v str>,
}

impl Piece for Item<'_> {
    fn without(&self, whole: &Self) -> Vec<Self> {
        if self.value == whole.value { Vec::new() } else { vec![self.clone()] }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.value == other.value || other.value.as_str().is_some_and(|it| self.related.contains(it))
    }
}

impl Piece for Value {
    fn without(&self, whole: &Self) -> Vec<Self> {
        if self == whole { Vec::new() } else { vec![self.clone()] }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self == other
    }
}

impl<T: Piece> Part<T> {
    /// What a list means of which none means all.
    fn of(list: &[T]) -> Self {
        if list.is_empty() { Self::Everything } else { Self::Only(list.to_vec()) }
    }

    /// What of the one list is not in the other.
    fn beyond(more: &[T], than: &[T]) -> Self {
        let cut = |pieces: Vec<T>, whole: &T| pieces.iter().flat_map(|it| it.without(whole)).collect();
        Self::Only(than.iter().fold(more.to_vec(), cut))
    }

    /// The same of lists of which none means all.
    fn beyond_all(more: &[T], than: &[T]) -> Self {
        match (more.is_empty(), than.is_empty()) {
            (_, true) => Self::Only(Vec::new()),
            (true, false) => Self::Everything,
            (false, false) => Self::beyond(more, than),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, Self::Everything) => true,
            (Self::Everything, Self::Only(some)) | (Self::Only(some), Self::Everything) => !some.is_empty(),
            (Self::Only(some), Self::Only(others)) => {
                some.iter().any(|it| others.iter().any(|other| it.overlaps(other)))
            }
        }
    }
}

/// Whether an entry grants again what it once granted and was made to grant no more.
pub(crate) fn grants_again(
    view: &View<'_>,
    (before, after): (Option<&Entry>, Option<&Entry>),
    (is, becomes): (Option<&Entry>, Option<&Entry>),
) -> bool {
    let narrowed = tightened_fields(view, before, after);
    let wider = |than: Option<&Entry>| tightened_fields(view, becomes, than);
    let fields = both(&both(&narrowed, &wider(after)), &wider(is));
    let (Some(before), Some(after), Some(is), Some(becomes)) = (before, after, is, becomes) else {
        return !fields.is_empty();
    };
    // Of one table: a requirement has others once it is mandatory.
    let tables = [(before, after), (is, becomes), (after, becomes)].map(|(one, other)| fields::of(one, other));
    let [Some(table), Some(then), Some(now)] = tables else { return !fields.is_empty() };
    if !std::ptr::eq(table, then) || !std::ptr::eq(table, now) {
        return !fields.is_empty();
    }
    let states = [before, after, is, becomes].map(content);
    let again = Again { compare: Compare { view } };
    fields.iter().any(|field| match table.iter().find(|(name, _)| name == field) {
        // What such a field takes away is found beside the table.
        None | Some((_, May::Change)) => true,
        Some((_, may)) => again.field(*may, states.each_ref().map(|it| &it[field.as_str()])),
    })
}

/// The fields that are in both; an empty one is all of an entry.
fn both(one: &BTreeSet<String>, other: &BTreeSet<String>) -> BTreeSet<String> {
    match (one.contains(""), other.contains("")) {
        (true, _) => other.clone(),
        (_, true) => one.clone(),
        _ => one.intersection(other).cloned().collect(),
    }
}

/// A value in the four states.
type States<'v> = [&'v Value; 4];

struct Again<'a> {
    compare: Compare<'a>,
}

impl Again<'_> {
    fn field(&self, may: May, states: States<'_>) -> bool {
        let [before, after, is, becomes] = states;
        let loses = |from: &Value, to: &Value| from != to && !self.compare.field(may, "", from, to).is_empty();
        if !loses(before, after) || !loses(becomes, after) || !loses(becomes, is) {
            return false;
        }
        match may {
            May::CoverGoods => of::<Vec<CodeScope>, _>(states, granted(Part::beyond_all)),
            May::UncoverGoods => of::<Vec<CodeScope>, _>(states, demanded(Part::beyond_all)),
            May::ExceptGoods => of::<Option<Vec<CodeScope>>, _>(states, |states| {
                demanded(Part::beyond)(states.map(Option::unwrap_or_default))
            }),
            May::Cover => granted(Part::beyond_all)(self.lists(states)),
            May::Uncover => demanded(Part::beyond_all)(self.lists(states)),
            May::Grow => granted(Part::beyond)(self.lists(states)),
            May::Shrink => demanded(Part::beyond)(self.lists(states)),
            May::Widen => of::<Validity, _>(states, |states| granted(Part::beyond)(states.map(|it| vec![it]))),
            May::Narrow => of::<Validity, _>(states, |states| demanded(Part::beyond)(states.map(|it| vec![it]))),
            May::ShrinkPeriods => of::<Vec<Validity>, _>(states, demanded(Part::beyond)),
            May::Part(fields) => self.fields(fields, states),
            May::WidenBodies if states.iter().all(|it| it["any"] != Value::Bool(true)) => {
                self.by_another_list(SOME_BODIES, states) || self.fields(SOME_BODIES, states)
            }
            May::GrowEach(key, fields) => self.each(key, states, |states| match states {
                [Some(_), None, is, Some(becomes)] => is.is_none_or(|is| self.takes(fields, becomes, is)),
                [Some(before), Some(after), None, Some(becomes)] => {
                    self.takes(fields, before, after) && self.takes(fields, becomes, after)
                }
                [Some(before), Some(after), Some(is), Some(becomes)] => {
                    self.fields(fields, [before, after, is, becomes])
                }
                _ => false,
            }),
            May::ShrinkEach(key, fields) => self.each(key, states, |states| match states {
                [before, Some(after), Some(_), None] => before.is_none_or(|before| self.takes(fields, before, after)),
                [None, Some(_), Some(is), Some(becomes)] => self.takes(fields, becomes, is),
                [Some(before), Some(after), Some(is), Some(becomes)] => {
                    self.fields(fields, [before, after, is, becomes])
                }
                _ => false,
            }),
            _ => true,
        }
    }

    fn fields(&self, fields: Fields, states: States<'_>) -> bool {
        let names: BTreeSet<&String> = states.iter().filter_map(|it| it.as_object()).flat_map(|it| it.keys()).collect();
        names.into_iter().any(|name| {
            let states = states.map(|it| &it[name.as_str()]);
            match fields.iter().find(|(field, _)| field == name) {
                Some((_, may)) => self.field(*may, states),
                None => states[0] != states[1] && states[2] != states[3],
            }
        })
    }

    /// Whether one list was narrowed and another is widened: a body may come back with its economy, or an economy by its
    /// bodies.
    fn by_another_list(&self, fields: Fields, [before, after, is, becomes]: States<'_>) -> bool {
        let moves = |from: &Value, to: &Value, field: &str, may: &May| {
            from[field] != to[field] && !self.compare.field(*may, "", &from[field], &to[field]).is_empty()
        };
        let narrowed = fields.iter().filter(|(field, may)| moves(before, after, field, may));
        let widened = |(field, may): &&(&str, May)| moves(becomes, is, field, may);
        narrowed.into_iter().any(|(one, _)| fields.iter().filter(widened).any(|(other, _)| one != other))
    }

    fn lists<'v>(&self, states: States<'v>) -> [Vec<Item<'v>>; 4] {
        let all: BTreeSet<&str> = states.iter().flat_map(|it| items(it)).filter_map(Value::as_str).collect();
        let economies: Vec<(&str, EconomyCode)> =
            all.into_iter().filter_map(|it| Some((it, EconomyCode::parse(it).ok()?))).collect();
        let view = self.compare.view;
        let related = |value: &Value| -> BTreeSet<&'v str> {
            let Some(own) = value.as_str().and_then(|it| EconomyCode::parse(it).ok()) else { return BTreeSet::new() };
            let others = economies.iter().filter(|(_, it)| view.is_within(&own, it) || view.is_within(it, &own));
            others.map(|(name, _)| *name).collect()
        };
        states.map(|it| items(it).iter().map(|value| Item { value, related: related(value) }).collect())
    }

    fn takes(&self, fields: Fields, from: &Value, to: &Value) -> bool {
        !self.compare.entry(fields, from, to).is_empty()
    }

    /// Whether something of a list is granted again, where the same at the pointer is the same thing. Where that is not
    /// told apart, it may be.
    fn each(&self, key: &str, states: States<'_>, again: impl Fn([Option<&Value>; 4]) -> bool) -> bool {
        let keys = |it: &Value| items(it).iter().map(|it| it.pointer(key).cloned()).collect::<Vec<_>>();
        let all = states.map(keys);
        if all.iter().any(|keys| keys.iter().enumerate().any(|(at, key)| keys[..at].contains(key))) {
            return true;
        }
        let of = |it: &Value, wanted: &Option<Value>| -> Option<usize> {
            items(it).iter().position(|it| it.pointer(key) == wanted.as_ref())
        };
        all[0].iter().chain(&all[1]).any(|wanted| again(states.map(|it| of(it, wanted).map(|at| &items(it)[at]))))
    }
}

/// What a list grants again.
fn granted<T: Piece>(beyond: fn(&[T], &[T]) -> Part<T>) -> impl Fn([Vec<T>; 4]) -> bool {
    move |[before, after, is, becomes]| beyond(&before, &after).meets(&beyond(&becomes, &is))
}

/// What a list that asks for something, or leaves something out, asks no more.
fn demanded<T: Piece>(beyond: fn(&[T], &[T]) -> Part<T>) -> impl Fn([Vec<T>; 4]) -> bool {
    move |[before, after, is, becomes]| beyond(&after, &before).meets(&beyond(&is, &becomes))
}

/// What cannot be read may be given back.
fn of<T: serde::de::DeserializeOwned, F: FnOnce([T; 4]) -> bool>(states: States<'_>, again: F) -> bool {
    let [before, after, is, becomes] = states.map(|it| serde_json::from_value(it.clone()).ok());
    match (before, after, is, becomes) {
        (Some(before), Some(after), Some(is), Some(becomes)) => again([before, after, is, becomes]),
        _ => true,
    }
}

/// Whether a designation opens to its body, under its annex, what one of the two was made to grant no more: the same
/// designation, or another. What was taken away in goods or targets was so for all time.
pub(crate) fn opens_again(
    view: &View<'_>,
    (before, after): (&Designation, Option<&Designation>),
    (is, becomes): (Option<&Designation>, &Designation),
) -> bool {
    let same = |it: &&Designation| it.body == becomes.body && it.annex == becomes.annex;
    if !same(&before) {
        return false;
    }
    let (after, is) = (after.filter(same), is.filter(same));
    let fields = |from: &Designation, to: Option<&Designation>| {
        let entry = |it: &Designation| Entry::Designation(it.clone());
        tightened_fields(view, Some(&entry(from)), to.map(entry).as_ref())
    };
    let (closed, new) = (fields(before, after), fields(becomes, is));
    if closed.is_empty() || new.is_empty() {
        return false;
    }
    let targets =
        |it: &Designation| -> Vec<Value> { it.targets.iter().filter_map(|it| serde_json::to_value(it).ok()).collect() };
    let goods = Axis::of(
        beyond(&before.codes, after.map(|it| it.codes.clone())),
        beyond(&becomes.codes, is.map(|it| it.codes.clone())),
        Part::of(&before.codes),
        Part::of(&becomes.codes),
    );
    let of = Axis::of(
        beyond(&targets(before), after.map(targets)),
        beyond(&targets(becomes), is.map(targets)),
        Part::of(&targets(before)),
        Part::of(&targets(becomes)),
    );
    let acts = Part::beyond(std::slice::from_ref(&becomes.validity), &suspended(becomes));
    let time = Axis::of(time_beyond(&closed, before, after), time_beyond(&new, becomes, is), Part::Everything, acts);
    let axes = [goods, of, time];
    let others_shared = |but: [usize; 2]| (0..axes.len()).all(|at| but.contains(&at) || axes[at].shared);
    let places = || 0..axes.len();
    places().any(|by| {
        places().any(|what| {
            let again = if by == what { axes[by].again } else { axes[by].comes && axes[what].closed };
            again && others_shared([by, what])
        })
    })
}

/// What a designation says by one of its fields, of what was taken away and of what comes.
struct Axis {
    /// Whether something comes that was taken away.
    again: bool,
    /// Whether something comes of what was granted before.
    comes: bool,
    /// Whether something is granted that was taken away.
    closed: bool,
    /// Whether something is granted of what was before.
    shared: bool,
}

impl Axis {
    fn of<T: Piece>(closed: Part<T>, new: Part<T>, before: Part<T>, becomes: Part<T>) -> Self {
        Self {
            again: new.meets(&closed),
            comes: new.meets(&before),
            closed: becomes.meets(&closed),
            shared: becomes.meets(&before),
        }
    }
}

/// What is not granted any more; where nothing is, all that was.
fn beyond<T: Piece>(more: &[T], than: Option<Vec<T>>) -> Part<T> {
    than.map_or_else(|| Part::of(more), |than| Part::beyond_all(more, &than))
}

/// The days of `more` that are not of `than`, of the fields that take some away.
fn time_beyond(fields: &BTreeSet<String>, more: &Designation, than: Option<&Designation>) -> Part<Validity> {
    let Some(than) = than else { return Part::of(std::slice::from_ref(&more.validity)) };
    let mut days = more.validity.without(&than.validity);
    if let Part::Only(periods) = Part::beyond(&suspended(than), &suspended(more)) {
        days.extend(periods);
    }
    let ending = than.ending.as_ref().filter(|_| fields.contains("ending"));
    days.extend(ending.map(|it| {
        // Until it ended the same way before; what it granted on no day is none that is taken away.
        let before = more.ending.as_ref().filter(|before| before.rule == it.rule && before.on > it.on);
        let until = [before.map(|before| before.on), more.validity.until].into_iter().flatten().min();
        Validity { from: it.on, until }
    }));
    days.retain(|it| !it.is_empty());
    Part::Only(days)
}

/// When it is without effect, by itself or while it is contested.
fn suspended(it: &Designation) -> Vec<Validity> {
    let interim = it.contestations.iter().filter_map(|contest| contest.interim_suspension.as_ref());
    it.suspensions.iter().chain(interim).cloned().collect()
}

#[cfg(test)]
mod tests;
