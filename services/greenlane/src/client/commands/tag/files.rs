//! The files that a run reads and writes. None may be another: a table that is written over is gone.

use std::path::{Path, PathBuf};

use super::Args;
use crate::client::exit::Usage;

/// Where a file lies until it is whole.
pub(super) fn part(path: &Path) -> PathBuf {
    path.with_added_extension("part")
}

/// Refuses outputs that are the table, or one another.
pub(super) fn must_differ(args: &Args) -> anyhow::Result<()> {
    let mut taken = vec![(place(&args.file), "the table")];
    for (flag, path) in [("--out", &args.out), ("--faults", &args.faults)] {
        let Some(path) = path else { continue };
        let places = [place(path), place(&part(path))];
        if let Some((place, other)) = taken.iter().find(|(place, _)| places.contains(place)) {
            return Err(
                Usage(format!("{flag} would write over {other}, {}: name another file", place.display())).into()
            );
        }
        taken.extend(places.map(|place| (place, flag)));
    }
    Ok(())
}

/// Where a path leads, also when nothing is there yet.
fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
