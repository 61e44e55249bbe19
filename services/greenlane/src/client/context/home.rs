//! Where a person's contexts are kept: one file each in a folder, and the name of the chosen one.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::ContextFile;
use crate::{
    client::exit::{Missing, Usage},
    serve::data::write_private,
};

/// A log as it was last seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// The log's key, as a C2SP verifier key.
    pub(crate) verifier_key: String,
    /// Its checkpoint, as the note that was signed.
    pub(crate) note: String,
}

/// A login at an OpenID provider: where, as what, for what, and what renews it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    /// PEM file of the authorities of the provider's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<PathBuf>,
    /// The token file that the context had before the login: it has it again after the logout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaced: Option<PathBuf>,
    /// A secret. Its file is its owner's alone, and nothing prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
}

/// A person's contexts, and the logs that they have seen.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    folder: Option<PathBuf>,
}

impl Home {
    /// `$GREENLANE_HOME`, else `$XDG_CONFIG_HOME/greenlane`, else `$HOME/.config/greenlane`.
    pub(crate) fn of_user() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = variable("GREENLANE_HOME")
            .or_else(|| variable("XDG_CONFIG_HOME").map(|folder| folder.join("greenlane")))
            .or_else(|| variable("HOME").map(|folder| folder.join(".config/greenlane")));
        Self { folder }
    }

    #[cfg(test)]
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()) }
    }

    fn folder(&self) -> anyhow::Result<&Path> {
        self.folder.as_deref().context("no place for contexts: set HOME or GREENLANE_HOME")
    }

    /// The file of a context.
    pub(crate) fn path(&self, name: &str) -> anyhow::Result<PathBuf> {
        if !is_name(name) {
            return Err(Usage(format!("`{name}` cannot be the name of a context: letters, digits, `-` and `_`")).into());
        }
        Ok(self.folder()?.join("contexts").join(format!("{name}.toml")))
    }

    /// The names of all contexts, in order.
    pub(crate) fn names(&self) -> anyhow::Result<Vec<String>> {
        let entries = match fs::read_dir(self.folder()?.join("contexts")) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.context("cannot read the contexts")?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = PathBuf::from(entry.context("cannot read the contexts")?.file_name());
            let stem = file.file_stem().and_then(|stem| stem.to_str());
            if file.extension().is_some_and(|ending| ending == "toml") {
                names.extend(stem.filter(|stem| is_name(stem)).map(str::to_owned));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Reads a context.
    pub(crate) fn read(&self, name: &str) -> anyhow::Result<ContextFile> {
        let path = self.path(name)?;
        if !path.exists() {
            let names = self.names()?;
            let known = if names.is_empty() { "no other".to_owned() } else { names.join(", ") };
            return Err(Missing(format!("there is no context `{name}`; there is {known}")).into());
        }
        ContextFile::read(&path)
    }

    /// Writes a context, for its owner's eyes.
    pub(crate) fn write(&self, name: &str, context: &ContextFile) -> anyhow::Result<PathBuf> {
        let path = self.path(name)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        write_private(&path, &toml::to_string(context)?)?;
        Ok(path)
    }

    /// Removes a context; if it was the chosen one, none is chosen any more.
    pub(crate) fn remove(&self, name: &str) -> anyhow::Result<()> {
        self.read(name)?;
        if self.current()?.as_deref() == Some(name) {
            let current = self.current_file()?;
            fs::remove_file(&current).with_context(|| format!("cannot remove {}", current.display()))?;
        }
        let path = self.path(name)?;
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }

    /// The chosen context, if one is.
    pub(crate) fn current(&self) -> anyhow::Result<Option<String>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        match fs::read_to_string(folder.join("current-context")) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            text => Ok(Some(text.context("cannot read which context is chosen")?.trim().to_owned())),
        }
    }

    /// Chooses a context, which must be there.
    pub(crate) fn choose(&self, name: &str) -> anyhow::Result<()> {
        self.read(name)?;
        write_private(&self.current_file()?, name)
    }

    /// The log of this origin as it was last seen.
    pub(crate) fn seen(&self, origin: &str) -> anyhow::Result<Option<Seen>> {
        let path = self.seen_file(origin)?;
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            text => {
                let text = text.with_context(|| format!("cannot read {}", path.display()))?;
                Ok(Some(toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?))
            }
        }
    }

    /// Remembers a log as it is now.
    pub(crate) fn remember(&self, origin: &str, seen: &Seen) -> anyhow::Result<()> {
        let path = self.seen_file(origin)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        write_private(&path, &toml::to_string(seen)?)
    }

    /// Origins are chosen by the logs: what cannot stand in a file's name is written as its bytes.
    fn seen_file(&self, origin: &str) -> anyhow::Result<PathBuf> {
        let mut name = String::new();
        for byte in origin.bytes() {
            if byte.is_ascii_alphanumeric() || byte == b'-' {
                name.push(char::from(byte));
            } else {
                name.push_str(&format!("_{byte:02x}"));
            }
        }
        Ok(self.folder()?.join("seen").join(format!("{name}.toml")))
    }

    /// Keeps the token of a login to a context; gives its file.
    pub(crate) fn keep_token(&self, context: &str, token: &str) -> anyhow::Result<PathBuf> {
        let path = self.token_file(context)?;
        private_folder(path.parent().unwrap_or(Path::new(".")))?;
        write_private(&path, token)?;
        Ok(path)
    }

    /// Where the token of a login to a context is kept.
    pub(crate) fn token_file(&self, context: &str) -> anyhow::Result<PathBuf> {
        self.path(context)?;
        Ok(self.folder()?.join("tokens").join(format!("{context}.token")))
    }

    /// The last login to a context.
    pub(crate) fn login(&self, context: &str) -> anyhow::Result<Option<Login>> {
        let path = self.login_file(context)?;
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            text => {
                let text = text.with_context(|| format!("cannot read {}", path.display()))?;
                // The error is left out: it could repeat a part of a secret.
                Ok(Some(toml::from_str(&text).ok().with_context(|| format!("{} is not a login", path.display()))?))
            }
        }
    }

    /// Remembers a login to a context, whose token is kept already.
    pub(crate) fn remember_login(&self, context: &str, login: &Login) -> anyhow::Result<()> {
        write_private(&self.login_file(context)?, &toml::to_string(login)?)
    }

    /// Forgets the login to a context and its token. Whether there was one.
    pub(crate) fn forget_login(&self, context: &str) -> anyhow::Result<bool> {
        let mut was = false;
        for path in [self.token_file(context)?, self.login_file(context)?] {
            match fs::remove_file(&path) {
                Ok(()) => was = true,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("cannot remove {}", path.display())),
            }
        }
        Ok(was)
    }

    fn login_file(&self, context: &str) -> anyhow::Result<PathBuf> {
        Ok(self.token_file(context)?.with_extension("login.toml"))
    }

    fn current_file(&self) -> anyhow::Result<PathBuf> {
        Ok(self.folder()?.join("current-context"))
    }
}

/// Makes a folder that its owner alone may look into.
fn private_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).with_context(|| format!("cannot make {}", path.display()))
}

/// Whether it is a name, and not the path of a file.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
