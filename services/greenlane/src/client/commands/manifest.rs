//! `greenlane manifest`: the certificates of a shipment or of a night, line by line, in one stream.

mod rows;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use greenlane_api::registry::v1::{
    PartOutcome, StreamVerifyRequest, StreamVerifyResponse, Verdict, VerdictOutcome, VerdictPart,
    verification_service_client::VerificationServiceClient, verify_result::Result as Answer,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::client::{
    Session,
    exit::Exit,
    progress,
    render::{self, Output, View, pages::Pages},
    verdict,
};

/// Lines that are read ahead of the service.
const AHEAD: usize = 1_024;
/// Answers that are printed together.
const TOGETHER: usize = 200;

/// `greenlane manifest …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Verify each line of a CSV file.
    Verify(Verify),
}

/// Arguments of `greenlane manifest verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Columns of the file, in any order: certificate (a number, or the text of a QR code), and for the goods code \
(EDITION:CODE), origin, destination, date, model, gtin, batch, serial. Only certificate must be there.

Exits with 0 when every line is accepted, 10 when one is refused or cannot be asked about, else 11 when one is \
undetermined.

Example:
  greenlane manifest verify manifest.csv --destination XB -o csv > verdicts.csv")]
pub(crate) struct Verify {
    /// The file; `-` is stdin.
    file: PathBuf,
    /// Economy of import of the lines that name none.
    #[arg(long, value_name = "ECONOMY", default_value = "", hide_default_value = true)]
    destination: String,
    /// The date that counts for lines that name none [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    date: String,
    /// Only the lines that are not accepted.
    #[arg(long)]
    faults: bool,
}

const LINES: View = View::List {
    items: "lines",
    name: "certificate",
    columns: &[("LINE", "line"), ("CERTIFICATE", "certificate"), ("OUTCOME", "outcome"), ("WHY", "why")],
};

/// How many there are of each outcome.
#[derive(Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    undetermined: u64,
    faulty: u64,
}

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Verify(args) => verify(session, args).await,
    }
}

async fn verify(session: &Session, args: Verify) -> anyhow::Result<Exit> {
    let total = progress::lines(&args.file).map(|lines| lines.saturating_sub(1));
    let only_faults = args.faults;
    let (sender, requests) = mpsc::channel::<StreamVerifyRequest>(AHEAD);
    let (bad, mut unreadable) = mpsc::unbounded_channel();
    // Reading a file blocks, so it has a thread of its own.
    let reading = tokio::task::spawn_blocking(move || {
        rows::read(&args.file, &args.destination, &args.date, |row| match row {
            Ok(request) => sender.blocking_send(request).is_ok(),
            Err(fault) => bad.send(fault).is_ok(),
        })
    });
    let mut service = VerificationServiceClient::new(session.registry()?);
    let mut answers = service.stream_verify(ReceiverStream::new(requests)).await?.into_inner();
    let bar = progress::bar(total, "lines");
    let mut pages = Pages::new(session.output(), LINES, std::io::stdout())?;
    let (mut tally, mut page) = (Tally::default(), Vec::new());
    while let Some(answer) = answers.message().await? {
        let accepted = tally.count(&answer);
        bar.inc(1);
        if !(only_faults && accepted) {
            page.push(line(&answer, session.output())?);
        }
        if page.len() == TOGETHER && !pages.page(&json!({ "lines": std::mem::take(&mut page) }))? {
            return Ok(tally.exit());
        }
    }
    bar.finish_and_clear();
    reading.await??;
    while let Ok((line, why)) = unreadable.try_recv() {
        tally.faulty += 1;
        page.push(json!({ "line": line, "certificate": "", "outcome": "FAULTY", "why": why }));
    }
    let last = json!({ "lines": page, "accepted": tally.accepted, "refused": tally.refused,
        "undetermined": tally.undetermined, "faulty": tally.faulty });
    if pages.page(&last)? {
        pages.end(&last)?;
    }
    render::talk(&format!(
        "{} accepted, {} refused, {} undetermined, {} faulty",
        tally.accepted, tally.refused, tally.undetermined, tally.faulty
    ));
    Ok(tally.exit())
}

impl Tally {
    /// Counts an answer; whether it is accepted.
    fn count(&mut self, answer: &StreamVerifyResponse) -> bool {
        let outcome = verdict_of(answer).map(Verdict::outcome);
        match outcome {
            Some(VerdictOutcome::Accepted | VerdictOutcome::AcceptedOnConditions) => self.accepted += 1,
            Some(VerdictOutcome::Refused) => self.refused += 1,
            Some(VerdictOutcome::Undetermined | VerdictOutcome::Unspecified) => self.undetermined += 1,
            None => self.faulty += 1,
        }
        matches!(outcome, Some(VerdictOutcome::Accepted | VerdictOutcome::AcceptedOnConditions))
    }

    fn exit(&self) -> Exit {
        match (self.refused + self.faulty, self.undetermined) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::Undetermined,
            _ => Exit::No,
        }
    }
}

fn verdict_of(answer: &StreamVerifyResponse) -> Option<&Verdict> {
    match answer.result.as_ref()?.result.as_ref()? {
        Answer::Response(response) => response.verdict.as_ref(),
        Answer::Error(_) => None,
    }
}

/// An answer as a line: its outcome, and why it is not a plain yes. Programs get the verdict too.
fn line(answer: &StreamVerifyResponse, output: Output) -> anyhow::Result<Value> {
    let (number, named) = answer.tag.split_once(' ').unwrap_or((&answer.tag, ""));
    let number: u64 = number.parse().unwrap_or_default();
    let Some(found) = verdict_of(answer) else {
        let error = answer.result.as_ref().and_then(|result| match &result.result {
            Some(Answer::Error(error)) => Some(error.clone()),
            _ => None,
        });
        let error = error.unwrap_or_default();
        // The message repeats what is wrong with the fields.
        let fields = error.field_violations.iter().map(|it| format!("{}: {}", it.field, it.description));
        let fields = fields.collect::<Vec<_>>().join("; ");
        let why = if fields.is_empty() { error.message } else { fields };
        return Ok(json!({ "line": number, "certificate": named, "outcome": "FAULTY", "why": why }));
    };
    let certificate = if found.certificate.is_empty() { named } else { &found.certificate };
    let mut line = json!({
        "line": number,
        "certificate": certificate,
        "outcome": verdict::outcome(found),
        "why": why(found),
    });
    if matches!(output, Output::Json | Output::Yaml) {
        line["verdict"] = render::to_json(found)?;
    }
    Ok(line)
}

/// The first reason of each part that is not a plain yes.
fn why(verdict: &Verdict) -> String {
    let open = |part: &&VerdictPart| {
        matches!(part.outcome(), PartOutcome::No | PartOutcome::Undetermined | PartOutcome::YesOnConditions)
    };
    let parts =
        verdict::parts(verdict).into_iter().filter_map(|(name, part)| Some((name, part.filter(|it| open(it))?)));
    let reasons = parts.map(|(name, part)| {
        let reason = part.findings.first().map(|finding| finding.message.as_str()).unwrap_or_default();
        format!("{name}: {reason}")
    });
    reasons.collect::<Vec<_>>().join(" ")
}
