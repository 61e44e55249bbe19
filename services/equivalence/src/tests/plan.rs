use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::RecognitionOutcome as Outcome;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::TestDatabase;

use super::harness::{question, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    the_plan_of_the_story_covers_all_markets_and_says_what_opens_the_closed_ones,
    a_plan_without_certificates_says_what_it_would_take,
    bad_plans_are_refused_with_every_field_and_unknown_places_are_named,
    however_many_plans_are_wanted_other_questions_are_answered,
    fairness_is_audited_in_pages_that_together_are_the_whole,
    the_fairness_of_a_market_that_is_not_known_is_not_audited,
    what_a_standard_leads_to_is_traced_nearest_first,
);

fn plan() -> pb::PlanMarketAccessRequest {
    let asked = question("XB");
    pb::PlanMarketAccessRequest {
        code: asked.code,
        origin: asked.origin,
        certificates: asked.certificate.into_iter().collect(),
        ..Default::default()
    }
}

async fn the_plan_of_the_story_covers_all_markets_and_says_what_opens_the_closed_ones(db: TestDatabase) {
    let served = serve(&db).await;
    let answer = served.recognition().plan_market_access(plan()).await.unwrap().into_inner();
    assert_eq!(answer.revision, 1);
    let names: Vec<_> = answer.markets.iter().map(|it| it.destination.as_str()).collect();
    assert!(names.is_sorted() && names.contains(&"NZ"), "{names:?}");
    // Blocs of which no requirement is held.
    assert!(!names.contains(&"APEC") && !names.contains(&"EU"), "{names:?}");
    let market = |name: &str| answer.markets.iter().find(|it| it.destination == name).unwrap();
    for (name, outcome) in [
        ("XB", Outcome::Recognised),
        ("XC", Outcome::Recognised),
        ("XD", Outcome::RecognisedOnConditions),
        ("XE", Outcome::NotRecognised),
        ("XF", Outcome::NoRequirementApplies),
        ("AU", Outcome::NotRecognised),
    ] {
        assert_eq!(market(name).outcome(), outcome, "{name}");
    }
    assert!(market("XB").steps.is_empty() && market("XF").steps.is_empty());
    let tests: Vec<_> = market("XD").steps[0].conditions.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(tests, ["ds-snow-load-5400", "ds-salt-mist-6", "xd-label-language"]);
    assert_eq!(
        (market("XD").steps[0].target.as_str(), &market("XD").steps[0].bodies[..]),
        ("", &["bodies/aurora-cert".to_owned()][..])
    );
    // The certificate is held already; a designated body is missing.
    let step = &market("XE").steps[0];
    assert_eq!(step.target, "standards/iec-61215-1-2021");
    assert_eq!(step.bodies, ["bodies/meridian-cert"]);
    assert!(step.description.contains("annexes/xa-xe-pv"), "{}", step.description);
    // Nobody in the catalogue is a national certification body of the scheme.
    let step = &market("AU").steps[0];
    assert_eq!((step.target.as_str(), step.bodies.len()), ("schemes/iecee-cb", 0));
    assert!(step.description.contains("does not say every body"), "{}", step.description);
    // A certificate to the scheme alone would not do.
    let beside: Vec<_> = step.together_with.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(beside, ["standards/iec-61215-1-2021"]);
    assert_eq!(market("XE").steps[0].together_with, []);
}

async fn a_plan_without_certificates_says_what_it_would_take(db: TestDatabase) {
    let served = serve(&db).await;
    let request = pb::PlanMarketAccessRequest {
        certificates: Vec::new(),
        destinations: vec!["XE".into(), "XB".into()],
        ..plan()
    };
    let answer = served.recognition().plan_market_access(request).await.unwrap().into_inner();
    let [xb, xe] = &answer.markets[..] else { panic!("{answer:?}") };
    assert_eq!((xb.outcome(), xe.outcome()), (Outcome::NotRecognised, Outcome::NotRecognised));
    assert_eq!(xb.steps[0].target, "standards/iec-61215-1-2021");
    assert!(xb.steps[0].bodies.contains(&"bodies/aurora-cert".to_owned()), "{:?}", xb.steps[0]);
    assert!(!xe.steps[0].bodies.is_empty());
}

async fn however_many_plans_are_wanted_other_questions_are_answered(db: TestDatabase) {
    let served = serve(&db).await;
    let client = served.recognition();
    let plans = (0..200).map(|_| {
        let mut client = client.clone();
        tokio::spawn(async move { client.plan_market_access(plan()).await })
    });
    let plans: Vec<_> = plans.collect();
    let request = pb::RecogniseRequest { question: Some(question("XB")), ..Default::default() };
    let answer = served.recognition().recognise(request).await.unwrap().into_inner();
    assert_eq!(answer.decision.unwrap().outcome(), Outcome::Recognised);
    let mut made = 0;
    for plan in plans {
        match plan.await.unwrap() {
            Ok(_) => made += 1,
            Err(status) => assert_eq!(Fault::reason_of(&status), Some(ErrorReason::Overloaded), "{status:?}"),
        }
    }
    assert!(made > 0);
}

async fn bad_plans_are_refused_with_every_field_and_unknown_places_are_named(db: TestDatabase) {
    let served = serve(&db).await;
    let mut bad = plan();
    bad.origin = "nowhere".into();
    bad.date = "2026-02-30".into();
    bad.code = Some(common::CodeReference { edition: "HS2022".into(), code: "1".into() });
    bad.certificates[0].body = "aurora".into();
    bad.destinations = vec!["XB".into(), "x".into()];
    let status = served.recognition().plan_market_access(bad).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::FieldViolations));
    let mut fields: Vec<_> = Fault::violations_of(&status).into_iter().map(|it| it.field).collect();
    fields.sort();
    assert_eq!(fields, ["certificates[0].body", "code.code", "date", "destinations[1]", "origin"]);

    let unknown = pb::PlanMarketAccessRequest { destinations: vec!["QQ".into()], ..plan() };
    let answer = served.recognition().plan_market_access(unknown).await.unwrap().into_inner();
    assert_eq!(answer.markets[0].outcome(), Outcome::Undetermined);
    assert_eq!(answer.markets[0].findings[0].code, "destination_unknown");
    // Of goods from nowhere that is known no market can be told.
    let unknown = pb::PlanMarketAccessRequest { origin: "QQ".into(), ..plan() };
    let answer = served.recognition().plan_market_access(unknown).await.unwrap().into_inner();
    for market in answer.markets {
        assert_eq!(market.outcome(), Outcome::Undetermined, "{market:?}");
        assert_eq!(market.findings[0].code, "origin_unknown");
    }
}

async fn fairness_is_audited_in_pages_that_together_are_the_whole(db: TestDatabase) {
    let served = serve(&db).await;
    let request =
        pb::AuditFairnessRequest { markets: vec!["XC".into(), "XB".into()], page_size: 1_000, ..Default::default() };
    let whole = served.recognition().audit_fairness(request.clone()).await.unwrap().into_inner();
    assert!(whole.next_page_token.is_empty());
    let told = |market: &str, favoured: &str, disfavoured: &str, principle: pb::FairnessPrinciple, clause: &str| {
        let found = whole.findings.iter().find(|it| {
            (it.market.as_str(), it.favoured.as_str(), it.disfavoured.as_str(), it.principle())
                == (market, favoured, disfavoured, principle)
        });
        let found = found.unwrap_or_else(|| panic!("{market} {favoured} {disfavoured} {principle:?}: {whole:?}"));
        assert!(found.clause.starts_with(clause), "{}", found.clause);
    };
    // XB accepts bodies of XA and XB; XC recognises XA by an annex.
    use pb::FairnessPrinciple::{MostFavouredNation, NationalTreatment};
    told("XB", "XA", "XD", MostFavouredNation, "requirements/xb-pv-qualification: Borealian");
    told("XB", "XB", "XD", NationalTreatment, "requirements/xb-pv-qualification: Borealian");
    told("XC", "XA", "XD", MostFavouredNation, "annexes/xa-xc-pv: XA-XC MRA");
    told("XC", "XC", "XB", NationalTreatment, "requirements/xc-pv-safety: Cordanian");
    assert!(whole.findings.iter().all(|it| it.disfavoured != "XA"), "XA fares as well as domestic goods");

    let mut paged = Vec::new();
    let mut page = pb::AuditFairnessRequest { page_size: 7, ..request.clone() };
    loop {
        let answer = served.recognition().audit_fairness(page.clone()).await.unwrap().into_inner();
        assert!(answer.findings.len() <= 7);
        paged.extend(answer.findings);
        if answer.next_page_token.is_empty() {
            break;
        }
        page.page_token = answer.next_page_token;
    }
    assert_eq!(paged, whole.findings);
    let other = pb::AuditFairnessRequest { markets: vec!["XD".into()], page_token: page.page_token, ..request };
    let status = served.recognition().audit_fairness(other).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::PageTokenInvalid));
}

async fn the_fairness_of_a_market_that_is_not_known_is_not_audited(db: TestDatabase) {
    let served = serve(&db).await;
    let request = pb::AuditFairnessRequest { markets: vec!["XB".into(), "QQ".into()], ..Default::default() };
    let status = served.recognition().audit_fairness(request).await.unwrap_err();
    assert_eq!(Fault::violations_of(&status)[0].field, "markets[1]");
}

async fn what_a_standard_leads_to_is_traced_nearest_first(db: TestDatabase) {
    let served = serve(&db).await;
    let mut client = pb::equivalence_service_client::EquivalenceServiceClient::new(served.channel("reader", "XB"));
    let from = |name: &str| Some(pb::CertifiableTarget { name: name.into(), level: String::new() });
    let request = pb::TraceEquivalencesRequest {
        from: from("standards/iec-61730-1-2016"),
        date: "2026-11-23".into(),
        ..Default::default()
    };
    let answer = client.trace_equivalences(request.clone()).await.unwrap().into_inner();
    let reached: Vec<_> = answer.chains.iter().map(|it| (it.to.clone().unwrap().name, it.conditions.len())).collect();
    let expected = [("cs-61730-1-2020", 0), ("ul-61730-1-2017", 1), ("ds-61730-1-2019", 2)];
    assert_eq!(reached, expected.map(|(name, tests)| (format!("standards/{name}"), tests)));
    // On an earlier day fewer were in force.
    let earlier = pb::TraceEquivalencesRequest { date: "2019-01-01".into(), ..request.clone() };
    assert_eq!(client.trace_equivalences(earlier).await.unwrap().into_inner().chains.len(), 1);
    // A standard is meant by its designation as by its name, and what is neither is told both that are taken.
    let designated = pb::TraceEquivalencesRequest { from: from("IEC 61730-1:2016"), ..request.clone() };
    assert_eq!(client.trace_equivalences(designated).await.unwrap().into_inner().chains, answer.chains);
    for other in ["arrangements/x", "schemes/an example", "\u{6807}\u{51c6}"] {
        let neither = pb::TraceEquivalencesRequest { from: from(other), ..request.clone() };
        let status = client.trace_equivalences(neither).await.unwrap_err();
        let said = Fault::violations_of(&status).remove(0);
        assert!(said.field == "from.name" && said.description.contains("`standards/{standard}`"), "{said:?}");
    }
    let unknown = pb::TraceEquivalencesRequest { from: from("standards/none-1"), ..request.clone() };
    let status = client.trace_equivalences(unknown).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound);
    let bad = pb::TraceEquivalencesRequest { from: None, max_links: 9, date: "x".into(), ..request };
    let status = client.trace_equivalences(bad).await.unwrap_err();
    assert_eq!(Fault::violations_of(&status).len(), 3);
}
