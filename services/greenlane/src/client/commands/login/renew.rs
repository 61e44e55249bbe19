//! A login renews its own token: the next command does it when the token is near its end, and one that runs on does it
//! whenever that comes.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::Duration,
};

use anyhow::Context as _;
use chrono::TimeDelta;
use greenlane_platform::clock::Clock;

use super::{device::Provider, keep};
use crate::client::{
    context::{Home, Login, Servers},
    render::talk,
    token,
};

/// A token that holds no longer than this is renewed: a command may take a while.
const SOON: TimeDelta = TimeDelta::minutes(2);
/// A token of a short life is renewed when this part of it is left.
const LAST_PART: i32 = 4;
/// How long a command waits for the provider before it goes on with the token that there is.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a command that runs on looks.
const PAUSE: Duration = Duration::from_secs(30);

/// Renews the token that the command is about to use, if it came from a login and is near its end. What hinders it is said,
/// and the command goes on: the token may hold yet.
pub(crate) async fn renew(servers: &Servers) {
    if let Some(due) = Due::of(servers)
        && let Err(error) = due.renew().await
    {
        talk(&format!(
            "the login to {name} cannot be renewed: {error:#}\nhint: greenlane login --context {name}",
            name = due.name
        ));
    }
}

/// Whether the token that a command would use is that of a login, which renews it.
pub(crate) fn is_renewed(servers: &Servers) -> bool {
    Due::at_any_time(servers).is_some()
}

/// Keeps doing so while a command runs on. Whatever goes wrong is said once.
pub(crate) async fn keep_renewed(servers: Servers) {
    let mut silent = false;
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Some(due) = Due::of(&servers)
            && let Err(error) = due.renew().await
            && !std::mem::replace(&mut silent, true)
        {
            talk(&format!("the login to {} cannot be renewed: {error:#}", due.name));
        }
    }
}

/// A login whose token is near its end.
struct Due {
    home: Home,
    name: String,
    login: Login,
    refresh: String,
}

impl Due {
    /// The login whose token a command would use, if there is one and it is due.
    fn of(servers: &Servers) -> Option<Self> {
        let login = Self::at_any_time(servers)?;
        is_due(&login.home.token_file(&login.name).ok()?).then_some(login)
    }

    /// The same, due or not.
    fn at_any_time(servers: &Servers) -> Option<Self> {
        let settled = servers.settle().ok()?;
        let home = Home::of_user();
        let path = home.token_file(&settled.name).ok().filter(|_| !settled.name.is_empty())?;
        // Another token than that of the login is none of our business.
        if settled.file.token_file.as_deref() != Some(&path) {
            return None;
        }
        let login = home.login(&settled.name).ok()??;
        let refresh = login.refresh_token.clone()?;
        Some(Self { home, name: settled.name, login, refresh })
    }

    async fn renew(&self) -> anyhow::Result<()> {
        let path = self.home.token_file(&self.name)?;
        // A provider may take two uses of one refresh token for a theft, so of commands side by side only one asks.
        let lock = lock(&path.with_extension("lock"))?;
        let asked = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await?;
        let _held = asked.context("cannot lock the login")?;
        if !is_due(&path) {
            return Ok(());
        }
        let renewed = tokio::time::timeout(PATIENCE, async {
            Provider::discover(&self.login, PATIENCE).await?.renew(&self.refresh).await
        });
        let tokens = renewed.await.context("the provider does not answer")??;
        let tokens = tokens.context("the provider no longer renews it")?;
        keep(&self.home, &self.name, tokens, self.login.clone())?;
        Ok(())
    }
}

fn lock(path: &Path) -> anyhow::Result<File> {
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    open.with_context(|| format!("cannot open {}", path.display()))
}

/// Whether the token in a file is near its end. One that says nothing of it is not.
fn is_due(path: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let Ok(claims) = token::claims(text.trim()) else { return false };
    let Some(expires) = claims.expires else { return false };
    let life = claims.issued.map(|issued| (expires - issued) / LAST_PART);
    expires - Clock::system().now() < life.map_or(SOON, |part| part.min(SOON))
}
