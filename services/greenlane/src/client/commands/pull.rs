//! `greenlane pull`: the published catalogue as files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args as Arguments, ValueEnum as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use tonic::{Code, Status};

use super::catalogue::Kind;
use crate::client::{
    Session,
    exit::{Exit, Usage},
    files::{
        form::list_of,
        published::{self, Published, Revisions},
        schema, write,
    },
    render::{self, View},
};

/// Arguments of `greenlane pull`.
#[derive(Arguments, Debug)]
pub(crate) struct Args {
    /// The folder, made when it is not there: one file a kind, of green lists one file a list, and the schema for editors.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Only entries of this kind. May be repeated.
    #[arg(long = "kind", value_enum)]
    kinds: Vec<Kind>,
    /// As the catalogue of recognition was at this revision.
    #[arg(long)]
    revision: Option<u64>,
    /// As the green lists were at this revision of the codes.
    #[arg(long, value_name = "REVISION")]
    code_revision: Option<u64>,
    /// Write over files that were changed since they were pulled.
    #[arg(long)]
    overwrite: bool,
}

const PULLED: View = View::List {
    items: "files",
    name: "file",
    columns: &[("FILE", "file"), ("ENTRIES", "entries"), ("OUTCOME", "outcome")],
};

/// Does it.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let at = Revisions { catalogue: args.revision, codes: args.code_revision };
    let (kinds, found, revisions) = fetch(session, &args.kinds, at).await?;
    let mut texts = vec![(schema::FILE.to_owned(), serde_json::to_string_pretty(&schema::schema()?)? + "\n", None)];
    for kind in &kinds {
        texts.extend(files_of(*kind, &found)?);
    }
    let mut pulled = Pulled::read(&args.folder);
    let changed: Vec<_> = texts.iter().filter(|(file, text, _)| pulled.is_changed(&args.folder, file, text)).collect();
    if !changed.is_empty() && !args.overwrite {
        let files: Vec<_> = changed.iter().map(|(file, ..)| file.as_str()).collect();
        return Err(Usage(pulled.would_be_lost(&args.folder, &files, revisions)).into());
    }
    for left in pulled.left(&kinds, &texts).map(|file| args.folder.join(file)).filter(|path| path.exists()) {
        render::talk(&format!("mind: {} is of a list that there is none of at this revision", left.display()));
    }
    let mut files = Vec::new();
    for (file, text, entries) in texts {
        files.push(put(&args.folder, &file, &text, entries)?);
        pulled.digests.insert(file, digest(&text));
    }
    pulled.revision = revisions.catalogue.unwrap_or(pulled.revision);
    pulled.code_revision = revisions.codes.unwrap_or(pulled.code_revision);
    pulled.write(&args.folder)?;
    let answer = json!({ "files": files, "revision": revisions.catalogue, "codeRevision": revisions.codes });
    render::print_value(session.output(), &answer, PULLED)?;
    Ok(Exit::Done)
}

type Found = BTreeMap<String, Published>;

/// What is published of the kinds that are asked for, or else of all that may be read.
async fn fetch(session: &Session, asked: &[Kind], at: Revisions) -> anyhow::Result<(BTreeSet<Kind>, Found, Revisions)> {
    let mut kinds: BTreeSet<Kind> =
        if asked.is_empty() { Kind::value_variants() } else { asked }.iter().copied().collect();
    match published::fetch(session, &kinds, None, at).await {
        Err(error) if asked.is_empty() && is_denied(&error) => {
            // Who may read recognition alone has no business with the lists, nor is to name ten kinds for that.
            kinds.retain(|kind| !kind.is_of_lists());
            let (found, revisions) = published::fetch(session, &kinds, None, at).await?;
            render::talk("green lists are left out: the token may not read them (scope codes.read)");
            Ok((kinds, found, revisions))
        }
        found => found.map(|(found, revisions)| (kinds, found, revisions)),
    }
}

fn is_denied(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Status>().is_some_and(|status| status.code() == Code::PermissionDenied)
}

/// The files of a kind: each with its name, its text and the number of its entries.
fn files_of(kind: Kind, found: &Found) -> anyhow::Result<Vec<(String, String, Option<usize>)>> {
    let all: Vec<(&String, &Published)> = found.iter().filter(|(_, it)| it.form.kind == kind).collect();
    let text = |entries: &[(&String, &Published)], schema: &str| {
        write::text(entries.iter().map(|(_, it)| (it.form, &it.content)), schema)
    };
    if !kind.is_of_lists() {
        return Ok(vec![(format!("{}.yaml", kind.stem()), text(&all, schema::FILE)?, Some(all.len()))]);
    }
    let lists = all.iter().filter(|(_, it)| !it.form.is_list_entry());
    let file = |(name, _): &(&String, &Published)| {
        // The list comes before what is on it: its name is the beginning of theirs.
        let own: Vec<_> = all.iter().copied().filter(|(it, _)| *it == *name || list_of(it) == Some(name)).collect();
        let id = name.rsplit('/').next().unwrap_or_default();
        let schema = format!("../{}", schema::FILE);
        Ok((format!("{}/{id}.yaml", kind.stem()), text(&own, &schema)?, Some(own.len())))
    };
    lists.map(file).collect()
}

/// What was pulled before, by the digest of each file: a file that differs from it was changed by somebody.
#[derive(Default, Deserialize, Serialize)]
struct Pulled {
    digests: BTreeMap<String, String>,
    /// The revision that was pulled; 0 when that is not known.
    #[serde(default)]
    revision: u64,
    /// That of the green lists.
    #[serde(default)]
    code_revision: u64,
}

impl Pulled {
    /// The file that remembers it. Nobody else reads it; without it every file counts as changed.
    const FILE: &str = ".pulled.json";

    fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join(Self::FILE)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(Self::FILE);
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// What to say of files that somebody changed, where what is published is to be pulled over them.
    fn would_be_lost(&self, folder: &Path, files: &[&str], newest: Revisions) -> String {
        let paths: Vec<_> = files.iter().map(|file| folder.join(file).display().to_string()).collect();
        let (paths, folder) = (paths.join(", "), folder.display());
        let is_of_lists = |file: &&&str| file.contains('/');
        let of_lists = files.iter().filter(is_of_lists).count();
        // Of each service that has some of them: the revision that was pulled, the newest, and how to ask for one.
        let catalogue = (self.revision, newest.catalogue, "", "--revision");
        let codes = (self.code_revision, newest.codes, " of the codes", "--code-revision");
        let touched = [(of_lists < files.len(), catalogue), (of_lists > 0, codes)];
        let touched = touched.into_iter().filter(|(is, _)| *is).map(|(_, it)| it);
        let moved: Vec<_> =
            touched.filter(|(pulled, newest, ..)| newest.is_some_and(|newest| newest != *pulled)).collect();
        if moved.is_empty() {
            return format!(
                "{paths} changed since it was pulled: `greenlane diff -f {folder}` shows what, --overwrite gives it up"
            );
        }
        let published = moved.iter().map(|(_, newest, of, _)| format!("revision {}{of}", newest.unwrap_or_default()));
        let published = published.collect::<Vec<_>>().join(" and ");
        let is = if moved.len() == 1 { "is" } else { "are" };
        // What differs from the newest revision is then not only what was changed here.
        let own = if moved.iter().all(|(pulled, ..)| *pulled > 0) {
            let flags: String = moved.iter().map(|(pulled, .., flag)| format!(" {flag} {pulled}")).collect();
            let revisions = moved.iter().map(|(pulled, ..)| pulled.to_string()).collect::<Vec<_>>().join(" and ");
            format!(
                "; for your own changes alone pull revision {revisions} beside it (greenlane pull OTHER{flags}) and compare \
                 the folders"
            )
        } else {
            String::new()
        };
        format!(
            "{paths} changed since it was pulled, and {published} {is} published meanwhile: `greenlane diff -f {folder}` \
             shows what differs from that{own}; --overwrite gives up what was changed here"
        )
    }

    /// Files of lists that were pulled and are not among what is pulled now.
    fn left<'p>(
        &'p self,
        kinds: &BTreeSet<Kind>,
        texts: &'p [(String, String, Option<usize>)],
    ) -> impl Iterator<Item = &'p String> {
        let lists = kinds.contains(&Kind::GreenLists).then(|| format!("{}/", Kind::GreenLists.stem()));
        let before =
            self.digests.keys().filter(move |file| lists.as_ref().is_some_and(|lists| file.starts_with(lists)));
        before.filter(|file| !texts.iter().any(|(pulled, ..)| pulled == *file))
    }

    /// Whether a file would lose what somebody wrote into it.
    fn is_changed(&self, folder: &Path, file: &str, text: &str) -> bool {
        let Ok(there) = std::fs::read_to_string(folder.join(file)) else { return false };
        there != text && self.digests.get(file) != Some(&digest(&there))
    }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Writes a file, unless it has this text already: what did not change keeps its time.
fn put(folder: &Path, name: &str, text: &str, entries: Option<usize>) -> anyhow::Result<Value> {
    let path = folder.join(name);
    let outcome = match std::fs::read_to_string(&path) {
        Ok(known) if known == text => "unchanged",
        Ok(_) => "updated",
        Err(_) => "created",
    };
    if outcome != "unchanged" {
        let within = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(within).with_context(|| format!("cannot make {}", within.display()))?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(json!({ "file": path.display().to_string(), "entries": entries, "outcome": outcome }))
}
