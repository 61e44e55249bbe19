use std::collections::BTreeSet;

use greenlane_platform::auth::AuthorizationTable;
use prost_reflect::DescriptorPool;

use crate::RULES;

#[test]
fn every_method_of_the_contract_has_one_rule_and_no_rule_is_for_another() {
    AuthorizationTable::new(RULES).unwrap();
    let pool = DescriptorPool::decode(greenlane_api::DESCRIPTORS).unwrap();
    let services = pool.services().filter(|service| service.package_name() == "greenlane.equivalence.v1");
    let methods: BTreeSet<String> = services
        .flat_map(|service| {
            let name = service.full_name().to_owned();
            service.methods().map(|method| format!("/{name}/{}", method.name())).collect::<Vec<_>>()
        })
        .collect();
    let ruled: BTreeSet<String> = RULES.iter().map(|rule| rule.method.to_owned()).collect();
    assert_eq!(methods, ruled);
}
