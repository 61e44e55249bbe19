//! `greenlane apply`: files become a change set of what of them differs from what is published.

use std::{collections::BTreeSet, path::PathBuf};

use clap::Args as Arguments;
use greenlane_api::equivalence::v1::{
    ChangeFinding, ChangeSet, CreateChangeSetRequest, CreateChangeSetResponse, NotificationDuty, change,
    change_service_client::ChangeServiceClient,
};
use greenlane_platform::fault::{ErrorReason, Fault as ServiceFault, FieldViolation};
use serde_json::{Value, json};

use super::{catalogue::Kind, change::workflow};
use crate::client::{
    Mutation, Session,
    exit::{Exit, Usage},
    files::{
        self, Fault, Item,
        compare::{Compared, Outcome, compare, content_of},
        in_part::{self, InPart, Told},
        published,
    },
    render::{self, Output, View, several},
};

/// The most entries of one change set.
const MOST: usize = 10_000;

/// Which files.
#[derive(Arguments, Debug)]
pub(crate) struct Files {
    /// A file of entries, or a folder of such files as `pull` writes it. May be repeated; `-` is stdin.
    #[arg(short = 'f', long = "file", value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Retire also what is published and not in the files, of the kinds that the files have entries of.
    #[arg(long)]
    prune: bool,
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

/// Does it.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let (compared, revision) = compared(session, &args.files).await?;
    let draft = |compared: &[(Option<Item>, Compared)], request_id: String, validate_only| CreateChangeSetRequest {
        request_id,
        validate_only,
        change_set: Some(ChangeSet {
            title: args.title.clone(),
            reason: args.reason.clone(),
            urgency_reason: args.urgent.clone(),
            changes: compared.iter().filter_map(|(_, it)| it.change.clone()).collect(),
            ..Default::default()
        }),
    };
    let (checked, duty) = check(session, compared, &draft).await?;
    let changes = checked.iter().filter(|(_, it)| it.change.is_some()).count();
    let (mut name, mut duty) = (String::new(), duty.unwrap_or_default());
    if changes > 0 && !args.mutation.dry_run {
        let mut client = ChangeServiceClient::new(session.equivalence()?);
        let request = draft(&checked, session.request_id(&args.mutation), false);
        let answer = client.create_change_set(request).await?.into_inner();
        name = answer.change_set.unwrap_or_default().name;
        duty = answer.notification_duty.unwrap_or_default();
    }
    if session.output() == Output::Name {
        let line = if name.is_empty() { String::new() } else { format!("{name}\n") };
        render::write(&line)?;
        return Ok(Exit::Done);
    }
    let mut items: Vec<Value> = checked.iter().map(|(_, it)| item(it)).collect();
    if session.output() == Output::Table && items.len() > SHORT {
        // What changes would drown in what does not.
        items.retain(|item| item["outcome"] != "unchanged");
        let unchanged = checked.len() - items.len();
        render::talk(&format!("unchanged: {}", several(unchanged as u64, "entry")));
    }
    let notified = json!({
        "required": duty.required,
        "reason": duty.reason,
        "earliestPublication": duty.earliest_publication,
    });
    let answer = json!({
        "changeSet": name,
        "dryRun": args.mutation.dry_run,
        "items": items,
        "notificationDuty": if changes > 0 { notified } else { Value::Null },
        "revision": revision,
    });
    render::print_value(session.output(), &answer, APPLIED)?;
    if session.output() == Output::Table {
        match (changes, name.is_empty()) {
            (0, _) => render::talk("nothing differs: no change set is needed"),
            (changes, true) => {
                render::talk(&format!("{} would change; nothing was written", several(changes as u64, "entry")));
                workflow::tell_duty(duty.required, &duty.reason, &duty.earliest_publication);
            }
            (changes, false) => {
                let entries = several(changes as u64, "changed entry");
                render::talk(&format!("{name} was drafted with {entries}; next: greenlane change propose {name}"));
                workflow::tell_duty(duty.required, &duty.reason, &duty.earliest_publication);
            }
        }
    }
    Ok(Exit::Done)
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

type WithItem = (Option<Item>, Compared);

/// The files' entries, compared with what is published, and the revision of that.
pub(super) async fn compared(session: &Session, files: &Files) -> anyhow::Result<(Vec<WithItem>, u64)> {
    let files::Read { items, faults, faulty, in_part } = files::read(&files.paths)?;
    if !faults.is_empty() {
        return Err(with_the_rest(session, items, faults, faulty, in_part).await);
    }
    let kinds: BTreeSet<Kind> = items.iter().map(|item| item.kind).collect();
    let (published, revision) = published::fetch(session, &kinds, None).await?;
    if files.prune {
        let kinds: Vec<_> = kinds.iter().map(|kind| kind.items()).collect();
        render::talk(&format!("--prune looks at the kinds that the files have entries of: {}", kinds.join(", ")));
    }
    let compared = compare(&items, &published, files.prune);
    // What is to be retired comes behind the items.
    let items = items.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
    Ok((items.zip(compared).collect(), revision))
}

/// Lets the server read what differs: it says the same things in one way (`XA` for `economies/XA`, the effect that none
/// means), and so tells what differs in words only. With them comes what it finds wrong, each finding at its place.
/// Without the right to propose they are shown as they are, and that nobody checked them is the only finding.
pub(super) async fn normalised(
    session: &Session,
    compared: Vec<WithItem>,
) -> anyhow::Result<(Vec<Compared>, Vec<String>)> {
    match ask(session, &compared, &draft).await? {
        Ok(answer) => {
            let findings = told(&compared, &answer.findings);
            Ok((settle(session, compared, &answer).await?.into_iter().map(|(_, it)| it).collect(), findings))
        }
        Err(status) if ServiceFault::reason_of(&status) == Some(ErrorReason::FieldViolations) => {
            Err(refused(session, compared, status, &draft).await)
        }
        Err(status) => {
            let unchecked = format!("the service did not check what differs: {}", status.message());
            Ok((compared.into_iter().map(|(_, it)| it).collect(), vec![unchecked]))
        }
    }
}

/// What the server says to a draft of what differs, with nothing written.
async fn ask(
    session: &Session,
    compared: &[WithItem],
    draft: &impl Fn(&[WithItem], String, bool) -> CreateChangeSetRequest,
) -> anyhow::Result<Result<CreateChangeSetResponse, tonic::Status>> {
    let number = compared.iter().filter(|(_, it)| it.change.is_some()).count();
    if number == 0 {
        return Ok(Ok(CreateChangeSetResponse::default()));
    }
    if number > MOST {
        anyhow::bail!(Usage(format!(
            "{number} entries differ; a change set has {MOST} at most: apply files one by one"
        )));
    }
    let mut client = ChangeServiceClient::new(session.equivalence()?);
    let request = draft(compared, uuid::Uuid::now_v7().to_string(), true);
    Ok(client.create_change_set(request).await.map(tonic::Response::into_inner))
}

/// The same, with everything that is wrong at its place in the files; and whether what differs must be notified.
async fn check(
    session: &Session,
    compared: Vec<WithItem>,
    draft: &impl Fn(&[WithItem], String, bool) -> CreateChangeSetRequest,
) -> anyhow::Result<(Vec<WithItem>, Option<NotificationDuty>)> {
    let answer = match ask(session, &compared, draft).await? {
        Ok(answer) => answer,
        Err(status) if ServiceFault::reason_of(&status) == Some(ErrorReason::FieldViolations) => {
            return Err(refused(session, compared, status, draft).await);
        }
        Err(status) => return Err(status.into()),
    };
    if !answer.findings.iter().any(|finding| finding.blocking) {
        told(&compared, &answer.findings).iter().for_each(|line| render::talk(line));
        let duty = answer.notification_duty.clone();
        return Ok((settle(session, compared, &answer).await?, duty));
    }
    let lines: String = told(&compared, &answer.findings).iter().map(|line| format!("\n  {line}")).collect();
    let findings = several(answer.findings.len() as u64, "finding");
    anyhow::bail!(Usage(format!("the change set would have {findings}{lines}")))
}

/// Findings, each at its place in the files.
fn told(compared: &[WithItem], findings: &[ChangeFinding]) -> Vec<String> {
    let changed: Vec<&WithItem> = compared.iter().filter(|(_, it)| it.change.is_some()).collect();
    let line = |finding: &ChangeFinding| match found(&changed, finding) {
        Some(fault) => fault.to_string(),
        None => without_place(finding),
    };
    findings.iter().map(line).collect()
}

/// A finding about what is in no file.
fn without_place(finding: &ChangeFinding) -> String {
    format!("{}: {} ({})", finding.entry, finding.message, finding.code)
}

/// A finding at its place; none when it is about what is to be retired, which is in no file.
fn found(changed: &[&WithItem], finding: &ChangeFinding) -> Option<Fault> {
    let (item, _) = changed.get(usize::try_from(finding.change_index).ok()?)?;
    let place = item.as_ref()?.place(&finding.field);
    let field = if finding.field.is_empty() { String::new() } else { format!("{}: ", finding.field) };
    Some(Fault { place, message: format!("{field}{} ({})", finding.message, finding.code) })
}

/// A draft of which only what is wrong with it is of interest.
fn draft(compared: &[WithItem], request_id: String, validate_only: bool) -> CreateChangeSetRequest {
    CreateChangeSetRequest {
        request_id,
        validate_only,
        change_set: Some(ChangeSet {
            title: "diff".to_owned(),
            changes: compared.iter().filter_map(|(_, it)| it.change.clone()).collect(),
            ..Default::default()
        }),
    }
}

/// Faults of files, and with them what the service finds wrong with the entries that have none: nobody is to mend a
/// folder in rounds. Nothing is said of what is missing only because it has a fault itself.
async fn with_the_rest(
    session: &Session,
    items: Vec<Item>,
    mut faults: Vec<Fault>,
    faulty: BTreeSet<String>,
    mut in_part: Vec<InPart>,
) -> anyhow::Error {
    let kinds: BTreeSet<Kind> = items.iter().map(|item| item.kind).collect();
    let named = items.iter().map(|item| item.name.clone()).chain(faulty.iter().cloned()).collect();
    let asking = async {
        let (published, _) = published::fetch(session, &kinds, None).await?;
        let compared = compare(&items, &published, false);
        let compared = items.into_iter().map(Some).zip(compared).collect();
        anyhow::Ok(findings_of(session, compared, faulty, &mut in_part, &draft).await?.0)
    };
    match asking.await {
        Ok(more) => faults.extend(more),
        Err(_) => render::talk("the service did not check the other entries: what is wrong with them is told later"),
    }
    faults.extend(faults_in_part(session, in_part, &named).await);
    faults.sort_by(|one, other| one.place.cmp(&other.place));
    files::failure(&faults)
}

/// What else is wrong with entries that cannot be read whole, and what they refer to and is nowhere. Of the rest that only
/// the service finds it is said that it comes later.
async fn faults_in_part(session: &Session, in_part: Vec<InPart>, named: &BTreeSet<String>) -> Vec<Fault> {
    if in_part.is_empty() {
        return Vec::new();
    }
    let told: Vec<Told> = in_part.into_iter().map(InPart::tell).collect();
    let mut faults: Vec<Fault> = told.iter().flat_map(Told::faults).collect();
    match in_part::dangling(session, &told, named).await {
        Ok(dangling) => {
            render::talk(
                "an entry with a faulty field is not sent: what only the service finds in it, as that a code does not exist, \
                 is told once that field is mended",
            );
            faults.extend(dangling);
        }
        Err(_) => {
            render::talk(
                "an entry with a faulty field is not sent: its references are checked once that field is mended",
            );
        }
    }
    faults
}

/// What the service finds so wrong with what differs that it stops a change set: at its places, and what stands at none.
/// Where it cannot read some of it, it is asked about the others alone, and these come to what is read in part.
async fn findings_of(
    session: &Session,
    mut compared: Vec<WithItem>,
    mut faulty: BTreeSet<String>,
    in_part: &mut Vec<InPart>,
    draft: &impl Fn(&[WithItem], String, bool) -> CreateChangeSetRequest,
) -> anyhow::Result<(Vec<Fault>, Vec<String>)> {
    let mut faults = Vec::new();
    loop {
        let answer = match ask(session, &compared, draft).await? {
            Ok(answer) => answer,
            Err(status) => {
                let Some(unread) = unread(&compared, &status) else { return Err(status.into()) };
                let wrong = |name: &String| {
                    let of = unread.iter().filter(|it| it.entry == *name);
                    of.map(|it| it.field.clone()).collect::<Vec<_>>()
                };
                compared.retain_mut(|(item, it)| {
                    let wrong = wrong(&it.name);
                    if !wrong.is_empty() {
                        faulty.insert(it.name.clone());
                        in_part.extend(item.take().map(|item| InPart { item, wrong: wrong.clone() }));
                    }
                    wrong.is_empty()
                });
                faults.extend(unread.into_iter().map(|it| it.fault));
                continue;
            }
        };
        let changed: Vec<&WithItem> = compared.iter().filter(|(_, it)| it.change.is_some()).collect();
        let mut placeless = Vec::new();
        // An entry that refers to one with a fault of its own may be as good as any.
        let of_faulty = |finding: &ChangeFinding| finding.code == DANGLING && refers_to(&changed, finding, &faulty);
        for finding in answer.findings.iter().filter(|it| it.blocking && !of_faulty(it)) {
            match found(&changed, finding) {
                Some(fault) => faults.push(fault),
                None => placeless.push(without_place(finding)),
            }
        }
        faults.sort_by(|one, other| one.place.cmp(&other.place));
        return Ok((faults, placeless));
    }
}

/// What the service says of a field that names an entry which is not there.
const DANGLING: &str = "reference_dangling";

/// Whether the field that a finding is about names one of these entries: in full, or by its bare identifier.
fn refers_to(changed: &[&WithItem], finding: &ChangeFinding, names: &BTreeSet<String>) -> bool {
    let item = usize::try_from(finding.change_index).ok().and_then(|at| changed.get(at)?.0.as_ref());
    let pointer: String =
        finding.field.split(['.', '[']).map(|part| format!("/{}", part.trim_end_matches(']'))).collect();
    let named = item.and_then(|item| item.content.pointer(&pointer)).and_then(Value::as_str);
    let is_named = |name: &String, named: &str| {
        name == named || name.strip_suffix(named).is_some_and(|collection| collection.ends_with('/'))
    };
    named.filter(|named| !named.is_empty()).is_some_and(|named| names.iter().any(|name| is_named(name, named)))
}

/// A field that the service could not read.
struct Unread {
    entry: String,
    field: String,
    fault: Fault,
}

/// Fields that the service could not read, at their places; none where it refused something else.
fn unread(compared: &[WithItem], status: &tonic::Status) -> Option<Vec<Unread>> {
    if ServiceFault::reason_of(status) != Some(ErrorReason::FieldViolations) {
        return None;
    }
    let changed: Vec<&WithItem> = compared.iter().filter(|(_, it)| it.change.is_some()).collect();
    let one = |violation: &FieldViolation| {
        let (index, field) = violation.field.strip_prefix("change_set.changes[")?.split_once(']')?;
        let item = changed.get(index.parse::<usize>().ok()?)?.0.as_ref()?;
        // `.upsert.annex.title`: the first two are the message's ways of saying what is in the file.
        let field = field.splitn(4, '.').nth(3).unwrap_or_default();
        let named = if field.is_empty() { String::new() } else { format!("{field}: ") };
        let fault = Fault { place: item.place(field), message: format!("{named}{}", violation.description) };
        Some(Unread { entry: item.name.clone(), field: field.to_owned(), fault })
    };
    let unread: Vec<_> = ServiceFault::violations_of(status).iter().map(one).collect::<Option<_>>()?;
    (!unread.is_empty()).then_some(unread)
}

/// Fields that the service could not read, and what it finds wrong with the rest; a refusal of something else as it said
/// it.
async fn refused(
    session: &Session,
    compared: Vec<WithItem>,
    status: tonic::Status,
    draft: &impl Fn(&[WithItem], String, bool) -> CreateChangeSetRequest,
) -> anyhow::Error {
    if unread(&compared, &status).is_none() {
        return status.into();
    }
    let named = compared.iter().map(|(_, it)| it.name.clone()).collect();
    let mut in_part = Vec::new();
    match findings_of(session, compared, BTreeSet::new(), &mut in_part, draft).await {
        Ok((mut faults, placeless)) => {
            faults.extend(faults_in_part(session, in_part, &named).await);
            faults.sort_by(|one, other| one.place.cmp(&other.place));
            files::failure(&faults.iter().map(ToString::to_string).chain(placeless).collect::<Vec<_>>())
        }
        Err(error) => error,
    }
}

/// Takes what the server made of the changes, and finds what does not differ after all.
async fn settle(
    session: &Session,
    compared: Vec<WithItem>,
    answer: &CreateChangeSetResponse,
) -> anyhow::Result<Vec<WithItem>> {
    let Some(change_set) = &answer.change_set else { return Ok(compared) };
    let mut changes = change_set.changes.iter();
    let kinds: BTreeSet<Kind> = compared.iter().filter_map(|(item, _)| item.as_ref().map(|item| item.kind)).collect();
    let (published, _) = published::fetch(session, &kinds, Some(answer.revision)).await?;
    let mut settled = Vec::with_capacity(compared.len());
    for (item, mut it) in compared {
        if it.change.is_some() {
            let made = changes.next();
            if let (Some(mut item), Some(change::Change::Upsert(entry))) =
                (item.clone(), made.and_then(|made| made.change.clone()))
            {
                item.content = content_of(&entry)?;
                item.entry = entry;
                it = compare(std::slice::from_ref(&item), &published, false).pop().unwrap_or(it);
            }
        }
        settled.push((item, it));
    }
    debug_assert!(settled.iter().all(|(_, it)| it.outcome != Outcome::Unchanged || it.change.is_none()));
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_refers_to_an_entry_is_known_by_its_field_and_not_by_the_words_of_the_finding() {
        let mut read = files::Read::default();
        let text =
            "- annex:\n    name: annexes/x\n    arrangement: arrangements/m\n    title: X\n    economies: [XA]\n";
        files::parse("a.yaml", text, &mut read);
        assert!(read.faults.is_empty(), "{:?}", read.faults);
        let compared = compare(&read.items, &BTreeMap::new(), false);
        let all: Vec<WithItem> = read.items.into_iter().map(Some).zip(compared).collect();
        let changed: Vec<&WithItem> = all.iter().collect();
        let refers = |field: &str, name: &str| {
            let finding =
                ChangeFinding { field: field.to_owned(), message: "它不在那里".to_owned(), ..Default::default() };
            refers_to(&changed, &finding, &BTreeSet::from([name.to_owned()]))
        };
        assert!(refers("arrangement", "arrangements/m") && refers("economies[0]", "economies/XA"));
        assert!(!refers("arrangement", "arrangements/n") && !refers("economies[0]", "economies/XB"));
        assert!(!refers("title", "annexes/x") && !refers("", "annexes/x") && !refers("economies[7]", "economies/XA"));
    }
}
