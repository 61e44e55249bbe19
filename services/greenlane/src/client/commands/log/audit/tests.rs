use serde_json::Value;

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

#[test]
fn a_body_is_held_to_its_own_certificates_since_no_others_are_listed_to_it() {
    let auditor = auditor();
    assert_eq!((logged_of(&auditor, None), logged_of(&auditor, Some("bodies/a"))), (2, 1));
    assert_eq!(logged_of(&auditor, Some("bodies/none")), 0);
}

#[test]
fn a_registry_whose_clock_is_on_the_other_side_of_midnight_is_not_accused() {
    let auditor = auditor();
    let derived = &auditor.certificates()["GLA"];
    let listed = |state: CertificateState| wire::Certificate {
        body: "bodies/a".to_owned(),
        version: 1,
        latest_revision: 7,
        document_sha256: vec![0xab].into(),
        state: state.into(),
        ..Default::default()
    };
    let (active, suspended) = (listed(CertificateState::Active), listed(CertificateState::Suspended));
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
