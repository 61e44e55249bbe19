//! Canonical JSON for what is hashed or signed: RFC 8785 (JCS) without its hard part, floating point.
//!
//! Members are sorted by UTF-16 code units, there is no white space, strings have the shortest escapes, and numbers are
//! integers that every JSON implementation represents exactly.

use serde_json::{Map, Number, Value};

/// The largest integer that JSON implementations agree on: 2^53 - 1 (RFC 8259 section 6).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A number is not an integer in -(2^53 - 1) ..= 2^53 - 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("canonical JSON holds integers within 2^53 only, not {0}")]
pub struct NotCanonical(Number);

/// Writes the canonical bytes of a value.
pub fn to_vec(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out)?;
    Ok(out)
}

/// As [`to_vec`], as text.
pub fn to_string(value: &Value) -> Result<String, NotCanonical> {
    to_vec(value).map(|bytes| String::from_utf8(bytes).expect("JSON written from strings is UTF-8"))
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, out)?,
    }
    Ok(())
}

fn write_object(members: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        write(value, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_number(number: &Number, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let exact = match (number.as_i64(), number.as_u64()) {
        (Some(signed), _) => signed.unsigned_abs() <= MAX_INTEGER,
        (None, Some(unsigned)) => unsigned <= MAX_INTEGER,
        (None, None) => false,
    };
    if !exact {
        return Err(NotCanonical(number.clone()));
    }
    out.extend_from_slice(number.to_string().as_bytes());
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    // serde_json escapes exactly as RFC 8785 section 3.2.2.2 asks; a test pins it.
    serde_json::to_writer(out, text).expect("a string is written to memory without error");
}

#[cfg(test)]
mod tests;
