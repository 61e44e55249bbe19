//! `greenlane body key`: the keys that sign a body's documents.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use greenlane_api::registry::v1::{
    CreateBodyKeyRequest, GetBodyKeyRequest, KeyAlgorithm, ListBodyKeysRequest, RetireBodyKeyRequest,
    RevokeBodyKeyRequest, create_body_key_request::Source,
};
use prost_types::Timestamp;

use super::Bodies;
use crate::client::{
    Confirm, ConfirmByName, Mutation, Session,
    complete::Named,
    exit::Exit,
    input,
    render::{self, View},
};

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
        #[arg(value_parser = crate::client::input::parse_body, add = Named::Bodies.completer())]
        body: String,
    },
    /// End a key's validity: what it signed until then stays good.
    Retire(Retire),
    /// Declare a key compromised: what it signed since then is void.
    Revoke(Revoke),
}

/// Arguments of `greenlane body key create`.
#[derive(Args, Debug)]
pub(crate) struct CreateKey {
    /// The body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, add = Named::Bodies.completer())]
    body: String,
    /// A file with the public key as a JWK. Without it the registry makes an Ed25519 key and holds it.
    #[arg(long, value_name = "FILE")]
    public_jwk: Option<PathBuf>,
    /// From when documents may be signed with it [default: now].
    #[arg(long, value_parser = input::parse_moment, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Until when [default: until it is retired].
    #[arg(long, value_parser = input::parse_moment, value_name = "TIME")]
    until: Option<Timestamp>,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane body key retire`.
#[derive(Args, Debug)]
pub(crate) struct Retire {
    /// Its name, bodies/ID/keys/ID.
    name: String,
    /// Until when documents may be signed with it, such as 2026-06-30T12:00:00Z [default: now].
    #[arg(long, value_parser = input::parse_moment, value_name = "TIME")]
    until: Option<Timestamp>,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane body key revoke`.
#[derive(Args, Debug)]
pub(crate) struct Revoke {
    /// Its name, bodies/ID/keys/ID.
    name: String,
    /// Since when it is compromised, such as 2026-06-30T12:00:00Z.
    #[arg(long, value_parser = input::parse_moment, value_name = "TIME")]
    since: Timestamp,
    /// What happened.
    #[arg(long)]
    text: String,
    #[command(flatten)]
    confirm: ConfirmByName,
    #[command(flatten)]
    mutation: Mutation,
}

const KEY: View = View::Record {
    at: "key",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Algorithm", "algorithm"),
        ("Custody", "custody"),
        ("Valid from", "validFrom"),
        ("Valid until", "validUntil"),
        ("Compromised since", "compromisedSince"),
        ("Verification method", "verificationMethod"),
        ("Changed last at revision", "latestRevision?"),
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
        ("COMPROMISED SINCE", "compromisedSince"),
    ],
};

pub(super) async fn run(session: &Session, bodies: &mut Bodies, command: KeyCommand) -> anyhow::Result<Exit> {
    match command {
        KeyCommand::Create(args) => {
            let source = match args.public_jwk {
                Some(path) => Source::PublicJwk(input::read_text(&path)?),
                None => Source::Generate(KeyAlgorithm::Eddsa.into()),
            };
            let request = CreateBodyKeyRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                body: args.body,
                source: Some(source),
                valid_from: args.from,
                valid_until: args.until,
            };
            session.print(bodies.create_body_key(request).await?.get_ref(), KEY)
        }
        KeyCommand::Get { name } => {
            let request = GetBodyKeyRequest { name, ..Default::default() };
            session.print(bodies.get_body_key(request).await?.get_ref(), KEY)
        }
        KeyCommand::List { body } => {
            let request = ListBodyKeysRequest { body, ..Default::default() };
            let ask = async |page_size, page_token| {
                bodies.list_body_keys(ListBodyKeysRequest { page_size, page_token, ..request.clone() }).await
            };
            session.list(KEYS, u64::MAX, ask).await
        }
        KeyCommand::Retire(mut args) => {
            args.confirm.settle(&mut args.mutation);
            let request = RetireBodyKeyRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                name: args.name,
                valid_until: args.until,
            };
            session.print(bodies.retire_body_key(request).await?.get_ref(), KEY)
        }
        KeyCommand::Revoke(mut args) => {
            args.confirm.settle(&mut args.mutation, &args.name)?;
            let request = RevokeBodyKeyRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                name: args.name.clone(),
                compromised_since: Some(args.since),
                reason_text: args.text,
            };
            let answer = bodies.revoke_body_key(request).await?.into_inner();
            let done = session.print(&answer, KEY)?;
            tell_void(&args.name, answer.void_certificates, args.mutation.dry_run);
            Ok(done)
        }
    }
}

/// Says how many certificates a revocation makes void, and how they are mended.
fn tell_void(key: &str, void: Option<u64>, trial: bool) {
    let makes = if trial { "it would make" } else { "it makes" };
    let mend = "greenlane certificate amend NUMBER --kind correct --reason key-compromise";
    let body = key.split_once("/keys/").map_or(key, |(body, _)| body);
    match void {
        Some(0) => render::talk("no certificate stands on what it signed since then"),
        Some(void) => {
            render::talk(&format!(
                "{makes} {} void, by what it signed since then",
                render::several(void, "certificate")
            ));
            render::talk(&format!("to have one signed again with another key: {mend}"));
            render::talk(&format!("which key signed each: greenlane certificate list --body {body} -o json"));
        }
        None => render::talk("how many certificates stand on what it signed since then could not be counted in time"),
    }
}
