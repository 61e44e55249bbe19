//! The change workflow, the same for the catalogue and for codes and lists: the commands are written once, and ask
//! whichever service the change sets are of.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    args::{Comment, Create, List, Notify, Publish, Revert, Review, Step, Update, Withdraw},
    diff,
    views::{CHANGE_SET, CHANGE_SETS, COMMENT, COMMENTS, DIFFS, FIELDS, FINDINGS, WHOLE},
};
use crate::client::{
    Mutation, Session,
    complete::Named,
    dynamic,
    exit::{Exit, Usage},
    progress,
    render::{self, Output, View, pages::Limit},
};

/// What change sets have in common, whatever they change.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a change set with its changes; -o yaml is the form to edit, for `update --file`.
    Get {
        /// Its name or bare identifier.
        #[arg(add = Named::ChangeSets.completer())]
        change_set: String,
    },
    /// List change sets, newest first.
    List(List),
    /// Replace title, reason or changes of a draft by what a file has of them; only its author may.
    Update(Update),
    /// Check a change set against what is published; exits with 10 when a finding stops it.
    Validate {
        /// Its name or bare identifier.
        #[arg(add = Named::ChangeSets.completer())]
        change_set: String,
    },
    /// Show what it does, or did, entry by entry and field by field.
    Diff {
        /// Its name or bare identifier.
        #[arg(add = Named::ChangeSets.completer())]
        change_set: String,
    },
    /// Propose a draft; only its author may.
    Propose(Step),
    /// Notify those concerned and open the comment period, or extend it.
    Notify(Notify),
    /// Comment on a notified change set.
    Comment(Comment),
    /// List the comments, oldest first.
    Comments {
        /// Its name or bare identifier.
        #[arg(add = Named::ChangeSets.completer())]
        change_set: String,
        #[command(flatten)]
        limit: Limit,
    },
    /// Approve or reject; only somebody else than its author may.
    Review(Review),
    /// Publish an approved change set as a revision; only somebody else than its author may.
    Publish(Publish),
    /// Take it back before it is published; only its author may.
    Withdraw(Withdraw),
    /// Draft a change set that undoes a published one.
    Revert(Revert),
}

/// Whose change sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The equivalence catalogue's.
    Catalogue,
    /// Those of code systems and green lists.
    Codes,
}

impl Of {
    /// The full name of a message or service.
    pub(crate) fn full(self, name: &str) -> String {
        let package = match self {
            Self::Catalogue => "greenlane.equivalence.v1",
            Self::Codes => "greenlane.classification.v1",
        };
        format!("{package}.{name}")
    }

    /// The commands of its change sets.
    pub(crate) fn commands(self) -> &'static str {
        match self {
            Self::Catalogue => "greenlane change",
            Self::Codes => "greenlane code change",
        }
    }

    /// Says what is to be done next with the change set of an answer.
    fn tell_next(self, session: &Session, answer: &Value) {
        if session.output() == Output::Table && !session.is_trial() {
            self.next(answer).iter().for_each(|next| render::talk(next));
        }
    }

    fn next(self, answer: &Value) -> Option<String> {
        let (commands, change_set) = (self.commands(), &answer["changeSet"]);
        let name = change_set["name"].as_str().filter(|name| !name.is_empty())?;
        let reviewed = format!("somebody else than its author reviews it: {commands} review {name} --approve");
        Some(match change_set["state"].as_str()?.trim_start_matches("CHANGE_SET_STATE_") {
            "DRAFT" => format!("next: {commands} validate {name}, then {commands} propose {name}"),
            "PROPOSED" if answer["notificationDuty"]["required"] == true => {
                format!("next: {commands} notify {name}, which opens it for comments")
            }
            "PROPOSED" => format!("next: {reviewed}"),
            "NOTIFIED" => format!("next: when comments are over, {reviewed}"),
            "APPROVED" => format!("next: {commands} publish {name}, and with --confirm when it is as it should be"),
            _ => return None,
        })
    }

    /// Asks a method of the service for the answer to `fields`.
    pub(crate) async fn ask(self, session: &Session, method: &str, fields: Value) -> anyhow::Result<Value> {
        dynamic::ask(session, &self.full(&format!("ChangeService/{method}")), fields).await
    }

    async fn show(self, session: &Session, method: &str, fields: Value, view: View) -> anyhow::Result<Exit> {
        session.print_value(&self.ask(session, method, fields).await?, view)?;
        Ok(Exit::Done)
    }

    async fn list(
        self,
        session: &Session,
        method: &str,
        fields: Value,
        view: View,
        limit: Limit,
    ) -> anyhow::Result<Exit> {
        let ask = async |size: i32, token: String| {
            let page = json!({ "pageSize": size, "pageToken": token });
            self.ask(session, method, with(fields.clone(), page)).await
        };
        session.list_values(view, limit.rows(), ask).await
    }

    /// Drafts a change set.
    pub(crate) async fn create(self, session: &Session, args: Create) -> anyhow::Result<Exit> {
        let (change_set, _) = session.read_value(&args.file, &self.full("ChangeSet"), "change_set")?;
        let fields = with(mutation(session, &args.mutation), json!({ "changeSet": change_set }));
        let answer = unnamed(session, self.ask(session, "CreateChangeSet", fields).await?);
        let done = show_checked(session, &answer, CHANGE_SET)?;
        self.tell_next(session, &answer);
        Ok(done)
    }

    /// What a file has of a change set, in place of what it is.
    async fn update(self, session: &Session, args: Update) -> anyhow::Result<Exit> {
        // Beside each its name in protobuf JSON.
        const FIELDS: [(&str, &str); 4] =
            [("title", "title"), ("reason", "reason"), ("urgency_reason", "urgencyReason"), ("changes", "changes")];
        let (change_set, given) = session.read_value(&args.file, &self.full("ChangeSet"), "change_set")?;
        let paths = FIELDS.into_iter().filter(|(field, _)| given.iter().any(|it| it == field));
        let paths: Vec<_> = paths.map(|(_, json)| json).collect();
        if paths.is_empty() {
            let file = args.file.display();
            anyhow::bail!(Usage(format!("{file} has nothing of a change set that can be replaced")));
        }
        let known = json!({ "name": name(&args.change_set), "etag": args.guarded.etag });
        let request = json!({ "changeSet": with(change_set, known), "updateMask": paths.join(",") });
        let fields = with(mutation(session, &args.guarded.mutation), request);
        self.show(session, "UpdateChangeSet", fields, CHANGE_SET).await
    }

    /// Takes a step; `more` is what the step has beside its change set.
    async fn step(self, session: &Session, method: &str, step: Step, more: Value) -> anyhow::Result<Exit> {
        let answer = self.ask(session, method, with(stepped(session, &step), more)).await?;
        self.shown(session, &answer)
    }

    /// Shows what a step made of a change set, and what is next.
    fn shown(self, session: &Session, answer: &Value) -> anyhow::Result<Exit> {
        session.print_value(answer, CHANGE_SET)?;
        self.tell_next(session, answer);
        Ok(Exit::Done)
    }

    /// Every difference that a change set makes.
    pub(crate) async fn differences(self, session: &Session, change_set: &str) -> anyhow::Result<Value> {
        let mut diffs = Vec::new();
        let mut token = Value::from("");
        loop {
            let fields = json!({ "name": name(change_set), "pageSize": 1_000, "pageToken": token });
            let mut page = self.ask(session, "DiffChangeSet", fields).await?;
            if let Value::Array(more) = page["diffs"].take() {
                diffs.extend(more);
            }
            token = page["nextPageToken"].take();
            if token.as_str().unwrap_or_default().is_empty() {
                return Ok(with(page, json!({ "diffs": diffs, "nextPageToken": "" })));
            }
        }
    }

    async fn diff(self, session: &Session, change_set: &str) -> anyhow::Result<Exit> {
        let answer = self.differences(session, change_set).await?;
        let diffs = answer["diffs"].as_array().map(Vec::as_slice).unwrap_or_default();
        match session.output() {
            Output::Table => render::write(&diff::text(diffs)?)?,
            Output::Csv => render::print_value(Output::Csv, &json!({ "rows": diff::rows(diffs)? }), FIELDS)?,
            other => render::print_value(other, &answer, DIFFS)?,
        }
        Ok(Exit::Done)
    }
}

/// Does it.
pub(crate) async fn run(session: &Session, of: Of, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Get { change_set } => {
            of.show(session, "GetChangeSet", json!({ "name": name(&change_set) }), WHOLE).await
        }
        Command::List(args) => {
            let state = args.state.map_or("CHANGE_SET_STATE_UNSPECIFIED".to_owned(), |state| state.full());
            let fields = json!({ "state": state, "author": args.author });
            of.list(session, "ListChangeSets", fields, CHANGE_SETS, args.limit).await
        }
        Command::Update(args) => of.update(session, args).await,
        Command::Validate { change_set } => {
            let answer = of.ask(session, "ValidateChangeSet", json!({ "name": name(&change_set) })).await?;
            session.print_value(&answer, FINDINGS)?;
            if session.output() == Output::Table {
                tell_duty_of(&answer);
            }
            let mut findings = answer["findings"].as_array().into_iter().flatten();
            Ok(if findings.any(|finding| finding["blocking"] == true) { Exit::No } else { Exit::Done })
        }
        Command::Diff { change_set } => of.diff(session, &change_set).await,
        Command::Propose(step) => {
            let answer = of.ask(session, "ProposeChangeSet", stepped(session, &step)).await?;
            let done = show_checked(session, &answer, CHANGE_SET)?;
            of.tell_next(session, &answer);
            Ok(done)
        }
        Command::Notify(Notify { step, until }) => {
            of.step(session, "NotifyChangeSet", step, json!({ "commentsUntil": until })).await
        }
        Command::Comment(args) => {
            let fields = json!({ "name": name(&args.change_set), "text": args.text });
            let fields = with(mutation(session, &args.mutation), fields);
            of.show(session, "CommentOnChangeSet", fields, COMMENT).await
        }
        Command::Comments { change_set, limit } => {
            of.list(session, "ListChangeComments", json!({ "name": name(&change_set) }), COMMENTS, limit).await
        }
        Command::Review(Review { mut step, approve, reject, comment, confirm }) => {
            if reject {
                confirm.settle(&mut step.guarded.mutation);
            }
            of.step(session, "ReviewChangeSet", step, json!({ "approve": approve, "comment": comment })).await
        }
        Command::Publish(Publish { mut step, confirm }) => {
            confirm.settle(&mut step.guarded.mutation);
            // A large import takes its time, and the service tells nothing before it is done.
            let waiting = progress::waiting(if confirm.is_trial() { "checking" } else { "publishing" });
            let done = of.ask(session, "PublishChangeSet", stepped(session, &step)).await;
            waiting.finish_and_clear();
            of.shown(session, &done?)
        }
        Command::Withdraw(Withdraw { mut step, comment, confirm }) => {
            confirm.settle(&mut step.guarded.mutation);
            of.step(session, "WithdrawChangeSet", step, json!({ "comment": comment })).await
        }
        Command::Revert(args) => {
            let fields = json!({ "name": name(&args.change_set), "reason": args.reason, "urgencyReason": args.urgent });
            let fields = with(mutation(session, &args.mutation), fields);
            let answer = unnamed(session, of.ask(session, "RevertChangeSet", fields).await?);
            session.print_value(&answer, CHANGE_SET)?;
            of.tell_other_reverts(session, &name(&args.change_set), &answer).await;
            of.tell_next(session, &answer);
            Ok(Exit::Done)
        }
    }
}

/// What every step has.
fn stepped(session: &Session, step: &Step) -> Value {
    let of = json!({ "name": name(&step.change_set), "etag": step.guarded.etag });
    with(mutation(session, &step.guarded.mutation), of)
}

/// A draft that was only checked has no name: nobody finds it by the one that it would have had.
fn unnamed(session: &Session, mut answer: Value) -> Value {
    if session.is_trial() {
        answer["changeSet"]["name"] = "".into();
    }
    answer
}

/// Shows an answer, and says what was found of the change set in it, and whether it must be notified.
pub(crate) fn show_checked(session: &Session, answer: &Value, view: View) -> anyhow::Result<Exit> {
    session.print_value(answer, view)?;
    if session.output() == Output::Table {
        answer["findings"].as_array().into_iter().flatten().for_each(tell_finding);
        tell_duty_of(answer);
    }
    Ok(Exit::Done)
}

fn tell_finding(finding: &Value) {
    let [entry, field, message, code] =
        ["entry", "field", "message", "code"].map(|part| finding[part].as_str().unwrap_or_default());
    let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
    render::talk(&format!("{entry}: {field}{message} ({code})"));
}

fn tell_duty_of(answer: &Value) {
    duty_of(answer).iter().for_each(|duty| render::talk(duty));
}

/// Whether a change set must be notified, and when it can be published, as an answer says it.
pub(crate) fn duty_of(answer: &Value) -> Option<String> {
    let duty = &answer["notificationDuty"];
    let text = |part: &str| duty[part].as_str().unwrap_or_default();
    duty_told(duty["required"] == true, text("reason"), text("earliestPublication"))
}

fn duty_told(required: bool, reason: &str, earliest: &str) -> Option<String> {
    let must = if required { "must be notified, and " } else { "" };
    (!earliest.is_empty()).then(|| format!("{must}can be published from {earliest}, since {reason}"))
}

/// Says whether a change set must be notified, and when it can be published.
pub(crate) fn tell_duty(required: bool, reason: &str, earliest: &str) {
    duty_told(required, reason, earliest).iter().for_each(|duty| render::talk(duty));
}

/// What every mutation has.
fn mutation(session: &Session, mutation: &Mutation) -> Value {
    json!({ "requestId": session.request_id(mutation), "validateOnly": mutation.dry_run })
}

/// The members of both; the later one's count.
fn with(mut fields: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut fields, more) {
        fields.extend(more);
    }
    fields
}

/// A change set's name from its name or its bare identifier.
pub(crate) fn name(change_set: &str) -> String {
    if change_set.contains('/') { change_set.to_owned() } else { format!("changeSets/{change_set}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_names_the_next_one_until_the_last() {
        let next = |state: &str, required: bool| {
            let change_set = json!({ "name": "changeSets/1", "state": format!("CHANGE_SET_STATE_{state}") });
            let answer = json!({ "changeSet": change_set, "notificationDuty": { "required": required } });
            Of::Codes.next(&answer).unwrap_or_default()
        };
        for (state, required, command) in [
            ("DRAFT", true, "greenlane code change propose changeSets/1"),
            ("PROPOSED", true, "greenlane code change notify changeSets/1"),
            ("PROPOSED", false, "greenlane code change review changeSets/1 --approve"),
            ("NOTIFIED", true, "when comments are over, somebody else"),
            ("APPROVED", true, "greenlane code change publish changeSets/1"),
        ] {
            assert!(next(state, required).contains(command), "{state}: {}", next(state, required));
        }
        for state in ["PUBLISHED", "REJECTED", "WITHDRAWN"] {
            assert_eq!(next(state, true), "");
        }
    }
}
