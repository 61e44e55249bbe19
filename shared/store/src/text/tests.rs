use super::{TextError, check};

#[test]
fn what_postgresql_refuses_is_refused_before_either_engine_sees_it() {
    assert_eq!(check("a\0b", 10), Err(TextError::Nul));
    assert_eq!(check("abcd", 3), Err(TextError::TooLong { characters: 4, max: 3 }));
    assert_eq!(check("", 0), Ok(()));
}

#[test]
fn length_is_counted_in_characters_and_not_in_bytes() {
    assert_eq!(check("光伏组件", 4), Ok(()));
    assert_eq!(check("光伏组件", 3), Err(TextError::TooLong { characters: 4, max: 3 }));
}
