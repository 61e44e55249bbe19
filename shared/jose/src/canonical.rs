//! Canonical JSON for what is hashed or signed: RFC 8785 (JCS) without its hard part, floating point.
//!
//! Members are sorted by UTF-16 code units, there is no white space, strings have the shortest escapes, and numbers are
//! integers that every JSON implementation represents exactly. [`to_vec_with_decimals`] also takes plain decimals.

mod node;

pub use node::Node;
use serde_json::{Map, Number, Value};

/// The largest integer that JSON implementations agree on: 2^53 - 1 (RFC 8259 section 6).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A number is not an integer in -(2^53 - 1) ..= 2^53 - 1, nor, where decimals are allowed, a plain decimal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the number {0} has no canonical form here")]
pub struct NotCanonical(Number);

/// Which numbers may stand in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Integers,
    Decimals,
}

/// Writes the canonical bytes of a value. Numbers must be integers.
pub fn to_vec(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut out = Vec::with_capacity(256);
    write(value, Numbers::Integers, &mut out)?;
    Ok(out)
}

/// As [`to_vec`], for formats that demand fractions: also takes the numbers that RFC 8785 writes without an exponent,
/// zero and magnitudes from 10^-6 to below 10^21.
pub fn to_vec_with_decimals(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut out = Vec::with_capacity(256);
    write(value, Numbers::Decimals, &mut out)?;
    Ok(out)
}

/// As [`to_vec`], as text.
pub fn to_string(value: &Value) -> Result<String, NotCanonical> {
    to_vec(value).map(|bytes| String::from_utf8(bytes).expect("JSON written from strings is UTF-8"))
}

fn write(value: &Value, numbers: Numbers, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, numbers, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, numbers, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, numbers, out)?,
    }
    Ok(())
}

fn write_object(members: &Map<String, Value>, numbers: Numbers, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        write(value, numbers, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_number(number: &Number, numbers: Numbers, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let exact = match (number.as_i64(), number.as_u64()) {
        (Some(signed), _) => signed.unsigned_abs() <= MAX_INTEGER,
        (None, Some(unsigned)) => unsigned <= MAX_INTEGER,
        (None, None) => false,
    };
    if exact {
        out.extend_from_slice(number.to_string().as_bytes());
        return Ok(());
    }
    match number.as_f64().filter(|_| number.is_f64() && numbers == Numbers::Decimals) {
        // Rust writes the shortest digits that read back as the same number, never with an exponent: within these
        // bounds that is what RFC 8785 section 3.2.2.3 asks for. Negative zero would be "0" there: it is refused.
        Some(plain) if (1e-6..1e21).contains(&plain.abs()) || plain.to_bits() == 0 => {
            out.extend_from_slice(plain.to_string().as_bytes());
            Ok(())
        }
        _ => Err(NotCanonical(number.clone())),
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    // Most texts have nothing to escape. All bytes are looked at: without a way out early, many at a time are.
    let needs_escape = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    if !text.as_bytes().iter().fold(false, |found, byte| found | needs_escape(byte)) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    // serde_json escapes exactly as RFC 8785 section 3.2.2.2 asks; a test pins it.
    serde_json::to_writer(out, text).expect("a string is written to memory without error");
}

#[cfg(test)]
mod tests;
