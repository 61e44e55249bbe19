//! The plan of market access: issue once, count the countries. For each market what the certificates that a product holds
//! meet, and the least work that would meet the rest.

mod barred;
mod combine;
mod opens;
mod options;
#[cfg(test)]
mod tests;
mod work;

use std::sync::Arc;

use chrono::NaiveDate;

use self::barred::Barred;
use self::combine::Row;
use self::opens::Openings;
use super::outcome;
use crate::domain::catalogue::{AnnexEntry, Catalogue};
use crate::domain::code::CodeReference;
use crate::domain::decision::{Conditions, Demand, Finding, Outcome, RequirementResult};
use crate::domain::economy::Economy;
use crate::domain::equivalence::Target;
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::question::Question;
use crate::domain::requirement::Requirement;
use crate::domain::standard::Stock;
use crate::domain::translate::Translator;
use crate::domain::usage::Facts;
use crate::domain::words::RecognitionObject;

/// How many bodies a step names at most.
pub(super) const MOST_BODIES: usize = 20;

/// A product and what it holds, or is to hold.
#[derive(Clone, Debug)]
pub struct Product {
    /// Its commodity code.
    pub code: CodeReference,
    /// Where it originates.
    pub origin: EconomyCode,
    /// The date that counts.
    pub date: NaiveDate,
    /// How old it is, when it is there already.
    pub stock: Stock,
    /// Its certificates.
    pub certificates: Vec<Facts>,
}

/// A plan.
#[derive(Clone, Debug, Default)]
pub struct Plan<'c> {
    /// One row for each market, in the order of their codes.
    pub markets: Vec<MarketAccess<'c>>,
    /// Revision of classification; zero when no code was translated.
    pub classification_revision: u64,
}

/// One market of a plan.
#[derive(Clone, Debug)]
pub struct MarketAccess<'c> {
    /// The market.
    pub destination: EconomyCode,
    /// What the certificates give together.
    pub outcome: Outcome,
    /// What the market demands, where the outcome does not say it.
    pub demand: Option<Demand>,
    /// What applies, each with the best route over all certificates.
    pub requirements: Vec<RequirementResult<'c>>,
    /// What would meet the rest.
    pub steps: Vec<Step<'c>>,
    /// What is missing to say more.
    pub findings: Vec<Finding>,
}

/// One piece of work.
#[derive(Clone, Debug)]
pub struct Step<'c> {
    /// The requirement that it meets.
    pub requirement: &'c Arc<Requirement>,
    /// What is to be done.
    pub description: String,
    /// What is to be certified to; none when the conditions suffice.
    pub target: Option<Target>,
    /// Everything that the new certificate must name: the target, and what it was certified to before if an annex
    /// covers it only so.
    pub certified: Vec<Target>,
    /// What kind of result the new one is.
    pub object: RecognitionObject,
    /// The designation that the bodies lack, which comes first; none where they can do it as things are.
    pub designation: Option<Designating<'c>>,
    /// What is still to be fulfilled then.
    pub conditions: Conditions<'c>,
    /// Who could do it, once designated where that comes first: those whose certificates are held already first.
    pub bodies: Vec<BodyKey>,
    /// Where the first of them is.
    pub body_economy: Option<EconomyCode>,
    /// The other markets that the same step would open.
    pub also_opens: Vec<EconomyCode>,
}

/// A designation that there is not yet.
#[derive(Clone, Debug)]
pub struct Designating<'c> {
    /// Under which annex, for all that it covers.
    pub under: &'c AnnexEntry,
    /// Whether the catalogue lists no designation under it of any body of that economy: it may lack what there is.
    pub none_listed: bool,
    /// Who may designate, as far as the catalogue says.
    pub authorities: Vec<BodyKey>,
}

impl Product {
    /// What a certificate asks of a market. Without one: what nobody would have certified to nothing.
    fn question(&self, certificate: Option<&Facts>, destination: &EconomyCode) -> Question {
        let nobody = || BodyKey::parse("none").unwrap_or_else(|_| unreachable!("a plain word is a key"));
        Question {
            certified: certificate.map(|it| it.certified.clone()).unwrap_or_default(),
            body: certificate.map_or_else(nobody, |it| it.body.clone()),
            body_economy: certificate.map_or_else(|| self.origin.clone(), |it| it.body_economy.clone()),
            object: certificate.map_or(RecognitionObject::Certificate, |it| it.object),
            granted_on: certificate.and_then(|it| it.granted_on),
            code: self.code.clone(),
            origin: self.origin.clone(),
            destination: destination.clone(),
            date: self.date,
            stock: self.stock,
        }
        .normalised()
    }

    /// What its certificates ask of a market, or what having none asks.
    fn questions(&self, destination: &EconomyCode) -> Vec<Question> {
        if self.certificates.is_empty() {
            return vec![self.question(None, destination)];
        }
        self.certificates.iter().map(|it| self.question(Some(it), destination)).collect()
    }

    /// Everything that is held, by whichever certificate; sorted, without repetition.
    fn held(&self) -> Vec<Target> {
        let mut held: Vec<_> = self.certificates.iter().flat_map(|it| it.certified.iter().cloned()).collect();
        held.sort();
        held.dedup();
        held
    }
}

/// The markets of a catalogue on a day: its economies. A bloc's requirements bind its members, which are the markets; it
/// stands for them where it has requirements, or is said to have none, and none of its members is a market, nor whoever
/// belongs to one.
pub fn markets(catalogue: &Catalogue, date: NaiveDate) -> Vec<EconomyCode> {
    let demands = |bloc: &Economy| {
        let mut own = catalogue.requirements.values().filter(|it| it.market == bloc.name);
        bloc.complete_requirements.is_some() || own.any(|it| it.validity.contains(date))
    };
    let within = |it: &Economy, bloc: &Economy| it.name != bloc.name && catalogue.is_within(&it.name, &bloc.name, date);
    let known = |bloc: &Economy| catalogue.economies.values().any(|it| !it.bloc && within(it, bloc));
    let (blocs, mut markets): (Vec<_>, Vec<_>) = catalogue.economies.values().partition(|it| it.bloc);
    let mut open: Vec<_> = blocs.into_iter().filter(|bloc| demands(bloc) && !known(bloc)).collect();
    // The innermost first: what they belong to is asked for by them. Of those of a circle the first stands for all.
    while !open.is_empty() {
        let innermost = open.iter().position(|bloc| !open.iter().any(|it| within(it, bloc))).unwrap_or(0);
        let bloc = open.remove(innermost);
        open.retain(|it| !within(bloc, it));
        markets.push(bloc);
    }
    let mut markets: Vec<_> = markets.into_iter().map(|it| it.name.clone()).collect();
    markets.sort();
    markets
}

/// Plans access to markets. `destinations` may be in any order; the rows are in the order of their codes.
pub fn plan<'c>(
    catalogue: &'c Catalogue,
    translator: &dyn Translator,
    product: &Product,
    destinations: &[EconomyCode],
) -> Plan<'c> {
    // Only who says so makes it end early.
    plan_unless(catalogue, translator, product, destinations, &|| false).unwrap_or_default()
}

/// Plans access to markets; none when it becomes too late meanwhile, which is asked from market to market.
pub fn plan_unless<'c>(
    catalogue: &'c Catalogue,
    translator: &dyn Translator,
    product: &Product,
    destinations: &[EconomyCode],
    late: &dyn Fn() -> bool,
) -> Option<Plan<'c>> {
    let mut destinations = destinations.to_vec();
    destinations.sort();
    destinations.dedup();
    // What nobody can certify to on the day is held, and nobody certifies it anew.
    let mut held = product.held();
    held.retain(|it| Barred::of(catalogue, it, product.date).is_none());
    let mut classification_revision = 0;
    let questions: Vec<_> = destinations.iter().map(|destination| product.questions(destination)).collect();
    let in_time = |asked| if late() { None } else { Some(Row::new(catalogue, translator, asked)) };
    let rows: Vec<Row<'_, '_>> = questions.iter().map(|asked| in_time(asked)).collect::<Option<_>>()?;
    let mut markets = Vec::with_capacity(rows.len());
    for (row, destination) in rows.iter().zip(&destinations) {
        if late() {
            return None;
        }
        classification_revision = classification_revision.max(row.classification_revision);
        let steps = work::steps(catalogue, translator, product, &held, row, destination);
        let counted: Vec<_> = row.results.iter().collect();
        let outcome = if row.is_told() { outcome::overall(&counted).outcome } else { Outcome::Undetermined };
        markets.push(MarketAccess {
            destination: destination.clone(),
            outcome,
            demand: row.demand(outcome),
            requirements: row.requirements(),
            steps,
            findings: row.findings.clone(),
        });
    }
    let opened = Openings::new(catalogue, translator, product, &rows, &markets).find(late)?;
    opens::tell(opened, &mut markets);
    Some(Plan { markets, classification_revision })
}
