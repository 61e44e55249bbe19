//! Completion in the shell with live names: certificates, schemes, change sets and the like, asked of the services that
//! the command would talk to. It is done while somebody waits with a finger on the tab key: what does not answer at once
//! is left out, and nothing is ever said about it.

use std::{ffi::OsStr, time::Duration};

use clap::{Parser, ValueEnum as _};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use prost_reflect::ServiceDescriptor;
use serde_json::{Value, json};

use super::{
    Session,
    commands::catalogue::Kind,
    context::{Home, Servers},
    dynamic,
    render::{Output, POOL, at, plain},
};

/// How long a shell waits for names.
const PATIENCE: Duration = Duration::from_millis(800);
/// How many names are fetched: more than anybody looks through.
const MOST: i32 = 200;

/// Things that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Certificates,
    Bodies,
    Schemes,
    Standards,
    /// Of the catalogue, or of codes and lists: as the command says.
    ChangeSets,
    GreenLists,
    Editions,
    Economies,
}

impl Named {
    /// The method that lists them, where they are in its answer, and where what they are called for people is.
    fn listed(self, words: &[String]) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Certificates => {
                ("greenlane.registry.v1.CertificateService/ListCertificates", "certificates", "content.holder.name")
            }
            Self::Bodies => ("greenlane.registry.v1.BodyService/ListBodies", "bodies", "displayName"),
            Self::Schemes => ("greenlane.equivalence.v1.CatalogueService/ListSchemes", "schemes", "title"),
            Self::Standards => ("greenlane.equivalence.v1.CatalogueService/ListStandardEditions", "standards", "title"),
            Self::ChangeSets if words.iter().any(|word| word == "code") => {
                ("greenlane.classification.v1.ChangeService/ListChangeSets", "changeSets", "title")
            }
            Self::ChangeSets => ("greenlane.equivalence.v1.ChangeService/ListChangeSets", "changeSets", "title"),
            Self::GreenLists => {
                ("greenlane.classification.v1.GreenListService/ListGreenLists", "greenLists", "titles.0.text")
            }
            Self::Economies => {
                ("greenlane.equivalence.v1.CatalogueService/ListEconomies", "economies", "displayNames.0.text")
            }
            Self::Editions => {
                ("greenlane.classification.v1.CodeSystemService/ListEditions", "editions", "titles.0.text")
            }
        }
    }

    /// Whether the command takes the identifier without the collection's name before it.
    fn is_bare(self) -> bool {
        !matches!(self, Self::Bodies | Self::Schemes | Self::Standards)
    }

    /// What completes an argument that names one of them.
    pub(crate) fn completer(self) -> ArgValueCompleter {
        ArgValueCompleter::new(move |current: &OsStr| {
            let words: Vec<String> = std::env::args().collect();
            current.to_str().map(|current| self.candidates(&words, current)).unwrap_or_default()
        })
    }

    fn candidates(self, words: &[String], current: &str) -> Vec<CompletionCandidate> {
        let bare = self.is_bare() && !current.contains('/');
        let items = fetch(self.listed(words), words).into_iter();
        let named = items.map(|(name, help)| {
            let id = name.rsplit('/').next().filter(|_| bare).map(str::to_owned);
            (id.unwrap_or(name), help)
        });
        let found = named.filter(|(name, _)| name.starts_with(current));
        found.map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into))).collect()
    }
}

/// What completes the name of a method: of each service of the contracts.
pub(crate) fn methods() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let current = current.to_str().unwrap_or_default();
        let ours = POOL.services().filter(|service| service.full_name().starts_with("greenlane."));
        let named = |service: ServiceDescriptor| {
            let twice = POOL.services().filter(|other| other.name() == service.name()).count() > 1;
            let short = if twice { service.full_name().to_owned() } else { service.name().to_owned() };
            service.methods().map(|method| format!("{short}/{}", method.name())).collect::<Vec<_>>()
        };
        let found = ours.flat_map(named).filter(|name| name.starts_with(current));
        found.map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}

/// What completes the name of an entry of the catalogue: first its collection, then the entry.
pub(crate) fn entries() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let current = current.to_str().unwrap_or_default();
        let kinds = Kind::value_variants().iter();
        let Some((collection, _)) = current.split_once('/') else {
            let collections = kinds.map(|kind| kind.items()).filter(|items| items.starts_with(current));
            return collections.map(|items| CompletionCandidate::new(format!("{items}/"))).collect::<Vec<_>>();
        };
        let Some(kind) = kinds.into_iter().find(|kind| kind.items() == collection) else { return Vec::new() };
        let words: Vec<String> = std::env::args().collect();
        let found = fetch((&kind.list_method(), kind.items(), "title"), &words).into_iter();
        let found = found.filter(|(name, _)| name.starts_with(current));
        found.map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into))).collect()
    })
}

/// The names in the list that a method gives, with what they are called; none when it takes too long.
fn fetch((method, items, title): (&str, &str, &str), words: &[String]) -> Vec<(String, Option<String>)> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    let asked = async {
        let session = Session::open(&servers(words), Output::Json).ok()?;
        dynamic::ask(&session, method, json!({ "pageSize": MOST })).await.ok()
    };
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await.ok().flatten() });
    let answer = answer.unwrap_or_default();
    let found = answer.get(items).and_then(Value::as_array).into_iter().flatten();
    let named = found.filter_map(|item| {
        let help = at(item, title).map(plain).filter(|text| !text.is_empty());
        Some((item.get("name").and_then(Value::as_str)?.to_owned(), help))
    });
    named.collect()
}

/// What completes the name of a context.
pub(crate) fn contexts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let names = Home::of_user().names().unwrap_or_default();
        let begins = |name: &String| current.to_str().is_some_and(|current| name.starts_with(current));
        names.into_iter().filter(begins).map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}

/// The services that the words of a half-written command name, as far as they can be told.
fn servers(words: &[String]) -> Servers {
    const FLAGS: [&str; 8] = [
        "--context",
        "--registry",
        "--equivalence",
        "--classification",
        "--token-file",
        "--tls-ca",
        "--tls-cert",
        "--tls-key",
    ];
    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        servers: Servers,
    }
    let mut given = vec!["greenlane".to_owned()];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if FLAGS.contains(&word.as_str()) {
            // Stdin is the shell's: no token comes from there.
            if let Some(value) = words.next().filter(|value| *value != "-") {
                given.extend([word.clone(), value.clone()]);
            }
        } else if FLAGS.iter().any(|flag| word.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))) {
            given.push(word.clone());
        }
    }
    let none = || Only::parse_from(["greenlane"]);
    Only::try_parse_from(given).unwrap_or_else(|_| none()).servers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(words: &[&str]) -> super::super::context::ContextFile {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        servers(&words).over(Default::default())
    }

    #[test]
    fn the_services_are_those_that_the_half_written_command_names() {
        let flags = ["greenlane", "--", "greenlane", "--registry", "http://r", "certificate", "get", "--context=x", ""];
        assert_eq!(settled(&flags).registry, "http://r");
        assert_eq!(settled(&["greenlane", "certificate", "get", "--registry"]), settled(&[]));
        assert_eq!(settled(&["greenlane", "--token-file", "-"]).token_file, None, "stdin is the shell's");
    }
}
