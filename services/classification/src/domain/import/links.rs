//! Correlation tables: the UN Statistics Division's, and Greenlane's own CSV.
//!
//! Own CSV: `earlier` and `later` codes of the two editions of the import, and as far as known `ex`, `held_back`,
//! `share_of_earlier`, `share_of_later` (0 to 1), and `part_{language}`, the part of the earlier code in words.
//!
//! A table may name all codes, as the UN Statistics Division's do, or only those that changed, as the World Customs
//! Organization's own do. Which of the two it is no table says: of codes that both editions have and no row names nothing
//! is known, unless the import says that they are unchanged.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    Announced, Format, Imported, LinkFact, LinkRow, LinkWords, Record, RowFault, TableFact, code, mend_zero, refuse,
    texts, unknown_edition, yes,
};
use crate::domain::catalogue::{Catalogue, Position};
use crate::domain::correlation::hold_back;
use crate::domain::facts::Share;

/// A row of the UN Statistics Division's tables, which lead from the later to the earlier edition.
pub(super) fn unsd(record: &Record, faults: &mut Vec<RowFault>) -> Option<LinkRow> {
    let (from, to) = (code(record, "from_code", faults), code(record, "to_code", faults));
    let ex = yes(record, "ex", faults);
    let edition = |column: &str| record.get(column).trim().to_owned();
    Some(LinkRow {
        line: record.line(),
        from: (edition("from_edition"), from?, "from_code"),
        to: (edition("to_edition"), to?, "to_code"),
        ex: ex?,
        ..LinkRow::default()
    })
}

/// A row of our own.
pub(super) fn own(record: &Record, faults: &mut Vec<RowFault>) -> Option<LinkRow> {
    let (earlier, later) = (code(record, "earlier", faults), code(record, "later", faults));
    let (ex, held_back) = (yes(record, "ex", faults), yes(record, "held_back", faults));
    let share_of_earlier = share(record, "share_of_earlier", faults);
    let share_of_later = share(record, "share_of_later", faults);
    Some(LinkRow {
        line: record.line(),
        from: (String::new(), later?, "later"),
        to: (String::new(), earlier?, "earlier"),
        ex: ex?,
        held_back: held_back?,
        words: LinkWords {
            part: texts(record, "part_"),
            share_of_earlier: share_of_earlier?,
            share_of_later: share_of_later?,
        },
    })
}

fn share(record: &Record, column: &str, faults: &mut Vec<RowFault>) -> Option<Option<Share>> {
    let raw = record.get(column).trim();
    if raw.is_empty() {
        return Some(None);
    }
    let share = raw.parse().ok().and_then(Share::new);
    if share.is_none() {
        let message = "A share is a number from 0 to 1.";
        faults.push(RowFault::new(record.line(), column, "share_malformed", message, raw));
    }
    share.map(Some)
}

/// Holds the rows against the catalogue, table by table.
pub(super) fn check(catalogue: &Catalogue, announced: &Announced, rows: Vec<LinkRow>, imported: &mut Imported) {
    let first = announced.edition.as_ref().map(|edition| edition.id.clone()).unwrap_or_default();
    let mut tables: BTreeMap<(usize, usize), TableFact> = BTreeMap::new();
    let mut seen: HashSet<(Position, Position)> = HashSet::new();
    // Of each link the line that brought it.
    let mut lines: Vec<u64> = Vec::new();
    let mut missing = Missing::new();
    for mut row in rows {
        let (from, to) = (or(&row.from.0, &announced.second_edition), or(&row.to.0, &first));
        let (Some(from), Some(to)) = (catalogue.edition(from), catalogue.edition(to)) else {
            let unknown = if catalogue.edition(from).is_none() { from } else { to };
            if !unknown.is_empty() {
                missing.entry(unknown.to_owned()).or_default();
            }
            refuse(imported, RowFault::new(row.line, "", "edition_wrong", unknown_edition(unknown), unknown));
            continue;
        };
        for (edition, (_, code, column)) in [(from, &mut row.from), (to, &mut row.to)] {
            let lengths = &catalogue.editions[edition].code_lengths;
            if catalogue.find(edition, &format!("0{code}")).is_some() {
                mend_zero(row.line, column, code, lengths, &mut imported.faults);
            }
        }
        let since = |edition: usize| catalogue.editions[edition].fact.effective_from;
        let same_system = catalogue.editions[from].fact.system == catalogue.editions[to].fact.system;
        if from == to || (same_system && since(from) == since(to)) {
            let message = "The two editions must be one after the other.";
            refuse(imported, RowFault::new(row.line, "", "edition_wrong", message, ""));
            continue;
        }
        let ends = [(from, &row.from), (to, &row.to)];
        let (earlier, later) = if since(from) < since(to) { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
        let id = |edition: usize| catalogue.editions[edition].fact.id.clone();
        let table = tables.entry((earlier.0, later.0)).or_insert_with(|| TableFact {
            earlier: id(earlier.0),
            later: id(later.0),
            conversion: announced.format == Format::UnsdConversion,
            unsure: Vec::new(),
            source: announced.source.clone(),
        });
        let at = |(edition, end): (usize, &(String, String, &str))| catalogue.find(edition, &end.1);
        match (at(earlier), at(later)) {
            (Some(one), Some(other)) if seen.insert((one, other)) => {
                let words = row.words;
                lines.push(row.line);
                imported.links.push(LinkFact {
                    earlier_edition: id(earlier.0),
                    earlier_code: earlier.1.1.clone(),
                    later_edition: id(later.0),
                    later_code: later.1.1.clone(),
                    ex: row.ex,
                    held_back: row.held_back,
                    words: (words != LinkWords::default()).then(|| Box::new(words)),
                });
            }
            (Some(_), Some(_)) => {
                refuse(imported, RowFault::new(row.line, "", "duplicate", "The link was there before.", ""));
            }
            found => {
                for ((edition, end), at) in [(earlier, found.0), (later, found.1)] {
                    match at {
                        // Of this one not all links are known now.
                        Some(_) => table.unsure.push((id(edition), end.1.clone())),
                        None => {
                            missing.entry(id(edition)).or_default().insert(end.1.clone());
                            let message = format!("{} has no code {}.", id(edition), end.1);
                            refuse(imported, RowFault::new(row.line, end.2, "code_unknown", message, &end.1));
                        }
                    }
                }
            }
        }
    }
    take_back_shares(&lines, imported);
    if announced.format == Format::UnsdConversion {
        keep_correlations(catalogue, &mut tables, imported);
    } else {
        left_out(catalogue, announced, &tables, &seen, imported);
    }
    hold_back(&mut imported.links);
    imported.tables = tables.into_values().collect();
    imported.faults.extend(not_held(catalogue, &missing));
}

/// Of each edition the codes that rows name and that are not there; none of one that is not known.
type Missing = BTreeMap<String, BTreeSet<String>>;

/// Of which editions the nomenclature has to come first: rows name what is not held of them. Of an edition that is held as a
/// whole it is the rows that are wrong. Said before all rows, of which there may be very many.
fn not_held(catalogue: &Catalogue, missing: &Missing) -> Vec<RowFault> {
    let of = |(id, codes): (&String, &BTreeSet<String>)| {
        let held = catalogue.edition(id).map(|at| &catalogue.editions[at]);
        let why = match held.filter(|edition| !edition.codes.is_empty()) {
            None => format!("Nothing is held of the edition {id}"),
            Some(edition) if edition.fact.partial => {
                let count = codes.len();
                let (named, are) = if count == 1 { ("code", "is") } else { ("codes", "are") };
                format!("The edition {id} is held in part, and {count} {named} of it that rows name {are} not")
            }
            Some(_) => return None,
        };
        let message = format!("{why}: publish an import of its nomenclature first, and then import this file again.");
        Some(RowFault::new(1, "", "nomenclature_missing", message, id))
    };
    missing.iter().filter_map(of).collect()
}

/// What rounding to whole percents adds to a share at most.
const ROUNDED: f64 = 0.005;

/// Takes back the shares of each code that add up to more than the whole of it: no row says which of them is wrong, and
/// no estimate is better than one of more than there is. The links stay.
fn take_back_shares(lines: &[u64], imported: &mut Imported) {
    let Imported { links, faults, .. } = imported;
    let earlier = |link: &LinkFact| [&link.earlier_edition, &link.earlier_code, &link.later_edition].map(Clone::clone);
    let later = |link: &LinkFact| [&link.later_edition, &link.later_code, &link.earlier_edition].map(Clone::clone);
    type Side<'s> = (&'static str, &'s dyn Fn(&LinkFact) -> [String; 3], fn(&mut LinkWords) -> &mut Option<Share>);
    let sides: [Side<'_>; 2] = [
        ("share_of_earlier", &earlier, |words| &mut words.share_of_earlier),
        ("share_of_later", &later, |words| &mut words.share_of_later),
    ];
    for (column, of, share) in sides {
        let mut by_code: BTreeMap<[String; 3], Vec<usize>> = BTreeMap::new();
        for (at, link) in links.iter_mut().enumerate() {
            if link.words.as_mut().is_some_and(|words| share(words).is_some()) {
                by_code.entry(of(link)).or_default().push(at);
            }
        }
        for ([_, code, _], rows) in by_code {
            let told = rows.iter().filter_map(|at| *share(links[*at].words.as_mut()?));
            let (sum, room) = told.fold((0.0, 1.0), |(sum, room), share| (sum + share.get(), room + ROUNDED));
            // Sums of decimal fractions are off by their last bits.
            if sum <= room + 1e-9 {
                continue;
            }
            for at in rows {
                let message = format!(
                    "The shares of {code} add up to {sum:.2}, which is more than the whole: they are left out, the links \
                     are not."
                );
                let taken = links[at].words.as_mut().and_then(|words| share(words).take());
                let value = taken.map(|share| share.get().to_string()).unwrap_or_default();
                faults.push(RowFault::new(lines[at], column, "shares_exceed_whole", message, &value).mended());
            }
        }
    }
    for link in links {
        link.words = link.words.take().filter(|words| **words != LinkWords::default());
    }
}

/// Looks after the codes of both editions of a table that no row names: takes them for unchanged, or says that they are
/// there.
fn left_out(
    catalogue: &Catalogue,
    announced: &Announced,
    tables: &BTreeMap<(usize, usize), TableFact>,
    linked: &HashSet<(Position, Position)>,
    imported: &mut Imported,
) {
    for ((earlier, later), fact) in tables {
        let mut named: HashSet<Position> = linked
            .iter()
            .filter(|(one, other)| (one.edition, other.edition) == (*earlier, *later))
            .flat_map(|(one, other)| [*one, *other])
            .collect();
        let refused =
            fact.unsure.iter().filter_map(|(edition, code)| catalogue.find(catalogue.edition(edition)?, code));
        named.extend(refused);
        let left: Vec<&str> = catalogue.in_both(*earlier, *later, |at| !named.contains(&at)).collect();
        let Some(first) = left.first() else { continue };
        let count = left.len();
        let message = if announced.unchanged_left_out {
            imported.links.extend(left.iter().map(|code| LinkFact {
                earlier_edition: fact.earlier.clone(),
                earlier_code: (*code).to_owned(),
                later_edition: fact.later.clone(),
                later_code: (*code).to_owned(),
                ex: false,
                held_back: false,
                words: None,
            }));
            let (codes, are) = if count == 1 { ("code", "is") } else { ("codes", "are") };
            format!(
                "{count} {codes} of {} and {} that no row names {are} taken for unchanged.",
                fact.earlier, fact.later
            )
        } else {
            format!(
                "No row names {count} {} that {} and {} both have: what became of {} is not known, unless the import \
                 says that unchanged codes are left out.",
                if count == 1 { "code" } else { "codes" },
                fact.earlier,
                fact.later,
                if count == 1 { "it" } else { "them" }
            )
        };
        imported.faults.push(RowFault::new(1, "", "codes_left_out", message, first).mended());
    }
}

/// A conversion names one target where a correlation names all: where there is a correlation it adds nothing.
fn keep_correlations(catalogue: &Catalogue, tables: &mut BTreeMap<(usize, usize), TableFact>, imported: &mut Imported) {
    let whole = |earlier: usize, later: usize| {
        catalogue.tables.iter().any(|table| {
            (table.earlier, table.later) == (earlier, later) && table.fact.as_ref().is_some_and(|fact| !fact.conversion)
        })
    };
    tables.retain(|(earlier, later), _| !whole(*earlier, *later));
    imported.links.retain(|link| {
        tables.values().any(|table| table.earlier == link.earlier_edition && table.later == link.later_edition)
    });
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}
