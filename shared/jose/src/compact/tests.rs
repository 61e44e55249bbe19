use proptest::prelude::*;
use serde_json::{Value, json};

use super::{CompactError, Limits, NewHeader, parse_strict, sign};
use crate::{Algorithm, BadSignature, Signer, SigningKey, b64};

fn text(header: &str, payload: &str) -> String {
    format!("{}.{}.{}", b64::encode(header), b64::encode(payload), b64::encode([7; 64]))
}

fn refusal(text: &str) -> CompactError {
    parse_strict(text.as_bytes(), &Limits::TOKEN).expect_err(text)
}

fn header(members: Value) -> String {
    let mut header = json!({"alg": "EdDSA", "kid": "k"});
    for (name, value) in members.as_object().unwrap() {
        header[name] = value.clone();
    }
    header.to_string()
}

#[test]
fn what_was_signed_is_read_and_verifies() {
    for key in [SigningKey::generate_ed25519(), SigningKey::generate_es256()] {
        let new = NewHeader { kid: None, typ: Some("vc+jwt"), cty: Some("vc") };
        let text = sign(&key, new, br#"{"a":1}"#).unwrap();
        let read = parse_strict(text.as_bytes(), &Limits::TOKEN).unwrap();
        assert_eq!((read.header.alg, read.header.kid.as_str()), (key.algorithm(), key.kid()));
        assert_eq!((read.header.typ.as_deref(), read.header.cty.as_deref()), (Some("vc+jwt"), Some("vc")));
        assert_eq!((read.claims["a"].as_u64(), read.payload.as_slice()), (Some(1), &br#"{"a":1}"#[..]));
        assert_eq!(read.verify(key.public_key()), Ok(()));
        assert_eq!(read.verify(SigningKey::generate_ed25519().public_key()), Err(BadSignature));
    }
}

#[test]
fn the_parts_are_three_and_canonical() {
    let good = text(&header(json!({})), "{}");
    assert!(parse_strict(good.as_bytes(), &Limits::TOKEN).is_ok());
    let parts: Vec<&str> = good.split('.').collect();
    assert_eq!(refusal(""), CompactError::Parts);
    assert_eq!(refusal(&parts[..2].join(".")), CompactError::Parts);
    assert_eq!(refusal(&format!("{good}.")), CompactError::Parts);
    assert_eq!(refusal(&format!("{good}\n")), CompactError::Base64("signature"));
    assert_eq!(refusal(&format!("{good}=")), CompactError::Base64("signature"));
    assert_eq!(refusal(&format!(" {good}")), CompactError::Base64("header"));
    // "{}" is e30; e31 decodes to the same bytes in a lenient decoder.
    assert_eq!(refusal(&format!("{}.e31.{}", parts[0], parts[2])), CompactError::Base64("payload"));
    assert_eq!(refusal(&format!("{}.e30=.{}", parts[0], parts[2])), CompactError::Base64("payload"));
}

#[test]
fn only_the_four_algorithms_are_read() {
    for alg in ["none", "None", "HS256", "ES384", "RS512", "PS384", "Ed25519", "eddsa", "EdDSA ", ""] {
        assert_eq!(refusal(&text(&header(json!({"alg": alg})), "{}")), CompactError::Algorithm, "{alg}");
    }
    assert_eq!(refusal(&text(r#"{"kid":"k"}"#, "{}")), CompactError::Algorithm);
    for alg in Algorithm::ALL {
        assert!(parse_strict(text(&header(json!({"alg": alg.as_str()})), "{}").as_bytes(), &Limits::TOKEN).is_ok());
    }
}

#[test]
fn header_members_that_change_the_meaning_or_bring_a_key_are_refused() {
    for name in super::FORBIDDEN_MEMBERS {
        for value in [json!(null), json!([]), json!(["exp"]), json!(true)] {
            assert_eq!(refusal(&text(&header(json!({name: value})), "{}")), CompactError::Forbidden(name));
        }
    }
}

#[test]
fn header_members_have_their_types() {
    for value in [json!(1), json!(null), json!(["k"]), json!({})] {
        for name in ["kid", "typ", "cty"] {
            assert_eq!(refusal(&text(&header(json!({name: value})), "{}")), CompactError::Member(name));
        }
        assert!(matches!(refusal(&text(&header(json!({"alg": value})), "{}")), CompactError::Member("alg")));
    }
    assert_eq!(refusal(&text(r#"{"alg":"EdDSA"}"#, "{}")), CompactError::Member("kid"));
    assert_eq!(refusal(&text(&header(json!({"kid": ""})), "{}")), CompactError::Member("kid"));
    assert_eq!(refusal(&text(&header(json!({"kid": "k".repeat(513)})), "{}")), CompactError::Member("kid"));
}

#[test]
fn duplicates_nesting_and_size_are_bounded() {
    let part = |error: CompactError| match error {
        CompactError::Json { part, .. } => part,
        other => panic!("{other:?}"),
    };
    let good = header(json!({}));
    assert_eq!(part(refusal(&text(r#"{"alg":"EdDSA","alg":"EdDSA","kid":"k"}"#, "{}"))), "header");
    assert_eq!(part(refusal(&text(&good, r#"{"exp":1,"exp":2}"#))), "payload");
    assert_eq!(part(refusal(&text(&good, r#"{"a":[{"b":1,"b":1}]}"#))), "payload");
    assert_eq!(part(refusal(&text(&good, &format!("{{\"a\":{}{}}}", "[".repeat(8), "]".repeat(8))))), "payload");
    for payload in ["[]", "1", "", "null", "{} {}", "{\"a\":01}", "{'a':1}"] {
        assert_eq!(part(refusal(&text(&good, payload))), "payload", "{payload}");
    }
    let long = text(&good, &json!({"a": "x".repeat(8192)}).to_string());
    assert_eq!(refusal(&long), CompactError::TooLong { max_bytes: 8192 });
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_strict(&bytes, &Limits::TOKEN);
    }

    #[test]
    fn no_mutated_text_verifies(position in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let key = SigningKey::generate_ed25519();
        let text = sign(&key, NewHeader::default(), br#"{"exp":1}"#).unwrap().into_bytes();
        let mut mutated = text.clone();
        let position = position.index(mutated.len());
        mutated[position] = byte;
        if let Ok(read) = parse_strict(&mutated, &Limits::TOKEN) {
            prop_assert!(mutated == text || read.verify(key.public_key()).is_err());
        }
    }
}
