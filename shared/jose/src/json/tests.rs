use serde_json::json;

use super::{parse, parse_object};

#[test]
fn duplicate_members_are_refused_at_any_depth() {
    for text in [r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"c":[{"d":0,"d":0}]}}"#, r#"{"\u0061":1,"a":2}"#] {
        assert!(parse(text.as_bytes(), 16).unwrap_err().to_string().contains("duplicate member"), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(parse(&nested(16), 16).is_ok());
    assert!(parse(&nested(17), 16).is_err());
    assert!(parse(&nested(100_000), 16).is_err());
}

#[test]
fn what_follows_the_value_is_refused() {
    assert!(parse(b"{} ", 4).is_ok());
    for text in ["{}{}", "{}x", "1 2", "", "{\"a\":1,}", "\u{feff}{}", "{\"a\":\"\\ud800\"}", "NaN", "1e999"] {
        assert!(parse(text.as_bytes(), 4).is_err(), "{text:?}");
    }
    assert!(parse(b"\"\xff\"", 4).is_err());
}

#[test]
fn values_come_through_unchanged() {
    let value = json!({"a": [1, -2, 1.5, true, null, "é\n"], "b": {"c": u64::MAX}});
    assert_eq!(parse(value.to_string().as_bytes(), 4).unwrap(), value);
    assert!(parse_object(b"[]", 4).is_err());
}
