//! Bodies as the catalogue knows them, and their designations.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::code::CodeScope;
use super::equivalence::TargetKey;
use super::key::{AnnexKey, BodyKey, DesignationKey, EconomyCode};
use super::source::Source;
use super::time::{Counts, Ending, Validity, optional_date};
use super::words::BodyRole;

/// A body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its resource name, the same as in the registry.
    pub name: BodyKey,
    /// Name for people.
    #[serde(default)]
    pub display_name: String,
    /// Its economy.
    pub economy: EconomyCode,
    /// What it does.
    #[serde(default)]
    pub roles: Vec<BodyRole>,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// A designating authority's statement that a body may act under an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Designation {
    /// Its resource name.
    pub name: DesignationKey,
    /// The body.
    pub body: BodyKey,
    /// Who designates.
    pub authority: BodyKey,
    /// The annex.
    pub annex: AnnexKey,
    /// For which schemes and standards; empty means all of the annex's.
    #[serde(default)]
    pub targets: Vec<TargetKey>,
    /// For which goods; empty means all of the annex's.
    #[serde(default)]
    pub codes: Vec<CodeScope>,
    /// When.
    pub validity: Validity,
    /// When not.
    #[serde(default)]
    pub suspensions: Vec<Validity>,
    /// How it ends, if earlier results are to count on.
    #[serde(default)]
    pub ending: Option<Ending>,
    /// Contests.
    #[serde(default)]
    pub contestations: Vec<Contestation>,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// A contest of a designation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contestation {
    /// Who contests.
    pub party: EconomyCode,
    /// Since when.
    #[serde(with = "super::time::date")]
    pub raised_on: NaiveDate,
    /// By when an answer is due.
    #[serde(default, with = "optional_date")]
    pub answer_by: Option<NaiveDate>,
    /// Until when others may object.
    #[serde(default, with = "optional_date")]
    pub object_by: Option<NaiveDate>,
    /// When the designation is without effect meanwhile.
    #[serde(default)]
    pub interim_suspension: Option<Validity>,
    /// When it was settled.
    #[serde(default, with = "optional_date")]
    pub settled_on: Option<NaiveDate>,
    /// Grounds and outcome.
    #[serde(default)]
    pub note: String,
    /// Why its clocks are shorter; empty when they are not.
    #[serde(default)]
    pub fast_track_reason: String,
}

/// How long the designating party has to answer, at least.
pub const ANSWER_DAYS: u64 = 30;
/// How long the other parties may object, at least.
pub const OBJECT_DAYS: u64 = 60;
/// How long the designating party has to answer on the fast track, at least.
pub const FAST_ANSWER_DAYS: u64 = 10;
/// How long the other parties may object on the fast track, at least.
pub const FAST_OBJECT_DAYS: u64 = 20;
/// How long a panel has once objections are no longer taken, at least.
pub const DECIDE_DAYS: u64 = 30;
/// How long a panel has on the fast track, at least.
pub const FAST_DECIDE_DAYS: u64 = 15;

impl Contestation {
    /// When the designating party must have answered.
    pub fn answer_due(&self) -> NaiveDate {
        self.answer_by.unwrap_or(self.raised_on + Days::new(ANSWER_DAYS))
    }

    /// Until when the other parties may object.
    pub fn objection_ends(&self) -> NaiveDate {
        self.object_by.unwrap_or(self.raised_on + Days::new(OBJECT_DAYS))
    }

    /// By when a panel that was appointed in time must have decided.
    pub fn decision_due(&self) -> NaiveDate {
        let days = if self.fast_track_reason.is_empty() { DECIDE_DAYS } else { FAST_DECIDE_DAYS };
        self.objection_ends().checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
    }

    /// What is wrong with its clocks, by field.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let fast = !self.fast_track_reason.is_empty();
        let (answer, object) = if fast { (FAST_ANSWER_DAYS, FAST_OBJECT_DAYS) } else { (ANSWER_DAYS, OBJECT_DAYS) };
        if self.answer_due() < self.raised_on + Days::new(answer) {
            faults.push(("answer_by", format!("must be at least {answer} days after `raised_on`")));
        }
        if self.objection_ends() < self.raised_on + Days::new(object) {
            faults.push(("object_by", format!("must be at least {object} days after `raised_on`")));
        }
        if self.settled_on.is_some_and(|settled| settled < self.raised_on) {
            faults.push(("settled_on", "must not be earlier than `raised_on`".to_owned()));
        }
        if self.interim_suspension.as_ref().is_some_and(|period| period.from < self.raised_on) {
            faults.push(("interim_suspension.from", "must not be earlier than `raised_on`".to_owned()));
        }
        if self.interim_suspension.as_ref().is_some_and(Validity::is_empty) {
            faults.push(("interim_suspension.until", "must be later than `from`".to_owned()));
        }
        faults
    }
}

impl Designation {
    /// Whether it counts on a day for a result granted on `granted_on`.
    pub fn counts(&self, date: NaiveDate, granted_on: Option<NaiveDate>) -> Counts {
        if self.is_suspended(date) {
            return Counts::No;
        }
        self.validity.counts(self.ending.as_ref(), date, granted_on)
    }

    /// Whether it is suspended on a day, by itself or while it is contested.
    pub fn is_suspended(&self, date: NaiveDate) -> bool {
        self.suspensions_on(date).next().is_some()
    }

    /// The periods by which it is suspended on a day, each with what it is contested by where that is why.
    pub fn suspensions_on(&self, date: NaiveDate) -> impl Iterator<Item = (&Validity, Option<&Contestation>)> {
        let own = self.suspensions.iter().map(|period| (period, None));
        let contested = self.contestations.iter();
        let interim = contested.filter_map(|contest| Some((contest.interim_suspension.as_ref()?, Some(contest))));
        own.chain(interim).filter(move |(period, _)| period.contains(date))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Contestation;

    fn fields(contest: Value) -> Vec<&'static str> {
        let contest: Contestation = serde_json::from_value(contest).unwrap();
        contest.faults().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn a_contest_has_thirty_days_to_answer_and_sixty_to_object_unless_it_says_more() {
        let plain: Contestation = serde_json::from_value(json!({ "party": "XA", "raised_on": "2026-01-01" })).unwrap();
        assert_eq!(plain.answer_due().to_string(), "2026-01-31");
        assert_eq!(plain.objection_ends().to_string(), "2026-03-02");
        let contest = |answer: &str, object: &str| json!({ "party": "XA", "raised_on": "2026-01-01", "answer_by": answer, "object_by": object });
        assert!(fields(contest("2026-01-31", "2026-03-02")).is_empty());
        assert_eq!(fields(contest("2026-01-30", "2026-03-01")), ["answer_by", "object_by"]);
        let fast = |answer: &str, object: &str| {
            let mut contest = contest(answer, object);
            contest["fast_track_reason"] = json!("A danger.");
            fields(contest)
        };
        assert!(fast("2026-01-11", "2026-01-21").is_empty());
        assert_eq!(fast("2026-01-10", "2026-01-20"), ["answer_by", "object_by"]);
    }

    #[test]
    fn nothing_of_a_contest_is_earlier_than_the_contest() {
        let contest = json!({ "party": "XA", "raised_on": "2026-01-01", "settled_on": "2025-12-31",
            "interim_suspension": { "from": "2025-12-31", "until": "2025-12-31" } });
        assert_eq!(fields(contest), ["settled_on", "interim_suspension.from", "interim_suspension.until"]);
    }
}
