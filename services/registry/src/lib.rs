//! The registry service: certificates, keys, verification, the transparency log.

mod app;
mod domain;
mod store;
