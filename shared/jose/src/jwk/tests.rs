use serde_json::{Value, json};

use super::{Jwk, JwkError, Jwks, JwksLimits};
use crate::{Algorithm, KeyError, SigningKey};

fn ed25519() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "a"})
}

fn with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

fn parse(jwk: &Value) -> Result<Jwk, JwkError> {
    Jwk::parse(jwk.to_string().as_bytes())
}

#[test]
fn a_jwk_is_read_and_written() {
    for key in [SigningKey::generate_ed25519(), SigningKey::generate_es256()] {
        let jwk = key.to_public_jwk();
        assert_eq!(Jwk::parse(jwk.to_json().as_bytes()), Ok(jwk.clone()));
        assert!(!jwk.to_json().contains("\"d\""));
    }
}

#[test]
fn private_members_are_never_accepted_where_a_public_key_is_wanted() {
    let key = SigningKey::generate_ed25519();
    assert_eq!(Jwk::parse(key.to_private_jwk().as_bytes()), Err(JwkError::Private("d")));
    for name in super::PRIVATE_MEMBERS {
        for value in [json!("AAAA"), json!(null)] {
            assert_eq!(parse(&with(ed25519(), name, value)), Err(JwkError::Private(name)));
        }
    }
    let set = format!("{{\"keys\":[{}]}}", key.to_private_jwk().as_str());
    assert_eq!(Jwks::parse(set.as_bytes(), &JwksLimits::default()), Err(JwkError::Private("d")));
}

#[test]
fn unknown_types_and_wrong_members_are_refused() {
    for (name, value, error) in [
        ("kty", json!("oct"), JwkError::Unsupported("kty")),
        ("kty", json!("EC"), JwkError::Unsupported("crv")),
        ("kty", json!(null), JwkError::Member("kty")),
        ("crv", json!("Ed448"), JwkError::Unsupported("crv")),
        ("crv", json!("X25519"), JwkError::Unsupported("crv")),
        ("x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="), JwkError::Member("x")),
        ("x", json!("AAAA"), JwkError::Key(KeyError::Length)),
        ("x", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), JwkError::Key(KeyError::SmallOrder)),
        ("use", json!("enc"), JwkError::Unsupported("use")),
        ("key_ops", json!(["sign"]), JwkError::Unsupported("key_ops")),
        ("key_ops", json!("verify"), JwkError::Member("key_ops")),
        ("alg", json!("HS256"), JwkError::Unsupported("alg")),
        ("alg", json!("ES256"), JwkError::Member("alg")),
        ("kid", json!(1), JwkError::Member("kid")),
        ("kid", json!(""), JwkError::Member("kid")),
    ] {
        assert_eq!(parse(&with(ed25519(), name, value.clone())), Err(error), "{name} {value}");
    }
    assert!(matches!(Jwk::parse(br#"{"kty":"OKP","kty":"OKP"}"#), Err(JwkError::Json(_))));
}

#[test]
fn a_key_permits_the_algorithms_of_its_type_or_the_one_it_names() {
    let key = parse(&ed25519()).unwrap();
    assert!(key.permits(Algorithm::EdDSA) && !key.permits(Algorithm::Es256));
    let modulus = crate::b64::encode([vec![0x80], vec![0; 254], vec![1]].concat());
    let rsa = json!({"kty": "RSA", "n": modulus, "e": "AQAB", "kid": "r"});
    let key = parse(&rsa).unwrap();
    assert!(key.permits(Algorithm::Rs256) && key.permits(Algorithm::Ps256) && !key.permits(Algorithm::EdDSA));
    let key = parse(&with(rsa, "alg", json!("PS256"))).unwrap();
    assert!(!key.permits(Algorithm::Rs256) && key.permits(Algorithm::Ps256));
}

#[test]
fn a_set_passes_over_keys_for_other_purposes_and_refuses_broken_ones() {
    let set = |keys: &[Value]| Jwks::parse(json!({ "keys": keys }).to_string().as_bytes(), &JwksLimits::default());
    let mut without_kid = ed25519();
    without_kid.as_object_mut().unwrap().remove("kid");
    let read = set(&[
        ed25519(),
        with(with(ed25519(), "kid", json!("b")), "use", json!("enc")),
        json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "c"}),
        without_kid,
    ])
    .unwrap();
    assert_eq!((read.keys().len(), read.passed_over().len()), (1, 3));
    assert!(read.find("a").is_some() && read.find("b").is_none());
    assert_eq!(Jwks::parse(read.to_json().as_bytes(), &JwksLimits::default()).unwrap().keys(), read.keys());

    assert_eq!(set(&[ed25519(), ed25519()]), Err(JwkError::DuplicateKid));
    let weak = with(ed25519(), "x", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    assert_eq!(set(&[weak]), Err(JwkError::Key(KeyError::SmallOrder)));
    assert_eq!(set(&[json!(1)]), Err(JwkError::Member("keys")));
    assert_eq!(Jwks::parse(b"{}", &JwksLimits::default()), Err(JwkError::Member("keys")));
}

#[test]
fn the_size_of_a_set_is_bounded() {
    let limits = JwksLimits { max_bytes: 300, max_keys: 2 };
    let keys = |count: usize| json!({"keys": vec![json!({"kty": "oct"}); count]}).to_string();
    assert!(Jwks::parse(keys(2).as_bytes(), &limits).is_ok());
    assert_eq!(Jwks::parse(keys(3).as_bytes(), &limits), Err(JwkError::TooLarge));
    let long = json!({"keys": [], "x": "a".repeat(300)}).to_string();
    assert_eq!(Jwks::parse(long.as_bytes(), &limits), Err(JwkError::TooLarge));
}
