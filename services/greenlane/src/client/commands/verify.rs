//! `greenlane verify`: the four-part verdict.

use std::path::Path;

use clap::Args as ClapArgs;
use greenlane_api::{
    common::v1::{CodeReference, GoodsDeclaration, ProductIdentification},
    registry::v1::{
        Verdict, VerdictOutcome, VerifyRequest, VerifyResponse, verification_service_client::VerificationServiceClient,
        verify_request::Subject,
    },
};

use crate::client::{
    Session,
    exit::Exit,
    input,
    render::{self, Output, View},
    verdict,
};

/// Arguments of `greenlane verify`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Examples:
  greenlane verify GLXA4HP9Z1PPYMB35F --code HS2022:854143 --origin XA --destination XB
  greenlane verify certificate.jwt

Exits with 0 when accepted (with or without conditions), 10 when refused, 11 when undetermined.")]
pub(crate) struct Args {
    /// The certificate's number or name, or a file with the presented document (`-` is stdin).
    subject: String,
    /// Print also what proves the verdict (json and yaml).
    #[arg(long)]
    proof: bool,
    #[command(flatten)]
    goods: Goods,
}

/// The goods as declared.
#[derive(ClapArgs, Clone, Debug)]
#[command(next_help_heading = "Goods as declared")]
pub(crate) struct Goods {
    /// Commodity code with its edition: HS2022:854143. Without it the goods and the market are not asked about.
    #[arg(long, value_parser = input::parse_code, value_name = "EDITION:CODE", requires_all = ["origin", "destination"])]
    pub(crate) code: Option<CodeReference>,
    /// Economy of origin.
    #[arg(long, value_name = "ECONOMY", requires = "code")]
    pub(crate) origin: Option<String>,
    /// Economy of import.
    #[arg(long, value_name = "ECONOMY", requires = "code")]
    pub(crate) destination: Option<String>,
    /// The date that counts [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", requires = "code")]
    pub(crate) date: Option<String>,
    /// Global Trade Item Number of the product.
    #[arg(long, requires = "code")]
    pub(crate) gtin: Option<String>,
    /// Model of the product.
    #[arg(long, requires = "code")]
    pub(crate) model: Option<String>,
    /// Batch or lot.
    #[arg(long, requires = "code")]
    pub(crate) batch: Option<String>,
    /// Serial number.
    #[arg(long, requires = "code")]
    pub(crate) serial: Option<String>,
}

impl Goods {
    fn declaration(self) -> Option<GoodsDeclaration> {
        let product = ProductIdentification {
            gtin: self.gtin.unwrap_or_default(),
            model: self.model.unwrap_or_default(),
            batch: self.batch.unwrap_or_default(),
            serial: self.serial.unwrap_or_default(),
        };
        Some(GoodsDeclaration {
            code: Some(self.code?),
            origin: self.origin.unwrap_or_default(),
            destination: self.destination.unwrap_or_default(),
            date: self.date.unwrap_or_default(),
            product: (product != ProductIdentification::default()).then_some(product),
        })
    }
}

const VERDICT: View = View::Record { at: "verdict", name: "certificate", fields: &[] };

/// Asks, prints, and tells the outcome by the exit code.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let path = Path::new(&args.subject);
    let subject = if args.subject == "-" || path.is_file() {
        Subject::Document(input::read_text(path)?.trim().to_owned())
    } else {
        Subject::Certificate(args.subject)
    };
    let request = VerifyRequest {
        subject: Some(subject),
        goods: args.goods.declaration(),
        include_proof: args.proof,
        ..Default::default()
    };
    let answer = VerificationServiceClient::new(session.registry()?).verify(request).await?.into_inner();
    print(session, &answer)?;
    Ok(exit_of(answer.verdict.as_ref()))
}

fn print(session: &Session, answer: &VerifyResponse) -> anyhow::Result<()> {
    match (session.output(), &answer.verdict) {
        (Output::Table, Some(verdict)) => render::write(&verdict::table(verdict)),
        (output, _) => render::print(output, answer, VERDICT),
    }
}

fn exit_of(verdict: Option<&Verdict>) -> Exit {
    match verdict.map_or(VerdictOutcome::Unspecified, Verdict::outcome) {
        VerdictOutcome::Accepted | VerdictOutcome::AcceptedOnConditions => Exit::Done,
        VerdictOutcome::Refused => Exit::No,
        VerdictOutcome::Undetermined | VerdictOutcome::Unspecified => Exit::Undetermined,
    }
}
