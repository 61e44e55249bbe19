//! Which changes could take from goods the place that they have on a list.

use chrono::NaiveDate;
use greenlane_curation::Tightening;

use super::{Change, find};
use crate::domain::catalogue::Catalogue;
use crate::domain::facts::EntryFact;

/// The changes by which goods could lose their place on a list.
pub(crate) fn tightening(catalogue: &Catalogue, changes: &[Change]) -> Vec<Tightening> {
    let of = |change: &Change| -> Vec<(&'static str, &'static str)> {
        match change {
            Change::RetireList(_) => vec![("", "is retired")],
            Change::EndEntry(end) => {
                let ends = find(catalogue, &end.list, &end.entry).and_then(|before| before.effective_to);
                if ends.is_some_and(|ends| ends <= end.effective_to) {
                    Vec::new()
                } else {
                    vec![("effective_to", "ends")]
                }
            }
            Change::PutEntry(entry) => match find(catalogue, &entry.list, &entry.id) {
                Some(before) => entry_tightened(before, entry),
                None => Vec::new(),
            },
            Change::PutList(list) => {
                let Some(before) = catalogue.list(&list.id) else { return Vec::new() };
                let mut tightened = moved(
                    (before.fact.effective_from, before.fact.effective_to),
                    (list.effective_from, list.effective_to),
                );
                if list.narrowed && !before.fact.narrowed {
                    tightened.push(("narrowed", "narrows its entries"));
                }
                tightened
            }
            // What it takes away is told by what it comes to.
            Change::PublishImport(_) => Vec::new(),
        }
    };
    let all = changes.iter().flat_map(|change| {
        let tightening = |(field, what): (&'static str, &'static str)| Tightening {
            entry: change.entry_name(),
            field: field.to_owned(),
            what: what.to_owned(),
        };
        of(change).into_iter().map(tightening).collect::<Vec<_>>()
    });
    all.collect()
}

/// How an entry that is put in the place of another means less. Which part of a code two descriptions mean cannot be
/// compared.
pub(super) fn entry_tightened(before: &EntryFact, entry: &EntryFact) -> Vec<(&'static str, &'static str)> {
    let mut tightened = Vec::new();
    if (&before.edition, &before.code) != (&entry.edition, &entry.code) {
        tightened.push(("code", "names another code"));
    }
    if entry.ex && !before.ex {
        tightened.push(("ex", "means only a part of its code"));
    } else if entry.ex && entry.ex_descriptions != before.ex_descriptions {
        tightened.push(("ex_descriptions", "describes the part of its code in other words"));
    }
    tightened.extend(moved((before.effective_from, before.effective_to), (entry.effective_from, entry.effective_to)));
    tightened
}

pub(super) type Days = (Option<NaiveDate>, Option<NaiveDate>);

/// How what is in force from a day to a day is so for less long. None is as early, or as late, as can be.
pub(super) fn moved(before: Days, after: Days) -> Vec<(&'static str, &'static str)> {
    let mut tightened = Vec::new();
    if after.0.is_some_and(|after| before.0.is_none_or(|before| after > before)) {
        tightened.push(("effective_from", "begins later"));
    }
    if after.1.is_some_and(|after| before.1.is_none_or(|before| after < before)) {
        tightened.push(("effective_to", "ends earlier"));
    }
    tightened
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<NaiveDate> {
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    fn entry(code: &str, part: &str, from: &str, to: &str) -> EntryFact {
        let described = ("XA".to_owned(), vec![("en".to_owned(), part.to_owned())]);
        EntryFact {
            edition: "HS2022".to_owned(),
            code: code.to_owned(),
            ex: !part.is_empty(),
            ex_descriptions: if part.is_empty() { Vec::new() } else { vec![described] },
            effective_from: day(from),
            effective_to: day(to),
            ..EntryFact::default()
        }
    }

    #[test]
    fn an_entry_that_means_more_or_stays_longer_tightens_nothing() {
        let of = |before: EntryFact, after: EntryFact| -> Vec<&str> {
            entry_tightened(&before, &after).into_iter().map(|(field, _)| field).collect()
        };
        let whole = || entry("854143", "", "2025-01-01", "2030-12-31");
        let rows: [(&str, EntryFact, &[&str]); 9] = [
            ("the same", whole(), &[]),
            ("a later end", entry("854143", "", "2025-01-01", "2031-12-31"), &[]),
            ("no end", entry("854143", "", "2025-01-01", ""), &[]),
            ("an earlier beginning", entry("854143", "", "2024-01-01", "2030-12-31"), &[]),
            ("from the list's beginning", entry("854143", "", "", "2030-12-31"), &[]),
            ("an earlier end", entry("854143", "", "2025-01-01", "2029-12-31"), &["effective_to"]),
            ("a later beginning", entry("854143", "", "2026-01-01", "2030-12-31"), &["effective_from"]),
            ("another code", entry("854142", "", "2025-01-01", "2030-12-31"), &["code"]),
            ("a part only", entry("854143", "glass", "2025-01-01", "2030-12-31"), &["ex"]),
        ];
        for (why, after, fields) in rows {
            assert_eq!(of(whole(), after), fields, "{why}");
        }
        let part = |words: &str| entry("854143", words, "", "");
        assert_eq!(of(part("glass"), part("")), [""; 0], "all of it");
        assert_eq!(of(part("glass"), part("steel")), ["ex_descriptions"], "what parts are cannot be compared");
    }
}
