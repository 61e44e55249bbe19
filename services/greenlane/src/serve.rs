//! The serving half: one service as containers run it, or all three in one process.

pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod data;
pub(crate) mod health;
pub(crate) mod local;
pub(crate) mod migrate;
pub(crate) mod one;
pub(crate) mod restore;
pub(crate) mod up;
