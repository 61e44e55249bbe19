//! PlanMarketAccess.

use chrono::NaiveDate;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::recognition::RecognitionApi;
use super::{question, render};
use crate::domain::decision::Demand;
use crate::domain::key::EconomyCode;
use crate::domain::recognise::{Designating, MarketAccess, Plan, Product, Step, markets};

const MAX_CERTIFICATES: usize = 64;
const MAX_MARKETS: usize = 1_000;

pub(super) async fn plan(
    api: &RecognitionApi,
    request: pb::PlanMarketAccessRequest,
) -> Result<pb::PlanMarketAccessResponse, Fault> {
    let mut v = Violations::new();
    let code = question::code(&mut v, "code", request.code);
    let origin = question::economy(&mut v, "origin", &request.origin);
    let date = v.optional_date("date", &request.date).map(|date| date.unwrap_or_else(|| api.clock.today()));
    // Without a date that is good, what is wrong beside it is told all the same.
    let counted = date.unwrap_or(NaiveDate::MAX);
    let stock = question::stock(&mut v, &request.placed_on_market_on, &request.manufactured_on, counted);
    let fits = request.certificates.len() <= MAX_CERTIFICATES;
    v.check("certificates", fits, format!("at most {MAX_CERTIFICATES}"));
    let mut certificates = Vec::with_capacity(request.certificates.len().min(MAX_CERTIFICATES));
    for (index, raw) in request.certificates.into_iter().take(MAX_CERTIFICATES).enumerate() {
        certificates.extend(question::certificate(&mut v.scope(format!("certificates[{index}]")), Some(raw)));
    }
    let destinations = economies(&mut v, "destinations", &request.destinations);
    let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
    let (code, origin, date, stock, consistency) =
        v.finish_with(|| Some((code?, origin?, date?, stock?, consistency?)))?;
    let product = Product { code, origin, date, stock, certificates };
    let loaded = api.recogniser.catalogue(consistency).await?;
    let destinations = if destinations.is_empty() { markets(&loaded.catalogue, date) } else { destinations };
    let (revision, exactly) = (loaded.catalogue.revision(), request.classification_revision);
    let answer = api.recogniser.plan(loaded, product, destinations, exactly, render).await?;
    let freshness = Some(api.freshness(answer.classification_revision));
    Ok(pb::PlanMarketAccessResponse { revision, freshness, ..answer })
}

fn render(plan: Plan<'_>) -> pb::PlanMarketAccessResponse {
    let markets = plan.markets.into_iter().map(market).collect();
    let classification_revision = plan.classification_revision;
    pb::PlanMarketAccessResponse { markets, classification_revision, ..Default::default() }
}

/// Economies and blocs; every fault is noted.
pub(super) fn economies(v: &mut Violations, field: &str, raw: &[String]) -> Vec<EconomyCode> {
    v.check(field, raw.len() <= MAX_MARKETS, format!("at most {MAX_MARKETS}"));
    let raw = raw.iter().take(MAX_MARKETS).enumerate();
    raw.filter_map(|(index, economy)| question::economy(v, &format!("{field}[{index}]"), economy)).collect()
}

fn market(market: MarketAccess<'_>) -> pb::MarketAccess {
    pb::MarketAccess {
        destination: market.destination.as_str().to_owned(),
        outcome: market.outcome.number(),
        requirements: market.requirements.into_iter().map(render::requirement).collect(),
        steps: market.steps.into_iter().map(step).collect(),
        findings: market.findings.into_iter().map(render::finding).collect(),
        demand: market.demand.map(Demand::number).unwrap_or_default(),
    }
}

fn step(step: Step<'_>) -> pb::MarketAccessStep {
    let beside = step.certified.iter().filter(|it| step.target.as_ref().is_some_and(|target| target != *it));
    let together_with = beside.map(render::target).collect();
    let target = step.target.as_ref().map(render::target).unwrap_or_default();
    let bodies = step.bodies.iter().map(|body| body.name()).collect();
    // They can do it as things are, or once they are designated.
    let (bodies, designation) = match step.designation {
        None => (bodies, None),
        Some(it) => (Vec::new(), Some(designation(it, bodies))),
    };
    pb::MarketAccessStep {
        requirement: step.requirement.name.name(),
        description: step.description,
        target: target.name,
        conditions: step.conditions.into_iter().map(render::condition).collect(),
        bodies,
        also_opens: step.also_opens.iter().map(|market| market.as_str().to_owned()).collect(),
        level: target.level,
        object: step.object.number(),
        together_with,
        designation,
    }
}

/// A designation of these bodies.
fn designation(it: Designating<'_>, bodies: Vec<String>) -> pb::MarketAccessDesignation {
    let authorities = it.authorities.iter().map(|authority| authority.name()).collect();
    pb::MarketAccessDesignation { annex: it.under.annex.name.name(), bodies, authorities }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Catalogue;
    use crate::domain::code::CodeReference;
    use crate::domain::entry::Entry;
    use crate::domain::recognise;
    use crate::domain::standard::Stock;
    use crate::domain::translate::NoTranslation;

    /// Who reads `bodies` alone takes each of them for one that could do it as things are.
    #[test]
    fn bodies_that_must_be_designated_first_are_told_with_their_designation_alone() {
        let entries = json!([
            { "economy": { "name": "XA" } },
            { "economy": { "name": "XB" } },
            { "body": { "name": "bodies/a", "economy": "XA" } },
            { "body": { "name": "bodies/office", "economy": "XA", "roles": ["designating_authority"] } },
            { "requirement": { "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
                "validity": { "from": "2020-01-01" },
                "acceptances": [{ "target": { "name": "standards/z-1" }, "bodies": { "economies": ["XB"] } }] } },
            { "arrangement": { "name": "arrangements/m", "title": "m", "in_force_from": "2020-01-01",
                "parties": [{ "economy": "XA" }, { "economy": "XB" }] } },
            { "annex": { "name": "annexes/x", "arrangement": "arrangements/m", "title": "x",
                "objects": ["certificate"], "designation_required": true, "validity": { "from": "2020-01-01" } } },
        ]);
        let entries: Vec<Entry> = serde_json::from_value(entries).unwrap();
        let catalogue = Catalogue::new(1, entries);
        let product = Product {
            code: CodeReference::new("HS2022", "854143").unwrap(),
            origin: EconomyCode::parse("XA").unwrap(),
            date: "2026-01-01".parse().unwrap(),
            stock: Stock::default(),
            certificates: Vec::new(),
        };
        let destinations = [EconomyCode::parse("XB").unwrap()];
        let answer = render(recognise::plan(&catalogue, &NoTranslation, &product, &destinations));
        let step = &answer.markets[0].steps[0];
        let designation = step.designation.clone().unwrap();
        assert_eq!(step.bodies, Vec::<String>::new());
        assert_eq!((designation.annex.as_str(), &designation.bodies[..]), ("annexes/x", &["bodies/a".to_owned()][..]));
        assert_eq!(designation.authorities, ["bodies/office"]);
    }
}
