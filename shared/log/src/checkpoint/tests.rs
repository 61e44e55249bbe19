use std::sync::Arc;

use greenlane_jose::SigningKey;
use proptest::prelude::*;

use super::{Checkpoint, CheckpointError, OpenError};
use crate::hash::hash_leaf;
use crate::note::{KeyName, Note, NoteSigner};

const SPECIFICATION: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn log(name: &str) -> NoteSigner {
    NoteSigner::new(KeyName::new(name).unwrap(), Arc::new(SigningKey::generate_ed25519())).unwrap()
}

#[test]
fn the_example_of_the_specification_is_read_and_written() {
    let checkpoint = Checkpoint::parse(SPECIFICATION).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.to_text(), SPECIFICATION);
    let extended = format!("{SPECIFICATION}one\ntwo\n");
    let checkpoint = Checkpoint::parse(&extended).unwrap();
    assert_eq!((checkpoint.extensions.len(), checkpoint.to_text()), (2, extended));
}

#[test]
fn texts_that_are_no_checkpoints_are_refused() {
    for text in [
        String::new(),
        "\n".to_owned(),
        SPECIFICATION.trim_end().to_owned(),
        SPECIFICATION.replace("example.com/behind-the-sofa", ""),
        SPECIFICATION.replace("20852163", "020852163"),
        SPECIFICATION.replace("20852163", "+20852163"),
        SPECIFICATION.replace("20852163", "-1"),
        SPECIFICATION.replace("20852163", "20852163 "),
        SPECIFICATION.replace("20852163", ""),
        SPECIFICATION.replace("20852163", "18446744073709551616"),
        SPECIFICATION.replace("q2I=", "q2I"),
        SPECIFICATION.replace("q2I=", "q2J="),
        SPECIFICATION.replace("CsUY", ""),
        format!("{SPECIFICATION}\n"),
        format!("{SPECIFICATION}\nx\n"),
        "a\n1\n".to_owned(),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(CheckpointError), "{text:?}");
    }
}

#[test]
fn a_signed_checkpoint_opens_with_the_logs_key_only() {
    let (ours, other) = (log("example.org/log"), log("example.org/log"));
    let checkpoint = Checkpoint::new("example.org/log", 0, crate::empty_root());
    let text = checkpoint.sign(&ours).unwrap().to_text();
    let opened = Checkpoint::open(text.as_bytes(), ours.key(), &[]).unwrap();
    assert_eq!(opened.checkpoint, checkpoint);
    assert!(matches!(Checkpoint::open(text.as_bytes(), other.key(), &[]), Err(OpenError::Note(_))));
    let changed = text.replacen("\n0\n", "\n1\n", 1);
    assert!(matches!(Checkpoint::open(changed.as_bytes(), ours.key(), &[]), Err(OpenError::Note(_))));
}

#[test]
fn the_origin_must_be_the_name_of_the_key() {
    let ours = log("example.org/log");
    let text = Checkpoint::new("example.org/log2", 1, hash_leaf(b"")).sign(&ours).unwrap().to_text();
    let opened = Checkpoint::open(text.as_bytes(), ours.key(), &[]);
    assert_eq!(opened, Err(OpenError::Origin("example.org/log2".to_owned())));
}

#[test]
fn a_signed_text_that_is_no_checkpoint_does_not_open() {
    let ours = log("example.org/log");
    let mut note = Note::new("not a checkpoint\n").unwrap();
    note.sign(&ours).unwrap();
    let opened = Checkpoint::open(note.to_text().as_bytes(), ours.key(), &[]);
    assert_eq!(opened, Err(OpenError::Checkpoint(CheckpointError)));
}

#[test]
fn a_checkpoint_that_would_not_read_back_is_not_signed() {
    let ours = log("example.org/log");
    let mut checkpoint = Checkpoint::new("example.org/log", 1, hash_leaf(b""));
    for line in ["", "a\nb", "a\tb"] {
        checkpoint.extensions = vec![line.to_owned()];
        assert!(checkpoint.sign(&ours).is_err(), "{line:?}");
    }
    for origin in ["", "a\nb"] {
        assert!(Checkpoint::new(origin, 1, hash_leaf(b"")).sign(&ours).is_err(), "{origin:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered_without_panic(text in "\\PC*|(\\PC{0,5}\\n){0,5}") {
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_text(), text);
        }
    }
}
