//! The data directory of `greenlane up`: databases, keys, tokens, and the file that tells the commands where to go.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use greenlane_platform::{
    auth::{
        AuthConfig, IssuerConfig, JwksSource,
        issuer::{LocalIssuer, TokenRequest},
    },
    clock::Clock,
};
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;

use crate::client::exit::Usage;

/// The `iss` claim of the tokens that a local installation makes for itself.
const ISSUER: &str = "https://localhost/greenlane";
/// How long the tokens hold that are written at each start.
const TOKEN_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How often a process that runs on writes fresh ones. Who reads them looks at the files again.
const TOKEN_RENEWAL: Duration = Duration::from_secs(24 * 3_600);

/// A data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
}

/// A data directory that is in use by this process, until this is dropped.
#[derive(Debug)]
pub(crate) struct InUse {
    _lock: File,
}

impl DataDir {
    /// The directory, made if it is not there; nobody else may look into it.
    pub(crate) fn create(root: &Path) -> anyhow::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root.join("keys"))
            .with_context(|| format!("cannot make the data directory {}", root.display()))?;
        let root = root.canonicalize().with_context(|| format!("cannot use {}", root.display()))?;
        Ok(Self { root })
    }

    /// Keeps other processes from serving out of this directory.
    pub(crate) fn lock(&self) -> anyhow::Result<InUse> {
        let path = self.path("lock");
        let open = || OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let lock = open().with_context(|| format!("cannot open {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(InUse { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("the data directory {} is in use by another `greenlane up`", self.root.display())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
        }
    }

    /// The directory of an installation that was started before.
    pub(crate) fn open(root: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(
            root.join("keys").is_dir(),
            Usage(format!("{} is not a data directory: `greenlane up` makes one", root.display()))
        );
        Ok(Self { root: root.to_owned() })
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The URL of a service's database.
    pub(crate) fn database(&self, service: &str) -> String {
        format!("sqlite:{}", self.path(&format!("{service}.db")).display())
    }

    /// The issuer of this installation's tokens; its key is made at first use.
    pub(crate) fn issuer(&self) -> anyhow::Result<LocalIssuer> {
        let key = self.path("keys/issuer.jwk");
        LocalIssuer::load_or_create(&key, ISSUER, AuthConfig::default().audience, Clock::system())
            .with_context(|| format!("cannot use the issuer's key {}", key.display()))
    }

    /// What the services believe: tokens of this installation's issuer.
    pub(crate) fn auth(&self) -> anyhow::Result<AuthConfig> {
        let jwks = self.path("keys/jwks.json");
        self.issuer()?.write_jwks(&jwks).with_context(|| format!("cannot write {}", jwks.display()))?;
        let issuer = IssuerConfig {
            issuer: ISSUER.to_owned(),
            jwks: JwksSource::File(jwks),
            economies: Vec::new(),
            bodies: Vec::new(),
            scopes: Vec::new(),
        };
        Ok(AuthConfig { issuers: vec![issuer], ..AuthConfig::default() })
    }

    /// Writes a fresh token into the directory, named after its subject, and says where.
    pub(crate) fn token(&self, request: TokenRequest) -> anyhow::Result<PathBuf> {
        let path = self.path(&format!("{}.token", request.subject));
        write_private(&path, &self.issuer()?.mint(&request.valid_for(TOKEN_LIFETIME)))?;
        Ok(path)
    }

    /// Writes these tokens afresh from time to time, until `stop`: a process may run for longer than a token holds.
    pub(crate) async fn renew_tokens(self, requests: Vec<TokenRequest>, stop: CancellationToken) {
        self.renew_tokens_every(TOKEN_RENEWAL, requests, stop).await;
    }

    async fn renew_tokens_every(self, pause: Duration, requests: Vec<TokenRequest>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            let (data, requests) = (self.clone(), requests.clone());
            let written = tokio::task::spawn_blocking(move || {
                requests.into_iter().try_for_each(|request| data.token(request).map(|_| ()))
            });
            match written.await {
                Ok(Ok(())) => {}
                // The ones that are there hold for weeks yet, and it is tried again.
                Ok(Err(error)) => tracing::error!(error = format!("{error:#}"), "fresh tokens cannot be written"),
                Err(error) => tracing::error!(%error, "writing fresh tokens was cut off"),
            }
        }
    }
}

/// Writes a file that only its owner may read: whole, or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> io::Result<()> { Ok(private_beside(path, text)?.persist(path).map(drop)?) };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The same where there is no such file yet. Whether there was none: what is there stays as it is.
pub(crate) fn write_private_anew(path: &Path, text: &str) -> anyhow::Result<bool> {
    let write = || -> io::Result<bool> {
        match private_beside(path, text)?.persist_noclobber(path) {
            Ok(_) => Ok(true),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.into()),
        }
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// A file beside another, under a name of its own: for its owner alone from the start, and gone when anything fails.
fn private_beside(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut fresh = tempfile::Builder::new().prefix(".greenlane-").tempfile_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    fresh.as_file().sync_all()?;
    Ok(fresh)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_private_file_is_its_owners_alone_and_touches_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join("boss.new");
        fs::write(&beside, "precious").unwrap();
        let path = folder.path().join("boss.token");
        for text in ["first", "second"] {
            write_private(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&beside).unwrap(), "precious");
    }

    #[test]
    fn a_private_file_that_is_there_is_not_written_anew_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("boss.token");
        assert!(write_private_anew(&path, "first").unwrap());
        assert!(!write_private_anew(&path, "second").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_private_file_that_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("boss.token")).unwrap();
        write_private(&folder.path().join("boss.token"), "secret").unwrap_err();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["boss.token"]);
    }

    #[tokio::test]
    async fn tokens_are_written_afresh_while_the_process_runs() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create(folder.path()).unwrap();
        let request = TokenRequest::new("registry", ["recognise"]);
        let path = data.token(request.clone()).unwrap();
        let first = fs::read_to_string(&path).unwrap();
        let stop = CancellationToken::new();
        let renewal = data.renew_tokens_every(Duration::from_millis(5), vec![request], stop.clone());
        let renewal = tokio::spawn(renewal);
        tokio::time::timeout(Duration::from_secs(20), async {
            while fs::read_to_string(&path).unwrap() == first {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        stop.cancel();
        renewal.await.unwrap();
    }
}
