use std::collections::HashMap;

use chrono::TimeDelta;
use greenlane_jose::compact::{Limits, parse_strict};
use greenlane_jose::{Jwks, JwksLimits, b64};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{AUDIENCE, ISSUER, With, claims, jwks, public_key_texts, start};
use super::super::{IssuerConfig, JwksSource};
use super::{Expected, KeySet, Refusal, TrustedKey, Verified, verify};

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

/// Tokens that are wrong in one way each, and the way.
fn attacks() -> Vec<(String, String)> {
    let mut corpus: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, token: String| corpus.push((name.to_owned(), token));
    let good = With::Ed.changed(|_, _| ());
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);

    // Shape.
    add("empty", String::new());
    add("dots only", "..".into());
    add("two parts", format!("{header}.{payload}"));
    add("four parts", format!("{good}.{signature}"));
    add("five parts, as an encrypted one", format!("{good}.{signature}.{signature}"));
    add("no signature", format!("{header}.{payload}."));
    add("leading space", format!(" {good}"));
    add("trailing space", format!("{good} "));
    add("trailing line end", format!("{good}\n"));
    add("NUL inside", good.replacen('.', ".\0", 1));
    add("padded signature", format!("{good}=="));
    add("padded header", format!("{header}=.{payload}.{signature}"));
    add("not ASCII", format!("{header}.{payload}.é{signature}"));
    add("JSON serialisation", json!({"payload": payload, "protected": header, "signature": signature}).to_string());
    add("over-long", With::Ed.changed(|_, claims| claims["padding"] = "x".repeat(9_000).into()));
    // The last character of a 64-byte signature carries four unused bits: each of them set is another text for it.
    let (head, last) = signature.split_at(signature.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).unwrap();
    for extra in 1..4 {
        let twin = &alphabet[at + extra..=at + extra];
        add("signature in non-canonical base64url", format!("{header}.{payload}.{head}{twin}"));
    }
    add(
        "plain base64",
        With::Ed.changed(|_, claims| claims["x"] = "???>>>".into()).replace('-', "+").replace('_', "/") + "=",
    );

    // Algorithm and key.
    for alg in [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "ES384", "RS512", "EDDSA", "eddsa", "Ed25519",
        "ES256K",
    ] {
        let forged = With::Ed.changed(|header, _| header["alg"] = alg.into());
        add(&format!("alg {alg:?}"), forged.clone());
        let unsigned = forged.rsplit_once('.').unwrap().0.to_owned();
        add(&format!("alg {alg:?} unsigned"), format!("{unsigned}."));
        for secret in public_key_texts() {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
            let tag = aws_lc_rs::hmac::sign(&key, unsigned.as_bytes());
            add(&format!("alg {alg:?}, HMAC with a public key"), format!("{unsigned}.{}", b64::encode(tag)));
        }
    }
    for alg in [json!(null), json!(1), json!(["EdDSA"]), json!({"name": "EdDSA"}), json!(true)] {
        add("alg of another type", With::Ed.changed(|header, _| header["alg"] = alg));
    }
    for (with, alg) in [
        (With::Ec, "EdDSA"),
        (With::Ed, "ES256"),
        (With::RsaPss, "RS256"),
        (With::RsaPkcs1, "PS256"),
        (With::Ed, "RS256"),
    ] {
        add("alg is not the key's", with.changed(|header, _| header["alg"] = alg.into()));
    }
    // The RSA key without a named algorithm is for RS256; a PS256 signature by it is well made and still refused.
    add("PS256 by an RS256 key", With::RsaPss.changed(|header, _| header["kid"] = "rsa".into()));
    add("RS256 by a PS256 key", With::RsaPkcs1.changed(|header, _| header["kid"] = "pss".into()));
    add("another's key under a known id", With::Stranger.changed(|_, _| ()));
    for (with, kid) in [(With::Ed, "ec"), (With::Ec, "ed"), (With::Ed, "rsa"), (With::Ed, "nobody"), (With::Ed, "")] {
        add("kid of another key", with.changed(|header, _| header["kid"] = kid.into()));
    }
    for kid in [json!(null), json!(1), json!(["ed"]), json!({"ed": 1})] {
        add("kid of another type", With::Ed.changed(|header, _| header["kid"] = kid));
    }
    add("kid as a path", With::Ed.changed(|header, _| header["kid"] = "../../etc/passwd".into()));
    add("kid as a query", With::Ed.changed(|header, _| header["kid"] = "ed' OR '1'='1".into()));
    for member in ["alg", "kid", "typ"] {
        add(
            "a header member missing",
            With::Ed.changed(|header, _| drop(header.as_object_mut().unwrap().remove(member))),
        );
    }

    // Header members that would change the meaning.
    for (member, value) in [
        ("crit", json!([])),
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!("exp")),
        ("crit", json!(["x-unknown"])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("jku", json!("https://attacker.example.org/jwks")),
        ("x5u", json!("https://attacker.example.org/x5u")),
        ("x5c", json!(["MIIB"])),
        ("jwk", super::super::testing::STRANGER.to_public_jwk().to_value()),
    ] {
        add(&format!("header with {member}"), With::Ed.changed(|header, _| header[member] = value.clone()));
        add(&format!("stranger's header with {member}"), With::Stranger.changed(|header, _| header[member] = value));
    }
    for typ in [
        json!("vc+jwt"),
        json!("dpop+jwt"),
        json!("JWS"),
        json!(""),
        json!("JWT "),
        json!(null),
        json!(7),
        json!(["JWT"]),
    ] {
        add("typ of something else", With::Ed.changed(|header, _| header["typ"] = typ));
    }

    // JSON that two parsers would read differently.
    let (head, body) = (With::Ed.header().to_string(), claims().to_string());
    let now = start().timestamp();
    let twice = |json: &str, first: &str| json.replacen('{', &format!("{{{first},"), 1);
    add("duplicate alg", With::Ed.token(&twice(&head, r#""alg":"none""#), &body));
    add("duplicate kid", With::Ed.token(&twice(&head, r#""kid":"ed""#), &body));
    add("duplicate exp", With::Ed.token(&head, &twice(&body, &format!(r#""exp":{}"#, now + 9))));
    add("duplicate sub by escape", With::Ed.token(&head, &twice(&body, r#""s\u0075b":"admin""#)));
    add("duplicate deep inside", With::Ed.token(&head, &twice(&body, r#""x":{"a":{"b":1,"b":2}}"#)));
    add("text after the payload", With::Ed.token(&head, &format!("{body}{{}}")));
    add("text after the header", With::Ed.token(&format!("{head} x"), &body));
    add("comment", With::Ed.token(&head, &body.replacen('{', "{/*x*/", 1)));
    add("trailing comma", With::Ed.token(&head, &body.replace('}', ",}")));
    add("byte order mark", With::Ed.token(&format!("\u{feff}{head}"), &body));
    add("payload an array", With::Ed.token(&head, &format!("[{body}]")));
    add("payload a text", With::Ed.token(&head, r#""alice""#));
    add("payload null", With::Ed.token(&head, "null"));
    add("payload empty", With::Ed.token(&head, ""));
    add("header empty", With::Ed.token("", &body));
    add("header an array", With::Ed.token("[]", &body));
    add(
        "nested too deeply",
        With::Ed.token(&head, &twice(&body, &format!(r#""x":{}1{}"#, "[".repeat(500), "]".repeat(500)))),
    );
    add("lone surrogate", With::Ed.token(&head, &twice(&body, r#""x":"\ud800""#)));
    add("NaN", With::Ed.token(&head, &twice(&body, r#""x":NaN"#)));
    add("number out of range", With::Ed.token(&head, &twice(&body, r#""x":1e999"#)));

    // Claims.
    for claim in ["iss", "sub", "aud", "exp", "nbf"] {
        add(
            &format!("{claim} missing"),
            With::Ed.changed(|_, claims| drop(claims.as_object_mut().unwrap().remove(claim))),
        );
        for value in [json!(null), json!(true), json!({}), json!([]), json!([[]]), json!({"$gt": 0})] {
            add(&format!("{claim} = {value}"), With::Ed.changed(|_, claims| claims[claim] = value));
        }
    }
    for claim in ["exp", "nbf", "iat"] {
        for value in [
            json!("1800000600"),
            json!("soon"),
            json!(""),
            json!(-1),
            json!(-1e300),
            json!(1e300),
            json!([now]),
            json!(u64::MAX),
        ] {
            add(&format!("{claim} = {value}"), With::Ed.changed(|_, claims| claims[claim] = value));
        }
    }
    for claim in ["scope", "body", "economy"] {
        for value in [json!(1), json!(["certificates.write"]), json!({}), json!(true)] {
            add(&format!("{claim} = {value}"), With::Ed.changed(|_, claims| claims[claim] = value));
        }
    }
    for (claim, value) in [
        ("exp", json!(0)),
        ("exp", json!(now - 31)),
        ("exp", json!(now - 3_600)),
        ("nbf", json!(now + 31)),
        ("nbf", json!(now + 601)),
        ("iss", json!("https://id.example.org/")),
        ("iss", json!("HTTPS://ID.EXAMPLE.ORG")),
        ("iss", json!("")),
        ("iss", json!([ISSUER])),
        ("iss", json!([ISSUER, "https://other.example.org"])),
        ("iss", json!("https://attacker.example.org")),
        ("aud", json!("other")),
        ("aud", json!("Greenlane")),
        ("aud", json!("greenlane ")),
        ("aud", json!(["other"])),
        ("aud", json!([1, AUDIENCE])),
        ("aud", json!("")),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!("a\u{0}b")),
        ("sub", json!("x".repeat(257))),
        ("sub", json!("a\nb")),
        ("body", json!("")),
        ("body", json!("example")),
        ("body", json!("bodies/")),
        ("body", json!("bodies/a/keys/b")),
        ("body", json!("bodies/../x")),
        ("body", json!("bodies/é")),
        ("economy", json!("")),
        ("economy", json!("xa")),
        ("economy", json!("X")),
        ("economy", json!("XA XB")),
    ] {
        add(&format!("{claim} = {value}"), With::Ed.changed(|_, claims| claims[claim] = value));
    }

    // A good signature over something else.
    let other = With::Ed.changed(|_, claims| claims["sub"] = "mallory".into());
    let other: Vec<&str> = other.split('.').collect();
    add("another token's payload", format!("{header}.{}.{signature}", other[1]));
    add("another token's signature", format!("{header}.{payload}.{}", other[2]));
    let ec = With::Ec.changed(|_, _| ());
    let (input, ec_signature) = ec.rsplit_once('.').unwrap();
    let raw = b64::decode(ec_signature).unwrap();
    for (name, changed) in [
        ("ECDSA zero", vec![0; 64]),
        ("ECDSA r zero", [&[0; 32][..], &raw[32..]].concat()),
        ("ECDSA s zero", [&raw[..32], &[0; 32][..]].concat()),
        ("ECDSA short", raw[..63].to_vec()),
        ("ECDSA long", [&raw[..], &[0][..]].concat()),
        ("ECDSA halves swapped", [&raw[32..], &raw[..32]].concat()),
    ] {
        add(name, format!("{input}.{}", b64::encode(changed)));
    }
    let ed_raw = b64::decode(signature).unwrap();
    for (name, changed) in [
        ("Ed25519 zero", vec![0; 64]),
        ("Ed25519 short", ed_raw[..63].to_vec()),
        ("Ed25519 empty", Vec::new()),
        ("Ed25519 long", [&ed_raw[..], &[0][..]].concat()),
        ("Ed25519 identity R", [&[1][..], &[0; 31], &ed_raw[32..]].concat()),
        ("Ed25519 S plus the order", plus_order(&ed_raw)),
    ] {
        add(name, format!("{header}.{payload}.{}", b64::encode(changed)));
    }
    corpus
}

/// The signature with the group order added to S: the same equation holds, and RFC 8032 refuses it.
fn plus_order(signature: &[u8]) -> Vec<u8> {
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut changed = signature.to_vec();
    let mut carry = 0_u16;
    for (byte, add) in changed[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    changed
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
