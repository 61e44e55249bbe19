//! `greenlane body`: bodies, their keys, and what is said of them.

mod key;
mod statement;

use clap::{Args, Subcommand, ValueEnum};
use greenlane_api::registry::v1::{
    Body, BodyRole, CreateBodyRequest, GetBodyRequest, ListBodiesRequest, UpdateBodyRequest,
    body_service_client::BodyServiceClient,
};
use greenlane_platform::client::Client;
use prost_types::FieldMask;

use self::key::KeyCommand;
use self::statement::{AccreditationCommand, DesignationCommand};
use crate::client::{Mutation, Session, complete::Named, exit::Exit, render::View};

type Bodies = BodyServiceClient<Client>;

/// `greenlane body …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Register a body.
    Create(Create),
    /// Show a body.
    Get {
        /// Its name, bodies/ID.
        #[arg(value_parser = crate::client::input::parse_body, add = Named::Bodies.completer())]
        name: String,
    },
    /// List bodies.
    List {
        /// Of this economy only.
        #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
        economy: Option<String>,
    },
    /// Change a body's record.
    Update(Update),
    /// A body's keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// What accreditation bodies attest a body to be competent for.
    #[command(subcommand)]
    Accreditation(AccreditationCommand),
    /// Under which arrangements designating authorities let a body act.
    #[command(subcommand)]
    Designation(DesignationCommand),
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
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    economy: String,
    /// What it does. May be repeated.
    #[arg(long = "role", value_enum, default_value = "certification-body")]
    roles: Vec<Role>,
    /// Its web site.
    #[arg(long, default_value = "", hide_default_value = true)]
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

/// Arguments of `greenlane body update`: what is not given stays as it is.
#[derive(Args, Debug)]
pub(crate) struct Update {
    /// Its name, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, add = Named::Bodies.completer())]
    name: String,
    /// Its registered name.
    #[arg(long)]
    display_name: Option<String>,
    /// The economy of its seat: ISO 3166-1 alpha-2.
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    economy: Option<String>,
    /// What it does, in place of what it did. May be repeated.
    #[arg(long = "role", value_enum)]
    roles: Vec<Role>,
    /// Its web site.
    #[arg(long)]
    website: Option<String>,
    /// Number of its accreditation.
    #[arg(long, value_name = "NUMBER")]
    accreditation_number: Option<String>,
    /// Only if its record is still the one with this etag.
    #[arg(long, default_value = "", hide_default_value = true)]
    etag: String,
    #[command(flatten)]
    mutation: Mutation,
}

impl Update {
    fn request(self, request_id: String) -> UpdateBodyRequest {
        let given = [
            ("display_name", self.display_name.is_some()),
            ("economy", self.economy.is_some()),
            ("roles", !self.roles.is_empty()),
            ("website", self.website.is_some()),
            ("accreditation_number", self.accreditation_number.is_some()),
        ];
        let paths = given.into_iter().filter(|(_, given)| *given).map(|(path, _)| path.to_owned()).collect();
        UpdateBodyRequest {
            request_id,
            validate_only: self.mutation.dry_run,
            body: Some(Body {
                name: self.name,
                display_name: self.display_name.unwrap_or_default(),
                economy: self.economy.unwrap_or_default(),
                roles: self.roles.into_iter().map(|role| BodyRole::from(role).into()).collect(),
                website: self.website.unwrap_or_default(),
                accreditation_number: self.accreditation_number.unwrap_or_default(),
                etag: self.etag,
                ..Body::default()
            }),
            update_mask: Some(FieldMask { paths }),
        }
    }
}

pub(super) const BODY: View = View::Record {
    at: "body",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Display name", "displayName"),
        ("Economy", "economy"),
        ("Roles", "roles"),
        ("DID", "did"),
        ("Web site", "website"),
        ("Accreditation", "accreditationNumber"),
        ("Etag", "etag"),
        ("Recorded at revision", "createRevision?"),
    ],
};
const BODIES: View = View::List {
    items: "bodies",
    name: "name",
    columns: &[("NAME", "name"), ("DISPLAY NAME", "displayName"), ("ECONOMY", "economy"), ("ROLES", "roles")],
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
            let request = ListBodiesRequest { economy: economy.unwrap_or_default(), ..Default::default() };
            let ask = async |page_size, page_token| {
                bodies.list_bodies(ListBodiesRequest { page_size, page_token, ..request.clone() }).await
            };
            session.list(BODIES, u64::MAX, ask).await
        }
        Command::Update(args) => {
            let request_id = session.request_id(&args.mutation);
            session.print(bodies.update_body(args.request(request_id)).await?.get_ref(), BODY)
        }
        Command::Key(command) => key::run(session, &mut bodies, command).await,
        Command::Accreditation(command) => statement::accreditation(session, &mut bodies, command).await,
        Command::Designation(command) => statement::designation(session, &mut bodies, command).await,
    }
}
