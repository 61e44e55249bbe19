//! Where two rules meet, and only one of them was heeded once.

use serde_json::{Value, json};

use super::cases::{annex, kept, link, question, world};
use crate::domain::decision::{Attempt, Decision, Outcome};
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::question::Question;
use crate::domain::time::parse_date;
use crate::domain::translate::NoTranslation;
use crate::domain::{explain, recognise};

fn decide(entries: Vec<Value>, question: &Question) -> Decision<'static> {
    recognise(kept(entries), &NoTranslation, question)
}

fn certified(names: &[&str]) -> Question {
    let mut question = question(names[0]);
    question.certified =
        names.iter().map(|name| Target { name: TargetKey::parse(name).unwrap(), level: "".into() }).collect();
    question.normalised()
}

fn requirement(name: &str, extra: Value) -> Value {
    let mut it = json!({ "name": format!("requirements/{name}"), "market": "XB", "title": "r", "mandatory": true,
        "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }], "validity": { "from": "2020-01-01" },
        "acceptances": [{ "target": { "name": "standards/z-1" } }] });
    it.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({ "requirement": it })
}

#[test]
fn a_calendar_of_editions_bears_on_what_must_be_certified_beside_a_scheme() {
    let mut entries = world();
    entries.retain(|it| it.get("requirement").is_none());
    let any = json!({ "any": true });
    entries.push(requirement(
        "r",
        json!({ "acceptances": [
            { "target": { "name": "schemes/u" }, "together_with": [{ "name": "standards/ux-1" }], "bodies": any },
            { "target": { "name": "schemes/u" }, "together_with": [{ "name": "standards/ux-2" }], "bodies": any }] }),
    ));
    entries.push(json!({ "edition_transition": { "name": "editionTransitions/u", "market": "XB",
        "from_standard": "standards/ux-1", "to_standard": "standards/ux-2", "either_from": "2022-06-01",
        "new_only_from": "2024-01-01", "convert_by": "2025-12-31" } }));
    let on = |date: &str, edition: &str, granted_on: &str| {
        let mut question = certified(&["schemes/u", edition]);
        question.date = parse_date(date).unwrap();
        question.granted_on = parse_date(granted_on);
        decide(entries.clone(), &question)
    };
    let (old, new) = ("standards/ux-1", "standards/ux-2");
    for (date, edition, granted_on, outcome) in [
        ("2023-12-31", old, "", Outcome::Recognised),
        ("2024-01-01", old, "", Outcome::Undetermined),
        ("2025-12-31", old, "2023-12-31", Outcome::Recognised),
        ("2025-12-31", old, "2024-01-01", Outcome::NotRecognised),
        ("2026-01-01", old, "2023-12-31", Outcome::NotRecognised),
        ("2022-05-31", new, "", Outcome::NotRecognised),
        ("2022-06-01", new, "", Outcome::Recognised),
    ] {
        let decision = on(date, edition, granted_on);
        assert_eq!(decision.outcome, outcome, "{edition} on {date}, granted on {granted_on}");
        let result = &decision.requirements[0];
        match outcome {
            Outcome::Undetermined => {
                assert_eq!(result.findings[0].parameters["standard"], "standards/ux-1");
            }
            Outcome::NotRecognised => {
                let miss = result.nearest_miss.as_ref().unwrap();
                assert!(miss.reason.contains(edition), "{}", miss.reason);
            }
            _ => {}
        }
    }
}

#[test]
fn a_weaker_route_settles_nothing_while_a_stronger_one_depends_on_what_is_missing() {
    let mut entries = world();
    let ended = json!({ "on": "2026-01-01", "rule": "grandfather", "earlier_results_until": "2028-01-01" });
    let named = |mut it: Value, name: &str| {
        it["annex"]["name"] = json!(format!("annexes/{name}"));
        it
    };
    entries.push(named(annex(json!({ "effect": "information_only" })), "info"));
    entries.push(named(annex(json!({ "lapse": ended })), "whole"));
    let on = |granted_on: &str| {
        let mut question = question("standards/z-1");
        question.date = parse_date("2026-03-01").unwrap();
        question.granted_on = parse_date(granted_on);
        decide(entries.clone(), &question)
    };
    let unsaid = on("");
    assert_eq!(unsaid.outcome, Outcome::Undetermined);
    assert_eq!(unsaid.requirements[0].findings[0].code, "granted_on_missing");
    assert!(unsaid.best_route.is_none());
    assert_eq!(on("2025-12-31").outcome, Outcome::Recognised);
    assert_eq!(on("2026-01-01").outcome, Outcome::InformationOnly);
    // What is missing for a weaker route does not matter where a stronger one is there.
    entries.iter_mut().for_each(|it| match it["annex"]["name"].as_str() {
        Some("annexes/info") => it["annex"]["effect"] = json!("full"),
        Some("annexes/whole") => it["annex"]["effect"] = json!("partial"),
        _ => {}
    });
    let mut question = question("standards/z-1");
    question.date = parse_date("2026-03-01").unwrap();
    assert_eq!(decide(entries, &question).outcome, Outcome::Recognised);
}

/// Two voluntary requirements: what is there by one, what may be by the other.
#[test]
fn of_what_is_honoured_a_weaker_effect_settles_nothing_while_a_stronger_one_may_be_there() {
    let with = |sure: &str, may_be: &str, granted_on: &str| {
        let mut entries = world();
        entries.retain(|it| it.get("requirement").is_none());
        let lapse = json!({ "on": "2026-01-01", "rule": "grandfather", "earlier_results_until": "2028-01-01" });
        for (name, standard, extra) in [
            ("sure", "standards/a-1", json!({ "effect": sure })),
            ("may-be", "standards/b-1", json!({ "effect": may_be, "lapse": lapse })),
        ] {
            let mut it = annex(extra);
            it["annex"]["name"] = json!(format!("annexes/{name}"));
            it["annex"]["covered"] = json!([{ "name": standard }]);
            entries.push(it);
            let accepts = json!({ "mandatory": false, "acceptances": [{ "target": { "name": standard } }] });
            entries.push(requirement(name, accepts));
        }
        let mut question = certified(&["standards/a-1", "standards/b-1"]);
        question.date = parse_date("2026-03-01").unwrap();
        question.granted_on = parse_date(granted_on);
        decide(entries, &question).outcome
    };
    for (sure, may_be, unsaid, early, late) in [
        ("information_only", "full", Outcome::Undetermined, Outcome::Recognised, Outcome::InformationOnly),
        ("information_only", "partial", Outcome::Undetermined, Outcome::Partial, Outcome::InformationOnly),
        ("partial", "full", Outcome::Undetermined, Outcome::Recognised, Outcome::Partial),
        // What could not be more says nothing.
        ("partial", "information_only", Outcome::Partial, Outcome::Partial, Outcome::Partial),
        ("partial", "partial", Outcome::Partial, Outcome::Partial, Outcome::Partial),
        ("full", "full", Outcome::Recognised, Outcome::Recognised, Outcome::Recognised),
    ] {
        let told = format!("{sure} is there and {may_be} may be");
        assert_eq!(with(sure, may_be, ""), unsaid, "{told}");
        assert_eq!(with(sure, may_be, "2025-06-01"), early, "{told}");
        assert_eq!(with(sure, may_be, "2026-02-01"), late, "{told}");
    }
}

#[test]
fn a_chain_starts_from_what_the_annex_covers_and_the_body_is_designated_for() {
    let links = || {
        [
            link("good", "standards/a-1", "standards/b-1", "identical"),
            link("oth", "standards/o-1", "standards/z-1", "identical"),
        ]
    };
    let with = |extra: Value, more: Vec<Value>| {
        let mut entries = world();
        entries.extend(links());
        entries.push(annex(extra));
        entries.extend(more);
        let question = certified(&["schemes/s", "standards/a-1", "standards/o-1"]);
        decide(entries, &question).outcome
    };
    let covers = |names: &[&str]| {
        let covered: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
        json!({ "covered": covered })
    };
    assert_eq!(with(covers(&["standards/a-1"]), vec![]), Outcome::NotRecognised);
    assert_eq!(with(covers(&["standards/o-1"]), vec![]), Outcome::Recognised);
    assert_eq!(with(covers(&["schemes/s"]), vec![]), Outcome::Recognised, "a result of the scheme to that standard");
    assert_eq!(with(covers(&["schemes/other", "standards/a-1"]), vec![]), Outcome::NotRecognised);

    let designated = |names: &[&[&str]]| -> Vec<Value> {
        let each = names.iter().enumerate().map(|(i, targets)| {
            json!({ "designation": { "name": format!("designations/d{i}"), "body": "bodies/a", "authority": "bodies/x",
                "annex": "annexes/x", "targets": targets, "validity": { "from": "2020-01-01" } } })
        });
        each.collect()
    };
    let by = |names: &[&[&str]]| with(json!({ "designation_required": true }), designated(names));
    assert_eq!(by(&[&["standards/a-1"]]), Outcome::NotRecognised);
    assert_eq!(by(&[&["standards/o-1"]]), Outcome::Recognised);
    assert_eq!(by(&[&["standards/a-1"], &["standards/o-1"]]), Outcome::Recognised, "by the second of them");
    assert_eq!(by(&[&["schemes/s"]]), Outcome::Recognised);
    // The one for what leads on is of a part of the code only.
    let mut doubtful = designated(&[&["standards/a-1"], &["standards/o-1"]]);
    doubtful[1]["designation"]["codes"] =
        json!([{ "code": { "edition": "HS2022", "code": "854143" }, "ex_description": "Those of glass." }]);
    assert_eq!(with(json!({ "designation_required": true }), doubtful), Outcome::Undetermined);
}

#[test]
fn what_an_ending_lets_count_on_counts_beyond_the_end_of_the_validity() {
    let ending = json!({ "on": "2024-01-01", "rule": "grandfather", "earlier_results_until": "2026-01-01" });
    let period = json!({ "from": "2020-01-01", "until": "2024-01-01" });
    let of_annex = annex(json!({ "validity": period, "lapse": ending }));
    let of_designation = json!({ "designation": { "name": "designations/d", "body": "bodies/a", "authority": "bodies/x",
        "annex": "annexes/x", "validity": period, "ending": ending } });
    for more in [vec![of_annex], vec![annex(json!({ "designation_required": true })), of_designation]] {
        let on = |date: &str, granted_on: &str| {
            let mut question = question("standards/z-1");
            question.date = parse_date(date).unwrap();
            question.granted_on = parse_date(granted_on);
            decide(world().into_iter().chain(more.clone()).collect(), &question)
        };
        assert_eq!(on("2023-12-31", "").outcome, Outcome::Recognised);
        assert_eq!(on("2025-06-01", "2023-06-01").outcome, Outcome::Recognised);
        assert_eq!(on("2025-06-01", "").outcome, Outcome::Undetermined);
        for (date, granted_on, told) in [
            ("2025-06-01", "2024-01-01", "results granted before count until 2026-01-01"),
            ("2026-01-01", "2023-06-01", "results granted before counted until 2026-01-01"),
        ] {
            let decision = on(date, granted_on);
            assert_eq!(decision.outcome, Outcome::NotRecognised, "{date} {granted_on}");
            let miss = decision.requirements[0].nearest_miss.as_ref().unwrap();
            assert!(miss.reason.contains(told), "{}", miss.reason);
        }
    }
}

#[test]
fn a_requirement_of_a_bloc_binds_who_belongs_to_a_member() {
    let bloc = |name: &str, member: &str, until: &str| {
        json!({ "economy": { "name": name, "bloc": true,
            "members": [{ "economy": member, "validity": { "from": "2020-01-01", "until": until } }] } })
    };
    let entries = vec![
        json!({ "economy": { "name": "XA" } }),
        json!({ "economy": { "name": "XB" } }),
        bloc("BIG", "BOREAL", "2026-01-01"),
        bloc("BOREAL", "XB", ""),
        requirement(
            "r",
            json!({ "market": "BIG",
            "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["BIG"] } }] }),
        ),
    ];
    let mut asked = question("standards/z-1");
    asked.date = parse_date("2025-06-01").unwrap();
    let decision = decide(entries.clone(), &asked);
    assert_eq!(decision.outcome, Outcome::NotRecognised, "a body of nobody's");
    assert_eq!(decision.markets.iter().map(|it| it.as_str()).collect::<Vec<_>>(), ["XB", "BIG", "BOREAL"]);
    asked.body_economy = asked.destination.clone();
    assert_eq!(decide(entries.clone(), &asked).outcome, Outcome::Recognised, "a body of a member's member");
    asked.date = parse_date("2026-01-01").unwrap();
    let decision = decide(entries, &asked);
    assert_eq!(decision.markets.iter().map(|it| it.as_str()).collect::<Vec<_>>(), ["XB", "BOREAL"]);
}

#[test]
fn a_transition_period_is_waited_for_as_long_as_a_party_of_the_question_has_one() {
    let period = |economy: &str, ends_on: &str| json!({ "economy": economy, "ends_on": ends_on });
    let mut entries = world();
    entries.push(json!({ "economy": { "name": "XC" } }));
    let transitions = [period("XA", "2027-01-01"), period("XB", "2028-01-01"), period("XC", "2035-01-01")];
    entries.push(annex(json!({ "transitions": transitions })));
    let decision = decide(entries.clone(), &question("standards/z-1"));
    let miss = decision.requirements[0].nearest_miss.as_ref().unwrap();
    assert!(miss.mend.starts_with("wait until 2028-01-01"), "{}", miss.mend);
    // On the very day it is over.
    let on = |date: &str| {
        let mut question = question("standards/z-1");
        question.date = parse_date(date).unwrap();
        decide(entries.clone(), &question).outcome
    };
    assert_eq!((on("2027-12-31"), on("2028-01-01")), (Outcome::NotRecognised, Outcome::Recognised));
}

/// Which links a chain has, and a test that two of them ask for.
#[test]
fn a_test_that_bridges_two_links_is_done_once() {
    let mut entries = world();
    let mut bridged = |name: &str, from: &str, to: &str, tests: &[&str]| {
        let mut it = link(name, from, to, "modified");
        let deviations =
            tests.iter().map(|id| json!({ "description": "d", "bridging_test": { "id": id, "description": "t" } }));
        it["equivalence"]["deviations"] = deviations.collect();
        entries.push(it);
    };
    bridged("a", "standards/a-1", "standards/b-1", &["frost", "salt"]);
    bridged("b", "standards/b-1", "standards/z-1", &["salt", "wind"]);
    entries.push(annex(json!({ "max_chain_links": 2 })));
    let decision = decide(entries, &question("standards/a-1"));
    assert_eq!(decision.outcome, Outcome::RecognisedOnConditions);
    let ids: Vec<_> = decision.conditions.iter().map(|it| it.id()).collect();
    assert_eq!(ids, ["frost", "salt", "wind"]);
}

#[test]
fn a_designation_that_is_reinstated_on_a_day_counts_on_that_day() {
    let entries = |suspensions: Value| {
        let designation = json!({ "designation": { "name": "designations/d", "body": "bodies/a",
            "authority": "bodies/x", "annex": "annexes/x", "validity": { "from": "2020-01-01" },
            "suspensions": suspensions } });
        let mut entries = world();
        entries.extend([annex(json!({ "designation_required": true })), designation]);
        entries
    };
    let on = |date: &str, suspensions: Value| {
        let mut question = question("standards/z-1");
        question.date = parse_date(date).unwrap();
        decide(entries(suspensions), &question).outcome
    };
    let two =
        || json!([{ "from": "2025-01-01", "until": "2025-02-01" }, { "from": "2025-02-02", "until": "2025-03-01" }]);
    for (date, outcome) in [
        ("2024-12-31", Outcome::Recognised),
        ("2025-01-01", Outcome::NotRecognised),
        ("2025-01-31", Outcome::NotRecognised),
        ("2025-02-01", Outcome::Recognised),
        ("2025-02-02", Outcome::NotRecognised),
        ("2025-03-01", Outcome::Recognised),
    ] {
        assert_eq!(on(date, two()), outcome, "{date}");
    }
}

#[test]
fn conditions_of_two_annexes_are_two_whatever_their_identifiers() {
    let mut entries = world();
    entries.retain(|it| it.get("requirement").is_none());
    for (name, standard, ask) in
        [("w1", "standards/a-1", "Test at -30 C."), ("w2", "standards/b-1", "Noise below 100 dB.")]
    {
        let condition = json!({ "id": "ND-1", "kind": "national_difference", "description": ask });
        let mut it = annex(json!({ "covered": [{ "name": standard }], "conditions": [condition] }));
        it["annex"]["name"] = json!(format!("annexes/{name}"));
        entries.push(it);
        entries.push(requirement(name, json!({ "acceptances": [{ "target": { "name": standard } }] })));
    }
    let decision = decide(entries, &certified(&["standards/a-1", "standards/b-1"]));
    assert_eq!(decision.outcome, Outcome::RecognisedOnConditions);
    let told: Vec<_> = decision.conditions.iter().map(|it| it.description()).collect();
    assert_eq!(told, ["Test at -30 C.", "Noise below 100 dB."]);
}

#[test]
fn what_mends_a_suspension_is_its_end_and_not_a_designation_that_is_there() {
    let mend = |more: Value| {
        let mut designation = json!({ "name": "designations/d", "body": "bodies/a", "authority": "bodies/x",
            "annex": "annexes/x", "validity": { "from": "2020-01-01" } });
        designation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut entries = world();
        entries.extend([annex(json!({ "designation_required": true })), json!({ "designation": designation })]);
        let mut question = question("standards/z-1");
        question.date = parse_date("2025-01-15").unwrap();
        decide(entries, &question).requirements[0].nearest_miss.as_ref().unwrap().mend.clone()
    };
    let own = json!({ "suspensions": [{ "from": "2025-01-01", "until": "2025-02-01" }] });
    assert_eq!(mend(own), "wait until 2025-02-01, when the suspension of designations/d ends");
    let contested = json!({ "contestations": [{ "party": "XB", "raised_on": "2024-12-01",
        "interim_suspension": { "from": "2025-01-01" } }] });
    assert_eq!(mend(contested), "wait until the contestation of designations/d by XB is settled");
    let over = json!({ "suspensions": [{ "from": "2024-01-01", "until": "2025-01-01" }],
        "validity": { "from": "2020-01-01", "until": "2025-01-01" } });
    assert_eq!(mend(over), "have bodies/a designated");
}

#[test]
fn a_miss_by_an_exclusion_names_what_is_excluded_and_what_would_help() {
    let members = json!([{ "economy": "XA", "validity": { "from": "2000-01-01" } }]);
    let code = json!([{ "code": { "edition": "HS2022", "code": "854143" } }]);
    let another = "have the goods certified by ";
    let none = "none by this annex while it excludes ";
    for (exclusions, reason, mend) in [
        (json!({ "bodies": ["bodies/a"] }), "bodies/a", format!("{another}another body than bodies/a")),
        (
            json!({ "economies": ["XA"], "bodies": ["bodies/a"] }),
            "bodies/a, results of bodies of XA",
            format!("{another}a body of another economy than XA"),
        ),
        (
            json!({ "economies": ["UNION"] }),
            "results of bodies of XA of UNION",
            format!("{another}a body of another economy than XA"),
        ),
        (
            json!({ "economies": ["XB"], "bodies": ["bodies/a"] }),
            "results for XB, bodies/a",
            format!("{none}results for XB; ask the parties to extend it"),
        ),
        (
            json!({ "origins": ["XA"] }),
            "goods that originate in XA",
            format!("{none}goods that originate in XA; ask the parties to extend it"),
        ),
        (json!({ "codes": code }), "HS2022 854143", format!("{none}HS2022 854143; ask the parties to extend it")),
    ] {
        let mut entries = world();
        entries.push(json!({ "economy": { "name": "UNION", "bloc": true, "members": members } }));
        entries.push(annex(json!({ "exclusions": exclusions })));
        let decision = decide(entries, &question("standards/z-1"));
        let miss = decision.requirements[0].nearest_miss.as_ref().unwrap();
        assert_eq!((&*miss.reason, &*miss.mend), (&*format!("annexes/x excludes {reason}"), &*mend));
    }
}

/// Whether standards/y-1 counts is in doubt, since nobody knows whether the market belongs to the bloc with its calendar.
#[test]
fn a_decision_that_the_calendar_of_a_bloc_in_doubt_does_not_change_has_the_identifier_that_it_had() {
    // As a decision has them in `cases` where no calendar is in doubt, and where one is and decides.
    let plain = "sha256:5275223e132b121989fb063d7f84bc4852639484523325eeb5956f99c633503c";
    let in_doubt = "sha256:1025de89252abd30bcb8bc286621da15b9814f12cd15c7e28e2ae85b8f0af724";
    let (any, of_market) = (json!({ "any": true }), json!({ "economies": ["XB"] }));
    let with = |acceptances: &[(&str, &Value)], links: &[(&str, &str, &str)]| {
        let acceptances = acceptances.iter().map(|(it, bodies)| json!({ "target": { "name": it }, "bodies": bodies }));
        let mut entries = world();
        entries[2]["requirement"]["acceptances"] = acceptances.collect();
        entries.push(json!({ "economy": { "name": "UNION", "bloc": true, "members_incomplete": true } }));
        entries.push(json!({ "edition_transition": { "name": "editionTransitions/u", "market": "UNION",
            "from_standard": "standards/y-1", "to_standard": "standards/y-2", "new_only_from": "2022-01-01",
            "convert_by": "2022-01-01" } }));
        entries.extend(links.iter().map(|(from, to, degree)| link(&to.replace("standards/", ""), from, to, degree)));
        entries
    };
    let to = |to, degree| ("standards/z-1", to, degree);
    let (y, x) = ("standards/y-1", "standards/x-1");
    let (free, asked) = (Outcome::Recognised, Outcome::RecognisedOnConditions);
    for (what, acceptances, links, outcome, id) in [
        ("in doubt, but another acceptance does", vec![(y, &any), ("standards/z-1", &any)], vec![], free, plain),
        ("nothing leads to it", vec![(y, &any)], vec![], Outcome::NotRecognised, plain),
        ("it alone", vec![(y, &any)], vec![to(y, "identical")], Outcome::Undetermined, in_doubt),
        (
            "further than what counts",
            vec![(y, &of_market), ("standards/z-1", &of_market)],
            vec![to(y, "identical")],
            free,
            plain,
        ),
        (
            "with a test more than to what counts",
            vec![(y, &any), (x, &any)],
            vec![to(y, "modified"), to(x, "identical")],
            free,
            plain,
        ),
        (
            "with a test less than to what counts",
            vec![(y, &any), (x, &any)],
            vec![to(y, "identical"), to(x, "modified")],
            asked,
            in_doubt,
        ),
    ] {
        let mut entries = with(&acceptances, &links);
        entries.push(annex(json!({})));
        let catalogue = kept(entries);
        let question = question("standards/z-1");
        let decision = recognise(catalogue, &NoTranslation, &question);
        assert_eq!((decision.outcome, decision.id.to_string().as_str()), (outcome, id), "{what}");
        assert_eq!(explain(catalogue, &NoTranslation, &question).id, decision.id, "{what}");
    }

    // What only an explanation comes to changes nothing.
    let mut entries = with(&[(y, &any), ("standards/z-1", &any)], &[("standards/w-1", y, "identical")]);
    entries.push(annex(json!({ "covered": [{ "name": "standards/w-1" }] })));
    let (catalogue, question) = (kept(entries), certified(&["standards/z-1", "standards/w-1"]));
    let explained = explain(catalogue, &NoTranslation, &question);
    assert!(matches!(&explained.requirements[0].attempts[..], [Attempt::Route(_), Attempt::Missing { .. }]));
    assert_eq!(explained.id, recognise(catalogue, &NoTranslation, &question).id);
}
