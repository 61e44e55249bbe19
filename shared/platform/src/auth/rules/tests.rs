use super::super::Caller;
use super::{AuthorizationTable, INFRASTRUCTURE_RULES, Rule, RuleError};
use crate::fault::ErrorReason;

const RULES: &[Rule] = &[
    Rule::public("/a.v1.A/Public"),
    Rule::authenticated("/a.v1.A/Any"),
    Rule::scope("/a.v1.A/Read", "certificates.read"),
    Rule::any_scope("/a.v1.A/Either", &["verify", "recognise"]),
];

fn reason(method: &str, scopes: Option<&[&str]>) -> Option<ErrorReason> {
    let table = AuthorizationTable::new(RULES).unwrap();
    let caller = scopes.map(|scopes| Caller::new("alice", "i", scopes.iter().copied()));
    table.authorize(method, caller.as_ref()).err().map(|fault| fault.reason())
}

#[test]
fn what_no_rule_names_is_denied_to_everyone() {
    for method in [
        "/a.v1.A/Other",
        "/a.v1.A/read",
        "/a.v1.A/Read/",
        "/a.v1.A/Read?x",
        "a.v1.A/Read",
        "//a.v1.A/Read",
        "",
        "/",
        "*",
    ] {
        assert_eq!(reason(method, None), Some(ErrorReason::NoRule), "{method}");
        assert_eq!(reason(method, Some(&["admin"])), Some(ErrorReason::NoRule), "{method}");
    }
}

#[test]
fn each_kind_of_rule_allows_whom_it_says() {
    assert_eq!(reason("/a.v1.A/Public", None), None);
    assert_eq!(reason("/a.v1.A/Public", Some(&[])), None);
    assert_eq!(reason("/a.v1.A/Any", None), Some(ErrorReason::TokenMissing));
    assert_eq!(reason("/a.v1.A/Any", Some(&[])), None);
    assert_eq!(reason("/a.v1.A/Read", None), Some(ErrorReason::TokenMissing));
    assert_eq!(reason("/a.v1.A/Read", Some(&["verify"])), Some(ErrorReason::ScopeMissing));
    assert_eq!(reason("/a.v1.A/Read", Some(&["certificates.read"])), None);
    assert_eq!(reason("/a.v1.A/Read", Some(&["admin"])), None);
    assert_eq!(reason("/a.v1.A/Either", Some(&["recognise"])), None);
    assert_eq!(reason("/a.v1.A/Either", Some(&["certificates.read"])), Some(ErrorReason::ScopeMissing));
}

#[test]
fn a_table_that_cannot_be_meant_is_refused() {
    let table = |rule: Rule| AuthorizationTable::new(RULES.iter().chain([&rule])).unwrap_err();
    assert_eq!(table(RULES[0]), RuleError::Duplicate("/a.v1.A/Public"));
    assert_eq!(table(Rule::scope("/a.v1.A/X", "everything")), RuleError::UnknownScope("/a.v1.A/X", "everything"));
    for path in ["", "a.v1.A/X", "/a.v1.A", "/a.v1.A/", "/a/b/c", "/a b/c"] {
        assert_eq!(table(Rule::public(path)), RuleError::NotAPath(path));
    }
}

#[test]
fn the_rows_can_be_read_in_order() {
    let table = AuthorizationTable::new(RULES.iter().chain(INFRASTRUCTURE_RULES)).unwrap();
    let rows = table.rows();
    assert_eq!(rows.len(), RULES.len() + INFRASTRUCTURE_RULES.len());
    assert!(rows.windows(2).all(|pair| pair[0].method < pair[1].method));
}
