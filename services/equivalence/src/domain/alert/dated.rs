//! The days that entries hold, and what each of them means.

use chrono::{DateTime, NaiveDate, Utc};

use super::reach::ReachOf;
use super::{Alert, Item};
use crate::domain::body::Contestation;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::describe;
use crate::domain::dispute::dispute_of;
use crate::domain::entry::Entry;
use crate::domain::time::{Ending, Validity};
use crate::domain::words::{ConversionConsequence, LapseRule};

/// A day of an entry.
struct Dated {
    field: String,
    on: NaiveDate,
    what: String,
    to_do: &'static str,
    tightens: bool,
}

const ANOTHER_ROUTE: &str =
    "Plan market access for the day from which it applies, and certify by a route that stays open.";
const OPENS: &str = "Plan market access anew: more is open from that day on.";
const DEMANDED: &str = "Plan market access for that day: see what meets the requirement, and certify to it in time.";
const NO_LONGER_DEMANDED: &str = "Nothing has to be done: less is demanded from that day on.";
const CONVERT: &str = "Have certificates converted to the later edition before that day.";
const APPLY_LATER: &str = "Apply for new certificates to the later edition; earlier ones are converted in time.";
const RENEW_DESIGNATION: &str =
    "Ask the designating authority whether the term is extended; else certify with another designated body.";
const ANOTHER_PANEL: &str = "See the dispute: where its panel has not decided by `decide_by` of the dispute, another one can \
    be appointed; what is decided is applied by a change set. Certify with another designated body meanwhile.";

/// An alert for each day from `first` to `last`, in an order that stays. Each is named for the entry, the field and the
/// day.
pub fn due(catalogue: &Catalogue, first: NaiveDate, last: NaiveDate, now: DateTime<Utc>) -> Vec<Alert> {
    let mut found: Vec<(Entry, Dated)> = Vec::new();
    for entry in catalogue.entries() {
        let days = days(&entry).into_iter().filter(|it| (first..=last).contains(&it.on));
        found.extend(days.map(|it| (entry.clone(), it)));
    }
    if found.is_empty() {
        return Vec::new();
    }
    found.sort_by_key(|(entry, it)| (it.on, entry.name(), it.field.clone()));
    let reach = ReachOf::new(catalogue);
    let alert = |(entry, it): (Entry, Dated)| {
        let (name, field) = (entry.name(), it.field.clone());
        let what = it.what.clone();
        let item = Item {
            reach: reach.entry(&entry),
            legal_reference: describe::reference(&entry).next().unwrap_or_default().to_owned(),
            entry: name.clone(),
            field: it.field,
            what: it.what,
            from: Some(it.on),
            to_do: it.to_do.to_owned(),
            tightens: it.tightens,
        };
        Alert::of_day(it.on, (&name, &field), &what, (catalogue.revision(), now), item)
    };
    found.into_iter().map(alert).collect()
}

/// The days on which something of an entry closes: the field, the day, and what the entry does then.
pub(crate) fn closing(entry: &Entry) -> impl Iterator<Item = (String, NaiveDate, String)> {
    days(entry).into_iter().filter(|it| it.tightens).map(|it| (it.field, it.on, it.what))
}

#[derive(Default)]
struct Days(Vec<Dated>);

impl Days {
    fn closes(&mut self, field: impl Into<String>, on: NaiveDate, what: impl Into<String>, to_do: &'static str) {
        self.0.push(Dated { field: field.into(), on, what: what.into(), to_do, tightens: true });
    }

    fn opens(&mut self, field: impl Into<String>, on: NaiveDate, what: impl Into<String>, to_do: &'static str) {
        self.0.push(Dated { field: field.into(), on, what: what.into(), to_do, tightens: false });
    }

    /// What recognises in a period.
    fn period(&mut self, field: &str, validity: &Validity, to_do: &'static str) {
        self.opens(format!("{field}.from"), validity.from, "begins to apply", OPENS);
        if let Some(until) = validity.until {
            self.closes(format!("{field}.until"), until, "no longer applies", to_do);
        }
    }

    fn suspensions(&mut self, field: &str, periods: &[Validity]) {
        for (index, period) in periods.iter().enumerate() {
            self.suspension(&format!("{field}[{index}]"), period);
        }
    }

    fn suspension(&mut self, field: &str, period: &Validity) {
        self.closes(format!("{field}.from"), period.from, "is suspended", ANOTHER_ROUTE);
        if let Some(until) = period.until {
            self.opens(format!("{field}.until"), until, "is no longer suspended", OPENS);
        }
    }

    /// That an interim effect which has no end lasts longer than the panel of its dispute was to take. One that begins later
    /// was ordered by a panel that was appointed late.
    fn overrun(&mut self, field: String, contest: &Contestation) {
        let due = contest.decision_due();
        let Some(on) = due.succ_opt() else { return };
        let lasts = |it: &Validity| it.until.is_none() && it.from < on;
        let lasts = contest.settled_on.is_none() && contest.interim_suspension.as_ref().is_some_and(lasts);
        if let Some(dispute) = dispute_of(contest).filter(|_| lasts) {
            let what = format!(
                "may be without effect for longer than foreseen: the panel of {dispute} had until {due} to decide, or if \
                 it was appointed late until `decide_by` of the dispute"
            );
            self.0.push(Dated { field, on, what, to_do: ANOTHER_PANEL, tightens: false });
        }
    }

    fn ending(&mut self, field: &str, ending: Option<&Ending>, to_do: &'static str) {
        let Some(ending) = ending else { return };
        let what = match ending.rule {
            LapseRule::CutOff => "lapses, and earlier results with it".to_owned(),
            LapseRule::Grandfather => match ending.earlier_results_until {
                Some(until) => format!("lapses; results granted before count until {until}"),
                None => "lapses; results granted before count on".to_owned(),
            },
        };
        self.closes(format!("{field}.on"), ending.on, what, to_do);
        let until = ending.earlier_results_until.filter(|_| ending.rule == LapseRule::Grandfather);
        if let Some(until) = until {
            let field = format!("{field}.earlier_results_until");
            self.closes(field, until, "has lapsed, and earlier results no longer count", to_do);
        }
    }
}

fn days(entry: &Entry) -> Vec<Dated> {
    let mut days = Days::default();
    match entry {
        Entry::Economy(it) => {
            for (index, member) in it.members.iter().enumerate() {
                let field = format!("members[{index}].validity");
                let who = member.economy.as_str();
                let validity = &member.validity;
                days.opens(format!("{field}.from"), validity.from, format!("has {who} as a member"), DEMANDED);
                if let Some(until) = validity.until {
                    let what = format!("no longer has {who} as a member");
                    days.closes(format!("{field}.until"), until, what, ANOTHER_ROUTE);
                }
            }
        }
        Entry::Scheme(it) => it.validity.iter().for_each(|it| days.period("validity", it, ANOTHER_ROUTE)),
        Entry::Standard(it) => {
            if let Some(on) = it.withdrawn_on {
                days.closes("withdrawn_on", on, "is withdrawn", APPLY_LATER);
            }
        }
        Entry::EditionTransition(it) => {
            let (old, new) = (&it.from_standard, &it.to_standard);
            if let Some(on) = it.either_from {
                days.opens("either_from", on, format!("lets {new} count beside {old}"), OPENS);
            }
            let what = format!("lets only {new} count for new certificates");
            days.closes("new_only_from", it.new_only_from, what, APPLY_LATER);
            let then = match it.consequence {
                Some(ConversionConsequence::Suspend) => "suspended",
                Some(ConversionConsequence::Withdraw) => "withdrawn",
                None => "without effect",
            };
            if let Some(on) = it.convert_by {
                let what = format!("has its last day for converting certificates from {old}; then they are {then}");
                days.closes("convert_by", on, what, CONVERT);
            }
            if let Some(on) = it.withdraw_by {
                days.closes("withdraw_by", on, format!("has certificates to {old} withdrawn"), CONVERT);
            }
            if let Some(on) = it.stock_exemption.as_ref().and_then(|it| it.until) {
                days.closes("stock_exemption.until", on, format!("no longer exempts stock to {old}"), CONVERT);
            }
        }
        Entry::Equivalence(it) => days.period("validity", &it.validity, ANOTHER_ROUTE),
        Entry::Arrangement(it) => {
            if let Some(on) = it.provisional_from {
                days.opens("provisional_from", on, "is applied provisionally", OPENS);
            }
            if let Some(on) = it.in_force_from {
                days.opens("in_force_from", on, "enters into force", OPENS);
            }
            days.suspensions("suspensions", &it.suspensions);
            days.ending("lapse", it.lapse.as_ref(), ANOTHER_ROUTE);
        }
        Entry::Annex(it) => {
            days.period("validity", &it.validity, ANOTHER_ROUTE);
            days.suspensions("suspensions", &it.suspensions);
            days.ending("lapse", it.lapse.as_ref(), ANOTHER_ROUTE);
            for (index, period) in it.transitions.iter().enumerate() {
                let what = format!("has {} take part: its transition period ends", period.economy.as_str());
                days.opens(format!("transitions[{index}].ends_on"), period.ends_on, what, OPENS);
            }
        }
        Entry::Designation(it) => {
            days.period("validity", &it.validity, RENEW_DESIGNATION);
            days.suspensions("suspensions", &it.suspensions);
            days.ending("ending", it.ending.as_ref(), RENEW_DESIGNATION);
            for (index, contest) in it.contestations.iter().enumerate() {
                let Some(period) = &contest.interim_suspension else { continue };
                let field = format!("contestations[{index}].interim_suspension");
                days.suspension(&field, period);
                days.overrun(format!("{field}.until"), contest);
            }
        }
        Entry::Requirement(it) => {
            if it.mandatory {
                days.closes("validity.from", it.validity.from, "begins to apply", DEMANDED);
                if let Some(on) = it.validity.until {
                    days.opens("validity.until", on, "no longer applies", NO_LONGER_DEMANDED);
                }
            } else {
                // What is honoured takes nothing by beginning, and something by its end.
                days.period("validity", &it.validity, ANOTHER_ROUTE);
            }
            for (index, acceptance) in it.acceptances.iter().enumerate() {
                let Some(validity) = &acceptance.validity else { continue };
                let field = format!("acceptances[{index}].validity");
                let what = format!("accepts {}", acceptance.target);
                days.opens(format!("{field}.from"), validity.from, what, OPENS);
                if let Some(until) = validity.until {
                    let what = format!("no longer accepts {}", acceptance.target);
                    days.closes(format!("{field}.until"), until, what, ANOTHER_ROUTE);
                }
            }
        }
        Entry::Body(_) => {}
    }
    days.0
}
