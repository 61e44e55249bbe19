//! A plan of market access as a table and as comma-separated values.

use std::collections::{BTreeMap, BTreeSet};

use greenlane_api::equivalence::v1::{
    Demand, MarketAccess, MarketAccessStep, PlanMarketAccessResponse, RecognitionOutcome, RequirementResult,
    RequirementStatus,
};

use crate::client::{
    recognition,
    render::{bare_table, colour, several, stacked_sentences, tidy},
};

/// The columns of the comma-separated values.
const HEADINGS: [&str; 16] = [
    "MARKET",
    "OUTCOME",
    "REQUIREMENT",
    "TITLE",
    "DEMANDED",
    "STATUS",
    "ROUTE",
    "CONDITIONS",
    "STEP",
    "TARGET",
    "BODIES",
    "ALSO OPENS",
    "TOGETHER WITH",
    "DESIGNATION UNDER",
    "OF BODIES",
    "BY AUTHORITIES",
];

/// The finding of a market of which the catalogue does not say that it has every requirement.
const NOT_COVERED: &str = "market_not_covered";

/// The same in words, for several markets at once.
const MAY_LACK: &str = "the catalogue may lack requirements";

/// One line of the matrix: a market with one of its requirements, if it makes any.
pub(super) struct Line<'p> {
    pub(super) market: &'p MarketAccess,
    pub(super) requirement: Option<&'p RequirementResult>,
    step: Option<&'p MarketAccessStep>,
}

fn lines(plan: &PlanMarketAccessResponse) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for market in &plan.markets {
        if market.requirements.is_empty() {
            lines.push(Line { market, requirement: None, step: None });
        }
        for requirement in &market.requirements {
            let step = market.steps.iter().find(|step| step.requirement == requirement.requirement);
            lines.push(Line { market, requirement: Some(requirement), step });
        }
    }
    lines
}

impl Line<'_> {
    /// Why nothing is said of the market, where nothing is.
    fn untold(&self) -> Option<String> {
        if self.requirement.is_some() || self.market.outcome() != RecognitionOutcome::Undetermined {
            return None;
        }
        let may_lack = self.market.findings.iter().all(|finding| finding.code == NOT_COVERED);
        Some(if may_lack { MAY_LACK.to_owned() } else { self.missing().join("; ") })
    }

    pub(super) fn outcome(&self) -> &'static str {
        recognition::words(self.market.outcome(), self.market.demand())
    }

    pub(super) fn status(&self) -> &'static str {
        match self.requirement.map(RequirementResult::status) {
            Some(RequirementStatus::Met) if self.conditions().is_empty() => "met",
            Some(RequirementStatus::Met) => "met on conditions",
            Some(RequirementStatus::MetInPart) => "met in part",
            Some(RequirementStatus::InformationOnly) => "for information only",
            Some(RequirementStatus::NotMet) => "not met",
            Some(RequirementStatus::Undetermined | RequirementStatus::Unspecified) => "undetermined",
            None => "",
        }
    }

    /// The status for eyes: beside the word that nothing is demanded it is said to be of what is honoured.
    pub(super) fn standing(&self) -> String {
        let honoured = self.is_honoured() && self.market.demand() == Demand::None;
        format!("{}{}", if honoured { "honoured: " } else { "" }, self.status())
    }

    pub(super) fn route(&self) -> String {
        self.requirement.and_then(|it| it.route.as_ref()).map(recognition::route).unwrap_or_default()
    }

    /// What is to be fulfilled: on the route that there is, or after the step.
    pub(super) fn conditions(&self) -> Vec<&str> {
        let of_route = self.requirement.and_then(|it| it.route.as_ref()).map(|it| &it.conditions);
        let conditions = of_route.or(self.step.map(|it| &it.conditions)).into_iter().flatten();
        conditions.map(|it| it.description.as_str()).collect()
    }

    pub(super) fn missing(&self) -> Vec<&str> {
        let mut said = BTreeSet::new();
        let Some(requirement) = self.requirement else {
            let missing = self.market.findings.iter().map(|it| it.message.as_str());
            return missing.filter(|it| said.insert(*it)).collect();
        };
        let mut missing: Vec<_> = requirement.findings.iter().map(|it| it.message.as_str()).collect();
        // What the catalogue may lack beside what is honoured is said with that.
        let all = &self.market.requirements;
        if all.iter().all(|it| !it.mandatory) {
            let of_market = self.market.findings.iter().filter(|it| !all.iter().any(|of| of.findings.contains(it)));
            missing.extend(of_market.map(|it| it.message.as_str()));
        }
        missing.retain(|it| said.insert(*it));
        missing
    }

    /// Whether the market honours what the line tells of, and does not demand it.
    pub(super) fn is_honoured(&self) -> bool {
        self.requirement.is_some_and(|it| !it.mandatory)
    }

    /// The outcome by which goods may enter the market or not.
    pub(super) fn entry(&self) -> RecognitionOutcome {
        entry(self.market)
    }

    pub(super) fn step(&self) -> &str {
        self.step.map_or("", |it| it.description.as_str())
    }

    pub(super) fn also_opens(&self) -> String {
        self.step.map(|it| it.also_opens.join(" ")).unwrap_or_default()
    }
}

fn entry(market: &MarketAccess) -> RecognitionOutcome {
    recognition::entry(market.outcome(), market.demand())
}

/// Whether it cannot be told if goods may enter.
pub(super) fn is_undetermined(market: &MarketAccess) -> bool {
    matches!(entry(market), RecognitionOutcome::Undetermined | RecognitionOutcome::Unspecified)
}

/// For eyes.
pub(super) fn table(plan: &PlanMarketAccessResponse) -> String {
    let mut table = bare_table();
    let headings = ["MARKET", "OUTCOME", "REQUIREMENT", "STATUS", "ROUTE, OR WHAT IS TO BE DONE", "ALSO OPENS"];
    table.set_header(headings.map(colour::heading));
    let (told, untold) = folded(plan);
    for line in told {
        let mut how = vec![line.route()];
        // Where only conditions are left, they say it themselves.
        how.extend(line.step.filter(|step| !step.target.is_empty()).map(|step| step.description.clone()));
        how.extend(line.conditions().iter().map(|it| format!("condition: {it}")));
        how.extend(line.missing().iter().map(|it| (*it).to_owned()));
        how.retain(|it| !it.is_empty());
        table.add_row(
            [
                line.market.destination.clone(),
                line.outcome().to_owned(),
                line.requirement.map(|it| it.title.clone()).unwrap_or_default(),
                line.standing(),
                stacked_sentences(&how),
                line.also_opens(),
            ]
            .map(colour::cell),
        );
    }
    let mut text = tidy(&mut table);
    if !untold.is_empty() {
        let mut table = bare_table();
        for markets in untold {
            table.add_row([markets]);
        }
        text.push_str(&format!("\n{}", tidy(&mut table)));
    }
    format!("{text}\n{}\n", summary(plan))
}

/// The lines of which each says something of its own, and the markets that cannot be told: several of which the same is
/// said together, as those are of which nothing is said but that they may ask something.
pub(super) fn folded(plan: &PlanMarketAccessResponse) -> (Vec<Line<'_>>, Vec<String>) {
    let mut untold: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for line in lines(plan) {
        if let Some(why) = line.untold() {
            untold.entry(why).or_default().push(&line.market.destination);
        }
    }
    untold.retain(|why, markets| why == MAY_LACK || markets.len() > 1);
    let mut told = lines(plan);
    told.retain(|line| line.untold().is_none_or(|why| !untold.contains_key(&why)));
    let untold = untold.iter().map(|(why, markets)| format!("Cannot be told, for {why}: {}", markets.join(" ")));
    (told, untold.collect())
}

/// The names of the markets that are open, one a line.
pub(super) fn open(plan: &PlanMarketAccessResponse) -> String {
    let open = plan.markets.iter().filter(|market| recognition::is_open(entry(market)));
    open.map(|market| format!("{}\n", market.destination)).collect()
}

/// How many markets there are of each kind: one that cannot be told is neither open nor shut.
pub(super) fn summary(plan: &PlanMarketAccessResponse) -> String {
    let untold = plan.markets.iter().filter(|market| is_undetermined(market)).count();
    let open = plan.markets.iter().filter(|market| recognition::is_open(entry(market))).count();
    let all = plan.markets.len();
    let shut = all - open - untold;
    let markets = several(all as u64, "market");
    let be = |number: usize| if number == 1 { "is" } else { "are" };
    match untold {
        0 => format!("{open} of {markets} {} open.", be(open)),
        _ => format!("Of {markets} {open} {} open, {shut} {} not, and {untold} cannot be told.", be(open), be(shut)),
    }
}

/// As RFC 4180 has it. A cell that a spreadsheet would take for a formula is written so that it is text.
pub(super) fn csv(plan: &PlanMarketAccessResponse) -> anyhow::Result<String> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    rows.write_record(HEADINGS)?;
    for line in lines(plan) {
        let requirement = line.requirement.cloned().unwrap_or_default();
        let demanded = line.requirement.map_or("", |it| if it.mandatory { "yes" } else { "no" });
        let step = line.step.cloned().unwrap_or_default();
        let beside: Vec<_> = step.together_with.iter().map(|it| at_level(&it.name, &it.level)).collect();
        let designation = step.designation.unwrap_or_default();
        let cells = [
            line.market.destination.clone(),
            line.outcome().to_lowercase(),
            requirement.requirement,
            requirement.title,
            demanded.to_owned(),
            line.status().to_owned(),
            line.route(),
            line.conditions().join("; "),
            line.step().to_owned(),
            at_level(&step.target, &step.level),
            step.bodies.join(" "),
            step.also_opens.join(" "),
            beside.join(" "),
            designation.annex,
            designation.bodies.join(" "),
            designation.authorities.join(" "),
        ];
        rows.write_record(cells.map(|it| plain(&it)))?;
    }
    Ok(String::from_utf8(rows.into_inner()?)?)
}

/// As the flags of commands take it.
fn at_level(target: &str, level: &str) -> String {
    if level.is_empty() { target.to_owned() } else { format!("{target}={level}") }
}

fn plain(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}
