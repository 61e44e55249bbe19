//! What is wrong with what differs, each fault at its place in the files.

use std::collections::BTreeSet;

use greenlane_platform::fault::{ErrorReason, Fault as ServiceFault, FieldViolation};
use serde_json::Value;
use tonic::Status;

use super::{
    WithItem,
    drafts::{self, Draft, Finding},
    parts,
};
use crate::client::{
    Session,
    commands::{catalogue::Kind, change::workflow::Of},
    files::{
        self, Fault,
        compare::compare,
        form,
        in_part::{self, InPart, Told},
        published::{self, Revisions},
    },
    render,
};

/// Findings, each at its place in the files.
pub(super) fn told(compared: &[WithItem], findings: &[Finding]) -> Vec<String> {
    let changed: Vec<&WithItem> = compared.iter().filter(|(_, it)| it.change.is_some()).collect();
    let line = |finding: &Finding| match found(&changed, finding) {
        Some(fault) => fault.to_string(),
        None => without_place(finding),
    };
    findings.iter().map(line).collect()
}

/// A finding about what is in no file.
fn without_place(finding: &Finding) -> String {
    format!("{}: {} ({})", finding.entry, finding.message, finding.code)
}

/// A finding at its place; none when it is about what is to be retired, which is in no file.
fn found(changed: &[&WithItem], finding: &Finding) -> Option<Fault> {
    let (item, _) = changed.get(finding.change_index)?;
    let place = item.as_ref()?.place(&finding.field);
    let field = if finding.field.is_empty() { String::new() } else { format!("{}: ", finding.field) };
    Some(Fault { place, message: format!("{field}{} ({})", finding.message, finding.code) })
}

/// Whether a service could not read fields of what it was sent.
pub(super) fn is_of_fields(error: &anyhow::Error) -> bool {
    let reason = error.downcast_ref::<Status>().and_then(ServiceFault::reason_of);
    reason == Some(ErrorReason::FieldViolations)
}

/// Faults of files, and with them what the services find wrong with the entries that have none: nobody is to mend a
/// folder in rounds. Nothing is said of what is missing only because it has a fault itself.
pub(super) async fn with_the_rest(session: &Session, read: files::Read) -> anyhow::Error {
    let files::Read { items, mut faults, faulty, mut in_part } = read;
    let kinds: BTreeSet<Kind> = items.iter().map(|item| item.form.kind).collect();
    let named = items.iter().map(|item| item.name.clone()).chain(faulty.iter().cloned()).collect();
    let asking = async {
        let lists = published::lists_of(items.iter().map(|item| item.name.as_str()));
        let (published, _) = published::fetch(session, &kinds, Some(&lists), Revisions::default()).await?;
        let compared = compare(&items, &published);
        let compared = items.into_iter().map(Some).zip(compared).collect();
        let mut more = Vec::new();
        for (of, part) in parts(compared) {
            more.extend(findings_of(session, of, part, faulty.clone(), &mut in_part).await?.0);
        }
        anyhow::Ok(more)
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
    let told: Vec<Told> = in_part.into_iter().filter_map(InPart::tell).collect();
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

/// What a service finds so wrong with what differs that it stops a change set: at its places, and what stands at none.
/// Where it cannot read some of it, it is asked about the others alone, and these come to what is read in part.
async fn findings_of(
    session: &Session,
    of: Of,
    mut compared: Vec<WithItem>,
    mut faulty: BTreeSet<String>,
    in_part: &mut Vec<InPart>,
) -> anyhow::Result<(Vec<Fault>, Vec<String>)> {
    let draft = Draft::for_trial();
    let mut faults = Vec::new();
    loop {
        let answer = match drafts::try_out(session, of, &draft, &compared).await {
            Ok(answer) => answer,
            Err(error) => {
                let Some(unread) = unread(&compared, &error) else { return Err(error) };
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
        for finding in answer.findings.iter().filter(|it| it.blocking && !is_of_faulty(&changed, it, &faulty)) {
            match found(&changed, finding) {
                Some(fault) => faults.push(fault),
                None => placeless.push(without_place(finding)),
            }
        }
        faults.sort_by(|one, other| one.place.cmp(&other.place));
        return Ok((faults, placeless));
    }
}

/// Whether a finding is that an entry refers to one with a fault of its own, which is therefore not there: it may be as
/// good as any.
fn is_of_faulty(changed: &[&WithItem], finding: &Finding, faulty: &BTreeSet<String>) -> bool {
    match finding.code.as_str() {
        "reference_dangling" => refers_to(changed, finding, faulty),
        "list_unknown" | "edition_wrong" | "ex_without_description" | "description_without_ex" => {
            form::list_of(&finding.entry).is_some_and(|list| faulty.contains(list))
        }
        _ => false,
    }
}

/// Whether the field that a finding is about names one of these entries: in full, or by its bare identifier.
fn refers_to(changed: &[&WithItem], finding: &Finding, names: &BTreeSet<String>) -> bool {
    let item = changed.get(finding.change_index).and_then(|it| it.0.as_ref());
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
fn unread(compared: &[WithItem], error: &anyhow::Error) -> Option<Vec<Unread>> {
    if !is_of_fields(error) {
        return None;
    }
    let changed: Vec<&WithItem> = compared.iter().filter(|(_, it)| it.change.is_some()).collect();
    let one = |violation: &FieldViolation| {
        let (index, field) = violation.field.strip_prefix("change_set.changes[")?.split_once(']')?;
        let (item, it) = changed.get(index.parse::<usize>().ok()?)?;
        let item = item.as_ref()?;
        // The first of `.upsert.annex.title` and `.put_entry.code` are the message's ways of saying what is in the file.
        let before = if it.form.of() == Of::Catalogue { 3 } else { 2 };
        let field = field.splitn(before + 1, '.').nth(before).unwrap_or_default();
        let named = if field.is_empty() { String::new() } else { format!("{field}: ") };
        let fault = Fault { place: item.place(field), message: format!("{named}{}", violation.description) };
        Some(Unread { entry: item.name.clone(), field: field.to_owned(), fault })
    };
    let status = error.downcast_ref::<Status>()?;
    let unread: Vec<_> = ServiceFault::violations_of(status).iter().map(one).collect::<Option<_>>()?;
    (!unread.is_empty()).then_some(unread)
}

/// Fields that a service could not read, and what it finds wrong with the rest; a refusal of something else as it said it.
pub(super) async fn refused(
    session: &Session,
    of: Of,
    compared: Vec<WithItem>,
    error: anyhow::Error,
) -> anyhow::Result<Vec<String>> {
    if unread(&compared, &error).is_none() {
        return Err(error);
    }
    let named = compared.iter().map(|(_, it)| it.name.clone()).collect();
    let mut in_part = Vec::new();
    let (mut faults, placeless) = findings_of(session, of, compared, BTreeSet::new(), &mut in_part).await?;
    faults.extend(faults_in_part(session, in_part, &named).await);
    faults.sort_by(|one, other| one.place.cmp(&other.place));
    Ok(faults.iter().map(ToString::to_string).chain(placeless).collect())
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
        let compared = compare(&read.items, &BTreeMap::new());
        let all: Vec<WithItem> = read.items.into_iter().map(Some).zip(compared).collect();
        let changed: Vec<&WithItem> = all.iter().collect();
        let refers = |field: &str, name: &str| {
            let finding =
                Finding { field: field.to_owned(), message: "它不在那里".to_owned(), ..Default::default() };
            refers_to(&changed, &finding, &BTreeSet::from([name.to_owned()]))
        };
        assert!(refers("arrangement", "arrangements/m") && refers("economies[0]", "economies/XA"));
        assert!(!refers("arrangement", "arrangements/n") && !refers("economies[0]", "economies/XB"));
        assert!(!refers("title", "annexes/x") && !refers("", "annexes/x") && !refers("economies[7]", "economies/XA"));
    }
}
