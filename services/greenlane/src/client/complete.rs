//! Completion in the shell with live names: certificates, schemes, change sets and the like, asked of the services that
//! the command would talk to. It is done while somebody waits with a finger on the tab key: what does not answer at once
//! is left out, and nothing is ever said about it.

use std::{ffi::OsStr, time::Duration};

use anyhow::Context as _;
use clap::{Arg, Command, Parser, ValueEnum as _};
use clap_complete::{
    Shell,
    engine::{ArgValueCompleter, CompletionCandidate},
    env::Shells,
};
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
/// How many names are fetched: more than anybody looks through. Where there may be more, those that begin as what is typed.
const MOST: i32 = 200;

/// The script that makes a shell ask.
pub(crate) fn script(shell: Shell) -> anyhow::Result<String> {
    let shells = Shells::builtins();
    let completer = shells.completer(&shell.to_string()).context("every shell has one")?;
    let mut text = Vec::new();
    completer.write_registration("COMPLETE", "greenlane", "greenlane", "greenlane", &mut text)?;
    let text = String::from_utf8(text)?;
    if shell != Shell::Bash {
        return Ok(text);
    }
    // What the shell calls goes through ours.
    let (theirs, ours) = (" -F _clap_complete_greenlane ", " -F _greenlane ");
    anyhow::ensure!(text.contains(theirs), "the completion of bash is called otherwise");
    Ok(format!("{}{}", text.replace(theirs, ours), include_str!("complete/colon.bash")))
}

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
    Disputes,
    /// Of the catalogue, or of codes and lists: as the command says.
    Subscriptions,
    Imports,
    WriteOffs,
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
            Self::Disputes => ("greenlane.equivalence.v1.DisputeService/ListDisputes", "disputes", "grounds"),
            Self::Subscriptions if words.iter().any(|word| word == "code" || word == "code-alerts") => {
                ("greenlane.classification.v1.AlertService/ListSubscriptions", "subscriptions", "title")
            }
            Self::Subscriptions => {
                ("greenlane.equivalence.v1.AlertService/ListSubscriptions", "subscriptions", "title")
            }
            Self::Imports => ("greenlane.classification.v1.CodeSystemService/ListImports", "imports", "edition"),
            Self::WriteOffs => {
                ("greenlane.registry.v1.WriteOffService/ListWriteOffs", "writeOffs", "declarationReference")
            }
            Self::Editions => {
                ("greenlane.classification.v1.CodeSystemService/ListEditions", "editions", "titles.0.text")
            }
        }
    }

    /// Whether the command takes the identifier without the collection's name before it.
    fn is_bare(self) -> bool {
        !matches!(self, Self::Bodies | Self::Schemes | Self::Standards | Self::WriteOffs)
    }

    /// What completes an argument that names one of them.
    pub(crate) fn completer(self) -> ArgValueCompleter {
        ArgValueCompleter::new(move |current: &OsStr| {
            let words: Vec<String> = std::env::args().collect();
            current.to_str().map(|current| self.candidates(&words, current)).unwrap_or_default()
        })
    }

    /// What the service is asked beside how many: to begin with what is typed already, where it can.
    fn beginning(self, current: &str) -> Value {
        let typed = current.rsplit('/').next().unwrap_or_default();
        // A collection's name that is half written is the beginning of no number.
        let is_collection = !current.contains('/') && "certificates/".starts_with(current);
        match self {
            Self::Certificates if !is_collection => json!({ "filter": { "numberPrefix": typed } }),
            _ => json!({}),
        }
    }

    fn candidates(self, words: &[String], current: &str) -> Vec<CompletionCandidate> {
        let items = fetch(self.listed(words), self.beginning(current), words).into_iter();
        let found = items.filter_map(|(name, help)| Some((written(&name, current, self.is_bare())?, help)));
        found.map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into))).collect()
    }
}

/// How what is typed so far goes on to a name: to its identifier alone, where the command takes that, or to all of it,
/// which is how everything prints it; none where it is not the beginning of either.
fn written(name: &str, current: &str, bare: bool) -> Option<String> {
    let id = name.rsplit('/').next().filter(|id| bare && id.starts_with(current));
    let whole = || name.starts_with(current).then_some(name);
    id.or_else(whole).map(str::to_owned)
}

/// What completes a code: its edition, then the codes that begin with its digits.
pub(crate) fn codes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let words: Vec<String> = std::env::args().collect();
        let current = current.to_str().unwrap_or_default();
        let Some((edition, digits)) = current.split_once(':') else {
            let editions = Named::Editions.candidates(&words, current);
            let begun = |it: CompletionCandidate| {
                let text = it.get_value().to_string_lossy().into_owned();
                CompletionCandidate::new(format!("{text}:")).help(it.get_help().cloned())
            };
            return editions.into_iter().map(begun).collect::<Vec<_>>();
        };
        let found = if digits.is_empty() {
            let method = "greenlane.classification.v1.LookupService/ListCodes";
            let asked = json!({ "edition": edition, "level": "CODE_LEVEL_CHAPTER" });
            listed((method, "codes", ""), asked, &words)
        } else {
            let method = "greenlane.classification.v1.LookupService/SearchCodes";
            listed((method, "hits", "code."), json!({ "query": digits, "editions": [edition] }), &words)
        };
        let named = found.into_iter().map(|(code, help)| (format!("{edition}:{code}"), help));
        let named = named.filter(|(name, _)| name.starts_with(current));
        named.map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into))).collect()
    })
}

/// The codes in an answer, `path` being before what a code has, with what they are called.
fn listed((method, items, path): (&str, &str, &str), asked: Value, words: &[String]) -> Vec<(String, Option<String>)> {
    let answer = ask(method, asked, words).unwrap_or_default();
    let rows = answer.get(items).and_then(Value::as_array).into_iter().flatten();
    let named = rows.filter_map(|row| {
        let text = |of: &str| at(row, &format!("{path}{of}")).map(plain).filter(|text| !text.is_empty());
        Some((text("reference.code")?, text("descriptions.0.text")))
    });
    named.collect()
}

/// What completes anything that has a name: that of a certificate, of an entry of the catalogue, of a change set and the
/// like, or a code.
pub(crate) fn anything() -> ArgValueCompleter {
    const BY_NAME: [(&str, Named); 6] = [
        ("writeOffs/", Named::WriteOffs),
        ("changeSets/", Named::ChangeSets),
        ("greenLists/", Named::GreenLists),
        ("editions/", Named::Editions),
        ("disputes/", Named::Disputes),
        ("certificates/", Named::Certificates),
    ];
    ArgValueCompleter::new(|current: &OsStr| {
        let words: Vec<String> = std::env::args().collect();
        let text = current.to_str().unwrap_or_default();
        if let Some((_, named)) = BY_NAME.iter().find(|(collection, _)| text.starts_with(collection)) {
            let mut found = named.candidates(&words, text);
            if *named == Named::ChangeSets {
                let theirs: Vec<String> = words.iter().cloned().chain(["code".to_owned()]).collect();
                found.extend(named.candidates(&theirs, text));
            }
            return found;
        }
        if text.contains(':') {
            return codes().complete(current);
        }
        let mut found = entries().complete(current);
        if !text.contains('/') {
            let collections = BY_NAME.iter().map(|(collection, _)| *collection).filter(|it| it.starts_with(text));
            found.extend(collections.map(CompletionCandidate::new));
            found.extend(Named::Certificates.candidates(&words, text));
        }
        found
    })
}

/// The parser with a completer at each argument whose value's name tells what is meant, and that has none of its own.
pub(crate) fn everywhere(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let has = argument.get::<ArgValueCompleter>().is_some();
        match completer_of(&argument).filter(|_| !has) {
            Some(completer) => argument.add(completer),
            None => argument,
        }
    });
    command.mut_subcommands(everywhere)
}

fn completer_of(argument: &Arg) -> Option<ArgValueCompleter> {
    let value = argument.get_value_names().and_then(|names| names.first()).map(|name| name.as_str())?;
    let long = argument.get_long();
    Some(match value {
        "ECONOMY" => Named::Economies.completer(),
        "EDITION:CODE" => codes(),
        "EDITION" if long == Some("standard") => Named::Standards.completer(),
        "EDITION" => Named::Editions.completer(),
        "CERTIFICATE" => Named::Certificates.completer(),
        "BODY" => Named::Bodies.completer(),
        "SCHEME" => Named::Schemes.completer(),
        "LIST" => Named::GreenLists.completer(),
        "DISPUTE" => Named::Disputes.completer(),
        "SUBSCRIPTION" => Named::Subscriptions.completer(),
        "IMPORT" => Named::Imports.completer(),
        _ => return None,
    })
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
        let found = fetch((&kind.list_method(), kind.items(), "title"), json!({}), &words).into_iter();
        let found = found.filter(|(name, _)| name.starts_with(current));
        found.map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into))).collect()
    })
}

/// The names in the list that a method gives, with what they are called; none when it takes too long.
fn fetch((method, items, title): (&str, &str, &str), asked: Value, words: &[String]) -> Vec<(String, Option<String>)> {
    let answer = ask(method, asked, words).unwrap_or_default();
    let found = answer.get(items).and_then(Value::as_array).into_iter().flatten();
    let named = found.filter_map(|item| {
        let help = at(item, title).map(plain).filter(|text| !text.is_empty());
        Some((item.get("name").and_then(Value::as_str)?.to_owned(), help))
    });
    named.collect()
}

/// Asks a method, for as long as a shell waits.
fn ask(method: &str, mut asked: Value, words: &[String]) -> Option<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    asked["pageSize"] = json!(MOST);
    let asking = async {
        let session = Session::open(&servers(words), Output::Json).ok()?;
        dynamic::ask(&session, method, asked).await.ok()
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, asking).await.ok().flatten() })
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
    fn a_name_is_completed_from_its_identifier_and_from_the_name_of_its_collection() {
        let (name, id) = ("changeSets/0199-a", "0199-a");
        for (typed, bare, expected) in [
            ("", true, Some(id)),
            ("01", true, Some(id)),
            ("change", true, Some(name)),
            ("changeSets/", true, Some(name)),
            ("changeSets/01", true, Some(name)),
            ("x", true, None),
            ("", false, Some(name)),
            ("01", false, None),
        ] {
            assert_eq!(written(name, typed, bare).as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn the_services_are_those_that_the_half_written_command_names() {
        let flags = ["greenlane", "--", "greenlane", "--registry", "http://r", "certificate", "get", "--context=x", ""];
        assert_eq!(settled(&flags).registry, "http://r");
        assert_eq!(settled(&["greenlane", "certificate", "get", "--registry"]), settled(&[]));
        assert_eq!(settled(&["greenlane", "--token-file", "-"]).token_file, None, "stdin is the shell's");
    }
}
