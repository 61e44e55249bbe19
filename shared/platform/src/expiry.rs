//! How long what this process shows to others is still good: its certificates, and its tokens towards the services that
//! it calls; and the authorities that it is told to believe. Told as metrics, so that somebody hears of it before it is
//! over.

use std::collections::HashMap;
use std::sync::Weak;

use chrono::{DateTime, NaiveDateTime, Utc};
use greenlane_jose::b64;
use opentelemetry::{KeyValue, global};
use serde::Deserialize;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::clock::Clock;

/// Between which moments something is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    /// None where it does not tell.
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) until: DateTime<Utc>,
}

/// Tells for how long something is good, whenever metrics are read, as long as somebody holds it: `validity` is of what is
/// in use then, none of what tells of no end. `towards` is who is shown it or believed by it, where that is one.
pub(crate) fn tell<T: Send + Sync + 'static>(
    kind: &'static str,
    towards: Option<&str>,
    held: &Weak<T>,
    validity: fn(&T) -> Option<Validity>,
) {
    let mut labels = vec![KeyValue::new("kind", kind)];
    labels.extend(towards.map(|address| KeyValue::new("server.address", address.to_owned())));
    let meter = global::meter("greenlane.platform");
    let seconds = |name: &'static str, what: &'static str, told: fn(&Validity) -> Option<f64>| {
        let (held, labels) = (held.clone(), labels.clone());
        let gauge = meter.f64_observable_gauge(name).with_unit("s").with_description(what);
        let tell = gauge.with_callback(move |observer| {
            let validity = held.upgrade().and_then(|held| validity(&held));
            if let Some(seconds) = validity.as_ref().and_then(told) {
                observer.observe(seconds, &labels);
            }
        });
        tell.build();
    };
    seconds(
        "greenlane.credential.remaining",
        "Time until a certificate or token expires that this process shows to others or believes them by.",
        |validity| Some((validity.until - Clock::system().now()).as_seconds_f64()),
    );
    seconds(
        "greenlane.credential.lifetime",
        "Time for which a certificate or token was made that this process shows to others or believes them by.",
        |validity| validity.from.map(|from| (validity.until - from).as_seconds_f64()),
    );
}

/// Numbers of seconds, which may have fractions (RFC 7519, 2).
#[derive(Deserialize)]
struct Claims {
    exp: f64,
    iat: Option<f64>,
    nbf: Option<f64>,
}

/// Of a signed token (RFC 7519). Whether its signature is good is its receiver's business.
pub(crate) fn of_token(token: &str) -> Option<Validity> {
    let claims = b64::decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough, and a moment too far away is none")]
    let at = |seconds: f64| DateTime::from_timestamp(seconds as i64, 0);
    Some(Validity { from: claims.iat.or(claims.nbf).and_then(at), until: at(claims.exp)? })
}

/// Of a chain: it is good for as long as all that is in it.
pub(crate) fn of_chain(chain: &[CertificateDer<'_>]) -> Option<Validity> {
    chain.iter().filter_map(|certificate| of_certificate(certificate)).min_by_key(|validity| validity.until)
}

/// Of the authorities that are believed: until the first of them expires that no certificate of the same authority
/// replaces, as while it changes its key.
pub(crate) fn of_authorities(believed: &[CertificateDer<'_>]) -> Option<Validity> {
    let mut last: HashMap<&[u8], Validity> = HashMap::new();
    for (validity, subject) in believed.iter().filter_map(|certificate| dates(certificate)) {
        let last = last.entry(subject).or_insert(validity);
        if validity.until > last.until {
            *last = validity;
        }
    }
    last.into_values().min_by_key(|validity| validity.until)
}

fn of_certificate(der: &[u8]) -> Option<Validity> {
    dates(der).map(|(validity, _)| validity)
}

/// The dates of a certificate, and whose it is (RFC 5280, 4.1). The libraries that check certificates do not hand its dates
/// out, and one that reads all of it is much to carry for three fields.
fn dates(der: &[u8]) -> Option<(Validity, &[u8])> {
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(der)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&VERSION) {
        fields = element(fields)?.2;
    }
    for _serial_algorithm_issuer in 0..3 {
        fields = element(fields)?.2;
    }
    let (_, validity, fields) = element(fields)?;
    let (_, subject, _) = element(fields)?;
    let (tag, text, rest) = element(validity)?;
    let from = time(tag, text);
    let (tag, text, _) = element(rest)?;
    Some((Validity { from, until: time(tag, text)? }, subject))
}

/// The first element of some DER: its tag, what is in it, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*first) {
        short @ 0..=0x7f => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long & 0x7f).filter(|(bytes, _)| bytes.len() <= 4)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// A moment, in either of the two forms that certificates have (RFC 5280, 4.1.2.5).
fn time(tag: u8, text: &[u8]) -> Option<DateTime<Utc>> {
    const UTC_TIME: u8 = 0x17;
    const GENERALIZED_TIME: u8 = 0x18;
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        UTC_TIME => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|moment| moment.and_utc())
}

#[cfg(test)]
mod tests;
