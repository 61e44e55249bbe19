//! Domain values as wire values.

mod code;
mod green_list;
mod system;
mod translation;

pub(super) use code::{code, code_not_found, event, notes, reference};
pub(super) use green_list::{
    class_name, difference, entry, green_list, membership, membership_status, projected, unknown_entries,
};
pub(super) use system::{code_system, edition, revision};
pub(super) use translation::{comparison, link, relation_name, translation};

use std::collections::BTreeMap;

use chrono::NaiveDate;
use greenlane_api::common::v1::{Finding as WireFinding, LocalizedText, Source};

use super::parse::Languages;
use crate::domain::{Finding, Localized, SourceFact};

fn texts(texts: &Localized, languages: &Languages) -> Vec<LocalizedText> {
    let wanted = texts.iter().filter(|(language, _)| languages.want(language));
    wanted.map(|(language, text)| LocalizedText { language: language.clone(), text: text.clone() }).collect()
}

fn all_texts(all: &Localized) -> Vec<LocalizedText> {
    texts(all, &Languages::default())
}

fn date(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

pub(super) fn source(fact: &SourceFact) -> Option<Source> {
    let known = !fact.uri.is_empty() || !fact.note.is_empty() || fact.example;
    known.then(|| Source {
        uri: fact.uri.clone(),
        note: fact.note.clone(),
        retrieved_on: date(fact.retrieved_on),
        example: fact.example,
    })
}

pub(super) fn findings(findings: &[Finding]) -> Vec<WireFinding> {
    let finding = |finding: &Finding| WireFinding {
        code: finding.code.to_owned(),
        message: finding.message.clone(),
        parameters: finding.parameters.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect::<BTreeMap<_, _>>(),
    };
    findings.iter().map(finding).collect()
}
