mod attacks;

use std::collections::HashMap;

use chrono::TimeDelta;
use greenlane_jose::compact::{Limits, parse_strict};
use greenlane_jose::{Jwks, JwksLimits, b64};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{AUDIENCE, ISSUER, With, jwks, start};
use super::super::{CertificateThumbprint, IssuerConfig, JwksSource};
use super::{Expected, KeySet, Refusal, TrustedKey, Verified, verify};
use attacks::attacks;

fn keys() -> KeySet {
    let set = Jwks::parse(jwks().as_bytes(), &JwksLimits::default()).unwrap();
    set.keys().iter().map(|jwk| (jwk.kid.clone().unwrap(), TrustedKey::new(jwk).unwrap())).collect()
}

fn issuer() -> IssuerConfig {
    IssuerConfig::new(ISSUER, JwksSource::File("unused".into()))
}

fn check_at(token: &str, keys: &KeySet, issuer: &IssuerConfig, offset_seconds: i64) -> Result<Verified, Refusal> {
    let now = start() + TimeDelta::seconds(offset_seconds);
    verify(token, keys, &Expected { issuer, audience: AUDIENCE, leeway: TimeDelta::seconds(30), now })
}

fn check(token: &str) -> Result<Verified, Refusal> {
    check_at(token, &keys(), &issuer(), 0)
}

#[test]
fn a_good_token_of_each_algorithm_is_accepted_and_says_what_it_says() {
    for with in With::GOOD {
        let caller = check(&with.changed(|_, _| ())).unwrap().caller;
        assert_eq!(caller.subject(), "alice");
        assert_eq!(caller.issuer(), ISSUER);
        assert_eq!(caller.scopes(), ["certificates.read", "certificates.write"]);
        assert_eq!(caller.body(), Some("bodies/example"));
        assert_eq!(caller.economy(), Some("XA"));
    }
}

#[test]
fn a_token_is_bound_to_the_certificate_that_it_names_or_refused() {
    let thumbprint = CertificateThumbprint::of_der(b"a certificate");
    let bound = |confirmation: Value| check(&With::Ed.changed(|_, claims| claims["cnf"] = confirmation));
    let caller = bound(json!({ "x5t#S256": thumbprint.to_string() })).unwrap().caller;
    assert_eq!(caller.certificate(), Some(thumbprint));
    assert_eq!(check(&With::Ed.changed(|_, _| ())).unwrap().caller.certificate(), None);
    for unchecked in [
        json!({}),
        json!({ "x5t#S256": "" }),
        json!({ "x5t#S256": format!("{thumbprint}=") }),
        json!({ "x5t#S256": 7 }),
        json!({ "jkt": thumbprint.to_string() }),
        json!({ "x5t#S256": thumbprint.to_string(), "jkt": thumbprint.to_string() }),
        json!("x5t#S256"),
    ] {
        assert!(matches!(bound(unchecked.clone()), Err(Refusal::Invalid(_))), "{unchecked}");
    }
}

#[test]
fn the_types_of_access_tokens_and_several_audiences_are_accepted() {
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        check(&With::Ed.changed(|header, _| header["typ"] = typ.into())).unwrap();
    }
    check(&With::Ed.changed(|_, claims| claims["aud"] = json!(["other", AUDIENCE]))).unwrap();
    check(&With::Ed.changed(|_, claims| claims["exp"] = json!(start().timestamp() as f64 + 0.5))).unwrap();
}

#[test]
fn a_token_holds_from_nbf_to_exp_give_or_take_the_leeway() {
    let token = With::Ed.changed(|_, claims| {
        claims["nbf"] = json!(start().timestamp());
        claims["exp"] = json!(start().timestamp() + 100);
    });
    let at = |offset| check_at(&token, &keys(), &issuer(), offset).map(|_| ());
    assert_eq!(at(-31), Err(Refusal::Expired("it is not valid yet")));
    assert_eq!(at(-30), Ok(()));
    assert_eq!(at(129), Ok(()));
    assert_eq!(at(130), Err(Refusal::Expired("it is expired")));
}

#[test]
fn an_issuer_is_trusted_with_what_its_configuration_says_and_no_more() {
    let token = With::Ed.changed(|_, _| ());
    let with = |change: fn(&mut IssuerConfig)| {
        let mut issuer = issuer();
        change(&mut issuer);
        check_at(&token, &keys(), &issuer, 0).map(|verified| verified.caller)
    };
    assert!(with(|issuer| issuer.economies = vec!["XB".into()]).is_err());
    assert!(with(|issuer| issuer.bodies = vec!["bodies/other".into()]).is_err());
    let narrowed = with(|issuer| {
        issuer.economies = vec!["XA".into()];
        issuer.scopes = vec!["certificates.read".into()];
    });
    assert_eq!(narrowed.unwrap().scopes(), ["certificates.read"]);
}

#[test]
fn a_token_that_names_nobody_is_refused_from_an_issuer_that_may_speak_for_some_only() {
    let with = |leave_out: &[&str], bodies: &[&str], economies: &[&str]| {
        let token = With::Ed.changed(|_, claims| {
            let claims = claims.as_object_mut().unwrap();
            claims.insert("body".to_owned(), json!("bodies/a"));
            claims.insert("economy".to_owned(), json!("XA"));
            claims.retain(|name, _| !leave_out.contains(&name.as_str()));
        });
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let issuer = IssuerConfig { bodies: own(bodies), economies: own(economies), ..issuer() };
        check_at(&token, &keys(), &issuer, 0).is_ok()
    };
    let (body, economy) = (["bodies/a"], ["XA"]);
    assert!(with(&["body", "economy"], &[], &[]), "an issuer without bounds");
    assert!(!with(&["body", "economy"], &body, &economy));
    assert!(!with(&["body"], &body, &[]) && !with(&["economy"], &[], &economy));
    assert!(with(&["body"], &body, &economy) && with(&["economy"], &body, &economy), "one of the two is enough");
    assert!(with(&["economy"], &body, &[]) && with(&["body"], &[], &economy));
}

#[test]
fn of_the_attack_corpus_none_is_accepted_and_none_panics() {
    let (keys, issuer) = (keys(), issuer());
    let corpus = attacks();
    let accepted: Vec<_> =
        corpus.iter().filter(|(_, token)| check_at(token, &keys, &issuer, 0).is_ok()).map(|(name, _)| name).collect();
    assert!(accepted.is_empty(), "wrongly accepted: {accepted:?}");
    assert!(corpus.len() > 250, "the corpus shrank to {}", corpus.len());
}

#[test]
fn no_refusal_repeats_what_the_sender_chose() {
    for (name, token) in attacks() {
        if let Err(Refusal::Invalid(text) | Refusal::Expired(text)) = check(&token) {
            assert!(text.len() < 80 && !text.contains("attacker"), "{name}: {text}");
        }
    }
}

#[test]
fn a_token_that_the_strict_parser_and_our_verify_routine_refuse_is_refused_here() {
    // Two implementations check the signature: jsonwebtoken here, the one routine of documents there. They must agree.
    let set = Jwks::parse(jwks().as_bytes(), &JwksLimits::default()).unwrap();
    let good = With::GOOD.map(|with| ("good".to_owned(), with.changed(|_, _| ())));
    for (name, token) in attacks().into_iter().chain(good) {
        let ours = parse_strict(token.as_bytes(), &Limits::TOKEN)
            .ok()
            .and_then(|compact| set.find(&compact.header.kid).map(|jwk| compact.verify(&jwk.key).is_ok()))
            .unwrap_or(false);
        let theirs = check(&token).is_ok();
        assert!(ours || !theirs, "{name}: accepted, though our routine refuses its signature");
        assert_eq!(name == "good", theirs, "{name}");
    }
}

/// Every string member of the claims, flattened, for comparing what a mutant says with what the original said.
fn facts(verified: &Verified) -> HashMap<&'static str, String> {
    let caller = &verified.caller;
    HashMap::from([
        ("sub", caller.subject().to_owned()),
        ("scopes", caller.scopes().join(" ")),
        ("body", format!("{:?}", caller.body())),
        ("window", format!("{:?}", verified.window)),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_byte_of_a_good_token_is_accepted(at in 0_usize..4_096, byte in any::<u8>(), with in 0_usize..4) {
        let with = With::GOOD[with];
        // ECDSA and PSS signatures differ from call to call; the original of this mutant is this very text.
        let original = with.changed(|_, _| ());
        let mut mutant = original.clone().into_bytes();
        let at = at % mutant.len();
        prop_assume!(mutant[at] != byte);
        mutant[at] = byte;
        if let Ok(mutant) = String::from_utf8(mutant) {
            prop_assert!(check(&mutant).is_err(), "{}", mutant);
        }
    }

    #[test]
    fn no_cut_doubled_or_swapped_piece_of_a_good_token_is_accepted(from in 0_usize..4_096, to in 0_usize..4_096, how in 0..4) {
        let original = With::Ed.changed(|_, _| ());
        let (from, to) = (from % original.len(), to % original.len());
        let (from, to) = (from.min(to), from.max(to));
        let mutant = match how {
            0 => format!("{}{}", &original[..from], &original[to..]),
            1 => format!("{}{}", &original[..to], &original[from..]),
            2 => format!("{}{}{}", &original[to..], &original[from..to], &original[..from]),
            _ => original[from..to].to_owned(),
        };
        prop_assume!(mutant != original);
        prop_assert!(check(&mutant).is_err(), "{}", mutant);
    }

    #[test]
    fn no_text_panics(text in "\\PC*", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = check(&text);
        let _ = check(&String::from_utf8_lossy(&bytes));
        let dotted = format!("{}.{}.{}", b64::encode(&text), b64::encode(&bytes), b64::encode(&bytes));
        prop_assert!(check(&dotted).is_err());
    }

    #[test]
    fn what_an_unusual_but_rightly_signed_claim_says_is_refused_or_changes_nothing(
        name in "(iss|sub|aud|exp|nbf|iat|scope|body|economy|x)", value in json_value(),
    ) {
        let original = facts(&check(&With::Ed.changed(|_, _| ())).unwrap());
        let token = With::Ed.changed(|_, claims| claims[name.as_str()] = value.clone());
        if let Ok(verified) = check(&token) {
            let now = facts(&verified);
            // What is accepted says exactly what the claim says; everything else is as it was.
            match name.as_str() {
                "sub" => prop_assert_eq!(Some(now["sub"].as_str()), value.as_str()),
                "exp" | "nbf" => prop_assert!(value.is_number()),
                "scope" => prop_assert!(value.is_string() || value.is_null()),
                "body" | "economy" => prop_assert!(value.is_null() || value.is_string()),
                _ => prop_assert_eq!(&now, &original),
            }
        }
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        (0_i64..4_000_000_000).prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(json!("certificates.read admin")),
        Just(json!("bodies/other")),
        Just(json!("XB")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
