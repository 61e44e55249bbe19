//! The starter catalogue: a small true part of the Harmonized System for green goods, embedded in the program.
//!
//! The files under `starter/` are its source, and say where each fact comes from.

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::{
    CodeFact, EditionFact, EntryFact, Facts, LinkFact, ListFact, Localized, SourceFact, SynonymGroup, SynonymsFact,
    harmonized,
};

const EDITIONS: &str = include_str!("../starter/editions.csv");
const CODES: &str = include_str!("../starter/codes.csv");
const CORRELATION: &str = include_str!("../starter/correlation_hs2017_hs2022.csv");
const LISTS: &str = include_str!("../starter/green_lists.csv");
const ENTRIES: &str = include_str!("../starter/green_list_entries.csv");
const WORDS_ZH: &str = include_str!("../starter/words_zh.csv");

/// The code system of the starter's editions.
const SYSTEM: &str = "hs";
/// When the sources were read.
const READ_ON: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 11, 23);

/// An embedded file that cannot be read. A test reads them all.
#[derive(Debug, thiserror::Error)]
#[error("starter file {file}: {source}")]
pub(crate) struct StarterError {
    file: &'static str,
    source: csv::Error,
}

/// All facts of the starter catalogue.
pub(crate) fn facts() -> Result<Facts, StarterError> {
    let editions: Vec<EditionRow> = rows("editions.csv", EDITIONS)?;
    let codes: Vec<CodeRow> = rows("codes.csv", CODES)?;
    let links: Vec<LinkRow> = rows("correlation_hs2017_hs2022.csv", CORRELATION)?;
    let lists: Vec<ListRow> = rows("green_lists.csv", LISTS)?;
    let entries: Vec<EntryRow> = rows("green_list_entries.csv", ENTRIES)?;
    let words: Vec<WordRow> = rows("words_zh.csv", WORDS_ZH)?;
    Ok(Facts {
        systems: harmonized::system(SYSTEM).into_iter().collect(),
        codes: codes.iter().flat_map(CodeRow::facts).collect(),
        links: links.into_iter().map(LinkRow::fact).collect(),
        entries: entries.into_iter().map(|entry| entry.fact(&lists)).collect(),
        lists: lists.into_iter().map(ListRow::fact).collect(),
        synonyms: vec![WordRow::all(words)],
        editions: editions.into_iter().map(EditionRow::fact).collect(),
        ..Facts::default()
    })
}

fn rows<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<Vec<T>, StarterError> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(|source| StarterError { file, source })
}

fn both(en: String, zh: String) -> Localized {
    vec![("en".to_owned(), en), ("zh".to_owned(), zh)]
}

fn nomenclature() -> SourceFact {
    SourceFact {
        uri: "https://github.com/insongkim/concordance".to_owned(),
        note: "Which codes exist: UN Comtrade reference classification. Descriptions are our own words.".to_owned(),
        retrieved_on: READ_ON,
        example: false,
    }
}

/// What goods are called in Chinese, in the English words by which the codes are described.
#[derive(Deserialize)]
struct WordRow {
    zh: String,
    en: String,
}

impl WordRow {
    fn all(rows: Vec<Self>) -> SynonymsFact {
        let group = |row: Self| SynonymGroup {
            asked: vec![row.zh],
            meant: row.en.split_whitespace().map(str::to_owned).collect(),
        };
        let note = "Our own list of common words.".to_owned();
        SynonymsFact {
            language: "zh".to_owned(),
            groups: rows.into_iter().map(group).collect(),
            source: SourceFact { note, retrieved_on: READ_ON, ..SourceFact::default() },
        }
    }
}

#[derive(Deserialize)]
struct EditionRow {
    edition: String,
    en: String,
    zh: String,
    effective_from: NaiveDate,
    effective_to: Option<NaiveDate>,
    predecessor: String,
}

impl EditionRow {
    fn fact(self) -> EditionFact {
        EditionFact {
            id: self.edition,
            system: SYSTEM.to_owned(),
            titles: both(self.en, self.zh),
            effective_from: self.effective_from,
            effective_to: self.effective_to,
            predecessor: self.predecessor,
            extends: String::new(),
            partial: true,
            source: nomenclature(),
        }
    }
}

#[derive(Deserialize)]
struct CodeRow {
    editions: String,
    code: String,
    en: String,
    zh: String,
    links: String,
}

impl CodeRow {
    fn facts(&self) -> impl Iterator<Item = CodeFact> + '_ {
        self.editions.split(' ').map(|edition| CodeFact {
            edition: edition.to_owned(),
            code: self.code.clone(),
            descriptions: both(self.en.clone(), self.zh.clone()),
            links_partial: self.links == "partial",
            source: nomenclature(),
            ..CodeFact::default()
        })
    }
}

#[derive(Deserialize)]
struct LinkRow {
    hs2017: String,
    hs2022: String,
    ex: u8,
    held_back: u8,
}

impl LinkRow {
    fn fact(self) -> LinkFact {
        LinkFact {
            earlier_edition: "HS2017".to_owned(),
            earlier_code: self.hs2017,
            later_edition: "HS2022".to_owned(),
            later_code: self.hs2022,
            ex: self.ex == 1,
            held_back: self.held_back == 1,
            words: None,
        }
    }
}

#[derive(Deserialize)]
struct ListRow {
    list: String,
    en: String,
    zh: String,
    owner: String,
    edition: String,
    effective_from: Option<NaiveDate>,
    narrowed: u8,
    description_en: String,
    description_zh: String,
    source_uri: String,
    source_note: String,
}

impl ListRow {
    fn fact(self) -> ListFact {
        ListFact {
            id: self.list,
            titles: both(self.en, self.zh),
            owner: self.owner,
            economy: String::new(),
            descriptions: both(self.description_en, self.description_zh),
            edition: self.edition,
            version: 1,
            effective_from: self.effective_from,
            effective_to: None,
            partial: true,
            narrowed: self.narrowed == 1,
            source: SourceFact { uri: self.source_uri, note: self.source_note, retrieved_on: READ_ON, example: false },
        }
    }
}

#[derive(Deserialize)]
struct EntryRow {
    list: String,
    code: String,
    category: String,
}

impl EntryRow {
    fn fact(self, lists: &[ListRow]) -> EntryFact {
        let list = lists.iter().find(|list| list.list == self.list);
        EntryFact {
            id: self.code.clone(),
            list: self.list,
            edition: list.map(|list| list.edition.clone()).unwrap_or_default(),
            code: self.code,
            category: self.category,
            added_by: list.map(|list| list.owner.clone()).unwrap_or_default(),
            ..EntryFact::default()
        }
    }
}

#[cfg(test)]
mod tests;
