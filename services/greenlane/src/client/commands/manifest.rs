//! `greenlane manifest`: the certificates of a shipment or of a night, line by line, in one stream.

mod printed;
mod recognise;
mod rows;

use std::{collections::VecDeque, path::PathBuf};

use clap::{Args, Subcommand};
use greenlane_api::registry::v1::{
    StreamVerifyRequest, StreamVerifyResponse, VerifyResponse, verification_service_client::VerificationServiceClient,
    verify_result::Result as Answer,
};
use greenlane_platform::clock::Clock;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use self::printed::Printed;
use crate::client::{
    Session,
    exit::Exit,
    input, progress,
    render::{self, Output, View},
    verdict::{self, line::Tally},
};

/// Lines that are read ahead of the service.
const AHEAD: usize = 1_024;

/// `greenlane manifest …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Verify each line of a CSV file.
    Verify(Verify),
    /// Decide for each line of a CSV file whether the market recognises what was certified.
    Recognise(recognise::Recognise),
}

/// Arguments of `greenlane manifest verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Columns of the file, in any order: certificate (a number, or the text of a QR code), and for the goods code \
(EDITION:CODE), origin, destination, date, placed_on_market_on, manufactured_on, model, gtin, batch, serial. Only \
certificate must be there; a line without a code asks about the certificate alone.

Exits with 0 when every line is accepted, 10 when one is refused or cannot be asked about, else 11 when one is \
undetermined.

Example:
  greenlane manifest verify manifest.csv --destination XB -o csv > verdicts.csv")]
pub(crate) struct Verify {
    #[command(flatten)]
    lines: Lines,
}

/// The file, and what counts for all of its lines.
#[derive(Args, Debug)]
struct Lines {
    /// The file; `-` is stdin.
    file: PathBuf,
    /// Economy of import of the lines that name none [default: the context's].
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, default_value = "", hide_default_value = true)]
    destination: String,
    /// The date that counts for lines that name none [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    date: String,
    /// Only the lines whose answer is not yes.
    #[arg(long)]
    faults: bool,
}

impl Lines {
    /// What the context says where nothing else does.
    fn settle(&mut self, session: &Session) {
        if self.destination.is_empty() {
            self.destination = session.economy().unwrap_or_default().to_owned();
        }
    }
}

const VERDICTS: View = View::List {
    items: "lines",
    name: "certificate",
    columns: &[("LINE", "line"), ("CERTIFICATE", "certificate"), ("OUTCOME", "outcome"), ("WHY", "why")],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Verify(args) => verify(session, args.lines).await,
        Command::Recognise(args) => recognise::run(session, args).await,
    }
}

async fn verify(session: &Session, mut args: Lines) -> anyhow::Result<Exit> {
    args.settle(session);
    let total = progress::lines(&args.file).map(|lines| lines.saturating_sub(1));
    let only_faults = args.faults;
    let (sender, requests) = mpsc::channel::<StreamVerifyRequest>(AHEAD);
    let (bad, mut unreadable) = mpsc::unbounded_channel();
    let reading = input::beside(move || {
        rows::read(&args.file, &rows::COLUMNS, |line, row: Result<rows::Row, String>| {
            let certificate = row.as_ref().map(|row| row.certificate.clone()).unwrap_or_default();
            match row.and_then(|row| rows::request(line, row, &args.destination, &args.date)) {
                Ok(request) => sender.blocking_send(request).is_ok(),
                Err(fault) => bad.send((line, certificate, fault)).is_ok(),
            }
        })
    });
    let mut service = VerificationServiceClient::new(session.registry()?);
    let mut answers = service.stream_verify(ReceiverStream::new(requests)).await?.into_inner();
    let bar = progress::bar(total, "lines");
    let (mut tally, mut printed) = (Tally::default(), Printed::new(session, VERDICTS)?);
    let (mut faults, mut latest) = (VecDeque::new(), String::new());
    while let Some(answer) = printed.next(&mut answers).await? {
        // Answers come in the order of the questions; between two of them are the lines that were none.
        faults.extend(std::iter::from_fn(|| unreadable.try_recv().ok()));
        let mark = Mark::of(&answer);
        while faults.front().is_some_and(|(line, ..)| *line < mark.line) {
            tally.faulty += 1;
            faults.pop_front().into_iter().for_each(|fault| printed.push(faulty(fault)));
        }
        bar.inc(1);
        if let Err(why) = judged(&mark, &answer) {
            tally.faulty += 1;
            printed.push(faulty((mark.line, mark.named.to_owned(), why)));
            continue;
        }
        // As texts they are in the order of the days.
        if let Some(day) = day_of(&answer).filter(|day| **day > *latest) {
            day.clone_into(&mut latest);
        }
        let accepted = tally.count(answer.result.as_ref());
        if !(only_faults && accepted) {
            printed.push(line(&mark, &answer, session.output())?);
        }
    }
    bar.finish_and_clear();
    if printed.is_closed() {
        return Ok(tally.exit());
    }
    reading.await??;
    faults.extend(std::iter::from_fn(|| unreadable.try_recv().ok()));
    for fault in faults {
        tally.faulty += 1;
        printed.push(faulty(fault));
    }
    printed.end(json!({ "accepted": tally.accepted, "refused": tally.refused, "undetermined": tally.undetermined,
        "faulty": tally.faulty }))?;
    if let Some(ahead) = verdict::ahead(&latest, Clock::system().today()) {
        render::talk(&ahead);
    }
    render::talk(&tally.text());
    Ok(tally.exit())
}

/// A line that is no question.
fn faulty((line, certificate, why): (u64, String, String)) -> Value {
    json!({ "line": line, "certificate": certificate, "outcome": "FAULTY", "why": why })
}

/// What a line asked: its number, the day, and the certificate that it names.
struct Mark<'a> {
    line: u64,
    day: &'a str,
    named: &'a str,
}

impl<'a> Mark<'a> {
    fn of(answer: &'a StreamVerifyResponse) -> Self {
        let mut parts = answer.tag.splitn(3, ' ');
        let mut next = || parts.next().unwrap_or_default();
        Self { line: next().parse().unwrap_or_default(), day: next(), named: next() }
    }
}

fn verified(answer: &StreamVerifyResponse) -> Option<&VerifyResponse> {
    match answer.result.as_ref()?.result.as_ref()? {
        Answer::Response(response) => Some(response),
        Answer::Error(_) => None,
    }
}

/// An answer, or why it is none: the registry judged another day.
fn judged(mark: &Mark<'_>, answer: &StreamVerifyResponse) -> Result<(), String> {
    verified(answer).map_or(Ok(()), |response| verdict::of_the_day(mark.day, response))
}

/// The day of a verdict.
fn day_of(answer: &StreamVerifyResponse) -> Option<&str> {
    Some(verified(answer)?.verdict.as_ref()?.date.as_str())
}

/// An answer with the line that asked.
fn line(mark: &Mark<'_>, answer: &StreamVerifyResponse, output: Output) -> anyhow::Result<Value> {
    let mut line = verdict::line::line(mark.named, answer.result.as_ref(), output)?;
    line["line"] = json!(mark.line);
    // That goods and market have no say is no news where there are none.
    if line["why"] == "" && verdict::line::is_without_goods(answer.result.as_ref()) {
        line["why"] = "only the certificate was asked about: no code".into();
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use greenlane_api::registry::v1::{Verdict, VerifyResult};

    use super::*;

    #[test]
    fn a_verdict_of_another_day_than_the_line_asks_about_is_none() {
        let answer = |tag: &str| {
            let verdict = Verdict { date: "2026-11-27".into(), ..Default::default() };
            let response = VerifyResponse { verdict: Some(verdict), ..Default::default() };
            let result = VerifyResult { result: Some(Answer::Response(response)) };
            StreamVerifyResponse { tag: tag.into(), result: Some(result) }
        };
        let judged = |tag: &str| {
            let answer = answer(tag);
            let mark = Mark::of(&answer);
            assert_eq!((mark.line, mark.named), (7, "GLXA 1"), "{tag}");
            super::judged(&mark, &answer)
        };
        assert_eq!(judged("7  GLXA 1"), Ok(()));
        assert_eq!(judged("7 2026-11-27 GLXA 1"), Ok(()));
        let other = judged("7 2027-01-01 GLXA 1").unwrap_err();
        assert!(other.contains("judged the day 2026-11-27 and not 2027-01-01"), "{other}");
    }
}
