//! What is read from strangers: tokens, documents, codes, numbers, and the log's notes, tiles and proofs.

use std::sync::Arc;

use greenlane_credential::{
    Certificate, CertificateNumber, ConfidentialField, Disclosure, Issuer, Prefix, Presented, Sealed, StatusList,
    StatusListCredential, StatusPurpose, from_offline, sign_document, split_disclosures, to_offline, with_disclosures,
};
use greenlane_fuzz::{fuzz, fuzz_text};
use greenlane_jose::compact::{self, NewHeader};
use greenlane_jose::{Jwk, Jwks, JwksLimits, Limits, Signer as _, SigningKey, b64, canonical, json as strict};
use greenlane_log::note::{KeyName, Note, NoteKey, NoteSignature, NoteSigner};
use greenlane_log::{Appender, Checkpoint, Frontier, Hash, ProofText, TileId, bundle, hash_leaf};
use serde_json::json;

fn keys() -> [SigningKey; 2] {
    [SigningKey::generate_ed25519(), SigningKey::generate_es256()]
}

fn certificate() -> Certificate {
    let facts = json!({
        "holder": {"name": "示例太阳能有限公司", "economy": "XA"},
        "products": [{
            "name": "Sunrise 400",
            "identification": {"gtin": "9506000134352", "model": "SR-400"},
            "codes": [{"edition": "HS2022", "code": "854143"}],
            "serialRanges": [{"first": "001", "last": "900"}],
            "quantity": {"amount": "1200", "unit": "C62"},
        }],
        "scheme": {"scheme": "schemes/example-pv", "level": "A"},
        "normativeDocuments": [{"edition": "EX 61215:2026"}],
        "grantedOn": "2026-01-10", "validFrom": "2026-01-10", "validUntil": "2029-01-09",
        "authorisedBy": "Head of certification", "scope": "Photovoltaic modules of the type named.",
    });
    Certificate {
        registry: "https://registry.example.org".to_owned(),
        number: CertificateNumber::generate(Prefix::new("GL").expect("a prefix")).as_str().to_owned(),
        version: 1,
        issuer: Issuer {
            did: "did:web:registry.example.org:bodies:xa-lab".to_owned(),
            name: "Certification body".to_owned(),
            body: "bodies/xa-lab".to_owned(),
            accreditation: None,
        },
        status: None,
        facts: serde_json::from_value(facts).expect("facts"),
        sealed: greenlane_credential::Sealed::default(),
    }
}

fn documents() -> Vec<String> {
    keys().iter().map(|key| sign_document(&certificate(), key).expect("it is signed")).collect()
}

fn signer() -> NoteSigner {
    NoteSigner::new(KeyName::new("example.org/log").expect("a name"), Arc::new(SigningKey::generate_ed25519()))
        .expect("a key of a log")
}

/// A checkpoint, its key, and a proof in its tree.
fn signed() -> (String, NoteKey, ProofText) {
    let signer = signer();
    let leaves: Vec<Hash> = (0..300u32).map(|index| hash_leaf(&index.to_be_bytes())).collect();
    let batch = Appender::new().append(&leaves);
    let checkpoint =
        Checkpoint::new("example.org/log", 300, batch.root()).sign(&signer).expect("it is signed").to_text();
    let hashes = batch.inclusion_proof(42).expect("it is there");
    let proof = ProofText { extra: Some(vec![1, 2, 3]), index: 42, hashes, checkpoint: checkpoint.clone() };
    (checkpoint, signer.key().clone(), proof)
}

#[test]
fn no_token_makes_the_strict_reader_of_jws_panic() {
    let seeds: Vec<String> = keys()
        .iter()
        .map(|key| {
            let header = NewHeader { kid: Some("k"), typ: Some("at+jwt"), cty: None };
            compact::sign(key, header, br#"{"exp":1790000000,"aud":["a"],"sub":"x"}"#).expect("it is signed")
        })
        .collect();
    let keys = keys();
    fuzz("jws", seeds.into_iter().chain(documents()), |bytes| {
        if let Ok(read) = compact::parse_strict(bytes, &Limits::DOCUMENT) {
            for key in &keys {
                // Signed by another key than these.
                assert!(read.verify(key.public_key()).is_err());
            }
        }
    });
}

#[test]
fn no_document_makes_its_reader_panic() {
    fuzz_text("document", documents(), |text| {
        if let Ok(read) = Presented::read(text) {
            let _ = to_offline(text);
            drop(read.into_certificate());
        }
    });
    // Past the base64, where most changes end.
    let payloads = documents().into_iter().map(|text| {
        let payload = text.split('.').nth(1).map(|payload| b64::decode(payload).expect("it is base64"));
        payload.expect("it has a payload")
    });
    let header = b64::encode(br#"{"alg":"EdDSA","cty":"vc","kid":"did:web:x:bodies:y#k","typ":"vc+jwt"}"#);
    let signature = b64::encode([0; 64]);
    fuzz("document_payload", payloads, |payload| {
        let text = format!("{header}.{}.{signature}", b64::encode(payload));
        if let Ok(read) = Presented::read(&text) {
            drop(read.into_certificate());
        }
    });
}

#[test]
fn no_disclosure_makes_the_reader_of_sd_jwt_panic_and_none_makes_up_a_field() {
    let stated = certificate();
    let kept_back = [ConfidentialField::HolderAddress, ConfidentialField::Remarks];
    let mut facts = stated.facts;
    (facts.holder.address, facts.remarks) = ("1 Example Road".to_owned(), "Indoors only.".to_owned());
    let (sealed, disclosures) = Sealed::new(&facts, kept_back);
    let certificate = Certificate { facts, sealed, ..stated };
    let key = SigningKey::generate_ed25519();
    let document = sign_document(&certificate, &key).expect("it is signed");
    let texts: Vec<&str> = disclosures.iter().map(Disclosure::text).collect();
    let whole = with_disclosures(&document, texts.iter().copied());
    assert_eq!(Presented::read(&whole).expect("it reads").certificate(), &certificate);
    fuzz_text("sd_jwt", [whole, with_disclosures(&document, []), document.clone()], |text| {
        let _ = split_disclosures(text).map(|(_, disclosures)| disclosures.len());
        if let Ok(read) = Presented::read(text)
            && read.verify(key.public_key()).is_ok()
        {
            // What was signed is all that can be shown, whatever stands behind the document.
            let shown = read.into_certificate().facts;
            assert!([&certificate.facts.holder.address, ""].contains(&shown.holder.address.as_str()), "{shown:?}");
            assert!([&certificate.facts.remarks, ""].contains(&shown.remarks.as_str()), "{shown:?}");
        }
    });
    // What stands behind the document, alone and past the base64.
    fuzz_text("sd_jwt_behind", [texts.join("~")], |text| drop(Presented::read(&format!("{document}~{text}~"))));
    let arrays = texts.iter().map(|text| b64::decode(text).expect("it is base64"));
    fuzz("disclosure", arrays, |bytes| {
        let text = b64::encode(bytes);
        if let Ok(read) = Disclosure::parse(&text) {
            assert_eq!(read.text(), text);
        }
        drop(Presented::read(&with_disclosures(&document, [text.as_str()])));
    });
    // Past the signature: a payload with hashes and arrays that keep elements back.
    let payload = document.split('.').nth(1).map(|payload| b64::decode(payload).expect("it is base64"));
    let header = b64::encode(br#"{"alg":"EdDSA","cty":"vc","kid":"did:web:x:bodies:y#k","typ":"vc+sd-jwt"}"#);
    let behind = texts.join("~");
    fuzz("sd_jwt_payload", payload, |payload| {
        let text = format!("{header}.{}.{}~{behind}~", b64::encode(payload), b64::encode([0; 64]));
        drop(Presented::read(&text).map(Presented::into_certificate));
    });
}

#[test]
fn no_signed_status_list_makes_its_reader_panic() {
    let key = SigningKey::generate_ed25519();
    let mut list = StatusList::new(greenlane_credential::MIN_ENTRIES).expect("a list");
    list.set(94_567, true).expect("an index of it");
    let credential = StatusListCredential {
        id: "https://registry.example.org/status/cb01/1/revocation".to_owned(),
        issuer: "did:web:registry.example.org".to_owned(),
        purpose: StatusPurpose::Revocation,
        list,
        valid_from: "2026-06-01T12:00:00Z".parse().expect("a time"),
        valid_until: "2026-06-02T12:00:00Z".parse().expect("a time"),
        ttl_ms: 60_000,
    };
    let kid = "did:web:registry.example.org#log";
    let signed = credential.sign(&key, kid).expect("it is signed");
    fuzz_text("status_list_credential", [&signed], |text| {
        if let Ok(read) = StatusListCredential::open(text, key.public_key()) {
            assert_eq!(read, credential, "nothing else was signed");
        }
    });
    // Past the signature: whoever publishes lists may be wrong as well.
    let payload = signed.split('.').nth(1).map(|payload| b64::decode(payload).expect("it is base64"));
    let header = compact::parse_strict(signed.as_bytes(), &Limits::DOCUMENT).expect("it reads").header;
    let header = NewHeader { kid: Some(kid), typ: header.typ.as_deref(), cty: header.cty.as_deref() };
    fuzz("status_list_payload", payload, |payload| {
        let text = compact::sign(&key, header, payload).expect("it is signed");
        drop(StatusListCredential::open(&text, key.public_key()));
    });
}

#[test]
fn no_qr_code_makes_the_reader_of_offline_codes_panic() {
    let seeds: Vec<String> = documents().iter().map(|document| to_offline(document).expect("it fits")).collect();
    fuzz_text("offline_qr", seeds, |text| {
        let _ = from_offline(text).map(|document| Presented::read(&document).map(Presented::into_certificate).is_ok());
    });
}

#[test]
fn no_number_makes_the_reader_of_numbers_panic() {
    let seeds: Vec<String> = (0..8)
        .map(|_| CertificateNumber::generate(Prefix::new("GL").expect("a prefix")))
        .flat_map(|number| [number.as_str().to_owned(), number.grouped().to_lowercase()])
        .collect();
    fuzz_text("certificate_number", seeds, |text| {
        let _ = CertificateNumber::near(text);
        if let Ok(number) = CertificateNumber::parse(text) {
            assert_eq!(CertificateNumber::parse(number.as_str()).as_ref(), Ok(&number), "it reads back");
            assert_eq!(CertificateNumber::parse(&number.grouped()), Ok(number));
        }
    });
}

#[test]
fn no_checkpoint_note_or_key_makes_the_readers_of_the_log_panic() {
    let (checkpoint, key, _) = signed();
    let text = checkpoint.split("\n\n").next().expect("a text").to_owned() + "\n";
    fuzz("checkpoint", [&checkpoint, &text], |bytes| {
        if let Ok(opened) = Checkpoint::open(bytes, &key, &[]) {
            assert_eq!(opened.checkpoint.to_text(), text, "no other text has this signature");
        }
        let text = String::from_utf8_lossy(bytes);
        if let Ok(read) = Checkpoint::parse(&text) {
            assert_eq!(Checkpoint::parse(&read.to_text()), Ok(read));
        }
    });
    fuzz("note", [&checkpoint], |bytes| {
        if let Ok(note) = Note::parse(bytes) {
            assert!(Note::parse(note.to_text().as_bytes()).is_ok(), "it reads back");
            let _ = note.verify(std::slice::from_ref(&key));
        }
    });
    let line = checkpoint.lines().last().expect("a signature").to_owned();
    fuzz_text("note_signature", [line], |text| drop(NoteSignature::parse(text)));
    fuzz_text("note_key", [key.to_string()], |text| drop(text.parse::<NoteKey>()));
}

#[test]
fn no_tile_path_proof_or_frontier_makes_the_readers_of_the_log_panic() {
    let (_, key, proof) = signed();
    let paths = ["tile/0/000", "tile/8/x001/x234/067.p/12", "tile/entries/x001/000", "tile/entries/000.p/255"];
    fuzz_text("tile_path", paths, |text| {
        if let Ok(tile) = text.parse::<TileId>() {
            assert_eq!(tile.path(), text, "a tile has one path");
        }
        let _ = bundle::parse_path(text);
    });
    fuzz("entry_bundle", [&b"\x00\x03abc\x00\x00\x00\x01x"[..]], |bytes| drop(bundle::decode(bytes)));
    fuzz("tlog_proof", [proof.to_text()], |bytes| {
        if let Ok(read) = ProofText::parse(bytes) {
            let _ = read.verify(&hash_leaf(b"another"), &key, &[]).map(|_| panic!("another entry is not proven"));
        }
    });
    let mut frontier = Frontier::new();
    (0..77u32).for_each(|index| frontier.append(hash_leaf(&index.to_be_bytes())));
    fuzz("frontier", [frontier.to_bytes()], |bytes| {
        if let Ok(read) = Frontier::from_bytes(bytes) {
            assert_eq!(read.to_bytes(), bytes, "it reads back");
        }
    });
}

#[test]
fn no_status_list_json_or_key_set_makes_its_reader_panic() {
    let mut list = StatusList::new(greenlane_credential::MIN_ENTRIES).expect("a list");
    list.set(94_567, true).expect("an index of it");
    fuzz_text("status_list", [list.encode()], |text| drop(StatusList::decode(text)));
    let objects = [r#"{"a":[1,2.5e-3,"é\u00e9",{"b":null}],"c":true}"#, r#"{"a":1,"a":2}"#];
    fuzz("json", objects, |bytes| {
        if let Ok(value) = strict::parse(bytes, 16)
            && let Ok(text) = canonical::to_vec(&value)
        {
            assert_eq!(strict::parse(&text, 16), Ok(value), "its canonical form says the same");
        }
    });
    let jwks = format!("{{\"keys\":[{}]}}", keys().map(|key| key.to_public_jwk().to_json()).join(","));
    fuzz("jwks", [jwks], |bytes| drop(Jwks::parse(bytes, &JwksLimits::default())));
    fuzz("jwk", keys().map(|key| key.to_public_jwk().to_json()), |bytes| drop(Jwk::parse(bytes)));
}
