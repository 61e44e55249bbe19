//! `greenlane recognise`: does a market recognise a certificate of these facts?

use clap::Args as ClapArgs;
use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{
        BatchRecogniseRequest, CertificateFacts, CertifiedScheme, RecogniseRequest, RecognitionOutcome,
        RecognitionQuestion, recognition_service_client::RecognitionServiceClient,
    },
};

use crate::client::{
    Session,
    exit::Exit,
    input, recognition,
    render::{self, Output, View},
};

/// Arguments of `greenlane recognise`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Exits with 0 when recognised (with or without conditions) or when no requirement applies, 10 when not recognised, \
recognised in part or for information only, 11 when undetermined.")]
pub(crate) struct Args {
    /// What was certified: a scheme, as SCHEME or SCHEME=LEVEL. May be repeated.
    #[arg(long = "scheme", value_name = "SCHEME[=LEVEL]")]
    schemes: Vec<String>,
    /// What was certified: a standard edition, such as "IEC 61215-1:2021". May be repeated.
    #[arg(long = "standard", value_name = "EDITION", required_unless_present = "schemes")]
    standards: Vec<String>,
    /// The issuing body, bodies/ID.
    #[arg(long)]
    body: String,
    /// The economy of the issuing body.
    #[arg(long, value_name = "ECONOMY")]
    body_economy: String,
    /// When it was granted.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    granted_on: String,
    /// Commodity code of the goods with its edition: HS2022:854143.
    #[arg(long, value_parser = input::parse_code, value_name = "EDITION:CODE")]
    code: CodeReference,
    /// Economy of origin of the goods.
    #[arg(long, value_name = "ECONOMY")]
    origin: String,
    /// Economy of import. May be repeated: one answer each.
    #[arg(long = "destination", value_name = "ECONOMY", required = true)]
    destinations: Vec<String>,
    /// The date that counts [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    date: String,
}

const DECISION: View = View::Record { at: "decision", name: "decisionId", fields: &[] };
const DECISIONS: View = View::List { items: "decisions", name: "decisionId", columns: &[] };

/// Asks about each market, prints, and tells the first outcome that is no plain yes by the exit code.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let mut recognition = RecognitionServiceClient::new(session.equivalence()?);
    let certificate = CertificateFacts {
        schemes: args.schemes.iter().map(|text| scheme(text)).collect(),
        standard_editions: args.standards,
        body: args.body,
        body_economy: args.body_economy,
        granted_on: args.granted_on,
        ..Default::default()
    };
    let question = |destination: &String| RecognitionQuestion {
        certificate: Some(certificate.clone()),
        code: Some(args.code.clone()),
        origin: args.origin.clone(),
        destination: destination.clone(),
        date: args.date.clone(),
    };
    let decisions = match args.destinations.as_slice() {
        [one] => {
            let request = RecogniseRequest { question: Some(question(one)), explain: true, ..Default::default() };
            let answer = recognition.recognise(request).await?.into_inner();
            if session.output() != Output::Table {
                session.print(&answer, DECISION)?;
            }
            answer.decision.into_iter().collect()
        }
        several => {
            let questions = several.iter().map(question).collect();
            let request = BatchRecogniseRequest { questions, explain: true, ..Default::default() };
            let answer = recognition.batch_recognise(request).await?.into_inner();
            if session.output() != Output::Table {
                session.print(&answer, DECISIONS)?;
            }
            answer.decisions
        }
    };
    if session.output() == Output::Table {
        let destinations = args.destinations.iter().map(String::as_str);
        render::write(&recognition::table(destinations.zip(&decisions)))?;
    }
    let exits = decisions.iter().map(|decision| exit_of(decision.outcome()));
    Ok(exits.fold(if decisions.is_empty() { Exit::Undetermined } else { Exit::Done }, worse))
}

pub(super) fn scheme(text: &str) -> CertifiedScheme {
    let (scheme, level) = text.split_once('=').unwrap_or((text, ""));
    CertifiedScheme { scheme: scheme.to_owned(), level: level.to_owned() }
}

fn exit_of(outcome: RecognitionOutcome) -> Exit {
    match outcome {
        RecognitionOutcome::Recognised
        | RecognitionOutcome::RecognisedOnConditions
        | RecognitionOutcome::NoRequirementApplies => Exit::Done,
        RecognitionOutcome::Partial | RecognitionOutcome::InformationOnly | RecognitionOutcome::NotRecognised => {
            Exit::No
        }
        RecognitionOutcome::Undetermined | RecognitionOutcome::Unspecified => Exit::Undetermined,
    }
}

fn worse(one: Exit, other: Exit) -> Exit {
    if one == Exit::Done { other } else { one }
}
