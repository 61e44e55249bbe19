//! The gRPC face: parse, call, render.

mod alerts;
mod arrangements;
mod catalogue;
mod changes;
mod disputes;
mod entries;
mod equivalences;
mod fairness;
mod packs;
mod plan;
pub(crate) mod question;
mod recognition;
pub(crate) mod render;
mod rules;
pub(crate) mod wire;

pub(crate) use alerts::AlertsApi;
pub(crate) use arrangements::Arrangements;
pub(crate) use catalogue::CatalogueApi;
pub(crate) use changes::ChangesApi;
pub(crate) use disputes::DisputesApi;
pub(crate) use equivalences::Equivalences;
pub(crate) use packs::PacksApi;
pub(crate) use recognition::RecognitionApi;
pub(crate) use recognition::quick::QuickRecognition;
pub use rules::RULES;
