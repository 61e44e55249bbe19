//! The days that editions, codes, lists and entries hold, and what each of them means.

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_curation::alerts::AlertKind;

use super::words::{ToDo, bracketed};
use super::{Alert, Code, Item, Reach};
use crate::domain::catalogue::{Catalogue, ListData};

/// An alert for each day from `first` to `last`, in an order that stays. Each is named for what holds the day, the field
/// and the day.
pub(crate) fn due(catalogue: &Catalogue, first: NaiveDate, last: NaiveDate, now: DateTime<Utc>) -> Vec<Alert> {
    let mut days = Days { first, last, found: Vec::new() };
    for edition in catalogue.editions.iter() {
        let system = catalogue.systems.iter().find(|system| system.id == edition.fact.system);
        let economy = system.map(|system| system.economy.clone()).unwrap_or_default();
        let fact = &edition.fact;
        let reach = || Reach { systems: vec![fact.system.clone()], economy: economy.clone(), ..Reach::default() };
        let name = || format!("editions/{}", fact.id);
        days.add(Bound::First, Some(fact.effective_from), &name, "comes into force", ToDo::Rehearse, &reach);
        days.add(Bound::Last, fact.effective_to, &name, "is no longer in force", ToDo::Rehearse, &reach);
        for row in &edition.codes {
            let code = Code::new(&fact.id, &row.fact.code);
            let reach = || Reach { codes: vec![code.clone()], economy: economy.clone(), ..Reach::default() };
            let what = |what: &str| format!("{what}{}", bracketed(&row.fact.descriptions));
            let name = || code.name();
            if row.fact.effective_from.is_some() {
                days.add(Bound::First, row.fact.effective_from, &name, &what("begins"), ToDo::LookUnder, &reach);
            }
            if row.fact.effective_to.is_some() {
                days.add(
                    Bound::Last,
                    row.fact.effective_to,
                    &name,
                    &what("is no longer in force"),
                    ToDo::FollowGoods,
                    &reach,
                );
            }
        }
    }
    for list in &catalogue.lists {
        of_list(&mut days, list);
    }
    days.found.sort_by(|(a, x), (b, y)| (a, &x.entry, &x.field).cmp(&(b, &y.entry, &y.field)));
    let alert = |(on, item): (NaiveDate, Item)| {
        let (entry, field, what) = (item.entry.clone(), item.field.clone(), item.what.clone());
        Alert::of_day(on, (&entry, &field), &what, (catalogue.revision, now), item)
    };
    days.found.into_iter().map(alert).collect()
}

fn of_list(days: &mut Days, list: &ListData) {
    let fact = &list.fact;
    let reach =
        |codes: Vec<Code>| Reach { codes, list: fact.id.clone(), economy: fact.economy.clone(), ..Reach::default() };
    let all = || reach(list.entries.iter().map(|entry| Code::new(&entry.edition, &entry.code)).collect());
    let name = || format!("greenLists/{}", fact.id);
    days.add(Bound::First, fact.effective_from, &name, "begins to apply", ToDo::SeeWhetherListed, &all);
    days.add(Bound::Last, fact.effective_to, &name, "no longer applies", ToDo::ClaimNoLonger, &all);
    for entry in &list.entries {
        let name = || format!("greenLists/{}/entries/{}", fact.id, entry.id);
        let one = || reach(vec![Code::new(&entry.edition, &entry.code)]);
        let what = |what: &str| format!("{what} {} {} on the list", entry.edition, entry.code);
        days.add(Bound::First, entry.effective_from, &name, &what("has"), ToDo::SeeWhetherListed, &one);
        days.add(Bound::Last, entry.effective_to, &name, &what("no longer has"), ToDo::ClaimNoLonger, &one);
    }
}

/// Which day of those on which something holds.
#[derive(Clone, Copy)]
enum Bound {
    First,
    /// What ends does so on the day after.
    Last,
}

/// The days that are looked for, and what was found.
struct Days {
    first: NaiveDate,
    last: NaiveDate,
    found: Vec<(NaiveDate, Item)>,
}

impl Days {
    /// A day, if it is one of those that are looked for.
    fn add(
        &mut self,
        bound: Bound,
        on: Option<NaiveDate>,
        entry: &dyn Fn() -> String,
        what: &str,
        to_do: ToDo,
        reach: &dyn Fn() -> Reach,
    ) {
        let Some(on) = on.filter(|on| (self.first..=self.last).contains(on)) else { return };
        let (field, from, tightens) = match bound {
            Bound::First => ("effective_from", Some(on), false),
            Bound::Last => ("effective_to", on.succ_opt(), true),
        };
        let item = Item {
            entry: entry(),
            field: field.to_owned(),
            what: what.to_owned(),
            from,
            to_do: to_do.after(AlertKind::Due, None),
            tightens,
            reach: reach(),
        };
        self.found.push((on, item));
    }
}
