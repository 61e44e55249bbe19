//! Messages read from files that people write: YAML, or JSON, in protobuf's JSON names or the contract's own.

use std::{io::Read as _, path::Path};

use anyhow::Context as _;
use greenlane_api::common::v1::CodeReference;
use prost::{Message, Name};
use prost_reflect::DynamicMessage;

use super::{exit::Usage, render::POOL};

/// Reads a message from a file; `-` is stdin.
pub(crate) fn read_message<M: Message + Name + Default>(path: &Path) -> anyhow::Result<M> {
    let text = read_text(path)?;
    parse_message(&text).with_context(|| Usage(format!("{} is not a {}", path.display(), M::NAME)))
}

/// Parses a message from YAML or JSON.
pub(crate) fn parse_message<M: Message + Name + Default>(text: &str) -> anyhow::Result<M> {
    let value: serde_json::Value = serde_yaml_ng::from_str(text)?;
    let descriptor = POOL.get_message_by_name(&M::full_name()).context("a message of our own contracts")?;
    let dynamic = DynamicMessage::deserialize(descriptor, value)?;
    Ok(dynamic.transcode_to()?)
}

/// Reads a text file; `-` is stdin.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read stdin")?;
        return Ok(text);
    }
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A code with its edition, as `HS2022:854143`. The separators that people print are dropped.
pub(crate) fn parse_code(text: &str) -> Result<CodeReference, String> {
    let (edition, code) = text.split_once(':').ok_or("write EDITION:CODE, such as HS2022:854143")?;
    let code = code.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
    Ok(CodeReference { edition: edition.to_ascii_uppercase(), code })
}

/// A point in time, RFC 3339.
pub(crate) fn parse_time(text: &str) -> Result<prost_types::Timestamp, String> {
    let time = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| "write a time such as 2026-06-30T12:00:00Z")?;
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or_default();
    Ok(prost_types::Timestamp { seconds: time.timestamp(), nanos })
}
