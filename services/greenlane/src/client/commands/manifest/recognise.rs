//! `greenlane manifest recognise`: what a market makes of each line, in one stream.

use std::collections::BTreeMap;

use clap::Args;
use greenlane_api::equivalence::v1::{
    CertificateFacts, RecognitionDecision, RecognitionOutcome, RecognitionQuestion, StreamRecogniseRequest,
    StreamRecogniseResponse, recognition_service_client::RecognitionServiceClient, stream_recognise_response::Answer,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    AHEAD, Lines,
    printed::Printed,
    rows::{self, Columns, or},
};
use crate::client::{
    Session,
    commands::recognise::{
        self,
        object::{self, Object},
    },
    exit::Exit,
    input, progress, recognition,
    render::{self, Output, View, sentences},
};

/// Arguments of `greenlane manifest recognise`.
#[derive(Args, Debug)]
#[command(after_help = "\
Columns of the file, in any order: scheme (SCHEME or SCHEME=LEVEL) and standard, either of them several with `;` between \
them; body, body_economy, granted_on, object (the kind of result: test-report, inspection-report, certificate or \
mark-or-label; a certificate where it is empty), code (EDITION:CODE), origin, destination, date, placed_on_market_on, \
manufactured_on. body, body_economy, code and origin must be there.

Exits with 0 when every line is recognised, with or without conditions, or nothing is demanded, 10 when one is not or \
cannot be asked about, else 11 when one is undetermined.

Example:
  greenlane manifest recognise portfolio.csv --destination XB -o csv > decisions.csv")]
pub(crate) struct Recognise {
    #[command(flatten)]
    lines: Lines,
}

const DECISIONS: View = View::List {
    items: "lines",
    name: "decisionId",
    columns: &[("LINE", "line"), ("DESTINATION", "destination"), ("OUTCOME", "outcome"), ("WHY", "why")],
};

/// The columns of a portfolio.
const COLUMNS: Columns = Columns {
    demanded: &["body", "body_economy", "code", "origin"],
    known: &[
        "scheme",
        "standard",
        "object",
        "granted_on",
        "destination",
        "date",
        "placed_on_market_on",
        "manufactured_on",
    ],
};

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    scheme: String,
    #[serde(default)]
    standard: String,
    body: String,
    body_economy: String,
    #[serde(default)]
    object: String,
    #[serde(default)]
    granted_on: String,
    code: String,
    origin: String,
    #[serde(default)]
    destination: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    placed_on_market_on: String,
    #[serde(default)]
    manufactured_on: String,
}

/// How many there are of each outcome, by its words; and how many lines were no questions.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<&'static str, u64>,
    closed: u64,
    undetermined: u64,
    faulty: u64,
}

pub(super) async fn run(session: &Session, Recognise { lines: mut args }: Recognise) -> anyhow::Result<Exit> {
    args.settle(session);
    let total = progress::lines(&args.file).map(|lines| lines.saturating_sub(1));
    let only_faults = args.faults;
    let (sender, requests) = mpsc::channel::<StreamRecogniseRequest>(AHEAD);
    // What is told of a line beside its decision: none of these is in the answer.
    let (asked, mut beside) = mpsc::unbounded_channel::<Asked>();
    let reading = input::beside(move || {
        rows::read(&args.file, &COLUMNS, |line, row: Result<Row, String>| {
            let own = row.as_ref().map(|row| row.destination.clone()).unwrap_or_default();
            let destination = or(own, &args.destination);
            match row.and_then(|row| question(row, &destination, &args.date)) {
                Ok(question) => {
                    let request = StreamRecogniseRequest {
                        sequence: line,
                        question: Some(question),
                        explain: true,
                        ..Default::default()
                    };
                    asked.send(Asked { line, destination, fault: None }).is_ok()
                        && sender.blocking_send(request).is_ok()
                }
                Err(fault) => asked.send(Asked { line, destination, fault: Some(fault) }).is_ok(),
            }
        })
    });
    let mut service = RecognitionServiceClient::new(session.equivalence()?);
    let mut answers = service.stream_recognise(ReceiverStream::new(requests)).await?.into_inner();
    let bar = progress::bar(total, "lines");
    let (mut tally, mut printed) = (Tally::default(), Printed::new(session, DECISIONS)?);
    while let Some(answer) = printed.next(&mut answers).await? {
        // Answers come in the order of the questions; between two of them are the lines that were none.
        while let Some(asked) = beside.recv().await {
            let own = asked.fault.is_none();
            let (line, open) = tally.line(&asked, own.then_some(&answer), session.output())?;
            bar.inc(1);
            if !(only_faults && open) {
                printed.push(line);
            }
            if own {
                break;
            }
        }
    }
    bar.finish_and_clear();
    if printed.is_closed() {
        return Ok(tally.exit());
    }
    reading.await??;
    while let Ok(asked) = beside.try_recv() {
        printed.push(tally.line(&asked, None, session.output())?.0);
    }
    printed.end(json!({ "outcomes": tally.outcomes, "faulty": tally.faulty }))?;
    render::talk(&tally.text());
    Ok(tally.exit())
}

/// A line that was read.
struct Asked {
    line: u64,
    destination: String,
    /// Why it is no question.
    fault: Option<String>,
}

fn question(row: Row, destination: &str, date: &str) -> Result<RecognitionQuestion, String> {
    let several = |text: &str| -> Vec<String> {
        text.split(';').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    };
    let object = (!row.object.is_empty()).then(|| Object::parse(&row.object)).transpose()?;
    Ok(RecognitionQuestion {
        certificate: Some(CertificateFacts {
            schemes: several(&row.scheme).iter().map(|text| recognise::scheme(text)).collect(),
            standard_editions: several(&row.standard),
            body: if row.body.is_empty() { row.body } else { input::parse_body(&row.body)? },
            body_economy: row.body_economy,
            object: object::asked(object).into(),
            granted_on: row.granted_on,
        }),
        code: Some(rows::parse_code(&row.code)?),
        origin: row.origin,
        destination: destination.to_owned(),
        date: or(row.date, date),
        placed_on_market_on: row.placed_on_market_on,
        manufactured_on: row.manufactured_on,
    })
}

impl Tally {
    /// The line of an answer, and whether it is a yes.
    fn line(
        &mut self,
        asked: &Asked,
        answer: Option<&StreamRecogniseResponse>,
        output: Output,
    ) -> anyhow::Result<(Value, bool)> {
        let Asked { line, destination, fault } = asked;
        let decision = match answer.and_then(|answer| answer.answer.as_ref()) {
            Some(Answer::Decision(decision)) => decision,
            other => {
                self.faulty += 1;
                let refused = match other {
                    Some(Answer::Refused(refused)) => {
                        let fields = refused.fields.iter().map(|(field, why)| format!("{}: {why}", column(field)));
                        let fields = fields.collect::<Vec<_>>().join("; ");
                        if fields.is_empty() { refused.message.clone() } else { fields }
                    }
                    _ => "the service gave no answer".to_owned(),
                };
                let why = fault.clone().unwrap_or(refused);
                let line = json!({ "line": line, "destination": destination, "decisionId": "", "outcome": "FAULTY",
                    "why": why });
                return Ok((line, false));
            }
        };
        let (of, demand) = (decision.outcome(), decision.demand());
        *self.outcomes.entry(recognition::words(of, demand)).or_default() += 1;
        let outcome = recognition::entry(of, demand);
        let open = recognition::is_open(outcome);
        match outcome {
            RecognitionOutcome::Undetermined | RecognitionOutcome::Unspecified => self.undetermined += 1,
            _ => self.closed += u64::from(!open),
        }
        Ok((told(*line, destination, decision, output)?, open))
    }

    fn exit(&self) -> Exit {
        match (self.closed + self.faulty, self.undetermined) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::Undetermined,
            _ => Exit::No,
        }
    }

    fn text(&self) -> String {
        let outcomes = self.outcomes.iter().map(|(outcome, number)| format!("{number} {outcome}"));
        let faulty = (self.faulty > 0).then(|| format!("{} faulty", self.faulty));
        outcomes.chain(faulty).collect::<Vec<_>>().join(", ")
    }
}

/// The column that a field of the question is made of.
fn column(field: &str) -> &str {
    let field = field.trim_start_matches("question.").trim_start_matches("certificate.");
    match field.split(['.', '[']).next().unwrap_or(field) {
        "schemes" => "scheme",
        "standard_editions" => "standard",
        column => column,
    }
}

/// A decision as a line: its outcome, and why. Programs get the decision too.
fn told(line: u64, destination: &str, decision: &RecognitionDecision, output: Output) -> anyhow::Result<Value> {
    let mut told = json!({
        "line": line,
        "destination": destination,
        "decisionId": decision.decision_id,
        "outcome": recognition::words(decision.outcome(), decision.demand()),
        "why": sentences(recognition::reasons(decision).iter().map(String::as_str)),
    });
    if matches!(output, Output::Json | Output::Yaml) {
        told["decision"] = render::to_json(decision)?;
    }
    Ok(told)
}
