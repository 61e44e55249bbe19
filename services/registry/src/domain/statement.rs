//! What one body says of another: an accreditation body of its competence, a designating authority that it may act
//! under an arrangement. Such a statement has a term, and days on which it does not count.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::goods::Code;
use super::names::BodyId;

/// A statement to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatementRecord {
    /// Of whom it is said.
    pub(crate) body: BodyId,
    /// Who says it.
    pub(crate) by: BodyId,
    pub(crate) what: What,
    pub(crate) valid_from: NaiveDate,
    /// Last day; none means without end.
    pub(crate) valid_until: Option<NaiveDate>,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// That the body is competent for these schemes, standards and goods.
    Accreditation { schemes: Vec<String>, standard_editions: Vec<String>, codes: Vec<Code> },
    /// That the body may act under an arrangement, or one annex of it.
    Designation { arrangement: String, annex: String },
}

/// Which kind of statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Accreditation,
    Designation,
}

impl Kind {
    /// The name in the log and in messages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accreditation => "accreditation",
            Self::Designation => "designation",
        }
    }

    /// The collection in resource names.
    pub(crate) const fn collection(self) -> &'static str {
        match self {
            Self::Accreditation => "accreditationScopes",
            Self::Designation => "designations",
        }
    }
}

impl What {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Accreditation { .. } => Kind::Accreditation,
            Self::Designation { .. } => Kind::Designation,
        }
    }
}

/// Days on which a statement does not count, or is contested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Period {
    pub(crate) from: NaiveDate,
    /// Last day; none while it goes on.
    pub(crate) until: Option<NaiveDate>,
    pub(crate) reason: String,
    /// Why it ended.
    pub(crate) end_reason: String,
    /// Who brought it about; none when the keeper of the register entered it.
    pub(crate) by: Option<BodyId>,
}

impl Period {
    fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// A statement as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) record: StatementRecord,
    /// In the order in which they were recorded, which is that of the days.
    pub(crate) suspensions: Vec<Period>,
    pub(crate) contestations: Vec<Period>,
    /// First day on which it no longer counts, and why.
    pub(crate) withdrawn: Option<(NaiveDate, String)>,
    pub(crate) created_at: DateTime<Utc>,
    /// Index of its record in the log, which is also its identifier.
    pub(crate) create_index: u64,
    pub(crate) latest_index: u64,
}

/// A change to where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StatementStep {
    Suspend,
    Reinstate,
    Contest,
    Settle,
    Withdraw,
}

impl StatementStep {
    /// The name in the log and in messages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
            Self::Contest => "contest",
            Self::Settle => "settle",
            Self::Withdraw => "withdraw",
        }
    }
}

/// Where a statement stands on a day, its term apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementState {
    Active,
    Suspended,
    Contested,
    Withdrawn,
}

impl StatementState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Contested => "contested",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Why a step is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepFault {
    /// Not possible from where the statement stands.
    State(StatementState),
    /// Not possible on that day: why.
    Day(&'static str),
}

impl Statement {
    /// `bodies/{body}/designations/{index}`, or the like.
    pub(crate) fn name(&self) -> String {
        statement_name(&self.record.body, self.record.what.kind(), self.create_index)
    }

    /// Where it stands on a day. A suspension tells more than a contestation.
    pub(crate) fn state_on(&self, day: NaiveDate) -> StatementState {
        if self.withdrawn.as_ref().is_some_and(|(from, _)| *from <= day) {
            StatementState::Withdrawn
        } else if self.suspensions.iter().any(|period| period.holds(day)) {
            StatementState::Suspended
        } else if self.contestations.iter().any(|period| period.holds(day)) {
            StatementState::Contested
        } else {
            StatementState::Active
        }
    }

    /// What was recorded last, whenever it takes effect.
    fn recorded_state(&self) -> StatementState {
        let open = |periods: &[Period]| periods.last().is_some_and(|period| period.until.is_none());
        if self.withdrawn.is_some() {
            StatementState::Withdrawn
        } else if open(&self.suspensions) {
            StatementState::Suspended
        } else if open(&self.contestations) {
            StatementState::Contested
        } else {
            StatementState::Active
        }
    }

    /// Takes a step from a day on. Suspensions follow one another, and so do contestations; the two are independent.
    /// A withdrawal is for good, and ends both.
    pub(crate) fn take(
        &mut self,
        step: StatementStep,
        day: NaiveDate,
        reason: &str,
        by: Option<&BodyId>,
    ) -> Result<(), StepFault> {
        if self.withdrawn.is_some() {
            return Err(StepFault::State(StatementState::Withdrawn));
        }
        if day < self.record.valid_from {
            return Err(StepFault::Day("must not be before its first day of validity"));
        }
        let begins = matches!(step, StatementStep::Suspend | StatementStep::Contest | StatementStep::Withdraw);
        if begins && self.record.valid_until.is_some_and(|until| day > until) {
            return Err(StepFault::Day("must not be after its last day of validity"));
        }
        let state = self.recorded_state();
        let refused = Err(StepFault::State(state));
        match step {
            StatementStep::Suspend => begin(&mut self.suspensions, day, reason, by).unwrap_or(refused),
            StatementStep::Contest => begin(&mut self.contestations, day, reason, by).unwrap_or(refused),
            StatementStep::Reinstate => {
                // The day is the first on which it counts again.
                let last = day.checked_sub_days(Days::new(1)).unwrap_or(day);
                let early = "must be after the first day of the suspension";
                end(&mut self.suspensions, last, reason, early).unwrap_or(refused)
            }
            StatementStep::Settle => {
                let early = "must not be before the contestation";
                end(&mut self.contestations, day, reason, early).unwrap_or(refused)
            }
            StatementStep::Withdraw => {
                self.withdrawn = Some((day, reason.to_owned()));
                Ok(())
            }
        }
    }
}

/// None when one is going on.
fn begin(
    periods: &mut Vec<Period>,
    from: NaiveDate,
    reason: &str,
    by: Option<&BodyId>,
) -> Option<Result<(), StepFault>> {
    let before = match periods.last() {
        Some(last) => Some(last.until?),
        None => None,
    };
    if before.is_some_and(|until| from <= until) {
        return Some(Err(StepFault::Day("must be after the last day of the period before")));
    }
    periods.push(Period { from, until: None, reason: reason.to_owned(), end_reason: String::new(), by: by.cloned() });
    Some(Ok(()))
}

/// None when none is going on.
fn end(periods: &mut [Period], until: NaiveDate, reason: &str, early: &'static str) -> Option<Result<(), StepFault>> {
    let last = periods.last_mut().filter(|period| period.until.is_none())?;
    if until < last.from {
        return Some(Err(StepFault::Day(early)));
    }
    last.until = Some(until);
    reason.clone_into(&mut last.end_reason);
    Some(Ok(()))
}

/// The resource name of a statement.
pub(crate) fn statement_name(body: &BodyId, kind: Kind, index: u64) -> String {
    format!("{}/{}/{index}", body.name(), kind.collection())
}

/// Splits `bodies/{body}/designations/{designation}`, or the like.
pub(crate) fn parse_statement_name(name: &str, kind: Kind) -> Result<(BodyId, u64), &'static str> {
    let shape = match kind {
        Kind::Accreditation => "must be a resource name of the shape bodies/{body}/accreditationScopes/{scope}",
        Kind::Designation => "must be a resource name of the shape bodies/{body}/designations/{designation}",
    };
    let (body, index) = name
        .strip_prefix("bodies/")
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(body, rest)| Some((body, rest.strip_prefix(kind.collection())?.strip_prefix('/')?)))
        .ok_or(shape)?;
    let parsed: u64 = index.parse().map_err(|_| shape)?;
    if parsed.to_string() != index || parsed > i64::MAX as u64 {
        return Err(shape);
    }
    Ok((BodyId::new(body)?, parsed))
}

#[cfg(test)]
mod tests;
