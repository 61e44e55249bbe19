//! `greenlane context`: which installation the commands talk to, and as whom.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::client::{
    complete,
    context::{ContextFile, Home, Servers, TokenFrom},
    exit::{Exit, Usage},
    render::{self, Output, View},
    token,
};

/// `greenlane context …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the contexts; the chosen one is marked.
    List,
    /// Show which services a command would talk to now, and as whom.
    Show,
    /// Write a context from the flags under "Services"; of an existing one, what the flags name is changed.
    #[command(after_help = "\
Example:
  greenlane context set border --registry https://registry.example.org \\
    --token-file border.token --tls-ca ca.pem --here XB
  greenlane context use border")]
    Set {
        /// Its name.
        name: String,
    },
    /// Clear fields of a context, as if they had never been set.
    #[command(after_help = "\
Example:
  greenlane context unset border here token-file")]
    Unset {
        /// Its name.
        #[arg(add = complete::contexts())]
        name: String,
        /// What is to be cleared, as `context set` has it as a flag.
        #[arg(value_enum, value_name = "FIELD", required = true)]
        fields: Vec<Field>,
    },
    /// Choose the context that counts when none is named.
    Use {
        /// Its name.
        #[arg(add = complete::contexts())]
        name: String,
    },
    /// Remove a context. The files that it names stay.
    Remove {
        /// Its name.
        #[arg(add = complete::contexts())]
        name: String,
    },
}

/// A field of a context.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Field {
    Registry,
    Equivalence,
    Classification,
    TokenFile,
    Here,
    TlsCa,
    TlsCert,
    TlsKey,
}

impl Field {
    fn clear(self, context: &mut ContextFile) {
        let plain = ContextFile::default();
        match self {
            Self::Registry => context.registry = plain.registry,
            Self::Equivalence => context.equivalence = plain.equivalence,
            Self::Classification => context.classification = plain.classification,
            Self::TokenFile => context.token_file = None,
            Self::Here => context.economy = None,
            Self::TlsCa => context.tls_ca = None,
            Self::TlsCert => context.tls_cert = None,
            Self::TlsKey => context.tls_key = None,
        }
    }
}

const CONTEXTS: View = View::List {
    items: "contexts",
    name: "name",
    columns: &[
        ("CHOSEN", "chosen"),
        ("NAME", "name"),
        ("REGISTRY", "registry"),
        ("EQUIVALENCE", "equivalence"),
        ("CLASSIFICATION", "classification"),
        ("TOKEN", "tokenFile"),
    ],
};
const CONTEXT: View = View::Record {
    at: "",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("From", "from"),
        ("File", "file"),
        ("Registry", "registry"),
        ("Equivalence", "equivalence"),
        ("Classification", "classification"),
        ("Here", "here"),
        ("Token", "tokenFile"),
        ("Subject", "token.subject"),
        ("Scopes", "token.scopes"),
        ("Body", "token.body"),
        ("Economy", "token.economy"),
        ("Issuer", "token.issuer"),
        ("Holds until", "token.expires"),
        ("Authorities", "tlsCa"),
        ("Certificate", "tlsCert"),
    ],
};

/// Does it. Reads and writes files only; no service is asked.
pub(crate) fn run(servers: &Servers, command: Command, output: Output) -> anyhow::Result<Exit> {
    let home = Home::of_user();
    match command {
        Command::List => {
            let chosen = home.current()?;
            let rows: anyhow::Result<Vec<Value>> = home
                .names()?
                .into_iter()
                .map(|name| {
                    let mut row = told(&name, &home.read(&name)?);
                    row["chosen"] = json!(chosen.as_deref() == Some(&name));
                    Ok(row)
                })
                .collect();
            render::print_value(output, &json!({ "contexts": rows? }), CONTEXTS)?;
        }
        Command::Show => {
            let settled = servers.settle()?;
            let mut row = told(&settled.name, &settled.file);
            row["from"] = json!(settled.origin);
            let text = match &settled.token {
                TokenFrom::Environment(token) => {
                    row["tokenFile"] = json!("(GREENLANE_TOKEN)");
                    token.reveal().ok().map(|text| text.to_string())
                }
                TokenFrom::File(path) => std::fs::read_to_string(path).ok(),
                TokenFrom::Stdin | TokenFrom::Nowhere => None,
            };
            if let Some(text) = text {
                row["token"] = token::claims(text.trim()).map_or(Value::Null, |claims| claims.told());
            }
            render::print_value(output, &row, CONTEXT)?;
        }
        Command::Set { name } => {
            let before = if home.path(&name)?.exists() { home.read(&name)? } else { ContextFile::default() };
            let context = servers.over(before);
            context.no_token()?;
            let context = context.with_paths(absolute);
            for path in [&context.tls_ca, &context.tls_cert, &context.tls_key].into_iter().flatten() {
                anyhow::ensure!(path.is_file(), Usage(format!("there is no file {}", path.display())));
            }
            let path = home.write(&name, &context)?;
            tell_defaults(&context);
            let mut row = told(&name, &context);
            row["file"] = json!(path);
            render::print_value(output, &row, CONTEXT)?;
            tell_what_counts(servers);
        }
        Command::Unset { name, fields } => {
            let mut context = home.read(&name)?.with_paths(absolute);
            fields.into_iter().for_each(|field| field.clear(&mut context));
            let path = home.write(&name, &context)?;
            tell_defaults(&context);
            let mut row = told(&name, &context);
            row["file"] = json!(path);
            render::print_value(output, &row, CONTEXT)?;
        }
        Command::Use { name } => {
            home.choose(&name)?;
            render::print_value(output, &told(&name, &home.read(&name)?), CONTEXT)?;
            tell_what_counts(servers);
        }
        Command::Remove { name } => {
            let context = home.read(&name)?;
            home.remove(&name)?;
            render::print_value(output, &told(&name, &context), CONTEXT)?;
            render::talk(&format!("the context {name} is removed"));
            tell_what_counts(servers);
        }
    }
    Ok(Exit::Done)
}

/// Says which context commands go by now, and why.
fn tell_what_counts(servers: &Servers) {
    // One that cannot be read is told of when a command needs it.
    let Ok(settled) = servers.settle() else { return };
    let by = match settled.name.as_str() {
        "" => settled.origin,
        name => format!("the context {name} ({})", settled.origin),
    };
    render::talk(&format!("commands go by {by} now"));
}

/// Says so when one service is elsewhere and another where `greenlane up` has it on this machine, which nobody may have meant.
fn tell_defaults(context: &ContextFile) {
    let defaults = ContextFile::default();
    let addresses = [
        ("registry", &context.registry, &defaults.registry),
        ("equivalence", &context.equivalence, &defaults.equivalence),
        ("classification", &context.classification, &defaults.classification),
    ];
    let (at_default, elsewhere): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|(_, own, default)| own == default);
    if !elsewhere.is_empty() {
        for (service, address, _) in at_default {
            render::talk(&format!("{service} is taken to be at {address}: name another with --{service}"));
        }
    }
}

/// A context as it is told. Secrets are in files, which are named and not shown.
fn told(name: &str, context: &ContextFile) -> Value {
    json!({
        "name": name,
        "registry": context.registry,
        "equivalence": context.equivalence,
        "classification": context.classification,
        "here": context.economy,
        "tokenFile": context.token_file,
        "tlsCa": context.tls_ca,
        "tlsCert": context.tls_cert,
        "tlsKey": context.tls_key,
    })
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
