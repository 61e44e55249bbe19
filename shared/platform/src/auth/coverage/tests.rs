use super::super::{AuthorizationTable, Rule};
use super::methods_of;

const PACKAGE: &str = "greenlane.registry.v1";
const ISSUE: &str = "/greenlane.registry.v1.CertificateService/IssueCertificate";

#[test]
fn the_contracts_methods_are_found_in_order() {
    let methods = methods_of(PACKAGE);
    assert!(methods.iter().any(|method| method == ISSUE), "{methods:?}");
    assert!(methods.is_sorted() && methods.iter().all(|method| method.starts_with("/greenlane.registry.v1.")));
    assert!(methods_of("greenlane.nothing.v1").is_empty());
}

#[test]
fn a_method_without_a_rule_and_a_rule_without_a_method_are_told() {
    let rules = [Rule::public(ISSUE), Rule::public("/greenlane.registry.v1.CertificateService/Forge")];
    let table = AuthorizationTable::new(&rules).unwrap();
    assert_eq!(table.missing(PACKAGE).len(), methods_of(PACKAGE).len() - 1);
    assert_eq!(table.unknown(PACKAGE), ["/greenlane.registry.v1.CertificateService/Forge"]);
}
