//! Codes.

use greenlane_api::classification::v1 as wire;
use greenlane_api::common::v1::CodeReference;

use super::{all_texts, date, source, texts};
use crate::api::parse::Languages;
use crate::domain::{
    Catalogue, CodeFact, CodeRef, Event, Level, NoteFact, Position, SourceFact, Step, Unresolved, display,
};

/// A code with its edition.
pub(in crate::api) fn reference(catalogue: &Catalogue, at: Position) -> CodeReference {
    let fact = &catalogue.code(at).fact;
    CodeReference { edition: fact.edition.clone(), code: fact.code.clone() }
}

/// A code with its words.
pub(in crate::api) fn code(catalogue: &Catalogue, at: Position, languages: &Languages) -> wire::Code {
    let row = catalogue.code(at);
    let fact = &row.fact;
    let name = |code: &str| format!("editions/{}/codes/{code}", fact.edition);
    let parent = row.parent.map(|row| Position { row, ..at });
    wire::Code {
        name: name(&fact.code),
        reference: Some(reference(catalogue, at)),
        display: printed(fact),
        level: level(row.level).into(),
        parent: parent.map(|parent| name(&catalogue.code(parent).fact.code)).unwrap_or_default(),
        descriptions: texts(&fact.descriptions, languages),
        suffix: fact.suffix.clone(),
        effective_from: date(fact.effective_from),
        effective_to: date(fact.effective_to),
        units: fact.units.clone(),
        child_count: u32::try_from(row.children.len()).unwrap_or(u32::MAX),
        source: source(match fact.source == SourceFact::default() {
            true => &catalogue.editions[at.edition].fact.source,
            false => &fact.source,
        }),
    }
}

/// A code as people print it. A line that has none prints none; one that is told apart by its suffix prints it.
fn printed(fact: &CodeFact) -> String {
    match fact.suffix.as_str() {
        suffix if fact.level == Some(Level::Uncoded) && suffix.starts_with('U') => String::new(),
        _ if fact.code == fact.digits() => display(&fact.code),
        suffix => format!("{} {suffix}", display(fact.digits())),
    }
}

fn level(level: Level) -> wire::CodeLevel {
    match level {
        Level::Section => wire::CodeLevel::Section,
        Level::Uncoded => wire::CodeLevel::Uncoded,
        Level::Chapter => wire::CodeLevel::Chapter,
        Level::Heading => wire::CodeLevel::Heading,
        Level::Subheading => wire::CodeLevel::Subheading,
        Level::NationalLine => wire::CodeLevel::NationalLine,
    }
}

/// A code that does not exist, with what is near it.
pub(in crate::api) fn code_not_found(asked: &CodeRef, why: Unresolved) -> wire::CodeNotFound {
    let of = |code: String| CodeReference { edition: asked.edition.to_string(), code };
    let (nearest, editions) = match why {
        Unresolved::UnknownEdition { known, .. } => (Vec::new(), known),
        Unresolved::WrongLength { nearest, editions, .. } | Unresolved::UnknownCode { nearest, editions, .. } => {
            (nearest, editions)
        }
    };
    wire::CodeNotFound {
        code: Some(of(asked.code.to_string())),
        // In a reference is the key, without the blanks with which people write it.
        nearest: nearest.iter().map(|near| of(near.replace(' ', ""))).collect(),
        editions,
    }
}

/// A step in the life of a code.
pub(in crate::api) fn event(catalogue: &Catalogue, step: &Step) -> wire::CodeEvent {
    let edition = &catalogue.editions[step.edition].fact;
    let event = match step.event {
        Event::Created => "created",
        Event::Deleted => "deleted",
        Event::ScopeChanged => "scope_changed",
        Event::Redescribed => "redescribed",
    };
    wire::CodeEvent {
        event: event.to_owned(),
        edition: edition.id.clone(),
        related: step.related.iter().map(|at| reference(catalogue, *at)).collect(),
        effective_on: edition.effective_from.to_string(),
    }
}

/// The notes of a code.
pub(in crate::api) fn notes(catalogue: &Catalogue, at: Position) -> Vec<wire::CodeNote> {
    let fact = &catalogue.code(at).fact;
    let note = |note: &NoteFact| wire::CodeNote {
        code: format!("editions/{}/codes/{}", fact.edition, fact.code),
        number: note.number.clone(),
        texts: all_texts(&note.texts),
    };
    fact.notes.iter().map(note).collect()
}
