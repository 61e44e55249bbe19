//! `greenlane certificate qr`: what a certificate is printed with.

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

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
    /// Form of the picture [default: that of the file's extension, else terminal].
    #[arg(long, value_enum)]
    form: Option<Form>,
    /// A file for the picture [default: stdout].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Form of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text for a terminal (in a file: .txt).
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

impl Form {
    /// The form that a file's name says: that of its extension. One of another extension would hold what nobody expects.
    fn of(path: &Path) -> Result<Self, Usage> {
        let extension = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            None | Some("txt") => Ok(Self::Terminal),
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            Some(other) => {
                Err(Usage(format!("no picture is a .{other}: name the file .svg, .png or .txt, or say --form")))
            }
        }
    }
}

/// What is to be said of a text for terminals that is wider than the one that it was drawn on.
fn too_wide(text: &str, room: usize) -> Option<String> {
    let widest = text.lines().map(|line| line.chars().count()).max().filter(|widest| *widest > room)?;
    Some(format!(
        "the picture has {widest} columns and the terminal {room}: make it wider, or have it in a file with --out code.svg"
    ))
}

const TEXT: View = View::Record { at: "", name: "text", fields: &[] };

/// Fetches the picture and writes it as it is; as JSON or YAML, or by name, prints the answer and the code's text.
pub(super) async fn run(session: &Session, args: Qr) -> anyhow::Result<Exit> {
    let form = match (args.form, &args.out) {
        (Some(form), _) => form,
        (None, Some(path)) => Form::of(path)?,
        (None, None) => Form::Terminal,
    };
    let request = GetCertificateQrRequest {
        name: name(&args.certificate),
        format: QrFormat::from(form).into(),
        offline: args.offline,
    };
    let to_terminal = args.out.is_none() && session.output() == Output::Table && std::io::stdout().is_terminal();
    if to_terminal && form == Form::Png {
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
            let told = too_wide(&String::from_utf8_lossy(&answer.content), render::width());
            told.filter(|_| to_terminal).iter().for_each(|told| render::talk(told));
        }
        (None, _) => return session.print(&answer, TEXT),
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_is_wider_than_the_terminal_is_told_with_what_to_do() {
        let picture = "█▀█\n██████\n";
        assert_eq!(too_wide(picture, 6), None, "it fits");
        let told = too_wide(picture, 5).unwrap();
        assert!(told.contains("has 6 columns and the terminal 5") && told.contains("--out code.svg"), "{told}");
    }

    #[test]
    fn the_form_of_a_picture_is_that_of_its_files_extension() {
        for (file, form) in
            [("q.svg", Form::Svg), ("q.PNG", Form::Png), ("q.txt", Form::Terminal), ("q", Form::Terminal)]
        {
            assert_eq!(Form::of(Path::new(file)).unwrap(), form, "{file}");
        }
        assert!(Form::of(Path::new("q.jpg")).unwrap_err().to_string().contains("no picture is a .jpg"));
    }
}
