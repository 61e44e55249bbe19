//! `greenlane verify`: the four-part verdict.

mod report;
mod several;
mod statement;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args as ClapArgs;
use greenlane_api::{
    common::v1::{CodeReference, GoodsDeclaration, ProductIdentification},
    registry::v1::{
        PartOutcome, Verdict, VerdictOutcome, VerifyRequest, VerifyResponse, VerifyResult,
        log_service_client::LogServiceClient, verification_service_client::VerificationServiceClient,
        verify_request::Subject, verify_result,
    },
};
use greenlane_platform::{client::Client, clock::Clock};
use serde_json::json;

use self::report::Report;
use super::{certificate::looks_like_one, log::proof};
use crate::client::{
    Session,
    complete::Named,
    exit::{Exit, Usage},
    input,
    offline::{OfflinePack, OfflineTrust, named_log_key},
    render::{self, Output, View},
    verdict::{
        self,
        line::{line, short},
    },
};

/// Arguments of `greenlane verify`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Whether goods may come in is asked with --code, --origin and --destination together; without them the verdict is of the \
certificate alone: whether it is genuine, and in force today or on --date.

Examples:
  greenlane verify GLXA4HP9Z1PPYMB35F --code HS2022:854143 --origin XA --destination XB \\
    --model EX-450M
  greenlane verify certificate.jwt
  greenlane verify GLXA4HP9Z1PPYMB35F --date 2027-01-01
  greenlane verify GLXA4HP9Z1PPYMB35F certificate.jwt
  greenlane verify certificate.jwt --code HS2022:854143 --origin XA --destination XB \\
    --model EX-450M --report case-17.html
  greenlane verify certificate.jwt --statement-out case-17.jwt
  greenlane verify certificate.jwt --proof-out case-17.tlog-proof
  greenlane bundle --out customs.bundle --destination XB
  greenlane verify certificate.jwt --trust customs.bundle
  greenlane verify --statement case-17.jwt --trust customs.bundle

The number is an example: `greenlane certificate list` has those that there are.

A file is a document when it begins as documents do (`ey`), or is one word with a dot in it: what is wrong with it is then \
its verdict. Any other file without a number or the text of a QR code is no question.

With --trust, what may have come since the bundle was made is undetermined: it may also be a forgery, which the bundle \
cannot tell. Ask the registry, or get a newer bundle.

Exits with 0 when accepted (with or without conditions), 10 when refused, 11 when undetermined.")]
pub(crate) struct Args {
    /// The certificate's number or name, the text of its QR code, or a file with that or with the presented document
    /// (`-` is stdin). Several are answered one line each.
    #[arg(value_name = "SUBJECT", required_unless_present = "statement", add = Named::Certificates.completer())]
    subjects: Vec<String>,
    /// Print also what proves the verdict (json and yaml).
    #[arg(long, conflicts_with = "trust")]
    proof: bool,
    /// Write a report for the customs file too, with reasons, revisions and proof: a page of HTML, or a PDF.
    #[arg(long, value_name = "FILE.pdf|FILE.html", value_parser = report_file, conflicts_with = "statement")]
    report: Option<PathBuf>,
    /// A font to print a PDF with (TrueType or OpenType), before those of this machine. May be repeated.
    #[arg(long = "font", value_name = "FILE", requires = "report")]
    fonts: Vec<PathBuf>,
    /// Tell also what is left to be written off of the goods that --code and --origin name; `greenlane write-off balance`
    /// tells it of every product.
    #[arg(long, requires = "code", conflicts_with = "trust")]
    balance: bool,
    /// Ask nobody: verify with this trust bundle, as `greenlane bundle` fetched it.
    #[arg(long, value_name = "BUNDLE")]
    trust: Option<PathBuf>,
    /// Believe the bundle, or the statement, only if it is signed by this key (name+hash+key, as `log checkpoint -o json` tells it).
    #[arg(long, value_name = "KEY")]
    log_key: Option<String>,
    /// Also keep the verdict as a statement signed by the registry, in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    statement_out: Option<PathBuf>,
    /// Also keep the proof that the log names the document on record, in this file (C2SP tlog-proof): `greenlane log
    /// check` reads it.
    #[arg(long, value_name = "FILE.tlog-proof", conflicts_with_all = ["trust", "statement"])]
    proof_out: Option<PathBuf>,
    /// Ask nobody: check such a statement with the key of the bundle or with --log-key, and print the verdict in it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["subjects", "code", "date", "proof", "statement_out"])]
    statement: Option<PathBuf>,
    /// Decide recognition on this recognition pack, as `greenlane pack` fetched it, in place of what the bundle carries.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pack: Option<PathBuf>,
    /// Believe the pack only if it is signed by the key of this thumbprint, or of one of these.
    #[arg(long, value_name = "THUMBPRINT", requires = "pack", allow_hyphen_values = true)]
    pack_key: Vec<String>,
    #[command(flatten)]
    goods: Goods,
}

/// The goods as declared.
#[derive(ClapArgs, Clone, Debug)]
#[command(next_help_heading = "Goods as declared")]
pub(crate) struct Goods {
    /// Commodity code with its edition: HS2022:854143. Without it the goods and the market are not asked about.
    #[arg(long, value_parser = input::parse_code, value_name = "EDITION:CODE", requires = "origin")]
    pub(crate) code: Option<CodeReference>,
    /// Economy of origin.
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, requires = "code", add = Named::Economies.completer())]
    pub(crate) origin: Option<String>,
    /// Economy of import [default: the context's].
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, requires = "code", add = Named::Economies.completer())]
    pub(crate) destination: Option<String>,
    /// The date that counts, of goods and of the certificate alone [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<String>,
    /// When the goods were placed on the market: some stock is exempt.
    #[arg(long = "placed-on", value_name = "YYYY-MM-DD", requires = "code")]
    pub(crate) placed_on_market_on: Option<String>,
    /// When the goods were made: some stock is exempt.
    #[arg(long = "made-on", value_name = "YYYY-MM-DD", requires = "code")]
    pub(crate) manufactured_on: Option<String>,
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
    /// Goods come in where we are, unless it is said where else.
    pub(crate) fn settle(&mut self, economy: Option<&str>) -> anyhow::Result<()> {
        if self.code.is_some() && self.destination.is_none() {
            self.destination = Some(economy.map(str::to_owned).ok_or_else(no_destination)?);
        }
        Ok(())
    }

    /// The day that is asked about where no goods are declared, which have it with them.
    fn day_alone(&self) -> String {
        self.date.clone().filter(|_| self.code.is_none()).unwrap_or_default()
    }

    fn declaration(&self) -> Option<GoodsDeclaration> {
        let product = ProductIdentification {
            gtin: self.gtin.clone().unwrap_or_default(),
            model: self.model.clone().unwrap_or_default(),
            batch: self.batch.clone().unwrap_or_default(),
            serial: self.serial.clone().unwrap_or_default(),
        };
        Some(GoodsDeclaration {
            code: Some(self.code.clone()?),
            origin: self.origin.clone().unwrap_or_default(),
            destination: self.destination.clone().unwrap_or_default(),
            date: self.date.clone().unwrap_or_default(),
            product: (product != ProductIdentification::default()).then_some(product),
            placed_on_market_on: self.placed_on_market_on.clone().unwrap_or_default(),
            manufactured_on: self.manufactured_on.clone().unwrap_or_default(),
        })
    }
}

/// What to say where nobody says where the goods come in.
pub(crate) fn no_destination() -> anyhow::Error {
    Usage("--destination is missing, and no economy is set: --here, GREENLANE_ECONOMY or the context".to_owned()).into()
}

/// The file of a report: its ending says what it is.
fn report_file(raw: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(raw);
    let known = is_pdf(&path) || ["html", "htm"].iter().any(|ending| has_ending(&path, ending));
    if known { Ok(path) } else { Err("a report is a PDF or a page of HTML: name a file that ends with .pdf or .html") }
}

fn is_pdf(path: &Path) -> bool {
    has_ending(path, "pdf")
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

/// Characters of a certificate's number or name at most, with all that people write between them.
const NUMBER: usize = 64;

/// Of one; its comma-separated values are those of several.
const VERDICT: View = View::Record { at: "verdict", name: "certificate", fields: &[] };

/// Asks, prints, and tells the outcome by the exit code.
pub(crate) async fn run(session: &Session, mut args: Args) -> anyhow::Result<Exit> {
    args.goods.settle(session.economy())?;
    if args.log_key.is_some() {
        bail!(Usage("--log-key goes with --trust or --statement".to_owned()));
    }
    if args.subjects.len() > 1 {
        return several::run(session, &args).await;
    }
    let (report, fonts) = (args.report.clone(), args.fonts.clone());
    let (proof, out, proof_out) = (args.proof, args.statement_out.clone(), args.proof_out.clone());
    let request = args.only()?;
    let client = session.registry()?;
    let mut answer = VerificationServiceClient::new(client.clone()).verify(request.clone()).await?.into_inner();
    verdict::of_the_day(&request.date, &answer).map_err(anyhow::Error::msg)?;
    if let Some(path) = out {
        statement::keep(&path, &answer.statement)?;
    }
    if let Some(path) = proof_out {
        keep_proof(client, &answer, &path).await?;
    }
    if let Some(path) = &report {
        write_report(path, &fonts, &request, &answer, session.registry_address())?;
    }
    // What it was fetched for beside the files is not printed unasked.
    answer.proof = answer.proof.filter(|_| proof);
    print(session.output(), &args, &answer)?;
    Ok(exit_of(answer.verdict.as_ref()))
}

/// What a file holds: the number or name of a certificate, the text of its QR code, or its document. A document that is
/// damaged is one: what is wrong with it is its verdict. What never was any of these is refused as no question.
fn in_file(path: &Path) -> anyhow::Result<Subject> {
    let bytes = input::read_bytes(path)?;
    let refuse = |why: &str| Err(Usage(format!("{} {why}", named(path))).into());
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return refuse("is empty");
    }
    if let Some(what) = for_eyes(text) {
        return refuse(&format!("is {what}: verify the number or the text of the QR code on it"));
    }
    let text = input::text(path, bytes)?.trim().to_owned();
    if looks_like_one(&text) {
        return Ok(subject(text, Subject::Certificate));
    }
    if !is_code(&text) && !looks_like_a_document(&text) {
        let what = "a certificate's number or name, the text of its QR code, or its document";
        return Err(Usage(format!("in {} there is none of {what}", named(path))).into());
    }
    Ok(subject(text, Subject::Document))
}

/// What shows a certificate to people, and is none for programs, by its first bytes.
fn for_eyes(bytes: &[u8]) -> Option<&'static str> {
    const PICTURES: [&[u8]; 4] = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF"];
    if bytes.starts_with(b"%PDF-") {
        return Some("a certificate on paper, and not its document");
    }
    // SVG, and pages of HTML.
    let is_shown = bytes.starts_with(b"<") || PICTURES.iter().any(|first| bytes.starts_with(first));
    is_shown.then_some("a picture or a page, and not a certificate's document")
}

/// Whether a text is a document, be it a damaged one: it begins as each does, or is one word with a dot in it. What is as
/// short as a number was never one without a dot.
fn looks_like_a_document(text: &str) -> bool {
    let has_dot = text.contains('.');
    let begins_as_one = text.starts_with("ey") && (has_dot || text.len() > NUMBER);
    let is_one_word = !text.contains(char::is_whitespace) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins_as_one || has_dot && is_one_word
}

/// A file as people call it.
fn named(path: &Path) -> String {
    if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() }
}

/// The text of a QR code shows itself; any other is what it stands for where it was given.
fn subject(text: String, other: impl FnOnce(String) -> Subject) -> Subject {
    if is_code(&text) { Subject::QrText(text) } else { other(text) }
}

fn is_code(text: &str) -> bool {
    let begins = |start: &str| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    text.starts_with("GL1:") || begins("https://") || begins("http://")
}

/// The same with a trust bundle, or a statement of before: says on stderr whose it is, and how long it is good.
pub(crate) async fn offline(output: Output, mut args: Args, economy: Option<&str>) -> anyhow::Result<Exit> {
    args.goods.settle(economy)?;
    if let Some(path) = args.statement.clone() {
        return statement::check(output, &path, &args);
    }
    let path = args.trust.clone().context("there is a bundle")?;
    let key = named_log_key(args.log_key.as_deref())?;
    let pinned = args.pack_key.as_slice();
    let pack = args.pack.as_deref().map(|path| OfflinePack::open(path, pinned)).transpose()?;
    let mut described = String::new();
    if let Some(pack) = &pack {
        described.push_str(&format!("{}\n", pack.describe(!pinned.is_empty())));
    }
    let trust = OfflineTrust::open(&path, key.as_ref(), pack)?;
    described.push_str(&trust.describe(key.is_some()));
    render::talk(&described);
    let (report, fonts) = (args.report.clone(), args.fonts.clone());
    if args.subjects.len() > 1 {
        return several::offline(output, &args, &trust).await;
    }
    let request = VerifyRequest { include_proof: false, ..args.only()? };
    let answer = trust.verify(request.clone()).await?;
    if let Some(path) = &report {
        write_report(path, &fonts, &request, &answer, &described)?;
    }
    print(output, &args, &answer)?;
    Ok(exit_of(answer.verdict.as_ref()))
}

impl Args {
    /// Whether nobody is to be asked.
    pub(crate) fn is_offline(&self) -> bool {
        self.trust.is_some() || self.statement.is_some()
    }

    /// The question, where there is one.
    fn only(&self) -> anyhow::Result<VerifyRequest> {
        self.request(self.subjects.first().context("clap saw to it that there is a subject")?)
    }

    fn request(&self, named: &str) -> anyhow::Result<VerifyRequest> {
        let path = Path::new(named);
        let subject = if named == "-" || path.is_file() {
            in_file(path)?
        } else if path.is_dir() && !looks_like_one(named) {
            return Err(Usage(format!("{} is a folder: name the files in it", path.display())).into());
        } else if path.extension().is_some() && !is_code(named) {
            // A number has no dot.
            return Err(Usage(format!("there is no file {}, and it is no certificate's number", path.display())).into());
        } else {
            subject(named.to_owned(), Subject::Certificate)
        };
        Ok(VerifyRequest {
            subject: Some(subject),
            goods: self.goods.declaration(),
            date: self.goods.day_alone(),
            include_proof: self.proof || self.report.is_some() || self.proof_out.is_some(),
            include_statement: self.statement_out.is_some(),
            include_balance: self.balance,
            ..Default::default()
        })
    }
}

/// Keeps the proof of the entry that names the document on record, and says where that is not what was presented.
async fn keep_proof(client: Client, answer: &VerifyResponse, path: &Path) -> anyhow::Result<()> {
    let Some(proof) = answer.proof.as_ref().and_then(|bundle| bundle.version_proof.as_ref()) else {
        render::talk("no proof is kept: there is no entry of such a certificate in the log");
        return Ok(());
    };
    proof::write(&mut LogServiceClient::new(client), proof, path).await?;
    render::talk(&format!("the proof is in {}", path.display()));
    let authentic = answer.verdict.as_ref().and_then(|verdict| verdict.authentic.as_ref());
    if authentic.is_none_or(|part| part.outcome() != PartOutcome::Yes) {
        render::talk("it is of the document on record, and not of what was presented");
    }
    Ok(())
}

fn write_report(
    path: &Path,
    fonts: &[PathBuf],
    request: &VerifyRequest,
    answer: &VerifyResponse,
    of: &str,
) -> anyhow::Result<()> {
    let report = Report::new(request, answer, &report::Asked { at: Clock::system().now(), of });
    let bytes = if is_pdf(path) { report::pdf(&report, fonts)? } else { report::html(&report).into_bytes() };
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    render::talk(&format!("the report is in {}", path.display()));
    Ok(())
}

fn print(output: Output, args: &Args, answer: &VerifyResponse) -> anyhow::Result<()> {
    let named = args.subjects.first().map(String::as_str).unwrap_or_default();
    if let Some(ahead) = answer.verdict.as_ref().and_then(|it| verdict::ahead(&it.date, Clock::system().today())) {
        render::talk(&ahead);
    }
    match (output, &answer.verdict) {
        // One as several.
        (Output::Csv, Some(verdict)) => {
            let answer = VerifyResult { result: Some(verify_result::Result::Response(answer.clone())) };
            let line = line(named, Some(&answer), output)?;
            render::print_value(output, &json!({ "lines": [line] }), several::in_parts(args.balance))?;
            tell_of_balance(args, verdict);
            Ok(())
        }
        (Output::Table, Some(verdict)) => {
            render::write(&verdict::table(verdict, &short(named)))?;
            tell_of_balance(args, verdict);
            Ok(())
        }
        (output, _) => render::print(output, answer, VERDICT),
    }
}

/// Says so where there is nothing to count down.
fn tell_of_balance(args: &Args, verdict: &Verdict) {
    if args.balance && !verdict.certificate.is_empty() && verdict::left(verdict).is_empty() {
        render::talk("nothing is said of what is left: the certificate names no quantity of these goods");
    }
}

fn exit_of(verdict: Option<&Verdict>) -> Exit {
    match verdict.map_or(VerdictOutcome::Unspecified, Verdict::outcome) {
        VerdictOutcome::Accepted | VerdictOutcome::AcceptedOnConditions => Exit::Done,
        VerdictOutcome::Refused => Exit::No,
        VerdictOutcome::Undetermined | VerdictOutcome::Unspecified => Exit::Undetermined,
    }
}
