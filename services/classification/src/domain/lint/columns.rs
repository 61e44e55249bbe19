//! Columns that flag the lists a code is on: whose list a column really is.

use std::collections::{BTreeMap, BTreeSet};

use super::{ENOUGH, Finding, Known, Lint, LintRow, Position};

/// A column of flags.
struct Flags<'a> {
    name: &'a str,
    codes: BTreeSet<Position>,
    rows: Vec<usize>,
}

/// Looks the columns over.
pub(super) fn look_over(rows: &[LintRow], at: &[Option<Position>], known: &[Known<'_>], lint: &mut Lint) {
    let flags = flags(rows, at);
    for (index, column) in flags.iter().enumerate() {
        for earlier in &flags[..index] {
            if earlier.codes == column.codes {
                lint.note(column.rows.iter().copied(), |_| {
                    let message = format!("The columns {} and {} flag the same codes.", earlier.name, column.name);
                    Finding::new("column_duplicate", message).with("column", column.name).with("other", earlier.name)
                });
            }
        }
        mislabelled(column, known, lint);
    }
}

/// A column is somebody else's list when it is much the same as a known one and does not bear its name, or bears the
/// name of a known one and is something else.
fn mislabelled(column: &Flags<'_>, known: &[Known<'_>], lint: &mut Lint) {
    let likeness = |list: &Known<'_>| {
        let both = column.codes.intersection(&list.codes).count();
        both as f64 / column.codes.union(&list.codes).count().max(1) as f64
    };
    let best = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    if let Some(best) = best.filter(|best| likeness(best) >= 0.6 && !bears_name(column.name, best.id())) {
        note(column, best, lint, "is much the same as");
    }
    for named in known.iter().filter(|list| bears_name(column.name, list.id()) && !list.list.fact.partial) {
        let inside = column.codes.intersection(&named.codes).count() as f64 / column.codes.len() as f64;
        if likeness(named) < 0.3 && inside < 0.7 {
            note(column, named, lint, "bears the name of and differs from");
        }
    }
}

fn note(column: &Flags<'_>, list: &Known<'_>, lint: &mut Lint, how: &str) {
    let both = column.codes.intersection(&list.codes).count();
    lint.note(column.rows.iter().copied(), |_| {
        let message = format!(
            "The column {} {how} {}: {both} of its {} codes are on that list, which has {}.",
            column.name,
            list.id(),
            column.codes.len(),
            list.codes.len()
        );
        Finding::new("column_mislabelled", message).with("column", column.name).with("list", list.id())
    });
}

/// Whether a word of a column's name is one of a list's identifier.
fn bears_name(column: &str, id: &str) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        let lower = text.to_ascii_lowercase();
        lower.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| w.len() > 2).map(str::to_owned).collect()
    };
    !words(column).is_disjoint(&words(id))
}

/// The columns that hold nothing but yes and no, and yes often enough to be compared.
fn flags<'a>(rows: &'a [LintRow], at: &[Option<Position>]) -> Vec<Flags<'a>> {
    let mut columns: BTreeMap<&str, Option<Flags<'a>>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        for (name, value) in &row.columns {
            let flags =
                columns.entry(name).or_insert_with(|| Some(Flags { name, codes: BTreeSet::new(), rows: Vec::new() }));
            match value.trim().to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "y" | "x" => {
                    if let (Some(flags), Some(at)) = (flags.as_mut(), at[index]) {
                        flags.codes.insert(at);
                        flags.rows.push(index);
                    }
                }
                "" | "0" | "false" | "no" | "n" => {}
                _ => *flags = None,
            }
        }
    }
    columns.into_values().flatten().filter(|flags| flags.codes.len() >= ENOUGH).collect()
}
