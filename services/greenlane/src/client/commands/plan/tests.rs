use greenlane_api::equivalence::v1::{
    CertifiableTarget, MarketAccess, MarketAccessStep, PlanMarketAccessRequest, PlanMarketAccessResponse,
    RecognitionOutcome, RequirementResult, RequirementStatus,
};

use super::matrix;

fn plan(title: &str) -> PlanMarketAccessResponse {
    let requirement = RequirementResult {
        requirement: "requirements/r".into(),
        title: title.into(),
        mandatory: true,
        status: RequirementStatus::NotMet.into(),
        ..Default::default()
    };
    let step = MarketAccessStep {
        requirement: "requirements/r".into(),
        description: "certify to standards/z-1, or \"so\"".into(),
        target: "standards/z-1".into(),
        bodies: vec!["bodies/a".into(), "bodies/b".into()],
        also_opens: vec!["XD".into()],
        together_with: vec![CertifiableTarget { name: "schemes/s".into(), level: "A".into() }],
        ..Default::default()
    };
    let closed = MarketAccess {
        destination: "XC".into(),
        outcome: RecognitionOutcome::NotRecognised.into(),
        requirements: vec![requirement],
        steps: vec![step],
        ..Default::default()
    };
    let open = MarketAccess {
        destination: "XF".into(),
        outcome: RecognitionOutcome::NoRequirementApplies.into(),
        ..Default::default()
    };
    PlanMarketAccessResponse { markets: vec![closed, open], revision: 7, ..Default::default() }
}

#[test]
fn comma_separated_values_have_one_line_a_requirement_and_quote_what_they_must() {
    let text = matrix::csv(&plan("Safety, of \"modules\"")).unwrap();
    let lines: Vec<_> = text.split('\n').collect();
    assert_eq!(lines[0].split(',').count(), 13);
    assert_eq!(
        lines[1],
        "XC,not recognised,requirements/r,\"Safety, of \"\"modules\"\"\",yes,not met,,,\
         \"certify to standards/z-1, or \"\"so\"\"\",standards/z-1,bodies/a bodies/b,XD,schemes/s=A"
    );
    assert_eq!(lines[2], "XF,no requirement applies,,,,,,,,,,,");
    assert_eq!(lines.len(), 4, "the last line ends too");
}

#[test]
fn no_cell_is_a_formula_to_a_spreadsheet() {
    for title in ["=1+1", "+1", "-1", "@SUM(A1)"] {
        assert!(matrix::csv(&plan(title)).unwrap().contains(&format!(",'{title},")), "{title}");
    }
}

#[test]
fn the_page_carries_no_markup_of_the_catalogues() {
    let page = matrix::html(&PlanMarketAccessRequest::default(), &plan("<script>alert('x')</script> & more"));
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; more"));
    assert!(page.contains("1 of 2 markets is open. Catalogue revision 7."));
    assert!(!page.contains("http"), "nothing comes from elsewhere");
    assert_eq!(page.matches("<tr").count(), page.matches("</tr>").count());
}

#[test]
fn the_table_says_what_is_to_be_done_and_what_else_it_opens() {
    let text = matrix::table(&plan("Safety"));
    let row = text.lines().find(|line| line.starts_with("XC")).unwrap();
    assert!(
        row.contains("NOT RECOGNISED") && row.contains("certify to standards/z-1") && row.ends_with("XD"),
        "{text}"
    );
    assert!(text.ends_with("1 of 2 markets is open.\n"));
}

#[test]
fn a_certificate_that_does_not_count_on_the_date_for_the_goods_is_left_out() {
    use greenlane_api::common::v1::CodeReference;
    use greenlane_api::registry::v1::{Certificate, CertificateContent, CertificateState, CertifiedProduct};

    let code = |code: &str| CodeReference { edition: "HS2022".into(), code: code.into() };
    let product = CertifiedProduct { codes: vec![code("8541")], ..Default::default() };
    let content = CertificateContent {
        products: vec![product],
        granted_on: "2026-01-01".into(),
        valid_until: "2031-01-01".into(),
        ..Default::default()
    };
    let mut certificate =
        Certificate { content: Some(content), state: CertificateState::Active.into(), ..Default::default() };
    let why = |certificate: &Certificate, goods: &str, date: &str| {
        crate::client::commands::held::why_not(certificate, &code(goods), date)
    };
    assert_eq!(why(&certificate, "854143", "2026-06-01"), None);
    assert!(why(&certificate, "850720", "2026-06-01").unwrap().contains("other goods"));
    assert!(why(&certificate, "854143", "2025-12-31").unwrap().contains("from 2026-01-01"));
    assert!(why(&certificate, "854143", "2031-01-02").unwrap().contains("until 2031-01-01"));
    // It may be expired today and not on the date.
    certificate.state = CertificateState::Expired.into();
    assert_eq!(why(&certificate, "854143", "2026-06-01"), None);
    certificate.state = CertificateState::Withdrawn.into();
    assert!(why(&certificate, "854143", "2026-06-01").unwrap().contains("withdrawn"));
}

#[test]
fn a_standard_is_meant_by_its_designation_as_by_its_name() {
    use crate::client::commands::catalogue::Kind;

    for given in ["IEC 61215-1:2021", "standards/iec-61215-1-2021", "iec-61215-1-2021"] {
        assert_eq!(super::full_name(Kind::Standards, given), "standards/iec-61215-1-2021", "{given}");
    }
    assert_eq!(super::full_name(Kind::Standards, "GB/T 9535.1-2025"), "standards/gb-t-9535-1-2025");
    assert_eq!(super::full_name(Kind::Schemes, "schemes/a.b"), "schemes/a.b");
}
