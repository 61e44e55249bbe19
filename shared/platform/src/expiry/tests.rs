use std::path::Path;

use super::*;
use crate::tls;

fn chain(name: &str) -> Vec<CertificateDer<'static>> {
    tls::certificates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn a_certificates_dates_are_those_that_openssl_tells() {
    let told = of_chain(&chain("server.pem")).unwrap();
    assert_eq!((told.from, told.until), (Some(at("2026-11-23T23:32:28Z")), at("2126-10-30T23:32:28Z")));
}

#[test]
fn a_chain_is_good_until_the_first_of_it_expires() {
    let both = [chain("workloads/registry.pem"), chain("server.pem")].concat();
    assert_eq!(of_chain(&both).unwrap().until, at("2126-10-30T23:32:28Z"));
    assert_eq!(of_chain(&[]), None);
}

/// The same name's certificate that is good for ten years more. Whether it is signed does not matter here.
fn renewed(der: &[u8]) -> CertificateDer<'static> {
    let (old, new) = (b"21261030233228Z", b"21361030233228Z");
    let at = der.windows(old.len()).position(|it| it == old).unwrap();
    [&der[..at], new, &der[at + old.len()..]].concat().into()
}

#[test]
fn authorities_are_good_until_the_first_expires_that_is_not_replaced_by_one_of_its_name() {
    let until = |believed: &[CertificateDer<'_>]| of_authorities(believed).map(|told| told.until);
    let (one, other) = (chain("server.pem"), chain("workloads/registry.pem"));
    let renewed = renewed(&one[0]);
    let [one, other, renewed] = [&one[0], &other[0], &renewed].map(|it| CertificateDer::from(it.to_vec()));
    let ends = [&one, &other, &renewed].map(|it| until(std::slice::from_ref(it)).unwrap());
    assert!(ends[0] < ends[1] && ends[1] < ends[2], "{ends:?}");
    assert_eq!(until(&[one.clone(), other.clone()]), Some(ends[0]));
    for order in [[&one, &other, &renewed], [&renewed, &one, &other]] {
        assert_eq!(until(&order.map(Clone::clone)), Some(ends[1]), "the first is replaced");
    }
    assert_eq!(until(&[]), None);
}

#[test]
fn what_is_cut_off_or_no_certificate_tells_nothing() {
    let whole = chain("server.pem").remove(0);
    for length in 0..whole.len() {
        assert_eq!(of_certificate(&whole[..length]), None, "{length}");
    }
    for wrong in [&b"\x30\x85\xff\xff\xff\xff\xff"[..], b"\x30\x80", b"\x30\x03\x30\x01\xa0", b"nonsense"] {
        assert_eq!(of_certificate(wrong), None, "{wrong:?}");
    }
}

#[test]
fn the_two_ways_of_writing_a_year_are_read() {
    assert_eq!(time(0x17, b"491231235959Z"), Some(at("2049-12-31T23:59:59Z")));
    assert_eq!(time(0x17, b"500101000000Z"), Some(at("1950-01-01T00:00:00Z")));
    assert_eq!(time(0x18, b"20500101000000Z"), Some(at("2050-01-01T00:00:00Z")));
    for (tag, wrong) in [(0x17, "4912312359Z"), (0x18, "491231235959Z"), (0x0c, "491231235959Z"), (0x17, "Z")] {
        assert_eq!(time(tag, wrong.as_bytes()), None, "{wrong}");
    }
}

#[test]
fn a_token_tells_its_end_and_maybe_its_beginning() {
    let token = |claims: &str| format!("e30.{}.c2ln", b64::encode(claims));
    let told = of_token(&token(r#"{"sub":"x","iat":60,"exp":3660}"#)).unwrap();
    assert_eq!((told.from, told.until), (Some(at("1970-01-01T00:01:00Z")), at("1970-01-01T01:01:00Z")));
    assert_eq!(of_token(&token(r#"{"nbf":60.5,"exp":3660.25}"#)), Some(told));
    assert_eq!(of_token(&token(r#"{"exp":3660}"#)).unwrap().from, None);
    for wrong in [token(r#"{"iat":60}"#), token("[]"), "opaque".to_owned(), "a.b.c".to_owned(), String::new()] {
        assert_eq!(of_token(&wrong), None, "{wrong}");
    }
}
