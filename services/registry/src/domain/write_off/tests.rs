use super::amount::Amount;
use super::ledger::{Declared, Exceeded, Ledger};
use super::lineage::Kin;
use super::*;

fn product(amount: Option<&str>, ranges: &[(&str, &str)]) -> Product {
    Product {
        name: "Sunrise 400".into(),
        id: ProductId { model: "SR-400".into(), ..ProductId::default() },
        codes: Vec::new(),
        serial_ranges: ranges.iter().map(|(first, last)| range(first, last)).collect(),
        quantity: amount.map(|amount| Quantity { amount: amount.into(), unit: "C62".into() }),
        origin: String::new(),
        models: Vec::new(),
    }
}

fn range(first: &str, last: &str) -> SerialRange {
    SerialRange { first: first.into(), last: last.into() }
}

fn quantity(amount: &str) -> Option<Quantity> {
    Some(Quantity { amount: amount.into(), unit: "C62".into() })
}

fn write_off(index: u64, kind: Kind, amount: Option<&str>, serials: &[SerialRange], reverses: Option<u64>) -> WriteOff {
    let at = DateTime::UNIX_EPOCH;
    let record = Record {
        kind,
        certificate: CertificateNumber::trusted("GLX"),
        body: BodyId::trusted("xa-lab"),
        version: 1,
        economy: "XB".into(),
        declaration: "D-1".into(),
        product: ProductId { model: "sr-400".into(), ..ProductId::default() },
        quantity: amount.and_then(quantity),
        serials: serials.to_vec(),
        event_time: at,
        reverses,
        rejection: None,
        reason_text: String::new(),
        actor: "customs".into(),
        salt: "00".into(),
    };
    WriteOff { record, recorded_at: at, index }
}

#[test]
fn amounts_are_exact_and_never_more_than_was_certified() {
    for (text, shown) in
        [("1200", "1200"), ("0.5", "0.5"), ("007.100", "7.1"), ("0", "0"), ("1.000000001", "1.000000001")]
    {
        assert_eq!(Amount::parse(text).unwrap().to_string(), shown);
    }
    for wrong in ["", ".", "1.", ".5", "-1", "1e3", "1,5", "1.0000000001", &"9".repeat(25)] {
        assert!(Amount::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Amount::certified("1.9999999999999").to_string(), "1.999999999");
    assert!(Amount::certified(&"9".repeat(30)) <= Amount::parse(&"9".repeat(24)).unwrap());
    let third = Amount::parse("0.1").unwrap();
    assert_eq!(third.plus(third).plus(third), Amount::parse("0.3").unwrap());
    assert!(third.minus(Amount::parse("1").unwrap()).is_zero());
}

#[test]
fn a_quantity_is_taken_once_and_given_back_by_a_reversal() {
    let certified = product(Some("100"), &[]);
    let mut ledger = Ledger::of(&[write_off(1, Kind::Use, Some("60"), &[], None)]);
    assert_eq!(
        ledger.left(&certified, &Kin::from(&certified)),
        quantity("40"),
        "in whatever case the product was named"
    );
    let left = Amount::parse("40").unwrap();
    let exceeded = Err(Exceeded::Quantity { left, unit: "C62".into() });
    assert_eq!(ledger.allows(&certified, &Kin::from(&certified), quantity("40.5").as_ref(), &[]), exceeded);
    assert_eq!(ledger.allows(&certified, &Kin::from(&certified), quantity("40").as_ref(), &[]), Ok(()));
    ledger.take(&write_off(2, Kind::Rejection, Some("40"), &[], None));
    assert_eq!(ledger.left(&certified, &Kin::from(&certified)), quantity("40"), "a rejection takes nothing");
    ledger.take(&write_off(3, Kind::Reversal, Some("60"), &[], Some(1)));
    assert_eq!(ledger.left(&certified, &Kin::from(&certified)), quantity("100"));
}

#[test]
fn a_declaration_stands_for_a_product_until_it_is_reversed() {
    let taken = write_off(1, Kind::Use, Some("60"), &[], None);
    let mut ledger = Ledger::of([&taken]);
    assert_eq!(ledger.declared.get(&Declared::of(&taken.record)), Some(&1));
    ledger.take(&write_off(2, Kind::Reversal, Some("60"), &[], Some(1)));
    assert!(ledger.declared.is_empty());
}

#[test]
fn nothing_is_left_in_a_unit_once_something_was_taken_in_another() {
    let taken = write_off(1, Kind::Use, Some("60"), &[], None);
    let mut ledger = Ledger::of([&taken]);
    let quantity = Some(Quantity { amount: "1".into(), unit: "TNE".into() });
    let corrected = Product { quantity: quantity.clone(), ..product(None, &[]) };
    let kin = Kin::from(&corrected);
    assert_eq!(ledger.left(&corrected, &kin).unwrap().amount, "0");
    let exceeded = Err(Exceeded::Quantity { left: Amount::default(), unit: "TNE".into() });
    assert_eq!(ledger.allows(&corrected, &kin, quantity.as_ref(), &[]), exceeded);
    ledger.take(&write_off(2, Kind::Reversal, Some("60"), &[], Some(1)));
    assert_eq!(ledger.allows(&corrected, &kin, quantity.as_ref(), &[]), Ok(()));
}

#[test]
fn a_serial_number_is_the_same_in_whatever_case() {
    let free = product(None, &[]);
    let ledger = Ledger::of(&[write_off(1, Kind::Use, None, &[range("SN-1", "SN-9")], None)]);
    let allows = |first, last| ledger.allows(&free, &Kin::from(&free), None, &[range(first, last)]);
    assert_eq!(allows("sn-5", "sn-5"), Err(Exceeded::Serials { taken: range("SN-5", "SN-5") }));
    assert!(matches!(allows("SN-5", "sn-7"), Err(Exceeded::Serials { .. })), "in whatever case each end is written");
    let certified = product(None, &[("a001", "a499")]);
    let own = Kin::from(&certified);
    assert_eq!(Ledger::default().allows(&certified, &own, None, &[range("A100", "A101")]), Ok(()));
}

#[test]
fn a_serial_number_is_taken_once_and_within_what_is_certified() {
    let certified = product(None, &[("A001", "A499"), ("B001", "B100")]);
    let mut ledger = Ledger::of(&[write_off(1, Kind::Use, None, &[range("A100", "A199")], None)]);
    let allows =
        |ledger: &Ledger, serials: &[SerialRange]| ledger.allows(&certified, &Kin::from(&certified), None, serials);
    assert_eq!(allows(&ledger, &[range("A200", "A300"), range("B001", "B001")]), Ok(()));
    let taken = Err(Exceeded::Serials { taken: range("A150", "A199") });
    assert_eq!(allows(&ledger, &[range("B001", "B002"), range("A150", "A250")]), taken);
    for wrong in [vec![], vec![range("A400", "A500")], vec![range("A300", "B050")], vec![range("1", "2")]] {
        assert!(matches!(allows(&ledger, &wrong), Err(Exceeded::Field { field: "serial_ranges", .. })), "{wrong:?}");
    }
    let twice = [range("A300", "A310"), range("A310", "A320")];
    assert!(matches!(allows(&ledger, &twice), Err(Exceeded::Field { .. })));
    ledger.take(&write_off(2, Kind::Reversal, None, &[range("A100", "A199")], Some(1)));
    assert_eq!(allows(&ledger, &[range("A150", "A250")]), Ok(()));
}

#[test]
fn the_product_that_is_meant_is_one_and_no_other() {
    let mut content: Content = serde_json::from_value(serde_json::json!({
        "holder": {"name": "x", "economy": "XA"}, "scheme": {"scheme": "schemes/x"}, "normative_documents": [],
        "granted_on": "2026-01-01", "valid_from": "2026-01-01", "valid_until": "2027-01-01", "authorised_by": "x",
        "scope": "x", "products": [],
    }))
    .unwrap();
    let other = Product { id: ProductId { model: "SR-500".into(), ..ProductId::default() }, ..product(None, &[]) };
    content.products = vec![product(None, &[]), other];
    let named = |model: &str| ProductId { model: model.into(), ..ProductId::default() };
    assert_eq!(meant(&content, &named("sr-500")).unwrap().id.model, "SR-500");
    let batch = ProductId { batch: "L1".into(), ..named("SR-500") };
    content.products.push(Product { id: batch.clone(), ..product(None, &[]) });
    assert_eq!(meant(&content, &named("SR-500")).unwrap().id.batch, "", "what is named exactly is meant");
    assert_eq!(meant(&content, &batch).unwrap().id.batch, "L1");
    assert!(meant(&content, &named("SR-600")).is_err() && meant(&content, &ProductId::default()).is_err());
    assert_eq!(product_key(&named("SR-400")), product_key(&named("sr - 400")));
    assert_ne!(product_key(&named("SR-400")), product_key(&named("SR-500")));
}
