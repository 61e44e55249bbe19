//! `greenlane plan`: which markets accept what a product holds, and what would open the others.

mod matrix;
mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::SecondsFormat;
use clap::Args as ClapArgs;
use greenlane_api::{
    common::v1::{CodeReference, ReadConsistency, read_consistency::Requirement},
    equivalence::v1::{
        CertificateFacts, PlanMarketAccessRequest, PlanMarketAccessResponse,
        recognition_service_client::RecognitionServiceClient,
    },
};

use greenlane_platform::clock::Clock;
use serde_json::json;
use tonic::{Code, Status};

use self::page::About;
use crate::client::{
    Session,
    commands::{
        catalogue::{self, Kind},
        held::{Held, held},
        recognise::{
            object::{self, Object},
            scheme,
        },
    },
    complete::Named,
    exit::{Exit, Usage},
    files::published::{self, Revisions},
    input,
    render::{self, Output, View},
};

/// Arguments of `greenlane plan`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
What the product holds is named by --certificate, what it is planned to hold by the facts of a certificate; both \
together are one plan. Without either, the plan says what it would take. With -o name the markets that are open are \
listed.

Exits with 0, also where markets are closed: the plan says what would open them. With 11 when a market that is named by \
--destination is undetermined, or every market is: also where the catalogue does not know the economy of origin or of \
import.")]
pub(crate) struct Args {
    /// Commodity code of the product with its edition: HS2022:854143.
    #[arg(long, value_parser = input::parse_code, value_name = "EDITION:CODE")]
    code: CodeReference,
    /// Economy of origin of the product.
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    origin: String,
    /// A certificate that the product holds, by number or name in the registry. One that is not in force on the date, or
    /// that names other goods, is left out, and it is said why. May be repeated.
    #[arg(long = "certificate", value_name = "CERTIFICATE")]
    certificates: Vec<String>,
    #[command(flatten)]
    facts: Facts,
    /// A market to plan for [default: all]. May be repeated.
    #[arg(long = "destination", value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    destinations: Vec<String>,
    /// The date that counts [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    date: String,
    /// When the goods were placed on the market: some stock is exempt.
    #[arg(long = "placed-on", value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    placed_on_market_on: String,
    /// When the goods were made: some stock is exempt.
    #[arg(long = "made-on", value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    manufactured_on: String,
    /// As the catalogue was at this revision.
    #[arg(long)]
    revision: Option<u64>,
    /// Print one page of HTML that needs nothing else.
    #[arg(long)]
    html: bool,
}

/// The facts of a planned certificate.
#[derive(ClapArgs, Debug)]
struct Facts {
    /// What is to be certified: a scheme, as SCHEME or SCHEME=LEVEL. May be repeated.
    #[arg(long = "scheme", value_name = "SCHEME[=LEVEL]", requires = "body", add = Named::Schemes.completer())]
    schemes: Vec<String>,
    /// What is to be certified: a standard edition, such as "IEC 61215-1:2021". May be repeated.
    #[arg(long = "standard", value_name = "EDITION", requires = "body", add = Named::Standards.completer())]
    standards: Vec<String>,
    /// What kind of result it is to be [default: certificate].
    #[arg(long, value_enum, requires = "body")]
    object: Option<Object>,
    /// The body that is to issue it, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, requires = "body_economy")]
    body: Option<String>,
    /// The economy of that body.
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, requires = "body")]
    body_economy: Option<String>,
    /// When it was or is to be granted.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    granted_on: String,
}

const PLAN: View = View::List { items: "markets", name: "destination", columns: &[] };

/// Plans and prints.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let date = if args.date.is_empty() { Clock::system().today().to_string() } else { args.date.clone() };
    let mut certificates = Vec::new();
    let mut about = About { date: date.clone(), ..About::default() };
    for (certificate, held) in held(session, &args.certificates, &args.code, &date).await? {
        match held {
            Held::Counts(facts) => {
                about.add(&certificate, &args.code);
                certificates.push(facts);
            }
            Held::LeftOut(why) => {
                render::talk(&why);
                about.left_out.push(why);
            }
        }
    }
    let planned = planned(args.facts)?;
    if let Some(facts) = &planned {
        tell_unknown(session, facts, args.revision).await?;
        about.plan(facts);
    }
    certificates.extend(planned);
    let consistency = args.revision.map(|it| ReadConsistency { requirement: Some(Requirement::ExactlyRevision(it)) });
    let request = PlanMarketAccessRequest {
        code: Some(args.code),
        origin: args.origin,
        date: args.date,
        certificates,
        destinations: args.destinations,
        consistency,
        placed_on_market_on: args.placed_on_market_on,
        manufactured_on: args.manufactured_on,
        ..Default::default()
    };
    let mut recognition = RecognitionServiceClient::new(session.equivalence()?);
    let plan = recognition.plan_market_access(request.clone()).await?.into_inner();
    match session.output() {
        _ if args.html => {
            about.made_at = Clock::system().now().to_rfc3339_opts(SecondsFormat::Secs, true);
            render::print_text(session.output(), "plan.html", &page::html(&request, &plan, &about))?;
        }
        Output::Table => render::write(&matrix::table(&plan))?,
        Output::Csv => render::write(&matrix::csv(&plan)?)?,
        Output::Name => render::write(&matrix::open(&plan))?,
        Output::Json | Output::Yaml => {
            session.print(&plan, PLAN)?;
        }
    }
    Ok(exit_of(&plan, !request.destinations.is_empty()))
}

/// Closed markets are what a plan is for; but where nothing can be told of what was asked, that is no plan. `named` tells
/// whether the markets are those that were named.
fn exit_of(plan: &PlanMarketAccessResponse, named: bool) -> Exit {
    let untold = plan.markets.iter().filter(|market| matrix::is_undetermined(market)).count();
    if untold > 0 && (named || untold == plan.markets.len()) { Exit::Undetermined } else { Exit::Done }
}

/// Says what of a planned certificate the catalogue does not have: nothing can be recognised by it, and nobody may have
/// meant it. Asks for what is named; for the others of its kind only when it is not there.
async fn tell_unknown(session: &Session, facts: &CertificateFacts, revision: Option<u64>) -> anyhow::Result<()> {
    let schemes = facts.schemes.iter().map(|it| (Kind::Schemes, it.scheme.as_str()));
    let given = schemes.chain(facts.standard_editions.iter().map(|it| (Kind::Standards, it.as_str())));
    for (kind, name) in given {
        let full = full_name(kind, name);
        let asked = [("name".to_owned(), json!(full))];
        match catalogue::call(session, &kind.get_method(), asked, revision).await {
            Err(error) if is_missing(&error) => {}
            // Who may plan and not read the catalogue has its answer in the plan.
            _ => continue,
        }
        let revisions = Revisions { catalogue: revision, ..Default::default() };
        let known = published::fetch(session, &BTreeSet::from([kind]), None, revisions).await;
        let known = known.map(|(known, _)| known).unwrap_or_default();
        let hint = match known.keys().find(|it| letters(it) == letters(&full)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("see greenlane catalogue list {}", kind.items()),
        };
        let why = "no market can recognise what is certified to it";
        render::talk(&format!("the catalogue has no `{name}`: {why}; {hint}"));
    }
    Ok(())
}

/// Whether a service says that there is no such thing.
fn is_missing(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<Status>().is_some_and(|status| status.code() == Code::NotFound))
}

/// The resource name of a scheme or standard that may be given by what people call it: `IEC 61215-1:2021`.
fn full_name(kind: Kind, given: &str) -> String {
    let collection = kind.items();
    let bare = given.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/')).unwrap_or(given);
    if kind == Kind::Schemes {
        return format!("{collection}/{bare}");
    }
    let words = bare.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    format!("{collection}/{}", words.map(str::to_lowercase).collect::<Vec<_>>().join("-"))
}

/// A name without its hyphens and the like.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn planned(facts: Facts) -> anyhow::Result<Option<CertificateFacts>> {
    let (Some(body), Some(body_economy)) = (facts.body, facts.body_economy) else { return Ok(None) };
    let something = !facts.schemes.is_empty() || !facts.standards.is_empty();
    anyhow::ensure!(something, Usage("say what is to be certified: --scheme or --standard".to_owned()));
    Ok(Some(CertificateFacts {
        schemes: facts.schemes.iter().map(|text| scheme(text)).collect(),
        standard_editions: facts.standards,
        body,
        body_economy,
        object: object::asked(facts.object).into(),
        granted_on: facts.granted_on,
    }))
}
