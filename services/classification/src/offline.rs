//! Codes without the service: a catalogue that was exported, with the same rules and the same words.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use greenlane_api::classification::v1::{
    CompareCodesRequest, CompareCodesResponse, TranslateCodeRequest, TranslateCodeResponse,
};
use greenlane_platform::violations::Violations;
use serde::{Deserialize, Serialize};
use tonic::Status;

use crate::api::lookup::translate::{compared, translated};
use crate::api::parse;
use crate::domain::{Catalogue, CodeFact, CodeSystemFact, EditionFact, Facts, Level, LinkFact, SourceFact};

/// A catalogue that was exported: codes and correlations, without words and lists.
#[derive(Debug)]
pub struct OfflineCodes {
    catalogue: Catalogue,
}

/// Why an export cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// Not made by this version of the program.
    #[error("the exported codes cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The facts contradict one another.
    #[error("the exported codes do not fit together: {0}")]
    Unfit(String),
}

/// A code and its place among the others, without its words.
#[derive(Serialize, Deserialize)]
struct Code {
    code: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    suffix: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    parent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    /// Not all of its links are known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    links_partial: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effective_from: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effective_to: Option<NaiveDate>,
}

#[derive(Serialize, Deserialize)]
struct Export {
    systems: Vec<CodeSystemFact>,
    editions: Vec<EditionFact>,
    /// By edition.
    codes: BTreeMap<String, Vec<Code>>,
    links: Vec<Links>,
}

#[derive(Serialize, Deserialize)]
struct Links {
    earlier: String,
    later: String,
    /// Earlier code, later code, a part only, held back.
    rows: Vec<(String, String, bool, bool)>,
}

/// The bytes of an export.
pub(crate) fn export(facts: &Facts) -> serde_json::Result<Vec<u8>> {
    let mut codes: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for code in &facts.codes {
        let row = Code {
            code: code.code.clone(),
            suffix: code.suffix.clone(),
            parent: code.parent.clone(),
            level: code.level,
            links_partial: code.links_partial,
            effective_from: code.effective_from,
            effective_to: code.effective_to,
        };
        codes.entry(code.edition.clone()).or_default().push(row);
    }
    let mut links: BTreeMap<(&str, &str), Vec<_>> = BTreeMap::new();
    for link in &facts.links {
        let row = (link.earlier_code.clone(), link.later_code.clone(), link.ex, link.held_back);
        links.entry((&link.earlier_edition, &link.later_edition)).or_default().push(row);
    }
    let links = links.into_iter().map(|((earlier, later), rows)| Links {
        earlier: earlier.to_owned(),
        later: later.to_owned(),
        rows,
    });
    let (systems, editions) = (facts.systems.clone(), facts.editions.clone());
    serde_json::to_vec(&Export { systems, editions, codes, links: links.collect() })
}

impl OfflineCodes {
    /// Reads an export.
    ///
    /// # Errors
    /// When it was not made by this version of the program, or does not fit together.
    pub fn read(revision: u64, bytes: &[u8]) -> Result<Self, OfflineError> {
        let Export { systems, editions, codes, links } = serde_json::from_slice(bytes)?;
        let codes = codes.into_iter().flat_map(|(edition, rows)| {
            rows.into_iter().map(move |row| CodeFact {
                edition: edition.clone(),
                code: row.code,
                suffix: row.suffix,
                parent: row.parent,
                level: row.level,
                order: 0,
                notes: Vec::new(),
                descriptions: Vec::new(),
                units: Vec::new(),
                effective_from: row.effective_from,
                effective_to: row.effective_to,
                links_partial: row.links_partial,
                source: SourceFact::default(),
            })
        });
        let links = links.into_iter().flat_map(|Links { earlier, later, rows }| {
            rows.into_iter().map(move |(earlier_code, later_code, ex, held_back)| LinkFact {
                earlier_edition: earlier.clone(),
                earlier_code,
                later_edition: later.clone(),
                later_code,
                ex,
                held_back,
                words: None,
            })
        });
        let facts = Facts { systems, editions, codes: codes.collect(), links: links.collect(), ..Facts::default() };
        let catalogue = Catalogue::build(revision, facts).map_err(|error| OfflineError::Unfit(error.to_string()))?;
        Ok(Self { catalogue })
    }

    /// The revision of the export.
    pub fn revision(&self) -> u64 {
        self.catalogue.revision
    }

    /// A code in another edition, as the service would answer at the revision of the export.
    ///
    /// # Errors
    /// As the service.
    pub fn translate(&self, request: &TranslateCodeRequest) -> Result<TranslateCodeResponse, Status> {
        let mut v = Violations::new();
        let code = parse::code(&mut v, "code", request.code.as_ref());
        let target = parse::edition(&mut v, "target_edition", &request.target_edition);
        let (code, target) = v.finish_with(|| Some((code?, target?)))?;
        Ok(translated(&self.catalogue, &code, &target, request.include_held_back)?)
    }

    /// Two codes held against one another, as the service would at the revision of the export.
    ///
    /// # Errors
    /// As the service.
    pub fn compare(&self, request: &CompareCodesRequest) -> Result<CompareCodesResponse, Status> {
        let mut v = Violations::new();
        let first = parse::code(&mut v, "first", request.first.as_ref());
        let second = parse::code(&mut v, "second", request.second.as_ref());
        let (first, second) = v.finish_with(|| Some((first?, second?)))?;
        Ok(compared(&self.catalogue, &first, &second)?)
    }
}
