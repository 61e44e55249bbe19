//! The private keys that this registry holds: one file each, readable by its owner alone.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use greenlane_jose::{KeyFileError, Signer, SigningKey};

/// Keys by identifier. A key that is not in memory is looked for in the directory, so that replicas that share it see
/// the keys which others make.
#[derive(Debug)]
pub(crate) struct Keyring {
    directory: PathBuf,
    loaded: RwLock<HashMap<String, Arc<dyn Signer>>>,
}

/// Which algorithm a new key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewKey {
    EdDsa,
    Es256,
}

impl Keyring {
    /// The keys of a directory, which is made if it is not there.
    pub(crate) fn open(directory: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        Ok(Self { directory: directory.to_owned(), loaded: RwLock::default() })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.directory.join(format!("{id}.jwk"))
    }

    /// The key of this identifier, if this registry holds it.
    pub(crate) fn signer(&self, id: &str) -> Option<Arc<dyn Signer>> {
        if let Some(signer) = self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Some(Arc::clone(signer));
        }
        let path = self.path(id);
        if !path.exists() {
            return None;
        }
        match SigningKey::load(&path) {
            Ok(key) if key.kid() == id => {
                let signer: Arc<dyn Signer> = Arc::new(key);
                self.insert(id, &signer);
                Some(signer)
            }
            Ok(_) => {
                tracing::error!(key = id, "a key file holds another key than its name says");
                None
            }
            Err(error) => {
                tracing::error!(key = id, %error, "a key file cannot be used");
                None
            }
        }
    }

    fn insert(&self, id: &str, signer: &Arc<dyn Signer>) {
        self.loaded.write().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), Arc::clone(signer));
    }

    /// A new key, in memory alone: [`keep`](Self::keep) it before it is registered.
    pub(crate) fn generate(kind: NewKey) -> SigningKey {
        match kind {
            NewKey::EdDsa => SigningKey::generate_ed25519(),
            NewKey::Es256 => SigningKey::generate_es256(),
        }
    }

    /// Writes a key to its file. It signs nothing before it is registered.
    pub(crate) fn keep(&self, key: &SigningKey) -> Result<(), KeyFileError> {
        key.save(&self.path(key.kid()))
    }

    /// Removes a key that was made and not registered after all.
    pub(crate) fn forget(&self, id: &str) {
        self.loaded.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Err(error) = std::fs::remove_file(self.path(id)) {
            tracing::warn!(key = id, %error, "a key that was not registered could not be removed");
        }
    }
}
