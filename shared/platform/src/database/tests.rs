use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::Checked;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

#[test]
fn a_certificate_that_has_expired_is_believed_as_it_was_before_and_no_other_is() {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let name = ServerName::try_from("localhost").unwrap();
    let shown = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    // Some thousand years from now.
    let later = UnixTime::since_unix_epoch(Duration::from_secs(100_000_000_000));
    for (authorities, expected) in [("ca.pem", true), ("workloads/ca.pem", false)] {
        let checked = Checked { authorities: Some(file(authorities)), by_name: true };
        let believed = checked.verifier(&provider).unwrap();
        let verified = believed.verify_server_cert(&shown, &[], &name, &[], later);
        assert_eq!(verified.is_ok(), expected, "{authorities}: {verified:?}");
        let driver = believed.verifier.verify_server_cert(&shown, &[], &name, &[], later);
        assert!(driver.is_err(), "the driver believes it no more");
    }
}
