//! What the commands on change sets are told.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use greenlane_api::equivalence::v1::ChangeSetState;

use crate::client::Mutation;

/// Arguments of `greenlane change create`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example of a file:
  title: Accept the 2021 edition
  reason: The edition of 2016 is withdrawn.
  changes:
    - upsert:
        equivalence:
          name: equivalences/xa-xb-pv
          from: { name: standards/iec-61215-1-2021 }
          to: { name: standards/xb-61215-1-2021 }
          degree: EQUIVALENCE_DEGREE_IDENTICAL
          validity: { from: \"2026-01-01\" }
    - retire: requirements/xb-pv-old")]
pub(crate) struct Create {
    /// A file with title, reason and changes (greenlane.equivalence.v1.ChangeSet) as YAML or JSON; `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `greenlane change list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// In this state only.
    #[arg(long, value_enum)]
    pub(super) state: Option<State>,
    /// Of this author only.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) author: String,
    /// At most this many.
    #[arg(long, default_value_t = 50)]
    pub(super) limit: i32,
}

/// Where a change set stands.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum State {
    Draft,
    Proposed,
    Notified,
    Approved,
    Rejected,
    Published,
    Withdrawn,
}

impl From<State> for ChangeSetState {
    fn from(state: State) -> Self {
        match state {
            State::Draft => Self::Draft,
            State::Proposed => Self::Proposed,
            State::Notified => Self::Notified,
            State::Approved => Self::Approved,
            State::Rejected => Self::Rejected,
            State::Published => Self::Published,
            State::Withdrawn => Self::Withdrawn,
        }
    }
}

/// Arguments of the steps.
#[derive(Args, Debug)]
pub(crate) struct Step {
    /// Name or bare identifier of the change set.
    pub(super) change_set: String,
    /// Only if it is still what was seen: its etag, from `get`.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) etag: String,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `greenlane change update`.
#[derive(Args, Debug)]
pub(crate) struct Update {
    /// Name or bare identifier of the change set.
    pub(super) change_set: String,
    /// A file with title, reason, urgency_reason or changes; what it does not have stays. `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Only if it is still what was seen: its etag, from `get`.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) etag: String,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `greenlane change preview`.
#[derive(Args, Debug)]
pub(crate) struct Preview {
    /// Name or bare identifier of the change set.
    pub(super) change_set: String,
    /// The day for which decisions are compared, YYYY-MM-DD; today when not given.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) date: String,
    /// At most this many examples, which JSON and YAML show.
    #[arg(long, default_value_t = 50)]
    pub(super) examples: i32,
}

/// Arguments of `greenlane change notify`.
#[derive(Args, Debug)]
pub(crate) struct Notify {
    #[command(flatten)]
    pub(super) step: Step,
    /// Until when comments are taken, YYYY-MM-DD; sixty days when not given, ninety are encouraged, less needs the
    /// urgent track.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "DATE")]
    pub(super) until: String,
}

/// Arguments of `greenlane change comment`.
#[derive(Args, Debug)]
pub(crate) struct Comment {
    /// Name or bare identifier of the change set.
    pub(super) change_set: String,
    /// The comment.
    #[arg(long)]
    pub(super) text: String,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `greenlane change withdraw`.
#[derive(Args, Debug)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    pub(super) step: Step,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) comment: String,
}

/// Arguments of `greenlane change revert`.
#[derive(Args, Debug)]
pub(crate) struct Revert {
    /// Name or bare identifier of the published change set.
    pub(super) change_set: String,
    /// Why.
    #[arg(long)]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `greenlane change review`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("verdict").required(true))]
pub(crate) struct Review {
    #[command(flatten)]
    pub(super) step: Step,
    /// It may be published.
    #[arg(long, group = "verdict")]
    pub(super) approve: bool,
    /// It may not, for good.
    #[arg(long, group = "verdict", requires = "comment")]
    pub(super) reject: bool,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) comment: String,
}
