//! What of one version of a certificate became what of the next, as far as the ledger is concerned.
//!
//! Something is written off against a product as the version of that day identifies it. A later version may say more of
//! the product, name it otherwise, or split it: what was taken of it then stays taken of what came of it. So against one
//! product counts what was written off against it, and against everything that it came of or that came of it. What was
//! split counts in whole against each part: a ledger may leave too little, and never too much.

use std::collections::BTreeSet;

use super::product_key;
use crate::domain::content::{Content, Product};
use crate::domain::goods::{folded, same_gtin, same_text};
use crate::domain::life::{Event, Step, overtakers};

/// All products that a certificate's versions identify in different ways, and which came of which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lineage {
    /// In the order of the versions.
    links: Vec<Link>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    /// The version that made the one of the other.
    version: u32,
    from: String,
    to: String,
}

/// What the ledger calls a product: by this identification and by those that it came of or that came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kin(BTreeSet<String>);

impl Kin {
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains(key)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl From<&Product> for Kin {
    fn from(product: &Product) -> Self {
        Self([product_key(&product.id)].into())
    }
}

/// A product of a version.
struct Keyed<'c> {
    /// What the ledger calls it.
    key: String,
    product: &'c Product,
    /// All its models, as they are compared: a certificate has many products of many models.
    models: BTreeSet<String>,
}

impl<'c> From<&'c Product> for Keyed<'c> {
    fn from(product: &'c Product) -> Self {
        let models = product.models.iter().chain([&product.id.model]).filter(|model| !model.is_empty());
        Self { key: product_key(&product.id), product, models: models.map(|model| folded(model)).collect() }
    }
}

impl Lineage {
    /// Of a certificate with these events and versions, both in the order of the log. A version that was overtaken before
    /// it took effect is none that anything was written off against, nor made of.
    pub(crate) fn of<'c>(events: &[Event], versions: impl Iterator<Item = (u32, &'c Content)>) -> Self {
        let mut lineage = Self::default();
        let mut before: Option<Vec<Keyed<'c>>> = None;
        let overtakers = overtakers(events);
        for (version, content) in versions {
            let by = events.iter().position(|event| event.version == version);
            if by.is_some_and(|by| overtakers[by].is_some()) {
                continue;
            }
            let made = by.map_or(Step::Reissue, |by| events[by].step);
            let after: Vec<Keyed<'c>> = content.products.iter().map(Keyed::from).collect();
            if let Some(before) = before {
                lineage.links.extend(links(version, made, &before, &after));
            }
            before = Some(after);
        }
        lineage
    }

    /// What counts against a product of a version.
    pub(crate) fn kin(&self, version: u32, product: &Product) -> Kin {
        let own = product_key(&product.id);
        let (mut came_of, mut comes) = (BTreeSet::from([own.clone()]), BTreeSet::from([own]));
        for link in self.links.iter().rev().filter(|link| link.version <= version) {
            if came_of.contains(&link.to) {
                came_of.insert(link.from.clone());
            }
        }
        for link in self.links.iter().filter(|link| link.version > version) {
            if comes.contains(&link.from) {
                comes.insert(link.to.clone());
            }
        }
        came_of.append(&mut comes);
        Kin(came_of)
    }
}

/// Which products of a version that a step made, identified as none was before, came of which ones before.
fn links(version: u32, step: Step, before: &[Keyed<'_>], after: &[Keyed<'_>]) -> Vec<Link> {
    let keys = |products: &'_ [Keyed<'_>]| -> BTreeSet<String> { products.iter().map(|it| it.key.clone()).collect() };
    let (was, is) = (keys(before), keys(after));
    let new: Vec<&Keyed<'_>> = after.iter().filter(|it| !was.contains(&it.key)).collect();
    let link = |from: &Keyed<'_>, to: &Keyed<'_>| Link { version, from: from.key.clone(), to: to.key.clone() };
    let mut found = Vec::new();
    let mut gone = Vec::new();
    for old in before {
        let is_gone = !is.contains(&old.key);
        // What an extension adds beside a product is more, and not a part of it.
        if !is_gone && step == Step::ExtendScope {
            continue;
        }
        found.extend(new.iter().filter(|new| may_be_same(old, new)).map(|new| link(old, new)));
        if is_gone && step == Step::Reissue {
            gone.push(old);
        }
    }
    // A correction that knows a product no more, and another that came of none: it is called otherwise. Also of one that
    // something else may be: that may be so by chance.
    let claimed: BTreeSet<String> = found.iter().map(|link: &Link| link.to.clone()).collect();
    let unclaimed: Vec<&Keyed<'_>> = new.into_iter().filter(|it| !claimed.contains(&it.key)).collect();
    for old in gone {
        let named = |new: &&&Keyed<'_>| same_text(&old.product.name, &new.product.name);
        if unclaimed.iter().any(|new| named(&new)) {
            found.extend(unclaimed.iter().filter(named).map(|new| link(old, new)));
        } else {
            found.extend(unclaimed.iter().map(|new| link(old, new)));
        }
    }
    found
}

/// Whether an item can be one of both products: something that both tell is the same, and nothing contradicts it.
fn may_be_same(one: &Keyed<'_>, other: &Keyed<'_>) -> bool {
    let (a, b) = (&one.product.id, &other.product.id);
    let mut told = false;
    for (a, b, same) in [
        (&a.gtin, &b.gtin, same_gtin as fn(&str, &str) -> bool),
        (&a.batch, &b.batch, same_text),
        (&a.serial, &b.serial, same_text),
    ] {
        if a.is_empty() || b.is_empty() {
            continue;
        }
        if !same(a, b) {
            return false;
        }
        told = true;
    }
    if one.models.is_empty() || other.models.is_empty() {
        return told;
    }
    !one.models.is_disjoint(&other.models)
}

#[cfg(test)]
mod tests;
