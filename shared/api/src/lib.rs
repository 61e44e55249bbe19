//! The contracts of Greenlane: generated gRPC code and descriptor sets.
//!
//! The sources are the files under `proto/`; this crate adds nothing to them but [`pending`], the list of methods
//! that are promised and not built yet.
#![allow(missing_docs, unreachable_pub, clippy::all)] // generated code

pub mod pending;

/// Words that the three services share.
pub mod common {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("greenlane.common.v1");
    }
}

/// Certificates, verification, bodies, the log.
pub mod registry {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("greenlane.registry.v1");
    }
}

/// Standards, arrangements, recognition.
pub mod equivalence {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("greenlane.equivalence.v1");
    }
}

/// Code systems, correlations, green lists.
pub mod classification {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("greenlane.classification.v1");
    }
}

/// All contracts as a `google.protobuf.FileDescriptorSet`, without source information: for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The same with comments: for documentation.
pub const DOCUMENTED_DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/documented_descriptors.bin"));
