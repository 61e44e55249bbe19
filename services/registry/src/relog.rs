//! The way out after signed entries were lost for good: the registry goes on with a new log, of a new name and a new
//! key, that begins with what is left.
//!
//! The old log must not grow again: whoever holds one of its later checkpoints would see it fork. The new one is another
//! log to everybody, its first entries have the same hashes, and both checkpoints of that size show it.

use std::fs;
use std::path::{Path, PathBuf};

use greenlane_store::{DomainError, Store, StoreError};

use crate::config::Config;
use crate::start::StartError;
use crate::store::{Migrator, log};

/// What [`begin_new_log`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLog {
    /// The name of the log that ended.
    pub old_origin: String,
    /// The name of the log that begins.
    pub new_origin: String,
    /// How many entries the new one begins with.
    pub entries: u64,
    /// Where the old log's key and its last checkpoint are now.
    pub kept: Vec<PathBuf>,
}

/// Why no new log can begin.
#[derive(Debug, thiserror::Error)]
pub enum RelogError {
    /// The database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Nothing was signed yet.
    #[error("nothing was signed yet: there is no log to end")]
    Nothing,
    /// The configuration still names the old log.
    #[error("log_origin is still {0:?}: give the new log a name of its own")]
    SameOrigin(String),
    /// A file cannot be moved.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The old log's files are set aside, and the database still has its head.
    #[error("{source}; {} set aside already: run it again, and start no registry before", names(kept))]
    HalfDone {
        /// Where those files are now.
        kept: Vec<PathBuf>,
        /// Why.
        source: StartError,
    },
}

fn names(kept: &[PathBuf]) -> String {
    let names: Vec<_> = kept.iter().map(|path| path.display().to_string()).collect();
    let (first, verb) = match names.len() {
        0 => ("the old log's files".to_owned(), "were"),
        1 => (names.concat(), "is"),
        _ => (names.join(" and "), "are"),
    };
    format!("{first} {verb}")
}

/// The end of a trial: what it did is taken back.
struct Tried;

impl DomainError for Tried {}

/// Ends the log that the database has and lets the configured one begin with its entries. No registry may be running.
///
/// # Errors
/// When the configuration names no new log, or something cannot be read or moved. Running it again goes on.
pub async fn begin_new_log(config: &Config) -> Result<NewLog, RelogError> {
    let store = Store::open(&config.store).await.map_err(StartError::from)?;
    let begun = begin(&store, config).await;
    store.close().await;
    begun
}

async fn begin(store: &Store, config: &Config) -> Result<NewLog, RelogError> {
    store.check_schema::<Migrator>().await.map_err(StartError::from)?;
    let head: Result<_, StoreError> =
        store.read("read_head", |tx| Box::pin(async move { Ok(log::head(tx).await?) })).await;
    let head = head.map_err(StartError::from)?;
    let Some(old_origin) = head.note.lines().next().map(str::to_owned) else { return Err(RelogError::Nothing) };
    if old_origin == config.log_origin {
        return Err(RelogError::SameOrigin(old_origin));
    }
    try_out(store).await.map_err(StartError::from)?;
    // The key first: without it the registry refuses to sign for the old head, which is the safe side.
    let kept = ["log.jwk", "log.checkpoint"].map(|name| set_aside(&config.key_directory, name, head.size));
    let kept = kept.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    let cleared: Result<(), StoreError> = store
        .write("begin_new_log", |tx| {
            Box::pin(async move {
                let head = log::lock_head(tx).await?;
                Ok(log::forget_signature(tx, head.size).await?)
            })
        })
        .await;
    if let Err(error) = cleared {
        return Err(RelogError::HalfDone { kept, source: error.into() });
    }
    Ok(NewLog { old_origin, new_origin: config.log_origin.clone(), entries: head.size, kept })
}

/// Whether the database will let us: a role that may not is refused before anything is moved.
async fn try_out(store: &Store) -> Result<(), StoreError> {
    let tried: Result<(), StoreError<Tried>> = store
        .write("try_new_log", |tx| {
            Box::pin(async move {
                let head = log::lock_head(tx).await?;
                log::forget_signature(tx, head.size).await?;
                Err(StoreError::Domain(Tried))
            })
        })
        .await;
    match tried {
        Ok(()) => Ok(()),
        Err(error) => error.into_domain().map(|Tried| ()),
    }
}

/// Renames a file of the old log; none when it is not there.
fn set_aside(directory: &Path, name: &str, size: u64) -> Result<Option<PathBuf>, RelogError> {
    let path = directory.join(name);
    let aside = directory.join(format!("{name}.ended-at-{size}"));
    match fs::rename(&path, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RelogError::File { path, source }),
    }
}
