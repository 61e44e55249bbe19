//! What the commands on change sets are told.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use crate::client::{Confirm, Guarded, Mutation, complete::Named, render::pages::Limit};

/// Arguments of `create`.
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// A file with title, reason and changes as YAML or JSON; `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// In this state only.
    #[arg(long, value_enum)]
    pub(super) state: Option<State>,
    /// Of this author only.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) author: String,
    #[command(flatten)]
    pub(super) limit: Limit,
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

impl State {
    /// Its name in the contracts, which agree on it.
    pub(super) fn full(self) -> String {
        let word = self.to_possible_value().map(|value| value.get_name().to_uppercase());
        format!("CHANGE_SET_STATE_{}", word.unwrap_or_default())
    }
}

/// Arguments of the steps.
#[derive(Args, Debug)]
pub(crate) struct Step {
    /// Name or bare identifier of the change set.
    #[arg(add = Named::ChangeSets.completer())]
    pub(super) change_set: String,
    #[command(flatten)]
    pub(super) guarded: Guarded,
}

/// Arguments of `update`.
#[derive(Args, Debug)]
pub(crate) struct Update {
    /// Name or bare identifier of the change set.
    #[arg(add = Named::ChangeSets.completer())]
    pub(super) change_set: String,
    /// A file with title, reason, urgency_reason or changes, such as what `get` prints; what it does not have stays. `-` is
    /// stdin.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) guarded: Guarded,
}

/// Arguments of `preview`.
#[derive(Args, Debug)]
pub(crate) struct Preview {
    /// Name or bare identifier of the change set.
    #[arg(add = Named::ChangeSets.completer())]
    pub(super) change_set: String,
    /// The day for which decisions are compared, YYYY-MM-DD; when not given, the first on which a verdict differs of the days
    /// from which its changes apply.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) date: String,
    /// At most this many examples: tables sum up what differs in them, JSON and YAML show each.
    #[arg(long, default_value_t = 50)]
    pub(super) examples: i32,
}

/// Arguments of `notify`.
#[derive(Args, Debug)]
pub(crate) struct Notify {
    #[command(flatten)]
    pub(super) step: Step,
    /// Until when comments are taken, YYYY-MM-DD; sixty days when not given, ninety are encouraged, less needs the
    /// urgent track.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "DATE")]
    pub(super) until: String,
}

/// Arguments of `comment`.
#[derive(Args, Debug)]
pub(crate) struct Comment {
    /// Name or bare identifier of the change set.
    #[arg(add = Named::ChangeSets.completer())]
    pub(super) change_set: String,
    /// The comment.
    #[arg(long)]
    pub(super) text: String,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `publish`.
#[derive(Args, Debug)]
pub(crate) struct Publish {
    #[command(flatten)]
    pub(super) step: Step,
    #[command(flatten)]
    pub(super) confirm: Confirm,
}

/// Arguments of `withdraw`.
#[derive(Args, Debug)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    pub(super) step: Step,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) comment: String,
    #[command(flatten)]
    pub(super) confirm: Confirm,
}

/// Arguments of `revert`.
#[derive(Args, Debug)]
pub(crate) struct Revert {
    /// Name or bare identifier of the published change set.
    #[arg(add = Named::ChangeSets.completer())]
    pub(super) change_set: String,
    /// Why.
    #[arg(long)]
    pub(super) reason: String,
    /// Why it is urgent, for the urgent track; the comment period of what tightens access stays as long.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REASON")]
    pub(super) urgent: String,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `review`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("verdict").required(true))]
pub(crate) struct Review {
    #[command(flatten)]
    pub(super) step: Step,
    /// It may be published.
    #[arg(long, group = "verdict")]
    pub(super) approve: bool,
    /// It may not, for good: only checked without --confirm.
    #[arg(long, group = "verdict", requires = "comment")]
    pub(super) reject: bool,
    /// Why; needed with --reject.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) comment: String,
    #[command(flatten)]
    pub(super) confirm: Confirm,
}
