//! The change workflow of everything that is published: a change set is drafted, proposed, notified, open for comment,
//! reviewed by somebody else than its author, published as one revision, or rejected or withdrawn; a published one is
//! undone by another change set. All of it is kept.
//!
//! The crate knows the steps, who may take them and when ([`ChangeSet`], [`clock`]), keeps change sets and comments
//! ([`migration`]), and runs each step as one idempotent, audited transaction ([`Workflow`]). It does not know what a
//! change is: a service says so by [`Curated`].
//!
//! # How a service uses it
//!
//! 1. Its `Migrator` pushes [`migration()`] after the shared tables and before its own.
//! 2. It implements [`Curated`] for a small type that holds its catalogues in memory: `Change` is the domain type of
//!    one change (serde), `Catalogue` the published state at a revision, `COUNTER` the name of its revision counter.
//!    [`Curated::validate`] and [`Curated::publish`] are the two that matter; both run inside the step's transaction,
//!    and [`Curated::publish`] writes rows for revision `current + 1` and leaves moving the counter to this crate.
//!    Expected: [`Curated::tightens`] names every change by which somebody could lose access; it decides whether the
//!    change must be notified and whether its clock may be shortened. When in doubt it tightens.
//! 3. It says by a [`Contract`] how one change is read and shown, and [`change_service!`] writes its `ChangeService`:
//!    parse, call, render.
//! 4. It tells those concerned: see [`alerts`].
//!
//! Four eyes are about the person: whoever has the author's subject is the author, whichever issuer, body, economy or
//! scopes the token names. What only the author may do needs subject and issuer to be the author's.

pub mod alerts;
mod change_set;
pub mod clock;
mod contract;
mod curated;
mod error;
mod mutation;
mod notice;
mod service;
mod steps;
mod store;
pub mod wire;
mod workflow;

pub use change_set::{
    Actor, Addendum, Answer, BEFORE_HEARD, ChangeSet, Checked, Comment, Draft, Duty, Effect, EntryDiff, Finding,
    NO_COMMON_OWNER, Notification, PUBLISHED_SO, Review, State, Tightening, Touched, UNCHECKED, UNDER_ORDER, Update,
};
pub use contract::{Contract, one_more};
pub use curated::{Carried, Curated, Reverted};
pub use error::{ChangeError, Owned, fault};
pub use mutation::{Done, Mutation};
pub use notice::{Description, Matters};
pub use store::{Cursor, get as stored, migration, ordered};
pub use wire::Asked;
pub use workflow::{Filter, Step, Workflow};

#[cfg(test)]
mod tests;
