//! `greenlane verify`: the four-part verdict.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
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
    exit::{Exit, Usage},
    input,
    offline::OfflineTrust,
    render::{self, Output, View},
    verdict,
};

/// Arguments of `greenlane verify`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Examples:
  greenlane verify GLXA4HP9Z1PPYMB35F --code HS2022:854143 --origin XA --destination XB
  greenlane verify certificate.jwt
  greenlane verify certificate.jwt --trust customs.bundle

Exits with 0 when accepted (with or without conditions), 10 when refused, 11 when undetermined.")]
pub(crate) struct Args {
    /// The certificate's number or name, the text of its QR code, or a file with that or with the presented document
    /// (`-` is stdin).
    subject: String,
    /// Print also what proves the verdict (json and yaml).
    #[arg(long, conflicts_with = "trust")]
    proof: bool,
    /// Ask nobody: verify with this trust bundle, as `greenlane bundle` fetched it.
    #[arg(long, value_name = "BUNDLE")]
    trust: Option<PathBuf>,
    /// Believe the bundle only if it is signed by this key (name+hash+key, as `log checkpoint -o json` tells it).
    #[arg(long, value_name = "KEY", requires = "trust")]
    log_key: Option<String>,
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
    let request = args.request()?;
    let answer = VerificationServiceClient::new(session.registry()?).verify(request).await?.into_inner();
    print(session.output(), &answer)?;
    Ok(exit_of(answer.verdict.as_ref()))
}

/// The text of a QR code shows itself; any other is what it stands for where it was given.
fn subject(text: String, other: impl FnOnce(String) -> Subject) -> Subject {
    let is_code = ["GL1:", "https://", "http://"].iter().any(|start| text.starts_with(start));
    if is_code { Subject::QrText(text) } else { other(text) }
}

/// The same with a trust bundle: says on stderr whose it is, and how long it is good.
#[expect(clippy::print_stderr, reason = "talk goes to stderr")]
pub(crate) async fn offline(output: Output, args: Args) -> anyhow::Result<Exit> {
    let path = args.trust.clone().context("there is a bundle")?;
    let key = args.log_key.as_deref().map(str::parse).transpose();
    let key = key.map_err(|error| anyhow::Error::new(error).context(Usage("--log-key is no log's key".to_owned())))?;
    let trust = OfflineTrust::open(&path, key.as_ref())?;
    eprintln!("{}", trust.describe(key.is_some()));
    let answer = trust.verify(args.request()?).await?;
    print(output, &answer)?;
    Ok(exit_of(answer.verdict.as_ref()))
}

impl Args {
    /// Whether nobody is to be asked.
    pub(crate) fn is_offline(&self) -> bool {
        self.trust.is_some()
    }

    fn request(self) -> anyhow::Result<VerifyRequest> {
        let path = Path::new(&self.subject);
        let subject = if self.subject == "-" || path.is_file() {
            subject(input::read_text(path)?.trim().to_owned(), Subject::Document)
        } else {
            subject(self.subject, Subject::Certificate)
        };
        Ok(VerifyRequest {
            subject: Some(subject),
            goods: self.goods.declaration(),
            include_proof: self.proof,
            ..Default::default()
        })
    }
}

fn print(output: Output, answer: &VerifyResponse) -> anyhow::Result<()> {
    match (output, &answer.verdict) {
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
