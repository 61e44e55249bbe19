//! Holding what is on record of the two catalogues against what their services tell.

use std::collections::BTreeMap;

use greenlane_registry::audit::{Auditor, DerivedPublication};
use greenlane_registry::catalogues::{CatalogueHistory, Told};

use crate::client::Session;

/// Every revision that is on record is what its service says that it published. How many there are, or which is not.
pub(super) async fn compare(session: &Session, auditor: &Auditor) -> anyhow::Result<Result<usize, String>> {
    let mut compared = 0;
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
        for (revision, one) in recorded {
            if let Err(why) = is_told(&history, told.get(revision), one).await? {
                return Ok(Err(format!("revision {revision} of {name}, entry {}: {why}", one.log_index)));
            }
            compared += 1;
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

async fn is_told(
    history: &CatalogueHistory,
    told: Option<&Told>,
    recorded: &DerivedPublication,
) -> anyhow::Result<Result<(), String>> {
    let words = |change_set: Option<&str>| change_set.unwrap_or("no change set").to_owned();
    let told = told.and_then(|told| told.change_set.as_deref());
    let on_record = recorded.change_set.as_deref();
    if told != on_record {
        return Ok(Err(format!("it was published by {}, and on record is {}", words(told), words(on_record))));
    }
    let (Some(change_set), Some(hash)) = (on_record, &recorded.changes_sha256) else { return Ok(Ok(())) };
    let told: String = history.changes_sha256(change_set).await?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(if told == *hash { Ok(()) } else { Err(format!("{change_set} does not change what is on record")) })
}
