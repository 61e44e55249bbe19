//! Which services a command talks to, and as whom.

mod file;
mod home;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use clap::Args;
use greenlane_platform::{client::ClientTlsConfig, config::Secret};

pub(crate) use file::ContextFile;
pub(crate) use home::{Home, Login, Seen};

use self::file::INSTEAD;
use super::{complete, exit::Usage, hidden};

/// The file that `greenlane up` writes into its data directory for the commands.
pub(crate) const CONTEXT_FILE: &str = "client.toml";

/// Where a context comes from when there is none.
const DEFAULTS: &str = "defaults of `greenlane up`";

/// Flags that name the services. What is not given comes from the context, then from the defaults of `greenlane up`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Services")]
pub(crate) struct Servers {
    /// A context by name, or a file with addresses and token file [default: the one chosen by `context use`, else
    /// greenlane-data/client.toml, which `greenlane up` writes].
    #[arg(long, global = true, env = "GREENLANE_CONTEXT", hide_env_values = true, value_name = "NAME|FILE",
        add = complete::contexts())]
    context: Option<String>,
    /// Address of the registry.
    #[arg(long, global = true, env = "GREENLANE_REGISTRY", hide_env_values = true, value_name = "URI", value_parser = uri)]
    registry: Option<String>,
    /// Address of the equivalence service.
    #[arg(long, global = true, env = "GREENLANE_EQUIVALENCE", hide_env_values = true, value_name = "URI", value_parser = uri)]
    equivalence: Option<String>,
    /// Address of the classification service.
    #[arg(long, global = true, env = "GREENLANE_CLASSIFICATION", hide_env_values = true, value_name = "URI", value_parser = uri)]
    classification: Option<String>,
    /// A file that holds the bearer token; `-` is stdin. GREENLANE_TOKEN may hold the token itself, and counts before a
    /// context's file.
    #[arg(long, global = true, env = "GREENLANE_TOKEN_FILE", hide_env_values = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The bearer token itself, from the environment only: arguments are seen by every user of the machine.
    #[arg(skip = token_of_environment())]
    token: Option<Secret>,
    /// The economy where we are, in place of the context's: that of import, unless a command names another.
    #[arg(long, global = true, env = "GREENLANE_ECONOMY", hide_env_values = true, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    here: Option<String>,
    /// A PEM file of the authorities of the services' certificates [default: the system's].
    #[arg(long, global = true, env = "GREENLANE_TLS_CA", hide_env_values = true, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// A PEM file of our own certificate, for mutual TLS.
    #[arg(long, global = true, env = "GREENLANE_TLS_CERT", hide_env_values = true, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// A PEM file of that certificate's private key.
    #[arg(long, global = true, env = "GREENLANE_TLS_KEY", hide_env_values = true, value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

fn token_of_environment() -> Option<Secret> {
    std::env::var("GREENLANE_TOKEN").ok().filter(|token| !token.is_empty()).map(Secret::from_value)
}

/// Who to talk to, settled.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) registry: String,
    pub(crate) equivalence: String,
    pub(crate) classification: String,
    pub(crate) token: Option<Secret>,
    pub(crate) economy: Option<String>,
    pub(crate) tls: Option<ClientTlsConfig>,
    /// Whether there is no context, and no flag names a service either.
    pub(crate) is_default: bool,
}

/// What the flags, the environment and the context say together.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    /// The context's name; empty when it has none.
    pub(crate) name: String,
    /// Where it comes from, for people.
    pub(crate) origin: String,
    /// The data directory of the installation on this machine that the context is of, if it is.
    pub(crate) data: Option<PathBuf>,
    pub(crate) file: ContextFile,
    pub(crate) token: TokenFrom,
}

/// Where the token is that counts.
#[derive(Clone, Debug)]
pub(crate) enum TokenFrom {
    /// `GREENLANE_TOKEN` itself.
    Environment(Secret),
    Stdin,
    File(PathBuf),
    Nowhere,
}

impl Servers {
    /// Flags and environment first, then the context, then the defaults.
    pub(crate) fn settle(&self) -> anyhow::Result<Settled> {
        let settled = self.chosen(&Home::of_user())?;
        // Another registry than the context's is not of that directory.
        let data = settled.data.filter(|_| self.registry.is_none());
        let file = self.over(settled.file);
        file.no_token()?;
        Ok(Settled { token: self.token_of(&file), file, data, ..settled })
    }

    /// A file that is named counts before the environment's token, and that before the context's file.
    fn token_of(&self, file: &ContextFile) -> TokenFrom {
        match (&file.token_file, &self.token) {
            (_, Some(token)) if self.token_file.is_none() => TokenFrom::Environment(token.clone()),
            (Some(path), _) if is_stdin(path) => TokenFrom::Stdin,
            (Some(path), _) => TokenFrom::File(path.clone()),
            (None, _) => TokenFrom::Nowhere,
        }
    }

    /// The economy where we are, as flag, environment or context say.
    pub(crate) fn economy(&self) -> anyhow::Result<Option<String>> {
        match &self.here {
            Some(here) => Ok(Some(here.clone())),
            None => Ok(self.settle()?.file.economy),
        }
    }

    /// The same, ready to be talked to.
    pub(crate) fn resolve(&self) -> anyhow::Result<Context> {
        let Settled { file, token, origin, .. } = self.settle()?;
        let is_named = [&self.registry, &self.equivalence, &self.classification].into_iter().any(Option::is_some);
        let token = match token {
            TokenFrom::Environment(token) => Some(token),
            TokenFrom::Stdin => Some(Secret::from_value(token_from_stdin()?)),
            TokenFrom::File(path) => {
                anyhow::ensure!(path.exists(), Usage(format!("the token file {} does not exist", path.display())));
                let token = super::input::read_text(&path)?;
                anyhow::ensure!(!token.trim().is_empty(), Usage(format!("{} holds no token", path.display())));
                // A pipe gives what is in it once; a file may be renewed meanwhile.
                Some(if path.is_file() { Secret::from_file(path) } else { Secret::from_value(token) })
            }
            TokenFrom::Nowhere => None,
        };
        Ok(Context {
            tls: file.tls(),
            registry: file.registry,
            equivalence: file.equivalence,
            classification: file.classification,
            token,
            economy: file.economy,
            is_default: origin == DEFAULTS && !is_named,
        })
    }

    /// The context that counts.
    fn chosen(&self, home: &Home) -> anyhow::Result<Settled> {
        let settled = |name: &str, origin: String, file| Settled {
            name: name.to_owned(),
            origin,
            data: None,
            file,
            token: TokenFrom::Nowhere,
        };
        let data_of = |file: &Path| file.parent().filter(|data| data.join("keys").is_dir()).map(Path::to_owned);
        if let Some(context) = &self.context {
            return Ok(if home::is_name(context) {
                settled(context, "--context or GREENLANE_CONTEXT".to_owned(), home.read(context)?)
            } else {
                let file = ContextFile::read(context.as_ref())?;
                Settled { data: data_of(context.as_ref()), ..settled("", format!("file {context}"), file) }
            });
        }
        if let Some(current) = home.current()? {
            return Ok(settled(&current, "context use".to_owned(), home.read(&current)?));
        }
        let local = crate::cli::default_data().join(CONTEXT_FILE);
        if local.exists() {
            let file = ContextFile::read(&local)?;
            let origin = format!("file {}", local.display());
            return Ok(Settled { data: data_of(&local), ..settled("", origin, file) });
        }
        Ok(settled("", DEFAULTS.to_owned(), ContextFile::default()))
    }

    /// What the flags and the environment say, over a context.
    pub(crate) fn over(&self, file: ContextFile) -> ContextFile {
        ContextFile {
            registry: self.registry.clone().unwrap_or(file.registry),
            equivalence: self.equivalence.clone().unwrap_or(file.equivalence),
            classification: self.classification.clone().unwrap_or(file.classification),
            token_file: self.token_file.clone().or(file.token_file),
            economy: self.here.clone().or(file.economy),
            tls_ca: self.tls_ca.clone().or(file.tls_ca),
            tls_cert: self.tls_cert.clone().or(file.tls_cert),
            tls_key: self.tls_key.clone().or(file.tls_key),
        }
    }
}

/// The address of a service.
fn uri(text: &str) -> Result<String, String> {
    match text.split_once("://") {
        _ if hidden::has_token(text) => Err(format!("what stands for the address is a token itself: {INSTEAD}")),
        Some(("http" | "https", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err("write it with http:// or https://, such as http://127.0.0.1:7401".to_owned()),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn token_from_stdin() -> anyhow::Result<String> {
    let text = super::input::read_text("-".as_ref())?;
    let token = text.trim();
    if token.is_empty() {
        return Err(Usage("there is no token on stdin".to_owned()).into());
    }
    Ok(token.to_owned())
}
