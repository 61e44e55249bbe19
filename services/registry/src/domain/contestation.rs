//! Contestations of certificates: somebody has one disputed before a panel, and what has come of that.
//!
//! Disputes are the equivalence service's. What is heard there of a certificate of this registry is an entry of the log
//! here, so that a verdict tells it at every revision alike. It changes nothing of the certificate: what becomes of that is
//! its body's to say. But a panel may order that the certificate be without effect while the dispute lasts, and on such
//! days it does not count.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::names::{BodyId, CertificateNumber};

/// What has come of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Turn {
    /// It was opened, and its panel has not decided.
    Opened,
    /// The panel decided for the challenger: the body is to act.
    Upheld,
    /// The panel decided for the body.
    Dismissed,
    /// Its challenger took it back.
    Withdrawn,
    /// It was closed.
    Closed,
}

impl Turn {
    pub(crate) const ALL: [Self; 5] = [Self::Opened, Self::Upheld, Self::Dismissed, Self::Withdrawn, Self::Closed];

    /// The name in the store and in the log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Upheld => "upheld",
            Self::Dismissed => "dismissed",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn from_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|turn| turn.as_str() == text)
    }

    /// Whether a verdict tells of it.
    pub(crate) const fn stands(self) -> bool {
        match self {
            Self::Opened | Self::Upheld => true,
            Self::Dismissed | Self::Withdrawn | Self::Closed => false,
        }
    }
}

/// Days on which a certificate is without effect by the order of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) from: NaiveDate,
    /// The first day after; none while it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<NaiveDate>,
}

impl Order {
    pub(crate) fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// What was heard of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContestCommand {
    pub(crate) number: CertificateNumber,
    /// The body that the dispute names.
    pub(crate) body: BodyId,
    /// `disputes/{dispute}` of the equivalence service.
    pub(crate) dispute: String,
    pub(crate) turn: Turn,
    /// The day on which the dispute was opened.
    pub(crate) since: NaiveDate,
    pub(crate) order: Option<Order>,
}

/// What was heard of a dispute, as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contestation {
    pub(crate) log_index: u64,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) dispute: String,
    pub(crate) turn: Turn,
    pub(crate) since: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<Order>,
}

impl Contestation {
    /// Whether it says the same as what was heard.
    pub(crate) fn says(&self, heard: &ContestCommand) -> bool {
        self.turn == heard.turn && self.order == heard.order
    }
}

/// The last that was recorded of a dispute. `all` are in the order of the log.
pub(crate) fn last_of<'c>(all: &'c [Contestation], dispute: &str) -> Option<&'c Contestation> {
    all.iter().rev().find(|it| it.dispute == dispute)
}

/// Of each dispute the last that was recorded; the oldest dispute first.
pub(crate) fn newest(all: &[Contestation]) -> Vec<&Contestation> {
    let is_last = |it: &&Contestation| last_of(all, &it.dispute).is_some_and(|last| last.log_index == it.log_index);
    let mut found: Vec<_> = all.iter().filter(is_last).collect();
    found.sort_by_key(|it| (it.since, it.log_index));
    found
}

/// Of each dispute the last that was recorded, as far as a verdict tells of it; the oldest dispute first.
pub(crate) fn standing(all: &[Contestation]) -> Vec<&Contestation> {
    let mut found = newest(all);
    found.retain(|it| it.turn.stands());
    found
}

/// Those by which a certificate is without effect on a day; the oldest dispute first.
pub(crate) fn without_effect(all: &[Contestation], day: NaiveDate) -> Vec<&Contestation> {
    let mut found = newest(all);
    found.retain(|it| it.order.is_some_and(|order| order.holds(day)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(log_index: u64, dispute: &str, turn: Turn) -> Contestation {
        let since = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
        let dispute = dispute.to_owned();
        Contestation { log_index, recorded_at: DateTime::UNIX_EPOCH, dispute, turn, since, order: None }
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, day).unwrap()
    }

    #[test]
    fn an_order_acts_from_its_first_day_until_the_last_that_was_heard_of_it_says_so() {
        let order = |from, until: Option<u32>| Some(Order { from: day(from), until: until.map(day) });
        let all = [
            heard(1, "disputes/a", Turn::Opened),
            Contestation { order: order(5, None), ..heard(2, "disputes/a", Turn::Opened) },
            Contestation { order: order(5, None), ..heard(3, "disputes/a", Turn::Upheld) },
            Contestation { order: order(5, Some(9)), ..heard(4, "disputes/a", Turn::Closed) },
        ];
        let acts = |known: usize| [4, 5, 8, 9].map(|it| !without_effect(&all[..known], day(it)).is_empty());
        assert_eq!(acts(1), [false; 4]);
        assert_eq!(acts(2), [false, true, true, true]);
        assert_eq!(acts(3), [false, true, true, true]);
        assert_eq!(acts(4), [false, true, true, false], "what was without effect then, stays so");
        assert!(standing(&all).is_empty());
    }

    #[test]
    fn what_stands_is_the_last_of_each_dispute() {
        let all = [
            heard(1, "disputes/a", Turn::Opened),
            heard(2, "disputes/b", Turn::Opened),
            heard(3, "disputes/a", Turn::Upheld),
            heard(4, "disputes/b", Turn::Dismissed),
        ];
        let told = |until: usize| standing(&all[..until]).iter().map(|it| (it.log_index, it.turn)).collect::<Vec<_>>();
        assert_eq!(told(2), [(1, Turn::Opened), (2, Turn::Opened)]);
        assert_eq!(told(3), [(2, Turn::Opened), (3, Turn::Upheld)]);
        assert_eq!(told(4), [(3, Turn::Upheld)]);
        assert_eq!(Turn::ALL.map(|turn| Turn::from_str(turn.as_str())), Turn::ALL.map(Some));
    }
}
