//! The rows of a nomenclature held against each other: every code once, each under one that is there.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::eu::DECLARABLE;
use super::{Announced, CodeFact, CodeRow, EditionFact, Imported, Level, RowFault, mend_zero, refuse, unknown_edition};
use crate::domain::catalogue::{Catalogue, EditionData};
use crate::domain::harmonized;

/// The code system of the Harmonized System.
const HARMONIZED: &str = "hs";
/// Its chapters in which economies put what they do not classify.
const RESERVED: [&str; 2] = ["98", "99"];
/// How much deeper than the line above it a line may be indented. The tariffs of the United States and the European Union
/// skip one rung here and there.
const DEEPER: u32 = 2;

/// Checks the rows, edition by edition. `unread`: the editions that rows name which could not be read.
pub(super) fn codes(
    catalogue: &Catalogue,
    announced: &Announced,
    rows: Vec<CodeRow>,
    unread: &BTreeSet<String>,
    imported: &mut Imported,
) {
    let own = announced.edition.as_ref().map(|edition| edition.id.as_str());
    let mut by_edition: BTreeMap<String, Vec<CodeRow>> = BTreeMap::new();
    for row in rows {
        let edition = if row.edition.is_empty() { own.unwrap_or_default() } else { &row.edition };
        let of_another = own.is_some_and(|own| own != edition);
        if of_another || edition_fact(catalogue, announced, edition).is_none() {
            let message = match of_another {
                true => "The row is of another edition than the file.".to_owned(),
                false => unknown_edition(edition),
            };
            refuse(imported, RowFault::new(row.line, "edition", "edition_wrong", message, edition));
            continue;
        }
        by_edition.entry(edition.to_owned()).or_default().push(row);
    }
    imported.systems.extend(announced.system.clone());
    for (id, mut rows) in by_edition {
        let Some(mut fact) = edition_fact(catalogue, announced, &id) else { continue };
        let refused = imported.refused;
        let lengths = lengths(catalogue, announced, &fact, &rows);
        for row in rows.iter_mut().filter(|row| !exempt(row)) {
            mend_zero(row.line, row.named.code, &mut row.code, &lengths, &mut imported.faults);
        }
        if fact.system == HARMONIZED {
            digits_only(&id, &mut rows, imported);
        }
        edition(catalogue, &fact, rows, &lengths, imported);
        if let Some(system) = imported.systems.iter_mut().find(|system| system.id == fact.system) {
            system.code_lengths = lengths;
        }
        // What was refused is a code that may be missing, unless who publishes it knows better.
        let lost = imported.refused > refused || unread.contains("") || unread.contains(&id);
        fact.partial = announced.in_part || (lost && !announced.whole);
        fact.source = announced.source.clone();
        imported.editions.push(fact);
    }
}

/// What is known of an edition: as announced, as it is here, or as everybody knows it.
fn edition_fact(catalogue: &Catalogue, announced: &Announced, id: &str) -> Option<EditionFact> {
    let said = announced.edition.as_ref().filter(|edition| edition.id == id);
    let here = || catalogue.edition(id).map(|edition| catalogue.editions[edition].fact.clone());
    said.cloned().or_else(here).or_else(|| harmonized::edition(id))
}

/// Lengths of the codes of a system: those it has, or those in its first file.
fn lengths(catalogue: &Catalogue, announced: &Announced, edition: &EditionFact, rows: &[CodeRow]) -> Vec<u32> {
    let system = catalogue.systems.iter().chain(&announced.system).find(|system| system.id == edition.system);
    let system = system.cloned().or_else(|| harmonized::system(&edition.system));
    let known = system.map(|system| system.code_lengths).unwrap_or_default();
    if !known.is_empty() {
        return known;
    }
    let of = |row: &CodeRow| u32::try_from(row.code.len()).unwrap_or(u32::MAX);
    let coded = rows.iter().filter(|row| !row.code.is_empty() && row.level != Some(Level::Section));
    let mut lengths: Vec<u32> = coded.map(of).collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

/// What is odd about a row that is taken all the same: a code that ended before its edition began, and one that extends no
/// code of the edition that its own extends.
fn remark(base: Option<&EditionData>, fact: &EditionFact, row: &CodeRow, imported: &mut Imported) {
    if let Some(last) = row.effective_to.filter(|last| *last < fact.effective_from) {
        let message = format!("It ended before {} began, on {}.", fact.id, fact.effective_from);
        let fault = RowFault::new(row.line, row.named.last, "date_malformed", message, &last.to_string());
        imported.faults.push(fault.mended());
    }
    if let Some(above) = base.and_then(|base| missing(base, &row.code)) {
        let message = format!("{} has no code {above}, which the line would be a part of.", fact.extends);
        let fault = RowFault::new(row.line, row.named.code, "code_unknown", message, &row.code);
        imported.faults.push(fault.mended());
    }
}

/// The code that a code of an extension would be a part of and that is none. What is filled up with zeros is a code above.
fn missing<'c>(base: &EditionData, code: &'c str) -> Option<&'c str> {
    if base.fact.system == HARMONIZED && RESERVED.iter().any(|chapter| code.starts_with(chapter)) {
        return None;
    }
    let found = (1..=code.len()).rev().find_map(|end| Some((end, base.row_of(code.get(..end)?)?)));
    let padded = || base.padded_above(code).map(|row| &base.codes[row as usize]);
    if found.is_none() && padded().is_some_and(|above| above.level > Level::Chapter || above.children.is_empty()) {
        return None;
    }
    let is_leaf = found.is_some_and(|(_, row)| base.codes[row as usize].children.is_empty());
    let there = found.map_or(0, |(end, _)| end);
    if is_leaf || code.get(there..)?.bytes().all(|b| b == b'0') {
        return None;
    }
    let long = base.code_lengths.iter().map(|length| *length as usize).find(|length| *length > there)?;
    code.get(..long.min(code.len()))
}

/// Refuses codes of the Harmonized System that are not digits.
fn digits_only(id: &str, rows: &mut Vec<CodeRow>, imported: &mut Imported) {
    rows.retain(|row| {
        let good = exempt(row) || row.code.bytes().all(|b| b.is_ascii_digit());
        if !good {
            let message = format!("Codes of {id} have nothing but digits.");
            refuse(imported, RowFault::new(row.line, row.named.code, "code_malformed", message, &row.code));
        }
        good
    });
}

fn edition(
    catalogue: &Catalogue,
    fact: &EditionFact,
    mut rows: Vec<CodeRow>,
    lengths: &[u32],
    imported: &mut Imported,
) {
    let id = fact.id.as_str();
    let base = catalogue.edition(&fact.extends).map(|base| &catalogue.editions[base]);
    let base = base.filter(|base| !base.fact.partial);
    name_uncoded(&mut rows);
    let indented = rows.iter().any(|row| row.depth.is_some());
    let ordered = indented || rows.iter().any(|row| !row.parent.is_empty());
    if !ordered {
        rows.sort_by(|a, b| (&a.code, a.line).cmp(&(&b.code, b.line)));
    }
    let mut keys: HashSet<String> = HashSet::with_capacity(rows.len());
    let mut above: Vec<(u32, String)> = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let key = key(&row);
        let long = u32::try_from(row.code.len()).unwrap_or(u32::MAX);
        if !exempt(&row) && !lengths.contains(&long) {
            let words: Vec<_> = lengths.iter().map(u32::to_string).collect();
            let message = format!("Codes of {id} have {} digits.", words.join(", "));
            refuse(imported, RowFault::new(row.line, row.named.code, "code_malformed", message, &row.code));
            continue;
        }
        if keys.contains(&key) {
            let message = format!("{id} has the code before.");
            refuse(imported, RowFault::new(row.line, row.named.code, "duplicate", message, &key));
            continue;
        }
        let parent = match row.depth {
            Some(depth) => {
                above.truncate(above.iter().take_while(|(other, _)| *other < depth).count());
                if above.last().is_some_and(|(other, _)| depth - other > DEEPER) {
                    let message =
                        "The line is indented too deep for the one that it stands under: lines between are missing.";
                    refuse(imported, RowFault::new(row.line, row.named.depth, "indent_malformed", message, &row.code));
                    continue;
                }
                let parent = above.last().map(|(_, key)| key.clone()).unwrap_or_default();
                above.push((depth, key.clone()));
                parent
            }
            None if row.parent.is_empty() => {
                if !under_another(&row, &keys, lengths, imported) {
                    continue;
                }
                String::new()
            }
            None if keys.contains(&row.parent) => row.parent.clone(),
            None => {
                let message = "The code above it is not in the file before it.";
                refuse(imported, RowFault::new(row.line, "parent", "parent_missing", message, &row.parent));
                continue;
            }
        };
        keys.insert(key.clone());
        if !exempt(&row) {
            remark(base, fact, &row, imported);
        }
        imported.codes.push(CodeFact {
            edition: id.to_owned(),
            code: key,
            suffix: row.suffix,
            parent,
            level: row.level,
            order: if ordered { u32::try_from(index + 1).unwrap_or(u32::MAX) } else { 0 },
            notes: row.notes,
            descriptions: row.descriptions,
            units: row.units,
            effective_from: row.effective_from,
            effective_to: row.effective_to,
            ..CodeFact::default()
        });
    }
}

/// Whether a row need not be as long as the codes of its system.
fn exempt(row: &CodeRow) -> bool {
    matches!(row.level, Some(Level::Section | Level::Uncoded))
}

/// Whether a code lies under one that is there. Where only a higher one is, it is taken with a remark.
fn under_another(row: &CodeRow, keys: &HashSet<String>, lengths: &[u32], imported: &mut Imported) -> bool {
    if row.level == Some(Level::Section) {
        return true;
    }
    let shorter = lengths.iter().rev().map(|length| *length as usize).filter(|length| *length < row.code.len());
    let there: Vec<bool> = shorter.filter_map(|end| row.code.get(..end)).map(|above| keys.contains(above)).collect();
    match there.iter().position(|there| *there) {
        Some(0) => true,
        None if there.is_empty() => true,
        found => {
            let mut fault =
                RowFault::new(row.line, row.named.code, "parent_missing", "The code above it is missing.", &row.code);
            fault.mended = found.is_some();
            if fault.mended {
                imported.faults.push(fault);
            } else {
                refuse(imported, fault);
            }
            found.is_some()
        }
    }
}

/// What a line is asked for by: its code, with the suffix when it is not one that goods can be declared under.
fn key(row: &CodeRow) -> String {
    if row.suffix == DECLARABLE { row.code.clone() } else { format!("{}{}", row.code, row.suffix) }
}

/// Lines without a code are named after the code that follows, as TARIC names its own: the first line before
/// `01012100` is `01012100U1`.
fn name_uncoded(rows: &mut [CodeRow]) {
    let mut next: Option<String> = None;
    let mut names: HashMap<usize, String> = HashMap::new();
    for (index, row) in rows.iter().enumerate().rev() {
        if row.code.is_empty() {
            names.insert(index, next.clone().unwrap_or_default());
        } else {
            next = Some(row.code.clone());
        }
    }
    let mut counts: HashMap<String, u32> = HashMap::new();
    for (index, row) in rows.iter_mut().enumerate() {
        if let Some(code) = names.remove(&index) {
            let count = counts.entry(code.clone()).or_default();
            *count += 1;
            row.code = code;
            row.suffix = format!("U{count}");
            row.level = Some(Level::Uncoded);
        }
    }
}
