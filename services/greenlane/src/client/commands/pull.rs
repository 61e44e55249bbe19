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

use super::catalogue::Kind;
use crate::client::{
    Session,
    exit::{Exit, Usage},
    files::{published, schema, write},
    render::{self, View},
};

/// Arguments of `greenlane pull`.
#[derive(Arguments, Debug)]
pub(crate) struct Args {
    /// The folder, made when it is not there: one file a kind, and the schema for editors.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Only entries of this kind. May be repeated.
    #[arg(long = "kind", value_enum)]
    kinds: Vec<Kind>,
    /// As the catalogue was at this revision.
    #[arg(long)]
    revision: Option<u64>,
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
    let kinds: BTreeSet<Kind> = if args.kinds.is_empty() {
        Kind::value_variants().iter().copied().collect()
    } else {
        args.kinds.into_iter().collect()
    };
    let (found, revision) = published::fetch(session, &kinds, args.revision).await?;
    std::fs::create_dir_all(&args.folder).with_context(|| format!("cannot make {}", args.folder.display()))?;
    let mut texts = vec![(schema::FILE.to_owned(), serde_json::to_string_pretty(&schema::schema()?)? + "\n", None)];
    for kind in &kinds {
        let entries: Vec<(&str, &Value)> =
            found.values().filter(|entry| entry.kind == *kind).map(|entry| (kind.field(), &entry.content)).collect();
        let number = entries.len();
        texts.push((kind.file(), write::text(entries, schema::FILE)?, Some(number)));
    }
    let mut pulled = Pulled::read(&args.folder);
    let changed: Vec<_> = texts.iter().filter(|(file, text, _)| pulled.is_changed(&args.folder, file, text)).collect();
    if !changed.is_empty() && !args.overwrite {
        let files: Vec<_> = changed.iter().map(|(file, ..)| args.folder.join(file).display().to_string()).collect();
        return Err(Usage(pulled.would_be_lost(&args.folder, &files, revision)).into());
    }
    let mut files = Vec::new();
    for (file, text, entries) in texts {
        files.push(put(&args.folder, &file, &text, entries)?);
        pulled.digests.insert(file, digest(&text));
    }
    pulled.revision = revision;
    pulled.write(&args.folder)?;
    render::print_value(session.output(), &json!({ "files": files, "revision": revision }), PULLED)?;
    Ok(Exit::Done)
}

/// What was pulled before, by the digest of each file: a file that differs from it was changed by somebody.
#[derive(Default, Deserialize, Serialize)]
struct Pulled {
    digests: BTreeMap<String, String>,
    /// The revision that was pulled; 0 when that is not known.
    #[serde(default)]
    revision: u64,
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

    /// What to say of files that somebody changed, where `newest` is to be pulled over them.
    fn would_be_lost(&self, folder: &Path, files: &[String], newest: u64) -> String {
        let (files, folder) = (files.join(", "), folder.display());
        if self.revision == newest {
            return format!(
                "{files} changed since it was pulled: `greenlane diff -f {folder}` shows what, --overwrite gives it up"
            );
        }
        // What differs from the newest revision is then not only what was changed here.
        let own = match self.revision {
            0 => String::new(),
            revision => format!(
                "; for your own changes alone pull revision {revision} beside it (greenlane pull OTHER --revision {revision}) \
                 and compare the folders"
            ),
        };
        format!(
            "{files} changed since it was pulled, and revision {newest} is published meanwhile: `greenlane diff -f {folder}` \
             shows what differs from that{own}; --overwrite gives up what was changed here"
        )
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
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(json!({ "file": path.display().to_string(), "entries": entries, "outcome": outcome }))
}
