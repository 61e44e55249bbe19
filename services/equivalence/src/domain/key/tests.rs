use super::*;

#[test]
fn a_standard_is_the_same_by_designation_and_by_name() {
    let by_designation = StandardKey::parse("IEC 61215-1:2021").unwrap();
    assert_eq!(by_designation.name(), "standards/iec-61215-1-2021");
    assert_eq!(StandardKey::parse("standards/iec-61215-1-2021").unwrap(), by_designation);
    assert_eq!(StandardKey::parse("GB/T 9535.1-2025").unwrap().as_str(), "gb-t-9535-1-2025");
}

#[test]
fn what_is_no_key_is_refused() {
    for text in ["", "nz", "N", "NZ ", "1A", "A".repeat(17).as_str()] {
        assert!(EconomyCode::parse(text).is_err(), "{text:?}");
    }
    for text in ["", "bodies/", "bodies/a b", "bodies/a/b", "-a", "a\0", "ä", "a".repeat(101).as_str()] {
        assert!(BodyKey::parse(text).is_err(), "{text:?}");
    }
    for text in ["", "::", "a\nb", "標準"] {
        assert!(StandardKey::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn an_economys_code_is_what_was_read_whatever_its_length() {
    for length in 2..=16 {
        let code = "ABCDEFGHIJKLMNOP".split_at(length).0;
        assert_eq!(EconomyCode::parse(code).unwrap().as_str(), code);
    }
}
