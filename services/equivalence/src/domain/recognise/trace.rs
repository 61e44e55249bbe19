//! What something certified leads to.

use std::sync::Arc;

use chrono::NaiveDate;

use super::chain::{self, Net};
use super::way;
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::Conditions;
use crate::domain::equivalence::{Equivalence, Target};

/// A chain of equivalences and where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain<'c> {
    /// Where it ends.
    pub to: Target,
    /// The links, in order.
    pub links: Vec<Arc<Equivalence>>,
    /// The bridging tests that it takes, without repetition.
    pub conditions: Conditions<'c>,
}

/// Everything that chains of at most `max_links` equivalences in force lead to, each with its cheapest chain; nearest
/// first.
pub fn trace<'c>(catalogue: &'c Catalogue, from: &Target, date: NaiveDate, max_links: usize) -> Vec<Chain<'c>> {
    let net = Net { catalogue, date };
    let reached = chain::reach(net, from, max_links);
    reached
        .into_iter()
        .map(|(to, links)| {
            let mut conditions = Conditions::new();
            let tests = links.iter().flat_map(|link| way::bridging(link, link.bridging_tests().count()));
            tests.for_each(|it| way::add(&mut conditions, it));
            Chain { to: to.clone(), links: links.into_iter().cloned().collect(), conditions }
        })
        .collect()
}
