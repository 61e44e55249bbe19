use std::borrow::Cow;

use serde_json::{Value, json};

use super::*;
use crate::domain::catalogue::Catalogue;
use crate::domain::code::CodeReference;
use crate::domain::entry::Entry;
use crate::domain::recognise::Detail;
use crate::domain::recognise::context::Context;
use crate::domain::recognise::market::Market;
use crate::domain::recognise::plan::Product;
use crate::domain::recognise::plan::options::{Worth, in_numbers};
use crate::domain::standard::Stock;
use crate::domain::translate::NoTranslation;

/// The bodies to be tried under an annex of which it is not told whether it covers the goods, where `standards/z-1` is
/// accepted, and how many kinds of them there are.
fn to_try(annex: Value, designated_for: &[(&str, &[&str])]) -> (Vec<String>, usize) {
    let some = json!([{ "code": { "edition": "HS2022", "code": "8541" }, "ex_description": "some" }]);
    let mut whole = json!({ "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
        "objects": ["certificate"], "codes": some, "designation_required": true, "validity": { "from": "2020-01-01" } });
    whole.as_object_mut().unwrap().extend(annex.as_object().unwrap().clone());
    let mut entries = vec![
        json!({ "economy": { "name": "XA" } }),
        json!({ "economy": { "name": "XB" } }),
        json!({ "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
            "validity": { "from": "2020-01-01" }, "acceptances": [{ "target": { "name": "standards/z-1" } }] } }),
        json!({ "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } }),
        json!({ "annex": whole }),
    ];
    for (at, (body, targets)) in designated_for.iter().enumerate() {
        entries.push(json!({ "body": { "name": body, "economy": "XA" } }));
        entries.push(json!({ "designation": { "name": format!("designations/d-{at}"), "body": body, "authority": body,
            "annex": "annexes/x", "targets": targets, "validity": { "from": "2020-01-01" } } }));
    }
    let catalogue = Catalogue::new(1, entries.into_iter().map(|it| serde_json::from_value::<Entry>(it).unwrap()));
    let destination = EconomyCode::parse("XB").unwrap();
    let product = Product {
        code: CodeReference::new("HS2022", "854143").unwrap(),
        origin: EconomyCode::parse("XA").unwrap(),
        date: "2026-01-01".parse().unwrap(),
        stock: Stock::default(),
        certificates: Vec::new(),
    };
    let options = Options::new(&catalogue, &NoTranslation, &product, &[], &destination);
    let entry = &catalogue.economy(&destination).unwrap().requirements.all[0];
    let question = options.question();
    let ctx = Context::new(&catalogue, &NoTranslation, &question, Detail::Outcome);
    let market = Market::new(&ctx, &destination);
    let standing = Standing::of_all(&ctx, &market, entry);
    let (open, perhaps) = options.carrying(&ctx, &market);
    assert_eq!((open.len(), perhaps.len()), (0, 1));
    let accepted = std::slice::from_ref(&entry.requirement.acceptances[0].target);
    let fresh = [(Cow::Borrowed(accepted), in_numbers(&catalogue, accepted))];
    let search = Search {
        entry,
        standing: &standing,
        open: &open,
        perhaps: &perhaps,
        worth: Worth { held: false, new_target: true, new_body: true, new_both: true },
        fresh: &fresh,
        questions: std::slice::from_ref(&question),
    };
    let mut trial = Trial { ctx, market, missing: None };
    let bodies = options.under_annexes(&search, &mut trial);
    let mut alike = Vec::new();
    for (body, object) in &bodies {
        trial.turn_to(*body);
        let it = Alike::of(*body, *object, &trial.market.annexes);
        if !alike.contains(&it) {
            alike.push(it);
        }
    }
    (bodies.iter().map(|(body, _)| body.key.to_string()).collect(), alike.len())
}

#[test]
fn nobody_is_tried_under_an_annex_that_may_be_open_where_nothing_leads_on_from_what_it_covers() {
    let of = |covered: &str| to_try(json!({ "covered": [{ "name": covered }] }), &[("bodies/a", &[])]).0;
    assert_eq!(of("standards/z-1"), ["bodies/a"]);
    assert_eq!(of("standards/q-1"), [""; 0]);
}

#[test]
fn bodies_of_one_economy_of_which_every_annex_says_the_same_are_tried_as_one() {
    let kinds = |designated_for: &[(&str, &[&str])]| to_try(json!({}), designated_for).1;
    assert_eq!(kinds(&[("bodies/a", &[]), ("bodies/b", &[]), ("bodies/c", &[])]), 1);
    assert_eq!(kinds(&[("bodies/a", &[]), ("bodies/b", &["standards/z-1"]), ("bodies/c", &[])]), 2);
}
