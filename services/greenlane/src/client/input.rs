//! Messages read from files that people write: YAML, or JSON, in protobuf's JSON names or the contract's own.

use std::{
    io::Read as _,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime};
use greenlane_api::common::v1::CodeReference;
use greenlane_platform::violations::EconomyCode;
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, SerializeOptions};
use prost_types::Timestamp;
use serde_json::Value;
use tokio::sync::oneshot;

use super::{Session, exit::Usage, files, render::POOL};

impl Session {
    /// Reads a message from a file, for a field of the request that is to be made (`content`, or empty for all of it);
    /// `-` is stdin. What is wrong with it is told with its line and column, by us and when the service refuses it.
    pub(crate) fn read_message<M: Message + Name + Default>(&self, path: &Path, at: &'static str) -> anyhow::Result<M> {
        Ok(self.read_fields(path, at)?.0)
    }

    /// Reads a message of which a file names some fields, and the names of those: they may well be set to nothing.
    pub(crate) fn read_fields<M: Message + Name + Default>(
        &self,
        path: &Path,
        at: &'static str,
    ) -> anyhow::Result<(M, Vec<String>)> {
        let (message, fields) = self.read_dynamic(path, &M::full_name(), at)?;
        Ok((message.transcode_to()?, fields))
    }

    /// The same of a message known by its full name only, as protobuf JSON of what the file has.
    pub(crate) fn read_value(
        &self,
        path: &Path,
        full_name: &str,
        at: &'static str,
    ) -> anyhow::Result<(Value, Vec<String>)> {
        let (message, fields) = self.read_dynamic(path, full_name, at)?;
        Ok((message.serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())?, fields))
    }

    fn read_dynamic(
        &self,
        path: &Path,
        full_name: &str,
        at: &'static str,
    ) -> anyhow::Result<(DynamicMessage, Vec<String>)> {
        let text = read_text(path)?;
        let descriptor = POOL.get_message_by_name(full_name).context("a message of our own contracts")?;
        let named = if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() };
        let written = files::message(&named, &text, &descriptor)
            .map_err(|faults| files::failure(&faults).context(Usage(format!("{named} is no {}", descriptor.name()))))?;
        let read = (written.message.clone(), written.fields.clone());
        self.sent.borrow_mut().push(written.sent(at));
        Ok(read)
    }
}

/// Parses a message from YAML or JSON.
pub(crate) fn parse_message<M: Message + Name + Default>(text: &str) -> anyhow::Result<M> {
    anyhow::ensure!(!text.trim().is_empty(), "it is empty");
    of_value(serde_yaml_ng::from_str(text)?)
}

fn of_value<M: Message + Name + Default>(value: Value) -> anyhow::Result<M> {
    let descriptor = POOL.get_message_by_name(&M::full_name()).context("a message of our own contracts")?;
    Ok(DynamicMessage::deserialize(descriptor, value)?.transcode_to()?)
}

/// Whether stdin was read to its end.
static STDIN_READ: AtomicBool = AtomicBool::new(false);

/// Reads a file; `-` is stdin.
pub(crate) fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("cannot read stdin")?;
        // Whoever reads it first has it all.
        if STDIN_READ.swap(true, Ordering::Relaxed) && bytes.is_empty() {
            return Err(Usage("two things are to come from stdin: name a file for one of them".to_owned()).into());
        }
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| Usage(format!("cannot read {}", path.display())))
}

/// Reads a text file, without the mark of byte order that some editors begin it with; `-` is stdin.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    text(path, read_bytes(path)?)
}

/// The same of a file that was read.
pub(crate) fn text(path: &Path, bytes: Vec<u8>) -> anyhow::Result<String> {
    let text = String::from_utf8(bytes).with_context(|| Usage(format!("{} is no text in UTF-8", path.display())))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Reads on a thread of its own, which nobody waits for when the command ends: what somebody types may never come.
pub(crate) fn beside<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<T> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || sender.send(read()));
    receiver
}

/// A moment (RFC 3339), or a day, which begins in UTC.
pub(crate) fn parse_moment(text: &str) -> Result<Timestamp, String> {
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    let moment = DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc()).ok().or_else(day);
    let moment = moment.ok_or("write a day such as 2026-12-01, or a moment such as 2026-12-01T08:00:00Z")?;
    let nanos = i32::try_from(moment.timestamp_subsec_nanos()).unwrap_or_default();
    Ok(Timestamp { seconds: moment.timestamp(), nanos })
}

/// A day, as the services write it.
pub(crate) fn parse_date(text: &str) -> Result<String, String> {
    let day = text.parse::<chrono::NaiveDate>().map_err(|_| "must be a day, YYYY-MM-DD".to_owned())?;
    Ok(day.to_string())
}

/// A body's name, from its name or its bare identifier.
#[expect(clippy::unnecessary_wraps, reason = "what clap calls can fail")]
pub(crate) fn parse_body(text: &str) -> Result<String, String> {
    let bare = !text.is_empty() && !text.contains('/');
    Ok(if bare { format!("bodies/{text}") } else { text.to_owned() })
}

/// The code of an economy or bloc: whether there is such a one the services say.
pub(crate) fn parse_economy(text: &str) -> Result<String, String> {
    match EconomyCode::new(text.strip_prefix("economies/").unwrap_or(text)) {
        // What is not said has nothing as its default.
        _ if text.is_empty() => Ok(String::new()),
        Ok(code) => Ok(code.into_string()),
        Err(why) => Err(format!("{why}, such as XA or ASEAN")),
    }
}

/// A code with its edition, as `HS2022:854143`. The separators that people print are dropped.
pub(crate) fn parse_code(text: &str) -> Result<CodeReference, String> {
    let (edition, code) = text.split_once([':', '：']).ok_or("write EDITION:CODE, such as HS2022:854143")?;
    let code = code.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
    Ok(CodeReference { edition: edition.to_ascii_uppercase(), code })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_parted_from_its_edition_by_a_colon_of_either_width() {
        for text in ["HS2022:8541.43", "hs2022:8541 43", "HS2022：854143"] {
            let code = parse_code(text).unwrap();
            assert_eq!((code.edition.as_str(), code.code.as_str()), ("HS2022", "854143"), "{text}");
        }
        assert!(parse_code("854143").is_err());
    }

    #[test]
    fn a_moment_is_a_day_or_a_time_with_its_offset() {
        let seconds = |text: &str| parse_moment(text).map(|moment| moment.seconds).ok();
        assert_eq!(seconds("1970-01-02"), Some(86_400));
        assert_eq!(seconds("1970-01-02T01:00:00+01:00"), Some(86_400));
        for wrong in ["", "tomorrow", "1970-01-02T01:00:00", "1970-13-02", "02.01.1970"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
