//! The attack corpus: what a token must not look like.

use greenlane_jose::b64;
use serde_json::json;

use super::super::super::testing::{AUDIENCE, ISSUER, With, claims, public_key_texts, start};

/// Tokens that are wrong in one way each, and the way.
pub(super) fn attacks() -> Vec<(String, String)> {
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
        ("jwk", super::super::super::testing::STRANGER.to_public_jwk().to_value()),
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
