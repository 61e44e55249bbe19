//! Compact JWS (RFC 7515 section 7.1) with a JSON payload, read so strictly that it has one meaning only.

use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::canonical::Node;
use crate::jwk::MAX_KID_BYTES;
use crate::key::PublicKey;
use crate::signing::{SignError, Signer};
use crate::verify::{BadSignature, verify};
use crate::{b64, json};

/// How large and how deep a compact JWS may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the whole text.
    pub max_bytes: usize,
    /// Nested arrays and objects in header and payload.
    pub max_depth: usize,
}

impl Limits {
    /// For bearer tokens: 8 KiB.
    pub const TOKEN: Self = Self { max_bytes: 8 * 1024, max_depth: 8 };

    /// For certificates and other documents: 1 MiB.
    pub const DOCUMENT: Self = Self { max_bytes: 1024 * 1024, max_depth: 32 };
}

/// The protected header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The signature algorithm.
    pub alg: Algorithm,
    /// Which key signed.
    pub kid: String,
    /// The media type of the whole, if given.
    pub typ: Option<String>,
    /// The media type of the payload, if given.
    pub cty: Option<String>,
    /// Every member of the header, including those above.
    pub members: Map<String, Value>,
}

/// A compact JWS taken apart. Nothing of it is to be believed before [`verify`](Self::verify) says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compact<'a> {
    /// The protected header.
    pub header: Header,
    /// The payload, decoded.
    pub payload: Vec<u8>,
    /// The payload as JSON: an object without duplicate members.
    pub claims: Map<String, Value>,
    /// What is signed: the encoded header, a dot, the encoded payload.
    pub signing_input: &'a [u8],
    /// The signature, decoded.
    pub signature: Vec<u8>,
}

/// Why a text is not an acceptable compact JWS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompactError {
    /// Longer than the limit.
    #[error("longer than {max_bytes} bytes")]
    TooLong {
        /// The limit.
        max_bytes: usize,
    },
    /// Not exactly three parts between two dots.
    #[error("not three parts separated by dots")]
    Parts,
    /// A part is not canonical base64url.
    #[error("the {0} is not canonical base64url")]
    Base64(&'static str),
    /// A part is not a strict JSON object.
    #[error("the {part} is not a strict JSON object: {reason}")]
    Json {
        /// Header or payload.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The algorithm is missing or not one of ours.
    #[error("the algorithm is missing or not accepted")]
    Algorithm,
    /// A header member is missing or not of its type.
    #[error("header member {0:?} is missing or not of its type")]
    Member(&'static str),
    /// A header member that would change how the rest is to be read, or bring its own key.
    #[error("header member {0:?} is not accepted")]
    Forbidden(&'static str),
}

/// Header members that change the meaning of the signature (`crit`, `b64`), belong to encryption (`enc`, `zip`), or
/// bring a key of the sender's choice. None has a use here, so each is refused and not merely ignored.
const FORBIDDEN_MEMBERS: [&str; 8] = ["crit", "b64", "enc", "zip", "jwk", "jku", "x5u", "x5c"];

/// Takes a compact JWS apart.
///
/// Refused are: a text over the size limit; anything but three parts; base64url that is not canonical; a header or
/// payload that is not a JSON object, has duplicate members at any depth, or nests too deeply; an algorithm other than
/// the four; a missing or empty `kid`; `typ` or `cty` that are not strings; header members with a meaning we do not
/// honour (`crit`, `b64`, `enc`, `zip`) and embedded keys (`jwk`, `jku`, `x5u`, `x5c`).
pub fn parse_strict<'a>(text: &'a [u8], limits: &Limits) -> Result<Compact<'a>, CompactError> {
    if text.len() > limits.max_bytes {
        return Err(CompactError::TooLong { max_bytes: limits.max_bytes });
    }
    let mut parts = text.split(|byte| *byte == b'.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(CompactError::Parts);
    };
    let signing_input = &text[..header.len() + 1 + payload.len()];
    let header = decode(header, "header")?;
    let header = parse_header(object(&header, "header", limits)?)?;
    let payload = decode(payload, "payload")?;
    let claims = object(&payload, "payload", limits)?;
    let signature = decode(signature, "signature")?;
    Ok(Compact { header, payload, claims, signing_input, signature })
}

fn decode(part: &[u8], name: &'static str) -> Result<Vec<u8>, CompactError> {
    b64::decode(part).map_err(|_| CompactError::Base64(name))
}

fn object(bytes: &[u8], part: &'static str, limits: &Limits) -> Result<Map<String, Value>, CompactError> {
    json::parse_object(bytes, limits.max_depth).map_err(|error| CompactError::Json { part, reason: error.to_string() })
}

fn parse_header(members: Map<String, Value>) -> Result<Header, CompactError> {
    if let Some(name) = FORBIDDEN_MEMBERS.into_iter().find(|name| members.contains_key(*name)) {
        return Err(CompactError::Forbidden(name));
    }
    let text = |name: &'static str| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(CompactError::Member(name)),
    };
    let alg = text("alg")?.and_then(|name| name.parse().ok()).ok_or(CompactError::Algorithm)?;
    let kid = text("kid")?.filter(|kid| !kid.is_empty() && kid.len() <= MAX_KID_BYTES);
    let kid = kid.ok_or(CompactError::Member("kid"))?;
    Ok(Header { alg, kid, typ: text("typ")?, cty: text("cty")?, members })
}

impl Compact<'_> {
    /// Verifies the signature with a key that the caller trusts for the header's `kid`.
    pub fn verify(&self, key: &PublicKey) -> Result<(), BadSignature> {
        verify(self.header.alg, key, self.signing_input, &self.signature)
    }
}

/// The header of a JWS to be made; algorithm and, unless given, `kid` are the signer's.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewHeader<'a> {
    /// The identifier of the key, when it is not the signer's own (a DID URL, for instance).
    pub kid: Option<&'a str>,
    /// The media type of the whole.
    pub typ: Option<&'a str>,
    /// The media type of the payload.
    pub cty: Option<&'a str>,
}

/// A compact JWS that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The whole.
    pub text: String,
    /// The protected header, as it is encoded there.
    pub header: Vec<u8>,
    /// The payload, likewise.
    pub payload: Vec<u8>,
    /// The signature, likewise.
    pub signature: Vec<u8>,
}

/// Signs a payload, which must be a JSON object. The header is canonical, so that the same input under a deterministic
/// algorithm (`EdDSA`) gives the same text.
pub fn sign(signer: &dyn Signer, header: NewHeader<'_>, payload: &[u8]) -> Result<String, SignError> {
    signed(signer, header, payload).map(|(text, ..)| text)
}

/// As [`sign`], with the parts that the text encodes: whoever wants them need not take it apart again.
pub fn sign_in_parts(signer: &dyn Signer, header: NewHeader<'_>, payload: Vec<u8>) -> Result<Signed, SignError> {
    let (text, header, signature) = signed(signer, header, &payload)?;
    Ok(Signed { text, header, payload, signature })
}

/// The text, its header and its signature.
fn signed(signer: &dyn Signer, header: NewHeader<'_>, payload: &[u8]) -> Result<(String, Vec<u8>, Vec<u8>), SignError> {
    let mut members: Vec<(&str, Node<'_>)> = Vec::with_capacity(4);
    members.push(("alg", signer.algorithm().as_str().into()));
    members.push(("kid", header.kid.unwrap_or(signer.kid()).into()));
    members.extend(header.typ.map(|typ| ("typ", typ.into())));
    members.extend(header.cty.map(|cty| ("cty", cty.into())));
    let header = Node::Object(members).to_vec(256).expect("a header of strings is canonical");
    // Four characters for three bytes, and the signature.
    let mut text = String::with_capacity((header.len() + payload.len()) * 4 / 3 + 96);
    b64::encode_to(&header, &mut text);
    text.push('.');
    b64::encode_to(payload, &mut text);
    let signature = signer.sign(text.as_bytes())?;
    text.push('.');
    b64::encode_to(&signature, &mut text);
    Ok((text, header, signature))
}

#[cfg(test)]
mod tests;
