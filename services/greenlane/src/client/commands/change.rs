//! `greenlane change`: change sets of the equivalence catalogue, from draft to revision.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use greenlane_api::equivalence::v1::{
    ChangeSetState, CreateChangeSetRequest, GetChangeSetRequest, ListChangeSetsRequest, ProposeChangeSetRequest,
    PublishChangeSetRequest, ReviewChangeSetRequest, ValidateChangeSetRequest,
    change_service_client::ChangeServiceClient,
};

use crate::client::{Mutation, Session, exit::Exit, input, render::View};

/// `greenlane change …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft a change set from a file.
    Create(Create),
    /// Show a change set with its changes.
    Get {
        /// Its name or bare identifier.
        change_set: String,
    },
    /// List change sets, newest first.
    List(List),
    /// Check a change set against the catalogue as it is; exits with 10 when it has findings.
    Validate {
        /// Its name or bare identifier.
        change_set: String,
    },
    /// Propose a draft; only its author may.
    Propose(Step),
    /// Approve or reject; only somebody else than its author may.
    Review(Review),
    /// Publish an approved change set as a revision; only somebody else than its author may.
    Publish(Step),
}

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
    file: PathBuf,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane change list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// In this state only.
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Of this author only.
    #[arg(long, default_value = "", hide_default_value = true)]
    author: String,
    /// At most this many.
    #[arg(long, default_value_t = 50)]
    limit: i32,
}

/// Where a change set stands.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
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
    change_set: String,
    /// Only if it is still what was seen: its etag, from `get`.
    #[arg(long, default_value = "", hide_default_value = true)]
    etag: String,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane change review`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("verdict").required(true))]
pub(crate) struct Review {
    #[command(flatten)]
    step: Step,
    /// It may be published.
    #[arg(long, group = "verdict")]
    approve: bool,
    /// It may not, for good.
    #[arg(long, group = "verdict", requires = "comment")]
    reject: bool,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    comment: String,
}

const CHANGE_SET: View = View::Record {
    at: "changeSet",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Title", "title"),
        ("State", "state"),
        ("Author", "author"),
        ("Created", "createdAt"),
        ("Publisher", "publisher"),
        ("Published as revision", "publishedRevision?"),
        ("Etag", "etag"),
    ],
};
const WHOLE: View = View::Document { at: "changeSet" };
const CHANGE_SETS: View = View::List {
    items: "changeSets",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("STATE", "state"),
        ("AUTHOR", "author"),
        ("CREATED", "createdAt"),
        ("REVISION", "publishedRevision?"),
        ("TITLE", "title"),
    ],
};
const FINDINGS: View = View::List {
    items: "findings",
    name: "entry",
    columns: &[
        ("CHANGE", "changeIndex"),
        ("ENTRY", "entry"),
        ("FIELD", "field"),
        ("CODE", "code"),
        ("WHAT IS WRONG", "message"),
    ],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut changes = ChangeServiceClient::new(session.equivalence()?);
    match command {
        Command::Create(args) => {
            let request = CreateChangeSetRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                change_set: Some(input::read_message(&args.file)?),
            };
            session.print(changes.create_change_set(request).await?.get_ref(), CHANGE_SET)
        }
        Command::Get { change_set } => {
            let request = GetChangeSetRequest { name: name(&change_set) };
            session.print(changes.get_change_set(request).await?.get_ref(), WHOLE)
        }
        Command::List(args) => {
            let request = ListChangeSetsRequest {
                page_size: args.limit,
                state: args.state.map(ChangeSetState::from).unwrap_or_default().into(),
                author: args.author,
                ..Default::default()
            };
            session.print(changes.list_change_sets(request).await?.get_ref(), CHANGE_SETS)
        }
        Command::Validate { change_set } => {
            let request = ValidateChangeSetRequest { name: name(&change_set) };
            let answer = changes.validate_change_set(request).await?.into_inner();
            session.print(&answer, FINDINGS)?;
            Ok(if answer.findings.is_empty() { Exit::Done } else { Exit::No })
        }
        Command::Propose(step) => {
            let request = ProposeChangeSetRequest {
                request_id: session.request_id(&step.mutation),
                validate_only: step.mutation.dry_run,
                name: name(&step.change_set),
                etag: step.etag,
            };
            session.print(changes.propose_change_set(request).await?.get_ref(), CHANGE_SET)
        }
        Command::Review(Review { step, approve, comment, .. }) => {
            let request = ReviewChangeSetRequest {
                request_id: session.request_id(&step.mutation),
                validate_only: step.mutation.dry_run,
                name: name(&step.change_set),
                etag: step.etag,
                approve,
                comment,
            };
            session.print(changes.review_change_set(request).await?.get_ref(), CHANGE_SET)
        }
        Command::Publish(step) => {
            let request = PublishChangeSetRequest {
                request_id: session.request_id(&step.mutation),
                validate_only: step.mutation.dry_run,
                name: name(&step.change_set),
                etag: step.etag,
            };
            session.print(changes.publish_change_set(request).await?.get_ref(), CHANGE_SET)
        }
    }
}

/// A change set's name from its name or its bare identifier.
fn name(change_set: &str) -> String {
    if change_set.contains('/') { change_set.to_owned() } else { format!("changeSets/{change_set}") }
}
