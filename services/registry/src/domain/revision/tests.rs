use super::*;
use crate::domain::content::{Holder, NormativeDocument, Product, Quantity, Scheme, SerialRange, Site};
use crate::domain::goods::{Code, ProductId};

/// What is changed of a product, in words and in deed.
type Case = (&'static str, fn(&mut Product));

fn product(model: &str) -> Product {
    Product {
        name: "Sunrise".into(),
        id: ProductId { model: model.into(), ..ProductId::default() },
        codes: vec![Code { edition: "HS2022".into(), code: "854143".into() }],
        serial_ranges: Vec::new(),
        quantity: None,
        origin: String::new(),
        models: Vec::new(),
    }
}

fn content(products: Vec<Product>) -> Content {
    Content {
        holder: Holder {
            name: "Example Ltd".into(),
            address: String::new(),
            economy: "XA".into(),
            identifier: String::new(),
        },
        products,
        scheme: Scheme { scheme: "schemes/example".into(), level: String::new() },
        normative_documents: Vec::new(),
        granted_on: day("2026-01-01"),
        valid_from: day("2026-01-01"),
        valid_until: day("2028-12-31"),
        authorised_by: "Head".into(),
        scope: "Modules.".into(),
        sites: Vec::new(),
        body_reference: String::new(),
        remarks: String::new(),
        measurements: Vec::new(),
        confidential: Vec::new(),
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn fields(amendment: Amendment, before: &Content, after: &Content) -> Vec<&'static str> {
    amendment_faults(amendment, before, after, Reason::Mistake).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn a_reduction_adds_nothing_and_an_extension_takes_nothing_away() {
    let (one, two) = (content(vec![product("A")]), content(vec![product("A"), product("B")]));
    assert!(fields(Amendment::ExtendScope, &one, &two).is_empty());
    assert_eq!(fields(Amendment::ReduceScope, &one, &two), ["content.products"]);
    assert!(fields(Amendment::ReduceScope, &two, &one).is_empty());
    assert_eq!(fields(Amendment::ExtendScope, &two, &one), ["content.products"]);
    assert!(fields(Amendment::Correct, &two, &one).is_empty());
}

#[test]
fn a_reduction_takes_something_away() {
    let site = |name: &str| Site { name: name.into(), address: String::new(), economy: "XA".into() };
    let before = Content {
        sites: vec![site("North"), site("South")],
        scheme: Scheme { scheme: "schemes/example".into(), level: "A".into() },
        ..content(vec![Product { quantity: Some(Quantity::new("10", "C62").unwrap()), ..product("A") }])
    };
    let reduced = |change: fn(&mut Content)| {
        let mut after = before.clone();
        change(&mut after);
        fields(Amendment::ReduceScope, &before, &after)
    };
    let less: [fn(&mut Content); 5] = [
        |after| after.products[0].quantity = Some(Quantity::new("9", "C62").unwrap()),
        |after| after.valid_until = day("2028-06-30"),
        |after| drop(after.sites.pop()),
        |after| after.scheme.level.clear(),
        |after| after.scope = "Modules, but none for roofs.".into(),
    ];
    assert_eq!(less.map(&reduced), [const { Vec::<&str>::new() }; 5]);
    let no_less: [fn(&mut Content); 4] = [
        |after| after.scheme.level = "A+++".into(),
        |after| after.remarks = "Nothing of it changes.".into(),
        |after| after.authorised_by = "Deputy".into(),
        |after| after.products[0].name = "Sunset".into(),
    ];
    for change in no_less {
        assert_eq!(reduced(change), ["update_mask"]);
    }
    let another = |after: &mut Content| after.holder.economy = "XB".into();
    assert_eq!(reduced(another), ["content.holder"]);
    let mut after = before.clone();
    another(&mut after);
    assert_eq!(fields(Amendment::ExtendScope, &before, &after), ["content.holder"]);
}

#[test]
fn another_level_is_by_itself_neither_less_nor_more() {
    let of = |level: &str, scope: &str| {
        let scheme = Scheme { scheme: "schemes/example".into(), level: level.into() };
        Content { scheme, scope: scope.into(), ..content(vec![product("A")]) }
    };
    let told = |amendment, before: &Content, after: &Content| {
        let faults = amendment_faults(amendment, before, after, Reason::Ordinary);
        faults.into_iter().map(|(field, why)| (field, why.contains("level"))).collect::<Vec<_>>()
    };
    let (none, low, high) = (of("", "Modules."), of("B", "Modules."), of("A", "Modules."));
    for (before, after) in [(&low, &high), (&high, &low)] {
        assert_eq!(told(Amendment::ReduceScope, before, after), [("update_mask", true)], "which may be a better one");
        assert!(told(Amendment::ExtendScope, before, after).is_empty());
    }
    let less = of("B", "Modules, no longer of class A.");
    assert!(told(Amendment::ReduceScope, &high, &less).is_empty(), "the body says what it takes away");
    assert!(told(Amendment::ReduceScope, &high, &none).is_empty());
    assert!(told(Amendment::ExtendScope, &none, &high).is_empty());
    assert_eq!(told(Amendment::ExtendScope, &high, &none), [("content.scheme.level", false)]);
    assert_eq!(told(Amendment::ReduceScope, &none, &high), [("content.scheme.level", false)]);
}

type Change = fn(&mut Content);

#[test]
fn a_correction_touches_what_is_certified_for_a_mistake_alone() {
    let before = content(vec![product("A")]);
    let corrected = |reason, change: Change| {
        let mut after = before.clone();
        change(&mut after);
        let faults = amendment_faults(Amendment::Correct, &before, &after, reason);
        faults.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    let certified: [(&str, Change); 7] = [
        ("content.products", |after| after.products.push(product("B"))),
        ("content.products", |after| after.products[0].codes[0].code = "85".into()),
        ("content.scheme.level", |after| after.scheme.level = "A+++".into()),
        ("content.normative_documents", |after| {
            after.normative_documents = vec![NormativeDocument { edition: "EX 1:2026".into(), part: String::new() }];
        }),
        ("content.granted_on", |after| after.granted_on = day("2025-12-31")),
        ("content.valid_from", |after| after.valid_from = day("2026-01-02")),
        ("content.valid_until", |after| after.valid_until = day("2048-12-31")),
    ];
    for (field, change) in certified {
        assert_eq!(corrected(Reason::Ordinary, change), [field]);
        assert_eq!(corrected(Reason::KeyCompromise, change), [field]);
        assert!(corrected(Reason::Mistake, change).is_empty(), "{field}");
    }
    let recorded: [Change; 3] = [
        |after| after.holder.name = "Example Limited".into(),
        |after| after.products[0].name = "Sunrise (TM)".into(),
        |after| after.remarks = "Printed anew.".into(),
    ];
    for change in recorded {
        assert!(corrected(Reason::Ordinary, change).is_empty());
    }
}

#[test]
fn every_limit_of_a_product_counts() {
    let whole = Product {
        models: vec!["B".into()],
        serial_ranges: vec![SerialRange::new("100", "199").unwrap()],
        quantity: Some(Quantity::new("10.5", "C62").unwrap()),
        origin: "XA".into(),
        ..product("A")
    };
    let parts: [Case; 8] = [
        ("a model less", |part| part.models.clear()),
        ("a narrower code", |part| part.codes[0].code = "854143".into()),
        ("fewer serials", |part| part.serial_ranges = vec![SerialRange::new("110", "120").unwrap()]),
        ("one serial", |part| {
            part.serial_ranges.clear();
            part.id.serial = "150".into();
        }),
        ("a smaller quantity", |part| part.quantity = Some(Quantity::new("9.75", "C62").unwrap())),
        ("the same quantity", |part| part.quantity = Some(Quantity::new("010.50", "C62").unwrap())),
        ("a batch of it", |part| part.id.batch = "L1".into()),
        ("its number", |part| part.id.gtin = "4012345123456".into()),
    ];
    for (what, change) in parts {
        let mut part = whole.clone();
        change(&mut part);
        assert_eq!(room(std::slice::from_ref(&whole), &[part]), Room::Found, "{what}");
    }
    let others: [Case; 8] = [
        ("another model", |part| part.id.model = "C".into()),
        ("any model", |part| {
            part.id.model.clear();
            part.models.clear();
        }),
        ("another code", |part| part.codes[0].code = "850231".into()),
        ("a serial beyond", |part| part.serial_ranges = vec![SerialRange::new("150", "200").unwrap()]),
        ("all serials", |part| part.serial_ranges.clear()),
        ("a larger quantity", |part| part.quantity = Some(Quantity::new("10.51", "C62").unwrap())),
        ("another unit", |part| part.quantity = Some(Quantity::new("1", "KGM").unwrap())),
        ("any origin", |part| part.origin.clear()),
    ];
    for (what, change) in others {
        let mut part = whole.clone();
        change(&mut part);
        assert_eq!(room(std::slice::from_ref(&whole), &[part]), Room::None, "{what}");
    }
}

#[test]
fn the_parts_of_a_product_are_together_no_more_than_it() {
    let of = |model: &str, amount: &str, runs: &[(&str, &str)]| Product {
        quantity: Some(Quantity::new(amount, "C62").unwrap()),
        serial_ranges: runs.iter().map(|(first, last)| SerialRange::new(first, last).unwrap()).collect(),
        ..product(model)
    };
    let whole = Product { models: vec!["W5b".into()], ..of("W5", "100", &[]) };
    let before = content(vec![whole.clone(), of("X", "50", &[])]);
    let split = |one: &str, other: &str| content(vec![of("W5b", other, &[]), of("W5", one, &[]), of("X", "50", &[])]);
    assert!(fields(Amendment::ReduceScope, &before, &split("60", "40")).is_empty());
    assert_eq!(fields(Amendment::ReduceScope, &before, &split("100", "100")), ["content.products"]);
    assert_eq!(fields(Amendment::ReduceScope, &before, &split("60.5", "40")), ["content.products"]);
    assert_eq!(fields(Amendment::ExtendScope, &split("100", "100"), &before), ["content.products"]);
    // Room is found in another product where the first has none.
    let both = content(vec![
        of("X", "50", &[]),
        Product { id: ProductId { batch: "L1".into(), ..whole.id.clone() }, ..of("W5", "50", &[]) },
    ]);
    let after = content(vec![both.products[1].clone(), of("W5b", "50", &[])]);
    assert!(fields(Amendment::ReduceScope, &before, &after).is_empty());
    // A serial number is of one part.
    let numbered = content(vec![Product { models: vec!["N2".into()], ..of("N1", "100", &[("100", "199")]) }]);
    let halves = |from: &str| content(vec![of("N1", "50", &[("100", "149")]), of("N2", "50", &[(from, "199")])]);
    assert!(fields(Amendment::ReduceScope, &numbered, &halves("150")).is_empty());
    assert_eq!(fields(Amendment::ReduceScope, &numbered, &halves("149")), ["content.products"]);
}

#[test]
fn an_amendment_changes_something_and_keeps_scheme_and_term() {
    let before = content(vec![product("A")]);
    assert_eq!(fields(Amendment::Correct, &before, &before), ["update_mask"]);
    let mut after = before.clone();
    after.scheme.scheme = "schemes/other".into();
    after.granted_on = day("2026-02-01");
    after.valid_from = day("2026-02-01");
    after.valid_until = day("2030-01-01");
    assert_eq!(fields(Amendment::Correct, &before, &after), ["content.scheme.scheme"]);
    assert_eq!(
        fields(Amendment::ReduceScope, &before, &after),
        ["content.scheme.scheme", "content.granted_on", "content.valid_from", "content.valid_until"]
    );
}

#[test]
fn a_late_renewal_leaves_the_gap() {
    let before = content(vec![product("A")]);
    let renewed = |until: &str, today: &str| renewed(&before, day(until), "Other".into(), day(today));
    let early = renewed("2031-12-31", "2028-06-01").unwrap();
    assert_eq!((early.valid_from, early.valid_until), (before.valid_from, day("2031-12-31")));
    let late = renewed("2031-12-31", "2029-02-01").unwrap();
    assert_eq!(late.valid_from, day("2029-02-01"));
    assert_eq!(late.granted_on, before.granted_on);
    assert_eq!(renewed("2028-12-31", "2028-06-01").unwrap_err().0, "valid_until");
    assert_eq!(renewed("2029-01-31", "2029-02-01").unwrap_err().0, "valid_until");
}

#[test]
fn every_part_finds_its_place_when_there_is_one() {
    let of = |model: &str, models: &[&str], amount: &str| Product {
        models: models.iter().map(|model| (*model).to_owned()).collect(),
        quantity: Some(Quantity::new(amount, "C62").unwrap()),
        ..product(model)
    };
    // What may be of both products is put into the one that the other part needs, unless it is tried again.
    let before = content(vec![of("W1", &["A", "B"], "10"), of("W2", &["A"], "10")]);
    for models in [["A", "B"], ["B", "A"]] {
        let after = content(models.iter().map(|model| of(model, &[], "10")).collect());
        assert!(fields(Amendment::ReduceScope, &before, &after).is_empty(), "{models:?}");
    }
    let more = content(vec![of("A", &[], "10"), of("A", &["W1"], "5"), of("B", &[], "6")]);
    assert_eq!(fields(Amendment::ReduceScope, &before, &more), ["content.products"]);
    // The smallest that has room is not always the one to take.
    let before = content(vec![of("V1", &["C"], "9"), of("V2", &["C"], "8")]);
    let parts = |amounts: &[&str]| content(amounts.iter().map(|amount| of("C", &[], amount)).collect());
    assert!(fields(Amendment::ReduceScope, &before, &parts(&["5", "5", "4", "3"])).is_empty());
    assert_eq!(fields(Amendment::ReduceScope, &before, &parts(&["5", "5", "5"])), ["content.products"]);
    let numbered = |model: &str, models: &[&str], runs: &[(&str, &str)]| Product {
        quantity: None,
        serial_ranges: runs.iter().map(|(first, last)| SerialRange::new(first, last).unwrap()).collect(),
        ..of(model, models, "1")
    };
    let before =
        content(vec![numbered("N1", &["A", "B"], &[("100", "199")]), numbered("N2", &["A"], &[("100", "199")])]);
    let after = content(vec![numbered("A", &[], &[("150", "160")]), numbered("B", &[], &[("155", "165")])]);
    assert!(fields(Amendment::ReduceScope, &before, &after).is_empty());
}

#[test]
fn a_part_is_compared_as_people_read_it() {
    let numbered = |batch: &str, first: &str, last: &str| Product {
        id: ProductId { batch: batch.into(), ..product("A").id },
        serial_ranges: vec![SerialRange { first: first.into(), last: last.into() }],
        ..product("A")
    };
    let before = content(vec![numbered("L-1", "sn-100", "sn-199")]);
    assert!(fields(Amendment::ReduceScope, &before, &content(vec![numbered("l 1", "SN-110", "SN-120")])).len() == 1);
    assert!(fields(Amendment::ReduceScope, &before, &content(vec![numbered("l-1", "SN-110", "SN-120")])).is_empty());
    assert!(fields(Amendment::ReduceScope, &before, &content(vec![numbered("L–1", "Sn-110", "sN-120")])).is_empty());
    let twice = content(vec![numbered("L-1", "SN-110", "SN-120"), numbered("L-1", "sn-120", "sn-130")]);
    assert_eq!(fields(Amendment::ReduceScope, &before, &twice), ["content.products"]);
}
