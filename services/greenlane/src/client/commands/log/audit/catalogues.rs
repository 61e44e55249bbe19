//! Holding what is on record of the two catalogues against what their services tell.

use std::collections::BTreeMap;

use greenlane_registry::audit::{Auditor, DerivedPublication};
use greenlane_registry::catalogues::{CatalogueHistory, Changes, Entries, FIRST, Told};

use crate::client::Session;

/// That what is served is not what is on record, and what else than rewriting makes it so.
const BEGUN_OTHERWISE: &str = "what the catalogue begins with is not what is on record: it was rewritten, or the registry \
                               was older than the service when it recorded that, and did not know all that it told";

/// What was held.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Revisions that are on record.
    pub(super) revisions: usize,
    /// Entries of the equivalence catalogue, as they are served now.
    pub(super) entries: usize,
    /// What nothing on record tells of, so that it is taken at its word.
    pub(super) unheld: Vec<String>,
}

/// Every revision that is on record is what its service says that it published, and what it serves is what was
/// published. What was held, or what is not so.
pub(super) async fn compare(session: &Session, auditor: &Auditor) -> anyhow::Result<Result<Compared, String>> {
    let mut compared = Compared::default();
    for (name, recorded) in auditor.publications() {
        let history = match name.as_str() {
            "equivalence" => CatalogueHistory::of_equivalence(session.equivalence()?),
            "classification" => CatalogueHistory::of_classification(session.classification()?),
            _ => return Ok(Err(format!("the log tells of a catalogue {name}, which is not known to this version"))),
        };
        let (at, told) = told(&history).await?;
        let highest = recorded.last_key_value().map_or(0, |(highest, _)| *highest);
        if at < highest {
            return Ok(Err(format!("the catalogue of {name} is at revision {at}, and {highest} is on record")));
        }
        // What follows from what was published, one revision after the other.
        let mut published: Option<Entries> = None;
        // Of the codes that were there first, until an import changes them.
        let mut codes: Option<[u8; 32]> = None;
        for (&revision, one) in recorded {
            let wrong = |why: String| Ok(Err(format!("revision {revision} of {name}, entry {}: {why}", one.log_index)));
            match changed(&history, told.get(&revision), one).await? {
                Ok(Some(changes)) => {
                    if let Some(why) = history.not_served(&changes, revision).await? {
                        return wrong(why);
                    }
                    if let Some(published) = &mut published {
                        changes.make(published);
                    }
                    if changes.bring_imports() {
                        codes = None;
                    }
                }
                // It was taught something: that changes none of what is held.
                Ok(None) if revision > FIRST && one.entries_sha256.is_none() => {}
                Ok(None) => {
                    let begun = history.served(revision).await?;
                    match &one.entries_sha256 {
                        Some(recorded) if hex::encode(begun.sha256) != *recorded => {
                            return wrong(BEGUN_OTHERWISE.to_owned());
                        }
                        Some(_) => {}
                        None => compared.unheld.push(format!("what the catalogue of {name} begins with")),
                    }
                    (published, codes) = (begun.entries, begun.codes_sha256);
                }
                Err(why) => return wrong(why),
            }
            compared.revisions += 1;
        }
        if published.is_none() && codes.is_none() {
            continue;
        }
        let served = history.served(highest).await?;
        if codes.is_some() && codes != served.codes_sha256 {
            let why = "codes or how they correlate are served otherwise than they were, and no import has changed them";
            return Ok(Err(format!("revision {highest} of {name}: {why}")));
        }
        if let (Some(published), Some(served)) = (published, served.entries) {
            if let Some(why) = published.differs(&served) {
                return Ok(Err(format!("revision {highest} of {name}: {why}")));
            }
            compared.entries += served.len();
        }
    }
    Ok(Ok(compared))
}

/// The revision that a service is at, and all that it tells of those that it published.
async fn told(history: &CatalogueHistory) -> anyhow::Result<(u64, BTreeMap<u64, Told>)> {
    let (mut told, mut token) = (BTreeMap::new(), String::new());
    loop {
        let page = history.page(token).await?;
        told.extend(page.told.into_iter().map(|it| (it.revision, it)));
        token = page.next;
        if token.is_empty() {
            return Ok((page.revision, told));
        }
    }
}

/// What the change set changes that published a revision, none where none did; or why it is not what is on record.
async fn changed(
    history: &CatalogueHistory,
    told: Option<&Told>,
    recorded: &DerivedPublication,
) -> anyhow::Result<Result<Option<Changes>, String>> {
    let words = |change_set: Option<&str>| change_set.unwrap_or("no change set").to_owned();
    let told = told.and_then(|told| told.change_set.as_deref());
    let on_record = recorded.change_set.as_deref();
    if told != on_record {
        return Ok(Err(format!("it was published by {}, and on record is {}", words(told), words(on_record))));
    }
    let Some(change_set) = on_record else { return Ok(Ok(None)) };
    let Some(hash) = &recorded.changes_sha256 else {
        return Ok(Err(format!("what {change_set} changes is not on record")));
    };
    let changes = history.changes(change_set).await?;
    Ok(if hex::encode(changes.sha256()) == *hash {
        Ok(Some(changes))
    } else {
        Err(format!("{change_set} does not change what is on record"))
    })
}
