use greenlane_api::{
    common::v1::{CodeReference, ProductIdentification},
    registry::v1::{
        Body, Certificate, CertificateContent, CertificateState, CertifiedProduct, Holder, NormativeDocument,
        SchemeReference,
    },
};

use super::page::{Told, draw};
use crate::client::paper::Picture;

/// A black pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x37, 0x6E, 0xF9, 0x24, 0x00, 0x00, 0x00, 0x0A, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x01, 0x63, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01, 0x73, 0x75, 0x01, 0x18, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
];

#[test]
fn the_document_says_what_its_issuer_is_called() {
    let payload = greenlane_jose::b64::encode(r#"{"issuer":{"name":"Example Certification"}}"#);
    assert_eq!(super::issuer(&format!("e30.{payload}.AA")).unwrap(), "Example Certification");
    assert_eq!(super::issuer("nothing"), None);
}

fn certificate(products: usize) -> Certificate {
    let product = |index: usize| CertifiedProduct {
        name: format!("Invented module {index}"),
        identification: Some(ProductIdentification { model: format!("EX-{index}"), ..Default::default() }),
        codes: vec![CodeReference { edition: "HS2022".to_owned(), code: "854143".to_owned() }],
        ..Default::default()
    };
    let holder = Holder { name: "Example Solar".to_owned(), economy: "XA".to_owned(), ..Default::default() };
    let document = NormativeDocument { edition: "IEC 61215-1:2021".to_owned(), part: String::new() };
    Certificate {
        name: "certificates/GLXA4HP9Z1PPYMB35F".to_owned(),
        body: "bodies/aurora-cert".to_owned(),
        version: 1,
        state: CertificateState::Active.into(),
        content: Some(CertificateContent {
            holder: Some(holder),
            products: (1..=products).map(product).collect(),
            scheme: Some(SchemeReference { scheme: "schemes/example".to_owned(), level: "A".to_owned() }),
            normative_documents: vec![document],
            granted_on: "2026-01-01".to_owned(),
            valid_until: "2031-01-01".to_owned(),
            authorised_by: "Head of certification".to_owned(),
            scope: "An invented scope that is long enough to be broken into several lines of the page. ".repeat(6),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn drawn(certificate: &Certificate) -> anyhow::Result<Vec<u8>> {
    let font = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fonts/page.ttf");
    let body = Body { display_name: "Aurora Certification".to_owned(), ..Default::default() };
    let told = Told {
        body,
        revision: 7,
        code: "https://registry.example.org/certificates/X".to_owned(),
        titles: [("schemes/example".to_owned(), "Example mark".to_owned())].into(),
    };
    draw(certificate, &told, Picture::of_png(PNG)?, &[font.into()])
}

fn pages(pdf: &[u8]) -> usize {
    String::from_utf8_lossy(pdf).matches("/Type /Page\n").count()
}

#[test]
fn a_certificate_is_one_small_page_and_one_of_many_products_is_several() {
    let one = drawn(&certificate(1)).unwrap();
    assert!(one.starts_with(b"%PDF-1.7") && one.len() < 60_000, "{} bytes", one.len());
    assert_eq!(pages(&one), 1);
    assert_eq!(one, drawn(&certificate(1)).unwrap(), "the same bytes again");
    let many = drawn(&certificate(40)).unwrap();
    assert!((5..=12).contains(&pages(&many)), "{} pages", pages(&many));
}

#[test]
fn a_script_that_cannot_be_set_is_refused_by_name() {
    let mut certificate = certificate(1);
    certificate.conditions = "شرط".to_owned();
    let error = drawn(&certificate).unwrap_err().to_string();
    assert!(error.contains("a script that cannot be set on this page"), "{error}");
}
