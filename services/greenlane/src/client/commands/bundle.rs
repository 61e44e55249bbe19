//! `greenlane bundle`: the trust bundle for verification without a network.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use greenlane_api::registry::v1::{GetTrustBundleRequest, verification_service_client::VerificationServiceClient};
use serde_json::json;
use tonic::{Code, Status};

use crate::client::{
    Session,
    commands::catalogue::Kind,
    dynamic,
    exit::Exit,
    render::{self, View},
};

/// Arguments of `greenlane bundle`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
It holds what the registry knew when it was made. What has come since, such as a certificate that was issued an hour ago or a \
key that was changed, is undetermined with it: fetch a new one as often as you can.

Example:
  greenlane bundle --out customs.bundle --destination XB
  greenlane verify certificate.jwt --trust customs.bundle")]
pub(crate) struct Args {
    /// Where it is written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only certificates of this body, bodies/ID. May be repeated. A token that names a body is given no others.
    #[arg(value_parser = crate::client::input::parse_body, long = "body", value_name = "BODY")]
    bodies: Vec<String>,
    /// Only for this market. May be repeated.
    #[arg(long = "destination", value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    destinations: Vec<String>,
}

/// Says so when the catalogue has no such market: every verdict for it would be undetermined. Who may not ask it has the
/// bundle all the same.
async fn tell_unknown(session: &Session, destination: &str) {
    let asked = json!({ "name": format!("economies/{destination}") });
    let Err(error) = dynamic::ask(session, &Kind::Economies.get_method(), asked).await else { return };
    if error.downcast_ref::<Status>().is_some_and(|status| status.code() == Code::NotFound) {
        let see = "see greenlane catalogue list economies";
        render::talk(&format!("the catalogue has no `{destination}`: nothing can be told of that market; {see}"));
    }
}

const BUNDLE: View = View::Record {
    at: "",
    name: "file",
    fields: &[
        ("File", "file"),
        ("Bytes", "bytes"),
        ("Good until", "goodUntil"),
        ("Registry revision", "revisions.registry"),
        ("Equivalence revision", "revisions.equivalence?"),
        ("Classification revision", "revisions.classification?"),
    ],
};

/// Fetches it. The file is there whole or not at all.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    for destination in &args.destinations {
        tell_unknown(session, destination).await;
    }
    let request = GetTrustBundleRequest { bodies: args.bodies, destinations: args.destinations };
    // What broke off cannot go on where it was: the next one is of another moment.
    let tell = |_: &Status| {
        render::talk("nothing of it is kept: fetch it again; one for fewer bodies or markets comes sooner")
    };
    let parts = VerificationServiceClient::new(session.registry()?).get_trust_bundle(request).await;
    let mut parts = parts
        .inspect_err(|status| {
            if status.code() == Code::DeadlineExceeded {
                tell(status)
            }
        })?
        .into_inner();
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(".".as_ref());
    let cannot_write = || format!("cannot write {}", args.out.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot_write)?;
    let (mut good_until, mut revisions, mut bytes) = (None, None, 0);
    while let Some(part) = parts.message().await.inspect_err(tell)? {
        file.write_all(&part.chunk).with_context(cannot_write)?;
        bytes += part.chunk.len();
        good_until = good_until.or(part.good_until);
        revisions = revisions.or(part.revisions);
    }
    file.as_file().sync_all().with_context(cannot_write)?;
    file.persist(&args.out).with_context(cannot_write)?;
    let revisions = revisions.unwrap_or_default();
    let good_until = good_until.and_then(|time| chrono::DateTime::from_timestamp(time.seconds, 0));
    let value = json!({
        "file": args.out.display().to_string(),
        "bytes": bytes,
        "goodUntil": good_until.map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        "revisions": {
            "registry": revisions.registry,
            "equivalence": revisions.equivalence,
            "classification": revisions.classification,
        },
    });
    render::print_value(session.output(), &value, BUNDLE)?;
    Ok(Exit::Done)
}
