//! Status lists over HTTP (Bitstring Status List 3.2): as they are, or as they were at a moment.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use greenlane_credential::StatusPurpose;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use serde_json::json;

use super::page::after;
use super::{Answer, FOR_A_MINUTE, FOR_EVER, NOT_KEPT, Site, found, say_later};
use crate::app::status::{SETTLED_AFTER, Served, StatusError};
use crate::domain::names::BodyId;

impl Site {
    /// A status list, as it is or was at the moment that `?timestamp=` names (Bitstring Status List 3.2).
    pub(super) async fn status_list(
        &self,
        request: &Request<Bytes>,
        body: &BodyId,
        list: u32,
        purpose: StatusPurpose,
    ) -> Result<Answer, greenlane_store::StoreError> {
        let moment = match timestamp(request.uri().query().unwrap_or_default()) {
            Ok(moment) => moment,
            Err(why) => return Ok(problem(StatusCode::BAD_REQUEST, why)),
        };
        if moment.is_some()
            && let Err(wait) = self.past.take(request)
        {
            let why = "Lists of the past were asked for too often from there.";
            return Ok(after(problem(StatusCode::TOO_MANY_REQUESTS, why), wait));
        }
        let served = match self.status.list(body, list, purpose, moment).await {
            Ok(served) => served,
            Err(StatusError::Unknown) => return Ok(problem(StatusCode::NOT_FOUND, "There is no such status list.")),
            Err(StatusError::Future) => {
                return Ok(problem(StatusCode::BAD_REQUEST, "The timestamp lies in the future."));
            }
            Err(StatusError::Broken(_)) => {
                return Ok(problem(StatusCode::SERVICE_UNAVAILABLE, "The registry signs nothing at present."));
            }
            Err(StatusError::Busy) => {
                let why = "Too many ask for lists of the past at once.";
                return Ok(say_later(problem(StatusCode::SERVICE_UNAVAILABLE, why)));
            }
            Err(StatusError::Store(error)) => return Err(error),
        };
        // What was said at a moment never changes, once that is past for everybody who writes.
        let is_past = moment.is_some_and(|moment| moment < self.status.now() - SETTLED_AFTER);
        Ok(list_answer(&served, request, if is_past { FOR_EVER } else { FOR_A_MINUTE }))
    }
}

/// `/status/{body}/{list}/{purpose}`.
pub(super) fn path_of_list(path: &str) -> Option<(BodyId, u32, StatusPurpose)> {
    let mut segments = path.strip_prefix("/status/")?.split('/');
    let (body, list, purpose) = (segments.next()?, segments.next()?, segments.next()?);
    let number: u32 = list.parse().ok()?;
    let purpose = StatusPurpose::ALL.into_iter().find(|known| known.as_str() == purpose)?;
    let is_canonical = segments.next().is_none() && number.to_string() == list;
    is_canonical.then_some((BodyId::new(body).ok()?, number, purpose))
}

/// The moment that a query names: a dateTimeStamp, which has a time zone.
fn timestamp(query: &str) -> Result<Option<DateTime<Utc>>, &'static str> {
    let mut given = query.split('&').filter_map(|pair| pair.strip_prefix("timestamp="));
    let Some(text) = given.next() else { return Ok(None) };
    let moment = unescape(text).and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
    match (moment, given.next()) {
        (Some(moment), None) => Ok(Some(moment.to_utc())),
        _ => Err("The timestamp must be a date and time with its time zone, given once."),
    }
}

/// Undoes percent-encoding; none when it is broken.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn list_answer(served: &Served, request: &Request<Bytes>, kept: &'static str) -> Answer {
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| {
        known.split(',').any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == served.etag)
    });
    let mut answer = found("application/vc+jwt", kept, served.text.to_string());
    if is_known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = Full::default();
    }
    if let Ok(etag) = header::HeaderValue::from_str(&served.etag) {
        answer.headers_mut().insert(header::ETAG, etag);
    }
    answer
}

/// Why a status list is not there (RFC 9457), in the words of the specification.
fn problem(status: StatusCode, detail: &'static str) -> Answer {
    let body = json!({
        "type": "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR",
        "title": "The status list cannot be had.",
        "detail": detail,
        "status": status.as_u16(),
    });
    let mut answer = found("application/problem+json", NOT_KEPT, body.to_string());
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_its_zone_and_is_given_once() {
        let at = |query| timestamp(query).map(|moment| moment.map(|moment| moment.timestamp()));
        assert_eq!(at(""), Ok(None));
        assert_eq!(at("other=1"), Ok(None));
        assert_eq!(at("timestamp=1970-01-01T00:01:00Z"), Ok(Some(60)));
        assert_eq!(at("timestamp=1970-01-01T01%3A01%3A00%2B01%3A00"), Ok(Some(60)));
        for wrong in
            ["timestamp=", "timestamp=yesterday", "timestamp=1970-01-01T00:01:00", "timestamp=%2", "timestamp=%+1"]
        {
            assert!(at(wrong).is_err(), "{wrong}");
        }
        let twice = "timestamp=1970-01-01T00:01:00Z&timestamp=1970-01-01T00:01:00Z";
        assert!(at(twice).is_err());
    }

    #[test]
    fn only_the_one_spelling_of_a_lists_address_is_one() {
        let (body, list, purpose) = path_of_list("/status/cb01/12/revocation").unwrap();
        assert_eq!((body.as_str(), list, purpose), ("cb01", 12, StatusPurpose::Revocation));
        for wrong in
            ["/status/cb01/012/revocation", "/status/cb01/1/refresh", "/status/cb01/1/revocation/", "/status/1/x"]
        {
            assert!(path_of_list(wrong).is_none(), "{wrong}");
        }
    }
}
