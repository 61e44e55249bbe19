use std::sync::Arc;

use greenlane_jose::{Signer as _, SigningKey};

use super::cosign;
use crate::checkpoint::Checkpoint;
use crate::hash::hash_leaf;
use crate::note::{KeyName, NoteError, NoteKey, NoteSigner, SignatureType};

const TIME: u64 = 1_795_000_000;

fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

#[test]
fn a_cosigned_checkpoint_names_its_witness_and_time() {
    let log = NoteSigner::new(name("example.org/log"), Arc::new(SigningKey::generate_ed25519())).unwrap();
    let witness = SigningKey::generate_ed25519();
    let witness_name = name("witness.example.org");
    let key = NoteKey::new(witness_name.clone(), SignatureType::CosignatureV1, witness.public_key().clone()).unwrap();
    assert_eq!(key.to_string().parse::<NoteKey>(), Ok(key.clone()));

    let mut note = Checkpoint::new("example.org/log", 7, hash_leaf(b"root")).sign(&log).unwrap();
    assert!(note.add(cosign(&witness_name, &witness, note.text(), TIME).unwrap()));
    let text = note.to_text();
    let signed = Checkpoint::open(text.as_bytes(), log.key(), std::slice::from_ref(&key)).unwrap();
    assert_eq!(signed.cosignatures.len(), 1);
    assert_eq!((&signed.cosignatures[0].witness, signed.cosignatures[0].timestamp_seconds), (&witness_name, TIME));
    // A witness that is not known is ignored.
    assert!(Checkpoint::open(text.as_bytes(), log.key(), &[]).unwrap().cosignatures.is_empty());
}

#[test]
fn a_cosignature_is_bound_to_its_time_its_text_and_its_type() {
    let witness = SigningKey::generate_ed25519();
    let witness_name = name("witness.example.org");
    let key =
        |signature_type| NoteKey::new(witness_name.clone(), signature_type, witness.public_key().clone()).unwrap();
    let text = Checkpoint::new("example.org/log", 7, hash_leaf(b"root")).to_text();
    let good = cosign(&witness_name, &witness, &text, TIME).unwrap();
    let cosigner = key(SignatureType::CosignatureV1);
    assert_eq!(cosigner.verify(&text, &good.signature), Ok(Some(TIME)));
    assert!(cosigner.verify(&text.replace('7', "8"), &good.signature).is_err());
    let mut later = good.signature.clone();
    later[7] ^= 1;
    assert!(cosigner.verify(&text, &later).is_err());
    assert!(cosigner.verify(&text, &good.signature[1..]).is_err());
    assert!(cosigner.verify(&text, &good.signature[..8]).is_err());
    assert!(cosigner.verify(&text, &[]).is_err());
    // The same key as a plain signer of notes has another identifier and does not verify it.
    let plain = key(SignatureType::Ed25519);
    assert_ne!(plain.key_id(), cosigner.key_id());
    assert!(plain.verify(&text, &good.signature).is_err());
    assert!(cosign(&witness_name, &witness, &text, u64::MAX).is_err());
}

#[test]
fn a_witness_alone_makes_no_checkpoint() {
    let log = NoteSigner::new(name("example.org/log"), Arc::new(SigningKey::generate_ed25519())).unwrap();
    let witness = SigningKey::generate_ed25519();
    let witness_name = name("witness.example.org");
    let key = NoteKey::new(witness_name.clone(), SignatureType::CosignatureV1, witness.public_key().clone()).unwrap();
    let text = Checkpoint::new("example.org/log", 7, hash_leaf(b"root")).to_text();
    let line = cosign(&witness_name, &witness, &text, TIME).unwrap().to_line();
    let note = format!("{text}\n{line}");
    let opened = Checkpoint::open(note.as_bytes(), log.key(), &[key]);
    assert_eq!(opened, Err(crate::OpenError::Unsigned));
    let opened = Checkpoint::open(note.as_bytes(), log.key(), &[]);
    assert_eq!(opened, Err(crate::OpenError::Note(NoteError::NoKnownSignature)));
}

#[test]
fn the_cosignature_of_the_specification_has_the_layout_that_is_read() {
    // The example line of tlog-cosignature: four bytes of identifier, eight of time, sixty-four of signature.
    let line = "\u{2014} witness.example.com/w1 \
        jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
    let read = crate::note::NoteSignature::parse(line).unwrap();
    assert_eq!(read.signature.len(), 72);
    assert_eq!(u64::from_be_bytes(*read.signature.first_chunk().unwrap()), 1_679_315_147);
}
