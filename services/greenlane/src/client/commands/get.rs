//! `greenlane get`: anything by its name, whichever service has it.

use anyhow::Context as _;
use clap::{Args as ClapArgs, ValueEnum as _};
use serde_json::{Value, json};
use tonic::{Code, Status};

use super::{
    body,
    catalogue::{self, Kind},
    certificate, write_off,
};
use crate::{
    cli,
    client::{
        Session, complete, dynamic,
        exit::{Exit, Missing, Usage, lists_all},
        input, meant,
        render::{self, Output, POOL, View},
    },
};

/// Arguments of `greenlane get`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Examples:
  greenlane get GLXA4HP9Z1PPYMB35F
  greenlane get schemes/aurelian-pv-mark
  greenlane get HS2022:854143
  greenlane get changeSets/0199…
  greenlane get scheme aurelian-pv-mark

A certificate is shown with its history. The commands of each noun have more to say of it, and can be asked for more.")]
pub(crate) struct Args {
    /// A resource name as the commands print it, a certificate's number, or a code with its edition; or the word for a kind,
    /// such as `schemes`: all of them.
    #[arg(add = complete::anything())]
    name: String,
    /// Which one, where the name is only the word for a kind, such as `certificate` or `schemes`.
    id: Option<String>,
}

/// What has a method of its own to be read by, beside the entries of the catalogue: by its last collection. Where two
/// services have the same collection, the first that knows the name counts.
const READ_BY: [(&str, &[&str]); 13] = [
    ("certificates", &["greenlane.registry.v1.CertificateService/GetCertificate"]),
    (
        "bodies",
        &["greenlane.registry.v1.BodyService/GetBody", "greenlane.equivalence.v1.CatalogueService/GetCatalogueBody"],
    ),
    ("keys", &["greenlane.registry.v1.BodyService/GetBodyKey"]),
    ("writeOffs", &["greenlane.registry.v1.WriteOffService/GetWriteOff"]),
    ("traceEvents", &["greenlane.registry.v1.TraceService/GetTraceEvent"]),
    (
        "changeSets",
        &[
            "greenlane.equivalence.v1.ChangeService/GetChangeSet",
            "greenlane.classification.v1.ChangeService/GetChangeSet",
        ],
    ),
    ("disputes", &["greenlane.equivalence.v1.DisputeService/GetDispute"]),
    (
        "subscriptions",
        &[
            "greenlane.equivalence.v1.AlertService/GetSubscription",
            "greenlane.classification.v1.AlertService/GetSubscription",
        ],
    ),
    ("greenLists", &["greenlane.classification.v1.GreenListService/GetGreenList"]),
    ("editions", &["greenlane.classification.v1.CodeSystemService/GetEdition"]),
    ("codeSystems", &["greenlane.classification.v1.CodeSystemService/GetCodeSystem"]),
    ("imports", &["greenlane.classification.v1.CodeSystemService/GetImport"]),
    ("codes", &["greenlane.classification.v1.LookupService/GetCode"]),
];

/// What no method reads alone, and a method lists with all others of what it is within: the two collections, the method,
/// and the request's field for what they are within.
const LISTED: [(&str, &str, &str, &str); 4] = [
    ("certificates", "events", "greenlane.registry.v1.CertificateService/ListCertificateEvents", "certificate"),
    ("bodies", "accreditationScopes", "greenlane.registry.v1.BodyService/ListAccreditationScopes", "body"),
    ("bodies", "designations", "greenlane.registry.v1.BodyService/ListDesignations", "body"),
    ("greenLists", "entries", "greenlane.classification.v1.GreenListService/ListGreenListEntries", "name"),
];

/// Kinds of which each is called by what it is within, and how.
const WITHIN: [(&str, &str); 4] = [
    ("keys", "bodies/BODY/keys/KEY"),
    ("events", "certificates/CERTIFICATE/events/EVENT"),
    ("accreditationScopes", "bodies/BODY/accreditationScopes/SCOPE"),
    ("entries", "greenLists/LIST/entries/ENTRY"),
];

/// Finds out what it is, and shows it.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    if let (None, Some(list)) = (&args.id, all_of(&args.name)) {
        return Box::pin(cli::by_words(session, &without_limit(list))).await;
    }
    let name = match args.id {
        None => args.name,
        Some(id) => named(&args.name, &id)?,
    };
    if let Some((within, method, field, items)) = listed(&name) {
        return one_of(session, method, json!({ field: within }), items, &name).await;
    }
    let (methods, fields) = match read_by(&name) {
        Err(error) if error.is::<Missing>() && !name.contains('/') => {
            return Err(suggested(session, &name).await.unwrap_or(error));
        }
        read => read?,
    };
    let mut unknown = None;
    for method in &methods {
        match dynamic::ask(session, method, fields.clone()).await {
            Ok(answer) => {
                let at = field(method)?;
                // Programs get the whole answer, people the thing.
                let whole = matches!(session.output(), Output::Json | Output::Yaml);
                let shown = if whole { &answer } else { &answer[&at] };
                if at == "certificate" && session.output() == Output::Table {
                    return certificate::page(session, &name, &answer).await;
                }
                if let Some(kind) = Kind::value_variants().iter().find(|kind| kind.get_method() == *method)
                    && session.output() == Output::Yaml
                {
                    catalogue::print(session, *kind, &answer)?;
                    return Ok(Exit::Done);
                }
                // What has a table of its own is no page of fields that only programs want.
                match record(method).filter(|_| session.output() == Output::Table) {
                    Some(view) => render::print_value(Output::Table, &answer, view)?,
                    None => render::print_value(session.output(), shown, View::Document { at: "" })?,
                }
                return Ok(Exit::Done);
            }
            Err(error) if is_unknown(&error) => unknown = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(unknown.context("there is a method for each name")?)
}

/// Kinds that people call by their bare identifiers.
const BARE: [&str; 13] = [
    "bodies",
    "schemes",
    "standards",
    "requirements",
    "arrangements",
    "annexes",
    "equivalences",
    "economies",
    "designations",
    "editionTransitions",
    "greenLists",
    "editions",
    "codeSystems",
];

/// What is called so but for the collection before it, asked of all kinds at once. None where nothing is, or where nobody
/// says so.
async fn suggested(session: &Session, name: &str) -> Option<anyhow::Error> {
    let ask = async |collection: &str| {
        let full = format!("{collection}/{name}");
        let (methods, fields) = read_by(&full).ok()?;
        dynamic::ask(session, methods.first()?, fields).await.ok().map(|_| full)
    };
    let asked = futures_util::future::join_all(BARE.iter().map(|collection| ask(collection)));
    let found = tokio::time::timeout(meant::PATIENCE, asked).await.ok()?;
    let found: Vec<String> = found.into_iter().flatten().collect();
    let missing = || Missing(format!("nothing is called `{name}`; did you mean {}?", found.join(", or ")));
    (!found.is_empty()).then(|| missing().into())
}

/// How the commands of a noun show what a method answers with.
fn record(method: &str) -> Option<View> {
    match method.rsplit('/').next()? {
        "GetBody" => Some(body::BODY),
        "GetWriteOff" => Some(write_off::WRITE_OFF),
        _ => None,
    }
}

/// The name of one of a kind.
fn named(kind: &str, id: &str) -> anyhow::Result<String> {
    let collection = collection(kind).with_context(|| Usage(format!("there is no kind `{kind}`")))?;
    // A full name of that kind: pairs of a collection and an identifier, the last of them of the kind.
    let segments: Vec<&str> = id.split('/').collect();
    let full = segments.len() >= 2 && segments.len().is_multiple_of(2) && segments[segments.len() - 2] == collection;
    match WITHIN.iter().find(|(nested, _)| *nested == collection) {
        _ if full => Ok(id.to_owned()),
        None => Ok(format!("{collection}/{id}")),
        Some((_, pattern)) => Err(Usage(format!("`{id}` does not say whose: such a thing is called {pattern}")).into()),
    }
}

/// The command that lists what a word names many of; none where that asks for more to be said.
fn all_of(word: &str) -> Option<&'static str> {
    let collection = collection(word).filter(|collection| word.replace('-', "").eq_ignore_ascii_case(collection))?;
    lists_all(collection).filter(|list| !list.contains(|letter: char| letter == ',' || letter.is_uppercase()))
}

/// The command with `--all`, where it lists only so many without.
fn without_limit(list: &str) -> String {
    let root = <cli::Cli as clap::CommandFactory>::command();
    // The last words may be what is listed, and no command.
    let command = list.split(' ').fold(&root, |command, word| command.find_subcommand(word).unwrap_or(command));
    if command.get_arguments().any(|argument| argument.get_long() == Some("all")) {
        format!("{list} --all")
    } else {
        list.to_owned()
    }
}

/// The collection that a word stands for: `certificates`, `certificate`, `write-off`.
pub(crate) fn collection(word: &str) -> Option<&'static str> {
    let letters = |text: &str| text.replace('-', "").to_lowercase();
    let one = |many: &str| match (many.strip_suffix("ies"), many.strip_suffix("xes")) {
        (Some(stem), _) => format!("{stem}y"),
        (_, Some(stem)) => format!("{stem}x"),
        _ => many.trim_end_matches('s').to_owned(),
    };
    let word = letters(word);
    let own = READ_BY.iter().map(|(collection, _)| *collection);
    let nested = LISTED.iter().map(|(_, nested, ..)| *nested);
    let mut all = own.chain(Kind::value_variants().iter().map(|kind| kind.items())).chain(nested);
    all.find(|collection| word == letters(collection) || word == one(&letters(collection)))
}

/// What a name is within, where no method reads it alone; the method that lists such things, the field for what they are
/// within, and where they are in the answer.
fn listed(name: &str) -> Option<(&str, &'static str, &'static str, &'static str)> {
    let (within, last) = name.rsplit_once('/').and_then(|(before, _)| before.rsplit_once('/'))?;
    let (first, _) = within.split_once('/').filter(|(_, id)| !id.contains('/'))?;
    let found = LISTED.iter().find(|(collection, nested, ..)| *collection == first && *nested == last);
    found.map(|(_, nested, method, field)| (within, *method, *field, *nested))
}

/// Finds a thing of this name among all that a method lists.
async fn one_of(session: &Session, method: &str, asked: Value, items: &str, name: &str) -> anyhow::Result<Exit> {
    let all = dynamic::all(session, method, asked, items).await?;
    let found = all.iter().find(|it| it["name"] == name).ok_or_else(|| Missing(format!("there is no `{name}`")))?;
    render::print_value(session.output(), found, View::Document { at: "" })?;
    Ok(Exit::Done)
}

/// The methods to ask, one after another, and what to ask them.
fn read_by(name: &str) -> anyhow::Result<(Vec<String>, Value)> {
    if let Ok(code) = input::parse_code(name)
        && !name.contains('/')
    {
        let fields = json!({ "code": { "edition": code.edition, "code": code.code }, "includeAncestors": true });
        return Ok((methods("codes"), fields));
    }
    if let ["editions", edition, "codes", code] = name.split('/').collect::<Vec<_>>()[..] {
        return read_by(&format!("{edition}:{code}"));
    }
    let Some((before, last)) = name.rsplit_once('/') else {
        if !certificate::looks_like_one(name) {
            return Err(unknown(name));
        }
        return Ok((methods("certificates"), json!({ "name": certificate::name(name) })));
    };
    if before == "codes" && input::parse_code(last).is_ok() {
        return read_by(last);
    }
    let collection = before.rsplit('/').next().unwrap_or_default();
    let mut methods = methods(collection);
    // A code is read by its edition and digits, and not by a name.
    if methods.is_empty() || collection == "codes" {
        methods = vec![Kind::of(name).map_err(|_| unknown(name))?.get_method()];
    }
    Ok((methods, json!({ "name": name })))
}

fn unknown(name: &str) -> anyhow::Error {
    if let Some(list) = collection(name).and_then(lists_all) {
        return Usage(format!("which of them? `{name}` is a kind; to list: greenlane {list}")).into();
    }
    let known: Vec<_> = READ_BY.iter().map(|(collection, _)| *collection).filter(|it| *it != "codes").collect();
    Missing(format!(
        "nothing is called `{name}`; names begin with {}, or with a collection of the catalogue, such as schemes; codes \
         are written EDITION:CODE",
        known.join(", ")
    ))
    .into()
}

fn methods(collection: &str) -> Vec<String> {
    let found = READ_BY.iter().find(|(known, _)| *known == collection);
    found.map(|(_, methods)| methods.iter().map(|method| (*method).to_owned()).collect()).unwrap_or_default()
}

/// Where the thing is in the answer: its first message.
fn field(method: &str) -> anyhow::Result<String> {
    let answer = dynamic::find_method(&POOL, method)?.output();
    let thing = answer.fields().find(|field| field.kind().as_message().is_some() && !field.is_list());
    Ok(thing.with_context(|| format!("{method} answers with nothing that can be shown"))?.json_name().to_owned())
}

fn is_unknown(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Status>().is_some_and(|status| status.code() == Code::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_has_a_name_has_a_method_that_reads_it() {
        for (collection, methods) in READ_BY {
            for method in methods {
                field(method).unwrap_or_else(|error| panic!("{collection}: {error}"));
            }
        }
        let of = |name: &str| read_by(name).unwrap().0;
        assert_eq!(of("bodies/a/keys/k"), ["greenlane.registry.v1.BodyService/GetBodyKey"]);
        assert_eq!(of("schemes/a"), ["greenlane.equivalence.v1.CatalogueService/GetScheme"]);
        assert_eq!(of("HS2022:854143"), ["greenlane.classification.v1.LookupService/GetCode"]);
        assert_eq!(of("editions/HS2022/codes/854143"), of("HS2022:854143"));
        assert_eq!(of("GLXA4HP9Z1PPYMB35F"), ["greenlane.registry.v1.CertificateService/GetCertificate"]);
        assert_eq!(of("changeSets/a").len(), 2, "two services have change sets");
        assert!(read_by("things/a").is_err());
        assert_eq!(of("codes/HS2022:854143"), of("HS2022:854143"));
        assert!(read_by("codes/854143").is_err(), "it says no edition");
    }

    #[test]
    fn a_kind_is_meant_by_its_word_for_one_or_for_many() {
        for (word, id, name) in [
            ("certificate", "GLXA", "certificates/GLXA"),
            ("schemes", "schemes/a", "schemes/a"),
            ("body", "a", "bodies/a"),
            ("annex", "a", "annexes/a"),
            ("write-offs", "3", "writeOffs/3"),
            ("edition-transition", "a", "editionTransitions/a"),
        ] {
            assert_eq!(named(word, id).unwrap(), name);
        }
        for (word, name) in [
            ("key", "bodies/a/keys/1"),
            ("keys", "bodies/a/keys/1"),
            ("event", "certificates/GLXA/events/3"),
            ("code", "editions/HS2022/codes/854143"),
            ("accreditation-scope", "bodies/a/accreditationScopes/1"),
            ("designation", "bodies/a/designations/1"),
            ("entry", "greenLists/a/entries/854143"),
            ("annexes", "arrangements/a/annexes/b"),
        ] {
            assert_eq!(named(word, name).unwrap(), name, "a full name of the kind is the name");
        }
        for (word, id) in [("key", "1"), ("keys", "a/keys/1"), ("event", "3"), ("entry", "854143")] {
            let refused = named(word, id).unwrap_err();
            assert!(refused.is::<Usage>() && refused.to_string().contains("does not say whose"), "{refused}");
        }
        let usage = |name: &str| read_by(name).unwrap_err().to_string();
        assert!(usage("schemes").ends_with("to list: greenlane catalogue list schemes"), "{}", usage("schemes"));
        assert!(read_by("foo").unwrap_err().is::<Missing>() && read_by("things/foo").unwrap_err().is::<Missing>());
    }

    #[test]
    fn the_word_for_a_kind_is_all_of_them_without_a_limit() {
        for (word, list) in [
            ("certificates", "certificate list --all"),
            ("schemes", "catalogue list schemes --all"),
            ("bodies", "body list"),
        ] {
            assert_eq!(all_of(word).map(without_limit).as_deref(), Some(list));
        }
    }

    #[test]
    fn what_no_method_reads_alone_is_found_among_what_one_lists() {
        for (_, nested, method, field) in LISTED {
            let method = dynamic::find_method(&POOL, method).unwrap();
            assert!(method.input().get_field_by_name(field).is_some(), "{field} of {}", method.full_name());
            let items = method.output().get_field_by_json_name(nested);
            assert!(items.is_some_and(|items| items.is_list()), "{nested} of {}", method.full_name());
        }
        let within = |name| listed(name).map(|(within, ..)| within);
        assert_eq!(within("greenLists/a/entries/854143"), Some("greenLists/a"));
        assert_eq!(within("bodies/a/designations/1"), Some("bodies/a"));
        assert_eq!(within("designations/1"), None);
        assert_eq!(within("bodies/a/keys/1"), None);
    }

    #[test]
    fn every_method_that_reads_one_thing_by_its_name_is_among_them() {
        let catalogue = ["Economy", "CatalogueBody", "Scheme", "StandardEdition", "EditionTransition", "Equivalence"];
        let catalogue = catalogue.into_iter().chain(["Arrangement", "Annex", "Designation", "Requirement"]);
        let known: Vec<String> = catalogue.map(|one| format!("Get{one}")).collect();
        for service in POOL.services() {
            for method in service.methods().filter(|method| method.name().starts_with("Get")) {
                let named = method.input().fields().any(|field| field.name() == "name");
                let full = format!("{}/{}", service.full_name(), method.name());
                let listed = READ_BY.iter().any(|(_, methods)| methods.contains(&full.as_str()));
                let drawn = method.name() == "GetCertificateQr";
                assert!(!named || drawn || listed || known.iter().any(|it| it == method.name()), "{full}");
            }
        }
    }
}
