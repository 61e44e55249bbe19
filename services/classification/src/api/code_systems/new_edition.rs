//! The edition that a file brings.

use greenlane_api::classification::v1::{CodeSystem, CreateImportRequest, Edition};
use greenlane_api::common::v1::LocalizedText;
use greenlane_platform::violations::Violations;

use crate::domain::{Catalogue, CodeSystemFact, EditionFact, EditionId, Format, Localized, SourceFact, harmonized};

/// Edition and code system of a request. A new edition needs its code system and its first day; those of the
/// Harmonized System and of the tariffs that everybody knows need nothing but their name.
pub(super) fn parse(
    v: &mut Violations,
    catalogue: &Catalogue,
    format: Option<Format>,
    request: &CreateImportRequest,
) -> Option<(Option<EditionFact>, Option<CodeSystemFact>)> {
    let system = match &request.code_system {
        None => None,
        Some(raw) => Some(code_system(v, raw)?),
    };
    let Some(raw) = &request.edition else {
        // Or of none: words mean the same in all editions.
        let named_in_rows = matches!(
            format?,
            Format::ComtradeNomenclature
                | Format::UnsdCorrelation
                | Format::UnsdConversion
                | Format::GreenListCsv
                | Format::UkSearchSynonyms
                | Format::UkVagueTerms
                | Format::UkInterceptTerms
                | Format::CodesCsv
                | Format::CodesJson
        );
        return v.check("edition", named_in_rows, "is required").then_some((None, system));
    };
    let mut v = v.scope("edition");
    let id = v.resource_name::<1>("name", &raw.name, "editions/{edition}");
    let id = id.and_then(|[id]| v.parse("name", EditionId::parse(&id)))?.to_string();
    if let Some(here) = catalogue.edition(&id) {
        return Some((Some(catalogue.editions[here].fact.clone()), None));
    }
    if matches!(format, Some(Format::UkSearchReferences | Format::GreenListCsv)) {
        v.add("name", "is not known: terms and entries of lists lead to codes that are here");
        return None;
    }
    let known = harmonized::edition(&id);
    let from = v.optional_date("effective_from", &raw.effective_from)?;
    let to = v.optional_date("effective_to", &raw.effective_to)?;
    let from = from.or_else(|| known.as_ref().map(|edition| edition.effective_from));
    v.check("effective_from", from.is_some(), "is required for a new edition");
    if let (Some(from), Some(to)) = (from, to) {
        v.check("effective_to", from <= to, "must not be before effective_from");
    }
    let of = system_of(&mut v, catalogue, format?, raw, known.as_ref(), system.as_ref());
    let extends = optional_edition(&mut v, "extends", &raw.extends);
    if let Some(extends) = extends.as_deref().filter(|extends| !extends.is_empty()) {
        v.check("extends", catalogue.edition(extends).is_some(), "is not known");
    }
    let predecessor = optional_edition(&mut v, "predecessor", &raw.predecessor);
    let titles = texts(&mut v, "titles", &raw.titles)?;
    let fact = EditionFact {
        id,
        titles: if titles.is_empty() { known.map(|edition| edition.titles).unwrap_or_default() } else { titles },
        effective_from: from?,
        effective_to: to,
        predecessor: predecessor?,
        extends: extends?,
        partial: false,
        source: SourceFact::default(),
        system: of.as_ref()?.0.clone(),
    };
    Some((Some(fact), of?.1))
}

/// The code system of a new edition: its identifier, and itself where it is new.
fn system_of(
    v: &mut Violations,
    catalogue: &Catalogue,
    format: Format,
    raw: &Edition,
    known: Option<&EditionFact>,
    given: Option<&CodeSystemFact>,
) -> Option<(String, Option<CodeSystemFact>)> {
    let id = match raw.code_system.as_str() {
        "" => match (format, known, given) {
            (_, _, Some(given)) => given.id.clone(),
            (_, Some(known), None) => known.system.clone(),
            (Format::UsHtsCsv, None, None) => "us-hts".to_owned(),
            (Format::EuNomenclature, None, None) => "eu-taric".to_owned(),
            (_, None, None) => {
                v.add("code_system", "is required for a new edition");
                return None;
            }
        },
        raw => v.resource_name::<1>("code_system", raw, "codeSystems/{code_system}").map(|[id]| id)?,
    };
    if catalogue.systems.iter().any(|system| system.id == id) {
        return Some((id, None));
    }
    let system = given.filter(|given| given.id == id).cloned().or_else(|| harmonized::system(&id));
    v.check("code_system", system.is_some(), "is not known: send the code system too");
    Some((id, Some(system?)))
}

fn code_system(v: &mut Violations, raw: &CodeSystem) -> Option<CodeSystemFact> {
    let mut v = v.scope("code_system");
    let id = v.resource_name::<1>("name", &raw.name, "codeSystems/{code_system}");
    let titles = texts(&mut v, "titles", &raw.titles);
    let publisher = v.text("publisher", &raw.publisher, 0..=300);
    let economy = v.text("economy", &raw.economy, 0..=16);
    let extends = match raw.extends.as_str() {
        "" => Some(String::new()),
        raw => v.resource_name::<1>("extends", raw, "codeSystems/{code_system}").map(|[id]| id),
    };
    let good = raw.code_lengths.len() <= 16 && raw.code_lengths.iter().all(|length| (1..=16).contains(length));
    v.check("code_lengths", good, "must be at most 16 lengths of 1 to 16");
    let mut code_lengths = raw.code_lengths.clone();
    code_lengths.sort_unstable();
    code_lengths.dedup();
    let [id] = id?;
    good.then_some(())?;
    Some(CodeSystemFact {
        id,
        titles: titles?,
        publisher: publisher?,
        economy: economy?,
        extends: extends?,
        code_lengths,
        has_suffix: raw.has_suffix,
    })
}

fn optional_edition(v: &mut Violations, field: &str, raw: &str) -> Option<String> {
    match raw {
        "" => Some(String::new()),
        raw => v.resource_name::<1>(field, raw, "editions/{edition}").map(|[id]| id),
    }
}

fn texts(v: &mut Violations, field: &str, raw: &[LocalizedText]) -> Option<Localized> {
    let mut texts = Vec::with_capacity(raw.len().min(64));
    v.check(field, raw.len() <= 64, "must be at most 64");
    for (index, text) in raw.iter().take(64).enumerate() {
        let mut v = v.scope(format!("{field}[{index}]"));
        let language = v.text("language", &text.language, 2..=35);
        let text = v.text("text", &text.text, 1..=2_000);
        texts.push(language.zip(text));
    }
    texts.into_iter().collect()
}
