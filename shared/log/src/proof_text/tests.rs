use std::sync::Arc;

use greenlane_jose::SigningKey;
use proptest::prelude::*;

use super::{ProofText, ProofTextError};
use crate::append::Appender;
use crate::checkpoint::Checkpoint;
use crate::hash::hash_leaf;
use crate::note::{KeyName, NoteSigner};
use crate::verify::ProofError;

fn made(extra: Option<Vec<u8>>) -> (ProofText, NoteSigner) {
    let log = NoteSigner::new(KeyName::new("example.org/log").unwrap(), Arc::new(SigningKey::generate_ed25519()));
    let log = log.unwrap();
    let leaves: Vec<_> = (0..300u32).map(|index| hash_leaf(&index.to_be_bytes())).collect();
    let batch = Appender::new().append(&leaves);
    let checkpoint = Checkpoint::new("example.org/log", 300, batch.root()).sign(&log).unwrap().to_text();
    (ProofText { extra, index: 42, hashes: batch.inclusion_proof(42).unwrap(), checkpoint }, log)
}

#[test]
fn a_proof_verifies_offline_and_for_its_leaf_only() {
    for extra in [None, Some(vec![]), Some(vec![1, 2, 3])] {
        let (proof, log) = made(extra);
        let read = ProofText::parse(proof.to_text().as_bytes()).unwrap();
        assert_eq!(read, proof);
        let signed = read.verify(&hash_leaf(&42u32.to_be_bytes()), log.key(), &[]).unwrap();
        assert_eq!(signed.checkpoint.size, 300);
        let other = read.verify(&hash_leaf(&43u32.to_be_bytes()), log.key(), &[]);
        assert_eq!(other, Err(ProofTextError::Inclusion(ProofError::Mismatch)));
        let stranger = read.verify(&hash_leaf(&42u32.to_be_bytes()), made(None).1.key(), &[]);
        assert!(matches!(stranger, Err(ProofTextError::Checkpoint(_))));
    }
}

#[test]
fn the_text_has_the_lines_of_the_specification() {
    let (proof, _) = made(Some(vec![1, 2, 3]));
    let text = proof.to_text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(&lines[..3], ["c2sp.org/tlog-proof@v1", "extra AQID", "index 42"]);
    assert_eq!((lines[3 + proof.hashes.len()], lines[4 + proof.hashes.len()]), ("", "example.org/log"));
    assert!(text.ends_with(&proof.checkpoint));
}

#[test]
fn texts_that_are_no_proofs_are_refused() {
    let (proof, _) = made(Some(vec![1, 2, 3]));
    let good = proof.to_text();
    for text in [
        String::new(),
        good.replace("@v1", "@v2"),
        good.replace("extra AQID\n", "extra AQI\n"),
        good.replace("extra AQID\n", "extra AQID\nextra AQID\n"),
        good.replace("index 42", "index 042"),
        good.replace("index 42", "index"),
        good.replace("index 42\n", ""),
        good.replacen("\n\n", "\n", 1).replacen("\n\n", "\n", 1),
        good.replace("index 42\n", "index 42\nAAAA\n"),
        good.replace("index 42\n", &format!("index 42\n{}", format!("{}\n", hash_leaf(b"")).repeat(64))),
        good.replace('\n', "\r\n"),
    ] {
        assert_eq!(ProofText::parse(text.as_bytes()), Err(ProofTextError::Malformed), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ProofText::parse(&bytes);
    }
}
