//! Reading questions.

use chrono::NaiveDate;
use greenlane_api::common::v1::CodeReference as WireCode;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::clock::Clock;
use greenlane_platform::violations::Violations;

use crate::domain::Question;
use crate::domain::code::CodeReference;
use crate::domain::key::{BodyKey, EconomyCode, SchemeKey, StandardKey};
use crate::domain::question::{certified_scheme, certified_standard};
use crate::domain::standard::Stock;
use crate::domain::time::parse_date;
use crate::domain::usage::Facts;
use crate::domain::words::{MUST_BE_RESULT, RecognitionObject};

const MAX_SCHEMES: usize = 32;
const MAX_STANDARDS: usize = 64;
const MAX_LEVEL_CHARS: usize = 100;

/// A question, read from the field that is the current prefix.
pub(crate) fn question(v: &mut Violations, raw: Option<pb::RecognitionQuestion>, clock: &Clock) -> Option<Question> {
    let raw = v.required("", raw)?;
    let granted_on = raw.certificate.as_ref().and_then(|it| parse_date(&it.granted_on));
    let facts = certificate(&mut v.scope("certificate"), raw.certificate);
    let code = code(v, "code", raw.code);
    let origin = economy(v, "origin", &raw.origin);
    let destination = economy(v, "destination", &raw.destination);
    let date = v.optional_date("date", &raw.date);
    let date = date.map(|date| date.unwrap_or_else(|| clock.today()));
    // Without a date that is good, what is wrong beside it is told all the same.
    let counted = date.unwrap_or(NaiveDate::MAX);
    let stock = stock(v, &raw.placed_on_market_on, &raw.manufactured_on, counted);
    let is_granted = granted_on.is_none_or(|day| day <= counted);
    v.check("certificate.granted_on", is_granted, "must not be after the date that counts");
    let date = date?;
    Some(Question { stock: stock?, ..facts?.question(code?, origin?, destination?, date) })
}

/// How old goods are on a day, as far as they say it.
pub(super) fn stock(v: &mut Violations, placed_on: &str, manufactured_on: &str, date: NaiveDate) -> Option<Stock> {
    let (placed_on, manufactured_on) = v.days_of_stock(placed_on, manufactured_on, date)?;
    Some(Stock { placed_on, manufactured_on })
}

/// What a certificate says, read from the field that is the current prefix.
pub(super) fn certificate(v: &mut Violations, raw: Option<pb::CertificateFacts>) -> Option<Facts> {
    let raw = v.required("", raw)?;
    let mut certified = Vec::new();
    v.check("schemes", raw.schemes.len() <= MAX_SCHEMES, format_args!("at most {MAX_SCHEMES}"));
    for (index, scheme) in raw.schemes.iter().take(MAX_SCHEMES).enumerate() {
        let mut v = v.scope(format!("schemes[{index}]"));
        let key = v.parse("scheme", SchemeKey::parse(&scheme.scheme));
        let level_fits = scheme.level.chars().count() <= MAX_LEVEL_CHARS && !scheme.level.contains(char::is_control);
        v.check("level", level_fits, "must be at most 100 characters without control characters");
        certified.extend(key.map(|key| certified_scheme(key, &scheme.level)));
    }
    v.check("standard_editions", raw.standard_editions.len() <= MAX_STANDARDS, format_args!("at most {MAX_STANDARDS}"));
    for (index, standard) in raw.standard_editions.iter().take(MAX_STANDARDS).enumerate() {
        let key = v.parse(&format!("standard_editions[{index}]"), StandardKey::parse(standard));
        certified.extend(key.map(certified_standard));
    }
    let something = !raw.schemes.is_empty() || !raw.standard_editions.is_empty();
    v.check("schemes", something, "at least one scheme or standard edition is required");
    let body = v.parse(
        "body",
        if raw.body.starts_with("bodies/") {
            BodyKey::parse(&raw.body).map_err(|error| error.to_string())
        } else {
            Err("must be a resource name of the shape bodies/{body}".to_owned())
        },
    );
    let body_economy = economy(v, "body_economy", &raw.body_economy);
    let object = match (raw.object, RecognitionObject::from_number(raw.object)) {
        (0, _) => Some(RecognitionObject::Certificate),
        (_, Some(object)) if object.is_result() => Some(object),
        _ => {
            v.add("object", MUST_BE_RESULT);
            None
        }
    };
    let granted_on = v.optional_date("granted_on", &raw.granted_on);
    Some(Facts { certified, body: body?, body_economy: body_economy?, object: object?, granted_on: granted_on? })
}

/// A commodity code.
pub(super) fn code(v: &mut Violations, field: &str, raw: Option<WireCode>) -> Option<CodeReference> {
    let mut v = v.scope(field);
    let raw = v.required("", raw)?;
    match CodeReference::new(&raw.edition, &raw.code) {
        Ok(code) => Some(code),
        Err(faults) => {
            for (field, message) in faults {
                v.add(field, message);
            }
            None
        }
    }
}

/// An economy or bloc.
pub(super) fn economy(v: &mut Violations, field: &str, raw: &str) -> Option<EconomyCode> {
    if raw.is_empty() {
        v.add(field, "is required");
        return None;
    }
    v.parse(field, EconomyCode::parse(raw))
}
