//! A certificate's life, told plainly: a list of what happened, read anew for every question.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1::StatusPurpose;

use super::actions::{Action, By, Etag, How, Kind, Step};

/// What is to be seen of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) state: String,
    pub(super) version: u32,
    pub(super) models: u8,
    pub(super) valid_until: NaiveDate,
    pub(super) remedy: String,
    pub(super) conditions: String,
}

/// One thing that happened.
#[derive(Clone, Debug)]
struct Happened {
    kind: &'static str,
    effect: DateTime<Utc>,
    /// A more urgent step came before it took effect.
    overtaken: bool,
}

/// What one version states.
#[derive(Clone, Debug)]
struct Version {
    models: u8,
    from: NaiveDate,
    until: NaiveDate,
}

/// The whole of what is known.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    happened: Vec<Happened>,
    versions: Vec<Version>,
}

const NEW_VERSION: [&str; 4] = ["extend_scope", "reduce_scope", "reissue", "renew"];

impl Reference {
    pub(super) fn granted(from: NaiveDate, until: NaiveDate) -> Self {
        Self { happened: Vec::new(), versions: vec![Version { models: 0b001, from, until }] }
    }

    /// The version that the last step made or left.
    pub(super) fn left(&self) -> u32 {
        self.replay(|_| true).1
    }

    pub(super) fn newest(&self) -> u32 {
        self.versions.len() as u32
    }

    pub(super) fn kinds(&self) -> Vec<String> {
        [&"grant"].into_iter().chain(self.happened.iter().map(|one| &one.kind)).map(|&kind| kind.to_owned()).collect()
    }

    /// How many steps never took effect.
    pub(super) fn overtaken(&self) -> usize {
        self.happened.iter().filter(|one| one.overtaken).count()
    }

    /// Days on which something may change, those around them, and some others.
    pub(super) fn days(&self) -> BTreeSet<NaiveDate> {
        let effects = self.happened.iter().map(|one| one.effect.date_naive());
        let terms = self.versions.iter().flat_map(|version| [version.from, version.until]);
        let days = effects.chain(terms);
        days.flat_map(|day| [day.pred_opt().unwrap(), day, day.succ_opt().unwrap()]).collect()
    }

    /// The state and version after what had taken effect by the end of a day, and what was said last.
    fn replay(&self, by: impl Fn(&Happened) -> bool) -> (&'static str, u32, &'static str, &'static str) {
        let (mut state, mut version, mut remedy, mut conditions) = ("active", 1, "", "");
        let (mut made, mut left) = (1, 1);
        for one in &self.happened {
            let new_version = NEW_VERSION.contains(&one.kind);
            made += u32::from(new_version);
            if one.overtaken {
                continue;
            }
            if new_version {
                left = made;
            }
            if !by(one) {
                continue;
            }
            version = left;
            state = match one.kind {
                "suspend" => "suspended",
                "withdraw" => "withdrawn",
                "terminate" => "terminated",
                "annul" => "annulled",
                _ => "active",
            };
            remedy = if state == "suspended" { "Mend it." } else { "" };
            match one.kind {
                "continue_under_conditions" => conditions = "Mind it.",
                "suspend" | "reinstate" | "renew" => conditions = "",
                _ => {}
            }
        }
        (state, version, remedy, conditions)
    }

    pub(super) fn shown(&self, day: NaiveDate) -> Shown {
        let (state, version, remedy, conditions) =
            self.replay(|one| one.kind == "annul" || one.effect.date_naive() <= day);
        let current = &self.versions[version as usize - 1];
        let state = match state {
            "active" | "suspended" if day > current.until => "expired",
            "active" if day < current.from => "not_yet_valid",
            state => state,
        };
        Shown {
            state: state.to_owned(),
            version,
            models: current.models,
            valid_until: current.until,
            remedy: if state == "suspended" { remedy.to_owned() } else { String::new() },
            conditions: conditions.to_owned(),
        }
    }

    /// The purposes of status lists that a version's document has on a day.
    pub(super) fn purposes(&self, version: u32, day: NaiveDate) -> Vec<StatusPurpose> {
        use StatusPurpose::{Refresh, Revocation, Suspension};
        let (state, current, ..) = self.replay(|one| one.kind == "annul" || one.effect.date_naive() <= day);
        let mut made = self.happened.iter().filter(|one| NEW_VERSION.contains(&one.kind));
        let overtaken = version > 1 && made.nth(version as usize - 2).is_some_and(|one| one.overtaken);
        match state {
            "withdrawn" | "terminated" | "annulled" => vec![Revocation],
            _ if version < current || overtaken => vec![Revocation, Refresh],
            "suspended" => vec![Suspension],
            // It was announced.
            _ if version > current => vec![Suspension],
            _ => Vec::new(),
        }
    }

    /// Every reason for which this must be refused now.
    pub(super) fn reasons_against(&self, action: &Action, now: DateTime<Utc>) -> BTreeSet<ErrorReason> {
        let mut against = BTreeSet::new();
        let (kind, effect, how) = self.what(action, now);
        let mut unless = |holds: bool, reason| {
            if !holds {
                against.insert(reason);
            }
        };
        unless(how.by == By::Owner, ErrorReason::NotYours);
        unless(how.etag != Etag::Older, ErrorReason::EtagMismatch);
        let at = self.moment(effect, now);
        let overtakes = self.overtakes(kind, at, now);
        let (state, base, ..) = self.replay(|one| !overtakes || one.kind == "annul" || one.effect <= at);
        let live = state == "active" || state == "suspended";
        let possible = match kind {
            // Its announced end is overtaken.
            "suspend" => state == "active" || state == "suspended" && overtakes,
            "extend_scope" | "reissue" | "renew" => state == "active",
            "reinstate" => state == "suspended",
            "annul" => state != "annulled",
            _ => live,
        };
        unless(possible, ErrorReason::StateConflict);
        let counts = self.happened.iter().filter(|one| one.kind != "annul" && !one.overtaken);
        let floor = counts.map(|one| one.effect).max().filter(|_| !overtakes);
        if kind == "annul" {
            unless(effect.is_none(), ErrorReason::FieldViolations);
        } else {
            let bounds = now - TimeDelta::days(30)..=now + TimeDelta::days(366);
            unless(bounds.contains(&at), ErrorReason::FieldViolations);
            // When a renewal takes effect is in no field.
            let told = if kind == "renew" { ErrorReason::StateConflict } else { ErrorReason::FieldViolations };
            unless(floor.is_none_or(|floor| at >= floor), told);
        }
        let before = &self.versions[base as usize - 1];
        match *action {
            Action::Amend { kind, models, .. } => {
                let fits = match kind {
                    Kind::Extend => models & before.models == before.models,
                    Kind::Reduce => models & before.models == models,
                    Kind::Correct => true,
                };
                unless(fits && models != before.models, ErrorReason::FieldViolations);
            }
            Action::Renew { days, .. } => {
                let until = now.date_naive() + TimeDelta::days(days);
                unless(until > before.until && days >= 0, ErrorReason::FieldViolations);
            }
            Action::Step { .. } | Action::Advance(_) => {}
        }
        against
    }

    /// When a step takes effect: when it is asked to or else now, and then behind what counts today already.
    fn moment(&self, asked: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
        let counts = self.happened.iter().filter(|one| one.kind != "annul" && !one.overtaken);
        let today = counts.map(|one| one.effect).filter(|effect| effect.date_naive() == now.date_naive());
        asked.unwrap_or_else(|| today.fold(now, Ord::max))
    }

    /// Whether a step is an urgent one that comes before steps which were announced, and whose days have not come.
    fn overtakes(&self, kind: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let later = || self.happened.iter().filter(|one| one.kind != "annul" && !one.overtaken && one.effect > at);
        let urgent = matches!(kind, "suspend" | "withdraw" | "terminate");
        urgent && later().count() > 0 && later().all(|one| one.effect.date_naive() > now.date_naive())
    }

    /// Takes in what was done. Gives how many steps it overtook.
    pub(super) fn take(&mut self, action: &Action, now: DateTime<Utc>) -> usize {
        let (kind, effect, _) = self.what(action, now);
        let (_, base, ..) = self.replay(|_| true);
        let before = self.versions[base as usize - 1].clone();
        let (at, overtaken) = (self.moment(effect, now), self.overtaken());
        if self.overtakes(kind, at, now) {
            for one in self.happened.iter_mut().filter(|one| one.kind != "annul" && one.effect > at) {
                one.overtaken = true;
            }
        }
        self.happened.push(Happened { kind, effect: at, overtaken: false });
        match *action {
            Action::Amend { models, .. } => self.versions.push(Version { models, ..before }),
            Action::Renew { days, .. } => {
                let today = now.date_naive();
                let from = if before.until < today { today } else { before.from };
                self.versions.push(Version { from, until: today + TimeDelta::days(days), ..before });
            }
            Action::Step { .. } | Action::Advance(_) => {}
        }
        self.overtaken() - overtaken
    }

    fn what(&self, action: &Action, now: DateTime<Utc>) -> (&'static str, Option<DateTime<Utc>>, How) {
        let at = |hours: Option<i64>| {
            let at = now + TimeDelta::hours(hours?);
            DateTime::from_timestamp(at.timestamp(), 0)
        };
        match *action {
            Action::Advance(_) => unreachable!("time passes by itself"),
            Action::Step { step, hours, how } => {
                let kind = match step {
                    Step::Suspend => "suspend",
                    Step::Reinstate => "reinstate",
                    Step::Continue => "continue_under_conditions",
                    Step::Withdraw => "withdraw",
                    Step::Terminate => "terminate",
                    Step::Annul => "annul",
                };
                (kind, at(hours), how)
            }
            Action::Amend { kind, hours, how, .. } => {
                let kind = match kind {
                    Kind::Extend => "extend_scope",
                    Kind::Reduce => "reduce_scope",
                    Kind::Correct => "reissue",
                };
                (kind, at(hours), how)
            }
            Action::Renew { how, .. } => ("renew", None, how),
        }
    }
}
