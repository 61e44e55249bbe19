mod barred;
mod designate;
mod doubt;

use std::cell::Cell;

use proptest::prelude::*;

use super::*;
use crate::domain::body::Body;
use crate::domain::decision::Status;
use crate::domain::entry::Entry;
use crate::domain::recognise::tests::random::{Dice, Splitting, catalogue, catalogue_of_designations, question};
use crate::domain::{Detail, decide};

fn certificate(question: &Question) -> Facts {
    Facts {
        certified: question.certified.clone(),
        body: question.body.clone(),
        body_economy: question.body_economy.clone(),
        object: question.object,
        granted_on: question.granted_on,
    }
}

fn product(dice: &mut Dice, certificates: usize) -> Product {
    let questions: Vec<_> = (0..certificates.max(1)).map(|_| question(dice)).collect();
    let first = &questions[0];
    Product {
        code: first.code.clone(),
        origin: first.origin.clone(),
        date: first.date,
        stock: first.stock,
        certificates: questions[..certificates].iter().map(certificate).collect(),
    }
}

/// In half of them a designation is often all that is missing.
fn catalogue_of(seed: u64, dice: &mut Dice) -> Catalogue {
    if seed.is_multiple_of(2) { catalogue_of_designations(dice) } else { catalogue(dice) }
}

fn with(product: &Product, more: Facts) -> Product {
    let mut product = product.clone();
    product.certificates.push(more);
    product
}

fn promised(step: &Step<'_>, body: &BodyKey, economy: &EconomyCode, date: NaiveDate) -> Facts {
    Facts {
        certified: step.certified.clone(),
        body: body.clone(),
        body_economy: economy.clone(),
        object: step.object,
        granted_on: Some(date),
    }
}

/// The catalogue once a body is designated as a step says.
fn designated(catalogue: &Catalogue, it: &Designating<'_>, body: &BodyKey, date: NaiveDate) -> Catalogue {
    let (body, annex) = (body.name(), it.under.annex.name.name());
    let designation = serde_json::json!({ "designation": { "name": "designations/then", "body": body,
        "authority": body, "annex": annex, "validity": { "from": date.to_string() } } });
    let mut entries = catalogue.entries();
    entries.push(serde_json::from_value(designation).unwrap());
    Catalogue::new(8, entries)
}

fn status_of(plan: &Plan<'_>, destination: &EconomyCode, requirement: &Requirement) -> Option<Status> {
    let market = plan.markets.iter().find(|it| it.destination == *destination)?;
    market.requirements.iter().find(|it| it.requirement.name == requirement.name).map(|it| it.status)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_for_one_certificate_says_what_recognition_says(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let catalogue = catalogue(&mut dice);
        let product = product(&mut dice, 1);
        let plan = plan(&catalogue, &Splitting, &product, &markets(&catalogue, product.date));
        for market in &plan.markets {
            let question = product.question(product.certificates.first(), &market.destination);
            let decision = decide(&catalogue, &Splitting, &question, Detail::Requirements);
            prop_assert_eq!(&market.requirements, &decision.requirements);
            prop_assert_eq!((market.outcome, market.demand), (decision.outcome, decision.demand));
        }
    }

    #[test]
    fn a_step_that_is_taken_meets_its_requirement_whichever_of_its_bodies_takes_it(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let catalogue = catalogue_of(seed, &mut dice);
        let product = product(&mut dice, (seed % 3) as usize);
        let destinations = markets(&catalogue, product.date);
        for market in plan(&catalogue, &Splitting, &product, &destinations).markets {
            for step in market.steps.iter().filter(|step| step.target.is_some()) {
                for body in &step.bodies {
                    let then = step.designation.as_ref().map(|it| designated(&catalogue, it, body, product.date));
                    let then = then.as_ref().unwrap_or(&catalogue);
                    // Of a body that the catalogue does not know its certificates say where it is.
                    let known = catalogue.bodies.get(body).map(|it| &it.economy);
                    let said = product.certificates.iter().find(|it| it.body == *body).map(|it| &it.body_economy);
                    let economy = known.or(said).or(step.body_economy.as_ref()).unwrap();
                    let taken = with(&product, promised(step, body, economy, product.date));
                    let after = plan(then, &Splitting, &taken, std::slice::from_ref(&market.destination));
                    let status = status_of(&after, &market.destination, step.requirement);
                    prop_assert_eq!(status, Some(Status::Met), "{:?} by {:?}", step, body);
                }
            }
        }
    }

    #[test]
    fn a_market_that_a_step_also_opens_is_open_once_it_is_taken_and_no_other_is(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let catalogue = catalogue_of(seed, &mut dice);
        let product = product(&mut dice, 1);
        let destinations = markets(&catalogue, product.date);
        let before = plan(&catalogue, &Splitting, &product, &destinations);
        let open = |plan: &Plan<'_>, at: usize| {
            let outcome = plan.markets[at].outcome;
            outcome == Outcome::Recognised || outcome == Outcome::RecognisedOnConditions
                || outcome == Outcome::NoRequirementApplies
        };
        for market in &before.markets {
            for step in market.steps.iter().filter(|step| step.target.is_some()) {
                let Some(body) = step.bodies.first() else { continue };
                let economy = step.body_economy.as_ref().unwrap();
                let then = step.designation.as_ref().map(|it| designated(&catalogue, it, body, product.date));
                let then = then.as_ref().unwrap_or(&catalogue);
                let after = plan(then, &Splitting, &with(&product, promised(step, body, economy, product.date)),
                    &destinations);
                for (at, other) in after.markets.iter().enumerate() {
                    let opened = other.destination != market.destination && !open(&before, at) && open(&after, at);
                    let told = step.also_opens.contains(&other.destination);
                    prop_assert_eq!(opened, told, "{:?} opens {:?}", step, other.destination);
                }
            }
        }
    }

    #[test]
    fn no_certificate_that_anybody_could_issue_is_less_work_than_the_step(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let catalogue = catalogue(&mut dice);
        let product = product(&mut dice, 1);
        let held = product.held();
        let destinations = markets(&catalogue, product.date);
        for market in plan(&catalogue, &Splitting, &product, &destinations).markets {
            for step in market.steps.iter().filter(|step| step.target.is_some()) {
                let new_target = !held.contains(step.target.as_ref().unwrap());
                let accepted = step.requirement.acceptances.iter().map(|it| it.target.clone());
                let covered = catalogue.annexes.values().flat_map(|it| it.covered.clone());
                for target in held.iter().cloned().chain(accepted).chain(covered) {
                    for body in bodies(&catalogue) {
                        let tried = Facts {
                            certified: vec![target.clone()],
                            body: body.name.clone(),
                            body_economy: body.economy.clone(),
                            object: RecognitionObject::Certificate,
                            granted_on: Some(product.date),
                        };
                        let destination = std::slice::from_ref(&market.destination);
                        let question = product.question(Some(&tried), &market.destination);
                        let decision = decide(&catalogue, &Splitting, &question, Detail::Requirements);
                        let result = decision.requirements.iter()
                            .find(|it| it.requirement.name == step.requirement.name);
                        let Some(route) = result.filter(|it| it.status == Status::Met)
                            .and_then(|it| it.route.as_ref()) else { continue };
                        prop_assert!(!step.bodies.is_empty(), "{:?} by {:?} meets {:?}", target, body, destination);
                        prop_assert!(step.designation.is_none(), "{:?} by {:?} is less than {:?}", target, body, step);
                        // The body of the certificate that is held is no new one.
                        let new_body = product.certificates.iter().all(|it| it.body != body.name);
                        let its = (!held.contains(&target), new_body, route.conditions.len());
                        let ours = (new_target, product.certificates.iter().all(|it| it.body != step.bodies[0]),
                            step.conditions.len());
                        prop_assert!(ours <= its, "{:?} is less than {:?}", (target, body), step);
                    }
                }
            }
        }
    }
}

/// Else what is held true of every step above would be of few of these.
#[test]
fn random_cases_reach_steps_that_begin_with_a_designation_and_open_other_markets() {
    let (mut designations, mut opening) = (0, 0);
    for seed in (0..4_000).step_by(2) {
        let mut dice = Dice::new(seed);
        let catalogue = catalogue_of(seed, &mut dice);
        let product = product(&mut dice, 1);
        let plan = plan(&catalogue, &Splitting, &product, &markets(&catalogue, product.date));
        for step in plan.markets.iter().flat_map(|it| &it.steps).filter(|it| it.designation.is_some()) {
            designations += 1;
            opening += u32::from(!step.also_opens.is_empty());
        }
    }
    // In one of a hundred catalogues, and in one of a thousand, at the least.
    assert!(designations >= 20 && opening >= 2, "{designations}, of which {opening} open others");
}

#[test]
fn a_plan_ends_at_the_next_market_once_it_is_too_late() {
    let mut dice = Dice::new(1);
    let catalogue = catalogue(&mut dice);
    let product = product(&mut dice, 1);
    let destinations = markets(&catalogue, product.date);
    let asked = Cell::new(0);
    let late_after = |number: usize| {
        asked.set(0);
        let late = || {
            asked.set(asked.get() + 1);
            asked.get() > number
        };
        plan_unless(&catalogue, &Splitting, &product, &destinations, &late).is_none()
    };
    assert!(!late_after(usize::MAX));
    let whole = asked.get();
    assert!(whole > destinations.len());
    for number in 0..whole {
        assert!(late_after(number));
        assert_eq!(asked.get(), number + 1);
    }
}

/// The bodies that the catalogue knows.
fn bodies(catalogue: &Catalogue) -> Vec<Body> {
    let all = catalogue.entries().into_iter();
    all.filter_map(|entry| if let Entry::Body(body) = entry { Some(body) } else { None }).collect()
}

/// A bloc's requirements bind its members: they are the markets, and it only where none of them is known.
#[test]
fn a_bloc_is_a_market_only_where_it_has_requirements_and_no_member_is_known() {
    let read = |value: serde_json::Value| -> Entry { serde_json::from_value(value).unwrap() };
    let bloc = |code: &str, members: &[&str]| {
        let validity = serde_json::json!({ "from": "2020-01-01", "until": "2030-01-01" });
        let members: Vec<_> =
            members.iter().map(|it| serde_json::json!({ "economy": it, "validity": validity })).collect();
        read(serde_json::json!({ "economy": { "name": code, "bloc": true, "members": members } }))
    };
    let requirement = |market: &str| {
        read(serde_json::json!({ "requirement": { "name": format!("requirements/{}", market.to_lowercase()),
            "market": market, "validity": { "from": "2024-01-01", "until": "2028-01-01" } } }))
    };
    let said = serde_json::json!({ "economy": { "name": "NONE", "bloc": true, "complete_requirements": {} } });
    let catalogue = Catalogue::new(
        1,
        [
            read(serde_json::json!({ "economy": { "name": "XA" } })),
            bloc("FORUM", &[]),
            bloc("UNION", &[]),
            bloc("WHOLE", &["XA"]),
            read(said),
            requirement("UNION"),
            requirement("WHOLE"),
        ],
    );
    let on = |day: &str| -> Vec<String> {
        markets(&catalogue, day.parse().unwrap()).iter().map(|it| it.as_str().to_owned()).collect()
    };
    assert_eq!(on("2026-01-01"), ["NONE", "UNION", "XA"]);
    assert_eq!(on("2029-01-01"), ["NONE", "XA"], "its requirement is over");
    assert_eq!(on("2030-01-01"), ["NONE", "XA"], "it has no member any more, and no requirement");
}

/// A product that holds no certificate.
fn uncertified(origin: &str) -> Product {
    Product {
        code: CodeReference::new("HS2022", "854143").unwrap(),
        origin: EconomyCode::parse(origin).unwrap(),
        date: "2026-01-01".parse().unwrap(),
        stock: Stock::default(),
        certificates: Vec::new(),
    }
}

/// The step by which a product of XA that holds no certificate gets into XB, which accepts `standards/z-1` by bodies of its
/// own, and a body of XA under an annex; `links` are equivalences, each from one standard to the next.
fn step_by_annex<T>(
    links: &[(&str, &str)],
    annex: serde_json::Value,
    designated_for: Option<&[&str]>,
    told: impl Fn(&Step<'_>) -> T,
) -> T {
    use serde_json::json;
    let mut entries = vec![
        json!({ "economy": { "name": "XA" } }),
        json!({ "economy": { "name": "XB" } }),
        json!({ "body": { "name": "bodies/a", "economy": "XA" } }),
        json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
            "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }], "validity": { "from": "2020-01-01" },
            "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["XB"] } }] } }),
        json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } }),
    ];
    for (from, to) in links {
        entries.push(json!({ "equivalence": { "name": format!("equivalences/{from}-{to}"), "degree": "identical",
            "from": { "name": format!("standards/{from}-1") }, "to": { "name": format!("standards/{to}-1") },
            "validity": { "from": "2020-01-01" } } }));
    }
    let mut whole = json!({ "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
        "objects": ["certificate"], "validity": { "from": "2020-01-01" } });
    whole.as_object_mut().unwrap().extend(annex.as_object().unwrap().clone());
    entries.push(json!({ "annex": whole }));
    entries.extend(designated_for.map(|targets| {
        json!({ "designation": { "name": "designations/d", "body": "bodies/a", "authority": "bodies/a",
            "annex": "annexes/x", "targets": targets, "validity": { "from": "2020-01-01" } } })
    }));
    let entries = entries.into_iter().map(|it| serde_json::from_value::<Entry>(it).unwrap());
    let catalogue = Catalogue::new(1, entries);
    let product = uncertified("XA");
    let plan = plan(&catalogue, &Splitting, &product, &[EconomyCode::parse("XB").unwrap()]);
    told(&plan.markets[0].steps[0])
}

/// What a step begins with, and by whom.
fn begins(step: &Step<'_>) -> (String, Vec<String>) {
    (step.target.as_ref().unwrap().to_string(), step.bodies.iter().map(ToString::to_string).collect())
}

/// What is accepted no annex need cover, if something leads there from what one does.
#[test]
fn a_step_may_begin_with_what_an_annex_covers_and_equivalences_lead_on_from() {
    let annex = serde_json::json!({ "covered": [{ "name": "standards/a-1" }], "max_chain_links": 2 });
    let found = step_by_annex(&[("a", "b"), ("b", "z")], annex, None, begins);
    assert_eq!(found, ("standards/a-1".to_owned(), vec!["bodies/a".to_owned()]));
}

#[test]
fn a_step_says_of_each_body_through_which_annex_its_result_is_accepted_unless_they_all_go_through_one() {
    use serde_json::json;
    let told = |annexes: &[(&str, &[&str])]| {
        let mut entries = ["XA", "XB", "XC"].map(|it| json!({ "economy": { "name": it } })).to_vec();
        entries.extend(
            ["XA", "XC"]
                .map(|it| json!({ "body": { "name": format!("bodies/{}", it.to_lowercase()), "economy": it } })),
        );
        entries.push(json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r",
            "mandatory": true, "validity": { "from": "2020-01-01" },
            "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["XB"] } }] } }));
        for (name, parties) in annexes {
            let parties: Vec<_> = parties.iter().map(|it| json!({ "economy": it })).collect();
            entries.push(json!({ "arrangement": { "name": format!("arrangements/{name}"), "title": "m",
                "in_force_from": "2020-01-01", "parties": parties } }));
            entries.push(json!({ "annex": { "name": format!("annexes/{name}"), "title": "x",
                "arrangement": format!("arrangements/{name}"), "objects": ["certificate"],
                "validity": { "from": "2020-01-01" } } }));
        }
        let entries = entries.into_iter().map(|it| serde_json::from_value::<Entry>(it).unwrap());
        let catalogue = Catalogue::new(1, entries);
        let product = uncertified("XA");
        let plan = plan(&catalogue, &Splitting, &product, &[EconomyCode::parse("XB").unwrap()]);
        plan.markets[0].steps[0].description.clone()
    };
    let certify = "certify to standards/z-1 with one of: ";
    assert_eq!(
        told(&[("a", &["XA", "XB"]), ("c", &["XB", "XC"])]),
        format!("{certify}bodies/xa through annexes/a, bodies/xc through annexes/c")
    );
    assert_eq!(
        told(&[("all", &["XA", "XB", "XC"])]),
        format!("{certify}bodies/xa, bodies/xc, accepted through annexes/all")
    );
}

/// An annex that covers everything says nothing of what its bodies may certify: their designations do.
#[test]
fn a_step_may_begin_with_what_a_body_is_designated_for_where_the_annex_covers_everything() {
    let step_for = |targets: &[&str]| {
        let annex = serde_json::json!({ "designation_required": true });
        step_by_annex(&[("a", "z")], annex, Some(targets), begins)
    };
    let by_a = vec!["bodies/a".to_owned()];
    assert_eq!(step_for(&["standards/a-1"]), ("standards/a-1".to_owned(), by_a.clone()));
    assert_eq!(step_for(&[]), ("standards/z-1".to_owned(), by_a.clone()));
    // It leads nowhere: to be designated for more is what is left.
    assert_eq!(step_for(&["standards/q-1"]), ("standards/z-1".to_owned(), by_a));
}

/// Results of a scheme may be to any standard, and a body is designated for one edition of one.
#[test]
fn a_step_may_begin_with_the_edition_a_body_is_designated_for_where_the_annex_covers_a_scheme() {
    let step_for = |targets: &[&str]| {
        let annex = serde_json::json!({ "covered": [{ "name": "schemes/s" }], "designation_required": true });
        step_by_annex(&[("a", "z")], annex, Some(targets), |step| {
            (begins(step), step.certified.iter().map(ToString::to_string).collect::<Vec<_>>(), step.description.clone())
        })
    };
    let ((target, bodies), certified, description) = step_for(&["standards/a-1"]);
    assert_eq!((target.as_str(), &bodies[..]), ("standards/a-1", &["bodies/a".to_owned()][..]), "{description}");
    assert!(certified.contains(&"schemes/s".to_owned()) && certified.len() == 2, "{certified:?}");
    assert!(description.starts_with("certify to standards/a-1 with schemes/s with bodies/a"), "{description}");
    // For the edition that is accepted itself, and for one that leads nowhere: then to be designated for more is what is left.
    assert_eq!(step_for(&["standards/z-1"]).0, ("standards/z-1".to_owned(), vec!["bodies/a".to_owned()]));
    let (begins, _, description) = step_for(&["standards/q-1"]);
    assert_eq!(begins, ("standards/z-1".to_owned(), vec!["bodies/a".to_owned()]));
    assert!(description.starts_with("have bodies/a designated under annexes/x"), "{description}");
}

#[test]
fn a_bloc_stands_for_itself_where_no_market_belongs_to_it_by_whichever_of_its_members() {
    use serde_json::{Value, json};
    let bloc = |name: &str, members: &[&str], demands: bool| {
        let period = json!({ "from": "2020-01-01", "until": "2026-01-01" });
        let members: Vec<_> = members.iter().map(|it| json!({ "economy": it, "validity": period })).collect();
        let mut it = json!({ "name": name, "bloc": true, "members": members });
        if demands {
            it["complete_requirements"] = json!({});
        }
        json!({ "economy": it })
    };
    let of = |entries: Vec<Value>, date: &str| {
        let entries = entries.into_iter().map(|it| serde_json::from_value::<Entry>(it).unwrap());
        let all = markets(&Catalogue::new(1, entries), crate::domain::time::parse_date(date).unwrap());
        all.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>()
    };
    let (day, last, end) = ("2025-06-01", "2025-12-31", "2026-01-01");
    let empty = || bloc("INNER", &[], false);
    assert_eq!(of(vec![bloc("OUTER", &["INNER"], true), empty()], day), ["OUTER"]);
    // One that demands something itself is the market, and the outer one binds it.
    assert_eq!(of(vec![bloc("OUTER", &["INNER"], true), bloc("INNER", &[], true)], day), ["INNER"]);
    let known =
        || vec![bloc("OUTER", &["INNER"], true), bloc("INNER", &["XA"], false), json!({ "economy": { "name": "XA" } })];
    assert_eq!(of(known(), day), ["XA"]);
    // On the day on which a membership ends it is over.
    assert_eq!(of(known(), last), ["XA"]);
    assert_eq!(of(known(), end), ["OUTER", "XA"]);
    // Those of a circle are one market.
    assert_eq!(of(vec![bloc("ONE", &["TWO"], true), bloc("TWO", &["ONE"], true)], day), ["ONE"]);
    assert_eq!(of(vec![bloc("ONE", &["TWO"], false), bloc("TWO", &["ONE"], false)], day), Vec::<String>::new());
}

/// Of a bloc that exports by an annex, one member has many bodies and is left out.
#[test]
fn bodies_that_an_annex_leaves_out_hide_none_that_it_lets_in() {
    use serde_json::json;
    let member = |it: &str| json!({ "economy": it, "validity": { "from": "2000-01-01" } });
    let with = |of_annex: serde_json::Value| {
        let mut entries = ["XA", "XB", "XC"].map(|it| json!({ "economy": { "name": it } })).to_vec();
        entries.push(json!({ "economy": { "name": "UNION", "bloc": true, "members": [member("XA"), member("XC")] } }));
        entries.extend((0..30).map(|at| json!({ "body": { "name": format!("bodies/a-{at:02}"), "economy": "XA" } })));
        entries.push(json!({ "body": { "name": "bodies/c", "economy": "XC" } }));
        entries.push(json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r",
            "mandatory": true, "validity": { "from": "2020-01-01" },
            "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["XB"] } }] } }));
        entries.push(json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "UNION" }, { "economy": "XB" }] } }));
        let mut annex = json!({ "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
            "objects": ["certificate"], "validity": { "from": "2020-01-01" } });
        annex.as_object_mut().unwrap().extend(of_annex.as_object().unwrap().clone());
        entries.push(json!({ "annex": annex }));
        let entries = entries.into_iter().map(|it| serde_json::from_value::<Entry>(it).unwrap());
        let catalogue = Catalogue::new(1, entries);
        let product = uncertified("XC");
        let plan = plan(&catalogue, &Splitting, &product, &[EconomyCode::parse("XB").unwrap()]);
        plan.markets[0].steps[0].bodies.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(with(json!({ "exclusions": { "economies": ["XA"] } })), ["bodies/c"]);
    assert_eq!(with(json!({ "economies": ["XB", "XC"] })), ["bodies/c"]);
    let all: Vec<_> = (0..25).map(|at| format!("bodies/a-{at:02}")).collect();
    let left = with(json!({ "exclusions": { "bodies": all } }));
    assert_eq!(left, ["bodies/a-25", "bodies/a-26", "bodies/a-27", "bodies/a-28", "bodies/a-29", "bodies/c"]);
}

#[test]
fn a_test_report_is_obtained_from_a_laboratory_too_and_a_certificate_from_none() {
    use serde_json::json;
    let bodies_for = |objects: &[&str]| {
        let acceptance =
            json!({ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["XA"] }, "objects": objects });
        let entries = json!([
            { "economy": { "name": "XA" } },
            { "economy": { "name": "XB" } },
            { "economy": { "name": "XC" } },
            { "body": { "name": "bodies/cert", "economy": "XA", "roles": ["certification_body"] } },
            { "body": { "name": "bodies/lab", "economy": "XA", "roles": ["testing_laboratory"] } },
            { "body": { "name": "bodies/office", "economy": "XA", "roles": ["regulator"] } },
            { "requirement": { "name": "requirements/b", "market": "XB", "title": "b", "mandatory": true,
                "validity": { "from": "2020-01-01" }, "acceptances": [acceptance] } },
            { "requirement": { "name": "requirements/c", "market": "XC", "title": "c", "mandatory": true,
                "validity": { "from": "2020-01-01" }, "acceptances": [{ "target": { "name": "standards/z-1" },
                    "bodies": { "economies": ["XC"] } }] } },
            { "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
                "parties": [{ "economy": "XA" }, { "economy": "XC" }] } },
            { "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x", "objects": objects,
                "validity": { "from": "2020-01-01" } } },
        ]);
        let entries: Vec<Entry> = serde_json::from_value(entries).unwrap();
        let catalogue = Catalogue::new(1, entries);
        let product = uncertified("XA");
        let markets = ["XB", "XC"].map(|it| EconomyCode::parse(it).unwrap());
        let plan = plan(&catalogue, &Splitting, &product, &markets);
        let of = |step: &Step<'_>| step.bodies.iter().map(ToString::to_string).collect::<Vec<_>>();
        plan.markets.iter().map(|it| of(&it.steps[0])).collect::<Vec<_>>()
    };
    // Directly, and through an annex.
    assert_eq!(bodies_for(&["test_report"]), [["bodies/cert", "bodies/lab"], ["bodies/cert", "bodies/lab"]]);
    assert_eq!(bodies_for(&["certificate"]), [["bodies/cert"], ["bodies/cert"]]);
}
