//! `greenlane certificate`: certificates and their life.

mod filter;
mod import;
mod print;
mod qr;
mod revise;
mod step;
mod views;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use greenlane_api::registry::v1::{
    DocumentProfile, EraseConfidentialFieldsRequest, GetBodyRequest, GetCertificateRequest, IssueCertificateRequest,
    ListCertificateEventsRequest, ListCertificateVersionsRequest, ListCertificatesRequest, PrepareCertificateRequest,
    body_service_client::BodyServiceClient, certificate_service_client::CertificateServiceClient,
    issue_certificate_request::Signing,
};
use greenlane_credential::CertificateNumber;
use tonic::Code;

pub(super) use self::watch::{Watch, run as watch};
use serde_json::Value;

use self::views::{CERTIFICATE, CERTIFICATES, ERASED, EVENTS, PAGE, PREPARED, STEPS, URGENT, VERSIONS};
use crate::client::{
    ConfirmByName, Mutation, Session,
    complete::Named,
    exit::Exit,
    input,
    render::{self, Output, View},
};

/// In whose words a document names its places in status lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    #[default]
    Untp,
    W3c,
}

impl From<Profile> for DocumentProfile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Untp => Self::Untp,
            Profile::W3c => Self::W3c,
        }
    }
}

/// `greenlane certificate …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Issue a certificate from a file of facts.
    Issue(Issue),
    /// Build what a body signs itself, with a key of its own; write nothing.
    Prepare(Prepare),
    /// Show a certificate.
    Get {
        /// Its number or name.
        #[arg(add = Named::Certificates.completer())]
        certificate: String,
        /// Print the signed document only, as it is.
        #[arg(long)]
        document: bool,
        /// Append the disclosures of what the document keeps back, for somebody who may see that.
        #[arg(long, requires = "document")]
        disclosed: bool,
        /// The profile of the document: UNTP's, which was issued, or W3C's, signed anew.
        #[arg(long, requires = "document", value_enum, default_value_t, hide_default_value = true)]
        profile: Profile,
        /// An earlier version.
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        version: u32,
    },
    /// List certificates.
    List(Box<filter::List>),
    /// Show the events of a certificate's life.
    History {
        /// Its number or name.
        #[arg(add = Named::Certificates.completer())]
        certificate: String,
    },
    /// Import a back catalogue from a CSV or NDJSON file; a trial, until it is confirmed.
    Import(import::Import),
    /// Follow what happens to certificates, one line each; as JSON one object a line.
    Watch(watch::Watch),
    /// Draw its QR code: an address, or all that verification without a network needs.
    Qr(qr::Qr),
    /// Print it: a PDF in English and Chinese, with the QR code.
    Print(print::Print),
    /// Show the versions of a certificate, oldest first.
    Versions {
        /// Its number or name.
        #[arg(add = Named::Certificates.completer())]
        certificate: String,
    },
    /// Extend or reduce the scope, or correct the record: a new version.
    Amend(revise::Amend),
    /// Renew the validity: a new version.
    Renew(revise::Renew),
    /// Suspend: the only step that can be undone.
    Suspend(step::Suspend),
    /// End a suspension.
    Reinstate(step::Step),
    /// Let it go on under conditions; ends a suspension.
    Continue(step::Continue),
    /// Withdraw, for good.
    Withdraw(step::End),
    /// End it at the holder's wish, for good.
    Terminate(step::End),
    /// Declare it void from the start, for good.
    Annul(step::Annul),
    /// Erase confidential fields, for good.
    Erase(Erase),
}

/// Arguments of `greenlane certificate erase`.
#[derive(Args, Debug)]
pub(crate) struct Erase {
    /// Number or name of the certificate.
    #[arg(add = Named::Certificates.completer())]
    certificate: String,
    /// A field to erase: holder.address, sites, body_reference, remarks or measurements. May be repeated.
    #[arg(long = "field", value_name = "FIELD", required = true)]
    fields: Vec<String>,
    #[command(flatten)]
    confirm: ConfirmByName,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane certificate issue`.
#[derive(Args, Debug)]
pub(crate) struct Issue {
    /// A file with the certificate's content (greenlane.registry.v1.CertificateContent) as YAML or JSON; `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// The issuing body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, add = Named::Bodies.completer())]
    body: String,
    /// Which of the keys that the registry holds for the body signs, bodies/ID/keys/ID [default: the newest].
    #[arg(long, value_name = "KEY")]
    signing_key: Option<String>,
    /// A file with the document as the body signed it: the signing input of `prepare`, a dot, and the signature.
    #[arg(long, value_name = "FILE", conflicts_with = "signing_key")]
    signed_document: Option<PathBuf>,
    #[command(flatten)]
    promise: step::Promise,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane certificate prepare`.
#[derive(Args, Debug)]
pub(crate) struct Prepare {
    /// A file with the certificate's content (greenlane.registry.v1.CertificateContent) as YAML or JSON; `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// The issuing body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, add = Named::Bodies.completer())]
    body: String,
    /// The key that the body will sign with, bodies/ID/keys/ID.
    #[arg(long)]
    key: String,
    /// For the next version of this certificate; the file then has the whole content of that version.
    #[arg(long, default_value = "", hide_default_value = true)]
    certificate: String,
}

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut certificates = CertificateServiceClient::new(session.registry()?);
    match command {
        Command::Issue(args) => {
            let request = IssueCertificateRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                body: args.body,
                content: Some(session.read_message(&args.file, "content")?),
                signing: signing(args.signing_key, args.signed_document)?,
                promise: args.promise.code(),
                witnesses: args.promise.witnesses(),
            };
            let answer = certificates.issue_certificate(request).await?.into_inner();
            answer.findings.iter().for_each(|finding| render::talk(&format!("warning: {}", finding.message)));
            step::told(session, &answer, CERTIFICATE, "issue", None)
        }
        Command::Prepare(args) => {
            let request = PrepareCertificateRequest {
                body: args.body,
                content: Some(session.read_message(&args.file, "content")?),
                key: args.key,
                certificate: if args.certificate.is_empty() { String::new() } else { name(&args.certificate) },
            };
            session.print(certificates.prepare_certificate(request).await?.get_ref(), PREPARED)
        }
        Command::Get { certificate, document, disclosed, profile, version } => {
            let document_profile = DocumentProfile::from(profile).into();
            let request =
                GetCertificateRequest { name: name(&certificate), version, document_profile, ..Default::default() };
            let answer = certificates.get_certificate(request).await?.into_inner();
            answer.findings.iter().for_each(|finding| render::talk(&format!("warning: {}", finding.message)));
            if document {
                let certificate = answer.certificate.unwrap_or_default();
                let mut text = certificate.document;
                if disclosed && !certificate.disclosures.is_empty() {
                    text = format!("{text}~{}~", certificate.disclosures.join("~"));
                }
                render::print_text(session.output(), &certificate.name, &format!("{text}\n"))?;
                return Ok(Exit::Done);
            }
            let mut value = render::to_json(&answer)?;
            // Programs ask for the events themselves.
            if matches!(session.output(), Output::Table | Output::Csv) {
                let announced = announced(session, &certificate).await?;
                if !announced.is_empty() {
                    value["certificate"]["announced"] = announced.into();
                }
            }
            render::print_value(session.output(), &value, CERTIFICATE)?;
            Ok(Exit::Done)
        }
        Command::List(args) => {
            let rows = args.limit.rows();
            let request = args.request();
            let body = request.filter.as_ref().map(|filter| filter.body.clone()).filter(|body| !body.is_empty());
            let mut bodies = BodyServiceClient::new(session.registry()?);
            let ask = async |page_size, page_token| {
                let page = ListCertificatesRequest { page_size, page_token, ..request.clone() };
                let answer = certificates.list_certificates(page).await?;
                // That a body has issued none is not said of one that there is not.
                if let Some(name) = body.clone().filter(|_| answer.get_ref().certificates.is_empty())
                    && let Err(status) = bodies.get_body(GetBodyRequest { name, ..Default::default() }).await
                    && status.code() == Code::NotFound
                {
                    return Err(status);
                }
                Ok(answer)
            };
            session.list(CERTIFICATES, rows, ask).await
        }
        Command::History { certificate } => history(session, &certificate, EVENTS).await,
        Command::Versions { certificate } => {
            let certificate = name(&certificate);
            let ask = async |page_size, page_token| {
                let certificate = certificate.clone();
                let page = ListCertificateVersionsRequest { certificate, page_size, page_token, ..Default::default() };
                certificates.list_certificate_versions(page).await
            };
            session.list(VERSIONS, u64::MAX, ask).await
        }
        Command::Qr(args) => qr::run(session, args).await,
        Command::Print(args) => print::run(session, args).await,
        Command::Import(args) => import::run(session, args).await,
        Command::Watch(args) => watch::run(session, args).await,
        Command::Amend(args) => {
            let request = args.request(session)?;
            let effect = request.effective_time;
            let answer = certificates.amend_certificate(request).await?.into_inner();
            step::told(session, &answer, CERTIFICATE, step::AMEND, effect)
        }
        Command::Renew(args) => {
            let request = args.request(session)?;
            let answer = certificates.renew_certificate(request).await?.into_inner();
            step::told(session, &answer, CERTIFICATE, "renew", None)
        }
        Command::Suspend(args) => {
            let request = args.request(session);
            let effect = request.effective_time;
            let answer = certificates.suspend_certificate(request).await?.into_inner();
            step::told(session, &answer, URGENT, "suspend", effect)
        }
        Command::Reinstate(args) => {
            let request = args.reinstate(session);
            let effect = request.effective_time;
            let answer = certificates.reinstate_certificate(request).await?.into_inner();
            step::told(session, &answer, CERTIFICATE, "reinstate", effect)
        }
        Command::Continue(args) => {
            let request = args.request(session);
            let effect = request.effective_time;
            let answer = certificates.continue_certificate(request).await?.into_inner();
            step::told(session, &answer, CERTIFICATE, "continue", effect)
        }
        Command::Withdraw(args) => {
            let request = args.withdraw(session);
            let effect = request.effective_time;
            let answer = certificates.withdraw_certificate(request).await?.into_inner();
            step::told(session, &answer, URGENT, "withdraw", effect)
        }
        Command::Terminate(args) => {
            let request = args.terminate(session);
            let effect = request.effective_time;
            let answer = certificates.terminate_certificate(request).await?.into_inner();
            step::told(session, &answer, URGENT, "terminate", effect)
        }
        Command::Erase(mut args) => {
            args.confirm.settle(&mut args.mutation, &name(&args.certificate))?;
            let request = EraseConfidentialFieldsRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                name: name(&args.certificate),
                fields: args.fields,
            };
            let answer = certificates.erase_confidential_fields(request).await?;
            session.print(answer.get_ref(), ERASED)
        }
        Command::Annul(args) => {
            let answer = certificates.annul_certificate(args.request(session)?).await?.into_inner();
            step::told(session, &answer, CERTIFICATE, "annul", None)
        }
    }
}

/// The steps of a certificate that count from a day to come, and when they take effect.
async fn announced(session: &Session, certificate: &str) -> anyhow::Result<String> {
    let mut certificates = CertificateServiceClient::new(session.registry()?);
    let (mut told, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListCertificateEventsRequest { certificate: name(certificate), page_token, ..Default::default() };
        let page = certificates.list_certificate_events(request).await?.into_inner();
        for event in page.events.into_iter().filter(|it| it.overtaken_by.is_empty()) {
            if let Some(later) = event.effective_time.filter(step::is_to_come) {
                let kind = event.kind().as_str_name().trim_start_matches("CERTIFICATE_EVENT_KIND_");
                told.push(format!("{} from {later}", kind.to_ascii_lowercase().replace('_', " ")));
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(told.join("; "));
        }
    }
}

async fn history(session: &Session, certificate: &str, view: View) -> anyhow::Result<Exit> {
    let mut certificates = CertificateServiceClient::new(session.registry()?);
    let ask = async |page_size, page_token| {
        let certificate = name(certificate);
        let page = ListCertificateEventsRequest { certificate, page_size, page_token, ..Default::default() };
        certificates.list_certificate_events(page).await
    };
    session.list(view, u64::MAX, ask).await
}

/// A certificate with what it is about, and below it what has become of it.
pub(super) async fn page(session: &Session, certificate: &str, answer: &Value) -> anyhow::Result<Exit> {
    render::print_value(session.output(), answer, PAGE)?;
    render::write("\n")?;
    history(session, certificate, STEPS).await
}

/// How the document comes to be signed.
fn signing(key: Option<String>, document: Option<PathBuf>) -> anyhow::Result<Option<Signing>> {
    let document = document.map(|path| input::read_text(&path)).transpose()?;
    let signed = document.map(|text| Signing::SignedDocument(text.trim().to_owned()));
    Ok(signed.or(key.map(Signing::SigningKey)))
}

/// Whether somebody may have meant a certificate's number or name: as long as a number, give or take some characters,
/// with what people write between them. No document is as short.
pub(super) fn looks_like_one(text: &str) -> bool {
    let number = text.strip_prefix("certificates/").unwrap_or(text);
    let may_stand = |letter: char| !matches!(letter, '.' | '/' | ':') && !letter.is_control();
    number.chars().all(may_stand)
        && (15..=21).contains(&number.chars().filter(|letter| letter.is_alphanumeric()).count())
}

/// A certificate's name from its name, its bare number, or its address, which is what its QR code holds.
pub(super) fn name(certificate: &str) -> String {
    format!("certificates/{}", CertificateNumber::written_in(certificate))
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_certificate_is_named_by_its_number_its_name_and_its_address() {
        for named in [
            "GLXA",
            "certificates/GLXA",
            "Certificates/GLXA",
            "registry.example.org/certificates/GLXA?lang=zh",
            "https://registry.example.org/certificates/GLXA",
            "HTTPS://REGISTRY.EXAMPLE.ORG/BASE/CERTIFICATES/GLXA?LANG=ZH",
        ] {
            assert_eq!(name(named), "certificates/GLXA");
        }
    }
}
