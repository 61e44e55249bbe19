//! What a change set is.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_platform::auth::Caller;
use serde::{Deserialize, Serialize};

use crate::clock;

/// Where a change set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written.
    Draft,
    /// Complete; waits for notification or review.
    Proposed,
    /// Notified; the comment period runs, or has run.
    Notified,
    /// Approved; may be published.
    Approved,
    /// Rejected. Final.
    Rejected,
    /// Published. Final.
    Published,
    /// Taken back. Final.
    Withdrawn,
}

impl State {
    const ALL: [Self; 7] =
        [Self::Draft, Self::Proposed, Self::Notified, Self::Approved, Self::Rejected, Self::Published, Self::Withdrawn];

    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Proposed => "proposed",
            Self::Notified => "notified",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The number in the contracts, which agree on it.
    pub fn number(self) -> i32 {
        match self {
            Self::Draft => 1,
            Self::Proposed => 2,
            Self::Notified => 3,
            Self::Approved => 4,
            Self::Rejected => 5,
            Self::Published => 6,
            Self::Withdrawn => 7,
        }
    }

    /// The state of a number of the contracts.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }
}

/// Who takes a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The `sub` claim.
    pub subject: String,
    /// The `iss` claim.
    pub issuer: String,
    /// The economy that the token names, or nothing.
    pub economy: String,
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self {
            subject: caller.subject().to_owned(),
            issuer: caller.issuer().to_owned(),
            economy: caller.economy().unwrap_or_default().to_owned(),
        }
    }
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who.
    pub reviewer: String,
    /// Approved, or rejected.
    pub approved: bool,
    /// Why.
    pub comment: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The notification of a change set to those concerned, as the WTO TBT Agreement's articles 2.9, 2.10, 5.6, 5.7 and
/// 10.7 have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its symbol, `GL/N/{economy}/{number}`.
    pub symbol: String,
    /// The articles under which it is made.
    pub articles: Vec<String>,
    /// The text.
    pub text: String,
    /// When.
    pub notified_at: DateTime<Utc>,
    /// The last day on which comments are taken.
    pub comments_until: NaiveDate,
    /// Since when they are taken without a break, where the period was extended after a shorter one had run out; none means
    /// since it was notified.
    #[serde(default)]
    pub reopened_on: Option<NaiveDate>,
    /// What was added since, under the same symbol.
    pub addenda: Vec<Addendum>,
}

impl Notification {
    /// Since when comments are taken without a break.
    pub fn open_since(&self) -> NaiveDate {
        self.reopened_on.unwrap_or_else(|| self.notified_at.date_naive())
    }

    /// Whether they are not taken for the whole period.
    pub fn is_short(&self) -> bool {
        clock::is_short(self.open_since(), self.comments_until)
    }

    /// Whether they have not been taken for a day or more.
    pub fn has_lapsed(&self, today: NaiveDate) -> bool {
        self.comments_until.succ_opt().is_some_and(|next| next < today)
    }
}

/// Something added to a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addendum {
    /// The notification's symbol, with `/Add.{number}`.
    pub symbol: String,
    /// The text.
    pub text: String,
    /// When.
    pub notified_at: DateTime<Utc>,
}

/// A change set. `C` is one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSet<C> {
    /// Resource name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Why.
    pub reason: String,
    /// What changes. Empty in lists.
    pub changes: Vec<C>,
    /// Where it stands.
    pub state: State,
    /// Subject of its author.
    pub author: String,
    /// Issuer of the author's token.
    pub author_issuer: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was proposed.
    pub proposed_at: Option<DateTime<Utc>>,
    /// Its notification.
    pub notification: Option<Notification>,
    /// Reviews.
    pub reviews: Vec<Review>,
    /// As which revision it was published; 0 before.
    pub published_revision: u64,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Who published it.
    pub publisher: String,
    /// Why it was withdrawn.
    pub withdrawal_reason: String,
    /// The published change set that it undoes; empty otherwise.
    pub reverts: String,
    /// Why it is urgent; empty when it is not.
    pub urgency_reason: String,
    /// The proceeding in which those concerned were heard, so that it needs no comment period; empty for every other.
    #[serde(default)]
    pub heard_in: String,
    /// The proceeding that orders it: whoever has a part in that takes no step of it. Empty for every other.
    #[serde(default)]
    pub ordered_by: String,
    /// The published revision that its changes were written upon; none in those of before this was noted.
    #[serde(default)]
    pub base_revision: Option<u64>,
    /// Grows by one with each step.
    pub version: u64,
}

/// What a new change set consists of.
#[derive(Clone, Debug)]
pub struct Draft<C> {
    /// Title.
    pub title: String,
    /// Why.
    pub reason: String,
    /// Why it is urgent; empty when it is not.
    pub urgency_reason: String,
    /// What changes.
    pub changes: Vec<C>,
}

/// New values for a draft; none leaves the old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update<C> {
    /// Title.
    pub title: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Why it is urgent.
    pub urgency_reason: Option<String>,
    /// What changes.
    pub changes: Option<Vec<C>>,
}

/// A change set after a step, and the published revision then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer<C> {
    /// The change set.
    pub change_set: ChangeSet<C>,
    /// The revision.
    pub revision: u64,
    /// What was found when it was proposed; nothing at any other step.
    #[serde(default)]
    pub checked: Checked,
}

/// What is found of changes on top of what is published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Everything that is wrong, and what nobody can tell.
    pub findings: Vec<Finding>,
    /// What they tighten.
    pub tightening: Vec<Tightening>,
    /// Whether they must be notified.
    pub duty: Duty,
}

/// Whether a change set must be notified before it is published, and when it can be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Whether it must be, and has not been for long enough.
    pub required: bool,
    /// Why, or why not.
    pub reason: String,
    /// The first day on which it can be published if it is notified today, where it must be; none when it never can.
    pub earliest: Option<NaiveDate>,
}

/// A comment on a notified change set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Identifier, in the order of time.
    pub id: String,
    /// Who.
    pub author: String,
    /// For which economy; empty for none.
    pub economy: String,
    /// The text.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Something wrong with a set of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable identifier.
    pub code: Cow<'static, str>,
    /// Which change.
    pub index: usize,
    /// Resource name of what it is about; may be empty.
    pub entry: String,
    /// The field within it.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

/// The code of a finding that says of something that nobody could tell whether it is wrong. It stands in the way of
/// nothing.
pub const UNCHECKED: &str = "code_unchecked";

/// The code of a finding that says of a day that it comes before those concerned have been heard. It too stands in the way
/// of nothing: what is law already is written down as it is.
pub const BEFORE_HEARD: &str = "before_heard";

/// The code of a finding that says that no token of one economy or body is good for every entry, so that nobody who has
/// only such a token can take a step. It too stands in the way of nothing.
pub const NO_COMMON_OWNER: &str = "no_common_owner";

/// The code of a finding that says that what a proceeding has ordered would be changed, so that others review and publish it
/// than those with a part in that. It too does not keep it from being proposed.
pub const UNDER_ORDER: &str = "under_order";

/// The code of a finding that says of something wrong that it is published so, from before anybody asked, and that the
/// changes leave it so. It too stands in the way of nothing: whoever changes something else does not have to mend it.
pub const PUBLISHED_SO: &str = "published_so";

impl Finding {
    /// Whether a change set that has it cannot be proposed.
    pub fn is_blocking(&self) -> bool {
        ![UNCHECKED, BEFORE_HEARD, NO_COMMON_OWNER, UNDER_ORDER, PUBLISHED_SO].contains(&&*self.code)
    }
}

/// A change by which somebody could lose access that they have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tightening {
    /// Resource name of what it is about.
    pub entry: String,
    /// Path of the field within it; empty for all of it.
    pub field: String,
    /// What is tightened, as the end of a sentence: `no longer accepts standards/x`.
    pub what: String,
}

/// An entry before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryDiff {
    /// Resource name.
    pub entry: String,
    /// Before, as JSON; empty when it is new.
    pub before_json: String,
    /// After, as JSON; empty when it is retired.
    pub after_json: String,
    /// What comes with it that is not written out in the change: empty of a change that says all of it.
    pub effects: Vec<Effect>,
}

/// What becomes of the things of one kind that a change brings without naming them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What they are, in the plural.
    pub kind: &'static str,
    /// Those that were not there.
    pub added: Touched,
    /// Those that are there no longer.
    pub removed: Touched,
    /// Those that are there otherwise.
    pub changed: Touched,
}

/// How many things, and which are the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// All of them.
    pub count: u64,
    /// The first few by name, in their order.
    pub first: Vec<String>,
}
