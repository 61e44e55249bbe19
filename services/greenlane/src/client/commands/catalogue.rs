//! `greenlane catalogue`: what the catalogue holds, whatever its kind.

mod kind;
mod trace;

use clap::{Args, Subcommand};
use prost_reflect::MessageDescriptor;
use serde_json::{Map, Value, json};

pub(crate) use self::kind::{GREEN_LISTS, Kind};
use crate::client::{
    Session, complete, dynamic,
    exit::{Exit, Usage},
    files::{form, schema, write},
    input,
    render::{self, Output, POOL, View, label, pages::Limit},
};

/// `greenlane catalogue …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show an entry; -o yaml is the form to edit, for `greenlane diff` and `apply`.
    Get {
        /// Its resource name, such as schemes/ID, standards/ID or requirements/ID.
        #[arg(add = complete::entries())]
        name: String,
        /// As the catalogue was at this revision.
        #[arg(long)]
        revision: Option<u64>,
    },
    /// List the entries of a kind; -o yaml is a file of them, for `greenlane diff` and `apply`.
    List(List),
    /// Show what a scheme or standard edition leads to by equivalences.
    Trace(trace::Trace),
    /// Print the JSON Schema of files of entries, for editors.
    Schema,
}

/// Arguments of `greenlane catalogue list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// The kind.
    #[arg(value_enum)]
    kind: Kind,
    /// Only entries where this holds, as FIELD=VALUE; fields are those of the kind's list request (market=XB,
    /// in-force-on=2026-01-01, code=HS2022:854143, …). May be repeated: all must hold.
    #[arg(long = "where", value_name = "FIELD=VALUE")]
    filters: Vec<String>,
    /// As the catalogue was at this revision.
    #[arg(long)]
    revision: Option<u64>,
    #[command(flatten)]
    limit: Limit<1_000>,
}

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Get { name, revision } => {
            if name.starts_with("greenLists/") && name.contains("/entries/") {
                return Err(Usage(format!("`{name}` is an entry of a green list, which `greenlane get` shows")).into());
            }
            let kind = Kind::of(&name)?;
            let request = [("name".to_owned(), json!(name))];
            let answer = call(session, &kind.get_method(), request, revision).await?;
            print(session, kind, &answer)?;
        }
        Command::List(args) => {
            let method = args.kind.list_method();
            let descriptor = dynamic::find_method(&POOL, &method)?.input();
            let mut request = Vec::new();
            for filter in &args.filters {
                request.push(condition(&descriptor, filter)?);
            }
            if session.output() == Output::Yaml {
                return files_of(session, &args, request).await;
            }
            let view = View::List { items: args.kind.items(), name: "name", columns: args.kind.columns() };
            let ask = async |size: i32, token: String| {
                let page = [("pageSize".to_owned(), json!(size)), ("pageToken".to_owned(), json!(token))];
                call(session, &method, request.clone().into_iter().chain(page), args.revision).await
            };
            return session.list_values(view, args.limit.rows(), ask).await;
        }
        Command::Trace(args) => return trace::run(session, args).await,
        // It is JSON for programs, whoever asks.
        Command::Schema => match session.output() {
            Output::Table => render::write(&(serde_json::to_string_pretty(&schema::schema()?)? + "\n"))?,
            other => render::print_value(other, &schema::schema()?, View::Record { at: "", name: "$id", fields: &[] })?,
        },
    }
    Ok(Exit::Done)
}

/// Prints the answer of a method that reads an entry; as YAML, the entry is as files have it.
pub(crate) fn print(session: &Session, kind: Kind, answer: &Value) -> anyhow::Result<()> {
    match session.output() {
        Output::Yaml => render::write(&write::answer(form::of_kind(kind), kind.field(), answer)?),
        output => render::print_value(output, answer, View::Document { at: kind.field() }),
    }
}

/// Prints the entries that are asked for as a file of them, such as `pull` writes.
async fn files_of(session: &Session, args: &List, request: Vec<(String, Value)>) -> anyhow::Result<Exit> {
    let (form, mut found, mut token) = (form::of_kind(args.kind), Vec::new(), String::new());
    loop {
        let left = args.limit.rows().saturating_sub(found.len() as u64).min(1_000);
        let page = [("pageSize".to_owned(), json!(left)), ("pageToken".to_owned(), json!(token))];
        let mut answer =
            call(session, &args.kind.list_method(), request.clone().into_iter().chain(page), args.revision).await?;
        for entry in answer[args.kind.items()].as_array_mut().map(std::mem::take).unwrap_or_default() {
            found.push(form.of_json(entry)?);
        }
        token = answer["nextPageToken"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() || found.len() as u64 >= args.limit.rows() {
            break;
        }
    }
    render::write(&write::list(found.iter().map(|content| (form, content)))?)?;
    if !token.is_empty() {
        render::talk("there are more than these: --all lists them all");
    }
    Ok(Exit::Done)
}

/// Calls a method with some fields, as the catalogue is, or was at a revision.
pub(crate) async fn call(
    session: &Session,
    method: &str,
    fields: impl IntoIterator<Item = (String, Value)>,
    revision: Option<u64>,
) -> anyhow::Result<Value> {
    let mut fields: Map<_, _> = fields.into_iter().collect();
    if let Some(revision) = revision {
        fields.insert("consistency".to_owned(), json!({ "exactlyRevision": revision }));
    }
    dynamic::ask(session, method, Value::Object(fields)).await
}

/// A filter as a field of the list request.
fn condition(request: &MessageDescriptor, filter: &str) -> anyhow::Result<(String, Value)> {
    const NO_FILTERS: [&str; 3] = ["page_size", "page_token", "consistency"];
    let (name, text) =
        filter.split_once('=').ok_or_else(|| Usage(format!("`{filter}` is not of the form FIELD=VALUE")))?;
    let name = name.replace('-', "_");
    let mut fields = request.fields().filter(|field| !NO_FILTERS.contains(&field.name()));
    let Some(field) = fields.find(|field| field.name() == name) else {
        let known = request.fields().map(|field| field.name().replace('_', "-"));
        let known: Vec<_> = known.filter(|name| !NO_FILTERS.contains(&name.replace('-', "_").as_str())).collect();
        anyhow::bail!(Usage(format!("there is no filter `{name}` here; there are: {}", known.join(", "))));
    };
    let value = match field.kind() {
        prost_reflect::Kind::Bool => json!(matches!(text, "yes" | "true")),
        prost_reflect::Kind::Enum(kind) => {
            let known: Vec<_> = kind.values().filter_map(|value| label(value.name())).collect();
            let named = kind.values().find(|value| label(value.name()) == Some(text));
            let Some(value) = named else {
                anyhow::bail!(Usage(format!("`{text}` is no {name}; there are:{}", known.join(" "))));
            };
            json!(value.name())
        }
        prost_reflect::Kind::Message(_) => {
            let code = input::parse_code(text).map_err(Usage)?;
            json!({ "edition": code.edition, "code": code.code })
        }
        _ => json!(text),
    };
    Ok((field.json_name().to_owned(), value))
}

#[cfg(test)]
mod tests;
