use proptest::prelude::*;
use serde_json::json;

use super::*;

/// RFC 9901, 4.2.1 and 4.2.3: a member of an object.
const FAMILY_NAME: &str = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
const FAMILY_NAME_DIGEST: &str = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0";
/// RFC 9901, 4.2.2 and 4.2.4.2: an element of an array.
const FR: &str = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0";
const FR_DIGEST: &str = "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs";

fn parse(text: &str) -> Disclosure {
    Disclosure::parse(text).unwrap()
}

fn revealed(payload: Value, disclosures: &[Disclosure]) -> Result<Value, SdJwtError> {
    let Value::Object(mut members) = payload else { panic!("an object") };
    reveal(&mut members, disclosures).map(|()| Value::Object(members))
}

#[test]
fn the_disclosures_of_the_rfc_have_its_digests() {
    let name = parse(FAMILY_NAME);
    assert_eq!((name.name(), &name.value), (Some("family_name"), &json!("Möbius")));
    assert_eq!(name.digest(), FAMILY_NAME_DIGEST);
    let element = parse(FR);
    assert_eq!((element.name(), &element.value), (None, &json!("FR")));
    assert_eq!(element.digest(), FR_DIGEST);
}

#[test]
fn what_is_disclosed_is_put_back_and_the_rest_is_kept_back() {
    let payload = json!({
        "_sd": [FAMILY_NAME_DIGEST, "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4"],
        "nationalities": ["DE", {"...": FR_DIGEST}, "US"],
        "given_name": "August",
        "_sd_alg": "sha-256",
    });
    let all = revealed(payload.clone(), &[parse(FR), parse(FAMILY_NAME)]);
    let expected = json!({"given_name": "August", "family_name": "Möbius", "nationalities": ["DE", "FR", "US"]});
    assert_eq!(all, Ok(expected));
    assert_eq!(revealed(payload, &[]), Ok(json!({"given_name": "August", "nationalities": ["DE", "US"]})));
}

#[test]
fn what_is_disclosed_may_keep_back_more() {
    let inner = Disclosure::new("street", json!("1 Example Road"));
    let outer = Disclosure::new("address", json!({"_sd": [inner.digest()], "country": "XA"}));
    let payload = json!({"_sd": [outer.digest()]});
    let both = revealed(payload.clone(), &[inner.clone(), outer.clone()]);
    assert_eq!(both, Ok(json!({"address": {"country": "XA", "street": "1 Example Road"}})));
    assert_eq!(revealed(payload.clone(), &[outer]), Ok(json!({"address": {"country": "XA"}})));
    assert_eq!(revealed(payload, &[inner]), Err(SdJwtError::Unreferenced), "its place is kept back itself");
}

#[test]
fn what_does_not_belong_is_refused() {
    let (name, element) = (parse(FAMILY_NAME), parse(FR));
    let with = |payload, disclosures: &[Disclosure]| revealed(payload, disclosures).unwrap_err();
    let plain = || json!({"_sd": [FAMILY_NAME_DIGEST]});
    let again = name.clone();
    assert_eq!(with(plain(), &[name.clone(), again]), SdJwtError::Unreferenced);
    assert_eq!(with(json!({}), std::slice::from_ref(&name)), SdJwtError::Unreferenced);
    assert_eq!(with(json!({"_sd": [FAMILY_NAME_DIGEST, FAMILY_NAME_DIGEST]}), &[]), SdJwtError::Digests);
    assert_eq!(with(json!({"_sd": FAMILY_NAME_DIGEST}), &[]), SdJwtError::Digests);
    assert_eq!(with(json!({"_sd": [1]}), &[]), SdJwtError::Digests);
    assert_eq!(with(json!({"_sd": [], "_sd_alg": "md5"}), &[]), SdJwtError::Algorithm);
    let taken = json!({"_sd": [FAMILY_NAME_DIGEST], "family_name": "Other"});
    assert_eq!(with(taken, std::slice::from_ref(&name)), SdJwtError::Conflict);
    let reserved = Disclosure::new("_sd", json!([]));
    assert_eq!(with(json!({"_sd": [reserved.digest()]}), &[reserved]), SdJwtError::Conflict);
    assert_eq!(with(json!({"_sd": [FR_DIGEST]}), &[element]), SdJwtError::Malformed, "an element is no member");
    assert_eq!(with(json!({"a": [{"...": FAMILY_NAME_DIGEST}]}), &[name]), SdJwtError::Malformed);
}

#[test]
fn malformed_disclosures_are_refused() {
    let encode = |text: &str| b64::encode(text);
    for wrong in ["{}", "[]", "[1,\"a\",2]", "[\"s\",1,2]", "[\"s\",\"a\",1,2]", "[\"s\",\"a\",{\"b\":1,\"b\":2}]"] {
        assert_eq!(Disclosure::parse(&encode(wrong)), Err(SdJwtError::Malformed), "{wrong}");
    }
    assert_eq!(Disclosure::parse("not base64!"), Err(SdJwtError::Malformed));
    assert_eq!(Disclosure::parse(&"A".repeat(MAX_BYTES + 1)), Err(SdJwtError::TooMany));
    assert_eq!(split("a.b.c"), Ok(("a.b.c", vec![])));
    assert_eq!(split("a.b.c~"), Ok(("a.b.c", vec![])));
    assert_eq!(split(&format!("a.b.c~{FR}~")), Ok(("a.b.c", vec![parse(FR)])));
    assert_eq!(split(&format!("a.b.c~{FR}")), Err(SdJwtError::Malformed), "a key binding is not read");
    assert_eq!(split("a.b.c~~"), Err(SdJwtError::Malformed));
    assert_eq!(split(&format!("a~{}", format!("{FR}~").repeat(65))), Err(SdJwtError::TooMany));
    assert_eq!(join("a.b.c", [FR]), format!("a.b.c~{FR}~"));
}

#[test]
fn the_same_value_has_another_salt_each_time() {
    let digests: HashSet<String> = (0..100).map(|_| Disclosure::new("a", json!("b")).digest()).collect();
    assert_eq!(digests.len(), 100);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", inner in "\\PC{0,100}") {
        let _ = split(&text);
        let _ = split(&format!("a.b.c~{}~", b64::encode(&inner)));
    }
}
