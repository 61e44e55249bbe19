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
