//! `greenlane backup`: a service's SQLite database, copied while it is in use, and the registry's keys.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args as ClapArgs;
use greenlane_platform::clock::Clock;
use greenlane_store::backup;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{config::ServeConfig, data::write_private, one::Which};
use crate::client::{
    exit::{Exists, Exit, Usage},
    progress,
    render::{self, Output, View},
};

/// What a backup says of itself.
const MANIFEST: &str = "backup.json";
/// How often the copy is looked at while it grows.
const LOOK: Duration = Duration::from_millis(200);
/// Where the registry's keys are in it.
const KEYS: &str = "keys";
/// The mark of what the log signed last, beside its key.
const MARK: &str = "log.checkpoint";

/// Arguments of `greenlane backup`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
A backup is a directory: the database, and backup.json with its SHA-256. The service goes on meanwhile. PostgreSQL is \
backed up with its own tools (see deploy/postgres), and the registry's keys, which are files, with --keys-only.")]
pub(crate) struct Args {
    /// The service whose database it is.
    #[arg(value_enum, value_name = "SERVICE")]
    which: Which,
    /// The configuration file (TOML) that the service is served with [default: the database of `greenlane up` in this
    /// folder].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory to make. It must not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Copy the registry's private keys too. Without them a restored registry cannot sign; with them the backup must be
    /// kept as safe as they are.
    #[arg(long)]
    keys: bool,
    /// Copy the registry's private keys and the mark of what its log signed last, and no database: for PostgreSQL, whose
    /// own backups hold no keys. Keep it as safe as they are, and apart from the database's backups.
    #[arg(long, conflicts_with = "keys")]
    keys_only: bool,
}

/// The manifest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The service.
    pub(super) service: String,
    /// The database's copy. None when only keys were copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) database: Option<Copied>,
    /// How many keys there are with it.
    pub(super) keys: usize,
    /// When it was made (RFC 3339).
    pub(super) made_at: String,
    /// The version of the program that made it.
    pub(super) version: String,
}

/// A copy of a database.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Copied {
    /// Its name in the directory.
    file: String,
    /// Its SHA-256, in hexadecimal.
    sha256: String,
    /// Its size.
    bytes: u64,
}

/// A backup that was read and found whole.
pub(super) struct Backup {
    pub(super) manifest: Manifest,
    /// The database's copy.
    pub(super) database: Option<PathBuf>,
    /// The directory of the keys.
    pub(super) keys: Option<PathBuf>,
}

const BACKUP: View = View::Record {
    at: "",
    name: "directory",
    fields: &[
        ("Directory", "directory"),
        ("Service", "service"),
        ("Database", "copy_of"),
        ("Bytes", "database.bytes"),
        ("SHA-256", "database.sha256"),
        ("Keys", "keys"),
    ],
};

/// Makes the directory whole, or not at all.
pub(crate) fn run(args: &Args, output: Output) -> anyhow::Result<ExitCode> {
    let config = ServeConfig::load_or_local(args.config.as_deref(), args.which)?;
    let name = args.which.name();
    anyhow::ensure!(!args.out.exists(), Exists(format!("{} exists already", args.out.display())));
    let with_keys = args.keys || args.keys_only;
    anyhow::ensure!(!with_keys || args.which == Which::Registry, Usage("only the registry holds keys".to_owned()));
    if let Some(path) = file_of(&config.store(args.which).url).filter(|path| !args.keys_only && !path.exists()) {
        let which = match &args.config {
            Some(config) => format!("{} leads there", config.display()),
            None => "that is the default, and `greenlane up` keeps none here: name with --config the file that the \
                     service has"
                .to_owned(),
        };
        return Err(Usage(format!("there is no database {}; {which}", path.display())).into());
    }
    let parent = args.out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let partial = tempfile::Builder::new().prefix(".greenlane-backup-").tempdir_in(parent);
    let partial = partial.with_context(|| format!("cannot write into {}", parent.display()))?;

    let database = (!args.keys_only).then(|| copy_database(&config, args.which, partial.path())).transpose()?;
    let (from, to) = (&config.registry.key_directory, partial.path().join(KEYS));
    // After the database: every key that it knows is there by now.
    let keys = if with_keys { copy_keys(from, &to)? } else { 0 };
    if args.keys_only {
        anyhow::ensure!(keys > 0, "there are no keys in {}", from.display());
        // A copied database is older than what was signed while it was copied; by itself the mark only protects.
        copy_mark(from, &to)?;
    }
    let manifest = Manifest {
        service: name.to_owned(),
        database,
        keys,
        made_at: Clock::system().now().to_rfc3339(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    write_private(&partial.path().join(MANIFEST), &serde_json::to_string_pretty(&manifest)?)?;
    let partial = partial.keep();
    fs::rename(&partial, &args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    File::open(parent)?.sync_all()?;

    let mut value = serde_json::to_value(&manifest)?;
    value["directory"] = args.out.display().to_string().into();
    let of = file_of(&config.store(args.which).url).filter(|_| manifest.database.is_some());
    value["copy_of"] = of.map(|path| path.display().to_string()).into();
    render::print_value(output, &value, BACKUP)?;
    Ok(Exit::Done.into())
}

fn copy_database(config: &ServeConfig, which: Which, into: &Path) -> anyhow::Result<Copied> {
    let file = format!("{}.db", which.name());
    let copy = into.join(&file);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        watched(&config.store(which).url, &copy, backup::copy(config.store(which), &copy)).await?;
        inspect(which, &copy).await
    })?;
    let (sha256, bytes) = digest(&copy)?;
    Ok(Copied { file, sha256, bytes })
}

/// Shows how far a copy has come, by its size: it ends no larger than the database.
async fn watched<T>(url: &str, copy: &Path, copying: impl Future<Output = T>) -> T {
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    let bar = progress::bytes(file_of(url).map_or(0, |path| size(&path)));
    tokio::pin!(copying);
    loop {
        tokio::select! {
            done = &mut copying => {
                bar.finish_and_clear();
                return done;
            }
            () = tokio::time::sleep(LOOK) => bar.set_position(size(copy)),
        }
    }
}

/// The file of an SQLite database.
pub(crate) fn file_of(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(path.split('?').next().unwrap_or(path).into())
}

/// Checks a copy against this program; says of which schema it is.
pub(super) async fn inspect(which: Which, copy: &Path) -> Result<backup::Schema, backup::BackupError> {
    match which {
        Which::Registry => backup::inspect::<greenlane_registry::Migrator>(copy).await,
        Which::Equivalence => backup::inspect::<greenlane_equivalence::Migrator>(copy).await,
        Which::Classification => backup::inspect::<greenlane_classification::Migrator>(copy).await,
    }
}

/// Reads the manifest of a backup and holds it against what is there.
pub(super) fn read(directory: &Path, which: Which) -> anyhow::Result<Backup> {
    let path = directory.join(MANIFEST);
    let text = fs::read_to_string(&path).with_context(|| format!("{} is not a backup", directory.display()))?;
    let manifest: Manifest = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    anyhow::ensure!(manifest.service == which.name(), "this is a backup of {}", manifest.service);
    let mut database = None;
    if let Some(Copied { file, sha256, .. }) = &manifest.database {
        anyhow::ensure!(Path::new(file).components().count() == 1, "{file}: not a file's name");
        let copy = directory.join(file);
        anyhow::ensure!(digest(&copy)?.0 == *sha256, "{} is not the file that was backed up", copy.display());
        database = Some(copy);
    }
    let keys = Some(directory.join(KEYS)).filter(|keys| keys.is_dir());
    let found = keys.as_deref().map_or(Ok(0), |keys| key_files(keys).map(|files| files.len()))?;
    anyhow::ensure!(found == manifest.keys, "{} keys were backed up and {found} are there", manifest.keys);
    Ok(Backup { manifest, database, keys })
}

fn key_files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = || fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let files = read().with_context(|| format!("cannot read {}", directory.display()))?;
    Ok(files.into_iter().filter(|path| path.extension().is_some_and(|suffix| suffix == "jwk")).collect())
}

/// Copies key files to where none of their name is.
pub(super) fn copy_keys(from: &Path, to: &Path) -> anyhow::Result<usize> {
    let files = key_files(from)?;
    DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    let mut copied = 0;
    for path in files {
        copied += usize::from(copy_absent(&path, to)?);
    }
    Ok(copied)
}

/// Copies the mark of what the log signed last to where none is. An old one is no harm: what it says was signed.
pub(super) fn copy_mark(from: &Path, to: &Path) -> anyhow::Result<bool> {
    let mark = from.join(MARK);
    Ok(mark.exists() && copy_absent(&mark, to)?)
}

fn copy_absent(file: &Path, to: &Path) -> anyhow::Result<bool> {
    let Some(target) = file.file_name().map(|name| to.join(name)).filter(|target| !target.exists()) else {
        return Ok(false);
    };
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    write_private(&target, &text)?;
    Ok(true)
}

fn digest(path: &Path) -> anyhow::Result<(String, u64)> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 64 << 10]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
    Ok((hex::encode(hash.finalize()), bytes))
}
