use super::*;

fn amount(amount: &str, unit: &str) -> Result<Option<(String, String)>, String> {
    Ok(Some((amount.to_owned(), unit.to_owned())))
}

#[test]
fn an_event_tells_time_product_amount_and_stage() {
    let read = Epcis::parse(
        r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00.000+02:00","eventTimeZoneOffset":"+02:00",
            "action":"ADD","bizStep":"commissioning",
            "quantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/LOT%2F1","quantity":200,"uom":"C62"}]}"#,
    )
    .unwrap();
    assert_eq!(read.event_time.unwrap().to_rfc3339(), "2026-05-01T08:00:00+00:00");
    let product = read.product.unwrap().unwrap();
    assert_eq!((product.gtin.as_str(), product.batch.as_str()), ("09506000134352", "LOT/1"));
    assert_eq!(read.quantity, amount("200", "C62"));
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
    let product = read.product.unwrap().unwrap();
    assert_eq!((product.gtin.as_str(), product.serial.as_str()), ("09506000134352", ""));
    assert_eq!((read.quantity, read.stage), (amount("2", "C62"), Some(Stage::Transport)));
}

#[test]
fn what_is_no_single_event_about_one_product_is_refused() {
    for (text, why) in [
        ("nonsense", "not JSON"),
        ("[]", "with its type"),
        (r#"{"type":"Party","eventTime":"2026-05-01T10:00:00Z"}"#, "with its type"),
        (r#"{"type":"ObjectEvent"}"#, "eventTime"),
        (
            r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","errorDeclaration":{"declarationTime":"2026-05-02T10:00:00Z"}}"#,
            "declares an event erroneous",
        ),
        (r#"{"type":"ObjectEvent","eventTime":"yesterday"}"#, "date and time"),
        (r#"{"epcisBody":{"eventList":[]}}"#, "one event, not 0"),
        (
            r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","epcList":["https://id.gs1.org/01/09506000134353"]}"#,
            "names the GTIN 09506000134353: the check digit is wrong",
        ),
        (
            r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","epcList":["https://id.gs1.org/01/09506000134352",
                "https://id.gs1.org/01/04012345123456"]}"#,
            "one product",
        ),
        (r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","epcList":["urn:epc:id:sscc:1.2"]}"#, "not read"),
    ] {
        let refused = match Epcis::parse(text) {
            Ok(read) => read.product.unwrap_err(),
            Err(why) => why,
        };
        assert!(refused.contains(why), "{text}: {refused}");
    }
    let bare = Epcis::parse(r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z"}"#).unwrap();
    assert_eq!((bare.product, bare.quantity, bare.stage), (Ok(None), Ok(None), None));
}

#[test]
fn a_transformation_is_about_what_came_of_it() {
    let read = Epcis::parse(
        r#"{"type":"TransformationEvent","eventTime":"2026-05-01T10:00:00Z",
            "inputEPCList":["https://id.gs1.org/01/04012345123456/21/1"],
            "inputQuantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.011111.L1","quantity":10,"uom":"KGM"},
                {"epcClass":"urn:epc:class:lgtin:4012345.022222.L2","quantity":30}],
            "outputQuantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/B1","quantity":200.5,"uom":"KGM"}]}"#,
    )
    .unwrap();
    let product = read.product.unwrap().unwrap();
    assert_eq!((product.gtin.as_str(), product.batch.as_str()), ("09506000134352", "B1"));
    assert_eq!((read.quantity, read.stage), (amount("200.5", "KGM"), Some(Stage::Production)));
}

#[test]
fn quantities_of_one_unit_add_up_and_others_are_not_guessed() {
    let of = |lists: &str| {
        let text = format!(r#"{{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z",{lists}}}"#);
        let read = Epcis::parse(&text).unwrap();
        (read.product.map(|product| product.map(|product| product.batch)), read.quantity)
    };
    let lots = r#""quantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/L1","quantity":100},
        {"epcClass":"https://id.gs1.org/01/09506000134352/10/L2","quantity":200.5}]"#;
    assert_eq!(of(lots), (Ok(Some(String::new())), amount("300.5", "C62")));
    let single =
        r#""epcList":["https://id.gs1.org/01/09506000134352/21/1","https://id.gs1.org/01/09506000134352/21/2"],"#;
    assert_eq!(of(&format!("{single}{lots}")).1, amount("302.5", "C62"));
    let (_, mixed) = of(&lots.replace("200.5", r#"2,"uom":"KGM""#));
    assert!(mixed.unwrap_err().contains("several units"));
    assert_eq!(of(&lots.replace(",\"quantity\":200.5", "")).1, Ok(None), "one of them is not told");
}

#[test]
fn one_event_is_the_same_however_it_is_written() {
    let event = r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","action":"ADD","quantity":200.5}"#;
    let wrapped = r#"{"epcisBody":{"eventList":[{"action":"ADD", "type":"ObjectEvent","quantity":200.50,
        "eventTime":"2026-05-01T10:00:00Z"}]}}"#;
    assert!(identity(event).is_some(), "an event with a fraction in it has an identity too");
    assert_eq!(identity(event), identity(wrapped));
    assert_ne!(identity(event), identity(&event.replace("200.5", "200.25")));
    assert!(identity(&event.replace("200.5", "1e-9")).is_some());
    let named = |id: &str, action: &str| {
        event.replace(r#""action":"ADD""#, &format!(r#""eventID":"{id}","action":"{action}""#))
    };
    assert_eq!(identity(&named("urn:uuid:3", "ADD")), identity(&named("urn:uuid:3", "OBSERVE")));
    assert_ne!(identity(&named("urn:uuid:3", "ADD")), identity(&named("urn:uuid:4", "ADD")));
    assert_ne!(identity(event), identity(&named("urn:uuid:3", "ADD")));
    assert_eq!(identity("nonsense"), None);
    let of = |model: &str| identity_of(event, &ProductId { model: model.to_owned(), ..ProductId::default() });
    assert!(of("A").is_some() && of("A") == of("a") && of("A") != of("B"), "it is recorded once of each product");
}
