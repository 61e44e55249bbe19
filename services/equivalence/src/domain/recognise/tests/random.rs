//! Small random catalogues, dense enough that every rule matters often.

use serde_json::{Value, json};

use crate::domain::catalogue::Catalogue;
use crate::domain::code::CodeReference;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::question::Question;
use crate::domain::standard::Stock;
use crate::domain::time::parse_date;
use crate::domain::translate::{TranslateError, Translator};
use crate::domain::words::RecognitionObject;

/// A small deterministic generator (xorshift64*), so that a failing case is its seed.
pub(in crate::domain::recognise) struct Dice(u64);

impl Dice {
    pub(in crate::domain::recognise) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    }

    fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len() as u64) as usize]
    }

    fn some(&mut self, from: &[&'static str], most: u64) -> Vec<&'static str> {
        let mut some: Vec<_> = (0..self.below(most + 1)).map(|_| self.pick(from)).collect();
        some.sort_unstable();
        some.dedup();
        some
    }
}

const ECONOMIES: &[&str] = &["XA", "XB", "XC", "BLOC", "PACT"];
const BODIES: &[&str] = &["bodies/a", "bodies/b", "bodies/c"];
const TARGETS: &[&str] = &["schemes/s", "schemes/t", "standards/p-1", "standards/q-1", "standards/r-1"];
const DATES: &[&str] = &["2019-01-01", "2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"];
const STOCK_LIMITS: &[&str] = &["2020-01-01", "2021-01-01", "2022-01-01"];
const CODES: &[&str] = &["85", "8541", "8542", "854140", "854141", "850720"];
const EDITIONS: &[&str] = &["HS2022", "HS2022", "HS2017"];
const OBJECTS: &[&str] = &["certificate", "test_report", "cab_designation"];

fn validity(dice: &mut Dice) -> Value {
    let until = if dice.one_in(3) { dice.pick(&["2022-01-01", "2023-01-01", "2024-01-01"]) } else { "" };
    json!({ "from": dice.pick(&["2018-01-01", "2018-01-01", "2020-01-01", "2021-01-01"]), "until": until })
}

fn periods(dice: &mut Dice) -> Vec<Value> {
    if dice.one_in(8) { vec![json!({ "from": dice.pick(DATES), "until": "2024-01-01" })] } else { Vec::new() }
}

fn ending(dice: &mut Dice) -> Value {
    if !dice.one_in(4) {
        return Value::Null;
    }
    let until = if dice.one_in(2) { "2023-01-01" } else { "" };
    json!({ "on": dice.pick(&["2020-01-01", "2021-01-01", "2022-01-01"]),
            "rule": dice.pick(&["cut_off", "grandfather", "grandfather"]), "earlier_results_until": until })
}

fn codes(dice: &mut Dice, edition: &str, most: u64) -> Vec<Value> {
    let number = 1 + dice.below(most);
    (0..number)
        .map(|_| {
            let code = dice.pick(CODES);
            let except = if code.len() < 6 && dice.one_in(4) { vec![format!("{code}41")] } else { Vec::new() };
            let ex = if dice.one_in(12) { "a part" } else { "" };
            json!({ "code": { "edition": edition, "code": code }, "except": except, "ex_description": ex })
        })
        .collect()
}

fn target(dice: &mut Dice) -> Value {
    let name = dice.pick(TARGETS);
    let level = if name == "schemes/s" { dice.pick(&["", "gold", "silver"]) } else { "" };
    json!({ "name": name, "level": level })
}

fn maybe_codes(dice: &mut Dice, one_in: u64) -> Vec<Value> {
    let edition = dice.pick(EDITIONS);
    if dice.one_in(one_in) { codes(dice, edition, 2) } else { Vec::new() }
}

fn complete(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => Value::Null,
        1..=6 => json!({}),
        _ => json!({ "codes": maybe_codes(dice, 2) }),
    }
}

fn entries(dice: &mut Dice) -> Vec<Value> {
    let source = json!({ "example": true });
    let mut all = vec![
        json!({ "economy": { "name": "economies/XA", "source": source } }),
        json!({ "economy": { "name": "economies/XB", "complete_requirements": complete(dice), "source": source } }),
        json!({ "economy": { "name": "economies/XC", "complete_requirements": complete(dice), "source": source } }),
        json!({ "scheme": { "name": "schemes/s", "kind": "environmental_label", "source": source,
                            "levels": [{ "id": "gold" }, { "id": "silver" }, { "id": "bronze" }] } }),
        json!({ "scheme": { "name": "schemes/t", "kind": "safety_and_performance", "source": source } }),
        json!({ "body": { "name": "bodies/a", "display_name": "A", "economy": "XA", "source": source } }),
    ];
    for (bloc, other) in [("BLOC", "PACT"), ("PACT", "BLOC")] {
        let mut members = dice.some(&["XA", "XB", "XC"], 3);
        // Now and then each of them is a member of the other, which validation lets nobody publish.
        if dice.one_in(3) {
            members.push(other);
        }
        let members: Vec<_> =
            members.into_iter().map(|economy| json!({ "economy": economy, "validity": validity(dice) })).collect();
        all.push(json!({ "economy": { "name": format!("economies/{bloc}"), "bloc": true, "members": members,
            "complete_requirements": complete(dice), "source": source } }));
    }
    for i in 0..dice.below(8) {
        let (from, to) = (target(dice), target(dice));
        let degree = dice.pick(&["identical", "modified", "modified", "not_equivalent", "equivalent_legacy"]);
        let deviations: Vec<_> = if degree == "identical" {
            Vec::new()
        } else {
            (0..dice.below(3))
                .map(|_| {
                    let id = dice.pick(&["t1", "t2", "t3"]);
                    json!({ "description": "d", "bridging_test": { "id": id, "description": id } })
                })
                .collect()
        };
        all.push(json!({ "equivalence": { "name": format!("equivalences/e{i}"), "from": from, "to": to,
            "degree": degree, "deviations": deviations, "validity": validity(dice), "source": source } }));
    }
    for i in 0..dice.below(3) {
        let editions = ["standards/p-1", "standards/q-1", "standards/r-1"];
        let optional = |dice: &mut Dice, n| if dice.one_in(n) { dice.pick(DATES) } else { "" };
        let convert_by = optional(dice, 2);
        let exemption = if !convert_by.is_empty() && dice.one_in(2) { stock_exemption(dice) } else { Value::Null };
        all.push(json!({ "edition_transition": { "name": format!("editionTransitions/t{i}"),
            "market": dice.pick(&["XB", "XB", "XC", "BLOC"]), "from_standard": dice.pick(&editions),
            "to_standard": dice.pick(&editions), "either_from": optional(dice, 2),
            "new_only_from": dice.pick(&["2020-01-01", "2021-01-01", "2022-01-01", "2024-01-01"]),
            "convert_by": convert_by, "stock_exemption": exemption, "source": source } }));
    }
    for i in 0..1 + dice.below(2) {
        let parties: Vec<_> = (0..1 + dice.below(4))
            .map(|_| {
                let direction = dice.pick(&["both", "both", "accepts", "is_accepted"]);
                json!({ "economy": dice.pick(ECONOMIES), "direction": direction })
            })
            .collect();
        let in_force = if dice.one_in(10) { "" } else { dice.pick(&["2018-01-01", "2018-01-01", "2021-01-01"]) };
        let provisional = if dice.one_in(5) { dice.pick(DATES) } else { "" };
        all.push(json!({ "arrangement": { "name": format!("arrangements/m{i}"), "title": "m", "parties": parties,
            "in_force_from": in_force, "provisional_from": provisional, "suspensions": periods(dice),
            "lapse": ending(dice), "source": source } }));
    }
    for i in 0..dice.below(4) {
        all.push(annex(dice, i, &source));
    }
    for i in 0..dice.below(4) {
        let contests = if dice.one_in(6) {
            vec![json!({ "party": "XB", "raised_on": "2020-01-01",
                         "interim_suspension": { "from": "2020-06-01", "until": "2022-06-01" } })]
        } else {
            Vec::new()
        };
        let targets = if dice.one_in(3) { dice.some(TARGETS, 2) } else { Vec::new() };
        all.push(json!({ "designation": { "name": format!("designations/d{i}"), "body": dice.pick(BODIES),
            "authority": "bodies/c", "annex": format!("annexes/x{}", dice.below(4)), "targets": targets,
            "codes": maybe_codes(dice, 4), "validity": validity(dice), "suspensions": periods(dice),
            "ending": ending(dice), "contestations": contests, "source": source } }));
    }
    for i in 0..1 + dice.below(4) {
        let acceptances: Vec<_> = (0..1 + dice.below(2))
            .map(|_| {
                let objects = if dice.one_in(4) { vec!["test_report"] } else { Vec::new() };
                let validity = if dice.one_in(4) { validity(dice) } else { Value::Null };
                let rule = json!({ "any": dice.one_in(8), "incomplete": dice.one_in(24),
                    "economies": if dice.one_in(4) { dice.some(ECONOMIES, 1) } else { Vec::new() },
                    "bodies": dice.some(BODIES, 1),
                    "excluded_bodies": if dice.one_in(6) { dice.some(BODIES, 1) } else { Vec::new() } });
                let together = if dice.one_in(4) { vec![target(dice)] } else { Vec::new() };
                json!({ "target": target(dice), "bodies": rule, "objects": objects, "validity": validity,
                    "together_with": together })
            })
            .collect();
        let edition = dice.pick(EDITIONS);
        all.push(json!({ "requirement": { "name": format!("requirements/r{i}"),
            "market": dice.pick(&["XB", "XB", "BLOC", "PACT", "XC"]), "title": "r", "mandatory": !dice.one_in(3),
            "codes": codes(dice, edition, 3), "acceptances": acceptances, "validity": validity(dice),
            "origins": if dice.one_in(8) { dice.some(ECONOMIES, 2) } else { Vec::new() },
            "excluded_origins": if dice.one_in(8) { dice.some(ECONOMIES, 1) } else { Vec::new() },
            "source": source } }));
    }
    // Now and then others may be members as well.
    for it in all.iter_mut().filter_map(|it| it.get_mut("economy")).filter(|it| it["bloc"] == true) {
        it["members_incomplete"] = json!(dice.one_in(10));
    }
    all
}

fn stock_exemption(dice: &mut Dice) -> Value {
    let (placed, made) = [(true, false), (false, true), (true, true)][dice.below(3) as usize];
    let before = |dice: &mut Dice, set: bool| if set { dice.pick(STOCK_LIMITS) } else { "" };
    json!({ "placed_on_market_before": before(dice, placed), "manufactured_before": before(dice, made),
            "until": if dice.one_in(4) { dice.pick(&["2022-06-01", "2024-01-01"]) } else { "" },
            "provided": if dice.one_in(3) { "It is shown." } else { "" } })
}

fn annex(dice: &mut Dice, i: u64, source: &Value) -> Value {
    let covered: Vec<_> =
        if dice.one_in(2) { (0..1 + dice.below(3)).map(|_| target(dice)).collect() } else { Vec::new() };
    let exclusions = if dice.one_in(3) {
        json!({ "economies": if dice.one_in(4) { dice.some(ECONOMIES, 1) } else { Vec::new() },
                "bodies": if dice.one_in(4) { dice.some(BODIES, 1) } else { Vec::new() },
                "targets": dice.some(TARGETS, 1),
                "codes": maybe_codes(dice, 3),
                "origins": if dice.one_in(4) { dice.some(ECONOMIES, 1) } else { Vec::new() } })
    } else {
        Value::Null
    };
    let mut conditions = Vec::new();
    for id in ["c1", "c2"] {
        if dice.one_in(4) {
            let markets = if dice.one_in(3) { dice.some(ECONOMIES, 1) } else { Vec::new() };
            let kind = dice.pick(&["label", "sample", "language"]);
            conditions.push(json!({ "id": id, "kind": kind, "description": id, "markets": markets }));
        }
    }
    let transitions: Vec<_> = if dice.one_in(5) {
        vec![json!({ "economy": dice.pick(ECONOMIES), "ends_on": dice.pick(DATES) })]
    } else {
        Vec::new()
    };
    let links = if dice.one_in(3) { Value::Null } else { json!(dice.below(5)) };
    let objects = dice.pick(OBJECTS);
    json!({ "annex": { "name": format!("annexes/x{i}"), "arrangement": format!("arrangements/m{}", dice.below(2)),
        "title": "x", "validity": validity(dice), "suspensions": periods(dice), "lapse": ending(dice),
        "objects": ["certificate", objects],
        "effect": dice.pick(&["full", "full", "full", "partial", "information_only"]),
        "covered": covered, "codes": maybe_codes(dice, 3),
        "economies": if dice.one_in(5) { dice.some(ECONOMIES, 3) } else { Vec::new() },
        "exclusions": exclusions, "origin_rule": dice.pick(&["any", "any", "exporting_party"]),
        "designation_required": dice.one_in(3), "conditions": conditions, "transitions": transitions,
        "max_chain_links": links, "within_party": dice.one_in(4), "reciprocal": dice.one_in(6), "source": source } })
}

pub(in crate::domain::recognise) fn catalogue(dice: &mut Dice) -> Catalogue {
    let entries = entries(dice).into_iter().map(|value| serde_json::from_value::<Entry>(value).unwrap());
    Catalogue::new(7, entries)
}

/// A catalogue with a calendar from which stock is exempt, and a requirement that it bears on: by chance alone the two
/// hardly ever meet.
pub(in crate::domain::recognise) fn catalogue_of_stock(dice: &mut Dice) -> Catalogue {
    let mut all = entries(dice);
    let source = json!({ "example": true });
    all.push(json!({ "edition_transition": { "name": "editionTransitions/stock", "market": "XB",
        "from_standard": "standards/p-1", "to_standard": "standards/q-1", "new_only_from": "2020-01-01",
        "convert_by": "2020-06-01", "stock_exemption": stock_exemption(dice), "source": source } }));
    let bodies = json!({ "any": dice.one_in(2) });
    let edition = json!({ "name": "standards/p-1" });
    let accepted = if dice.one_in(3) {
        json!({ "target": { "name": "schemes/t" }, "together_with": [edition], "bodies": bodies })
    } else {
        json!({ "target": edition, "bodies": bodies })
    };
    all.push(json!({ "requirement": { "name": "requirements/stock", "market": "XB", "title": "r", "mandatory": true,
        "codes": [{ "code": { "edition": "HS2022", "code": "85" } }], "acceptances": [accepted],
        "validity": { "from": "2018-01-01" }, "source": source } }));
    let entries = all.into_iter().map(|value| serde_json::from_value::<Entry>(value).unwrap());
    Catalogue::new(7, entries)
}

/// A catalogue with requirements of XB, and annexes between XA and XB that differ in what matters most: by chance alone
/// few results pass all the checks before.
pub(in crate::domain::recognise) fn catalogue_of_routes(dice: &mut Dice) -> Catalogue {
    let mut all = entries(dice);
    let source = json!({ "example": true });
    all.push(json!({ "arrangement": { "name": "arrangements/y", "title": "y", "in_force_from": "2018-01-01",
        "parties": [{ "economy": "XA" }, { "economy": "XB" }], "source": source } }));
    // In force until a day, and grandfathered from it on, or from a day before.
    let over = |dice: &mut Dice| {
        let until = if dice.one_in(2) { "2021-01-01" } else { "" };
        let on = dice.pick(&["2020-01-01", "2021-01-01"]);
        let ending = json!({ "on": on, "rule": "grandfather" });
        let ending = if dice.one_in(2) { ending } else { Value::Null };
        (json!({ "from": "2018-01-01", "until": until }), ending)
    };
    for i in 0..3 {
        let (validity, lapse) = over(dice);
        let covered: Vec<_> = if dice.one_in(3) { Vec::new() } else { vec![target(dice)] };
        let condition = json!({ "id": "c1", "kind": "label", "description": "c1" });
        let conditions = if dice.one_in(5) { Vec::new() } else { vec![condition] };
        all.push(json!({ "annex": { "name": format!("annexes/y{i}"), "arrangement": "arrangements/y", "title": "y",
            "validity": validity, "lapse": lapse, "objects": ["certificate"],
            "effect": dice.pick(&["full", "full", "partial", "information_only"]), "covered": covered,
            "designation_required": dice.one_in(3), "conditions": conditions,
            "max_chain_links": 1 + dice.below(2), "source": source } }));
    }
    for i in 0..4 {
        let (validity, ending) = over(dice);
        all.push(json!({ "designation": { "name": format!("designations/y{i}"), "body": "bodies/a",
            "authority": "bodies/a", "annex": format!("annexes/y{}", dice.below(3)), "targets": [dice.pick(TARGETS)],
            "validity": validity, "ending": ending, "source": source } }));
    }
    for i in 0..3 {
        let degree = dice.pick(&["identical", "equivalent_legacy"]);
        let (from, to) = (dice.pick(TARGETS), dice.pick(TARGETS));
        all.push(json!({ "equivalence": { "name": format!("equivalences/y{i}"), "from": { "name": from },
            "to": { "name": to }, "degree": degree, "validity": { "from": "2018-01-01" }, "source": source } }));
    }
    all.push(json!({ "edition_transition": { "name": "editionTransitions/y", "market": "XB",
        "from_standard": "standards/p-1", "to_standard": "standards/q-1", "either_from": "2020-01-01",
        "new_only_from": "2021-01-01", "convert_by": "2022-01-01", "source": source } }));
    for i in 0..2 {
        let beside = json!({ "name": dice.pick(&["standards/p-1", "standards/q-1"]) });
        let together = if dice.one_in(3) { vec![beside] } else { Vec::new() };
        let accepted = json!({ "target": { "name": dice.pick(TARGETS) }, "together_with": together,
            "bodies": { "any": dice.one_in(6) } });
        all.push(json!({ "requirement": { "name": format!("requirements/y{i}"), "market": "XB", "title": "r",
            "mandatory": true, "codes": [{ "code": { "edition": "HS2022", "code": "85" } }], "acceptances": [accepted],
            "validity": { "from": "2018-01-01" }, "source": source } }));
    }
    // In one of four XB may belong to a bloc with a calendar of its own.
    if all.len().is_multiple_of(4) {
        all.push(json!({ "economy": { "name": "economies/UNION", "bloc": true, "members_incomplete": true,
            "source": source } }));
        all.push(json!({ "edition_transition": { "name": "editionTransitions/z", "market": "UNION",
            "from_standard": "standards/p-1", "to_standard": "standards/q-1", "new_only_from": "2020-01-01",
            "convert_by": "2020-03-01", "source": source,
            "stock_exemption": { "placed_on_market_before": "2021-01-01", "provided": "It is shown." } } }));
    }
    // In half of them nothing is demanded: then the best of what is honoured decides.
    if dice.one_in(2) {
        all.iter_mut().filter_map(|it| it.get_mut("requirement")).for_each(|it| it["mandatory"] = json!(false));
    }
    let entries = all.into_iter().map(|value| serde_json::from_value::<Entry>(value).unwrap());
    Catalogue::new(7, entries)
}

/// A question to which these annexes may be the answer.
pub(in crate::domain::recognise) fn question_of_routes(dice: &mut Dice) -> Question {
    let mut question = question(dice);
    let more = (0..1 + dice.below(2))
        .map(|_| Target { name: TargetKey::parse(dice.pick(TARGETS)).unwrap(), level: "".into() });
    let more: Vec<_> = more.collect();
    question.certified.extend(more);
    question.body = BodyKey::parse("bodies/a").unwrap();
    question.object = RecognitionObject::Certificate;
    question.code = CodeReference::new("HS2022", "854141").unwrap();
    question.origin = EconomyCode::parse("XA").unwrap();
    question.destination = EconomyCode::parse("XB").unwrap();
    question.date = parse_date(dice.pick(&["2020-06-01", "2021-06-01", "2021-06-01", "2022-06-01"])).unwrap();
    question.normalised()
}

/// A catalogue with annexes from XA to XB and XC under which nobody is designated yet, and requirements that nobody's result
/// meets directly: by chance alone a designation hardly ever is all that is missing.
pub(in crate::domain::recognise) fn catalogue_of_designations(dice: &mut Dice) -> Catalogue {
    let mut all = entries(dice);
    let source = json!({ "example": true });
    // In half of them nothing else is demanded, and one certificate may open a market.
    if dice.one_in(2) {
        all.retain(|it| it.get("requirement").is_none());
    }
    all.push(json!({ "arrangement": { "name": "arrangements/w", "title": "w", "in_force_from": "2018-01-01",
        "parties": [{ "economy": "XA" }, { "economy": "XB" }, { "economy": "XC" }], "source": source } }));
    for i in 0..2 {
        let covered: Vec<_> = if dice.one_in(2) { Vec::new() } else { vec![target(dice)] };
        all.push(json!({ "annex": { "name": format!("annexes/w{i}"), "arrangement": "arrangements/w", "title": "w",
            "validity": { "from": "2018-01-01" }, "objects": ["certificate"], "covered": covered,
            "designation_required": true, "max_chain_links": 1 + dice.below(2), "source": source } }));
    }
    for market in ["XB", "XC"] {
        let accepted = json!({ "target": { "name": dice.pick(TARGETS) } });
        all.push(json!({ "requirement": { "name": format!("requirements/w-{}", market.to_lowercase()),
            "market": market, "title": "r", "mandatory": true, "acceptances": [accepted],
            "codes": [{ "code": { "edition": "HS2022", "code": "85" } }], "validity": { "from": "2018-01-01" },
            "source": source } }));
    }
    let entries = all.into_iter().map(|value| serde_json::from_value::<Entry>(value).unwrap());
    Catalogue::new(7, entries)
}

/// A question that such a calendar bears on, about goods of any age.
pub(in crate::domain::recognise) fn question_of_stock(dice: &mut Dice) -> Question {
    let mut question = question(dice);
    for name in ["standards/p-1", "schemes/t"] {
        question.certified.push(Target { name: TargetKey::parse(name).unwrap(), level: "".into() });
    }
    question.code = CodeReference::new("HS2022", "854141").unwrap();
    question.destination = EconomyCode::parse("XB").unwrap();
    question.date = parse_date(dice.pick(&["2020-06-01", "2021-06-01", "2021-06-01", "2023-06-01"])).unwrap();
    if !dice.one_in(4) {
        question.granted_on = parse_date("2019-01-01");
    }
    question.normalised()
}

pub(in crate::domain::recognise) fn question(dice: &mut Dice) -> Question {
    let object = if dice.one_in(4) { RecognitionObject::TestReport } else { RecognitionObject::Certificate };
    let certified = (0..1 + dice.below(3)).map(|_| {
        let name = dice.pick(TARGETS);
        let level = if name == "schemes/s" { dice.pick(&["", "gold", "silver", "bronze"]) } else { "" };
        Target { name: TargetKey::parse(name).unwrap(), level: level.into() }
    });
    let certified = certified.collect();
    let economy = |text: &str| EconomyCode::parse(text).unwrap();
    Question {
        certified,
        body: BodyKey::parse(dice.pick(BODIES)).unwrap(),
        body_economy: economy(dice.pick(&["XA", "XA", "XB", "XC", "ZZ"])),
        object,
        granted_on: if dice.one_in(3) { None } else { parse_date(dice.pick(DATES)) },
        code: CodeReference::new(dice.pick(EDITIONS), dice.pick(&["854140", "854141", "8541", "850720"])).unwrap(),
        origin: economy(dice.pick(&["XA", "XA", "XA", "XA", "XB", "XB", "XC", "ZZ"])),
        destination: economy(dice.pick(&["XB", "XB", "XB", "XC", "BLOC", "ZZ"])),
        date: parse_date(dice.pick(&["2019-06-01", "2021-06-01", "2022-01-01", "2023-06-01"])).unwrap(),
        stock: stock(dice),
    }
    .normalised()
}

/// Whether or not it can be: recognition compares days and nothing else.
fn stock(dice: &mut Dice) -> Stock {
    let day = |dice: &mut Dice| if dice.one_in(3) { None } else { parse_date(dice.pick(DATES)) };
    Stock { placed_on: day(dice), manufactured_on: day(dice) }
}

/// Splits 854140 into 854141 and 854142 one way, merges the other, does not know 850720, and is away for `8541`.
pub(in crate::domain::recognise) struct Splitting;

impl Translator for Splitting {
    fn translate(
        &self,
        code: &CodeReference,
        edition: &std::sync::Arc<str>,
    ) -> Result<std::sync::Arc<[std::sync::Arc<str>]>, TranslateError> {
        match (&*code.code, &**edition) {
            ("854140", "HS2022") => Ok(["854141".into(), "854142".into()].into()),
            ("854141", "HS2017") => Ok(["854140".into()].into()),
            ("8541", _) => Err(TranslateError::Unavailable),
            ("850720", _) => Err(TranslateError::Unknown),
            _ => Ok([code.code.clone()].into()),
        }
    }

    fn revision(&self) -> u64 {
        3
    }
}
