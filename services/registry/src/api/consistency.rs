//! `ReadConsistency` and names that many requests carry.

use chrono::{DateTime, TimeDelta, Utc};
use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
use greenlane_credential::CertificateNumber as Checked;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use crate::app::document::Document;
use crate::app::read::{Freshness, Reader};
use crate::domain::names::{BodyId, CertificateNumber};
use crate::store::list;

/// How fresh a read must be.
pub(crate) fn freshness(v: &mut Violations, raw: Option<&ReadConsistency>) -> Option<Freshness> {
    match raw.and_then(|consistency| consistency.requirement.as_ref()) {
        None | Some(Requirement::Latest(true)) => Some(Freshness::Latest),
        Some(Requirement::Latest(false)) => {
            v.add("consistency.latest", "must be true when set");
            None
        }
        Some(Requirement::AtLeastRevision(revision)) => Some(Freshness::AtLeast(*revision)),
        Some(Requirement::ExactlyRevision(revision)) => Some(Freshness::Exactly(*revision)),
    }
}

/// `bodies/{body}`, required.
pub(crate) fn body(v: &mut Violations, field: &str, raw: &str) -> Option<BodyId> {
    if raw.is_empty() {
        v.add(field, "is required");
        return None;
    }
    v.parse(field, BodyId::from_name(raw))
}

/// `bodies/{body}`, when given.
pub(crate) fn optional_body(v: &mut Violations, field: &str, raw: &str) -> Option<Option<BodyId>> {
    if raw.is_empty() { Some(None) } else { body(v, field, raw).map(Some) }
}

/// `certificates/{number}`, required; folded as people write numbers. `bare` also takes the number alone.
pub(crate) fn certificate(v: &mut Violations, field: &str, raw: &str, bare: bool) -> Option<CertificateNumber> {
    certificate_or(v, field, raw, bare, "")
}

/// As [`certificate`]; what is wrong with the number is followed by a hint.
pub(crate) fn certificate_or(
    v: &mut Violations,
    field: &str,
    raw: &str,
    bare: bool,
    hint: &str,
) -> Option<CertificateNumber> {
    if raw.is_empty() {
        v.add(field, "is required");
        return None;
    }
    let number = match raw.strip_prefix("certificates/") {
        Some(number) => number,
        None if bare => raw,
        None => {
            v.add(field, "must be a resource name of the shape certificates/{number}");
            return None;
        }
    };
    let number = Checked::parse(number).map_err(|error| format!("{error}{hint}"));
    v.parse(field, number).map(|number| CertificateNumber::trusted(number.as_str()))
}

/// For a mistyped number: which one was meant, if there is one like it. A caller who acts for a body hears of that body's
/// own alone; numbers are random, so nobody learns from it how many there are.
pub(crate) async fn did_you_mean(reader: &Reader, caller: &Caller, raw: &str) -> Result<String, Fault> {
    let near = Checked::near(raw.strip_prefix("certificates/").unwrap_or(raw));
    if near.is_empty() {
        return Ok(String::new());
    }
    let body = caller.body().map(str::to_owned);
    let found = reader
        .read("did_you_mean", move |tx| {
            let near: Vec<String> = near.iter().map(|number| number.as_str().to_owned()).collect();
            let body = body.as_deref().map(|name| name.trim_start_matches("bodies/").to_owned());
            Box::pin(async move { Ok(list::existing(tx, near, body).await?) })
        })
        .await?;
    Ok(meant(&found))
}

/// The hint that names these numbers; none where there are none.
pub(crate) fn meant(numbers: &[String]) -> String {
    if numbers.is_empty() { String::new() } else { format!("; did you mean {}?", numbers.join(" or ")) }
}

/// `certificates/{number}`, when given.
pub(crate) fn optional_certificate(v: &mut Violations, field: &str, raw: &str) -> Option<Option<CertificateNumber>> {
    if raw.is_empty() { Some(None) } else { certificate(v, field, raw, false).map(Some) }
}

/// A caller acts for the body that the token names, and no other. A name that is no body's is left to the parser, which
/// names it along with whatever else is wrong.
pub(crate) fn must_be(caller: &Caller, body: &str) -> Result<(), Fault> {
    if BodyId::from_name(body).is_ok() { caller.must_be_body(body) } else { Ok(()) }
}

/// A caller who acts for a body acts on, and reads, what is that body's alone; one who acts for none keeps the register
/// or reads all of it, as customs and auditors do.
pub(crate) fn own_or_unbound(caller: &Caller, body: &str) -> Result<(), Fault> {
    if caller.body().is_some() { must_be(caller, body) } else { Ok(()) }
}

/// How far a caller's clock may be ahead of ours.
const CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(5);

/// What has happened has done so by now.
pub(crate) fn not_in_future(v: &mut Violations, field: &str, at: Option<DateTime<Utc>>, now: DateTime<Utc>) {
    v.check(field, at.is_none_or(|at| at <= now + CLOCK_DIFFERENCE), "must not be in the future");
}

/// A document is some kilobytes; more than this is not read.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// A signed document.
pub(crate) fn document(v: &mut Violations, field: &str, text: &str) -> Option<Document> {
    let there = v.check(field, !text.trim_ascii().is_empty(), "is empty: a document is required");
    let fits = text.len() <= MAX_DOCUMENT_BYTES;
    let fits = v.check(field, fits, format!("must be a document of at most {MAX_DOCUMENT_BYTES} bytes"));
    (there && fits).then(|| Document::presented(text))
}
