//! Changes between the contract and the domain.

use greenlane_api::classification::v1 as pb;
use greenlane_api::common::v1::{LocalizedText, Source};
use greenlane_curation::{Effect, EntryDiff};
use greenlane_platform::violations::{EconomyCode, Violations};

use crate::api::{parse, render};
use crate::domain::change::{Change, EndEntry};
use crate::domain::{CodeText, EditionId, EntryFact, ListData, ListFact, Localized, SourceFact};

/// Longest text of a list or an entry, in characters.
const MAX_TEXT: usize = 20_000;
/// Most texts of a kind.
const MAX_TEXTS: usize = 64;

/// An entry before and after, or an import with what it does.
pub(super) fn diff(diff: EntryDiff) -> pb::EntryDiff {
    let EntryDiff { entry, before_json, after_json, effects } = diff;
    let import_effects = effects.into_iter().map(effect).collect();
    pb::EntryDiff { entry, before_json, after_json, import_effects }
}

fn effect(effect: Effect) -> pb::ImportEffect {
    let Effect { kind, added, removed, changed } = effect;
    pb::ImportEffect {
        kind: kind.to_owned(),
        added: added.count,
        removed: removed.count,
        changed: changed.count,
        first_added: added.first,
        first_removed: removed.first,
        first_changed: changed.first,
    }
}

/// One change.
pub(super) fn change(v: &mut Violations, field: &str, raw: &pb::Change) -> Option<Change> {
    use pb::change::Change as Raw;
    let mut v = v.scope(field);
    match &raw.change {
        None => {
            v.add("", "must publish an import, put or retire a list, or put or end an entry");
            None
        }
        Some(Raw::PublishImport(name)) => {
            let [id] = v.resource_name::<1>("publish_import", name, "imports/{import}")?;
            Some(Change::PublishImport(id))
        }
        Some(Raw::RetireGreenList(name)) => {
            parse::green_list(&mut v, "retire_green_list", name).map(Change::RetireList)
        }
        Some(Raw::PutGreenList(raw)) => list(&mut v.scope("put_green_list"), raw).map(Change::PutList),
        Some(Raw::PutEntry(raw)) => entry(&mut v.scope("put_entry"), raw).map(Change::PutEntry),
        Some(Raw::EndEntry(raw)) => {
            let mut v = v.scope("end_entry");
            let name = v.resource_name::<2>("name", &raw.name, "greenLists/{green_list}/entries/{entry}");
            let effective_to = v.optional_date("effective_to", &raw.effective_to);
            let effective_to = effective_to.and_then(|day| v.required("effective_to", day));
            let reason = v.paragraphs("reason", &raw.reason, 0..=MAX_TEXT);
            let [list, entry] = name?;
            Some(Change::EndEntry(EndEntry { list, entry, effective_to: effective_to?, reason: reason? }))
        }
    }
}

fn list(v: &mut Violations, raw: &pb::GreenList) -> Option<ListFact> {
    let id = parse::green_list(v, "name", &raw.name);
    let titles = texts(v, "titles", &raw.titles);
    v.check("titles", !raw.titles.is_empty(), "is required");
    let owner = v.text("owner", &raw.owner, 0..=300);
    let economy = v.optional_economy("economy", &raw.economy).map(|it| it.map(EconomyCode::into_string));
    let economy = economy.map(Option::unwrap_or_default);
    let descriptions = texts(v, "descriptions", &raw.descriptions);
    let edition = match raw.edition.as_str() {
        "" => Some(String::new()),
        raw => {
            let id = v.resource_name::<1>("edition", raw, "editions/{edition}");
            id.and_then(|[id]| v.parse("edition", EditionId::parse(&id))).map(|id| id.to_string())
        }
    };
    let from = v.optional_date("effective_from", &raw.effective_from);
    let to = v.optional_date("effective_to", &raw.effective_to);
    if let (Some(Some(from)), Some(Some(to))) = (from, to) {
        v.check("effective_to", from <= to, "must not be before effective_from");
    }
    let source = source(v, raw.source.as_ref());
    Some(ListFact {
        id: id?,
        titles: titles?,
        owner: owner?,
        economy: economy?,
        descriptions: descriptions?,
        edition: edition?,
        effective_from: from?,
        effective_to: to?,
        partial: raw.partial,
        narrowed: raw.narrowed,
        source: source?,
        ..ListFact::default()
    })
}

fn entry(v: &mut Violations, raw: &pb::GreenListEntry) -> Option<EntryFact> {
    let name = v.resource_name::<2>("name", &raw.name, "greenLists/{green_list}/entries/{entry}");
    let code = v.required("code", raw.code.as_ref()).and_then(|code| {
        let mut v = v.scope("code");
        let edition = v.parse("edition", EditionId::parse(&code.edition));
        let code = v.parse("code", CodeText::parse(&code.code));
        Some((edition?.to_string(), code?.to_string()))
    });
    let mut ex_descriptions = Vec::new();
    v.check("ex_descriptions", raw.ex_descriptions.len() <= MAX_TEXTS, format!("must be at most {MAX_TEXTS}"));
    for (index, ex) in raw.ex_descriptions.iter().take(MAX_TEXTS).enumerate() {
        let mut v = v.scope(format!("ex_descriptions[{index}]"));
        let economy = v.text("economy", &ex.economy, 0..=16);
        let texts = texts(&mut v, "texts", &ex.texts);
        v.check("texts", !ex.texts.is_empty(), "is required");
        ex_descriptions.push(economy.zip(texts));
    }
    let category = v.text("category", &raw.category, 0..=300);
    let reasons = texts(v, "reasons", &raw.reasons);
    let added_by = v.text("added_by", &raw.added_by, 0..=300);
    let from = v.optional_date("effective_from", &raw.effective_from);
    let to = v.optional_date("effective_to", &raw.effective_to);
    if let (Some(Some(from)), Some(Some(to))) = (from, to) {
        v.check("effective_to", from <= to, "must not be before effective_from");
    }
    let source = source(v, raw.source.as_ref());
    let ([list, id], (edition, code)) = (name?, code?);
    Some(EntryFact {
        list,
        id,
        edition,
        code,
        ex: raw.ex,
        ex_descriptions: ex_descriptions.into_iter().collect::<Option<_>>()?,
        category: category?,
        reasons: reasons?,
        added_by: added_by?,
        effective_from: from?,
        effective_to: to?,
        source: source?,
    })
}

fn texts(v: &mut Violations, field: &str, raw: &[LocalizedText]) -> Option<Localized> {
    v.check(field, raw.len() <= MAX_TEXTS, format!("must be at most {MAX_TEXTS}"));
    let mut texts = Vec::with_capacity(raw.len().min(MAX_TEXTS));
    for (index, text) in raw.iter().take(MAX_TEXTS).enumerate() {
        let mut v = v.scope(format!("{field}[{index}]"));
        let language = v.text("language", &text.language, 2..=35);
        let text = v.paragraphs("text", &text.text, 1..=MAX_TEXT);
        texts.push(language.zip(text));
    }
    let mut texts: Localized = texts.into_iter().collect::<Option<_>>()?;
    texts.sort();
    Some(texts)
}

/// Where a fact comes from; nothing for nothing.
pub(in crate::api) fn source(v: &mut Violations, raw: Option<&Source>) -> Option<SourceFact> {
    let Some(raw) = raw else { return Some(SourceFact::default()) };
    let mut v = v.scope("source");
    let uri = v.text("uri", &raw.uri, 0..=2_000);
    let note = v.paragraphs("note", &raw.note, 0..=2_000);
    let retrieved_on = v.optional_date("retrieved_on", &raw.retrieved_on);
    Some(SourceFact { uri: uri?, note: note?, retrieved_on: retrieved_on?, example: raw.example })
}

/// One change, in the contract.
pub(super) fn to_wire(change: &Change) -> pb::Change {
    use pb::change::Change as Raw;
    let raw = match change {
        Change::PublishImport(id) => Raw::PublishImport(format!("imports/{id}")),
        Change::RetireList(id) => Raw::RetireGreenList(format!("greenLists/{id}")),
        Change::PutList(fact) => {
            let list = ListData::new(fact.clone(), Vec::new());
            // No entry, so that the day does not matter.
            Raw::PutGreenList(render::green_list(&list, chrono::NaiveDate::MIN))
        }
        Change::PutEntry(fact) => {
            let list = ListFact { id: fact.list.clone(), ..ListFact::default() };
            Raw::PutEntry(render::entry(&list, fact))
        }
        Change::EndEntry(end) => Raw::EndEntry(pb::EndEntry {
            name: format!("greenLists/{}/entries/{}", end.list, end.entry),
            effective_to: end.effective_to.to_string(),
            reason: end.reason.clone(),
        }),
    };
    pb::Change { change: Some(raw) }
}
