//! `greenlane change`: change sets of the equivalence catalogue, from draft to revision.

mod args;
pub(crate) mod diff;
mod views;

use anyhow::Context as _;

use clap::Subcommand;
use greenlane_api::equivalence::v1::{
    ChangeSet, ChangeSetState, CommentOnChangeSetRequest, CreateChangeSetRequest, DiffChangeSetRequest,
    GetChangeSetRequest, ListChangeCommentsRequest, ListChangeSetsRequest, NotifyChangeSetRequest,
    PreviewImpactRequest, PreviewImpactResponse, ProposeChangeSetRequest, PublishChangeSetRequest,
    RevertChangeSetRequest, ReviewChangeSetRequest, UpdateChangeSetRequest, ValidateChangeSetRequest,
    WithdrawChangeSetRequest, change_service_client::ChangeServiceClient,
};

use self::args::{Comment, Create, List, Notify, Preview, Revert, Review, Step, Update, Withdraw};
use self::views::{CHANGE_SET, CHANGE_SETS, COMMENT, COMMENTS, DIFFS, FINDINGS, MARKETS, WHOLE};
use crate::client::{
    Session,
    exit::{Exit, Usage},
    input,
    render::{self, Output},
};

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
    /// Replace title, reason or changes of a draft by what a file has of them; only its author may.
    Update(Update),
    /// Check a change set against the catalogue as it is; exits with 10 when it has findings.
    Validate {
        /// Its name or bare identifier.
        change_set: String,
    },
    /// Show what it does, or did, entry by entry and field by field.
    Diff {
        /// Its name or bare identifier.
        change_set: String,
    },
    /// Show which verdicts it would change, market by market: certificates, holders, recent verifications.
    Preview(Preview),
    /// Propose a draft; only its author may.
    Propose(Step),
    /// Notify those concerned and open the comment period, or extend it.
    Notify(Notify),
    /// Comment on a notified change set.
    Comment(Comment),
    /// List the comments, oldest first.
    Comments {
        /// Its name or bare identifier.
        change_set: String,
        /// At most this many, 1 to 1000.
        #[arg(long, default_value_t = 50)]
        limit: i32,
    },
    /// Approve or reject; only somebody else than its author may.
    Review(Review),
    /// Publish an approved change set as a revision; only somebody else than its author may.
    Publish(Step),
    /// Take it back before it is published; only its author may.
    Withdraw(Withdraw),
    /// Draft a change set that undoes a published one.
    Revert(Revert),
}

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
        Command::Update(args) => {
            let request = update(session, args)?;
            session.print(changes.update_change_set(request).await?.get_ref(), CHANGE_SET)
        }
        Command::Diff { change_set } => {
            let request = DiffChangeSetRequest { name: name(&change_set) };
            let answer = changes.diff_change_set(request).await?.into_inner();
            if session.output() == Output::Table {
                render::write(&diff::text(&answer.diffs)?)?;
                return Ok(Exit::Done);
            }
            session.print(&answer, DIFFS)
        }
        Command::Preview(args) => {
            let request = PreviewImpactRequest {
                name: name(&args.change_set),
                date: args.date,
                page_size: args.examples,
                ..Default::default()
            };
            let answer = changes.preview_impact(request).await?.into_inner();
            if session.output() == Output::Table {
                tell_totals(&answer);
            }
            // That there are more examples than asked for is no news where examples are not shown.
            let shown = PreviewImpactResponse { next_page_token: String::new(), ..answer.clone() };
            session.print(if session.output() == Output::Table { &shown } else { &answer }, MARKETS)
        }
        Command::Notify(Notify { step, until }) => {
            let request = NotifyChangeSetRequest {
                request_id: session.request_id(&step.mutation),
                validate_only: step.mutation.dry_run,
                name: name(&step.change_set),
                etag: step.etag,
                comments_until: until,
            };
            session.print(changes.notify_change_set(request).await?.get_ref(), CHANGE_SET)
        }
        Command::Comment(args) => {
            let request = CommentOnChangeSetRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                name: name(&args.change_set),
                text: args.text,
            };
            session.print(changes.comment_on_change_set(request).await?.get_ref(), COMMENT)
        }
        Command::Comments { change_set, limit } => {
            let request = ListChangeCommentsRequest { name: name(&change_set), page_size: limit, ..Default::default() };
            session.print(changes.list_change_comments(request).await?.get_ref(), COMMENTS)
        }
        Command::Withdraw(Withdraw { step, comment }) => {
            let request = WithdrawChangeSetRequest {
                request_id: session.request_id(&step.mutation),
                validate_only: step.mutation.dry_run,
                name: name(&step.change_set),
                etag: step.etag,
                comment,
            };
            session.print(changes.withdraw_change_set(request).await?.get_ref(), CHANGE_SET)
        }
        Command::Revert(args) => {
            let request = RevertChangeSetRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                name: name(&args.change_set),
                reason: args.reason,
            };
            session.print(changes.revert_change_set(request).await?.get_ref(), CHANGE_SET)
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

/// What a preview is of, and what it comes to over all markets.
#[expect(clippy::print_stderr, reason = "talk goes to stderr")]
fn tell_totals(answer: &PreviewImpactResponse) {
    let totals = answer.totals.unwrap_or_default();
    eprintln!(
        "of {} certificates in force {} gain, {} lose and {} change otherwise, with {} holders",
        answer.certificates_examined,
        totals.certificates_gaining,
        totals.certificates_losing,
        totals.certificates_otherwise,
        totals.holders,
    );
    eprintln!(
        "of {} recent verifications {} gain, {} lose and {} change otherwise",
        answer.questions_examined,
        totals.recent_verifications_gaining,
        totals.recent_verifications_losing,
        totals.recent_verifications_otherwise,
    );
    if answer.undetermined > 0 {
        eprintln!("{} decisions could not be told, and are counted nowhere", answer.undetermined);
    }
    if !answer.complete {
        eprintln!("the time ran out: these are the numbers of a part");
    }
}

/// What a file has of a change set, in place of what it is.
fn update(session: &Session, args: Update) -> anyhow::Result<UpdateChangeSetRequest> {
    const FIELDS: [(&str, &str); 5] = [
        ("title", "title"),
        ("reason", "reason"),
        ("urgency_reason", "urgency_reason"),
        ("urgencyReason", "urgency_reason"),
        ("changes", "changes"),
    ];
    let text = input::read_text(&args.file)?;
    let wrong = || Usage(format!("{} is not a change set", args.file.display()));
    let change_set: ChangeSet = input::parse_message(&text).with_context(wrong)?;
    let value: serde_json::Value = serde_yaml_ng::from_str(&text).with_context(wrong)?;
    let given = FIELDS.into_iter().filter(|(key, _)| value.get(key).is_some());
    let paths: Vec<String> = given.map(|(_, path)| path.to_owned()).collect();
    if paths.is_empty() {
        anyhow::bail!(Usage(format!("{} has nothing of a change set that can be replaced", args.file.display())));
    }
    Ok(UpdateChangeSetRequest {
        request_id: session.request_id(&args.mutation),
        validate_only: args.mutation.dry_run,
        change_set: Some(ChangeSet { name: name(&args.change_set), etag: args.etag, ..change_set }),
        update_mask: Some(prost_types::FieldMask { paths }),
    })
}

/// A change set's name from its name or its bare identifier.
fn name(change_set: &str) -> String {
    if change_set.contains('/') { change_set.to_owned() } else { format!("changeSets/{change_set}") }
}
