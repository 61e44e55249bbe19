use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use greenlane_jose::SigningKey;
use greenlane_log::note::{KeyName, NoteSigner};

use super::*;

fn signer(name: &str) -> NoteSigner {
    NoteSigner::new(KeyName::new(name).unwrap(), Arc::new(SigningKey::generate_ed25519())).unwrap()
}

fn header(signer: &NoteSigner) -> Header {
    let checkpoint = Checkpoint::new(signer.key().name().as_str(), 3, greenlane_log::hash_leaf(b"x"));
    let now: DateTime<Utc> = "2026-06-01T12:00:00Z".parse().unwrap();
    Header {
        form: FORM,
        origin: signer.key().name().to_string(),
        log_key: signer.key().to_string(),
        registry: "https://registry.example.org".to_owned(),
        revision: 3,
        checkpoint: checkpoint.sign(signer).unwrap().to_text(),
        checkpoint_at: now,
        made_at: now,
        good_until: now,
        bodies: Vec::new(),
        destinations: Vec::new(),
        equivalence_revision: 0,
        classification_revision: 0,
    }
}

/// The bytes of a bundle of these lines, signed at their end unless `unsigned`.
fn bundle(signer: &NoteSigner, header: Header, unsigned: bool, tamper: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let origin = header.origin.clone();
    let mut lines = serde_json::to_vec(&Line::Header(Box::new(header))).unwrap();
    lines.push(b'\n');
    let mut note = Note::new(signed_text(&origin, &Sha256::digest(&lines))).unwrap();
    note.sign(signer).unwrap();
    tamper(&mut lines);
    if !unsigned {
        lines.extend(serde_json::to_vec(&Line::Signature(note.to_text())).unwrap());
        lines.push(b'\n');
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&lines).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_bundle_is_believed_only_whole_and_signed_by_the_log_that_is_trusted() {
    let log = signer("registry.example.org/log");
    let good = bundle(&log, header(&log), false, |_| {});
    assert_eq!(Trusted::read(&good, None).unwrap().header.revision, 3);
    assert!(Trusted::read(&good, Some(log.key())).is_ok());
    let other = signer("registry.example.org/log");
    assert!(matches!(Trusted::read(&good, Some(other.key())), Err(BundleError::Foreign(_))));
    let forged = bundle(&other, header(&log), false, |_| {});
    assert!(matches!(Trusted::read(&forged, None), Err(BundleError::Signature(_))));
    let later = bundle(&log, header(&log), false, |lines| {
        let at = lines.windows(4).rposition(|window| window == b"2026").unwrap();
        lines[at + 3] = b'7';
    });
    assert!(matches!(Trusted::read(&later, None), Err(BundleError::Signature(_))));
    let unsigned = bundle(&log, header(&log), true, |_| {});
    assert!(matches!(Trusted::read(&unsigned, None), Err(BundleError::Malformed(_))));
    for cut in [0, 1, good.len() / 2, good.len() - 1] {
        assert!(Trusted::read(&good[..cut], None).is_err(), "{cut}");
    }
    let old = bundle(&log, Header { form: 2, ..header(&log) }, false, |_| {});
    assert_eq!(Trusted::read(&old, None).unwrap_err(), BundleError::Form(2));
    let ahead = bundle(&log, Header { revision: 4, ..header(&log) }, false, |_| {});
    assert!(matches!(Trusted::read(&ahead, None), Err(BundleError::Malformed(_))));
}

#[test]
fn what_is_signed_of_a_bundle_is_no_checkpoint() {
    assert!(Checkpoint::parse(&signed_text("registry.example.org/log", &[0; 32])).is_err());
}

#[test]
fn nothing_may_stand_behind_a_bundle() {
    let log = signer("registry.example.org/log");
    let good = bundle(&log, header(&log), false, |_| {});
    for behind in [&b"junk"[..], b"\0", &good] {
        let longer = [&good, behind].concat();
        let refused = Trusted::read(&longer, None).unwrap_err();
        assert_eq!(refused.to_string(), "this is not a whole trust bundle: there is more behind its signature");
    }
}

#[test]
fn a_bundle_of_before_the_registrys_address_was_told_is_read() {
    let log = signer("registry.example.org/log");
    let old = bundle(&log, Header { registry: String::new(), ..header(&log) }, false, |_| {});
    assert_eq!(Trusted::read(&old, None).unwrap().header.registry, "");
}
