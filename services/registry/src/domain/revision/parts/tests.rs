use super::*;
use crate::domain::goods::{Code, ProductId};

fn product(model: &str, models: &[&str], amount: &str) -> Product {
    Product {
        name: "Sunrise".into(),
        id: ProductId { model: model.into(), ..ProductId::default() },
        codes: vec![Code { edition: "HS2022".into(), code: "854143".into() }],
        serial_ranges: Vec::new(),
        quantity: Some(Quantity { amount: amount.into(), unit: "C62".into() }),
        origin: String::new(),
        models: models.iter().map(|model| (*model).to_owned()).collect(),
    }
}

#[test]
fn the_largest_certificates_are_compared_within_the_bound() {
    let models = |product: usize| (0..200).map(|model| format!("M{product}-{model}")).collect::<Vec<_>>();
    let many = |amount: &str| -> Vec<Product> {
        let codes = || (0..50).map(|code| Code { edition: "HS2022".into(), code: format!("85{code:04}") }).collect();
        let of = |at: usize| Product { models: models(at), codes: codes(), ..product(&format!("M{at}"), &[], amount) };
        (0..500).map(of).collect()
    };
    assert_eq!(room(&many("10"), &many("9.5")), Room::Found);
    assert_eq!(room(&many("10"), &many("10.5")), Room::None);
    let numbered = Product { models: Vec::new(), ..many("1").remove(0) };
    let serials = |from: usize| -> Vec<Product> {
        let id = |serial: usize| ProductId { serial: format!("SN{serial:06}"), ..ProductId::default() };
        (from..500).map(|serial| Product { id: id(serial), ..numbered.clone() }).collect()
    };
    assert_eq!(room(&serials(0), &serials(100)), Room::Found);
}

#[test]
fn what_would_be_searched_without_end_is_not_said_to_be_wrong() {
    let wholes: Vec<Product> = (0..40).map(|at| product(&format!("W{at}"), &["A"], "10")).collect();
    let parts = |count: usize| -> Vec<Product> { (0..count).map(|_| product("A", &[], "6")).collect() };
    assert_eq!(room(&wholes, &parts(40)), Room::Found);
    let began = std::time::Instant::now();
    assert_eq!(room(&wholes, &parts(41)), Room::Unknown, "in all there is room, and in each for one");
    assert!(began.elapsed() < std::time::Duration::from_secs(20));
    assert_eq!(room(&wholes, &parts(67)), Room::None, "more than there is in all");
}

#[test]
fn an_item_may_be_named_by_its_run_and_a_run_by_its_items() {
    let numbered = |serial: &str, runs: &[(&str, &str)]| Product {
        id: ProductId { serial: serial.into(), ..product("A", &[], "1").id },
        serial_ranges: runs.iter().map(|(first, last)| SerialRange::new(first, last).unwrap()).collect(),
        quantity: None,
        ..product("A", &[], "1")
    };
    let whole = [numbered("S7", &[("A0", "A9")])];
    for part in [numbered("s7", &[]), numbered("", &[("A3", "A4"), ("S7", "S7")]), numbered("A5", &[])] {
        assert_eq!(room(&whole, std::slice::from_ref(&part)), Room::Found);
        assert_eq!(room(&whole, &[part.clone(), part]), Room::None, "an item is of one part");
    }
    for other in [numbered("S8", &[]), numbered("", &[("A5", "B5")]), numbered("", &[])] {
        assert_eq!(room(&whole, &[other]), Room::None);
    }
}
