use serde_json::{Value, json};

use super::*;

fn entry(value: Value) -> Entry {
    serde_json::from_value(value).unwrap()
}

#[test]
fn every_finding_comes_at_once_with_its_place() {
    let catalogue = Catalogue::new(
        1,
        [
            entry(json!({ "economy": { "name": "economies/XA" } })),
            entry(json!({ "body": { "name": "bodies/a", "display_name": "A", "economy": "XA" } })),
        ],
    );
    let changes = [
        Change::Upsert(entry(json!({ "body": { "name": "bodies/b", "display_name": "", "economy": "XB",
                                               "source": { "example": true } } }))),
        Change::Retire("economies/XA".to_owned()),
        Change::Retire("schemes/none".to_owned()),
        Change::Retire("schemes/none".to_owned()),
    ];
    let findings = validate(&catalogue, &changes);
    let found: Vec<_> = findings.iter().map(|f| (f.code, f.index, f.field.as_str())).collect();
    assert_eq!(
        found,
        [
            ("entry_invalid", 0, "display_name"),
            ("reference_dangling", 0, "economy"),
            ("entry_unknown", 2, ""),
            ("entry_repeated", 3, ""),
            ("entry_unknown", 3, ""),
            ("retired_in_use", 1, ""),
        ]
    );
}

#[test]
fn what_comes_in_the_same_set_is_no_dangling_reference() {
    let changes = [
        Change::Upsert(entry(json!({ "body": { "name": "bodies/a", "display_name": "A", "economy": "XA",
                                               "source": { "example": true } } }))),
        Change::Upsert(entry(json!({ "economy": { "name": "economies/XA", "source": { "example": true } } }))),
    ];
    assert_eq!(validate(&Catalogue::default(), &changes), []);
}
