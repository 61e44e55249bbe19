use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256};

use super::{BadSignature, verify};
use crate::{Algorithm, PublicKey, Signer, SigningKey};

const MESSAGE: &[u8] = b"one certification, many markets";

fn each_algorithm() -> Vec<(Algorithm, PublicKey, Vec<u8>)> {
    let mut all = Vec::new();
    for key in [SigningKey::generate_ed25519(), SigningKey::generate_es256()] {
        all.push((key.algorithm(), key.public_key().clone(), key.sign(MESSAGE).unwrap()));
    }
    let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = rsa.public_key();
    let modulus = public.modulus().big_endian_without_leading_zero();
    let public = PublicKey::rsa(modulus, public.exponent().big_endian_without_leading_zero()).unwrap();
    let schemes = [(Algorithm::Rs256, &RSA_PKCS1_SHA256), (Algorithm::Ps256, &RSA_PSS_SHA256)];
    for (algorithm, padding) in schemes {
        let mut signature = vec![0; rsa.public_modulus_len()];
        rsa.sign(padding, &aws_lc_rs::rand::SystemRandom::new(), MESSAGE, &mut signature).unwrap();
        all.push((algorithm, public.clone(), signature));
    }
    all
}

#[test]
fn each_algorithm_verifies_its_own_signatures_and_no_others() {
    let all = each_algorithm();
    for (made_with, _, signature) in &all {
        for (algorithm, key, _) in &all {
            let expected = if made_with == algorithm { Ok(()) } else { Err(BadSignature) };
            assert_eq!(verify(*algorithm, key, MESSAGE, signature), expected, "{made_with} as {algorithm}");
        }
    }
}

#[test]
fn a_key_verifies_under_its_own_algorithms_only() {
    let all = each_algorithm();
    for (made_with, key, signature) in &all {
        for algorithm in Algorithm::ALL {
            let expected = if *made_with == algorithm { Ok(()) } else { Err(BadSignature) };
            assert_eq!(verify(algorithm, key, MESSAGE, signature), expected, "{made_with} as {algorithm}");
        }
    }
}

#[test]
fn every_flipped_bit_of_signature_or_message_is_refused() {
    for (algorithm, key, signature) in each_algorithm() {
        for bit in 0..signature.len() * 8 {
            let mut wrong = signature.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(algorithm, &key, MESSAGE, &wrong), Err(BadSignature), "{algorithm} bit {bit}");
        }
        for bit in 0..MESSAGE.len() * 8 {
            let mut wrong = MESSAGE.to_vec();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(algorithm, &key, &wrong, &signature), Err(BadSignature), "{algorithm} bit {bit}");
        }
        for wrong in [&signature[1..], &signature[..signature.len() - 1], &[], &[&signature[..], &[0]].concat()] {
            assert_eq!(verify(algorithm, &key, MESSAGE, wrong), Err(BadSignature), "{algorithm}");
        }
        assert_eq!(verify(algorithm, &key, MESSAGE, &vec![0; signature.len()]), Err(BadSignature));
    }
}
