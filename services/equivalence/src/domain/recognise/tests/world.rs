//! Cases from the real world. Facts are those of the sources named; what a case needs beside them (requirements, codes,
//! bodies) is made up and says so here: it stands for the market's own rule, which the sources do not spell out.

use serde_json::{Value, json};

use super::cases::{kept, question};
use crate::domain::decision::{Check, Decision, Outcome, Status};
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::question::Question;
use crate::domain::recognise;
use crate::domain::standard::Stock;
use crate::domain::time::parse_date;
use crate::domain::translate::NoTranslation;
use crate::domain::words::ConditionKind;

/// A question about something certified by a body of one economy for goods of it on their way to another.
fn ask(certified: &str, body: (&str, &str), code: &str, destination: &str, date: &str) -> Question {
    let mut question = question(certified);
    question.body = BodyKey::parse(body.0).unwrap();
    question.body_economy = EconomyCode::parse(body.1).unwrap();
    question.origin = question.body_economy.clone();
    question.code.code = code.into();
    question.destination = EconomyCode::parse(destination).unwrap();
    question.date = parse_date(date).unwrap();
    question
}

fn decide(entries: &[Value], question: &Question) -> Decision<'static> {
    recognise(kept(entries.to_vec()), &NoTranslation, question)
}

fn economies(codes: &[&str]) -> Vec<Value> {
    codes.iter().map(|code| json!({ "economy": { "name": code } })).collect()
}

/// What a market asks or honours: made up, to have something that the facts lead to.
fn asks(market: &str, mandatory: bool, code: &str, accepted: &str, rule: Value) -> Value {
    json!({ "requirement": { "name": "requirements/r", "market": market, "title": "r", "mandatory": mandatory,
        "codes": [{ "code": { "edition": "HS2022", "code": code } }], "validity": { "from": "1990-01-01" },
        "acceptances": [{ "target": { "name": accepted }, "bodies": rule }] } })
}

fn missed<'d>(decision: &'d Decision<'_>) -> (Check, &'d str) {
    let miss = decision.requirements[0].nearest_miss.as_ref().unwrap();
    (miss.check, &miss.reason)
}

// The EU-Switzerland agreement is in force since 2002-06-01; its chapter on medical devices (Annex 1, chapter 4) ceased to
// have effect on 2021-05-26, and certificates of Swiss bodies are no longer recognised.
// Source: https://denederlandsegrondwet.nl/id/vlj4l7k21awi/nieuws/commission_publishes_information_notice?ctx=vlj4fy99w0zt ,
// https://dra.fi/swixit-effects-on-the-current-status-of-the-eu-switzerland-mutual-recognition-agreement-mra-for-medical-devices-markets/
#[test]
fn the_medical_devices_chapter_of_the_eu_and_switzerland_carries_nothing_from_2021_05_26_on() {
    let mut entries = economies(&["EU", "CH"]);
    entries.extend([
        json!({ "arrangement": { "name": "arrangements/eu-ch", "title": "MRA", "in_force_from": "2002-06-01",
            "parties": [{ "economy": "EU" }, { "economy": "CH" }] } }),
        json!({ "annex": { "name": "annexes/eu-ch-4", "arrangement": "arrangements/eu-ch", "title": "Medical devices",
            "validity": { "from": "2002-06-01" }, "objects": ["certificate"], "designation_required": true,
            "lapse": { "on": "2021-05-26", "rule": "cut_off" } } }),
        json!({ "designation": { "name": "designations/d", "body": "bodies/swiss", "authority": "bodies/office",
            "annex": "annexes/eu-ch-4", "validity": { "from": "2002-06-01" } } }),
        asks("EU", true, "9018", "schemes/medical", json!({ "economies": ["EU"] })),
    ]);
    let on = |date, granted_on| {
        let mut question = ask("schemes/medical", ("bodies/swiss", "CH"), "901890", "EU", date);
        question.granted_on = parse_date(granted_on);
        decide(&entries, &question)
    };
    assert_eq!(on("2021-05-25", "2020-01-01").outcome, Outcome::Recognised);
    for date in ["2021-05-26", "2026-11-23"] {
        // Not what was granted before, either.
        let decision = on(date, "2020-01-01");
        assert_eq!(decision.outcome, Outcome::NotRecognised, "{date}");
        let (check, reason) = missed(&decision);
        assert_eq!(check, Check::AnnexInForce);
        assert!(reason.contains("2021-05-26"), "{reason}");
    }
}

// After a body is withdrawn from the list, results of procedures that it performed before go on being accepted.
// Source: 21 CFR 26.68(e), https://ecfr.io/Title-21/Section-26.68 . Economies, body and dates are made up.
#[test]
fn results_of_a_withdrawn_body_from_before_its_withdrawal_are_still_accepted() {
    let mut entries = economies(&["XA", "XB"]);
    entries.extend([
        json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2000-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } }),
        json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
            "validity": { "from": "2000-01-01" }, "objects": ["certificate"], "designation_required": true } }),
        json!({ "designation": { "name": "designations/d", "body": "bodies/listed", "authority": "bodies/office",
            "annex": "annexes/x", "validity": { "from": "2000-01-01" },
            "ending": { "on": "2010-07-01", "rule": "grandfather", "legal_reference": "21 CFR 26.68(e)" } } }),
        asks("XB", true, "9018", "schemes/medical", json!({ "economies": ["XB"] })),
    ]);
    let granted = |granted_on: Option<&str>| {
        let mut question = ask("schemes/medical", ("bodies/listed", "XA"), "901890", "XB", "2010-08-01");
        question.granted_on = granted_on.and_then(parse_date);
        decide(&entries, &question)
    };
    assert_eq!(granted(Some("2010-06-30")).outcome, Outcome::Recognised);
    let later = granted(Some("2010-07-01"));
    assert_eq!((later.outcome, missed(&later).0), (Outcome::NotRecognised, Check::Designation));
    // When it was granted decides, so that nothing is said without it.
    let unknown = granted(None);
    assert_eq!(unknown.outcome, Outcome::Undetermined);
    assert_eq!(unknown.requirements[0].findings[0].code, "granted_on_missing");
}

// One edition of a document carried over always, an earlier one until the end of 2020 only. The shape is that of
// KC 62133-2:2020, for which reports to IEC 62133-2:2017 count always and those to the 2012 edition until 2020-12-31;
// the one source that says so (http://nomoiot.com/news/1581.html) is too weak to be shipped as a fact, so that the names
// here are made up.
#[test]
fn an_earlier_edition_may_carry_over_until_a_day_and_the_current_one_always() {
    let link = |name: &str, from: &str, until: &str| {
        json!({ "equivalence": { "name": format!("equivalences/{name}"), "from": { "name": from },
            "to": { "name": "standards/xs-62133-2020" }, "degree": "identical",
            "validity": { "from": "2020-01-01", "until": until } } })
    };
    let mut entries = economies(&["XA", "XB"]);
    entries.extend([
        json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2000-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } }),
        json!({ "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
            "validity": { "from": "2000-01-01" }, "objects": ["certificate", "test_report"] } }),
        link("current", "standards/x-62133-2017", ""),
        link("earlier", "standards/x-62133-2012", "2021-01-01"),
        asks("XB", true, "8507", "standards/xs-62133-2020", json!({ "economies": ["XB"] })),
    ]);
    let on = |edition, date| decide(&entries, &ask(edition, ("bodies/a", "XA"), "850760", "XB", date)).outcome;
    assert_eq!(on("standards/x-62133-2012", "2020-12-31"), Outcome::Recognised);
    assert_eq!(on("standards/x-62133-2012", "2021-01-01"), Outcome::NotRecognised);
    assert_eq!(on("standards/x-62133-2017", "2020-12-31"), Outcome::Recognised);
    assert_eq!(on("standards/x-62133-2017", "2026-11-23"), Outcome::Recognised);
}

// GB 31241-2022 replaces GB 31241-2014: either counts from 2023-03-01, only the later one for new certificates from
// 2024-01-01; certificates to the earlier one are converted by 2024-12-31 or suspended, and withdrawn by 2025-03-31.
// Exempt: certified, delivered and placed on the market before 2023-12-31 and no longer produced.
// Source: http://china-srrc.com/newsinfo/847882.html
#[test]
fn certificates_to_gb_31241_2014_are_suspended_and_then_withdrawn_by_the_later_editions_calendar() {
    let mut entries = economies(&["CN"]);
    entries.push(json!({ "edition_transition": { "name": "editionTransitions/gb-31241", "market": "CN",
        "from_standard": "standards/gb-31241-2014", "to_standard": "standards/gb-31241-2022",
        "either_from": "2023-03-01", "new_only_from": "2024-01-01", "convert_by": "2024-12-31",
        "consequence": "suspend", "withdraw_by": "2025-03-31",
        "exempt_stock": "certified, delivered and placed on the market before 2023-12-31 and no longer produced",
        "stock_exemption": { "placed_on_market_before": "2023-12-31",
            "provided": "that the product is no longer produced" } } }));
    let mut requirement = asks("CN", true, "8507", "standards/gb-31241-2014", json!({ "economies": ["CN"] }));
    let later = json!({ "target": { "name": "standards/gb-31241-2022" }, "bodies": { "economies": ["CN"] } });
    requirement["requirement"]["acceptances"].as_array_mut().unwrap().push(later);
    entries.push(requirement);
    let on = |edition: &str, date, granted_on| {
        let mut question = ask(&format!("standards/gb-31241-{edition}"), ("bodies/cn", "CN"), "850760", "CN", date);
        question.granted_on = parse_date(granted_on);
        decide(&entries, &question)
    };
    // The later edition counts as soon as either does.
    let early = on("2022", "2023-02-28", "2023-02-01");
    assert_eq!((early.outcome, missed(&early).0), (Outcome::NotRecognised, Check::Edition));
    assert_eq!(on("2022", "2023-03-01", "2023-02-01").outcome, Outcome::Recognised);
    assert_eq!(on("2022", "2026-11-23", "2024-02-01").outcome, Outcome::Recognised);
    // The earlier one counts for what was granted before 2024 only, and until 2024 is over.
    assert_eq!(on("2014", "2023-12-31", "2023-12-31").outcome, Outcome::Recognised);
    assert_eq!(on("2014", "2024-12-31", "2023-12-31").outcome, Outcome::Recognised);
    let new = on("2014", "2024-06-01", "2024-01-01");
    assert_eq!((new.outcome, missed(&new).0), (Outcome::NotRecognised, Check::Edition));
    assert_eq!(on("2014", "2024-06-01", "").outcome, Outcome::Undetermined);
    let suspended = on("2014", "2025-01-01", "2023-12-31");
    assert!(missed(&suspended).1.contains("is suspended, to be withdrawn by 2025-03-31"), "{}", missed(&suspended).1);
    let mend = &suspended.requirements[0].nearest_miss.as_ref().unwrap().mend;
    assert!(mend.contains("convert the certificate to standards/gb-31241-2022; exempt is: certified"), "{mend}");
    assert!(mend.contains("must say placed_on_market_on (placed on the market before 2023-12-31)"), "{mend}");
    let withdrawn = on("2014", "2025-03-31", "2023-12-31");
    assert!(missed(&withdrawn).1.contains("is withdrawn"), "{}", missed(&withdrawn).1);

    // Stock of before goes on by the earlier edition, once it is shown that it is no longer produced; later goods do not.
    let stock = |placed_on, granted_on| {
        let mut question = ask("standards/gb-31241-2014", ("bodies/cn", "CN"), "850760", "CN", "2026-11-23");
        question.granted_on = parse_date(granted_on);
        question.stock.placed_on = parse_date(placed_on);
        decide(&entries, &question)
    };
    let exempt = stock("2023-12-30", "2021-05-01");
    assert_eq!(exempt.outcome, Outcome::RecognisedOnConditions);
    let shown: Vec<_> = exempt.conditions.iter().map(|it| (it.kind(), it.description())).collect();
    assert_eq!(shown, [(ConditionKind::ExemptStock, "that the product is no longer produced")]);
    let relied_on = exempt.best_route.as_ref().unwrap().exemptions[0];
    assert_eq!(relied_on.transition.name.name(), "editionTransitions/gb-31241");
    assert_eq!(relied_on.reason(), "placed on the market on 2023-12-30, before 2023-12-31");
    let later = stock("2023-12-31", "2021-05-01");
    assert_eq!((later.outcome, missed(&later).0), (Outcome::NotRecognised, Check::Edition));
    assert!(!later.requirements[0].nearest_miss.as_ref().unwrap().mend.contains("must say"), "it was said");
    // No exemption for a result that was granted when only the later edition counted.
    let new = stock("2023-12-30", "2024-01-01");
    assert_eq!((new.outcome, missed(&new).0), (Outcome::NotRecognised, Check::Edition));
    assert_eq!(stock("2023-12-30", "").outcome, Outcome::Undetermined);
}

// Made up: stock that is exempt by both of its days, until it was to be sold; and one acceptance that needs no exemption.
#[test]
fn stock_is_exempt_by_every_day_that_is_named_and_only_where_nothing_else_leads_there() {
    let mut entries = economies(&["XA", "XB"]);
    entries.push(json!({ "edition_transition": { "name": "editionTransitions/t", "market": "XB",
        "from_standard": "standards/x-2014", "to_standard": "standards/x-2022", "new_only_from": "2024-01-01",
        "convert_by": "2024-12-31", "source": { "example": true },
        "stock_exemption": { "placed_on_market_before": "2024-06-01", "manufactured_before": "2024-01-01",
            "until": "2026-01-01" } } }));
    let mut requirement = asks("XB", true, "8507", "standards/x-2014", json!({ "any": true }));
    let also = json!({ "target": { "name": "standards/x-2022" }, "bodies": { "any": true } });
    requirement["requirement"]["acceptances"].as_array_mut().unwrap().push(also);
    entries.push(requirement);
    let on = |certified: &[&str], date, placed_on, manufactured_on| {
        let mut question = ask(certified[0], ("bodies/a", "XA"), "850760", "XB", date);
        let more = certified[1..].iter().map(|it| Target { name: TargetKey::parse(it).unwrap(), level: "".into() });
        question.certified.extend(more);
        question.granted_on = parse_date("2020-01-01");
        question.stock = Stock { placed_on: parse_date(placed_on), manufactured_on: parse_date(manufactured_on) };
        decide(&entries, &question)
    };
    let old = ["standards/x-2014"];
    for (date, placed_on, manufactured_on, outcome) in [
        ("2025-12-31", "2024-05-31", "2023-12-31", Outcome::Recognised),
        ("2025-12-31", "2024-06-01", "2023-12-31", Outcome::NotRecognised),
        ("2025-12-31", "2024-05-31", "2024-01-01", Outcome::NotRecognised),
        ("2025-12-31", "2024-05-31", "", Outcome::NotRecognised),
        ("2025-12-31", "", "2023-12-31", Outcome::NotRecognised),
        ("2026-01-01", "2024-05-31", "2023-12-31", Outcome::NotRecognised),
    ] {
        let decision = on(&old, date, placed_on, manufactured_on);
        assert_eq!(decision.outcome, outcome, "{date} {placed_on} {manufactured_on}");
    }
    let mend = |decision: &Decision<'_>| decision.requirements[0].nearest_miss.as_ref().unwrap().mend.clone();
    let both = mend(&on(&old, "2025-12-31", "", ""));
    assert!(
        both.contains("exempt is: goods placed on the market before 2024-06-01 and manufactured before 2024-01-01")
    );
    assert!(both.contains("must say placed_on_market_on (placed on the market before 2024-06-01) and manufactured_on"));
    let one = mend(&on(&old, "2025-12-31", "2024-05-31", ""));
    assert!(one.contains("must say manufactured_on (manufactured before 2024-01-01)"), "{one}");
    assert!(!mend(&on(&old, "2026-01-01", "", "")).contains("exempt"), "what is over does not help");
    // What counts anyhow comes first, and relies on nothing.
    let plain = on(&["standards/x-2014", "standards/x-2022"], "2025-12-31", "2024-05-31", "2023-12-31");
    let route = plain.best_route.as_ref().unwrap();
    assert_eq!((route.accepted().name.to_string().as_str(), route.exemptions.len()), ("standards/x-2022", 0));
}

// UL 61730 takes the place of UL 1703 for new certificates from 2019-12-04; earlier ones keep the label.
// Source: https://www.ul.com/news/ul1703-ul-61730-pv-module-safety-standards-updates-making-transition
#[test]
fn certificates_to_ul_1703_from_before_2019_12_04_go_on_counting_without_end() {
    let mut entries = economies(&["US"]);
    entries.push(json!({ "edition_transition": { "name": "editionTransitions/ul-1703", "market": "US",
        "from_standard": "standards/ul-1703", "to_standard": "standards/ul-61730-1-2017",
        "new_only_from": "2019-12-04" } }));
    entries.push(asks("US", false, "8541", "standards/ul-1703", json!({ "any": true })));
    let granted = |granted_on| {
        let mut question = ask("standards/ul-1703", ("bodies/us", "US"), "854143", "US", "2026-11-23");
        question.granted_on = parse_date(granted_on);
        decide(&entries, &question).outcome
    };
    assert_eq!(granted("2019-12-03"), Outcome::Recognised);
    assert_eq!(granted("2019-12-04"), Outcome::NotRecognised);
}

/// A label programme's own market: the label of the programme, honoured, from its own body.
fn label(market: &str, code: &str, scheme: &str, body: &str) -> Value {
    asks(market, false, code, scheme, json!({ "bodies": [body] }))
}

fn correspond(from: &str, to: &str, since: &str) -> Value {
    json!({ "equivalence": { "name": "equivalences/common", "from": { "name": from }, "to": { "name": to },
        "degree": "identical", "validity": { "from": since } } })
}

// China, Japan and Korea share core criteria of their environmental labels: computers were the first product group (2007),
// printing ink the twelfth (2021).
// Source: http://en.mepcec.com/international-cooperation/mutual-recognition-of-environmental-labelling/mutual-recognition-of-environmental-labelling/2021/7144.shtml ,
// https://www.oneplanetnetwork.org/development-china-japan-korea-common-criteria-printing-ink
// The day within 2007 and the codes are our reading. Criteria in common are accepted, the rest is examined: in part.
#[test]
fn the_common_core_criteria_of_china_japan_and_korea_are_accepted_in_part_for_their_product_groups() {
    let mut entries = economies(&["CN", "JP", "KR"]);
    entries.extend([
        json!({ "arrangement": { "name": "arrangements/cjk", "title": "cjk", "in_force_from": "2007-12-31",
            "parties": [{ "economy": "CN" }, { "economy": "JP" }, { "economy": "KR" }] } }),
        json!({ "annex": { "name": "annexes/cjk-computers", "arrangement": "arrangements/cjk", "title": "Computers",
            "validity": { "from": "2007-12-31" }, "objects": ["common_core_criteria"], "effect": "partial",
            "codes": [{ "code": { "edition": "HS2022", "code": "8471" } }] } }),
        correspond("schemes/china-environmental-label", "schemes/korea-eco-label", "2007-12-31"),
        label("KR", "84", "schemes/korea-eco-label", "bodies/keiti"),
    ]);
    let on = |code, date| {
        decide(&entries, &ask("schemes/china-environmental-label", ("bodies/mepcec", "CN"), code, "KR", date))
    };
    let computers = on("847130", "2010-01-01");
    assert_eq!(computers.outcome, Outcome::Partial);
    assert_eq!(computers.requirements[0].status, Status::MetInPart);
    assert_eq!(computers.best_route.unwrap().annex.unwrap().name.name(), "annexes/cjk-computers");
    assert_eq!(on("847130", "2007-01-01").outcome, Outcome::NotRecognised);
    let others = on("844331", "2010-01-01");
    assert_eq!((others.outcome, missed(&others).0), (Outcome::NotRecognised, Check::Code));
}

// An Eco Mark copier that applies for the Nordic Swan is not examined again for the requirements in common, since April
// 2002. Source: http://ecomark.jp/english/sougo.html . The code, and a Nordic economy as the market, are our reading.
#[test]
fn a_copier_with_the_eco_mark_is_recognised_in_part_by_the_nordic_swan() {
    let mut entries = economies(&["JP", "SE"]);
    entries.extend([
        json!({ "arrangement": { "name": "arrangements/ecomark-swan", "title": "m", "in_force_from": "2002-04-30",
            "parties": [{ "economy": "JP" }, { "economy": "SE" }] } }),
        json!({ "annex": { "name": "annexes/copiers", "arrangement": "arrangements/ecomark-swan", "title": "Copiers",
            "validity": { "from": "2002-04-30" }, "objects": ["common_core_criteria"], "effect": "partial",
            "codes": [{ "code": { "edition": "HS2022", "code": "844331" } }],
            "conditions": [{ "id": "rest", "kind": "registration",
                             "description": "Apply for the criteria that are not in common." }] } }),
        correspond("schemes/eco-mark", "schemes/nordic-swan", "2002-04-30"),
        label("SE", "8443", "schemes/nordic-swan", "bodies/swan"),
    ]);
    let copier = decide(&entries, &ask("schemes/eco-mark", ("bodies/jea", "JP"), "844331", "SE", "2003-01-01"));
    assert_eq!(copier.outcome, Outcome::Partial);
    assert_eq!(copier.conditions[0].id(), "rest");
    // The other way nothing is said.
    entries.push(json!({ "requirement": { "name": "requirements/jp", "market": "JP", "title": "r",
        "codes": [{ "code": { "edition": "HS2022", "code": "8443" } }], "validity": { "from": "1990-01-01" },
        "acceptances": [{ "target": { "name": "schemes/eco-mark" } }] } }));
    let back = decide(&entries, &ask("schemes/nordic-swan", ("bodies/swan", "SE"), "844331", "JP", "2003-01-01"));
    assert_eq!(back.outcome, Outcome::NotRecognised);
}

// An agency arrangement: the Chinese programme is the only agent in China of Environmental Choice New Zealand (agreement
// of 2006). Source: http://en.mepcec.com/keyan/show-1429.html . What the agent verifies on behalf of the other programme is
// not examined again; nothing is said of other bodies. The day of entry into force is our reading.
#[test]
fn what_the_only_agent_verified_counts_and_what_another_body_of_its_economy_did_does_not() {
    let mut entries = economies(&["CN", "NZ"]);
    entries.extend([
        json!({ "body": { "name": "bodies/mepcec", "display_name": "CEC", "economy": "CN" } }),
        json!({ "arrangement": { "name": "arrangements/cec-nzet", "title": "m", "in_force_from": "2006-12-31",
            "parties": [{ "economy": "CN", "direction": "is_accepted" },
                        { "economy": "NZ", "direction": "accepts" }] } }),
        json!({ "annex": { "name": "annexes/agent", "arrangement": "arrangements/cec-nzet", "title": "Agency",
            "validity": { "from": "2006-12-31" }, "objects": ["proxy_verification"],
            "designation_required": true } }),
        json!({ "designation": { "name": "designations/agent", "body": "bodies/mepcec", "authority": "bodies/nzet",
            "annex": "annexes/agent", "validity": { "from": "2006-12-31" } } }),
        label("NZ", "8443", "schemes/environmental-choice-nz", "bodies/nzet"),
    ]);
    let by =
        |body| decide(&entries, &ask("schemes/environmental-choice-nz", (body, "CN"), "844331", "NZ", "2015-01-01"));
    let agent = by("bodies/mepcec");
    assert_eq!(agent.outcome, Outcome::Recognised);
    assert_eq!(agent.best_route.unwrap().designation.unwrap().name.name(), "designations/agent");
    let other = by("bodies/other");
    assert_eq!((other.outcome, missed(&other).0), (Outcome::NotRecognised, Check::Designation));
}
