//! The gRPC face: authorize, parse, call, render.

mod body;
mod certificate;
pub(crate) mod consistency;
mod content;
mod error;
mod issue;
mod log;
mod render;
pub(crate) mod rules;
mod site;
mod trace;
pub(crate) mod verdict;
pub(crate) mod verify;
mod write_off;

pub(crate) use body::Bodies;
pub(crate) use certificate::Certificates;
pub(crate) use log::Logs;
pub(crate) use site::{MAX_REQUEST_BYTES, PAST_A_MINUTE, Page, SecurityText, Site, Visitors, trusted};
pub(crate) use trace::Traces;
pub(crate) use verify::Verifications;
pub(crate) use verify::quick::QuickVerifications;
pub(crate) use write_off::WriteOffs;
