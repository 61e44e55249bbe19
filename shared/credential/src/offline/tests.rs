use greenlane_jose::{Signer as _, SigningKey};
use proptest::prelude::*;

use super::*;
use crate::document::tests::certificate;
use crate::{sign_document, verify_document};

#[test]
fn an_offline_code_stands_for_the_very_document_and_verifies_with_nothing_but_the_key() {
    for key in [SigningKey::generate_ed25519(), SigningKey::generate_es256()] {
        let document = sign_document(&certificate(), &key).unwrap();
        let text = to_offline(&document).unwrap();
        assert!(text.len() < document.len() / 3, "{} of {}", text.len(), document.len());
        assert!(text.bytes().all(|byte| b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".contains(&byte)));
        let read = from_offline(&format!(" {text}\n")).unwrap();
        assert_eq!(read, document);
        let verified = verify_document(&read, |_| Some(key.public_key().clone())).unwrap();
        assert!(verified.is_authentic());
        assert_eq!(verified.certificate, certificate());
    }
}

#[test]
fn an_offline_code_keeps_back_what_its_document_does() {
    let mut sealed = certificate();
    let (kept_back, disclosures) = Sealed::new(&sealed.facts, crate::ConfidentialField::ALL);
    sealed.sealed = kept_back;
    let key = SigningKey::generate_ed25519();
    let document = sign_document(&sealed, &key).unwrap();
    let with_all = crate::with_disclosures(&document, disclosures.iter().map(crate::Disclosure::text));
    let text = to_offline(&with_all).unwrap();
    assert_eq!(text, to_offline(&document).unwrap());
    let read = from_offline(&text).unwrap();
    assert_eq!(read, document);
    assert!(verify_document(&read, |_| Some(key.public_key().clone())).unwrap().is_authentic());
}

#[test]
fn a_changed_code_is_no_document_not_authentic_or_the_very_same_document() {
    let key = SigningKey::generate_ed25519();
    let signed = sign_document(&certificate(), &key).unwrap();
    let text = to_offline(&signed).unwrap();
    for index in OFFLINE_PREFIX.len()..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[index] = if changed[index] == b'7' { b'8' } else { b'7' };
        let Ok(document) = from_offline(std::str::from_utf8(&changed).unwrap()) else { continue };
        // The last byte of what is compressed may have bits that nobody reads.
        if document == signed {
            continue;
        }
        let read = verify_document(&document, |_| Some(key.public_key().clone()));
        assert!(read.is_err() || !read.unwrap().is_authentic(), "character {index}");
    }
}

#[test]
fn what_says_too_much_has_no_code() {
    let mut large = certificate();
    // Words that do not compress: digits of a hash, again and again.
    let mut word = "seed".to_owned();
    large.facts.remarks = (0..80)
        .map(|_| {
            word = greenlane_jose::b64::encode(word.as_bytes()).chars().rev().take(60).collect();
            word.clone()
        })
        .collect();
    large.facts.products[0].models =
        (0..200u64).map(|n| format!("M{:x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    let document = sign_document(&large, &SigningKey::generate_ed25519()).unwrap();
    assert_eq!(to_offline(&document), Err(OfflineError::TooLarge));
    assert_eq!(to_offline("not a document"), Err(OfflineError::Unusual));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}", body in "[0-9A-Z $%*+./:-]{0,400}") {
        let _ = from_offline(&text);
        let _ = from_offline(&format!("GL1:{body}."));
    }
}
