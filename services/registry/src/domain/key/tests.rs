use chrono::{DateTime, TimeDelta, Utc};

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn key() -> Key {
    Key {
        record: KeyRecord {
            body: BodyId::trusted("xa-lab"),
            id: "k".into(),
            algorithm: "EdDSA".into(),
            public_jwk: "{}".into(),
            custody: Custody::Registry,
            valid_from: at(100),
            valid_until: Some(at(200)),
            verification_method: "did:web:example.org#k".into(),
        },
        compromised_since: None,
        created_at: at(0),
        create_index: 0,
        latest_index: 0,
    }
}

#[test]
fn a_key_is_good_within_its_window_and_at_its_ends() {
    let key = key();
    assert_eq!(key.standing_at(at(99)), KeyStanding::NotYetValid);
    assert_eq!(key.standing_at(at(100)), KeyStanding::Good);
    assert_eq!(key.standing_at(at(200)), KeyStanding::Good);
    assert_eq!(key.standing_at(at(201)), KeyStanding::Expired);
}

#[test]
fn what_was_signed_before_a_compromise_stays_good() {
    let key = Key { compromised_since: Some(at(150)), ..key() };
    assert_eq!(key.standing_at(at(149)), KeyStanding::Good);
    assert_eq!(key.standing_at(at(150)), KeyStanding::Compromised);
}
