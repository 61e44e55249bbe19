use std::collections::{BTreeMap, BTreeSet};

use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::auth::issuer::TokenRequest;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::TestDatabase;
use pb::RecognitionOutcome as Outcome;
use pb::catalogue_entry::Entry;
use pb::change_service_client::ChangeServiceClient;

use super::changes::{create, propose, publish, review, tightened, upsert};
use super::harness::{Served, question, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    the_previewed_impact_is_what_the_change_does,
    reports_are_taken_once_and_what_cannot_be_asked_is_left_out,
    what_a_preview_cannot_tell_is_named_with_what_is_missing,
    a_preview_names_the_conditions_that_come_and_go,
    a_preview_without_a_date_is_of_the_first_day_on_which_the_change_is_felt,
    a_preview_without_a_date_is_of_the_first_day_on_which_a_verdict_differs,
    a_preview_says_when_each_registry_last_reported_be_it_that_nothing_is_new,
    nobody_reports_in_the_name_of_a_registry_that_reports,
    a_bloc_that_stands_for_members_that_nobody_knows_has_its_row_in_a_preview,
    a_preview_names_bodies_and_counts_verifications_only_to_those_whose_they_are,
);

/// The day of every question: after the comment period, so that it is the same before and after the change.
const DAY: &str = "2027-06-01";

/// A certificate: its key, its holder's, its body, that one's economy, the standard, and its last day in force.
type Certificate = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const CERTIFICATES: [Certificate; 6] = [
    ("a1", "h1", "bodies/aurora-cert", "XA", "IEC 61215-1:2021", "2030-01-01"),
    ("a2", "h1", "bodies/aurora-cert", "XA", "IEC 61215-1:2021", "2030-01-01"),
    ("a3", "h2", "bodies/aurora-cert", "XA", "IEC 61215-1:2021", "2030-01-01"),
    ("expired", "h3", "bodies/aurora-cert", "XA", "IEC 61215-1:2021", "2027-05-31"),
    ("b1", "h4", "bodies/borealia-cert", "XB", "IEC 61215-1:2021", "2030-01-01"),
    ("c1", "h5", "bodies/aurora-cert", "XA", "IEC 61730-1:2016", "2030-01-01"),
];

fn facts(&(_, _, body, economy, standard, _): &Certificate) -> pb::CertificateFacts {
    pb::CertificateFacts {
        standard_editions: vec![standard.into()],
        body: body.into(),
        body_economy: economy.into(),
        ..Default::default()
    }
}

fn code() -> Option<common::CodeReference> {
    Some(common::CodeReference { edition: "HS2022".into(), code: "854143".into() })
}

fn report(request_id: &str) -> pb::ReportUseRequest {
    let certificates = CERTIFICATES.iter().map(|it| pb::CertificateUse {
        certificate_key: it.0.into(),
        holder_key: it.1.into(),
        facts: Some(facts(it)),
        products: vec![pb::ProductUse { code: code(), origin: String::new() }],
        in_force_from: "2026-01-01".into(),
        in_force_until: it.5.into(),
    });
    let verification = |destination: &str, count| pb::VerificationUse { question: Some(question(destination)), count };
    pb::ReportUseRequest {
        request_id: request_id.into(),
        reporter: "registry.example.org/log".into(),
        certificates: certificates.collect(),
        through: 17,
        verifications: vec![verification("XB", 7), verification("XC", 2)],
        ..Default::default()
    }
}

fn admin(served: &Served, subject: &str) -> ChangeServiceClient<greenlane_platform::client::Client> {
    ChangeServiceClient::new(served.channel_with(TokenRequest::new(subject, ["admin"])))
}

/// The outcome of every question in every market, and of the verifications.
async fn outcomes(served: &Served, markets: &[String]) -> BTreeMap<(String, String), Outcome> {
    let mut asked = Vec::new();
    let mut questions = Vec::new();
    for market in markets {
        for it in CERTIFICATES.iter().filter(|it| it.5 >= DAY) {
            asked.push((it.0.to_owned(), market.clone()));
            questions.push(pb::RecognitionQuestion {
                certificate: Some(facts(it)),
                code: code(),
                origin: it.3.into(),
                destination: market.clone(),
                date: DAY.into(),
                ..Default::default()
            });
        }
    }
    for market in ["XB", "XC"] {
        asked.push(("verification".to_owned(), market.to_owned()));
        questions.push(pb::RecognitionQuestion { date: DAY.into(), ..question(market) });
    }
    let mut found = BTreeMap::new();
    for (asked, questions) in asked.chunks(1_000).zip(questions.chunks(1_000)) {
        let request = pb::BatchRecogniseRequest { questions: questions.to_vec(), ..Default::default() };
        let answer = served.recognition().batch_recognise(request).await.unwrap().into_inner();
        found.extend(asked.iter().cloned().zip(answer.decisions.iter().map(|decision| decision.outcome())));
    }
    found
}

fn accepted(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Recognised | Outcome::RecognisedOnConditions | Outcome::NoRequirementApplies)
}

async fn the_previewed_impact_is_what_the_change_does(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = admin(&served, "author");
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    let reported = registry.report_use(report("report")).await.unwrap().into_inner();
    assert_eq!((reported.through, reported.left_out), (17, 0));
    // Who may ask may not say how often it was asked.
    let mut asker = ChangeServiceClient::new(served.channel_with(TokenRequest::new("asker", ["recognise"])));
    assert_eq!(asker.report_use(report("skew")).await.unwrap_err().code(), tonic::Code::PermissionDenied);

    // XB accepts its own bodies only; XE, which accepted nobody's of XA, accepts everybody's.
    let get = pb::GetRequirementRequest { name: "requirements/xe-pv-qualification".into(), ..Default::default() };
    let mut opened = served.catalogue().get_requirement(get).await.unwrap().into_inner().requirement.unwrap();
    opened.acceptances.push(pb::Acceptance {
        target: Some(pb::CertifiableTarget { name: "standards/iec-61215-1-2021".into(), level: String::new() }),
        bodies: Some(pb::BodyRule { any: true, ..Default::default() }),
        ..Default::default()
    });
    let changes = vec![upsert(Entry::Requirement(tightened())), upsert(Entry::Requirement(opened))];
    let name = author.create_change_set(create("create", changes)).await.unwrap().into_inner().change_set.unwrap().name;
    let request = pb::PreviewImpactRequest { name: name.clone(), date: DAY.into(), ..Default::default() };
    let preview = author.preview_impact(request.clone()).await.unwrap().into_inner();
    assert!(preview.complete);
    assert_eq!((preview.certificates_examined, preview.questions_examined, preview.revision), (5, 9, 1));

    let mut listed = served.catalogue();
    let economies = pb::ListEconomiesRequest { page_size: 1_000, ..Default::default() };
    let economies = listed.list_economies(economies).await.unwrap().into_inner().economies;
    let code = |it: &pb::Economy| it.name.trim_start_matches("economies/").to_owned();
    let markets: Vec<String> = economies.iter().filter(|it| !it.bloc).map(code).collect();
    let before = outcomes(&served, &markets).await;
    author.propose_change_set(propose(&name)).await.unwrap();
    let notify = pb::NotifyChangeSetRequest { request_id: "n".into(), name: name.clone(), ..Default::default() };
    author.notify_change_set(notify).await.unwrap();
    served.clock.advance(chrono::TimeDelta::days(61));
    let mut reviewer = admin(&served, "reviewer");
    reviewer.review_change_set(review(&name)).await.unwrap();
    reviewer.publish_change_set(publish(&name)).await.unwrap();
    let after = outcomes(&served, &markets).await;

    let mut gaining: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut losing = gaining.clone();
    for (asked, before) in &before {
        let (key, market) = (asked.0.as_str(), asked.1.as_str());
        match (accepted(*before), accepted(after[asked])) {
            (false, true) => drop(gaining.entry(market).or_default().insert(key)),
            (true, false) => drop(losing.entry(market).or_default().insert(key)),
            _ => {}
        }
    }
    let verified = |of: &BTreeMap<&str, BTreeSet<&str>>, market: &str| -> u64 {
        let counts = BTreeMap::from([("XB", 7), ("XC", 2)]);
        let changed = of.get(market).is_some_and(|keys| keys.contains("verification"));
        if changed { counts[market] } else { 0 }
    };
    let certificates = |of: &BTreeMap<&str, BTreeSet<&str>>, market: &str| -> u64 {
        let keys = of.get(market).map(|keys| keys.iter().filter(|key| **key != "verification").count());
        keys.unwrap_or(0) as u64
    };
    let changed: BTreeSet<&str> = gaining.keys().chain(losing.keys()).copied().collect();
    let previewed: BTreeSet<&str> = preview.markets.iter().map(|it| it.market.as_str()).collect();
    assert_eq!(previewed, changed);
    for it in &preview.markets {
        let market = it.market.as_str();
        assert_eq!(it.certificates_gaining, certificates(&gaining, market), "{market}");
        assert_eq!(it.certificates_losing, certificates(&losing, market), "{market}");
        assert_eq!(it.recent_verifications_gaining, verified(&gaining, market), "{market}");
        assert_eq!(it.recent_verifications_losing, verified(&losing, market), "{market}");
        let keys = gaining.get(market).into_iter().chain(losing.get(market)).flatten();
        let holders: BTreeSet<_> =
            keys.flat_map(|key| CERTIFICATES.iter().filter(move |it| it.0 == *key)).map(|it| it.1).collect();
        assert_eq!(it.holders, holders.len() as u64, "{market}");
    }
    // It says something in both directions, and is the same afterwards, when it tells what was done.
    let totals = preview.totals.unwrap();
    assert_eq!((totals.certificates_losing, totals.recent_verifications_losing), (3, 7));
    assert_eq!((totals.certificates_gaining, totals.holders, totals.markets), (4, 3, 2));
    // The verifications are too long ago by then.
    let done = author.preview_impact(request).await.unwrap().into_inner();
    let certificates_only = pb::ImpactTotals { recent_verifications_losing: 0, ..totals };
    assert_eq!((done.totals, done.revision), (Some(certificates_only), 1));
    let mut pages = Vec::new();
    let mut request = pb::PreviewImpactRequest { name, date: DAY.into(), page_size: 1, ..Default::default() };
    loop {
        let page = author.preview_impact(request.clone()).await.unwrap().into_inner();
        pages.extend(page.examples);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!((pages.len(), pages), (3, done.examples));
}

async fn a_preview_names_the_conditions_that_come_and_go(db: TestDatabase) {
    let served = serve(&db).await;
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    registry.report_use(report("report")).await.unwrap();
    let mut author = admin(&served, "author");
    let get = pb::GetAnnexRequest { name: "annexes/xa-xd-pv".into(), ..Default::default() };
    let mut arrangements = pb::arrangement_service_client::ArrangementServiceClient::new(served.channel("ann", "XA"));
    let annex = arrangements.get_annex(get).await.unwrap().into_inner().annex.unwrap();
    let seal = pb::AnnexCondition {
        id: "seal".into(),
        kind: pb::ConditionKind::Label.into(),
        description: "A seal on each pallet.".into(),
        ..Default::default()
    };
    let was: BTreeSet<_> = annex.conditions.iter().map(|it| it.description.clone()).collect();
    let changed = pb::Annex { conditions: vec![seal], ..annex };
    let draft = create("create", vec![upsert(Entry::Annex(changed))]);
    let name = author.create_change_set(draft).await.unwrap().into_inner().change_set.unwrap().name;
    let request = pb::PreviewImpactRequest { name, date: DAY.into(), ..Default::default() };
    let preview = author.preview_impact(request).await.unwrap().into_inner();
    assert!(!preview.examples.is_empty(), "{preview:?}");
    for example in &preview.examples {
        let added: Vec<_> =
            example.conditions_added.iter().map(|it| (it.description.as_str(), it.origin.as_str())).collect();
        assert_eq!(added, [("A seal on each pallet.", "annexes/xa-xd-pv")], "{example:?}");
        let removed: BTreeSet<_> = example.conditions_removed.iter().map(|it| it.description.clone()).collect();
        assert_eq!(removed, was, "{example:?}");
        assert!(example.demanded_before && example.demanded_after, "{example:?}");
    }
    // Who loses the way is spared nothing, and who gets it back is asked nothing more than before: there was no before.
    let retire = pb::Change { change: Some(pb::change::Change::Retire("annexes/xa-xd-pv".into())) };
    let name = author.create_change_set(create("retire", vec![retire])).await.unwrap().into_inner();
    let request =
        pb::PreviewImpactRequest { name: name.change_set.unwrap().name, date: DAY.into(), ..Default::default() };
    let preview = author.preview_impact(request).await.unwrap().into_inner();
    let lost = |it: &&pb::DecisionImpact| it.after() == pb::RecognitionOutcome::NotRecognised;
    assert!(preview.examples.iter().any(|example| lost(&example)), "{preview:?}");
    for example in preview.examples.iter().filter(lost) {
        assert!(example.conditions_added.is_empty() && example.conditions_removed.is_empty(), "{example:?}");
    }
}

async fn reports_are_taken_once_and_what_cannot_be_asked_is_left_out(db: TestDatabase) {
    let served = serve(&db).await;
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    let first = registry.report_use(report("one")).await.unwrap().into_inner();
    assert_eq!(registry.report_use(report("one")).await.unwrap().into_inner(), first);
    let mut odd = report("two");
    odd.certificates.truncate(2);
    odd.certificates[0].facts.as_mut().unwrap().body = "nobody".into();
    odd.verifications.truncate(1);
    odd.verifications[0].question.as_mut().unwrap().code = None;
    odd.through = 3;
    let second = registry.report_use(odd).await.unwrap().into_inner();
    assert_eq!((second.left_out, second.through), (2, 17));
    let mut wrong = report("");
    wrong.reporter = String::new();
    let status = registry.report_use(wrong).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&status).into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["request_id", "reporter"]);

    // The repetition was not counted again.
    let mut author = admin(&served, "author");
    let draft = create("create", vec![upsert(Entry::Requirement(tightened()))]);
    let name = author.create_change_set(draft).await.unwrap().into_inner().change_set.unwrap().name;
    let request = pb::PreviewImpactRequest { name, date: DAY.into(), ..Default::default() };
    let preview = author.preview_impact(request.clone()).await.unwrap().into_inner();
    assert_eq!((preview.certificates_examined, preview.questions_examined), (5, 9));
    // Verifications are forgotten after thirty days.
    served.clock.advance(chrono::TimeDelta::days(31));
    let later = author.preview_impact(request).await.unwrap().into_inner();
    assert_eq!((later.certificates_examined, later.questions_examined), (5, 0));
    let nothing = pb::PreviewImpactRequest { name: "changeSets/none".into(), ..Default::default() };
    let status = author.preview_impact(nothing).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::ResourceNotFound));
}

async fn what_a_preview_cannot_tell_is_named_with_what_is_missing(db: TestDatabase) {
    let served = serve(&db).await;
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    let mut odd = question("XB");
    // One code that was split since: which of its parts these goods are, is not said.
    odd.code = Some(common::CodeReference { edition: "HS2017".into(), code: "854140".into() });
    let verifications = vec![pb::VerificationUse { question: Some(odd), count: 4 }];
    registry
        .report_use(pb::ReportUseRequest { certificates: Vec::new(), verifications, ..report("odd") })
        .await
        .unwrap();
    let mut author = admin(&served, "author");
    let draft = create("create", vec![upsert(Entry::Requirement(tightened()))]);
    let name = author.create_change_set(draft).await.unwrap().into_inner().change_set.unwrap().name;
    let request = pb::PreviewImpactRequest { name, date: DAY.into(), ..Default::default() };
    let preview = author.preview_impact(request).await.unwrap().into_inner();
    assert_eq!((preview.undetermined, preview.undetermined_examples.len()), (1, 1), "{preview:?}");
    let untold = &preview.undetermined_examples[0];
    assert_eq!((untold.certificates, untold.recent_verifications), (0, 4));
    assert_eq!(untold.question.as_ref().unwrap().destination, "XB");
    assert!(untold.findings.iter().any(|it| it.code == "code_ambiguous"), "{:?}", untold.findings);
}

async fn a_preview_without_a_date_is_of_the_first_day_on_which_the_change_is_felt(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = admin(&served, "author");
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    registry.report_use(report("report")).await.unwrap();
    // XB demands a safety certificate that few have, from later than it can be published.
    let mut later = pb::Requirement { name: "requirements/xb-later".into(), ..tightened() };
    later.acceptances[0].target.as_mut().unwrap().name = "standards/iec-61730-1-2016".into();
    later.validity.as_mut().unwrap().from = DAY.into();
    let drafted = author.create_change_set(create("later", vec![upsert(Entry::Requirement(later))])).await.unwrap();
    let name = drafted.into_inner().change_set.unwrap().name;
    let today = served.clock.today().to_string();
    let mut of = async |date: &str| {
        let request = pb::PreviewImpactRequest { name: name.clone(), date: date.into(), ..Default::default() };
        author.preview_impact(request).await.unwrap().into_inner()
    };
    let (unsaid, that_day, now) = (of("").await, of(DAY).await, of(&today).await);
    assert_eq!((unsaid.date.as_str(), now.date), (DAY, today));
    assert_eq!(unsaid, that_day);
    let losing = |preview: &pb::PreviewImpactResponse| preview.totals.unwrap().certificates_losing;
    assert_eq!(now.totals.unwrap().certificates_losing, 0);
    assert!(losing(&unsaid) > 0, "{unsaid:?}");

    // What applies at once is felt when it can be published: after sixty days of comments.
    let at_once = author.create_change_set(create("at-once", vec![upsert(Entry::Requirement(tightened()))]));
    let name = at_once.await.unwrap().into_inner().change_set.unwrap().name;
    let request = pb::PreviewImpactRequest { name, ..Default::default() };
    let preview = author.preview_impact(request).await.unwrap().into_inner();
    assert_eq!(preview.date, (served.clock.today() + chrono::Days::new(61)).to_string());
    assert!(losing(&preview) > 0, "{preview:?}");
}

async fn a_preview_without_a_date_is_of_the_first_day_on_which_a_verdict_differs(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = admin(&served, "author");
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    registry.report_use(report("report")).await.unwrap();
    // Nobody has a certificate for lamps, of which alone the parts speak that apply on the other days.
    let from = |name: &str, code: &str, day: &str| {
        let mut later = pb::Requirement { name: format!("requirements/{name}"), ..tightened() };
        later.acceptances[0].target.as_mut().unwrap().name = "standards/iec-61730-1-2016".into();
        later.codes[0].code.as_mut().unwrap().code = code.into();
        later.validity.as_mut().unwrap().from = day.into();
        upsert(Entry::Requirement(later))
    };
    let lamps = |day: &str| from(&format!("xb-lamps-{day}"), "853952", day);
    let panels = |day: &str| from("xb-panels", "854143", day);
    let mut of = async |id: &str, changes: Vec<pb::Change>| {
        let name = author.create_change_set(create(id, changes)).await.unwrap().into_inner().change_set.unwrap().name;
        let request = pb::PreviewImpactRequest { name, ..Default::default() };
        let preview = author.preview_impact(request).await.unwrap().into_inner();
        (preview.date, preview.totals.unwrap().certificates_losing > 0)
    };
    let day = |day: &str, loses: bool| (day.to_owned(), loses);
    let second = vec![lamps("2027-07-01"), panels(DAY), lamps("2027-05-01")];
    assert_eq!(of("second", second).await, day(DAY, true));
    // Where none differs it is of the day on which all of it is felt.
    let none = vec![lamps("2027-05-01"), lamps("2027-07-01")];
    assert_eq!(of("none", none).await, day("2027-07-01", false));
    // Of many days the first ones are looked at, and the last.
    let early = ["2027-03-01", "2027-04-01", "2027-05-01", "2027-05-10", "2027-05-20"].map(lamps);
    let last: Vec<_> = early.into_iter().chain([panels(DAY)]).collect();
    assert_eq!(of("last", last).await, day(DAY, true));
}

async fn a_preview_says_when_each_registry_last_reported_be_it_that_nothing_is_new(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = admin(&served, "author");
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    let draft = create("create", vec![upsert(Entry::Requirement(tightened()))]);
    let name = author.create_change_set(draft).await.unwrap().into_inner().change_set.unwrap().name;
    let mut told = async || {
        let request = pb::PreviewImpactRequest { name: name.clone(), date: DAY.into(), ..Default::default() };
        let reports = author.preview_impact(request).await.unwrap().into_inner().use_reports;
        reports.into_iter().map(|it| (it.reporter, it.reported_at.unwrap().seconds)).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [], "nobody has");
    let at = |days: i64| {
        served.clock.advance(chrono::TimeDelta::days(days));
        served.clock.now().timestamp()
    };
    let of =
        |request_id: &str, reporter: &str| pb::ReportUseRequest { reporter: reporter.into(), ..report(request_id) };
    let first = at(0);
    registry.report_use(of("a", "a.example.org/log")).await.unwrap();
    let second = at(2);
    registry.report_use(of("b", "b.example.org/log")).await.unwrap();
    assert_eq!(told().await, [("a.example.org/log".to_owned(), first), ("b.example.org/log".to_owned(), second)]);
    let third = at(1);
    let nothing = pb::ReportUseRequest {
        request_id: "nothing".into(),
        reporter: "a.example.org/log".into(),
        ..Default::default()
    };
    assert_eq!(registry.report_use(nothing).await.unwrap().into_inner().through, 17);
    assert_eq!(told().await, [("a.example.org/log".to_owned(), third), ("b.example.org/log".to_owned(), second)]);
}

async fn nobody_reports_in_the_name_of_a_registry_that_reports(db: TestDatabase) {
    let served = serve(&db).await;
    let reports =
        |subject: &str| ChangeServiceClient::new(served.channel_with(TokenRequest::new(subject, ["use.report"])));
    reports("registry").report_use(report("one")).await.unwrap();
    let silence = |request_id: &str| pb::ReportUseRequest {
        certificates: Vec::new(),
        verifications: Vec::new(),
        through: 1 << 62,
        ..report(request_id)
    };
    let refused = reports("other").report_use(silence("two")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours));
    let asked = pb::ReportUseRequest { through: 0, ..silence("three") };
    assert_eq!(reports("registry").report_use(asked).await.unwrap().into_inner().through, 17);
    let beyond = pb::ReportUseRequest { through: u64::MAX, ..silence("four") };
    let refused = reports("registry").report_use(beyond).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["through"]);
    // A registry that got another token goes on once the name has been silent for long.
    served.clock.advance(chrono::TimeDelta::days(8));
    let resumed = pb::ReportUseRequest { through: 18, ..silence("five") };
    assert_eq!(reports("other").report_use(resumed).await.unwrap().into_inner().through, 18);
}

async fn a_bloc_that_stands_for_members_that_nobody_knows_has_its_row_in_a_preview(db: TestDatabase) {
    let served = serve(&db).await;
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    registry.report_use(report("report")).await.unwrap();
    let list = pb::ListEconomiesRequest { page_size: 1_000, ..Default::default() };
    let economies = served.catalogue().list_economies(list).await.unwrap().into_inner().economies;
    let union = economies.into_iter().find(|it| it.name == "economies/EU").unwrap();
    assert!(union.bloc && union.members.is_empty());
    // It is said to ask nothing, of nobody else, and then asks for what a body of XB certified.
    let complete_requirements = Some(pb::CompleteRequirements::default());
    let whole = pb::Economy { complete_requirements, members_incomplete: false, ..union };
    let (mut author, mut reviewer) = (admin(&served, "author"), admin(&served, "reviewer"));
    let draft = create("whole", vec![upsert(Entry::Economy(whole))]);
    let name = author.create_change_set(draft).await.unwrap().into_inner().change_set.unwrap().name;
    author.propose_change_set(propose(&name)).await.unwrap();
    reviewer.review_change_set(review(&name)).await.unwrap();
    reviewer.publish_change_set(publish(&name)).await.unwrap();
    let demanded = pb::Requirement { name: "requirements/eu-pv".into(), market: "EU".into(), ..tightened() };
    let draft = create("demand", vec![upsert(Entry::Requirement(demanded))]);
    let name = author.create_change_set(draft).await.unwrap().into_inner().change_set.unwrap().name;
    let request = pb::PreviewImpactRequest { name, date: DAY.into(), ..Default::default() };
    let preview = author.preview_impact(request).await.unwrap().into_inner();
    let rows: Vec<_> = preview.markets.iter().map(|it| (it.market.as_str(), it.certificates_losing)).collect();
    assert_eq!(rows, [("EU", 4)], "{preview:?}");
}

async fn a_preview_names_bodies_and_counts_verifications_only_to_those_whose_they_are(db: TestDatabase) {
    let served = serve(&db).await;
    let mut registry = ChangeServiceClient::new(served.channel_with(TokenRequest::new("registry", ["use.report"])));
    registry.report_use(report("report")).await.unwrap();
    let mut author = admin(&served, "author");
    let draft = create("create", vec![upsert(Entry::Requirement(tightened()))]);
    let name = author.create_change_set(draft).await.unwrap().into_inner().change_set.unwrap().name;
    let preview = async |token: TokenRequest| {
        let request = pb::PreviewImpactRequest { name: name.clone(), date: DAY.into(), ..Default::default() };
        let mut reader = ChangeServiceClient::new(served.channel_with(token));
        reader.preview_impact(request).await.unwrap().into_inner()
    };
    let read = || TokenRequest::new("reader", ["catalogue.read"]);
    let of = |preview: &pb::PreviewImpactResponse| {
        let facts = |it: &pb::DecisionImpact| it.question.clone().unwrap().certificate.unwrap();
        let bodies: BTreeSet<_> = preview.examples.iter().map(|it| facts(it).body).collect();
        let economies: BTreeSet<_> = preview.examples.iter().map(|it| facts(it).body_economy).collect();
        let certificates: u64 = preview.examples.iter().map(|it| it.certificates).sum();
        let verifications: u64 = preview.examples.iter().map(|it| it.recent_verifications).sum();
        assert_eq!(economies, BTreeSet::from(["XA".to_owned()]), "{preview:?}");
        (bodies, certificates, verifications)
    };
    let named = || BTreeSet::from(["bodies/aurora-cert".to_owned()]);
    let unnamed = || BTreeSet::from([String::new()]);
    let all = preview(TokenRequest::new("keeper", ["admin"])).await;
    let (bodies, certificates, verifications) = of(&all);
    assert_eq!((bodies, verifications), (named(), 7));
    assert!((1..5).contains(&certificates), "{all:?}");
    let body = |body: &str| read().for_body(body);
    assert_eq!(of(&preview(body("bodies/aurora-cert")).await), (named(), certificates, 0));
    assert_eq!(of(&preview(read().for_economy("XA")).await), (named(), certificates, 0));
    assert_eq!(of(&preview(read().for_economy("XB")).await), (unnamed(), 0, 7));
    for stranger in [body("bodies/boreal-cert"), body("bodies/boreal-cert").for_economy("XB"), read()] {
        let told = preview(stranger).await;
        assert_eq!(of(&told), (unnamed(), 0, 0));
        assert_eq!((told.totals, &told.markets), (all.totals, &all.markets), "sums are the same for all");
    }
}
