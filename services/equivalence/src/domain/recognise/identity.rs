//! The identifier of a decision: the hash of the question, of the revisions that it was made at, of what could not be had
//! from classification, and of whether it decided that the calendar of a bloc was in doubt.

use chrono::{Datelike as _, NaiveDate};
use sha2::{Digest, Sha256};

use super::context::Context;
use crate::domain::decision::DecisionId;
use crate::domain::equivalence::TargetKey;

/// Names what is hashed and how; changes when either does.
const DOMAIN: &[u8] = b"greenlane recognition decision v1";

/// Says that it decided that nobody knows whether the market belongs to a bloc with a calendar of editions. No day is as long.
const CALENDAR_IN_DOUBT: &[u8] = b"calendar of a bloc in doubt";

pub(super) fn of(ctx: &Context<'_, '_>) -> DecisionId {
    let question = ctx.question;
    let mut text = Text::new();
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
        text.put(collection.as_bytes());
        text.put(key.as_bytes());
        text.field(target.level.as_bytes());
    }
    text.field(question.body.as_str().as_bytes());
    text.field(question.body_economy.as_bytes());
    text.field(question.object.wire_name().as_bytes());
    match question.granted_on {
        Some(date) => text.date(date),
        None => text.field(b""),
    }
    text.field(question.code.edition.as_bytes());
    text.field(question.code.code.as_bytes());
    text.field(question.origin.as_bytes());
    text.field(question.destination.as_bytes());
    text.date(question.date);
    // Of goods of which no age is told the identifier is the one that it was before any could be.
    if !question.stock.is_unknown() {
        for day in [question.stock.placed_on, question.stock.manufactured_on] {
            match day {
                Some(day) => text.date(day),
                None => text.field(b""),
            }
        }
    }
    // Such calendars were once taken for none of the market's: what was decided then has the identifier without this.
    if ctx.has_calendar_in_doubt() {
        text.field(CALENDAR_IN_DOUBT);
    }
    DecisionId::new(text.digest())
}

/// What is hashed, gathered in place so that a question of the usual size is hashed at once.
struct Text {
    gathered: [u8; GATHERED_BYTES],
    length: usize,
    hash: Sha256,
}

/// Most questions are shorter.
const GATHERED_BYTES: usize = 512;

impl Text {
    fn new() -> Self {
        Self { gathered: [0; GATHERED_BYTES], length: 0, hash: Sha256::new() }
    }

    fn digest(mut self) -> [u8; 32] {
        self.hash.update(&self.gathered[..self.length]);
        self.hash.finalize().into()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        match self.gathered.get_mut(self.length..end) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.length = end;
            }
            None => self.hash_on(bytes),
        }
    }

    #[cold]
    fn hash_on(&mut self, bytes: &[u8]) {
        self.hash.update(&self.gathered[..self.length]);
        self.hash.update(bytes);
        self.length = 0;
    }

    /// Each field with its length before it, so that no two lists of fields make the same bytes.
    #[inline]
    fn field(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.put(bytes);
    }

    #[inline]
    fn number(&mut self, number: u64) {
        self.put(&number.to_be_bytes());
    }

    /// A date as `YYYY-MM-DD`.
    fn date(&mut self, date: NaiveDate) {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match u32::try_from(year) {
            Ok(year) if year < 10_000 => {
                let mut text = *b"0000-00-00";
                let digits = [(0, year / 1_000), (1, year / 100), (2, year / 10), (3, year)];
                let digits = digits.into_iter().chain([(5, month / 10), (6, month), (8, day / 10), (9, day)]);
                digits.for_each(|(at, number)| text[at] += (number % 10) as u8);
                self.field(&text);
            }
            // No question has such a year; the identifier has its sign.
            _ => self.field(date.to_string().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_hashed_as_it_is_written() {
        for (year, month, day) in [(2026, 11, 23), (1, 1, 9), (9999, 12, 31), (10_000, 1, 1), (-1, 10, 30), (0, 2, 29)]
        {
            let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            let mut text = Text::new();
            text.date(date);
            let gathered = &text.gathered[..text.length];
            assert_eq!(std::str::from_utf8(&gathered[8..]).unwrap(), date.to_string());
            assert_eq!(gathered[7] as usize, date.to_string().len());
        }
    }

    #[test]
    fn a_long_text_is_hashed_as_a_short_one() {
        let mut text = Text::new();
        let mut whole = Vec::new();
        for length in [0, 1, 300, 211, 1, 2_000, 512, 513, 7] {
            let bytes = vec![b'x'; length];
            text.field(&bytes);
            whole.extend_from_slice(&(length as u64).to_be_bytes());
            whole.extend_from_slice(&bytes);
        }
        assert_eq!(text.digest(), <[u8; 32]>::from(Sha256::digest(&whole)));
    }
}
