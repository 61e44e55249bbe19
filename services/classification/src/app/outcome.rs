//! What changes come to on top of a catalogue.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use greenlane_curation::{Effect, Finding, Owned};
use greenlane_store::Tx;
use sea_orm::DbErr;

use super::imports::read_import;
use super::owners;
use crate::domain::change::{self, Change};
use crate::domain::{Catalogue, Delta, EntryFact, Facts, Format, Imported, Replaced, RowFault, Scope, apply};
use crate::store::{self, ImportRow, ImportState};

/// What changes come to.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) delta: Delta,
    pub(super) findings: Vec<Finding>,
    /// What the imports among them bring, whether or not they can be published.
    pub(super) brought: Vec<Brought>,
}

/// What an import brings.
#[derive(Clone, Debug)]
pub(super) struct Brought {
    /// Which of the changes it is.
    pub(super) place: usize,
    pub(super) import: String,
    /// The economies to which the lists and code systems of its rows belong.
    pub(super) owners: BTreeSet<String>,
    pub(super) replaced: Replaced,
    /// Its rows as they are read now.
    pub(super) rows: u64,
    pub(super) refused: u64,
    pub(super) faults: Vec<RowFault>,
    /// What it adds, removes and changes; nothing where it cannot be published.
    pub(super) effects: Vec<Effect>,
}

impl Brought {
    /// The import with each economy to which something of its rows belongs: a token has to be good for all of them.
    pub(super) fn owned(&self) -> Vec<Owned> {
        let entry = format!("imports/{}", self.import);
        self.owners.iter().map(|economy| Owned { entry: entry.clone(), owners: vec![economy.clone()] }).collect()
    }
}

/// Outcomes of changes, of which one with imports is kept while a step asks for it again and again: its files are read,
/// and the catalogue is built with them, once.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    last: Mutex<Option<(Basis, Arc<Outcome>)>>,
}

/// All that an outcome follows from. The rows of an import that has them all do not change.
#[derive(Debug, PartialEq)]
struct Basis {
    revision: u64,
    today: NaiveDate,
    changes: Vec<Change>,
    imports: Vec<Option<ImportRow>>,
}

impl Outcomes {
    /// Makes the changes one after the other on top of a catalogue.
    pub(super) async fn of(
        &self,
        tx: &Tx,
        catalogue: &Catalogue,
        changes: &[Change],
        today: NaiveDate,
    ) -> Result<Arc<Outcome>, DbErr> {
        let mut imports = Vec::new();
        for id in changes.iter().filter_map(Change::import) {
            imports.push(store::find_import(tx, id).await?);
        }
        if imports.is_empty() {
            return make(tx, catalogue, changes, today).await.map(Arc::new);
        }
        let basis = Basis { revision: catalogue.revision, today, changes: changes.to_vec(), imports };
        let known = self.lock().as_ref().filter(|(known, _)| *known == basis).map(|(_, outcome)| Arc::clone(outcome));
        if let Some(known) = known {
            return Ok(known);
        }
        let outcome = Arc::new(make(tx, catalogue, changes, today).await?);
        *self.lock() = Some((basis, Arc::clone(&outcome)));
        Ok(outcome)
    }

    /// Keeps none any longer: a large file is a large outcome.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Basis, Arc<Outcome>)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn make(tx: &Tx, catalogue: &Catalogue, changes: &[Change], today: NaiveDate) -> Result<Outcome, DbErr> {
    let mut findings = change::repeated(changes);
    let imports = changes.iter().any(|change| change.import().is_some());
    // Lists alone need nothing else, and an import no codes and links but those that it brings.
    let mut scope = Scope::default();
    let mut before = if imports { catalogue.facts_within(&scope) } else { catalogue.list_facts() };
    let mut after = before.clone();
    let mut rebuilt: Option<Catalogue> = None;
    let mut brought = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let current = rebuilt.as_ref().unwrap_or(catalogue);
        let Some(id) = change.import() else {
            change::make(current, &mut after, change, index, today, &mut findings);
            continue;
        };
        let mut wrong = |code, why| findings.push(change.finding(index, code, "publish_import", why));
        let (row, mut imported) = match import(tx, current, id).await? {
            Ok(found) => found,
            Err((code, why)) => {
                wrong(code, why);
                continue;
            }
        };
        brought.push(Brought {
            place: index,
            import: id.to_owned(),
            owners: owners::of_imported(current, &imported),
            replaced: Replaced::by(&imported),
            rows: imported.rows,
            refused: imported.refused,
            faults: std::mem::take(&mut imported.faults),
            effects: Vec::new(),
        });
        if let Some((code, why)) = refusal(&after, &row, &imported) {
            wrong(code, why);
            continue;
        }
        let more = imported.scope().without(&scope);
        let (codes, links) = catalogue.codes_and_links(&more);
        for facts in [&mut before, &mut after] {
            facts.codes.extend_from_slice(&codes);
            facts.links.extend_from_slice(&links);
        }
        scope.extend(more);
        let mut next = after.clone();
        apply(&mut next, imported, &row.announced.source);
        match current.rebuilt(catalogue.revision, next.clone(), &scope) {
            Ok(built) => {
                if let Some(brought) = brought.last_mut() {
                    brought.effects = Delta::between(&after, &next).effects();
                }
                (after, rebuilt) = (next, Some(built));
            }
            Err(why) => wrong("code_unknown", why.to_string()),
        }
    }
    change::inherit_sources(&mut after, changes);
    findings.extend(change::together(&after, changes));
    findings.sort_by_key(|finding| finding.index);
    change::number_versions(&before, &mut after);
    Ok(Outcome { delta: Delta::between(&before, &after), findings, brought })
}

/// An import and what it brings, or why it has nothing to bring.
async fn import(
    tx: &Tx,
    catalogue: &Catalogue,
    id: &str,
) -> Result<Result<(ImportRow, Imported), (&'static str, String)>, DbErr> {
    let Some(row) = store::find_import(tx, id).await? else {
        return Ok(Err(("import_unknown", "there is no such import".to_owned())));
    };
    // Upon what it was published upon, one that is published does again what it did.
    let did = row.state == ImportState::Published && row.published_revision == catalogue.revision + 1;
    if !did && !matches!(row.state, ImportState::Complete | ImportState::Proposed) {
        return Ok(Err(("import_incomplete", format!("the import is {}", row.state.as_str()))));
    }
    let (reader, mut faults) = read_import(tx, &row).await?;
    let mut imported = reader.finish(catalogue, &row.announced);
    faults.append(&mut imported.faults);
    imported.faults = faults;
    Ok(Ok((row, imported)))
}

/// Why what an import brings cannot be published.
fn refusal(facts: &Facts, row: &ImportRow, imported: &Imported) -> Option<(&'static str, String)> {
    if imported.rows == imported.refused {
        return Some(("import_incomplete", "no row of the file could be taken".to_owned()));
    }
    if let Some(more) = imported.refused.checked_sub(row.refused_rows).filter(|more| *more > 0) {
        let rows = if more == 1 { "1 row".to_owned() } else { format!("{more} rows") };
        let message = format!(
            "{rows} of the file, taken when it was received, would be refused now: what they lead to, or what is asked of \
             a row, has changed since. Import it anew"
        );
        return Some(("import_changed", message));
    }
    if row.announced.format == Format::GreenListCsv
        && let Some(lost) = lost(facts, &imported.entries)
    {
        let message =
            format!("no row of the file that is taken is the entry {} of {}: end it by a change", lost.id, lost.list);
        return Some(("import_removes_entries", message));
    }
    None
}

/// An entry of the lists of a file that the file does not have.
fn lost<'f>(facts: &'f Facts, imported: &[EntryFact]) -> Option<&'f EntryFact> {
    let of_list = |known: &&EntryFact| imported.iter().any(|entry| entry.list == known.list);
    let kept = |known: &EntryFact| imported.iter().any(|entry| (&entry.list, &entry.id) == (&known.list, &known.id));
    facts.entries.iter().filter(of_list).find(|known| !kept(known))
}
