//! TLS from files, which are read again when they are renewed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio_rustls::rustls::pki_types::pem::{PemObject, SectionKind};
use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use webpki::{BorrowedCertRevocationList, CertRevocationList};

use crate::expiry::Validity;

/// How often the files are looked at, when connections come or are made.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What is made of files, and made anew when they are.
pub(crate) struct Renewed<T> {
    files: Vec<PathBuf>,
    make: Box<Make<T>>,
    current: Mutex<Current<T>>,
}

/// Makes it of the files.
type Make<T> = dyn Fn() -> Result<Made<T>, String> + Send + Sync;

/// What was made of files, and how long what is in them is good.
pub(crate) struct Made<T> {
    pub(crate) it: T,
    /// Our certificate.
    pub(crate) own: Option<Validity>,
    /// The authorities that we were told to believe.
    pub(crate) authorities: Option<Validity>,
}

struct Current<T> {
    made: Made<T>,
    /// When the files that it was made of were written.
    written: Vec<Option<SystemTime>>,
    looked: Instant,
}

impl<T> std::fmt::Debug for Renewed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renewed").field("files", &self.files).finish_non_exhaustive()
    }
}

impl<T: Clone> Renewed<T> {
    /// Makes it of the files as they are.
    pub(crate) fn new(
        files: Vec<PathBuf>,
        make: impl Fn() -> Result<Made<T>, String> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let written = written(&files);
        let current = Current { made: make()?, written, looked: Instant::now() };
        Ok(Self { files, make: Box::new(make), current: Mutex::new(current) })
    }

    /// Made of the files as they are now; when those cannot be used, of what they were.
    pub(crate) fn get(&self) -> T {
        self.look().made.it.clone()
    }
}

impl<T> Renewed<T> {
    fn look(&self) -> MutexGuard<'_, Current<T>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() >= LOOK_AGAIN {
            current.looked = Instant::now();
            let written = written(&self.files);
            if written != current.written {
                match (self.make)() {
                    Ok(made) => {
                        tracing::info!(files = ?self.files, "TLS: renewed files are in use");
                        (current.made, current.written) = (made, written);
                    }
                    // A certificate may be there before its key is. They are looked at again.
                    Err(error) => tracing::warn!(%error, "TLS: changed files cannot be used; the earlier ones go on"),
                }
            }
        }
        current
    }

    /// How long our certificate is good.
    pub(crate) fn own(&self) -> Option<Validity> {
        self.look().made.own
    }

    /// How long the authorities are good that we were told to believe.
    pub(crate) fn authorities(&self) -> Option<Validity> {
        self.look().made.authorities
    }
}

/// When each file was written. Links are followed: orchestrators renew by turning one.
fn written(files: &[PathBuf]) -> Vec<Option<SystemTime>> {
    let written = |path: &PathBuf| std::fs::metadata(path).and_then(|facts| facts.modified()).ok();
    files.iter().map(written).collect()
}

/// The certificates of a PEM file, of which there is at least one. A list of revoked ones beside them would go
/// unheeded.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for (kind, der) in sections::<(SectionKind, Vec<u8>)>(path)? {
        if kind == SectionKind::Certificate {
            found.push(CertificateDer::from(der));
        } else {
            others.push(kind);
        }
    }
    if others.contains(&SectionKind::Crl) {
        let path = path.display();
        return Err(format!(
            "{path} holds a list of revoked certificates: name one in client_crl or crl, apart from these"
        ));
    }
    if found.is_empty() {
        return Err(format!("{} holds no certificate", path.display()));
    }
    Ok(found)
}

/// The lists of revoked certificates of a PEM file (RFC 5280, 5), of which there is at least one.
pub(crate) fn revocations(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
    let found: Vec<CertificateRevocationListDer<'static>> = sections(path)?;
    if found.is_empty() {
        return Err(format!("{} holds no list of revoked certificates", path.display()));
    }
    let mut covered = HashSet::new();
    for list in &found {
        let list =
            BorrowedCertRevocationList::from_der(list).map_err(|error| format!("{}: {error}", path.display()))?;
        let list = CertRevocationList::from(list);
        if !covered.insert((list.issuer().to_vec(), list.issuing_distribution_point().map(<[u8]>::to_vec))) {
            return Err(format!("{}: two lists of one authority, and the first alone would count", path.display()));
        }
    }
    Ok(found)
}

/// What of one kind is in a PEM file.
fn sections<T: PemObject>(path: &Path) -> Result<Vec<T>, String> {
    let read = |error| format!("{}: {error}", path.display());
    T::pem_file_iter(path).map_err(read)?.collect::<Result<_, _>>().map_err(read)
}

/// The private key of a PEM file.
pub(crate) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| format!("{}: {error}", path.display()))
}
