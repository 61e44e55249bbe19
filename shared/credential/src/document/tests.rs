use chrono::NaiveDate;
use greenlane_jose::compact::{self, NewHeader};
use greenlane_jose::{Signer, SigningKey, canonical, json as strict_json};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::sd_jwt::{self, Disclosure, SdJwtError};

pub(crate) fn certificate() -> Certificate {
    let date = |text: &str| text.parse::<NaiveDate>().unwrap();
    Certificate {
        registry: "https://registry.example.org".to_owned(),
        number: "GLXA2ABCDEFGHJKM3W".to_owned(),
        version: 1,
        issuer: Issuer {
            did: "did:web:registry.example.org:bodies:cb01".to_owned(),
            name: "Example Certification Body".to_owned(),
            body: "bodies/cb01".to_owned(),
            accreditation: Some(Accreditation {
                name: "ISO/IEC 17065, PV modules".to_owned(),
                authority_id: "https://accreditation.example.org".to_owned(),
                authority_name: "Example Accreditation Body".to_owned(),
                level: AssessmentLevel::AuthorityGlobalMra,
            }),
        },
        status: Some(StatusEntry {
            index: 94_567,
            suspension: "https://registry.example.org/status/cb01/1/suspension".to_owned(),
            revocation: "https://registry.example.org/status/cb01/1/revocation".to_owned(),
        }),
        facts: Facts {
            holder: Holder {
                name: "示例太阳能有限公司".to_owned(),
                address: "1 Example Road".to_owned(),
                economy: "XA".to_owned(),
                identifier: "https://business.example.org/9131".to_owned(),
            },
            products: vec![
                CertifiedProduct {
                    name: "EX-600 module".to_owned(),
                    identification: ProductIdentification {
                        gtin: "9506000134352".to_owned(),
                        model: "EX-600".to_owned(),
                        batch: "B/1 2".to_owned(),
                        ..Default::default()
                    },
                    codes: vec![Code { edition: "HS2022".to_owned(), code: "854143".to_owned() }],
                    serial_ranges: vec![SerialRange { first: "001".to_owned(), last: "900".to_owned() }],
                    quantity: Some(Quantity { amount: "1200".to_owned(), unit: "C62".to_owned() }),
                    origin: "XA".to_owned(),
                    models: vec!["EX-610".to_owned()],
                },
                CertifiedProduct {
                    name: "EX-500 module".to_owned(),
                    identification: ProductIdentification { model: "EX-500".to_owned(), ..Default::default() },
                    ..Default::default()
                },
            ],
            scheme: Scheme { scheme: "schemes/pv-type5".to_owned(), level: "A".to_owned() },
            normative_documents: vec![NormativeDocument {
                edition: "IEC 61215-1:2021".to_owned(),
                part: "clause 4".to_owned(),
            }],
            granted_on: date("2026-11-20"),
            valid_from: date("2026-11-23"),
            valid_until: date("2031-11-22"),
            authorised_by: "Head of certification".to_owned(),
            scope: "Crystalline silicon PV modules".to_owned(),
            sites: vec![Site { name: "Plant 1".to_owned(), address: String::new(), economy: "XA".to_owned() }],
            body_reference: "PV-17".to_owned(),
            remarks: String::new(),
            measurements: vec![
                Measurement {
                    metric: "Maximum power loss after the test sequence".to_owned(),
                    value: Quantity { amount: "2.10".to_owned(), unit: "P1".to_owned() },
                    method: "IEC 61215-2:2021".to_owned(),
                },
                Measurement {
                    metric: "https://schemes.example.org/metric/footprint".to_owned(),
                    value: Quantity { amount: "99999999999999999999999".to_owned(), unit: "KGM".to_owned() },
                    method: String::new(),
                },
            ],
        },
        sealed: Sealed::default(),
    }
}

fn least() -> Certificate {
    let mut least = certificate();
    least.issuer.accreditation = None;
    least.status = None;
    least.facts.scheme.level = String::new();
    least.facts.holder.identifier = String::new();
    least.facts.measurements.clear();
    least.facts.sites.clear();
    least.facts.products.truncate(1);
    least.facts.products[0] = CertifiedProduct { name: "Thing".to_owned(), ..Default::default() };
    least
}

pub(super) fn key() -> SigningKey {
    SigningKey::generate_ed25519()
}

/// Signs a payload that was changed, with a header that may be too.
fn forge(change: impl FnOnce(&mut Value), header: impl FnOnce(&mut NewHeader<'static>)) -> String {
    let mut payload: Value = serde_json::from_slice(&payload(&certificate()).unwrap()).unwrap();
    change(&mut payload);
    let kid = Some("did:web:registry.example.org:bodies:cb01#k");
    let mut new = NewHeader { kid, typ: Some("vc+jwt"), cty: Some("vc") };
    header(&mut new);
    compact::sign(&key(), new, &canonical::to_vec_with_decimals(&payload).unwrap()).unwrap()
}

fn refusal(change: impl FnOnce(&mut Value)) -> DocumentError {
    Presented::read(&forge(change, |_| {})).expect_err("the document was changed")
}

#[test]
fn a_document_reads_back_as_what_was_signed() {
    for certificate in [certificate(), least()] {
        for key in [SigningKey::generate_ed25519(), SigningKey::generate_es256()] {
            let text = sign_document(&certificate, &key).unwrap();
            let verified = verify_document(&format!("{text}\n"), |reference| {
                assert_eq!(reference.did, certificate.issuer.did);
                (reference.key == key.kid()).then(|| key.public_key().clone())
            })
            .unwrap();
            assert!(verified.is_authentic());
            assert_eq!(verified.certificate, certificate);
        }
    }
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let key = key();
    assert_eq!(payload(&certificate()).unwrap(), payload(&certificate()).unwrap());
    assert_eq!(sign_document(&certificate(), &key).unwrap(), sign_document(&certificate(), &key).unwrap());
    let bytes = payload(&certificate()).unwrap();
    let value = strict_json::parse(&bytes, 32).unwrap();
    assert_eq!(canonical::to_vec_with_decimals(&value).unwrap(), bytes);
}

#[test]
fn the_envelope_follows_the_profile() {
    let text = sign_document(&certificate(), &key().with_kid("k1")).unwrap();
    let read = compact::parse_strict(text.as_bytes(), &greenlane_jose::Limits::DOCUMENT).unwrap();
    assert_eq!(read.header.typ.as_deref(), Some("vc+jwt"));
    assert_eq!(read.header.cty.as_deref(), Some("vc"));
    assert_eq!(read.header.kid, "did:web:registry.example.org:bodies:cb01#k1");
    for name in ["vc", "vp", "iss", "exp", "nbf"] {
        assert!(!read.claims.contains_key(name));
    }
    let subject = &read.claims["credentialSubject"];
    let assessment = &subject["conformityAssessment"][0];
    let products = &assessment["assessedProduct"];
    assert_eq!(products[0]["product"]["id"], "https://id.gs1.org/01/09506000134352/10/B%2F1%202");
    assert_eq!(products[1]["product"]["id"], "https://registry.example.org/certificates/GLXA2ABCDEFGHJKM3W#product-2");
    assert_eq!(assessment["referenceStandard"][0]["id"], "https://registry.example.org/standards/IEC%2061215-1%3A2021");
    assert_eq!(assessment["assessedPerformance"][0]["measure"], json!({"unit": "P1", "value": 2.1}));
    assert_eq!(assessment["assessedPerformance"][1].get("measure"), None);
    assert_eq!(read.claims["validUntil"], "2031-11-22T23:59:59Z");
    assert_eq!(read.claims["credentialStatus"]["statusListIndex"], 94_567);
    assert_eq!(read.claims["credentialStatus"]["statusPurpose"], "suspension");
    assert_eq!(read.claims[FACTS_MEMBER]["status"][0]["statusPurpose"], "revocation");
    assert_eq!(read.claims[FACTS_MEMBER]["status"][0]["statusListIndex"], "94567");
    assert_eq!(read.claims["@context"][2], "https://registry.example.org/contexts/certificate-v1.jsonld");
    assert!(context_document()["@context"].get(FACTS_MEMBER).is_some());
}

#[test]
fn an_unknown_key_and_a_bad_signature_are_findings() {
    let (ours, other) = (key(), key());
    let text = sign_document(&certificate(), &ours).unwrap();
    let findings = |key: Option<&SigningKey>| {
        let verified = verify_document(&text, |_| key.map(|key| key.public_key().clone())).unwrap();
        assert_eq!(verified.is_authentic(), verified.findings.is_empty());
        verified.findings
    };
    assert_eq!(findings(None), [Finding::UnknownKey]);
    assert_eq!(findings(Some(&other)), [Finding::BadSignature]);
    assert_eq!(findings(Some(&SigningKey::generate_es256())), [Finding::BadSignature]);
    assert!(findings(Some(&ours)).is_empty());
}

#[test]
fn a_document_that_tells_two_stories_is_refused() {
    let at = |path: &str| DocumentError::Contradiction(path.to_owned());
    assert_eq!(refusal(|p| p["validUntil"] = json!("2041-11-22T23:59:59Z")), at("/validUntil"));
    assert_eq!(refusal(|p| p["name"] = json!("Another")), at("/name"));
    let product = "/credentialSubject/conformityAssessment/0/assessedProduct";
    assert_eq!(
        refusal(|p| *p.pointer_mut(&format!("{product}/0/product/modelNumber")).unwrap() = json!("EX-999")),
        at(&format!("{product}/0/product/modelNumber"))
    );
    assert_eq!(refusal(|p| p.pointer_mut(product).unwrap().as_array_mut().unwrap().push(json!({}))), at(product));
    assert_eq!(
        refusal(|p| p[FACTS_MEMBER]["facts"]["validUntil"] = json!("2041-11-22")),
        at("/validUntil"),
        "the exact facts were changed and the rest was not"
    );
    assert_eq!(
        refusal(|p| drop(p["credentialSubject"].as_object_mut().unwrap().remove("issuedToParty"))),
        at("/credentialSubject/issuedToParty")
    );
}

#[test]
fn members_beside_ours_may_stand() {
    let text = forge(
        |p| {
            p["renderMethod"] = json!([{"type": ["RenderTemplate2024"], "template": "<p>"}]);
            p["credentialSubject"]["trustmark"] = json!({"name": "m", "imageData": "AA==", "mediaType": "image/png"});
        },
        |_| {},
    );
    assert_eq!(Presented::read(&text).unwrap().certificate(), &certificate());
}

#[test]
fn registered_claims_that_repeat_the_credential_must_agree_with_it() {
    let names = [("iss", "/issuer/id"), ("jti", "/id"), ("sub", "/credentialSubject/id")];
    let same = forge(|p| names.iter().for_each(|(claim, path)| p[*claim] = p.pointer(path).unwrap().clone()), |_| {});
    assert_eq!(Presented::read(&same).unwrap().certificate(), &certificate());
    for (claim, _) in names {
        for other in [json!("did:web:evil.example.org"), json!(7), json!(null)] {
            let error = refusal(|p| p[claim] = other.clone());
            assert_eq!(error, DocumentError::Contradiction(format!("/{claim}")), "{other}");
        }
    }
}

#[test]
fn both_representations_of_the_status_index_are_read() {
    let text = forge(|p| p["credentialStatus"]["statusListIndex"] = json!("94567"), |_| {});
    assert_eq!(Presented::read(&text).unwrap().certificate(), &certificate());
    for wrong in [json!("-1"), json!(""), json!("9.5"), json!(-1), json!(1.5), json!(null), json!([94_567])] {
        let error = refusal(|p| p["credentialStatus"]["statusListIndex"] = wrong.clone());
        assert_eq!(error, DocumentError::Member("statusListIndex"), "{wrong}");
    }
    assert_eq!(refusal(|p| p["credentialStatus"] = json!([{}])), DocumentError::Member("credentialStatus"));
    let other = refusal(|p| p[FACTS_MEMBER]["status"][0]["statusListIndex"] = json!("94568"));
    assert_eq!(other, DocumentError::Member("statusListIndex"), "one index for both lists");
    let none = refusal(|p| p[FACTS_MEMBER]["status"] = json!([]));
    assert_eq!(none, DocumentError::Member("credentialStatus"));
}

/// A document that keeps back all that it may, and its disclosures.
fn sealed() -> (Certificate, Vec<Disclosure>) {
    let mut certificate = certificate();
    certificate.facts.remarks = "For indoor use.".to_owned();
    let (sealed, disclosures) = Sealed::new(&certificate.facts, ConfidentialField::ALL);
    certificate.sealed = sealed;
    (certificate, disclosures)
}

#[test]
fn what_is_kept_back_shows_nowhere_and_is_read_by_those_who_have_its_disclosures() {
    let (certificate, disclosures) = sealed();
    assert_eq!(disclosures.len(), 5);
    let key = key();
    let document = sign_document(&certificate, &key).unwrap();
    let payload = String::from_utf8(payload(&certificate).unwrap()).unwrap();
    for words in ["1 Example Road", "Plant 1", "PV-17", "indoor", "Maximum power loss", "IEC 61215-2"] {
        assert!(!payload.contains(words), "{words}");
    }
    let texts: Vec<&str> = disclosures.iter().map(Disclosure::text).collect();
    let verify = |text: &str| verify_document(text, |_| Some(key.public_key().clone()));
    // All of it.
    let whole = verify(&sd_jwt::join(&document, texts.iter().copied())).unwrap();
    assert!(whole.is_authentic() && whole.certificate.sealed.is_whole());
    assert_eq!(whole.certificate, certificate);
    // A part, and nothing: authentic all the same.
    let part = verify(&sd_jwt::join(&document, [texts[1]])).unwrap();
    assert!(part.is_authentic() && !part.certificate.sealed.is_whole());
    assert_eq!(part.certificate.facts.sites, certificate.facts.sites);
    assert_eq!(part.certificate.facts.holder.address, "");
    let bare = verify(&document).unwrap();
    assert!(bare.is_authentic());
    assert_eq!(bare.certificate.facts.holder.name, certificate.facts.holder.name);
    assert!(bare.certificate.facts.measurements.is_empty() && bare.certificate.facts.remarks.is_empty());
    assert_eq!(media_type(&certificate), "vc+sd-jwt");
}

#[test]
fn a_disclosure_of_another_document_or_of_another_value_is_refused() {
    let (certificate, disclosures) = sealed();
    let document = sign_document(&certificate, &key()).unwrap();
    let (_, others) = sealed();
    let present = |texts: &[&str]| Presented::read(&sd_jwt::join(&document, texts.iter().copied())).map(drop);
    let unreferenced = || Err(DocumentError::Disclosures(SdJwtError::Unreferenced));
    assert_eq!(present(&[disclosures[0].text()]), Ok(()));
    assert_eq!(present(&[others[0].text()]), unreferenced(), "another salt");
    assert_eq!(present(&[disclosures[0].text(), disclosures[0].text()]), unreferenced());
    let altered = Disclosure::new("address", json!("2 Example Road"));
    assert_eq!(present(&[altered.text()]), unreferenced());
    // One that keeps nothing back has none.
    let plain = sign_document(&self::certificate(), &key()).unwrap();
    let text = sd_jwt::join(&plain, [disclosures[0].text()]);
    assert_eq!(Presented::read(&text).map(drop), unreferenced());
}

#[test]
fn headers_outside_the_profile_are_refused() {
    let read = |header: fn(&mut NewHeader<'static>)| {
        Presented::read(&forge(|_| {}, header)).map(|presented| presented.key().key.clone())
    };
    assert_eq!(read(|_| {}), Ok("k".to_owned()));
    assert_eq!(read(|h| h.cty = None), Ok("k".to_owned()));
    assert_eq!(read(|h| h.typ = None), Err(DocumentError::Member("typ")));
    assert_eq!(read(|h| h.typ = Some("JWT")), Err(DocumentError::Member("typ")));
    assert_eq!(read(|h| h.cty = Some("json")), Err(DocumentError::Member("cty")));
    assert_eq!(read(|h| h.kid = Some("k")), Err(DocumentError::Member("kid")));
    assert_eq!(read(|h| h.kid = Some("did:web:example.org#")), Err(DocumentError::Member("kid")));
    assert_eq!(read(|h| h.kid = Some("did:web:evil.example.org#k")), Err(DocumentError::ForeignKey));
}

#[test]
fn envelopes_outside_the_profile_are_refused() {
    for name in ["vc", "vp", "exp", "nbf"] {
        assert_eq!(refusal(|p| p[name] = json!({})), DocumentError::Forbidden(name));
    }
    let member = DocumentError::Member;
    assert_eq!(refusal(|p| p["@context"][0] = json!("https://example.org")), member("@context"));
    assert_eq!(refusal(|p| p["@context"] = json!("https://www.w3.org/ns/credentials/v2")), member("@context"));
    assert_eq!(refusal(|p| p["type"] = json!(["VerifiableCredential"])), member("type"));
    assert_eq!(refusal(|p| p["id"] = json!("https://registry.example.org/certificates/GLXA")), member("id"));
    assert_eq!(refusal(|p| p["issuer"] = json!("did:web:registry.example.org:bodies:cb01")), member("issuer"));
    assert_eq!(refusal(|p| drop(p.as_object_mut().unwrap().remove(FACTS_MEMBER))), member(FACTS_MEMBER));
    let facts = |error: DocumentError| assert!(matches!(error, DocumentError::Facts(_)), "{error:?}");
    facts(refusal(|p| p[FACTS_MEMBER]["facts"]["grade"] = json!(1)));
    facts(refusal(|p| p[FACTS_MEMBER]["facts"]["grantedOn"] = json!("2026-02-30")));
    facts(refusal(|p| p[FACTS_MEMBER]["version"] = json!(-1)));
    assert!(matches!(Presented::read("no document"), Err(DocumentError::Compact(_))));
}

#[test]
fn identifiers_that_are_no_uris_are_refused_when_building() {
    let with = |change: fn(&mut Certificate)| {
        let mut certificate = certificate();
        change(&mut certificate);
        payload(&certificate)
    };
    assert_eq!(with(|c| c.registry = "registry".to_owned()), Err(BuildError::NotUri("registry")));
    for did in ["cb01", "did:web:a b", "did:web:a#b", "https://a", &format!("did:web:{}", "a".repeat(400))] {
        let mut certificate = certificate();
        certificate.issuer.did = did.to_owned();
        assert_eq!(payload(&certificate), Err(BuildError::NotDid), "{did}");
    }
    assert_eq!(
        with(|c| c.status.as_mut().unwrap().suspension = String::new()),
        Err(BuildError::NotUri("status.suspension"))
    );
    assert_eq!(with(|c| c.status.as_mut().unwrap().index = 1 << 53), Err(BuildError::StatusIndex));
}

#[test]
fn what_is_signed_is_never_too_large_to_be_read() {
    let with_scope = |bytes: usize| {
        let mut certificate = certificate();
        certificate.facts.scope = "x".repeat(bytes);
        sign_document(&certificate, &key())
    };
    // The scope stands in the document twice.
    let largest = with_scope(340 * 1024).unwrap();
    assert!(Presented::read(&largest).is_ok());
    assert_eq!(with_scope(360 * 1024), Err(SignDocumentError::Build(BuildError::TooLarge)));
}

#[test]
fn a_refusal_does_not_repeat_a_long_text() {
    let DocumentError::Facts(reason) = refusal(|p| p[FACTS_MEMBER]["x".repeat(10_000)] = json!(1)) else { panic!() };
    assert!(reason.len() <= 200);
}

#[test]
fn a_did_web_follows_from_an_address() {
    assert_eq!(
        did_web("https://registry.example.org/", &["bodies", "cb01"]).as_deref(),
        Ok("did:web:registry.example.org:bodies:cb01")
    );
    assert_eq!(did_web("http://localhost:8080/a", &[]).as_deref(), Ok("did:web:localhost%3A8080:a"));
    for address in
        ["", "registry.example.org", "https://", "https://u@example.org", "https://example.org?q", "https://a//b"]
    {
        assert_eq!(did_web(address, &["b"]), Err(DidError), "{address}");
    }
}

/// A document as it was issued before payloads were written from borrowed texts. What the log names stays readable, and is
/// written again to the byte, for as long as there are certificates.
const ISSUED: &str = include_str!("issued.jwt");

#[test]
fn a_document_that_was_issued_is_written_again_to_the_byte() {
    let read = Presented::read(ISSUED.trim_end()).unwrap();
    let encoded = ISSUED.split('.').nth(1).unwrap();
    assert_eq!(greenlane_jose::b64::encode(payload(read.certificate()).unwrap()), encoded);
}

#[test]
fn a_payload_is_the_canonical_form_of_its_value_and_the_facts_are_what_serde_makes_of_them() {
    let mut certificates = vec![certificate(), least()];
    let mut whole = certificate();
    whole.facts.remarks = "Indoors only.".to_owned();
    for fields in [&ConfidentialField::ALL[..], &ConfidentialField::ALL[..1], &[ConfidentialField::Measurements]] {
        let (sealed, _) = Sealed::new(&whole.facts, fields.iter().copied());
        certificates.push(Certificate { sealed, ..whole.clone() });
    }
    for (place, certificate) in certificates.iter().enumerate() {
        for profile in [Profile::Untp, Profile::W3c] {
            let value = Value::from(build::credential(profile, certificate).unwrap());
            let canonical = canonical::to_vec_with_decimals(&value).unwrap();
            assert_eq!(payload_as(profile, certificate).unwrap(), canonical, "{place} {profile:?}");
            let mut stated = serde_json::to_value(&certificate.facts).unwrap();
            let mut found = value[FACTS_MEMBER]["facts"].clone();
            let hashes = found["holder"].as_object_mut().unwrap().remove("_sd");
            assert_eq!(hashes.map_or(0, |hashes| hashes.as_array().unwrap().len()), certificate.sealed.holder.len());
            let hashes = found.as_object_mut().unwrap().remove("_sd");
            assert_eq!(hashes.map_or(0, |hashes| hashes.as_array().unwrap().len()), certificate.sealed.facts.len());
            for field in &certificate.sealed.fields {
                match field {
                    ConfidentialField::HolderAddress => {
                        drop(stated["holder"].as_object_mut().unwrap().remove("address"))
                    }
                    ConfidentialField::Sites => drop(stated.as_object_mut().unwrap().remove("sites")),
                    ConfidentialField::BodyReference => drop(stated.as_object_mut().unwrap().remove("bodyReference")),
                    ConfidentialField::Remarks => drop(stated.as_object_mut().unwrap().remove("remarks")),
                    ConfidentialField::Measurements => drop(stated.as_object_mut().unwrap().remove("measurements")),
                }
            }
            assert_eq!(found, stated, "{place} {profile:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_texts_survive(name in any::<String>(), scope in any::<String>(), edition in any::<String>(), gtin in "[0-9]{8,14}") {
        let mut certificate = certificate();
        certificate.facts.holder.name = name;
        certificate.facts.scope = scope;
        certificate.facts.normative_documents[0].edition = edition;
        certificate.facts.products[1].identification.gtin = gtin;
        let key = key();
        let text = sign_document(&certificate, &key).unwrap();
        let verified = verify_document(&text, |_| Some(key.public_key().clone())).unwrap();
        prop_assert!(verified.is_authentic());
        prop_assert_eq!(verified.certificate, certificate);
    }

    #[test]
    fn any_amount_is_written_without_panic(amount in "\\PC{0,30}|-?[0-9]{1,25}(\\.[0-9]{1,10})?(e-?[0-9]{1,3})?") {
        let mut certificate = certificate();
        certificate.facts.measurements[0].value.amount = amount;
        let key = key();
        let text = sign_document(&certificate, &key).unwrap();
        let presented = Presented::read(&text).unwrap();
        prop_assert_eq!(presented.certificate(), &certificate);
    }

    #[test]
    fn any_text_is_answered_without_panic(text in "\\PC*") {
        let _ = Presented::read(&text);
    }

    #[test]
    fn no_changed_character_is_authentic(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let key = key();
        let text = sign_document(&certificate(), &key).unwrap();
        let at = at.index(text.len());
        let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
        if changed != text && let Ok(verified) = verify_document(&changed, |_| Some(key.public_key().clone())) {
            prop_assert_eq!(verified.findings, [Finding::BadSignature]);
        }
    }
}

#[test]
fn in_w3cs_profile_both_status_entries_stand_together_and_the_rest_is_the_same() {
    let key = SigningKey::generate_ed25519();
    let text = sign_document_as(Profile::W3c, &certificate(), &key).unwrap();
    let read = Presented::read(&text).unwrap();
    assert_eq!((read.profile(), read.certificate()), (Profile::W3c, &certificate()));
    let payload = |profile| -> Value { serde_json::from_slice(&payload_as(profile, &certificate()).unwrap()).unwrap() };
    let (untp, w3c) = (payload(Profile::Untp), payload(Profile::W3c));
    let entries = w3c["credentialStatus"].as_array().unwrap();
    let purposes: Vec<_> = entries.iter().map(|entry| entry["statusPurpose"].as_str().unwrap()).collect();
    assert_eq!(purposes, ["revocation", "suspension"]);
    assert!(entries.iter().all(|entry| entry["statusListIndex"] == "94567"));
    let apart = |mut payload: Value| {
        payload.as_object_mut().unwrap().remove("credentialStatus");
        payload[FACTS_MEMBER].as_object_mut().unwrap().remove("status");
        payload
    };
    assert_eq!(apart(untp), apart(w3c));
}
