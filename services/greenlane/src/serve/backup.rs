//! `greenlane backup`: a service's SQLite database, copied while it is in use.

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
    exit::{Exit, Usage},
    progress,
    render::{self, Output, View},
};

/// What a backup says of itself.
const MANIFEST: &str = "backup.json";
/// How often the copy is looked at while it grows.
const LOOK: Duration = Duration::from_millis(200);
/// Where the registry's keys are in it.
pub(super) const KEYS: &str = "keys";

/// Arguments of `greenlane backup`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
A backup is a directory: the database, and backup.json with its SHA-256. The service goes on meanwhile. PostgreSQL is \
backed up with its own tools: see deploy/postgres.")]
pub(crate) struct Args {
    /// The service whose database it is.
    #[arg(value_enum, value_name = "SERVICE")]
    which: Which,
    /// The configuration file (TOML), the same that serves.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory to make. It must not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Copy the registry's private keys too. Without them a restored registry cannot sign; with them the backup must be
    /// kept as safe as they are.
    #[arg(long)]
    keys: bool,
}

/// The manifest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The service.
    pub(super) service: String,
    /// The copy's name in the directory.
    pub(super) file: String,
    /// Its SHA-256, in hexadecimal.
    pub(super) sha256: String,
    /// Its size.
    pub(super) bytes: u64,
    /// When it was made (RFC 3339).
    pub(super) made_at: String,
    /// The version of the program that made it.
    pub(super) version: String,
}

const BACKUP: View = View::Record {
    at: "",
    name: "directory",
    fields: &[("Directory", "directory"), ("Service", "service"), ("Bytes", "bytes"), ("SHA-256", "sha256")],
};

/// Makes the directory whole, or not at all.
pub(crate) fn run(args: &Args, output: Output) -> anyhow::Result<ExitCode> {
    let config = ServeConfig::load(args.config.as_deref())?;
    let name = args.which.name();
    anyhow::ensure!(!args.out.exists(), "{} exists already", args.out.display());
    anyhow::ensure!(!args.keys || args.which == Which::Registry, "only the registry holds keys");
    if let Some(path) = file_of(&config.store(args.which).url).filter(|path| !path.exists()) {
        let which = match &args.config {
            Some(config) => format!("{} leads there", config.display()),
            None => "that is the default: name with --config the file that the service has".to_owned(),
        };
        return Err(Usage(format!("there is no database {}; {which}", path.display())).into());
    }
    let parent = args.out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let partial = tempfile::Builder::new().prefix(".greenlane-backup-").tempdir_in(parent);
    let partial = partial.with_context(|| format!("cannot write into {}", parent.display()))?;

    let file = format!("{name}.db");
    let copy = partial.path().join(&file);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        watched(&config.store(args.which).url, &copy, backup::copy(config.store(args.which), &copy)).await?;
        inspect(args.which, &copy).await
    })?;
    let (sha256, bytes) = digest(&copy)?;
    let manifest = Manifest {
        service: name.to_owned(),
        file,
        sha256,
        bytes,
        made_at: Clock::system().now().to_rfc3339(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    write_private(&partial.path().join(MANIFEST), &serde_json::to_string_pretty(&manifest)?)?;
    if args.keys {
        // After the database: every key that it knows is there by now.
        copy_keys(&config.registry.key_directory, &partial.path().join(KEYS))?;
    }
    let partial = partial.keep();
    fs::rename(&partial, &args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    File::open(parent)?.sync_all()?;

    let mut value = serde_json::to_value(&manifest)?;
    value["directory"] = args.out.display().to_string().into();
    render::print_value(output, &value, BACKUP)?;
    Ok(Exit::Done.into())
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
pub(super) fn file_of(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(path.split('?').next().unwrap_or(path).into())
}

/// Checks a copy against this program; says which migrations it lacks.
pub(super) async fn inspect(which: Which, copy: &Path) -> Result<Vec<String>, backup::BackupError> {
    match which {
        Which::Registry => backup::inspect::<greenlane_registry::Migrator>(copy).await,
        Which::Equivalence => backup::inspect::<greenlane_equivalence::Migrator>(copy).await,
        Which::Classification => backup::inspect::<greenlane_classification::Migrator>(copy).await,
    }
}

/// Reads the manifest of a backup and holds it against the copy.
pub(super) fn read(directory: &Path, which: Which) -> anyhow::Result<(Manifest, PathBuf)> {
    let path = directory.join(MANIFEST);
    let text = fs::read_to_string(&path).with_context(|| format!("{} is not a backup", directory.display()))?;
    let manifest: Manifest = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    anyhow::ensure!(manifest.service == which.name(), "this is a backup of {}", manifest.service);
    anyhow::ensure!(Path::new(&manifest.file).components().count() == 1, "{}: not a file's name", manifest.file);
    let copy = directory.join(&manifest.file);
    let (sha256, _) = digest(&copy)?;
    anyhow::ensure!(sha256 == manifest.sha256, "{} is not the file that was backed up", copy.display());
    Ok((manifest, copy))
}

/// Copies key files; the mark of what was signed last is none, and stays where it is.
pub(super) fn copy_keys(from: &Path, to: &Path) -> anyhow::Result<usize> {
    DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    let mut copied = 0;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|suffix| suffix == "jwk")) else {
            continue;
        };
        if !to.join(name).exists() {
            write_private(&to.join(name), &fs::read_to_string(&path)?)?;
            copied += 1;
        }
    }
    Ok(copied)
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
