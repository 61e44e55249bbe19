//! The use cases.

pub(crate) mod alerts;
pub(crate) mod catalogue;
pub(crate) mod changes;
pub(crate) mod disputes;
pub(crate) mod impact;
pub(crate) mod nomenclature;
pub(crate) mod packs;
pub(crate) mod recognition;
pub(crate) mod starter;
pub(crate) mod translations;
