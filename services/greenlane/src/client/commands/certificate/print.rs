//! `greenlane certificate print`: a certificate on paper, in English and Chinese, with its QR code.

mod page;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use greenlane_api::registry::v1::{
    Body, CertificateContent, GetBodyRequest, GetCertificateQrRequest, GetCertificateRequest, QrFormat,
    body_service_client::BodyServiceClient, certificate_service_client::CertificateServiceClient,
};
use greenlane_jose::b64;
use serde_json::{Value, json};
use tonic::{Code, Status};

use super::name;
use crate::client::{
    Session,
    commands::catalogue::Kind,
    complete::Named,
    dynamic,
    exit::{Exit, Usage},
    paper::Picture,
    render::{self, View},
};

/// Arguments of `greenlane certificate print`.
#[derive(Args, Debug)]
#[command(after_help = "\
What a token needs: certificates.read; bodies.read for the body's economy, and catalogue.read for the titles of scheme and \
standards. What cannot be read is left out, and said on stderr.")]
pub(crate) struct Print {
    /// Number or name of the certificate.
    #[arg(add = Named::Certificates.completer())]
    certificate: String,
    /// The PDF to write; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A font to print with (TrueType or OpenType), before those of this machine. May be repeated. One must have
    /// Chinese characters; what is used of it is embedded.
    #[arg(long = "font", value_name = "FILE")]
    fonts: Vec<PathBuf>,
    /// An earlier version.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    version: u32,
    /// Print not the code of its address, but the one that is verified where there is no network.
    #[arg(long)]
    offline: bool,
}

const PRINTED: View = View::Record {
    at: "",
    name: "file",
    fields: &[("File", "file"), ("Certificate", "certificate"), ("State", "state"), ("At revision", "revision")],
};

/// Fetches what is printed, and writes the file.
pub(super) async fn run(session: &Session, args: Print) -> anyhow::Result<Exit> {
    if let Some(other) = args.out.extension().filter(|it| !it.eq_ignore_ascii_case("pdf")) {
        let file = args.out.with_extension("pdf");
        let (other, file) = (other.display(), file.display());
        return Err(Usage(format!("what is printed is a PDF and no .{other}: --out {file}")).into());
    }
    let mut certificates = CertificateServiceClient::new(session.registry()?);
    let name = name(&args.certificate);
    let request = GetCertificateRequest { name: name.clone(), version: args.version, ..Default::default() };
    let answer = certificates.get_certificate(request).await?.into_inner();
    if let Some(finding) = answer.findings.first() {
        bail!("{name} is not printed: {}", finding.message);
    }
    let certificate = answer.certificate.unwrap_or_default();
    let request = GetCertificateQrRequest { name, format: QrFormat::Png.into(), offline: args.offline };
    let code = certificates.get_certificate_qr(request).await?.into_inner();
    let request = GetBodyRequest { name: certificate.body.clone(), ..Default::default() };
    let body = match BodyServiceClient::new(session.registry()?).get_body(request).await {
        Ok(answer) => answer.into_inner().body.unwrap_or_default(),
        // Who may not read bodies still has the name that the signed document gives.
        Err(status) if status.code() == Code::PermissionDenied => {
            let display_name = issuer(&certificate.document).unwrap_or_default();
            render::talk(&format!("{}: the body's economy is left out", status.message()));
            Body { display_name, ..Body::default() }
        }
        Err(status) => return Err(status.into()),
    };
    let told = page::Told {
        body,
        revision: answer.revision,
        code: code.text,
        titles: titles(session, certificate.content.as_ref()).await,
    };
    let pdf = page::draw(&certificate, &told, Picture::of_png(&code.content)?, &args.fonts)?;
    if args.out == Path::new("-") {
        render::write_bytes(&pdf)?;
        return Ok(Exit::Done);
    }
    std::fs::write(&args.out, pdf).with_context(|| format!("cannot write {}", args.out.display()))?;
    let printed = json!({
        "file": args.out,
        "certificate": certificate.name,
        "state": certificate.state().as_str_name(),
        "revision": answer.revision,
    });
    render::print_value(session.output(), &printed, PRINTED)?;
    Ok(Exit::Done)
}

/// What the document says that its issuer is called: it was signed, and is what counts.
fn issuer(document: &str) -> Option<String> {
    let payload = b64::decode(document.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    Some(claims["issuer"]["name"].as_str()?.to_owned())
}

/// What the catalogue calls the scheme and the standards. A registry may stand where no catalogue can be asked: then the
/// page has their names only, and it is said why.
async fn titles(session: &Session, content: Option<&CertificateContent>) -> BTreeMap<String, String> {
    let scheme = content.and_then(|content| content.scheme.as_ref()).map(|it| it.scheme.as_str());
    let standards = content.into_iter().flat_map(|content| &content.normative_documents).map(|it| it.edition.as_str());
    let mut titles = BTreeMap::new();
    for name in scheme.into_iter().chain(standards) {
        let Ok(kind) = Kind::of(name) else { continue };
        match dynamic::ask(session, &kind.get_method(), json!({ "name": name })).await {
            Ok(answer) => {
                titles.insert(name.to_owned(), title(&answer[kind.field()]));
            }
            Err(error) if error.downcast_ref::<Status>().is_some_and(|it| it.code() == Code::NotFound) => {}
            Err(error) => {
                let why = match error.downcast_ref::<Status>() {
                    Some(status) => status.message().to_owned(),
                    None => error.to_string(),
                };
                render::talk(&format!("{why}: scheme and standards have no titles"));
                break;
            }
        }
    }
    titles
}

/// What an entry of the catalogue is called by people, in every language that it is called in.
fn title(entry: &Value) -> String {
    let names = entry["displayNames"].as_array().into_iter().flatten().map(|it| &it["text"]);
    let words = names.chain([&entry["designation"], &entry["title"]]).filter_map(Value::as_str);
    words.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}
