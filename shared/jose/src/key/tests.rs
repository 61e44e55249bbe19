use super::{KeyError, KeyType, PublicKey};
use crate::b64;

#[test]
fn the_thumbprints_of_the_rfcs_are_ours() {
    // RFC 8037 appendix A.3.
    let key = PublicKey::ed25519(&b64::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap()).unwrap();
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(key.key_type(), KeyType::Ed25519);
    // RFC 7638 section 3.1.
    let modulus = b64::decode(concat!(
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj",
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ",
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK",
        "nqDKgw"
    ))
    .unwrap();
    let key = PublicKey::rsa(&modulus, &[1, 0, 1]).unwrap();
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn weak_and_ambiguous_ed25519_keys_never_come_to_be() {
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(PublicKey::ed25519(&identity), Err(KeyError::SmallOrder));
    assert_eq!(PublicKey::ed25519(&[0; 32]), Err(KeyError::SmallOrder));
    // p + 1, another encoding of the identity.
    let mut wide = [0xff; 32];
    wide[0] = 0xee;
    wide[31] = 0x7f;
    assert_eq!(PublicKey::ed25519(&wide), Err(KeyError::NotCanonical));
    // The identity with a sign bit that means nothing.
    identity[31] = 0x80;
    assert!(PublicKey::ed25519(&identity).is_err());
    let mut no_point = [0; 32];
    no_point[0] = 2;
    assert_eq!(PublicKey::ed25519(&no_point), Err(KeyError::NotOnCurve));
    assert_eq!(PublicKey::ed25519(&[1; 31]), Err(KeyError::Length));
}

#[test]
fn points_off_p256_and_other_encodings_are_refused() {
    let key = crate::SigningKey::generate_es256();
    let point = *crate::Signer::public_key(&key).as_p256().unwrap();
    assert!(PublicKey::p256_uncompressed(&point).is_ok());
    let mut off = point;
    off[64] ^= 1;
    assert_eq!(PublicKey::p256_uncompressed(&off), Err(KeyError::NotOnCurve));
    assert_eq!(PublicKey::p256(&[0; 32], &[0; 32]), Err(KeyError::NotOnCurve));
    // x = p, out of range though zero modulo p.
    let mut p = [0xff; 32];
    p[4..8].fill(0);
    p[3] = 1;
    assert!(PublicKey::p256(&p, &point[33..]).is_err());
    assert_eq!(PublicKey::p256_uncompressed(&point[..33]), Err(KeyError::Length));
    let compressed = [&[2], &point[1..33]].concat();
    assert_eq!(PublicKey::p256_uncompressed(&compressed), Err(KeyError::Length));
}

#[test]
fn rsa_keys_outside_the_bounds_are_refused() {
    let modulus = |bytes: usize| [vec![0x80], vec![0; bytes - 2], vec![1]].concat();
    let exponent = [1, 0, 1];
    assert!(PublicKey::rsa(&modulus(256), &exponent).is_ok());
    for (n, e) in [
        (modulus(255), exponent.to_vec()),
        (modulus(1025), exponent.to_vec()),
        ([vec![0], modulus(256)].concat(), exponent.to_vec()),
        (modulus(256), vec![1]),
        (modulus(256), vec![2]),
        (modulus(256), vec![]),
        (modulus(256), vec![0, 3]),
        (modulus(256), vec![1, 0, 0, 0, 1]),
        (vec![], exponent.to_vec()),
    ] {
        assert_eq!(PublicKey::rsa(&n, &e), Err(KeyError::RsaParameters), "{} bits, e {e:?}", n.len() * 8);
    }
}
