use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};

use super::{EnrolError, check};
use crate::{PublicKey, Signer, SigningKey};

#[test]
fn honest_keys_may_be_enrolled() {
    for key in [SigningKey::generate_ed25519(), SigningKey::generate_es256()] {
        assert_eq!(check(key.public_key()), Ok(()));
    }
}

#[test]
fn keys_with_a_small_order_part_and_rsa_keys_may_not() {
    for torsion in &EIGHT_TORSION[1..] {
        let mixed = PublicKey::ed25519((ED25519_BASEPOINT_POINT + torsion).compress().as_bytes()).unwrap();
        assert_eq!(check(&mixed), Err(EnrolError::MixedOrder));
    }
    let modulus = [vec![0x80], vec![0; 254], vec![1]].concat();
    assert_eq!(check(&PublicKey::rsa(&modulus, &[1, 0, 1]).unwrap()), Err(EnrolError::Rsa));
}
