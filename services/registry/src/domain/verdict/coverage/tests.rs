use super::*;
use crate::domain::content::{Holder, NormativeDocument, Scheme, SerialRange};
use crate::domain::goods::{ProductId, Stock};

fn code_of(edition: &str, code: &str) -> Code {
    Code { edition: edition.into(), code: code.into() }
}

fn product() -> Product {
    Product {
        name: "Sunrise 400".into(),
        id: ProductId { model: "SR-400".into(), ..ProductId::default() },
        codes: vec![code_of("HS2022", "854143")],
        serial_ranges: Vec::new(),
        quantity: None,
        origin: String::new(),
        models: Vec::new(),
    }
}

fn content(products: Vec<Product>) -> Content {
    Content {
        holder: Holder { name: "H".into(), address: String::new(), economy: "XA".into(), identifier: String::new() },
        products,
        scheme: Scheme { scheme: "schemes/example".into(), level: String::new() },
        normative_documents: vec![NormativeDocument { edition: "EX 1:2026".into(), part: String::new() }],
        granted_on: "2026-01-01".parse().unwrap(),
        valid_from: "2026-01-01".parse().unwrap(),
        valid_until: "2026-12-31".parse().unwrap(),
        authorised_by: "A".into(),
        scope: "S".into(),
        sites: Vec::new(),
        body_reference: String::new(),
        remarks: String::new(),
        measurements: Vec::new(),
        confidential: Vec::new(),
    }
}

fn goods() -> Goods {
    Goods {
        code: code_of("HS2022", "854143"),
        origin: "XA".into(),
        destination: "XB".into(),
        date: "2026-06-01".parse().unwrap(),
        product: ProductId { model: "sr-400".into(), ..ProductId::default() },
        stock: Stock::default(),
    }
}

fn unknown(_: &Code) -> SameGoods {
    SameGoods::Unknown
}

fn codes(part: &Part) -> Vec<&'static str> {
    part.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn the_certified_code_and_model_are_covered() {
    let part = judge(Some(&content(vec![product()])), &goods(), unknown);
    assert_eq!((part.outcome, codes(&part)), (Outcome::Yes, vec!["code_covered", "product_matched"]));
}

#[test]
fn another_code_of_the_same_edition_is_not_covered() {
    let goods = Goods { code: code_of("HS2022", "850132"), ..goods() };
    let part = judge(Some(&content(vec![product()])), &goods, unknown);
    assert_eq!((part.outcome, codes(&part)[0]), (Outcome::No, "code_not_covered"));
}

#[test]
fn a_code_that_holds_other_goods_too_counts_only_when_the_product_is_the_certified_one() {
    let goods = Goods { code: code_of("HS2017", "854140"), ..goods() };
    let of = |goods: &Goods| {
        let part = judge(Some(&content(vec![product()])), goods, |_| SameGoods::CanBe);
        (part.outcome, codes(&part))
    };
    assert_eq!(of(&goods), (Outcome::Yes, vec!["code_can_be_covered", "product_matched"]));
    let undeclared = Goods { product: ProductId::default(), ..goods };
    assert_eq!(of(&undeclared), (Outcome::Undetermined, vec!["code_can_be_covered", "product_not_declared"]));
}

#[test]
fn a_code_of_another_edition_is_never_guessed() {
    let goods = Goods { code: code_of("HS2017", "854140"), ..goods() };
    let content = content(vec![product()]);
    assert_eq!(codes_to_compare(&content, &goods), vec![code_of("HS2022", "854143")]);
    assert_eq!(judge(Some(&content), &goods, unknown).outcome, Outcome::Undetermined);
    let covered = judge(Some(&content), &goods, |_| SameGoods::Within);
    assert_eq!(covered.outcome, Outcome::Yes);
    // The declared edition may be the older one: the certified code did not become it.
    assert!(!covered.findings[0].message.contains("became"), "{}", covered.findings[0].message);
    assert_eq!(judge(Some(&content), &goods, |_| SameGoods::No).outcome, Outcome::No);
}

#[test]
fn code_and_model_must_be_of_the_same_product() {
    let mut other = product();
    other.id.model = "INV-1".into();
    other.codes = vec![code_of("HS2022", "850440")];
    let goods = Goods { product: ProductId { model: "INV-1".into(), ..ProductId::default() }, ..goods() };
    let part = judge(Some(&content(vec![product(), other])), &goods, unknown);
    assert_eq!(part.outcome, Outcome::No);
}

#[test]
fn a_serial_outside_the_range_is_not_covered() {
    let mut limited = product();
    limited.serial_ranges = vec![SerialRange::new("0100", "0199").unwrap()];
    let content = content(vec![limited]);
    let with = |serial: &str| {
        let mut goods = goods();
        goods.product.serial = serial.into();
        judge(Some(&content), &goods, unknown)
    };
    assert_eq!(with("0150").outcome, Outcome::Yes);
    assert_eq!(with("0200").outcome, Outcome::No);
    let undeclared = with("");
    assert_eq!(
        (undeclared.outcome, *codes(&undeclared).last().unwrap()),
        (Outcome::Undetermined, "product_not_declared")
    );
}

#[test]
fn goods_of_another_origin_are_not_covered_by_a_certificate_that_names_one() {
    let mut limited = product();
    limited.origin = "XC".into();
    let part = judge(Some(&content(vec![limited])), &goods(), unknown);
    assert_eq!((part.outcome, *codes(&part).last().unwrap()), (Outcome::No, "origin_not_covered"));
}

#[test]
fn whether_goods_of_a_bloc_are_of_an_economy_is_left_open() {
    for (certified, declared) in [("FR", "EU"), ("EU", "FR"), ("ASEAN", "VN")] {
        let limited = Product { origin: certified.into(), ..product() };
        let goods = Goods { origin: declared.into(), ..goods() };
        let part = judge(Some(&content(vec![limited])), &goods, unknown);
        let told = (part.outcome, *codes(&part).last().unwrap());
        assert_eq!(told, (Outcome::Undetermined, "origin_not_comparable"), "{certified} {declared}");
    }
    let same = Product { origin: "EU".into(), ..product() };
    let goods = Goods { origin: "EU".into(), ..goods() };
    assert_eq!(judge(Some(&content(vec![same])), &goods, unknown).outcome, Outcome::Yes);
}

#[test]
fn a_gtin_against_a_model_cannot_be_compared() {
    let goods = Goods { product: ProductId { gtin: "4012345123456".into(), ..ProductId::default() }, ..goods() };
    let part = judge(Some(&content(vec![product()])), &goods, unknown);
    assert_eq!((part.outcome, *codes(&part).last().unwrap()), (Outcome::Undetermined, "product_not_comparable"));
}

#[test]
fn goods_that_are_not_identified_are_never_taken_for_the_certified_product() {
    let undeclared = Goods { product: ProductId::default(), ..goods() };
    let part = judge(Some(&content(vec![product()])), &undeclared, unknown);
    assert_eq!((part.outcome, *codes(&part).last().unwrap()), (Outcome::Undetermined, "product_not_declared"));
    let mut batch = product();
    batch.id = ProductId { batch: "B-1".into(), ..ProductId::default() };
    let content = content(vec![batch]);
    let with = |batch: &str| {
        let goods = Goods { product: ProductId { batch: batch.into(), ..ProductId::default() }, ..goods() };
        judge(Some(&content), &goods, unknown)
    };
    assert_eq!((with("b-1").outcome, with("B-2").outcome), (Outcome::Yes, Outcome::No));
    assert_eq!(with("").outcome, Outcome::Undetermined);
}

#[test]
fn codes_of_products_that_are_out_of_the_question_are_not_compared() {
    let mut other = product();
    other.id.model = "INV-1".into();
    other.codes = vec![code_of("HS2022", "850440")];
    let goods = Goods { code: code_of("HS2017", "854140"), ..goods() };
    assert_eq!(codes_to_compare(&content(vec![product(), other]), &goods), vec![code_of("HS2022", "854143")]);
}

#[test]
fn no_certificate_makes_more_comparisons_than_the_bound() {
    let mut wide = product();
    wide.codes = (0..50).map(|code| code_of("HS2022", &format!("85{code:04}"))).collect();
    let mut wider = wide.clone();
    wider.codes = (0..50).map(|code| code_of("HS2022", &format!("84{code:04}"))).collect();
    let goods = Goods { code: code_of("HS2017", "854140"), ..goods() };
    let content = content(vec![wide, wider]);
    let compared = codes_to_compare(&content, &goods);
    assert_eq!(compared.len(), MAX_COMPARED);
    // What was not compared is not known.
    let answer = |code: &Code| if compared.contains(code) { SameGoods::No } else { SameGoods::Unknown };
    assert_eq!(judge(Some(&content), &goods, answer).outcome, Outcome::Undetermined);
}

#[test]
fn a_serial_is_the_same_in_whatever_case_width_and_spacing() {
    let mut limited = product();
    limited.serial_ranges = vec![SerialRange::new("SN-0100", "SN-0199").unwrap()];
    let content = content(vec![limited]);
    let with = |serial: &str| {
        let mut goods = goods();
        goods.product.serial = serial.into();
        judge(Some(&content), &goods, unknown).outcome
    };
    for same in ["SN-0150", "sn-0150", " SN-01 50", "ＳＮ－０１５０", "SN\u{2011}0150", "SN–0150"] {
        assert_eq!(with(same), Outcome::Yes, "{same}");
    }
    for other in ["SN-0200", "sn-0200", "SN0150", "SN-150"] {
        assert_eq!(with(other), Outcome::No, "{other}");
    }
}

#[test]
fn a_heading_that_holds_other_goods_too_is_no_code_that_is_not_certified() {
    let goods = Goods { code: code_of("HS2022", "8541"), ..goods() };
    let of = |goods: &Goods| {
        let part = judge(Some(&content(vec![product()])), goods, unknown);
        (part.outcome, codes(&part))
    };
    assert_eq!(of(&goods), (Outcome::Yes, vec!["code_can_be_covered", "product_matched"]));
    let undeclared = Goods { product: ProductId::default(), ..goods.clone() };
    assert_eq!(of(&undeclared), (Outcome::Undetermined, vec!["code_can_be_covered", "product_not_declared"]));
    let other = Goods { code: code_of("HS2022", "8542"), ..goods };
    assert_eq!(of(&other).0, Outcome::No);
}
