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
    /// The edition that the row names, by its identifier. Empty when it names none.
    pub(crate) edition: String,
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

/// A row's code as it is meant.
#[derive(Clone, Debug, Default)]
struct Meant {
    /// None where nothing here is meant.
    code: Option<String>,
    /// The edition that the row names, where it is known.
    edition: Option<usize>,
}

impl Meant {
    /// The code, of a row that names no edition: of which its code is has to be found out.
    fn open(&self) -> Option<&str> {
        self.code.as_deref().filter(|_| self.edition.is_none())
    }

    /// Where the code is in an edition, if the row may be of that.
    fn within(&self, catalogue: &Catalogue, edition: usize) -> Option<Position> {
        let code = self.code.as_deref().filter(|_| self.edition.is_none_or(|named| named == edition))?;
        catalogue.find(edition, code)
    }
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
    duplicates(rows, &codes, &mut lint);
    other_than_claimed(catalogue, &codes, claimed, &mut lint);
    let Some(likely) = lint.likely_edition else { return lint };
    editions(catalogue, &codes, claimed, likely, &mut lint);
    let at: Vec<Option<Position>> = codes.iter().map(|code| code.within(catalogue, likely)).collect();
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

/// The codes as they are meant: a leading zero that was lost is put back where that is the only reading. In the edition
/// that a row names, where it names one.
fn read_codes(catalogue: &Catalogue, rows: &[LintRow], lint: &mut Lint) -> Vec<Meant> {
    let (mut lost, mut unknown, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    let (mut strange, mut elsewhere) = (Vec::new(), Vec::new());
    let mut codes = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let edition = catalogue.edition(&row.edition);
        if edition.is_none() && !row.edition.is_empty() {
            strange.push(index);
        }
        let in_any = |digits: &str| !catalogue.editions_with(digits).is_empty();
        let is_known = |digits: &str| match edition {
            Some(edition) => catalogue.find(edition, digits).is_some(),
            None => in_any(digits),
        };
        let code = CodeText::parse(row.code.trim()).ok();
        let digits = |code: &&CodeText| code.as_str().bytes().all(|byte| byte.is_ascii_digit());
        let length = code.as_ref().filter(digits).map_or(0, |code| code.as_str().len());
        let code = code.map(|code| (code.as_str().to_owned(), format!("0{}", code.as_str())));
        let is_elsewhere = code.as_ref().is_some_and(|(digits, longer)| in_any(digits) || in_any(longer));
        let code = code.and_then(|(digits, longer)| {
            if is_known(&digits) {
                Some(digits)
            } else if is_known(&longer) {
                lost.push(index);
                Some(longer)
            } else {
                None
            }
        });
        match code {
            Some(_) => {}
            None if is_elsewhere => elsewhere.push(index),
            None => {
                unknown.push(index);
                lengths.push(length);
            }
        }
        codes.push(Meant { code, edition });
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
    lint.note(strange, |rows| {
        let (one, more) =
            ("row names an edition that is not known here.", "rows name editions that are not known here.");
        Finding::new("edition_unknown", several(rows.len(), one, more))
    });
    lint.note(elsewhere, |rows| {
        let (one, more) = (
            "code is no code of the edition that its row names.",
            "codes are no codes of the editions that their rows name.",
        );
        Finding::new("edition_wrong", several(rows.len(), one, more))
    });
    codes
}

/// Rows that name another edition than is claimed of all.
fn other_than_claimed(catalogue: &Catalogue, codes: &[Meant], claimed: Option<usize>, lint: &mut Lint) {
    let Some(claimed) = claimed else { return };
    let other = |code: &Meant| code.edition.is_some_and(|named| named != claimed);
    let rows: Vec<usize> = codes.iter().enumerate().filter(|(_, code)| other(code)).map(|(index, _)| index).collect();
    lint.note(rows, |rows| {
        let claimed = catalogue.editions[claimed].fact.id.as_str();
        let told = several(rows.len(), "row names", "rows name");
        let message = format!("{told} another edition than the one that is claimed, {claimed}.");
        Finding::new("edition_wrong", message).with("claimed", claimed)
    });
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
fn likely(catalogue: &Catalogue, codes: &[Meant], claimed: Option<usize>) -> Option<usize> {
    let fit = |edition: usize| codes.iter().filter_map(|code| code.within(catalogue, edition)).count();
    let newest = |edition: usize| catalogue.editions[edition].fact.effective_from;
    (0..catalogue.editions.len())
        .filter(|edition| fit(*edition) > 0)
        .max_by_key(|edition| (fit(*edition), Some(*edition) == claimed, newest(*edition)))
}

/// Codes that come again: in the edition that the rows name, and on the list that they name, where they do.
fn duplicates(rows: &[LintRow], codes: &[Meant], lint: &mut Lint) {
    let mut first = BTreeSet::new();
    let mut again = Vec::new();
    for (index, (row, meant)) in rows.iter().zip(codes).enumerate() {
        let Some(code) = &meant.code else { continue };
        if !first.insert((meant.edition, row.columns.get("list"), code)) {
            again.push(index);
        }
    }
    lint.note(again, |rows| {
        Finding::new(
            "duplicate",
            several(rows.len(), "row repeats the code of an earlier one.", "rows repeat the code of an earlier one."),
        )
    });
}

/// Whether the rows are of the edition that they claim, of one edition at all, and of one that still is. What a row names
/// itself is not in question here.
fn editions(catalogue: &Catalogue, codes: &[Meant], claimed: Option<usize>, likely: usize, lint: &mut Lint) {
    let id = |edition: usize| catalogue.editions[edition].fact.id.as_str();
    let known = || codes.iter().enumerate().filter_map(|(index, code)| Some((index, code.open()?)));
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
                .filter_map(|row| codes[*row].open())
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
