//! `greenlane untp`: what the catalogue knows as documents of the UN Transparency Protocol 0.7.0.

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use greenlane_api::equivalence::v1::{ExportCatalogueRequest, catalogue_service_client::CatalogueServiceClient};
use greenlane_equivalence::{
    domain::{
        key::{DesignationKey, SchemeKey},
        untp::Exporter,
    },
    offline::OfflineCatalogue,
};
use greenlane_jose::{
    SigningKey,
    compact::{self, NewHeader},
};
use greenlane_platform::clock::Clock;
use serde_json::{Value, json};

use crate::client::{
    Session,
    exit::{Exit, Usage},
    render::{self, View},
};

/// `greenlane untp …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Schemes with the standards and regulations that they answer to (ConformityScheme of the CVC).
    Scheme(Scheme),
    /// A designation as a Digital Identity Anchor, for its authority to sign.
    Anchor(Anchor),
}

/// Where entries are, and the day.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// Address under which the catalogue's entries are known: what identifiers begin with.
    #[arg(long, value_name = "URL")]
    base: String,
    /// As of this day [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<NaiveDate>,
}

/// Arguments of `greenlane untp scheme`.
#[derive(Args, Debug)]
pub(crate) struct Scheme {
    /// The schemes [default: every scheme of which the catalogue knows what UNTP demands].
    schemes: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// Arguments of `greenlane untp anchor`.
#[derive(Args, Debug)]
pub(crate) struct Anchor {
    /// The designation.
    designation: String,
    /// The authority's decentralised identifier.
    #[arg(long, value_name = "DID")]
    issuer: String,
    /// The body's decentralised identifier.
    #[arg(long, value_name = "DID")]
    subject: String,
    /// Sign it with this private key (a JWK) of the authority, as a VC-JOSE document: `signed` in the answer.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

const DOCUMENTS: View = View::List {
    items: "documents",
    name: "id",
    columns: &[
        ("ID", "id"),
        ("NAME", "name"),
        ("STANDARDS", "includedProfile.0.standardAlignment"),
        ("REGULATIONS", "includedProfile.0.regulatoryAlignment"),
    ],
};
const DOCUMENT: View = View::Record {
    at: "",
    name: "document.id",
    fields: &[
        ("Id", "document.id"),
        ("Name", "document.name"),
        ("Issuer", "document.issuer.id"),
        ("Subject", "document.credentialSubject.id"),
        ("Valid from", "document.validFrom"),
        ("Valid until", "document.validUntil"),
        ("Signed", "signed"),
    ],
};

/// Exports and prints; says on stderr what could not be told.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let catalogue = fetch(session).await?;
    let catalogue = catalogue.catalogue();
    match command {
        Command::Scheme(args) => {
            let exporter = Exporter { catalogue, base: args.place.base()?, date: args.place.date() };
            let keys = args.schemes.iter().map(|name| SchemeKey::parse(name)).collect::<Result<Vec<_>, _>>();
            let mut keys = keys.map_err(|error| anyhow::anyhow!(Usage(error.to_string())))?;
            let asked = !keys.is_empty();
            if !asked {
                keys = catalogue.schemes.keys().cloned().collect();
            }
            let mut documents = Vec::new();
            for key in &keys {
                match exporter.conformity_scheme(key) {
                    Ok(document) => documents.push(document),
                    Err(untold) if asked => return Err(untold.into()),
                    Err(untold) => render::talk(&format!("left out: {untold}")),
                }
            }
            render::print_value(session.output(), &json!({ "documents": documents }), DOCUMENTS)?;
        }
        Command::Anchor(args) => {
            let exporter = Exporter { catalogue, base: args.place.base()?, date: args.place.date() };
            let key =
                DesignationKey::parse(&args.designation).map_err(|error| anyhow::anyhow!(Usage(error.to_string())))?;
            for did in [&args.issuer, &args.subject] {
                anyhow::ensure!(did.starts_with("did:"), Usage(format!("`{did}` is no decentralised identifier")));
            }
            let document = exporter.identity_anchor(&key, &args.issuer, &args.subject)?;
            let signed = args.key.as_ref().map(|path| sign(path, &args.issuer, &document)).transpose()?;
            let value = json!({ "document": document, "signed": signed.unwrap_or_default() });
            render::print_value(session.output(), &value, DOCUMENT)?;
        }
    }
    Ok(Exit::Done)
}

/// A compact JWS as VC-JOSE has it: `vc+jwt`, the key named under the issuer.
fn sign(path: &std::path::Path, issuer: &str, document: &Value) -> anyhow::Result<String> {
    let key = SigningKey::load(path)?;
    let kid = format!("{issuer}#{}", greenlane_jose::Signer::kid(&key));
    let header = NewHeader { kid: Some(&kid), typ: Some("vc+jwt"), cty: Some("vc") };
    Ok(compact::sign(&key, header, &serde_json::to_vec(document)?)?)
}

async fn fetch(session: &Session) -> anyhow::Result<OfflineCatalogue> {
    let mut client = CatalogueServiceClient::new(session.equivalence()?);
    let mut parts = client.export_catalogue(ExportCatalogueRequest::default()).await?.into_inner();
    let (mut revision, mut bytes) = (0, Vec::new());
    while let Some(part) = parts.message().await? {
        revision = part.revision;
        bytes.extend_from_slice(&part.chunk);
    }
    OfflineCatalogue::read(revision, &bytes).context("the service is of another version than this command")
}

impl Place {
    fn base(&self) -> anyhow::Result<&str> {
        let base = self.base.trim_end_matches('/');
        anyhow::ensure!(base.starts_with("https://"), Usage("--base must begin with https://".to_owned()));
        Ok(base)
    }

    fn date(&self) -> NaiveDate {
        self.on.unwrap_or_else(|| Clock::system().today())
    }
}
