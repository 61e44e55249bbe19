use std::sync::Arc;

use greenlane_jose::SigningKey;
use proptest::prelude::*;

use super::{KeyName, Note, NoteError, NoteKey, NoteKeyError, NoteSigner};

// The example of Go's golang.org/x/mod/sumdb/note package.
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NEUMANN: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NEUMANN_LINE: &str = "\u{2014} PeterNeumann \
     x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn signer(name: &str) -> NoteSigner {
    NoteSigner::new(KeyName::new(name).unwrap(), Arc::new(SigningKey::generate_ed25519())).unwrap()
}

#[test]
fn the_note_of_another_implementation_verifies() {
    let key: NoteKey = NEUMANN.parse().unwrap();
    assert_eq!(key.to_string(), NEUMANN);
    let note = Note::parse(format!("{TEXT}\n{NEUMANN_LINE}").as_bytes()).unwrap();
    assert_eq!(note.text(), TEXT);
    let verified = note.verify(std::slice::from_ref(&key)).unwrap();
    assert_eq!((verified.len(), verified[0].name.as_str()), (1, "PeterNeumann"));
    assert_eq!(note.to_text(), format!("{TEXT}\n{NEUMANN_LINE}"));
    let changed = Note::parse(format!("{}\n{NEUMANN_LINE}", TEXT.replace("know", "knew")).as_bytes()).unwrap();
    assert_eq!(changed.verify(&[key]), Err(NoteError::BadSignature("PeterNeumann".to_owned())));
}

#[test]
fn unknown_signatures_are_ignored_and_known_bad_ones_refuse_the_note() {
    let (ours, other) = (signer("example.org/log"), signer("example.org/other"));
    let mut note = Note::new("text\n").unwrap();
    note.sign(&ours).unwrap();
    note.sign(&other).unwrap();
    let read = Note::parse(note.to_text().as_bytes()).unwrap();
    assert_eq!(read.verify(&[ours.key().clone()]).unwrap().len(), 1);
    assert_eq!(read.verify(&[ours.key().clone(), other.key().clone()]).unwrap().len(), 2);
    assert_eq!(read.verify(&[signer("example.org/log").key().clone()]), Err(NoteError::NoKnownSignature));
    assert_eq!(read.verify(&[]), Err(NoteError::NoKnownSignature));

    let mut forged = Note::new("text\n").unwrap();
    forged.sign(&ours).unwrap();
    let mut bad = other.sign("text\n").unwrap();
    bad.signature[3] ^= 1;
    assert!(forged.add(bad));
    let refused = Err(NoteError::BadSignature("example.org/other".to_owned()));
    assert_eq!(forged.verify(&[ours.key().clone(), other.key().clone()]), refused);
    assert_eq!(forged.verify(&[ours.key().clone()]).unwrap().len(), 1);
}

#[test]
fn a_key_that_signed_twice_counts_once() {
    let ours = signer("example.org/log");
    let mut note = Note::new("text\n").unwrap();
    note.sign(&ours).unwrap();
    note.sign(&ours).unwrap();
    assert_eq!(note.verify(&[ours.key().clone()]).unwrap().len(), 1);
    assert!(!note.add(ours.sign("text\n").unwrap()));
}

#[test]
fn texts_that_are_no_notes_are_refused() {
    let line = NEUMANN_LINE;
    for text in [
        String::new(),
        "\n".to_owned(),
        TEXT.to_owned(),
        format!("{TEXT}{line}"),
        format!("{TEXT}\n"),
        format!("{TEXT}\n{}", line.trim_end()),
        format!("{TEXT}\n{line}\n"),
        format!("{TEXT}\n{line}x"),
        format!("{TEXT}\n{}", line.replace('\u{2014}', "-")),
        format!("{TEXT}\n{}", line.replace("\u{2014} ", "\u{2014}  ")),
        format!("{TEXT}\n{}", line.replace("AM=", "AM")),
        format!("{TEXT}\n{}", line.replace("AM=", "AN=")),
        format!("{TEXT}\n{}", line.replace("PeterNeumann", "Peter+Neumann")),
        format!("{TEXT}\n{}", line.replace("PeterNeumann", "")),
        format!("{TEXT}\n\u{2014} PeterNeumann x08goA==\n").replace("x08goA==", "x08g"),
        format!("{TEXT}\n\u{2014} PeterNeumann x08gow==\n"),
        format!("tab\there\n\n{line}"),
        format!("return\r\n\n{line}"),
        format!("nul\0\n\n{line}"),
    ] {
        assert_eq!(Note::parse(text.as_bytes()), Err(NoteError::Malformed), "{text:?}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::Malformed));
    assert_eq!(Note::new("no newline"), Err(NoteError::Malformed));
    let many = format!("{TEXT}\n{}", line.repeat(101));
    assert_eq!(Note::parse(many.as_bytes()), Err(NoteError::TooLarge));
    assert!(Note::parse(format!("{TEXT}\n{}", line.repeat(100)).as_bytes()).is_ok());
    let long = format!("{}\n\n{line}", "a".repeat(super::MAX_NOTE_BYTES));
    assert_eq!(Note::parse(long.as_bytes()), Err(NoteError::TooLarge));
}

#[test]
fn the_last_empty_line_separates() {
    let text = "one\n\ntwo\n\n\nthree\n";
    let ours = signer("example.org/log");
    let mut note = Note::new(text).unwrap();
    note.sign(&ours).unwrap();
    assert_eq!(Note::parse(note.to_text().as_bytes()).unwrap().text(), text);
}

#[test]
fn keys_that_do_not_fit_their_identifier_are_refused() {
    assert_eq!(NEUMANN.replace("c74f", "c74e").parse::<NoteKey>(), Err(NoteKeyError::Malformed));
    assert_eq!(NEUMANN.replace("c74f20a3", "C74F20A3").parse::<NoteKey>(), Err(NoteKeyError::Malformed));
    assert_eq!(NEUMANN.replace("Peter", "P ter").parse::<NoteKey>(), Err(NoteKeyError::Name));
    assert_eq!("a+b".parse::<NoteKey>(), Err(NoteKeyError::Malformed));
    assert_eq!("a+00000000+".parse::<NoteKey>(), Err(NoteKeyError::Malformed));
    assert_eq!("a+00000000+BQ==".parse::<NoteKey>(), Err(NoteKeyError::Type));
    // Type 1 and the identity point.
    let weak = "a+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(weak.parse::<NoteKey>(), Err(NoteKeyError::Key));
    let p256 = NoteSigner::new(KeyName::new("a").unwrap(), Arc::new(SigningKey::generate_es256()));
    assert_eq!(p256.map(|_| ()), Err(NoteKeyError::Key));
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb", &"a".repeat(256)] {
        assert_eq!(KeyName::new(name), Err(NoteKeyError::Name), "{name:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Note::parse(&bytes);
    }

    #[test]
    fn any_key_text_is_answered_without_panic(text in "\\PC*|[a-z]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]{0,60}") {
        let _ = text.parse::<NoteKey>();
    }
}
