//! The `greenlane` binary that this build made.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::Context as _;

/// Where cargo put the binary: beside the folder that this test was built into.
///
/// # Panics
/// When it is not there: build the workspace, not this crate alone.
pub fn greenlane_path() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    let folder = test.parent().and_then(Path::parent).expect("tests are built into target/PROFILE/deps");
    let path = folder.join("greenlane");
    assert!(path.exists(), "{} is not built: run the tests with `cargo test --workspace`", path.display());
    path
}

/// A finished command.
#[derive(Debug)]
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// What it printed on stdout.
    pub stdout: String,
    /// What it printed on stderr.
    pub stderr: String,
}

impl Run {
    /// Its stdout as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_str(&self.stdout).with_context(|| format!("not JSON: {}\n{}", self.stdout, self.stderr))
    }

    /// Itself, if it ended with this code.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Runs `greenlane` in a folder, with nothing of our environment that could lead it elsewhere.
///
/// # Errors
/// When it cannot be started.
pub fn greenlane<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> anyhow::Result<Run> {
    greenlane_with(folder, arguments, [])
}

/// The same, with these variables.
///
/// # Errors
/// When it cannot be started.
pub fn greenlane_with<'v, A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
    variables: impl IntoIterator<Item = (&'v str, &'v str)>,
) -> anyhow::Result<Run> {
    let mut command = Command::new(greenlane_path());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENLANE_")) {
        command.env_remove(name);
    }
    command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").envs(variables);
    // Nor the contexts of whoever runs the tests.
    command.env("GREENLANE_HOME", folder.join("home"));
    let Output { status, stdout, stderr } = command.args(arguments).current_dir(folder).output()?;
    Ok(Run {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout)?,
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}
