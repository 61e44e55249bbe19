//! `greenlane certificate qr`: what a certificate is printed with.

use std::{io::IsTerminal as _, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use greenlane_api::registry::v1::{
    GetCertificateQrRequest, QrFormat, certificate_service_client::CertificateServiceClient,
};

use super::name;
use crate::client::{
    Session,
    complete::Named,
    exit::{Exit, Usage},
    render::{self, Output, View},
};

/// Arguments of `greenlane certificate qr`.
#[derive(Args, Debug)]
pub(crate) struct Qr {
    /// Number or name of the certificate.
    #[arg(add = Named::Certificates.completer())]
    certificate: String,
    /// Not its address, but what is needed to verify it where there is no network.
    #[arg(long)]
    offline: bool,
    /// Form of the picture.
    #[arg(long, value_enum, default_value_t = Form::Terminal)]
    form: Form,
    /// A file for the picture [default: stdout].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Form of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text for a terminal.
    Terminal,
    /// Scalable vector graphics.
    Svg,
    /// Portable network graphics.
    Png,
}

impl From<Form> for QrFormat {
    fn from(form: Form) -> Self {
        match form {
            Form::Terminal => Self::Terminal,
            Form::Svg => Self::Svg,
            Form::Png => Self::Png,
        }
    }
}

const TEXT: View = View::Record { at: "", name: "text", fields: &[] };

/// Fetches the picture and writes it as it is; as JSON or YAML, or by name, prints the answer and the code's text.
pub(super) async fn run(session: &Session, args: Qr) -> anyhow::Result<Exit> {
    let request = GetCertificateQrRequest {
        name: name(&args.certificate),
        format: QrFormat::from(args.form).into(),
        offline: args.offline,
    };
    let to_terminal = args.out.is_none() && session.output() == Output::Table && std::io::stdout().is_terminal();
    if to_terminal && args.form == Form::Png {
        return Err(Usage("a terminal cannot show a PNG: name a file with --out".to_owned()).into());
    }
    let mut certificates = CertificateServiceClient::new(session.registry()?);
    let answer = certificates.get_certificate_qr(request).await?.into_inner();
    match (&args.out, session.output()) {
        (Some(path), _) => {
            std::fs::write(path, &answer.content).with_context(|| format!("cannot write {}", path.display()))?;
            render::talk(&format!("the picture is in {}", path.display()));
        }
        (None, Output::Table) => {
            render::write_bytes(&answer.content)?;
            let widest = String::from_utf8_lossy(&answer.content).lines().map(|line| line.chars().count()).max();
            if let Some(widest) = widest.filter(|widest| to_terminal && *widest > render::width()) {
                render::talk(&format!(
                    "the picture has {widest} columns and the terminal {}: make it wider, or have it in a file with --form svg --out",
                    render::width()
                ));
            }
        }
        (None, _) => return session.print(&answer, TEXT),
    }
    Ok(Exit::Done)
}
