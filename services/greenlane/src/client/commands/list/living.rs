//! Lists as they change: versions, other editions, differences, and what is built out of several.

use std::path::Path;

use anyhow::Context as _;
use greenlane_api::{
    classification::v1::{
        BuildReferenceClassificationRequest, CombineGreenListsRequest, CompareGreenListsRequest, GreenListState,
        LintFinding, LintGreenListRequest, ListGreenListVersionsRequest, ListOperation, ProjectGreenListRequest,
        WeightedList, green_list_service_client::GreenListServiceClient,
    },
    common::v1::CodeReference,
};

use super::{Operation, name, rows};
use crate::client::{
    Session,
    commands::code::with_flag,
    exit::{Exit, Usage},
    input,
    render::{self, Output, View},
};

const VERSIONS: View = View::List {
    items: "versions",
    name: "version",
    columns: &[
        ("VERSION", "version"),
        ("REVISION", "revision"),
        ("PUBLISHED", "publishedAt"),
        ("ADDED", "added"),
        ("RETIRED", "retired"),
        ("CHANGE SET", "changeSet"),
    ],
};
const PROJECTION: View = View::List {
    items: "entries",
    name: "entry.name",
    columns: &[
        ("ENTRY", "entry.code"),
        ("TO", "target"),
        ("WHAT BECAME OF IT", "projectionClass"),
        ("HELD BACK", "heldBack"),
        ("MIND", "findings.0.message"),
    ],
};
/// What may have become of an entry, in words.
pub(super) const CLASSES: &str = "\
exact: the code holds just what the entry holds
widened: the code holds other goods too, which are not on the list
part-only: the code holds a part of the entry, or the entry was of a part of its code already
unknown: no link is known, or only links that are held back";
const DIFFERENCES: View = View::List {
    items: "differences",
    name: "code",
    columns: &[("CODE", "code"), ("KIND", "kind"), ("FIRST", "first.code"), ("SECOND", "second.code")],
};
const COMBINATION: View = View::List {
    items: "entries",
    name: "code",
    columns: &[("CODE", "code"), ("PART ONLY", "ex"), ("LISTS", "greenLists"), ("WHY", "findings.0.message")],
};
const FAULTS: View = View::List {
    items: "findings",
    name: "finding.code",
    columns: &[("FINDING", "finding.code"), ("ROWS", "rowCount"), ("WHAT", "finding.message"), ("WHICH", "which")],
};
/// What the JSON of faults has beside the table.
pub(super) const LINTED: &str = "\
In JSON and YAML each finding has up to a hundred of the rows that it is of: in `rows` their numbers, from 1, the line of \
column names not counted; in `codes` their codes; and of a file, in `lines`, the lines that they begin in, from 1, as an \
editor counts them. All in one order; `rowCount` is how many rows there are.";
/// So many faulty codes are named to people: of others the JSON has up to a hundred.
const NAMED: usize = 5;
const REFERENCE: View = View::List {
    items: "rows",
    name: "code",
    columns: &[
        ("CODE", "code"),
        ("PART ONLY", "ex"),
        ("WEIGHT", "weight"),
        ("LISTS", "greenLists"),
        ("WHY", "findings.0.message"),
    ],
};

pub(super) async fn versions(session: &Session, list: &str) -> anyhow::Result<Exit> {
    let mut lists = GreenListServiceClient::new(session.classification()?);
    let ask = async |page_size, page_token| {
        let page = ListGreenListVersionsRequest { name: name(list), page_size, page_token };
        lists.list_green_list_versions(page).await
    };
    session.list(VERSIONS, u64::MAX, ask).await
}

pub(super) async fn project(
    session: &Session,
    list: GreenListState,
    to: &str,
    held_back: bool,
    rows: u64,
) -> anyhow::Result<Exit> {
    let mut lists = GreenListServiceClient::new(session.classification()?);
    let request = ProjectGreenListRequest {
        green_list: Some(list),
        target_edition: edition(to),
        include_held_back: held_back,
        ..Default::default()
    };
    let ask = async |page_size, page_token| {
        let page = ProjectGreenListRequest { page_size, page_token, ..request.clone() };
        render::to_json(lists.project_green_list(page).await?.get_ref())
    };
    let done = session.list_shown(PROJECTION, rows, ask, |page| with_flag(page, "/entries", "/findings")).await?;
    if session.output() == Output::Table {
        render::talk(CLASSES);
    }
    Ok(done)
}

pub(super) async fn compare(
    session: &Session,
    first: GreenListState,
    second: GreenListState,
    within: Option<&str>,
    held_back: bool,
) -> anyhow::Result<Exit> {
    let mut lists = GreenListServiceClient::new(session.classification()?);
    let request = CompareGreenListsRequest {
        first: Some(first),
        second: Some(second),
        edition: within.map(edition).unwrap_or_default(),
        include_held_back: held_back,
        ..Default::default()
    };
    let mut findings = Vec::new();
    let ask = async |page_size, page_token| {
        let request = CompareGreenListsRequest { page_size, page_token, ..request.clone() };
        lists.compare_green_lists(request).await.inspect(|answer| findings.clone_from(&answer.get_ref().findings))
    };
    let done = session.list(DIFFERENCES, u64::MAX, ask).await?;
    if session.output() == Output::Table {
        findings.iter().for_each(|finding| render::talk(&format!("mind: {}", finding.message)));
    }
    Ok(done)
}

pub(super) async fn combine(
    session: &Session,
    operation: Operation,
    green_lists: Vec<GreenListState>,
    within: &str,
    rows: u64,
) -> anyhow::Result<Exit> {
    let mut lists = GreenListServiceClient::new(session.classification()?);
    let operation = match operation {
        Operation::Union => ListOperation::Union,
        Operation::Intersection => ListOperation::Intersection,
        Operation::Difference => ListOperation::Difference,
    };
    let request = CombineGreenListsRequest {
        operation: operation.into(),
        green_lists,
        edition: edition(within),
        ..Default::default()
    };
    let ask = async |page_size, page_token| {
        lists.combine_green_lists(CombineGreenListsRequest { page_size, page_token, ..request.clone() }).await
    };
    session.list(COMBINATION, rows, ask).await
}

pub(super) async fn lint(
    session: &Session,
    list: Option<&str>,
    file: Option<&Path>,
    column: Option<&str>,
    claimed: Option<&str>,
) -> anyhow::Result<Exit> {
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    if let Some(file) = file {
        let read = rows::read(file, column)?;
        render::talk(&read.told);
        (rows, lines) = (read.rows, read.lines);
    }
    let mut lists = GreenListServiceClient::new(session.classification()?);
    let request = LintGreenListRequest {
        name: list.map(name).unwrap_or_default(),
        rows,
        claimed_edition: claimed.map(edition).unwrap_or_default(),
        consistency: None,
    };
    let answer = lists.lint_green_list(request).await?.into_inner();
    let faulty = answer.findings.iter().filter_map(|found| found.finding.as_ref()).any(|found| found.code != "overlap");
    let mut value = render::to_json(&answer)?;
    let for_programs = matches!(session.output(), Output::Json | Output::Yaml);
    for (found, finding) in value["findings"].as_array_mut().into_iter().flatten().zip(&answer.findings) {
        if !lines.is_empty() {
            found["lines"] = finding.rows.iter().filter_map(|row| line_of(*row, &lines)).collect::<Vec<_>>().into();
        }
        if !for_programs {
            found["which"] = which(finding, &lines).into();
        }
    }
    render::print_value(session.output(), &value, FAULTS)?;
    Ok(if faulty { Exit::No } else { Exit::Done })
}

/// The line of a file that a row stands in; none where there is no file.
fn line_of(row: u32, lines: &[u64]) -> Option<u64> {
    usize::try_from(row).ok().and_then(|row| lines.get(row.checked_sub(1)?)).copied()
}

/// The first codes that a finding is about, in words.
fn which(finding: &LintFinding, lines: &[u64]) -> String {
    let named = finding.codes.iter().zip(&finding.rows).take(NAMED).map(|(code, row)| match line_of(*row, lines) {
        Some(line) => format!("{code} (line {line})"),
        None => code.clone(),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    // What concerns a list as a whole names no codes.
    match usize::try_from(finding.row_count).unwrap_or(usize::MAX).saturating_sub(NAMED) {
        more if more > 0 && !named.is_empty() => format!("{named}, and {more} more"),
        _ => named,
    }
}

/// What `greenlane list reference` was asked for.
pub(super) struct Reference {
    pub(super) lists: Vec<String>,
    pub(super) edition: String,
    pub(super) on: String,
    pub(super) threshold: f64,
    pub(super) parts: bool,
    pub(super) always: Vec<String>,
    pub(super) never: Vec<String>,
    pub(super) rows: u64,
}

pub(super) async fn reference(session: &Session, asked: Reference) -> anyhow::Result<Exit> {
    let mut lists = GreenListServiceClient::new(session.classification()?);
    let bare = asked.edition.strip_prefix("editions/").unwrap_or(&asked.edition);
    let code = |text: &String| code_of(bare, text);
    let request = BuildReferenceClassificationRequest {
        green_lists: asked.lists.iter().map(|list| weighted(list, &asked.on)).collect::<Result<_, _>>()?,
        edition: edition(&asked.edition),
        threshold: asked.threshold,
        include_widened: asked.parts,
        always: asked.always.iter().map(code).collect(),
        never: asked.never.iter().map(code).collect(),
        ..Default::default()
    };
    let ask = async |page_size, page_token| {
        lists
            .build_reference_classification(BuildReferenceClassificationRequest {
                page_size,
                page_token,
                ..request.clone()
            })
            .await
    };
    session.list(REFERENCE, asked.rows, ask).await
}

/// A code with its edition before it, as codes are named elsewhere; without, it is of the edition that is asked for.
fn code_of(edition: &str, text: &str) -> CodeReference {
    let of_edition = || CodeReference { edition: edition.to_owned(), code: text.to_owned() };
    input::parse_code(text).unwrap_or_else(|_| of_edition())
}

/// An edition's name from its name or its bare identifier.
fn edition(text: &str) -> String {
    if text.contains('/') { text.to_owned() } else { format!("editions/{text}") }
}

/// A list on a day, or today, with its version behind an `@` if not the current one.
pub(super) fn state(text: &str, on: &str) -> anyhow::Result<GreenListState> {
    let (list, version) = match text.split_once('@') {
        None => (text, 0),
        Some((list, version)) => {
            let number = version.parse().ok().filter(|number| *number > 0);
            (list, number.with_context(|| Usage(format!("{text}: a version is 1, 2, 3, …")))?)
        }
    };
    Ok(GreenListState { name: name(list), version, date: on.to_owned() })
}

/// A list with its weight behind an `=` if not 1.
fn weighted(text: &str, on: &str) -> anyhow::Result<WeightedList> {
    let (list, weight) = match text.split_once('=') {
        None => (text, 1.0),
        Some((list, weight)) => {
            (list, weight.parse().with_context(|| Usage(format!("{text}: a weight is a number above 0")))?)
        }
    };
    Ok(WeightedList { green_list: Some(state(list, on)?), weight })
}

#[cfg(test)]
mod tests {
    use super::code_of;

    #[test]
    fn a_code_to_take_in_any_case_may_name_its_edition_as_everywhere_else() {
        for (text, edition, code) in [
            ("010121", "HS2022", "010121"),
            ("HS2022:0101.21", "HS2022", "010121"),
            // The service says that it is of another.
            ("HS2017:010121", "HS2017", "010121"),
        ] {
            let found = code_of("HS2022", text);
            assert_eq!((found.edition.as_str(), found.code.as_str()), (edition, code), "{text}");
        }
    }
}
