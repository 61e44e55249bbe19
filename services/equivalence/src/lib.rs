//! The equivalence service: standards, arrangements, recognition.

pub mod domain;
