use greenlane_api::equivalence::v1::{
    CertifiableTarget, MarketAccess, MarketAccessDesignation, MarketAccessStep, PlanMarketAccessRequest,
    PlanMarketAccessResponse, RecognitionOutcome, RequirementResult, RequirementStatus,
};

use super::{matrix, page};
use crate::client::exit::Exit;

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
    assert_eq!(lines[0].split(',').count(), 16);
    assert_eq!(
        lines[1],
        "XC,not recognised,requirements/r,\"Safety, of \"\"modules\"\"\",yes,not met,,,\
         \"certify to standards/z-1, or \"\"so\"\"\",standards/z-1,bodies/a bodies/b,XD,schemes/s=A,,,"
    );
    assert_eq!(lines[2], "XF,no requirement applies,,,,,,,,,,,,,,");
    assert_eq!(lines.len(), 4, "the last line ends too");
}

#[test]
fn a_designation_that_comes_first_is_told_in_words_and_has_cells_of_its_own() {
    let mut plan = plan("Safety");
    let step = &mut plan.markets[0].steps[0];
    step.description =
        "have bodies/a designated under annexes/x by bodies/o, then certify to standards/z-1 with it".into();
    step.designation = Some(MarketAccessDesignation {
        annex: "annexes/x".into(),
        bodies: std::mem::take(&mut step.bodies),
        authorities: vec!["bodies/o".into(), "bodies/p".into()],
    });
    let text = matrix::csv(&plan).unwrap();
    assert!(text.lines().next().unwrap().ends_with(",DESIGNATION UNDER,OF BODIES,BY AUTHORITIES"), "{text}");
    // Those who cannot do it as things are stand in no cell of those who can.
    let row = text.lines().nth(1).unwrap();
    assert!(row.ends_with(",standards/z-1,,XD,schemes/s=A,annexes/x,bodies/a bodies/b,bodies/o bodies/p"), "{text}");
    let table = matrix::table(&plan);
    let page = page::html(&PlanMarketAccessRequest::default(), &plan, &page::About::default());
    for text in [table, page] {
        assert!(text.contains("have bodies/a designated under annexes/x by bodies/o"), "{text}");
    }
}

#[test]
fn no_cell_is_a_formula_to_a_spreadsheet() {
    for title in ["=1+1", "+1", "-1", "@SUM(A1)"] {
        assert!(matrix::csv(&plan(title)).unwrap().contains(&format!(",'{title},")), "{title}");
    }
}

#[test]
fn the_page_carries_no_markup_of_the_catalogues() {
    let about = page::About { left_out: vec!["<script>".to_owned()], ..Default::default() };
    let plan = plan("<script>alert('x')</script> & more");
    let page = page::html(&PlanMarketAccessRequest::default(), &plan, &about);
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; more"));
    assert!(page.contains("1 of 2 markets is open.") && page.contains("catalogue 7"));
    assert!(!page.contains("http"), "nothing comes from elsewhere");
    assert_eq!(page.matches("<tr").count(), page.matches("</tr>").count());
}

#[test]
fn the_page_says_for_whom_and_what_and_when_it_was_made_and_folds_markets_that_cannot_be_told() {
    use greenlane_api::common::v1::{CodeReference, Finding, ProductIdentification};
    use greenlane_api::equivalence::v1::{CertificateFacts, CertifiedScheme};
    use greenlane_api::registry::v1::{Certificate, CertificateContent, CertifiedProduct, Holder};

    let code = |code: &str| CodeReference { edition: "HS2022".into(), code: code.into() };
    let product = |name: &str, model: &str, own: &str| CertifiedProduct {
        name: name.into(),
        identification: Some(ProductIdentification { model: model.into(), ..Default::default() }),
        codes: vec![code(own)],
        ..Default::default()
    };
    let content = CertificateContent {
        holder: Some(Holder { name: "Example Solar Ltd".into(), economy: "XA".into(), ..Default::default() }),
        products: vec![product("Module", "EX-450M", "8541"), product("Battery", "B-1", "850760")],
        valid_until: "2031-01-01".into(),
        ..Default::default()
    };
    let certificate = Certificate {
        name: "certificates/GLXA4HP9Z1PPYMB35F".into(),
        body: "bodies/aurora-cert".into(),
        content: Some(content),
        ..Default::default()
    };
    let mut about = page::About {
        date: "2026-12-01".into(),
        made_at: "2026-11-27T09:00:00Z".into(),
        left_out: vec!["certificates/GLXB is left out: it is suspended".into()],
        ..Default::default()
    };
    about.add(&certificate, &code("854143"));
    let scheme = CertifiedScheme { scheme: "schemes/s".into(), level: "A".into() };
    about.plan(&CertificateFacts {
        schemes: vec![scheme],
        body: "bodies/b".into(),
        body_economy: "XB".into(),
        ..Default::default()
    });
    let request = PlanMarketAccessRequest { code: Some(code("854143")), origin: "XA".into(), ..Default::default() };
    let mut plan = plan("Safety");
    for market in ["AU", "BN"] {
        let lacking = Finding { code: "market_not_covered".into(), ..Default::default() };
        plan.markets.push(MarketAccess {
            destination: market.into(),
            outcome: RecognitionOutcome::Undetermined.into(),
            findings: vec![lacking],
            ..Default::default()
        });
    }
    let page = page::html(&request, &plan, &about);
    for text in [
        "GLXA4HP9Z1PPYMB35F, issued by bodies/aurora-cert, valid until 2031-01-01",
        "Example Solar Ltd (XA)",
        "Module, model EX-450M",
        "schemes/s A by bodies/b (XB)",
        "HS2022 854143",
        "2026-12-01",
        "2026-11-27T09:00:00Z",
        "catalogue 7",
        "GLXB is left out: it is suspended",
        "Cannot be told, for the catalogue may lack requirements: AU BN",
    ] {
        assert!(page.contains(text), "{text} in {page}");
    }
    assert!(!page.contains("Battery") && !page.contains(">AU<"), "{page}");
}

#[test]
fn markets_of_which_the_same_cannot_be_told_stand_together_and_the_exit_code_tells_of_those_that_were_named() {
    use greenlane_api::common::v1::Finding;

    let mut plan = plan("Safety");
    assert_eq!(super::exit_of(&plan, true), Exit::Done, "a plan is for markets that are closed");
    let message = "the catalogue does not know the economy QQ";
    let unknown = |code: &str| Finding { code: code.into(), message: message.into(), ..Default::default() };
    let market = |destination: &str| MarketAccess {
        destination: destination.into(),
        outcome: RecognitionOutcome::Undetermined.into(),
        findings: vec![unknown("body_economy_unknown"), unknown("origin_unknown")],
        ..Default::default()
    };
    plan.markets.push(market("XB"));
    let table = matrix::table(&plan);
    let row = table.lines().find(|line| line.starts_with("XB")).unwrap();
    assert!(row.contains("undetermined") && !table.contains("Cannot be told, for"), "{table}");
    assert_eq!(table.to_lowercase().matches(&message.to_lowercase()).count(), 1, "{table}");
    assert_eq!(super::exit_of(&plan, true), Exit::Undetermined);
    assert_eq!(super::exit_of(&plan, false), Exit::Done, "other markets are told");
    plan.markets.push(market("XD"));
    let told = format!("Cannot be told, for {message}: XB XD");
    let page = page::html(&PlanMarketAccessRequest::default(), &plan, &page::About::default());
    for text in [matrix::table(&plan), page] {
        assert!(text.contains(&told) && text.matches("does not know").count() == 1, "{text}");
    }
    plan.markets.retain(|market| market.outcome() == RecognitionOutcome::Undetermined);
    assert_eq!(super::exit_of(&plan, false), Exit::Undetermined);
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
fn a_market_that_only_honours_what_is_not_met_is_open_or_cannot_be_told_and_says_what_is_missed() {
    use greenlane_api::common::v1::Finding;
    use greenlane_api::equivalence::v1::Demand;

    let about = page::About::default();
    for (demand, word, class, counted, open) in [
        (Demand::None, "nothing demanded", "open", "2 of 2 markets are open.", "XC\nXF\n"),
        (
            Demand::Unknown,
            "undetermined",
            "unknown",
            "Of 2 markets 1 is open, 0 are not, and 1 cannot be told.",
            "XF\n",
        ),
        (Demand::Unspecified, "NOT RECOGNISED", "closed", "1 of 2 markets is open.", "XF\n"),
    ] {
        let mut plan = plan("Safety");
        plan.markets[0].demand = demand.into();
        plan.markets[0].requirements[0].mandatory = false;
        let lacking = Finding { message: "the catalogue may lack some".into(), ..Default::default() };
        plan.markets[0].findings.extend((demand == Demand::Unknown).then_some(lacking));
        let table = matrix::table(&plan);
        let row = table.lines().find(|line| line.starts_with("XC")).unwrap();
        assert!(row.contains(word) && row.contains("certify to standards/z-1"), "{table}");
        assert_eq!(row.contains("the catalogue may lack some"), demand == Demand::Unknown, "{table}");
        assert_eq!(row.contains("honoured: not met"), demand == Demand::None, "{table}");
        assert!(table.ends_with(&format!("{counted}\n")), "{table}");
        assert_eq!(matrix::open(&plan), open);
        let page = page::html(&PlanMarketAccessRequest::default(), &plan, &about);
        assert!(page.contains(&format!("<tr class=\"{class}\"><th scope=\"row\">XC</th>")), "{page}");
    }
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
