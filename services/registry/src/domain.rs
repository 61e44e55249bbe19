//! The rules of certificates, bodies, keys and verdicts. Knows neither gRPC nor SQL, and reads no clock.

pub(crate) mod body;
pub(crate) mod body_command;
pub(crate) mod certificate;
pub(crate) mod command;
pub(crate) mod content;
pub(crate) mod contestation;
pub(crate) mod did;
pub(crate) mod epcis;
pub(crate) mod event;
pub(crate) mod goods;
pub(crate) mod key;
pub(crate) mod life;
pub(crate) mod names;
pub(crate) mod publication;
pub(crate) mod revision;
pub(crate) mod statement;
pub(crate) mod status;
pub(crate) mod trace;
pub(crate) mod trace_command;
pub(crate) mod units;
pub(crate) mod verdict;
pub(crate) mod world;
pub(crate) mod write_off;
pub(crate) mod write_off_command;
