use super::*;

#[test]
fn an_event_tells_time_product_amount_and_stage() {
    let read = Epcis::parse(
        r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00.000+02:00","eventTimeZoneOffset":"+02:00",
            "action":"ADD","bizStep":"commissioning",
            "quantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/LOT%2F1","quantity":200,"uom":"C62"}]}"#,
    )
    .unwrap();
    assert_eq!(read.event_time.unwrap().to_rfc3339(), "2026-05-01T08:00:00+00:00");
    let product = read.product.unwrap();
    assert_eq!((product.gtin.as_str(), product.batch.as_str()), ("09506000134352", "LOT/1"));
    assert_eq!(read.quantity, Some(("200".to_owned(), "C62".to_owned())));
    assert_eq!(read.stage, Some(Stage::Production));
}

#[test]
fn single_items_of_one_product_are_told_as_the_product_and_their_number() {
    let read = Epcis::parse(
        r#"{"epcisBody":{"eventList":[{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","action":"OBSERVE",
            "bizStep":"urn:epcglobal:cbv:bizstep:shipping",
            "epcList":["urn:epc:id:sgtin:9506000.013435.1","urn:epc:id:sgtin:9506000.013435.2"]}]}}"#,
    )
    .unwrap();
    let product = read.product.unwrap();
    assert_eq!((product.gtin.as_str(), product.serial.as_str()), ("09506000134352", ""));
    assert_eq!((read.quantity, read.stage), (Some(("2".to_owned(), "C62".to_owned())), Some(Stage::Transport)));
}

#[test]
fn what_is_no_single_event_about_one_product_is_refused() {
    for (text, why) in [
        ("nonsense", "not JSON"),
        ("[]", "with its type"),
        (r#"{"type":"Party","eventTime":"2026-05-01T10:00:00Z"}"#, "with its type"),
        (r#"{"type":"ObjectEvent"}"#, "eventTime"),
        (r#"{"type":"ObjectEvent","eventTime":"yesterday"}"#, "date and time"),
        (r#"{"epcisBody":{"eventList":[]}}"#, "one event, not 0"),
        (
            r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","epcList":["https://id.gs1.org/01/09506000134353"]}"#,
            "check digit",
        ),
        (
            r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","epcList":["https://id.gs1.org/01/09506000134352",
                "https://id.gs1.org/01/04012345123456"]}"#,
            "one product",
        ),
        (r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","epcList":["urn:epc:id:sscc:1.2"]}"#, "not read"),
    ] {
        let refused = Epcis::parse(text).unwrap_err();
        assert!(refused.contains(why), "{text}: {refused}");
    }
    let bare = Epcis::parse(r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z"}"#).unwrap();
    assert_eq!((bare.product, bare.quantity, bare.stage), (None, None, None));
}
