use super::*;

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap()
}

#[test]
fn an_entry_holds_hashes_of_words_and_never_the_words() {
    let number = CertificateNumber::trusted("GL-TEST");
    let body = BodyId::trusted("xa-lab");
    let entry = Entry::Certificate(CertificateEntry {
        step: Step::Suspend,
        number: &number,
        body: &body,
        version: 1,
        document: None,
        reason: Some(Reason::Nonconformity),
        reason_text: "the laboratory in Springfield failed",
        remedy: "a new type test",
        effective_at: at(1_000_000),
        recorded_at: at(2_000_001),
    });
    let text = String::from_utf8(entry.to_bytes()).unwrap();
    assert!(!text.contains("Springfield") && !text.contains("type test"), "{text}");
    assert!(text.contains(&hex::encode(sha256("a new type test"))));
    assert_eq!(
        text,
        format!(
            concat!(
                r#"{{"body":"bodies/xa-lab","certificate":"certificates/GL-TEST","effective_at":"#,
                r#""1970-01-01T00:00:01.000000Z","event":"certificate.suspend","form":1,"#,
                r#""reason":"nonconformity","reason_text_sha256":"{}","#,
                r#""recorded_at":"1970-01-01T00:00:02.000001Z","remedy_sha256":"{}","version":1}}"#
            ),
            hex::encode(sha256("the laboratory in Springfield failed")),
            hex::encode(sha256("a new type test")),
        )
    );
}
