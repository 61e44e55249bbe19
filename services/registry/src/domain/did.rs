//! Identifiers of bodies: did:web (W3C CCG). One host has many spellings, and here it has one.

/// The longest that is taken, in bytes.
const MAX_BYTES: usize = 300;

/// What is wrong with a text that is none.
const FORM: &str = "must be a did:web identifier of a named host, without path traversal, query or fragment";

/// The one spelling of an identifier: the host's name in small letters and without the dot of the root, its port only
/// where that is not the one of HTTPS, and percent-encoded in the path what cannot stand there plainly.
pub(crate) fn canonical(did: &str) -> Result<String, &'static str> {
    spell(did).filter(|_| did.len() <= MAX_BYTES).ok_or(FORM)
}

/// Whether two are one identifier.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || spelled(one) == spelled(other)
}

/// The one spelling of an identifier, of an earlier version too; what is none stays as it is.
pub(crate) fn spelled(did: &str) -> String {
    spell(did).unwrap_or_else(|| did.to_owned())
}

fn spell(did: &str) -> Option<String> {
    let mut segments = did.strip_prefix("did:web:")?.split(':');
    let mut spelled = format!("did:web:{}", host(segments.next()?)?);
    for segment in segments {
        spelled.push(':');
        spelled.push_str(&path(segment)?);
    }
    Some(spelled)
}

/// The host's name and, with its colon percent-encoded, its port.
fn host(text: &str) -> Option<String> {
    let (name, port) = match text.split_once('%') {
        Some((name, port)) => (name, Some(port.strip_prefix("3A").or_else(|| port.strip_prefix("3a"))?)),
        None => (text, None),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name whose last part is a number is read as an address, which no certificate of a name vouches for.
    let address = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if name.len() > 253 || address || !name.split('.').all(label) {
        return None;
    }
    let Some(port) = port else { return Some(name) };
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match port.parse::<u16>().ok()? {
        0 => None,
        443 => Some(name),
        port => Some(format!("{name}%3A{port}")),
    }
}

/// A segment of the path: what need not be percent-encoded is plain (RFC 3986 section 6.2.2).
fn path(segment: &str) -> Option<String> {
    let mut spelled = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some(first) = rest.chars().next() {
        let (byte, after) = if first == '%' {
            let (digits, after) = rest[1..].split_at_checked(2)?;
            let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
            (u8::from_str_radix(digits, 16).ok()?, after)
        } else {
            let plain = first.is_ascii_alphanumeric() || matches!(first, '.' | '-' | '_');
            (u8::try_from(first).ok().filter(|_| plain)?, &rest[1..])
        };
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => spelled.push(char::from(byte)),
            b'/' | b'\\' => return None,
            byte if byte.is_ascii_control() => return None,
            byte => spelled.push_str(&format!("%{byte:02X}")),
        }
        rest = after;
    }
    (!matches!(spelled.as_str(), "" | "." | "..")).then_some(spelled)
}

#[cfg(test)]
mod tests;
