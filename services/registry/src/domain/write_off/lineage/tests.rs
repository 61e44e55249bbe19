use chrono::DateTime;

use super::*;
use crate::domain::goods::ProductId;
use crate::domain::life::{Reason, State};

fn product(gtin: &str, model: &str, models: &[&str]) -> Product {
    Product {
        name: format!("Product {gtin}{model}"),
        id: ProductId { gtin: gtin.into(), model: model.into(), ..ProductId::default() },
        codes: Vec::new(),
        serial_ranges: Vec::new(),
        quantity: None,
        origin: String::new(),
        models: models.iter().map(|model| (*model).to_owned()).collect(),
    }
}

fn content(products: Vec<Product>) -> Content {
    let mut content: Content = serde_json::from_value(serde_json::json!({
        "holder": {"name": "x", "economy": "XA"}, "scheme": {"scheme": "schemes/x"}, "normative_documents": [],
        "granted_on": "2026-01-01", "valid_from": "2026-01-01", "valid_until": "2027-01-01", "authorised_by": "x",
        "scope": "x", "products": [],
    }))
    .unwrap();
    content.products = products;
    content
}

/// The lineage of versions, each made by its step; the first is granted.
fn lineage(versions: &[(Step, Vec<Product>)]) -> Lineage {
    let event = |(at, (step, _)): (usize, &(Step, Vec<Product>))| Event {
        log_index: at as u64,
        step: *step,
        reason: Some(Reason::Ordinary),
        reason_text: String::new(),
        effective_at: DateTime::UNIX_EPOCH,
        recorded_at: DateTime::UNIX_EPOCH,
        actor: String::new(),
        version: at as u32 + 1,
        remedy: String::new(),
        state_after: State::Active,
    };
    let events: Vec<Event> = versions.iter().enumerate().map(event).collect();
    let contents: Vec<Content> = versions.iter().map(|(_, products)| content(products.clone())).collect();
    Lineage::of(&events, contents.iter().enumerate().map(|(at, content)| (at as u32 + 1, content)))
}

/// Whether what is written off against `other` counts against a product of a version.
fn counts(lineage: &Lineage, version: u32, product: &Product, other: &Product) -> bool {
    lineage.kin(version, product).has(&product_key(&other.id))
}

const GTIN: &str = "09506000134352";

#[test]
fn a_product_that_more_is_said_of_is_the_same_one() {
    let (plain, said) = (product("", "W8", &[]), product(GTIN, "W8", &[]));
    let found = lineage(&[(Step::Grant, vec![plain.clone()]), (Step::Reissue, vec![said.clone()])]);
    assert!(counts(&found, 2, &said, &plain));
    assert!(counts(&found, 1, &plain, &said), "and so it is for who asks about the day before");
    let third = product(GTIN, "", &[]);
    let found = lineage(&[
        (Step::Grant, vec![plain.clone()]),
        (Step::Reissue, vec![said]),
        (Step::Reissue, vec![third.clone()]),
    ]);
    assert!(counts(&found, 3, &third, &plain));
}

#[test]
fn a_product_that_is_split_counts_against_each_part_and_the_parts_not_against_one_another() {
    let whole = product("", "W5", &["W5b"]);
    let (one, other) = (product("", "W5", &[]), product("", "W5b", &[]));
    let versions = [(Step::Grant, vec![whole.clone()]), (Step::ReduceScope, vec![one.clone(), other.clone()])];
    let found = lineage(&versions);
    assert!(counts(&found, 2, &other, &whole) && counts(&found, 2, &one, &whole));
    assert!(!counts(&found, 2, &one, &other));
    assert!(counts(&found, 1, &whole, &other));
}

#[test]
fn a_product_that_a_correction_calls_otherwise_is_the_same_one() {
    let (wrong, right) = (product("", "W9", &[]), product("", "W99", &[]));
    let kept = product("", "X1", &[]);
    let found = lineage(&[
        (Step::Grant, vec![wrong.clone(), kept.clone()]),
        (Step::Reissue, vec![right.clone(), kept.clone()]),
    ]);
    assert!(counts(&found, 2, &right, &wrong));
    assert!(!counts(&found, 2, &kept, &wrong) && !counts(&found, 2, &right, &kept));
}

#[test]
fn a_product_that_is_called_otherwise_is_found_though_another_may_be_it_by_chance() {
    let batch = |batch: &str| {
        let plain = product("", "EX", &[]);
        Product { id: ProductId { batch: batch.into(), ..plain.id.clone() }, ..plain }
    };
    let (wrong, right) = (product("", "EX", &[]), product("", "EY", &[]));
    let found =
        lineage(&[(Step::Grant, vec![wrong.clone(), batch("B2")]), (Step::Reissue, vec![right.clone(), batch("B3")])]);
    assert!(counts(&found, 2, &right, &wrong));
}

#[test]
fn what_is_taken_away_or_added_has_no_part_in_the_others() {
    let (a, b, c) = (product("", "A", &[]), product("", "B", &["B2"]), product("", "C", &[]));
    let narrowed = Product { id: ProductId { batch: "L1".into(), ..b.id.clone() }, ..b.clone() };
    let found = lineage(&[
        (Step::Grant, vec![a.clone(), b.clone()]),
        (Step::ReduceScope, vec![narrowed.clone()]),
        (Step::ExtendScope, vec![narrowed.clone(), c.clone()]),
    ]);
    assert!(counts(&found, 2, &narrowed, &b) && !counts(&found, 2, &narrowed, &a));
    assert!(!counts(&found, 3, &c, &a) && !counts(&found, 3, &c, &b));
    // More of what is there already is more.
    let batch = Product { id: ProductId { batch: "L2".into(), ..a.id.clone() }, ..a.clone() };
    let found = lineage(&[(Step::Grant, vec![a.clone()]), (Step::ExtendScope, vec![a.clone(), batch.clone()])]);
    assert!(!counts(&found, 2, &batch, &a));
}
