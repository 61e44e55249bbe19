//! Rows that repeat rows beside them: of the world beside its economies, of a heading beside the codes under it, of a month
//! beside its year, and of one classification beside another.
//!
//! A table may have of one economy or year what it has not of another, so none of these is a repetition by itself. It is
//! one where the table has the same code with economies, or for the whole year; and where it has such rows of the same
//! economy, flow, period and classification. Where nothing can repeat another, all of this costs a table nothing.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher as _, Hash as _, Hasher as _},
};

use foldhash::quality::FixedState;

use super::{
    ask::is_period,
    survey::Written,
    table::{self, Columns, Row},
};

/// Partners that have a number: there are some three hundred economies and groups of them. More are none, and cost more.
const PARTNERS: usize = 1 << 10;

/// What repeats what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repeats {
    /// Some rows name the world as partner, and some an economy.
    partners: bool,
    /// Codes of one classification and period are of several lengths.
    lengths: bool,
    /// Some codes are there for a year and for months of it.
    months: bool,
    /// Rows of one period are in several classifications.
    classifications: bool,
    /// By number.
    codes: Vec<OfCode>,
    /// By economy, flow, period and classification.
    groups: HashMap<u64, Group, FixedState>,
    /// Where codes are of several lengths: the longest of each partner of a group.
    longest: Longest,
    /// By economy, flow and period: the classification that came first.
    first: HashMap<u64, u64, FixedState>,
}

/// What the rows of a code in a period are.
#[derive(Clone, Copy, Debug, Default)]
struct OfCode {
    digits: u8,
    /// Some name an economy as partner.
    partners: bool,
    /// The period is a month, and the table has the code for the year too.
    in_year: bool,
}

/// What the rows of an economy, a flow, a period and a classification are.
#[derive(Clone, Debug, Default)]
struct Group {
    /// Digits of the longest code.
    longest: u8,
    /// Digits of the longest code of those that name an economy as partner. None where none does.
    partners: Option<u8>,
    /// Of each partner, where codes are of several lengths.
    by_partner: Option<Box<ByPartner>>,
}

/// By the number of a partner: digits of its longest code in a group.
#[derive(Clone, Debug, Default)]
struct ByPartner {
    /// In whatever rows.
    any: Vec<u8>,
    /// In those that are not broken down, of a table that has columns for that.
    whole: Vec<u8>,
}

/// A partner as it is written: nothing for the world, and where none is named.
#[derive(Clone, Copy, Debug)]
struct Partner<'t> {
    name: &'t [u8],
    number: Option<usize>,
}

/// What stands for no partner.
const WORLD: Partner<'static> = Partner { name: b"", number: Some(0) };

/// Digits of the longest codes of partners, beside what their groups hold of them.
#[derive(Clone, Debug, Default)]
struct Longest {
    /// By partner: its number. That of the world is zero.
    numbers: HashMap<Vec<u8>, usize, FixedState>,
    /// By group, partner and what rows are broken down by: of partners without a number, and of rows that are broken down
    /// and have longer codes than those beside them that are not. Most have none.
    others: HashMap<u64, u8, FixedState>,
}

impl Longest {
    fn partner<'t>(&self, name: &'t [u8]) -> Partner<'t> {
        let number = || self.numbers.get(name).copied();
        Partner { name, number: if name.is_empty() { WORLD.number } else { number() } }
    }

    /// Notes a row of a group that has such a code; how it is broken down, where the table has columns for that.
    fn note(&mut self, key: u64, group: &mut Group, name: &[u8], breakdown: Option<Breakdown>, digits: u8) {
        let mut partner = self.partner(name);
        if partner.number.is_none() && self.numbers.len() < PARTNERS {
            let number = self.numbers.len() + 1;
            self.numbers.insert(name.to_vec(), number);
            partner.number = Some(number);
        }
        self.raise(key, group, partner, Breakdown::Any, digits);
        let Some(breakdown) = breakdown else { return };
        // Beside what is broken down are the rows of its partner and of the world that are not: no shorter code says more.
        let whole = |partner: Partner<'_>| self.of(key, group, partner, Breakdown::None);
        if breakdown == Breakdown::None || digits > whole(partner).max(whole(WORLD)) {
            self.raise(key, group, partner, breakdown, digits);
        }
    }

    fn raise(&mut self, key: u64, group: &mut Group, partner: Partner<'_>, breakdown: Breakdown, digits: u8) {
        let known = match (breakdown, partner.number) {
            (Breakdown::Any, Some(number)) => place(&mut group.by_partner.get_or_insert_default().any, number),
            (Breakdown::None, Some(number)) => place(&mut group.by_partner.get_or_insert_default().whole, number),
            (Breakdown::By(_), _) | (Breakdown::Any | Breakdown::None, None) => {
                self.others.entry(beside(key, partner.name, breakdown)).or_default()
            }
        };
        *known = digits.max(*known);
    }

    fn of(&self, key: u64, group: &Group, partner: Partner<'_>, breakdown: Breakdown) -> u8 {
        let by_partner = group.by_partner.as_ref();
        let known = match (breakdown, partner.number) {
            (Breakdown::Any, Some(number)) => by_partner.and_then(|it| it.any.get(number)),
            (Breakdown::None, Some(number)) => by_partner.and_then(|it| it.whole.get(number)),
            (Breakdown::By(_), _) | (Breakdown::Any | Breakdown::None, None) => {
                self.others.get(&beside(key, partner.name, breakdown))
            }
        };
        known.copied().unwrap_or_default()
    }
}

/// A place among digits, made where there is none.
fn place(digits: &mut Vec<u8>, number: usize) -> &mut u8 {
    if digits.len() <= number {
        digits.resize(number + 1, 0);
    }
    &mut digits[number]
}

impl Repeats {
    /// What may repeat what among such codes and periods, by number.
    pub(crate) fn among(written: &[(Written, u64)], partners: bool) -> Self {
        let any_month = written.iter().any(|(it, _)| it.period.len() == 6);
        let of_years = written.iter().map(|(it, _)| it).filter(|it| any_month && it.period.len() == 4);
        let years: BTreeSet<&Written> = of_years.collect();
        let in_year = |it: &Written| {
            let is_month = it.period.len() == 6 && is_period(&it.period);
            is_month
                && !years.is_empty()
                && years.contains(&Written { period: it.period[..4].to_owned(), ..it.clone() })
        };
        let of_code =
            |(it, _): &(Written, u64)| OfCode { digits: digits(&it.code), partners: false, in_year: in_year(it) };
        let codes: Vec<OfCode> = written.iter().map(of_code).collect();
        let mut lengths: HashMap<(&str, &str), u8, FixedState> = HashMap::default();
        let mut classifications: HashMap<&str, &str, FixedState> = HashMap::default();
        let mut repeats = Self { partners, months: codes.iter().any(|code| code.in_year), ..Self::default() };
        for ((it, _), code) in written.iter().zip(&codes) {
            let (classification, period) = (it.classification.as_str(), it.period.as_str());
            if code.digits > 0 {
                repeats.lengths |= *lengths.entry((classification, period)).or_insert(code.digits) != code.digits;
            }
            if !classification.is_empty() {
                repeats.classifications |= *classifications.entry(period).or_insert(classification) != classification;
            }
        }
        Self { codes, ..repeats }
    }

    /// Whether any row may repeat another.
    pub(crate) fn are_possible(&self) -> bool {
        self.partners || self.lengths || self.months || self.classifications
    }

    /// Whether any code may be a sum of others.
    pub(crate) fn has_lengths(&self) -> bool {
        self.lengths
    }

    /// Notes what a row is.
    pub(crate) fn note(&mut self, number: u32, columns: &Columns, row: &Row<'_>) {
        let Some(code) = usize::try_from(number).ok().and_then(|number| self.codes.get_mut(number)) else { return };
        let partner = columns.partner.filter(|_| self.partners).and_then(|at| row.get(at));
        let partners = partner.is_some_and(table::is_economy);
        code.partners |= partners;
        let digits = code.digits;
        let key = key(columns, row, period(columns, row));
        let group = self.groups.entry(key).or_default();
        group.longest = group.longest.max(digits);
        group.partners = group.partners.max(partners.then_some(digits));
        if self.lengths {
            let breakdown = (!columns.further.is_empty()).then(|| Breakdown::of(columns, row));
            self.longest.note(key, group, partner_of(columns, row), breakdown, digits);
        }
        if let Some(classification) = self.classification(columns, row) {
            self.first.entry(trade(columns, row)).or_insert(classification);
        }
    }

    fn code(&self, number: u32) -> OfCode {
        usize::try_from(number).ok().and_then(|number| self.codes.get(number)).copied().unwrap_or_default()
    }

    /// The column of a partner that stands for all others together, where rows beside it name these, in codes as long: of
    /// shorter ones it is the row that is more exact, which they repeat.
    pub(crate) fn world(&self, number: u32, columns: &Columns, row: &Row<'_>) -> Option<usize> {
        let at = columns.partner.filter(|at| self.partners && row.get(*at).is_some_and(table::is_world))?;
        let code = self.code(number);
        let group = self.groups.get(&key(columns, row, period(columns, row)))?;
        let as_long = group.partners.is_some_and(|longest| longest >= code.digits);
        (code.partners && as_long).then_some(at)
    }

    /// Whether no row beside this one has a longer code: then it is the sum of none. Beside it are those of its partner, and
    /// of the world; where it is broken down further, those that are so too, or not at all.
    pub(crate) fn is_alone(&self, number: u32, columns: &Columns, row: &Row<'_>) -> bool {
        if !self.lengths {
            return false;
        }
        let key = key(columns, row, period(columns, row));
        let Some(group) = self.groups.get(&key) else { return true };
        let partner = self.longest.partner(partner_of(columns, row));
        let breakdown = Breakdown::of(columns, row);
        let of = |breakdown| {
            let of = |partner| self.longest.of(key, group, partner, breakdown);
            of(partner).max(of(WORLD))
        };
        let longest = match (columns.partner, breakdown) {
            // Of the world are those of each partner.
            (Some(_), _) if partner.name.is_empty() => group.longest,
            (_, Breakdown::By(_)) => of(breakdown).max(of(Breakdown::None)),
            (_, Breakdown::None | Breakdown::Any) => of(Breakdown::Any),
        };
        longest <= self.code(number).digits
    }

    /// The column of a month, where rows beside it are of its whole year.
    pub(crate) fn month(&self, number: u32, columns: &Columns, row: &Row<'_>) -> Option<usize> {
        if !self.months || !self.code(number).in_year {
            return None;
        }
        let year = period(columns, row).get(..4)?;
        self.groups.contains_key(&key(columns, row, year)).then_some(columns.period)
    }

    /// The column of a classification, where rows beside it are in another one that came first.
    pub(crate) fn other_classification(&self, columns: &Columns, row: &Row<'_>) -> Option<usize> {
        let classification = self.classification(columns, row)?;
        let first = self.first.get(&trade(columns, row))?;
        columns.classification.filter(|_| *first != classification)
    }

    /// The classification that a row names, where there are several.
    fn classification(&self, columns: &Columns, row: &Row<'_>) -> Option<u64> {
        let field = columns.classification.filter(|_| self.classifications).and_then(|at| row.get(at))?;
        (!field.is_empty()).then(|| FixedState::default().hash_one(field))
    }
}

/// How a row is broken down by columns beside its partner: second partner, customs procedure, mode of transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Breakdown {
    /// In whatever way.
    Any,
    /// Not at all.
    None,
    /// By these, as a hash.
    By(u64),
}

impl Breakdown {
    fn of(columns: &Columns, row: &Row<'_>) -> Self {
        let field = |at: &usize| row.get(*at).filter(|field| !table::is_whole(field)).unwrap_or_default();
        if columns.further.iter().all(|at| field(at).is_empty()) {
            return Self::None;
        }
        let mut hasher = FixedState::default().build_hasher();
        columns.further.iter().for_each(|at| field(at).hash(&mut hasher));
        Self::By(hasher.finish())
    }
}

/// The partner of a row. Of the world, and where none is named, nothing.
fn partner_of<'t>(columns: &Columns, row: &Row<'t>) -> &'t [u8] {
    let partner = columns.partner.and_then(|at| row.get(at)).filter(|partner| table::is_economy(partner));
    partner.unwrap_or_default().trim_ascii()
}

/// The rows of a group that have one partner and are broken down so.
fn beside(group: u64, partner: &[u8], breakdown: Breakdown) -> u64 {
    FixedState::default().hash_one((group, partner, breakdown))
}

fn period<'t>(columns: &Columns, row: &Row<'t>) -> &'t [u8] {
    row.get(columns.period).unwrap_or_default().trim_ascii()
}

/// Two different ones share a key once in 2^64.
fn key(columns: &Columns, row: &Row<'_>, period: &[u8]) -> u64 {
    let of = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default();
    let flow = columns.flow_of(row).unwrap_or_default();
    let of_row = (of(columns.classification), of(columns.reporter), flow);
    FixedState::default().hash_one((period, of_row))
}

/// The same in whatever classification.
fn trade(columns: &Columns, row: &Row<'_>) -> u64 {
    let reporter = columns.reporter.and_then(|at| row.get(at)).unwrap_or_default();
    FixedState::default().hash_one((period(columns, row), reporter, columns.flow_of(row).unwrap_or_default()))
}

/// Digits of a code, the leading zero that it may have lost among them. None are in what is no code: `TOTAL`.
fn digits(code: &str) -> u8 {
    let code = table::bare(code);
    let bare = || code.bytes().filter(|byte| !matches!(byte, b'.' | b' '));
    let count = if bare().all(|byte| byte.is_ascii_digit()) { bare().count() } else { 0 };
    u8::try_from(count.next_multiple_of(2)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests;
