//! `greenlane pack`: the recognition pack for recognition without a network.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use greenlane_api::{
    common::v1::{ReadConsistency, read_consistency::Requirement},
    equivalence::v1::{GetPackKeyRequest, GetRecognitionPackRequest, pack_service_client::PackServiceClient},
};
use serde_json::json;

use crate::client::{
    Session,
    exit::Exit,
    render::{self, View},
};

/// Arguments of `greenlane pack`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Examples:
  greenlane pack --out recognition.pack
  greenlane pack --keys
  greenlane recognise --pack recognition.pack …
  greenlane verify certificate.jwt --trust customs.bundle --pack recognition.pack")]
pub(crate) struct Args {
    /// Where it is written.
    #[arg(long, value_name = "FILE", required_unless_present = "keys")]
    out: Option<PathBuf>,
    /// Fetch no pack: tell by which keys packs are to be believed now.
    #[arg(long, conflicts_with_all = ["out", "revision"])]
    keys: bool,
    /// Of the catalogue as it was at this revision, to look back: it decides nothing of now [default: the newest].
    #[arg(long, value_name = "REVISION")]
    revision: Option<u64>,
}

const PACK: View = View::Record {
    at: "",
    name: "file",
    fields: &[
        ("File", "file"),
        ("Bytes", "bytes"),
        ("Signed by", "keyId"),
        ("Good until", "goodUntil"),
        ("Equivalence revision", "revisions.equivalence"),
        ("Classification revision", "revisions.classification"),
    ],
};

const KEYS: View = View::List {
    items: "keys",
    name: "keyId",
    columns: &[("KEY", "keyId"), ("SIGNS", "signs"), ("BELIEVED UNTIL", "believedUntil")],
};

/// Fetches it. The file is there whole or not at all.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let Some(out) = args.out else {
        let keys = PackServiceClient::new(session.equivalence()?).get_pack_key(GetPackKeyRequest {}).await?;
        session.print(keys.get_ref(), KEYS)?;
        return Ok(Exit::Done);
    };
    let exactly = |revision| ReadConsistency { requirement: Some(Requirement::ExactlyRevision(revision)) };
    let request = GetRecognitionPackRequest { consistency: args.revision.map(exactly) };
    let mut parts = PackServiceClient::new(session.equivalence()?).get_recognition_pack(request).await?.into_inner();
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(".".as_ref());
    let cannot_write = || format!("cannot write {}", out.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot_write)?;
    let (mut bytes, mut last) = (0, None);
    while let Some(part) = parts.message().await? {
        file.write_all(&part.chunk).with_context(cannot_write)?;
        bytes += part.chunk.len();
        last = Some(part);
    }
    let last = last.context("the service sent an empty pack")?;
    file.as_file().sync_all().with_context(cannot_write)?;
    file.persist(&out).with_context(cannot_write)?;
    let good_until = last.good_until.and_then(|time| chrono::DateTime::from_timestamp(time.seconds, 0));
    let value = json!({
        "file": out.display().to_string(),
        "bytes": bytes,
        "keyId": last.key_id,
        "goodUntil": good_until.map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        "revisions": { "equivalence": last.revision, "classification": last.classification_revision },
    });
    render::print_value(session.output(), &value, PACK)?;
    Ok(Exit::Done)
}
