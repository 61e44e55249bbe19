use super::*;

#[test]
fn separators_are_folded_and_leading_zeros_kept() {
    assert_eq!(Code::digits("HS2022", "8541.43").unwrap(), "854143");
    assert_eq!(Code::digits("HS2022", "01 01.21").unwrap(), "010121");
}

#[test]
fn a_harmonized_system_code_has_two_four_or_six_digits() {
    for bad in ["", "8", "854", "85414", "8541433", "85414a", "８５"] {
        assert!(Code::digits("HS2022", bad).is_err(), "{bad}");
    }
}

#[test]
fn a_heading_covers_its_subheadings_in_its_own_edition_only() {
    let code = |edition: &str, code: &str| Code { edition: edition.into(), code: code.into() };
    assert!(code("HS2022", "8541").covers(&code("HS2022", "854143")));
    assert!(code("HS2022", "854143").covers(&code("HS2022", "854143")));
    assert!(!code("HS2022", "854143").covers(&code("HS2022", "8541")));
    assert!(!code("HS2017", "8541").covers(&code("HS2022", "854143")));
}

#[test]
fn a_gtin_with_any_digit_changed_is_refused() {
    let good = "04012345123456";
    assert!(gtin(good).is_ok());
    for at in 0..good.len() {
        for digit in '0'..='9' {
            let mut changed: Vec<char> = good.chars().collect();
            if changed[at] == digit {
                continue;
            }
            changed[at] = digit;
            let changed: String = changed.into_iter().collect();
            assert!(gtin(&changed).is_err(), "{changed}");
        }
    }
}

#[test]
fn gtins_of_different_lengths_can_name_the_same_item() {
    assert!(same_gtin("4012345123456", "04012345123456"));
    assert!(!same_gtin("4012345123456", "4012345123463"));
}

#[test]
fn a_text_is_the_same_in_whatever_case_width_and_spacing() {
    for same in
        ["26XB-1/a", "26xb-1/A", " 26XB-1/A ", "26 XB-1 /A", "26XB-1/A\u{a0}", "２６ＸＢ-１/Ａ", "26XB–1/A", "26XB−1/A"]
    {
        assert_eq!(folded(same), "26XB-1/A", "{same}");
        assert!(same_text(same, "26XB-1/A") && same_text("26xb-1/a", same), "{same}");
    }
    assert!(!same_text("26XB-11/A", "26XB-1/1A") && !same_text("", "A"));
    assert_eq!(folded("e\u{301}"), folded("É"), "however a letter is put together");
}

#[test]
fn what_is_folded_stays_so() {
    for text in ["ΐ", "e \u{301}x", "ｱ", "ﬁn", "Straße", "x²", "Ⅳ", "ǆ", "a\u{2011}b", "\u{b4}a", "ŉ", "ẖ"]
    {
        let once = folded(text);
        assert_eq!(folded(&once), once, "{text}");
    }
}
