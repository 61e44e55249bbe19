//! The registry service: certificates, keys, verification, the transparency log.
