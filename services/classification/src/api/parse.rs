//! Wire values as domain values. Every fault is noted under its field.

use greenlane_api::classification::v1 as wire;
use greenlane_api::common::v1::{CodeReference, Source};
use greenlane_platform::violations::Violations;

use crate::domain::{CodeRef, CodeText, EditionId, Level, SourceFact};

/// Most codes in a batch.
const MAX_BATCH: usize = 1_000;
/// Most languages, editions, levels or lists in a request.
const MAX_FILTER: usize = 64;

/// Which descriptions a caller wants. None means all.
#[derive(Clone, Debug, Default)]
pub(super) struct Languages(Vec<String>);

impl Languages {
    /// Whether texts of a language are wanted.
    pub(super) fn want(&self, language: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|wanted| wanted == language)
    }

    /// What a page token is bound to.
    pub(super) fn binding(&self) -> String {
        self.0.join(",")
    }
}

/// A code reference that is required.
pub(crate) fn code(v: &mut Violations, field: &str, raw: Option<&CodeReference>) -> Option<CodeRef> {
    let raw = v.required(field, raw)?;
    let mut v = v.scope(field);
    let edition = v.parse("edition", EditionId::parse(&raw.edition));
    let code = v.parse("code", CodeText::parse(&raw.code));
    Some(CodeRef { edition: edition?, code: code? })
}

/// The codes of a batch.
pub(super) fn codes(v: &mut Violations, raw: &[CodeReference]) -> Option<Vec<CodeRef>> {
    codes_up_to(v, raw, MAX_BATCH)
}

/// At least one code and at most so many.
pub(super) fn codes_up_to(v: &mut Violations, raw: &[CodeReference], most: usize) -> Option<Vec<CodeRef>> {
    if !v.check("codes", (1..=most).contains(&raw.len()), format!("must be 1 to {most} codes")) {
        return None;
    }
    let mut codes = Vec::with_capacity(raw.len());
    for (index, reference) in raw.iter().enumerate() {
        codes.push(code(v, &format!("codes[{index}]"), Some(reference)));
    }
    codes.into_iter().collect()
}

/// An edition's identifier.
pub(crate) fn edition(v: &mut Violations, field: &str, raw: &str) -> Option<EditionId> {
    v.parse(field, EditionId::parse(raw))
}

/// Editions by identifier.
pub(super) fn editions(v: &mut Violations, field: &str, raw: &[String]) -> Option<Vec<EditionId>> {
    bounded(v, field, raw.len())?;
    let parsed: Vec<_> =
        raw.iter().enumerate().map(|(index, raw)| edition(v, &format!("{field}[{index}]"), raw)).collect();
    parsed.into_iter().collect()
}

/// Languages by their tags. `en-GB` asks for English.
pub(super) fn languages(v: &mut Violations, raw: &[String]) -> Option<Languages> {
    bounded(v, "languages", raw.len())?;
    let tag = |raw: &String| {
        let good = (2..=35).contains(&raw.len()) && raw.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let primary = raw.split('-').next().unwrap_or_default().to_ascii_lowercase();
        if good { Ok(primary) } else { Err("must be a language tag such as en or zh") }
    };
    let parsed: Vec<_> =
        raw.iter().enumerate().map(|(index, raw)| v.parse(&format!("languages[{index}]"), tag(raw))).collect();
    parsed.into_iter().collect::<Option<_>>().map(Languages)
}

/// The rungs that are asked for; an unspecified one means all when `raw` is a single field.
pub(super) fn levels(v: &mut Violations, field: &str, raw: &[i32]) -> Option<Vec<Level>> {
    bounded(v, field, raw.len())?;
    let mut levels = Vec::new();
    for (index, raw) in raw.iter().enumerate() {
        let level = match wire::CodeLevel::try_from(*raw) {
            Ok(wire::CodeLevel::Chapter) => Some(Level::Chapter),
            Ok(wire::CodeLevel::Heading) => Some(Level::Heading),
            Ok(wire::CodeLevel::Subheading) => Some(Level::Subheading),
            Ok(wire::CodeLevel::NationalLine) => Some(Level::NationalLine),
            Ok(wire::CodeLevel::Section) => Some(Level::Section),
            Ok(wire::CodeLevel::Uncoded) => Some(Level::Uncoded),
            Ok(wire::CodeLevel::Unspecified) | Err(_) => {
                v.add(&format!("{field}[{index}]"), "must be a level, from section to uncoded");
                None
            }
        };
        levels.push(level);
    }
    levels.into_iter().collect()
}

/// A green list by resource name: its identifier.
pub(super) fn green_list(v: &mut Violations, field: &str, raw: &str) -> Option<String> {
    v.resource_name::<1>(field, raw, "greenLists/{green_list}").map(|[id]| id)
}

/// A source, and whether it says that what it speaks of is made up.
pub(super) fn source(v: &mut Violations, field: &str, raw: &Source) -> Option<(SourceFact, bool)> {
    let mut v = v.scope(field);
    v.check("uri", raw.example || !raw.uri.is_empty(), "is required unless `example` is true");
    let uri = v.text("uri", &raw.uri, 0..=2_000);
    let note = v.paragraphs("note", &raw.note, 0..=2_000);
    let retrieved_on = v.optional_date("retrieved_on", &raw.retrieved_on);
    let fact = SourceFact { uri: uri?, note: note?, retrieved_on: retrieved_on?, example: raw.example };
    Some((fact, raw.example))
}

/// Whether there are no more of a filter than are taken.
pub(super) fn bounded(v: &mut Violations, field: &str, count: usize) -> Option<()> {
    v.check(field, count <= MAX_FILTER, format!("must be at most {MAX_FILTER}")).then_some(())
}
