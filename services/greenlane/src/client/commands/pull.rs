//! `greenlane pull`: the published catalogue as files.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args as Arguments, ValueEnum as _};
use serde_json::{Value, json};

use super::catalogue::Kind;
use crate::client::{
    Session,
    exit::Exit,
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
    let mut files =
        vec![put(&args.folder, schema::FILE, &(serde_json::to_string_pretty(&schema::schema()?)? + "\n"), None)?];
    for kind in &kinds {
        let entries: Vec<(&str, &Value)> =
            found.values().filter(|entry| entry.kind == *kind).map(|entry| (kind.field(), &entry.content)).collect();
        let number = entries.len();
        files.push(put(&args.folder, &kind.file(), &write::text(entries, schema::FILE)?, Some(number))?);
    }
    render::print_value(session.output(), &json!({ "files": files, "revision": revision }), PULLED)?;
    Ok(Exit::Done)
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
