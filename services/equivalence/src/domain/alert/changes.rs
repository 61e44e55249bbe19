//! What a step of a change set tells.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_curation::ChangeSet;
use greenlane_curation::alerts::{AlertKind, comments_until};

use super::reach::ReachOf;
use super::{Alert, Item, Reach};
use crate::domain::body::Body;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, applies, describe, tightening};
use crate::domain::entry::Entry;
use crate::domain::key::EconomyCode;

/// The alert of a change set's last step. `before` is what was published before it.
pub fn of_change_set(kind: AlertKind, change_set: &ChangeSet<Change>, before: &Catalogue, now: DateTime<Utc>) -> Alert {
    let (reach_before, reach_after) = (ReachOf::new(before), ReachOf::over(before, &change_set.changes));
    let mut tightened: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in tightening(before, &change_set.changes) {
        tightened.entry(it.entry).or_default().push(it.what);
    }
    let published = published(kind, change_set, now);
    let comments_until = comments_until(kind, change_set).map(|day| day.to_string());
    let items = change_set.changes.iter().map(|change| {
        let entry = change.entry_name();
        let was = before.entry(&entry);
        let (verb, is) = match change {
            Change::Upsert(is) if was.is_some() => ("changes", Some(is)),
            Change::Upsert(is) => ("adds", Some(is)),
            Change::Retire(_) => ("retires", None),
        };
        let tightens = tightened.remove(&entry).unwrap_or_default();
        let described = is.or(was.as_ref());
        let moves = home(was.as_ref()) != home(is);
        let reaches = was.iter().map(|it| reach_before.entry(it)).chain(is.map(|it| reach_after.entry(it)));
        Item {
            field: String::new(),
            what: what(verb, &entry, described, &tightens),
            from: applies::first_day(was.as_ref(), is, published)
                .filter(|day| kind == AlertKind::Published || *day > published),
            legal_reference: described.and_then(|it| describe::reference(it).next()).unwrap_or_default().to_owned(),
            to_do: match is {
                Some(Entry::Body(body)) if moves && tightens.is_empty() => of_another(kind, body),
                _ => to_do(kind, !tightens.is_empty(), comments_until.as_deref()),
            },
            tightens: !tightens.is_empty(),
            // Who has results in the name of a body, and where, no entry says.
            reach: if moves { Reach::default() } else { reaches.reduce(Reach::or).unwrap_or_default() },
            entry,
        }
    });
    Alert::of_step(kind, change_set, before.revision(), now, items.collect())
}

/// The economy of a body.
fn home(entry: Option<&Entry>) -> Option<&EconomyCode> {
    match entry {
        Some(Entry::Body(it)) => Some(&it.economy),
        _ => None,
    }
}

/// The day on which it is published, or the first on which it can be.
fn published(kind: AlertKind, change_set: &ChangeSet<Change>, now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    let heard = change_set.notification.as_ref().and_then(|it| it.comments_until.succ_opt());
    heard.filter(|day| kind != AlertKind::Published && *day > today).unwrap_or(today)
}

fn what(verb: &str, name: &str, entry: Option<&Entry>, tightens: &[String]) -> String {
    let title = entry.map(describe::title).unwrap_or_default();
    let mut what = format!("{verb} {name}");
    if !title.is_empty() {
        what.push_str(&format!(" ({title})"));
    }
    if !tightens.is_empty() {
        what.push_str(&format!(": it {}", tightens.join("; it ")));
    }
    what
}

/// What to do about a body that is new, or that is of another economy now.
fn of_another(kind: AlertKind, body: &Body) -> String {
    if kind == AlertKind::NotAdopted {
        return to_do(kind, false, None);
    }
    let (name, economy) = (body.name.name(), body.economy.as_str());
    format!(
        "Results in the name of {name} count as those of {economy}: see that they are, and dispute the entry if not."
    )
}

fn to_do(kind: AlertKind, tightens: bool, comments_until: Option<&str>) -> String {
    let until = comments_until.unwrap_or_default();
    match (kind, tightens) {
        (AlertKind::Notified | AlertKind::Extended, true) => format!(
            "Comment until {until}. Preview the impact of the change set, and prepare another route before it applies."
        ),
        (AlertKind::Notified | AlertKind::Extended, false) => {
            format!("Comment until {until}. Nothing is lost by it.")
        }
        (AlertKind::NotAdopted, _) => "Nothing: what was announced does not come.".to_owned(),
        (AlertKind::Published, true) => {
            "Plan market access anew for the day from which it applies, and certify by a route that stays.".to_owned()
        }
        (AlertKind::Published | AlertKind::Due, _) => {
            "Plan market access anew: more may be open, or honoured, than before.".to_owned()
        }
    }
}
