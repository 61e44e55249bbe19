//! A made-up world of trade: sectors of goods, each with its family of standards; markets that demand something in some
//! sectors; arrangements between pairs of them with an annex a sector.

use std::collections::HashMap;

use chrono::NaiveDate;
use greenlane_equivalence::domain::code::CodeReference;
use greenlane_equivalence::domain::entry::Entry;
use greenlane_equivalence::domain::equivalence::{Target, TargetKey};
use greenlane_equivalence::domain::key::{BodyKey, EconomyCode};
use greenlane_equivalence::domain::standard::Stock;
use greenlane_equivalence::domain::words::RecognitionObject;
use greenlane_equivalence::domain::{Catalogue, Question};
use serde_json::{Value, json};

const MARKETS: u64 = 300;
const STANDARDS_A_SECTOR: u64 = 250;
const BODIES_A_MARKET: u64 = 20;

/// The world, times a factor.
#[derive(Default)]
pub(crate) struct World {
    factor: u64,
    dice: u64,
    entries: Vec<Value>,
    /// The annexes, as exporter, importer, sector and the designated bodies of the exporter.
    routes: Vec<(u64, u64, u64, Vec<String>)>,
    /// The sectors in which each market demands something; all demand something in sector 0.
    demands: Vec<Vec<u64>>,
    targets: HashMap<String, Target>,
    bodies: HashMap<String, BodyKey>,
}

fn market(number: u64) -> String {
    let letter = |n: u64| char::from(b'A' + (n % 26) as u8);
    [letter(number / 26), letter(number)].iter().collect()
}

/// The heading of a sector, four digits; sectors beyond them share headings and differ in the subheading.
fn heading(sector: u64) -> String {
    format!("{:02}{:02}", 25 + sector % 60, 1 + sector / 60 % 40)
}

fn standard(sector: u64, number: u64) -> String {
    format!("standards/s{sector}-n{number}")
}

fn body(market_number: u64, number: u64) -> String {
    format!("bodies/{}-{number}", market(market_number).to_lowercase())
}

/// Whether a market has no bodies of its own in a sector, nor anybody designated for it yet: a designation is what is left.
fn is_without_bodies(market_number: u64, sector: u64) -> bool {
    sector == 0 && market_number % 10 == 7
}

impl World {
    pub(crate) fn new(factor: u64) -> Self {
        let mut world = Self { factor, dice: 0x9E37_79B9_7F4A_7C15, ..Self::default() };
        world.markets();
        world.equivalences();
        world.arrangements();
        world
    }

    pub(crate) fn factor(&self) -> u64 {
        self.factor
    }

    /// How many annexes between the two parties and of the goods there are for a question, and how many equivalences that
    /// pass from each standard certified to; on average.
    pub(crate) fn examined(&self, questions: &[Question]) -> (f64, f64) {
        let mut annexes: HashMap<[String; 3], u64> = HashMap::new();
        for (one, other, sector, _) in &self.routes {
            for (exporter, importer) in [(one, other), (other, one)] {
                let key = [market(*exporter), market(*importer), heading(*sector)];
                *annexes.entry(key).or_default() += u64::from(one != other);
            }
        }
        let mut links: HashMap<&str, u64> = HashMap::new();
        for it in self.entries.iter().filter_map(|it| it.get("equivalence")) {
            let passes = it["degree"] != "not_equivalent";
            *links.entry(it["from"]["name"].as_str().unwrap()).or_default() += u64::from(passes);
        }
        let (mut between, mut from, mut certified) = (0, 0, 0);
        for question in questions {
            let [exporter, importer] = [&question.body_economy, &question.destination].map(|it| it.as_str().to_owned());
            between += annexes.get(&[exporter, importer, question.code.code[..4].to_owned()]).copied().unwrap_or(0);
            for target in &question.certified {
                from += links.get(target.name.to_string().as_str()).copied().unwrap_or(0);
                certified += 1;
            }
        }
        (between as f64 / questions.len() as f64, from as f64 / f64::from(certified))
    }

    fn sectors(&self) -> u64 {
        40 * self.factor
    }

    fn below(&mut self, n: u64) -> u64 {
        self.dice ^= self.dice >> 12;
        self.dice ^= self.dice << 25;
        self.dice ^= self.dice >> 27;
        (self.dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }

    fn markets(&mut self) {
        for number in 0..MARKETS {
            self.entries.push(json!({ "economy": { "name": market(number) } }));
            for of_it in 0..BODIES_A_MARKET {
                self.entries.push(json!({ "body": { "name": body(number, of_it), "display_name": "b",
                    "economy": market(number), "roles": ["certification_body"] } }));
            }
            let all = self.sectors();
            let mut sectors: Vec<u64> = (0..10 * self.factor).map(|_| self.below(all)).collect();
            sectors.push(0);
            sectors.sort_unstable();
            sectors.dedup();
            for sector in &sectors {
                let own = if is_without_bodies(number, *sector) { Vec::new() } else { vec![market(number)] };
                let accepted =
                    |n| json!({ "target": { "name": standard(*sector, n) }, "bodies": { "economies": own } });
                self.entries.push(json!({ "requirement": {
                    "name": format!("requirements/{}-{sector}", market(number).to_lowercase()),
                    "market": market(number), "title": format!("Demand in sector {sector}"), "mandatory": true,
                    "codes": [{ "code": { "edition": "HS2022", "code": heading(*sector) } }],
                    "acceptances": [accepted(number % 5), accepted(5)], "validity": { "from": "2020-01-01" },
                    "legal_reference": format!("Order {number}, section {sector}") } }));
            }
            self.demands.push(sectors);
        }
        // Blocs of ten.
        for bloc in 0..MARKETS / 10 {
            let members: Vec<_> = (0..10)
                .map(|member| json!({ "economy": market(bloc * 10 + member), "validity": { "from": "2000-01-01" } }))
                .collect();
            self.entries
                .push(json!({ "economy": { "name": format!("BLOC-{bloc}"), "bloc": true, "members": members } }));
        }
    }

    fn equivalences(&mut self) {
        for number in 0..50_000 * self.factor {
            let sectors = self.sectors();
            let sector = self.below(sectors);
            let from = self.below(STANDARDS_A_SECTOR);
            // Some lead to what is demanded.
            let to = if self.below(5) == 0 { self.below(6) } else { self.below(STANDARDS_A_SECTOR) };
            let degree = ["identical", "identical", "modified", "not_equivalent"][self.below(4) as usize];
            let deviations = if degree == "modified" {
                json!([{ "description": "d", "bridging_test": { "id": format!("t{to}"), "description": "A test." } }])
            } else {
                json!([])
            };
            self.entries.push(json!({ "equivalence": { "name": format!("equivalences/e{number}"),
                "from": { "name": standard(sector, from) }, "to": { "name": standard(sector, to) },
                "degree": degree, "deviations": deviations, "validity": { "from": "2020-01-01" } } }));
        }
    }

    fn arrangements(&mut self) {
        for number in 0..2_500 * self.factor {
            let (one, other) = (self.below(MARKETS), self.below(MARKETS));
            self.entries.push(json!({ "arrangement": { "name": format!("arrangements/m{number}"), "title": "m",
                "parties": [{ "economy": market(one) }, { "economy": market(other) }],
                "in_force_from": "2020-01-01" } }));
            for annex in 0..2 {
                let demands = &self.demands[other as usize];
                let (length, demands) = (demands.len() as u64, demands.clone());
                let sector = if self.below(10) == 0 { 0 } else { demands[self.below(length) as usize] };
                let name = format!("annexes/m{number}-{annex}");
                let links = 1 + self.below(2);
                self.entries.push(json!({ "annex": { "name": name, "arrangement": format!("arrangements/m{number}"),
                    "title": "x", "objects": ["certificate"], "validity": { "from": "2020-01-01" },
                    "codes": [{ "code": { "edition": "HS2022", "code": heading(sector) } }],
                    "designation_required": true, "max_chain_links": links,
                    "legal_reference": format!("annex {annex}, article {number}") } }));
                let designated: Vec<_> = (0..3).map(|_| body(one, self.below(BODIES_A_MARKET))).collect();
                let none_yet = is_without_bodies(other, sector);
                for (at, body) in designated.iter().enumerate().filter(|_| !none_yet) {
                    self.entries.push(json!({ "designation": { "name": format!("designations/m{number}-{annex}-{at}"),
                        "body": body, "authority": body, "annex": name, "validity": { "from": "2020-01-01" } } }));
                }
                self.routes.push((one, other, sector, designated));
            }
        }
    }

    /// A bloc of which not every member is listed, with annexes for the goods of which every market demands something: each may
    /// carry results there of many bodies, and nothing that they cover leads to what is demanded.
    pub(crate) fn incomplete_bloc() -> impl Iterator<Item = Entry> {
        let mut entries = vec![json!({ "economy": { "name": "UNION", "bloc": true, "members_incomplete": true } })];
        for partner in (0..MARKETS).step_by(10) {
            let name = format!("union-{}", market(partner).to_lowercase());
            entries.push(json!({ "arrangement": { "name": format!("arrangements/{name}"), "title": "m",
                "parties": [{ "economy": "UNION" }, { "economy": market(partner) }], "in_force_from": "2020-01-01" } }));
            entries.push(json!({ "annex": { "name": format!("annexes/{name}"), "title": "x",
                "arrangement": format!("arrangements/{name}"), "objects": ["certificate"],
                "validity": { "from": "2020-01-01" }, "codes": [{ "code": { "edition": "HS2022", "code": heading(0) } }],
                "covered": [{ "name": standard(1, 6) }], "designation_required": true, "max_chain_links": 2 } }));
            entries.extend((0..BODIES_A_MARKET).map(|at| {
                json!({ "designation": { "name": format!("designations/{name}-{at}"), "body": body(partner, at),
                    "authority": body(partner, at), "annex": format!("annexes/{name}"),
                    "validity": { "from": "2020-01-01" } } })
            }));
        }
        entries.into_iter().map(|value| serde_json::from_value::<Entry>(value).unwrap())
    }

    pub(crate) fn catalogue(&mut self) -> Catalogue {
        for sector in 0..self.sectors() {
            for number in 0..STANDARDS_A_SECTOR {
                let name = standard(sector, number);
                self.entries.push(json!({ "standard": { "name": name, "designation": name, "publisher": "p" } }));
            }
        }
        let entries = std::mem::take(&mut self.entries).into_iter();
        Catalogue::new(1, entries.map(|value| serde_json::from_value::<Entry>(value).unwrap()))
    }

    /// Two in five go by an annex, one is certified to what is demanded by a body of the market itself, one comes from
    /// anywhere, and one has no designated body.
    pub(crate) fn questions(&mut self, number: usize) -> Vec<Question> {
        (0..number).map(|at| self.question(at)).collect()
    }

    /// Questions about goods of which every market demands something.
    pub(crate) fn questions_of_the_common_sector(&mut self, number: usize) -> Vec<Question> {
        self.routes.retain(|(_, _, sector, _)| *sector == 0);
        (0..number).map(|_| self.question(0)).collect()
    }

    /// Names are held once: a question that was just read is in the processor's cache, and these are to be as well.
    fn target(&mut self, name: String) -> Target {
        let parsed = |name: &String| Target { name: TargetKey::parse(name).unwrap(), level: "".into() };
        self.targets.entry(name).or_insert_with_key(parsed).clone()
    }

    fn question(&mut self, at: usize) -> Question {
        let number = self.routes.len() as u64;
        let number = self.below(number) as usize;
        let (mut exporter, importer, sector, designated) = self.routes[number].clone();
        let mut issuer = designated[0].clone();
        let mut certified =
            vec![standard(sector, 6 + self.below(STANDARDS_A_SECTOR - 6)), standard(sector, 6 + self.below(244))];
        match at % 5 {
            2 => {
                exporter = importer;
                issuer = body(importer, self.below(BODIES_A_MARKET));
                certified = vec![standard(sector, 5), standard(sector, 9)];
            }
            3 => {
                exporter = self.below(MARKETS);
                issuer = body(exporter, 0);
            }
            4 => issuer = body(exporter, self.below(BODIES_A_MARKET)),
            _ => {}
        }
        let certified = certified.into_iter().map(|name| self.target(name)).collect();
        let body = self.bodies.entry(issuer).or_insert_with_key(|issuer| BodyKey::parse(issuer).unwrap()).clone();
        Question {
            certified,
            body,
            body_economy: EconomyCode::parse(&market(exporter)).unwrap(),
            object: RecognitionObject::Certificate,
            granted_on: NaiveDate::from_ymd_opt(2025, 6, 1),
            code: CodeReference::new("HS2022", &format!("{}10", heading(sector))).unwrap(),
            origin: EconomyCode::parse(&market(exporter)).unwrap(),
            destination: EconomyCode::parse(&market(importer)).unwrap(),
            date: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(),
            stock: Stock::default(),
        }
        .normalised()
    }
}
