use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Node, to_string, to_vec, to_vec_with_decimals};

#[test]
fn members_are_sorted_by_utf16_and_there_is_no_white_space() {
    // U+10000 (a surrogate pair) sorts before U+FB33 in UTF-16, after it in UTF-8.
    let value = json!({"\u{fb33}": 1, "\u{10000}": 2, "b": [true, false, null], "a": {"z": -3, "y": "x"}});
    assert_eq!(
        to_string(&value).unwrap(),
        "{\"a\":{\"y\":\"x\",\"z\":-3},\"b\":[true,false,null],\"\u{10000}\":2,\"\u{fb33}\":1}"
    );
}

#[test]
fn escapes_are_the_shortest() {
    let all: String = (0u8..0x20).map(char::from).chain("\"\\/\u{7f}é\u{2028}".chars()).collect();
    let expected = concat!(
        r#""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013"#,
        r#"\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\"\\/"#,
        "\u{7f}é\u{2028}\""
    );
    assert_eq!(to_string(&Value::String(all)).unwrap(), expected);
}

#[test]
fn numbers_that_implementations_disagree_on_are_refused() {
    let largest = super::MAX_INTEGER;
    assert!(to_vec(&json!([largest, -(largest as i64), 0])).is_ok());
    for number in [json!(largest + 1), json!(-(largest as i64) - 1), json!(1.0), json!(-0.0), json!(u64::MAX)] {
        assert!(to_vec(&number).is_err(), "{number}");
    }
}

#[test]
fn decimals_are_written_shortest_and_without_exponent_where_they_are_allowed() {
    for (number, text) in
        [(2.1, "2.1"), (2.0, "2"), (0.0, "0"), (-0.5, "-0.5"), (1e-6, "0.000001"), (1e20, "100000000000000000000")]
    {
        assert_eq!(to_vec_with_decimals(&json!(number)).unwrap(), text.as_bytes());
    }
    for number in [1e21, 9.9e-7, -0.0] {
        assert!(to_vec_with_decimals(&json!(number)).is_err(), "{number}");
    }
    assert!(to_vec_with_decimals(&json!(u64::MAX)).is_err());
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|n| json!(n)),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_bytes_read_back_as_the_same_value_and_write_the_same_bytes(value in values()) {
        let bytes = to_vec(&value).unwrap();
        let read = crate::json::parse(&bytes, 16).unwrap();
        prop_assert_eq!(&read, &value);
        prop_assert_eq!(to_vec(&read).unwrap(), bytes);
    }
}

#[test]
fn what_borrows_its_texts_has_the_bytes_of_the_value_that_it_is() {
    let owned = "\u{10000} \"quoted\"\n".to_owned();
    let node = Node::object([
        ("\u{fb33}", 1u32.into()),
        ("\u{10000}", super::MAX_INTEGER.into()),
        ("b", Node::List(vec![true.into(), false.into(), Node::Value(json!({"z": null, "a": 2.5}))])),
        ("a", Node::object([("y", (&owned).into()), ("x", Node::list(["x", ""]))])),
    ]);
    let value = Value::from(node.clone());
    assert_eq!(node.clone().to_vec_with_decimals(0).unwrap(), to_vec_with_decimals(&value).unwrap());
    assert!(node.to_vec(0).is_err(), "a fraction is none of the integers");
    assert!(Node::from(super::MAX_INTEGER + 1).to_vec(0).is_err());
}
