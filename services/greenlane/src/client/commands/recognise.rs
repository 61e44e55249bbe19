//! `greenlane recognise`: does a market recognise a certificate of these facts?

use clap::Args as ClapArgs;
use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{
        CertificateFacts, CertifiedScheme, RecogniseRequest, RecogniseResponse, RecognitionOutcome,
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
    /// When it was granted, YYYY-MM-DD.
    #[arg(long, default_value = "", hide_default_value = true)]
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

const DECISION: View = View::Record { at: "decision", fields: &[] };

/// Asks each market, prints, and tells the worst outcome by the exit code.
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
    let mut worst = Exit::Done;
    for destination in args.destinations {
        let question = RecognitionQuestion {
            certificate: Some(certificate.clone()),
            code: Some(args.code.clone()),
            origin: args.origin.clone(),
            destination: destination.clone(),
            date: args.date.clone(),
        };
        let request = RecogniseRequest { question: Some(question), explain: true, ..Default::default() };
        let answer = recognition.recognise(request).await?.into_inner();
        print(session, &destination, &answer)?;
        worst = worse(worst, exit_of(&answer));
    }
    Ok(worst)
}

fn scheme(text: &str) -> CertifiedScheme {
    let (scheme, level) = text.split_once('=').unwrap_or((text, ""));
    CertifiedScheme { scheme: scheme.to_owned(), level: level.to_owned() }
}

fn print(session: &Session, destination: &str, answer: &RecogniseResponse) -> anyhow::Result<()> {
    match (session.output(), &answer.decision) {
        (Output::Table, Some(decision)) => render::write(&recognition::table(destination, decision)),
        (Output::Name, Some(decision)) => render::write(&format!("{}\n", decision.decision_id)),
        (output, _) => render::print(output, answer, DECISION),
    }
}

fn exit_of(answer: &RecogniseResponse) -> Exit {
    let outcome = answer.decision.as_ref().map_or(RecognitionOutcome::Unspecified, |decision| decision.outcome());
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
