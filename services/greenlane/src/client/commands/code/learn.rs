//! `greenlane code suggest` and `greenlane code teach`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use greenlane_api::{
    classification::v1::{
        CodeCandidate, SuggestCodesRequest, SuggestCodesResponse, TaughtExample, TeachClassificationsRequest,
        TeachClassificationsResponse, lookup_service_client::LookupServiceClient,
    },
    common::v1::{CodeReference, Source},
};
use serde::Deserialize;

use crate::client::{
    Confirm, Mutation, Session,
    exit::{Exit, Usage},
    render::{self, Output, View},
};

/// Examples in one request.
const BATCH: usize = 1_000;

/// Arguments of `greenlane code suggest`.
#[derive(Args, Debug)]
#[command(after_help = "\
CONFIDENCE is how likely a code is the right one, 0 to 1; FROM EXAMPLES, how much of that is owed to examples which \
`greenlane code teach` has taught; NEAREST EXAMPLE, the one that counted most.")]
pub(crate) struct Suggest {
    /// The goods in plain words.
    #[arg(required = true)]
    words: Vec<String>,
    /// Edition of the codes to suggest.
    #[arg(long, default_value = "HS2022")]
    edition: String,
    /// As if on this day: what was decided later does not count. Today when not given.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    date: String,
    /// Only codes on this green list, greenLists/ID. May be repeated.
    #[arg(long = "list", value_name = "LIST")]
    lists: Vec<String>,
    /// At most this many, 1 to 100.
    #[arg(long, default_value_t = 10)]
    limit: i32,
}

/// Arguments of `greenlane code teach`.
#[derive(Args, Debug)]
pub(crate) struct Teach {
    /// Examples as YAML or JSON (greenlane.classification.v1.TeachClassificationsRequest), or as CSV with the columns
    /// description, edition, code, decided_on, source_uri, source_note.
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    mutation: Mutation,
}

const CANDIDATES: View = View::List {
    items: "candidates",
    name: "code.reference",
    columns: &[("CODE", "code.display"), ("CONFIDENCE", "confidence"), ("ENGLISH", "code.descriptions.0.text")],
};
/// The same where something was taught.
const TAUGHT: View = View::List {
    items: "candidates",
    name: "code.reference",
    columns: &[
        ("CODE", "code.display"),
        ("CONFIDENCE", "confidence"),
        ("FROM EXAMPLES", "taughtLift"),
        ("ENGLISH", "code.descriptions.0.text"),
        ("NEAREST EXAMPLE", "examples.0.description"),
    ],
};
const LEARNED: View =
    View::Record { at: "", name: "revision", fields: &[("Learned", "learned"), ("Revision", "revision")] };

/// Suggests.
pub(crate) async fn suggest(session: &Session, args: Suggest) -> anyhow::Result<Exit> {
    let lists = args.lists.into_iter().map(|list| if list.contains('/') { list } else { format!("greenLists/{list}") });
    let request = SuggestCodesRequest {
        description: args.words.join(" "),
        edition: args.edition,
        date: args.date,
        green_lists: lists.collect(),
        max_candidates: args.limit,
        ..Default::default()
    };
    let mut lookup = LookupServiceClient::new(session.classification()?);
    let mut answer = lookup.suggest_codes(request).await?.into_inner();
    if session.output() == Output::Table {
        render::write(&remarks(&answer))?;
        // People read three digits.
        for candidate in &mut answer.candidates {
            candidate.confidence = (candidate.confidence * 1_000.0).round() / 1_000.0;
            candidate.taught_lift = (candidate.taught_lift * 1_000.0).round() / 1_000.0;
        }
    }
    // Where nothing was taught nobody asks what examples did. Tables for programs have always the same columns.
    let taught = |candidate: &CodeCandidate| !candidate.examples.is_empty();
    let plain = session.output() == Output::Table && !answer.candidates.iter().any(taught);
    session.print(&answer, if plain { CANDIDATES } else { TAUGHT })
}

fn remarks(answer: &SuggestCodesResponse) -> String {
    let mut text = String::new();
    if answer.cannot_tell {
        text.push_str("Cannot tell from this description.\n");
    }
    for finding in &answer.findings {
        text.push_str(&format!("mind: {}\n", finding.message));
    }
    if !answer.question.is_empty() {
        text.push_str(&format!("{}\n", answer.question));
    }
    text
}

/// Teaches.
pub(crate) async fn teach(session: &Session, mut args: Teach) -> anyhow::Result<Exit> {
    args.confirm.settle(&mut args.mutation);
    let examples = examples(session, &args.file)?;
    let id = session.request_id(&args.mutation);
    let mut lookup = LookupServiceClient::new(session.classification()?);
    let mut answer = TeachClassificationsResponse::default();
    let batches = examples.len().div_ceil(BATCH);
    for (number, batch) in examples.chunks(BATCH).enumerate() {
        // Each batch is a request of its own: a repetition of the command repeats all of them safely.
        let request_id = if batches == 1 { id.clone() } else { format!("{id}.{number}") };
        let request =
            TeachClassificationsRequest { request_id, validate_only: args.mutation.dry_run, examples: batch.to_vec() };
        let taught = lookup.teach_classifications(request).await?.into_inner();
        answer.learned += taught.learned;
        answer.revision = taught.revision;
    }
    session.print(&answer, LEARNED)
}

#[derive(Deserialize)]
struct Row {
    description: String,
    edition: String,
    code: String,
    decided_on: String,
    #[serde(default)]
    source_uri: String,
    #[serde(default)]
    source_note: String,
}

impl From<Row> for TaughtExample {
    fn from(row: Row) -> Self {
        Self {
            description: row.description,
            code: Some(CodeReference { edition: row.edition, code: row.code }),
            decided_on: row.decided_on,
            source: Some(Source { uri: row.source_uri, note: row.source_note, ..Source::default() }),
        }
    }
}

fn examples(session: &Session, path: &Path) -> anyhow::Result<Vec<TaughtExample>> {
    let examples = if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        let mut reader = csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
        let rows: Result<Vec<Row>, csv::Error> = reader.deserialize().collect();
        rows.with_context(|| Usage(format!("{} is no table of examples", path.display())))?
            .into_iter()
            .map(TaughtExample::from)
            .collect()
    } else {
        session.read_message::<TeachClassificationsRequest>(path, "")?.examples
    };
    if examples.is_empty() {
        anyhow::bail!(Usage(format!("{} has no examples", path.display())));
    }
    Ok(examples)
}
