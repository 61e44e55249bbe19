//! The commands, one file a noun.

pub(crate) mod alert;
pub(crate) mod apply;
pub(crate) mod body;
pub(crate) mod bundle;
pub(crate) mod call;
pub(crate) mod catalogue;
pub(crate) mod certificate;
pub(crate) mod change;
pub(crate) mod code;
pub(crate) mod context;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod edition;
pub(crate) mod fairness;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod pack;
pub(crate) mod plan;
pub(crate) mod pull;
pub(crate) mod recognise;
pub(crate) mod stats;
pub(crate) mod tag;
pub(crate) mod token;
pub(crate) mod trace;
pub(crate) mod verify;
pub(crate) mod write_off;
