//! `greenlane fairness`: where are origins in like position treated differently?

mod table;

use clap::Args as ClapArgs;
use greenlane_api::{
    common::v1::{CodeReference, ReadConsistency, read_consistency::Requirement},
    equivalence::v1::{AuditFairnessRequest, recognition_service_client::RecognitionServiceClient},
};

use crate::client::{
    Session,
    exit::Exit,
    input,
    render::{Output, View, pages::Limit},
};

/// Arguments of `greenlane fairness`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Each foreign origin is compared with the foreign one that fares best (most-favoured-nation) and with domestic goods \
(national treatment), all holding exactly what is demanded, certified at home. Transition periods granted as special \
and differential treatment are shown as such and are no fault. Where each must fulfil conditions that the other need \
not, neither is better, and that is said. Each requirement with a finding is named once with -o name.")]
pub(crate) struct Args {
    /// A market to audit [default: all]. May be repeated.
    #[arg(long = "market", value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    markets: Vec<String>,
    /// Only requirements that touch this code: HS2022:854143.
    #[arg(long, value_parser = input::parse_code, value_name = "EDITION:CODE")]
    code: Option<CodeReference>,
    /// The date that counts [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    date: String,
    /// As the catalogue was at this revision.
    #[arg(long)]
    revision: Option<u64>,
    #[command(flatten)]
    limit: Limit<1_000>,
}

const FINDINGS: View = View::List {
    items: "findings",
    name: "requirement",
    columns: &[
        ("MARKET", "market"),
        ("REQUIREMENT", "requirement"),
        ("PRINCIPLE", "principle"),
        ("FAVOURED", "favoured"),
        ("GETS", "favouredOutcome"),
        ("DISFAVOURED", "disfavoured"),
        ("GETS ONLY", "disfavouredOutcome"),
        ("KIND OF RESULT", "object"),
        ("NEITHER BETTER", "incomparable"),
        ("CLAUSE", "clause"),
    ],
};

/// Audits and prints.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let consistency = args.revision.map(|it| ReadConsistency { requirement: Some(Requirement::ExactlyRevision(it)) });
    let request = AuditFairnessRequest {
        markets: args.markets,
        code: args.code,
        date: args.date,
        consistency,
        ..Default::default()
    };
    let mut recognition = RecognitionServiceClient::new(session.equivalence()?);
    let ask = async |page_size, page_token| {
        recognition.audit_fairness(AuditFairnessRequest { page_size, page_token, ..request.clone() }).await
    };
    match session.output() {
        Output::Table => table::print(args.limit.rows(), ask).await,
        Output::Name => table::names(args.limit.rows(), ask).await,
        _ => session.list(FINDINGS, args.limit.rows(), ask).await,
    }
}
