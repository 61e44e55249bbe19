//! The methods of the contracts, read from the descriptors: which are unary, which stream, which change something.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::FileDescriptorSet;

/// How a method's messages flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The client sends a stream.
    pub(crate) client_streaming: bool,
    /// The server sends a stream.
    pub(crate) server_streaming: bool,
}

impl Shape {
    /// What is assumed of a method that no descriptor names.
    pub(crate) const UNKNOWN: Self = Self { client_streaming: true, server_streaming: true };

    /// One request, one response.
    pub(crate) const UNARY: Self = Self { client_streaming: false, server_streaming: false };

    /// One request, one response.
    pub(crate) const fn is_unary(self) -> bool {
        !self.client_streaming && !self.server_streaming
    }
}

static CONTRACTS: LazyLock<HashMap<String, Shape>> = LazyLock::new(|| {
    let mut methods = HashMap::new();
    for set in [greenlane_api::DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET] {
        // Both are compiled in; what does not decode is a method of unknown shape, which is safe.
        read(set, &mut methods);
    }
    methods
});

/// The methods whose requests carry a `request_id`, as those of all mutations do and no others.
static MUTATIONS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let Ok(set) = FileDescriptorSet::decode(greenlane_api::DESCRIPTORS) else { return HashSet::new() };
    let mut with_id = HashSet::new();
    for file in &set.file {
        let carries = file.message_type.iter().filter(|it| it.field.iter().any(|field| field.name() == "request_id"));
        with_id.extend(carries.map(|message| format!(".{}.{}", file.package(), message.name())));
    }
    let mut mutations = HashSet::new();
    for file in &set.file {
        for service in &file.service {
            let of_service = service.method.iter().filter(|method| with_id.contains(method.input_type()));
            mutations.extend(of_service.map(|it| format!("/{}.{}/{}", file.package(), service.name(), it.name())));
        }
    }
    mutations
});

/// Whether a method changes something.
pub(crate) fn is_mutation(path: &str) -> bool {
    MUTATIONS.contains(path)
}

fn read(descriptors: &[u8], methods: &mut HashMap<String, Shape>) {
    let Ok(set) = FileDescriptorSet::decode(descriptors) else { return };
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let shape =
                    Shape { client_streaming: method.client_streaming(), server_streaming: method.server_streaming() };
                methods.insert(path, shape);
            }
        }
    }
}

/// The shape of a method, by its full path.
pub(crate) fn shape(path: &str) -> Option<Shape> {
    CONTRACTS.get(path).copied()
}

/// The full paths of a gRPC service's methods.
pub(crate) fn of_service<'s>(service: &'s str) -> impl Iterator<Item = (&'static str, Shape)> + 's {
    let prefix = format!("/{service}/");
    CONTRACTS.iter().filter(move |(path, _)| path.starts_with(&prefix)).map(|(path, shape)| (path.as_str(), *shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_check_is_unary_and_health_watch_streams() {
        assert!(shape("/grpc.health.v1.Health/Check").unwrap().is_unary());
        assert!(shape("/grpc.health.v1.Health/Watch").unwrap().server_streaming);
        assert_eq!(shape("/grpc.health.v1.Health/Nothing"), None);
    }

    #[test]
    fn what_carries_a_request_id_is_a_mutation() {
        assert!(is_mutation("/greenlane.registry.v1.CertificateService/IssueCertificate"));
        assert!(!is_mutation("/greenlane.registry.v1.CertificateService/GetCertificate"));
    }
}
