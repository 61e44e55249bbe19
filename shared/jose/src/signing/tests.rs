use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{KeyFileError, Signer, SigningKey};
use crate::jwk::JwkError;
use crate::{Algorithm, verify};

fn keys() -> [SigningKey; 2] {
    [SigningKey::generate_ed25519(), SigningKey::generate_es256()]
}

#[test]
fn a_saved_key_loads_and_signs_as_before() {
    let directory = tempfile::tempdir().unwrap();
    for key in keys() {
        let path = directory.path().join(key.kid());
        let key = key.with_kid("log 2026");
        key.save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let loaded = SigningKey::load(&path).unwrap();
        assert_eq!((loaded.kid(), loaded.public_key()), ("log 2026", key.public_key()));
        let signature = loaded.sign(b"message").unwrap();
        assert_eq!(verify(key.algorithm(), key.public_key(), b"message", &signature), Ok(()));
    }
}

#[test]
fn an_existing_key_file_is_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key.jwk");
    let [first, second] = keys();
    first.save(&path).unwrap();
    assert!(matches!(second.save(&path), Err(KeyFileError::Io { .. })));
    assert_eq!(SigningKey::load(&path).unwrap().public_key(), first.public_key());
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key.jwk");
    keys()[0].save(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o666] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(SigningKey::load(&path), Err(KeyFileError::Mode { .. })), "{mode:o}");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(SigningKey::load(&path).is_ok());
}

#[test]
fn the_secret_is_not_in_the_debug_text() {
    for key in keys() {
        let jwk = key.to_private_jwk();
        let members: serde_json::Value = serde_json::from_str(&jwk).unwrap();
        let shown = format!("{key:?} {key:#?}");
        assert!(shown.contains(key.kid()) && !shown.contains(members["d"].as_str().unwrap()), "{shown}");
    }
}

#[test]
fn private_jwks_that_do_not_fit_together_are_refused() {
    let [ed25519, p256] = keys();
    for key in [&ed25519, &p256] {
        let good: serde_json::Value = serde_json::from_str(&key.to_private_jwk()).unwrap();
        assert!(SigningKey::from_private_jwk(good.to_string().as_bytes()).is_ok());
        for (member, value) in [
            ("d", json!("AAAA")),
            ("d", json!(null)),
            ("d", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
            ("x", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
            ("kty", json!("oct")),
            ("kid", json!("")),
            ("kid", json!(7)),
        ] {
            let mut wrong = good.clone();
            wrong[member] = value;
            assert!(SigningKey::from_private_jwk(wrong.to_string().as_bytes()).is_err(), "{member}");
        }
    }
    let public = ed25519.to_public_jwk().to_json();
    assert_eq!(SigningKey::from_private_jwk(public.as_bytes()).unwrap_err(), JwkError::Member("d"));
}

#[test]
fn the_example_key_of_rfc_8037_signs_the_example_signature() {
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let key = SigningKey::from_private_jwk(jwk.to_string().as_bytes()).unwrap();
    let signature = key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc").unwrap();
    assert_eq!(
        crate::b64::encode(signature),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
    assert_eq!(key.algorithm(), Algorithm::EdDSA);
}
