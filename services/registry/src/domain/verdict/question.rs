//! The identity of a verdict: the hash of the question and of the revisions it was answered at.

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use crate::domain::goods::Goods;
use crate::domain::verdict::force::Doubt;

/// What was asked about: a number, or the hash of a document with what was disclosed of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About<'a> {
    Number(&'a str),
    Document([u8; 32]),
}

/// The revisions of the three services; zero where one had no part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revisions {
    pub(crate) registry: u64,
    pub(crate) equivalence: u64,
    pub(crate) classification: u64,
}

/// What the other services gave: a verdict during an outage is another than the one after it, at the same revisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// The identifier of the decision about recognition, itself a hash of all that it rests on; empty without one.
    pub(crate) recognition: String,
    /// How many of the comparisons of codes were answered.
    pub(crate) compared: u32,
    /// Whether it tells what is left to be written off.
    pub(crate) balance: bool,
    /// Why the registry's own records were in doubt, if so.
    pub(crate) doubt: Option<Doubt>,
}

/// The identifier of a verdict that leaves open, for this reason, what the one of that identifier tells: it is another.
pub(crate) fn left_open(decision_id: &str, code: &str) -> String {
    let mut hash = Sha256::new();
    for part in ["greenlane verdict left open 1", decision_id, code] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// Lower-case hexadecimal SHA-256 of question, revisions, and what was given at them. Every part is hashed with its
/// length, so that no two questions make the same bytes.
pub(crate) fn decision_id(
    about: About<'_>,
    goods: Option<&Goods>,
    day: NaiveDate,
    at: Revisions,
    given: &Given,
) -> String {
    let mut hash = Sha256::new();
    let mut put = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    put(b"greenlane verdict 1");
    match about {
        About::Number(number) => {
            put(b"number");
            put(number.as_bytes());
        }
        About::Document(sha256) => {
            put(b"document");
            put(&sha256);
        }
    }
    put(&chrono::Datelike::num_days_from_ce(&day).to_be_bytes());
    if let Some(goods) = goods {
        put(b"goods");
        for text in [
            &goods.code.edition,
            &goods.code.code,
            &goods.origin,
            &goods.destination,
            &goods.product.gtin,
            &goods.product.model,
            &goods.product.batch,
            &goods.product.serial,
        ] {
            put(text.as_bytes());
        }
        // Goods of which no age is told have the identifier that they had before any could be.
        if !goods.stock.is_unknown() {
            put(b"stock");
            for day in [goods.stock.placed_on, goods.stock.manufactured_on] {
                put(day.map(|day| day.to_string()).unwrap_or_default().as_bytes());
            }
        }
    }
    for revision in [at.registry, at.equivalence, at.classification] {
        put(&revision.to_be_bytes());
    }
    put(given.recognition.as_bytes());
    put(&given.compared.to_be_bytes());
    if given.balance {
        put(b"balance");
    }
    match given.doubt {
        Some(Doubt::Records) => put(b"records in doubt"),
        Some(Doubt::Unheard) => put(b"head not read"),
        None => {}
    }
    hex::encode(hash.finalize())
}
