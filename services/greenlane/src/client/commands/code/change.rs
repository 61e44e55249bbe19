//! `greenlane code change`: change sets of codes and green lists, from draft to revision.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use greenlane_api::classification::v1::{
    CreateChangeSetRequest, GetChangeSetRequest, ListChangeSetsRequest, ProposeChangeSetRequest,
    PublishChangeSetRequest, ReviewChangeSetRequest, ValidateChangeSetRequest,
    change_service_client::ChangeServiceClient,
};

use crate::client::{Mutation, Session, exit::Exit, input, render::View};

/// `greenlane code change …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft a change set from a file.
    Create {
        /// A file with title, reason and changes (greenlane.classification.v1.ChangeSet) as YAML or JSON; `-` is stdin.
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        mutation: Mutation,
    },
    /// Show a change set with its changes.
    Get {
        /// Its name or bare identifier.
        change_set: String,
    },
    /// List change sets, newest first.
    List {
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: i32,
    },
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

/// Arguments of `greenlane code change review`.
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
    name: "code",
    columns: &[("CHANGE", "changeIndex"), ("FIELD", "field"), ("CODE", "code"), ("WHAT IS WRONG", "message")],
};

/// Does it.
pub(super) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut changes = ChangeServiceClient::new(session.classification()?);
    match command {
        Command::Create { file, mutation } => {
            let request = CreateChangeSetRequest {
                request_id: session.request_id(&mutation),
                validate_only: mutation.dry_run,
                change_set: Some(input::read_message(&file)?),
            };
            session.print(changes.create_change_set(request).await?.get_ref(), CHANGE_SET)
        }
        Command::Get { change_set } => {
            let request = GetChangeSetRequest { name: name(&change_set) };
            session.print(changes.get_change_set(request).await?.get_ref(), WHOLE)
        }
        Command::List { limit } => {
            let request = ListChangeSetsRequest { page_size: limit, ..Default::default() };
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
