//! Documents as they are stored: the bytes that a compact JWS encodes, which are a quarter shorter than its text and
//! compress to half of what that does.
//!
//! A form in one byte; then, of a JWS, the lengths of its header and its signature in two bytes each, big-endian, and
//! header, signature, payload. Base64url has one text for one byte string, so what comes out is what went in.

use greenlane_jose::b64;
use greenlane_jose::compact::Signed;

/// What comes after it is the text.
const TEXT: u8 = 0;
/// What comes after it are the parts of a compact JWS.
const JWS: u8 = 1;

/// A document for the store.
pub(super) fn pack(document: &str) -> Vec<u8> {
    parts(document).unwrap_or_else(|| as_text(document))
}

/// The same of one that was just signed.
pub(crate) fn pack_signed(document: &Signed) -> Vec<u8> {
    match before_payload(&document.header, &document.signature, document.payload.len()) {
        Some(mut packed) => {
            packed.extend_from_slice(&document.payload);
            packed
        }
        None => as_text(&document.text),
    }
}

fn as_text(document: &str) -> Vec<u8> {
    [&[TEXT][..], document.as_bytes()].concat()
}

fn parts(document: &str) -> Option<Vec<u8>> {
    let mut parts = document.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (header, signature) = (b64::decode(header).ok()?, b64::decode(signature).ok()?);
    let mut packed = before_payload(&header, &signature, payload.len())?;
    b64::decode_to(payload, &mut packed).ok()?;
    Some(packed)
}

/// What stands before a payload, for which there is room of that many bytes.
fn before_payload(header: &[u8], signature: &[u8], room: usize) -> Option<Vec<u8>> {
    let lengths = [u16::try_from(header.len()).ok()?, u16::try_from(signature.len()).ok()?];
    let mut packed = Vec::with_capacity(5 + header.len() + signature.len() + room);
    packed.push(JWS);
    lengths.iter().for_each(|length| packed.extend_from_slice(&length.to_be_bytes()));
    packed.extend_from_slice(header);
    packed.extend_from_slice(signature);
    Some(packed)
}

/// The document; none when this is not what was packed.
pub(super) fn unpack(packed: &[u8]) -> Option<String> {
    match packed.split_first()? {
        (&TEXT, text) => String::from_utf8(text.to_vec()).ok(),
        (&JWS, rest) => {
            let (lengths, rest) = rest.split_first_chunk::<4>()?;
            let [a, b, c, d] = *lengths;
            let (header, rest) = rest.split_at_checked(u16::from_be_bytes([a, b]).into())?;
            let (signature, payload) = rest.split_at_checked(u16::from_be_bytes([c, d]).into())?;
            let mut text = String::with_capacity(packed.len() * 4 / 3 + 4);
            b64::encode_to(header, &mut text);
            text.push('.');
            b64::encode_to(payload, &mut text);
            text.push('.');
            b64::encode_to(signature, &mut text);
            Some(text)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use greenlane_jose::SigningKey;
    use greenlane_jose::compact::{NewHeader, sign_in_parts};

    use super::{pack, pack_signed, unpack};

    #[test]
    fn every_text_comes_out_as_it_went_in() {
        let long = format!("e30.{}.AAAA", "QUJD".repeat(50_000));
        // Not canonical, not a JWS, too many parts, a header that is too long: kept as they are.
        let header = format!("{}.e30.AAAA", "QUJD".repeat(30_000));
        for text in [
            "",
            "e30",
            "e30.e30.AAAA",
            "e30.e30.AB",
            "e30..",
            "e30.e30.AA.AA",
            "e30=.e30.AAAA",
            "ü.e30.AA",
            &long,
            &header,
        ] {
            assert_eq!(unpack(&pack(text)).as_deref(), Some(text));
        }
        assert!(pack(&long).len() < long.len() * 4 / 5);
        assert!(pack(&header).len() > header.len());
    }

    #[test]
    fn what_was_just_signed_is_packed_as_its_text_is() {
        let key = SigningKey::generate_ed25519();
        for payload in ["{}".to_owned(), format!("{{\"a\":\"{}\"}}", "ü".repeat(3_000))] {
            let header = NewHeader { kid: Some("did:web:example.org#k"), typ: Some("vc+jwt"), cty: Some("vc") };
            let signed = sign_in_parts(&key, header, payload.into_bytes()).unwrap();
            let packed = pack_signed(&signed);
            assert_eq!(packed, pack(&signed.text));
            assert_eq!(unpack(&packed), Some(signed.text));
        }
    }

    #[test]
    fn what_was_not_packed_is_not_read() {
        for bytes in [&[][..], &[2, 0], &[1, 0, 3], &[1, 0, 3, 0, 0, 7], &[1, 0, 1, 0, 9, 7, 7], &[0, 0xff]] {
            assert_eq!(unpack(bytes), None);
        }
    }
}
