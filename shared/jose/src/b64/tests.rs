use super::{NotBase64Url, decode, encode};

#[test]
fn one_byte_string_has_one_accepted_text() {
    assert_eq!(decode("AQ").unwrap(), [1]);
    // The same byte with bits left over, with padding, with white space.
    for other in ["AR", "AQ==", "AQ=", " AQ", "AQ\n", "A"] {
        assert_eq!(decode(other), Err(NotBase64Url), "{other:?}");
    }
    assert_eq!(decode("+/+/"), Err(NotBase64Url));
    assert_eq!(encode(decode("-_-_").unwrap()), "-_-_");
}
