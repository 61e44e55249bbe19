//! Identifiers as URIs.

/// The text is not an address that an identifier can be built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an http or https address of a host, without user, query or fragment")]
pub struct DidError;

/// The did:web identifier of a path below an address: `https://registry.example.org` and `["bodies", "cb01"]` give
/// `did:web:registry.example.org:bodies:cb01`. Its document is then at `/bodies/cb01/did.json`.
pub fn did_web(address: &str, path: &[&str]) -> Result<String, DidError> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).ok_or(DidError)?;
    let mut segments = rest.trim_end_matches('/').split('/');
    let host = segments.next().filter(|host| !host.is_empty()).ok_or(DidError)?;
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':')) {
        return Err(DidError);
    }
    // A port's colon would separate path segments in a did:web, so it is escaped.
    let mut did = format!("did:web:{}", host.replace(':', "%3A"));
    for segment in segments.chain(path.iter().copied()) {
        if segment.is_empty() || segment.contains(['?', '#']) {
            return Err(DidError);
        }
        did.push(':');
        did.push_str(&escape(segment));
    }
    Ok(did)
}

/// A text as one segment of a path: all but unreserved characters are percent-encoded (RFC 3986 section 2.3).
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Whether a text looks like an absolute URI: a scheme, a colon, and no character that a URI cannot hold.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(scheme_char)
        && !rest.is_empty()
        && rest.chars().all(allowed)
}
