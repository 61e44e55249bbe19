//! The identifier of a decision: the hash of the question, of the revisions that it was made at, and of what could not
//! be had from classification.

use sha2::{Digest, Sha256};

use super::context::Context;
use crate::domain::equivalence::TargetKey;

/// Names what is hashed and how; changes when either does.
const DOMAIN: &[u8] = b"greenlane recognition decision v1";

pub(super) fn of(ctx: &Context<'_>) -> String {
    let question = ctx.question;
    let mut text = Text(Vec::with_capacity(512));
    text.field(DOMAIN);
    text.number(ctx.catalogue.revision());
    text.number(ctx.classification_revision());
    let unavailable = ctx.unavailable();
    text.number(unavailable.len() as u64);
    for edition in unavailable {
        text.field(edition.as_bytes());
    }
    text.number(question.certified.len() as u64);
    for target in &question.certified {
        let (collection, key) = match &target.name {
            TargetKey::Scheme(key) => ("schemes/", key.as_str()),
            TargetKey::Standard(key) => ("standards/", key.as_str()),
        };
        text.number((collection.len() + key.len()) as u64);
        text.0.extend_from_slice(collection.as_bytes());
        text.0.extend_from_slice(key.as_bytes());
        text.field(target.level.as_bytes());
    }
    text.field(question.body.as_str().as_bytes());
    text.field(question.body_economy.as_str().as_bytes());
    text.field(question.object.wire_name().as_bytes());
    match question.granted_on {
        Some(date) => text.date(date),
        None => text.field(b""),
    }
    text.field(question.code.edition.as_bytes());
    text.field(question.code.code.as_bytes());
    text.field(question.origin.as_str().as_bytes());
    text.field(question.destination.as_str().as_bytes());
    text.date(question.date);
    let mut id = String::with_capacity(71);
    id.push_str("sha256:");
    let mut digits = [0; 64];
    // Cannot fail: the room is twice the digest.
    if hex::encode_to_slice(Sha256::digest(&text.0), &mut digits).is_ok() {
        id.extend(digits.iter().map(|digit| char::from(*digit)));
    }
    id
}

/// What is hashed.
struct Text(Vec<u8>);

impl Text {
    /// Each field with its length before it, so that no two lists of fields make the same bytes.
    fn field(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    /// A date as `YYYY-MM-DD`.
    fn date(&mut self, date: chrono::NaiveDate) {
        use std::io::Write as _;
        let at = self.0.len();
        self.number(0);
        // Writing to memory cannot fail.
        drop(write!(self.0, "{date}"));
        let length = (self.0.len() - at - 8) as u64;
        self.0[at..at + 8].copy_from_slice(&length.to_be_bytes());
    }
}
