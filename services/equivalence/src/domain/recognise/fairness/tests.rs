use serde_json::{Value, json};

use super::*;
use crate::domain::entry::Entry;
use crate::domain::time::parse_date;
use crate::domain::translate::{NoTranslation, TranslateError};

/// Four invented economies; XB demands something and recognises by the entries given.
fn catalogue(requirement: Value, more: Vec<Value>) -> Catalogue {
    let mut entries = ["XA", "XB", "XC", "XD"].map(|it| json!({ "economy": { "name": it } })).to_vec();
    let mut it = json!({ "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
        "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }], "validity": { "from": "2020-01-01" },
        "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["XB"] } }],
        "legal_reference": "Order, section 5" });
    it.as_object_mut().unwrap().extend(requirement.as_object().unwrap().clone());
    entries.push(json!({ "requirement": it }));
    entries.extend(more);
    Catalogue::new(1, entries.into_iter().map(|value| serde_json::from_value::<Entry>(value).unwrap()))
}

fn arrangement(annex: Value) -> Vec<Value> {
    let mut it = json!({ "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
        "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "legal_reference": "article 4" });
    it.as_object_mut().unwrap().extend(annex.as_object().unwrap().clone());
    vec![
        json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }, { "economy": "XC" }] } }),
        json!({ "annex": it }),
    ]
}

fn found(catalogue: &Catalogue) -> Vec<(Principle, String, String, String)> {
    found_in("XB", catalogue, &NoTranslation)
}

/// What is found of the one requirement for goods that go to a market.
fn found_in(
    market: &str,
    catalogue: &Catalogue,
    translator: &dyn Translator,
) -> Vec<(Principle, String, String, String)> {
    let date = parse_date("2026-01-01").unwrap();
    let market = EconomyCode::parse(market).unwrap();
    let all: Vec<_> = audited(catalogue, std::slice::from_ref(&market), date).collect();
    let [(destination, entry)] = &all[..] else { panic!("one requirement, not {}", all.len()) };
    assert_eq!(*destination, market);
    let all = audit(catalogue, translator, (destination, entry), None, date).into_iter();
    all.map(|it| (it.principle, it.favoured.as_str().into(), it.disfavoured.as_str().into(), it.clause)).collect()
}

fn expected(
    principle: Principle,
    favoured: &str,
    disfavoured: &str,
    clause: &str,
) -> (Principle, String, String, String) {
    (principle, favoured.into(), disfavoured.into(), clause.into())
}

use Principle::{MostFavouredNation as Mfn, NationalTreatment as National, SpecialAndDifferential as Special};

#[test]
fn where_everybody_is_treated_alike_nothing_is_found() {
    let any = json!({ "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "any": true } }] });
    assert_eq!(found(&catalogue(any, Vec::new())), []);
}

#[test]
fn domestic_bodies_alone_are_a_matter_of_national_treatment() {
    let clause = "requirements/r: Order, section 5";
    let all = ["XA", "XC", "XD"].map(|it| expected(National, "XB", it, clause));
    assert_eq!(found(&catalogue(json!({}), Vec::new())), all);
}

#[test]
fn an_arrangement_with_some_is_a_matter_of_most_favoured_nation_for_the_others() {
    let all = [
        expected(Mfn, "XA", "XD", "annexes/x: article 4"),
        expected(National, "XB", "XD", "requirements/r: Order, section 5"),
    ];
    assert_eq!(found(&catalogue(json!({}), arrangement(json!({})))), all);
}

#[test]
fn a_transition_period_is_special_treatment_only_where_it_is_granted_as_such() {
    for (special, principle) in [(true, Special), (false, Mfn)] {
        let period = json!({ "economy": "XC", "ends_on": "2030-01-01", "special_and_differential": special,
                             "legal_reference": "article 12" });
        let annex = arrangement(json!({ "transitions": [period] }));
        let all = found(&catalogue(json!({}), annex));
        assert!(all.contains(&expected(principle, "XA", "XC", "annexes/x: article 12")), "{all:?}");
        assert!(all.contains(&expected(Mfn, "XA", "XD", "annexes/x: article 4")), "{all:?}");
        assert_eq!(all.iter().any(|it| it.0 == Special), special);
        // Domestic goods go by no annex, and it is the transition all the same that holds the foreign ones back.
        let principle = if special { Special } else { National };
        assert!(all.contains(&expected(principle, "XB", "XC", "annexes/x: article 12")), "{all:?}");
    }
}

#[test]
fn an_origin_whose_body_is_designated_for_what_leads_to_acceptance_is_treated_as_domestic_goods_are() {
    let mut more = arrangement(json!({ "designation_required": true }));
    more.extend([
        json!({ "body": { "name": "bodies/a", "economy": "XA" } }),
        json!({ "designation": { "name": "designations/d", "body": "bodies/a", "authority": "bodies/a",
            "annex": "annexes/x", "targets": ["standards/a-1"], "validity": { "from": "2020-01-01" } } }),
        json!({ "equivalence": { "name": "equivalences/e", "from": { "name": "standards/a-1" },
            "to": { "name": "standards/z-1" }, "degree": "identical", "validity": { "from": "2020-01-01" } } }),
    ]);
    let all = found(&catalogue(json!({}), more));
    assert!(all.contains(&expected(Mfn, "XA", "XD", "annexes/x: article 4")), "{all:?}");
    assert!(all.iter().all(|(_, _, disfavoured, _)| disfavoured != "XA"), "{all:?}");
}

#[test]
fn nobody_is_compared_with_others_who_may_belong_to_the_market_itself() {
    let with = |incomplete: bool| {
        let union = json!({ "economy": { "name": "UNION", "bloc": true, "members_incomplete": incomplete,
            "members": [{ "economy": "XB", "validity": { "from": "2020-01-01" } }] } });
        let of_union = json!({ "market": "UNION", "acceptances": [{ "target": { "name": "standards/z-1" },
            "bodies": { "economies": ["UNION"] } }] });
        found_in("UNION", &catalogue(of_union, vec![union]), &NoTranslation).len()
    };
    assert_eq!((with(true), with(false)), (0, 3));
}

#[test]
fn a_requirement_on_some_origins_only_is_found_with_itself_as_the_clause() {
    let clause = "requirements/r: Order, section 5";
    let open = json!({ "origins": ["XA"], "acceptances": [{ "target": { "name": "standards/z-1" } }] });
    let all = [expected(Mfn, "XC", "XA", clause), expected(National, "XB", "XA", clause)];
    assert_eq!(found(&catalogue(open, Vec::new())), all);
}

#[test]
fn a_heading_with_exceptions_is_audited_beside_them_and_at_those_of_annexes() {
    let heading = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "8541" }, "except": ["854110"] }] });
    let all = found(&catalogue(heading.clone(), arrangement(json!({}))));
    assert!(all.contains(&expected(Mfn, "XA", "XD", "annexes/x: article 4")), "{all:?}");
    // What the annex excepts is a matter of the requirement alone: nobody abroad is treated better there.
    let annex = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "8541" }, "except": ["854142"] }] });
    let all = found(&catalogue(json!({}), arrangement(annex)));
    assert!(all.contains(&expected(Mfn, "XA", "XD", "annexes/x: article 4")), "{all:?}");
    assert!(all.contains(&expected(National, "XB", "XA", "requirements/r: Order, section 5")), "{all:?}");
}

#[test]
fn a_requirement_on_all_goods_is_audited_at_the_codes_of_annexes_and_beside_them() {
    let all_goods = json!({ "codes": [] });
    let clause = "requirements/r: Order, section 5";
    let domestic = ["XA", "XC", "XD"].map(|it| expected(National, "XB", it, clause));
    assert_eq!(found(&catalogue(all_goods.clone(), Vec::new())), domestic, "without any annex");
    // An annex for all goods.
    let all = found(&catalogue(all_goods.clone(), arrangement(json!({}))));
    assert_eq!(all, [expected(Mfn, "XA", "XD", "annexes/x: article 4"), expected(National, "XB", "XD", clause)]);
    // One for some: there XD alone is worse off, beside them everybody abroad.
    let some = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "8541" }, "except": ["854142"] }] });
    let all = found(&catalogue(all_goods.clone(), arrangement(some)));
    assert!(all.contains(&expected(Mfn, "XA", "XD", "annexes/x: article 4")), "{all:?}");
    for it in &domestic {
        assert!(all.contains(it), "{all:?}");
    }
    // What serves by an equivalence serves here too.
    let link = json!({ "equivalence": { "name": "equivalences/e", "from": { "name": "standards/a-1" },
        "to": { "name": "standards/z-1" }, "degree": "identical", "validity": { "from": "2020-01-01" } } });
    let mut more = arrangement(json!({ "covered": [{ "name": "standards/a-1" }] }));
    more.push(link);
    let all = found(&catalogue(all_goods, more));
    assert!(all.contains(&expected(Mfn, "XA", "XD", "annexes/x: article 4")), "{all:?}");
}

#[test]
fn conditions_that_one_origin_alone_must_fulfil_are_found() {
    // XC has its own annex with one more condition.
    let mut more = arrangement(json!({ "economies": ["XA", "XB"] }));
    more.push(json!({ "annex": { "name": "annexes/y", "arrangement": "arrangements/m", "title": "y",
        "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "legal_reference": "article 9",
        "economies": ["XB", "XC"], "conditions": [{ "id": "c", "kind": "sample", "description": "A sample." }] } }));
    let all = found(&catalogue(json!({}), more));
    assert!(all.iter().any(|it| (it.0, it.1.as_str(), it.2.as_str()) == (Mfn, "XA", "XC")), "{all:?}");
}

/// What an annex covers is worth what leads from it to what is accepted.
#[test]
fn origins_are_compared_by_what_serves_them_best_and_that_may_be_by_an_equivalence() {
    let link = json!({ "equivalence": { "name": "equivalences/e", "from": { "name": "standards/a-1" },
        "to": { "name": "standards/z-1" }, "degree": "identical", "validity": { "from": "2020-01-01" } } });
    let annex = |extra: Value| {
        let mut it = json!({ "covered": [{ "name": "standards/a-1" }] });
        it.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let mut more = arrangement(it);
        more.push(link.clone());
        more
    };
    let all = [
        expected(Mfn, "XA", "XD", "annexes/x: article 4"),
        expected(National, "XB", "XD", "requirements/r: Order, section 5"),
    ];
    assert_eq!(found(&catalogue(json!({}), annex(json!({})))), all);
    // Who is held back as special treatment, and who is excluded.
    let period = json!({ "economy": "XB", "ends_on": "2030-01-01", "special_and_differential": true,
                         "legal_reference": "article 9" });
    let all = found(&catalogue(json!({}), annex(json!({ "transitions": [period] }))));
    assert!(all.contains(&expected(Special, "XB", "XA", "annexes/x: article 9")), "{all:?}");
    let all = found(&catalogue(json!({}), annex(json!({ "exclusions": { "origins": ["XC"] } }))));
    assert!(all.contains(&expected(Mfn, "XA", "XC", "annexes/x: article 4")), "{all:?}");
}

#[test]
fn no_body_of_the_catalogue_stands_for_any_body() {
    // The first stood for it once.
    let entries = ["any-body-of-the-economy", "any", "0"].map(|name| {
        json!({ "body": { "name": name, "display_name": "x", "economy": "XC", "roles": ["certification_body"] } })
    });
    assert!(serde_json::from_value::<crate::domain::key::BodyKey>(json!("*")).is_err());
    let clause = "requirements/r: Order, section 5";
    let all = ["XA", "XC", "XD"].map(|it| expected(National, "XB", it, clause));
    assert_eq!(found(&catalogue(json!({}), entries.to_vec())), all);
}

#[test]
fn of_several_transitions_the_one_that_holds_an_origin_back_is_the_clause() {
    let period = |economy: &str, special: bool, clause: &str| {
        json!({ "economy": economy, "ends_on": "2030-01-01", "special_and_differential": special,
                "legal_reference": clause })
    };
    // XD is a party too, and is held back by nothing.
    let with = |periods: [Value; 2]| {
        let mut more = arrangement(json!({ "transitions": periods }));
        more[0]["arrangement"]["parties"].as_array_mut().unwrap().push(json!({ "economy": "XD" }));
        found(&catalogue(json!({}), more))
    };
    let all = with([period("XA", true, "Protocol A"), period("XC", false, "Protocol C")]);
    assert!(all.contains(&expected(Special, "XD", "XA", "annexes/x: Protocol A")), "{all:?}");
    assert!(all.contains(&expected(Mfn, "XD", "XC", "annexes/x: Protocol C")), "{all:?}");
    for of_first in ["Protocol A", ""] {
        let all = with([period("XA", true, of_first), period("XC", true, "Protocol C")]);
        assert!(all.contains(&expected(Special, "XD", "XC", "annexes/x: Protocol C")), "{all:?}");
    }
}

/// Of the members of a bloc, one alone is in transition with XC.
#[test]
fn what_a_bloc_requires_is_audited_for_the_member_that_is_asked_about() {
    let period = json!({ "economy": "XP", "ends_on": "2030-01-01", "legal_reference": "article 9" });
    let parties = json!([{ "economy": "XA" }, { "economy": "XB" }, { "economy": "XC" }]);
    let mut more = arrangement(json!({ "economies": ["XA", "XB"] }));
    more[0]["arrangement"]["parties"] = parties;
    more.push(json!({ "annex": { "name": "annexes/y", "arrangement": "arrangements/m", "title": "y",
        "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "legal_reference": "article 4",
        "economies": ["XB", "XC"], "transitions": [period] } }));
    more.extend(["XP", "XQ"].map(|it| json!({ "economy": { "name": it } })));
    let member = |it: &str| json!({ "economy": it, "validity": { "from": "2000-01-01" } });
    more.push(json!({ "economy": { "name": "XB", "bloc": true, "members": [member("XP"), member("XQ")] } }));
    let catalogue = catalogue(json!({}), more);
    let held_back = expected(Mfn, "XA", "XC", "annexes/y: article 9");
    assert!(found_in("XP", &catalogue, &NoTranslation).contains(&held_back));
    for market in ["XB", "XQ"] {
        let all = found_in(market, &catalogue, &NoTranslation);
        assert!(all.iter().all(|it| it.2 == "XD"), "{market}: {all:?}");
    }
    // Of all markets, once.
    let date = parse_date("2026-01-01").unwrap();
    let all: Vec<_> = audited(&catalogue, &[], date).map(|(market, _)| market.as_str().to_owned()).collect();
    assert_eq!(all, ["XB"]);
}

/// Two editions: what was 854140 became four codes.
struct Split;

impl Translator for Split {
    fn translate(&self, code: &CodeReference, edition: &Arc<str>) -> Result<Arc<[Arc<str>]>, TranslateError> {
        Ok(match (&*code.edition, &*code.code, &**edition) {
            (from, _, to) if from == to => [code.code.clone()].into(),
            ("HS2017", "854140", "HS2022") => ["854141", "854142", "854143", "854149"].map(Arc::from).into(),
            ("HS2022", it, "HS2017") if it.starts_with("85414") => ["854140".into()].into(),
            _ => return Err(TranslateError::Unknown),
        })
    }

    fn revision(&self) -> u64 {
        1
    }
}

#[test]
fn an_origin_whose_annex_speaks_in_another_edition_is_compared_at_the_codes_of_that() {
    let old = json!({ "codes": [{ "code": { "edition": "HS2017", "code": "854140" } }] });
    let annex = json!({ "codes": [{ "code": { "edition": "HS2022", "code": "854143" } }] });
    let all = found_in("XB", &catalogue(old, arrangement(annex)), &Split);
    assert!(all.contains(&expected(Mfn, "XA", "XD", "annexes/x: article 4")), "{all:?}");
}

#[test]
fn annexes_for_other_goods_add_no_kind_of_result_to_what_is_compared() {
    let annex = |code: &str| {
        let codes = json!([{ "code": { "edition": "HS2022", "code": code } }]);
        catalogue(json!({}), arrangement(json!({ "objects": ["test_report"], "codes": codes })))
    };
    let kinds = |catalogue: &Catalogue| {
        let market = EconomyCode::parse("XB").unwrap();
        let date = parse_date("2026-01-01").unwrap();
        let [entry] = catalogue.requirements_of(&market) else { panic!("one requirement") };
        let all = audit(catalogue, &NoTranslation, (&market, entry), None, date);
        all.into_iter().map(|it| it.object).collect::<BTreeSet<_>>()
    };
    use RecognitionObject::{Certificate, TestReport};
    assert_eq!(kinds(&annex("850239")), [Certificate].into());
    assert_eq!(kinds(&annex("854143")), [Certificate, TestReport].into());
}

#[test]
fn conditions_of_which_neither_hold_the_others_are_a_difference_and_nobody_is_worse_off() {
    let condition = |kind: &str, what: &str| json!({ "id": what, "kind": kind, "description": what });
    let manual = condition("language", "A manual in the language of XB.");
    let label = condition("label", "A label.");
    let factory = condition("factory_inspection", "An inspection each year.");
    let annex = |name: &str, economy: &str, conditions: &[&Value]| {
        json!({ "annex": { "name": format!("annexes/{name}"), "arrangement": "arrangements/m", "title": name,
            "objects": ["certificate"], "validity": { "from": "2020-01-01" }, "legal_reference": "article 9",
            "economies": ["XB", economy], "conditions": conditions } })
    };
    let with_beside = |of_xa: &[&Value], of_xc: &[&Value], beside: Option<&[&Value]>| {
        let mut more = arrangement(json!({ "economies": ["XB"] }));
        more.extend([annex("a", "XA", of_xa), annex("c", "XC", of_xc)]);
        more.extend(beside.map(|conditions| annex("b", "XA", conditions)));
        let catalogue = catalogue(json!({}), more);
        let market = EconomyCode::parse("XB").unwrap();
        let [entry] = catalogue.requirements_of(&market) else { panic!("one requirement") };
        let date = parse_date("2026-01-01").unwrap();
        let all = audit(&catalogue, &NoTranslation, (&market, entry), None, date).into_iter();
        let all = all.filter(|it| it.principle == Mfn && it.disfavoured.as_str() != "XD");
        all.map(|it| (it.favoured.as_str().to_owned(), it.disfavoured.as_str().to_owned(), it.incomparable))
            .collect::<Vec<_>>()
    };
    let with = |of_xa: &[&Value], of_xc: &[&Value]| with_beside(of_xa, of_xc, None);
    let row = |favoured: &str, disfavoured: &str, incomparable| {
        vec![(favoured.to_owned(), disfavoured.to_owned(), incomparable)]
    };
    // As many of each, or not: neither holds the other.
    assert_eq!(with(&[&manual], &[&factory]), row("XA", "XC", true));
    assert_eq!(with(&[&manual, &label], &[&factory]), row("XC", "XA", true));
    // One holds the other.
    assert_eq!(with(&[&manual, &factory], &[&factory]), row("XC", "XA", false));
    assert_eq!(with(&[], &[&factory]), row("XA", "XC", false));
    // The same in two annexes.
    let other = json!({ "id": "lang", "kind": "language", "description": "A manual in the language of XB." });
    assert_eq!(with(&[&manual], &[&other]), []);
    // Another annex for the same, whatever it is called, that asks of XA what is asked of XC: XA has the choice.
    assert_eq!(with_beside(&[&manual], &[&factory], Some(&[&factory])), []);
    assert_eq!(with_beside(&[&factory], &[&factory], Some(&[&manual])), []);
    assert_eq!(with_beside(&[&manual], &[&factory, &label], Some(&[&factory])), row("XA", "XC", false));
}
