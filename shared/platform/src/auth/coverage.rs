//! Which methods the contracts have, so that a test can tell that none of them lacks a rule.

use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::AuthorizationTable;

/// The full gRPC paths of every method of a package (`greenlane.registry.v1`), in order.
pub fn methods_of(package: &str) -> Vec<String> {
    let set = FileDescriptorSet::decode(greenlane_api::DESCRIPTORS).expect("the build wrote this descriptor set");
    let mut methods = Vec::new();
    for file in set.file.iter().filter(|file| file.package() == package) {
        for service in &file.service {
            let path = |method: &str| format!("/{package}.{}/{method}", service.name());
            methods.extend(service.method.iter().map(|method| path(method.name())));
        }
    }
    methods.sort_unstable();
    methods
}

impl AuthorizationTable {
    /// The methods of a package that no rule names. A service's tests assert that there are none.
    pub fn missing(&self, package: &str) -> Vec<String> {
        methods_of(package).into_iter().filter(|method| self.access(method).is_none()).collect()
    }

    /// The rules that name no method of the contracts. A service's tests assert that there are none.
    pub fn unknown(&self, package: &str) -> Vec<&'static str> {
        let methods = methods_of(package);
        self.rows().iter().map(|rule| rule.method).filter(|rule| !methods.iter().any(|method| method == rule)).collect()
    }
}

#[cfg(test)]
mod tests;
