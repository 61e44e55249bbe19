//! The files that a run reads and writes. None may be another: a table that is written over is gone.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf, is_separator},
};

use anyhow::Context as _;

use super::Args;
use crate::client::exit::Usage;

/// Links behind one another that are followed.
const LINKS: usize = 40;
/// Standard output and standard error, by their descriptors.
const TALK: [&str; 2] = ["1", "2"];

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A file, which has its name only when it is whole, and where it lies until then.
    File { path: PathBuf, part: PathBuf },
    /// What is no file: a device, a pipe; or is a file that somebody has open, by its descriptor. It is written as it comes,
    /// behind what is there, and stays what it is.
    Other(PathBuf),
}

impl Target {
    /// Where a path leads that an output is to be written to: behind a link what that leads to.
    pub(super) fn of(path: &Path) -> anyhow::Result<Self> {
        let named = path.display();
        if path == Path::new("-") {
            let hint = "name a file, or a pipe: >(gzip > tagged.csv.gz)";
            return Err(Usage(format!("standard output has the totals and nothing else: {hint}")).into());
        }
        let metadata = path.metadata();
        let is_folder = metadata.as_ref().is_ok_and(std::fs::Metadata::is_dir);
        if is_folder || path.to_string_lossy().ends_with(is_separator) {
            return Err(Usage(format!("{named} is a folder: name a file in it")).into());
        }
        if metadata.is_ok_and(|metadata| !metadata.is_file()) {
            return Ok(Self::Other(path.to_owned()));
        }
        let mut path = path.to_owned();
        for _ in 0..LINKS {
            let Ok(to) = path.read_link() else { break };
            match descriptor(&path) {
                // What is said there would be written over the rows, or these over it.
                Some(descriptor) if TALK.contains(&descriptor) => {
                    let hint = "name the file itself";
                    return Err(Usage(format!("{named} leads to a file that has other output: {hint}")).into());
                }
                Some(_) => return Ok(Self::Other(path)),
                None => {}
            }
            path = folder(&path).join(to);
        }
        let folder = folder(&path);
        anyhow::ensure!(
            folder.is_dir(),
            Usage(format!("cannot write {named}: there is no folder {}", folder.display()))
        );
        Ok(Self::File { part: path.with_added_extension("part"), path })
    }

    /// Where it is written.
    pub(super) fn at(&self) -> &Path {
        match self {
            Self::File { part, .. } => part,
            Self::Other(path) => path,
        }
    }

    /// What failed.
    pub(super) fn cannot_write(&self) -> String {
        format!("cannot write {}", self.at().display())
    }

    /// Gives a file that is whole its name.
    pub(super) fn finish(&self) -> anyhow::Result<()> {
        let Self::File { path, part } = self else { return Ok(()) };
        std::fs::rename(part, path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// All that is written over.
    fn places(&self) -> Vec<PathBuf> {
        match self {
            Self::File { path, part } => vec![place(path), place(part)],
            Self::Other(path) => vec![place(path)],
        }
    }
}

/// Refuses outputs that cannot be written, or that are the table or one another.
pub(super) fn must_be_good(args: &Args) -> anyhow::Result<()> {
    let mut taken = vec![(place(&args.file), "the table")];
    for (flag, path) in [("--out", &args.out), ("--faults", &args.faults)] {
        let Some(path) = path else { continue };
        let target = Target::of(path).with_context(|| Usage(format!("{flag} cannot be written")))?;
        if args.resume && flag == "--out" && matches!(target, Target::Other(_)) {
            let path = path.display();
            return Err(Usage(format!("{path} is no file: nothing is there that --resume could go on with")).into());
        }
        let places = target.places();
        if let Some((place, other)) = taken.iter().find(|(place, _)| places.contains(place)) {
            return Err(
                Usage(format!("{flag} would write over {other}, {}: name another file", place.display())).into()
            );
        }
        taken.extend(places.into_iter().map(|place| (place, flag)));
    }
    Ok(())
}

/// The descriptor that a link of the system stands for: `/dev/stdout` leads to `/proc/self/fd/1`.
fn descriptor(link: &Path) -> Option<&str> {
    let folder = folder(link).canonicalize().ok()?;
    let of_process = folder.starts_with("/proc") && folder.ends_with("fd");
    link.file_name().and_then(OsStr::to_str).filter(|_| of_process)
}

/// The folder that a path is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where a path leads, also when nothing is there yet.
fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    match (folder(path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
