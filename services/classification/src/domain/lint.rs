//! Looks a list of codes over before anybody relies on it.
//!
//! Lists of green goods travel as plain tables, and lose on the way what their codes mean: the edition, a leading zero,
//! whose list a column was. What the catalogue knows of codes and lists is enough to find most of that.

mod columns;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Finding;
use super::catalogue::{Catalogue, ListData, Position};
use super::code::CodeText;
use super::project::project;
use super::translate::{Method, translate};

/// One row to look over.
#[derive(Clone, Debug, Default)]
pub(crate) struct LintRow {
    /// As written.
    pub(crate) code: String,
    /// By name.
    pub(crate) columns: BTreeMap<String, String>,
}

/// One thing found.
#[derive(Clone, Debug)]
pub(crate) struct LintFinding {
    pub(crate) finding: Finding,
    /// Indices of the rows concerned.
    pub(crate) rows: Vec<usize>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lint {
    pub(crate) findings: Vec<LintFinding>,
    /// The edition that fits the rows best. None when no row is a code of any.
    pub(crate) likely_edition: Option<usize>,
}

/// Fewer codes than this overlap by chance.
const ENOUGH: usize = 10;

/// Looks rows over. `itself` is the list that they are of, when it is in the catalogue.
pub(crate) fn lint(
    catalogue: &Catalogue,
    rows: &[LintRow],
    claimed: Option<usize>,
    itself: Option<&str>,
    on: NaiveDate,
) -> Lint {
    let mut lint = Lint::default();
    if rows.is_empty() {
        let finding = Finding::new("no_codes", "There is no code to look over.");
        lint.findings.push(LintFinding { finding, rows: Vec::new() });
    }
    let codes = read_codes(catalogue, rows, &mut lint);
    lint.likely_edition = likely(catalogue, &codes, claimed);
    duplicates(&codes, &mut lint);
    let Some(likely) = lint.likely_edition else { return lint };
    editions(catalogue, &codes, claimed, likely, &mut lint);
    let at: Vec<Option<Position>> = codes.iter().map(|code| catalogue.find(likely, code.as_deref()?)).collect();
    let known: Vec<Known<'_>> = catalogue
        .lists
        .iter()
        .filter(|list| Some(list.fact.id.as_str()) != itself)
        .map(|list| Known::of(catalogue, list, on, likely))
        .collect();
    overlaps(&at, &known, &mut lint);
    columns::look_over(rows, &at, &known, &mut lint);
    held_back(&at, &known, &mut lint);
    lint
}

impl Lint {
    fn note(&mut self, rows: impl IntoIterator<Item = usize>, finding: impl FnOnce(&[usize]) -> Finding) {
        let rows: Vec<usize> = rows.into_iter().collect();
        if !rows.is_empty() {
            self.findings.push(LintFinding { finding: finding(&rows), rows });
        }
    }
}

/// A list of the catalogue in the edition of the rows.
struct Known<'a> {
    list: &'a ListData,
    codes: BTreeSet<Position>,
    /// Codes that only links that are held back lead to, by one table.
    held_back: BTreeSet<Position>,
}

impl<'a> Known<'a> {
    fn of(catalogue: &'a Catalogue, list: &'a ListData, on: NaiveDate, edition: usize) -> Self {
        let codes = project(catalogue, list, on, edition, false).into_iter().filter_map(|row| row.target).collect();
        let source = |entry: &&super::facts::EntryFact| catalogue.find(catalogue.edition(&entry.edition)?, &entry.code);
        let held_back = list
            .entries_on(on)
            .filter_map(|entry| source(&entry))
            .map(|source| translate(catalogue, source, edition, false))
            // By way of other editions, links that are held back lead to nearly all electrical goods.
            .filter(|found| found.method == Method::Direct)
            .flat_map(|found| found.held_back)
            .collect();
        Self { list, codes, held_back }
    }

    fn id(&self) -> &str {
        &self.list.fact.id
    }
}

/// The codes as they are meant: a leading zero that was lost is put back where that is the only reading.
fn read_codes(catalogue: &Catalogue, rows: &[LintRow], lint: &mut Lint) -> Vec<Option<String>> {
    let (mut lost, mut unknown, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    let mut codes = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let code = CodeText::parse(row.code.trim()).ok();
        let digits = |code: &&CodeText| code.as_str().bytes().all(|byte| byte.is_ascii_digit());
        let length = code.as_ref().filter(digits).map_or(0, |code| code.as_str().len());
        let code = code.and_then(|code| {
            let digits = code.as_str().to_owned();
            let longer = format!("0{digits}");
            if !catalogue.editions_with(&digits).is_empty() {
                Some(digits)
            } else if !catalogue.editions_with(&longer).is_empty() {
                lost.push(index);
                Some(longer)
            } else {
                None
            }
        });
        if code.is_none() {
            unknown.push(index);
            lengths.push(length);
        }
        codes.push(code);
    }
    lint.note(lost, |rows| {
        let message = several(rows.len(), "code has lost its leading zero.", "codes have lost their leading zero.");
        Finding::new("leading_zero_lost", message)
    });
    lint.note(unknown, |rows| {
        let edition = "of no edition that is known here.";
        let told = several(rows.len(), &format!("code is a code {edition}"), &format!("codes are codes {edition}"));
        Finding::new("code_unknown", told + &of_no_length(catalogue, &lengths))
    });
    codes
}

/// So many of something, as the beginning of a sentence.
fn several(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// What is to be said of codes of these lengths, where no code that is held here is so long: digits were lost on the way,
/// and more than a leading zero. Of what is no number (a length of 0) nothing.
fn of_no_length(catalogue: &Catalogue, lengths: &[usize]) -> String {
    let known: BTreeSet<usize> =
        catalogue.editions.iter().flat_map(|edition| &edition.code_lengths).map(|length| *length as usize).collect();
    let odd: Vec<usize> = lengths.iter().copied().filter(|length| *length > 0 && !known.contains(length)).collect();
    let words = |lengths: BTreeSet<usize>| lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let why = format!(
        "digits, and codes have {}: digits are missing (more than a leading zero) or too many.",
        words(known.clone())
    );
    match odd.as_slice() {
        [] => String::new(),
        [one] if lengths.len() == 1 => format!(" It has {one} {why}"),
        [one] => format!(" One of them has {one} {why}"),
        _ => format!(" {} of them have {} {why}", odd.len(), words(odd.iter().copied().collect())),
    }
}

/// The edition that has most of the codes: of several the claimed one, or the newest.
fn likely(catalogue: &Catalogue, codes: &[Option<String>], claimed: Option<usize>) -> Option<usize> {
    let fit = |edition: usize| codes.iter().flatten().filter(|code| catalogue.find(edition, code).is_some()).count();
    let newest = |edition: usize| catalogue.editions[edition].fact.effective_from;
    (0..catalogue.editions.len())
        .filter(|edition| fit(*edition) > 0)
        .max_by_key(|edition| (fit(*edition), Some(*edition) == claimed, newest(*edition)))
}

fn duplicates(codes: &[Option<String>], lint: &mut Lint) {
    let mut first = BTreeSet::new();
    let again = codes.iter().enumerate().filter(|(_, code)| code.as_ref().is_some_and(|code| !first.insert(code)));
    let again: Vec<usize> = again.map(|(index, _)| index).collect();
    lint.note(again, |rows| {
        Finding::new(
            "duplicate",
            several(rows.len(), "row repeats the code of an earlier one.", "rows repeat the code of an earlier one."),
        )
    });
}

/// Whether the rows are of the edition that they claim, of one edition at all, and of one that still is.
fn editions(catalogue: &Catalogue, codes: &[Option<String>], claimed: Option<usize>, likely: usize, lint: &mut Lint) {
    let id = |edition: usize| catalogue.editions[edition].fact.id.as_str();
    let known = || codes.iter().enumerate().filter_map(|(index, code)| Some((index, code.as_deref()?)));
    let missing = |edition: usize| known().filter(move |(_, code)| catalogue.find(edition, code).is_none());
    if let Some(claimed) = claimed.filter(|claimed| *claimed != likely) {
        lint.note(missing(claimed).map(|(index, _)| index), |rows| {
            let (claimed, likely) = (id(claimed), id(likely));
            let told = several(rows.len(), "code is no code of", "codes are no codes of");
            let message = format!("{told} {claimed}; {likely} fits better.");
            Finding::new("edition_wrong", message).with("claimed", claimed).with("likely", likely)
        });
    }
    let meant = claimed.unwrap_or(likely);
    let since = catalogue.editions[meant].fact.effective_from;
    let system = &catalogue.editions[meant].fact.system;
    let before = |code: &str| {
        catalogue.editions.iter().any(|edition| {
            edition.fact.system == *system && edition.fact.effective_from < since && edition.row_of(code).is_some()
        })
    };
    lint.note(missing(meant).filter(|(_, code)| before(code)).map(|(index, _)| index), |rows| {
        let message =
            format!("{} before {}.", several(rows.len(), "code was deleted", "codes were deleted"), id(meant));
        Finding::new("code_deleted", message).with("edition", id(meant))
    });
    let has_all = |edition: usize| missing(edition).next().is_none();
    if !(0..catalogue.editions.len()).any(has_all) {
        lint.note(missing(likely).map(|(index, _)| index), |rows| {
            let elsewhere: BTreeSet<&str> = rows
                .iter()
                .filter_map(|row| codes[*row].as_deref())
                .flat_map(|code| catalogue.editions_with(code))
                .collect();
            let elsewhere: Vec<&str> = elsewhere.into_iter().collect();
            let told = several(rows.len(), "is", "are");
            let message =
                format!("No edition has all of the codes: most are of {}, {told} of other editions only.", id(likely));
            Finding::new("editions_mixed", message).with("likely", id(likely)).with("others", elsewhere.join(" "))
        });
    }
}

/// Lists of the catalogue that the rows are much the same as, or a part or a superset of.
fn overlaps(at: &[Option<Position>], known: &[Known<'_>], lint: &mut Lint) {
    let rows: BTreeSet<Position> = at.iter().flatten().copied().collect();
    for list in known {
        let both = rows.intersection(&list.codes).count();
        let share = |of: usize| both as f64 / of.max(1) as f64;
        let (of_rows, of_list) = (share(rows.len()), share(list.codes.len()));
        if both < ENOUGH || (of_rows < 0.8 && of_list < 0.8) {
            continue;
        }
        let id = list.id();
        let within = at.iter().enumerate().filter(|(_, at)| at.is_some_and(|at| list.codes.contains(&at)));
        lint.note(within.map(|(index, _)| index), |_| {
            let message = format!(
                "{:.0}% of the codes are on {id}, and {:.0}% of its codes are among them.",
                100.0 * of_rows,
                100.0 * of_list
            );
            Finding::new("overlap", message).with("list", id).with("codes", both)
        });
    }
}

/// Codes that only links that say next to nothing lead to from any known list.
fn held_back(at: &[Option<Position>], known: &[Known<'_>], lint: &mut Lint) {
    let plain: BTreeSet<Position> = known.iter().flat_map(|list| &list.codes).copied().collect();
    let held: BTreeSet<Position> = known.iter().flat_map(|list| &list.held_back).copied().collect();
    let turned = |at: &Option<Position>| at.is_some_and(|at| held.contains(&at) && !plain.contains(&at));
    let rows: Vec<usize> = at.iter().enumerate().filter(|(_, at)| turned(at)).map(|(index, _)| index).collect();
    lint.note(rows, |rows| {
        let lists =
            known.iter().filter(|list| rows.iter().any(|row| at[*row].is_some_and(|at| list.held_back.contains(&at))));
        let lists: Vec<&str> = lists.map(Known::id).collect();
        let message = format!(
            "{} from known lists only by links that say next to nothing, as chips do.",
            several(rows.len(), "code comes", "codes come")
        );
        Finding::new("chips_turned_green", message).with("lists", lists.join(" "))
    });
}

#[cfg(test)]
mod tests;
