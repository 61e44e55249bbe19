//! `greenlane recognise`: does a market recognise a certificate of these facts?

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{
        BatchRecogniseRequest, BatchRecogniseResponse, CertificateFacts, CertifiedScheme, RecogniseRequest,
        RecognitionDecision, RecognitionOutcome, RecognitionQuestion,
        recognition_service_client::RecognitionServiceClient,
    },
};

use crate::client::{
    Session,
    complete::Named,
    exit::Exit,
    input,
    offline::OfflinePack,
    recognition,
    render::{self, Output, View},
};

/// Arguments of `greenlane recognise`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Exits with 0 when recognised (with or without conditions) or when no requirement applies, 10 when not recognised, \
recognised in part or for information only, 11 when undetermined.")]
pub(crate) struct Args {
    /// What was certified: a scheme, as SCHEME or SCHEME=LEVEL. May be repeated.
    #[arg(long = "scheme", value_name = "SCHEME[=LEVEL]", add = Named::Schemes.completer())]
    schemes: Vec<String>,
    /// What was certified: a standard edition, such as "IEC 61215-1:2021". May be repeated.
    #[arg(long = "standard", value_name = "EDITION", required_unless_present = "schemes",
        add = Named::Standards.completer())]
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
    /// Ask nobody: decide on this recognition pack, as `greenlane pack` fetched it.
    #[arg(long, value_name = "FILE")]
    pack: Option<PathBuf>,
    /// Believe the pack only if it is signed by the key of this thumbprint, or of one of these.
    #[arg(long, value_name = "THUMBPRINT", requires = "pack")]
    pack_key: Vec<String>,
}

const DECISION: View = View::Record { at: "decision", name: "decisionId", fields: &[] };
const DECISIONS: View = View::List { items: "decisions", name: "decisionId", columns: &[] };

/// Asks about each market, prints, and tells the first outcome that is no plain yes by the exit code.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let mut recognition = RecognitionServiceClient::new(session.equivalence()?);
    let questions = args.questions();
    let decisions = match questions.as_slice() {
        [one] => {
            let request = RecogniseRequest { question: Some(one.clone()), explain: true, ..Default::default() };
            let answer = recognition.recognise(request).await?.into_inner();
            if session.output() != Output::Table {
                session.print(&answer, DECISION)?;
            }
            answer.decision.into_iter().collect()
        }
        _ => {
            let request = BatchRecogniseRequest { questions, explain: true, ..Default::default() };
            let answer = recognition.batch_recognise(request).await?.into_inner();
            if session.output() != Output::Table {
                session.print(&answer, DECISIONS)?;
            }
            answer.decisions
        }
    };
    tell(session.output(), &args, &decisions)
}

/// The same with a recognition pack: says on stderr whose it is, and how long it is good.
pub(crate) fn offline(output: Output, args: &Args) -> anyhow::Result<Exit> {
    let path = args.pack.as_deref().context("there is a pack")?;
    let pinned = args.pack_key.as_slice();
    let pack = OfflinePack::open(path, pinned)?;
    render::talk(&pack.describe(!pinned.is_empty()));
    let mut answers = Vec::new();
    for question in args.questions() {
        let request = RecogniseRequest { question: Some(question), explain: true, ..Default::default() };
        answers.push(pack.recognise(request)?);
    }
    let revision = answers.first().map_or(0, |answer| answer.revision);
    let classification_revision = answers.iter().map(|answer| answer.classification_revision).max().unwrap_or(0);
    let decisions: Vec<_> = answers.iter().filter_map(|answer| answer.decision.clone()).collect();
    match answers.as_slice() {
        _ if output == Output::Table => {}
        [one] => render::print(output, one, DECISION)?,
        _ => {
            let answer = BatchRecogniseResponse {
                decisions: decisions.clone(),
                revision,
                classification_revision,
                ..Default::default()
            };
            render::print(output, &answer, DECISIONS)?;
        }
    }
    tell(output, args, &decisions)
}

fn tell(output: Output, args: &Args, decisions: &[RecognitionDecision]) -> anyhow::Result<Exit> {
    if output == Output::Table {
        let destinations = args.destinations.iter().map(String::as_str);
        render::write(&recognition::table(destinations.zip(decisions)))?;
    }
    let exits = decisions.iter().map(|decision| exit_of(decision.outcome()));
    Ok(exits.fold(if decisions.is_empty() { Exit::Undetermined } else { Exit::Done }, worse))
}

impl Args {
    /// Whether nobody is to be asked.
    pub(crate) fn is_offline(&self) -> bool {
        self.pack.is_some()
    }

    /// One for each market.
    fn questions(&self) -> Vec<RecognitionQuestion> {
        let certificate = CertificateFacts {
            schemes: self.schemes.iter().map(|text| scheme(text)).collect(),
            standard_editions: self.standards.clone(),
            body: self.body.clone(),
            body_economy: self.body_economy.clone(),
            granted_on: self.granted_on.clone(),
            ..Default::default()
        };
        let question = |destination: &String| RecognitionQuestion {
            certificate: Some(certificate.clone()),
            code: Some(self.code.clone()),
            origin: self.origin.clone(),
            destination: destination.clone(),
            date: self.date.clone(),
        };
        self.destinations.iter().map(question).collect()
    }
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
