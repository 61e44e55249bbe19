//! Use cases: the write path, reading, verification.

pub(crate) mod bundle;
pub(crate) mod cosign;
pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod issue;
pub(crate) mod keyring;
pub(crate) mod log;
pub(crate) mod mutation;
pub(crate) mod published;
pub(crate) mod qr;
pub(crate) mod read;
pub(crate) mod recall;
pub(crate) mod recognise;
pub(crate) mod registry;
pub(crate) mod revise;
pub(crate) mod sequencer;
pub(crate) mod source;
pub(crate) mod trace;
pub(crate) mod use_report;
pub(crate) mod verify;
pub(crate) mod watch;
pub(crate) mod witness;
pub(crate) mod witnesses;
