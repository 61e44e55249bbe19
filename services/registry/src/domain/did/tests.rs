use super::{canonical, same};

#[test]
fn each_spelling_of_a_host_is_the_same_identifier() {
    for (spelling, one) in [
        ("did:web:Lab.Example.ORG", "did:web:lab.example.org"),
        ("did:web:lab.example.org.", "did:web:lab.example.org"),
        ("did:web:lab.example.org%3A443", "did:web:lab.example.org"),
        ("did:web:LAB.example.org.%3a8443:two", "did:web:lab.example.org%3A8443:two"),
        ("did:web:lab.example.org%3A08443", "did:web:lab.example.org%3A8443"),
        ("did:web:lab.example.org:%61%2D%c3%A9", "did:web:lab.example.org:a-%C3%A9"),
        ("did:web:localhost%3A7404:bodies:x", "did:web:localhost%3A7404:bodies:x"),
    ] {
        assert_eq!(canonical(spelling).as_deref(), Ok(one), "{spelling}");
        assert_eq!(canonical(one).as_deref(), Ok(one), "{one}");
        assert!(same(spelling, one), "{spelling}");
    }
}

#[test]
fn the_path_keeps_its_letters_and_another_port_is_another_host() {
    assert!(!same("did:web:lab.example.org:A", "did:web:lab.example.org:a"));
    assert!(!same("did:web:lab.example.org%3A8443", "did:web:lab.example.org"));
    assert!(!same("did:web:lab.example.org%3A8443", "did:web:lab.example.org:8443"));
    assert!(same("did:key:z6Mk", "did:key:z6Mk") && !same("did:key:z6Mk", "did:key:z6mk"));
}

#[test]
fn what_is_no_did_web_is_refused() {
    let long = format!("did:web:lab.example.org:{}", "a".repeat(300));
    for none in [
        "",
        "lab.example.org",
        "did:key:z6Mk",
        "DID:web:lab.example.org",
        "did:web:",
        "did:web:.",
        "did:web:lab..example.org",
        "did:web:-lab.example.org",
        "did:web:lab-.example.org",
        "did:web:lab_1.example.org",
        "did:web:lab%2Eexample.org",
        "did:web:lab.example.org%3A",
        "did:web:lab.example.org%3A0",
        "did:web:lab.example.org%3A65536",
        "did:web:lab.example.org%3A+80",
        "did:web:lab.example.org%3A80%3A80",
        "did:web:192.0.2.1",
        "did:web:192.0.2.1%3A8443",
        "did:web:0x7f.1",
        "did:web:[2001:db8::1]",
        "did:web:lab.example.org:",
        "did:web:lab.example.org::a",
        "did:web:lab.example.org:..",
        "did:web:lab.example.org:%2e%2E",
        "did:web:lab.example.org:a%2Fb",
        "did:web:lab.example.org:a%5Cb",
        "did:web:lab.example.org:a%00",
        "did:web:lab.example.org:a%4",
        "did:web:lab.example.org:a%+4",
        "did:web:lab.example.org:a/b",
        "did:web:lab.example.org?a",
        "did:web:lab.example.org:a#k",
        "did:web:lab.exämple.org",
        &long,
    ] {
        assert!(canonical(none).is_err(), "{none}");
    }
}
