use super::*;

#[test]
fn separators_are_folded_and_leading_zeros_stay() {
    for (raw, code) in [("8541.43", "854143"), ("0101.21", "010121"), ("01", "01"), ("8541 43-00", "85414300")] {
        assert_eq!(CodeText::parse(raw).unwrap().as_str(), code, "{raw}");
    }
}

#[test]
fn digits_as_wide_as_chinese_letters_are_digits() {
    for (raw, code) in [("８５４１．４３", "854143"), ("８５４１　４３－００", "85414300"), ("85４１43", "854143")]
    {
        assert_eq!(CodeText::parse(raw).unwrap().as_str(), code, "{raw}");
    }
}

#[test]
fn what_is_no_code_is_refused() {
    assert_eq!(CodeText::parse(""), Err(CodeError::Empty));
    for raw in
        [".8541", "8541.", "8541..43", "８５４１．", "八五四一", "٨٥٤١", "85x1", "8541\0", "85,41", " 8541", "ex 8541"]
    {
        assert_eq!(CodeText::parse(raw), Err(CodeError::Character), "{raw:?}");
    }
    assert_eq!(CodeText::parse("12345678901234567"), Err(CodeError::TooLong));
}

#[test]
fn a_code_that_a_program_wrote_as_a_number_is_no_code_and_above_all_no_other_code() {
    for raw in ["70200.0", "854140.0", "8541400000.0"] {
        assert_eq!(CodeText::parse(raw), Err(CodeError::Number), "{raw}");
    }
    for (raw, code) in [("8541.0", "85410"), ("0702.00.0", "0702000"), ("70200.00", "7020000"), ("702000", "702000")] {
        assert_eq!(CodeText::parse(raw).unwrap().as_str(), code, "{raw}");
    }
}

#[test]
fn an_edition_is_capitals_and_digits() {
    assert!(EditionId::parse("HS2022").is_ok());
    assert!(EditionId::parse("US-HTS.2026").is_ok());
    for raw in ["", "hs2022", "HS 2022", "HS2022/", &"H".repeat(33)] {
        assert!(EditionId::parse(raw).is_err(), "{raw:?}");
    }
}

#[test]
fn codes_are_printed_with_points() {
    for (code, printed) in [("85", "85"), ("8541", "8541"), ("854143", "8541.43"), ("8541430010", "8541.43.00.10")] {
        assert_eq!(display(code), printed);
    }
}
