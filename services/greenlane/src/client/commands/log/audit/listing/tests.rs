use serde_json::{Value, json};

use super::*;

const KEPT_UNTIL: &str = "2026-06-02T00:00:00.000000Z";

/// Bodies `a` and `b` with a certificate each, `GLA` and `GLB`; that of `a` is suspended from the second of June.
fn auditor() -> Auditor {
    let at = "2026-06-01T12:00:00.000000Z";
    let mut auditor = Auditor::new();
    let mut read = |mut entry: Value, event: &str, body: &str| {
        for (name, value) in [("event", event), ("body", body), ("recorded_at", at)] {
            entry[name] = value.into();
        }
        entry["form"] = 1.into();
        auditor.read(&greenlane_jose::canonical::to_vec(&entry).unwrap()).unwrap();
    };
    for (body, number) in [("bodies/a", "GLA"), ("bodies/b", "GLB")] {
        let key = format!("{body}/keys/k");
        read(json!({"record_sha256": "00"}), "body.create", body);
        read(json!({"key": key, "public_jwk_sha256": "00", "valid_from": at}), "key.create", body);
        let grant = json!({"certificate": format!("certificates/{number}"), "version": 1, "reason": "ordinary",
            "effective_at": at, "document_sha256": "ab", "key": key});
        read(grant, "certificate.grant", body);
    }
    let suspension = json!({"certificate": "certificates/GLA", "version": 1, "reason": "safety",
        "effective_at": KEPT_UNTIL});
    read(suspension, "certificate.suspend", "bodies/a");
    auditor
}

fn listed(body: &str, number: &str) -> wire::Certificate {
    wire::Certificate {
        name: format!("certificates/{number}"),
        body: body.to_owned(),
        version: 1,
        latest_revision: if number == "GLA" { 7 } else { 6 },
        document_sha256: vec![0xab].into(),
        state: CertificateState::Active.into(),
        ..Default::default()
    }
}

/// What comes of listing these to a token of all bodies or of one.
fn held(body: Option<&str>, listed: &[wire::Certificate]) -> Result<usize, String> {
    let auditor = auditor();
    let mut listing = Listing::new(&auditor, body);
    for one in listed {
        listing.take(one, "2026-06-01".parse().unwrap())?;
    }
    listing.end()
}

#[test]
fn a_body_is_held_to_its_own_certificates_since_no_others_are_listed_to_it() {
    let (a, b) = (listed("bodies/a", "GLA"), listed("bodies/b", "GLB"));
    assert_eq!(held(None, &[a.clone(), b.clone()]), Ok(2));
    assert_eq!(held(Some("bodies/a"), std::slice::from_ref(&a)), Ok(1));
    assert_eq!(held(Some("bodies/none"), &[]), Ok(0));
    let another = held(Some("bodies/a"), &[b]).unwrap_err();
    assert_eq!(another, "certificates/GLB is listed to another body than its own, bodies/b");
}

#[test]
fn a_register_that_hides_a_certificate_and_lists_another_one_twice_is_accused() {
    let (a, b) = (listed("bodies/a", "GLA"), listed("bodies/b", "GLB"));
    let twice = held(None, &[a.clone(), a.clone()]).unwrap_err();
    assert_eq!(twice, "certificates/GLA is listed twice");
    let hidden = held(None, &[b]).unwrap_err();
    assert_eq!(hidden, "certificates/GLA is in the log, and not in the register");
    let unknown = held(None, &[a, listed("bodies/a", "GLC")]).unwrap_err();
    assert_eq!(unknown, "certificates/GLC is in the register, and not in the log");
}

#[test]
fn a_registry_whose_clock_is_on_the_other_side_of_midnight_is_not_accused() {
    let auditor = auditor();
    let derived = &auditor.certificates()["GLA"];
    let active = listed("bodies/a", "GLA");
    let suspended = wire::Certificate { state: CertificateState::Suspended.into(), ..active.clone() };
    for (today, is_active, is_suspended) in [
        ("2026-05-31", true, false),
        ("2026-06-01", true, true),
        ("2026-06-02", true, true),
        ("2026-06-03", false, true),
    ] {
        let today = today.parse().unwrap();
        assert_eq!(follows(&active, derived, today), is_active, "{today}");
        assert_eq!(follows(&suspended, derived, today), is_suspended, "{today}");
    }
    let other = wire::Certificate { document_sha256: vec![0xac].into(), ..active };
    assert!(!follows(&other, derived, "2026-06-01".parse().unwrap()));
}
