//! Certificate-bound tokens (RFC 8705, section 3): who steals one has not stolen the client's private key with it.

use std::fmt;
use std::io;
use std::path::Path;

use aws_lc_rs::digest;
use greenlane_jose::b64;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

/// What a certificate is known by in a token's claim `cnf`: SHA-256 of its DER (`x5t#S256`). Shown in base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateThumbprint([u8; 32]);

impl CertificateThumbprint {
    /// Of a certificate's DER.
    pub fn of_der(der: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
        Self(hash)
    }

    /// Of the first certificate in a PEM file.
    ///
    /// # Errors
    /// When the file cannot be read, or holds none.
    pub fn of_pem_file(path: &Path) -> io::Result<Self> {
        let pem = std::fs::read(path)?;
        let first = CertificateDer::from_pem_slice(&pem)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        Ok(Self::of_der(&first))
    }

    /// Reads base64url; none when it is not 32 bytes in canonical form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        b64::decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for CertificateThumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(self.0))
    }
}
