//! The `grpc-timeout` header: at most eight digits and a unit.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header's name.
pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

const MAX_DIGITS: u64 = 99_999_999;

/// The caller's timeout, none when it set none.
///
/// # Errors
/// When the header is not of the form that the gRPC protocol prescribes.
pub(crate) fn read(headers: &HeaderMap) -> Result<Option<Duration>, ()> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else { return Ok(None) };
    let bytes = value.as_bytes();
    let (unit, digits) = bytes.split_last().ok_or(())?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(());
    }
    let count = digits.iter().fold(0, |count, digit| count * 10 + u64::from(digit - b'0'));
    Ok(Some(match unit {
        b'H' => Duration::from_secs(count * 3_600),
        b'M' => Duration::from_secs(count * 60),
        b'S' => Duration::from_secs(count),
        b'm' => Duration::from_millis(count),
        b'u' => Duration::from_micros(count),
        b'n' => Duration::from_nanos(count),
        _ => return Err(()),
    }))
}

/// The header's value for a timeout, in the finest unit that holds it, rounded down.
pub(crate) fn value(timeout: Duration) -> HeaderValue {
    let (count, unit) = if timeout.as_micros() <= u128::from(MAX_DIGITS) {
        (timeout.as_micros(), 'u')
    } else if timeout.as_millis() <= u128::from(MAX_DIGITS) {
        (timeout.as_millis(), 'm')
    } else {
        (u128::from(timeout.as_secs().min(MAX_DIGITS)), 'S')
    };
    HeaderValue::try_from(format!("{count}{unit}")).expect("digits and a letter are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &'static str) -> Result<Option<Duration>, ()> {
        read(&HeaderMap::from_iter([(GRPC_TIMEOUT, HeaderValue::from_static(text))]))
    }

    #[test]
    fn every_unit_is_read() {
        for (text, timeout) in [
            ("2H", Duration::from_secs(7_200)),
            ("3M", Duration::from_secs(180)),
            ("4S", Duration::from_secs(4)),
            ("50m", Duration::from_millis(50)),
            ("60u", Duration::from_micros(60)),
            ("99999999n", Duration::from_nanos(99_999_999)),
        ] {
            assert_eq!(parse(text), Ok(Some(timeout)), "{text}");
        }
    }

    #[test]
    fn what_the_protocol_does_not_allow_is_refused() {
        for text in ["", "m", "12", "123456789m", "-1m", "1 m", "1x", "1.5S"] {
            assert_eq!(parse(text), Err(()), "{text}");
        }
    }

    #[test]
    fn a_written_timeout_reads_back_no_longer_than_it_was() {
        for timeout in
            [Duration::ZERO, Duration::from_nanos(1_999), Duration::from_secs(100), Duration::from_secs(200_000)]
        {
            let headers = HeaderMap::from_iter([(GRPC_TIMEOUT, value(timeout))]);
            let read = read(&headers).unwrap().unwrap();
            assert!(read <= timeout && timeout - read < Duration::from_millis(1), "{timeout:?} {read:?}");
        }
    }
}
