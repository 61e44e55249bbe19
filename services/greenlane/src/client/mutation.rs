//! What commands are told that change something.

use clap::Args;

/// What every mutation may be told.
#[derive(Args, Clone, Debug)]
pub(crate) struct Mutation {
    /// Makes a repetition safe; a fresh one when not given.
    #[arg(long, value_name = "ID")]
    pub(super) request_id: Option<String>,
    /// Check only, at the server; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// It is a check because it was not confirmed, which has been said.
    #[arg(skip)]
    pub(super) held: bool,
}

/// The same for what somebody else may have changed meanwhile.
#[derive(Args, Clone, Debug)]
pub(crate) struct Guarded {
    /// Only if it is still what was seen: its etag, from `get`.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) etag: String,
    #[command(flatten)]
    pub(crate) mutation: Mutation,
}
