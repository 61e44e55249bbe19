//! The identifier of a decision: the hash of the question, of the revisions that it was made at, and of what could not
//! be had from classification.

use sha2::{Digest, Sha256};

use super::context::Context;

/// Names what is hashed and how; changes when either does.
const DOMAIN: &[u8] = b"greenlane recognition decision v1";

pub(super) fn of(ctx: &Context<'_>) -> String {
    let question = ctx.question;
    let mut hash = Hash(Sha256::new());
    hash.field(DOMAIN);
    hash.number(ctx.catalogue.revision());
    hash.number(ctx.classification_revision());
    let unavailable = ctx.unavailable.borrow();
    hash.number(unavailable.len() as u64);
    for edition in unavailable.iter() {
        hash.field(edition.as_bytes());
    }
    hash.number(question.certified.len() as u64);
    for target in &question.certified {
        hash.field(target.name.to_string().as_bytes());
        hash.field(target.level.as_bytes());
    }
    hash.field(question.body.as_str().as_bytes());
    hash.field(question.body_economy.as_str().as_bytes());
    hash.field(question.object.wire_name().as_bytes());
    hash.field(question.granted_on.map_or_else(String::new, |date| date.to_string()).as_bytes());
    hash.field(question.code.edition.as_bytes());
    hash.field(question.code.code.as_bytes());
    hash.field(question.origin.as_str().as_bytes());
    hash.field(question.destination.as_str().as_bytes());
    hash.field(question.date.to_string().as_bytes());
    format!("sha256:{}", hex::encode(hash.0.finalize()))
}

struct Hash(Sha256);

impl Hash {
    /// Each field with its length before it, so that no two lists of fields make the same bytes.
    fn field(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }
}
