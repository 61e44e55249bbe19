//! What of one version of a certificate became what of the next, as far as the ledger is concerned.
//!
//! Something is written off against a product as the version of that day identifies it. A later version may say more of
//! the product, name it otherwise, or split it: what was taken of it then stays taken of what came of it. So against one
//! product counts what was written off against it, and against everything that it came of or that came of it. What was
//! split counts in whole against each part: a ledger may leave too little, and never too much.

use std::collections::BTreeSet;

use super::product_key;
use crate::domain::content::{Content, Product};
use crate::domain::goods::{same_gtin, same_text};
use crate::domain::life::{Event, Step, is_overtaken};

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

/// A product of a version, with what the ledger calls it.
type Keyed<'c> = (String, &'c Product);

impl Lineage {
    /// Of a certificate with these events and versions, both in the order of the log. A version that was overtaken before
    /// it took effect is none that anything was written off against, nor made of.
    pub(crate) fn of<'c>(events: &[Event], versions: impl Iterator<Item = (u32, &'c Content)>) -> Self {
        let mut lineage = Self::default();
        let mut before: Option<Vec<Keyed<'c>>> = None;
        for (version, content) in versions.filter(|(version, _)| !is_overtaken(events, *version)) {
            let made = events.iter().find(|event| event.version == version).map_or(Step::Reissue, |event| event.step);
            let after: Vec<Keyed<'c>> =
                content.products.iter().map(|product| (product_key(&product.id), product)).collect();
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
    let was: BTreeSet<&str> = before.iter().map(|(key, _)| key.as_str()).collect();
    let is: BTreeSet<&str> = after.iter().map(|(key, _)| key.as_str()).collect();
    let new: Vec<&Keyed<'_>> = after.iter().filter(|(key, _)| !was.contains(key.as_str())).collect();
    let link = |from: &str, to: &str| Link { version, from: from.to_owned(), to: to.to_owned() };
    let mut found = Vec::new();
    let mut renamed = Vec::new();
    for (from, old) in before {
        let is_gone = !is.contains(from.as_str());
        // What an extension adds beside a product is more, and not a part of it.
        if !is_gone && step == Step::ExtendScope {
            continue;
        }
        let heirs: Vec<Link> =
            new.iter().filter(|(_, new)| may_be_same(old, new)).map(|(to, _)| link(from, to)).collect();
        if heirs.is_empty() && is_gone && step == Step::Reissue {
            renamed.push((from, old));
        }
        found.extend(heirs);
    }
    // A correction that knows a product no more, and another that none was before: it is called otherwise.
    let unclaimed: Vec<_> = new.iter().filter(|(key, _)| !found.iter().any(|link| link.to == *key)).collect();
    for (from, old) in renamed {
        let of_that_name: Vec<_> = unclaimed.iter().filter(|(_, new)| same_text(&old.name, &new.name)).collect();
        if of_that_name.is_empty() {
            found.extend(unclaimed.iter().map(|(to, _)| link(from, to)));
        } else {
            found.extend(of_that_name.into_iter().map(|(to, _)| link(from, to)));
        }
    }
    found
}

/// Whether an item can be one of both products: something that both tell is the same, and nothing contradicts it.
fn may_be_same(one: &Product, other: &Product) -> bool {
    let models = |product: &Product| -> Vec<String> {
        product.models.iter().chain([&product.id.model]).filter(|model| !model.is_empty()).cloned().collect()
    };
    let (of_one, of_other) = (models(one), models(other));
    let (a, b) = (&one.id, &other.id);
    let told = |a: &str, b: &str| !a.is_empty() && !b.is_empty();
    let compared = [
        told(&a.gtin, &b.gtin).then(|| same_gtin(&a.gtin, &b.gtin)),
        (!of_one.is_empty() && !of_other.is_empty())
            .then(|| of_one.iter().any(|model| of_other.iter().any(|other| same_text(model, other)))),
        told(&a.batch, &b.batch).then(|| same_text(&a.batch, &b.batch)),
        told(&a.serial, &b.serial).then(|| same_text(&a.serial, &b.serial)),
    ];
    let mut told = compared.into_iter().flatten().peekable();
    told.peek().is_some() && told.all(|same| same)
}

#[cfg(test)]
mod tests;
