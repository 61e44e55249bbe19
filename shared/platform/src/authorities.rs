//! The certificate authorities that a system trusts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::RootCertStore;

use crate::expiry::{self, Validity};
use crate::tls;

/// Names the file, as OpenSSL and many others have it.
const VARIABLE: &str = "SSL_CERT_FILE";

/// Where distributions keep it.
const FILES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// A file of authorities by which a library that is not ours believes a server.
#[derive(Debug)]
pub struct TrustedFile(PathBuf);

impl TrustedFile {
    /// Tells until when the authorities of `file` are good, by which the server at `host` is believed: as a metric, for as
    /// long as somebody holds this. The file is read whenever metrics are; one that cannot be read tells nothing.
    pub fn tell(file: PathBuf, host: &str) -> Arc<Self> {
        let told = Arc::new(Self(file));
        expiry::tell("trusted authority", Some(host), &Arc::downgrade(&told), Self::validity);
        told
    }

    fn validity(&self) -> Option<Validity> {
        roots(&self.0).ok()?.1
    }
}

/// The file of authorities that is named, or else the system's.
pub(crate) fn file(named: Option<&Path>) -> Result<PathBuf, String> {
    let variable = || std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let known = || FILES.iter().map(PathBuf::from).find(|path| path.is_file());
    named
        .map(Path::to_owned)
        .or_else(variable)
        .or_else(known)
        .ok_or_else(|| "this system has no file of certificate authorities that we know: name one".to_owned())
}

/// The authorities of a file, of which there is at least one, and until when they are good.
pub(crate) fn roots(path: &Path) -> Result<(RootCertStore, Option<Validity>), String> {
    let certificates = tls::certificates(path)?;
    let validity = expiry::of_authorities(&certificates);
    let mut roots = RootCertStore::empty();
    // A system's bundle may hold a certificate that rustls does not understand; the others count all the same.
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(format!("{}: no usable certificate", path.display()));
    }
    Ok((roots, validity))
}
