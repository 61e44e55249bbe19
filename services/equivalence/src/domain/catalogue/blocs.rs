//! Who belongs to which blocs: whoever is a member, and whoever belongs to a member that is a bloc itself, on the days on
//! which both are so.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::Catalogue;
use super::numbers::Numbers;
use crate::domain::time::Validity;

/// Days as periods that neither touch nor overlap, in order.
pub(super) type Periods = SmallVec<[Validity; 1]>;

/// The blocs of an economy by their numbers, each with the days on which it belongs to them.
type Belongs = BTreeMap<u32, Periods>;

/// To which blocs each economy belongs, in the order of their numbers. Those of a circle belong to each other; nobody to
/// itself.
pub(super) fn memberships(numbers: &Numbers, catalogue: &Catalogue) -> Vec<Belongs> {
    let mut direct: Vec<Belongs> = vec![Belongs::new(); numbers.economies().len()];
    for bloc in catalogue.economies.values() {
        let number = numbers.economy(&bloc.name);
        for member in bloc.members.iter().filter(|it| it.economy != bloc.name && !it.validity.is_empty()) {
            let of_member = &mut direct[numbers.economy(&member.economy) as usize];
            join(of_member.entry(number).or_default(), member.validity.clone());
        }
    }
    let mut all = direct.clone();
    // Until nothing is added. Days only come to be more, and there are as many of them as validities begin or end.
    loop {
        let mut changed = false;
        for (at, through) in direct.iter().enumerate() {
            for (bloc, periods) in through {
                for (whole, known) in all[*bloc as usize].clone() {
                    if whole as usize == at {
                        continue;
                    }
                    let both = known.iter().flat_map(|one| periods.iter().filter_map(|other| common(one, other)));
                    let of = all[at].entry(whole).or_default();
                    let before = of.clone();
                    both.for_each(|period| join(of, period));
                    changed |= *of != before;
                }
            }
        }
        if !changed {
            break;
        }
    }
    // What is never the case was looked at all the same.
    all.iter_mut().for_each(|it| it.retain(|_, periods| !periods.is_empty()));
    all
}

/// The days of both.
fn common(one: &Validity, other: &Validity) -> Option<Validity> {
    let until = match (one.until, other.until) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let both = Validity { from: one.from.max(other.from), until };
    (!both.is_empty()).then_some(both)
}

/// Adds days to others.
fn join(all: &mut Periods, mut new: Validity) {
    let touches = |it: &Validity, new: &Validity| {
        it.until.is_none_or(|until| new.from <= until) && new.until.is_none_or(|until| it.from <= until)
    };
    all.retain(|it| {
        let joins = touches(it, &new);
        if joins {
            new.from = new.from.min(it.from);
            new.until = new.until.zip(it.until).map(|(one, other)| one.max(other));
        }
        !joins
    });
    let at = all.partition_point(|it| it.from < new.from);
    all.insert(at, new);
}

#[cfg(test)]
mod tests;
