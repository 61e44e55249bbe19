//! The steps of a market: the least work for each requirement that is not met, or met on conditions only.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::combine::Row;
use super::options::{Choice, Options};
use super::{MOST_BODIES, Product, Step};
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::{RequirementResult, Status};
use crate::domain::equivalence::Target;
use crate::domain::key::BodyKey;
use crate::domain::requirement::Requirement;
use crate::domain::translate::Translator;
use crate::domain::words::RecognitionObject;

pub(super) fn steps(
    catalogue: &Catalogue,
    translator: &dyn Translator,
    product: &Product,
    held: &[Target],
    row: &Row,
) -> Vec<Step> {
    let options = Options { catalogue, translator, product, held, destination: &row.destination };
    let mut steps = Vec::new();
    for (result, by) in row.results.iter().zip(&row.by) {
        match result.status {
            Status::Met => steps.extend(conditions(product, result, *by)),
            Status::MetInPart | Status::InformationOnly | Status::NotMet => {
                steps.push(least(&options, &result.requirement));
            }
            // What is missing is a fact, not work.
            Status::Undetermined => {}
        }
    }
    steps
}

/// What is left to do where a route has conditions.
fn conditions(product: &Product, result: &RequirementResult, by: usize) -> Option<Step> {
    let route = result.route.as_ref().filter(|route| !route.conditions.is_empty())?;
    let certificate = product.certificates.get(by)?;
    let what: Vec<_> = route.conditions.iter().map(|condition| condition.description.trim_end_matches('.')).collect();
    Some(Step {
        requirement: result.requirement.clone(),
        description: format!("fulfil: {}", what.join("; ")),
        target: None,
        certified: certificate.certified.clone(),
        object: certificate.object,
        conditions: route.conditions.clone(),
        bodies: vec![certificate.body.clone()],
        body_economy: Some(certificate.body_economy.clone()),
        also_opens: Vec::new(),
    })
}

fn least(options: &Options<'_>, requirement: &Arc<Requirement>) -> Step {
    let mut choices = options.of(requirement);
    // By work; among equals by what is certified, by the annex, and by the body.
    choices.sort_by(|a, b| order(a).cmp(&order(b)));
    let Some(best) = choices.first() else { return nobody(options, requirement) };
    let like_the_best = |it: &&Choice| {
        it.certified == best.certified
            && it.object == best.object
            && it.route.conditions == best.route.conditions
            && it.work.new_target == best.work.new_target
    };
    let mut seen = BTreeSet::new();
    let bodies = choices.iter().filter(like_the_best).map(|it| it.body.clone()).filter(|it| seen.insert(it.clone()));
    let bodies: Vec<_> = bodies.take(MOST_BODIES).collect();
    Step {
        requirement: requirement.clone(),
        description: describe(best, &bodies),
        target: Some(best.route.certified.clone()),
        certified: best.certified.clone(),
        object: best.object,
        conditions: best.route.conditions.clone(),
        body_economy: Some(best.body_economy.clone()),
        bodies,
        also_opens: Vec::new(),
    }
}

fn order(choice: &Choice) -> impl Ord + '_ {
    let annex = choice.route.annex.as_ref().map(|annex| &annex.name);
    (choice.work, &choice.route.certified, annex, &choice.body)
}

/// How many bodies a sentence names.
const MOST_NAMED: usize = 3;

fn describe(best: &Choice, bodies: &[BodyKey]) -> String {
    let mut named: Vec<_> = bodies.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    if bodies.len() > MOST_NAMED {
        named.push(format!("{} more", bodies.len() - MOST_NAMED));
    }
    let named = named.join(", ");
    let target = &best.route.certified;
    let by = if bodies.len() > 1 { format!("one of: {named}") } else { named };
    let kind = if best.object == RecognitionObject::Certificate {
        String::new()
    } else {
        format!(" ({})", best.object.words())
    };
    let mut text = if !best.work.new_target && best.work.new_body {
        format!("have {target}, which is held, certified{kind} by {by}")
    } else if best.work.new_target {
        format!("certify to {target}{kind} with {by}")
    } else {
        format!("obtain a new result to {target}{kind} from {by}")
    };
    if let Some(annex) = &best.route.annex {
        text.push_str(&format!(", accepted through {}", annex.name));
    }
    if !best.route.conditions.is_empty() {
        text.push_str("; then fulfil the conditions");
    }
    text
}

/// The step where the catalogue knows no certificate of anybody that would do.
fn nobody(options: &Options<'_>, requirement: &Arc<Requirement>) -> Step {
    let date = options.product.date;
    let in_force = requirement.acceptances.iter().filter(|acceptance| acceptance.in_force(date));
    let targets: Vec<_> = in_force.map(|acceptance| acceptance.target.clone()).collect();
    let named: Vec<_> = targets.iter().map(ToString::to_string).collect();
    let market = requirement.market.as_str();
    let description = if named.is_empty() {
        format!("none known: {market} accepts nothing for this requirement on {date}")
    } else {
        format!("certify to {}; the catalogue knows no body whose result {market} would accept", named.join(" or "))
    };
    Step {
        requirement: requirement.clone(),
        description,
        target: targets.into_iter().next(),
        certified: Vec::new(),
        object: RecognitionObject::Certificate,
        conditions: Vec::new(),
        bodies: Vec::new(),
        body_economy: None,
        also_opens: Vec::new(),
    }
}
