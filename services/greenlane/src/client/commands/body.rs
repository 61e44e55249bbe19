//! `greenlane body`: bodies and their keys.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use greenlane_api::registry::v1::{
    Body, BodyRole, CreateBodyKeyRequest, CreateBodyRequest, GetBodyKeyRequest, GetBodyRequest, KeyAlgorithm,
    ListBodiesRequest, ListBodyKeysRequest, body_service_client::BodyServiceClient, create_body_key_request::Source,
};

use crate::client::{Mutation, Session, exit::Exit, input, render::View};

/// `greenlane body …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Register a body.
    Create(Create),
    /// Show a body.
    Get {
        /// Its name, bodies/ID.
        name: String,
    },
    /// List bodies.
    List {
        /// Of this economy only.
        #[arg(long)]
        economy: Option<String>,
    },
    /// A body's keys.
    #[command(subcommand)]
    Key(KeyCommand),
}

/// `greenlane body key …`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Register a key: one that the body holds (--public-jwk), or one that the registry makes and holds for it.
    Create(CreateKey),
    /// Show a key.
    Get {
        /// Its name, bodies/ID/keys/ID.
        name: String,
    },
    /// List a body's keys.
    List {
        /// The body, bodies/ID.
        body: String,
    },
}

/// Arguments of `greenlane body create`.
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Its identifier: the last part of its name.
    id: String,
    /// Its registered name.
    #[arg(long)]
    display_name: String,
    /// The economy of its seat: ISO 3166-1 alpha-2.
    #[arg(long)]
    economy: String,
    /// What it does. May be repeated.
    #[arg(long = "role", value_enum, default_value = "certification-body")]
    roles: Vec<Role>,
    /// Its web site.
    #[arg(long, default_value = "")]
    website: String,
    #[command(flatten)]
    mutation: Mutation,
}

/// What a body does.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    CertificationBody,
    DesignatingAuthority,
    AccreditationBody,
    SchemeOwner,
    CustomsAuthority,
}

impl From<Role> for BodyRole {
    fn from(role: Role) -> Self {
        match role {
            Role::CertificationBody => Self::CertificationBody,
            Role::DesignatingAuthority => Self::DesignatingAuthority,
            Role::AccreditationBody => Self::AccreditationBody,
            Role::SchemeOwner => Self::SchemeOwner,
            Role::CustomsAuthority => Self::CustomsAuthority,
        }
    }
}

/// Arguments of `greenlane body key create`.
#[derive(Args, Debug)]
pub(crate) struct CreateKey {
    /// The body, bodies/ID.
    body: String,
    /// A file with the public key as a JWK. Without it the registry makes an Ed25519 key and holds it.
    #[arg(long, value_name = "FILE")]
    public_jwk: Option<PathBuf>,
    #[command(flatten)]
    mutation: Mutation,
}

const BODY: View = View::Record {
    at: "body",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Display name", "displayName"),
        ("Economy", "economy"),
        ("Roles", "roles"),
        ("DID", "did"),
        ("Web site", "website"),
        ("Revision", "createRevision?"),
    ],
};
const BODIES: View = View::List {
    items: "bodies",
    name: "name",
    columns: &[("NAME", "name"), ("DISPLAY NAME", "displayName"), ("ECONOMY", "economy"), ("ROLES", "roles")],
};
const KEY: View = View::Record {
    at: "key",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Algorithm", "algorithm"),
        ("Custody", "custody"),
        ("Valid from", "validFrom"),
        ("Valid until", "validUntil"),
        ("Verification method", "verificationMethod"),
        ("Revision", "createRevision?"),
    ],
};
const KEYS: View = View::List {
    items: "keys",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("ALGORITHM", "algorithm"),
        ("CUSTODY", "custody"),
        ("VALID FROM", "validFrom"),
        ("VALID UNTIL", "validUntil"),
    ],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut bodies = BodyServiceClient::new(session.registry()?);
    match command {
        Command::Create(args) => {
            let request = CreateBodyRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                body_id: args.id,
                body: Some(Body {
                    display_name: args.display_name,
                    economy: args.economy,
                    roles: args.roles.into_iter().map(|role| BodyRole::from(role).into()).collect(),
                    website: args.website,
                    ..Body::default()
                }),
            };
            session.print(bodies.create_body(request).await?.get_ref(), BODY)
        }
        Command::Get { name } => {
            let request = GetBodyRequest { name, consistency: None };
            session.print(bodies.get_body(request).await?.get_ref(), BODY)
        }
        Command::List { economy } => {
            let mut request = ListBodiesRequest { economy: economy.unwrap_or_default(), ..Default::default() };
            request.page_size = 1_000;
            session.print(bodies.list_bodies(request).await?.get_ref(), BODIES)
        }
        Command::Key(KeyCommand::Create(args)) => {
            let source = match args.public_jwk {
                Some(path) => Source::PublicJwk(input::read_text(&path)?),
                None => Source::Generate(KeyAlgorithm::Eddsa.into()),
            };
            let request = CreateBodyKeyRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                body: args.body,
                source: Some(source),
                ..Default::default()
            };
            session.print(bodies.create_body_key(request).await?.get_ref(), KEY)
        }
        Command::Key(KeyCommand::Get { name }) => {
            let request = GetBodyKeyRequest { name, ..Default::default() };
            session.print(bodies.get_body_key(request).await?.get_ref(), KEY)
        }
        Command::Key(KeyCommand::List { body }) => {
            let request = ListBodyKeysRequest { body, page_size: 1_000, ..Default::default() };
            session.print(bodies.list_body_keys(request).await?.get_ref(), KEYS)
        }
    }
}
