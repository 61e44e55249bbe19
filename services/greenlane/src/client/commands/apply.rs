//! `greenlane apply`: files become change sets of what of them differs from what is published, one of each service.

mod drafts;
mod findings;

use std::{collections::BTreeSet, path::PathBuf};

use clap::Args as Arguments;
use serde_json::{Value, json};
use tonic::{Code, Status};

use self::drafts::{Draft, Drafted, Duty};
use super::{
    catalogue::Kind,
    change::workflow::{self, Of},
};
use crate::client::{
    Mutation, Session,
    exit::{Exit, Usage},
    files::{
        self, Item,
        compare::{Compared, Outcome, compare, gone, inherit_sources},
        published::{self, Revisions},
    },
    input,
    render::{self, Output, View, several},
};

/// Which files.
#[derive(Arguments, Debug)]
pub(crate) struct Files {
    /// A file of entries, or a folder of such files as `pull` writes it. May be repeated; `-` is stdin.
    #[arg(short = 'f', long = "file", value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Retire also what is published and not in the files, of the kinds that the files have entries of. Of green lists it
    /// ends what is on those that the files have; a list itself ends by its effective_to.
    #[arg(long)]
    prune: bool,
    /// The last day of what --prune ends on green lists, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", requires = "prune", value_parser = input::parse_date)]
    until: Option<String>,
}

/// Arguments of `greenlane apply`.
#[derive(Arguments, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    files: Files,
    /// Title of the change set.
    #[arg(long)]
    title: String,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// Why it is urgent, for the urgent track.
    #[arg(long, default_value = "", hide_default_value = true)]
    urgent: String,
    #[command(flatten)]
    mutation: Mutation,
}

/// Entries that are shown whether they change or not.
const SHORT: usize = 20;

const APPLIED: View = View::List {
    items: "items",
    name: "name",
    columns: &[("ENTRY", "name"), ("OUTCOME", "outcome"), ("WHERE", "place")],
};

/// What is, or would be, drafted in one service.
struct Part {
    of: Of,
    compared: Vec<WithItem>,
    /// The change set's name; empty where none was made.
    name: String,
    duty: Duty,
}

impl Part {
    fn changes(&self) -> usize {
        changes(&self.compared)
    }
}

fn changes(compared: &[WithItem]) -> usize {
    compared.iter().filter(|(_, it)| it.change.is_some()).count()
}

/// Does it.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let (compared, revisions) = compared(session, &args.files).await?;
    let draft = Draft { title: args.title, reason: args.reason, urgency_reason: args.urgent };
    let mut drafted = check(session, compared, &draft).await?;
    if !args.mutation.dry_run {
        let request_id = session.request_id(&args.mutation);
        write(session, &mut drafted, &draft, &request_id).await?;
    }
    let dry_run = args.mutation.dry_run;
    if session.output() == Output::Name {
        let names = drafted.iter().filter(|part| !part.name.is_empty());
        render::write(&names.map(|part| format!("{}\n", part.name)).collect::<String>())?;
        return Ok(Exit::Done);
    }
    let mut items: Vec<Value> = drafted.iter().flat_map(|part| &part.compared).map(|(_, it)| item(it)).collect();
    if session.output() == Output::Table && dry_run {
        items.iter_mut().for_each(would_be);
    }
    if session.output() == Output::Table && items.len() > SHORT {
        // What changes would drown in what does not.
        let all = items.len();
        items.retain(|item| item["outcome"] != "unchanged");
        render::talk(&format!("unchanged: {}", several((all - items.len()) as u64, "entry")));
    }
    let of = |of: Of| drafted.iter().find(|part| part.of == of && part.changes() > 0);
    let name = |of: Option<&Part>| of.map(|part| part.name.clone()).unwrap_or_default();
    let duty = |of: Option<&Part>| of.map_or(Value::Null, |part| part.duty.to_json());
    let answer = json!({
        "changeSet": name(of(Of::Catalogue)),
        "codeChangeSet": name(of(Of::Codes)),
        "dryRun": dry_run,
        "items": &items,
        "notificationDuty": duty(of(Of::Catalogue)),
        "codeNotificationDuty": duty(of(Of::Codes)),
        "revision": revisions.catalogue,
        "codeRevision": revisions.codes,
    });
    // Where nothing changes, a table of nothing says nothing.
    if session.output() != Output::Table || !items.is_empty() {
        render::print_value(session.output(), &answer, APPLIED)?;
    }
    if session.output() == Output::Table {
        tell(&drafted, args.files.until.as_ref());
    }
    Ok(Exit::Done)
}

/// Says what was drafted, or would be, and what is to be done next.
fn tell(drafted: &[Part], until: Option<&String>) {
    let changed: Vec<&Part> = drafted.iter().filter(|part| part.changes() > 0).collect();
    if changed.is_empty() {
        render::talk("nothing differs: no change set is needed");
    }
    for part in &changed {
        let (name, changes, commands) = (&part.name, part.changes() as u64, part.of.commands());
        if name.is_empty() {
            // Of both services it is said of which.
            let of = if changed.len() > 1 { format!(" for {commands}") } else { String::new() };
            render::talk(&format!("{} would change{of}; nothing was written", several(changes, "entry")));
        } else {
            let entries = several(changes, "changed entry");
            render::talk(&format!("{name} was drafted with {entries}; next: {commands} propose {name}"));
        }
        workflow::tell_duty(part.duty.required, &part.duty.reason, &part.duty.earliest_publication);
        let first = &part.duty.earliest_publication;
        if let Some(until) = until.filter(|until| part.of == Of::Codes && until.as_str() < first.as_str()) {
            render::talk(&format!("mind: --until {until} is before {first}, so that it would end after the fact"));
        }
    }
}

/// Drafts the change sets. Where the second cannot be drafted it is said that the first was.
async fn write(session: &Session, drafted: &mut [Part], draft: &Draft, request_id: &str) -> anyhow::Result<()> {
    let mut first: Option<String> = None;
    for part in drafted.iter_mut().filter(|part| part.changes() > 0) {
        let answer = drafts::create(session, part.of, draft, &part.compared, request_id.to_owned(), false).await;
        if let (Err(_), Some(first)) = (&answer, &first) {
            render::talk(&format!(
                "{first} was drafted before that, and with --request-id {request_id} is not drafted twice"
            ));
        }
        let answer = answer?;
        part.name = answer.change_set.name;
        part.duty = answer.notification_duty;
        first = Some(part.name.clone());
    }
    Ok(())
}

/// An entry compared, for people and programs.
pub(super) fn item(compared: &Compared) -> Value {
    json!({
        "name": compared.name,
        "outcome": compared.outcome.as_str(),
        "place": compared.place.as_ref().map(ToString::to_string).unwrap_or_default(),
        "fields": compared.fields,
    })
}

/// What a check finds is told as what would be.
fn would_be(item: &mut Value) {
    if let Some(outcome) = item["outcome"].as_str().filter(|outcome| *outcome != "unchanged") {
        item["outcome"] = format!("would be {outcome}").into();
    }
}

type WithItem = (Option<Item>, Compared);

/// The files' entries, compared with what is published, and the revisions of that.
pub(super) async fn compared(session: &Session, files: &Files) -> anyhow::Result<(Vec<WithItem>, Revisions)> {
    let read = files::read(&files.paths)?;
    if !read.faults.is_empty() {
        return Err(findings::with_the_rest(session, read).await);
    }
    let mut items = read.items;
    let kinds: BTreeSet<Kind> = items.iter().map(|item| item.form.kind).collect();
    let lists = published::lists_of(items.iter().map(|item| item.name.as_str()));
    let fetched = published::fetch(session, &kinds, Some(&lists), Revisions::default()).await;
    let (published, revisions) = fetched.inspect_err(|error| {
        let denied = error.downcast_ref::<Status>().is_some_and(|status| status.code() == Code::PermissionDenied);
        if denied && kinds.iter().any(|kind| kind.is_of_lists()) {
            render::talk(
                "the files have green lists: whether these differ from those that are published tells the scope codes.read \
                 alone; name the other files one by one with -f to leave them out",
            );
        }
    })?;
    inherit_sources(&mut items, &published);
    let mut compared = compare(&items, &published);
    if files.prune {
        let whole = kinds.iter().filter(|kind| !kind.is_of_lists()).map(|kind| kind.items().to_owned());
        let lists = items.iter().filter(|item| item.form.kind.is_of_lists() && !item.form.is_list_entry());
        let looked: Vec<_> = whole.chain(lists.map(|list| format!("what is on {}", list.name))).collect();
        render::talk(&format!("--prune looks at the kinds that the files have entries of: {}", looked.join(", ")));
        let until = files.until.as_deref().unwrap_or_default();
        let gone = gone(&items, &published, until);
        if let Some(entry) = gone.iter().find(|it| it.form.is_list_entry() && until.is_empty()) {
            let number = several(gone.iter().filter(|it| it.form.is_list_entry()).count() as u64, "entry");
            anyhow::bail!(Usage(format!(
                "--prune would end {number} of green lists, such as {}: --until says which day is their last",
                entry.name
            )));
        }
        compared.extend(gone);
    }
    // What is to be retired comes behind the items.
    let items = items.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
    Ok((items.zip(compared).collect(), revisions))
}

/// The entries of each service, and lists before what is on them.
fn parts(compared: Vec<WithItem>) -> Vec<(Of, Vec<WithItem>)> {
    let (catalogue, mut codes): (Vec<_>, Vec<_>) =
        compared.into_iter().partition(|(_, it)| it.form.of() == Of::Catalogue);
    codes.sort_by_key(|(_, it)| it.form.is_list_entry());
    let all = [(Of::Catalogue, catalogue), (Of::Codes, codes)];
    all.into_iter().filter(|(_, part)| !part.is_empty()).collect()
}

/// Lets the services read what differs: they say the same things in one way (`XA` for `economies/XA`, the effect that none
/// means), and so tell what differs in words only. With them comes what they find wrong, each finding at its place.
/// Without the right to propose they are shown as they are, and that nobody checked them is the only finding.
pub(super) async fn normalised(
    session: &Session,
    compared: Vec<WithItem>,
) -> anyhow::Result<(Vec<Compared>, Vec<String>)> {
    let draft = Draft::for_trial();
    let (mut all, mut found, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (of, part) in parts(compared) {
        match drafts::try_out(session, of, &draft, &part).await {
            Ok(answer) => {
                found.extend(findings::told(&part, &answer.findings));
                all.extend(settle(session, of, part, &answer).await?);
            }
            Err(error) if findings::is_of_fields(&error) => {
                refused.extend(findings::refused(session, of, part, error).await?);
            }
            Err(error) => {
                let Some(status) = error.downcast_ref::<Status>() else { return Err(error) };
                found.push(format!("the service did not check what differs: {}", status.message()));
                all.extend(part);
            }
        }
    }
    if !refused.is_empty() {
        return Err(files::failure(&refused));
    }
    Ok((all.into_iter().map(|(_, it)| it).collect(), found))
}

/// Asks the services what they say to all that differs, before anything is written. Everything that is wrong is told at
/// its place in the files.
async fn check(session: &Session, compared: Vec<WithItem>, draft: &Draft) -> anyhow::Result<Vec<Part>> {
    let (mut good, mut refused, mut blocked) = (Vec::new(), Vec::new(), Vec::new());
    for (of, part) in parts(compared) {
        let answer = match drafts::try_out(session, of, draft, &part).await {
            Ok(answer) => answer,
            Err(error) if findings::is_of_fields(&error) => {
                refused.extend(findings::refused(session, of, part, error).await?);
                continue;
            }
            Err(error) => return Err(error),
        };
        let mut told = findings::told(&part, &answer.findings);
        if answer.findings.iter().any(|finding| finding.blocking) {
            blocked.extend(told);
            continue;
        }
        let sent = changes(&part);
        let compared = settle(session, of, part, &answer).await?;
        let mut duty = answer.notification_duty;
        // What was said is of more than is to be drafted where some of it does not differ after all.
        if changes(&compared) < sent {
            let answer = drafts::try_out(session, of, draft, &compared).await?;
            told = findings::told(&compared, &answer.findings);
            duty = answer.notification_duty;
        }
        told.iter().for_each(|line| render::talk(line));
        good.push(Part { of, compared, name: String::new(), duty });
    }
    if !refused.is_empty() {
        refused.append(&mut blocked);
        return Err(files::failure(&refused));
    }
    if !blocked.is_empty() {
        let lines: String = blocked.iter().map(|line| format!("\n  {line}")).collect();
        let findings = several(blocked.len() as u64, "finding");
        anyhow::bail!(Usage(format!("the change set would have {findings}{lines}")));
    }
    Ok(good)
}

/// Takes what the server made of the changes, and finds what does not differ after all.
async fn settle(session: &Session, of: Of, compared: Vec<WithItem>, answer: &Drafted) -> anyhow::Result<Vec<WithItem>> {
    if answer.change_set.changes.is_empty() {
        return Ok(compared);
    }
    let mut changes = answer.change_set.changes.iter();
    let kinds: BTreeSet<Kind> =
        compared.iter().filter(|(item, _)| item.is_some()).map(|(_, it)| it.form.kind).collect();
    let lists = published::lists_of(compared.iter().map(|(_, it)| it.name.as_str()));
    let at = Revisions::only(of, answer.revision);
    let (published, _) = published::fetch(session, &kinds, Some(&lists), at).await?;
    let mut settled = Vec::with_capacity(compared.len());
    for (item, mut it) in compared {
        if it.change.is_some() {
            let made = changes.next().and_then(|made| it.form.of_change(made));
            if let (Some(mut item), Some(made)) = (item.clone(), made) {
                item.content = it.form.without_counted(made.clone());
                it = compare(std::slice::from_ref(&item), &published).pop().unwrap_or(it);
            }
        }
        settled.push((item, it));
    }
    debug_assert!(settled.iter().all(|(_, it)| it.outcome != Outcome::Unchanged || it.change.is_none()));
    Ok(settled)
}
