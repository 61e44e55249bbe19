//! The public Ed25519 edge cases (C2SP/CCTV), on which libraries disagree: what this product accepts is written down
//! here as a rule, and holds for each of them.

use std::path::PathBuf;

use greenlane_jose::{Algorithm, KeyError, PublicKey, enrol, verify};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    number: u32,
    key: String,
    sig: String,
    msg: String,
    #[serde(default)]
    flags: Option<Vec<String>>,
}

fn vectors() -> Option<Vec<Vector>> {
    let Some(folder) = std::env::var_os("GREENLANE_TEST_DATA") else {
        let required = std::env::var("GREENLANE_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("data"), "GREENLANE_TEST_DATA is not set");
        #[expect(clippy::print_stderr, reason = "says why a test did nothing")]
        {
            eprintln!("skipped: GREENLANE_TEST_DATA is not set");
        }
        return None;
    };
    let path = PathBuf::from(folder).join("vectors/cctv/ed25519/ed25519vectors.json");
    let text = std::fs::read(path).expect("the vectors are in the data folder");
    Some(serde_json::from_slice(&text).expect("the vectors are JSON"))
}

#[test]
fn each_edge_case_is_decided_by_the_documented_rule() {
    let Some(vectors) = vectors() else { return };
    assert!(vectors.len() >= 914);
    let mut accepted = 0;
    for vector in vectors {
        let has = |flag: &str| vector.flags.iter().flatten().any(|other| other == flag);
        let key = PublicKey::ed25519(&hex::decode(&vector.key).unwrap());
        match &key {
            Err(KeyError::SmallOrder | KeyError::NotCanonical) => assert!(has("low_order_A"), "{}", vector.number),
            Err(other) => panic!("vector {}: {other}", vector.number),
            Ok(_) => assert!(!has("low_order_A") && !has("non_canonical_A"), "{}", vector.number),
        }
        let Ok(key) = key else { continue };
        let signature = hex::decode(&vector.sig).unwrap();
        let good = verify(Algorithm::EdDSA, &key, vector.msg.as_bytes(), &signature).is_ok();
        let expected = !has("non_canonical_R") && !has("low_order_residue") && !has("reencoded_k");
        assert_eq!(good, expected, "vector {} {:?}", vector.number, vector.flags);
        accepted += u32::from(good);
        // What may be enrolled is narrower still: no low-order part at all.
        assert_eq!(enrol::check(&key).is_ok(), !has("low_order_component_A"), "{}", vector.number);
    }
    assert!(accepted > 0);
}
