//! Economies that report a year in another edition than the others do.
//!
//! The edition of a year is inferred from all its rows. An economy may take up a new edition late: where rows of it have
//! codes that the edition of their year has not and another has, these decide, and all its rows of that year are in the
//! edition that fewest of them speak against. One row is a fault of its own and decides nothing: where one row more speaks
//! against the edition of the year than against another, it stays. Only rows whose codes tell editions apart are counted.
//! The table is read once more for them, and not at all where no row contradicts its year.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use foldhash::quality::FixedState;

use super::{
    survey::Survey,
    table::{Table, Width},
};

/// Editions in which a year is looked at beside its own.
pub(super) const OTHERS: usize = 3;
/// Economies that are named.
const NAMED: usize = 10;

/// How many rows speak against each edition of a year.
type Against = [u64; OTHERS + 1];

/// A year of which some rows contradict its edition.
#[derive(Clone, Debug)]
pub(super) struct Year {
    pub(super) name: String,
    /// Its own first.
    pub(super) editions: Vec<String>,
}

/// What the codes of a table say of the editions of their years.
#[derive(Clone, Debug, Default)]
pub(super) struct Contradicted {
    pub(super) years: Vec<Year>,
    /// By the survey's number: the place of its year, where that is contradicted and the edition was inferred.
    pub(super) of: Vec<Option<usize>>,
    /// By number: a bit for each edition of its year that has not the code.
    pub(super) against: Vec<u8>,
}

impl Contradicted {
    /// The year of a code, and the editions of it that have not the code, where some have it.
    fn tells(&self, number: usize) -> Option<(usize, u8)> {
        let year = (*self.of.get(number)?)?;
        let against = *self.against.get(number)?;
        let all = (1u8 << self.years.get(year)?.editions.len().min(OTHERS + 1)) - 1;
        (against != 0 && against != all).then_some((year, against))
    }

    /// By economy and the place of a year: its rows that speak against each edition.
    fn count(&self, path: &Path, survey: &Survey) -> anyhow::Result<BTreeMap<Vec<u8>, BTreeMap<usize, Against>>> {
        let mut counts: BTreeMap<Vec<u8>, BTreeMap<usize, Against>> = BTreeMap::new();
        let table = Table::needed(path)?;
        table.must_be(survey.stamp)?;
        let Table { columns, mut rows, .. } = table;
        let Some(at) = columns.reporter else { return Ok(counts) };
        let (mut width, mut key) = (Width::of(&columns), Vec::new());
        while let Some(row) = rows.next()? {
            if !width.is_row(&row, &columns) {
                continue;
            }
            let number = survey.number(&columns, &row, &mut key).and_then(|number| usize::try_from(number).ok());
            let Some((year, against)) = number.and_then(|number| self.tells(number)) else { continue };
            let reporter = row.get(at).unwrap_or_default();
            if !counts.contains_key(reporter) {
                counts.insert(reporter.to_vec(), BTreeMap::new());
            }
            let Some(years) = counts.get_mut(reporter) else { continue };
            for (place, sum) in years.entry(year).or_default().iter_mut().enumerate() {
                *sum += u64::from((against >> place) & 1);
            }
        }
        Ok(counts)
    }
}

/// Which economies report a year in another edition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reporters {
    /// By the survey's number: the place of its year.
    of: Vec<Option<usize>>,
    /// By economy and the place of a year: which edition of that.
    editions: HashMap<Vec<u8>, BTreeMap<usize, usize>, FixedState>,
    /// By number and edition: the place of what is said of the code in it.
    places: HashMap<(usize, usize), usize, FixedState>,
    /// In words.
    told: String,
}

impl Reporters {
    /// Looks for them.
    pub(super) fn read(contradicted: &Contradicted, path: &Path, survey: &Survey) -> anyhow::Result<Self> {
        let mut reporters = Self { of: contradicted.of.clone(), ..Self::default() };
        let mut together: BTreeMap<(usize, usize), (Vec<String>, Against)> = BTreeMap::new();
        for (reporter, years) in contradicted.count(path, survey)? {
            for (year, against) in years {
                let editions = &contradicted.years[year].editions;
                let places = 0..editions.len().min(against.len());
                let fewest = places.clone().map(|place| against[place]).min().unwrap_or_default();
                // Of several the year's own, or else the newest: their names end in their years.
                let order = |place: &usize| (*place != 0, Reverse(&editions[*place]));
                let is_good = |place: &usize| against[*place] <= fewest + u64::from(*place == 0);
                let best = places.filter(is_good).min_by_key(order);
                let Some(best) = best.filter(|best| *best != 0) else { continue };
                reporters.editions.entry(reporter.clone()).or_default().insert(year, best);
                let (names, sums) = together.entry((year, best)).or_default();
                names.push(String::from_utf8_lossy(&reporter).into_owned());
                sums.iter_mut().zip(against).for_each(|(sum, rows)| *sum += rows);
            }
        }
        for ((year, best), (names, sums)) in together {
            let Year { name, editions } = &contradicted.years[year];
            let more = match names.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let names = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
            let (own, other) = (&editions[0], &editions[best]);
            reporters.told.push_str(&format!(
                "{name}: {other} for {names}{more}: {} of their rows speak against {own}, {} against {other}\n",
                sums[0], sums[best]
            ));
        }
        Ok(reporters)
    }

    /// The places of years, each with an edition in which some economy reports it.
    pub(super) fn in_use(&self) -> BTreeSet<(usize, usize)> {
        self.editions.values().flatten().map(|(year, edition)| (*year, *edition)).collect()
    }

    /// The numbers of the codes of a year.
    pub(super) fn numbers(&self, year: usize) -> Vec<usize> {
        let of_year = self.of.iter().enumerate().filter(|(_, of)| **of == Some(year));
        of_year.map(|(number, _)| number).collect()
    }

    /// Notes where what is said of a code in an edition is.
    pub(super) fn put(&mut self, number: usize, edition: usize, place: usize) {
        self.places.insert((number, edition), place);
    }

    /// Where what is said of a code in any edition but its year's own is.
    pub(super) fn places_of(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        (1..=OTHERS).filter_map(move |edition| self.places.get(&(number, edition)).copied())
    }

    /// Where what is said of the code of a row is, when its economy reports in another edition.
    pub(super) fn place(&self, number: usize, reporter: &[u8]) -> Option<usize> {
        if self.editions.is_empty() {
            return None;
        }
        let year = (*self.of.get(number)?)?;
        let edition = self.editions.get(reporter)?.get(&year)?;
        self.places.get(&(number, *edition)).copied()
    }

    /// Which they are, and why, in words.
    pub(crate) fn told(&self) -> &str {
        &self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows `reporter year code`, of editions E2 and E1: `old` is a code of E1 alone, `new` of E2 alone, `no` of neither.
    fn read(rows: &[&str]) -> (Survey, Reporters) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let rows: String = rows.iter().map(|row| row.replace(' ', ",") + ",5\n").collect();
        std::fs::write(file.path(), format!("reporter,period,code,value\n{rows}")).unwrap();
        let survey = super::super::survey::read(file.path(), &indicatif::ProgressBar::hidden()).unwrap();
        let year = |name: &str| Year { name: name.to_owned(), editions: vec!["E2".to_owned(), "E1".to_owned()] };
        let of = |period: &str| ["2012", "2013"].iter().position(|year| *year == period);
        let against = |code: &str| match code {
            "old" => 0b01,
            "new" => 0b10,
            "no" => 0b11,
            _ => 0,
        };
        let contradicted = Contradicted {
            years: vec![year("2012"), year("2013")],
            of: survey.written.iter().map(|(written, _)| of(&written.period)).collect(),
            against: survey.written.iter().map(|(written, _)| against(&written.code)).collect(),
        };
        let reporters = Reporters::read(&contradicted, file.path(), &survey).unwrap();
        (survey, reporters)
    }

    #[test]
    fn an_economy_reports_a_year_in_the_edition_that_fewest_of_its_rows_speak_against() {
        let rows = [
            "A 2012 old",
            "A 2012 old",
            "A 2012 both",
            "A 2012 no",
            "A 2013 both",
            "B 2012 new",
            "B 2012 both",
            "C 2012 old",
            "C 2012 old",
            "C 2012 new",
            "D 2012 old",
            "D 2012 old",
            "D 2012 old",
            "D 2012 new",
            "E 2012 both",
            "F 2011 old",
        ];
        let (survey, mut reporters) = read(&rows);
        let expected = "2012: E1 for A; D: 5 of their rows speak against E2, 1 against E1\n";
        assert_eq!(reporters.told(), expected, "and of C nothing is decided");
        assert_eq!(reporters.in_use(), BTreeSet::from([(0, 1)]));
        for number in reporters.numbers(0) {
            reporters.put(number, 1, 100 + number);
        }
        let both = survey.written.iter().position(|(it, _)| (&*it.period, &*it.code) == ("2012", "both")).unwrap();
        let places = ["A", "B", "C", "D", "E", "F"].map(|reporter| reporters.place(both, reporter.as_bytes()));
        assert_eq!(places, [Some(100 + both), None, None, Some(100 + both), None, None]);
        let later = survey.written.iter().position(|(it, _)| it.period == "2013").unwrap();
        assert_eq!(reporters.place(later, b"A"), None, "in another year it reports as the others do");
        assert_eq!(reporters.places_of(both).collect::<Vec<_>>(), [100 + both]);
    }

    #[test]
    fn one_row_that_contradicts_its_year_is_a_fault_and_leaves_all_others_of_its_economy_where_they_are() {
        let (survey, reporters) = read(&["A 2012 both", "A 2012 old", "A 2013 old", "B 2012 old", "B 2013 old"]);
        assert!(reporters.told().is_empty() && reporters.in_use().is_empty(), "{}", reporters.told());
        assert!((0..survey.written.len()).all(|number| reporters.place(number, b"A").is_none()));
    }

    #[test]
    fn where_no_economy_differs_nothing_is_said() {
        let (_, reporters) = read(&["A 2012 both", "B 2012 new", "B 2012 no"]);
        assert_eq!((reporters.told(), reporters.place(0, b"A")), ("", None));
    }
}
