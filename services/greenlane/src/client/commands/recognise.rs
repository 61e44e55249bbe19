//! `greenlane recognise`: does a market recognise a certificate of these facts?

pub(super) mod object;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{ArgGroup, Args as ClapArgs};
use greenlane_api::{
    common::v1::{CodeReference, ReadConsistency, read_consistency::Requirement},
    equivalence::v1::{
        BatchRecogniseRequest, BatchRecogniseResponse, CertificateFacts, CertifiedScheme, RecogniseRequest,
        RecognitionDecision, RecognitionOutcome, RecognitionQuestion,
        recognition_service_client::RecognitionServiceClient,
    },
    registry::v1::{
        Certificate, GetBodyRequest, GetCertificateRequest, body_service_client::BodyServiceClient,
        certificate_service_client::CertificateServiceClient,
    },
};
use greenlane_platform::clock::Clock;
use serde_json::json;

use self::object::Object;
use super::{held, verify::no_destination};
use crate::client::{
    Session,
    complete::Named,
    exit::Exit,
    input,
    offline::OfflinePack,
    recognition,
    render::{self, Output, View, sentences},
};

/// Arguments of `greenlane recognise`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Exits with 0 when recognised (with or without conditions), when no requirement applies, or when nothing is demanded and \
what the market honours is not met; 10 when not recognised, recognised in part or for information only, or when the \
certificate is worth nothing for these goods on that day; 11 when undetermined, also where only something honoured is not \
met and the catalogue may lack what is demanded.")]
pub(crate) struct Args {
    #[command(flatten)]
    facts: Facts,
    /// Economy of import [default: the context's]. May be repeated: one answer each.
    #[arg(long = "destination", value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, add = Named::Economies.completer())]
    destinations: Vec<String>,
    #[command(flatten)]
    known: Known,
    /// Ask nobody: decide on this recognition pack, as `greenlane pack` fetched it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["certificate", "revision", "classification_revision"])]
    pack: Option<PathBuf>,
    /// Believe the pack only if it is signed by the key of this thumbprint, or of one of these.
    #[arg(long, value_name = "THUMBPRINT", requires = "pack", allow_hyphen_values = true)]
    pack_key: Vec<String>,
}

/// With what was known when.
#[derive(ClapArgs, Clone, Copy, Debug)]
pub(crate) struct Known {
    /// As the catalogue was at this revision.
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
    /// Translate codes as classification was at this revision: a decision is repeated exactly with the two that it names.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) classification_revision: u64,
}

impl Known {
    pub(super) fn consistency(self) -> Option<ReadConsistency> {
        self.revision.map(|it| ReadConsistency { requirement: Some(Requirement::ExactlyRevision(it)) })
    }
}

/// What was certified, and the goods.
#[derive(ClapArgs, Debug)]
#[command(group = ArgGroup::new("certified").required(true).multiple(true))]
pub(crate) struct Facts {
    /// A certificate, by number or name in the registry: its facts are taken from there.
    #[arg(long, value_name = "CERTIFICATE", group = "certified", add = Named::Certificates.completer(),
        conflicts_with_all = ["schemes", "standards", "body", "body_economy", "object", "granted_on"])]
    certificate: Option<String>,
    /// What was certified: a scheme, as SCHEME or SCHEME=LEVEL. May be repeated.
    #[arg(long = "scheme", value_name = "SCHEME[=LEVEL]", group = "certified", add = Named::Schemes.completer())]
    schemes: Vec<String>,
    /// What was certified: a standard edition, such as "IEC 61215-1:2021". May be repeated.
    #[arg(long = "standard", value_name = "EDITION", group = "certified", add = Named::Standards.completer())]
    standards: Vec<String>,
    /// What kind of result it is [default: certificate].
    #[arg(long, value_enum)]
    object: Option<Object>,
    /// The issuing body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, required_unless_present = "certificate")]
    body: Option<String>,
    /// The economy of the issuing body.
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, required_unless_present = "certificate")]
    body_economy: Option<String>,
    /// When it was granted.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    granted_on: String,
    /// Commodity code of the goods with its edition: HS2022:854143.
    #[arg(long, value_parser = input::parse_code, value_name = "EDITION:CODE")]
    code: CodeReference,
    /// Economy of origin of the goods.
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, add = Named::Economies.completer())]
    origin: String,
    /// The date that counts [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    date: String,
    /// When the goods were placed on the market: some stock is exempt.
    #[arg(long = "placed-on", value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    placed_on_market_on: String,
    /// When the goods were made: some stock is exempt.
    #[arg(long = "made-on", value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    manufactured_on: String,
}

const DECISION: View = View::Record { at: "decision", name: "decisionId", fields: &[] };
const DECISIONS: View = View::List {
    items: "decisions",
    name: "decisionId",
    columns: &[
        ("DESTINATION", "destination"),
        ("OUTCOME", "outcome"),
        ("ACCEPTED BY", "bestRoute.requirement"),
        ("THROUGH", "bestRoute.annex"),
        ("WHY", "why"),
        ("DECISION", "decisionId"),
        ("DEMAND", "demand"),
    ],
};

/// Asks about each market, prints, and tells the first outcome that is no plain yes by the exit code.
pub(crate) async fn run(session: &Session, mut args: Args) -> anyhow::Result<Exit> {
    args.settle(session.economy().map(str::to_owned))?;
    let mut recognition = RecognitionServiceClient::new(session.equivalence()?);
    let (certificate, is_worth_something) = args.facts.certificate(session).await?;
    let questions = args.questions(&certificate);
    let decisions = match questions.as_slice() {
        [one] => {
            let request = RecogniseRequest {
                question: Some(one.clone()),
                explain: true,
                consistency: args.known.consistency(),
                classification_revision: args.known.classification_revision,
            };
            let answer = recognition.recognise(request).await?.into_inner();
            if is_whole(session.output()) {
                session.print(&answer, DECISION)?;
            }
            answer.decision.into_iter().collect()
        }
        _ => {
            let request = BatchRecogniseRequest {
                questions,
                explain: true,
                consistency: args.known.consistency(),
                classification_revision: args.known.classification_revision,
            };
            let answer = recognition.batch_recognise(request).await?.into_inner();
            if is_whole(session.output()) {
                session.print(&answer, DECISIONS)?;
            }
            answer.decisions
        }
    };
    let exit = tell(session.output(), &args, &decisions)?;
    Ok(if_worth_something(is_worth_something, exit))
}

/// What no officer accepts is a no, whatever markets recognise, and also where nobody can tell what they do.
pub(super) fn if_worth_something(is_worth_something: bool, exit: Exit) -> Exit {
    if is_worth_something { exit } else { Exit::No }
}

/// The same with a recognition pack: says on stderr whose it is, and how long it is good.
pub(crate) fn offline(output: Output, mut args: Args, economy: Option<String>) -> anyhow::Result<Exit> {
    args.settle(economy)?;
    let args = &args;
    let path = args.pack.as_deref().context("there is a pack")?;
    let pinned = args.pack_key.as_slice();
    let pack = OfflinePack::open(path, pinned)?;
    render::talk(&pack.describe(!pinned.is_empty()));
    let mut answers = Vec::new();
    for question in args.questions(&args.facts.given()) {
        let request = RecogniseRequest { question: Some(question), explain: true, ..Default::default() };
        answers.push(pack.recognise(request)?);
    }
    let revision = answers.first().map_or(0, |answer| answer.revision);
    let classification_revision = answers.iter().map(|answer| answer.classification_revision).max().unwrap_or(0);
    let decisions: Vec<_> = answers.iter().filter_map(|answer| answer.decision.clone()).collect();
    match answers.as_slice() {
        _ if !is_whole(output) => {}
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

/// Whether the answer is printed as it is, and not a line for each market.
fn is_whole(output: Output) -> bool {
    !matches!(output, Output::Table | Output::Csv)
}

fn tell(output: Output, args: &Args, decisions: &[RecognitionDecision]) -> anyhow::Result<Exit> {
    let told = args.destinations.iter().map(String::as_str).zip(decisions);
    match output {
        Output::Table => render::write(&recognition::table(told))?,
        Output::Csv => {
            let row = |(destination, decision): (&str, &RecognitionDecision)| {
                let mut row = render::to_json(decision)?;
                row["destination"] = json!(destination);
                row["why"] = json!(sentences(recognition::told(decision).iter().map(String::as_str)));
                anyhow::Ok(row)
            };
            let rows = told.map(row).collect::<anyhow::Result<Vec<_>>>()?;
            render::print_value(output, &json!({ "decisions": rows }), DECISIONS)?;
        }
        Output::Json | Output::Yaml | Output::Name => {}
    }
    let exits = decisions.iter().map(exit_of);
    Ok(exits.fold(if decisions.is_empty() { Exit::Undetermined } else { Exit::Done }, worse))
}

impl Args {
    /// Whether nobody is to be asked.
    pub(crate) fn is_offline(&self) -> bool {
        self.pack.is_some()
    }

    /// Goods come in where we are, unless it is said where else.
    fn settle(&mut self, economy: Option<String>) -> anyhow::Result<()> {
        if self.destinations.is_empty() {
            self.destinations.push(economy.ok_or_else(no_destination)?);
        }
        Ok(())
    }

    /// One for each market.
    fn questions(&self, certificate: &CertificateFacts) -> Vec<RecognitionQuestion> {
        self.destinations.iter().map(|destination| self.facts.about(certificate.clone(), destination)).collect()
    }
}

impl Facts {
    /// The question about one market, and whether the certificate is worth anything there.
    pub(super) async fn question(
        &self,
        session: &Session,
        destination: &str,
    ) -> anyhow::Result<(RecognitionQuestion, bool)> {
        let (certificate, is_worth_something) = self.certificate(session).await?;
        Ok((self.about(certificate, destination), is_worth_something))
    }

    fn about(&self, certificate: CertificateFacts, destination: &str) -> RecognitionQuestion {
        RecognitionQuestion {
            certificate: Some(certificate),
            code: Some(self.code.clone()),
            origin: self.origin.clone(),
            destination: destination.to_owned(),
            date: self.date.clone(),
            placed_on_market_on: self.placed_on_market_on.clone(),
            manufactured_on: self.manufactured_on.clone(),
        }
    }

    /// The facts of the certificate: those of the registry, or those that are given; and whether it is worth anything for
    /// these goods on that day, as far as anybody knows.
    async fn certificate(&self, session: &Session) -> anyhow::Result<(CertificateFacts, bool)> {
        match &self.certificate {
            Some(name) => {
                let (certificate, mut facts) = facts_of(session, name).await?;
                let date = if self.date.is_empty() { Clock::system().today().to_string() } else { self.date.clone() };
                let why = held::worth_nothing(session, &[&certificate], &self.code, &date).await?;
                let why = why.into_iter().next().flatten();
                if let Some(why) = &why {
                    render::talk(&format!("{} is worth nothing, whatever markets recognise: {why}", certificate.name));
                }
                // What is granted only later is no result yet: it is asked about as if it were granted on the date.
                if date.len() == facts.granted_on.len() && facts.granted_on > date {
                    facts.granted_on = date;
                }
                Ok((facts, why.is_none()))
            }
            None => Ok((self.given(), true)),
        }
    }

    fn given(&self) -> CertificateFacts {
        CertificateFacts {
            schemes: self.schemes.iter().map(|text| scheme(text)).collect(),
            standard_editions: self.standards.clone(),
            body: self.body.clone().unwrap_or_default(),
            body_economy: self.body_economy.clone().unwrap_or_default(),
            object: object::asked(self.object).into(),
            granted_on: self.granted_on.clone(),
        }
    }
}

/// A certificate of the registry, and its facts as recognition takes them.
pub(super) async fn facts_of(session: &Session, name: &str) -> anyhow::Result<(Certificate, CertificateFacts)> {
    let request = GetCertificateRequest { name: super::certificate::name(name), ..Default::default() };
    let mut registry = CertificateServiceClient::new(session.registry()?);
    let certificate = registry.get_certificate(request).await?.into_inner().certificate.unwrap_or_default();
    let body = GetBodyRequest { name: certificate.body.clone(), ..Default::default() };
    let body = BodyServiceClient::new(session.registry()?).get_body(body).await?.into_inner().body;
    let content = certificate.content.clone().unwrap_or_default();
    let scheme = content.scheme.map(|it| CertifiedScheme { scheme: it.scheme, level: it.level });
    let facts = CertificateFacts {
        schemes: scheme.into_iter().collect(),
        standard_editions: content.normative_documents.into_iter().map(|it| it.edition).collect(),
        body: certificate.body.clone(),
        body_economy: body.unwrap_or_default().economy,
        granted_on: content.granted_on,
        ..Default::default()
    };
    Ok((certificate, facts))
}

pub(super) fn scheme(text: &str) -> CertifiedScheme {
    let (scheme, level) = text.split_once('=').unwrap_or((text, ""));
    CertifiedScheme { scheme: scheme.to_owned(), level: level.to_owned() }
}

pub(super) fn exit_of(decision: &RecognitionDecision) -> Exit {
    match recognition::entry(decision.outcome(), decision.demand()) {
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
